"""What people do about a meeting: be reminded of it, come or not, take its date along."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

from conversations.environment import Scene
from conversations.event_sheets import CONFIRMED, FULL, wants_interpreter
from conversations.events import (
    CalendarFileRequested,
    Change,
    ForumReplied,
    InterpreterNoted,
    Placement,
    Subscribed,
    Unsubscribed,
)
from conversations.programme import Reply, field_of_topic, forum_topic
from conversations.session import Sheet, SheetName
from conversations.texts import Text, text
from conversations.turn import Turn, show

#: What consent 2 is asked for, in front of the topic; see `conversations.subscribing`.
REMIND, COME = "remind", "come"


def open_event(scene: Scene, argument: str, placement: Placement) -> Turn:
    """Open the page of one meeting."""
    return _show_event(scene, argument, placement)


def remind(scene: Scene, topic: str, placement: Placement, changes: tuple[Change, ...] = ()) -> Turn:
    """Switch reminders of a meeting on and name their times; twice changes nothing."""
    event = scene.programme.events.get(topic)
    if event is None or not event.is_to_come(scene.now):
        return _show_event(scene, topic, placement, changes=changes)
    if scene.person.message_consent is None:
        return show(scene, Sheet(SheetName.CONSENT_MESSAGES, f"{REMIND}.{topic}"), placement)
    scene, subscribed = _subscribed(scene, topic)
    if scene.person.attendance_of(topic).reply is Reply.NOT_COMING:
        scene, replied = _replied(scene, topic, None)
        subscribed = (*subscribed, *replied)
    return _show_event(scene, f"{topic}.{CONFIRMED}", placement, changes=(*changes, *subscribed))


def come(scene: Scene, topic: str, placement: Placement, changes: tuple[Change, ...] = ()) -> Turn:
    """Register somebody for a forum (Fachforum), with its reminders; twice changes nothing."""
    forum = scene.programme.find_forum(topic)
    if forum is None or forum.date is None or forum.is_over(scene.now):
        return _show_event(scene, topic, placement, changes=changes)
    is_registered = scene.person.attendance_of(topic).reply is Reply.COMING
    if forum.is_full and not is_registered:
        return _show_event(scene, f"{topic}.{FULL}", placement, changes=changes)
    if scene.person.message_consent is None:
        return show(scene, Sheet(SheetName.CONSENT_MESSAGES, f"{COME}.{topic}"), placement)
    scene, subscribed = _subscribed(scene, topic)
    scene, replied = _replied(scene, topic, Reply.COMING)
    changes = (*changes, *subscribed, *replied)
    return _show_event(
        scene, f"{topic}.{CONFIRMED}", placement, changes=changes, notice=text("rem.rsvp_note")
    )


def cannot_come(scene: Scene, topic: str, placement: Placement) -> Turn:
    """Note that somebody does not come, and free their seat; twice changes nothing.

    Without consent 2 there is nobody to be written to, so nothing is stored.
    """
    forum = scene.programme.find_forum(topic)
    if forum is None or forum.date is None or forum.is_over(scene.now):
        return _show_event(scene, topic, placement)
    changes: tuple[Change, ...] = ()
    if scene.person.message_consent is not None:
        scene, changes = _replied(scene, topic, Reply.NOT_COMING)
    return _show_event(scene, topic, placement, changes=changes, notice=text("rem.not_coming_note"))


def stop_topic(scene: Scene, topic: str, placement: Placement) -> Turn:
    """Send nothing more about a meeting. Who is registered stays so."""
    person = scene.person
    gone = frozenset({topic}) & person.subscriptions
    scene = replace(scene, person=replace(person, subscriptions=person.subscriptions - gone))
    changes = (Unsubscribed(gone),) if gone else ()
    return _show_event(scene, topic, placement, changes=changes, notice=text("rem.stopped"))


def send_calendar_file(scene: Scene, topic: str, placement: Placement) -> Turn:
    """Send the date of a meeting as a file. Without a date, show how it stands."""
    event = scene.programme.events.get(topic)
    if event is None or event.meeting is None:
        return _show_event(scene, topic, placement)
    return Turn(scene.person, (CalendarFileRequested(topic),))


def keep_in_step(scene: Scene, turn: Turn) -> Turn:
    """Let what is known about coming to forums follow from what was done in a turn."""
    return _note_interpreting(scene, _take_back_refusals(turn))


def _take_back_refusals(turn: Turn) -> Turn:
    """Whoever wants reminders of a forum again is no longer somebody who cannot come."""
    person, changes = turn.person, list(turn.events)
    replied = {event.topic for event in turn.events if isinstance(event, ForumReplied)}
    attendance = dict(person.attendance)
    for event in turn.events:
        if not isinstance(event, Subscribed) or event.topic in replied:
            continue
        said = person.attendance_of(event.topic)
        if said.reply is Reply.NOT_COMING:
            attendance[event.topic] = replace(said, reply=None)
            changes.insert(0, ForumReplied(event.topic, None))
    if len(changes) == len(turn.events):
        return turn
    return Turn(replace(person, attendance=MappingProxyType(attendance)), tuple(changes))


def _note_interpreting(scene: Scene, turn: Turn) -> Turn:
    """Note, with the contact, for which forums somebody needs interpreting, as far as they said so.

    The answers stay where they are; with the contact goes only what a reminder has to say, and only
    while the person wants reminders of that forum (consent 2). Once answers cannot be found any more,
    it stays as it is.
    """
    person = turn.person
    if person.session is None or person.message_consent is None:
        return turn
    changes: list[Change] = []
    attendance = dict(person.attendance)
    for code, forum in scene.programme.forums.items():
        topic = forum_topic(code)
        before = person.attendance_of(topic)
        wanted = (
            topic in person.subscriptions
            and forum.is_to_come(scene.now)
            and wants_interpreter(replace(scene, person=person), topic)
        )
        if wanted != before.wants_interpreter:
            attendance[topic] = replace(before, wants_interpreter=wanted)
            changes.append(InterpreterNoted(topic, wanted))
    if not changes:
        return turn
    person = replace(person, attendance=MappingProxyType(attendance))
    return Turn(person, (*changes, *turn.events))


def _subscribed(scene: Scene, topic: str) -> tuple[Scene, tuple[Change, ...]]:
    person = scene.person
    if topic in person.subscriptions:
        return scene, ()
    person = replace(person, subscriptions=person.subscriptions | {topic})
    return replace(scene, person=person), (Subscribed(topic),)


def _replied(scene: Scene, topic: str, reply: Reply | None) -> tuple[Scene, tuple[Change, ...]]:
    before = scene.person.attendance_of(topic)
    if before.reply is reply:
        return scene, ()
    attendance = {**scene.person.attendance, topic: replace(before, reply=reply)}
    taken = (reply is Reply.COMING) - (before.reply is Reply.COMING)
    person = replace(scene.person, attendance=MappingProxyType(attendance))
    return _with_seats_taken(replace(scene, person=person), topic, taken), (ForumReplied(topic, reply),)


def _with_seats_taken(scene: Scene, topic: str, taken: int) -> Scene:
    """Count a seat that this very turn takes or frees, so that the screen says it."""
    code = field_of_topic(topic)
    forum = scene.programme.forums[code]
    forums = {**scene.programme.forums, code: replace(forum, taken=max(0, forum.taken + taken))}
    programme = replace(scene.programme, forums=forums)
    return replace(scene, environment=replace(scene.environment, programme=programme))


def _show_event(
    scene: Scene,
    argument: str,
    placement: Placement,
    *,
    changes: tuple[Change, ...] = (),
    notice: Text | None = None,
) -> Turn:
    topic = argument.partition(".")[0]
    if topic not in scene.programme.events:
        return show(scene, Sheet(SheetName.EVENTS), placement, changes=changes)
    return show(scene, Sheet(SheetName.EVENT, argument), placement, changes=changes, notice=notice)
