"""The door of the staff area: who is let in, asked anew on every update, and into which part of it.

To everybody else it does not exist: `/staff` is an unknown command, a forged button an old one, and a
link that is over an ordinary start. Runs in the transaction of the turn. Must not know what an area
shows or does (`bot.staff.area`).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import Enum

from sqlalchemy import Connection

from bot.catalogues import Catalogues
from bot.rendering import Renderer
from bot.showing import Chat, show_message, show_screen
from bot.staff.area import Area, Areas, AreaTurn, Repeats, Visit
from bot.staff.menu import DATES, menu_screen, open_areas, welcome_screen
from bot.staff.place import StaffPlace, place_from_json, place_to_json
from bot.staff.words import staff_language
from conversations.content import Content
from conversations.events import Placement
from conversations.incoming import (
    Action,
    ActionButton,
    Commanded,
    Incoming,
    Pressed,
    Reworded,
    Said,
    SentRefused,
    Spoke,
    WroteTooFast,
)
from conversations.screens import Screen
from conversations.texts import text
from storage.keyring import KeyRing
from storage.staff import forget_state, load_state, save_state
from storage.staff_invites import accept_invite, hash_token
from storage.staff_log import Deed, log
from storage.staff_members import Member, find_member, join_from_settings, set_member_language

#: The command that opens the staff area.
STAFF_COMMAND = "staff"
#: What stands before the token in the link of an invitation.
INVITE_PREFIX = "team-"
#: Who stands in the trail as having let somebody in whom the settings name.
SETTINGS = "settings"


class Passage(Enum):
    """What became of a turn at the door: it is for the people, was of the staff, or brought news.

    `LEFT`: a member goes back to the pages of everybody.
    """

    OUTSIDE = "outside"
    INSIDE = "inside"
    CHANGED = "changed"
    LEFT = "left"


@dataclass(frozen=True)
class StaffDoor:
    """Lets the staff in. `staff_ids` are the Telegram ids that the settings name.

    `catalogues` and `renderer` are those of the people, `staff_renderer` speaks to the staff.
    """

    content: Content
    catalogues: Catalogues
    renderer: Renderer
    staff_renderer: Renderer
    keys: KeyRing
    staff_ids: frozenset[int]
    areas: Areas

    def take(
        self, connection: Connection, chat: Chat, incoming: Incoming, pressed_id: int | None, now: dt.datetime
    ) -> Passage:
        """Take a turn in the staff area, if it is one.

        Whoever does something else leaves a change behind that was under way.
        """
        if isinstance(incoming, Reworded | WroteTooFast):
            return Passage.OUTSIDE  # neither an answer nor a reason to drop a change
        token = find_invite(incoming)
        if token is not None:
            return self._welcome(connection, chat, token, now)
        member = self._find_member(connection, chat, incoming, now)
        if member is None:
            return Passage.OUTSIDE
        if isinstance(incoming, Pressed) and incoming.button == ActionButton(Action.STAFF, "leave"):
            forget_state(connection, self.keys, chat.telegram_id)
            return Passage.LEFT
        name, turn = self._take(connection, chat, member, incoming, now)
        if turn is None:
            forget_state(connection, self.keys, chat.telegram_id)
            return Passage.OUTSIDE
        self._save(connection, chat, StaffPlace(name, turn.state, turn.watching), now)
        if turn.screen is not None:
            self._show(connection, chat, turn.screen, incoming, pressed_id, now)
        return Passage.CHANGED if turn.has_news else Passage.INSIDE

    def note_erasure(self, connection: Connection, telegram_id: int, now: dt.datetime) -> None:
        """Write into the trail that a member leaves with everything about them. Before it is erased."""
        member = find_member(connection, self.keys, telegram_id, self.staff_ids, today=now.date())
        if member is not None:
            log(connection, member.id, Deed.REVOKED, member.id, now=now)

    def _find_member(
        self, connection: Connection, chat: Chat, incoming: Incoming, now: dt.datetime
    ) -> Member | None:
        """Find out who this is for the staff, as of now. Whom the settings name joins by knocking."""
        member = find_member(connection, self.keys, chat.telegram_id, self.staff_ids, today=now.date())
        if not _knocks(incoming):
            return member
        if member is not None:
            if member.language != chat.language:
                set_member_language(connection, member.id, chat.language)
            return member
        if chat.telegram_id not in self.staff_ids:
            return None
        member = join_from_settings(connection, self.keys, chat.telegram_id, language=chat.language, now=now)
        log(connection, member.id, Deed.JOINED, SETTINGS, now=now)
        return member

    def _take(
        self, connection: Connection, chat: Chat, member: Member, incoming: Incoming, now: dt.datetime
    ) -> tuple[str, AreaTurn | None]:
        """Find the area of a turn and let it take it. None: nothing that this member may do here."""
        if _asks_for_menu(incoming):
            return "", AreaTurn(menu_screen(self.areas, member))
        place = self._load(connection, chat)
        match incoming:
            case Pressed(ActionButton(Action.STAFF, argument)):
                name, told = self._route(argument)
            case Said() | Spoke() | SentRefused() if place is not None and place.state is not None:
                name, told = place.area, ""
            case _:
                return "", None
        area = next((area for area in open_areas(self.areas, member) if area.name == name), None)
        if area is None:
            return "", None
        here = place if place is not None and place.area == name else StaffPlace(name)
        visit = Visit(
            connection, self.keys, self.content, self.catalogues, self.renderer, member, now, here.state
        )
        match incoming:
            case Pressed():
                return name, area.press(visit, told)
            case Said(words):
                return name, area.say(visit, words)
            case _:
                return name, self._repeat(area, visit, chat, here)

    def _route(self, argument: str) -> tuple[str, str]:
        """Find out which area a button belongs to, and what the area is told."""
        first, _, rest = argument.partition(".")
        return (first, rest) if first in self.areas else (DATES, argument)

    def _repeat(self, area: Area, visit: Visit, chat: Chat, here: StaffPlace) -> AreaTurn:
        """Ask for a text where something else came."""
        notice = text("staff.wrong.kind")
        if isinstance(area, Repeats):
            return area.repeat(visit, notice)
        said = self.staff_renderer.say(notice, staff_language(chat.language))
        show_message(visit.connection, self.keys, chat, said, visit.now)
        return AreaTurn(None, here.state, here.watching)

    def _welcome(self, connection: Connection, chat: Chat, token: str, now: dt.datetime) -> Passage:
        """Let somebody in whose link is good. Otherwise nothing happens here."""
        member = accept_invite(
            connection, self.keys, chat.telegram_id, token, self.staff_ids, language=chat.language, now=now
        )
        if member is None:
            return Passage.OUTSIDE
        log(connection, member.id, Deed.JOINED, digest=hash_token(token).hex(), now=now)
        forget_state(connection, self.keys, chat.telegram_id)
        self._show(connection, chat, welcome_screen(self.areas, member), None, None, now)
        return Passage.INSIDE

    def _show(
        self,
        connection: Connection,
        chat: Chat,
        screen: Screen,
        incoming: Incoming | None,
        pressed_id: int | None,
        now: dt.datetime,
    ) -> None:
        placement = Placement.IN_PLACE if isinstance(incoming, Pressed) else Placement.BELOW
        rendered = self.staff_renderer.render(screen, staff_language(chat.language))
        show_screen(connection, self.keys, chat, rendered, placement, pressed_id, now)

    def _load(self, connection: Connection, chat: Chat) -> StaffPlace | None:
        written = load_state(connection, self.keys, chat.telegram_id)
        return None if written is None else place_from_json(written)

    def _save(self, connection: Connection, chat: Chat, place: StaffPlace, now: dt.datetime) -> None:
        if place.is_kept:
            save_state(connection, self.keys, chat.telegram_id, place_to_json(place), now)
        else:
            forget_state(connection, self.keys, chat.telegram_id)


def find_invite(incoming: Incoming) -> str | None:
    """Find the token of an invitation in a start. None: this is no such link."""
    match incoming:
        case Commanded("start", argument) if argument[: len(INVITE_PREFIX)].lower() == INVITE_PREFIX:
            return argument[len(INVITE_PREFIX) :]
        case _:
            return None


def without_invite(incoming: Incoming) -> Incoming:
    """Take the token out of a start, so that it is noted nowhere, such as the name of a poster."""
    return incoming if find_invite(incoming) is None else Commanded("start")


def _asks_for_menu(incoming: Incoming) -> bool:
    match incoming:
        case Commanded(name):
            return name == STAFF_COMMAND
        case Pressed(ActionButton(Action.STAFF, "" | "menu")):
            return True
        case _:
            return False


def _knocks(incoming: Incoming) -> bool:
    match incoming:
        case Pressed(ActionButton(Action.STAFF)):
            return True
        case _:
            return _asks_for_menu(incoming)
