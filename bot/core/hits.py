"""What a search found. Hits are made when they are looked at: of most only the probability is asked."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import overload

from bot.core.types import Hit


class Hits(Sequence[Hit]):
    """Hits in order, the most probable first; `chances` are their probabilities, by article."""

    __slots__ = ("_make", "_names", "chances")

    def __init__(self, chances: Mapping[str, float], make: Callable[[str], Hit]) -> None:
        self.chances, self._make = chances, make
        self._names = tuple(chances)

    @classmethod
    def of(cls, hits: Iterable[Hit]) -> Hits:
        """Hits that are made already."""
        made = {hit.article_id: hit for hit in hits}
        return cls({name: hit.p for name, hit in made.items()}, made.__getitem__)

    def by(self, article_id: str) -> Hit:
        """The hit of an article that is among `chances`."""
        return self._make(article_id)

    def without(self, gone: Collection[str]) -> Hits:
        """The hits of the other articles."""
        return self._of(name for name in self._names if name not in gone) if gone else self

    def __len__(self) -> int:
        return len(self._names)

    @overload
    def __getitem__(self, place: int) -> Hit: ...

    @overload
    def __getitem__(self, place: slice) -> Hits: ...

    def __getitem__(self, place: int | slice) -> Hit | Hits:
        if isinstance(place, slice):
            return self._of(self._names[place])
        return self._make(self._names[place])

    def _of(self, names: Iterable[str]) -> Hits:
        return Hits({name: self.chances[name] for name in names}, self._make)
