"""Erasure (Löschung): one person, completely, in both worlds, in one transaction.

Afterwards the caller empties SQLite's log with `Database.truncate_wal`; until then erased rows
live on in it.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, delete, update

from storage.inbox import forget_chat
from storage.keyring import KeyRing
from storage.outbox import drop_for_chat
from storage.tables import contact, respondent, wording

_DELETE_CONTACT = delete(contact).where(contact.c.person_mac == bindparam("mac"))
_DELETE_RESPONDENT = delete(respondent).where(respondent.c.pseudonym == bindparam("whose"))
_DELETE_RESPONDENTS = delete(respondent)
_DELETE_WORDINGS = delete(wording)
_NOBODY_CONSENTED = update(contact).values(has_consented=False)


@dataclass(frozen=True, slots=True)
class Erased:
    """How much was erased. Subscriptions, answers and voices went with their person."""

    contacts: int
    respondents: int
    updates: int
    messages: int


def erase_person(
    connection: Connection,
    keys: KeyRing,
    telegram_id: int,
    *,
    keep_purpose: str | None = None,
    running_id: int | None = None,
) -> Erased:
    """Erase everything about a person; a second time finds nothing.

    What is to be sent under `keep_purpose` stays, because it tells the person. The update
    with `running_id` (`WaitingUpdate.id`) is left to the turn that works on it. After the freeze
    date nobody can tell which answers are theirs, so only the contact world is erased.
    """
    person_mac = keys.person_mac(telegram_id)
    respondents = 0
    if keys.can_find_respondents:
        pseudonym = keys.pseudonym(telegram_id)
        respondents = connection.execute(_DELETE_RESPONDENT, {"whose": pseudonym}).rowcount
    return Erased(
        contacts=connection.execute(_DELETE_CONTACT, {"mac": person_mac}).rowcount,
        respondents=respondents,
        updates=forget_chat(connection, keys, telegram_id, running_id=running_id),
        messages=drop_for_chat(connection, keys, telegram_id, keep_purpose=keep_purpose),
    )


def erase_all_answers(connection: Connection) -> int:
    """Erase the whole respondent world, as promised for the deletion date, and count the people.

    Contacts stay if they agreed to messages; the others fall to `storage.retention`.
    """
    count = connection.execute(_DELETE_RESPONDENTS).rowcount
    connection.execute(_DELETE_WORDINGS)
    connection.execute(_NOBODY_CONSENTED)
    return count
