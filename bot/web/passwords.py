"""Passwords as argon2id, hashed off the event loop and never many at once.

One hash takes 64 MiB and tens of milliseconds on purpose; two at a time bound what a flood of
sign-ins can take from the customers.
"""

from __future__ import annotations

import asyncio

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from bot.core.errors import FrontlineError

_AT_ONCE = 2
# What waits longer than a person would is refused, so that a flood does not pile up.
_QUEUE = 20


class Passwords:
    def __init__(self) -> None:
        self._hasher = PasswordHasher()
        self._turns = asyncio.Semaphore(_AT_ONCE)
        self._waiting = 0
        self._unknown: str | None = None

    async def hash(self, password: str) -> str:
        return await self._slowly(password, None)

    async def verify(self, stored: str | None, password: str) -> bool:
        """Whether it is the password. Without a stored hash (unknown login) it takes as long and is False."""
        if stored is None:
            if self._unknown is None:
                self._unknown = await self.hash("nobody has this password")
            await self._slowly(password, self._unknown)
            return False
        return bool(await self._slowly(password, stored))

    async def _slowly(self, password: str, stored: str | None) -> str:
        if self._waiting >= _QUEUE:
            raise FrontlineError("busy", "too many sign-ins at once", status=503, retryable=True)
        self._waiting += 1
        try:
            async with self._turns:
                return await asyncio.to_thread(self._work, password, stored)
        finally:
            self._waiting -= 1

    def _work(self, password: str, stored: str | None) -> str:
        if stored is None:
            return self._hasher.hash(password)
        try:
            self._hasher.verify(stored, password)
        except (VerificationError, InvalidHashError):
            return ""
        return stored
