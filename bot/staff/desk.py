"""What a tap or a text in the staff area does. Pure: a scene and a state in, a turn out.

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
    menu_screen,
    reason_screen,
    say_objection,
    schedule_screen,
    step_screen,
    support_screen,
)
from bot.staff.state import StaffState, Step
from bot.staff.steps import WrongAnswerError, answer_step, press_step
from conversations.languages import find_language
from conversations.planning import find_objections
from conversations.programme import Cancellation, Council, Event, Forum, Reason, field_of_topic
from conversations.screens import Screen
from conversations.texts import Text, text

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
    """A change of the programme that is to be made now; `before` is what it was made on."""

    topic: str
    before: Event
    after: Event


@dataclass(frozen=True, slots=True)
class StaffTurn:
    """What came of it: where one stands, what is shown, what is to be changed. `left`: out of here."""

    state: StaffState | None
    screen: Screen
    order: Order | None = None
    left: bool = False


def open_desk(scene: StaffScene) -> StaffTurn:
    """Open the staff area at its first page; a change under way is dropped."""
    return StaffTurn(None, menu_screen())


def press(scene: StaffScene, state: StaffState | None, argument: str) -> StaffTurn:
    """Do what a button of the staff area says."""
    verb, _, rest = argument.partition(".")
    if verb in ("menu", ""):
        return open_desk(scene)
    if verb == "leave":
        return StaffTurn(None, menu_screen(), left=True)
    if verb == "dates":
        return StaffTurn(None, dates_screen(scene))
    if verb == "schedule":
        return StaffTurn(None, schedule_screen(scene))
    if verb in ("yes", "no", "same", "none", "twice"):
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
        return StaffTurn(state, with_notice(step_screen(scene, state), text(error.key)))
    return _go_on(scene, state, following)


def show_after(scene: StaffScene, topic: str, notice: Text) -> Screen:
    """Show a date after it was changed, or not, with what came of it on top."""
    event = scene.programme.events[topic]
    return with_notice(event_page(scene, topic, event), notice)


def with_notice(screen: Screen, notice: Text) -> Screen:
    """Put a sentence above a screen."""
    return replace(screen, blocks=((notice,), *screen.blocks))


def _press_in_step(scene: StaffScene, state: StaffState | None, verb: str, rest: str) -> StaffTurn:
    if state is None:
        return StaffTurn(None, dates_screen(scene))
    if verb == "no":
        return StaffTurn(None, show_after(scene, state.topic, text("staff.event.discarded")))
    if verb == "yes":
        if state.step is not Step.CONFIRM:
            return StaffTurn(state, step_screen(scene, state))
        return _ordered(scene, state.topic, state.before, state.after)
    following = press_step(state, verb, rest)
    if following is None:
        return StaffTurn(state, step_screen(scene, state))
    return _go_on(scene, state, following)


def _go_on(scene: StaffScene, asked: StaffState, following: StaffState) -> StaffTurn:
    """Ask for what comes next; a step back where the change cannot be."""
    objections = find_objections(scene.programme, following.topic, following.after, scene.now)
    blocking = [each for each in objections if each.blocks]
    is_finished = following.step is Step.CONFIRM
    if blocking and (is_finished or asked.step in (Step.DATE, Step.TWICE, Step.END)):
        again = asked if asked.step is not Step.TWICE else replace(asked, step=Step.DATE)
        about_now = [each for each in blocking if each.doubt.value != "no_place" or is_finished]
        if about_now:
            return StaffTurn(again, with_notice(step_screen(scene, again), say_objection(about_now[0])))
    return StaffTurn(following, step_screen(scene, following))


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
            return _ordered(scene, topic, event, replace(event, has_question_time=on == "1"))
    return StaffTurn(None, event_page(scene, topic, event))


def _press_on_forum(scene: StaffScene, topic: str, forum: Forum, verb: str, more: str) -> StaffTurn | None:
    first, _, second = more.partition(".")
    if verb == "support":
        return StaffTurn(None, support_screen(scene, topic, forum))
    if verb == "toggle":
        after = _toggled(forum, first, is_on=second == "1")
        return None if after is None else _ordered(scene, topic, forum, after)
    if verb == "reopen" and forum.cancellation is not None:
        state = StaffState(Step.CONFIRM, topic, forum, replace(forum, cancellation=None))
        return _go_on(scene, state, state)
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


def _ordered(scene: StaffScene, topic: str, before: Event, after: Event) -> StaffTurn:
    """Order a change; what is shown is made for the programme after it."""
    changed = replace_event(scene, topic, after)
    is_support = isinstance(before, Forum) and isinstance(after, Forum) and before.support != after.support
    if is_support and isinstance(after, Forum):
        screen = support_screen(changed, topic, after)
    else:
        screen = show_after(changed, topic, text("staff.event.saved"))
    return StaffTurn(None, screen, Order(topic, before, after))


def replace_event(scene: StaffScene, topic: str, after: Event) -> StaffScene:
    """Look at the programme as it is once a change has been made."""
    programme = scene.programme
    if isinstance(after, Council):
        return replace(scene, programme=replace(programme, council=after))
    forums = {**programme.forums, field_of_topic(topic): after}
    return replace(scene, programme=replace(programme, forums=forums))
