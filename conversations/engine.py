"""The engine: one incoming thing in, what happened out.

`take_turn` is pure and total. A stale button, a wrong type or a forged value changes nothing and
shows the current state again; no input raises.
"""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from typing import assert_never

from conversations.actions import COMMANDS, act, find_gate, start
from conversations.answering import (
    accept_offered,
    choose,
    finish_ticking,
    go_back,
    refuse,
    skip,
    tick,
    write_or_speak,
)
from conversations.attending import keep_in_step
from conversations.content import Content
from conversations.dialogue import question_of, reconcile
from conversations.environment import Environment, Scene
from conversations.events import AnswerRecorded, ContactLost, EverythingErased, Placement, PoppedUp
from conversations.flow import Step, StepKind
from conversations.incoming import (
    Action,
    ActionButton,
    AnswerButton,
    BlockedBot,
    Commanded,
    Incoming,
    Pressed,
    Refused,
    Reworded,
    Said,
    SentRefused,
    Spoke,
    Voice,
    WroteTooFast,
)
from conversations.person import Person
from conversations.phases import fit_to_phase
from conversations.questions import BACK, DONE, NO, PAUSE, SKIP, STOP, YES
from conversations.session import (
    Answer,
    Asking,
    OfferedOwn,
    OwnWords,
    Sheet,
    SheetName,
    StopAsked,
)
from conversations.subscribing import stop
from conversations.texts import text
from conversations.turn import Turn, show, show_again

_REFUSALS = {Refused.MEDIA: "err.media", Refused.CONTACT: "err.contact", Refused.EMPTY: "err.empty"}


def take_turn(content: Content, person: Person, incoming: Incoming, environment: Environment) -> Turn:
    """Work out what comes of something a person did.

    The same call with the same arguments gives the same turn; nothing is stored or sent here.
    """
    content = fit_to_phase(content, environment.programme or content.programme, environment.now)
    if person.session is not None:
        person = replace(person, session=reconcile(content, person.session))
    scene = Scene(content, person, environment)
    if person.language is None:
        return _meet(scene, incoming)
    return keep_in_step(scene, _take(scene, incoming))


def draw_again(content: Content, person: Person, environment: Environment, placement: Placement) -> Turn:
    """Show the current state of somebody, as a turn would; nothing else changes."""
    content = fit_to_phase(content, environment.programme or content.programme, environment.now)
    if person.session is not None:
        person = replace(person, session=reconcile(content, person.session))
    return show_again(Scene(content, person, environment), placement)


def _take(scene: Scene, incoming: Incoming) -> Turn:
    match incoming:
        case Pressed(button):
            return _press(scene, button)
        case Said(words, message):
            return _say(scene, words, message)
        case Spoke(voice, message):
            return _speak(scene, voice, message)
        case Reworded(words, message):
            return _reword(scene, words, message)
        case Commanded(name, argument):
            return _command(scene, name, argument)
        case SentRefused(kind):
            return show_again(scene, Placement.BELOW, text(_REFUSALS[kind]))
        case WroteTooFast(notice):
            return show_again(scene, Placement.BELOW, text("err.slow")) if notice else Turn(scene.person)
        case BlockedBot():
            return _lose(scene)
        case _:
            assert_never(incoming)


#: Letters of Arabic, Persian and Pashto keyboards that are one to the reader; invisible signs go.
_LOOK_ALIKE = str.maketrans(
    {"ي": "ی", "ى": "ی", "ې": "ی", "ۍ": "ی", "ك": "ک", "\u200c": None, "\u0640": None}
)
#: What somebody without a language may press.
_LANGUAGE_BUTTONS = (
    Action.CHOOSE_LANGUAGE,
    Action.LANGUAGES,
    Action.MORE_LANGUAGES,
    Action.HEAR_LANGUAGES,
    Action.HEAR_MORE_LANGUAGES,
)


def fold_word(words: str) -> str:
    """Fold a whole message for comparison with the stop words of all languages.

    The dotted capital I of Turkish folds to i and a combining dot, which is taken away. Arabic keyboards
    write some letters of Persian and Pashto with signs of their own, which look the same.
    """
    folded = unicodedata.normalize("NFKC", words).casefold().replace("i\u0307", "i").translate(_LOOK_ALIKE)
    return folded.strip(" \t\n.!?…،؟/\u200e\u200f")


