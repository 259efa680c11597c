"""How far the process is, and what follows from it: which topics are open, whether a forum is asked about.

Everything is worked out from the programme and the instant; no phase is stored. Must not know texts
or screens.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from enum import StrEnum

from conversations.content import Content
from conversations.flow import Flow, Spine
from conversations.programme import Forum, Programme


class Phase(StrEnum):
    """Where the integration plan stands. The values are the ends of the keys `phase.*`."""

    BEFORE = "before"
    BETWEEN = "between"
    COUNCIL = "council"
    DECIDED = "decided"


class FieldState(StrEnum):
    """Whether the questions of a field can be answered today."""

    NOT_YET = "not_yet"
    OPEN = "open"
    CLOSED = "closed"


def find_phase(programme: Programme, now: dt.datetime) -> Phase:
    """Tell the phase of the process.

    Forums that are cancelled for good do not hold it up, not even all of them. Draft and
    decision are facts that the staff
    record, because neither follows from a date.
    """
    council, today = programme.council, now.date()
    if council.decided_day is not None and council.decided_day <= today:
        return Phase.DECIDED
    if council.draft_day is not None and council.draft_day <= today:
        return Phase.COUNCIL
    forums = programme.forums.values()
    if forums and not any(forum.is_to_come(now) for forum in forums):
        return Phase.BETWEEN
    return Phase.BEFORE


def field_state(forum: Forum | None, today: dt.date) -> FieldState:
    """Tell whether the questions of a field are open. Without dates they are, always."""
    if forum is None:
        return FieldState.OPEN
    if forum.opens is not None and today < forum.opens:
        return FieldState.NOT_YET
    if forum.closes is not None and today > forum.closes:
        return FieldState.CLOSED
    return FieldState.OPEN


def fit_to_phase(content: Content, programme: Programme, now: dt.datetime) -> Content:
    """Switch off the question about a forum (Fachforum) that will not come any more.

    Answers given to it stay.
    """
    fields = tuple(
        flow if _has_forum(programme, flow, now) else _without_forum_question(flow) for flow in content.fields
    )
    return content if fields == content.fields else replace(content, fields=fields)


def _has_forum(programme: Programme, flow: Flow, now: dt.datetime) -> bool:
    forum = programme.forums.get(flow.scope)
    return forum is None or forum.is_to_come(now)


def _without_forum_question(flow: Flow) -> Flow:
    steps = (replace(step, enabled=False) if step.spine is Spine.FORUM else step for step in flow.steps)
    return replace(flow, steps=tuple(steps))
