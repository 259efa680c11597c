"""News of stations become words: at the moment of sending, in the language the person has then.

Only the fields are named, so that a lock screen shows no opinion; what is new stands behind a tap. Whoever
has said stop or follows none of these themes any more gets nothing. Must not know Telegram.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from bot.catalogues import Catalogues
from bot.rendering import Renderer
from bot.showing import message_body
from conversations.content import Content
from conversations.result_sheets import station_push_screen
from conversations.themes import fields_of
from storage import contacts
from storage.keyring import KeyRing
from storage.sending import ClaimedMessage
from storage.station_news import STATIONS


@dataclass
class StationPushes:
    """Writes news of stations. `dropped` counts, by reason, those that nobody wanted any more."""

    content: Content
    catalogues: Catalogues
    renderer: Renderer
    keys: KeyRing
    clock: Callable[[], dt.datetime]
    dropped: Counter[str] = field(default_factory=Counter)

    def compose(self, connection: Connection, row: ClaimedMessage) -> dict[str, Any] | None:
        """Write the body of a row with news of stations. None: it is not to be sent any more."""
        reason, body = self._compose(connection, row)
        if body is None:
            self.dropped[reason] += 1
        return body

    def _compose(self, connection: Connection, row: ClaimedMessage) -> tuple[str, dict[str, Any] | None]:
        contact = contacts.find_by_id(connection, self.keys, row.contact_id or "")
        if contact is None or contact.has_stopped:
            return "not wanted", None
        fields = fields_of(self.content, contact.followed.intersection(row.body.get(STATIONS, ())))
        if not fields:
            return "not wanted", None
        if contact.language is None or not self.catalogues.offers(contact.language):
            return "no language", None  # never one that they did not choose
        screen = station_push_screen(self.content, fields)
        return "", message_body(self.renderer.render(screen, contact.language))
