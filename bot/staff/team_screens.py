"""The screens of the team: who belongs to it, one member, an invitation, a deputy.

Nobody has a name here; an id stands for each. Pure.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.staff.menu import name_role, name_roles
from conversations.incoming import Action
from conversations.screens import Screen, ScreenButton, action
from conversations.texts import Plain, Text, text
from storage.staff_deputies import Deputyship
from storage.staff_members import Member, Role
from storage.vocabulary import StaffOrigin

#: The name of the area, with which its buttons begin.
TEAM = "team"
#: A letter for each role, in which a button carries what is ticked.
LETTERS = {
    Role.AUTHOR: "a",
    Role.APPROVER: "p",
    Role.REVIEWER: "r",
    Role.EXPORT: "e",
    Role.ADMIN: "m",
}
#: How long somebody usually stands in: the label and the days from today on.
_USUAL_DAYS = (("staff.btn.one_week", 7), ("staff.btn.two_weeks", 14), ("staff.btn.four_weeks", 28))
#: Members that one message lists; more are listed by the command line.
_MOST_LISTED = 30


@dataclass(frozen=True, slots=True)
class TeamScene:
    """The team as of now. `me` is the member who looks at it."""

    me: Member
    members: Sequence[Member]
    deputies: Sequence[Deputyship]
    open_invites: int
    today: dt.date

    def find(self, member_id: str) -> Member | None:
        """Find a member by their id."""
        return next((member for member in self.members if member.id == member_id), None)

    def deputies_by(self, member: Member) -> list[Deputyship]:
        """List for whom a member stands in."""
        return [each for each in self.deputies if each.member_id == member.id]


def team_screen(scene: TeamScene) -> Screen:
    """Everybody who belongs to the team, and a button for each."""
    listed = scene.members[:_MOST_LISTED]
    lines = [line for member in listed for line in _member_lines(scene, member)]
    if len(listed) < len(scene.members):
        lines.append(text("staff.team.more", n=len(scene.members) - len(listed)))
    blocks = [(text("staff.team.title"),), tuple(lines)]
    if scene.open_invites:
        blocks.append((text("staff.team.invites", n=scene.open_invites),))
    buttons = tuple((_button(Plain(member.id), f"show.{member.id}"),) for member in listed)
    return Screen(
        tuple(blocks),
        (
            *buttons,
            (_button("staff.btn.invite", "invite"),),
            (action("staff.btn.back", Action.STAFF, "menu"),),
        ),
    )


def member_screen(scene: TeamScene, member: Member) -> Screen:
    """One member: what they may do, since when, for whom they stand in."""
    facts = [*_member_lines(scene, member), text("staff.team.since", date=member.joined_at.date())]
    if member.origin is StaffOrigin.SETTINGS:
        facts.append(text("staff.team.from_settings"))
    rows = [(_button("staff.btn.deputy", f"deputy.{member.id}"),)]
    if scene.deputies_by(member):
        rows.append((_button("staff.btn.end_deputy", f"end.{member.id}"),))
    rows.append((_button("staff.btn.revoke", f"revoke.{member.id}"),))
    return Screen((tuple(facts),), (*rows, (_back(),)))


def revoke_screen(member: Member) -> Screen:
    """Whether somebody is to have no access any more."""
    return Screen(
        ((text("staff.team.ask_revoke", member=member.id),),),
        ((_button("staff.btn.revoke_yes", f"gone.{member.id}"),), (_back(f"show.{member.id}"),)),
    )


def invite_screen(roles: frozenset[Role], nonce: str) -> Screen:
    """What the invited person is to do, as toggles that carry the state they lead to."""
    rows = [(_role_toggle(role, roles),) for role in Role]
    if roles:
        rows.append((_button("staff.btn.make_link", f"link.{letters_of(roles)}.{nonce}"),))
    return Screen(((text("staff.team.ask_roles"),),), (*rows, (_back(),)))


def link_screen(link: str, roles: frozenset[Role], expires_at: dt.datetime) -> Screen:
    """The link of an invitation."""
    said = text("staff.team.link", date=expires_at.date(), time=expires_at, roles=name_roles(roles))
    return Screen(((said,), (Plain(link),)), ((_back(),),))


def for_whom_screen(scene: TeamScene, member: Member) -> Screen:
    """For whom somebody is to stand in."""
    others = [other for other in scene.members if other.id != member.id][:_MOST_LISTED]
    key = "staff.team.ask_for_whom" if others else "staff.team.nobody_else"
    buttons = tuple((_button(Plain(other.id), f"for.{member.id}.{other.id}"),) for other in others)
    return Screen(((text(key, member=member.id),),), (*buttons, (_back(f"show.{member.id}"),)))


def until_screen(scene: TeamScene, member_id: str, other_id: str) -> Screen:
    """Until when somebody is to stand in; the usual days can be tapped."""
    rows = tuple(
        (_button(label, f"until.{member_id}.{other_id}.{scene.today + dt.timedelta(days=days):%Y%m%d}"),)
        for label, days in _USUAL_DAYS
    )
    asked = text("staff.team.ask_until", member=member_id, other=other_id)
    return Screen(((asked,),), (*rows, (_back(f"show.{member_id}"),)))


def letters_of(roles: frozenset[Role]) -> str:
    """Write roles as a button carries them."""
    return "".join(letter for role, letter in LETTERS.items() if role in roles)


def roles_of(letters: str) -> frozenset[Role]:
    """Read what `letters_of` wrote; what is no letter of a role says nothing."""
    return frozenset(role for role, letter in LETTERS.items() if letter in letters)


def _member_lines(scene: TeamScene, member: Member) -> Iterator[Text]:
    key = "staff.team.you" if member.id == scene.me.id else "staff.team.member"
    yield text(key, member=member.id, roles=name_roles(member.own_roles))
    for each in scene.deputies_by(member):
        yield text("staff.team.stands_in", member=each.stands_in_for, date=each.until)


def _role_toggle(role: Role, roles: frozenset[Role]) -> ScreenButton:
    wanted = letters_of(roles ^ {role})
    pressed = _button(name_role(role), f"invite.{wanted}" if wanted else "invite")
    return ScreenButton(pressed.label, pressed.press, ticked=role in roles)


def _button(label: str | Text | Plain, argument: str) -> ScreenButton:
    return action(label, Action.STAFF, f"{TEAM}.{argument}")


def _back(argument: str = "") -> ScreenButton:
    return action("staff.btn.back", Action.STAFF, f"{TEAM}.{argument}" if argument else TEAM)
