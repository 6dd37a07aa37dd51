"""What happens in a call, and what of it waits to be dealt with."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass

from voice.ports import Heard

WAITING = 8  # nobody says or keys so much while one answer is made; of a flood the latest counts


@dataclass(frozen=True, slots=True)
class Utterance:
    """What the caller said. `voice_ended`: the last moment of voice; `ended`: when it was taken for done."""

    heard: Heard
    voice_ended: float
    ended: float


@dataclass(frozen=True, slots=True)
class Keyed:
    """Digits, or "*"."""

    digits: str


@dataclass(frozen=True, slots=True)
class Quiet:
    """Nothing was said, or nothing but noise."""


@dataclass(frozen=True, slots=True)
class Deaf:
    """The caller is not heard any more: the recogniser is broken, or we are."""

    code: str


@dataclass(frozen=True, slots=True)
class Late:
    """The call has lasted as long as it may."""


@dataclass(frozen=True, slots=True)
class Gone:
    reason: str


Happening = Utterance | Keyed | Quiet | Deaf | Late | Gone
ENDS = (Gone, Late, Deaf)
OPERATOR = Keyed("0")


class Happenings:
    """A queue of one reader. What ends the talk comes before what was said or keyed earlier, and once."""

    def __init__(self) -> None:
        self._waiting: deque[Happening] = deque()
        self._news = asyncio.Event()

    @property
    def keyed(self) -> bool:
        """Whether a key was pressed that is not dealt with: what is said meanwhile is not waited for."""
        return any(isinstance(each, Keyed) for each in self._waiting)

    def tell(self, happening: Happening) -> None:
        if isinstance(happening, ENDS) or happening == OPERATOR:
            self._overrule(happening)
        elif not isinstance(happening, Quiet):
            self.forget_silence()
            self._waiting.append(happening)
            if len(self._waiting) > WAITING:
                self._waiting.popleft()
        elif not self._waiting:
            self._waiting.append(happening)
        self._news.set()

    async def next(self) -> Happening:
        while not self._waiting:
            self._news.clear()
            await self._news.wait()
        return self._waiting.popleft()

    def forget_silence(self) -> None:
        """We have spoken since: who was silent while we were thinking is not asked whether he is there."""
        self._waiting = deque(each for each in self._waiting if not isinstance(each, Quiet))

    def _overrule(self, happening: Happening) -> None:
        """Whoever has gone, or asks for a person, wants no answer to what he said before."""
        ends = [each for each in self._waiting if isinstance(each, ENDS)]
        if isinstance(happening, Gone) or any(isinstance(each, Gone) for each in ends):
            self._waiting = deque([next((each for each in ends if isinstance(each, Gone)), happening)])
        elif not any(type(each) is type(happening) for each in ends):
            self._waiting = deque([*ends, happening])
