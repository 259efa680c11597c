"""The pages about dates: all forums (Fachforen) and the council (Gemeinderat), and each one alone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace

from conversations.environment import Scene
from conversations.incoming import Action
from conversations.languages import find_language
from conversations.person import Attendance
from conversations.phases import FieldState, field_state
from conversations.programme import (
    COUNCIL_TOPIC,
    Cancellation,
    Event,
    Forum,
    Meeting,
    Reply,
    Support,
    field_of_topic,
)
from conversations.reminders import list_reminded
from conversations.screens import Block, Line, Screen, ScreenButton, action, menu_row
from conversations.session import SKIPPED
from conversations.texts import ABSENT, Absent, Joined, Plain, Text, text
from conversations.topic_sheets import NEEDS, needs_scope

#: What the page of a meeting says first, instead of the plain facts; stands behind the topic.
CONFIRMED, FULL = "confirmed", "full"
#: The answer to the question about needs that asks for interpreting.
INTERPRETER = "interpreter"
#: So shortly before a forum it is told that a language is missing; before, it may still be found.
_TOLD_BEFORE = dt.timedelta(days=7)


def events_screen(scene: Scene) -> Screen:
    """Show every date, what is confirmed and how long it is till then; each leads to its own page."""
    events = scene.programme.events
    rows = ((action("menu.reminders", Action.REMINDERS),), menu_row())
    if all(event.meeting is None for event in events.values()):
        return Screen(((text("events.title"),), (text("events.none"),)), rows)
    blocks = tuple((event_name(topic), *_facts(scene, topic, event)) for topic, event in events.items())
    buttons = tuple((action(f"sub.{topic}", Action.EVENT, topic),) for topic in events)
    return Screen(((text("events.title"),), *blocks, (text("events.pick"),)), (*buttons, *rows))


def event_screen(scene: Scene, argument: str) -> Screen:
    """Show one meeting and what this person can do about it. An unknown one: all of them."""
    topic, _, said = argument.partition(".")
    event = scene.programme.events.get(topic)
    if event is None:
        return events_screen(scene)
    attendance = scene.person.attendance_of(topic)
    blocks: tuple[Block, ...] = (
        _head(scene, topic, event, said),
        _details(event, scene.now),
        tuple(_own_state(scene, topic, event, attendance)),
    )
    rows = (*_event_rows(scene, topic, event, attendance), (action("events.btn.all", Action.EVENTS),))
    return Screen(tuple(block for block in blocks if block), (*rows, menu_row()))


def event_name(topic: str) -> Text:
    """Name a forum or the council, on a line of its own."""
    return text("events.council") if topic == COUNCIL_TOPIC else text(f"forum.name.{field_of_topic(topic)}")


def when_of(meeting: Meeting | None) -> Text:
    """Say when and where, or that the date is open."""
    if meeting is None:
        return text("events.open")
    return text("rem.when", date_long=meeting.starts.date(), time=meeting.starts, place=meeting.where)


def support_lines(support: Support) -> tuple[Text, ...]:
    """Say what is confirmed for a forum, a line each. Languages stand with their own names."""
    lines = []
    if support.childcare:
        lines.append(text("rem.support_childcare"))
    if support.interpreting:
        found = (find_language(code) for code in support.interpreting)
        names = tuple(Plain(language.own_name) for language in found if language is not None)
        lines.append(text("rem.support_interpreter", language_list=Joined(names)))
    if support.step_free:
        lines.append(text("rem.support_step_free"))
    return tuple(lines)


def cancelled_lines(cancellation: Cancellation, *, can_answer: bool) -> tuple[Text, ...]:
    """Say why a forum is cancelled, if that is known, and whether a new date is looked for.

    People are sent to the questions of the topic only while these can be answered.
    """
    reason = () if cancellation.reason is None else (text(f"rem.reason_{cancellation.reason.value}"),)
    if cancellation.new_date_wanted:
        return (*reason, text("rem.cancelled_new"))
    return (*reason, text("rem.cancelled_none" if can_answer else "rem.cancelled_no_date"))


def wants_interpreter(scene: Scene, topic: str) -> bool:
    """Tell whether somebody said that they need interpreting at a forum: in an answer, or known before."""
    session = scene.person.session
    if session is None:
        return scene.person.attendance_of(topic).wants_interpreter
    answer = session.answers.get((needs_scope(field_of_topic(topic)), NEEDS))
    return answer is not None and answer.codes != (SKIPPED,) and INTERPRETER in answer.codes


def lacks_interpreter(support: Support, attendance: Attendance, language: str) -> bool:
    """Tell whether somebody asked for interpreting that is not confirmed for their language."""
    return attendance.wants_interpreter and language not in support.interpreting


def link_or_absent(url: str) -> str | Absent:
    """Fill the gap of an address; without one, its line is left out."""
    return url or ABSENT


def attendance_rows(topic: str, reply: Reply | None) -> tuple[tuple[ScreenButton, ...], ...]:
    """Build the buttons with which somebody says whether they come. What is said already is left out."""
    rows = []
    if reply is not Reply.COMING:
        rows.append((action("rem.btn.coming", Action.COME, topic),))
    if reply is not Reply.NOT_COMING:
        rows.append((action("rem.btn.not_coming", Action.CANNOT_COME, topic),))
    return tuple(rows)


def _facts(scene: Scene, topic: str, event: Event) -> tuple[Line, ...]:
    """Say the same about a meeting in the list and on its page."""
    if isinstance(event, Forum) and event.cancellation is not None:
        when = () if event.meeting is None else (when_of(event.meeting),)
        can_answer = _can_answer(scene, event)
        return (*when, text("events.cancelled"), *cancelled_lines(event.cancellation, can_answer=can_answer))
    meeting = event.meeting
    if meeting is None:
        return (text("events.open"),)
    if meeting.is_over(scene.now):
        report = event.report_url if isinstance(event, Forum) else ""
        told = (text("events.report", report_url=report),) if report else ()
        return (when_of(meeting), text("events.over"), *told)
    support = support_lines(event.support) if isinstance(event, Forum) else ()
    return (when_of(meeting), *support, _days_left(topic, meeting, scene.now))


def _days_left(topic: str, meeting: Meeting, now: dt.datetime) -> Text:
    days = (meeting.starts.date() - now.date()).days
    if days < 1:
        return text("events.today")
    return text("pl.days_left_council" if topic == COUNCIL_TOPIC else "pl.days_left", count=days)


def _head(scene: Scene, topic: str, event: Event, said: str) -> Block:
    """Begin the page: with the facts, or with what has just been done, as long as it holds."""
    name, when = event_name(topic), when_of(event.date)
    is_ahead = event.date is not None and not event.date.is_over(scene.now)
    if said == FULL and isinstance(event, Forum) and event.is_full and is_ahead:
        if _can_answer(scene, event):
            return (text("rem.full", forum_name=name, when=when),)
        return (text("events.full"), name, *_facts(scene, topic, event))
    is_on = said == CONFIRMED and topic in scene.person.subscriptions
    if is_on and event.date is None and event.is_to_come(scene.now):
        return (text("rem.confirm_open", forum_name=name),)
    if is_on and is_ahead:
        coming = scene.person.attendance_of(topic).reply is Reply.COMING
        times = list_reminded(event, scene.now, coming=coming)
        if not times:
            return (text("rem.confirm_none", forum_name=name, when=when),)
        shown = Joined(tuple(text("rem.at", date=moment.date(), time=moment) for moment in times))
        return (text("rem.confirm", reminder_times=shown, forum_name=name, when=when),)
    return (name, *_facts(scene, topic, event))


def _details(event: Event, now: dt.datetime) -> Block:
    if not isinstance(event, Forum) or event.date is None or event.is_over(now):
        return ()
    lines = []
    if event.seats is not None:
        lines.append(text("events.seats", n=max(0, event.seats - event.taken)))
    if event.map_url:
        lines.append(text("events.map", map_url=event.map_url))
    return tuple(lines)


def _own_state(scene: Scene, topic: str, event: Event, attendance: Attendance) -> Iterator[Line]:
    """Say in words what is switched on for this person."""
    if not event.is_to_come(scene.now):
        return
    is_on = topic in scene.person.subscriptions
    if event.date is not None and attendance.reply is Reply.COMING:
        yield text("events.registered")
    if event.date is not None and attendance.reply is Reply.NOT_COMING:
        yield text("events.not_coming")
        yield text("events.only_changes" if is_on else "events.reminder_off")
    else:
        yield text("events.reminder_on" if is_on else "events.reminder_off")
    if isinstance(event, Forum) and event.date is not None:
        is_near = event.date.starts - scene.now <= _TOLD_BEFORE
        wanted = replace(attendance, wants_interpreter=wants_interpreter(scene, topic))
        if is_near and lacks_interpreter(event.support, wanted, scene.person.language or ""):
            yield text("rem.no_interpreter")


def _event_rows(
    scene: Scene, topic: str, event: Event, attendance: Attendance
) -> Iterator[tuple[ScreenButton, ...]]:
    now = scene.now
    if isinstance(event, Forum) and event.date is not None and not event.is_over(now):
        yield from attendance_rows(topic, attendance.reply)
    if event.is_to_come(now):
        is_on = topic in scene.person.subscriptions
        hears_changes_only = is_on and attendance.reply is Reply.NOT_COMING
        if not is_on or hears_changes_only:
            yield (action("events.btn.remind", Action.REMIND, topic),)
        if is_on:
            label = "rem.btn.stop" if hears_changes_only else "events.btn.no_reminder"
            yield (action(label, Action.STOP_TOPIC, topic),)
    if event.meeting is not None and not event.meeting.is_over(now):
        yield (action("rem.btn.calendar", Action.CALENDAR, topic),)


def _can_answer(scene: Scene, forum: Forum) -> bool:
    """Tell whether the questions of the topic of a forum are open."""
    return not scene.closed and field_state(forum, scene.environment.today) is FieldState.OPEN
