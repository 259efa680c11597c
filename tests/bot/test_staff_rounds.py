"""What the staff get without asking: once a week, the themes nobody has said anything about."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.preview.people import STAFF
from conversations.stations import Station, StationCode
from storage import stations
from tests.support.chat import Town, open_town
from tests.support.chosen import answers
from tests.support.databases import TODAY
from tests.support.meetings import on

MENTORS = "arb_measure.job_mentors"
#: A Monday after the forum on work (16 September 2027).
MONDAY = on("2027-09-20", "09:05")
WEEK, HOUR = dt.timedelta(days=7), dt.timedelta(hours=1)


@pytest.fixture
async def town(sqlite_template: Path, tmp_path: Path) -> AsyncIterator[Town]:
    """A town on SQLite where twelve people chose a measure, and Ute writes."""
    (tmp_path / "data").mkdir(mode=0o700)
    file = tmp_path / "data" / "mitreden.sqlite"
    shutil.copy(sqlite_template, file)
    async with open_town(
        tmp_path, f"sqlite:///{file}", durable=False, staff_ids=frozenset({STAFF.id})
    ) as opened:
        opened.app.schedule._scheduler.pause()
        answers(opened.database, opened.keys, 12, "job_mentors")
        yield opened


async def at(town: Town, moment: dt.datetime) -> list[str]:
    """Let it be a moment, and list what Ute has been reminded of until then."""
    town.clock.now = moment.astimezone(dt.UTC)
    for _ in range(2):
        await town.app.tick()
        await town.rest()
    ute = await town.chat("Ute")
    return [message.text for message in ute.messages if "haben viele Menschen gewählt" in message.text]


async def test_once_a_week_from_monday_nine_until_somebody_has_said_it(town: Town) -> None:
    ute = await town.chat("Ute")
    await ute.says("/staff")
    assert await at(town, MONDAY - HOUR) == []
    (reminder,) = await at(town, MONDAY)
    assert "(gewählt: 12)" in reminder
    assert len(await at(town, MONDAY + HOUR)) == 1, "once a week"
    assert len(await at(town, MONDAY + WEEK)) == 2
    with town.database.transaction() as connection:
        stations.record(connection, Station(MENTORS, StationCode.DISCUSSED, None, "", TODAY))
    assert len(await at(town, MONDAY + 2 * WEEK)) == 2


async def test_nobody_is_reminded_who_does_not_write(town: Town) -> None:
    assert await at(town, MONDAY) == [], "Ute has not opened the staff area yet"
    assert town.rows("outbox") == []
