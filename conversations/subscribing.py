"""What people want to be written about: consent 2, the toggles, and ending everything."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

from conversations.answering import ask
from conversations.attending import COME, REMIND, come, remind
from conversations.dialogue import find_open_step
from conversations.environment import Scene
from conversations.events import (
    Change,
    ConsentGiven,
    MessagesDeclined,
    Placement,
    Subscribed,
    ThemesUnfollowed,
    Unsubscribed,
)
from conversations.person import Consent, Purpose
from conversations.session import Sheet, SheetName
from conversations.texts import Text, text
from conversations.town_sheets import MESSAGES_ENDED, list_topics
from conversations.turn import Turn, show

#: What was wanted of a meeting when consent 2 was missing; stands in front of its topic.
_DEEDS = {REMIND: remind, COME: come}


def open_subscriptions(scene: Scene, argument: str, placement: Placement) -> Turn:
    """Open the list of subscriptions from a button or a command, whatever the argument."""
    return show_subscriptions(scene, "", placement)


def show_subscriptions(
    scene: Scene, argument: str, placement: Placement, changes: tuple[Change, ...] = ()
) -> Turn:
    """Show the subscriptions, after consent 2 where it is missing; `argument` is what that is for.

    Whoever follows themes has something to switch off there, without consent 2 too.
    """
    person = scene.person
    if person.message_consent is None and (argument or not person.followed):
        return show(scene, Sheet(SheetName.CONSENT_MESSAGES, argument), placement, changes=changes)
    return show(scene, Sheet(SheetName.REMINDERS), placement, changes=changes)


def agree_messages(scene: Scene, argument: str, placement: Placement) -> Turn:
    """Record consent 2 and switch on what it was asked for."""
    person = scene.person
    changes: list[Change] = []
    if person.message_consent is None:
        version = scene.content.town.notice_version
        consent = Consent(version, person.language or "", scene.environment.today)
        person = replace(person, message_consent=consent, has_stopped=False)
        changes.append(ConsentGiven(Purpose.MESSAGES, version))
    topic, _, field_code = argument.partition(".")
    if topic in list_topics(scene) and topic not in person.subscriptions:
        person = replace(person, subscriptions=person.subscriptions | {topic})
        changes.append(Subscribed(topic))
    scene = replace(scene, person=person)
    if topic in _DEEDS:
        return _DEEDS[topic](scene, field_code, placement, tuple(changes))
    if field_code and person.session is not None:
        return _after_invitation(scene, field_code, placement, tuple(changes), text("sub.saved"))
    return show(scene, Sheet(SheetName.REMINDERS), placement, changes=changes)


def decline_messages(scene: Scene, argument: str, placement: Placement) -> Turn:
    """Accept that nothing may be sent. Taking part goes on without it."""
    topic, _, field_code = argument.partition(".")
    if topic in _DEEDS and field_code in scene.programme.events:
        notice = text("rem.not_coming_note") if topic == COME else None
        return show(scene, Sheet(SheetName.EVENT, field_code), placement, notice=notice)
    if field_code and scene.person.session is not None:
        return _after_invitation(scene, field_code, placement, (), None)
    return show(scene, Sheet(SheetName.MENU), placement)


def subscribe(scene: Scene, argument: str, placement: Placement) -> Turn:
    """Switch one topic on; twice changes nothing."""
    person = scene.person
    is_topic = argument in list_topics(scene)
    if person.message_consent is None or not is_topic:
        return show_subscriptions(scene, argument if is_topic else "", placement)
    changes = () if argument in person.subscriptions else (Subscribed(argument),)
    scene = replace(scene, person=replace(person, subscriptions=person.subscriptions | {argument}))
    return show(scene, Sheet(SheetName.REMINDERS), placement, changes=changes)


def unsubscribe(scene: Scene, argument: str, placement: Placement) -> Turn:
    """Switch one topic off; twice changes nothing."""
    person = scene.person
    gone = frozenset({argument}) & person.subscriptions
    scene = replace(scene, person=replace(person, subscriptions=person.subscriptions - gone))
    return show_subscriptions(scene, "", placement, (Unsubscribed(gone),) if gone else ())


def switch_all_off(scene: Scene, argument: str, placement: Placement) -> Turn:
    """Switch everything off, and say what that does not do."""
    scene, changes = _end_messages(scene)
    return show(
        scene,
        Sheet(SheetName.MENU, MESSAGES_ENDED),
        placement,
        changes=changes,
        notice=text("sub.all_off_done"),
    )


def stop(scene: Scene, placement: Placement) -> Turn:
    """End every push at once, and say what stays stored."""
    scene, changes = _end_messages(scene)
    return show(scene, Sheet(SheetName.STOPPED), placement, changes=changes)


def _end_messages(scene: Scene) -> tuple[Scene, tuple[Change, ...]]:
    """Take back every subscription, every followed theme and both consents to be written to.

    Registrations go too, because nobody could be told of a change. That somebody said stop is noted also
    of those who had agreed to nothing.
    """
    person = scene.person
    changes: list[Change] = []
    if person.subscriptions:
        changes.append(Unsubscribed(person.subscriptions))
    if person.followed:
        changes.append(ThemesUnfollowed(person.followed))
    if person.message_consent is not None or not person.has_stopped:
        changes.append(MessagesDeclined())
    person = replace(
        person,
        subscriptions=frozenset(),
        message_consent=None,
        attendance=MappingProxyType({}),
        followed=frozenset(),
        follow_consent=None,
        has_stopped=True,
    )
    return replace(scene, person=person), tuple(changes)


def _after_invitation(
    scene: Scene,
    field_code: str,
    placement: Placement,
    changes: tuple[Change, ...],
    notice: Text | None,
) -> Turn:
    """Go on to the end of the topic, or to a question of it that is still open."""
    session, flow = scene.person.session, scene.content.find_field(field_code)
    if session is None:
        raise LookupError("an invitation needs a session")
    step = None if flow is None or scene.closed else find_open_step(flow, session)
    if step is not None:
        return ask(scene, field_code, step, placement, changes=changes, notice=notice)
    is_finished = field_code in session.finished
    sheet = Sheet(SheetName.THANKS, field_code) if is_finished else Sheet(SheetName.MENU)
    return show(scene, sheet, placement, changes=changes, notice=notice)
