"""Mailings: an announcement on its way, a copy for each person who is to get it.

First the readers are listed, page by page; then copies go into the outbox, a few at a time, so that a
mailing to thousands stops at once when it has to. What becomes of each copy is written in the transaction
that settles its row of the outbox. This module must not know any word, nor the clock.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    bindparam,
    cast,
    delete,
    false,
    func,
    insert,
    literal,
    literal_column,
    null,
    or_,
    select,
    true,
    update,
)

from conversations.announcements import Audience, Mode
from conversations.programme import Reply
from storage import contexts
from storage.announcements import LISTED, Draft, WrongStateError, read_draft, set_state
from storage.audience import Audience as Heads
from storage.keyring import KeyRing, SealBrokenError
from storage.outbox import OutboxMessage, put_new
from storage.sending import ClaimedMessage
from storage.staff_log import Deed
from storage.tables import announcement, announcement_copy, attendance, contact, outbox, subscription
from storage.vocabulary import CopyState, Lane, MailingState, OutboxKind

#: In the trail, what happens by itself.
BY_ITSELF = "by itself"
#: How long it is known who got what: for a correction.
COPIES_KEPT = dt.timedelta(days=90)

_copy = announcement_copy
_number: BindParameter[int] = bindparam("number")
_behind: BindParameter[str] = bindparam("behind")
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
_MOVE = (
    update(_copy)
    .where(_copy.c.announcement_id == _number, _copy.c.contact_id.in_(bindparam("whose", expanding=True)))
    .values(state=bindparam("to_state"))
)
_MOVE_ALL = update(_copy).where(_OF_STATE).values(state=bindparam("to_state"))
_ONE = select(_copy).where(_copy.c.announcement_id == _number, _copy.c.contact_id == bindparam("whose"))
_SETTLE = update(_copy).where(_copy.c.announcement_id == _number, _copy.c.contact_id == bindparam("whose"))
_UNKNOWN = select(_copy.c.contact_id).where(_OF_STATE).order_by(_copy.c.contact_id)
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
_FORGET = delete(_copy).where(
    _copy.c.announcement_id.in_(
        select(announcement.c.id).where(announcement.c.ended_at <= bindparam("before"))
    )
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


def count_readers(connection: Connection, audience: Audience) -> Heads:
    """Count who would get an announcement now, and in which languages. Reads everybody."""
    rows = connection.execute(
        select(contact.c.language, func.count().label("people"))
        .where(_wanted(audience))
        .group_by(contact.c.language)
    ).all()
    return Heads(sum(row.people for row in rows), tuple(sorted(row.language for row in rows)))


def count_by_language(connection: Connection, audience: Audience) -> dict[str, int]:
    """Count who would get an announcement now, by language. Reads everybody."""
    rows = connection.execute(
        select(contact.c.language, func.count().label("people"))
        .where(_wanted(audience))
        .group_by(contact.c.language)
    )
    return {row.language: row.people for row in rows}


def is_reader(connection: Connection, audience: Audience, contact_id: str, mode: Mode = Mode.SEND) -> bool:
    """Tell whether a contact is still among those who are to get it."""
    one = select(contact.c.id).where(contact.c.id == contact_id, _wanted(audience, mode))
    return connection.execute(one).first() is not None


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
    wanted = _page(draft).subquery()
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
    _move(connection, draft.id, whose, CopyState.QUEUED)
    return len(rows)


def take_back(connection: Connection, number: int) -> int:
    """Take what lies unsent in the outbox back among what is to come, and say how much.

    What is in flight, or may have been sent, stays.
    """
    whose = list(connection.execute(_TAKE_BACK, {"number": number}).scalars())
    if whose:
        _move(connection, number, whose, CopyState.WAITING)
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
        _move(connection, draft.id, whose, CopyState.WAITING)
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


def find_copy(connection: Connection, number: int, contact_id: str) -> Copy | None:
    """Find one person's copy."""
    row = connection.execute(_ONE, {"number": number, "whose": contact_id}).first()
    return None if row is None else Copy(CopyState(row.state), row.language, row.message_id, row.sent_at)


def put_back(connection: Connection, number: int, contact_id: str, state: CopyState) -> None:
    """Note that a copy is not sent now: held back, or to come."""
    _move(connection, number, [contact_id], state)


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


def list_unknown(connection: Connection, number: int) -> tuple[str, ...]:
    """List the contacts of whom nobody knows whether they got it."""
    unknown = {"number": number, "in_state": CopyState.UNKNOWN.value}
    return tuple(connection.execute(_UNKNOWN, unknown).scalars())


def forget_copies(connection: Connection, now: dt.datetime) -> int:
    """Forget who got what, long after the mailing ended, and say how much."""
    return connection.execute(_FORGET, {"before": now - COPIES_KEPT}).rowcount


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


def _page(draft: Draft) -> Select[Any]:
    """Select the next readers. To mend something that went out, its message is taken along."""
    audience = draft.announcement.audience
    if audience.got is None or draft.announcement.mode is Mode.SEND:
        no_message = cast(null(), _copy.c.message_id.type).label("message_id")
        no_time = cast(null(), _copy.c.sent_at.type).label("sent_at")
        rows: Select[Any] = select(contact.c.id, contact.c.language, no_message, no_time)
    else:
        got = announcement_copy.alias("got")
        rows = select(contact.c.id, got.c.language, got.c.message_id, got.c.sent_at).join(
            got, and_(got.c.contact_id == contact.c.id, got.c.announcement_id == audience.got)
        )
    return (
        rows.where(contact.c.id > _behind, _wanted(audience, draft.announcement.mode))
        .order_by(contact.c.id)
        .limit(bindparam("most"))
    )


def _wanted(audience: Audience, mode: Mode = Mode.SEND) -> ColumnElement[bool]:
    """Say who is to get it. Nobody who has said stop, and nobody without a language.

    A mistake is taken away from those who have said stop too: that sends them nothing.
    """
    may = and_(contact.c.language.is_not(None), contact.c.has_stopped.is_(False))
    if mode is Mode.WITHDRAW:
        may = true()
    if audience.languages:
        may = and_(may, contact.c.language.in_(sorted(audience.languages)))
    if audience.got is not None:
        got = announcement_copy.alias("of_got")
        return and_(
            may,
            select(got.c.contact_id)
            .where(
                got.c.announcement_id == audience.got,
                got.c.contact_id == contact.c.id,
                got.c.state == CopyState.SENT.value,
            )
            .exists(),
        )
    if audience.everyone:
        return may
    wanted: list[ColumnElement[bool]] = []
    if audience.topics:
        wanted.append(
            select(subscription.c.contact_id)
            .where(
                subscription.c.contact_id == contact.c.id,
                subscription.c.topic.in_(sorted(audience.topics)),
            )
            .exists()
        )
    if audience.coming_to:
        wanted.append(
            select(attendance.c.contact_id)
            .where(
                attendance.c.contact_id == contact.c.id,
                attendance.c.topic == audience.coming_to,
                attendance.c.reply == Reply.COMING.value,
            )
            .exists()
        )
    return and_(may, contact.c.message_consent_day.is_not(None), or_(false(), *wanted))


def _move(connection: Connection, number: int, whose: list[str], state: CopyState) -> None:
    connection.execute(_MOVE, {"number": number, "whose": whose, "to_state": state.value})


def _change(connection: Connection, number: int, **values: object) -> None:
    connection.execute(update(announcement).where(announcement.c.id == number).values(**values))
