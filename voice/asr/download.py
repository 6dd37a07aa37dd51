"""A file from the network: resumed where it broke off, checked, never half there."""

from __future__ import annotations

import hashlib
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import orjson

from bot.core.errors import FrontlineError
from voice.asr.catalogue import Part

ATTEMPTS = 5  # in a row that bring nothing
PAUSE_S = 1.0
_TIMEOUT = httpx.Timeout(30.0)
_SPARE = 50_000_000  # bytes of the disk that stay free
_TOO_MUCH = 4  # times the known size: another file, or a fault

Report = Callable[[int, int], None]


def download(part: Part, file: Path, report: Report) -> str:
    """Fetches into `file`, resuming what is there; its SHA-256.

    Raises `download_failed` (retryable; what came is kept), `checksum_wrong` (it is deleted), `disk_full`.
    """
    if file.is_file():
        return _checked(part, file)
    file.parent.mkdir(parents=True, exist_ok=True)
    whole, file = file, file.with_name(f"{file.name}.part")
    with httpx.Client(follow_redirects=True, timeout=_TIMEOUT) as http:
        failures, problem = 0, ""
        while failures < ATTEMPTS:
            before = _size(file)
            try:
                if _fetch(http, part, file, report):
                    found = _checked(part, file)
                    file.rename(whole)
                    return found
            except httpx.HTTPStatusError as error:
                status = error.response.status_code
                problem = f"{part.url} answers {status}"
                if status < 500 and status not in {408, 429}:
                    raise _failed(problem, retryable=False) from error
            except httpx.HTTPError as error:
                problem = f"{part.url}: {error or type(error).__name__}"
            failures = 0 if _size(file) > before else failures + 1
            time.sleep(PAUSE_S * failures)
    raise _failed(f"{problem}; what came is kept, try again")


def _fetch(http: httpx.Client, part: Part, file: Path, report: Report) -> bool:
    """One request; whether the file is whole now."""
    have, mark = _size(file), file.with_name(f"{file.name}.json")
    validator = orjson.loads(mark.read_bytes()) if have and mark.is_file() else ""
    if have and not validator:
        have = 0  # it cannot be known whether the rest belongs to the same file
    headers = {"Accept-Encoding": "identity"}
    if have:
        headers |= {"Range": f"bytes={have}-", "If-Range": validator}
    with http.stream("GET", part.url, headers=headers) as answer:
        if answer.status_code == 416:
            return _nothing_left(answer, file, have)
        answer.raise_for_status()
        if answer.status_code != 206 or not _continues(answer, have):
            have = 0
        total = have + int(answer.headers.get("Content-Length") or 0)
        _room(file, part, total, have)
        strong = answer.headers.get("ETag", "")
        mark.write_bytes(
            orjson.dumps(strong if strong.startswith('"') else answer.headers.get("Last-Modified", ""))
        )
        with file.open("ab" if have else "wb") as opened:
            for piece in answer.iter_raw():
                opened.write(piece)
                have += len(piece)
                if have > _TOO_MUCH * part.size:
                    file.unlink()
                    raise _failed(f"{part.url} is much larger than it should be", retryable=False)
                report(have, total or part.size)
        return total in {0, have}


def _nothing_left(answer: httpx.Response, file: Path, have: int) -> bool:
    """The server has no byte after ours: either we have them all, or another file."""
    if answer.headers.get("Content-Range") == f"bytes */{have}":
        return True
    file.unlink(missing_ok=True)
    return False


def _continues(answer: httpx.Response, have: int) -> bool:
    return str(answer.headers.get("Content-Range", "")).startswith(f"bytes {have}-")


def _room(file: Path, part: Part, total: int, have: int) -> None:
    needed = max(total, part.size) - have
    free = shutil.disk_usage(file.parent).free
    if free - needed < _SPARE:
        raise FrontlineError(
            "disk_full", f"{needed // 1_000_000} MB to download, {free // 1_000_000} MB free", status=507
        )


def _checked(part: Part, file: Path) -> str:
    summed = hashlib.sha256()
    with file.open("rb") as opened:
        while piece := opened.read(1 << 20):
            summed.update(piece)
    found = summed.hexdigest()
    file.with_name(f"{file.name}.json").unlink(missing_ok=True)
    if part.sha256 and found != part.sha256:
        file.unlink()
        raise FrontlineError(
            "checksum_wrong", f"{part.url}: SHA-256 {found}, expected {part.sha256}; deleted", status=502
        )
    return found


def _size(file: Path) -> int:
    return file.stat().st_size if file.is_file() else 0


def _failed(problem: str, *, retryable: bool = True) -> FrontlineError:
    return FrontlineError("download_failed", problem, status=502, retryable=retryable)
