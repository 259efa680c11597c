"""The inbox: every update is here before Telegram is told that it arrived.

Updates of one chat are worked on strictly in the order in which they came, different chats in
parallel. An update that is done keeps its number for a week, so that a repeat changes
nothing, and neither body nor chat. Numbers are only ever compared for being equal: after a
quiet week Telegram begins at a random one. This module must not know what a body means.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, and_, bindparam, delete, func, literal_column, or_, select, update

from storage import contexts
from storage.keyring import KeyRing, SealBrokenError
from storage.tables import inbox
from storage.upserts import insert_or_keep
from storage.vocabulary import InboxState

#: How long the number of an update is kept; Telegram repeats for a day (Bot API, getUpdates).
NUMBER_KEPT = dt.timedelta(days=7)
#: How long the body of an update is kept that could not be worked on (DESIGN §4).
QUARANTINE_KEPT = dt.timedelta(hours=24)
#: The reason noted where the body cannot be opened with these keys.
UNREADABLE = "unreadable"

# A constant in the statement, or the partial indexes would not be used.
_IS_WAITING = inbox.c.state == literal_column("'waiting'")
_earlier = inbox.alias("earlier")
_IS_FIRST_OF_CHAT = ~(
    select(_earlier.c.id)
    .where(
        _earlier.c.state == literal_column("'waiting'"),
        _earlier.c.chat_mac == inbox.c.chat_mac,
        _earlier.c.id < inbox.c.id,
    )
    .exists()
)
_IS_DUE = and_(_IS_WAITING, inbox.c.not_before <= bindparam("now"), _IS_FIRST_OF_CHAT)

_STORE = insert_or_keep(inbox, ("update_id",))
_NEXT = select(inbox).where(_IS_DUE).order_by(inbox.c.id).limit(1).with_for_update(skip_locked=True)
_NEXT_DUE = select(func.min(inbox.c.not_before)).where(_IS_WAITING, _IS_FIRST_OF_CHAT)
_COUNT = select(func.count()).where(_IS_WAITING)
_CHANGE = update(inbox).where(inbox.c.id == bindparam("key"), _IS_WAITING)
_POSTPONE = _CHANGE.values(attempts=inbox.c.attempts + 1)
_FORGET_CHAT = (
    update(inbox)
    .where(
        inbox.c.chat_mac == bindparam("chat"),
        or_(bindparam("running", type_=inbox.c.id.type).is_(None), inbox.c.id != bindparam("running")),
    )
    .values(state=InboxState.DONE.value, body_sealed=None, chat_mac=None)
)
_EMPTY_QUARANTINE = (
    update(inbox)
    .where(
        inbox.c.state == InboxState.QUARANTINED.value,
        inbox.c.received_at <= bindparam("before"),
        or_(inbox.c.body_sealed.is_not(None), inbox.c.chat_mac.is_not(None)),
    )
    .values(body_sealed=None, chat_mac=None)
)
_DELETE_OLD = delete(inbox).where(
    inbox.c.state != InboxState.WAITING.value, inbox.c.received_at <= bindparam("before")
)


@dataclass(frozen=True, slots=True)
class ReceivedUpdate:
    """An update as it came, reduced to the fields we keep.

    `chat_id` is None where none could be read. With `quarantined`, a reason without any
    content, nobody works on it.
    """

    update_id: int
    chat_id: int | None
    body: bytes
    quarantined: str | None = None


@dataclass(frozen=True, slots=True)
class WaitingUpdate:
    """An update to be worked on; `attempts` counts the times that failed."""

    id: int
    update_id: int
    body: bytes
    attempts: int
    received_at: dt.datetime


def store_batch(
    connection: Connection, keys: KeyRing, updates: Sequence[ReceivedUpdate], now: dt.datetime
) -> int:
    """Store updates in their order and say how many are new; repeats change nothing."""
    statement = _STORE.of(connection)
    return sum(len(connection.execute(statement, _to_row(keys, received, now)).all()) for received in updates)


def next_update(connection: Connection, keys: KeyRing, now: dt.datetime) -> WaitingUpdate | None:
    """Find the next update and hold it in this transaction.

    None where nothing is due: an update waits while an earlier one of its chat is worked on or
    postponed. One that cannot be opened goes into quarantine.
    """
    while (row := connection.execute(_NEXT, {"now": now}).first()) is not None:
        try:
            body = keys.open_contact(row.body_sealed, contexts.inbox_body(row.update_id))
        except SealBrokenError:
            _change(connection, row.id, state=InboxState.QUARANTINED.value, reason=UNREADABLE)
            continue
        return WaitingUpdate(row.id, row.update_id, body, row.attempts, row.received_at)
    return None


def finish_update(connection: Connection, waiting: WaitingUpdate) -> bool:
    """Note in the transaction of the turn that an update is done, and empty it.

    False: it was done already, so the turn must be undone.
    """
    return _change(connection, waiting.id, state=InboxState.DONE.value, body_sealed=None, chat_mac=None)


def postpone_update(connection: Connection, waiting: WaitingUpdate, not_before: dt.datetime) -> bool:
    """Count a failed attempt and put the update off; later ones of the chat wait for it."""
    values = {"key": waiting.id, "not_before": not_before}
    return connection.execute(_POSTPONE, values).rowcount == 1


def quarantine_update(connection: Connection, waiting: WaitingUpdate, reason: str) -> bool:
    """Set an update aside, so that the later ones of the chat go on. `reason` holds no content."""
    return _change(connection, waiting.id, state=InboxState.QUARANTINED.value, reason=reason)


def next_update_due_at(connection: Connection) -> dt.datetime | None:
    """Tell when there is something to work on; None when nothing waits."""
    found: dt.datetime | None = connection.execute(_NEXT_DUE).scalar_one()
    return found


def count_waiting_updates(connection: Connection) -> int:
    """Count the updates that are still to be worked on."""
    counted: int = connection.execute(_COUNT).scalar_one()
    return counted


def forget_chat(connection: Connection, keys: KeyRing, chat_id: int, *, running_id: int | None = None) -> int:
    """Empty every update of a chat, done or not, and say how many.

    The one with `running_id`, which a turn is at, is left to that turn.
    """
    values = {"chat": keys.person_mac(chat_id), "running": running_id}
    return connection.execute(_FORGET_CHAT, values).rowcount


def prune_inbox(connection: Connection, now: dt.datetime) -> tuple[int, int]:
    """Empty old quarantined updates, delete old numbers, and count both."""
    emptied = connection.execute(_EMPTY_QUARANTINE, {"before": now - QUARANTINE_KEPT}).rowcount
    deleted = connection.execute(_DELETE_OLD, {"before": now - NUMBER_KEPT}).rowcount
    return emptied, deleted


def _to_row(keys: KeyRing, received: ReceivedUpdate, now: dt.datetime) -> dict[str, object]:
    state = InboxState.WAITING if received.quarantined is None else InboxState.QUARANTINED
    return {
        "update_id": received.update_id,
        "chat_mac": None if received.chat_id is None else keys.person_mac(received.chat_id),
        "body_sealed": keys.seal_contact(received.body, contexts.inbox_body(received.update_id)),
        "state": state.value,
        "reason": received.quarantined,
        "attempts": 0,
        "not_before": now,
        "received_at": now,
    }


def _change(connection: Connection, inbox_id: int, **values: object) -> bool:
    return connection.execute(_CHANGE, {"key": inbox_id, **values}).rowcount == 1
