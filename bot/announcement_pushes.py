"""Announcements become words at the moment of sending, and what became of each copy is written down.

Only a text that somebody approved goes out, in the language the person has then: without one in that
language the copy waits until there is. Runs in the transaction that claims a row, or ends it. Must not
know Telegram.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import Connection

from bot.announcement_texts import render_announcement, seal_words
from bot.catalogues import Catalogues
from bot.rendering import Rendered, Renderer
from bot.showing import message_body
from bot.transport import Outcome
from conversations.announcements import Mode
from conversations.content import Content
from storage import announcements, contacts, copies, readers
from storage.announcements import Draft, join_digest
from storage.keyring import KeyRing
from storage.sending import ClaimedMessage
from storage.vocabulary import CopyState, MailingState, Policy

#: Telegram lets a bot delete its message for so long (Bot API, deleteMessage); less what sending takes.
WITHDRAWN_WITHIN = dt.timedelta(hours=48) - dt.timedelta(minutes=5)

_SEALS_KEPT = 100
_log = structlog.get_logger("mitreden.announcements")
_AS_COPY = {
    Outcome.APPLIED: CopyState.SENT,
    Outcome.UNKNOWN: CopyState.UNKNOWN,
    Outcome.GONE: CopyState.DROPPED,  # the reader has deleted the message that was to be mended
    Outcome.REFUSED: CopyState.FAILED,
}


@dataclass(frozen=True)
class AnnouncementPushes:
    """Writes copies of announcements, and notes what became of them."""

    content: Content
    catalogues: Catalogues
    renderer: Renderer
    keys: KeyRing
    clock: Callable[[], dt.datetime]
    _seals: dict[tuple[int, int, str], str] = field(default_factory=dict, init=False)

    def compose(self, connection: Connection, row: ClaimedMessage) -> dict[str, Any] | None:
        """Write the body of a copy. None: it is not to be sent, or not now."""
        number, contact_id = row.announcement_id, row.contact_id
        if number is None or contact_id is None:
            return None
        draft = announcements.get(connection, number)
        if row.policy is Policy.NEVER_TWICE and row.was_interrupted:
            copies.settle(connection, row, CopyState.UNKNOWN)
            return None
        if draft.state is not MailingState.SENDING:
            copies.put_back(connection, number, contact_id, CopyState.WAITING)
            return None
        contact = contacts.find_by_id(connection, self.keys, contact_id)
        if contact is None or not readers.is_reader(
            connection, draft.announcement.audience, contact_id, draft.announcement.mode
        ):
            copies.settle(connection, row, CopyState.DROPPED)
            return None
        if draft.announcement.mode is Mode.WITHDRAW:
            return self._withdrawal(connection, row, draft)
        language = contact.language or ""
        screen = self._screen(connection, draft, language)
        if screen is None:
            copies.put_back(connection, number, contact_id, CopyState.HELD)
            return None
        body = message_body(screen) | {"language": language}
        if draft.announcement.mode is Mode.EDIT:
            copy = copies.find_copy(connection, number, contact_id)
            if copy is None or copy.message_id is None:
                copies.settle(connection, row, CopyState.DROPPED)
                return None
            body["edits"] = copy.message_id
        return body

    def _screen(self, connection: Connection, draft: Draft, language: str) -> Rendered | None:
        """Write the message, if that is what somebody approved. None: there is no such text in it now."""
        if not self.catalogues.offers(language):
            return None
        approved = announcements.load_approvals(connection, draft.id).get(language)
        try:
            if approved != self._digest(draft, language):
                return None
            today = self.clock().astimezone(ZoneInfo(self.content.programme.timezone)).date()
            rendered = render_announcement(draft.announcement, language, self.renderer, today)
        except LookupError as error:  # a field that the town has taken out since
            _log.error("announcement_without_words", error=type(error).__name__)
            return None
        return None if rendered.cut else rendered

    def _digest(self, draft: Draft, language: str) -> str:
        """Hash what would go out; once for each text, for thousands get the same."""
        key = (draft.id, draft.revision, language)
        if key not in self._seals:
            if len(self._seals) > _SEALS_KEPT:
                self._seals.clear()
            self._seals[key] = seal_words(draft.announcement, language, self.renderer)
        return join_digest(draft.announcement, language, self._seals[key])

    def record(
        self, connection: Connection, row: ClaimedMessage, outcome: Outcome, message_id: int | None
    ) -> None:
        """Note what became of a copy."""
        if row.announcement_id is None:
            return
        if outcome is Outcome.UNREACHABLE:
            copies.count_unreachable(connection, row)
            return
        state = _AS_COPY.get(outcome)
        if state is not None:
            copies.settle(
                connection,
                row,
                state,
                language=row.body.get("language"),
                message_id=message_id,
                now=self.clock(),
            )

    def _withdrawal(self, connection: Connection, row: ClaimedMessage, draft: Draft) -> dict[str, Any] | None:
        """Take a message back, as long as Telegram lets us; no words are needed, but an approval is."""
        copy = copies.find_copy(connection, draft.id, row.contact_id or "")
        if not announcements.load_approvals(connection, draft.id):
            copies.put_back(connection, draft.id, row.contact_id or "", CopyState.HELD)
            return None
        if (
            copy is None
            or copy.message_id is None
            or copy.sent_at is None
            or self.clock() - copy.sent_at > WITHDRAWN_WITHIN
        ):
            copies.settle(connection, row, CopyState.FAILED)
            return None
        return {"withdraws": copy.message_id}
