"""Health, metrics, headers, static files, and a shutdown that finishes what was begun."""

from __future__ import annotations

import gzip
import re
import threading

import httpx
import pytest

from tests.live.actors import Person, Server, Visitor, example_articles, says
from tests.live.conftest import StartServer

pytestmark = pytest.mark.live


def test_live_and_ready(server: Server) -> None:
    assert httpx.get(f"{server.url}/health/live").json() == {"status": "live"}
    ready = httpx.get(f"{server.url}/health/ready").json()
    assert ready.pop("components").keys() == {"database", "index", "bus", "voice"}
    assert ready == {"ready": True}


def test_metrics_count_turns_and_name_nobody(server: Server, visitor: Visitor) -> None:
    visitor.say("Здравствуйте, я Пётр Сидоров")
    visitor.wait_for(says("bot"))
    text = httpx.get(f"{server.url}/metrics").text
    assert re.search(r'frontline_turn_seconds_count\{stage="commit"\} [1-9]', text)
    assert re.search(r'frontline_answers_total\{channel="web",kind="\w+"\} [1-9]', text)
    assert 'route="/api/chat/messages"' in text
    assert "frontline_queue_length" in text
    assert "frontline_queue_oldest_wait_seconds" in text
    for personal in ("Сидоров", visitor.address, visitor.token, str(visitor.conversation_id)):
        assert personal not in text


@pytest.mark.parametrize("path", ["/", "/help", "/login", "/widget/", "/api/chat/config", "/no-such-page"])
def test_security_headers(server: Server, path: str) -> None:
    headers = httpx.get(server.url + path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert ("frame-ancestors *" if path == "/widget/" else "frame-ancestors 'none'") in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"]
    assert headers["permissions-policy"]
    assert ("x-frame-options" in headers) == (path != "/widget/")
    assert "server" not in headers


def test_only_named_sites_may_frame_the_widget(start_server: StartServer) -> None:
    strict = start_server(wait="/health/live", embed_origins="https://a.example, https://b.example")
    policy = httpx.get(f"{strict.url}/widget/").headers["content-security-policy"]
    assert policy.endswith("frame-ancestors 'self' https://a.example https://b.example")


def test_pages_hold_no_inline_script(server: Server) -> None:
    for path in ("/", "/help", "/login", "/widget/", "/help/card-block"):
        page = httpx.get(server.url + path)
        assert page.status_code == 200, path
        for script in re.findall(r"<script\b([^>]*)>([^<]*)", page.text):
            assert not script[1].strip() or 'type="application/json"' in script[0]
        assert not re.search(r"<[^>]+\s(on\w+|style)=", page.text)


def test_an_address_that_leads_nowhere_is_a_page_for_people_only(server: Server) -> None:
    browser = {"Accept": "text/html,application/xhtml+xml"}
    for language, words in (("ru", "Такой страницы нет"), ("en", "There is no such page")):
        page = httpx.get(f"{server.url}/no/such/page?locale={language}", headers=browser)
        assert (page.status_code, words in page.text) == (404, True)
        assert "script-src 'self'" in page.headers["content-security-policy"]
    assert httpx.get(f"{server.url}/no/such/page").json()["error"]["code"] == "not_found"
    assert httpx.get(f"{server.url}/api/no-such", headers=browser).json()["error"]["code"] == "not_found"


def test_the_desk_leads_to_sign_in(server: Server, administrator: Person) -> None:
    for page in ("/desk", "/team"):
        away = httpx.get(server.url + page)
        assert (away.status_code, away.headers["location"]) == (303, "/login")
        assert administrator.get(page).status_code == 200


def test_static_files_are_typed_packed_and_cached(server: Server) -> None:
    plain = httpx.get(f"{server.url}/static/lib.js", headers={"Accept-Encoding": "identity"})
    assert plain.headers["content-type"] == "text/javascript; charset=utf-8"
    with httpx.stream("GET", f"{server.url}/static/lib.js", headers={"Accept-Encoding": "gzip"}) as packed:
        assert packed.headers["content-encoding"] == "gzip"
        assert gzip.decompress(b"".join(packed.iter_raw())) == plain.content
    again = httpx.get(f"{server.url}/static/lib.js", headers={"If-None-Match": plain.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert "immutable" in httpx.get(f"{server.url}/static/lib.js?v=1").headers["cache-control"]
    assert httpx.get(f"{server.url}/widget/loader.js").headers["content-type"].startswith("text/javascript")


def test_request_ids_come_back(server: Server) -> None:
    own = httpx.get(f"{server.url}/health/live", headers={"X-Request-Id": "my-request-42"})
    assert own.headers["x-request-id"] == "my-request-42"
    odd = httpx.get(f"{server.url}/health/live", headers={"X-Request-Id": "<script>"})
    assert re.fullmatch(r"[0-9a-f]{16}", odd.headers["x-request-id"])


def test_the_api_describes_itself(server: Server) -> None:
    document = httpx.get(f"{server.url}/api/openapi.json").json()
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            assert operation["summary"], (method, path)
            for status, reply in operation["responses"].items():
                if status.startswith(("4", "5")) and path != "/health/ready":
                    schema = reply["content"]["application/json"]["schema"]
                    assert schema == {"$ref": "#/components/schemas/ErrorReply"}, (method, path, status)
    partner = document["paths"]["/api/v1/messages"]["post"]
    schemas = document["components"]["schemas"]
    assert partner["description"]
    assert schemas["PartnerMessage"]["examples"]
    assert schemas["PartnerTurn"]["examples"]


def test_a_shutdown_finishes_the_turns_in_flight(
    start_server: StartServer, tmp_path_factory: pytest.TempPathFactory
) -> None:
    data = tmp_path_factory.mktemp("drained")
    articles = example_articles(data / "articles", "about")
    first = start_server(data_dir=data, articles=articles)
    visitor = Visitor.arrives(first)
    threads = [threading.Thread(target=visitor.post, args=(f"Вопрос {n}",)) for n in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    first.stop()
    second = start_server(data_dir=data, articles=articles, wait="/health/live")
    with httpx.Client(base_url=second.url, headers={"Authorization": f"Bearer {visitor.token}"}) as http:
        events = http.get("/api/chat/conversation").json()["events"]
    visitor.leaves()
    authors = [event["data"]["author"] for event in events if event["kind"] == "message"]
    assert authors.count("customer") == 20
    assert authors.count("bot") >= 1
    owner_left = next((event for event in events if event["kind"] == "handoff.requested"), None)
    assert authors.count("bot") == 20 or owner_left is not None
