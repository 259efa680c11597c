"""What the buttons and texts of the announcements do, each in the transaction of its turn.

Every deed is checked again on what is stored, so a stale button changes nothing. The errors of
`storage.announcements` are left to `bot.staff.announce_area`.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from bot.announcement_texts import render_announcement
from bot.showing import message_body
from bot.staff.announce_approval_screens import ask_screen, preview_screen, when_screen
from bot.staff.announce_desk import Desk, show
from bot.staff.announce_progress import correct_screen
from bot.staff.announce_screens import facts_screen, language_screen, languages_screen, question_screen
from bot.staff.announce_state import AnnounceState, Ask
from bot.staff.announce_steps import answer_gap, fill_gap, find_gap, find_next, may_be_empty, read_beginning
from bot.staff.area import AreaTurn
from bot.staff.steps import WrongAnswerError
from conversations.announcement_templates import AnnouncementKind, Gap, GapKind
from conversations.announcements import Announcement, Audience, Mode, default_audience, digest_of
from conversations.languages import GERMAN
from conversations.texts import Text, text
from storage import announcements, copies, outbox
from storage.announcements import Draft
from storage.outbox import OutboxMessage
from storage.staff_log import Deed, log
from storage.vocabulary import MailingState, OutboxKind, Policy


def create(desk: Desk, kind: AnnouncementKind) -> AreaTurn:
    """Begin a draft, and ask for its first gap."""
    visit = desk.visit
    written = Announcement(kind, audience=default_audience(kind, {}))
    number = announcements.create(visit.connection, written, Policy.NEVER_MISSED, visit.member.id, visit.now)
    return ask_next(desk, announcements.get(visit.connection, number), "")


def ask_next(desk: Desk, draft: Draft, after: str) -> AreaTurn:
    """Ask for the next gap; after the last one the draft is shown."""
    gap = find_next(draft.announcement, after, needs_page=desk.rules.needs_page)
    if gap is None:
        return desk.page(draft)
    return ask_for(desk, draft, gap, walks=True)


def ask_for(
    desk: Desk, draft: Draft, gap: Gap, language: str = "", *, walks: bool = False, notice: Text | None = None
) -> AreaTurn:
    """Ask for one gap."""
    if gap.kind is GapKind.WORDS:
        language = language or GERMAN.code
    state = AnnounceState(Ask.GAP, draft.id, gap.name, language, walks)
    return show(question_screen(desk.view(draft), state), state, notice)


def answer(desk: Desk, state: AnnounceState, draft: Draft, words: str | None) -> AreaTurn:
    """Fill the gap that was asked for; None leaves it empty."""
    needs_page = desk.rules.needs_page
    gap = find_gap(draft.announcement, state.gap, needs_page=needs_page)
    if gap is None:
        return desk.page(draft)
    view = desk.view(draft)
    try:
        if words is not None:
            written = answer_gap(
                draft.announcement, gap, state.language, words, languages=view.codes, fields=view.fields
            )
        elif may_be_empty(draft.announcement, gap):
            written = fill_gap(draft.announcement, gap, state.language, "")
        else:
            raise WrongAnswerError("staff.ann.wrong.blank")
    except WrongAnswerError as error:
        return ask_for(desk, draft, gap, state.language, walks=state.walks, notice=text(error.key))
    changed = change(desk, draft, written)
    if state.walks:
        return ask_next(desk, changed, gap.name)
    notice = say_changed(draft, changed)
    view = desk.view(changed)
    if gap.kind is GapKind.WORDS:
        return show(language_screen(view, state.language), notice=notice)
    return show(facts_screen(view), notice=notice)


def change(desk: Desk, draft: Draft, written: Announcement) -> Draft:
    """Keep a change; one that changes nothing takes no approval away."""
    if written == draft.announcement:
        return draft
    return announcements.change(desk.visit.connection, draft, written, desk.visit.member.id, desk.visit.now)


def say_changed(before: Draft, after: Draft) -> Text:
    """Say that something is kept, and that an approval is lost by it."""
    lost = before.state is not after.state
    return text("staff.ann.approval_lost" if lost else "staff.event.saved")


def hold(desk: Desk, draft: Draft, code: str, *, is_held: bool) -> AreaTurn:
    """Hold a language back, or let it go: once its text is there, and with an approval of its own."""
    visit, view = desk.visit, desk.view(draft)
    if code not in view.codes or is_held is (code in draft.announcement.held_back):
        return desk.page(draft)
    if not is_held and view.faults_in(code):
        return show(language_screen(view, code), notice=text("staff.ann.not_complete"))
    held = draft.announcement.held_back
    written = replace(draft.announcement, held_back=held | {code} if is_held else held - {code})
    changed = change(desk, draft, written)
    deed = Deed.HELD_BACK if is_held else Deed.RELEASED
    log(visit.connection, visit.member.id, deed, f"{draft.id}:{code}", now=visit.now)
    called = desk.call_approvers(changed) if draft.has_begun and not is_held else 0
    screen = language_screen(desk.view(changed), code)
    return show(screen, notice=say_changed(draft, changed), has_news=called > 0)


def hold_missing(desk: Desk, draft: Draft) -> AreaTurn:
    """Hold every language back whose text is not there yet; the others can go out meanwhile."""
    visit, view = desk.visit, desk.view(draft)
    missing = [code for code in view.open_languages if view.lacks_words(code)]
    if not 0 < len(missing) < len(view.open_languages):
        return desk.page(draft)
    written = replace(draft.announcement, held_back=draft.announcement.held_back | set(missing))
    changed = change(desk, draft, written)
    for code in missing:
        log(visit.connection, visit.member.id, Deed.HELD_BACK, f"{draft.id}:{code}", now=visit.now)
    return show(languages_screen(desk.view(changed)), notice=say_changed(draft, changed))


def choose_policy(desk: Desk, draft: Draft, policy: Policy) -> AreaTurn:
    """Choose what is done where nobody knows whether a message has arrived."""
    visit = desk.visit
    if draft.policy is not policy:
        draft = announcements.choose_policy(visit.connection, draft, policy, visit.member.id, visit.now)
    return desk.page(draft)


def request(desk: Desk, draft: Draft, begins_at: dt.datetime | None = None) -> AreaTurn:
    """Ask for approval, of what has no fault and has readers, and tell those who may give it."""
    visit, view = desk.visit, desk.view(draft)
    if draft.state is not MailingState.DRAFT:
        return desk.page(draft)
    if view.faults:
        return show(ask_screen(view))
    asked = announcements.request(visit.connection, draft, visit.member.id, visit.now, begins_at)
    return _called(desk, asked)


def take_over(desk: Desk, draft: Draft) -> AreaTurn:
    """Become the author of what was handed over from the command line."""
    visit = desk.visit
    if draft.state is not MailingState.REQUESTED or draft.author is not None:
        return desk.page(draft)
    return _called(desk, announcements.request(visit.connection, draft, visit.member.id, visit.now))


def _called(desk: Desk, asked: Draft) -> AreaTurn:
    """Tell those who may approve. Where there is nobody, say so: otherwise it would wait forever."""
    called = desk.call_approvers(asked)
    is_stuck = not called and not desk.rules.alone_allowed
    return desk.page(asked, text("staff.ann.no_approver") if is_stuck else None, has_news=called > 0)


def plan(desk: Desk, draft: Draft, words: str) -> AreaTurn:
    """Read when it is to go out, and ask for approval."""
    try:
        begins_at = read_beginning(words, desk.visit.now)
    except WrongAnswerError as error:
        state = AnnounceState(Ask.WHEN, draft.id)
        return show(when_screen(desk.view(draft)), state, text(error.key))
    return request(desk, draft, begins_at)


def approve(desk: Desk, draft: Draft) -> AreaTurn:
    """Approve every language that is not held back, as it stands before one's eyes."""
    visit, view = desk.visit, desk.view(draft)
    if not view.unapproved:
        return desk.page(draft)
    if view.faults:
        return desk.page(draft, text("staff.ann.not_yet"))
    languages = view.unapproved
    approved = announcements.approve(
        visit.connection,
        draft,
        visit.member.id,
        visit.now,
        languages=languages,
        members=[member.id for member in desk.find_members()],
        alone_allowed=desk.rules.alone_allowed,
        seals={code: view.seal_of(code) for code in languages},
    )
    if draft.has_begun:
        copies.release_held(visit.connection, approved, languages, visit.now)
        approved = announcements.get(visit.connection, draft.id)
    return desk.page(approved, has_news=True)


