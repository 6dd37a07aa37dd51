"""Who knows what: said on the team page, seen on the desk, promised to customers."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest

from tests.live.actors import Person, Server, Visitor, join, says

pytestmark = pytest.mark.live
KAZAKH = "Сәлеметсіз бе, картамды жоғалтып алдым, көмек керек"


def change(person: Person, of: Person, *skills: str) -> Any:
    return person.put(f"/api/team/{of.operator['id']}/skills", json={"skills": skills})


def card(person: Person, visitor: Visitor) -> dict[str, Any]:
    queue = person.get("/api/desk/queue").json()
    found: dict[str, Any] = next(
        one for one in queue["waiting"] if one["conversation_id"] == visitor.conversation_id
    )
    return found


def suits(visitor: Visitor, suited: bool) -> Callable[[dict[str, Any]], bool]:
    """Whether a message of the desk shows the visitor as suited to its operator, or as not."""
    return lambda message: (
        message["type"] == "queue"
        and [suited]
        == [one["suits"] for one in message["waiting"] if one["conversation_id"] == visitor.conversation_id]
    )


def test_a_supervisor_says_what_a_colleague_knows(
    people: dict[str, Person], administrator: Person, server: Server
) -> None:
    clerk = people["operator"]
    for who in ("operator", "editor"):
        assert change(people[who], clerk, "kk").status_code == 403
        assert people[who].get("/api/team/skills").status_code == 403
    reply = change(people["supervisor"], clerk, "uz", "fraud", "uz")
    assert reply.status_code == 200, reply.text
    assert reply.json()["skills"] == ["fraud", "uz"]
    everyone = {one["id"]: one["skills"] for one in people["supervisor"].get("/api/team").json()}
    assert everyone[clerk.operator["id"]] == ["fraud", "uz"]
    known = administrator.get("/api/team/skills").json()
    assert {"client_manager", "crisis", "fraud", "security", "kk", "uz", "en"} <= set(known)
    entry = administrator.get("/api/audit").json()[0]
    assert (entry["action"], entry["object"]) == ("skills_changed", f"operator:{clerk.operator['id']}")
    assert entry["details"] == {"skills": ["fraud", "uz"]}

    change(administrator, clerk, "fraud", "uz")  # nothing new: nothing to tell
    assert administrator.get("/api/audit").json()[0]["id"] == entry["id"]
    for wrong in (["Kazakh!"], ["x" * 33], [""], [1], ["kk"] * 21):
        reply = administrator.put(f"/api/team/{clerk.operator['id']}/skills", json={"skills": wrong})
        assert reply.status_code == 422
    assert administrator.put("/api/team/nobody/skills", json={"skills": ["kk"]}).status_code == 404
    assert change(administrator, clerk).json()["skills"] == []


def test_a_customer_is_promised_a_language_that_somebody_speaks(
    administrator: Person, server: Server
) -> None:
    with (
        closing(join(administrator, "operator", "Айгуль")) as aigul,
        closing(join(administrator, "operator", "Борис")) as boris,
    ):
        assert change(administrator, aigul, "kk").status_code == 200
        visitor = Visitor.arrives(server)
        visitor.say(KAZAKH)
        said = visitor.wait_for(says("bot"))["data"]
        assert "қазақша сөйлейтін әріптес" in said["text"]
        assert [one["title"] for one in said["quick_replies"]] == ["Операторды шақыру"]
        with aigul.desk() as desk:
            visitor.say("иә")
            visitor.wait_for(lambda event: event["kind"] == "handoff.requested")
            waiting = card(aigul, visitor)
            assert (waiting["skills"], waiting["suits"]) == (["kk"], True)
            assert not card(boris, visitor)["suits"]
            desk.until(suits(visitor, True))
            change(administrator, aigul)  # while the desk is open
            desk.until(suits(visitor, False))
            assert boris.post(f"/api/desk/handoffs/{waiting['handoff_id']}/claim").status_code == 200
        visitor.leaves()


def test_nobody_is_promised_who_has_left(administrator: Person, server: Server) -> None:
    with closing(join(administrator, "operator", "Рустам")) as rustam:
        change(administrator, rustam, "tg")
        administrator.post(f"/api/team/{rustam.operator['id']}", json={"active": False})
        visitor = Visitor.arrives(server)
        visitor.say("Салом, ба ман ёрӣ лозим аст")
        said = visitor.wait_for(says("bot"))["data"]
        assert "танҳо забони русиро" in said["text"]
        assert "тоҷикӣ" not in said["text"]
        visitor.leaves()


def test_who_is_suited_comes_first_among_as_urgent(administrator: Person, server: Server) -> None:
    with closing(join(administrator, "operator", "Аида")) as aida:
        change(administrator, aida, "ky")
        first, second = Visitor.arrives(server), Visitor.arrives(server)
        for visitor, text in (
            (first, "Позовите оператора"),
            (second, "Саламатсызбы, оператор менен сүйлөшкүм келет"),
        ):
            visitor.say(text)
            visitor.wait_for(lambda event: event["kind"] == "handoff.requested")
        ids = [first.conversation_id, second.conversation_id]
        for person, expected in ((aida, ids[::-1]), (administrator, ids)):
            queue = person.get("/api/desk/queue").json()["waiting"]
            assert [one["conversation_id"] for one in queue if one["conversation_id"] in ids] == expected
        first.leaves()
        second.leaves()
