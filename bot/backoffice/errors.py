"""How a company system says no, and how it is when it says nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.core.errors import FrontlineError


class BackofficeAway(FrontlineError):
    """No answer that can be used. `reason`: `timeout`, `unreachable`, `failing`, `garbage`, `unauthorized`.

    Whether the operation was carried out is not known; repeating it with the same key is safe.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(
            "backoffice_away",
            f"the company's systems do not answer: {reason}",
            status=503,
            retryable=reason != "unauthorized",  # the same token will be refused again
        )
        self.reason = reason


class BackofficeRefused(FrontlineError):
    """The company's rules do not allow it, and nothing was done.

    `refusal` is the stable code of the rule; `details` are its numbers, plain JSON (`docs/backoffice.md`).
    """

    def __init__(self, refusal: str, details: Mapping[str, Any] | None = None) -> None:
        super().__init__("backoffice_refused", f"the company's systems refuse: {refusal}", status=409)
        self.refusal = refusal
        self.details: Mapping[str, Any] = dict(details or {})
