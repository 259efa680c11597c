"""The pages on which an announcement is written: the list, the kinds, the draft, its gaps and languages.

Pure. Every page leads back. Who approves sees `bot.staff.announce_approval_screens`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.staff.announce_state import AnnounceState
from bot.staff.announce_steps import find_gap, list_gaps, may_be_empty, value_of
from bot.staff.announce_view import View
from bot.staff.announce_words import (
    button,
    language_name,
    say_audience,
    say_count,
    say_fault,
    say_gap,
    say_kind,
    say_mode,
    say_policy,
    say_state,
    say_title,
    say_value,
)
from conversations.announcement_templates import DECISIONS, AnnouncementKind, GapKind
from conversations.announcements import Mode
from conversations.incoming import Action
from conversations.languages import GERMAN
from conversations.programme import forum_topic
from conversations.screens import Block, Line, Screen, ScreenButton, action
from conversations.texts import Plain, text
from storage.announcements import Draft
from storage.vocabulary import MailingState, Policy

Rows = tuple[tuple[ScreenButton, ...], ...]

#: How many of each group the list shows; the newest are of interest.
_MOST_LISTED = 10
_GROUPS = {
    "staff.ann.drafts": frozenset({MailingState.DRAFT}),
    "staff.ann.waiting": frozenset({MailingState.REQUESTED, MailingState.APPROVED}),
    "staff.ann.running": frozenset({MailingState.LISTING, MailingState.SENDING, MailingState.PAUSED}),
    "staff.ann.ended": frozenset({MailingState.DONE, MailingState.STOPPED}),
}


def list_screen(drafts: Sequence[Draft], *, is_author: bool) -> Screen:
    """Every announcement with its state, the newest first, and a button for each."""
    blocks: list[Block] = [(text("staff.ann.list"),)]
    rows: list[tuple[ScreenButton, ...]] = [(button("staff.ann.btn.new", "new"),)] if is_author else []
    for heading, states in _GROUPS.items():
        group = [draft for draft in drafts if draft.state in states][:_MOST_LISTED]
        if group:
            blocks.append((text(heading), *(_list_line(draft) for draft in group)))
            rows += [(_open_button(draft),) for draft in group]
    if len(blocks) == 1:
        blocks.append((text("staff.ann.none"),))
    return Screen(tuple(blocks), (*rows, (action("staff.btn.back", Action.STAFF, "menu"),)))


def kinds_screen() -> Screen:
    """What it is about. The decision of the council has a page of its own."""
    others = [kind for kind in AnnouncementKind if kind not in DECISIONS]
    choices = [(say_kind(kind), f"kind.{kind.value}") for kind in others]
    choices.insert(2, (text("staff.ann.btn.decision"), "kind.decision"))
    rows = tuple((button(label, argument),) for label, argument in choices)
    return Screen(((text("staff.bc.choose"),),), (*rows, _back("")))


def decisions_screen() -> Screen:
    """What the council decided; none is chosen in advance."""
    rows = tuple((button(say_kind(kind), f"kind.{kind.value}"),) for kind in DECISIONS)
    return Screen(((text("staff.bc.decision"),),), (*rows, _back("new")))


def question_screen(view: View, state: AnnounceState) -> Screen:
    """Ask for what stands in a gap, in a language where it is written in each."""
    gap = find_gap(view.written, state.gap, needs_page=view.rules.needs_page)
    if gap is None:
        return draft_screen(view)
    lines: list[Line] = [*say_title(view.draft), text(f"staff.ann.ask.{gap.name}")]
    if gap.kind is GapKind.WORDS:
        language = state.language or GERMAN.code
        lines.append(text("staff.ann.ask_language", language_name=language_name(language)))
    blocks: list[Block] = [tuple(lines)]
    value = value_of(view.written, gap.name, state.language)
    if value and gap.kind is GapKind.WORDS:
        blocks.append((text("staff.ann.now"), Plain(value)))
    elif value:
        blocks.append((say_value(view.written, gap, view.fields),))
    rows: list[tuple[ScreenButton, ...]] = []
    if gap.kind is GapKind.FIELD:
        rows += [
            (button(text(f"sub.{forum_topic(code)}"), f"field.{view.draft.id}.{code}"),)
            for code in view.fields
        ]
    if may_be_empty(view.written, gap):
        mark = f"{gap.name}.{state.language}".rstrip(".")
        rows.append((button("staff.btn.nothing", f"empty.{view.draft.id}.{mark}"),))
    rows.append((button("staff.ann.btn.later", f"show.{view.draft.id}"),))
    return Screen(tuple(blocks), tuple(rows))


def draft_screen(view: View) -> Screen:
    """A draft: all that is known, what is wrong with it, and what can be changed."""
    return Screen((*overview(view), _fault_block(view)), (*_draft_rows(view), _back("")))


def overview(view: View) -> tuple[Block, ...]:
    """Say everything about an announcement: facts, readers, languages, policy."""
    written = view.written
    if written.mode is Mode.WITHDRAW:
        facts: tuple[Line, ...] = ()
    else:
        gaps = list_gaps(written, needs_page=view.rules.needs_page)
        facts = tuple(say_value(written, gap, view.fields) for gap in gaps if gap.kind is not GapKind.WORDS)
    blocks: tuple[Block, ...] = (
        (*say_title(view.draft), *((say_mode(written.mode),) if view.draft.corrects else ())),
        facts,
        (*say_audience(written.audience, view.fields), *say_count(view.counts, view.begins_at)),
        tuple(_language_lines(view)),
        (say_policy(view.draft.policy),),
    )
    return tuple(block for block in blocks if block)


def facts_screen(view: View) -> Screen:
    """The gaps that are the same in every language, each with a button."""
    gaps = [
        gap
        for gap in list_gaps(view.written, needs_page=view.rules.needs_page)
        if gap.kind is not GapKind.WORDS
    ]
    lines = tuple(say_value(view.written, gap, view.fields) for gap in gaps)
    rows = tuple((button(say_gap(gap), f"gap.{view.draft.id}.{gap.name}"),) for gap in gaps)
    head = (*say_title(view.draft), text("staff.ann.choose_gap"))
    return Screen((head, lines), (*rows, _back(f"show.{view.draft.id}")))


def languages_screen(view: View) -> Screen:
    """Every language with its state; the file for translators is another way to fill them."""
    missing = tuple(code for code in view.open_languages if view.lacks_words(code))
    blocks: list[Block] = [tuple(say_title(view.draft)), tuple(_language_lines(view))]
    if missing:
        names = " · ".join(language_name(code) for code in missing)
        blocks.append((text("staff.bc.missing", language_list=names),))
    if view.words():
        blocks.append((text("staff.ann.translators", number=str(view.draft.id)),))
    rows = tuple(
        (button(Plain(language_name(code)), f"lang.{view.draft.id}.{code}"),)
        for code in view.codes
        if view.written.addresses(code)
    )
    if view.is_author and 0 < len(missing) < len(view.open_languages):
        rows = ((button("staff.ann.btn.hold_missing", f"holdall.{view.draft.id}"),), *rows)
    return Screen(tuple(blocks), (*rows, _back(f"show.{view.draft.id}")))


def language_screen(view: View, code: str) -> Screen:
    """One language: its words, what is missing, and whether it is held back."""
    number, is_held = view.draft.id, code in view.written.held_back
    faults = tuple(say_fault(fault) for fault in view.faults_in(code))
    words = tuple(
        text("staff.ann.value", name=say_gap(gap), value=value)
        for gap in view.words()
        if (value := value_of(view.written, gap.name, code))
    )
    blocks = ((*say_title(view.draft), _language_line(view, code)), words, faults)
    rows: list[tuple[ScreenButton, ...]] = []
    if view.is_author:
        rows += [
            (button(text("staff.ann.btn.write", name=say_gap(gap)), f"gap.{number}.{gap.name}.{code}"),)
            for gap in view.words()
        ]
        if is_held:
            rows.append((button("staff.ann.btn.release", f"hold.{number}.{code}.0"),))
        elif not view.draft.has_begun or code in view.unapproved:
            rows.append((button("staff.ann.btn.hold", f"hold.{number}.{code}.1"),))
    rows.append((button("staff.ann.btn.see", f"see.{number}.{code}"),))
    return Screen(tuple(block for block in blocks if block), (*rows, _back(f"texts.{number}")))


def _draft_rows(view: View) -> Iterator[tuple[ScreenButton, ...]]:
    number = view.draft.id
    says_something = view.written.mode is not Mode.WITHDRAW
    if view.is_author and says_something:
        yield (button("staff.ann.btn.facts", f"facts.{number}"),)
    if says_something:
        yield (button("staff.ann.btn.languages", f"texts.{number}"),)
    if view.is_author:
        if view.written.audience.got is None:
            yield (button("staff.ann.btn.audience", f"aud.{number}"),)
        other = Policy.NEVER_MISSED if view.draft.policy is Policy.NEVER_TWICE else Policy.NEVER_TWICE
        yield (button(f"staff.ann.btn.{other.value}", f"policy.{number}.{other.value}"),)
    if says_something:
        yield (button("staff.ann.btn.preview", f"see.{number}.{GERMAN.code}"),)
    if view.is_author:
        yield (button("staff.ann.btn.ask", f"ask.{number}"),)
        yield (button("staff.ann.btn.discard", f"stop.{number}"),)


def _fault_block(view: View) -> Block:
    faults = view.faults
    if not faults:
        return (text("staff.ann.no_faults"),)
    return (text("staff.ann.faults"), *(say_fault(fault) for fault in faults))


def _language_lines(view: View) -> Iterator[Line]:
    if view.written.mode is not Mode.WITHDRAW:
        for code in view.codes:
            if view.written.addresses(code):
                yield _language_line(view, code)


def _language_line(view: View, code: str) -> Line:
    if code in view.written.held_back:
        state = "held"
    elif view.lacks_words(code):
        state = "missing"
    elif view.faults_in(code):
        state = "faulty"
    else:
        state = "complete"
    return text(f"staff.ann.lang.{state}", language_name=language_name(code))


def _list_line(draft: Draft) -> Line:
    kind = say_kind(draft.announcement.kind)
    return text("staff.ann.line", number=str(draft.id), kind=kind, state=say_state(draft))


def _open_button(draft: Draft) -> ScreenButton:
    label = text("staff.ann.btn.open", number=str(draft.id), kind=say_kind(draft.announcement.kind))
    return button(label, f"show.{draft.id}")


def _back(argument: str) -> tuple[ScreenButton, ...]:
    return (button("staff.btn.back", argument),)
