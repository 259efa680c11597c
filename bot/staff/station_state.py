"""Where a member of the staff stands who records a station: what is known of it, and what is asked next.

Plain values with a JSON form; they outlive a restart.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from enum import StrEnum

from conversations.stations import StationCode, StationReason

_TAG_LETTERS = 8


class StationStep(StrEnum):
    """What is awaited. The values are stored: never change one."""

    CODE = "code"
    REASON = "reason"
    LINK = "link"
    CONFIRM = "confirm"


@dataclass(frozen=True, slots=True)
class StationState:
    """A station under way. `before` is the number of the newest one of the theme when it was begun."""

    step: StationStep
    theme: str
    before: int
    code: StationCode | None = None
    reason: StationReason | None = None
    url: str = ""


def station_state_to_json(state: StationState) -> str:
    """Write a state."""
    return json.dumps(
        {
            "step": state.step.value,
            "theme": state.theme,
            "before": state.before,
            "code": None if state.code is None else state.code.value,
            "reason": None if state.reason is None else state.reason.value,
            "url": state.url,
        }
    )


def station_state_from_json(written: str) -> StationState | None:
    """Read what `station_state_to_json` wrote. None: another version wrote it."""
    try:
        data = json.loads(written)
        code, reason = data["code"], data["reason"]
        return StationState(
            StationStep(data["step"]),
            data["theme"],
            int(data["before"]),
            None if code is None else StationCode(code),
            None if reason is None else StationReason(reason),
            data["url"],
        )
    except (KeyError, TypeError, ValueError):
        return None


def station_tag(state: StationState) -> str:
    """Mark the buttons of a state, so that one pressed later or twice meets no other question."""
    return hashlib.sha256(station_state_to_json(state).encode()).hexdigest()[:_TAG_LETTERS]
