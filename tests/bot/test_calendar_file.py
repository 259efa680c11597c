"""Calendar files: what a phone gets, read back with another library than the one that wrote them."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
import vobject
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.calendar_file import calendar_file_name, write_calendar
from conversations.programme import Cancellation, Council, Event, Forum, Meeting, Reason

BERLIN = ZoneInfo("Europe/Berlin")
NOW = dt.datetime(2027, 8, 1, 12, 30, tzinfo=BERLIN)
STARTS = dt.datetime(2027, 9, 16, 18, 0, tzinfo=BERLIN)
MEETING = Meeting(STARTS, "Stadthalle Göppingen", STARTS.replace(hour=20, minute=30), "Blumenstraße 41")
#: Letters of all scripts with everything that iCalendar escapes or folds. Not “\N”, which the library
#: takes for a line break.
WORDS = st.lists(
    st.one_of(
        st.sampled_from(
            [",", ";", ":", "\\", '"', "\n", " ", "\t", "ä", "ß", "العربية", "👩‍👧", "END:VEVENT"]
        ),
        st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=30),
    ),
    max_size=12,
).map(lambda parts: "".join(parts).replace("\\N", "\\n"))


def write(
    event: Event,
    topic: str = "forum_arbeit",
    summary: str = "Fachforum Arbeit",
    description: str = "",
    url: str = "",
    now: dt.datetime = NOW,
) -> bytes:
    return write_calendar(
        topic, event, summary=summary, description=description, url=url, host="goeppingen.example", now=now
    )


def read(raw: bytes) -> vobject.base.Component:
    """Read the one event of a file with a second library."""
    calendar = vobject.readOne(raw.decode("utf-8"))
    assert calendar.method.value == "PUBLISH"
    assert len(calendar.vevent_list) == 1
    return calendar.vevent


def test_a_forum_in_a_file() -> None:
    raw = write(
        Forum(MEETING),
        description="Wir sprechen über Arbeit.\nKommen Sie, bringen Sie Fragen mit; es gibt Tee.",
        url="https://www.goeppingen.example/forum?a=1,2;3",
    )

    assert raw.decode("utf-8").split("\r\n") == [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Mitreden//Mitreden//DE",
        "METHOD:PUBLISH",
        "BEGIN:VEVENT",
        "SUMMARY:Fachforum Arbeit",
        "DTSTART:20270916T160000Z",
        "DTEND:20270916T183000Z",
        "DTSTAMP:20270801T103000Z",
        "UID:forum_arbeit@goeppingen.example",
        "SEQUENCE:0",
        "DESCRIPTION:Wir sprechen über Arbeit.\\nKommen Sie\\, bringen Sie Fragen mi",
        " t\\; es gibt Tee.",
        "LAST-MODIFIED:20270801T103000Z",
        "LOCATION:Stadthalle Göppingen\\, Blumenstraße 41",
        "STATUS:CONFIRMED",
        "TRANSP:OPAQUE",
        "URL:https://www.goeppingen.example/forum?a=1,2;3",
        "END:VEVENT",
        "END:VCALENDAR",
        "",
    ]


def test_another_library_reads_the_same() -> None:
    event = read(
        write(Forum(MEETING), description="Erste Zeile\nzweite, mit Komma", url="https://a.example/x")
    )

    assert event.summary.value == "Fachforum Arbeit"
    assert event.description.value == "Erste Zeile\nzweite, mit Komma"
    assert event.location.value == "Stadthalle Göppingen, Blumenstraße 41"
    assert event.dtstart.value == MEETING.starts
    assert event.dtend.value == MEETING.ends
    assert event.dtstamp.value == event.last_modified.value == NOW
    assert event.url.value == "https://a.example/x"


def test_a_moved_forum_takes_the_place_of_the_earlier_file() -> None:
    before = read(write(Forum(MEETING)))
    later = Meeting(STARTS + dt.timedelta(days=7), "Rathaus")
    after = read(write(Forum(later, revision=2), now=NOW + dt.timedelta(days=1)))

    assert before.uid.value == after.uid.value == "forum_arbeit@goeppingen.example"
    assert (before.sequence.value, after.sequence.value) == ("0", "1")
    assert after.dtstamp.value - before.dtstamp.value == dt.timedelta(days=1)
    assert after.location.value == "Rathaus"
    assert after.dtstart.value - before.dtstart.value == dt.timedelta(days=7)


def test_a_cancelled_forum_stays_in_the_calendar_as_cancelled() -> None:
    event = read(write(Forum(MEETING, revision=3, cancellation=Cancellation(Reason.ROOM))))

    assert event.status.value == "CANCELLED"
    assert event.sequence.value == "2"
    assert event.dtstart.value == STARTS


def test_the_council_has_a_file_too() -> None:
    event = read(
        write(Council(Meeting(STARTS, "Rathaus"), revision=4), topic="council", summary="Gemeinderat")
    )

    assert event.uid.value == "council@goeppingen.example"
    assert event.status.value == "CONFIRMED"
    assert event.sequence.value == "3"


@pytest.mark.parametrize("event", [Forum(), Council(), Forum(cancellation=Cancellation())])
def test_an_open_date_has_no_file(event: Event) -> None:
    with pytest.raises(LookupError):
        write(event)


def test_nothing_is_said_that_is_not_known() -> None:
    raw = write(Forum(MEETING))

    assert b"DESCRIPTION" not in raw
    assert b"URL" not in raw
    assert b"ORGANIZER" not in raw


@pytest.mark.parametrize(
    ("starts", "ends", "in_utc"),
    [
        ("2027-03-27T18:00+01:00", "2027-03-27T20:00+01:00", "20270327T170000Z 20270327T190000Z"),
        ("2027-03-28T01:30+01:00", "2027-03-28T03:30+02:00", "20270328T003000Z 20270328T013000Z"),
        ("2027-03-28T18:00+02:00", "2027-03-28T20:00+02:00", "20270328T160000Z 20270328T180000Z"),
        ("2027-10-30T18:00+02:00", "2027-10-30T20:00+02:00", "20271030T160000Z 20271030T180000Z"),
        ("2027-10-31T02:30+02:00", "2027-10-31T02:30+01:00", "20271031T003000Z 20271031T013000Z"),
        ("2027-10-31T18:00+01:00", "2027-10-31T20:00+01:00", "20271031T170000Z 20271031T190000Z"),
        ("2027-10-31T01:00+02:00", None, "20271030T230000Z 20271031T020000Z"),
        ("2027-03-28T01:00+01:00", None, "20270328T000000Z 20270328T030000Z"),
    ],
)
def test_times_hold_over_both_changes_of_the_clock(starts: str, ends: str | None, in_utc: str) -> None:
    meeting = Meeting(
        dt.datetime.fromisoformat(starts).astimezone(BERLIN),
        "Rathaus",
        dt.datetime.fromisoformat(ends).astimezone(BERLIN) if ends else None,
    )
    lines = write(Forum(meeting)).decode().split("\r\n")

    start, end = in_utc.split()
    assert f"DTSTART:{start}" in lines
    assert f"DTEND:{end}" in lines


def test_arabic_is_folded_between_letters() -> None:
    summary = "منتدى العمل في مدينة غوبنغن، " * 8
    raw = write(Forum(MEETING), summary=summary, description=f"{summary}\n\u2068Göppingen\u2069")

    assert read(raw).summary.value == summary
    assert read(raw).description.value == f"{summary}\n\u2068Göppingen\u2069"
    assert_well_formed(raw)


def assert_well_formed(raw: bytes) -> None:
    """Check the lines themselves (RFC 5545 §3.1): CRLF, at most 75 octets, whole letters, no controls."""
    assert raw.endswith(b"END:VCALENDAR\r\n")
    lines = raw.removesuffix(b"\r\n").split(b"\r\n")
    for line in lines:
        assert 0 < len(line) <= 75
        assert not any(sign < 0x20 and sign != 0x09 for sign in line)
        line.decode("utf-8")
    assert [line for line in lines if line.startswith((b"BEGIN:", b"END:"))] == [
        b"BEGIN:VCALENDAR",
        b"BEGIN:VEVENT",
        b"END:VEVENT",
        b"END:VCALENDAR",
    ]


@settings(deadline=None)
@given(summary=WORDS, place=WORDS, description=WORDS)
@example(summary="Forum\nEND:VEVENT\nBEGIN:VEVENT", place="a" * 76, description="ä" * 200)
@example(summary="\\n \\, \\;", place='"Adler", Saal; 1. Stock', description="\\" * 80)
def test_every_text_comes_back(summary: str, place: str, description: str) -> None:
    raw = write(Forum(Meeting(STARTS, place)), summary=summary, description=description)

    assert_well_formed(raw)
    event = read(raw)
    assert event.summary.value == summary
    assert event.location.value == place
    if description:
        assert event.description.value == description


@settings(deadline=None)
@given(st.text(), st.text())
@example("\ud800", "\x00\r\r\n\x85\x7f")
def test_no_text_breaks_the_file(summary: str, place: str) -> None:
    raw = write(Forum(Meeting(STARTS, place)), summary=summary)

    assert_well_formed(raw)
    assert read(raw).uid.value == "forum_arbeit@goeppingen.example"


def test_files_are_called_as_people_call_the_events() -> None:
    assert calendar_file_name("forum_arbeit") == "fachforum-arbeit.ics"
    assert calendar_file_name("council") == "gemeinderat.ics"
    for topic in ("results", "plan_draft", "forum_", ""):
        with pytest.raises(LookupError):
            calendar_file_name(topic)
