"""What the forms of the golden dialogs must remember is read from the very words of their customers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from bot.nlu.entities import dates, day_of_month, money, phones, times
from tests.unit.entities import ENTITIES

ABOUT_THE_PAST = ("fee_refund", "complaint")  # forms; birth dates have their year
Read = Callable[[str, datetime, str], Any]


def entity(name: str) -> Read:
    def read(text: str, now: datetime, form: str) -> Any:
        return next((span.value for span in ENTITIES.find(text, now) if span.entity == name), None)

    return read


def day(text: str, now: datetime, form: str) -> str | None:
    found = dates.read(text, now, "past" if form.startswith(ABOUT_THE_PAST) else "future")
    return found and found.isoformat()


READS: dict[str, Read] = {
    "product": entity("product"),
    "city": entity("city"),
    "car_number": entity("plate"),
    "guest_name": entity("person"),
    "date": day,
    "birth_date": day,
    "new_date": lambda text, now, form: str(day_of_month.read(text)),
    "time": lambda text, now, form: f"{times.read(text):%H:%M}",
    "amount": lambda text, now, form: money.read(text),
    "phone": lambda text, now, form: phones.read(text),
}


def slots(path: Path) -> Iterator[tuple[str, datetime, str, str, Any]]:
    """(text, now, form, slot, value) of every turn that fills one; a product may have been named before."""
    for dialog in yaml.safe_load(path.read_text("utf-8"))["dialogs"]:
        now = datetime.fromisoformat(dialog["now"]).replace(tzinfo=ZoneInfo("Europe/Moscow"))
        about = ""
        for turn in dialog["turns"]:
            about = turn["say"] if entity("product")(turn["say"], now, "") else about
            for slot, value in turn["expect"].get("slot", {}).items():
                yield (
                    about if slot == "product" else turn["say"],
                    now,
                    turn["expect"].get("form", ""),
                    slot,
                    value,
                )


def test_slots_of_the_golden_dialogs(eval_data: Path) -> None:
    asked = [each for each in slots(eval_data / "dialogs.yml") if each[3] in READS]
    read = {(text, slot): READS[slot](text, now, form) for text, now, form, slot, _ in asked}
    assert read == {(text, slot): value for text, _, _, slot, value in asked}
    assert len(read) > 25
