"""Days and times as staff write them; the hour that does not exist, and the one that exists twice."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conversations.moments import (
    MomentError,
    NoSuchDateError,
    NoSuchDayError,
    NoSuchTimeError,
    OddYearError,
    RepeatedHourError,
    SkippedHourError,
    parse_day,
    parse_end,
    parse_moment,
    settle_wall_time,
)
from tests.support.meetings import BERLIN, on

EVENING = on("2027-09-07", "18:00")
LIGHTLY = settings(derandomize=True, deadline=None, max_examples=300, database=None)
#: All hours of three years, many around the nights in which the clock changes.
WALL_TIMES = st.datetimes(dt.datetime(2026, 1, 1), dt.datetime(2028, 12, 31)) | st.builds(  # noqa: DTZ001  as staff write them
    lambda day, minutes: day + dt.timedelta(minutes=minutes),
    st.sampled_from([dt.datetime(2027, 3, 28), dt.datetime(2027, 10, 31)]),  # noqa: DTZ001
    st.integers(0, 300),
)
#: Words that look like dates, and words that do not.
NONSENSE = st.one_of(
    st.text(max_size=30),
    st.text("0123456789.:-+TZ, Uhr٧७", max_size=25),
    st.from_regex(r"\A\d{1,4}[.-]\d{1,4}[.-]\d{1,4}[T ,]+\d{1,4}[:.]\d{1,4}(Z|[+-]\d\d:\d\d| Uhr)?\Z"),
    st.from_regex(r"\A(0001|9999)-\d\d-\d\dT\d\d:\d\d(Z|[+-]\d\d:\d\d)?\Z"),
    st.from_regex(r"\A\d{1,2}\.\d{1,2}\.(0001|9999) \d{1,2}:\d{2}\Z"),
    st.from_regex(r"\A\d{1,2}[:.]\d{2}( Uhr)?\Z"),
)


@pytest.mark.parametrize(
    "words",
    [
        "07.09.2027 18:00",
        "7.9.2027 18:00",
        "7.9.2027 18.00",
        "7. 9. 2027 18:00",
        "07.09.2027, 18:00",
        "07.09.2027 18:00 Uhr",
        "07.09.2027, 18.00 uhr",
        "  07.09.2027   18:00  ",
        "07.09.2027\n18:00",
        "2027-09-07T18:00",
        "2027-09-07 18:00",
        "2027-09-07T18:00:00",
        "2027-09-07T18:00+02:00",
        "2027-09-07T16:00Z",
        "2027-09-07T16:00:00+00:00",
        "2027-09-08T01:00+09:00",
    ],
)
def test_a_day_and_a_time_can_be_written_in_every_usual_form(words: str) -> None:
    found = parse_moment(words, BERLIN)
    assert found == EVENING
    assert found.tzinfo is BERLIN


@pytest.mark.parametrize(
    "words",
    [
        "",
        "   ",
        "morgen um 18 Uhr",
        "07.09.2027",
        "18:00",
        "7.9.27 18:00",
        "7.9.2027 18",
        "7.9.2027 18:0",
        "31.09.2027 18:00",
        "29.02.2027 18:00",
        "00.09.2027 18:00",
        "07.13.2027 18:00",
        "07.09.0000 18:00",
        "07.09.2027 24:00",
        "07.09.2027 18:60",
        "07.09.2027 18:00 20:30",
        "07.09.2027 18:00 Ihr",
        "7/9/2027 18:00",
        "2027-09-07",
        "2027-9-7 18:00",
        "2027-W36-2T18:00",
        "20270907T1800",
        "2027-09-07T18:00+99:00",
        "2027-09-07T18:00 Uhr",
        "0001-01-01T00:00+14:00",
        "9999-12-31T23:59-14:00",
        "<b>07.09.2027 18:00</b>",
    ],
)
def test_what_names_no_moment_is_refused_with_the_words(words: str) -> None:
    with pytest.raises(NoSuchDateError) as refused:
        parse_moment(words, BERLIN)
    assert str(refused.value) == words.strip()


@pytest.mark.parametrize(
    ("words", "year"),
    [
        ("01.01.0001 12:00", 1),
        ("31.12.1999 23:59", 1999),
        ("01.01.2100 00:00", 2100),
        ("16.09.20271 18:00", None),
        ("7127-09-07T18:00", 7127),
    ],
)
def test_a_year_that_cannot_be_meant_is_named(words: str, year: int | None) -> None:
    with pytest.raises(NoSuchDateError if year is None else OddYearError) as refused:
        parse_moment(words, BERLIN)
    assert isinstance(refused.value, MomentError)
    assert str(year or words) in str(refused.value)
    if year is not None:
        with pytest.raises(OddYearError):
            parse_day(words[:10])
        with pytest.raises(OddYearError):
            parse_end(words, EVENING)


@pytest.mark.parametrize("words", ["01.01.2000 00:00", "31.12.2099 23:59"])
def test_any_year_of_this_century_can_be_written(words: str) -> None:
    assert f"{parse_moment(words, BERLIN):%d.%m.%Y %H:%M}" == words


@pytest.mark.parametrize("time", ["02:00", "02:30", "02:59"])
@pytest.mark.parametrize("form", ["28.03.2027 {}", "2027-03-28T{}"])
def test_the_hour_that_does_not_exist_is_refused(time: str, form: str) -> None:
    with pytest.raises(SkippedHourError) as refused:
        parse_moment(form.format(time), BERLIN)
    assert f"{refused.value.wall:%d.%m.%Y %H:%M}" == f"28.03.2027 {time}"
    assert isinstance(refused.value, MomentError)


@pytest.mark.parametrize("time", ["02:00", "02:30", "02:59"])
@pytest.mark.parametrize("form", ["31.10.2027 {}", "2027-10-31T{}"])
def test_of_the_hour_that_exists_twice_it_is_asked_which(time: str, form: str) -> None:
    with pytest.raises(RepeatedHourError) as asked:
        parse_moment(form.format(time), BERLIN)
    first, second = asked.value.first, asked.value.second
    assert (first.isoformat(), second.isoformat()) == (
        f"2027-10-31T{time}:00+02:00",
        f"2027-10-31T{time}:00+01:00",
    )
    for choice in (first, second):
        found = parse_moment(choice.isoformat(timespec="minutes"), BERLIN)
        assert found.isoformat() == choice.isoformat(), "what the question offers can be answered"


@pytest.mark.parametrize(
    "words", ["28.03.2027 01:59", "28.03.2027 03:00", "31.10.2027 01:59", "31.10.2027 03:00"]
)
def test_the_minutes_around_a_change_of_the_clock_are_ordinary(words: str) -> None:
    assert f"{parse_moment(words, BERLIN):%d.%m.%Y %H:%M}" == words


@LIGHTLY
@given(
    WALL_TIMES, st.sampled_from(["%d.%m.%Y %H:%M", "%d.%m.%Y, %H.%M Uhr", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"])
)
def test_what_is_written_is_what_the_clock_on_the_wall_shows(wall: dt.datetime, form: str) -> None:
    written = wall.strftime(form)
    try:
        found = parse_moment(written, BERLIN)
    except SkippedHourError as error:
        found = error.wall.replace(tzinfo=dt.UTC)
        is_that_night = (found.month, found.hour, found.weekday()) == (3, 2, 6)
    except RepeatedHourError as error:
        found = error.first
        is_that_night = error.second.astimezone(dt.UTC) - found.astimezone(dt.UTC) == dt.timedelta(hours=1)
    else:
        is_that_night = True
        found = found.astimezone(dt.UTC).astimezone(BERLIN)
    assert is_that_night
    assert found.strftime(form) == written


@LIGHTLY
@given(st.datetimes(dt.datetime(2027, 1, 1), dt.datetime(2027, 12, 31), timezones=st.just(dt.UTC)))  # noqa: DTZ001
def test_every_instant_can_be_written_with_its_offset(instant: dt.datetime) -> None:
    there = instant.replace(second=0, microsecond=0).astimezone(BERLIN)
    found = parse_moment(there.isoformat(timespec="minutes"), BERLIN)
    assert found.astimezone(dt.UTC) == there.astimezone(dt.UTC)
    assert found.utcoffset() == there.utcoffset()


@LIGHTLY
@given(NONSENSE)
def test_whatever_is_written_is_a_moment_or_refused_in_one_way(words: str) -> None:
    try:
        found = parse_moment(words, BERLIN)
    except MomentError:
        return
    assert found.tzinfo is BERLIN


# Days


@pytest.mark.parametrize(
    "words", ["07.09.2027", "7.9.2027", "7. 9. 2027", "2027-09-07", "20270907", " 07.09.2027 "]
)
def test_a_day_can_be_written_in_every_usual_form(words: str) -> None:
    assert parse_day(words) == dt.date(2027, 9, 7)


@pytest.mark.parametrize(
    "words",
    [
        "",
        "heute",
        "7.9.27",
        "7.9.",
        "31.09.2027",
        "07.09.2027 18:00",
        "2027-09-07T18:00",
        "0.0.0000",
        "2027-13-01",
    ],
)
def test_what_names_no_day_is_refused_with_the_words(words: str) -> None:
    with pytest.raises(NoSuchDayError) as refused:
        parse_day(f" {words}")
    assert str(refused.value) == words
    assert isinstance(refused.value, MomentError)


@LIGHTLY
@given(NONSENSE)
def test_whatever_is_written_is_a_day_or_refused_in_one_way(words: str) -> None:
    try:
        found = parse_day(words)
    except MomentError:
        return
    assert type(found) is dt.date


# The end of a meeting


@pytest.mark.parametrize(
    ("words", "ends"),
    [
        ("20:30", on("2027-09-07", "20:30")),
        ("20.30", on("2027-09-07", "20:30")),
        ("20:30 Uhr", on("2027-09-07", "20:30")),
        (" 9:05 ", on("2027-09-07", "09:05")),
        ("08.09.2027 01:00", on("2027-09-08", "01:00")),
        ("2027-09-08T01:00", on("2027-09-08", "01:00")),
        ("2027-09-07T18:30Z", on("2027-09-07", "20:30")),
    ],
)
def test_an_end_is_a_time_of_the_same_day_or_a_day_and_a_time(words: str, ends: dt.datetime) -> None:
    found = parse_end(words, EVENING)
    assert found == ends
    assert found.tzinfo is BERLIN


@pytest.mark.parametrize("words", ["", "20", "halb neun", "20:30 bis 21:00", "2027-09-08"])
def test_what_names_no_end_is_refused(words: str) -> None:
    with pytest.raises(NoSuchDateError):
        parse_end(words, EVENING)


@pytest.mark.parametrize("words", ["24:00", "20:60", "99.99 Uhr"])
def test_a_time_that_no_day_has_is_refused(words: str) -> None:
    with pytest.raises(NoSuchTimeError) as refused:
        parse_end(words, EVENING)
    assert isinstance(refused.value, MomentError)


def test_an_end_in_the_hour_of_a_change_is_refused_or_asked_about() -> None:
    with pytest.raises(SkippedHourError):
        parse_end("02:30", on("2027-03-28", "00:30"))
    with pytest.raises(RepeatedHourError):
        parse_end("02:30", on("2027-10-31", "00:30"))


def test_an_end_needs_a_beginning_in_a_time_zone() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        parse_end("20:30", EVENING.replace(tzinfo=None))


@LIGHTLY
@given(NONSENSE)
def test_whatever_is_written_is_an_end_or_refused_in_one_way(words: str) -> None:
    try:
        found = parse_end(words, EVENING)
    except MomentError:
        return
    assert found.tzinfo is BERLIN


# Other zones


def test_a_zone_without_changes_of_the_clock_refuses_nothing() -> None:
    wall = dt.datetime(2027, 3, 28, 2, 30)  # noqa: DTZ001
    assert settle_wall_time(wall, dt.UTC) == wall.replace(tzinfo=dt.UTC)
