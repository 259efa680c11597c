"""A budget for each chat, so that one person cannot keep everybody else waiting.

In memory only: it forgets at a restart, which costs nothing. Knows no content.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

#: How much one person may do in a burst, and how fast that comes back. Somebody who taps as fast
#: as a thumb can, stays far below (about 5 a second for a few seconds).
BURST = 30.0
PER_SECOND = 3.0
#: Chats remembered at most; the oldest are forgotten first.
MAX_CHATS = 10_000


class Verdict(StrEnum):
    """What to do with something that came in."""

    WITHIN = "within"
    TOO_FAST = "too_fast"
    TOO_FAST_AND_TOLD = "too_fast_and_told"


@dataclass(slots=True)
class _Budget:
    left: float
    at: dt.datetime
    told: bool = False


class FloodGate:
    """Counts what each chat does. Not thread-safe: it belongs to the writer thread."""

    def __init__(self) -> None:
        self._budgets: dict[int, _Budget] = {}

    def judge(self, chat_id: int, now: dt.datetime) -> Verdict:
        """Take one from the budget of a chat and say whether there was any. Tells a flooder once."""
        budget = self._budgets.pop(chat_id, None) or _Budget(BURST, now)
        gained = max(0.0, (now - budget.at).total_seconds()) * PER_SECOND
        budget.left, budget.at = min(BURST, budget.left + gained), now
        self._budgets[chat_id] = budget
        while len(self._budgets) > MAX_CHATS:
            del self._budgets[next(iter(self._budgets))]
        if budget.left >= 1:
            budget.left -= 1
            budget.told = budget.told and budget.left < BURST / 2
            return Verdict.WITHIN
        if budget.told:
            return Verdict.TOO_FAST_AND_TOLD
        budget.told = True
        return Verdict.TOO_FAST
