"""Faults a test can order, flood limits, and the ledger of every request.

Decides what goes wrong with a request and remembers what was asked; carries nothing out itself.
"""

from __future__ import annotations

import math
import random
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any


class FaultKind(Enum):
    """What goes wrong. The kinds named `apply_…` carry the request out first: the ambiguous ones."""

    REJECT_401 = "reject_401"
    REJECT_409 = "reject_409"
    REJECT_429 = "reject_429"
    REJECT_500 = "reject_500"
    RESET = "reset"
    APPLY_THEN_500 = "apply_then_500"
    APPLY_THEN_RESET = "apply_then_reset"
    APPLY_THEN_GARBAGE = "apply_then_garbage"
    APPLY_THEN_TRUNCATED = "apply_then_truncated"
    APPLY_THEN_HANG = "apply_then_hang"
    DELAY = "delay"


APPLYING = frozenset(kind for kind in FaultKind if kind.value.startswith("apply")) | {FaultKind.DELAY}


@dataclass
class Fault:
    """One ordered fault; `remaining` None means for good, `probability` is drawn at each match."""

    kind: FaultKind
    seconds: float = 0.0
    methods: frozenset[str] = frozenset()
    chat_id: int | None = None
    probability: float = 1.0
    remaining: int | None = 1
    hits: int = 0


class Faults:
    """The faults in force; the first that matches a request is used. None means none."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._ordered: list[Fault] = []

    def order(
        self,
        kind: FaultKind,
        *methods: str,
        seconds: float = 0.0,
        chat_id: int | None = None,
        times: int | None = 1,
        probability: float = 1.0,
    ) -> Fault:
        """Order a fault for these methods (none named: all but getUpdates)."""
        fault = Fault(kind, seconds, frozenset(methods), chat_id, probability, times)
        self._ordered.append(fault)
        return fault

    def reject_429(self, retry_after_seconds: int, *methods: str, times: int | None = 1) -> Fault:
        """Refuse with 429 and this retry_after."""
        return self.order(FaultKind.REJECT_429, *methods, seconds=retry_after_seconds, times=times)

    def reject_500(self, *methods: str, times: int | None = 1) -> Fault:
        """Refuse with 500 before anything happened."""
        return self.order(FaultKind.REJECT_500, *methods, times=times)

    def apply_then_500(self, *methods: str, times: int | None = 1) -> Fault:
        """Carry out, then answer 500."""
        return self.order(FaultKind.APPLY_THEN_500, *methods, times=times)

    def apply_then_reset(self, *methods: str, times: int | None = 1) -> Fault:
        """Carry out, then cut the connection."""
        return self.order(FaultKind.APPLY_THEN_RESET, *methods, times=times)

    def apply_then_garbage(self, *methods: str, times: int | None = 1) -> Fault:
        """Carry out, then answer what is no JSON."""
        return self.order(FaultKind.APPLY_THEN_GARBAGE, *methods, times=times)

    def delay(self, seconds: float, *methods: str, times: int | None = 1) -> Fault:
        """Carry out and answer properly, but later; not at all if the bot hangs up before."""
        return self.order(FaultKind.DELAY, *methods, seconds=seconds, times=times)

    def clear(self) -> None:
        """Take every ordered fault back."""
        self._ordered.clear()

    def pick(self, method: str, chat_id: object) -> Fault | None:
        """Return the fault to use for this request and count it as used."""
        for fault in self._ordered:
            if fault.remaining == 0 or (fault.chat_id is not None and str(fault.chat_id) != str(chat_id)):
                continue
            if method not in fault.methods and (fault.methods or method == "getUpdates"):
                continue
            if fault.probability < 1.0 and self._rng.random() >= fault.probability:
                continue
            fault.hits += 1
            if fault.remaining is not None:
                fault.remaining -= 1
            return fault
        return None


@dataclass(frozen=True)
class Entry:
    """One request as it was answered. `applied`: whether it took effect in the world."""

    method: str
    params: dict[str, Any]
    outcome: str
    applied: bool
    at_loop_seconds: float
    result: Any = None


@dataclass
class Ledger:
    """Every request ever made, in order of its answer; only ever grows."""

    entries: list[Entry] = field(default_factory=list)

    def note(self, entry: Entry) -> None:
        """Add a request."""
        self.entries.append(entry)

    def of(self, *methods: str) -> list[Entry]:
        """Return the requests of these methods, oldest first."""
        return [entry for entry in self.entries if entry.method in methods]

    def applied(self, *methods: str) -> list[Entry]:
        """Return those that took effect, whatever the bot was told."""
        return [entry for entry in self.of(*methods) if entry.applied]


@dataclass
class _Bucket:
    tokens: float
    at: float


class FloodLimits:
    """Telegram's published sending limits as token buckets, on loop time."""

    def __init__(self, per_second: float = 30.0, chat_per_second: float = 1.0, chat_burst: int = 3) -> None:
        self._overall = (per_second, per_second)
        self._chat = (chat_per_second, float(chat_burst))
        self._buckets: dict[object, _Bucket] = defaultdict(lambda: _Bucket(math.inf, 0.0))

    def take(self, method: str, chat_ids: Iterable[object], now_loop_seconds: float) -> int | None:
        """Return the seconds to wait if a limit is hit, else None and count the message."""
        if not method.startswith("send") or method == "sendChatAction":
            return None
        wanted: list[tuple[object, tuple[float, float]]] = [("all", self._overall)]
        wanted += [(("chat", str(chat_id)), self._chat) for chat_id in chat_ids]
        for key, (rate, burst) in wanted:
            bucket = self._buckets[key]
            bucket.tokens = min(burst, bucket.tokens + (now_loop_seconds - bucket.at) * rate)
            bucket.at = now_loop_seconds
        for key, (rate, _) in wanted:
            if self._buckets[key].tokens < 1:
                return max(1, math.ceil((1 - self._buckets[key].tokens) / rate))
        for key, _ in wanted:
            self._buckets[key].tokens -= 1
        return None