def _meet(scene: Scene, incoming: Incoming) -> Turn:
    """Ask somebody without a language for it, before anything is said, stored or refused.

    That is a stranger, or somebody who came back after blocking the bot: their answers are still there.
    """
    languages = Sheet(SheetName.LANGUAGES)
    match incoming:
        case Pressed(ActionButton(what, argument)) if what in _LANGUAGE_BUTTONS:
            return act(scene, what, argument, Placement.IN_PLACE)
        case Pressed(ActionButton(Action.ERASE)) if scene.person.session is None:
            return Turn(scene.person)  # a second tap, and everything is gone already
        case Pressed(ActionButton(Action.ERASE)):
            stranger = replace(scene, person=Person())
            return show(stranger, languages, Placement.IN_PLACE, changes=(EverythingErased(),))
        case Commanded("start", argument):
            return start(scene, argument)
        case BlockedBot():
            return _lose(scene)
        case WroteTooFast() | Reworded():
            return Turn(scene.person)
        case Pressed():
            return show(scene, languages, Placement.IN_PLACE)
        case Said() | Spoke() | Commanded() | SentRefused():
            return show(scene, languages, Placement.BELOW)
        case _:
            assert_never(incoming)


def _lose(scene: Scene) -> Turn:
    """Forget the contact of somebody who blocked the bot. Their answers stay."""
    person = scene.person
    left = Person(answer_consent=person.answer_consent, session=person.session)
    return Turn(left, (ContactLost(),))


def _press(scene: Scene, button: AnswerButton | ActionButton | None) -> Turn:
    match button:
        case ActionButton(Action.STAFF):
            return _refuse_press(scene)  # a forged one: those of the staff never come here
        case ActionButton(what, argument):
            return act(scene, what, argument, Placement.IN_PLACE)
        case AnswerButton():
            return _press_answer(scene, button)
        case None:
            return _refuse_press(scene)
        case _:
            assert_never(button)


def _press_answer(scene: Scene, button: AnswerButton) -> Turn:
    """Take a press on a question: once if it is the one on show, silently if it is a repeat."""
    session = scene.person.session
    if session is None or button.session != session.tag:
        return _refuse_press(scene)
    press = f"{button.visit}:{button.step}:{button.option}:{button.switched_on}"
    if press == session.last_press:
        return Turn(scene.person)
    question = question_of(session.place)
    gate = find_gate(scene, scope="" if question is None else question.scope)
    if gate is not None and button.option != STOP:
        return show(scene, gate, Placement.IN_PLACE)
    step = scene.content.find_step(button.step)
    if question is None or step is None or question.step != step.id or button.visit != session.visit:
        return _refuse_press(scene)
    scene = replace(scene, person=replace(scene.person, session=replace(session, last_press=press)))
    turn = _take_press(scene, step, button)
    if turn is None:
        return _refuse_press(scene)
    if any(isinstance(event, AnswerRecorded) for event in turn.events):
        return replace(turn, events=(*turn.events, PoppedUp(text("ui.saved"))))
    return turn


def _take_press(scene: Scene, step: Step, button: AnswerButton) -> Turn | None:
    """Do what a valid press says. None means that the place does not offer this option."""
    session = scene.person.session
    if session is None:
        return None
    place, option = session.place, button.option
    match place:
        case Asking() | OwnWords() if option == BACK:
            return go_back(scene, place, step)
        case Asking() | OwnWords() if option == SKIP:
            return skip(scene, place, step, Placement.IN_PLACE)
        case Asking() | OwnWords() if option == PAUSE:
            return show(scene, Sheet(SheetName.PAUSED), Placement.IN_PLACE)
        case Asking() if step.kind is StepKind.MULTI and option == DONE:
            return finish_ticking(scene, place, step)
        case Asking() if step.find_option(option) is not None:
            if step.kind is not StepKind.MULTI:
                return choose(scene, place, step, option, Placement.IN_PLACE)
            if button.switched_on is None:
                return None
            return tick(scene, place, step, option, switched_on=button.switched_on)
        case OfferedOwn() if option == YES:
            return accept_offered(scene, place, step)
        case OfferedOwn() if option == NO:
            return show(scene, place.question, Placement.IN_PLACE)
        case StopAsked() if option == YES:
            return write_or_speak(scene, place.question, step, place.words, None, place.message)
        case StopAsked() if option == STOP:
            return stop(scene, Placement.IN_PLACE)
        case _:
            return None


