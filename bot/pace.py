"""The pace of mailings: what is left of Telegram's messages a second when people have had theirs.

Answers to people are never held up here; they only make the mailing slower. Starts of requests are
counted in a window a little longer than a second, so that a network that delays some of them does not
crowd a second at Telegram. Must not know what is sent.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import ceil

from conversations.mailing_pace import MESSAGES_PER_SECOND, MOST_KEPT_FREE
from storage.vocabulary import Lane

#: Requests of one second can reach Telegram this much closer together than they were started.
_JITTER = timedelta(milliseconds=30)
_WINDOW = timedelta(seconds=1) + _JITTER
#: From what people did in so many seconds follows what is kept free for them.
_WATCHED_SECONDS = 5
_WATCHED = timedelta(seconds=_WATCHED_SECONDS)
_GAP = _WINDOW / MESSAGES_PER_SECOND
#: A mailing that was held up for a moment makes up for so many requests at once.
BULK_AT_ONCE = 3


@dataclass
class Pace:
    """Counts what has been started, and says how much of a mailing may start. A clock set back ends it."""

    _starts: deque[datetime] = field(default_factory=deque, init=False)
    _replies: deque[datetime] = field(default_factory=deque, init=False)
    _slot: datetime | None = field(default=None, init=False)

    def started(self, lane: Lane, now: datetime) -> None:
        """Note that a request was started."""
        self._starts.append(now)
        if lane is Lane.REPLY:
            self._replies.append(now)
        else:
            self._slot = max(self._next_slot(now), now - (BULK_AT_ONCE - 1) * _GAP) + _GAP

    def room(self, now: datetime) -> int:
        """Say how many requests of a mailing may start now: few at a time, so that they are spread."""
        self._forget(now)
        slot = self._next_slot(now)
        if slot > now:
            return 0
        free = MESSAGES_PER_SECOND - self._kept_free(now) - len(self._starts)
        return max(0, min(free, BULK_AT_ONCE, (now - slot) // _GAP + 1))

    def next_at(self, now: datetime) -> datetime:
        """Say when a mailing may go on: at the next even step, if the window has room by then."""
        self._forget(now)
        slot = max(self._next_slot(now), now)
        too_many = len(self._starts) + self._kept_free(now) - MESSAGES_PER_SECOND
        if 0 <= too_many < len(self._starts):
            return max(slot, self._starts[too_many] + _WINDOW)
        return slot

    def _next_slot(self, now: datetime) -> datetime:
        """Say when the next even step is. One that lies too far ahead is of a clock that was set back."""
        if self._slot is None or self._slot > now + _WINDOW:
            return now
        return self._slot

    def _kept_free(self, now: datetime) -> int:
        """Say what is kept free for people: half as much again as they needed lately, and two more.

        What they have had in this window is counted as started already.
        """
        if not self._replies:
            return 0
        kept = min(MOST_KEPT_FREE, ceil(1.5 * len(self._replies) / _WATCHED_SECONDS) + 2)
        had = sum(reply > now - _WINDOW for reply in self._replies)
        return max(0, kept - had)

    def _forget(self, now: datetime) -> None:
        while self._starts and not self._starts[0] <= now < self._starts[0] + _WINDOW:
            self._starts.popleft()
        while self._replies and not self._replies[0] <= now < self._replies[0] + _WATCHED:
            self._replies.popleft()