def send_test(desk: Desk, draft: Draft, code: str) -> AreaTurn:
    """Send the member the message of a language, exactly as its readers will get it."""
    visit, written, view = desk.visit, draft.announcement, desk.view(draft)
    if not (visit.catalogues.offers(code) and view.can_be_shown):
        return desk.page(draft)
    rendered = render_announcement(written, code, visit.renderer, visit.now.date())
    purpose = f"anntest:{draft.id}:{draft.revision}:{code}:{visit.member.id}"
    message = OutboxMessage(
        purpose, visit.member.telegram_id, None, OutboxKind.MESSAGE, message_body(rendered)
    )
    outbox.put(visit.connection, visit.keys, message, visit.now)
    digest = digest_of(written, code)
    log(visit.connection, visit.member.id, Deed.TEST_SENT, f"{draft.id}:{code}", digest, now=visit.now)
    state = AnnounceState(Ask.READ, draft.id, revision=draft.revision, seen=view.seen)
    return show(preview_screen(view, code), state, text("staff.ann.test_sent"), has_news=True)


def mend(desk: Desk, draft: Draft, mode: Mode) -> AreaTurn:
    """Make the draft of a correction, to those who got what is mended."""
    visit, view = desk.visit, desk.view_of_sent(draft)
    is_possible = view.is_over and view.progress.sent and draft.announcement.mode is not Mode.WITHDRAW
    if not is_possible or (mode is Mode.WITHDRAW and not view.young):
        return desk.page(draft)
    held = frozenset() if mode is Mode.WITHDRAW else draft.announcement.held_back
    audience = Audience(got=draft.id)
    written = replace(draft.announcement, mode=mode, audience=audience, held_back=held)
    number = announcements.create(
        visit.connection, written, draft.policy, visit.member.id, visit.now, corrects=draft.id
    )
    log(visit.connection, visit.member.id, Deed.CORRECTED, str(draft.id), now=visit.now)
    return desk.page(announcements.get(visit.connection, number))


def show_corrections(desk: Desk, draft: Draft) -> AreaTurn:
    """Show how what was sent can be mended."""
    view = desk.view_of_sent(draft)
    if not (view.is_over and view.progress.sent):
        return desk.page(draft)
    return show(correct_screen(view), AnnounceState(Ask.CORRECT, draft.id))
