"""How a request is carried out: one transaction, and once per key."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Annotated, TypeVar

from fastapi import Depends, Header, Request
from pydantic import TypeAdapter
from sqlalchemy import insert, select
from typing_extensions import TypeForm

from bot.backoffice.errors import BackofficeRefused
from bot.backoffice.example import database as db
from bot.backoffice.example.requests import Asked
from bot.backoffice.example.work import Work, stamp
from bot.core.clock import Clock

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Desk:
    database: db.Database
    clock: Clock
    operation: str

    def look(self, work: Callable[[Work], T]) -> T:
        with self.database.transaction() as connection:
            return work(Work(connection, self.clock()))

    def once(self, key: str, asked: Asked, kind: TypeForm[T], do: Callable[[Work], T]) -> T:
        """Does it, or returns what the first request with this key was answered.

        The key is written in the transaction of the effect: both stand or neither. A refusal is
        raised, so that its key stays unused.
        """
        adapter: TypeAdapter[T] = TypeAdapter(kind)
        request = sha256(asked.model_dump_json().encode()).hexdigest()
        with self.database.transaction() as connection:
            work = Work(connection, self.clock())
            earlier = connection.execute(
                select(db.answers).where(db.answers.c.operation == self.operation, db.answers.c.key == key)
            ).one_or_none()
            if earlier is not None:
                if earlier.request != request:
                    raise BackofficeRefused("key_reused")
                return adapter.validate_json(earlier.body)
            result = do(work)
            connection.execute(
                insert(db.answers).values(
                    operation=self.operation,
                    key=key,
                    request=request,
                    body=adapter.dump_json(result).decode(),
                    at=stamp(work.now),
                )
            )
            return result


async def _desk(request: Request) -> Desk:
    state = request.app.state
    return Desk(state.database, state.clock, request.url.path.rsplit("/", 1)[-1])


AtDesk = Annotated[Desk, Depends(_desk)]
Key = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=255,
        description="A repeat with the same key and body returns the first answer and does nothing twice.",
    ),
]
