"""The area of the team: who belongs to the staff, invitations, access taken away, deputies.

Open to admins. Every deed is in the trail. A second tap on a button changes nothing.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from dataclasses import dataclass

from bot.staff.area import AreaTurn, Visit
from bot.staff.desk import with_notice
from bot.staff.door import INVITE_PREFIX
from bot.staff.team_screens import (
    TEAM,
    TeamScene,
    for_whom_screen,
    invite_screen,
    link_screen,
    member_screen,
    revoke_screen,
    roles_of,
    team_screen,
    until_screen,
)
from conversations.moments import MomentError, parse_day
from conversations.texts import Text, text
from storage.staff_deputies import end_deputy, list_deputies, set_deputy
from storage.staff_invites import count_invites, create_invite, hash_token
from storage.staff_log import Deed, log
from storage.staff_members import Member, Role, is_last_admin, join_roles, list_members, revoke
from storage.vocabulary import StaffOrigin

#: Random bytes in the token of a link: 32 signs, of which Telegram takes 64 with what stands before.
INVITE_TOKEN_BYTES = 24
#: The longest time for which somebody can stand in.
LONGEST_DEPUTY = dt.timedelta(days=366)
_NONCE_CHARS = 8


@dataclass
class TeamArea:
    """The team, for admins. `link_base` is the address of the bot, `new_token` makes a secret of a link."""

    staff_ids: frozenset[int]
    link_base: str
    new_token: Callable[[], str]
    name: str = TEAM
    roles: frozenset[Role] = frozenset({Role.ADMIN})

    def press(self, visit: Visit, argument: str) -> AreaTurn:
        """Do what a button says."""
        verb, _, rest = argument.partition(".")
        scene = self._scene(visit)
        if verb == "invite":
            return self._choose_roles(visit, rest)
        if verb == "link":
            return self._make_link(visit, rest)
        first, _, more = rest.partition(".")
        member = scene.find(first)
        if member is None:
            return AreaTurn(team_screen(scene))
        match verb:
            case "revoke" | "gone":
                return self._revoke(visit, scene, member, is_sure=verb == "gone")
            case "deputy":
                return AreaTurn(for_whom_screen(scene, member))
            case "for" if scene.find(more) is not None and more != member.id:
                return AreaTurn(until_screen(scene, member.id, more), _write(member.id, more))
            case "until":
                other, _, day = more.partition(".")
                return self._set_deputy(visit, scene, member, other, day)
            case "end":
                return self._end_deputies(visit, scene, member)
            case _:
                return AreaTurn(member_screen(scene, member))

    def say(self, visit: Visit, words: str) -> AreaTurn:
        """Take a text as the day until which somebody stands in; nothing else is written here."""
        scene = self._scene(visit)
        asked = _read(visit.state)
        member = None if asked is None else scene.find(asked[0])
        if asked is None or member is None:
            return self.repeat(visit, text("staff.team.use_buttons"))
        try:
            day = parse_day(words.strip())
        except MomentError:
            return self.repeat(visit, text("staff.wrong.day"))
        return self._set_deputy(visit, scene, member, asked[1], f"{day:%Y%m%d}")

    def repeat(self, visit: Visit, notice: Text) -> AreaTurn:
        """Ask again, with a sentence on top."""
        scene, asked = self._scene(visit), _read(visit.state)
        if asked is not None and scene.find(asked[0]) is not None and scene.find(asked[1]) is not None:
            return AreaTurn(with_notice(until_screen(scene, *asked), notice), visit.state)
        return AreaTurn(with_notice(team_screen(scene), notice))

    def _choose_roles(self, visit: Visit, letters: str) -> AreaTurn:
        nonce = _read_nonce(visit.state) or self.new_token()[:_NONCE_CHARS]
        return AreaTurn(invite_screen(roles_of(letters), nonce), json.dumps({"nonce": nonce}))

    def _make_link(self, visit: Visit, rest: str) -> AreaTurn:
        """Make a link, once for each time that the roles were asked for."""
        letters, _, nonce = rest.partition(".")
        roles, awaited = roles_of(letters), _read_nonce(visit.state)
        if awaited is None:
            return AreaTurn(None)
        if not roles or nonce != awaited:
            return self._choose_roles(visit, letters)
        token = self.new_token()
        expires_at = create_invite(visit.connection, roles, visit.member.id, visit.now, token)
        self._log(visit, Deed.INVITED, join_roles(roles), hash_token(token).hex())
        return AreaTurn(link_screen(make_invite_link(self.link_base, token), roles, expires_at))

    def _revoke(self, visit: Visit, scene: TeamScene, member: Member, *, is_sure: bool) -> AreaTurn:
        hindrance = self._find_hindrance(visit, member)
        if hindrance is not None:
            return AreaTurn(with_notice(member_screen(scene, member), hindrance))
        if not is_sure:
            return AreaTurn(revoke_screen(member))
        revoke(visit.connection, member.id)
        self._log(visit, Deed.REVOKED, member.id)
        return self._show_team(visit, text("staff.team.revoked", member=member.id))

    def _find_hindrance(self, visit: Visit, member: Member) -> Text | None:
        if member.origin is StaffOrigin.SETTINGS:
            return text("staff.team.not_settings", member=member.id)
        if is_last_admin(visit.connection, visit.keys, member.id, self.staff_ids):
            return text("staff.team.not_last", member=member.id)
        return text("staff.team.not_self") if member.id == visit.member.id else None

    def _set_deputy(
        self, visit: Visit, scene: TeamScene, member: Member, other_id: str, written: str
    ) -> AreaTurn:
        other, until = scene.find(other_id), _read_day(written)
        if other is None or other.id == member.id:
            return AreaTurn(member_screen(scene, member))
        if until is None or not scene.today <= until <= scene.today + LONGEST_DEPUTY:
            asked = with_notice(until_screen(scene, member.id, other.id), text("staff.team.wrong_until"))
            return AreaTurn(asked, _write(member.id, other.id))
        if any((each.stands_in_for, each.until) == (other.id, until) for each in scene.deputies_by(member)):
            return AreaTurn(None)
        set_deputy(visit.connection, member.id, other.id, until)
        self._log(visit, Deed.DEPUTY, f"{member.id} for {other.id} until {until}")
        notice = text("staff.team.deputy_set", member=member.id, other=other.id, date=until)
        return self._show_member(visit, member, notice)

    def _end_deputies(self, visit: Visit, scene: TeamScene, member: Member) -> AreaTurn:
        ended = scene.deputies_by(member)
        for each in ended:
            end_deputy(visit.connection, member.id, each.stands_in_for)
            self._log(visit, Deed.DEPUTY_ENDED, f"{member.id} for {each.stands_in_for}")
        if not ended:
            return AreaTurn(member_screen(scene, member))
        return self._show_member(visit, member, text("staff.team.deputy_ended", member=member.id))

    def _show_team(self, visit: Visit, notice: Text) -> AreaTurn:
        return AreaTurn(with_notice(team_screen(self._scene(visit)), notice))

    def _show_member(self, visit: Visit, member: Member, notice: Text) -> AreaTurn:
        return AreaTurn(with_notice(member_screen(self._scene(visit), member), notice))

    def _scene(self, visit: Visit) -> TeamScene:
        today = visit.now.date()
        return TeamScene(
            visit.member,
            list_members(visit.connection, visit.keys, self.staff_ids, today=today),
            list_deputies(visit.connection, today=today),
            count_invites(visit.connection, visit.now),
            today,
        )

    def _log(self, visit: Visit, deed: Deed, subject: str, digest: str = "") -> None:
        log(visit.connection, visit.member.id, deed, subject, digest, now=visit.now)


def make_invite_link(link_base: str, token: str) -> str:
    """Write the link of an invitation, as phones open it."""
    return f"{link_base}?start={INVITE_PREFIX}{token}"


def _write(member_id: str, other_id: str) -> str:
    return json.dumps({"deputy": member_id, "for": other_id})


def _read(state: str | None) -> tuple[str, str] | None:
    data = {} if state is None else json.loads(state)
    return (data["deputy"], data["for"]) if "deputy" in data else None


def _read_nonce(state: str | None) -> str | None:
    return None if state is None else json.loads(state).get("nonce")


def _read_day(written: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(written)
    except ValueError:
        return None
