"""Two recognisers on one utterance: one that expects the answer to the question, one that expects anything.

A grammar hears short answers and numbers much better than free recognition, and hears nothing in all else.
"""

from __future__ import annotations

from collections.abc import Sequence

from voice.asr import grammars
from voice.ports import Heard, Listening, Recogniser, Word
from voice.turn_taking import Expected

SURE = 0.9  # confidence of free recognition that needs no second opinion
COVERED = 0.7  # of the time of the words heard freely, that the grammar's words must take


def grammar_of(expected: Expected, locale: str) -> tuple[str, ...]:
    """The phrases that such an answer is made of; none where it may be anything."""
    match expected.kind:
        case "yes_no":
            return grammars.yes_no(locale)
        case "number":
            return grammars.numbers(locale)
    return ()


def listening_to(recogniser: Recogniser, rate: int, grammar: Sequence[str]) -> Listening:
    """`grammar`: what the answer is probably made of; anything else is heard as well."""
    return Both(recogniser, rate, grammar) if grammar else recogniser.listen(rate)


class Both:
    """`Listening` to an answer that is probably of the grammar."""

    def __init__(self, recogniser: Recogniser, rate: int, grammar: Sequence[str]) -> None:
        self._free: Listening = recogniser.listen(rate)
        self._narrow: Listening = recogniser.listen(rate, grammar=grammar)

    async def feed(self, pcm: bytes) -> str:
        text = await self._free.feed(pcm)
        await self._narrow.feed(pcm)
        return text

    async def finish(self) -> Heard:
        try:
            free = await self._free.finish()
        except BaseException:
            await self._narrow.abandon()
            raise
        narrow = await self._narrow.finish()
        return surer(free, narrow)

    async def abandon(self) -> None:
        await self._free.abandon()
        await self._narrow.abandon()


def surer(free: Heard, narrow: Heard) -> Heard:
    """The grammar's hearing where it accounts for what was said, and free recognition is in doubt."""
    if not narrow.text or (free.text and free.confidence >= SURE):
        return free
    whole = _spoken_s(free.words)
    return narrow if not whole or _spoken_s(narrow.words) >= COVERED * whole else free


def _spoken_s(words: Sequence[Word]) -> float:
    return sum(word.end - word.start for word in words)
