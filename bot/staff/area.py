"""An area of the staff chat, such as announcements: what every one of them is given, and gives back.

`bot.staff.door` finds the area of a turn, checks that the member may be there, and stores and shows what
comes back. An area must not know how it is reached, nor the others.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from sqlalchemy import Connection

from bot.catalogues import Catalogues
from bot.rendering import Renderer
from conversations.content import Content
from conversations.screens import Screen
from conversations.texts import Text
from storage.keyring import KeyRing
from storage.staff_members import Member, Role


@dataclass(frozen=True)
class Visit:
    """One turn of a member in an area, inside the transaction of that turn.

    `now` is in the time zone of the programme. `state` is what the area returned last, if that was in this
    area. `renderer` and `catalogues` are those of the people, in every language on offer.
    """

    connection: Connection
    keys: KeyRing
    content: Content
    catalogues: Catalogues
    renderer: Renderer
    member: Member
    now: dt.datetime
    state: str | None


@dataclass(frozen=True, slots=True)
class AreaTurn:
    """What came of a turn. Without a screen nothing is shown: a second tap that changes nothing.

    `state` is JSON, kept until the next turn. `watching` is an announcement whose progress the screen
    follows by itself. With `has_news` something lies in the outbox or is due, and is looked for at once.
    """

    screen: Screen | None
    state: str | None = None
    watching: int | None = None
    has_news: bool = False


class Area(Protocol):
    """One area. `name` begins the arguments of its buttons: `ann` has `ann`, `ann.new`, `ann.show.7`."""

    name: str
    #: Who may come in: anybody with one of these roles.
    roles: frozenset[Role]

    def press(self, visit: Visit, argument: str) -> AreaTurn:
        """Do what a button says; `argument` is what stands behind the name and its dot, or empty."""

    def say(self, visit: Visit, words: str) -> AreaTurn:
        """Take a text; only called while the area has a state."""


@runtime_checkable
class Repeats(Protocol):
    """An area that asks again where something else than a text came, such as a voice message."""

    def repeat(self, visit: Visit, notice: Text) -> AreaTurn:
        """Ask again for what is awaited, with a sentence on top; only called while there is a state."""


Areas = Mapping[str, Area]
