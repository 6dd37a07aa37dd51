"""«№» and «§» as nouns."""

from __future__ import annotations

from voice.verbaliser import abbreviations
from voice.verbaliser.scan import Said, Scan


def numbered(scan: Scan, at: int) -> Said | None:
    return abbreviations.read(scan, at, scan.text[at])
