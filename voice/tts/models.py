"""Voices on disk."""

from __future__ import annotations

import hashlib
from pathlib import Path


def stamp(model: Path) -> str:
    """Changes when a file of a voice does, by size and time; empty for a name."""
    files = sorted(model.rglob("*")) if model.is_dir() else [model]
    summed = hashlib.sha256()
    for file in files:
        if file.is_file():
            was = file.stat()
            summed.update(f"{file.name}\0{was.st_size}\0{was.st_mtime_ns}\0".encode())
    return summed.hexdigest()[:12] if model.exists() else ""
