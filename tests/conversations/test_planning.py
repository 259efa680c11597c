"""What staff are asked before a date is changed: what cannot be, and what may be a slip."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from conversations.planning import (
    IMPOSSIBLE,
    PLACE_MAX_CHARS,
    Doubt,
    Objection,
    find_objections,
    moved,
)
from conversations.programme import Cancellation, Council, Event, Forum, Meeting, Programme
from tests.support.meetings import meeting, on, planned

NOW = on("2027-08-18", "12:30")
ARBEIT, COUNCIL = "forum_arbeit", "council"
#: The forum on work is on 16 September from 18:00 to 20:30, with 60 seats.
PROGRAMME = planned().programme
FORUM = PROGRAMME.forums["arbeit"]


def objections(after: Event, topic: str = ARBEIT, programme: Programme = PROGRAMME) -> list[Objection]:
    return list(find_objections(programme, topic, after, NOW))


def at(day: str, time: str = "18:00", end: str | None = "20:30", **where: str) -> Forum:
    return replace(FORUM, meeting=meeting(day, time, end, **where))


@pytest.mark.parametrize(
    "after",
    [
        FORUM,
        at("2027-10-05"),
        replace(FORUM, meeting=None),
        replace(FORUM, cancellation=Cancellation()),
        replace(FORUM, report_url="https://example.org", map_url="https://example.org"),
        replace(FORUM, opens=dt.date(2027, 8, 1), closes=dt.date(2027, 8, 1)),
        replace(FORUM, opens=dt.date(2027, 8, 1)),
        replace(FORUM, seats=1),
        replace(FORUM, map_url="", meeting=meeting("2027-09-16", place="Rathaus")),
        at("2027-10-05", place="2b"),
        at("2027-10-05", place="ق" * PLACE_MAX_CHARS, address="x" * PLACE_MAX_CHARS),
    ],
)
def test_an_ordinary_change_is_not_asked_about(after: Forum) -> None:
    assert objections(after) == []


@pytest.mark.parametrize("starts", [NOW, NOW - dt.timedelta(days=1), NOW.replace(year=2026)])
def test_a_date_that_is_past_cannot_be(starts: dt.datetime) -> None:
    assert objections(replace(FORUM, meeting=Meeting(starts, "Stadthalle"))) == [Objection(Doubt.PAST)]


def test_a_date_a_minute_ahead_can_be() -> None:
    soon = Meeting(NOW + dt.timedelta(minutes=1), "Stadthalle")
    assert objections(replace(FORUM, meeting=soon)) == []


def test_a_forum_that_is_over_can_still_get_its_report() -> None:
    over = Forum(meeting("2027-08-10"))
    programme = Programme({"arbeit": over})
    assert objections(replace(over, report_url="https://example.org"), programme=programme) == []


def test_a_cancelled_forum_is_not_opened_again_on_a_day_that_is_past() -> None:
    cancelled = Forum(meeting("2027-08-10"), cancellation=Cancellation())
    programme = Programme({"arbeit": cancelled})
    assert objections(replace(cancelled, cancellation=None), programme=programme) == [Objection(Doubt.PAST)]


@pytest.mark.parametrize("end", ["18:00", "17:59"])
def test_a_meeting_does_not_end_before_it_begins(end: str) -> None:
    assert objections(at("2027-10-05", "18:00", end)) == [Objection(Doubt.ENDS_BEFORE)]


@pytest.mark.parametrize("place", ["", "  ", "\t", "-", "…", "?!"])
def test_a_meeting_has_a_place(place: str) -> None:
    assert objections(at("2027-10-05", place=place)) == [Objection(Doubt.NO_PLACE)]


def test_a_topic_does_not_close_before_it_opens() -> None:
    after = replace(FORUM, opens=dt.date(2027, 9, 2), closes=dt.date(2027, 9, 1))
    assert objections(after) == [Objection(Doubt.CLOSES_BEFORE)]


@pytest.mark.parametrize(
    ("time", "end", "clashes"),
    [
        ("18:00", "20:30", True),
        ("19:00", "19:30", True),
        ("16:00", "18:01", True),
        ("16:00", "18:00", False),
        ("20:30", "22:00", False),
        ("20:29", None, True),
        ("15:30", None, True),  # without an end it is taken to last three hours
        ("15:00", None, False),
    ],
)
def test_two_meetings_at_the_same_time_are_asked_about(time: str, end: str | None, clashes: bool) -> None:
    found = objections(at("2027-09-14", time, end, place="Rathaus"))
    assert found == ([Objection(Doubt.CLASH, "forum_bildung")] if clashes else [])


def test_a_forum_at_the_time_of_the_council_is_asked_about_and_the_other_way_round() -> None:
    assert objections(at("2027-11-18", "17:30")) == [Objection(Doubt.CLASH, COUNCIL)]
    sitting = Council(meeting("2027-09-16", "17:00", None))
    assert objections(sitting, COUNCIL) == [Objection(Doubt.CLASH, ARBEIT)]


def test_a_clash_that_is_there_already_is_not_asked_about_at_every_other_change() -> None:
    forums = {"arbeit": Forum(meeting("2027-09-16")), "werte": Forum(meeting("2027-09-16"))}
    programme = Programme(forums)
    assert objections(replace(forums["arbeit"], seats=5), programme=programme) == []


def test_what_is_cancelled_or_open_clashes_with_nothing() -> None:
    others = {"bildung": Forum(meeting("2027-09-14"), cancellation=Cancellation()), "werte": Forum()}
    programme = Programme({**others, "arbeit": FORUM})
    assert objections(at("2027-09-14"), programme=programme) == []


def test_reopening_at_the_time_of_another_meeting_is_asked_about() -> None:
    cancelled = Forum(meeting("2027-09-14"), cancellation=Cancellation())
    programme = Programme({"arbeit": cancelled, "bildung": Forum(meeting("2027-09-14"))})
    found = objections(replace(cancelled, cancellation=None), programme=programme)
    assert found == [Objection(Doubt.CLASH, "forum_bildung")]


@pytest.mark.parametrize(("seats", "asks"), [(59, True), (60, False), (61, False), (None, False), (1, True)])
def test_fewer_seats_than_people_who_come_are_asked_about(seats: int | None, asks: bool) -> None:
    booked = replace(FORUM, seats=80, taken=60)
    found = objections(replace(booked, seats=seats), programme=Programme({"arbeit": booked}))
    assert found == ([Objection(Doubt.SEATS)] if asks else [])


def test_a_forum_that_is_booked_beyond_its_seats_is_not_asked_about_again_and_again() -> None:
    overbooked = replace(FORUM, seats=50, taken=60)
    after = replace(overbooked, map_url="https://example.org")
    assert objections(after, programme=Programme({"arbeit": overbooked})) == []


@pytest.mark.parametrize("where", ["place", "address"])
def test_a_place_that_no_screen_could_show_cannot_be(where: str) -> None:
    after = at("2027-10-05", **{where: "x" * (PLACE_MAX_CHARS + 1)})
    assert objections(after) == [Objection(Doubt.TOO_LONG)]


def test_a_decision_of_tomorrow_cannot_be_recorded() -> None:
    council = PROGRAMME.council
    assert objections(replace(council, decided_day=NOW.date()), COUNCIL) == []
    tomorrow = replace(council, decided_day=NOW.date() + dt.timedelta(days=1))
    assert objections(tomorrow, COUNCIL) == [Objection(Doubt.TOO_EARLY)]
    assert objections(replace(council, draft_day=dt.date(2027, 10, 1)), COUNCIL) == [], "it may be announced"


@pytest.mark.parametrize(
    ("changes", "asks"),
    [
        ({"meeting": meeting("2027-09-16", place="Rathaus")}, True),
        ({"meeting": meeting("2027-09-16", address="Hauptstraße 1")}, True),
        ({"meeting": meeting("2027-09-23")}, False),
        ({"meeting": None}, False),
        ({"meeting": meeting("2027-09-16", place="Rathaus"), "map_url": "https://example.org/new"}, False),
        ({"meeting": meeting("2027-09-16", place="Rathaus"), "map_url": ""}, False),
    ],
)
def test_a_map_that_still_leads_to_the_old_place_is_asked_about(
    changes: dict[str, object], asks: bool
) -> None:
    before = replace(FORUM, map_url="https://example.org/old")
    after = replace(before, **changes)  # type: ignore[arg-type]
    found = objections(after, programme=Programme({"arbeit": before}))
    assert found == ([Objection(Doubt.MAP, url="https://example.org/old")] if asks else [])


def test_what_cannot_be_comes_before_what_is_only_asked_about() -> None:
    before = replace(FORUM, taken=2, map_url="https://example.org")
    after = replace(
        before,
        meeting=Meeting(on("2027-08-17", "18:00"), "-", on("2027-08-17", "17:00"), "x" * 201),
        seats=1,
        opens=dt.date(2027, 9, 2),
        closes=dt.date(2027, 9, 1),
    )
    other = Forum(meeting("2027-08-17", "16:00", "19:00"))
    found = objections(after, programme=Programme({"arbeit": before, "werte": other}))
    blocks = [objection.blocks for objection in found]
    assert blocks == sorted(blocks, reverse=True)
    doubts = {objection.doubt for objection in found}
    assert doubts == set(Doubt) - {Doubt.TOO_EARLY}, "everything odd is named at once"
    assert {objection.doubt for objection in found if objection.blocks} == doubts & IMPOSSIBLE


def test_what_can_be_a_slip_is_only_asked_about() -> None:
    assert {doubt for doubt in Doubt if not Objection(doubt).blocks} == {Doubt.CLASH, Doubt.SEATS, Doubt.MAP}


# How long it lasts


@pytest.mark.parametrize(
    ("before", "starts", "ends"),
    [
        (meeting("2027-09-16", "18:00", "20:30"), on("2027-09-23", "17:00"), on("2027-09-23", "19:30")),
        (meeting("2027-09-16", "18:00", "20:30"), on("2027-09-23", "22:30"), on("2027-09-24", "01:00")),
        # Two and a half real hours, also where the clock changes in between.
        (meeting("2027-09-16", "18:00", "20:30"), on("2027-03-28", "00:30"), on("2027-03-28", "04:00")),
        (meeting("2027-09-16", "18:00", "20:30"), on("2027-10-31", "01:00"), on("2027-10-31", "02:30")),
    ],
)
def test_a_meeting_that_moves_lasts_as_long_as_before(
    before: Meeting, starts: dt.datetime, ends: dt.datetime
) -> None:
    found = moved(before, starts)
    assert found is not None
    length = dt.timedelta(hours=2, minutes=30)
    assert found.astimezone(dt.UTC) - starts.astimezone(dt.UTC) == length
    assert found == ends


def test_an_end_that_nobody_has_said_is_not_made_up() -> None:
    assert moved(None, on("2027-09-23", "17:00")) is None
    assert moved(meeting("2027-09-16", "18:00", None), on("2027-09-23", "17:00")) is None
