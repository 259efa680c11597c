"""The pages on which an announcement is looked at, asked for and approved. Pure."""

from __future__ import annotations

import datetime as dt

from bot.announcement_texts import preview_announcement
from bot.rendering import MESSAGE_MAX_UNITS
from bot.staff.announce_screens import draft_screen, overview
from bot.staff.announce_view import View
from bot.staff.announce_words import (
    button,
    language_name,
    list_languages,
    say_audience,
    say_count,
    say_fault,
    say_title,
)
from bot.staff.menu import name_role
from conversations.announcements import Mode
from conversations.languages import Direction
from conversations.screens import Block, Line, Screen, ScreenButton, Verbatim
from conversations.texts import Joined, Plain, text
from storage.announcements import SECOND_THOUGHTS
from storage.staff_members import Role

#: What the head of a preview takes at most; a longer message is shown by sending it.
_HEAD_UNITS = 500
#: The countdown is shown in steps of so many seconds.
_STEP_SECONDS = 10


def preview_screen(view: View, code: str) -> Screen:
    """The exact message of a language, below a line on its length, direction and buttons."""
    number = view.draft.id
    if not view.can_be_shown:
        return draft_screen(view)
    preview = preview_announcement(view.written, code, view.renderer, view.now.date())
    direction = "rtl" if preview.direction is Direction.RTL else "ltr"
    head: tuple[Line, ...] = (
        text("staff.ann.preview.head", number=str(number), language_name=language_name(code)),
        text("staff.ann.preview.length", units=str(preview.units), most=str(MESSAGE_MAX_UNITS)),
        text(f"staff.ann.preview.{direction}"),
        text("staff.ann.preview.buttons", list=Joined(tuple(Plain(label) for label in preview.buttons))),
    )
    fits = preview.units <= MESSAGE_MAX_UNITS - _HEAD_UNITS
    message: Line = Verbatim(preview.text) if fits else text("staff.ann.preview.long")
    faults = tuple(say_fault(fault) for fault in view.faults_in(code))
    others = [
        _language_button(view, each) for each in view.codes if each != code and view.written.addresses(each)
    ]
    rows: list[tuple[ScreenButton, ...]] = [tuple(others[at : at + 2]) for at in range(0, len(others), 2)]
    rows.append((button("staff.ann.btn.test", f"test.{number}.{code}"),))
    rows.append((button("staff.btn.back", f"show.{number}"),))
    blocks: tuple[Block, ...] = (head, faults, (message,))
    return Screen(tuple(block for block in blocks if block), tuple(rows))


def ask_screen(view: View) -> Screen:
    """Ask for approval: only what has no fault and has readers; at once or later."""
    number = view.draft.id
    back = (button("staff.btn.back", f"show.{number}"),)
    faults = tuple(say_fault(fault) for fault in view.faults)
    if faults:
        return Screen(((*say_title(view.draft), text("staff.ann.not_yet")), faults), (back,))
    effect = (*say_audience(view.written.audience, view.fields), *say_count(view.counts, view.now))
    return Screen(
        ((*say_title(view.draft), text("staff.bc.confirm")), effect),
        (
            (button("staff.ann.btn.at_once", f"now.{number}.{view.draft.revision}"),),
            (button("staff.ann.btn.planned", f"when.{number}"),),
            back,
        ),
    )


def when_screen(view: View) -> Screen:
    """Ask for the day and time at which it is to go out."""
    back = (button("staff.btn.back", f"ask.{view.draft.id}"),)
    return Screen(((*say_title(view.draft), text("staff.ann.ask_when")),), (back,))


def request_screen(view: View) -> Screen:
    """What waits for an approval, and what is not looked at yet."""
    draft, number = view.draft, view.draft.id
    status: list[Line] = []
    if draft.begins_at is not None:
        begins = draft.begins_at.astimezone(view.now.tzinfo)
        status.append(text("staff.ann.planned", date=begins.date(), time=begins))
    rows: list[tuple[ScreenButton, ...]] = []
    if draft.author is None:
        status.append(text("staff.ann.no_author"))
        if view.is_author:
            rows.append((button("staff.ann.btn.take", f"take.{number}.{draft.revision}"),))
    status += approval_lines(view)
    rows += approval_rows(view)
    rows.append((button("staff.ann.btn.withdraw_request", f"cancel.{number}"),))
    rows.append((button("staff.btn.back", ""),))
    faults = tuple(say_fault(fault) for fault in view.faults)
    return Screen((*overview(view), *((faults,) if faults else ()), tuple(status)), tuple(rows))


def approval_lines(view: View) -> tuple[Line, ...]:
    """Say what is left to be looked at, and who may approve."""
    lines: list[Line] = []
    if view.unapproved and view.written.mode is not Mode.WITHDRAW:
        lines.append(text("staff.bc.preview"))
        unseen = view.unseen
        if unseen:
            names = list_languages(unseen)
            lines.append(text("staff.ann.unseen", count=len(unseen), list=names))
        else:
            lines.append(text("staff.ann.all_seen"))
    if view.is_alone and view.rules.alone_allowed:
        lines.append(text("staff.ann.alone"))
    elif view.is_alone:
        lines.append(text("staff.bc.second", staff_role=name_role(Role.APPROVER)))
    return tuple(lines)


def approval_rows(view: View) -> tuple[tuple[ScreenButton, ...], ...]:
    """A button for each language that is to be looked at, and the approval below."""
    number = view.draft.id
    rows: list[tuple[ScreenButton, ...]] = []
    if view.written.mode is not Mode.WITHDRAW:
        found = [_language_button(view, code) for code in view.unapproved]
        rows += [tuple(found[at : at + 2]) for at in range(0, len(found), 2)]
    if view.may_approve and view.draft.author is not None and view.unapproved:
        rows.append((button("staff.ann.btn.approve", f"yes.{number}.{view.draft.revision}"),))
    return tuple(rows)


def countdown_screen(view: View) -> Screen:
    """What is approved and has not begun, and how long it can still be stopped."""
    return approved_screen(view.draft.id, (*say_title(view.draft),), view.begins_at, view.now)


def approved_screen(number: int, title: tuple[Line, ...], begins: dt.datetime, now: dt.datetime) -> Screen:
    """Count down in steps of ten seconds; what begins later says when."""
    left = begins - now
    if left > SECOND_THOUGHTS:
        line: Line = text("staff.ann.planned", date=begins.date(), time=begins)
    elif left > dt.timedelta(0):
        steps = -(-left // dt.timedelta(seconds=_STEP_SECONDS))
        line = text("staff.bc.undo", seconds=steps * _STEP_SECONDS)
    else:
        line = text("staff.ann.begins_now")
    rows = (
        (button("staff.ann.btn.cancel", f"cancel.{number}"),),
        (button("staff.ann.btn.refresh", f"show.{number}"),),
        (button("staff.btn.back", ""),),
    )
    return Screen(((*title, text("staff.ann.approved")), (line,)), rows)


def _language_button(view: View, code: str) -> ScreenButton:
    made = button(Plain(language_name(code)), f"see.{view.draft.id}.{code}")
    return ScreenButton(made.label, made.press, ticked=code in view.seen)
