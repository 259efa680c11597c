"""The page of a mailing draws itself again while a member of the staff looks at it.

Called by a tick. The page is edited in place, and only when it says something else than before. Must not
know what the page shows (`bot.staff.announce_progress`).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field, replace

from sqlalchemy import Connection

from bot.rendering import Rendered, Renderer
from bot.showing import Chat, show_screen
from bot.staff.announce_progress import left_screen, progress_screen
from bot.staff.place import StaffPlace, place_from_json, place_to_json
from bot.staff.words import staff_language
from conversations.events import Placement
from storage.contacts import find_contact
from storage.keyring import KeyRing
from storage.staff import forget_state, load_state, save_state
from storage.staff_members import Member, list_members

#: How often a page is looked at: Telegram takes about one message a second for a chat, and people first.
EVERY_SECONDS = 5


@dataclass
class ProgressPages:
    """Draws the pages of members who are watching. `mark_of` names a chat in the outbox."""

    keys: KeyRing
    renderer: Renderer
    staff_ids: frozenset[int]
    _drawn: dict[str, Rendered] = field(default_factory=dict, init=False)

    def draw(self, connection: Connection, now: dt.datetime) -> int:
        """Draw every page that says something new, and say how many. `now` is in the programme's zone."""
        drawn = 0
        for member in list_members(connection, self.keys, self.staff_ids, today=now.date()):
            written = load_state(connection, self.keys, member.telegram_id)
            place = None if written is None else place_from_json(written)
            if place is not None and place.watching is not None:
                drawn += self._draw(connection, member, place, place.watching, now)
        return drawn

    def _draw(
        self, connection: Connection, member: Member, place: StaffPlace, number: int, now: dt.datetime
    ) -> bool:
        """Draw one page again; one that changes no more is not watched any longer."""
        screen = progress_screen(connection, number, now)
        if screen is None:
            self._end(connection, member, place, now)
            screen = left_screen(connection, number)
        if screen is None:
            return False
        contact = find_contact(connection, self.keys, member.telegram_id)
        if contact is None or contact.screen_message_id is None:
            return False
        rendered = self.renderer.render(screen, staff_language(member.language))
        if self._drawn.get(member.id) == rendered:
            return False
        self._drawn[member.id] = rendered
        mark = self.keys.person_mac(member.telegram_id).hex()[:24]
        chat = Chat(member.telegram_id, mark, contact, member.language)
        pressed_id = contact.screen_message_id
        show_screen(connection, self.keys, chat, rendered, Placement.IN_PLACE, pressed_id, now)
        return True

    def _end(self, connection: Connection, member: Member, place: StaffPlace, now: dt.datetime) -> None:
        self._drawn.pop(member.id, None)
        left = replace(place, watching=None)
        if left.is_kept:
            save_state(connection, self.keys, member.telegram_id, place_to_json(left), now)
        else:
            forget_state(connection, self.keys, member.telegram_id)
