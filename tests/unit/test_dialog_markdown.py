"""The one place that renders Markdown: nothing an author or a customer writes can run."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.answers.markdown import _MARKDOWN, help_url, plain, render, resolve


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[press](javascript:alert(1))",
        "[press](  JaVaScRiPt:alert(1))",
        "[press](data:text/html,<script>1</script>)",
        "[press](//evil.example/a)",
        "![picture](https://evil.example/track.png)",
        "<a href='javascript:alert(1)'>x</a>",
        "`<b>` <svg/onload=alert(1)>",
    ],
)
def test_nothing_runs(text: str) -> None:
    html = render(text)
    for danger in ("<script", "<img", "<svg", 'href="javascript', 'href="data', 'href="//', "<a href='"):
        assert danger not in html.lower()


def test_tables_lists_and_bold_are_rendered() -> None:
    html = render("**Срок**\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n1. раз\n2. два")
    assert "<strong>Срок</strong>" in html
    assert "<table>" in html
    assert html.count("<li>") == 2


def test_links_leave_the_frame() -> None:
    html = render("[Справка](/help/docs-no-debt)")
    assert 'href="/help/docs-no-debt"' in html
    assert 'target="_blank"' in html
    assert 'rel="noopener noreferrer"' in html


def test_references_become_links_with_titles() -> None:
    titles = {"docs-no-debt": "Справка [об отсутствии] долга"}
    assert resolve("Скачайте: [[docs-no-debt]].", titles) == (
        f"Скачайте: [Справка (об отсутствии) долга]({help_url('docs-no-debt')})."
    )
    assert resolve("См. [[unknown]].", titles) == "См. ."


def test_plain_text_keeps_the_facts() -> None:
    text = plain("**Лимит**\n\n| Операция | Лимит |\n|---|---|\n| СБП | 150 000 ₽ |\n\n[Ещё](/help/x)")
    assert "СБП — 150 000 ₽" in text
    assert "Ещё" in text
    assert "/help" not in text
    assert "**" not in text


BLOCKS = (
    *("- a\n- b", "1. a", "  - b", "* x", "> q", "para", "**B** x", "# h", "    c", "«q»", "`c", "---"),
    *("| a |\n|---|\n| 1 |", "[x]: http://a", "[x]", "[x](/y)", "```\nc", "~~~", "<div>", "<!-- x"),
)


@given(st.lists(st.sampled_from(BLOCKS), min_size=1), st.sampled_from(["\n", "\n\n", "\n \n", "\n\n\n"]))
def test_blocks_say_what_the_whole_says(blocks: list[str], between: str) -> None:
    text = between.join(blocks)
    assert render(text) == _MARKDOWN.render(text).strip()
