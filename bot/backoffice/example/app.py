"""The example service as an ASGI application."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hmac import compare_digest
from typing import Annotated, Any

import structlog
from fastapi import APIRouter, Depends, FastAPI, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, Field
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException

from bot.backoffice.errors import BackofficeRefused
from bot.backoffice.example import database as db
from bot.backoffice.example.desk import AtDesk
from bot.backoffice.example.outbox import Sms, messages
from bot.backoffice.example.routes import routes
from bot.backoffice.example.seed import seed
from bot.core.clock import Clock, now

log = structlog.get_logger(__name__)
_bearer = HTTPBearer(auto_error=False)

_DESCRIPTION = """The company-systems contract of frontline, served by an invented company.

One operation is one `POST /v1/{operation}`. What changes something needs `Idempotency-Key`: a repeat
returns the first answer; a refused request leaves its key unused. Refusals are `409` with a stable code.
"""


class ErrorInfo(BaseModel):
    code: str = Field(description="Stable; match on it.", examples=["too_far"])
    message: str = Field(description="For developers; never contains personal data.")
    details: dict[str, Any] = Field(
        default={}, description="The numbers of the rule.", examples=[{"limit_days": 15}]
    )


class ErrorReply(BaseModel):
    error: ErrorInfo


outbox = APIRouter(prefix="/example")


@outbox.get("/outbox")
def read_outbox(desk: AtDesk, phone: Annotated[str, Query(max_length=20)]) -> tuple[Sms, ...]:
    """The last messages "sent" to a phone, newest first: for a demonstrator who has no such phone."""
    return desk.look(lambda work: messages(work.connection, phone))


def create_app(database_url: str, *, token: str, clock: Clock = now) -> FastAPI:
    """The service; its database is made and filled when it starts. An empty `token` lets nobody in."""

    @asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        app.state.database = await run_in_threadpool(_open, database_url, clock)
        try:
            yield
        finally:
            await run_in_threadpool(app.state.database.close)

    async def authorised(given: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]) -> None:
        if given is None or not token or not compare_digest(given.credentials.encode(), token.encode()):
            raise HTTPException(401)

    app = FastAPI(
        title="Company systems of frontline's example company",
        version="1",
        description=_DESCRIPTION,
        lifespan=life,
        docs_url=None,  # its page loads scripts from elsewhere
        redoc_url=None,
        dependencies=[Depends(authorised)],
        responses={status: {"model": ErrorReply} for status in (401, 409, 422, 503)},
    )
    app.state.clock = clock
    app.include_router(routes)
    app.include_router(outbox)
    app.add_exception_handler(BackofficeRefused, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _plain)
    app.add_exception_handler(SQLAlchemyError, _broken)
    return app


def _open(url: str, clock: Clock) -> db.Database:
    database = db.Database(url)
    with database.transaction() as connection:
        seed(connection, clock())
    return database


def _error(status: int, code: str, message: str, details: dict[str, Any] | None = None) -> JSONResponse:
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else None
    body = {"error": {"code": code, "message": message, "details": details or {}}}
    return JSONResponse(body, status_code=status, headers=headers)


def _refused(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, BackofficeRefused)  # noqa: S101 - narrows the type; registered for this class only
    return _error(409, error.refusal, error.message, dict(error.details))


def _invalid(_request: Request, error: Exception) -> JSONResponse:
    """Names the fields, never what was sent."""
    assert isinstance(error, RequestValidationError)  # noqa: S101 - narrows the type; registered for this class only
    fields = sorted({".".join(str(part) for part in item["loc"][:2]) for item in error.errors()})
    return _error(422, "invalid_request", "a value that cannot be taken", {"fields": fields})


def _plain(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101 - narrows the type; registered for this class only
    code = "unauthorized" if error.status_code == 401 else "bad_request"
    return _error(error.status_code, code, "the bearer token is wrong" if code == "unauthorized" else code)


def _broken(_request: Request, error: Exception) -> JSONResponse:
    log.error("example_backoffice_failed", problem=type(error).__name__)
    return _error(503, "storage_unavailable", "the database does not take it now")
