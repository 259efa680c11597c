"""The pages of an announcement that is on its way, or has ended: how far it is, and how to mend it.

A tick draws `progress_screen` again while somebody looks at it, and `left_screen` when somebody else has
put an end to that.
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy import Connection

from bot.staff.announce_approval_screens import approval_lines, approval_rows, approved_screen
from bot.staff.announce_view import View
from bot.staff.announce_words import button, list_languages, say_minutes, say_state, say_title
from conversations.announcements import Mode
from conversations.languages import GERMAN
from conversations.mailing_pace import estimate_end
from conversations.screens import Block, Line, Screen, ScreenButton
from conversations.texts import Plain, text
from storage import announcements
from storage.announcements import Draft, NoSuchAnnouncementError
from storage.mailings import Progress, load_progress
from storage.vocabulary import MailingState

#: How long the page of what has ended is still drawn, so that nobody is left with a page of the middle.
LAST_DRAWN = dt.timedelta(minutes=1)
_BAR_SIGNS = 20
_ON_ITS_WAY = frozenset({MailingState.LISTING, MailingState.SENDING, MailingState.PAUSED})


def progress_screen(connection: Connection, number: int, now: dt.datetime) -> Screen | None:
    """Draw the page that follows an announcement by itself; None when nothing changes any more.

    `now` is in the time zone of the programme. The same screen comes back as long as nothing has changed.
    """
    try:
        draft = announcements.get(connection, number)
    except NoSuchAnnouncementError:
        return None
    if draft.state is MailingState.APPROVED and draft.begins_at is not None:
        begins = draft.begins_at.astimezone(now.tzinfo)
        return approved_screen(number, tuple(say_title(draft)), begins, now)
    if draft.state in _ON_ITS_WAY:
        return running_screen(draft, load_progress(connection, number), now)
    if draft.started_at is not None and draft.ended_at is not None and now - draft.ended_at <= LAST_DRAWN:
        return ended_screen(draft, load_progress(connection, number))
    return None


def left_screen(connection: Connection, number: int) -> Screen | None:
    """Say that an announcement is a draft again, with the way to its page. None: its last page stands."""
    try:
        draft = announcements.get(connection, number)
    except NoSuchAnnouncementError:
        return None
    if draft.has_begun or draft.ended_at is not None:
        return None
    rows = ((button("staff.ann.btn.look", f"show.{number}"),), (button("staff.btn.back", ""),))
    return Screen(((*say_title(draft), say_state(draft)),), rows)


def running_screen(draft: Draft, progress: Progress, now: dt.datetime) -> Screen:
    """How far it is, in numbers, words and a bar."""
    blocks: list[Block] = [(*say_title(draft), say_state(draft)), _bar(progress), _numbers(progress)]
    if draft.state is MailingState.SENDING and progress.waiting:
        ends = estimate_end(progress.waiting, now)
        blocks.append((text("staff.ann.left", minutes=say_minutes(ends - now), date=ends.date(), time=ends),))
    return Screen(tuple(blocks), running_rows(draft, progress))


def running_rows(draft: Draft, progress: Progress) -> tuple[tuple[ScreenButton, ...], ...]:
    """What can be done with it on its way."""
    number = draft.id
    rows: list[tuple[ScreenButton, ...]] = []
    if draft.state is MailingState.PAUSED:
        rows.append((button("staff.ann.btn.resume", f"resume.{number}"),))
    else:
        rows.append((button("staff.ann.btn.pause", f"pause.{number}"),))
    rows.append((button("staff.ann.btn.stop", f"stop.{number}"),))
    rows += _held_rows(draft, progress)
    rows.append((button("staff.ann.btn.refresh", f"show.{number}"),))
    rows.append((button("staff.btn.back", ""),))
    return tuple(rows)


def ended_screen(draft: Draft, progress: Progress) -> Screen:
    """What became of it, and the ways to mend it."""
    blocks: list[Block] = [(*say_title(draft), say_state(draft))]
    rows: list[tuple[ScreenButton, ...]] = []
    if draft.started_at is not None:
        blocks.append(_numbers(progress))
        if progress.unknown:
            blocks.append((text("staff.ann.unknown_kept", count=progress.unknown),))
        if draft.announcement.mode is not Mode.WITHDRAW:
            rows.append((button("staff.ann.btn.preview", f"see.{draft.id}.{GERMAN.code}"),))
        if draft.state is MailingState.DONE:
            rows += _held_rows(draft, progress)
        if progress.sent and draft.announcement.mode is not Mode.WITHDRAW:
            rows.append((button("staff.ann.btn.correct", f"fix.{draft.id}"),))
    rows.append((button("staff.btn.back", ""),))
    return Screen(tuple(blocks), tuple(rows))


def follow_up_screen(view: View) -> Screen:
    """What runs or has ended, and the languages that came later and wait for their approval."""
    draft, progress = view.draft, view.progress
    screen = ended_screen(draft, progress) if view.is_over else running_screen(draft, progress, view.now)
    if not view.unapproved or draft.state is MailingState.STOPPED:
        return screen
    late = (text("staff.ann.late", list=list_languages(view.unapproved)), *approval_lines(view))
    return Screen((*screen.blocks, late), (*approval_rows(view), *screen.rows))


def stop_screen(view: View) -> Screen:
    """Ask once before it ends for good."""
    number = view.draft.id
    question = "staff.ann.ask_stop" if view.draft.has_begun else "staff.ann.ask_discard"
    yes = "staff.ann.btn.stop_yes" if view.draft.has_begun else "staff.ann.btn.discard_yes"
    return Screen(
        ((*say_title(view.draft), text(question)),),
        ((button(yes, f"stopyes.{number}"),), (button("staff.btn.back", f"show.{number}"),)),
    )


def correct_screen(view: View) -> Screen:
    """The ways to mend what has been sent: change it, take it away, or write once more."""
    number, sent = view.draft.id, view.progress.sent
    lines: list[Line] = [
        *say_title(view.draft),
        text("staff.ann.got", people=text("staff.people", count=sent)),
    ]
    rows: list[tuple[ScreenButton, ...]] = [(button("staff.ann.btn.edit_sent", f"mend.{number}.edit"),)]
    if view.young:
        young = text("staff.people", count=view.young)
        lines.append(text("staff.ann.young", people=young, all=text("staff.people", count=sent)))
        rows.append((button("staff.ann.btn.withdraw_sent", f"mend.{number}.withdraw"),))
    else:
        lines.append(text("staff.ann.too_old"))
    rows.append((button("staff.ann.btn.send_again", f"mend.{number}.send"),))
    rows.append((button("staff.btn.back", f"show.{number}"),))
    return Screen((tuple(lines), (text("staff.ann.choose_mend"),)), tuple(rows))


def _bar(progress: Progress) -> Block:
    listed = progress.listed
    percent = progress.settled * 100 // listed if listed else 0
    filled = percent * _BAR_SIGNS // 100
    bar = "█" * filled + "░" * (_BAR_SIGNS - filled)
    return (Plain(bar), text("staff.ann.percent", percent=str(percent)))


def _numbers(progress: Progress) -> Block:
    lines: list[Line] = [
        text("staff.bc.sent", sent=progress.sent, failed=progress.unreachable),
        text("staff.ann.still_waiting", people=progress.waiting),
        text("staff.ann.unknown", people=progress.unknown),
    ]
    if progress.held:
        names = list_languages(progress.held_languages)
        lines.append(text("staff.ann.held", people=progress.held, list=names))
    if progress.failed:
        lines.append(text("staff.ann.failed", people=progress.failed))
    if progress.dropped:
        lines.append(text("staff.ann.dropped", people=progress.dropped))
    return tuple(lines)


def _held_rows(draft: Draft, progress: Progress) -> list[tuple[ScreenButton, ...]]:
    if not (progress.held or draft.announcement.held_back):
        return []
    return [(button("staff.ann.btn.languages", f"texts.{draft.id}"),)]
