"""Where a member stands in the announcements: what is asked of them, or which languages they have read.

Plain values with a JSON form; they outlive a restart.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum


class Ask(StrEnum):
    """What is awaited. The values are stored: never change one."""

    KIND = "kind"
    GAP = "gap"
    WHEN = "when"
    READ = "read"
    CORRECT = "correct"


@dataclass(frozen=True, slots=True)
class AnnounceState:
    """What is awaited for which announcement.

    `walks`: one gap is asked after the other. `seen` are the languages looked at, in this `revision`.
    """

    ask: Ask
    number: int = 0
    gap: str = ""
    language: str = ""
    walks: bool = False
    revision: int = 0
    seen: tuple[str, ...] = ()


def announce_state_to_json(state: AnnounceState) -> str:
    """Write a state."""
    return json.dumps(
        {
            "ask": state.ask.value,
            "number": state.number,
            "gap": state.gap,
            "language": state.language,
            "walks": state.walks,
            "revision": state.revision,
            "seen": list(state.seen),
        }
    )


def announce_state_from_json(written: str | None) -> AnnounceState | None:
    """Read what `announce_state_to_json` wrote. None: nothing is awaited, or another version wrote it."""
    try:
        data = json.loads(written or "")
        return AnnounceState(
            Ask(data["ask"]),
            int(data["number"]),
            str(data["gap"]),
            str(data["language"]),
            bool(data["walks"]),
            int(data["revision"]),
            tuple(str(code) for code in data["seen"]),
        )
    except (KeyError, TypeError, ValueError):
        return None
