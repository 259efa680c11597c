"""The update queue and the long poll, with Telegram's rules for offsets and rival pollers.

Knows updates as opaque JSON; nothing of people, chats or HTTP.
Rules after tdlib/telegram-bot-api Client.cpp (reference/reliability.md §3.0, items 1-4).
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.preview.errors import conflict

MAX_LIMIT = 100
MAX_TIMEOUT_SECONDS = 50
MAX_GAP = 10
_LIFETIME = timedelta(hours=24)
_CALLBACK_LIFETIME = timedelta(seconds=150)
_NEVER_BY_DEFAULT = frozenset({"chat_member", "message_reaction", "message_reaction_count"})


class RawJson(str):
    """JSON text to be sent as it is, for what no encoder of ours would write."""

    __slots__ = ()


Update = dict[str, Any] | RawJson


@dataclass(frozen=True)
class _Queued:
    update_id: int
    kind: str
    payload: dict[str, Any] | RawJson
    expires: datetime


class UpdateQueue:
    """Updates that wait for the bot; at most one poll at a time."""

    def __init__(self, clock: Callable[[], datetime], rng: random.Random) -> None:
        self._clock = clock
        self._next_id = rng.randrange(10_000_000, 999_999_999)
        self._waiting: list[_Queued] = []
        self._allowed: frozenset[str] | None = None
        self._poll: asyncio.Future[None] | None = None
        self._polled = asyncio.Event()
        self._closed = False

    @property
    def pending_count(self) -> int:
        """How many updates the bot has not confirmed yet."""
        return len(self._live())

    def put(self, kind: str, payload: dict[str, Any]) -> int | None:
        """Queue an update and return its id; None if the bot did not ask for this kind."""
        if kind not in self._allowed if self._allowed is not None else kind in _NEVER_BY_DEFAULT:
            return None
        lifetime = _CALLBACK_LIFETIME if kind == "callback_query" else _LIFETIME
        queued = _Queued(self._next_id, kind, payload, self._clock() + lifetime)
        self._next_id += 1
        self._waiting.append(queued)
        self._wake()
        return queued.update_id

    def put_raw(self, kind: str, payload: str) -> int:
        """Queue an update whose payload is this JSON text: too deep, too large, ill-typed."""
        update_id = self._next_id
        self._insert(_Queued(update_id, kind, RawJson(payload), self._clock() + _LIFETIME))
        return update_id

    def put_again(self, update_id: int, kind: str, payload: dict[str, Any]) -> None:
        """Queue an update under a given id: for tests of repeated or restarted ids."""
        self._insert(_Queued(update_id, kind, payload, self._clock() + _LIFETIME))

    def restart_ids(self, next_id: int) -> None:
        """Continue at another id, as Telegram does after a quiet week."""
        self._waiting.clear()
        self._next_id = next_id

    @property
    def waiting_ids(self) -> list[int]:
        """The ids of the updates not confirmed yet, in order."""
        return [queued.update_id for queued in self._live()]

    def clear(self) -> None:
        """Forget everything that waits (drop_pending_updates)."""
        self._waiting.clear()

    async def poll(
        self, offset: int, limit: int, timeout_seconds: int, allowed: list[str] | None
    ) -> list[Update]:
        """Answer one getUpdates call, waiting for news up to the timeout.

        Raises: ApiError 409 when a later call takes over.
        """
        if self._poll is not None and not self._poll.done():
            self._poll.set_exception(conflict())
        if allowed is not None:
            self._allowed = frozenset(allowed) or None
        limit = min(max(limit, 1), MAX_LIMIT)
        batch = self._read(offset, limit)
        if batch or timeout_seconds <= 0 or self._closed:
            return batch
        poll = asyncio.get_running_loop().create_future()
        self._poll = poll
        self._polled.set()
        try:
            async with asyncio.timeout(min(timeout_seconds, MAX_TIMEOUT_SECONDS)):
                await poll
        except TimeoutError:
            return []
        finally:
            if self._poll is poll:
                self._poll = None
                self._polled.clear()
        return [] if self._closed else self._read(offset, limit)

    async def wait_for_poll(self) -> None:
        """Wait until the bot is waiting for updates."""
        await self._polled.wait()

    def close(self) -> None:
        """End a waiting poll with an empty answer."""
        self._closed = True
        self._wake()

    def open(self) -> None:
        """Let polls wait again after close."""
        self._closed = False

    def _insert(self, queued: _Queued) -> None:
        self._waiting.append(queued)
        self._waiting.sort(key=lambda other: other.update_id)
        self._next_id = max(self._next_id, queued.update_id + 1)
        self._wake()

    def _wake(self) -> None:
        if self._poll is not None and not self._poll.done():
            self._poll.set_result(None)

    def _live(self) -> list[_Queued]:
        now = self._clock()
        self._waiting = [queued for queued in self._waiting if queued.expires > now]
        return self._waiting

    def _read(self, offset: int, limit: int) -> list[Update]:
        live = self._live()
        if offset < 0:
            self._waiting = live = live[offset:]
        elif 0 < offset <= self._next_id + MAX_GAP:
            self._waiting = live = [queued for queued in live if queued.update_id >= offset]
        return [_render(queued) for queued in live[:limit]]


def _render(queued: _Queued) -> Update:
    if isinstance(queued.payload, RawJson):
        return RawJson(f'{{"update_id": {queued.update_id}, "{queued.kind}": {queued.payload}}}')
    return {"update_id": queued.update_id, queued.kind: queued.payload}
