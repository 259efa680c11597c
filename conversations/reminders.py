"""What is sent about a meeting and when: the rules, as plain values (content design, §7).

All times follow the wall clock of the programme's time zone: "the day before at 17:00" is a calendar
day, also when the clock changes in between. Between 21 and 8 nothing is sent. A reminder that would
no longer be true when it goes out ("in 7 days") expires instead of coming late. This module must not
know people, languages or a database; who gets what is `storage.audience`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from conversations.programme import Event, Forum, Meeting

#: The hours in which nothing is sent, by the wall clock (content design, `sub.limits`).
QUIET_FROM, QUIET_UNTIL = dt.time(21), dt.time(8)

_WEEK_BEFORE_AT, _DAY_BEFORE_AT, _THANKS_AT = dt.time(10), dt.time(17), dt.time(10)
_TWO_HOURS = dt.timedelta(hours=2)
#: So near to the beginning, "in about two hours" is no longer true.
_HOURS_BEFORE_EXPIRES = dt.timedelta(hours=1)
#: What is said afterwards is still true, but of no use, after so long.
_AFTERWARDS_KEPT = dt.timedelta(days=14)
_SATURDAY = 5


class ReminderKind(StrEnum):
    """What is said about a meeting. The values are stored: never change one."""

    DATE_SET = "date-set"
    CHANGED = "changed"
    CANCELLED = "cancelled"
    WEEK_BEFORE = "week-before"
    DAY_BEFORE = "day-before"
    HOURS_BEFORE = "hours-before"
    THANKS = "thanks"
    REPORT = "report"
    REPORT_TO_OTHERS = "report-others"


#: What says that a date is new, another, or gone. It goes out as soon as it may.
ANNOUNCING = frozenset({ReminderKind.DATE_SET, ReminderKind.CHANGED, ReminderKind.CANCELLED})
#: What follows from the date of a meeting alone.
TIMED = frozenset(
    {
        ReminderKind.WEEK_BEFORE,
        ReminderKind.DAY_BEFORE,
        ReminderKind.HOURS_BEFORE,
        ReminderKind.THANKS,
    }
)
#: What goes to people who cannot come as well.
FOR_EVERYBODY = ANNOUNCING | {ReminderKind.REPORT_TO_OTHERS}


@dataclass(frozen=True, slots=True)
class Due:
    """Something to be said at a time, or not at all any more from `expires` on."""

    kind: ReminderKind
    due: dt.datetime
    expires: dt.datetime


#: What people know about a meeting: where and when, that its date is open, or that it is cancelled.
Known = Meeting | Literal["open", "cancelled"]


@dataclass(frozen=True, slots=True)
class News:
    """What has to be said about a change. `earlier` are the meetings that people may have in mind."""

    kind: ReminderKind
    earlier: tuple[Meeting, ...] = ()


def is_quiet(moment: dt.datetime) -> bool:
    """Tell whether nothing may be sent at a moment, given in the time zone of the programme."""
    return not QUIET_UNTIL <= moment.time() < QUIET_FROM


def after_quiet(moment: dt.datetime) -> dt.datetime:
    """Put a moment off to the end of the quiet hours, if it lies in them."""
    if not is_quiet(moment):
        return moment
    day = moment.date() + dt.timedelta(days=moment.time() >= QUIET_FROM)
    return _at(day, QUIET_UNTIL, moment)


def list_timed(event: Event, now: dt.datetime) -> tuple[Due, ...]:
    """List what follows from the date of a meeting and is still to come, in order.

    Nothing follows from an open date, nor from a cancelled meeting.
    """
    meeting = event.date
    if meeting is None:
        return ()
    wanted = _of_forum(meeting) if isinstance(event, Forum) else (_day_before(meeting),)
    return tuple(due for due in sorted(wanted, key=lambda due: due.due) if due.due > now)


def list_reminded(event: Event, now: dt.datetime, *, coming: bool) -> tuple[dt.datetime, ...]:
    """List when somebody who subscribes now is reminded before a meeting."""
    before = {ReminderKind.WEEK_BEFORE, ReminderKind.DAY_BEFORE}
    if coming:
        before.add(ReminderKind.HOURS_BEFORE)
    return tuple(due.due for due in list_timed(event, now) if due.kind in before)


def plan_news(news: News, event: Event, now: dt.datetime) -> Due | None:
    """Say when a change is told: at once, or when the quiet hours end. None: it would come too late."""
    meetings = [event.meeting] if event.meeting is not None else []
    if news.kind is ReminderKind.CANCELLED:
        meetings += news.earlier
    due = after_quiet(now)
    expires = max((meeting.starts for meeting in meetings), default=due)
    return Due(news.kind, due, expires) if due < expires else None


def plan_report(now: dt.datetime) -> Due:
    """Say when the report of a forum is told."""
    due = after_quiet(now)
    return Due(ReminderKind.REPORT, due, due + _AFTERWARDS_KEPT)


def known_of(event: Event) -> Known:
    """Say what somebody knows who has heard the latest about a meeting."""
    if isinstance(event, Forum) and event.cancellation is not None:
        return "cancelled"
    return "open" if event.meeting is None else event.meeting


def find_news(event: Event, known: Iterable[Known]) -> News | None:
    """Find what has to be said, given what people may know. None: they all know it.

    The end of a meeting may move in silence: no message names it. A date that becomes open again has
    no text of its own; the staff say more with an announcement.
    """
    now_known, others = known_of(event), [each for each in known if not says_the_same(each, known_of(event))]
    if not others or now_known == "open":
        return None
    earlier: tuple[Meeting, ...] = ()
    for each in others:
        if isinstance(each, Meeting) and not any(says_the_same(each, known) for known in earlier):
            earlier = (*earlier, each)
    if now_known == "cancelled":
        return None if all(each == "open" for each in others) else News(ReminderKind.CANCELLED, earlier)
    if "cancelled" in others or not earlier:
        return News(ReminderKind.DATE_SET)
    return News(ReminderKind.CHANGED, earlier)


def says_the_same(one: Known, other: Known) -> bool:
    """Tell whether two things that people may know name the same date and place; the end is not named."""
    if isinstance(one, Meeting) and isinstance(other, Meeting):
        return one.starts.astimezone(dt.UTC) == other.starts.astimezone(dt.UTC) and one.where == other.where
    return one == other


def revise(before: Event, after: Event) -> int:
    """Number the next form of a meeting: one more where date, time, place or cancellation change."""
    same = before.meeting == after.meeting
    if isinstance(before, Forum) and isinstance(after, Forum):
        same = same and before.cancellation == after.cancellation
    return before.revision if same else before.revision + 1


def _of_forum(meeting: Meeting) -> Iterator[Due]:
    starts, day = meeting.starts, meeting.starts.date()
    week_before = day - dt.timedelta(days=7)
    due, expires = _at(week_before, _WEEK_BEFORE_AT, starts), _at(week_before, QUIET_FROM, starts)
    yield Due(ReminderKind.WEEK_BEFORE, due, expires)
    yield _day_before(meeting)
    hours_before = _minus(starts, _TWO_HOURS)
    if not is_quiet(hours_before):
        yield Due(ReminderKind.HOURS_BEFORE, hours_before, _minus(starts, _HOURS_BEFORE_EXPIRES))
    thanks = _at(_working_day_after(meeting.over_at.date()), _THANKS_AT, starts)
    yield Due(ReminderKind.THANKS, thanks, thanks + _AFTERWARDS_KEPT)


def _day_before(meeting: Meeting) -> Due:
    day = meeting.starts.date() - dt.timedelta(days=1)
    due = _at(day, _DAY_BEFORE_AT, meeting.starts)
    return Due(ReminderKind.DAY_BEFORE, due, _at(day, QUIET_FROM, meeting.starts))


def _working_day_after(day: dt.date) -> dt.date:
    day += dt.timedelta(days=1)
    while day.weekday() >= _SATURDAY:
        day += dt.timedelta(days=1)
    return day


def _at(day: dt.date, time: dt.time, like: dt.datetime) -> dt.datetime:
    """Take a wall time on a day in the time zone of another moment."""
    return dt.datetime.combine(day, time, like.tzinfo)


def _minus(moment: dt.datetime, span: dt.timedelta) -> dt.datetime:
    """Go back by real time, also across a change of the clock."""
    return (moment.astimezone(dt.UTC) - span).astimezone(moment.tzinfo)
