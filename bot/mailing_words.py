"""The words of a mailing, found when it is sent: of a reminder or of an announcement.

Must not know what either says.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from bot.announcement_pushes import AnnouncementPushes
from bot.pushes import Pushes
from storage.sending import ClaimedMessage


@dataclass(frozen=True)
class MailingWords:
    """Asks whoever knows the words of a row."""

    reminders: Pushes
    announcements: AnnouncementPushes

    def compose(self, connection: Connection, row: ClaimedMessage) -> dict[str, Any] | None:
        """Write the body of a row without words. None: it is not to be sent."""
        if row.announcement_id is not None:
            return self.announcements.compose(connection, row)
        return self.reminders.compose(connection, row)
