"""Every button on a page of an announcement, by its verb: what it opens, or does.

Buttons are untrusted: what does not fit shows the page of the announcement as it stands. Who may press
which is decided in `bot.staff.announce_area`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType

from bot.staff import announce_deeds as deeds
from bot.staff.announce_approval_screens import ask_screen, preview_screen, when_screen
from bot.staff.announce_audience_buttons import (
    choose_everyone,
    choose_forum,
    choose_language,
    choose_topic,
)
from bot.staff.announce_audience_screens import (
    audience_forum_screen,
    audience_languages_screen,
    audience_screen,
)
from bot.staff.announce_desk import Desk, show
from bot.staff.announce_progress import stop_screen
from bot.staff.announce_screens import facts_screen, language_screen, languages_screen
from bot.staff.announce_state import AnnounceState, Ask
from bot.staff.announce_steps import find_gap
from bot.staff.announce_view import View
from bot.staff.area import AreaTurn
from conversations.announcement_templates import FIELD_GAP
from conversations.announcements import Mode
from conversations.screens import Screen
from conversations.texts import text
from storage import announcements, mailings
from storage.announcements import Draft
from storage.vocabulary import MailingState, Policy

#: What a button does: with the announcement, and what stands behind its number.
Press = Callable[[Desk, Draft, str], AreaTurn]
_CORRECTIONS = {mode.value: mode for mode in Mode}
_POLICIES = {policy.value: policy for policy in Policy}


def _show(desk: Desk, draft: Draft, more: str) -> AreaTurn:
    return desk.page(draft)


def _opens(draw: Callable[[View], Screen]) -> Press:
    return lambda desk, draft, more: show(draw(desk.view(draft)))


def _ask_gap(desk: Desk, draft: Draft, more: str) -> AreaTurn:
    name, _, language = more.partition(".")
    gap = find_gap(draft.announcement, name, needs_page=desk.rules.needs_page)
    if gap is None or draft.announcement.mode is Mode.WITHDRAW:
        return desk.page(draft)
    if language and not desk.visit.catalogues.offers(language):
        return desk.page(draft)
    return deeds.ask_for(desk, draft, gap, language)


def _leave_empty(desk: Desk, draft: Draft, more: str) -> AreaTurn:
    name, _, language = more.partition(".")
    state = _asked(desk, draft)
    if state is None or (state.gap, state.language) != (name, language):
        return AreaTurn(None, desk.visit.state)
    return deeds.answer(desk, state, draft, None)


def _choose_field(desk: Desk, draft: Draft, code: str) -> AreaTurn:
    state = _asked(desk, draft)
    if state is None or state.gap != FIELD_GAP:
        return AreaTurn(None, desk.visit.state)
    return deeds.answer(desk, state, draft, code)


def _asked(desk: Desk, draft: Draft) -> AnnounceState | None:
    """Find the gap that is asked for; a second tap, or a question of before, finds none."""
    state = desk.state
    is_asked = state is not None and (state.ask, state.number) == (Ask.GAP, draft.id)
    return state if is_asked else None


def _language(desk: Desk, draft: Draft, code: str) -> AreaTurn:
    if not desk.visit.catalogues.offers(code):
        return desk.page(draft)
    return show(language_screen(desk.view(draft), code))


def _hold(desk: Desk, draft: Draft, more: str) -> AreaTurn:
    code, _, on = more.partition(".")
    return deeds.hold(desk, draft, code, is_held=on == "1")


def _hold_missing(desk: Desk, draft: Draft, more: str) -> AreaTurn:
    return deeds.hold_missing(desk, draft)


def _choose_policy(desk: Desk, draft: Draft, more: str) -> AreaTurn:
    policy = _POLICIES.get(more)
    return desk.page(draft) if policy is None else deeds.choose_policy(desk, draft, policy)


def _see(desk: Desk, draft: Draft, code: str) -> AreaTurn:
    if not desk.visit.catalogues.offers(code):
        return desk.page(draft)
    seen = tuple(dict.fromkeys((*desk.view(draft).seen, code)))
    state = AnnounceState(Ask.READ, draft.id, revision=draft.revision, seen=seen)
    return show(preview_screen(desk.view(draft, seen), code), state)


def _ask(desk: Desk, draft: Draft, more: str) -> AreaTurn:
    if draft.state is not MailingState.DRAFT:
        return desk.page(draft)
    return show(ask_screen(desk.view(draft)))


def _ask_when(desk: Desk, draft: Draft, more: str) -> AreaTurn:
    if draft.state is not MailingState.DRAFT:
        return desk.page(draft)
    return show(when_screen(desk.view(draft)), AnnounceState(Ask.WHEN, draft.id))


def _of_revision(deed: Callable[[Desk, Draft], AreaTurn]) -> Press:
    """Do something with the announcement as it was when the button was drawn."""

    def press(desk: Desk, draft: Draft, more: str) -> AreaTurn:
        if not (more.isascii() and more.isdecimal()):
            return desk.page(draft)
        return deed(desk, replace(draft, revision=int(more)))

    return press


def _cancel(desk: Desk, draft: Draft, more: str) -> AreaTurn:
    visit = desk.visit
    if draft.state is MailingState.DRAFT:
        return desk.page(draft)
    cancelled = announcements.cancel(visit.connection, draft.id, visit.member.id, visit.now)
    return desk.page(cancelled, text("staff.ann.cancelled"))


def _pause(desk: Desk, draft: Draft, more: str) -> AreaTurn:
    visit = desk.visit
    if draft.state is MailingState.PAUSED:
        return desk.page(draft)
    return desk.page(mailings.pause(visit.connection, draft.id, visit.member.id, visit.now))


def _resume(desk: Desk, draft: Draft, more: str) -> AreaTurn:
    visit = desk.visit
    if draft.state in (MailingState.LISTING, MailingState.SENDING):
        return desk.page(draft)
    resumed = mailings.resume(visit.connection, draft.id, visit.member.id, visit.now)
    return desk.page(resumed, has_news=True)


def _ask_stop(desk: Desk, draft: Draft, more: str) -> AreaTurn:
    view = desk.view(draft)
    return desk.page(draft) if view.is_over else show(stop_screen(view))


def _stop(desk: Desk, draft: Draft, more: str) -> AreaTurn:
    visit = desk.visit
    if desk.view(draft).is_over:
        return desk.page(draft)
    return desk.page(mailings.stop(visit.connection, draft.id, visit.member.id, visit.now))


def _correct(desk: Desk, draft: Draft, more: str) -> AreaTurn:
    return deeds.show_corrections(desk, draft)


def _mend(desk: Desk, draft: Draft, more: str) -> AreaTurn:
    state, mode = desk.state, _CORRECTIONS.get(more)
    if mode is None:
        return desk.page(draft)
    if state is None or (state.ask, state.number) != (Ask.CORRECT, draft.id):
        return AreaTurn(None, desk.visit.state)  # a second tap makes no second draft
    return deeds.mend(desk, draft, mode)


#: What only an author may do.
WRITING: Mapping[str, Press] = MappingProxyType(
    {
        "facts": _opens(facts_screen),
        "gap": _ask_gap,
        "empty": _leave_empty,
        "field": _choose_field,
        "hold": _hold,
        "holdall": _hold_missing,
        "aud": _opens(audience_screen),
        "audlang": _opens(audience_languages_screen),
        "audreg": _opens(audience_forum_screen),
        "topic": choose_topic,
        "all": choose_everyone,
        "only": choose_language,
        "reg": choose_forum,
        "policy": _choose_policy,
        "ask": _ask,
        "now": _of_revision(deeds.request),
        "when": _ask_when,
        "take": _of_revision(deeds.take_over),
        "fix": _correct,
        "mend": _mend,
    }
)
#: What an approver may do, and an author where one person is enough.
APPROVING: Mapping[str, Press] = MappingProxyType({"yes": _of_revision(deeds.approve)})
#: What both may do: look, try, and hold everything up.
LOOKING: Mapping[str, Press] = MappingProxyType(
    {
        "show": _show,
        "texts": _opens(languages_screen),
        "lang": _language,
        "see": _see,
        "test": deeds.send_test,
        "cancel": _cancel,
        "pause": _pause,
        "resume": _resume,
        "stop": _ask_stop,
        "stopyes": _stop,
    }
)
