"""Long polling of our own: an update is stored before Telegram is told that it arrived.

Telegram forgets an update as soon as a later offset is asked for, so the next offset is asked for
only once the batch lies in the database. The offset comes from that batch alone: ids restart at
random after a quiet week, and "highest id ever + 1" would then wait for ever. This module must
not know what an update means; it stores the projection that `bot.updates` makes.
"""

from __future__ import annotations

import asyncio
import json
import random
import re
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import structlog
from telegram import Bot
from telegram.error import Conflict, InvalidToken, TelegramError

from bot.transport import AiohttpRequest, Outcome, classify, hold_time
from bot.updates import Kind, Projection, project, undecodable
from storage.inbox import ReceivedUpdate

ALLOWED_UPDATES = ("message", "edited_message", "callback_query", "my_chat_member")
BATCH_LIMIT = 100
POLL_SECONDS = 30
#: Beyond the long poll itself, for the answer to arrive.
READ_MARGIN_SECONDS = 10.0
#: Telegram answers repeated polls in a conflict no faster (telegram-bot-api, Client.cpp).
CONFLICT_SECONDS = 3.0
MAX_BACKOFF_SECONDS = 30.0
#: How often an update is read before it is set aside; a fault of the wire passes by itself.
POISON_TRIES = 3
_UPDATE_ID = re.compile(rb'"update_id"\s*:\s*(\d{1,19})(?!\d)')

_T = TypeVar("_T")
_log = structlog.get_logger("mitreden.intake")

#: Asks for updates: offset, limit and the seconds to wait; returns the answer as it came.
Poll = Callable[[int | None, int, int], Awaitable[bytes]]
#: Stores a batch in one transaction.
Store = Callable[[Sequence[ReceivedUpdate]], Awaitable[object]]


class TokenRefusedError(Exception):
    """Telegram does not accept the bot's token: nothing can be received or sent."""


class _UnreadableError(Exception):
    """An answer with updates could not be read as JSON."""


def poll_with(request: AiohttpRequest, bot: Bot) -> Poll:
    """Make the function that asks Telegram for updates, on a transport of its own."""

    async def poll(offset: int | None, limit: int, timeout_seconds: int) -> bytes:
        parameters: dict[str, object] = {
            "limit": limit,
            "timeout": timeout_seconds,
            "allowed_updates": ALLOWED_UPDATES,
        }
        if offset is not None:
            parameters["offset"] = offset
        url = f"{bot.base_url}/getUpdates"
        return await request.call(url, parameters, timeout_seconds + READ_MARGIN_SECONDS)

    return poll


