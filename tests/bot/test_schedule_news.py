"""The tick that tells followers what is new: in pages, not at night, not while the clock is in doubt."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import Connection

from bot import schedule
from bot.schedule import Schedule
from conversations.person import Consent
from conversations.stations import Station, StationCode
from storage import contacts, following, outbox, stations
from storage.database import Database
from storage.keyring import KeyRing
from storage.vocabulary import Lane
from tests.support.databases import ANNA, TODAY
from tests.support.meetings import on, planned

MENTORS, CLUBS = "arb_measure.job_mentors", "wer_measure.clubs"


@dataclass
class ClockCheck:
    """Says what the test wants of the clock."""

    right: bool = True

    async def is_right(self) -> bool:
        return self.right


@dataclass
class Office:
    """The schedule on a database, at a time that is set by hand. `works` counts what was done there."""

    database: Database
    keys: KeyRing
    now: dt.datetime = field(default_factory=lambda: on("2027-11-19", "12:00"))
    clock_check: ClockCheck = field(default_factory=ClockCheck)
    works: int = 0
    woken: int = 0
    broken: bool = False
    schedule: Schedule = field(init=False)

    def __post_init__(self) -> None:
        self.schedule = Schedule(
            self.write,
            self.keys,
            lambda: self.now.astimezone(dt.UTC),
            self.clock_check,  # type: ignore[arg-type]  # stands in for it
            planned().programme,
            self.wake,
            self.tidied,
        )

    async def write(self, work: Callable[[Connection], Any], /) -> Any:
        self.works += 1
        if self.broken:
            raise RuntimeError("the database is away")
        with self.database.transaction() as connection:
            return work(connection)

    def wake(self) -> None:
        self.woken += 1

    async def tidied(self) -> None: ...

    def followers(self, number: int) -> None:
        with self.database.transaction() as connection:
            for person in range(ANNA, ANNA + number):
                contact_id = contacts.create_contact(connection, self.keys, person, today=TODAY).id
                contacts.set_language(connection, contact_id, "de")
                following.set_follow_consent(connection, contact_id, Consent("1", "de", TODAY))
                following.follow(connection, contact_id, [MENTORS])

    def record(self, theme: str = MENTORS) -> None:
        with self.database.transaction() as connection:
            stations.record(connection, Station(theme, StationCode.DONE, None, "", TODAY))

    async def ticks(self) -> int:
        """Let it tick, and return how many messages wait then."""
        await self.schedule.put_out_station_news()
        with self.database.reading() as connection:
            return outbox.count_waiting(connection)[Lane.BULK]


@pytest.fixture
def office(sqlite_database: Database, keys: KeyRing) -> Office:
    return Office(sqlite_database, keys)


async def test_everybody_is_told_in_pages_and_only_once(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schedule, "PAGE", 3)
    office.followers(7)
    office.record()
    assert await office.ticks() == 7
    assert office.woken == 3
    assert office.schedule.counters == Counter({"followers": 7})
    assert await office.ticks() == 7


async def test_nobody_is_looked_at_again_until_a_station_or_a_day_has_come(office: Office) -> None:
    office.followers(2)
    assert await office.ticks() == 0
    office.record()
    await office.ticks()
    before = office.works
    await office.ticks()
    assert office.works == before + 1, "only what is the newest station"
    office.record(CLUBS)
    await office.ticks()
    office.now += dt.timedelta(days=1)
    await office.ticks()
    assert office.works == before + 5


async def test_at_night_and_while_the_clock_is_in_doubt_it_waits(office: Office) -> None:
    office.followers(2)
    office.record()
    office.now = on("2027-11-19", "21:00")
    assert await office.ticks() == 0
    office.now = on("2027-11-20", "08:00")
    office.clock_check.right = False
    assert await office.ticks() == 0
    office.clock_check.right = True
    assert await office.ticks() == 2


async def test_a_database_that_is_away_is_tried_again(office: Office) -> None:
    office.followers(2)
    office.record()
    office.broken = True
    assert await office.ticks() == 0
    office.broken = False
    assert await office.ticks() == 2
