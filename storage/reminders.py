"""Reminders: one row for each message to all who want it, and its way into the outbox.

The truth about time is here: what is due when, worked out in the transaction that moves a date
(`conversations.reminders` has the rules). A reminder that is due is put out page by page, each page a
transaction that also moves the cursor on, so a kill repeats nothing and leaves nobody out. The words
come later, when each message is sent. This module must not know any word, nor the clock.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum

from sqlalchemy import Connection, Row, bindparam, func, literal_column, select, update

from conversations.programme import Meeting
from conversations.programme_json import meetings_from_json, meetings_to_json
from conversations.reminders import ANNOUNCING, Due, ReminderKind
from storage import audience, contexts
from storage.audience import Recipient
from storage.keyring import KeyRing, SealBrokenError
from storage.outbox import OutboxMessage, put_new
from storage.tables import outbox, reminder
from storage.upserts import insert_or_keep
from storage.vocabulary import Lane, OutboxKind, ReminderState

# A constant in the statement, or the partial index would not be used.
_IS_WAITING = reminder.c.state == literal_column("'waiting'")
_BY_ID = select(reminder).where(reminder.c.id == bindparam("key"))
_NEXT = (
    select(reminder)
    .where(_IS_WAITING, reminder.c.due_at <= bindparam("now"))
    .order_by(reminder.c.due_at, reminder.c.id)
    .limit(1)
    .with_for_update(skip_locked=True)
)
_NEXT_DUE = select(func.min(reminder.c.due_at)).where(_IS_WAITING)
_WAITING = select(reminder).where(_IS_WAITING).order_by(reminder.c.due_at, reminder.c.id)
_ANNOUNCEMENT = select(reminder).where(
    reminder.c.topic == bindparam("of_topic"),
    reminder.c.kind.in_(sorted(kind.value for kind in ANNOUNCING)),
    reminder.c.state != ReminderState.REPLACED.value,
)
_CREATE = insert_or_keep(reminder, ("topic", "kind", "revision"))
_CHANGE = update(reminder).where(reminder.c.id == bindparam("key"))
_REPLACE = (
    update(reminder)
    .where(
        reminder.c.topic == bindparam("of_topic"),
        reminder.c.kind.in_(bindparam("kinds", expanding=True)),
        reminder.c.state != ReminderState.REPLACED.value,
    )
    .values(state=ReminderState.REPLACED.value)
)
# What is being sent, or may have been, is neither told for sure nor surely untold.
_LEFT = select(func.count()).where(outbox.c.reminder_id == bindparam("key"))
_UNSENT = _LEFT.where(outbox.c.lease_until.is_(None), outbox.c.was_interrupted.is_(False))
_SAME = select(reminder.c.id).where(
    reminder.c.topic == bindparam("of_topic"),
    reminder.c.kind == bindparam("of_kind"),
    reminder.c.due_at == bindparam("at"),
    reminder.c.state.in_([ReminderState.WAITING.value, ReminderState.DONE.value]),
)
_COUNT_STATES = select(reminder.c.state, func.count().label("number")).group_by(reminder.c.state)


class Told(Enum):
    """How far an announcement has come."""

    NOBODY = "nobody"
    SOME = "some"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Reminder:
    """A message to all who want it. `earlier` are the meetings that are no longer valid."""

    id: int
    topic: str
    kind: ReminderKind
    revision: int
    due_at: dt.datetime
    expires_at: dt.datetime
    earlier: tuple[Meeting, ...]
    state: ReminderState
    cursor: str
    planned_count: int


def add_reminders(
    connection: Connection,
    topic: str,
    revision: int,
    dues: Iterable[Due],
    earlier: Iterable[Meeting] = (),
) -> int:
    """Plan reminders and say how many are new; one that is planned, or was sent, is left as it is."""
    new = 0
    for due in dues:
        values = {
            "topic": topic,
            "kind": due.kind.value,
            "revision": revision,
            "due_at": due.due.astimezone(dt.UTC),
            "expires_at": due.expires.astimezone(dt.UTC),
            "earlier": meetings_to_json(earlier),
            "state": ReminderState.WAITING.value,
            "cursor": "",
            "planned_count": 0,
        }
        new += len(connection.execute(_CREATE.of(connection), values).all())
    return new


def add_missing_reminders(connection: Connection, topic: str, revision: int, dues: Iterable[Due]) -> int:
    """Plan what is not planned for the same moment, nor went out then, under whatever revision."""
    missing = []
    for due in dues:
        same = {"of_topic": topic, "of_kind": due.kind.value, "at": due.due.astimezone(dt.UTC)}
        if connection.execute(_SAME, same).first() is None:
            missing.append(due)
    return add_reminders(connection, topic, revision, missing)


def replace_reminders(connection: Connection, topic: str, kinds: Iterable[ReminderKind]) -> None:
    """Overtake what was planned; what of it lies in the outbox unsent is not sent any more."""
    connection.execute(_REPLACE, {"of_topic": topic, "kinds": sorted(kind.value for kind in kinds)})


def how_far_told(connection: Connection, topic: str) -> Told:
    """Tell whether the announcement under way has reached all, some, or nobody.

    Without one, nobody had to be told.
    """
    row = connection.execute(_ANNOUNCEMENT, {"of_topic": topic}).first()
    if row is None:
        return Told.NOBODY
    left = connection.execute(_LEFT, {"key": row.id}).scalar_one()
    if row.state == ReminderState.DONE.value and left == 0:
        return Told.ALL
    unsent = connection.execute(_UNSENT, {"key": row.id}).scalar_one()
    return Told.NOBODY if unsent == row.planned_count else Told.SOME


def find_reminder(connection: Connection, reminder_id: int, zone: dt.tzinfo) -> Reminder | None:
    """Find a reminder by the id that stands in the outbox."""
    row = connection.execute(_BY_ID, {"key": reminder_id}).first()
    return None if row is None else _read(row, zone)


def list_waiting(connection: Connection, zone: dt.tzinfo) -> tuple[Reminder, ...]:
    """List what is still to be put out, the earliest first."""
    return tuple(_read(row, zone) for row in connection.execute(_WAITING))


def next_reminder_due_at(connection: Connection) -> dt.datetime | None:
    """Tell when there is something to put out; None when nothing is planned."""
    found: dt.datetime | None = connection.execute(_NEXT_DUE).scalar_one()
    return found


def next_heard_at(connection: Connection, zone: dt.tzinfo) -> dt.datetime | None:
    """Tell when the next reminder goes out that somebody gets, as of now."""
    for waiting in list_waiting(connection, zone):
        if audience.count_audience(connection, waiting.topic, waiting.kind).count:
            return waiting.due_at
    return None


def count_states(connection: Connection) -> dict[ReminderState, int]:
    """Count all reminders ever planned, by how far they are."""
    counted = {ReminderState(row.state): row.number for row in connection.execute(_COUNT_STATES)}
    return {state: counted.get(state, 0) for state in ReminderState}


@dataclass(frozen=True, slots=True)
class Page:
    """What one step of putting out has done. `finished` says that it was the last of its reminder."""

    reminder: Reminder
    count: int
    finished: bool
    expired: bool = False


def put_out_page(
    connection: Connection, keys: KeyRing, now: dt.datetime, zone: dt.tzinfo, *, limit: int
) -> Page | None:
    """Put the next page of what is due into the outbox. None: nothing is due.

    A reminder that is due too late is dropped for everybody who has not been told yet.
    """
    row = connection.execute(_NEXT, {"now": now}).first()
    if row is None:
        return None
    due = _read(row, zone)
    if due.expires_at <= now:
        _change(connection, due.id, state=ReminderState.EXPIRED.value)
        return Page(due, 0, finished=True, expired=True)
    recipients = audience.load_page(connection, due.topic, due.kind, behind=due.cursor, limit=limit)
    put_new(connection, keys, _messages(keys, due, recipients), now)
    finished = len(recipients) < limit
    _change(
        connection,
        due.id,
        cursor=recipients[-1].contact_id if recipients else due.cursor,
        planned_count=due.planned_count + len(recipients),
        state=(ReminderState.DONE if finished else ReminderState.WAITING).value,
    )
    return Page(due, len(recipients), finished)


def _messages(keys: KeyRing, due: Reminder, recipients: Iterable[Recipient]) -> Iterator[OutboxMessage]:
    """Address a reminder. Whose chat cannot be opened with these keys cannot be reached."""
    for recipient in recipients:
        with suppress(SealBrokenError):
            opened = keys.open_contact(recipient.chat_sealed, contexts.contact_chat(recipient.contact_id))
            yield OutboxMessage(
                purpose=f"{due.topic}:r{due.revision}:{due.kind.value}:{recipient.contact_id}",
                chat_id=int(opened),
                contact_id=recipient.contact_id,
                kind=OutboxKind.MESSAGE,
                body={},
                lane=Lane.BULK,
                reminder_id=due.id,
            )


def _change(connection: Connection, reminder_id: int, **values: object) -> None:
    connection.execute(_CHANGE, {"key": reminder_id, **values})


def _read(row: Row[tuple[object, ...]], zone: dt.tzinfo) -> Reminder:
    return Reminder(
        id=row.id,
        topic=row.topic,
        kind=ReminderKind(row.kind),
        revision=row.revision,
        due_at=row.due_at,
        expires_at=row.expires_at,
        earlier=meetings_from_json(row.earlier, zone),
        state=ReminderState(row.state),
        cursor=row.cursor,
        planned_count=row.planned_count,
    )
