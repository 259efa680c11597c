"""The team of a town, changed behind everybody's back as the command line does it."""

from __future__ import annotations

import itertools
from zoneinfo import ZoneInfo

from storage.staff_invites import create_invite
from storage.staff_log import COMMAND_LINE
from storage.staff_members import Member, Role, list_members, revoke
from tests.support.chat import Chat, Town

BERLIN = ZoneInfo("Europe/Berlin")
_NUMBERS = itertools.count(1)


def invite(town: Town, *roles: Role) -> str:
    """Make an invitation, and return its token."""
    token = f"To-ken_{next(_NUMBERS):020}"
    with town.database.transaction() as connection:
        create_invite(connection, frozenset(roles), COMMAND_LINE, town.clock(), token)
    return token


def members(town: Town) -> list[Member]:
    """List who belongs to the team now."""
    today = town.clock().astimezone(BERLIN).date()
    found: list[Member] = town.read(
        lambda connection, keys: list_members(connection, keys, town.staff_ids, today=today)
    )
    return found


def revoke_now(town: Town, member_id: str) -> None:
    """Take somebody's access away."""
    with town.database.transaction() as connection:
        assert revoke(connection, member_id)


async def rejoin(town: Town, chat: Chat, *roles: Role) -> None:
    """Let somebody open a new link."""
    await chat.says(f"/start team-{invite(town, *roles)}")
