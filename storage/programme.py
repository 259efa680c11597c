"""The programme of the staff: forums and council, and what follows from every change of theirs.

A change, the reminders that follow from it and the announcement are one transaction. A preview takes
the same change and undoes it, so it cannot differ from what then happens. This module must not know a
person, nor any word that is sent.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, bindparam, select, update

from conversations.programme import COUNCIL_TOPIC, Council, Event, Forum, Programme, forum_topic
from conversations.programme_json import (
    event_from_json,
    event_to_json,
    known_from_json,
    known_to_json,
)
from conversations.reminders import (
    ANNOUNCING,
    TIMED,
    Due,
    Known,
    News,
    ReminderKind,
    find_news,
    known_of,
    list_timed,
    plan_news,
    plan_report,
    revise,
    says_the_same,
)
from storage import attendance, audience
from storage.reminders import (
    Told,
    add_missing_reminders,
    add_reminders,
    how_far_told,
    replace_reminders,
)
from storage.tables import meeting
from storage.upserts import insert_or_keep

_ALL = select(meeting.c.topic, meeting.c.facts)
_ONE = select(meeting).where(meeting.c.topic == bindparam("of_topic"))
_ONE_LOCKED = _ONE.with_for_update()
_SEED = insert_or_keep(meeting, ("topic",))
_CHANGE = update(meeting).where(meeting.c.topic == bindparam("of_topic"))


class ProgrammeChangedError(Exception):
    """Somebody else has changed the same meeting since it was looked at; nothing was changed."""


@dataclass(frozen=True, slots=True)
class PlannedReminder:
    """A reminder that follows from a change, and how many people it would go to as of now."""

    kind: ReminderKind
    due: dt.datetime
    people: int


@dataclass(frozen=True, slots=True)
class Effect:
    """What a change does: who is told at once, what is sent later.

    `news` is None where nobody has to be told anything; with `too_late` it would reach them after the
    meeting, so it is not sent at all. `languages` are codes.
    """

    news: ReminderKind | None
    people: int
    languages: tuple[str, ...]
    first_at: dt.datetime | None
    too_late: bool
    reminders: tuple[PlannedReminder, ...]


def seed_programme(connection: Connection, programme: Programme, now: dt.datetime) -> int:
    """Take over the first programme of the town file, where the staff have none yet; say how much was new.

    Nobody has subscribed to what is new here, so nothing is announced.
    """
    new = 0
    for topic, event in programme.events.items():
        values = {"topic": topic, "facts": event_to_json(event), "known": known_to_json([known_of(event)])}
        if connection.execute(_SEED.of(connection), values).all():
            new += 1
            add_reminders(connection, topic, event.revision, list_timed(event, now))
    return new


def load_programme(connection: Connection, first: Programme) -> Programme:
    """Load the programme as it stands, with the seats that are taken.

    `first` is that of the town file: it names the fields, and stands for what was never taken over.
    """
    zone = ZoneInfo(first.timezone)
    found = {row.topic: event_from_json(row.topic, row.facts, zone) for row in connection.execute(_ALL)}
    limited = any(isinstance(event, Forum) and event.seats is not None for event in found.values())
    taken = attendance.count_registered(connection) if limited else {}
    forums = {}
    for code, forum in first.forums.items():
        event = found.get(forum_topic(code), forum)
        forums[code] = replace(
            event if isinstance(event, Forum) else forum, taken=taken.get(forum_topic(code), 0)
        )
    council = found.get(COUNCIL_TOPIC, first.council)
    return Programme(forums, council if isinstance(council, Council) else first.council, first.timezone)


def plan_again(connection: Connection, first: Programme, now: dt.datetime) -> None:
    """Plan what follows from every date, where it is not planned yet: the clock may have been wrong."""
    for topic, event in load_programme(connection, first).events.items():
        add_missing_reminders(connection, topic, event.revision, list_timed(event, now))


def change_event(connection: Connection, topic: str, before: Event, after: Event, now: dt.datetime) -> Effect:
    """Change a forum or the council, with everything that follows; `now` is in the zone of the programme.

    `before` is what the change was made on. Raises: ProgrammeChangedError, LookupError.
    """
    zone = now.tzinfo
    row = connection.execute(_ONE_LOCKED, {"of_topic": topic}).first()
    if row is None or zone is None:
        raise LookupError(f"no meeting {topic!r}")
    current = event_from_json(topic, row.facts, zone)
    if event_to_json(current) != event_to_json(before):
        raise ProgrammeChangedError(topic)
    after = replace(after, revision=revise(current, after))
    known = _what_people_know(connection, topic, current, known_from_json(row.known, zone))
    values = {"of_topic": topic, "facts": event_to_json(after), "known": known_to_json(known)}
    connection.execute(_CHANGE.values(facts=bindparam("facts"), known=bindparam("known")), values)
    found, news = None, None
    timed = list_timed(after, now)
    if not says_the_same(known_of(after), known_of(current)):
        _settle_replies(connection, topic, current, after)
        replace_reminders(connection, topic, ANNOUNCING | TIMED)
        found = find_news(after, known)
        news = None if found is None else plan_news(found, after, now)
        if found is not None and news is not None:
            add_reminders(connection, topic, after.revision, [news], found.earlier)
        add_reminders(connection, topic, after.revision, timed)
    elif after.revision != current.revision:  # the end alone moves in silence, and the thanks with it
        replace_reminders(connection, topic, {ReminderKind.THANKS})
        thanks = [due for due in timed if due.kind is ReminderKind.THANKS]
        add_reminders(connection, topic, after.revision, thanks)
    if isinstance(current, Forum) and isinstance(after, Forum):
        report = _tell_report(connection, topic, current, after, now)
        if report is not None:
            news = report
            timed = tuple(due for due in timed if due.kind is not ReminderKind.THANKS)
    return _effect(connection, topic, found, news, timed)


def preview_change(
    connection: Connection, topic: str, before: Event, after: Event, now: dt.datetime
) -> Effect:
    """Say what a change would do, and change nothing. Raises: ProgrammeChangedError, LookupError."""
    trial = connection.begin_nested()
    try:
        return change_event(connection, topic, before, after, now)
    finally:
        trial.rollback()


def _what_people_know(
    connection: Connection, topic: str, current: Event, known: tuple[Known, ...]
) -> tuple[Known, ...]:
    """Work out what people may have in mind before this change is told."""
    match how_far_told(connection, topic):
        case Told.ALL:
            return (known_of(current),)
        case Told.SOME:
            return tuple(dict.fromkeys((*known, known_of(current))))
        case Told.NOBODY:
            return known


def _settle_replies(connection: Connection, topic: str, before: Event, after: Event) -> None:
    """Begin anew with a forum that has another date after it was cancelled.

    With the date of before, what people said still holds: a cancellation that was a slip costs no seat.
    """
    if not isinstance(before, Forum) or after.date is None:
        return
    attendance.forget_counts(connection, topic)
    if before.cancellation is None or before.meeting is None:
        return
    if not says_the_same(before.meeting, after.date):
        attendance.clear_replies(connection, topic)


def _tell_report(
    connection: Connection, topic: str, before: Forum, after: Forum, now: dt.datetime
) -> Due | None:
    """Tell of a report that is new: those of the forum, with the thanks if they are due, and others."""
    if not after.report_url or before.report_url or not after.is_over(now):
        return None
    report = plan_report(now)
    others = replace(report, kind=ReminderKind.REPORT_TO_OTHERS)
    if not add_reminders(connection, topic, after.revision, [report, others]):
        return None  # it was told before
    replace_reminders(connection, topic, {ReminderKind.THANKS})
    return report


def _effect(
    connection: Connection, topic: str, found: News | None, news: Due | None, timed: tuple[Due, ...]
) -> Effect:
    kind = news.kind if news is not None else None if found is None else found.kind
    told = audience.Audience(0, ()) if kind is None else audience.count_audience(connection, topic, kind)
    if kind is ReminderKind.REPORT:
        others = audience.count_audience(connection, topic, ReminderKind.REPORT_TO_OTHERS)
        languages = tuple(sorted({*told.languages, *others.languages}))
        told = audience.Audience(told.count + others.count, languages)
    return Effect(
        news=kind,
        people=told.count,
        languages=told.languages,
        first_at=None if news is None else news.due,
        too_late=found is not None and news is None,
        reminders=tuple(
            PlannedReminder(due.kind, due.due, audience.count_audience(connection, topic, due.kind).count)
            for due in timed
        ),
    )
