"""The worker: takes the updates out of the inbox, one turn after the other.

The updates of one person run in order. A turn that fails is tried again, later updates of that
person wait, and everybody else goes on; after the last try it is set aside and the person is
told that the answer was not saved. Must not know what a turn does.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import structlog
from sqlalchemy import Connection

from bot.delivery import WriteTransaction
from bot.turns import Outcome, Turns
from storage import inbox
from storage.inbox import WaitingUpdate

#: How long a failed update waits before it is tried again; then it is set aside.
PAUSES = (dt.timedelta(seconds=1), dt.timedelta(seconds=10))
#: How often to look for updates without being woken.
LOOK_SECONDS = 1.0

_log = structlog.get_logger("mitreden.worker")


@dataclass
class Worker:
    """Works on the inbox until it is stopped.

    `settled` is told of every finished turn, to answer the press and to wake what depends on it.
    """

    turns: Turns
    write: WriteTransaction
    clock: Callable[[], dt.datetime]
    settled: Callable[[Outcome], Awaitable[None]]
    _woken: asyncio.Event = field(default_factory=asyncio.Event, init=False)
    _idle: asyncio.Event = field(default_factory=asyncio.Event, init=False)
    _stopping: bool = field(default=False, init=False)
    _current: WaitingUpdate | None = field(default=None, init=False)

    async def run(self) -> None:
        """Take turns until `stop`, and finish the one at hand."""
        while not self._stopping:
            self._woken.clear()
            if not await self._work():
                if not self._woken.is_set():
                    self._idle.set()
                await self._wait()

    def wake(self) -> None:
        """Say that updates have been stored."""
        self._idle.clear()
        self._woken.set()

    def stop(self) -> None:
        """Take no further turn."""
        self._stopping = True
        self._woken.set()

    async def idle(self) -> None:
        """Wait until nothing can be worked on now."""
        await self._idle.wait()

    async def _work(self) -> bool:
        """Take one turn; False when there is none to take."""
        self._current = None
        try:
            outcome = await self.write(self._take_next)
        except Exception as error:
            if self._current is None:
                _log.error("inbox_failed", error=type(error).__name__, exc_info=True)
                await asyncio.sleep(1)
                return False
            _log.error("turn_failed", error=type(error).__name__, exc_info=True)
            outcome = await self.write(self._set_back)
        if outcome is None:
            return False
        await self.settled(outcome)
        return True

    def _take_next(self, connection: Connection) -> Outcome | None:
        waiting = inbox.next_update(connection, self.turns.keys, self.clock())
        if waiting is None:
            return None
        self._current = waiting
        if not inbox.finish_update(connection, waiting):
            raise LookupError("the update was finished by somebody else")
        return self.turns.take(connection, waiting.body, waiting.id)

    def _set_back(self, connection: Connection) -> Outcome | None:
        """Put off the update whose turn failed, or set it aside after the last try."""
        waiting = self._current
        if waiting is None:
            return None
        if waiting.attempts < len(PAUSES):
            inbox.postpone_update(connection, waiting, self.clock() + PAUSES[waiting.attempts])
            return Outcome()
        inbox.quarantine_update(connection, waiting, "turn failed")
        return self.turns.apologise(connection, waiting.body)

    async def _wait(self) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._woken.wait(), LOOK_SECONDS)

