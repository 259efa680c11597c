"""ISO weeks: how fine the time of an answer is kept, so that it cannot be matched with a day."""

from __future__ import annotations

import datetime as dt


def iso_week(day: dt.date) -> str:
    """Name the ISO week of a day.

    >>> iso_week(dt.date(2027, 8, 18))
    '2027-W33'
    """
    year, week, _ = day.isocalendar()
    return f"{year:04}-W{week:02}"


def monday_of(week: str) -> dt.date:
    """Find the first day of an ISO week. Raises: ValueError.

    >>> monday_of("2027-W33").isoformat()
    '2027-08-16'
    """
    return dt.datetime.strptime(f"{week}-1", "%G-W%V-%u").replace(tzinfo=dt.UTC).date()


def last_sunday(day: dt.date) -> dt.date:
    """Find the end of the last whole ISO week, the day itself included.

    >>> last_sunday(dt.date(2027, 8, 21)).isoformat(), last_sunday(dt.date(2027, 8, 22)).isoformat()
    ('2027-08-15', '2027-08-22')
    """
    return day - dt.timedelta(days=day.isoweekday() % 7)
