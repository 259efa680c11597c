"""The gaps of an announcement, asked one after the other, and how an answer fills one.

Pure. An answer that cannot be kept raises `WrongAnswerError` with the key of a sentence that says why;
nothing is lost by that.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import replace

from bot.staff.steps import WrongAnswerError
from conversations.announcement_templates import FIELD_GAP, Gap, GapKind
from conversations.announcements import (
    PAGE_PLACE,
    Announcement,
    FaultCode,
    default_audience,
    find_faults,
    is_blank,
    tidy_value,
)
from conversations.languages import GERMAN
from conversations.moments import MomentError, RepeatedHourError, SkippedHourError, parse_moment

#: Why an answer is asked for again. What is missing elsewhere is said on the page of the announcement.
_WRONG = {
    FaultCode.BROKEN_LINK: "staff.wrong.link",
    FaultCode.BAD_DATE: "staff.wrong.day",
    FaultCode.BAD_NUMBER: "staff.ann.wrong.number",
    FaultCode.UNKNOWN_FIELD: "staff.ann.wrong.button",
    FaultCode.STRAY_GAP: "staff.ann.wrong.braces",
    FaultCode.ODD_SIGN: "staff.ann.wrong.sign",
}


def list_gaps(written: Announcement, *, needs_page: bool) -> tuple[Gap, ...]:
    """List what is asked: what is the same in every language, the town's page, then the words."""
    template = written.template
    page = Gap(PAGE_PLACE, GapKind.LINK, optional=not needs_page)
    return (*template.values, page, *template.words)


def find_gap(written: Announcement, name: str, *, needs_page: bool) -> Gap | None:
    """Find a gap by its name."""
    return next((gap for gap in list_gaps(written, needs_page=needs_page) if gap.name == name), None)


def find_next(written: Announcement, after: str, *, needs_page: bool) -> Gap | None:
    """Find the gap to ask for next. What makes no sense without an empty one is left out."""
    gaps = list_gaps(written, needs_page=needs_page)
    names = [gap.name for gap in gaps]
    behind = names.index(after) + 1 if after in names else 0
    asked = names[:behind]
    return next(
        (gap for gap in gaps[behind:] if gap.needs not in asked or value_of(written, gap.needs)),
        None,
    )


def value_of(written: Announcement, name: str, language: str = GERMAN.code) -> str:
    """Find what stands in a gap, in a language where it is written in each."""
    if name == PAGE_PLACE:
        return written.page_url.strip()
    gap = written.template.find_gap(name)
    return "" if gap is None else written.find(gap, language)


def may_be_empty(written: Announcement, gap: Gap) -> bool:
    """Tell whether a gap may be left empty, with the others as they are."""
    is_needed = any(
        other.needs == gap.name and value_of(written, other.name) for other in written.template.gaps
    )
    return gap.optional and not is_needed


def answer_gap(
    written: Announcement,
    gap: Gap,
    language: str,
    words: str,
    *,
    languages: Collection[str],
    fields: Collection[str],
) -> Announcement:
    """Fill a gap with what somebody wrote. Raises: WrongAnswerError."""
    if is_blank(words):
        raise WrongAnswerError("staff.ann.wrong.blank")
    filled = fill_gap(written, gap, language, tidy_value(gap, words))
    places = {language} if gap.kind is GapKind.WORDS else {gap.name}
    before = set(find_faults(written, languages, needs_page=False, fields=fields))
    for fault in find_faults(filled, languages, needs_page=False, fields=fields):
        if fault.place in places and fault.code in _WRONG and fault not in before:
            raise WrongAnswerError(_WRONG[fault.code])
    return filled


def fill_gap(written: Announcement, gap: Gap, language: str, value: str) -> Announcement:
    """Put something into a gap, or nothing. Whoever gets it by default follows the field."""
    if gap.name == PAGE_PLACE:
        return replace(written, page_url=value)
    if gap.kind is GapKind.WORDS:
        mine = {name: old for name, old in written.words.get(language, {}).items() if name != gap.name}
        mine |= {gap.name: value} if value else {}
        others = {code: old for code, old in written.words.items() if code != language}
        return replace(written, words=others | ({language: mine} if mine else {}))
    values = {name: old for name, old in written.values.items() if name != gap.name}
    values |= {gap.name: value} if value else {}
    if gap.name == FIELD_GAP and written.audience == default_audience(written.kind, written.values):
        return replace(written, values=values, audience=default_audience(written.kind, values))
    return replace(written, values=values)


def read_beginning(words: str, now: dt.datetime) -> dt.datetime:
    """Read when an announcement is to go out. Raises: WrongAnswerError, for the past too."""
    if now.tzinfo is None:
        raise ValueError("the time zone of the programme is missing")
    try:
        begins_at = parse_moment(words, now.tzinfo)
    except SkippedHourError:
        raise WrongAnswerError("staff.wrong.skipped") from None
    except RepeatedHourError:
        raise WrongAnswerError("staff.ann.wrong.twice") from None
    except MomentError:
        raise WrongAnswerError("staff.wrong.date") from None
    if begins_at.astimezone(dt.UTC) <= now.astimezone(dt.UTC):
        raise WrongAnswerError("staff.ann.wrong.past")
    return begins_at
