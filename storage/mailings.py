"""Mailings: an announcement on its way, a copy for each person who is to get it.

First the readers are listed, page by page; then copies go into the outbox, a few at a time, so that a
mailing to thousands stops at once when it has to. Who the readers are is `storage.readers`, what becomes
of a copy `storage.copies`. This module must not know any word, nor the clock.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    BindParameter,
    Connection,
    Row,
    and_,
    bindparam,
    delete,
    func,
    insert,
    literal,
    literal_column,
    or_,
    select,
    update,
)

from storage import contexts
from storage.announcements import LISTED, Draft, WrongStateError, read_draft, set_state
from storage.copies import move_copies
from storage.keyring import KeyRing, SealBrokenError
from storage.outbox import OutboxMessage, put_new
from storage.readers import select_page
from storage.staff_log import Deed
from storage.tables import announcement, announcement_copy, contact, outbox
from storage.vocabulary import CopyState, Lane, MailingState, OutboxKind

#: In the trail, what happens by itself.
BY_ITSELF = "by itself"
_copy = announcement_copy
_number: BindParameter[int] = bindparam("number")
_IS_ACTIVE = announcement.c.state.in_(
    [literal_column(f"'{state}'") for state in ("approved", "listing", "sending")]
)
_NEXT_ACTIVE = (
    select(announcement)
    .where(_IS_ACTIVE)
    .where(or_(announcement.c.state != "approved", announcement.c.begins_at <= bindparam("now")))
    .order_by(announcement.c.id)
)
_REVISION = select(announcement.c.revision).where(announcement.c.id == _number).with_for_update()
_STATE = select(announcement.c.state).where(announcement.c.id == _number).with_for_update()
_OF_STATE = and_(_copy.c.announcement_id == _number, _copy.c.state == bindparam("in_state"))
_COUNTS = (
    select(_copy.c.state, func.count().label("people"))
    .where(_copy.c.announcement_id == _number)
    .group_by(_copy.c.state)
)
_HELD = (
    select(contact.c.language, func.count().label("people"))
    .select_from(_copy.join(contact, contact.c.id == _copy.c.contact_id))
    .where(_OF_STATE)
    .group_by(contact.c.language)
)
_NEXT_COPIES = (
    select(_copy.c.contact_id, contact.c.chat_sealed)
    .select_from(_copy.join(contact, contact.c.id == _copy.c.contact_id))
    .where(_OF_STATE)
    .order_by(_copy.c.contact_id)
    .limit(bindparam("most"))
)
_MOVE_ALL = update(_copy).where(_OF_STATE).values(state=bindparam("to_state"))
_UNSENT = and_(
    outbox.c.announcement_id == _number, outbox.c.lease_until.is_(None), outbox.c.was_interrupted.is_(False)
)
_LEFT = select(func.count()).select_from(outbox).where(outbox.c.announcement_id == _number)
# What somebody is claiming just now is in flight; to wait for it could lock both out.
_TAKE_BACK = (
    delete(outbox)
    .where(outbox.c.id.in_(select(outbox.c.id).where(_UNSENT).with_for_update(skip_locked=True)))
    .returning(outbox.c.contact_id)
)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a mailing is, in people.

    `waiting` are still to come, `held` wait for their language, `dropped` did not want it any more or
    left, `failed` could never be sent.
    """

    state: MailingState
    listed: int
    waiting: int
    held: int
    sent: int
    unknown: int
    unreachable: int
    failed: int
    dropped: int
    held_languages: tuple[str, ...] = ()

    @property
    def settled(self) -> int:
        """How many need nothing more."""
        return self.listed - self.waiting - self.held


def list_active(connection: Connection, now: dt.datetime) -> tuple[Draft, ...]:
    """List what is being listed or sent, or is to begin."""
    return tuple(read_draft(row) for row in connection.execute(_NEXT_ACTIVE, {"now": now}))


def begin(connection: Connection, draft: Draft, now: dt.datetime) -> Draft:
    """Begin to find out who gets it, if it is still the one that was found due. Raises: WrongStateError."""
    current = connection.execute(_REVISION, {"number": draft.id}).scalar_one()
    if current != draft.revision:  # cancelled, and perhaps approved anew for another time
        raise WrongStateError(draft.state)
    return set_state(
        connection, draft.id, MailingState.LISTING, {MailingState.APPROVED}, Deed.STARTED, BY_ITSELF, now
    )


def list_page(connection: Connection, draft: Draft, limit: int) -> int:
    """List the next readers, and say how many. When there are no more, sending begins."""
    row = connection.execute(
        select(announcement.c.cursor, announcement.c.state)
        .where(announcement.c.id == draft.id)
        .with_for_update()
    ).one()
    if row.state != MailingState.LISTING.value:
        return 0
    wanted = select_page(draft).subquery()
    listed = connection.execute(
        insert(_copy)
        .from_select(
            ["announcement_id", "contact_id", "state", "language", "message_id", "sent_at"],
            select(
                literal(draft.id),
                wanted.c.id,
                literal(CopyState.WAITING.value),
                wanted.c.language,
                wanted.c.message_id,
                wanted.c.sent_at,
            ),
        )
        .returning(_copy.c.contact_id),
        {"behind": row.cursor, "most": limit},
    ).scalars()
    ids = list(listed)
    values: dict[str, object] = {
        "cursor": max(ids, default=LISTED),
        "listed_count": announcement.c.listed_count + len(ids),
    }
    if len(ids) < limit:
        values |= {"cursor": LISTED, "state": MailingState.SENDING.value}
    connection.execute(update(announcement).where(announcement.c.id == draft.id).values(**values))
    return len(ids)


