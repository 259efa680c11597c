"""The first pages of the staff area: the menu, and the welcome to somebody who has just joined.

A page shows only what its member may use.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bot.staff.area import Area, Areas
from conversations.incoming import Action
from conversations.screens import Screen, ScreenButton, action
from conversations.texts import Joined, Text, text
from storage.staff_members import Member, Role

#: The area that was there before there were areas: its buttons do not begin with its name.
DATES = "dates"


def open_areas(areas: Areas, member: Member) -> Iterator[Area]:
    """List the areas that a member may use today."""
    return (area for area in areas.values() if area.roles & member.roles)


def menu_screen(areas: Areas, member: Member) -> Screen:
    """The menu: a button for each area."""
    return Screen(((text("staff.menu"),),), (*_rows(areas, member),))


def welcome_screen(areas: Areas, member: Member) -> Screen:
    """What somebody sees whose link was good."""
    head = (
        text("staff.team.welcome", member=member.id),
        text("staff.team.your_roles", roles=name_roles(member.roles)),
    )
    return Screen((head, (text("staff.team.come_back"),)), (*_rows(areas, member),))


def name_roles(roles: Iterable[Role]) -> Joined:
    """Name roles, always in the same order."""
    wanted = set(roles)
    return Joined(tuple(name_role(role) for role in Role if role in wanted), ", ")


def name_role(role: Role) -> Text:
    """Name a role, as it stands on buttons too."""
    return text(f"staff.btn.role_{role}")


def _rows(areas: Areas, member: Member) -> Iterator[tuple[ScreenButton, ...]]:
    for area in open_areas(areas, member):
        if area.name == DATES:
            yield (action("staff.btn.events", Action.STAFF, DATES),)
            yield (action("staff.btn.schedule", Action.STAFF, "schedule"),)
        else:
            yield (action(f"staff.btn.{area.name}", Action.STAFF, area.name),)
    yield (action("staff.btn.leave", Action.STAFF, "leave"),)
