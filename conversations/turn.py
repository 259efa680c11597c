"""The result of a turn, and how the pieces of the engine put one together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import assert_never

from conversations.dialogue import question_of
from conversations.environment import Scene
from conversations.events import Change, Event, Placement, PoppedUp, ScreenShown
from conversations.person import Person
from conversations.questions import (
    offered_own_screen,
    own_words_screen,
    question_screen,
    stop_asked_screen,
)
from conversations.screens import Screen
from conversations.session import (
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
from conversations.sheets import sheet_screen
from conversations.texts import Text
from conversations.topic_sheets import is_question_open


@dataclass(frozen=True, slots=True)
class Turn:
    """What came of one incoming thing: the person afterwards, and what happened, in order."""

    person: Person
    events: tuple[Event, ...] = ()


def show(
    scene: Scene,
    place: Place,
    placement: Placement,
    *,
    changes: Sequence[Change] = (),
    notice: Text | None = None,
) -> Turn:
    """Move to a place and show it. `scene` holds the person with all `changes` made already.

    A page that covers a question keeps it behind; a new showing of a question counts as a visit.
    """
    person = scene.person
    if person.session is not None:
        person = replace(person, session=_move(person.session, place))
    scene = replace(scene, person=person)
    screen = place_screen(scene, place)
    return Turn(person, (*changes, ScreenShown(_with_notice(screen, notice), placement)))


def show_again(scene: Scene, placement: Placement, notice: Text | None = None) -> Turn:
    """Show the current place as it is, with a notice above it. Nothing else changes.

    A question that takes no answer any more gives way to the page that says so.
    """
    place = current_place(scene.person)
    question = question_of(place)
    if question is not None and not is_question_open(scene, question) and not scene.closed:
        place = closed_sheet(scene, question.scope)
    screen = _with_notice(place_screen(scene, place), notice)
    return Turn(scene.person, (ScreenShown(screen, placement),))


def closed_sheet(scene: Scene, scope: str) -> Sheet:
    """Name the page that says why a question takes no answer: its topic is closed, its forum over."""
    if scene.programme.find_forum(scope) is not None:
        return Sheet(SheetName.EVENT, scope)
    return Sheet(SheetName.CLOSED, scope)


def pop_up(scene: Scene, notice: Text) -> Turn:
    """Answer a pressed button with a short notice and change nothing."""
    return Turn(scene.person, (PoppedUp(notice),))


def current_place(person: Person) -> Place:
    """Find where a person is. Without a session: choosing a language, or at the doors."""
    if person.session is not None:
        return person.session.place
    return Sheet(SheetName.LANGUAGES if person.language is None else SheetName.DOORS)


def place_screen(scene: Scene, place: Place) -> Screen:
    """Build the screen of a place. "Show the current state" is this function and nothing else."""
    if isinstance(place, Sheet):
        return sheet_screen(scene, place)
    session = scene.person.session
    if session is None:
        raise LookupError("a question needs a session")
    match place:
        case Asking():
            return question_screen(scene, session, place)
        case OwnWords():
            return own_words_screen(scene, session, place)
        case OfferedOwn():
            return offered_own_screen(scene, session, place)
        case StopAsked():
            return stop_asked_screen(session, place)
        case _:
            assert_never(place)


def _move(session: Session, place: Place) -> Session:
    behind: Question | None = None
    visit = session.visit + 1
    if isinstance(place, Sheet):
        behind = question_of(session.place) or session.behind
        visit = session.visit
    return replace(session, place=place, behind=behind, visit=visit)


def _with_notice(screen: Screen, notice: Text | None) -> Screen:
    return screen if notice is None else replace(screen, blocks=((notice,), *screen.blocks))
