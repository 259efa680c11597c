"""Invitations to the staff: a link that works once, within a day.

The token of a link is a secret; only its hash is stored, and it goes in the transaction that uses it.
This module must not know how a link looks.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Collection

from sqlalchemy import Connection, bindparam, delete, func, insert, or_, select

from storage.keyring import KeyRing
from storage.staff_log import COMMAND_LINE
from storage.staff_members import (
    Member,
    Role,
    add_member,
    find_member,
    join_roles,
    set_invited_roles,
    split_roles,
)
from storage.tables import staff_invite, staff_member
from storage.vocabulary import StaffOrigin

#: How long a link may be used.
INVITE_LASTS = dt.timedelta(hours=24)

_CREATE = insert(staff_invite)
_TAKE = (
    delete(staff_invite)
    .where(
        staff_invite.c.token_hash == bindparam("hash"),
        staff_invite.c.expires_at > bindparam("now"),
        staff_invite.c.invited_by != bindparam("taker"),
        # A link that was made while its maker was being revoked leads nowhere.
        or_(
            staff_invite.c.invited_by == COMMAND_LINE,
            staff_invite.c.invited_by.in_(select(staff_member.c.id)),
        ),
    )
    .returning(staff_invite.c.roles)
)
_COUNT = select(func.count()).select_from(staff_invite).where(staff_invite.c.expires_at > bindparam("now"))
_PRUNE = delete(staff_invite).where(staff_invite.c.expires_at <= bindparam("now"))
_ROW_OF = select(staff_member).where(staff_member.c.person_mac == bindparam("mac"))


def hash_token(token: str) -> bytes:
    """Hash the token of a link: what is stored, and what names the invitation in the trail."""
    return hashlib.sha256(token.encode()).digest()


def create_invite(
    connection: Connection, roles: frozenset[Role], invited_by: str, now: dt.datetime, token: str
) -> dt.datetime:
    """Note an invitation, and return until when it can be used. Raises: ValueError without a role."""
    if not roles:
        raise ValueError("an invitation to nothing")
    expires_at = now + INVITE_LASTS
    values = {
        "token_hash": hash_token(token),
        "roles": join_roles(roles),
        "invited_by": invited_by,
        "expires_at": expires_at,
    }
    connection.execute(_CREATE, values)
    return expires_at


def accept_invite(
    connection: Connection,
    keys: KeyRing,
    telegram_id: int,
    token: str,
    settings_ids: Collection[int],
    *,
    language: str,
    now: dt.datetime,
) -> Member | None:
    """Use up an invitation. A member gets its roles in addition. None: it is over, used, or never was.

    Nobody can use a link of their own: it would give them roles that nobody else gave them.
    `now` is in the time zone in which days are counted.
    """
    row = connection.execute(_ROW_OF, {"mac": keys.person_mac(telegram_id)}).first()
    values = {"hash": hash_token(token), "now": now, "taker": "" if row is None else row.id}
    written = connection.execute(_TAKE, values).scalar_one_or_none()
    if written is None:
        return None
    roles = split_roles(written)
    if row is None:
        add_member(connection, keys, telegram_id, StaffOrigin.INVITATION, roles, language=language, now=now)
    else:
        was_invited = row.origin == StaffOrigin.INVITATION.value
        set_invited_roles(
            connection, row.id, roles | (split_roles(row.roles) if was_invited else frozenset())
        )
    return find_member(connection, keys, telegram_id, settings_ids, today=now.date())


def count_invites(connection: Connection, now: dt.datetime) -> int:
    """Count the links that somebody could still use."""
    return connection.execute(_COUNT, {"now": now}).scalar_one()


def prune_invites(connection: Connection, now: dt.datetime) -> int:
    """Delete the links that nobody can use any more, and say how many."""
    return connection.execute(_PRUNE, {"now": now}).rowcount
