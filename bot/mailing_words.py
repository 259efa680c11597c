"""The words of a mailing, found when it is sent: of a reminder, an announcement, or news of stations.

Must not know what any of them says.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from bot.announcement_pushes import AnnouncementPushes
from bot.pushes import Pushes
from bot.station_pushes import StationPushes
from storage.sending import ClaimedMessage
from storage.station_news import STATIONS


@dataclass(frozen=True)
class MailingWords:
    """Asks whoever knows the words of a row."""

    reminders: Pushes
    announcements: AnnouncementPushes
    stations: StationPushes

    def compose(self, connection: Connection, row: ClaimedMessage) -> dict[str, Any] | None:
        """Write the body of a row without words. None: it is not to be sent."""
        if row.announcement_id is not None:
            return self.announcements.compose(connection, row)
        if STATIONS in row.body:
            return self.stations.compose(connection, row)
        return self.reminders.compose(connection, row)
