"""Erasure (Löschung): one person, completely, in both worlds, in one transaction.

Afterwards the caller empties SQLite's log with `Database.truncate_wal`; until then erased rows
live on in it.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, delete

from storage.inbox import forget_chat
from storage.keyring import KeyRing
from storage.outbox import drop_for_chat
from storage.staff import forget_state
from storage.staff_members import forget_member
from storage.tables import contact, respondent

_DELETE_CONTACT = delete(contact).where(contact.c.person_mac == bindparam("mac"))
_DELETE_RESPONDENT = delete(respondent).where(respondent.c.pseudonym == bindparam("whose"))


@dataclass(frozen=True, slots=True)
class Erased:
    """How much was erased. Subscriptions, answers and voices went with their person."""

    contacts: int
    respondents: int
    updates: int
    messages: int


def erase_person(
    connection: Connection, keys: KeyRing, telegram_id: int, *, running_id: int | None = None
) -> Erased:
    """Erase everything about a person; a second time finds nothing.

    The update with `running_id` (`WaitingUpdate.id`) is left to the turn that works on it. After
    the freeze date nobody can tell which answers are theirs, so only the contact world is erased.
    """
    person_mac = keys.person_mac(telegram_id)
    respondents = 0
    if keys.can_find_respondents:
        pseudonym = keys.pseudonym(telegram_id)
        respondents = connection.execute(_DELETE_RESPONDENT, {"whose": pseudonym}).rowcount
    forget_state(connection, keys, telegram_id)
    forget_member(connection, keys, telegram_id)
    return Erased(
        contacts=connection.execute(_DELETE_CONTACT, {"mac": person_mac}).rowcount,
        respondents=respondents,
        updates=forget_chat(connection, keys, telegram_id, running_id=running_id),
        messages=drop_for_chat(connection, keys, telegram_id),
    )
