"""The one error shape: a stable code, an HTTP status, a sentence, and whether a retry can help."""

from __future__ import annotations


class FrontlineError(Exception):
    """An error that a person or a client program is told about.

    `code` is stable and snake_case; clients and tests match on it. `status` is the HTTP status it
    becomes. `retryable` says that the same request may succeed later. The message is safe to show:
    it never contains personal data.
    """

    def __init__(self, code: str, message: str, *, status: int = 400, retryable: bool = False) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
        self.retryable = retryable


class StaleVersion(FrontlineError):
    """The conversation changed between receive and commit; decide again on its present state."""

    def __init__(self, conversation_id: str) -> None:
        super().__init__(
            "stale_version", f"conversation {conversation_id} has changed", status=409, retryable=True
        )


class NotFound(FrontlineError):
    """The named object does not exist, or not for this caller."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what}_not_found", f"no such {what}", status=404)


class Forbidden(FrontlineError):
    """The caller is known but may not do this."""

    def __init__(self, message: str = "this role may not do that") -> None:
        super().__init__("forbidden", message, status=403)


class InvalidContent(FrontlineError):
    """Content (an article, an NLU file) that cannot be loaded: says where and what is wrong."""

    def __init__(self, path: str, line: int | None, problem: str) -> None:
        self.path, self.line, self.problem = path, line, problem
        where = path if line is None else f"{path}:{line}"
        super().__init__("invalid_content", f"{where}: {problem}", status=422)


class StorageUnavailable(FrontlineError):
    """The database or the disk does not take our writes now; nothing was accepted."""

    def __init__(self, message: str) -> None:
        super().__init__("storage_unavailable", message, status=503, retryable=True)
