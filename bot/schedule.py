"""What is due by time alone: reminders and news are put out, and what has been kept long enough goes.

APScheduler only ticks; the truth is in the tables, so a missed tick is made up for and a second one
changes nothing. All of it waits while the clock of this machine is in doubt. Must not know what a
reminder says, nor who gets it.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from zoneinfo import ZoneInfo

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from sqlalchemy import Connection

from bot.clock_check import ClockCheck
from bot.delivery import WriteTransaction
from conversations.programme import Programme
from conversations.reminders import is_quiet
from storage import attendance, retention
from storage.keyring import KeyRing
from storage.programme import load_programme, plan_again
from storage.reminders import next_heard_at, next_reminder_due_at, put_out_page
from storage.station_news import next_news_at, put_out_news
from storage.stations import newest_id

#: How often reminders are looked for: they name days and "in about 2 hours", so seconds do not matter.
REMINDERS_EVERY_SECONDS = 10
#: How often it is looked for whom a new station is news.
STATION_NEWS_EVERY_SECONDS = 60
#: How often what is kept too long is looked for.
RETENTION_EVERY_SECONDS = 600
#: How many people one transaction puts a reminder out for; between two, answers have their turn.
PAGE = 100

#: Work that is done by time, and every how many seconds. It never raises.
Job = tuple[Callable[[], Awaitable[None]], int]

_log = structlog.get_logger("mitreden.schedule")


@dataclass
class Schedule:
    """Does what is due. `sent_out` is called when something lies in the outbox, `tidied` after deletions.

    `counters` counts people, reminders that came too late, and followers who were told of stations.
    `others` are ticks of other parts.
    """

    write: WriteTransaction
    keys: KeyRing
    clock: Callable[[], dt.datetime]
    clock_check: ClockCheck
    first: Programme
    sent_out: Callable[[], None]
    tidied: Callable[[], Awaitable[None]]
    others: tuple[Job, ...] = ()
    counters: Counter[str] = field(default_factory=Counter)
    _news_looked_at: tuple[int, dt.date] | None = field(default=None, init=False)
    _blurred_on: dt.date | None = field(default=None, init=False)
    _scheduler: AsyncIOScheduler = field(init=False)

    def start(self) -> None:
        """Begin to tick. Only in a running loop."""
        self._scheduler = AsyncIOScheduler(timezone=dt.UTC)
        for work, seconds in (
            (self.put_out_reminders, REMINDERS_EVERY_SECONDS),
            (self.put_out_station_news, STATION_NEWS_EVERY_SECONDS),
            (self.tidy, RETENTION_EVERY_SECONDS),
            *self.others,
        ):
            self._scheduler.add_job(
                work,
                "interval",
                seconds=seconds,
                coalesce=True,
                max_instances=1,
                misfire_grace_time=None,
            )
        self._scheduler.start()

    def stop(self) -> None:
        """Tick no more."""
        self._scheduler.shutdown(wait=False)

    async def put_out_reminders(self) -> None:
        """Put everything that is due into the outbox, a page in each transaction. Never raises."""
        try:
            due = await self.write(next_reminder_due_at)
            if due is None or due > self.clock() or not await self.clock_check.is_right():
                return
            while await self.write(self._put_out_page):
                self.sent_out()
        except Exception as error:
            _log.error("reminders_failed", error=type(error).__name__, exc_info=True)

    async def put_out_station_news(self) -> None:
        """Tell followers of what is new, a page in each transaction; not at night. Never raises.

        Everybody is looked at only when a station has come since the last time, or a day has.
        """
        try:
            now = self._now()
            if is_quiet(now):
                return
            looked_at = (await self.write(newest_id), now.date())
            if looked_at == self._news_looked_at or not looked_at[0]:
                return
            if not await self.clock_check.is_right():
                return
            behind, finished = "", False
            while not finished:
                page = await self.write(
                    partial(put_out_news, keys=self.keys, now=now, limit=PAGE, behind=behind)
                )
                behind, finished = page.behind, page.finished
                if page.count:
                    self.counters["followers"] += page.count
                    _log.info("station_news_put_out", count=page.count)
                    self.sent_out()
            self._news_looked_at = looked_at
        except Exception as error:
            _log.error("station_news_failed", error=type(error).__name__, exc_info=True)

    async def tidy(self) -> None:
        """Delete what has been kept long enough. Never raises."""
        try:
            if await self.clock_check.is_right():
                _log.info("retention", count=await self.write(self._delete_what_is_over))
                await self.write(lambda connection: plan_again(connection, self.first, self._now()))
                await self._blur_once_a_day()
        except Exception as error:
            _log.error("tick_failed", error=type(error).__name__, exc_info=True)
        await self.tidied()

    async def next_heard_at(self) -> dt.datetime | None:
        """Tell when somebody gets the next message; None when nothing is planned for anybody."""
        return await self.write(self._next_heard_at)

    def _next_heard_at(self, connection: Connection) -> dt.datetime | None:
        found = (next_heard_at(connection, self._zone), next_news_at(connection, self._now()))
        return min((moment for moment in found if moment is not None), default=None)

    def _put_out_page(self, connection: Connection) -> bool:
        page = put_out_page(connection, self.keys, self.clock(), self._zone, limit=PAGE)
        if page is None:
            return False
        self.counters["people"] += page.count
        self.counters["too late"] += page.expired
        if page.finished:
            people = page.reminder.planned_count + page.count
            _log.info("reminder_put_out", kind=page.reminder.kind.value, count=people)
        return True

    def _delete_what_is_over(self, connection: Connection) -> int:
        now = self._now()
        programme = load_programme(connection, self.first)
        deleted = retention.apply_retention(connection, now).total
        return deleted + attendance.drop_what_is_over(connection, programme, now)

    async def _blur_once_a_day(self) -> None:
        today = self.clock().date()
        if today != self._blurred_on:
            await self.write(retention.blur_row_versions)
            self._blurred_on = today

    def _now(self) -> dt.datetime:
        return self.clock().astimezone(self._zone)

    @property
    def _zone(self) -> ZoneInfo:
        return ZoneInfo(self.first.timezone)
