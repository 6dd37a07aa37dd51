"""Sign-in, invitations, sessions, and the limits on guessing."""

from __future__ import annotations

from contextlib import closing

import httpx
import pytest

from bot.settings import Limits
from tests.live.actors import PASSWORD, Person, Server, join
from tests.live.conftest import StartServer

pytestmark = pytest.mark.live


def sign_in(server: Server, login: str, password: str = PASSWORD) -> httpx.Response:
    return httpx.post(f"{server.url}/api/auth/login", json={"login": login, "password": password})


def test_the_session_cookie_is_out_of_reach_of_scripts_and_other_sites(
    server: Server, administrator: Person
) -> None:
    reply = sign_in(server, administrator.operator["login"])
    cookie = reply.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert "secure" not in cookie.replace("securely", "")


def test_the_cookie_is_secure_behind_https(start_server: StartServer) -> None:
    secure = start_server(public_url="https://chat.example", wait="/health/live")
    local = f"http://127.0.0.1:{secure.settings.port}"
    token = secure.invite.rsplit("/", 1)[1]
    body = {"login": "admin", "name": "Анна", "password": PASSWORD}
    reply = httpx.post(f"{local}/api/auth/invites/{token}", json=body)
    assert "; secure" in reply.headers["set-cookie"].lower()
    assert reply.headers["strict-transport-security"]


def test_unknown_logins_and_wrong_passwords_look_the_same(server: Server, administrator: Person) -> None:
    answers = []
    for login in (administrator.operator["login"], "nobody.knows"):
        reply = sign_in(server, login, "wrong password")
        error = reply.json()["error"]
        answers.append((reply.status_code, error["code"], error["message"]))
    assert answers[0] == answers[1]
    assert answers[0][:2] == (401, "wrong_credentials")


def test_an_invitation_works_once(administrator: Person) -> None:
    url = administrator.post("/api/team/invites", json={"role": "editor", "name": "Ева"}).json()["url"]
    token = url.rsplit("/", 1)[1]
    assert administrator.get(f"/api/auth/invites/{token}").json() == {"role": "editor", "name": "Ева"}
    with closing(Person(administrator.server)) as person:
        short = {"login": "eva.editor", "name": "Ева", "password": "short"}
        assert person.post(f"/api/auth/invites/{token}", json=short).status_code == 422
        person.accept(url, "eva.editor", "Ева")
        assert person.get("/api/auth/me").json()["operator"]["role"] == "editor"
        again = person.post(f"/api/auth/invites/{token}", json={**short, "password": PASSWORD})
        assert again.json()["error"]["code"] == "invite_not_found"


def test_signing_out_ends_the_session(administrator: Person) -> None:
    with closing(join(administrator, "operator", "Выходящий")) as person:
        cookie = person.cookies["frontline_session"]
        assert person.post("/api/auth/logout").status_code == 204
        stolen = httpx.get(f"{person.server.url}/api/auth/me", cookies={"frontline_session": cookie})
        assert stolen.json()["error"]["code"] == "not_signed_in"


def test_a_new_password_ends_the_other_sessions(server: Server, administrator: Person) -> None:
    with closing(join(administrator, "operator", "Меняющий")) as person:
        other = sign_in(server, person.operator["login"])
        assert person.post("/api/auth/password", json={"old": "x", "new": PASSWORD + "!"}).status_code == 403
        assert (
            person.post("/api/auth/password", json={"old": PASSWORD, "new": PASSWORD + "!"}).status_code
            == 204
        )
        assert person.get("/api/auth/me").status_code == 200
        assert httpx.get(f"{server.url}/api/auth/me", cookies=dict(other.cookies)).status_code == 401
        assert sign_in(server, person.operator["login"]).status_code == 401
        assert sign_in(server, person.operator["login"], PASSWORD + "!").status_code == 200


def test_a_changed_role_takes_effect_at_once(administrator: Person) -> None:
    with closing(join(administrator, "operator", "Растущий")) as person:
        assert person.get("/api/audit").status_code == 403
        administrator.post(f"/api/team/{person.operator['id']}", json={"role": "supervisor"})
        assert person.get("/api/audit").status_code == 200


def test_the_last_administrator_stays(start_server: StartServer) -> None:
    with closing(Person(start_server(wait="/health/live"))) as only:
        only.accept(only.server.invite, "only", "Один")
        for change in ({"role": "operator"}, {"active": False}):
            reply = only.post(f"/api/team/{only.operator['id']}", json=change)
            assert reply.json()["error"]["code"] == "last_administrator"
        assert only.server.app.state.house.invite_url is None


def test_other_sites_cannot_sign_a_browser_in(server: Server, administrator: Person) -> None:
    reply = httpx.post(
        f"{server.url}/api/auth/login",
        json={"login": administrator.operator["login"], "password": PASSWORD},
        headers={"Origin": "https://evil.example"},
    )
    assert reply.status_code == 403


def test_guessing_is_slowed_down(start_server: StartServer) -> None:
    strict = start_server(wait="/health/live", limits=Limits(logins_per_minute=3, sessions_per_minute=2))
    statuses = [sign_in(strict, "somebody", "guess").status_code for _ in range(5)]
    assert statuses == [401, 401, 401, 429, 429]
    reply = sign_in(strict, "somebody", "guess")
    assert reply.json()["error"]["code"] == "too_many_requests"
    assert int(reply.headers["retry-after"]) >= 1
    begin = {"locale": "ru", "consent": True}
    sessions = [httpx.post(f"{strict.url}/api/chat/sessions", json=begin).status_code for _ in range(3)]
    assert sessions == [201, 201, 429]


def test_invented_forwarded_addresses_do_not_lift_the_limit(start_server: StartServer) -> None:
    strict = start_server(wait="/health/live", limits=Limits(sessions_per_minute=1))
    begin = {"locale": "ru", "consent": True}
    statuses = [
        httpx.post(
            f"{strict.url}/api/chat/sessions", json=begin, headers={"X-Forwarded-For": f"10.0.0.{n}"}
        ).status_code
        for n in range(2)
    ]
    assert statuses == [201, 429]
