"""Everything the town has written, in one value: flows, texts, the town's facts and programme."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from conversations.flow import Flow, Step
from conversations.programme import Programme, Town
from conversations.texts import SourceText


@dataclass(frozen=True, slots=True)
class Content:
    """The content in force. `fields` stand in the official order, a to e.

    `programme` is the first one, from the town file; the one in force is the staff's
    (`Scene.programme`).
    """

    fields: tuple[Flow, ...]
    profile: Flow
    texts: Mapping[str, SourceText]
    town: Town
    programme: Programme

    @property
    def field_codes(self) -> tuple[str, ...]:
        """The codes of the fields of action (Handlungsfelder), in the official order."""
        return tuple(flow.scope for flow in self.fields)

    def find_field(self, code: str) -> Flow | None:
        """Find the flow of a field by its code."""
        return next((flow for flow in self.fields if flow.scope == code), None)

    def find_step(self, step_id: str) -> Step | None:
        """Find a step of any flow. Step ids are unique over all flows."""
        for flow in (*self.fields, self.profile):
            step = flow.find_step(step_id)
            if step is not None:
                return step
        return None
