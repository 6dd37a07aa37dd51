"""`verbalise`: how a text will be said on the phone."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from bot.cli.console import JsonOut, write_json


class Locale(StrEnum):
    RU = "ru"
    EN = "en"


def verbalise(
    text: Annotated[list[str], typer.Argument(help="What is written; several are several lines.")],
    locale: Annotated[Locale, typer.Option(help="The language of the text.")] = Locale.RU,
    json_out: JsonOut = None,
) -> None:
    """Show how texts are said on the phone."""
    from voice.verbaliser import verbalise as spoken

    said = [{"written": one, "spoken": spoken(one, locale=locale.value)} for one in text]
    write_json(json_out, {"locale": locale.value, "texts": said})
    for one in said:
        typer.echo(one["spoken"])
