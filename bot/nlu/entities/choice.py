"""Which of the things found is meant: the longer over what overlaps it, the corrected over the denied."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bot.nlu.entities.said import Said
from bot.nlu.entities.tokens import listed
from bot.project.model import EntitySpan

_PREPOSITIONS = listed("в во на к ко до с со после по за от через")
_CORRECTS = listed("нет точнее вернее лучше ой пардон извините тьфу")


def without_overlaps(found: Iterable[EntitySpan], ranks: Sequence[str]) -> list[EntitySpan]:
    """The longest spans first, of equal ones the kind that stands first in `ranks`; in order of the text."""
    rank = {entity: at for at, entity in enumerate(ranks)}
    ordered = sorted(found, key=lambda each: (each.start - each.end, rank.get(each.entity, len(rank))))
    kept: list[EntitySpan] = []
    for span in ordered:
        if all(span.end <= other.start or other.end <= span.start for other in kept):
            kept.append(span)
    return sorted(kept, key=lambda span: span.start)


def denied(said: Said, span: EntitySpan) -> bool:
    """«не пятого, а десятого»: whether it is what the customer does not want."""
    first = next((at for at, token in enumerate(said.tokens) if token.end > span.start), 0)
    before = first - 1
    if said.form(before) in _PREPOSITIONS:
        before -= 1
    return said.form(before) == "не"


def meant(said: Said, found: Sequence[EntitySpan]) -> EntitySpan | None:
    """The one that answers a question: the first, or what corrects it («в пять, нет, лучше в шесть»)."""
    wanted = [span for span in found if not denied(said, span)]
    if not wanted:
        return None
    chosen = wanted[0]
    for span in wanted[1:]:
        between = (token.form for token in said.tokens if chosen.end <= token.start < span.start)
        if not _CORRECTS.isdisjoint(between):
            chosen = span
    return chosen
