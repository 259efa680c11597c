"""The members of the staff: who they are and what they may do today, asked anew for every turn.

A member has a short random id, by which the town names them; Telegram ids are sealed and hashed.
Whoever is named in the settings has every role for as long as they are, whatever their row says.
This module must not know settings nor what an area of the staff does; invitations are
`storage.staff_invites`, deputies `storage.staff_deputies`.
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, insert, or_, select, update

from storage import contexts
from storage.keyring import KeyRing
from storage.tables import outbox, staff_deputy, staff_invite, staff_log, staff_member, staff_state
from storage.vocabulary import StaffOrigin

#: An id is read out on the telephone: no vowels, so no words, and nothing that looks like something else.
_LETTERS, _DIGITS = "bcdfghjkmnpqrstvwxz", "23456789"
_ID_SIGNS = (_LETTERS, _DIGITS, _LETTERS, _DIGITS)
_SEPARATOR = "|"


class Role(StrEnum):
    """What a member may do. The values are stored: never change one."""

    AUTHOR = "author"
    APPROVER = "approver"
    REVIEWER = "reviewer"
    EXPORT = "export"
    ADMIN = "admin"


ALL_ROLES = frozenset(Role)


@dataclass(frozen=True, slots=True)
class Member:
    """A member as of now. `roles` are their own and those of the people they stand in for today."""

    id: str
    telegram_id: int
    origin: StaffOrigin
    own_roles: frozenset[Role]
    roles: frozenset[Role]
    language: str
    joined_at: dt.datetime


_BY_MAC = select(staff_member).where(staff_member.c.person_mac == bindparam("mac"))
_ALL = select(staff_member).order_by(staff_member.c.joined_at, staff_member.c.id)
_LOCK_ALL = select(staff_member.c.id).order_by(staff_member.c.id).with_for_update()
_STOOD_IN_FOR = (
    select(staff_deputy.c.member_id, staff_member)
    .join_from(staff_deputy, staff_member, staff_member.c.id == staff_deputy.c.stands_in_for)
    .where(staff_deputy.c.until >= bindparam("today"))
)
_STOOD_IN_FOR_BY_ONE = _STOOD_IN_FOR.where(staff_deputy.c.member_id == bindparam("key"))
_IS_MEMBER = select(staff_member.c.id).where(staff_member.c.id == bindparam("key")).limit(1)
_IS_IN_TRAIL = select(staff_log.c.id).where(staff_log.c.who == bindparam("key")).limit(1)
_ADD = insert(staff_member)
_CHANGE = update(staff_member).where(staff_member.c.id == bindparam("key"))
_DELETE = delete(staff_member).where(staff_member.c.id == bindparam("key"))
_END_DEPUTIES = delete(staff_deputy).where(
    or_(staff_deputy.c.member_id == bindparam("key"), staff_deputy.c.stands_in_for == bindparam("key"))
)
_END_INVITES = delete(staff_invite).where(staff_invite.c.invited_by == bindparam("key"))
_REMIND = (
    update(staff_member)
    .where(staff_member.c.id == bindparam("key"), staff_member.c.reminded_week != bindparam("in_week"))
    .values(reminded_week=bindparam("in_week"))
)
# What was written to them as staff: for approval, as a test, or as a reminder. To people it has a contact.
_TAKE_BACK = delete(outbox).where(
    outbox.c.chat_mac.in_(select(staff_member.c.person_mac).where(staff_member.c.id == bindparam("key"))),
    outbox.c.contact_id.is_(None),
    outbox.c.lease_until.is_(None),
    or_(*(outbox.c.purpose.like(f"{first}:%") for first in ("stale", "annask", "anntest"))),
)
_FORGET_STATE = delete(staff_state).where(
    staff_state.c.person_mac.in_(
        select(staff_member.c.person_mac).where(staff_member.c.id == bindparam("key"))
    )
)


def find_member(
    connection: Connection,
    keys: KeyRing,
    telegram_id: int,
    settings_ids: Collection[int],
    *,
    today: dt.date,
) -> Member | None:
    """Find out whether somebody belongs to the staff, and what they may do today."""
    row = connection.execute(_BY_MAC, {"mac": keys.person_mac(telegram_id)}).first()
    if row is None:
        return None
    named = _macs(keys, settings_ids)
    own = _own_roles(row, named)
    if not own:
        return None
    others = connection.execute(_STOOD_IN_FOR_BY_ONE, {"key": row.id, "today": today})
    lent = (role for other in others for role in _own_roles(other, named))
    return _as_member(row, telegram_id, named, own.union(lent))


def list_members(
    connection: Connection, keys: KeyRing, settings_ids: Collection[int], *, today: dt.date
) -> list[Member]:
    """List everybody who belongs to the staff, the eldest first. Raises: SealBrokenError."""
    named = _macs(keys, settings_ids)
    lent: dict[str, frozenset[Role]] = {}
    for other in connection.execute(_STOOD_IN_FOR, {"today": today}):
        lent[other.member_id] = lent.get(other.member_id, frozenset()) | _own_roles(other, named)
    return [
        _as_member(row, _open_chat(keys, row), named, own | lent.get(row.id, frozenset()))
        for row in connection.execute(_ALL)
        if (own := _own_roles(row, named))
    ]


def find_members_with(
    connection: Connection, keys: KeyRing, role: Role, settings_ids: Collection[int], *, today: dt.date
) -> list[Member]:
    """List who has a role today, of their own or for somebody. Raises: SealBrokenError."""
    members = list_members(connection, keys, settings_ids, today=today)
    return [member for member in members if role in member.roles]


def join_from_settings(
    connection: Connection, keys: KeyRing, telegram_id: int, *, language: str, now: dt.datetime
) -> Member:
    """Make the row of somebody whom the settings name, on their first turn. They have every role."""
    member_id = add_member(
        connection, keys, telegram_id, StaffOrigin.SETTINGS, ALL_ROLES, language=language, now=now
    )
    return Member(member_id, telegram_id, StaffOrigin.SETTINGS, ALL_ROLES, ALL_ROLES, language, now)


def add_member(
    connection: Connection,
    keys: KeyRing,
    telegram_id: int,
    origin: StaffOrigin,
    roles: frozenset[Role],
    *,
    language: str,
    now: dt.datetime,
) -> str:
    """Make the row of somebody who has none, and return their new id."""
    member_id = _fresh_id(connection)
    values = {
        "id": member_id,
        "person_mac": keys.person_mac(telegram_id),
        "chat_sealed": keys.seal_contact(str(telegram_id).encode(), contexts.staff_chat(member_id)),
        "origin": origin.value,
        "roles": join_roles(roles),
        "language": language,
        "joined_at": now,
        "reminded_week": "",
    }
    connection.execute(_ADD, values)
    return member_id


def set_invited_roles(connection: Connection, member_id: str, roles: frozenset[Role]) -> None:
    """Note what a member may do by invitation, beside what the settings may say."""
    values = {"origin": StaffOrigin.INVITATION.value, "roles": join_roles(roles)}
    connection.execute(_CHANGE.values(**values), {"key": member_id})


def set_member_language(connection: Connection, member_id: str, language: str) -> None:
    """Note the language of what is sent to a member."""
    connection.execute(_CHANGE.values(language=language), {"key": member_id})


def mark_reminded(connection: Connection, member_id: str, week: str) -> bool:
    """Note that a member is reminded in a week. False: they were already."""
    return connection.execute(_REMIND, {"key": member_id, "in_week": week}).rowcount == 1


def revoke(connection: Connection, member_id: str) -> bool:
    """Take somebody out of the staff, and say whether they were in it. It holds from their next turn on.

    Whom they stood in for and who stood in for them, what they were at, and the links that they made
    go with them: otherwise one of those could lead back in.
    """
    for statement in (_FORGET_STATE, _TAKE_BACK, _END_DEPUTIES, _END_INVITES):
        connection.execute(statement, {"key": member_id})
    return connection.execute(_DELETE, {"key": member_id}).rowcount > 0


def forget_member(connection: Connection, keys: KeyRing, telegram_id: int) -> bool:
    """Take somebody out of the staff who wants to be erased, and say whether they were in it."""
    row = connection.execute(_BY_MAC, {"mac": keys.person_mac(telegram_id)}).first()
    return row is not None and revoke(connection, row.id)


def revoke_unnamed(connection: Connection, keys: KeyRing, settings_ids: Collection[int]) -> list[str]:
    """Take out who belonged to the staff by the settings alone and is named there no more."""
    named = _macs(keys, settings_ids)
    gone = [row.id for row in connection.execute(_ALL) if not _own_roles(row, named)]
    for member_id in gone:
        revoke(connection, member_id)
    return gone


def is_last_admin(
    connection: Connection, keys: KeyRing, member_id: str, settings_ids: Collection[int]
) -> bool:
    """Tell whether nobody could manage the staff without this member.

    Holds every member until the transaction ends, so that two admins cannot revoke each other.
    """
    connection.execute(_LOCK_ALL).all()
    named = _macs(keys, settings_ids)
    admins = {row.id for row in connection.execute(_ALL) if Role.ADMIN in _own_roles(row, named)}
    return admins == {member_id}


def join_roles(roles: Iterable[Role]) -> str:
    """Write roles for a column, always in the same order."""
    wanted = set(roles)
    return _SEPARATOR.join(role.value for role in Role if role in wanted)


def split_roles(written: str) -> frozenset[Role]:
    """Read what `join_roles` wrote."""
    return frozenset(Role(word) for word in written.split(_SEPARATOR) if word)


def _own_roles(row: Row[Any], named: frozenset[bytes]) -> frozenset[Role]:
    """Tell what a member may do by themselves. Nothing: only the settings named them, and no longer do."""
    if row.person_mac in named:
        return ALL_ROLES
    return frozenset() if row.origin == StaffOrigin.SETTINGS.value else split_roles(row.roles)


def _as_member(row: Row[Any], telegram_id: int, named: frozenset[bytes], roles: frozenset[Role]) -> Member:
    origin = StaffOrigin.SETTINGS if row.person_mac in named else StaffOrigin.INVITATION
    return Member(row.id, telegram_id, origin, _own_roles(row, named), roles, row.language, row.joined_at)


def _open_chat(keys: KeyRing, row: Row[Any]) -> int:
    return int(keys.open_contact(row.chat_sealed, contexts.staff_chat(row.id)))


def _macs(keys: KeyRing, settings_ids: Collection[int]) -> frozenset[bytes]:
    return frozenset(keys.person_mac(telegram_id) for telegram_id in settings_ids)


def _fresh_id(connection: Connection) -> str:
    """Make an id that nobody has or had: the trail must not mean two people by one id."""
    while True:
        made = "".join(secrets.choice(signs) for signs in _ID_SIGNS)
        found = (
            connection.execute(statement, {"key": made}).first() for statement in (_IS_MEMBER, _IS_IN_TRAIL)
        )
        if not any(found):
            return made
