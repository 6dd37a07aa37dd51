"""Models on this machine: `data_dir/models/<name>`, each whole or not there.

What is downloaded lies in `.parts` until it is complete, so that a broken download goes on with the next
`pull`. `checksums.json` remembers what came from addresses whose checksum nobody publishes.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import orjson

from bot.core.errors import FrontlineError
from voice.asr.catalogue import Model, Part
from voice.asr.download import Report, download
from voice.asr.unpack import clear, only_folder, unpack

_UNPACKED = 8  # times the size of its archives that a model may have
RECORD = "frontline-model.json"


@dataclass(frozen=True, slots=True)
class Pulled:
    """`checksums`: SHA-256 by address; `recorded`: those that were compared with nothing, being the first."""

    folder: Path
    checksums: dict[str, str]
    recorded: tuple[str, ...] = ()
    present: bool = False  # before


class Models:
    """The folder of models."""

    def __init__(self, data_dir: Path) -> None:
        self.folder = data_dir / "models"
        self._parts = self.folder / ".parts"
        self._checksums = self.folder / "checksums.json"

    def path(self, name: str) -> Path | None:
        """Where a model lies; None: it is not here."""
        folder = self.folder / name
        return folder if folder.is_dir() else None

    def names(self) -> list[str]:
        if not self.folder.is_dir():
            return []
        return sorted(one.name for one in self.folder.iterdir() if one.is_dir() and one != self._parts)

    def pull(self, model: Model, report: Report) -> Pulled:
        """Downloads, checks, unpacks. Raises what `download` and `unpack` do; `checksum_wrong`."""
        target = self.folder / model.name
        if target.is_dir():
            return Pulled(target, _record(target), present=True)
        parts = self._parts / model.name
        known, checksums, recorded = self._known(), {}, []
        before = 0
        for number, part in enumerate(model.parts):
            file = parts / f"{number}-{Path(part.url).name}"
            found = download(part, file, _after(before, model.size, report))
            if not part.sha256:
                if known.setdefault(part.url, found) != found:
                    file.unlink()
                    raise _changed(part, known[part.url], found, self._checksums)
                recorded += [part.url] if part.url not in self._known() else []
            checksums[part.url] = found
            before += part.size
        self._put(model, parts, target, checksums)
        if recorded:
            self._remember(known)
        return Pulled(target, checksums, tuple(recorded))

    def _put(self, model: Model, parts: Path, target: Path, checksums: dict[str, str]) -> None:
        """The model becomes visible as a whole."""
        staging = parts / "unpacked"
        clear(staging)
        for number, part in enumerate(model.parts):
            file = parts / f"{number}-{Path(part.url).name}"
            if not part.name:
                try:
                    unpack(file, staging, _UNPACKED * max(part.size, 1_000_000))
                except FrontlineError:
                    clear(staging)
                    file.unlink()
                    raise
            else:
                place = staging / part.name
                place.parent.mkdir(parents=True, exist_ok=True)
                file.replace(place)
        whole = only_folder(staging)
        record = {"name": model.name, "engine": model.engine, "licence": model.licence, "sha256": checksums}
        (whole / RECORD).write_bytes(orjson.dumps(record, option=orjson.OPT_INDENT_2))
        whole.replace(target)
        clear(parts)

    def _known(self) -> dict[str, str]:
        try:
            return dict(orjson.loads(self._checksums.read_bytes()))
        except FileNotFoundError:
            return {}
        except (ValueError, TypeError) as error:
            raise FrontlineError(
                "checksums_broken", f"{self._checksums} cannot be read: {error}; repair or delete it"
            ) from error

    def _remember(self, known: dict[str, str]) -> None:
        draft = self._checksums.with_suffix(".new")
        draft.write_bytes(orjson.dumps(known, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
        draft.replace(self._checksums)


def _after(before: int, total: int, report: Report) -> Report:
    """Progress of one file as that of the model."""
    return lambda have, _of_file: report(min(before + have, total), total)


def _record(folder: Path) -> dict[str, str]:
    try:
        return dict(orjson.loads((folder / RECORD).read_bytes())["sha256"])
    except (OSError, ValueError, KeyError, TypeError):
        return {}  # put there by hand


def _changed(part: Part, known: str, found: str, file: Path) -> FrontlineError:
    return FrontlineError(
        "checksum_wrong",
        f"{part.url}: SHA-256 {found}, at the first download it was {known} ({file}); deleted",
        status=502,
    )
