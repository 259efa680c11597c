"""The refusals of the Bot API, in Telegram's own wording.

Knows codes and sentences only: no HTTP, no world, no rules.
Wording after telegram-bot-api's Client.cpp (reference/telegram.md §6.2, read 2026-11).
"""

from __future__ import annotations


class ApiError(Exception):
    """A request the Bot API refuses; becomes the `ok: false` answer."""

    def __init__(self, code: int, description: str, retry_after_seconds: int | None = None) -> None:
        super().__init__(f"{code} {description}")
        self.code = code
        self.description = description
        self.retry_after_seconds = retry_after_seconds


def bad_request(reason: str) -> ApiError:
    """Return the 400 refusal with this reason."""
    return ApiError(400, f"Bad Request: {reason}")


def forbidden(reason: str) -> ApiError:
    """Return the 403 refusal with this reason."""
    return ApiError(403, f"Forbidden: {reason}")


def too_many_requests(retry_after_seconds: int) -> ApiError:
    """Return the 429 refusal that asks to wait this long."""
    return ApiError(429, f"Too Many Requests: retry after {retry_after_seconds}", retry_after_seconds)


def conflict() -> ApiError:
    """Return what the earlier of two pollers is told."""
    return ApiError(
        409,
        "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
    )


NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same "
    "as a current content and reply markup of the message"
)
QUERY_TOO_OLD = "query is too old and response timeout expired or query ID is invalid"
