"""The messages that are sent about a meeting, as screens. They stand beside the current screen.

Under each is the way to stop: nothing more about this meeting, and no messages at all as the last
button. Must not know whom a message goes to, nor when (`conversations.reminders`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_never

from conversations.event_sheets import (
    attendance_rows,
    cancelled_lines,
    event_name,
    lacks_interpreter,
    link_or_absent,
    support_lines,
    when_of,
)
from conversations.incoming import Action
from conversations.person import NOTHING_SAID, Attendance
from conversations.programme import Cancellation, Council, Event, Forum, Meeting
from conversations.reminders import ReminderKind
from conversations.screens import Block, Screen, ScreenButton, action
from conversations.texts import ABSENT, Joined, Text, text

_DIVIDER = "\n\n"


@dataclass(frozen=True, slots=True)
class Push:
    """A message about a meeting to one person: what it says, and what the person said before.

    `earlier` are the meetings that are no longer valid; `language` is the code of the reader's;
    `has_reminders` says that a reminder follows, `can_answer` that the topic is open for answers.
    """

    topic: str
    kind: ReminderKind
    event: Event
    earlier: tuple[Meeting, ...] = ()
    attendance: Attendance = NOTHING_SAID
    language: str = ""
    has_reminders: bool = True
    can_answer: bool = True


def push_screen(push: Push) -> Screen:
    """Build the message with its buttons."""
    event = push.event
    match event:
        case Council():
            blocks: tuple[Block, ...] = ((_council_text(push, event),),)
        case Forum():
            blocks = _forum_blocks(push, event)
        case _:
            assert_never(event)
    return Screen(blocks, _rows(push))


def _forum_blocks(push: Push, forum: Forum) -> tuple[Block, ...]:
    name, when = event_name(push.topic), when_of(forum.meeting)
    match push.kind:
        case ReminderKind.DATE_SET:
            key = "rem.date_set" if push.has_reminders else "rem.date_set_soon"
            return ((text(key, forum_name=name, when=when),),)
        case ReminderKind.CHANGED:
            told = text("rem.changed", forum_name=name, when=when, old_when=_old(push.earlier))
            return ((told,),)
        case ReminderKind.CANCELLED:
            return _cancelled_blocks(push, forum, name)
        case ReminderKind.WEEK_BEFORE:
            lines = support_lines(forum.support)
            support = Joined(lines, "\n") if lines else ABSENT
            told = text("rem.d7", forum_name=name, when=when, support_line=support)
            return ((told,), *_no_interpreter(push, forum))
        case ReminderKind.DAY_BEFORE:
            told = text("rem.d1", forum_name=name, when=when, map_url=link_or_absent(forum.map_url))
            return ((told,), *_no_interpreter(push, forum))
        case ReminderKind.HOURS_BEFORE:
            return ((text("rem.h2", forum_name=name, when=when),),)
        case ReminderKind.THANKS | ReminderKind.REPORT | ReminderKind.REPORT_TO_OTHERS:
            return ((text("rem.after", forum_name=name, report_url=link_or_absent(forum.report_url)),),)
        case _:
            assert_never(push.kind)


def _cancelled_blocks(push: Push, forum: Forum, name: Text) -> tuple[Block, ...]:
    cancelled = forum.cancellation or Cancellation()
    reason = ABSENT if cancelled.reason is None else text(f"rem.reason_{cancelled.reason.value}")
    when = when_of(forum.meeting) if not push.earlier else _old(push.earlier)
    told = text("rem.cancelled", forum_name=name, when=when, reason=reason)
    what_next = cancelled_lines(Cancellation(None, cancelled.new_date_wanted), can_answer=push.can_answer)
    return ((told,), what_next)


def _council_text(push: Push, council: Council) -> Text:
    when = when_of(council.meeting)
    if push.kind is ReminderKind.CHANGED:
        return text("ann.council_date_changed", when=when, old_when=_old(push.earlier))
    question_time: Text | str = text("ann.question_time") if council.has_question_time else ""
    return text(
        "ann.council_date",
        when=when,
        question_time_line=question_time,
        agenda_url=link_or_absent(council.agenda_url),
    )


def _no_interpreter(push: Push, forum: Forum) -> tuple[Block, ...]:
    if lacks_interpreter(forum.support, push.attendance, push.language):
        return ((text("rem.no_interpreter"),),)
    return ()


def _old(earlier: tuple[Meeting, ...]) -> Joined:
    return Joined(tuple(when_of(meeting) for meeting in earlier), _DIVIDER)


def _rows(push: Push) -> tuple[tuple[ScreenButton, ...], ...]:
    topic, event = push.topic, push.event
    is_ahead = event.date is not None and push.kind not in (
        ReminderKind.THANKS,
        ReminderKind.REPORT,
        ReminderKind.REPORT_TO_OTHERS,
    )
    rows: tuple[tuple[ScreenButton, ...], ...] = ()
    if is_ahead and isinstance(event, Forum):
        rows += attendance_rows(topic, push.attendance.reply)
    if is_ahead or push.kind is ReminderKind.CANCELLED:  # the file of what is cancelled says so
        rows += ((action("rem.btn.calendar", Action.CALENDAR, topic),),)
    if push.kind is ReminderKind.REPORT_TO_OTHERS:
        rows += ((action("menu.reminders", Action.REMINDERS),),)
    else:
        rows += ((action("rem.btn.stop", Action.STOP_TOPIC, topic),),)
    return (*rows, (action("rem.btn.stop_all", Action.ALL_OFF),))
