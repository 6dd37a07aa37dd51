"""What is taken out of a text, and what stays."""

from __future__ import annotations

import pytest

from bot.core.errors import FrontlineError
from bot.web.fields import check_message, clean, clean_line


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("  Здравствуйте \r\n\r\n вы \t тут? ", "Здравствуйте \n\n вы \t тут?"),
        ("a\x00b\x07c\x1b[31m", "abc[31m"),
        ("\u202eевортыш\u2066", "евортыш"),
        ("\ud800", ""),
        ("и\u0306", "й"),
        ("👩‍👩‍👧", "👩‍👩‍👧"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
    ],
)
def test_clean(text: str, kept: str) -> None:
    assert clean(text) == kept
    assert clean(kept) == kept


def test_clean_line_has_no_breaks() -> None:
    assert clean_line(" Анна\n\t Петровна ") == "Анна Петровна"


@pytest.mark.parametrize(
    ("text", "choice", "code"), [("", None, "message_empty"), ("abcd", None, "message_too_long")]
)
def test_messages_that_are_refused(text: str, choice: str | None, code: str) -> None:
    with pytest.raises(FrontlineError) as caught:
        check_message(text, choice, 3)
    assert (caught.value.code, caught.value.status) == (code, 422)


def test_a_button_needs_no_text() -> None:
    check_message("", "operator", 3)
