"""Reminders become words: at the moment of sending, in the language the person has then.

So a message that waited long still says what holds now, and whoever has said stop, blocked the bot or
chosen another language since then gets nothing they do not want. Runs in the transaction in which a
row is claimed. Must not know Telegram.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from bot.catalogues import Catalogues
from bot.rendering import Renderer
from bot.showing import message_body
from conversations.content import Content
from conversations.person import NOTHING_SAID
from conversations.phases import FieldState, field_state
from conversations.programme import Event, Forum, Reply
from conversations.pushes import Push, push_screen
from conversations.reminders import list_reminded
from storage import audience, contacts
from storage.keyring import KeyRing
from storage.programme import load_programme
from storage.reminders import find_reminder
from storage.sending import ClaimedMessage
from storage.vocabulary import ReminderState


@dataclass
class Pushes:
    """Writes reminders. `dropped` counts, by reason, those that nobody wanted any more."""

    content: Content
    catalogues: Catalogues
    renderer: Renderer
    keys: KeyRing
    clock: Callable[[], dt.datetime]
    dropped: Counter[str] = field(default_factory=Counter)

    def compose(self, connection: Connection, row: ClaimedMessage) -> dict[str, Any] | None:
        """Write the body of a row that belongs to a reminder. None: it is not to be sent any more."""
        reason, body = self._compose(connection, row)
        if body is None:
            self.dropped[reason] += 1
        return body

    def _compose(self, connection: Connection, row: ClaimedMessage) -> tuple[str, dict[str, Any] | None]:
        zone = ZoneInfo(self.content.programme.timezone)
        due = None if row.reminder_id is None else find_reminder(connection, row.reminder_id, zone)
        if due is None or due.state is ReminderState.REPLACED:
            return "overtaken", None
        if due.expires_at <= self.clock():
            return "too late", None
        contact = contacts.find_by_id(connection, self.keys, row.contact_id or "")
        if contact is None or not audience.is_wanted(connection, due.topic, due.kind, contact.id):
            return "not wanted", None
        if contact.language is None or not self.catalogues.offers(contact.language):
            return "no language", None  # never one that they did not choose
        programme = load_programme(connection, self.content.programme)
        event = programme.events.get(due.topic)
        if event is None:
            return "overtaken", None
        said = contact.attendance.get(due.topic, NOTHING_SAID)
        now = self.clock().astimezone(zone)
        is_coming = said.reply is Reply.COMING
        push = Push(
            due.topic,
            due.kind,
            event,
            due.earlier,
            said,
            contact.language,
            has_reminders=said.reply is not Reply.NOT_COMING
            and bool(list_reminded(event, now, coming=is_coming)),
            can_answer=self._can_answer(event, now.date()),
        )
        return "", message_body(self.renderer.render(push_screen(push), contact.language))

    def _can_answer(self, event: Event, today: dt.date) -> bool:
        """Tell whether the questions of the topic of a forum are open."""
        forum = event if isinstance(event, Forum) else None
        return today <= self.content.town.freeze_date and field_state(forum, today) is FieldState.OPEN
