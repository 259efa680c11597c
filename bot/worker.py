"""The worker: takes the updates out of the inbox, one turn after the other, several in one commit.

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
from sqlalchemy.exc import OperationalError

from bot.delivery import WriteTransaction
from bot.logs import correlated
from bot.turns import Outcome, Turns
from storage import inbox
from storage.inbox import WaitingUpdate

#: How long a failed update waits before it is tried again; then it is set aside.
PAUSES = (dt.timedelta(seconds=1), dt.timedelta(seconds=10))
#: How often to look for updates without being woken.
LOOK_SECONDS = 1.0
#: How many turns share one commit at most, which is what waits for the disk.
TURNS_TOGETHER = 20
#: Beyond this, presses wait to be answered before turns go on: the connections are for screens too.
MOST_SETTLING = 40
#: What `stop` leaves the rest of the last turns, of the 10 s in which `run` is to return.
SETTLE_SECONDS = 5.0

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
    _settling: set[asyncio.Future[None]] = field(default_factory=set, init=False)
    _resting: bool = field(default=False, init=False)
    _broken: BaseException | None = field(default=None, init=False)

    async def run(self) -> None:
        """Take turns until `stop`, and finish those at hand."""
        try:
            while not self._stopping:
                self._woken.clear()
                if not await self._work():
                    self._resting = True
                    self._note_rest()
                    await self._wait()
                    self._resting = False
                if self._broken is not None:
                    raise self._broken
            if self._settling:
                await asyncio.wait(set(self._settling), timeout=SETTLE_SECONDS)
        finally:
            for task in self._settling:
                task.cancel()

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
        """Take turns, and say whether there may be more to take."""
        while len(self._settling) > MOST_SETTLING:
            await asyncio.wait(set(self._settling), return_when=asyncio.FIRST_COMPLETED)
        try:
            outcomes, error = await self.write(self._take_some)
        except Exception as failed:  # none of it is stored, and no update is to blame
            _log.error("inbox_failed", error=type(failed).__name__, exc_info=True)
            await asyncio.sleep(1)
            return False
        for outcome in outcomes:
            self._settle(outcome)
        if error is None:
            return len(outcomes) == TURNS_TOGETHER
        with correlated(self.turns.new_token()[:8]):
            return await self._put_off(error)

    async def _put_off(self, error: Exception) -> bool:
        """Put off the update whose turn failed. If even that fails, it simply waits where it is."""
        _log.error("turn_failed", error=type(error).__name__, exc_info=error)
        try:
            apology = await self.write(self._set_back)
        except Exception as failed:
            _log.error("set_back_failed", error=type(failed).__name__, exc_info=True)
            await asyncio.sleep(1)
            return False
        if apology is not None:
            self._settle(apology)
        return True

    def _settle(self, outcome: Outcome) -> None:
        """Do the rest of a turn beside the next ones: Telegram may be slow to take the answer to a press."""
        task = asyncio.ensure_future(self.settled(outcome))
        self._settling.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Future[None]) -> None:
        self._settling.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._broken = error
            self._woken.set()
        self._note_rest()

    def _note_rest(self) -> None:
        if self._resting and not self._settling and not self._woken.is_set():
            self._idle.set()

    def _take_some(self, connection: Connection) -> tuple[list[Outcome], Exception | None]:
        """Take turns that share one commit, each undone alone, up to the first one that fails."""
        outcomes: list[Outcome] = []
        while len(outcomes) < TURNS_TOGETHER:
            self._current = None
            try:
                with connection.begin_nested():
                    outcome = self._take_next(connection)
            except OperationalError:
                raise  # the disk is full, or the database is away: no update is to blame
            except Exception as error:
                if self._current is None:
                    raise
                return outcomes, error
            if outcome is None:
                break
            outcomes.append(outcome)
        return outcomes, None

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
        try:
            with connection.begin_nested():
                return self.turns.apologise(connection, waiting.body)
        except Exception as error:  # what made the turn fail may stand in the way here too
            _log.error("apology_failed", error=type(error).__name__, exc_info=True)
            return Outcome()

    async def _wait(self) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._woken.wait(), LOOK_SECONDS)
