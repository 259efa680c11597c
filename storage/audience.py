"""The audience of a reminder: who is told what, as statements that read a page at a time.

A page costs the same however many people there are: it goes on behind the last contact of the page
before, along an index. What else is asked of a person is a scalar subquery and no EXISTS: PostgreSQL
makes a join of the latter, and reads a table of everybody for a page of a hundred. Everybody here has
agreed to be written to (consent 2), has a language, and subscribed to the topic. Who cannot come hears
of changes only; "in two hours" goes to those who come.
This module must not know times or words.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import BindParameter, ColumnElement, Connection, Select, and_, bindparam, func, select

from conversations.programme import RESULTS_TOPIC, Reply
from conversations.reminders import FOR_EVERYBODY, ReminderKind
from storage.tables import attendance, contact, subscription

_topic: BindParameter[str] = bindparam("topic")
_behind: BindParameter[str] = bindparam("behind")
_COLUMNS = (contact.c.id, contact.c.person_mac, contact.c.chat_sealed)
_MAY_BE_WRITTEN_TO = and_(contact.c.message_consent_day.is_not(None), contact.c.language.is_not(None))


@dataclass(frozen=True, slots=True)
class Recipient:
    """A contact, with the sealed chat as it lies in its row."""

    contact_id: str
    person_mac: bytes
    chat_sealed: bytes


@dataclass(frozen=True, slots=True)
class Audience:
    """How many people would be told something, and in which languages."""

    count: int
    languages: tuple[str, ...]


def load_page(
    connection: Connection, topic: str, kind: ReminderKind, *, behind: str, limit: int
) -> tuple[Recipient, ...]:
    """Load the next recipients behind a contact id, in the order of these ids."""
    rows = connection.execute(_PAGES[kind], {"topic": topic, "behind": behind, "most": limit})
    return tuple(Recipient(row.id, row.person_mac, row.chat_sealed) for row in rows)


def count_audience(connection: Connection, topic: str, kind: ReminderKind) -> Audience:
    """Count who would be told something now. Reads everybody who subscribed."""
    rows = connection.execute(_COUNTS[kind], {"topic": topic}).all()
    return Audience(sum(row.people for row in rows), tuple(sorted(row.language for row in rows)))


def is_wanted(connection: Connection, topic: str, kind: ReminderKind, contact_id: str) -> bool:
    """Tell whether a contact is still among those who are told."""
    found = connection.execute(_ONES[kind], {"topic": topic, "whose": contact_id}).first()
    return found is not None


def _subscribers() -> tuple[Select[tuple[str, bytes, bytes]], ColumnElement[str]]:
    joined = subscription.join(contact, contact.c.id == subscription.c.contact_id)
    wanted = select(*_COLUMNS).select_from(joined).where(subscription.c.topic == _topic, _MAY_BE_WRITTEN_TO)
    return wanted, subscription.c.contact_id


def _said(reply: Reply, contact_id: ColumnElement[str], topic: ColumnElement[str]) -> ColumnElement[bool]:
    return (
        select(attendance.c.contact_id)
        .where(
            attendance.c.contact_id == contact_id,
            attendance.c.topic == topic,
            attendance.c.reply == reply.value,
        )
        .scalar_subquery()
        .is_not(None)
    )


def _coming() -> tuple[Select[tuple[str, bytes, bytes]], ColumnElement[str]]:
    joined = attendance.join(contact, contact.c.id == attendance.c.contact_id)
    subscribed = (
        select(subscription.c.topic)
        .where(subscription.c.contact_id == attendance.c.contact_id, subscription.c.topic == _topic)
        .scalar_subquery()
        .is_not(None)
    )
    wanted = (
        select(*_COLUMNS)
        .select_from(joined)
        .where(
            attendance.c.topic == _topic,
            attendance.c.reply == Reply.COMING.value,
            subscribed,
            _MAY_BE_WRITTEN_TO,
        )
    )
    return wanted, attendance.c.contact_id


def _other_readers() -> tuple[Select[tuple[str, bytes, bytes]], ColumnElement[str]]:
    """Who wants to hear of results, and does not hear of this one through the forum."""
    joined = subscription.join(contact, contact.c.id == subscription.c.contact_id)
    of_forum = subscription.alias("of_forum")
    hears_already = and_(
        select(of_forum.c.topic)
        .where(of_forum.c.contact_id == subscription.c.contact_id, of_forum.c.topic == _topic)
        .scalar_subquery()
        .is_not(None),
        ~_said(Reply.NOT_COMING, subscription.c.contact_id, _topic),
    )
    wanted = (
        select(*_COLUMNS)
        .select_from(joined)
        .where(subscription.c.topic == RESULTS_TOPIC, ~hears_already, _MAY_BE_WRITTEN_TO)
    )
    return wanted, subscription.c.contact_id


def _of(kind: ReminderKind) -> tuple[Select[tuple[str, bytes, bytes]], ColumnElement[str]]:
    if kind is ReminderKind.HOURS_BEFORE:
        return _coming()
    if kind is ReminderKind.REPORT_TO_OTHERS:
        return _other_readers()
    wanted, key = _subscribers()
    if kind in FOR_EVERYBODY:
        return wanted, key
    return wanted.where(~_said(Reply.NOT_COMING, key, _topic)), key


def _page(kind: ReminderKind) -> Select[tuple[str, bytes, bytes]]:
    wanted, key = _of(kind)
    # Both sides of the join are told where to begin; PostgreSQL would read one from its start.
    return wanted.where(key > _behind, contact.c.id > _behind).order_by(key).limit(bindparam("most"))


def _count(kind: ReminderKind) -> Select[tuple[str, int]]:
    wanted, _ = _of(kind)
    counted = func.count().label("people")
    return wanted.with_only_columns(contact.c.language, counted).group_by(contact.c.language)


def _one(kind: ReminderKind) -> Select[tuple[str, bytes, bytes]]:
    wanted, key = _of(kind)
    return wanted.where(key == bindparam("whose"))


_PAGES = {kind: _page(kind) for kind in ReminderKind}
_COUNTS = {kind: _count(kind) for kind in ReminderKind}
_ONES = {kind: _one(kind) for kind in ReminderKind}
