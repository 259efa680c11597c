"""Every screen that can be shown, one after the other: for the check before a launch, and for tests.

Made with the same functions as real turns, for somebody who has answered everything and for
somebody who has just come.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace

from conversations.content import Content
from conversations.entry import NEWS_ENTRY
from conversations.environment import Environment, Scene
from conversations.flow import PROFILE, Flow, Step, StepKind
from conversations.languages import Language
from conversations.person import Consent, Person
from conversations.programme import forum_topic
from conversations.screens import Screen
from conversations.session import (
    OWN,
    Answer,
    AnswerKey,
    Asking,
    OfferedOwn,
    OwnWords,
    Place,
    Session,
    Sheet,
    SheetName,
    StopAsked,
)
from conversations.topic_sheets import COMMENT, NEEDS, needs_scope
from conversations.town_sheets import PRIVACY_SECTIONS, list_topics
from conversations.turn import place_screen

_WORDS = "…"
_SHEETS_OF_FIELDS = (SheetName.AGAIN, SheetName.RESUME, SheetName.THANKS, SheetName.REVIEW)
_SHEETS_OF_PARTICIPANTS = (*_SHEETS_OF_FIELDS, SheetName.PAUSED)


def list_screens(
    content: Content, languages: tuple[Language, ...], now: dt.datetime
) -> Iterator[tuple[str, Screen]]:
    """Make every screen, each with a name that says where it stands."""
    environment = Environment(now, languages, frozenset(), "x" * 8, "x")
    newcomer = Scene(content, Person(languages[0].code), environment)
    participant = Scene(content, make_participant(content, languages[0].code), environment)
    for sheet in _list_sheets(content):
        for who, scene in (("newcomer", newcomer), ("participant", participant)):
            if sheet.name in _SHEETS_OF_PARTICIPANTS and who == "newcomer":
                continue
            yield f"{sheet.name.value} {sheet.argument} ({who})", place_screen(scene, sheet)
    yield from _list_question_screens(participant)


def make_participant(content: Content, language: str) -> Person:
    """Make somebody who has answered every question of every branch and subscribed to everything."""
    answers: dict[AnswerKey, Answer] = {}
    for scope, step in _list_steps(content):
        answers[(scope, step.id)] = _answer(step)
    session = Session(
        tag="x" * 8,
        seed="x",
        place=Sheet(SheetName.MENU),
        visit=1,
        finished=content.field_codes,
        answers=answers,
    )
    consent = Consent(content.town.notice_version, language, content.town.notice_date)
    environment = Environment(dt.datetime(1970, 1, 1, tzinfo=dt.UTC), (), frozenset(), "", "")
    scene = Scene(content, Person(), environment)
    return Person(language, consent, frozenset(list_topics(scene)), consent, session)


def _list_sheets(content: Content) -> Iterator[Sheet]:
    for name in SheetName:
        match name:
            case SheetName.PRIVACY_SECTION:
                yield from (Sheet(name, section) for section in PRIVACY_SECTIONS)
            case SheetName.CONSENT_MESSAGES:
                yield Sheet(name)
                yield Sheet(name, NEWS_ENTRY)
                yield from (Sheet(name, f"{forum_topic(code)}.{code}") for code in content.field_codes)
            case _ if name in _SHEETS_OF_FIELDS:
                yield from (Sheet(name, code) for code in content.field_codes)
            case _:
                yield Sheet(name)
    yield Sheet(SheetName.REVIEW, PROFILE)


def _list_question_screens(scene: Scene) -> Iterator[tuple[str, Screen]]:
    """Show each step fresh and answered, in places that do not exist in the reachable path too."""
    participant = scene.person.session
    if participant is None:
        return
    for scope, step in _list_steps(scene.content):
        fresh = replace(participant, answers={}, hinted=())
        asking = Asking(scope, step.id)
        places: list[Place] = [asking, StopAsked(asking, _WORDS, "")]
        if step.kind is StepKind.MULTI:
            codes = tuple(option.code for option in step.all_options)
            places.append(replace(asking, ticked=codes[: step.maximum]))
        if step.find_option(OWN) is not None:
            places += [OwnWords(scope, step.id), OfferedOwn(asking, _WORDS, None, "")]
        for place in places:
            for state, session in (("fresh", fresh), ("answered", participant)):
                shown = replace(scene, person=replace(scene.person, session=replace(session, place=place)))
                marks = ", ticked" if isinstance(place, Asking) and place.ticked else ""
                name = f"{scope} {step.id} {type(place).__name__} ({state}{marks})"
                yield name, place_screen(shown, place)


def _list_steps(content: Content) -> Iterator[tuple[str, Step]]:
    for flow in content.fields:
        yield from ((flow.scope, step) for step in flow.steps)
        yield from _list_shared(content.profile, flow.scope)
    yield from (
        (PROFILE, step) for step in content.profile.steps if step.enabled and step.id not in (COMMENT, NEEDS)
    )


def _list_shared(profile: Flow, field_code: str) -> Iterator[tuple[str, Step]]:
    for scope, step_id in ((field_code, COMMENT), (needs_scope(field_code), NEEDS)):
        step = profile.find_step(step_id)
        if step is not None:
            yield scope, step


def _answer(step: Step) -> Answer:
    match step.kind:
        case StepKind.OPEN:
            return Answer(("text",), _WORDS)
        case StepKind.MULTI:
            return Answer(tuple(option.code for option in step.all_options[: step.maximum]))
        case _:
            is_own = step.find_option(OWN) is not None
            return Answer((OWN,), _WORDS) if is_own else Answer((step.all_options[0].code,))
