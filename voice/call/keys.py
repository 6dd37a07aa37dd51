"""Keys of the telephone, put together: a menu's key at once, a number when it is whole."""

from __future__ import annotations

from dataclasses import dataclass, field

PAUSE_S = 3.0  # after which a number that is being keyed is taken as it is
MOST = 32  # keys of one number


@dataclass(slots=True)
class Keys:
    """`numbers`: a number is awaited, of one of `lengths` digits where they are known.

    "0" alone is the operator, "*" repeats, "#" ends a number.
    """

    numbers: bool = False
    lengths: tuple[int, ...] = ()
    _keyed: list[str] = field(default_factory=list)
    _at: float = 0.0

    def expect(self, *, numbers: bool, lengths: tuple[int, ...] = ()) -> None:
        self.numbers, self.lengths = numbers, lengths
        self._keyed.clear()

    def press(self, digit: str, at: float) -> str | None:
        """What was keyed, when it is whole: digits, or "*"."""
        self._at = at
        if digit == "#":
            return self._taken()
        if digit == "*":
            self._keyed.clear()
            return "*"
        if not digit.isdigit():
            return None
        self._keyed.append(digit)
        whole = len(self._keyed) == max(self.lengths) if self.lengths else len(self._keyed) >= MOST
        return self._taken() if whole or not self.numbers else None

    def waits(self) -> bool:
        return bool(self._keyed)

    def tick(self, at: float) -> str | None:
        """What was keyed and is not being continued."""
        return self._taken() if self._keyed and at - self._at >= PAUSE_S else None

    def _taken(self) -> str | None:
        digits = "".join(self._keyed)
        self._keyed.clear()
        return digits or None
