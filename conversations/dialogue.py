"""The way through a flow: which questions apply, which comes next, in which order options stand.

Everything is worked out from the flow and the answers, so nothing can disagree with them:
there is no stored path. Steps whose condition depends on an unanswered step are judged as if
that step had been skipped, which makes the progress count an estimate until a branch is taken.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from conversations.content import Content
from conversations.flow import PROFILE, Flow, Option, Step
from conversations.session import (
    SKIPPED,
    Answer,
    AnswerKey,
    Asking,
    OfferedOwn,
    OwnWords,
    Place,
    Question,
    Session,
    Sheet,
    SheetName,
    StopAsked,
)

#: Pages that are about a field.
_SHEETS_OF_FIELDS = frozenset(
    {SheetName.AGAIN, SheetName.RESUME, SheetName.THANKS, SheetName.REVIEW, SheetName.FOLLOW}
)


@dataclass(frozen=True, slots=True)
class _Answers:
    """The answers as conditions see them: those of the flow, and those of the profile."""

    flow: Flow
    answers: Mapping[AnswerKey, Answer]

    def codes(self, step_id: str) -> tuple[str, ...]:
        answer = self.answers.get((self.flow.scope, step_id)) or self.answers.get((PROFILE, step_id))
        return (SKIPPED,) if answer is None else answer.codes

    def shown(self, step_id: str) -> bool:
        step = self.flow.find_step(step_id)
        return step is not None and step.enabled and step.when.holds(self)


def list_steps(flow: Flow, session: Session) -> tuple[Step, ...]:
    """List the steps that apply with the answers given so far, in order."""
    view = _Answers(flow, session.answers)
    return tuple(step for step in flow.steps if step.enabled and step.when.holds(view))


def find_open_step(flow: Flow, session: Session) -> Step | None:
    """Find the first step that applies and has no answer. None means the topic is finished."""
    return next(
        (step for step in list_steps(flow, session) if (flow.scope, step.id) not in session.answers), None
    )


def find_step_before(flow: Flow, session: Session, step_id: str) -> Step | None:
    """Find the applicable step before this one. None means it is the first."""
    steps = list_steps(flow, session)
    position = next((index for index, step in enumerate(steps) if step.id == step_id), 0)
    return steps[position - 1] if position else None


def count_progress(flow: Flow, session: Session, step_id: str) -> tuple[int, int]:
    """Count which question this is, from 1, and how many there are on this branch."""
    steps = list_steps(flow, session)
    position = next((index for index, step in enumerate(steps, 1) if step.id == step_id), len(steps))
    return position, len(steps)


def find_orphans(flow: Flow, session: Session) -> frozenset[AnswerKey]:
    """Find answers to steps of this flow that no longer apply.

    A step that is switched off asks nobody any more, which makes no answer wrong.
    """
    applicable = {step.id for step in list_steps(flow, session)}
    return frozenset(
        (flow.scope, step.id)
        for step in flow.steps
        if (flow.scope, step.id) in session.answers and step.enabled and step.id not in applicable
    )


def order_options(step: Step, seed: str) -> tuple[Option, ...]:
    """Put the options of a step in the order in which this person sees them, always the same.

    Each option is sorted by a hash of seed, step and code, so every order is equally likely and
    an option added later does not move the others against each other.
    """
    if not step.shuffled:
        return step.all_options

    def draw(option: Option) -> bytes:
        return hashlib.sha256(f"{seed}\0{step.id}\0{option.code}".encode()).digest()

    return (*sorted(step.options, key=draw), *step.tail)


def known_codes(step: Step, codes: tuple[str, ...]) -> tuple[str, ...]:
    """Keep the codes that a step still has."""
    return tuple(code for code in codes if step.find_option(code) is not None)


def question_of(place: Place) -> Question | None:
    """Find the question that a place is about. A page is about none."""
    match place:
        case Asking() | OwnWords():
            return place
        case OfferedOwn(question) | StopAsked(question):
            return question
        case Sheet():
            return None


def reconcile(content: Content, session: Session) -> Session:
    """Fit a stored session to the flows of today.

    Answers to steps that are gone stay in storage and are not looked at. A question that is gone,
    or no longer applies, gives way to the next open one of its field, or to the topics; so does a
    page about a field that is gone. Marks on options that are gone are taken away.
    """
    known = {key: answer for key, answer in session.answers.items() if content.find_step(key[1]) is not None}
    session = replace(session, answers=known)
    finished = tuple(field for field in session.finished if content.find_field(field) is not None)
    session = replace(session, finished=finished)
    if session.behind is not None:
        still = is_asked(content, session, session.behind)
        session = replace(session, behind=_without_lost_marks(content, session.behind) if still else None)
    question = question_of(session.place)
    if question is None:
        return session if _is_known(content, session) else replace(session, place=Sheet(SheetName.TOPICS))
    if is_asked(content, session, question):
        return replace(session, place=_without_lost_marks(content, session.place))
    flow = content.find_field(question.scope)
    step = None if flow is None else find_open_step(flow, session)
    if step is None:
        return replace(session, place=Sheet(SheetName.TOPICS))
    return replace(session, place=Asking(question.scope, step.id), visit=session.visit + 1)


_P = TypeVar("_P", bound=Place)


def _without_lost_marks(content: Content, place: _P) -> _P:
    if isinstance(place, OfferedOwn):
        return replace(place, question=_without_lost_marks(content, place.question))
    if not isinstance(place, Asking) or not place.ticked:
        return place
    step = content.find_step(place.step)
    return place if step is None else replace(place, ticked=known_codes(step, place.ticked))


def _is_known(content: Content, session: Session) -> bool:
    """Tell whether a page is about something that exists still."""
    sheet = session.place
    if not isinstance(sheet, Sheet) or sheet.name not in _SHEETS_OF_FIELDS:
        return True
    return sheet.argument.partition(",")[0] in (PROFILE, *content.field_codes)


def is_asked(content: Content, session: Session, question: Question) -> bool:
    """Tell whether a question is among those of this person today."""
    step = content.find_step(question.step)
    if step is None or not step.enabled:
        return False
    flow = content.find_field(question.scope)
    if flow is None or flow.find_step(question.step) is None:
        return True
    return step in list_steps(flow, session)
