"""A pace that holds nothing up: for tests whose clock stands still."""

from __future__ import annotations

from datetime import datetime

from bot.pace import Pace


class Unpaced(Pace):
    """Lets everything start at once."""

    def room(self, now: datetime) -> int:
        """There is always room."""
        return 1000

    def next_at(self, now: datetime) -> datetime:
        """A mailing may always go on."""
        return now
