"""The outbox: everything that is to be sent, written in the transaction that caused it.

A row has a purpose that is there once; putting it again replaces what was to be sent. How rows
leave is `storage.sending`. This module must not know what a body says.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from storage import contexts
from storage.keyring import KeyRing
from storage.tables import outbox
from storage.upserts import Excluded, Upsert, insert_or_update
from storage.vocabulary import Lane, OutboxKind, Policy

#: What could not be sent for so long is of no use to anybody any more.
UNSENT_KEPT = dt.timedelta(days=7)


@dataclass(frozen=True, slots=True)
class OutboxMessage:
    """Something to be sent. The purpose must not name the chat; the body is written as JSON.

    Without `not_before` it is due at once. A mailing has no text in its body: its words are found when
    it is sent.
    """

    purpose: str
    chat_id: int
    contact_id: str | None
    kind: OutboxKind
    body: dict[str, Any]
    lane: Lane = Lane.REPLY
    not_before: dt.datetime | None = None
    reminder_id: int | None = None
    announcement_id: int | None = None
    policy: Policy = Policy.NEVER_MISSED


def _replacement(new: Excluded) -> dict[str, Any]:
    replaced = (
        "chat_mac",
        "chat_sealed",
        "contact_id",
        "kind",
        "lane",
        "body_sealed",
        "not_before",
        "reminder_id",
        "announcement_id",
        "policy",
    )
    return {name: new[name] for name in replaced} | {
        "created_at": new["created_at"],
        "revision": outbox.c.revision + 1,
        "attempts": 0,
        "was_interrupted": False,
    }


_PUT = insert_or_update(outbox, ("purpose",), _replacement)
_PUT_NEW = Upsert(
    sqlite.insert(outbox).on_conflict_do_nothing(index_elements=["purpose"]),
    postgresql.insert(outbox).on_conflict_do_nothing(index_elements=["purpose"]),
)
_BODY = select(outbox.c.body_sealed).where(outbox.c.purpose == bindparam("wanted"))
_REPLACE_BODY = (
    update(outbox)
    .where(outbox.c.purpose == bindparam("wanted"))
    .values(body_sealed=bindparam("sealed"), revision=outbox.c.revision + 1)
)
_WAITING = select(outbox.c.contact_id, outbox.c.body_sealed, outbox.c.attempts).where(
    outbox.c.purpose == bindparam("wanted")
)
_COUNT = select(outbox.c.lane, func.count()).group_by(outbox.c.lane)
_DROP_CONTACT = delete(outbox).where(outbox.c.contact_id == bindparam("whose"))
_DROP_CHAT = delete(outbox).where(outbox.c.chat_mac == bindparam("chat"))
# Copies of an announcement stay: the mailing itself is paused or stopped.
_DELETE_OLD = delete(outbox).where(
    outbox.c.created_at <= bindparam("before"),
    outbox.c.lease_until.is_(None),
    outbox.c.announcement_id.is_(None),
)


def put(connection: Connection, keys: KeyRing, message: OutboxMessage, now: dt.datetime) -> None:
    """Put something out, in place of what waits under the same purpose.

    Its turn in the chat stays. What is in flight goes on; the new one follows it.
    Raises: ValueError where the purpose names the chat.
    """
    connection.execute(_PUT.of(connection), _to_row(keys, message, now))


def put_new(
    connection: Connection, keys: KeyRing, messages: Iterable[OutboxMessage], now: dt.datetime
) -> None:
    """Put many things out at once; what waits under the same purpose already is left as it is.

    Raises: ValueError where a purpose names the chat.
    """
    rows = [_to_row(keys, message, now) for message in messages]
    if rows:
        connection.execute(_PUT_NEW.of(connection), rows)


def replace_body(connection: Connection, keys: KeyRing, purpose: str, body: dict[str, Any]) -> bool:
    """Replace what waits under a purpose, and say whether there is anything.

    What is in flight goes on; the new body follows it.
    """
    values = {"wanted": purpose, "sealed": _seal_body(keys, purpose, body)}
    return connection.execute(_REPLACE_BODY, values).rowcount == 1


def amend_body(connection: Connection, keys: KeyRing, purpose: str, **parts: object) -> str | None:
    """Add to the body that waits under a purpose, and return the contact it is for, if one is known.

    Raises: SealBrokenError.
    """
    row = connection.execute(_WAITING, {"wanted": purpose}).first()
    if row is None:
        return None
    replace_body(connection, keys, purpose, open_body(keys, row.body_sealed, purpose) | parts)
    contact_id: str | None = row.contact_id
    return contact_id


def find_attempted(connection: Connection, keys: KeyRing, purpose: str) -> tuple[dict[str, Any], int] | None:
    """Find what waits, or is in flight, under a purpose, and how often it was begun to be sent.

    Raises: SealBrokenError.
    """
    row = connection.execute(_WAITING, {"wanted": purpose}).first()
    return None if row is None else (open_body(keys, row.body_sealed, purpose), row.attempts)


def find_body(connection: Connection, keys: KeyRing, purpose: str) -> dict[str, Any] | None:
    """Find what waits, or is in flight, under a purpose. Raises: SealBrokenError."""
    sealed = connection.execute(_BODY, {"wanted": purpose}).scalar_one_or_none()
    return None if sealed is None else open_body(keys, sealed, purpose)


def count_waiting(connection: Connection) -> dict[Lane, int]:
    """Count what has not been sent yet, in flight included."""
    counted = {Lane(lane): int(count) for lane, count in connection.execute(_COUNT)}
    return {lane: counted.get(lane, 0) for lane in Lane}


def drop_for_contact(connection: Connection, contact_id: str) -> int:
    """Delete everything to a contact, and say how much."""
    return connection.execute(_DROP_CONTACT, {"whose": contact_id}).rowcount


def drop_for_chat(connection: Connection, keys: KeyRing, chat_id: int) -> int:
    """Delete everything to a chat, and say how much."""
    return connection.execute(_DROP_CHAT, {"chat": keys.person_mac(chat_id)}).rowcount


def prune_outbox(connection: Connection, now: dt.datetime) -> int:
    """Delete what could not be sent for too long, and say how much."""
    return connection.execute(_DELETE_OLD, {"before": now - UNSENT_KEPT}).rowcount


def _to_row(keys: KeyRing, message: OutboxMessage, now: dt.datetime) -> dict[str, object]:
    if str(message.chat_id) in message.purpose.split(":"):
        raise ValueError("a purpose is not sealed, so it must not name the chat")
    purpose = message.purpose
    return {
        "purpose": purpose,
        "chat_mac": keys.person_mac(message.chat_id),
        "chat_sealed": keys.seal_contact(str(message.chat_id).encode(), contexts.outbox_chat(purpose)),
        "contact_id": message.contact_id,
        "kind": message.kind.value,
        "lane": message.lane.value,
        "body_sealed": _seal_body(keys, purpose, message.body),
        "revision": 1,
        "attempts": 0,
        "was_interrupted": False,
        "not_before": message.not_before or now,
        "created_at": now,
        "reminder_id": message.reminder_id,
        "announcement_id": message.announcement_id,
        "policy": message.policy.value,
    }


def _seal_body(keys: KeyRing, purpose: str, body: dict[str, Any]) -> bytes:
    written = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return keys.seal_contact(written.encode(), contexts.outbox_body(purpose))


def open_body(keys: KeyRing, sealed: bytes, purpose: str) -> dict[str, Any]:
    """Open what goes out for a purpose. Raises: SealBrokenError."""
    body: dict[str, Any] = json.loads(keys.open_contact(sealed, contexts.outbox_body(purpose)))
    return body
