"""Documents that a customer was given an address of: whoever has the address has the document."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Path, Request
from fastapi.responses import Response

from bot.backoffice.errors import BackofficeAway, BackofficeRefused
from bot.core.errors import FrontlineError, NotFound
from bot.web import pages
from bot.web.errors import declared
from bot.web.house import TheHouse
from bot.web.security import client_ip

routes = APIRouter(prefix="/files", tags=["files"])
PER_MINUTE = 30  # per client address: addresses of documents are not to be guessed
_NAME = quote("справка.pdf")
_HEADERS = {
    "Content-Disposition": f"attachment; filename=\"certificate.pdf\"; filename*=UTF-8''{_NAME}",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "sandbox",
    "X-Robots-Tag": "noindex",
}

Token = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,200}$", description="From the bot's message.")]


@routes.get(
    "/certificates/{token}",
    summary="Download a certificate",
    response_class=Response,
    responses={
        200: {"content": {"application/pdf": {}}, "description": "The document."},
        **declared(404, 409, 503),
    },
)
async def certificate(token: Token, request: Request, house: TheHouse) -> Response:
    """The PDF whose address the bot told the customer, for a day after it is ready.

    `certificate_not_found`: unknown or too old. `certificate_not_ready`: come back later.
    `backoffice_away`: the company's systems do not answer. A browser gets a page that says so.
    """
    await house.limits.check("file", client_ip(request, house.settings), PER_MINUTE)
    try:
        content = await house.backoffice.certificate_pdf(token)
    except BackofficeRefused as refused:
        problem: FrontlineError = NotFound("certificate")
        if refused.refusal == "not_ready":
            problem = FrontlineError("certificate_not_ready", "the certificate is not ready yet", status=409)
        return _unavailable(request, problem)
    except BackofficeAway as away:
        return _unavailable(request, away)
    return Response(content, media_type="application/pdf", headers=_HEADERS)


def _unavailable(request: Request, problem: FrontlineError) -> Response:
    """A page for a person; programs get the one error shape."""
    if "text/html" not in request.headers.get("accept", ""):
        raise problem
    language = request.query_params.get("locale", "ru")
    house = request.app.state.house
    return pages.page(house, "certificate.html", language, status=problem.status, code=problem.code)
