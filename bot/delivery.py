"""Delivery: what lies in the outbox goes to Telegram, at least once and in order per chat.

A row is claimed with a lease, sent, and finished, each step a transaction of its own: at a kill
at most the rows in flight are sent a second time, and a screen sent twice looks like one. Chats
go side by side, the rows of one chat one after the other. Must not know what a text means, and
never logs one, nor an id.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Protocol, TypeVar, assert_never

import structlog
from sqlalchemy import Connection
from telegram import Bot
from telegram.error import TelegramError

from bot.pace import Pace
from bot.recordings import NOTHING_RECORDED, Recordings
from bot.requests import Requests
from bot.transport import Outcome, classify, hold_time
from storage import outbox, sending
from storage.keyring import KeyRing
from storage.sending import ClaimedMessage
from storage.vocabulary import Lane, OutboxKind, Policy

#: How long a claimed row belongs to this process. A kill delays what was in flight by so much.
LEASE = timedelta(seconds=60)
#: A row is sent within this time or not at all, so that the lease outlives it.
SEND_LIMIT = timedelta(seconds=25)
IN_FLIGHT = 20
#: Mailings leave room for answers: a part of what is in flight, and of the messages of a second.
BULK_IN_FLIGHT = 10
#: What `stop` leaves the requests under way, of the 10 s in which `run` is to return.
STOP_GRACE_SECONDS = 7.0
#: How often to look for due rows without being woken: the clock may have been set.
LOOK_SECONDS = 5.0
UNAUTHORISED_HOLD = timedelta(seconds=30)
MAX_BACKOFF = timedelta(minutes=5)
SETTLE_TRIES = 3

_SECOND = timedelta(seconds=1)
_T = TypeVar("_T")
_log = structlog.get_logger("mitreden.delivery")


class Record(Protocol):
    """Writes down what became of a row that belongs to an announcement, in the transaction that ends it."""

    def __call__(
        self, connection: Connection, row: ClaimedMessage, outcome: Outcome, message_id: int | None, /
    ) -> object:
        """Write it down."""


def _nothing_to_record(
    connection: Connection, row: ClaimedMessage, outcome: Outcome, message_id: int | None, /
) -> None:
    pass


class WriteTransaction(Protocol):
    """Runs a function in a transaction of the one thread that writes."""

    def __call__(self, work: Callable[[Connection], _T], /) -> Awaitable[_T]:
        """Run it and return what it returned, once that is committed."""


@dataclass
class Delivery:
    """Drains the outbox until it is stopped; for the only process that sends.

    `unreachable`, `record` and `set_screen_message` run in the transaction that finishes the row; `compose`,
    which writes the words of a mailing, in the one that claims it. While `is_quiet`, only answers go out.
    `on_point` is told of every step, so that a test can stop anywhere. `counters` counts outcomes.
    """

    bot: Bot
    write: WriteTransaction
    keys: KeyRing
    clock: Callable[[], datetime]
    rng: random.Random
    unreachable: Callable[[Connection, str], object]
    set_screen_message: Callable[[Connection, str, int], object]
    compose: Callable[[Connection, ClaimedMessage], dict[str, Any] | None]
    is_quiet: Callable[[datetime], bool]
    record: Record = _nothing_to_record
    recordings: Recordings = NOTHING_RECORDED
    pace: Pace = field(default_factory=Pace)
    on_point: Callable[[str], None] = field(default=lambda _: None)
    counters: Counter[str] = field(default_factory=Counter)
    requests: Requests = field(init=False)
    _tasks: dict[asyncio.Task[None], Lane] = field(default_factory=dict, init=False)
    _under_way: set[int] = field(default_factory=set, init=False)
    _requests: set[asyncio.Task[int | None]] = field(default_factory=set, init=False)
    _woken: asyncio.Event = field(default_factory=asyncio.Event, init=False)
    _idle: asyncio.Event = field(default_factory=asyncio.Event, init=False)
    _stopping: bool = field(default=False, init=False)
    _broken: BaseException | None = field(default=None, init=False)
    _hold: tuple[datetime, datetime] | None = field(default=None, init=False)
    _claimed_at: datetime | None = field(default=None, init=False)
    _released_at: datetime = field(default=datetime.min.replace(tzinfo=UTC), init=False)

    def __post_init__(self) -> None:
        self.requests = Requests(self.bot, self.recordings)

    async def run(self) -> None:
        """Deliver until `stop`. Begins by taking back what a process before this one had in flight."""
        try:
            while not self._stopping:
                self._woken.clear()
                await self._wait(await self._start_due())
                if self._broken is not None:
                    raise self._broken
            await self._wind_up()
        finally:
            for task in self._tasks:
                task.cancel()
            if self._tasks:
                await asyncio.wait(set(self._tasks), timeout=1.0)

    def wake(self) -> None:
        """Say that something has been put into the outbox."""
        self._idle.clear()
        self._woken.set()

    def stop(self) -> None:
        """Claim nothing more; `run` returns within 10 s and leaves no row leased."""
        self._stopping = True
        self._woken.set()

    async def idle(self) -> None:
        """Wait until there is nothing to send now."""
        await self._idle.wait()

    async def _start_due(self) -> float:
        """Claim what is due and set it going; return in how many seconds to look again."""
        now = self.clock()
        until = self._held_until(now)
        if until is not None or len(self._tasks) >= IN_FLIGHT:
            if not self._tasks:
                self._idle.set()
            return _seconds_until(until, now)
        try:
            self.on_point("before claim")
            rows, next_due = await self.write(partial(self._claim, now, self._rooms(now)))
            self.on_point("after claim")
        except Exception as error:
            _log.error("claim_failed", error=type(error).__name__)
            return LOOK_SECONDS
        self._claimed_at = now
        started = self.clock()  # a claim takes its time, and the pace counts requests
        for row in rows:
            self.pace.started(row.lane, started)
            task = asyncio.create_task(self._deliver(row))
            self._tasks[task] = row.lane
            self._under_way.add(row.id)
            task.add_done_callback(partial(self._ended, row.id))
        if not self._tasks and not self._woken.is_set():
            self._idle.set()
        return _seconds_until(next_due, now)

    def _claim(
        self, now: datetime, rooms: dict[Lane, int], connection: Connection
    ) -> tuple[list[ClaimedMessage], datetime | None]:
        """Claim answers before mailings, and tell when something is due if that was all."""
        if self._claimed_at is None:
            sending.release_all_leases(connection)
        elif not self._released_at <= now < self._released_at + _SECOND:
            sending.release_expired_leases(connection, now, self._under_way)
            self._released_at = now
        rows: list[ClaimedMessage] = []
        for lane, room in rooms.items():
            limit = min(room, rooms[Lane.REPLY] - len(rows))
            if limit > 0:
                rows += sending.claim_due(connection, self.keys, lane=lane, now=now, lease=LEASE, limit=limit)
        if rows:  # each of them wakes when it ends; a mailing goes on when its pace allows
            is_mailing = any(row.lane is Lane.BULK for row in rows)
            return self._compose_all(connection, rows), self.pace.next_at(now) if is_mailing else None
        awake = [lane for lane in rooms if lane is Lane.REPLY or not self.is_quiet(now)]
        looks = (sending.next_due_at(connection, lane, now) for lane in awake)
        dues = [due for due in looks if due is not None]
        due = min(dues, default=None)
        if due is not None and due <= now and rooms[Lane.BULK] <= 0 and not self._tasks:
            due = self.pace.next_at(now)  # only the pace holds it up
        return rows, due

    def _compose_all(self, connection: Connection, rows: list[ClaimedMessage]) -> list[ClaimedMessage]:
        """Find the words of mailings, and finish those that nobody wants any more."""
        ready: list[ClaimedMessage] = []
        for row in rows:
            if row.has_words:
                ready.append(row)
            elif (body := self._compose(connection, row)) is not None:
                ready.append(replace(row, body=body))
            else:
                self.counters["dropped"] += 1
                sending.finish(connection, row)
                self._woken.set()
        return ready

    def _compose(self, connection: Connection, row: ClaimedMessage) -> dict[str, Any] | None:
        """Find the words of a row. One that has none, whatever the reason, must not hold up the others."""
        try:
            with connection.begin_nested():
                return self.compose(connection, row)
        except Exception as error:
            _log.error("words_failed", error=type(error).__name__, exc_info=True)
            self.record(connection, row, Outcome.REFUSED, None)
            return None

    def _rooms(self, now: datetime) -> dict[Lane, int]:
        """Count what may start now of each lane; of mailings never too many in one second."""
        in_flight = Counter(self._tasks.values())
        bulk = min(BULK_IN_FLIGHT - in_flight[Lane.BULK], self.pace.room(now))
        if self.is_quiet(now):
            bulk = 0
        return {Lane.REPLY: IN_FLIGHT - in_flight.total(), Lane.BULK: bulk}

    def _ended(self, row_id: int, task: asyncio.Task[None]) -> None:
        del self._tasks[task]
        self._under_way.discard(row_id)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._broken = error
        self._woken.set()

    async def _deliver(self, row: ClaimedMessage) -> None:
        until = self._held_until(self.clock())
        if until is not None:  # somebody was told to wait since this was claimed
            await self._settle(row, lambda c: sending.give_back(c, row, until))
            return
        self.on_point("before request")
        outcome, message_id, error = await self._attempt(row)
        self.on_point("after request")
        self.counters[outcome.value] += 1
        match outcome:
            case Outcome.APPLIED:
                await self._settle(row, lambda c: self._finish(c, row, message_id))
            case Outcome.UNREACHABLE:
                await self._settle(row, lambda c: self._give_up(c, row))
            case Outcome.GONE | Outcome.REFUSED:
                _log.error("message_refused", kind=row.kind, reason=safe_description(error))
                await self._settle(row, lambda c: self._drop(c, row, outcome))
            case Outcome.HELD | Outcome.UNAUTHORISED:
                end = self._hold_all(outcome, error)
                await self._settle(row, lambda c: sending.give_back(c, row, end))
            case Outcome.UNKNOWN if row.policy is Policy.NEVER_TWICE:
                _log.warning("message_unknown", error=type(error).__name__)
                await self._settle(row, lambda c: self._drop(c, row, outcome))
            case Outcome.NOT_APPLIED | Outcome.UNKNOWN:
                again = self.clock() + self._backoff(row.attempts)
                _log.warning("message_put_off", outcome=outcome, error=type(error).__name__)
                await self._settle(row, lambda c: sending.retry(c, row, again))
            case _:
                assert_never(outcome)

    async def _attempt(self, row: ClaimedMessage) -> tuple[Outcome, int | None, BaseException | None]:
        try:
            send = self.requests.prepare(row)
        except (KeyError, TypeError, ValueError) as error:  # a body that is not one of ours
            return Outcome.REFUSED, None, error
        request = asyncio.ensure_future(send())
        self._requests.add(request)
        try:
            async with asyncio.timeout(SEND_LIMIT.total_seconds()):
                return Outcome.APPLIED, await request, None
        except Exception as error:
            return classify(error), None, error
        except asyncio.CancelledError as error:
            if not (self._stopping and request.cancelled()):
                raise
            return Outcome.UNKNOWN, None, error
        finally:
            request.cancel()
            self._requests.discard(request)

    def _finish(self, connection: Connection, row: ClaimedMessage, message_id: int | None) -> None:
        was_last = sending.finish(connection, row)
        self.record(connection, row, Outcome.APPLIED, message_id)
        if row.kind is not OutboxKind.SCREEN:
            return
        if message_id is None:
            return
        contact_id = row.contact_id
        if not was_last:  # the screen that follows was made without knowing this message
            contact_id = outbox.amend_body(connection, self.keys, row.purpose, newer=message_id) or contact_id
        if contact_id is not None:
            self.set_screen_message(connection, contact_id, message_id)

    def _drop(self, connection: Connection, row: ClaimedMessage, outcome: Outcome) -> None:
        sending.finish(connection, row)
        self.record(connection, row, outcome, None)

    def _give_up(self, connection: Connection, row: ClaimedMessage) -> None:
        sending.finish(connection, row)
        self.record(connection, row, Outcome.UNREACHABLE, None)
        if row.contact_id is not None:
            self.unreachable(connection, row.contact_id)

    async def _settle(self, row: ClaimedMessage, work: Callable[[Connection], object]) -> None:
        """Write down what became of a row. Where that fails for good, the lease runs out."""
        for tries in range(1, SETTLE_TRIES + 1):
            self.on_point("before settle")
            try:
                await self.write(work)
            except Exception as error:
                _log.error("settle_failed", kind=row.kind, error=type(error).__name__, count=tries)
                continue
            self.on_point("after settle")
            return

    def _hold_all(self, outcome: Outcome, error: BaseException | None) -> datetime:
        """Keep the whole bot silent, at least as long as it already is."""
        now = self.clock()
        if outcome is Outcome.HELD and error is not None:
            wait = hold_time(error)
            _log.warning("sending_held", seconds=wait.total_seconds())
        else:
            wait = UNAUTHORISED_HOLD
            _log.error("token_refused")
        until = max(now + wait, self._held_until(now) or now)
        self._hold = (now, until)
        return until

    def _held_until(self, now: datetime) -> datetime | None:
        """Return the end of the silence, if there is one. A clock set back ends it."""
        if self._hold is None or not self._hold[0] <= now < self._hold[1]:
            return None
        return self._hold[1]

    def _backoff(self, attempts: int) -> timedelta:
        seconds = 2.0 ** min(max(attempts - 1, 0), 20)
        return min(MAX_BACKOFF, timedelta(seconds=seconds)) * self.rng.uniform(0.5, 1.0)

    async def _wait(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._woken.wait()

    async def _wind_up(self) -> None:
        """Let the requests under way end; cut off what hangs, so that its row is put back."""
        if self._tasks:
            await asyncio.wait(set(self._tasks), timeout=STOP_GRACE_SECONDS)
        for request in self._requests:
            request.cancel()
        if self._tasks:
            await asyncio.wait(set(self._tasks), timeout=2.0)


def _seconds_until(due: datetime | None, now: datetime) -> float:
    """Return when to look again: soon where something is due, but another holds it."""
    if due is None:
        return LOOK_SECONDS
    seconds = (due - now).total_seconds()
    return min(LOOK_SECONDS, seconds) if seconds > 0 else 1.0


def safe_description(error: BaseException | None) -> str:
    """Return the API's description of a refusal without what it may quote, and without numbers.

    >>> safe_description(BadRequest('Unsupported start tag "x" at byte offset 5'))
    'Unsupported start tag'
    """
    if not isinstance(error, TelegramError):
        return type(error).__name__
    words = error.message.partition('"')[0].partition(" '")[0]
    return "".join("#" if letter.isdigit() else letter for letter in words)[:80].strip()
