"""Archives of strangers: nothing but plain files and folders, all of them inside the target."""

from __future__ import annotations

import shutil
import tarfile
import zipfile
from collections.abc import Generator
from contextlib import closing
from pathlib import Path, PurePosixPath
from typing import IO

from bot.core.errors import FrontlineError

Members = Generator[tuple[str, IO[bytes]], None, None]
_TYPE = 0o170000  # of a Unix mode
_REGULAR, _FOLDER = 0o100000, 0o040000


def unpack(archive: Path, target: Path, limit: int) -> None:
    """Into the empty folder `target`, at most `limit` bytes.

    Raises `archive_broken`, and `archive_unsafe` for a path that leads out, a link, a device or too much.
    """
    target.mkdir(parents=True)
    try:
        if zipfile.is_zipfile(archive):
            with zipfile.ZipFile(archive) as zipped, closing(_of_zip(zipped)) as files:
                _write(files, target, limit)
        else:
            with tarfile.open(archive) as tarred, closing(_of_tar(tarred)) as files:
                _write(files, target, limit)
    except (zipfile.BadZipFile, tarfile.TarError, EOFError, OSError, RuntimeError) as error:
        raise FrontlineError("archive_broken", f"{archive.name}: {error}", status=502) from error


def _of_zip(archive: zipfile.ZipFile) -> Members:
    for member in archive.infolist():
        kind = member.external_attr >> 16 & _TYPE
        if kind not in {0, _REGULAR, _FOLDER}:
            raise _unsafe(f"{member.filename} is a link or a device")
        if not member.is_dir():
            with archive.open(member) as opened:
                yield member.filename, opened


def _of_tar(archive: tarfile.TarFile) -> Members:
    for member in archive:
        if member.isdir():
            continue
        opened = archive.extractfile(member) if member.isreg() else None
        if opened is None:
            raise _unsafe(f"{member.name} is a link or a device")
        yield member.name, opened


def _write(files: Members, target: Path, limit: int) -> None:
    for name, content in files:
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts or "\\" in name or ":" in name or not path.parts:
            raise _unsafe(f"{name!r} leads out of the folder")
        file = target.joinpath(*path.parts)
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("xb") as opened:
            while piece := content.read(1 << 20):
                limit -= len(piece)
                if limit < 0:
                    raise _unsafe("it unpacks to far more than a model has")
                opened.write(piece)


def only_folder(folder: Path) -> Path:
    """Where the content of an archive lies: archives have it in a folder of their own or not."""
    inside = list(folder.iterdir())
    return inside[0] if len(inside) == 1 and inside[0].is_dir() else folder


def clear(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)


def _unsafe(problem: str) -> FrontlineError:
    return FrontlineError("archive_unsafe", f"the archive is refused: {problem}", status=502)
