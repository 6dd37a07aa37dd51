"""Reading articles: what is accepted, and the file, line and words for what is not."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from bot.core.errors import InvalidContent
from knowledge_base.articles import MAX_BYTES, load_folder, parse_article

GOOD = """---
id: card-block
title: Как заблокировать карту
questions:
  - Потеряла карту
tags: [карта]
updated: 2026-01-31
---
Позвоните нам. Подробнее: [[card-new]].
"""


def front(text: str) -> str:
    return f"---\n{text}\n---\nТекст.\n"


def problem(source: str) -> tuple[int | None, str]:
    with pytest.raises(InvalidContent) as raised:
        parse_article(source, "a/b.md")
    error = raised.value
    assert error.path == "a/b.md"
    assert error.message.startswith("a/b.md" if error.line is None else f"a/b.md:{error.line}: ")
    assert "\n" not in error.message
    return error.line, error.problem


def test_every_field_is_read() -> None:
    article = parse_article(GOOD, "card/block.md")
    assert (article.id, article.title) == ("card-block", "Как заблокировать карту")
    assert (article.questions, article.tags, article.links) == (
        ("Потеряла карту",),
        ("карта",),
        ("card-new",),
    )
    assert article.updated == date(2026, 1, 31)


def test_without_front_matter_path_and_heading_speak() -> None:
    article = parse_article("# Возврат товара\n\nВ течение 14 дней.", "shop/return.md")
    assert (article.id, article.title) == ("shop/return", "Возврат товара")
    assert parse_article("Просто текст.", "shop/plain.md").title == "plain"


def test_a_rule_below_the_text_is_no_front_matter() -> None:
    assert parse_article("Текст.\n\n---\n\nЕщё.", "a.md").body == "Текст.\n\n---\n\nЕщё."


@pytest.mark.parametrize(
    ("source", "line", "words"),
    [
        ("---\ntitle: x\n\nТекст.", 1, "never closed"),
        (front("title: [a"), 2, "YAML"),
        (front("title: a\ntags: [b]\n\tid: c"), 4, "YAML"),
        (front("- a\n- b"), 2, "keys and values"),
        (front("title: x\ncolour: red"), 3, "unknown key colour"),
        (front("id: x\ntitle: {a: 1}"), 3, "title must be text"),
        (front("title: x\nquestions: 5"), 3, "questions must be a list"),
        (front("title: x\nquestions:\n  - a\n  - 7"), 3, "questions must be a list"),
        (front("title: x\nquestions:\n  - ''"), 3, "questions must be a list"),
        (front("title: x\nquestions: [a, b, a]"), 3, "repeated: a"),
        (front("title: x\naudience: [martian]"), 3, "audience martian"),
        (front("title: x\nupdated: вчера"), 3, "updated must be a date"),
        (front("title: x\nupdated: 2026-13-40"), 3, "not a date"),
        (front("title: x\nid: '../../etc'"), 3, "may hold letters"),
        (front("title: x\nid: '<b>'"), 3, "may hold letters"),
        (front(f"title: x\nid: {'a' * 201}"), 3, "may hold letters"),
        ("---\ntitle: x\n---\n\n", None, "has no text"),
        ("", None, "has no text"),
        ("a\x00b", None, "not a text file"),
    ],
)
def test_a_mistake_has_its_line_and_its_words(source: str, line: int | None, words: str) -> None:
    found, said = problem(source)
    assert words in said
    assert found == line


def test_unknown_keys_of_another_product_may_be_read_over() -> None:
    assert parse_article(front("title: x\nlayout: post"), "a.md", strict=False).title == "x"


def test_byte_order_mark_and_windows_lines(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_bytes(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())
    loaded = load_folder(tmp_path)
    assert loaded.problems == ()
    assert loaded.articles[0].id == "card-block"
    assert loaded.articles[0].body == "Позвоните нам. Подробнее: [[card-new]]."


def test_broken_files_do_not_stop_the_rest(tmp_path: Path) -> None:
    (tmp_path / "good.md").write_text(GOOD, "utf-8")
    (tmp_path / "binary.md").write_bytes(b"\x89PNG\xff")
    (tmp_path / "huge.md").write_text("x" * (MAX_BYTES + 1), "utf-8")
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "open.md").write_text("---\ntitle: x\n", "utf-8")
    (tmp_path / "gone.md").symlink_to(tmp_path / "nowhere.md")
    (tmp_path / "README.md").write_text("not an article", "utf-8")
    (tmp_path / "notes.txt").write_text("not Markdown", "utf-8")
    done: list[tuple[int, int]] = []
    loaded = load_folder(tmp_path, on_progress=lambda *step: done.append(step))
    assert [article.id for article in loaded.articles] == ["card-block"]
    assert {one.path for one in loaded.problems} == {"binary.md", "huge.md", "deep/open.md"}
    assert done[-1] == (4, 4)


def test_the_first_of_two_with_one_id_is_kept(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(GOOD, "utf-8")
    (tmp_path / "b.md").write_text(GOOD.replace("Позвоните", "Напишите"), "utf-8")
    loaded = load_folder(tmp_path)
    assert loaded.articles[0].body.startswith("Позвоните")
    (problem,) = loaded.problems
    assert (problem.path, problem.line) == ("b.md", 2)
    assert "card-block" in problem.problem
    assert "a.md" in problem.problem


def test_an_empty_folder_is_empty(tmp_path: Path) -> None:
    assert load_folder(tmp_path).articles == ()
