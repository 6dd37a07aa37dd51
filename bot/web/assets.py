"""Static files from memory: compressed once, with an ETag, and read again when the file changes."""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
import re
from dataclasses import dataclass
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from bot.core.errors import NotFound

# The system's table differs between machines; these are what browsers insist on.
_TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".html": "text/html; charset=utf-8",
    ".woff2": "font/woff2",
    ".webmanifest": "application/manifest+json",
    ".ico": "image/x-icon",
}
_COMPRESSED = {".js", ".css", ".json", ".svg", ".html", ".webmanifest"}
_VERSIONED = re.compile(r"[-@.]\d+\.\d+")  # a version in the name: the content never changes
_ENOUGH = 500  # bytes below which compression gains nothing


@dataclass(frozen=True, slots=True)
class Asset:
    body: bytes
    packed: bytes | None
    etag: str
    kind: str
    changed: float


class Assets:
    """The files below one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()
        self._known: dict[str, Asset] = {}

    def serve(self, request: Request, name: str, cache: str | None = None) -> Response:
        """The file, or 304 when the browser has it; raises NotFound."""
        asset = self._asset(name)
        if cache is None:
            immutable = _VERSIONED.search(name) or "v" in request.query_params
            cache = "public, max-age=31536000, immutable" if immutable else "public, no-cache"
        headers = {"ETag": asset.etag, "Cache-Control": cache, "Vary": "Accept-Encoding"}
        if asset.etag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        body = asset.body
        if asset.packed is not None and "gzip" in request.headers.get("accept-encoding", ""):
            headers["Content-Encoding"], body = "gzip", asset.packed
        return Response(body, media_type=asset.kind, headers=headers)

    def _asset(self, name: str) -> Asset:
        path = (self._folder / name).resolve()
        if not path.is_relative_to(self._folder) or any(part.startswith(".") for part in Path(name).parts):
            raise NotFound("file")
        try:
            changed = path.stat().st_mtime
            known = self._known.get(name)
            if known is None or known.changed != changed:
                known = self._known[name] = _read(path, changed)
        except (OSError, ValueError) as error:
            raise NotFound("file") from error
        return known


def _read(path: Path, changed: float) -> Asset:
    body = path.read_bytes()
    packed = gzip.compress(body, 9, mtime=0) if path.suffix in _COMPRESSED and len(body) > _ENOUGH else None
    kind = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return Asset(
        body=body,
        packed=packed if packed is not None and len(packed) < len(body) else None,
        etag=f'"{hashlib.sha256(body).hexdigest()[:20]}"',
        kind=kind,
        changed=changed,
    )
