"""What a tap or a text in the area of the dates does. Pure: a scene and a state in, a turn out.

Total like the engine of the people: a stale button or a wrong text changes nothing and asks again. A
change of a date is made in steps and confirmed with its effect before one's eyes; what nobody is told
of (seats, what is confirmed) is made at once.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.staff.screens import (
    StaffScene,
    cancel_screen,
    dates_screen,
    event_page,
    reason_screen,
    say_objection,
    schedule_screen,
    step_screen,
    support_screen,
)
from bot.staff.state import StaffState, Step, tag_of
from bot.staff.steps import WrongAnswerError, answer_step, press_step
from conversations.languages import find_language
from conversations.planning import Doubt, Objection, find_objections
from conversations.programme import Cancellation, Council, Event, Forum, Reason
from conversations.screens import Screen
from conversations.texts import Text, text

#: The buttons under a question, and under the confirmation.
_IN_STEPS = frozenset({"yes", "no", "same", "none", "first", "second"})
_FIRST_STEPS = {
    "date": Step.DATE,
    "seats": Step.SEATS,
    "map": Step.MAP,
    "report": Step.REPORT,
    "agenda": Step.AGENDA,
    "answers": Step.OPENS,
    "draft": Step.DRAFT_DAY,
    "decided": Step.DECIDED_DAY,
}


@dataclass(frozen=True, slots=True)
class Order:
    """A change of the programme that is to be made now; `before` is what it was made on.

    `is_toggle` says that it came from the page of toggles, which stays.
    """

    topic: str
    before: Event
    after: Event
    is_toggle: bool = False


@dataclass(frozen=True, slots=True)
class StaffTurn:
    """What came of it: where one stands, what is shown, what is to be changed.

    Without a screen nothing is shown: a second tap on a button that has done its work. With an order
    the screen is made when the order has been carried out (`show_made`).
    """

    state: StaffState | None
    screen: Screen | None
    order: Order | None = None


def press(scene: StaffScene, state: StaffState | None, argument: str) -> StaffTurn:
    """Do what a button of the area says; without an argument it shows every date."""
    verb, _, rest = argument.partition(".")
    if verb in ("dates", ""):
        return StaffTurn(None, dates_screen(scene))
    if verb == "schedule":
        return StaffTurn(None, schedule_screen(scene))
    if verb in _IN_STEPS:
        return _press_in_step(scene, state, verb, rest)
    topic, _, more = rest.partition(".")
    event = scene.programme.events.get(topic)
    if event is None:
        return StaffTurn(None, dates_screen(scene))
    return _press_on_event(scene, topic, event, verb, more)


def say(scene: StaffScene, state: StaffState, words: str) -> StaffTurn:
    """Take a text as the answer to what is awaited."""
    try:
        following = answer_step(state, words, scene.now)
    except WrongAnswerError as error:
        return repeat(scene, state, text(error.key))
    return _go_on(scene, state, following)


def repeat(scene: StaffScene, state: StaffState, notice: Text) -> StaffTurn:
    """Ask again for what is awaited, with a sentence on top."""
    return StaffTurn(state, with_notice(step_screen(scene, state), notice))


def show_made(scene: StaffScene, order: Order) -> Screen:
    """Show what an order has made; `scene` holds the programme after it."""
    event = scene.programme.events[order.topic]
    if order.is_toggle and isinstance(event, Forum):
        return support_screen(scene, order.topic, event)
    return show_after(scene, order.topic, text("staff.event.saved"))


def show_after(scene: StaffScene, topic: str, notice: Text) -> Screen:
    """Show a date after it was changed, or not, with what came of it on top."""
    event = scene.programme.events[topic]
    return with_notice(event_page(scene, topic, event), notice)


def with_notice(screen: Screen, notice: Text) -> Screen:
    """Put a sentence above a screen."""
    return replace(screen, blocks=((notice,), *screen.blocks))


def _press_in_step(scene: StaffScene, state: StaffState | None, verb: str, rest: str) -> StaffTurn:
    """Take a button under a question. One of another question, or a second tap, answers nothing."""
    if state is None:
        return StaffTurn(None, None)
    if rest != tag_of(state):
        return StaffTurn(state, step_screen(scene, state))
    if verb == "no":
        return StaffTurn(None, show_after(scene, state.topic, text("staff.event.discarded")))
    if verb == "yes":
        return _confirm(scene, state)
    following = press_step(state, verb)
    if following is None:
        return StaffTurn(state, step_screen(scene, state))
    return _go_on(scene, state, following)


def _confirm(scene: StaffScene, state: StaffState) -> StaffTurn:
    """Make the change, unless it cannot be any more: the clock has gone on since it was shown."""
    blocking = _find_blocking(scene, state)
    if blocking:
        return StaffTurn(None, show_after(scene, state.topic, say_objection(blocking[0])))
    return StaffTurn(None, None, Order(state.topic, state.before, state.after))


def _go_on(scene: StaffScene, asked: StaffState, following: StaffState) -> StaffTurn:
    """Ask for what comes next; a step back where the change cannot be."""
    blocking = _find_blocking(scene, following)
    if following.step is not Step.CONFIRM:  # the place is still to come
        blocking = [each for each in blocking if each.doubt is not Doubt.NO_PLACE]
    if not blocking:
        return StaffTurn(following, step_screen(scene, following))
    again = replace(asked, step=Step.DATE, twice=()) if asked.step is Step.TWICE else asked
    return repeat(scene, again, say_objection(blocking[0]))


def _find_blocking(scene: StaffScene, state: StaffState) -> list[Objection]:
    objections = find_objections(scene.programme, state.topic, state.after, scene.now)
    return [each for each in objections if each.blocks]


def _press_on_event(scene: StaffScene, topic: str, event: Event, verb: str, more: str) -> StaffTurn:
    step = _FIRST_STEPS.get(verb)
    if step is not None and _fits(step, event, scene):
        after = replace(event, cancellation=None) if isinstance(event, Forum) else event
        state = StaffState(step, topic, event, after if step is Step.DATE else event)
        return StaffTurn(state, step_screen(scene, state))
    if isinstance(event, Forum):
        turn = _press_on_forum(scene, topic, event, verb, more)
        if turn is not None:
            return turn
    elif verb == "toggle":
        what, _, on = more.partition(".")
        if what == "question_time":
            after = replace(event, has_question_time=on == "1")
            return StaffTurn(None, None, Order(topic, event, after))
    return StaffTurn(None, event_page(scene, topic, event))


def _press_on_forum(scene: StaffScene, topic: str, forum: Forum, verb: str, more: str) -> StaffTurn | None:
    first, _, second = more.partition(".")
    if verb == "support":
        return StaffTurn(None, support_screen(scene, topic, forum))
    if verb == "toggle":
        after = _toggled(forum, first, is_on=second == "1")
        return None if after is None else StaffTurn(None, None, Order(topic, forum, after, is_toggle=True))
    if verb == "reopen" and forum.cancellation is not None:
        state = StaffState(Step.CONFIRM, topic, forum, replace(forum, cancellation=None))
        blocking = _find_blocking(scene, state)
        if blocking:
            return StaffTurn(None, show_after(scene, topic, say_objection(blocking[0])))
        return StaffTurn(state, step_screen(scene, state))
    if forum.cancellation is not None or forum.is_over(scene.now):
        return None
    if verb == "cancel":
        return StaffTurn(None, cancel_screen(topic))
    if verb == "why" and first in ("0", "1"):
        return StaffTurn(None, reason_screen(topic, first))
    if verb == "off" and first in ("0", "1") and second in (*Reason, "none"):
        reason = None if second == "none" else Reason(second)
        after = replace(forum, cancellation=Cancellation(reason, first == "1"))
        state = StaffState(Step.CONFIRM, topic, forum, after)
        return StaffTurn(state, step_screen(scene, state))
    return None


def _fits(step: Step, event: Event, scene: StaffScene) -> bool:
    """Tell whether a step belongs to a kind of event, as it stands."""
    of_council = step in (Step.AGENDA, Step.DRAFT_DAY, Step.DECIDED_DAY)
    if isinstance(event, Council):
        return of_council or step is Step.DATE
    if step is Step.REPORT:
        return event.is_over(scene.now)
    return not of_council and not event.is_over(scene.now)


def _toggled(forum: Forum, what: str, *, is_on: bool) -> Forum | None:
    support = forum.support
    if what == "childcare":
        return replace(forum, support=replace(support, childcare=is_on))
    if what == "step_free":
        return replace(forum, support=replace(support, step_free=is_on))
    if find_language(what) is None:
        return None
    left = tuple(code for code in support.interpreting if code != what)
    return replace(forum, support=replace(support, interpreting=(*left, what) if is_on else left))