def _refuse_press(scene: Scene) -> Turn:
    """Answer an old or forged button with a notice and the current state."""
    turn = show_again(scene, Placement.BELOW)
    return Turn(turn.person, (PoppedUp(text("err.old_button")), *turn.events))


def _say(scene: Scene, words: str, message: str) -> Turn:
    session = scene.person.session
    is_stop_word = fold_word(words) in scene.environment.stop_words
    question = None if session is None else question_of(session.place)
    step = None if question is None else scene.content.find_step(question.step)
    if session is None or question is None or step is None:
        if is_stop_word:
            return stop(scene, Placement.BELOW)
        return show_again(scene, Placement.BELOW, text("err.unknown"))
    gate = find_gate(scene, scope=question.scope)
    if gate is not None:
        return stop(scene, Placement.BELOW) if is_stop_word else show(scene, gate, Placement.BELOW)
    if not words.strip():
        return show_again(scene, Placement.BELOW, text("err.empty"))
    if is_stop_word:
        if isinstance(question, OwnWords) or step.kind is StepKind.OPEN:
            return show(scene, StopAsked(question, words.strip(), message), Placement.BELOW)
        return stop(scene, Placement.BELOW)
    return write_or_speak(scene, question, step, words.strip(), None, message)


def _speak(scene: Scene, voice: Voice, message: str) -> Turn:
    session = scene.person.session
    question = None if session is None else question_of(session.place)
    step = None if question is None else scene.content.find_step(question.step)
    if question is None or step is None:
        return show_again(scene, Placement.BELOW, text("err.unknown"))
    gate = find_gate(scene, scope=question.scope)
    if gate is not None:
        return show(scene, gate, Placement.BELOW)
    return write_or_speak(scene, question, step, None, voice, message)


def _reword(scene: Scene, words: str, message: str) -> Turn:
    """Take an edited message as an edited answer. An edit of anything else is left alone."""
    session = scene.person.session
    if session is None or not words.strip():
        return Turn(scene.person)
    place = session.place
    is_waiting = isinstance(place, OfferedOwn | StopAsked) and place.message == message
    found = next((key for key, answer in session.answers.items() if answer.message == message), None)
    question = question_of(place)
    step = None if question is None else scene.content.find_step(question.step)
    if question is not None and step is not None and message == session.refused:
        return _say(scene, words, message)  # what was too long has been made shorter
    if found is None and not is_waiting:
        return Turn(scene.person)
    about = found[0] if found is not None else "" if question is None else question.scope
    gate = find_gate(scene, scope=about)
    if gate is not None:
        return show(scene, gate, Placement.BELOW)
    refusal = refuse(words, None)
    if refusal is not None:
        return show_again(scene, Placement.BELOW, refusal)
    if isinstance(place, OfferedOwn | StopAsked) and is_waiting:
        return show(scene, replace(place, words=words.strip()), Placement.BELOW)
    if found is None:
        return Turn(scene.person)
    answer = Answer(session.answers[found].codes, words.strip(), message=message)
    changed = replace(scene.person, session=session.with_answer(*found, answer))
    turn = show_again(replace(scene, person=changed), Placement.BELOW, text("ui.edited"))
    return Turn(turn.person, (AnswerRecorded(*found, answer), *turn.events))


def _command(scene: Scene, name: str, argument: str) -> Turn:
    if name == "start":
        return start(scene, argument)
    if name == "stop":
        return stop(scene, Placement.BELOW)
    what = COMMANDS.get(name)
    if what is None:
        return show_again(scene, Placement.BELOW, text("err.unknown"))
    return act(scene, what, "", Placement.BELOW)
