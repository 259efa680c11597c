"""Where a member of the staff stands: which answer is awaited, and the change that is being made.

Plain values with a JSON form; they outlive a restart.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from dataclasses import dataclass
from enum import StrEnum

from conversations.programme import Event
from conversations.programme_json import event_from_json, event_to_json

_TAG_LETTERS = 8


class Step(StrEnum):
    """What is awaited. The values are stored: never change one."""

    DATE = "date"
    TWICE = "twice"
    END = "end"
    PLACE = "place"
    SEATS = "seats"
    MAP = "map"
    REPORT = "report"
    AGENDA = "agenda"
    OPENS = "opens"
    CLOSES = "closes"
    DRAFT_DAY = "draft_day"
    DECIDED_DAY = "decided_day"
    CONFIRM = "confirm"


@dataclass(frozen=True, slots=True)
class StaffState:
    """A change under way. `before` is what it was made on, `after` how far it is.

    `twice` holds both moments of an hour that exists twice.
    """

    step: Step
    topic: str
    before: Event
    after: Event
    twice: tuple[dt.datetime, ...] = ()


def state_to_json(state: StaffState) -> str:
    """Write a state."""
    return json.dumps(
        {
            "step": state.step.value,
            "topic": state.topic,
            "before": event_to_json(state.before),
            "after": event_to_json(state.after),
            "twice": [moment.isoformat() for moment in state.twice],
        }
    )


def tag_of(state: StaffState) -> str:
    """Mark the buttons of a state, so that one pressed later or twice meets no other question."""
    return hashlib.sha256(state_to_json(state).encode()).hexdigest()[:_TAG_LETTERS]


def state_from_json(written: str, zone: dt.tzinfo) -> StaffState | None:
    """Read what `state_to_json` wrote. None: another version wrote it."""
    try:
        data = json.loads(written)
        topic = data["topic"]
        return StaffState(
            Step(data["step"]),
            topic,
            event_from_json(topic, data["before"], zone),
            event_from_json(topic, data["after"], zone),
            tuple(dt.datetime.fromisoformat(moment).astimezone(zone) for moment in data["twice"]),
        )
    except (KeyError, TypeError, ValueError):
        return None