@dataclass
class Intake:
    """Fetches updates and stores them, until it is stopped. `wake` is called after each batch."""

    poll: Poll
    store: Store
    wake: Callable[[], None]
    rng: random.Random
    sleep: Callable[[float], Coroutine[Any, Any, None]] = asyncio.sleep
    _offset: int | None = field(default=None, init=False)
    _failures: int = field(default=0, init=False)
    _in_conflict: bool = field(default=False, init=False)
    _singles_left: int = field(default=0, init=False)
    _poison_tries: int = field(default=0, init=False)
    _stopped: asyncio.Event = field(default_factory=asyncio.Event, init=False)

    async def run(self) -> None:
        """Fetch and store until `stop`. Starts with what Telegram has not been told is stored.

        Raises: TokenRefusedError when the token is not valid.
        """
        while not self._stopped.is_set():
            pause = await self._fetch_and_store()
            if pause > 0:
                await self._unless_stopped(self.sleep(pause))

    def stop(self) -> None:
        """End the long poll. A batch that is being stored is stored, and not confirmed."""
        self._stopped.set()

    async def _fetch_and_store(self) -> float:
        """Do one round; return the seconds to wait before the next."""
        limit = 1 if self._singles_left else BATCH_LIMIT
        try:
            body = await self._unless_stopped(self.poll(self._offset, limit, POLL_SECONDS))
            if body is None:
                return 0.0
            self._note_contact()
            return await self._take(body, limit)
        except InvalidToken:
            raise TokenRefusedError("Telegram does not accept the token of the bot.") from None
        except Conflict:
            if not self._in_conflict:
                _log.warning("poll_conflict")
            self._in_conflict = True
            return CONFLICT_SECONDS
        except TelegramError as error:
            if classify(error) is Outcome.HELD:
                return hold_time(error).total_seconds()
            return self._back_off("poll_failed", error)
        except Exception as error:
            return self._back_off("intake_failed", error)

    async def _take(self, body: bytes, limit: int) -> float:
        try:
            updates = _read_answer(body)
        except _UnreadableError:
            return await self._isolate(body, limit)
        received = [found for raw in updates if (found := _receive(raw)) is not None]
        if len(received) < len(updates):
            _log.error("updates_without_id", count=len(updates) - len(received))
            if not received:
                return self._back_off("updates_without_id", None)
        await self._keep(received)
        return 0.0

    async def _isolate(self, body: bytes, limit: int) -> float:
        """Find the one update that cannot be read: fetch singly, and set it aside by its id alone."""
        if limit > 1:
            self._singles_left = limit
            return 0.0
        self._poison_tries += 1
        found = _UPDATE_ID.search(body)
        if found is None or (update_id := int(found[1])) >= 2**63:
            return self._back_off("answer_unreadable", None)
        if self._poison_tries < POISON_TRIES:
            return self._back_off("update_unreadable", None)
        _log.error("update_quarantined")
        await self._keep([_quarantine(undecodable(update_id, "unreadable"))])
        return 0.0

    async def _keep(self, received: Sequence[ReceivedUpdate]) -> None:
        """Store a batch, and only then move on. After an empty answer nothing is left to confirm."""
        if not received:
            self._offset = None
        else:
            await self.store(received)
            self._offset = received[-1].update_id + 1
            self.wake()
        self._poison_tries = 0
        self._singles_left = max(0, self._singles_left - 1) if received else 0

    def _note_contact(self) -> None:
        self._in_conflict = False
        if self._failures and not self._poison_tries:
            _log.info("poll_recovered", count=self._failures)
            self._failures = 0

    def _back_off(self, event: str, error: BaseException | None) -> float:
        self._failures += 1
        _log.warning(event, error=type(error).__name__ if error else "", count=self._failures)
        seconds = min(MAX_BACKOFF_SECONDS, 2.0 ** min(self._failures - 1, 10))
        return seconds * self.rng.uniform(0.5, 1.0)

    async def _unless_stopped(self, work: Awaitable[_T]) -> _T | None:
        """Wait for something that may be given up when the intake is stopped."""
        task = asyncio.ensure_future(work)
        stopped = asyncio.ensure_future(self._stopped.wait())
        try:
            await asyncio.wait((task, stopped), return_when=asyncio.FIRST_COMPLETED)
            return task.result() if task.done() else None
        finally:
            stopped.cancel()
            task.cancel()
            await asyncio.wait((task, stopped), timeout=1.0)


def _read_answer(body: bytes) -> list[object]:
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        raise _UnreadableError from None
    result = answer.get("result") if isinstance(answer, dict) else None
    if not isinstance(result, list):
        raise _UnreadableError
    return result


def _receive(raw: object) -> ReceivedUpdate | None:
    projection = project(raw)
    if projection is None:
        return None
    if projection.kind is Kind.UNDECODABLE:
        _log.warning("update_quarantined", reason=projection.reason)
        return _quarantine(projection)
    return ReceivedUpdate(projection.update_id, projection.chat_id, projection.to_bytes(), None)


def _quarantine(projection: Projection) -> ReceivedUpdate:
    return ReceivedUpdate(projection.update_id, None, projection.to_bytes(), projection.reason)
