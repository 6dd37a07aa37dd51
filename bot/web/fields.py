"""Types of the fields that people and programs send: cleaned once, at the edge.

Control characters have no business in a message; NUL breaks PostgreSQL, lone surrogates cannot be
encoded, and bidirectional overrides make an operator read something else than what was written.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Annotated

from fastapi import Path
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from bot.core.errors import FrontlineError

# U+202A..U+202E and U+2066..U+2069 reorder the text around them.
_OVERRIDES = {*range(0x202A, 0x202F), *range(0x2066, 0x206A)}
_SPACES = re.compile(r"\s+")


def clean(text: str) -> str:
    """The text without control characters, surrogates and overrides; newlines and tabs stay."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    kept = (
        char
        for char in text
        if char in "\n\t" or (unicodedata.category(char) not in {"Cc", "Cs"} and ord(char) not in _OVERRIDES)
    )
    return unicodedata.normalize("NFC", "".join(kept)).strip()


def clean_line(text: str) -> str:
    """`clean`, and every run of white space becomes one blank."""
    return _SPACES.sub(" ", clean(text))


Text = Annotated[str, AfterValidator(clean)]
Line = Annotated[str, AfterValidator(clean_line)]
Name = Annotated[str, AfterValidator(clean_line), Field(min_length=1, max_length=120)]
Login = Annotated[str, Field(pattern=r"^[A-Za-z0-9@._+-]{2,64}$")]
Password = Annotated[str, Field(min_length=1, max_length=256)]
NewPassword = Annotated[str, Field(min_length=10, max_length=256)]
ClientId = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z0-9_.:-]{1,64}$", description="Chosen by the client; a repeat is recognised by it."
    ),
]
Choice = Annotated[
    str,
    AfterValidator(clean_line),
    Field(
        pattern=r"^(?:[A-Za-z0-9_.:/-]{1,200}|/[A-Za-z0-9_]{1,64}\{[^\x00-\x1f\x7f{}]{0,300}\})$",
        description="Payload of the quick reply that was pressed: `operator`, `back_to_bot`, `article:<id>`, "
        '`/intent`, or `/intent{"entity": "value"}`.',
    ),
]
Locale = Annotated[str, Field(pattern=r"^(ru|en)$", description="Language of the interface.")]
ObjectId = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
# Ids of imported articles are their paths: letters of any alphabet, blanks, slashes.
ArticleId = Annotated[str, Path(pattern=r"^[^\x00-\x1f\x7f]{1,200}$")]
After = Annotated[int, Field(ge=0, le=2**31 - 1, description="Return what follows this seq.")]


class Body(BaseModel):
    """A request body: unknown fields are refused, so that a misspelt one is never ignored."""

    model_config = ConfigDict(extra="forbid")


def check_message(text: str, choice: str | None, most: int) -> None:
    """A message says something, in at most `most` characters, or is a pressed button."""
    if not text and choice is None:
        raise FrontlineError("message_empty", "there is no text in the message", status=422)
    if len(text) > most:
        raise FrontlineError("message_too_long", f"at most {most} characters", status=422)
