"""A clock in doubt: nothing is put out or deleted by it, and nothing is lost when it is right again."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from telegram.error import NetworkError, RetryAfter

from bot.clock_check import BELIEVED_FOR, ClockCheck
from bot.preview.server import LocalBotApi
from tests.support.meetings import meeting, on
from tests.support.reminded import RemindedTown, open_reminded
from tests.support.telegram_world import until
from tests.support.world import START, Clock

SECOND, MINUTE = dt.timedelta(seconds=1), dt.timedelta(minutes=1)
HOURS, DAYS = dt.timedelta(hours=1), dt.timedelta(days=1)
JUMPS = pytest.mark.parametrize("jump", [-2 * HOURS, 2 * HOURS, 400 * DAYS], ids=["-2h", "+2h", "+400d"])
#: The times of the forum on work, which is on Thursday, 16 September 2027 at 18:00.
WEEK_BEFORE, DAY_BEFORE = on("2027-09-09", "10:00"), on("2027-09-15", "17:00")
HOURS_BEFORE, THANKS = on("2027-09-16", "16:00"), on("2027-09-17", "10:00")


# The comparison alone


@dataclass
class Telegram:
    """Somebody who is asked for the time and answers, or does not."""

    clock: Clock
    own_clock: Clock = field(default_factory=Clock)
    asked: int = 0
    error: Exception | None = None
    date: str | None = ""
    check: ClockCheck = field(init=False)

    def __post_init__(self) -> None:
        self.check = ClockCheck(self.clock, self.answer)

    async def answer(self) -> None:
        self.asked += 1
        if self.error is not None:
            raise self.error
        self.tell()

    def tell(self) -> None:
        """Let an answer arrive that was not asked for by the check."""
        written = format_datetime(self.own_clock().astimezone(dt.UTC), usegmt=True)
        self.check.hear(self.date if self.date != "" else written)


@pytest.fixture
def telegram() -> Telegram:
    return Telegram(Clock())


async def test_a_clock_that_agrees_is_right_and_asked_about_once(telegram: Telegram) -> None:
    for _ in range(3):
        assert await telegram.check.is_right()
    assert telegram.asked == 1


@pytest.mark.parametrize(
    ("off", "right"),
    [
        (dt.timedelta(0), True),
        (5 * MINUTE, True),
        (-5 * MINUTE, True),
        (10 * MINUTE, True),
        (-10 * MINUTE, True),
        (10 * MINUTE + SECOND, False),
        (-10 * MINUTE - SECOND, False),
        (2 * HOURS, False),
        (-2 * HOURS, False),
        (400 * DAYS, False),
        (-400 * DAYS, False),
    ],
)
async def test_ten_minutes_may_lie_between_the_clocks(
    telegram: Telegram, off: dt.timedelta, right: bool
) -> None:
    telegram.clock.now += off
    assert await telegram.check.is_right() is right


@JUMPS
async def test_a_jump_after_an_agreement_is_seen(telegram: Telegram, jump: dt.timedelta) -> None:
    assert await telegram.check.is_right()
    telegram.clock.now += jump
    assert not await telegram.check.is_right()
    telegram.clock.now -= jump
    assert await telegram.check.is_right(), "and when it is over"


@JUMPS
async def test_a_jump_of_both_clocks_is_time_that_passed(telegram: Telegram, jump: dt.timedelta) -> None:
    assert await telegram.check.is_right()
    telegram.clock.now += jump
    telegram.own_clock.now += jump
    assert await telegram.check.is_right()


async def test_an_agreement_is_believed_for_a_while_and_then_asked_for_again(telegram: Telegram) -> None:
    assert await telegram.check.is_right()
    for step, asked in ((BELIEVED_FOR, 1), (SECOND, 2), (BELIEVED_FOR, 2), (SECOND, 3)):
        telegram.clock.now += step
        telegram.own_clock.now += step
        assert await telegram.check.is_right()
        assert telegram.asked == asked


async def test_answers_that_come_anyway_save_asking(telegram: Telegram) -> None:
    for _ in range(30):
        telegram.clock.now += 5 * MINUTE
        telegram.own_clock.now += 5 * MINUTE
        telegram.tell()
        assert await telegram.check.is_right()
    assert telegram.asked == 0


async def test_the_newest_answer_decides(telegram: Telegram) -> None:
    telegram.clock.now += 2 * HOURS
    telegram.tell()
    assert not await telegram.check.is_right()
    telegram.own_clock.now += 2 * HOURS
    telegram.tell()
    assert await telegram.check.is_right()
    telegram.own_clock.now -= 2 * HOURS
    telegram.tell()
    assert not await telegram.check.is_right()


@pytest.mark.parametrize("error", [NetworkError("away"), RetryAfter(30)])
async def test_while_telegram_is_away_nothing_is_believed(telegram: Telegram, error: Exception) -> None:
    telegram.error = error
    assert not await telegram.check.is_right(), "nothing was ever heard"
    telegram.error = None
    assert await telegram.check.is_right()
    telegram.error = error
    telegram.clock.now += HOURS
    telegram.own_clock.now += HOURS
    assert not await telegram.check.is_right(), "the last agreement is too old"
    telegram.error = None
    assert await telegram.check.is_right()


async def test_a_server_that_names_no_time_is_believed_to_have_none(telegram: Telegram) -> None:
    telegram.date = None
    assert await telegram.check.is_right()
    telegram.clock.now += 400 * DAYS
    assert await telegram.check.is_right(), "nothing can be compared, so the clock of this machine counts"


@pytest.mark.parametrize("date", ["", "heute", "Wed, 99 Jun 2027 10:00:00 GMT", "2027-06-23T10:00:00Z"])
async def test_a_date_that_cannot_be_read_names_no_time(telegram: Telegram, date: str) -> None:
    telegram.check.hear(date)
    assert await telegram.check.is_right()
    assert telegram.asked == 0


@pytest.mark.parametrize(
    ("date", "right"),
    [
        ("Wed, 23 Jun 2027 10:00:00 GMT", True),
        ("Wed, 23 Jun 2027 12:00:00 +0200", True),
        ("Wed, 23 Jun 2027 12:00:00 GMT", False),
        ("Wed, 23 Jun 2027 10:00:00 +0200", False),
    ],
)
async def test_the_zone_of_an_answer_is_heeded(telegram: Telegram, date: str, right: bool) -> None:
    assert telegram.clock() == dt.datetime(2027, 6, 23, 10, tzinfo=dt.UTC)
    telegram.check.hear(date)
    assert await telegram.check.is_right() is right


# The bot with a clock of its own


@pytest.fixture
async def town(sqlite_template: Path, tmp_path: Path) -> AsyncIterator[RemindedTown]:
    async with open_reminded(tmp_path, copy_of(sqlite_template, tmp_path)) as opened:
        yield opened


def copy_of(template: Path, folder: Path) -> str:
    (folder / "data").mkdir(mode=0o700)
    file = folder / "data" / "mitreden.sqlite"
    shutil.copy(template, file)
    return f"sqlite:///{file}"


async def lets_a_clock_jump(town: RemindedTown, real: dt.datetime, jump: dt.timedelta) -> None:
    """Let the bot's clock be wrong at a real moment, and let it do what it takes for due."""
    town.set_clocks(real)
    town.town.clock.now += jump
    await town.tick()
    await town.tick()


