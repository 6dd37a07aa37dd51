"""Parts of a day: «утром», «после обеда», «к вечеру»."""

from __future__ import annotations

from collections.abc import Iterator

from bot.nlu.entities.calendar_words import RELATIVE, WEEKDAYS
from bot.nlu.entities.said import Said
from bot.project.model import EntitySpan

MORNING, AFTERNOON, EVENING = "morning", "afternoon", "evening"
_ALONE = {
    "утром": MORNING, "утречком": MORNING, "поутру": MORNING,
    "днем": AFTERNOON,
    "вечером": EVENING, "вечерком": EVENING,
}  # fmt: skip
_PLAIN = {"утро": MORNING, "вечер": EVENING}  # «понедельник, утро», but no «вечер добрый»
_PHRASES = {
    ("с", "утра"): MORNING, ("с", "утречка"): MORNING, ("на", "утро"): MORNING, ("к", "утру"): MORNING,

    ("до", "обеда"): MORNING, ("в", "первой", "половине", "дня"): MORNING, ("до", "полудня"): MORNING,
    ("после", "обеда"): AFTERNOON, ("в", "обед"): AFTERNOON, ("к", "обеду"): AFTERNOON,
    ("в", "середине", "дня"): AFTERNOON, ("во", "второй", "половине", "дня"): AFTERNOON,
    ("после", "полудня"): AFTERNOON, ("в", "обеденное", "время"): AFTERNOON,
    ("на", "вечер"): EVENING, ("к", "вечеру"): EVENING, ("под", "вечер"): EVENING,
    ("in", "the", "morning"): MORNING, ("in", "the", "afternoon"): AFTERNOON,
    ("in", "the", "evening"): EVENING,
}  # fmt: skip
_FIRSTS = frozenset(phrase[0] for phrase in _PHRASES)
_LENGTHS = sorted({len(phrase) for phrase in _PHRASES}, reverse=True)


def find(said: Said) -> Iterator[EntitySpan]:
    """`morning`, `afternoon` or `evening`; a greeting («добрый вечер») is none."""
    for at, token in enumerate(said.tokens):
        if token.form in _ALONE:
            if said.form(at - 1) != "с":  # «с днём рождения»
                yield said.span("part_of_day", _ALONE[token.form], at, at + 1)
        elif token.form in _PLAIN:
            before, after = said.form(at - 1), said.form(at + 1)
            if (before in WEEKDAYS or before in RELATIVE or before in {"", ","}) and after in {"", ",", "."}:
                yield said.span("part_of_day", _PLAIN[token.form], at, at + 1)
        elif token.form in _FIRSTS:
            for length in _LENGTHS:
                words = tuple(each.form for each in said.tokens[at : at + length])
                if words in _PHRASES:
                    yield said.span("part_of_day", _PHRASES[words], at, at + len(words))
                    break
