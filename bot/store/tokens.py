"""Secrets that we hand out once and keep only as their SHA-256: they are random, so no salt is needed."""

from __future__ import annotations

import secrets
from hashlib import sha256


def new_token(prefix: str = "") -> str:
    """256 random bits in URL-safe characters."""
    return prefix + secrets.token_urlsafe(32)


def digest(token: str) -> str:
    """What is kept of a token."""
    return sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