def feed(connection: Connection, keys: KeyRing, draft: Draft, now: dt.datetime, *, most: int) -> int:
    """Put the next copies into the outbox until so many lie there, and say how many are new."""
    state = connection.execute(_STATE, {"number": draft.id}).scalar_one()
    lying = int(connection.execute(_LEFT, {"number": draft.id}).scalar_one())
    room = most - lying if state == MailingState.SENDING.value else 0
    if room <= 0:
        return 0
    waiting = {"number": draft.id, "in_state": CopyState.WAITING.value, "most": room}
    rows = connection.execute(_NEXT_COPIES, waiting).all()
    if not rows:
        if lying == 0:
            _end(connection, draft, now)
        return 0
    put_new(connection, keys, _messages(keys, draft, rows), now)
    whose = [row.contact_id for row in rows]
    move_copies(connection, draft.id, whose, CopyState.QUEUED)
    return len(rows)


def take_back(connection: Connection, number: int) -> int:
    """Take what lies unsent in the outbox back among what is to come, and say how much.

    What is in flight, or may have been sent, stays.
    """
    whose = list(connection.execute(_TAKE_BACK, {"number": number}).scalars())
    if whose:
        move_copies(connection, number, whose, CopyState.WAITING)
    return len(whose)


def pause(connection: Connection, number: int, who: str, now: dt.datetime) -> Draft:
    """Let nothing more go out until it goes on. Raises: NoSuchAnnouncementError, WrongStateError."""
    running = {MailingState.LISTING, MailingState.SENDING}
    draft = set_state(connection, number, MailingState.PAUSED, running, Deed.PAUSED, who, now)
    take_back(connection, number)
    return draft


def resume(connection: Connection, number: int, who: str, now: dt.datetime) -> Draft:
    """Go on where it was. Raises: NoSuchAnnouncementError, WrongStateError."""
    cursor = connection.execute(
        select(announcement.c.cursor).where(announcement.c.id == number).with_for_update()
    ).scalar_one_or_none()
    state = MailingState.SENDING if cursor == LISTED else MailingState.LISTING
    return set_state(connection, number, state, {MailingState.PAUSED}, Deed.RESUMED, who, now)


def stop(connection: Connection, number: int, who: str, now: dt.datetime) -> Draft:
    """End it for good, also before it has begun. Raises: NoSuchAnnouncementError, WrongStateError."""
    allowed = set(MailingState) - {MailingState.STOPPED}
    draft = set_state(connection, number, MailingState.STOPPED, allowed, Deed.STOPPED, who, now)
    take_back(connection, number)
    return draft


def load_progress(connection: Connection, number: int) -> Progress:
    """Load how far a mailing is. Raises: NoResultFound where there is none."""
    row = connection.execute(select(announcement).where(announcement.c.id == number)).one()
    counted = {each.state: each.people for each in connection.execute(_COUNTS, {"number": number})}
    held = {"number": number, "in_state": CopyState.HELD.value}
    languages = [each.language for each in connection.execute(_HELD, held)]
    waiting = counted.get("waiting", 0) + counted.get("queued", 0)
    known = waiting + counted.get("held", 0) + row.sent_count + row.unknown_count
    known += row.unreachable_count + row.failed_count + row.dropped_count
    return Progress(
        state=MailingState(row.state),
        listed=row.listed_count,
        waiting=waiting,
        held=counted.get("held", 0),
        sent=row.sent_count,
        unknown=row.unknown_count,
        unreachable=row.unreachable_count,
        failed=row.failed_count,
        dropped=row.dropped_count + max(0, row.listed_count - known),  # who left took their copy along
        held_languages=tuple(sorted(code for code in languages if code is not None)),
    )


def _end(connection: Connection, draft: Draft, now: dt.datetime) -> None:
    """Finish a mailing of which nothing is left. A copy whose row of the outbox went is lost."""
    queued = {"number": draft.id, "in_state": CopyState.QUEUED.value}
    lost = connection.execute(_MOVE_ALL, queued | {"to_state": CopyState.FAILED.value}).rowcount
    if lost:
        _change(connection, draft.id, failed_count=announcement.c.failed_count + lost)
    set_state(connection, draft.id, MailingState.DONE, {MailingState.SENDING}, Deed.DONE, BY_ITSELF, now)


def _messages(keys: KeyRing, draft: Draft, rows: Iterable[Row[Any, Any]]) -> Iterator[OutboxMessage]:
    """Address copies. Whose chat cannot be opened with these keys cannot be reached."""
    for row in rows:
        with suppress(SealBrokenError):
            contact_id: str = row.contact_id
            opened = keys.open_contact(row.chat_sealed, contexts.contact_chat(contact_id))
            yield OutboxMessage(
                purpose=f"ann:{draft.id}:{contact_id}",
                chat_id=int(opened),
                contact_id=contact_id,
                kind=OutboxKind.MESSAGE,
                body={},
                lane=Lane.BULK,
                announcement_id=draft.id,
                policy=draft.policy,
            )


def _change(connection: Connection, number: int, **values: object) -> None:
    connection.execute(update(announcement).where(announcement.c.id == number).values(**values))
