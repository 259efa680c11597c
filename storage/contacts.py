"""Contacts: the people who can be reached, found by a keyed hash of their Telegram id.

Everything proactive is done from here. This module must not know a pseudonym, nor anything
that somebody answered.
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, RowMapping, bindparam, delete, insert, select, update

from conversations.person import Attendance, Consent
from storage import contexts
from storage.attendance import load_attendance
from storage.following import load_followed
from storage.keyring import KeyRing, SealBrokenError
from storage.tables import contact, subscription
from storage.upserts import insert_or_keep

#: Random bytes in the id of a contact.
CONTACT_ID_BYTES = 8

_BY_MAC = select(contact).where(contact.c.person_mac == bindparam("mac"))
_BY_MAC_LOCKED = _BY_MAC.with_for_update()
_BY_ID = select(contact).where(contact.c.id == bindparam("key"))
_ANY = select(contact.c.id, contact.c.chat_sealed).limit(1)
_TOPICS = select(subscription.c.topic).where(subscription.c.contact_id == bindparam("key"))
_CREATE = insert(contact)
_CHANGE = update(contact).where(contact.c.id == bindparam("key"))
_SEE = (
    update(contact)
    .where(contact.c.id == bindparam("key"), contact.c.seen_day != bindparam("day"))
    .values(seen_day=bindparam("day"))
)
_DELETE = delete(contact).where(contact.c.id == bindparam("key"))
_SUBSCRIBE = insert_or_keep(subscription, ("contact_id", "topic"))
_UNSUBSCRIBE = delete(subscription).where(
    subscription.c.contact_id == bindparam("key"),
    subscription.c.topic.in_(bindparam("unwanted", expanding=True)),
)


@dataclass(frozen=True, slots=True)
class Contact:
    """Somebody who can be reached.

    `has_consented` tells that the person agreed to give answers; whose they are it does not.
    `has_stopped` says that they ended every message, and nothing may be sent that they do not ask for.
    """

    id: str
    telegram_id: int
    language: str | None
    has_consented: bool
    message_consent: Consent | None
    subscriptions: frozenset[str]
    screen_message_id: int | None
    attendance: Mapping[str, Attendance] = field(default_factory=dict)
    follow_consent: Consent | None = None
    followed: frozenset[str] = frozenset()
    has_stopped: bool = False


def load_contact(connection: Connection, keys: KeyRing, telegram_id: int) -> Contact | None:
    """Load the contact of a person and hold their row until the transaction ends. None: a stranger."""
    return _find(connection, keys, _BY_MAC_LOCKED, {"mac": keys.person_mac(telegram_id)})


def find_contact(connection: Connection, keys: KeyRing, telegram_id: int) -> Contact | None:
    """Find the contact of a person without holding anybody up."""
    return _find(connection, keys, _BY_MAC, {"mac": keys.person_mac(telegram_id)})


def create_contact(connection: Connection, keys: KeyRing, telegram_id: int, *, today: dt.date) -> Contact:
    """Make the contact of a stranger."""
    contact_id = secrets.token_hex(CONTACT_ID_BYTES)
    values = {
        "id": contact_id,
        "person_mac": keys.person_mac(telegram_id),
        "chat_sealed": keys.seal_contact(str(telegram_id).encode(), contexts.contact_chat(contact_id)),
        "has_consented": False,
        "seen_day": today,
        "has_stopped": False,
        "told_station": 0,
    }
    connection.execute(_CREATE, values)
    return Contact(
        id=contact_id,
        telegram_id=telegram_id,
        language=None,
        has_consented=False,
        message_consent=None,
        subscriptions=frozenset(),
        screen_message_id=None,
    )


def set_language(connection: Connection, contact_id: str, language: str) -> None:
    """Note the language of every later message."""
    _change(connection, contact_id, language=language)


def set_message_consent(connection: Connection, contact_id: str, consent: Consent | None) -> None:
    """Note the consent (Einwilligung) to messages, or with None that it was withdrawn."""
    _change(
        connection,
        contact_id,
        message_consent_version=None if consent is None else consent.version,
        message_consent_language=None if consent is None else consent.language,
        message_consent_day=None if consent is None else consent.day,
    )


def set_stopped(connection: Connection, contact_id: str, *, stopped: bool) -> None:
    """Note that the person ended every message, or wants some again."""
    _change(connection, contact_id, has_stopped=stopped)


def mark_consented(connection: Connection, contact_id: str) -> None:
    """Note that the person agreed to give answers, so that the contact is kept."""
    _change(connection, contact_id, has_consented=True)


def mark_seen(connection: Connection, contact_id: str, day: dt.date) -> None:
    """Note the last day on which the person did something; within a day nothing is written."""
    connection.execute(_SEE, {"key": contact_id, "day": day})


def set_screen_message(connection: Connection, contact_id: str, message_id: int | None) -> None:
    """Note which message shows the current screen, or with None that there is none."""
    _change(connection, contact_id, screen_message_id=message_id)


def subscribe(connection: Connection, contact_id: str, topic: str) -> None:
    """Add a topic; a second time changes nothing."""
    connection.execute(_SUBSCRIBE.of(connection), {"contact_id": contact_id, "topic": topic})


def unsubscribe(connection: Connection, contact_id: str, topics: Collection[str]) -> None:
    """Take topics away, also such as were never there."""
    connection.execute(_UNSUBSCRIBE, {"key": contact_id, "unwanted": sorted(topics)})


def delete_contact(connection: Connection, contact_id: str) -> None:
    """Delete a contact with all subscriptions. What the person answered stays."""
    connection.execute(_DELETE, {"key": contact_id})


def find_by_id(connection: Connection, keys: KeyRing, contact_id: str) -> Contact | None:
    """Find a contact by the id that stands in other rows."""
    return _find(connection, keys, _BY_ID, {"key": contact_id})


def keys_fit(connection: Connection, keys: KeyRing) -> bool:
    """Tell whether the keys are those of this database; true as long as it is empty."""
    row = connection.execute(_ANY).first()
    if row is None:
        return True
    try:
        keys.open_contact(row.chat_sealed, contexts.contact_chat(row.id))
    except SealBrokenError:
        return False
    return True


def _find(
    connection: Connection, keys: KeyRing, statement: Any, parameters: dict[str, Any]
) -> Contact | None:
    row = connection.execute(statement, parameters).mappings().first()
    if row is None:
        return None
    topics = frozenset(connection.execute(_TOPICS, {"key": row["id"]}).scalars())
    return Contact(
        id=row["id"],
        telegram_id=int(keys.open_contact(row["chat_sealed"], contexts.contact_chat(row["id"]))),
        language=row["language"],
        has_consented=row["has_consented"],
        message_consent=_read_consent(row, "message"),
        subscriptions=topics,
        screen_message_id=row["screen_message_id"],
        attendance=load_attendance(connection, row["id"]),
        follow_consent=_read_consent(row, "follow"),
        followed=load_followed(connection, row["id"]) if row["follow_consent_day"] else frozenset(),
        has_stopped=row["has_stopped"],
    )


def _read_consent(row: RowMapping, what: str) -> Consent | None:
    """Read one of the two consents that hang on the contact."""
    version, language, day = (row[f"{what}_consent_{part}"] for part in ("version", "language", "day"))
    return None if version is None else Consent(version, language, day)


def _change(connection: Connection, contact_id: str, **values: object) -> None:
    connection.execute(_CHANGE, {"key": contact_id, **values})