@JUMPS
async def test_by_a_clock_that_jumped_nothing_is_put_out_deleted_or_lost(
    town: RemindedTown, jump: dt.timedelta
) -> None:
    sabine = await town.reader("Sabine", "de", comes=True)
    undecided = await town.town.chat("Grace")
    await undecided.enters("en")
    before = {name: town.town.rows(name) for name in ("reminder", "contact", "attendance", "headcount")}
    moments = (WEEK_BEFORE, DAY_BEFORE, HOURS_BEFORE, THANKS)
    for moment in moments:
        for real in (moment - HOURS, moment - MINUTE):
            await lets_a_clock_jump(town, real, jump)
            assert town.mailings() == 0
            assert {name: town.town.rows(name) for name in before} == before
        await town.at(moment)
        before = {name: town.town.rows(name) for name in before}
    assert town.heard(sabine) == [(f"rem.{key}", "de") for key in ("d7", "d1", "h2", "after")], (
        "once, in time"
    )


async def test_people_are_answered_by_a_clock_that_jumped(town: RemindedTown) -> None:
    sabine = await town.reader("Sabine", "de")
    town.town.clock.now += 400 * DAYS
    await town.tick()
    before = sabine.sees
    await sabine.says("/help")
    assert sabine.sees != before


@JUMPS
async def test_a_start_with_a_wrong_clock_deletes_and_sends_nothing(
    town: RemindedTown, jump: dt.timedelta
) -> None:
    sabine = await town.reader("Sabine", "de")
    undecided = await town.town.chat("Grace")
    await undecided.enters("en")
    town.set_clocks(WEEK_BEFORE - HOURS)
    contacts = len(town.town.rows("contact"))
    await town.stop()
    town.town.clock.now += jump
    await town.start()
    assert town.heard(sabine) == []
    assert len(town.town.rows("contact")) == contacts
    await town.at(WEEK_BEFORE)
    assert town.heard(sabine) == [("rem.d7", "de")]


async def test_a_clock_that_jumps_back_sends_nothing_a_second_time(town: RemindedTown) -> None:
    sabine = await town.reader("Sabine", "de", comes=True)
    for moment in (WEEK_BEFORE, DAY_BEFORE, HOURS_BEFORE, THANKS):
        await town.at(moment)
        heard = town.heard(sabine)
        for back in (2 * HOURS, 8 * DAYS, 400 * DAYS):
            town.town.clock.now -= back
            await town.tick()
            town.town.clock.now += back
            await town.tick()
            await town.at(moment - back)  # even where everybody agrees that it is earlier now
            await town.at(moment)
        assert town.heard(sabine) == heard
    assert len(town.heard(sabine)) == 4


