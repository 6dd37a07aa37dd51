"""Every error of the HTTP API in one shape, and its declaration for OpenAPI."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.responses import Response

from bot.core.errors import FrontlineError

# Codes of errors that the framework raises; everything of ours has its own.
_CODES = {
    400: "bad_request",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    413: "body_too_large",
    415: "unsupported_media_type",
    429: "too_many_requests",
}


class ErrorInfo(BaseModel):
    code: str = Field(description="Stable; match on it.", examples=["invalid_request"])
    message: str = Field(description="For people; never contains personal data.", examples=["text: too long"])
    retryable: bool = Field(description="The same request may succeed later.", examples=[False])
    request_id: str = Field(
        description="Also in `X-Request-Id` and in our log.", examples=["0f1e2d3c4b5a6978"]
    )
    fields: list[str] | None = Field(default=None, description="With `invalid_request`: which fields.")


class ErrorReply(BaseModel):
    """The one error shape."""

    error: ErrorInfo


def declared(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The `responses=` of a route that may fail with these statuses."""
    return {status: {"model": ErrorReply, "description": HTTPStatus(status).phrase} for status in statuses}


def error_body(
    code: str, message: str, request_id: str, *, retryable: bool = False, fields: list[str] | None = None
) -> dict[str, Any]:
    info: dict[str, Any] = {
        "code": code,
        "message": message,
        "retryable": retryable,
        "request_id": request_id,
    }
    if fields:
        info["fields"] = fields
    return {"error": info}


def error_response(
    request_id: str,
    status: int,
    code: str,
    message: str,
    *,
    retryable: bool = False,
    fields: list[str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    body = error_body(code, message, request_id, retryable=retryable, fields=fields)
    return JSONResponse(body, status_code=status, headers=dict(headers) if headers else None)


class RateLimitError(FrontlineError):
    """A rate limit; `retry_after` is in seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(
            "too_many_requests", "too many requests; try again later", status=429, retryable=True
        )
        self.retry_after = retry_after


def _request_id(request: Request) -> str:
    return str(request.scope.get("request_id", ""))


def _ours(request: Request, error: Exception) -> Response:
    assert isinstance(error, FrontlineError)  # noqa: S101 - narrows the type; registered for this class only
    headers = {"Retry-After": str(error.retry_after)} if isinstance(error, RateLimitError) else None
    if error.status == 401:
        headers = {"WWW-Authenticate": "Bearer"}
    return error_response(
        _request_id(request),
        error.status,
        error.code,
        error.message,
        retryable=error.retryable,
        headers=headers,
    )


def _framework(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - narrows the type; registered for this class only
    phrase = HTTPStatus(error.status_code).phrase.lower()
    code = _CODES.get(error.status_code, phrase.replace(" ", "_"))
    return error_response(_request_id(request), error.status_code, code, phrase, headers=error.headers)


def _invalid(request: Request, error: Exception) -> Response:
    """Names the fields and what is wrong with them; never repeats what was sent."""
    assert isinstance(error, RequestValidationError)  # noqa: S101 - narrows the type; registered for this class only
    fields: list[str] = []
    problems: list[str] = []
    for item in error.errors():
        # An unknown field's name is the sender's text: shown only when it looks like a name.
        place = [str(part) for part in item["loc"] if part not in {"body", "query", "path", "header"}]
        shown = (part if part.replace("_", "").isalnum() and len(part) <= 40 else "?" for part in place)
        name = ".".join(shown) or "body"
        if name not in fields:
            fields.append(name)
            problems.append(f"{name}: {item['type']}")
    return error_response(
        _request_id(request), 422, "invalid_request", "; ".join(problems[:10]), fields=fields[:10]
    )


def install(app: FastAPI, lost: Callable[[Request], Response | None]) -> None:
    """`lost` makes the page for a person whose address leads nowhere, None for a program."""

    def framework(request: Request, error: Exception) -> Response:
        page = lost(request) if getattr(error, "status_code", None) == HTTPStatus.NOT_FOUND else None
        return page or _framework(request, error)

    app.add_exception_handler(FrontlineError, _ours)
    app.add_exception_handler(HTTPException, framework)
    app.add_exception_handler(RequestValidationError, _invalid)
    describe = app.openapi

    def openapi() -> dict[str, Any]:
        document = describe()
        for operations in document["paths"].values():
            for operation in operations.values():
                for status, reply in operation["responses"].items():
                    # Routes that answer with text still fail with our JSON.
                    if int(status) >= HTTPStatus.BAD_REQUEST and "text/plain" in reply.get("content", {}):
                        reply["content"] = {"application/json": reply["content"]["text/plain"]}
        return document

    app.openapi = openapi  # type: ignore[method-assign]  # the hook that FastAPI documents
