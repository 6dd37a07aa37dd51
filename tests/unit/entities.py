"""What the tests of entities share: the moment, the example company's names, the table of cases."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from bot.nlu.entities import Entities, Gazetteers
from bot.project.loading import load

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime(2026, 6, 3, 12, tzinfo=ZoneInfo("Europe/Moscow"))
ENTITIES = Entities(Gazetteers.of(load(ROOT / "nlu_data")))
_TABLE = yaml.safe_load(Path(__file__).with_name("entities.yml").read_text("utf-8"))
CASES: list[tuple[str, dict[str, Any]]] = [case for cases in _TABLE.values() for case in cases.items()]
