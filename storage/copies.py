"""The copy of each reader of an announcement: how far it is, and what became of it.

What became of a copy is written in the transaction that settles its row of the outbox. This module must
not know any word, nor how long Telegram lets a message be taken away.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import (
    BindParameter,
    Connection,
    and_,
    bindparam,
    delete,
    func,
    select,
    update,
)

from storage.announcements import Draft
from storage.sending import ClaimedMessage
from storage.tables import announcement, announcement_copy, contact
from storage.vocabulary import CopyState, MailingState

#: How long it is known who got what: for a correction.
COPIES_KEPT = dt.timedelta(days=90)
_copy = announcement_copy
_number: BindParameter[int] = bindparam("number")
_OF_STATE = and_(_copy.c.announcement_id == _number, _copy.c.state == bindparam("in_state"))
_MOVE = (
    update(_copy)
    .where(_copy.c.announcement_id == _number, _copy.c.contact_id.in_(bindparam("whose", expanding=True)))
    .values(state=bindparam("to_state"))
)
_ONE = select(_copy).where(_copy.c.announcement_id == _number, _copy.c.contact_id == bindparam("whose"))
_SETTLE = update(_copy).where(_copy.c.announcement_id == _number, _copy.c.contact_id == bindparam("whose"))
_UNKNOWN = select(_copy.c.contact_id).where(_OF_STATE).order_by(_copy.c.contact_id)
_FORGET = delete(_copy).where(
    _copy.c.announcement_id.in_(
        select(announcement.c.id).where(announcement.c.ended_at <= bindparam("before"))
    )
)
_SENT_SINCE = select(func.count()).where(
    announcement_copy.c.announcement_id == _number,
    announcement_copy.c.state == CopyState.SENT.value,
    announcement_copy.c.message_id.is_not(None),
    announcement_copy.c.sent_at >= bindparam("since"),
)
_COUNTED = {
    CopyState.SENT: announcement.c.sent_count,
    CopyState.UNKNOWN: announcement.c.unknown_count,
    CopyState.FAILED: announcement.c.failed_count,
    CopyState.DROPPED: announcement.c.dropped_count,
}


@dataclass(frozen=True, slots=True)
class Copy:
    """One person's copy: how far it is, and which message it was, if it went out."""

    state: CopyState
    language: str | None
    message_id: int | None
    sent_at: dt.datetime | None


def find_copy(connection: Connection, number: int, contact_id: str) -> Copy | None:
    """Find one person's copy."""
    row = connection.execute(_ONE, {"number": number, "whose": contact_id}).first()
    return None if row is None else Copy(CopyState(row.state), row.language, row.message_id, row.sent_at)


def put_back(connection: Connection, number: int, contact_id: str, state: CopyState) -> None:
    """Note that a copy is not sent now: held back, or to come."""
    move_copies(connection, number, [contact_id], state)


def settle(
    connection: Connection,
    row: ClaimedMessage,
    state: CopyState,
    *,
    language: str | None = None,
    message_id: int | None = None,
    now: dt.datetime | None = None,
) -> None:
    """Note what became of a copy, once: a second word about it changes nothing."""
    if row.announcement_id is None or row.contact_id is None:
        return
    values: dict[str, object] = {"state": state.value}
    if language is not None:
        values["language"] = language
    if message_id is not None:
        # A message that was changed is as old as it was.
        values |= {
            "message_id": func.coalesce(_copy.c.message_id, message_id),
            "sent_at": func.coalesce(_copy.c.sent_at, now),
        }
    open_copy = _SETTLE.where(_copy.c.state.in_([CopyState.QUEUED.value, CopyState.WAITING.value]))
    key = {"number": row.announcement_id, "whose": row.contact_id}
    if connection.execute(open_copy.values(**values), key).rowcount == 1:
        count = _COUNTED[state]
        _change(connection, row.announcement_id, **{count.name: count + 1})


def count_unreachable(connection: Connection, row: ClaimedMessage) -> None:
    """Count somebody whom nothing reaches; their copy goes with them."""
    if row.announcement_id is not None:
        unreachable = announcement.c.unreachable_count
        _change(connection, row.announcement_id, unreachable_count=unreachable + 1)


def release_held(connection: Connection, draft: Draft, languages: Iterable[str], now: dt.datetime) -> int:
    """Let people have it whose language was held back, and say how many; a finished one goes on."""
    held = connection.execute(
        select(_copy.c.contact_id)
        .select_from(_copy.join(contact, contact.c.id == _copy.c.contact_id))
        .where(
            _copy.c.announcement_id == draft.id,
            _copy.c.state == CopyState.HELD.value,
            contact.c.language.in_(sorted(languages)),
        )
    ).scalars()
    whose = list(held)
    if whose:
        move_copies(connection, draft.id, whose, CopyState.WAITING)
        if draft.state is MailingState.DONE:
            _change(connection, draft.id, state=MailingState.SENDING.value, ended_at=None)
    return len(whose)


def reconsider(connection: Connection, contact_id: str | None = None) -> int:
    """Let held copies be looked at again, of one person or of everybody, and say how many.

    Somebody has chosen another language, or the bot has started and offers others. What still has no
    approved text is held again when its turn comes.
    """
    open_states = [state.value for state in (MailingState.SENDING, MailingState.PAUSED, MailingState.DONE)]
    held = and_(
        _copy.c.state == CopyState.HELD.value,
        _copy.c.announcement_id.in_(select(announcement.c.id).where(announcement.c.state.in_(open_states))),
    )
    if contact_id is not None:
        held = and_(held, _copy.c.contact_id == contact_id)
    numbers = list(connection.execute(select(_copy.c.announcement_id).where(held).distinct()).scalars())
    if not numbers:
        return 0
    moved = connection.execute(update(_copy).where(held).values(state=CopyState.WAITING.value)).rowcount
    connection.execute(
        update(announcement)
        .where(announcement.c.id.in_(numbers), announcement.c.state == MailingState.DONE.value)
        .values(state=MailingState.SENDING.value, ended_at=None)
    )
    return moved


def list_unknown(connection: Connection, number: int) -> tuple[str, ...]:
    """List the contacts of whom nobody knows whether they got it."""
    unknown = {"number": number, "in_state": CopyState.UNKNOWN.value}
    return tuple(connection.execute(_UNKNOWN, unknown).scalars())


def count_sent_since(connection: Connection, number: int, since: dt.datetime) -> int:
    """Count the people whose copy was sent at a moment or later."""
    return int(connection.execute(_SENT_SINCE, {"number": number, "since": since}).scalar_one())


def forget_copies(connection: Connection, now: dt.datetime) -> int:
    """Forget who got what, long after the mailing ended, and say how much."""
    return connection.execute(_FORGET, {"before": now - COPIES_KEPT}).rowcount


def move_copies(connection: Connection, number: int, whose: list[str], state: CopyState) -> None:
    """Note how far the copies of these contacts are."""
    connection.execute(_MOVE, {"number": number, "whose": whose, "to_state": state.value})


def _change(connection: Connection, number: int, **values: object) -> None:
    connection.execute(update(announcement).where(announcement.c.id == number).values(**values))
