"""The team on the command line: what `mitreden staff …` does, and how it says it.

Nobody can be told apart here, so the trail says “command line”. Must not know the names of options.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from bot.app import system_clock
from bot.content import load_content
from bot.opening import open_data
from bot.settings import Settings, StartError
from bot.staff.invite_code import write_code
from bot.staff.team_area import INVITE_TOKEN_BYTES, LONGEST_DEPUTY, make_invite_link
from conversations.mistakes import suggest
from storage.database import Database
from storage.keyring import KeyRing
from storage.staff_deputies import Deputyship, end_deputy, list_deputies, set_deputy
from storage.staff_invites import count_invites, create_invite, hash_token
from storage.staff_log import COMMAND_LINE, Deed, LogEntry, list_log, log
from storage.staff_members import Member, Role, is_last_admin, join_roles, list_members, revoke
from storage.vocabulary import StaffOrigin

#: How much of a Telegram id is shown to whoever has to find it in the settings.
_ID_END_DIGITS = 3


@dataclass(frozen=True)
class Invitation:
    """A link that was made."""

    link: str
    roles: frozenset[Role]
    expires_at: dt.datetime


@dataclass(frozen=True)
class Team:
    """The team of a bot that has run at least once, and the ways to change it."""

    database: Database
    keys: KeyRing
    staff_ids: frozenset[int]
    now: dt.datetime

    def invite(self, roles: frozenset[Role], username: str, picture: Path | None) -> Invitation:
        """Make a link that works once; where the picture cannot be written, none. Raises: StartError."""
        token = secrets.token_urlsafe(INVITE_TOKEN_BYTES)
        link = make_invite_link(f"https://t.me/{username}", token)
        with self.database.transaction() as connection:
            expires_at = create_invite(connection, roles, COMMAND_LINE, self.now, token)
            digest = hash_token(token).hex()
            log(connection, COMMAND_LINE, Deed.INVITED, join_roles(roles), digest, now=self.now)
            if picture is not None:
                write_code(link, picture)
        return Invitation(link, roles, expires_at)

    def list_all(self) -> tuple[list[Member], list[Deputyship], int]:
        """List the members, who stands in for whom, and count the open invitations."""
        today = self.now.date()
        with self.database.reading() as connection:
            return (
                list_members(connection, self.keys, self.staff_ids, today=today),
                list_deputies(connection, today=today),
                count_invites(connection, self.now),
            )

    def list_log(self, limit: int) -> list[LogEntry]:
        """List the newest deeds, the last one first."""
        with self.database.reading() as connection:
            return list_log(connection, limit)

    def revoke(self, member_id: str) -> str:
        """Take access away, and say what follows. Raises: StartError."""
        member = self._get(member_id)
        if member.origin is StaffOrigin.SETTINGS:
            end = str(member.telegram_id)[-_ID_END_DIGITS:]
            raise StartError(
                f"{member_id} is named in the settings: take the id that ends in {end}"
                " out of MITREDEN_STAFF_IDS, and start the bot again."
            )
        with self.database.transaction() as connection:
            was_last = is_last_admin(connection, self.keys, member_id, self.staff_ids)
            if not revoke(connection, member_id):
                raise StartError(f"{member_id} has just been taken out already.")
            log(connection, COMMAND_LINE, Deed.REVOKED, member_id, now=self.now)
        said = f"{member_id} has no access any more, from this moment on."
        return f"{said} Nobody is an admin now: mitreden staff invite --role admin" if was_last else said

    def set_deputy(self, member_id: str, other_id: str, until: dt.date) -> str:
        """Let somebody stand in for somebody. Raises: StartError."""
        self._get(member_id)
        self._get(other_id)
        if member_id == other_id:
            raise StartError("Nobody stands in for themselves.")
        if not self.now.date() <= until <= self.now.date() + LONGEST_DEPUTY:
            raise StartError(f"{until:%d.%m.%Y} must be today or later, and within a year.")
        with self.database.transaction() as connection:
            set_deputy(connection, member_id, other_id, until)
            subject = f"{member_id} for {other_id} until {until}"
            log(connection, COMMAND_LINE, Deed.DEPUTY, subject, now=self.now)
        return f"{member_id} stands in for {other_id} until {until:%d.%m.%Y}."

    def end_deputy(self, member_id: str, other_id: str) -> str:
        """Let somebody stand in no longer. Raises: StartError."""
        with self.database.transaction() as connection:
            if not end_deputy(connection, member_id, other_id):
                raise StartError(f"{member_id} does not stand in for {other_id}.")
            log(connection, COMMAND_LINE, Deed.DEPUTY_ENDED, f"{member_id} for {other_id}", now=self.now)
        return f"{member_id} stands in for {other_id} no longer."

    def _get(self, member_id: str) -> Member:
        members, _, _ = self.list_all()
        found = next((member for member in members if member.id == member_id), None)
        if found is None:
            known = ", ".join(member.id for member in members)
            hint = f"There are {known}." if known else "Nobody has joined yet."
            raise StartError(f"There is no member “{member_id}”. {hint}")
        return found


@contextlib.contextmanager
def open_team(settings: Settings) -> Iterator[Team]:
    """Open the team. Raises: StartError, KeyFileError, DatabaseUnreachableError, ContentError."""
    zone = ZoneInfo(load_content(settings.content).content.programme.timezone)
    with open_data(settings) as (database, keys):
        yield Team(database, keys, settings.staff_ids, system_clock().astimezone(zone))


def parse_roles(written: Sequence[str]) -> frozenset[Role]:
    """Read roles. Raises: StartError."""
    known = [role.value for role in Role]
    for word in written:
        if word not in known:
            raise StartError(
                f"There is no role “{word}”.{suggest(word, known)} Known are {', '.join(known)}."
            )
    if not written:
        raise StartError(f"Say what the person may do, with --role: {', '.join(known)}.")
    return frozenset(map(Role, written))


def invitation_json(made: Invitation) -> dict[str, Any]:
    """Write an invitation for a script."""
    return {"link": made.link, "roles": _names(made.roles), "expires_at": made.expires_at.isoformat()}


def list_lines(
    members: list[Member], deputies: list[Deputyship], open_invites: int, zone: dt.tzinfo | None
) -> Iterator[str]:
    """Say who belongs to the team."""
    for member in members:
        since = member.joined_at.astimezone(zone)
        how = "named in the settings" if member.origin is StaffOrigin.SETTINGS else "invited"
        yield f"{member.id}  {', '.join(_names(member.own_roles))}  ({how}, since {since:%d.%m.%Y})"
        for each in deputies:
            if each.member_id == member.id:
                yield f"      stands in for {each.stands_in_for} until {each.until:%d.%m.%Y}"
    if not members:
        yield "Nobody has joined yet. To invite somebody: mitreden staff invite --role admin"
    if open_invites:
        yield f"Open invitations: {open_invites}"


def list_json(members: list[Member], deputies: list[Deputyship], open_invites: int) -> dict[str, Any]:
    """Write who belongs to the team for a script."""
    return {
        "members": [
            {
                "id": member.id,
                "origin": member.origin.value,
                "own_roles": _names(member.own_roles),
                "roles": _names(member.roles),
                "language": member.language,
                "joined_at": member.joined_at.isoformat(),
                "stands_in_for": [
                    {"id": each.stands_in_for, "until": each.until.isoformat()}
                    for each in deputies
                    if each.member_id == member.id
                ],
            }
            for member in members
        ],
        "open_invitations": open_invites,
    }


def log_line(entry: LogEntry, zone: dt.tzinfo | None) -> str:
    """Say one deed."""
    parts = (entry.who, entry.deed.value, entry.subject, entry.digest[:12])
    return f"{entry.at.astimezone(zone):%d.%m.%Y %H:%M:%S}  " + "  ".join(part for part in parts if part)


def log_json(entry: LogEntry) -> dict[str, str]:
    """Write one deed for a script."""
    return {
        "at": entry.at.isoformat(),
        "who": entry.who,
        "deed": entry.deed.value,
        "subject": entry.subject,
        "digest": entry.digest,
    }


def _names(roles: frozenset[Role]) -> list[str]:
    return [role.value for role in Role if role in roles]
