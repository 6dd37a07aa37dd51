"""What protects every response and request: headers, the size of bodies, origins, client addresses."""

from __future__ import annotations

from urllib.parse import urlsplit

from fastapi import HTTPException
from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.core.errors import Forbidden
from bot.settings import Settings
from bot.web.errors import error_response

# Everything that runs, styles or is fetched comes from us; nothing inline, so that no injected text can act.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "media-src 'self'; connect-src 'self'; frame-src 'self'; manifest-src 'self'; form-action 'self'; "
    "base-uri 'none'; object-src 'none'; frame-ancestors "
)
# The iframe that other sites show, and what they load by a script tag.
_FRAMED = "/widget/"
_SHARED = ("/widget/", "/static/")


def calls_from_web(settings: Settings) -> bool:
    """Whether visitors may call by the button in the chat."""
    return "webrtc" in map(str.strip, settings.voice.carriers.split(","))


class SecurityHeaders:
    """Adds the headers to every HTTP response; the widget alone may be framed by `embed_origins`."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        microphone = "(self)" if calls_from_web(settings) else "()"
        common = {
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "strict-origin-when-cross-origin",
            "Permissions-Policy": f"camera=(), geolocation=(), microphone={microphone}, payment=(), usb=()",
        }
        if settings.base_url.startswith("https://"):
            common["Strict-Transport-Security"] = "max-age=31536000"
        embedders = " ".join(settings.embed_origins.replace(",", " ").split()) or "'none'"
        self._own = _encoded(
            common
            | {
                "Content-Security-Policy": _POLICY + "'none'",
                "X-Frame-Options": "DENY",
                "Cross-Origin-Opener-Policy": "same-origin",
                "Cross-Origin-Resource-Policy": "same-origin",
            }
        )
        self._framed = _encoded(
            common
            | {
                # 'self' lets our own demo page frame it.
                "Content-Security-Policy": _POLICY + ("*" if embedders == "*" else f"'self' {embedders}"),
                "Cross-Origin-Resource-Policy": "cross-origin",
            }
        )
        self._shared = _encoded(
            common
            | {"Content-Security-Policy": _POLICY + "'none'", "Cross-Origin-Resource-Policy": "cross-origin"}
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        path: str = scope["path"]
        extra = (
            self._framed
            if path.startswith(_FRAMED)
            else self._shared
            if path.startswith(_SHARED)
            else self._own
        )

        async def reply(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = [*message.get("headers", ()), *extra]
                if path.startswith("/api/") and not any(name == b"cache-control" for name, _ in headers):
                    headers.append((b"cache-control", b"no-store"))
                message["headers"] = headers
            await send(message)

        await self.app(scope, receive, reply)


def _encoded(headers: dict[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.lower().encode(), value.encode()) for name, value in headers.items()]


class BodyLimit:
    """Refuses a body above `limit` bytes, whether its length is announced or it comes in chunks.

    `unlimited` are paths whose routes set a limit of their own.
    """

    def __init__(self, app: ASGIApp, limit: int, unlimited: frozenset[str] = frozenset()) -> None:
        self.app = app
        self.limit = limit
        self.unlimited = unlimited

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in self.unlimited:
            await self.app(scope, receive, send)
            return
        announced = Headers(scope=scope).get("content-length", "0")
        if not announced.isdigit() or int(announced) > self.limit:
            refusal = error_response(
                scope["request_id"], 413, "body_too_large", f"the limit is {self.limit} bytes"
            )
            await refusal(scope, receive, send)
            return
        taken = 0

        async def counted() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > self.limit:
                # Passes through FastAPI's body parsing as it is and becomes our error shape.
                raise HTTPException(413)
            return message

        await self.app(scope, counted, send)


def client_ip(connection: HTTPConnection, settings: Settings) -> str:
    """The caller's address; `X-Forwarded-For` is believed only from `limits.trusted_proxies`.

    Walks the header from the right and takes the first address that is not a trusted proxy: what
    stands left of it may be invented by the caller.
    """
    peer = connection.client.host if connection.client else "unknown"
    trusted = {item.strip() for item in settings.limits.trusted_proxies.split(",") if item.strip()}
    if peer not in trusted:
        return peer
    hops = [hop.strip() for hop in connection.headers.get("x-forwarded-for", "").split(",") if hop.strip()]
    for hop in reversed(hops):
        if hop not in trusted:
            return hop
    return peer


def same_origin(connection: HTTPConnection, settings: Settings) -> bool:
    """Whether the browser says that our own page sent this; False when it says nothing."""
    origin = connection.headers.get("origin", "")
    host = urlsplit(origin).netloc
    return bool(host) and (
        host == connection.headers.get("host", "") or origin == _origin_of(settings.base_url)
    )


def refuse_foreign(connection: HTTPConnection, settings: Settings) -> None:
    """Raises `Forbidden` when another site's page sent this request; programs send no `Origin`."""
    if "origin" in connection.headers and not same_origin(connection, settings):
        raise Forbidden("this request came from another site's page")


def _origin_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
