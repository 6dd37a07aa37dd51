"""In which time zone a number lives, as `nlu_data/phone_zones.yml` says."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from bot.core.errors import InvalidContent
from bot.nlu.content import line_of, read_yaml

_PLACE = re.compile(r"(\+\d{1,15})(?:-(\+\d{1,15}))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Zones:
    """`usual`: of numbers that are not in the table."""

    usual: ZoneInfo
    beginnings: Mapping[str, ZoneInfo]
    blocks: tuple[tuple[str, str, ZoneInfo], ...] = ()

    @classmethod
    def load(cls, path: Path, usual: str) -> Zones:
        """Raises `InvalidContent` naming file and line."""
        content = read_yaml(path)
        if not isinstance(content, dict):
            raise InvalidContent(str(path), None, "needs zones and the beginnings of their numbers")
        beginnings: dict[str, ZoneInfo] = {}
        blocks = []
        for name, places in content.items():
            try:
                zone = ZoneInfo(str(name))
            except (ValueError, KeyError) as error:
                raise InvalidContent(str(path), line_of(path, str(name)), f"{name}: no time zone") from error
            for place in places if isinstance(places, list) else [places]:
                match = _PLACE.fullmatch(str(place))
                if match is None or (match[2] and len(match[1]) != len(match[2])):
                    problem = f"{place}: needs a beginning such as +7495, or two numbers with - between"
                    raise InvalidContent(str(path), line_of(path, str(name)), problem)
                if match[2]:
                    blocks.append((match[1], match[2], zone))
                else:
                    beginnings[match[1]] = zone
        return cls(ZoneInfo(usual), beginnings, tuple(blocks))

    def of(self, phone: str) -> ZoneInfo:
        """The zone of a number such as "+79000000001"."""
        for first, last, zone in self.blocks:
            if len(phone) == len(first) and first <= phone <= last:
                return zone
        for length in range(len(phone), 1, -1):
            if (zone_of := self.beginnings.get(phone[:length])) is not None:
                return zone_of
        return self.usual
