"""Editors' changes: answered at once, never lost, never answered again once withdrawn."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import httpx
import pytest

from tests.live.actors import Person, Server, Visitor

pytestmark = pytest.mark.live

QUESTION = "Можно ли оплатить заём ракушками каури?"


def source(article_id: str, answer: str) -> str:
    return (
        f"---\nid: {article_id}\ntitle: Оплата ракушками каури\ncategory: card\nquestions:\n  - {QUESTION}\n"
        f"  - принимаете ракушки каури\n---\n\n{answer}\n"
    )


@pytest.fixture
def editor(people: dict[str, Person]) -> Person:
    return people["editor"]


@pytest.fixture
def article_id(editor: Person) -> Iterator[str]:
    name = f"cowrie-{uuid4().hex[:8]}"
    yield name
    editor.delete(f"/api/articles/{name}")


def save(
    editor: Person, article_id: str, answer: str, base: int | None, publish: bool = False
) -> httpx.Response:
    body = {"source": source(article_id, answer), "base_version": base, "publish": publish}
    return editor.put(f"/api/articles/{article_id}", json=body)


def ask(visitor: Visitor) -> str:
    """The bot's answer to the question."""
    seq = visitor.say(QUESTION)["seq"]
    said = visitor.wait_for(lambda event: event["seq"] > seq and event["data"].get("author") == "bot")
    return str(said["data"]["text"])


def test_a_published_change_is_answered_at_once(
    server: Server, visitor: Visitor, editor: Person, article_id: str
) -> None:
    assert save(editor, article_id, "Ракушки пока не принимаем: черновик.", None).status_code == 200
    assert httpx.get(f"{server.url}/help/{article_id}").status_code == 404
    published = editor.post(f"/api/articles/{article_id}/publish")
    assert published.json()["published_version"] == 1
    assert "черновик" in ask(visitor)
    assert save(editor, article_id, "Принимаем ракушки по пятницам.", 1, publish=True).status_code == 200
    assert "по пятницам" in ask(visitor)
    page = httpx.get(f"{server.url}/help/{article_id}")
    assert page.status_code == 200
    assert "по пятницам" in page.text
    assert editor.delete(f"/api/articles/{article_id}").status_code == 204
    assert "по пятницам" not in ask(visitor)
    assert httpx.get(f"{server.url}/help/{article_id}").status_code == 404


def test_a_lost_update_is_refused(editor: Person, article_id: str) -> None:
    save(editor, article_id, "Первый текст.", None)
    assert save(editor, article_id, "Второй текст.", 1).json()["version"] == 2
    conflict = save(editor, article_id, "Поздний текст.", 1)
    assert (conflict.status_code, conflict.json()["error"]["code"]) == (409, "article_conflict")
    versions = editor.get(f"/api/articles/{article_id}/versions").json()
    assert [one["version"] for one in versions] == [2, 1]
    assert editor.get(f"/api/articles/{article_id}").json()["source"] == source(article_id, "Второй текст.")


@pytest.mark.parametrize(
    "text",
    ["", "---\nid: x\n", "---\nid: other\ntitle: Т\n---\nтекст", "---\nunknown: 1\n---\nтекст", "\x00"],
)
def test_a_broken_article_is_refused_with_its_line(editor: Person, article_id: str, text: str) -> None:
    reply = editor.put(f"/api/articles/{article_id}", json={"source": text, "publish": True})
    assert reply.status_code == 422
    assert reply.json()["error"]["code"] == "invalid_content"


def test_ids_may_be_paths(editor: Person) -> None:
    body = {"source": "---\nid: займы/досрочно 1\n---\n# Досрочно\n\nМожно.", "publish": False}
    assert editor.put("/api/articles/займы/досрочно 1", json=body).status_code == 200
    assert editor.get("/api/articles/займы/досрочно 1/versions").json()[0]["title"] == "Досрочно"
    assert editor.delete("/api/articles/займы/досрочно 1").status_code == 204


def test_the_list_shows_drafts_and_what_is_published(editor: Person, article_id: str) -> None:
    save(editor, article_id, "Текст.", None, publish=True)
    save(editor, article_id, "Новый черновик.", 1)
    line = next(one for one in editor.get("/api/articles").json() if one["id"] == article_id)
    assert (line["version"], line["published_version"]) == (2, 1)
