"""NeMo's Russian text-normalisation cases: another house's conventions, so a floor and not the whole.

Compared without punctuation, stress and ё. Where the two sides differ by intent, see docs/verbaliser.md.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from voice.verbaliser import verbalise

pytestmark = pytest.mark.eval

# Measured: 61 % of all. Out of context NeMo wants some oblique ordinal for «1996» and «24»; long numbers are
# codes here and dates are genitive.
FLOORS = {
    "cardinal": 0.6,
    "decimal": 0.94,
    "measure": 0.53,
    "money": 0.66,
    "ordinal": 0.63,
    "telephone": 1.0,
    "time": 0.37,
    "word": 1.0,
}
FLOOR = 0.6
FOLDER = Path("ru_text_normalisation_nemo/tests/nemo_text_processing/ru/data_text_normalization")


def _cases(folder: Path) -> Mapping[str, dict[str, list[str]]]:
    """category -> written -> ways to say it: NeMo gives one written form several spoken ones."""
    found: dict[str, dict[str, list[str]]] = {}
    for file in sorted(folder.glob("test_cases_*.txt")):
        category = file.stem.removeprefix("test_cases_").removesuffix("_normalize_with_audio")
        ways = found.setdefault(category, {})
        written = ""
        for line in file.read_text("utf-8").splitlines():
            said, separator, form = line.partition("~")
            if "with_audio" in file.name:  # the written form stands above its ways
                written = form if separator else written
                if not separator and line:
                    ways.setdefault(written, []).append(line)
            elif form:
                ways.setdefault(form, []).append(said)
    return found


def _plain(text: str) -> str:
    return " ".join(re.sub(r"[^а-яё ]", " ", text.lower().replace("+", "")).replace("ё", "е").split())


def test_nemo_cases_by_category(eval_data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    passed: dict[str, list[bool]] = {}
    misses = []
    for category, cases in _cases(eval_data / FOLDER).items():
        for written, ways in cases.items():
            said = _plain(verbalise(written))
            passed.setdefault(category, []).append(said in map(_plain, ways))
            if not passed[category][-1]:
                misses.append(f"{category}: {written} -> {said}, not {' | '.join(ways)}")
    every = [one for results in passed.values() for one in results]
    with capsys.disabled():
        for category, results in passed.items():
            print(f"\n  {category:12} {sum(results)}/{len(results)}", end="")
        print(f"\n  all          {sum(every)}/{len(every)} = {sum(every) / len(every):.1%}")
    assert len(every) > 150
    for category, floor in FLOORS.items():
        results = passed[category]
        assert sum(results) / len(results) >= floor, [miss for miss in misses if miss.startswith(category)]
    assert sum(every) / len(every) >= FLOOR, misses
