"""Days and times as staff write them, in the time zone of the programme.

Read are `07.09.2027 18:00` and the ISO form `2027-09-07T18:00`, also with an offset (`+02:00`).
Twice a year the clock changes: an hour that does not exist is refused, and of one that exists twice
it is asked which. Must not know the clock: whether a day is past is decided elsewhere.
"""

from __future__ import annotations

import datetime as dt
import re

_GERMAN = re.compile(
    r"(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4})[,\s]+(\d{1,2})[:.](\d{2})(?:\s*Uhr)?", re.IGNORECASE
)
_GERMAN_DAY = re.compile(r"(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4})")
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2})?(?:Z|[+-]\d{2}:\d{2})?")
#: Years outside are slips: no meeting is planned for them, and calendars end somewhere.
YEARS = range(2000, 2100)
_TIME = re.compile(r"(\d{1,2})[:.](\d{2})(?:\s*Uhr)?", re.IGNORECASE)


class MomentError(ValueError):
    """Words that name no moment."""


class NoSuchDateError(MomentError):
    """Not a day and a time, or one that the calendar does not have."""


class NoSuchDayError(MomentError):
    """Not a day, or one that the calendar does not have."""


class NoSuchTimeError(MomentError):
    """Not a time of the day."""


class OddYearError(MomentError):
    """A year in which nobody plans a meeting: a slip."""

    def __init__(self, year: int) -> None:
        super().__init__(f"the year {year} cannot be right")
        self.year = year


class SkippedHourError(MomentError):
    """The clock is put forward over this hour: it does not exist."""

    def __init__(self, wall: dt.datetime) -> None:
        super().__init__(f"{wall:%d.%m.%Y %H:%M} does not exist")
        self.wall = wall


class RepeatedHourError(MomentError):
    """The clock is put back over this hour: it exists twice, before and after."""

    def __init__(self, first: dt.datetime, second: dt.datetime) -> None:
        super().__init__(f"{first:%d.%m.%Y %H:%M} exists twice")
        self.first = first
        self.second = second


def parse_moment(words: str, zone: dt.tzinfo) -> dt.datetime:
    """Read a day and a time. Raises: NoSuchDateError, OddYearError, SkippedHourError, RepeatedHourError.

    >>> parse_moment("7.9.2027 18:00", dt.UTC).isoformat()
    '2027-09-07T18:00:00+00:00'
    """
    read = _read_moment(words.strip(), zone)
    if read.year not in YEARS:
        raise OddYearError(read.year)
    return read


def _read_moment(words: str, zone: dt.tzinfo) -> dt.datetime:
    try:
        if found := _GERMAN.fullmatch(words):
            day, month, year, hour, minute = map(int, found.groups())
            return settle_wall_time(dt.datetime(year, month, day, hour, minute), zone)  # noqa: DTZ001  the zone comes next
        if _ISO.fullmatch(words):
            read = dt.datetime.fromisoformat(words.replace("Z", "+00:00"))
            return settle_wall_time(read, zone) if read.tzinfo is None else read.astimezone(zone)
    except (ValueError, OverflowError) as error:
        if isinstance(error, MomentError):
            raise
        raise NoSuchDateError(words) from None
    raise NoSuchDateError(words)


def parse_day(words: str) -> dt.date:
    """Read a day. Raises: NoSuchDayError, OddYearError."""
    words = words.strip()
    try:
        if found := _GERMAN_DAY.fullmatch(words):
            day, month, year = map(int, found.groups())
            read = dt.date(year, month, day)
        else:
            read = dt.date.fromisoformat(words)
    except ValueError:
        raise NoSuchDayError(words) from None
    if read.year not in YEARS:
        raise OddYearError(read.year)
    return read


def parse_end(words: str, starts: dt.datetime) -> dt.datetime:
    """Read the end of a meeting: a time of the same day, or a day and a time.

    Raises: NoSuchDateError, NoSuchTimeError, SkippedHourError, RepeatedHourError.
    """
    if starts.tzinfo is None:
        raise ValueError("the beginning has no time zone")
    if found := _TIME.fullmatch(words.strip()):
        hour, minute = map(int, found.groups())
        try:
            wall = dt.datetime.combine(starts.date(), dt.time(hour, minute))
        except ValueError:
            raise NoSuchTimeError(words) from None
        return settle_wall_time(wall, starts.tzinfo)
    return parse_moment(words, starts.tzinfo)


def settle_wall_time(wall: dt.datetime, zone: dt.tzinfo) -> dt.datetime:
    """Give a wall time its time zone. Raises: SkippedHourError, RepeatedHourError."""
    first, second = wall.replace(tzinfo=zone, fold=0), wall.replace(tzinfo=zone, fold=1)
    if first.astimezone(dt.UTC).astimezone(zone).replace(tzinfo=None) != wall:
        raise SkippedHourError(wall)
    if first.utcoffset() != second.utcoffset():
        raise RepeatedHourError(first, second)
    return first
