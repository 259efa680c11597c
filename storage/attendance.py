"""Attendance: who comes to a forum, who does not, and what they need there.

It lies with the contact, because a reminder has to know it. When the forum is over, the needs go at
once and what was said later; only numbers stay (`headcount`). This module must not know an answer's
person: needs are counted over the answers of everybody.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping

from sqlalchemy import Connection, bindparam, delete, func, select, update

from conversations.person import Attendance
from conversations.programme import Programme, Reply, forum_topic
from conversations.session import SKIPPED
from conversations.topic_sheets import NEEDS, needs_scope
from storage.answers import split_codes
from storage.tables import answer, attendance, headcount, meeting
from storage.upserts import insert_or_update

#: How long it is kept who came and who did not, for the thanks and the report.
REPLIES_KEPT = dt.timedelta(days=30)
#: In `headcount`: how many had a seat.
REGISTERED = "registered"

_LOAD = select(attendance).where(attendance.c.contact_id == bindparam("whose"))
_REPLY = insert_or_update(attendance, ("contact_id", "topic"), lambda new: {"reply": new["reply"]})
_NOTE = insert_or_update(
    attendance, ("contact_id", "topic"), lambda new: {"wants_interpreter": new["wants_interpreter"]}
)
_FORGET = delete(attendance).where(attendance.c.contact_id == bindparam("whose"))
_HOLD = select(meeting.c.topic).where(meeting.c.topic == bindparam("of_topic")).with_for_update()
_TAKEN = (
    select(attendance.c.topic, func.count().label("people"))
    .where(attendance.c.reply == Reply.COMING.value)
    .group_by(attendance.c.topic)
)
_TAKEN_OF = select(func.count()).where(
    attendance.c.topic == bindparam("of_topic"), attendance.c.reply == Reply.COMING.value
)
_CLEAR_REPLIES = update(attendance).where(attendance.c.topic == bindparam("of_topic")).values(reply=None)
_CLEAR_NEEDS = (
    update(attendance)
    .where(attendance.c.topic == bindparam("of_topic"), attendance.c.wants_interpreter)
    .values(wants_interpreter=False)
)
_DROP_REPLIES = delete(attendance).where(
    attendance.c.topic == bindparam("of_topic"), attendance.c.wants_interpreter.is_(False)
)
_NEEDS = (
    select(answer.c.codes, func.count().label("people"))
    .where(answer.c.scope == bindparam("of_scope"), answer.c.step == NEEDS)
    .group_by(answer.c.codes)
)
_DROP_NEEDS = delete(answer).where(answer.c.scope == bindparam("of_scope"), answer.c.step == NEEDS)
_SAVE_COUNT = insert_or_update(headcount, ("topic", "what"), lambda new: {"count": new["count"]})
_FORGET_COUNTS = delete(headcount).where(headcount.c.topic == bindparam("of_topic"))
_COUNTS = select(headcount.c.what, headcount.c.count.label("people")).where(
    headcount.c.topic == bindparam("of_topic")
)


class NoSeatLeftError(Exception):
    """Somebody else took the last seat between the look and the tap; the turn is taken again."""


def load_attendance(connection: Connection, contact_id: str) -> dict[str, Attendance]:
    """Load what a contact said about each forum, by topic."""
    return {
        row.topic: Attendance(None if row.reply is None else Reply(row.reply), row.wants_interpreter)
        for row in connection.execute(_LOAD, {"whose": contact_id})
    }


def save_reply(
    connection: Connection, contact_id: str, topic: str, reply: Reply | None, seats: int | None
) -> None:
    """Note whether a contact comes, or with None that it is open again; a second time changes nothing.

    Raises: NoSeatLeftError.
    """
    if reply is Reply.COMING and seats is not None:
        connection.execute(_HOLD, {"of_topic": topic})
        said = load_attendance(connection, contact_id).get(topic)
        is_new = said is None or said.reply is not Reply.COMING
        if is_new and connection.execute(_TAKEN_OF, {"of_topic": topic}).scalar_one() >= seats:
            raise NoSeatLeftError(topic)
    said_now = None if reply is None else reply.value
    values = {"contact_id": contact_id, "topic": topic, "reply": said_now, "wants_interpreter": False}
    connection.execute(_REPLY.of(connection), values)


def note_interpreter(connection: Connection, contact_id: str, topic: str, *, wanted: bool) -> None:
    """Note whether a contact needs interpreting at a forum."""
    values = {"contact_id": contact_id, "topic": topic, "reply": None, "wants_interpreter": wanted}
    connection.execute(_NOTE.of(connection), values)


def forget_attendance(connection: Connection, contact_id: str) -> None:
    """Delete everything that a contact said about forums; their seats are free."""
    connection.execute(_FORGET, {"whose": contact_id})


def count_registered(connection: Connection) -> dict[str, int]:
    """Count the people who come, by topic."""
    return {row.topic: row.people for row in connection.execute(_TAKEN)}


def clear_replies(connection: Connection, topic: str) -> None:
    """Delete who comes to a forum that gets another date. Their needs stay."""
    connection.execute(_CLEAR_REPLIES, {"of_topic": topic})


def count_heads(connection: Connection, topic: str, field_code: str) -> Mapping[str, int]:
    """Count who is registered for a forum and what people need there, also after it is over."""
    kept = {row.what: int(row.people) for row in connection.execute(_COUNTS, {"of_topic": topic})}
    if kept:
        return kept
    counted: Counter[str] = Counter()
    registered = connection.execute(_TAKEN_OF, {"of_topic": topic}).scalar_one()
    for row in connection.execute(_NEEDS, {"of_scope": needs_scope(field_code)}):
        for code in split_codes(row.codes):
            if code != SKIPPED:
                counted[code] += row.people
    return {REGISTERED: registered, **dict(sorted(counted.items()))}


def drop_what_is_over(connection: Connection, programme: Programme, now: dt.datetime) -> int:
    """Turn the needs for forums that are over into numbers, drop them, and say how many there were.

    A forum that is cancelled for good counts as over. What people said about coming goes a month later.
    """
    dropped = 0
    for code, forum in programme.forums.items():
        topic = forum_topic(code)
        if not forum.is_to_come(now):
            if not connection.execute(_COUNTS, {"of_topic": topic}).all():
                _count_once(connection, topic, code)
            dropped += _drop_needs(connection, topic, code)
        was_planned = forum.meeting is not None and now - forum.meeting.over_at >= REPLIES_KEPT
        if was_planned or (forum.meeting is None and not forum.is_to_come(now)):
            dropped += connection.execute(_DROP_REPLIES, {"of_topic": topic}).rowcount
    return dropped


def forget_counts(connection: Connection, topic: str) -> None:
    """Forget the numbers of a forum that gets a new date: it is counted anew."""
    connection.execute(_FORGET_COUNTS, {"of_topic": topic})


def _count_once(connection: Connection, topic: str, field_code: str) -> None:
    for what, count in count_heads(connection, topic, field_code).items():
        connection.execute(_SAVE_COUNT.of(connection), {"topic": topic, "what": what, "count": count})


def _drop_needs(connection: Connection, topic: str, field_code: str) -> int:
    dropped = connection.execute(_DROP_NEEDS, {"of_scope": needs_scope(field_code)}).rowcount
    return dropped + connection.execute(_CLEAR_NEEDS, {"of_topic": topic}).rowcount
