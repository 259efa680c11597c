"""Is the clock of this machine right? Telegram's answers carry the time; this compares.

A clock that jumps by a year would delete what has to be kept and let every reminder expire. So what is
done by time alone waits until Telegram's clock agrees. Must not know what is waiting.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime

import structlog
from telegram.error import TelegramError

#: Reminders may be this much early or late; networks and lists of answers need far less.
TOLERANCE = dt.timedelta(minutes=10)
#: An agreement is believed for so long, by our clock: a jump in between shows as a gap.
BELIEVED_FOR = dt.timedelta(minutes=10)

_log = structlog.get_logger("mitreden.clock_check")


@dataclass
class ClockCheck:
    """Compares `clock` with the time in Telegram's answers; `ask` makes Telegram answer something.

    A Bot API of one's own may name no time (RFC 9110 §6.6.1 lets a server without a clock leave it
    out). Then nothing can be compared, and the clock of this machine is believed.
    """

    clock: Callable[[], dt.datetime]
    ask: Callable[[], Awaitable[object]]
    _heard_at: dt.datetime | None = field(default=None, init=False)
    _difference: dt.timedelta = field(default=dt.timedelta(), init=False)
    _was_right: bool = field(default=True, init=False)

    def hear(self, date: str | None) -> None:
        """Note the `Date` of an answer, as it stands in its head; None where it has none."""
        now = self.clock()
        told = now
        if date is not None:
            with suppress(ValueError):
                told = parsedate_to_datetime(date)
        self._difference = now - told.astimezone(dt.UTC)
        self._heard_at = now

    async def is_right(self) -> bool:
        """Tell whether Telegram's clock agrees with ours, asking it where the last answer is old."""
        if not self._is_fresh():
            with suppress(TelegramError):
                await self.ask()
        if not self._is_fresh():
            return False  # Telegram is away: nothing could be sent anyway
        is_right = abs(self._difference) <= TOLERANCE
        if not is_right and self._was_right:
            _log.error("clock_doubtful", seconds=round(self._difference.total_seconds()))
        self._was_right = is_right
        return is_right

    def agrees(self) -> bool:
        """Tell whether Telegram's clock agreed with ours a moment ago, without asking."""
        return self._is_fresh() and abs(self._difference) <= TOLERANCE

    def _is_fresh(self) -> bool:
        return self._heard_at is not None and abs(self.clock() - self._heard_at) <= BELIEVED_FOR