async def test_a_real_pause_of_400_days_lets_retention_run(town: RemindedTown) -> None:
    sabine = await town.reader("Sabine", "de", comes=True)
    undecided = await town.town.chat("Grace")
    await undecided.enters("en")
    assert len(town.town.rows("contact")) == 2
    await town.at(START + 400 * DAYS)
    [left] = town.town.rows("contact")
    assert left["person_mac"] == town.town.keys.person_mac(sabine.id), "who agreed to nothing is gone"
    assert town.town.rows("attendance") == []
    assert {row["state"] for row in town.town.rows("reminder")} == {"expired"}
    assert town.heard(sabine) == [], "a year later nothing of it is true"


async def no_date(_self: LocalBotApi, _request: Any, response: Any) -> None:
    response.headers.popall("Date", None)


async def test_with_a_bot_api_that_names_no_time_reminders_go_out_and_retention_runs(
    town: RemindedTown, monkeypatch: pytest.MonkeyPatch
) -> None:
    sabine = await town.reader("Sabine", "de")
    undecided = await town.town.chat("Grace")
    await undecided.enters("en")
    monkeypatch.setattr(type(town.town.world.api), "_date", no_date)
    await town.at(WEEK_BEFORE)
    assert town.heard(sabine) == [("rem.d7", "de")]
    assert len(town.town.rows("contact")) == 1


async def test_while_telegram_is_away_reminders_wait_and_are_made_up_for(town: RemindedTown) -> None:
    sabine = await town.reader("Sabine", "de")
    faults = town.town.world.api.faults
    faults.reject_500(times=None)
    for moment in (WEEK_BEFORE, WEEK_BEFORE + HOURS):
        await town.at(moment)
        assert town.heard(sabine) == []
    faults.clear()
    await town.at(WEEK_BEFORE + 2 * HOURS)
    assert town.heard(sabine) == [("rem.d7", "de")]


async def test_a_doubt_is_logged_once_and_names_no_one(
    town: RemindedTown, capsys: pytest.CaptureFixture[str]
) -> None:
    await town.reader("Sabine", "de")
    capsys.readouterr()
    town.town.clock.now += 400 * DAYS
    for _ in range(3):
        await town.tick()
    logged = [line for line in capsys.readouterr().out.splitlines() if "clock_doubtful" in line]
    assert len(logged) == 1
    assert "seconds=34560" in logged[0]


# What lies in the outbox already


async def test_what_waits_in_the_outbox_outlives_a_jump_of_the_clock(town: RemindedTown) -> None:
    sabine = await town.reader("Sabine", "de")
    town.set_clocks(DAY_BEFORE)
    town.town.world.api.faults.reject_429(600, "sendMessage")
    await town.tick()
    assert town.mailings() == 1
    await lets_a_clock_jump(town, DAY_BEFORE + 11 * MINUTE, 400 * DAYS)
    await town.at(DAY_BEFORE + 12 * MINUTE)
    assert town.heard(sabine) == [("rem.d1", "de")]


async def test_a_clock_that_jumps_back_at_night_wakes_nobody_up(town: RemindedTown) -> None:
    sabine = await town.reader("Sabine", "de")
    town.set_clocks(DAY_BEFORE)
    town.town.world.api.faults.reject_429(600, "sendMessage")
    await town.tick()
    assert town.mailings() == 1
    await lets_a_clock_jump(town, on("2027-09-15", "22:00"), -2 * HOURS)
    assert town.heard(sabine) == []


async def test_a_jump_while_a_message_is_being_sent_does_not_send_it_again(town: RemindedTown) -> None:
    sabine = await town.reader("Sabine", "de")
    town.set_clocks(DAY_BEFORE)
    held = town.town.world.api.faults.delay(0.2, "sendMessage")
    await town.town.app.schedule.put_out_reminders()
    await until(lambda: held.hits)
    town.town.clock.now += 2 * HOURS
    await town.rest()
    assert town.heard(sabine) == [("rem.d1", "de")]


async def test_a_first_start_with_a_wrong_clock_plans_every_reminder_all_the_same(
    sqlite_template: Path, tmp_path: Path
) -> None:
    url = copy_of(sqlite_template, tmp_path)
    async with open_reminded(tmp_path, url, start=START + 400 * DAYS) as town:
        town.set_clocks(START)
        sabine = await town.reader("Sabine", "de")
        await town.town.app.schedule.tidy()
        await town.at(WEEK_BEFORE)
        assert town.heard(sabine) == [("rem.d7", "de")]


async def test_a_date_that_moves_under_a_right_clock_is_not_disturbed_by_a_jump_before(
    town: RemindedTown,
) -> None:
    sabine = await town.reader("Sabine", "de")
    await lets_a_clock_jump(town, on("2027-09-01", "12:00"), 400 * DAYS)
    town.set_clocks(on("2027-09-01", "12:05"))
    await town.change(meeting=meeting("2027-09-23"))
    await town.tick()
    assert town.heard(sabine) == [("rem.changed", "de")]
