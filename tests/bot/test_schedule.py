"""What is due by time alone, told from the phone: each reminder once, in time, in the right language."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.mailing_run import EVERY_SECONDS
from bot.schedule import (
    REMINDERS_EVERY_SECONDS,
    RETENTION_EVERY_SECONDS,
    STATION_NEWS_EVERY_SECONDS,
)
from bot.staff.watch import EVERY_SECONDS as PAGES_EVERY_SECONDS
from conversations.programme import Cancellation
from tests.support.chat import Chat
from tests.support.meetings import meeting, on
from tests.support.reminded import RemindedTown, open_reminded
from tests.support.subscribers import COUNCIL

#: The times of the forum on work, which is on Thursday, 16 September 2027 at 18:00.
WEEK_BEFORE, DAY_BEFORE, HOURS_BEFORE = (
    on("2027-09-09", "10:00"),
    on("2027-09-15", "17:00"),
    on("2027-09-16", "16:00"),
)
BEGINS, OVER, THANKS = on("2027-09-16", "18:00"), on("2027-09-16", "20:30"), on("2027-09-17", "10:00")
THANKS_NIGHT, MORNING_AFTER = on("2027-09-17", "22:00"), on("2027-09-18", "08:00")
LATER = meeting("2027-09-23")


@pytest.fixture
async def town(sqlite_template: Path, tmp_path: Path) -> AsyncIterator[RemindedTown]:
    (tmp_path / "data").mkdir(mode=0o700)
    file = tmp_path / "data" / "mitreden.sqlite"
    shutil.copy(sqlite_template, file)
    async with open_reminded(tmp_path, f"sqlite:///{file}") as opened:
        yield opened


async def choose_language(town: RemindedTown, chat: Chat, language: str) -> None:
    await chat.says("/language")
    await chat.chooses(f"lang:{language}")


# In their time


async def test_somebody_who_comes_is_told_four_times_and_somebody_who_does_not_never(
    town: RemindedTown,
) -> None:
    omar = await town.reader("Omar", "ar", comes=True)
    sabine = await town.reader("Sabine", "de")
    grace = await town.reader("Grace", "en", comes=True)
    await grace.chooses("cannot:forum_arbeit")
    told: list[list[tuple[str, str]]] = []
    for moment in (
        WEEK_BEFORE,
        DAY_BEFORE,
        HOURS_BEFORE,
        BEGINS,
        OVER,
        THANKS,
        THANKS + dt.timedelta(days=300),
    ):
        for early in (moment - dt.timedelta(seconds=30), moment, moment):
            await town.at(early)
        told.append(town.heard(omar))
    keys = ["rem.d7", "rem.d1", "rem.h2", "rem.h2", "rem.h2", "rem.after", "rem.after"]
    assert [len(heard) for heard in told] == [1, 2, 3, 3, 3, 4, 4], "each in its time, and never again"
    assert [heard[-1] for heard in told] == [(key, "ar") for key in keys]
    assert town.heard(sabine) == [("rem.d7", "de"), ("rem.d1", "de"), ("rem.after", "de")]
    assert town.heard(grace) == [], "who cannot come is not reminded"
    assert town.mailings() == 0


async def test_a_reminder_says_when_and_where_and_how_to_stop(town: RemindedTown) -> None:
    sabine = await town.reader("Sabine", "de")
    await town.at(WEEK_BEFORE)
    for words in (
        "Fachforum Arbeit",
        "Donnerstag, 16. September 2027",
        "18:00",
        "Stadthalle",
        "Blumenstraße 41",
    ):
        assert words in sabine.sees
    assert sabine.choices[-2:] == ["stopit:forum_arbeit", "alloff"]


async def test_each_is_told_in_the_language_of_the_moment_of_sending(town: RemindedTown) -> None:
    ayse = await town.reader("Ayşe", "tr")
    lena = await town.reader("Lena", "de_LS")
    await town.at(WEEK_BEFORE)
    await choose_language(town, ayse, "en")
    await town.at(DAY_BEFORE)
    assert town.heard(ayse) == [("rem.d7", "tr"), ("rem.d1", "en")]
    assert town.heard(lena) == [("rem.d7", "de_LS"), ("rem.d1", "de_LS")]


async def test_the_council_is_told_of_on_the_day_before_and_when_it_moves(town: RemindedTown) -> None:
    sabine = await town.reader("Sabine", "de", COUNCIL)
    await town.at(on("2027-10-01", "12:00"))
    await town.change(COUNCIL, meeting=meeting("2028-04-13", "17:00", None, place="Rathaus"))
    await town.tick()
    await town.at(on("2027-11-17", "17:00"))
    await town.at(on("2028-04-12", "17:00"))
    assert town.heard(sabine) == [("ann.council_date_changed", "de"), ("ann.council_date", "de")]


async def test_pages_of_any_size_reach_everybody_once(
    town: RemindedTown, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.schedule.PAGE", 2)
    people = [await town.reader(f"Person{number}", "de", code="de") for number in range(5)]
    await town.at(WEEK_BEFORE)
    assert [town.heard(person) for person in people] == [[("rem.d7", "de")]] * 5
    assert town.town.app.schedule.counters["people"] == 5


# At night


async def test_what_staff_change_at_night_goes_out_at_eight_and_all_of_it(town: RemindedTown) -> None:
    people = [await town.reader(name, language) for name, language in (("Sabine", "de"), ("Omar", "ar"))]
    town.set_clocks(on("2027-09-01", "22:00"))
    await town.change(meeting=LATER)
    for time in ("2027-09-01 22:00", "2027-09-02 03:00", "2027-09-02 07:59"):
        await town.at(on(*time.split(" ")))
        assert [town.heard(person) for person in people] == [[], []], "nobody is woken up"
    await town.at(on("2027-09-02", "08:00"))
    assert [town.heard(person) for person in people] == [[("rem.changed", "de")], [("rem.changed", "ar")]]


async def test_what_is_made_up_for_at_night_waits_in_the_outbox_until_eight(town: RemindedTown) -> None:
    people = [await town.reader(name, "de") for name in ("Sabine", "Lena")]
    await town.at(THANKS_NIGHT)  # the bot was away since the forum
    assert town.mailings() == 2
    await town.at(MORNING_AFTER - dt.timedelta(minutes=1))
    assert [town.heard(person) for person in people] == [[], []]
    await town.at(MORNING_AFTER)
    assert [town.heard(person) for person in people] == [[("rem.after", "de")]] * 2
    assert town.mailings() == 0


async def test_at_night_people_still_get_answers(town: RemindedTown) -> None:
    sabine = await town.reader("Sabine", "de")
    await town.at(THANKS_NIGHT)
    before = sabine.sees
    await sabine.says("/help")
    assert sabine.sees != before, "quiet hours are for what nobody asked for"
    assert town.heard(sabine) == []
    assert town.mailings() == 1


# Between putting out and sending


async def says_stop(chat: Chat) -> None:
    await chat.says("/stop")


async def says_a_stop_word(chat: Chat) -> None:
    await chat.says("STOPP")


async def wants_nothing_more_of_this_meeting(chat: Chat) -> None:
    await chat.says("/events")
    await chat.chooses("event:forum_arbeit")
    await chat.presses("m:stopit:forum_arbeit")


async def erases_everything(chat: Chat) -> None:
    await chat.says("/delete")
    await chat.presses("m:erase")


async def blocks_the_bot(chat: Chat) -> None:
    chat.player.blocks()
    await chat.rest()


@pytest.mark.parametrize(
    "deed",
    [says_stop, says_a_stop_word, wants_nothing_more_of_this_meeting, erases_everything, blocks_the_bot],
)
async def test_who_stops_between_putting_out_and_sending_gets_nothing(town: RemindedTown, deed: Any) -> None:
    sabine, lena = await town.reader("Sabine", "de"), await town.reader("Lena", "de")
    await town.at(THANKS_NIGHT)
    await deed(sabine)
    await town.at(MORNING_AFTER)
    assert town.heard(sabine) == []
    assert town.heard(lena) == [("rem.after", "de")], "the others still do"
    assert town.mailings() == 0


async def test_who_changes_the_language_between_putting_out_and_sending_reads_the_new_one(
    town: RemindedTown,
) -> None:
    grace = await town.reader("Grace", "en")
    await town.at(THANKS_NIGHT)
    await choose_language(town, grace, "tr")
    await town.at(MORNING_AFTER)
    assert town.heard(grace) == [("rem.after", "tr")]


async def test_a_report_that_comes_before_the_thanks_are_sent_is_told_instead_of_them(
    town: RemindedTown,
) -> None:
    sabine = await town.reader("Sabine", "de")
    await town.at(THANKS_NIGHT)
    await town.change(report_url="https://www.goeppingen.de/bericht")
    await town.at(MORNING_AFTER)
    assert town.heard(sabine) == [("rem.after", "de")], "once, and with the report"
    assert "https://www.goeppingen.de/bericht" in sabine.sees


async def test_a_date_that_moves_while_its_reminder_is_held_up_is_told_as_it_is_now(
    town: RemindedTown,
) -> None:
    sabine = await town.reader("Sabine", "de")
    town.set_clocks(DAY_BEFORE)
    town.town.world.api.faults.reject_429(600, "sendMessage")
    await town.tick()
    assert town.heard(sabine) == []
    assert town.mailings() == 1
    await town.change(meeting=LATER)
    await town.at(DAY_BEFORE + dt.timedelta(minutes=11))
    assert town.heard(sabine) == [("rem.changed", "de")], "“tomorrow” would be wrong"


async def test_a_cancelled_forum_is_reminded_of_no_more(town: RemindedTown) -> None:
    sabine = await town.reader("Sabine", "de", comes=True)
    await town.at(WEEK_BEFORE)
    await town.change(cancellation=Cancellation(new_date_wanted=True))
    for moment in (WEEK_BEFORE, DAY_BEFORE, HOURS_BEFORE, THANKS):
        await town.at(moment + dt.timedelta(minutes=1))
    assert town.heard(sabine) == [("rem.d7", "de"), ("rem.cancelled", "de")]


# Missed ticks


@pytest.mark.parametrize(
    ("away_until", "heard"),
    [
        (DAY_BEFORE + dt.timedelta(hours=2), [("rem.d1", "de")]),
        (on("2027-09-15", "20:59"), [("rem.d1", "de")]),
        (on("2027-09-15", "21:00"), []),
        (on("2027-09-16", "08:00"), []),
        (on("2027-09-16", "16:59"), [("rem.h2", "de")]),
        (on("2027-09-16", "17:00"), []),
        (on("2027-10-01", "09:59"), [("rem.after", "de")]),
        (on("2027-10-01", "10:00"), []),
    ],
)
async def test_what_was_missed_is_made_up_for_as_long_as_it_is_true(
    town: RemindedTown, away_until: dt.datetime, heard: list[tuple[str, str]]
) -> None:
    sabine = await town.reader("Sabine", "de", comes=True)
    await town.at(WEEK_BEFORE)
    before = [row["state"] for row in town.town.rows("reminder")].count("expired")
    await town.stop()
    town.set_clocks(away_until)
    await town.start()
    assert town.heard(sabine)[1:] == heard
    expired = [row["state"] for row in town.town.rows("reminder")].count("expired")
    assert town.town.app.schedule.counters["too late"] == expired - before > 0, "what is dropped is counted"
    assert all(row["due_at"] > away_until for row in town.town.rows("reminder") if row["state"] == "waiting")


async def test_what_is_held_up_until_it_is_not_true_any_more_is_dropped_and_counted(
    town: RemindedTown,
) -> None:
    sabine = await town.reader("Sabine", "de")
    town.set_clocks(on("2027-09-15", "20:50"))
    town.town.world.api.faults.reject_429(900, "sendMessage")
    await town.tick()
    assert town.mailings() == 1, "it was put out in time"
    await town.at(on("2027-09-15", "23:00"))
    await town.at(on("2027-09-16", "08:00"))
    assert town.heard(sabine) == [], "the forum is not tomorrow, it is today"
    assert town.mailings() == 0
    assert town.town.app.delivery.counters["dropped"] == 1


async def test_a_restart_in_the_middle_sends_nothing_twice_and_leaves_nobody_out(town: RemindedTown) -> None:
    people = [await town.reader(name, "de") for name in ("Sabine", "Lena", "Ute")]
    town.set_clocks(WEEK_BEFORE)
    town.town.world.api.faults.reject_429(600, "sendMessage")
    await town.tick()
    for _ in range(3):
        await town.stop()
        await town.start()
    await town.at(WEEK_BEFORE + dt.timedelta(minutes=11))
    await town.tick()
    assert [town.heard(person) for person in people] == [[("rem.d7", "de")]] * 3


async def test_a_tick_that_fails_is_made_up_for_by_the_next(
    town: RemindedTown, monkeypatch: pytest.MonkeyPatch
) -> None:
    sabine = await town.reader("Sabine", "de")
    with monkeypatch.context() as patch:
        patch.setattr("bot.schedule.put_out_page", lambda *_, **__: 1 / 0)
        await town.at(WEEK_BEFORE)
    assert town.heard(sabine) == []
    await town.tick()
    assert town.heard(sabine) == [("rem.d7", "de")]


async def test_a_tick_waits_for_the_one_before_and_missed_ones_are_one(town: RemindedTown) -> None:
    jobs = town.town.app.schedule._scheduler.get_jobs()
    assert {job.trigger.interval.total_seconds() for job in jobs} == {
        EVERY_SECONDS,
        PAGES_EVERY_SECONDS,
        REMINDERS_EVERY_SECONDS,
        STATION_NEWS_EVERY_SECONDS,
        RETENTION_EVERY_SECONDS,
    }
    for job in jobs:
        assert (job.coalesce, job.max_instances, job.misfire_grace_time) == (True, 1, None)


# What goes by time


async def is_asked_about_needs(town: RemindedTown, chat: Chat) -> None:
    """Answer the questions on work, as somebody who wants to be invited, to the one about needs."""
    await chat.says("/topics")
    for meaning in ("agree", "settled", "field:arbeit"):
        await chat.chooses(meaning)
    await chat.finishes(until="invite")
    await chat.chooses("invite")
    await chat.chooses("needs:arbeit")


async def test_needs_for_a_forum_become_numbers_at_the_first_tick_after_it(town: RemindedTown) -> None:
    sabine = await town.reader("Sabine", "de", comes=True)
    await is_asked_about_needs(town, sabine)
    await sabine.chooses("interpreter")
    await sabine.chooses("_done")
    assert [row["wants_interpreter"] for row in town.town.rows("attendance")] == [True]
    await town.at(OVER - dt.timedelta(minutes=1))
    assert "forum_arbeit" not in {row["topic"] for row in town.town.rows("headcount")}
    await town.at(OVER)
    counted = {(row["topic"], row["what"]): row["count"] for row in town.town.rows("headcount")}
    assert counted["forum_arbeit", "registered"] == counted["forum_arbeit", "interpreter"] == 1
    assert not [row for row in town.town.rows("answer") if row["step"] == "forum_needs"]
    assert [row["wants_interpreter"] for row in town.town.rows("attendance")] == [False]
    await town.at(OVER + dt.timedelta(days=30))
    assert town.town.rows("attendance") == []


async def test_needs_that_are_told_after_the_forum_are_not_kept(town: RemindedTown) -> None:
    sabine = await town.reader("Sabine", "de", comes=True)
    await is_asked_about_needs(town, sabine)
    await town.at(OVER + dt.timedelta(minutes=1))
    await town.at(OVER + dt.timedelta(hours=12))
    await sabine.chooses("interpreter")
    if "_done" in sabine.choices:
        await sabine.chooses("_done")
    await town.at(OVER + dt.timedelta(days=1))
    assert not [row for row in town.town.rows("answer") if row["step"] == "forum_needs"]


async def test_the_next_message_is_the_next_that_somebody_gets(town: RemindedTown) -> None:
    app = town.town.app
    assert await app.next_message_at() is None, "nobody wants anything yet"
    await town.reader("Sabine", "de", COUNCIL)
    assert await app.next_message_at() == on("2027-11-17", "17:00")
    await town.reader("Omar", "ar")
    assert await app.next_message_at() == WEEK_BEFORE
    await town.at(WEEK_BEFORE)
    assert await app.next_message_at() == DAY_BEFORE
    await town.at(HOURS_BEFORE - dt.timedelta(hours=1))
    assert await app.next_message_at() == THANKS, "nobody comes, so nobody is told two hours before"


async def test_the_end_of_a_forum_that_moves_moves_its_thanks(town: RemindedTown) -> None:
    sabine = await town.reader("Sabine", "de")
    await town.at(on("2027-09-16", "12:00"))
    await town.change(meeting=replace(meeting("2027-09-16"), ends=on("2027-09-17", "00:30")))
    await town.at(THANKS)
    assert town.heard(sabine) == []
    await town.at(on("2027-09-20", "10:00"))
    assert town.heard(sabine) == [("rem.after", "de")]
