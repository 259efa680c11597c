"""The programme is written as JSON and read again, also what an older version has written."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conversations.programme import Cancellation, Council, Event, Forum, Meeting, Reason, Support
from conversations.programme_json import (
    event_from_json,
    event_to_json,
    known_from_json,
    known_to_json,
    meetings_from_json,
    meetings_to_json,
)
from conversations.reminders import Known
from tests.support.meetings import BERLIN, meeting, on

FORUM, COUNCIL = "forum_arbeit", "council"
LIGHTLY = settings(derandomize=True, deadline=None, max_examples=200, database=None)
WORDS = st.text(max_size=30)
DAYS = st.none() | st.dates()
#: Every minute of some years, the hour that exists twice included.
MOMENTS = (
    st.datetimes(dt.datetime(2026, 1, 1), dt.datetime(2029, 1, 1), timezones=st.just(dt.UTC))  # noqa: DTZ001
    | st.integers(0, 180).map(
        lambda minutes: dt.datetime(2027, 10, 31, tzinfo=dt.UTC) + dt.timedelta(minutes=minutes)
    )
).map(lambda moment: moment.astimezone(BERLIN))
MEETINGS = st.builds(Meeting, MOMENTS, WORDS, st.none() | MOMENTS, WORDS)
CANCELLATIONS = st.builds(Cancellation, st.none() | st.sampled_from(Reason), st.booleans())
FORUMS = st.builds(
    Forum,
    st.none() | MEETINGS,
    st.integers(1, 10**6),
    cancellation=st.none() | CANCELLATIONS,
    support=st.builds(Support, st.booleans(), st.booleans(), st.lists(WORDS, max_size=3).map(tuple)),
    seats=st.none() | st.integers(1, 10_000),
    map_url=WORDS,
    report_url=WORDS,
    opens=DAYS,
    closes=DAYS,
)
COUNCILS = st.builds(
    Council,
    st.none() | MEETINGS,
    st.integers(1, 10**6),
    agenda_url=WORDS,
    has_question_time=st.booleans(),
    draft_day=DAYS,
    decided_day=DAYS,
)
KNOWN: st.SearchStrategy[list[Known]] = st.lists(
    st.sampled_from(["open", "cancelled"]) | MEETINGS, max_size=4
)


def instants(planned: Meeting | None) -> list[str]:
    """Write the times of a meeting as instants: two of one zone are else compared by what clocks show."""
    moments = [] if planned is None else [planned.starts, planned.ends]
    return ["" if moment is None else moment.astimezone(dt.UTC).isoformat() for moment in moments]


@LIGHTLY
@given(FORUMS)
def test_a_forum_comes_back_as_it_was_written(forum: Forum) -> None:
    written = event_to_json(forum)
    read = event_from_json(FORUM, written, BERLIN)
    assert read == forum
    assert instants(read.meeting) == instants(forum.meeting), "also in the hour that exists twice"
    assert event_to_json(read) == written


@LIGHTLY
@given(COUNCILS)
def test_the_council_comes_back_as_it_was_written(council: Council) -> None:
    written = event_to_json(council)
    read = event_from_json(COUNCIL, written, BERLIN)
    assert read == council
    assert instants(read.meeting) == instants(council.meeting)
    assert event_to_json(read) == written


@LIGHTLY
@given(KNOWN)
def test_what_people_know_comes_back_as_it_was_written(known: list[Known]) -> None:
    assert known_from_json(known_to_json(known), BERLIN) == tuple(known)


@LIGHTLY
@given(st.lists(MEETINGS, max_size=3))
def test_meetings_that_are_no_longer_valid_come_back_as_they_were_written(meetings: list[Meeting]) -> None:
    assert meetings_from_json(meetings_to_json(meetings), BERLIN) == tuple(meetings)


def test_two_different_forums_are_never_written_alike() -> None:
    plain = Forum(meeting("2027-09-16"))
    changes: list[dict[str, object]] = [
        {"meeting": None},
        {"meeting": meeting("2027-09-17")},
        {"meeting": meeting("2027-09-16", "18:30")},
        {"meeting": meeting("2027-09-16", end=None)},
        {"meeting": meeting("2027-09-16", place="Rathaus")},
        {"meeting": meeting("2027-09-16", address="")},
        {"revision": 2},
        {"cancellation": Cancellation()},
        {"cancellation": Cancellation(new_date_wanted=False)},
        {"cancellation": Cancellation(Reason.FEW)},
        {"support": Support(childcare=True)},
        {"support": Support(step_free=True)},
        {"support": Support(interpreting=("ar",))},
        {"seats": 1},
        {"map_url": "https://example.org"},
        {"report_url": "https://example.org"},
        {"opens": dt.date(2027, 8, 1)},
        {"closes": dt.date(2027, 8, 1)},
    ]
    forums = [plain, *(replace(plain, **change) for change in changes)]  # type: ignore[arg-type]
    assert len({event_to_json(forum) for forum in forums}) == len(forums)


def test_how_many_come_is_counted_and_not_written() -> None:
    forum = Forum(meeting("2027-09-16"), seats=60)
    assert event_to_json(replace(forum, taken=59)) == event_to_json(forum)


def test_times_are_read_into_the_zone_of_the_programme() -> None:
    written = event_to_json(Council(meeting("2027-11-18", "17:00", None)))
    assert "2027-11-18T17:00:00+01:00" in written
    elsewhere = written.replace("T17:00:00+01:00", "T16:00:00+00:00")
    read = event_from_json(COUNCIL, elsewhere, BERLIN)
    assert read.meeting is not None
    assert read.meeting.starts.tzinfo is BERLIN
    assert read.meeting.starts.isoformat() == "2027-11-18T17:00:00+01:00"


# What stands in the database of a town that was set up long ago

MEETING_OF_OLD = {
    "starts": "2027-09-16T18:00:00+02:00",
    "ends": "2027-09-16T20:30:00+02:00",
    "place": "Stadthalle",
    "address": "Blumenstraße 41",
}


@pytest.mark.parametrize(
    ("topic", "expected"),
    [(FORUM, Forum(meeting("2027-09-16"), 3)), (COUNCIL, Council(meeting("2027-09-16"), 3))],
)
def test_what_an_older_version_did_not_know_has_its_default(topic: str, expected: Event) -> None:
    assert event_from_json(topic, json.dumps({"meeting": MEETING_OF_OLD, "revision": 3}), BERLIN) == expected
    without_date = json.dumps({"meeting": None, "revision": 3})
    assert event_from_json(topic, without_date, BERLIN) == replace(expected, meeting=None)


def test_what_a_newer_version_knows_beside_is_passed_over() -> None:
    written = json.loads(event_to_json(Forum(meeting("2027-09-16")))) | {"livestream": "https://example.org"}
    assert event_from_json(FORUM, json.dumps(written), BERLIN) == Forum(meeting("2027-09-16"))


def test_every_name_that_has_ever_been_written_is_read() -> None:
    forum = {
        "meeting": MEETING_OF_OLD,
        "revision": 2,
        "cancelled": {"reason": "room", "new_date_wanted": False},
        "childcare": True,
        "step_free": True,
        "interpreting": ["ar", "tr"],
        "seats": 60,
        "map_url": "https://example.org/map",
        "report_url": "https://example.org/report",
        "opens": "2027-08-01",
        "closes": "2027-09-30",
    }
    assert event_from_json(FORUM, json.dumps(forum), BERLIN) == Forum(
        meeting("2027-09-16"),
        2,
        Cancellation(Reason.ROOM, new_date_wanted=False),
        Support(childcare=True, step_free=True, interpreting=("ar", "tr")),
        60,
        "https://example.org/map",
        "https://example.org/report",
        dt.date(2027, 8, 1),
        dt.date(2027, 9, 30),
    )
    council = {
        "meeting": MEETING_OF_OLD,
        "revision": 2,
        "agenda_url": "https://example.org/agenda",
        "question_time": True,
        "draft_day": "2027-10-01",
        "decided_day": "2027-11-18",
    }
    assert event_from_json(COUNCIL, json.dumps(council), BERLIN) == Council(
        meeting("2027-09-16"),
        2,
        "https://example.org/agenda",
        has_question_time=True,
        draft_day=dt.date(2027, 10, 1),
        decided_day=dt.date(2027, 11, 18),
    )
    known = json.dumps(["open", "cancelled", MEETING_OF_OLD])
    assert known_from_json(known, BERLIN) == ("open", "cancelled", meeting("2027-09-16"))


def test_every_name_that_is_written_today_is_among_those() -> None:
    full = Forum(meeting("2027-09-16"), cancellation=Cancellation(Reason.ILL))
    assert set(json.loads(event_to_json(full))) == {
        "meeting", "revision", "cancelled", "childcare", "step_free", "interpreting", "seats", "map_url",
        "report_url", "opens", "closes",
    }, "a new name needs a default, and a line in the test above"  # fmt: skip
    assert set(json.loads(event_to_json(Council(meeting("2027-09-16"))))) == {
        "meeting", "revision", "agenda_url", "question_time", "draft_day", "decided_day",
    }  # fmt: skip


def test_german_letters_stay_readable_for_whoever_looks_into_the_database() -> None:
    written = event_to_json(Forum(Meeting(on("2027-09-16", "18:00"), "Großer Saal")))
    assert "Großer Saal" in written
