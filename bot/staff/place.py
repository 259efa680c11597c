"""Where a member stands in the staff area: in which part of it, at what, and what they are watching.

A plain value with a JSON form; it outlives a restart. What `state` means only the area knows.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class StaffPlace:
    """The area with its state, and the announcement whose progress is on the screen."""

    area: str
    state: str | None = None
    watching: int | None = None

    @property
    def is_kept(self) -> bool:
        """Whether there is anything to come back to."""
        return self.state is not None or self.watching is not None


def place_to_json(place: StaffPlace) -> str:
    """Write a place."""
    return json.dumps(asdict(place))


def place_from_json(written: str) -> StaffPlace | None:
    """Read what `place_to_json` wrote. None: another version wrote it."""
    try:
        return StaffPlace(**json.loads(written))
    except (TypeError, ValueError):
        return None
