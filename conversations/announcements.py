"""Announcements (Ankündigungen) to many people: what one says, to whom, what is wrong with it.

The kinds and their texts are `conversations.announcement_templates`. Days are kept as ISO dates and
written out when they are shown; words of the staff are shown as they are. This module must not know who
wrote or approved an announcement, nor how far it is on its way.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import unicodedata
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from conversations.announcement_templates import (
    FIELD_GAP,
    PARTICIPANTS_MIN,
    TEMPLATES,
    AnnouncementKind,
    Gap,
    GapKind,
    Template,
    TemplateLine,
)
from conversations.incoming import Action
from conversations.moments import YEARS, MomentError, parse_day
from conversations.programme import COUNCIL_TOPIC, GENERAL_TOPICS, field_of_topic, forum_topic
from conversations.screens import Block, Line, Screen, ScreenButton, action
from conversations.texts import ABSENT, GAP, Absent, Plain, Text, text
from conversations.town_file import OPEN_MARKS, is_web_address

Value = str | dt.date | Text | Absent

#: Where a fault lies that is neither in a gap nor in a language.
PAGE_PLACE, AUDIENCE_PLACE, LANGUAGES_PLACE = "page_url", "audience", "languages"
_DIGITS_MAX = 9


class Mode(StrEnum):
    """What is done: a message is sent, or one that was sent is changed or taken away. Values are stored."""

    SEND = "send"
    EDIT = "edit"
    WITHDRAW = "withdraw"


@dataclass(frozen=True, slots=True)
class Audience:
    """Who gets an announcement: the subscribers of topics, or everybody who can be reached.

    Without `languages` those of every language. `coming_to` is the topic of a forum: only those who are
    registered there. `got` is an earlier announcement: only those who got that one.
    """

    topics: frozenset[str] = frozenset()
    languages: frozenset[str] = frozenset()
    coming_to: str = ""
    everyone: bool = False
    got: int | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nobody at all is meant."""
        return not (self.topics or self.coming_to or self.everyone or self.got is not None)


@dataclass(frozen=True, slots=True)
class Announcement:
    """An announcement. `values` are the same in every language, `words` are by language, then by gap.

    `held_back` are languages whose people get it later. `page_url` is the same text on the town's pages.
    """

    kind: AnnouncementKind
    mode: Mode = Mode.SEND
    values: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    words: Mapping[str, Mapping[str, str]] = field(default_factory=lambda: MappingProxyType({}))
    held_back: frozenset[str] = frozenset()
    audience: Audience = field(default_factory=Audience)
    page_url: str = ""

    @property
    def template(self) -> Template:
        """What the kind says."""
        return TEMPLATES[self.kind]

    def find(self, gap: Gap, language: str) -> str:
        """Find what stands in a gap; empty while nothing does."""
        source = self.words.get(language, {}) if gap.kind is GapKind.WORDS else self.values
        written = source.get(gap.name, "").strip()
        return "" if is_blank(written) else written

    def addresses(self, language: str) -> bool:
        """Tell whether people of a language are meant."""
        return not self.audience.languages or language in self.audience.languages


class FaultCode(StrEnum):
    """What is wrong with an announcement."""

    MISSING = "missing"
    UNKNOWN_GAP = "unknown_gap"
    BROKEN_LINK = "broken_link"
    BAD_DATE = "bad_date"
    BAD_NUMBER = "bad_number"
    UNKNOWN_FIELD = "unknown_field"
    WORDS_MISSING = "words_missing"
    STRAY_GAP = "stray_gap"
    ODD_SIGN = "odd_sign"
    UNKNOWN_LANGUAGE = "unknown_language"
    ALL_HELD_BACK = "all_held_back"
    NO_AUDIENCE = "no_audience"
    NOBODY = "nobody"
    UNKNOWN_TOPIC = "unknown_topic"
    NOTHING_TO_CORRECT = "nothing_to_correct"
    TOO_LONG = "too_long"


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that keeps an announcement from being sent.

    `place` is the name of a gap, or the code of a language, or one of the places above. `detail` says
    more: the gap within a language, the topic, the length. That there is nobody in an audience, and that a
    message is too long, is found by those who can count.
    """

    place: str
    code: FaultCode
    detail: str = ""


def is_blank(words: str) -> bool:
    """Tell whether a reader would see nothing of some words."""
    return all(unicodedata.category(sign)[0] in "CZ" for sign in words)


def tidy_value(gap: Gap, written: str) -> str:
    """Bring what the staff wrote into the form that is kept; what cannot be read stays as it is."""
    written = written.strip()
    if gap.kind is GapKind.DATE:
        try:
            return parse_day(written).isoformat()
        except MomentError:
            return written
    return written


def default_audience(kind: AnnouncementKind, values: Mapping[str, str]) -> Audience:
    """Say who gets an announcement of a kind, if the staff say nothing else."""
    template = TEMPLATES[kind]
    code = values.get(FIELD_GAP, "").strip()
    of_forum = {forum_topic(code)} if code and template.find_gap(FIELD_GAP) is not None else set()
    return Audience(topics=template.topics | of_forum, everyone=template.everyone)


def digest_of(announcement: Announcement, language: str) -> str:
    """Hash everything of an announcement that reaches the people of a language, and which people."""
    template = announcement.template
    found = {gap.name: announcement.find(gap, language) for gap in template.gaps}
    audience = announcement.audience
    data: dict[str, Any] = {
        "kind": announcement.kind.value,
        "mode": announcement.mode.value,
        "language": language,
        "gaps": {name: words for name, words in found.items() if words},
        "topics": sorted(audience.topics),
        "languages": sorted(audience.languages),
        "coming_to": audience.coming_to,
        "everyone": audience.everyone,
        "got": audience.got,
        "page_url": announcement.page_url.strip(),
    }
    canonical = json.dumps(data, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def announcement_screen(announcement: Announcement, language: str, *, today: dt.date) -> Screen:
    """Build the message in a language; a gap that is still to be filled shows its name in marks.

    Raises: ValueError where a message is taken away, for then nothing is said.
    """
    if announcement.mode is Mode.WITHDRAW:
        raise ValueError("an announcement that takes a message away says nothing")
    blocks: list[Block] = []
    if announcement.mode is Mode.SEND and announcement.audience.got is not None:
        blocks.append((text("ann.correction"),))
    gaps = _fill(announcement, language)
    for lines in announcement.template.blocks:
        block = tuple(_list_lines(announcement, language, lines, gaps))
        blocks += [block] if block else []
    if announcement.page_url.strip():
        blocks.append((text("ann.on_page", page_url=announcement.page_url.strip()),))
    if announcement.mode is Mode.EDIT:
        blocks.append((text("ann.edited", date_long=today),))
    return Screen(tuple(blocks), _rows(announcement))


def _list_lines(
    announcement: Announcement, language: str, lines: tuple[TemplateLine, ...], gaps: Mapping[str, Value]
) -> Iterator[Line]:
    template = announcement.template
    for line in lines:
        if gaps.get(line.needs) is ABSENT or (line.unless and gaps[line.unless] is not ABSENT):
            continue
        counted = template.find_gap(line.counts)
        if counted is not None:
            count = _read_number(announcement.find(counted, language))
            if count is not None and count >= PARTICIPANTS_MIN and gaps[counted.needs] is not ABSENT:
                yield text(line.key, count=count)
        elif line.key:
            yield Text(line.key, tuple(sorted(gaps.items(), key=lambda item: item[0])))
        else:
            yield Plain(str(gaps[line.needs]))


def _fill(announcement: Announcement, language: str) -> Mapping[str, Value]:
    """Fill the gaps of the texts of a kind: those of the staff, and what is made of them."""
    gaps: dict[str, Value] = {
        gap.name: _value(gap, announcement.find(gap, language)) for gap in announcement.template.gaps
    }
    if "date" in gaps:
        gaps["date_long"] = gaps["date"]
    if "next_date" in gaps:
        known = gaps["next_date"]
        is_open = isinstance(known, Absent)
        gaps["next_date_line"] = (
            text("ann.next_date_open") if is_open else text("ann.next_date_known", next_date_long=known)
        )
    if announcement.kind is AnnouncementKind.DRAFT_PUBLIC:
        gaps["feedback_line"] = _feedback(gaps["feedback_until"], gaps["feedback_how"])
    if FIELD_GAP in gaps:
        code = announcement.values.get(FIELD_GAP, "").strip()
        gaps["forum_name"] = text(f"sub.{forum_topic(code)}") if code else gaps[FIELD_GAP]
    return gaps


def _feedback(until: Value, how: Value) -> Value:
    if until is ABSENT:
        return ABSENT
    return text(
        "ann.feedback",
        feedback_until=until,
        feedback_how=_open("feedback_how") if how is ABSENT else how,
    )


def _value(gap: Gap, written: str) -> Value:
    if not written:
        return ABSENT if gap.optional else _open(gap.name)
    if gap.kind is GapKind.DATE:
        return _read_date(written) or _open(gap.name)
    return written


def _open(name: str) -> str:
    return f"{OPEN_MARKS[0]}{name}{OPEN_MARKS[1]}"


def _rows(announcement: Announcement) -> tuple[tuple[ScreenButton, ...], ...]:
    rows: list[tuple[ScreenButton, ...]] = []
    if announcement.template.shows_results:
        rows.append((action("menu.results", Action.RESULTS),))
    audience = announcement.audience
    topics = audience.topics | ({audience.coming_to} if audience.coming_to else set())
    topic = next(iter(topics)) if len(topics) == 1 and not audience.everyone else ""
    if field_of_topic(topic) or topic == COUNCIL_TOPIC:  # the button speaks of a meeting
        rows.append((action("rem.btn.stop", Action.STOP_TOPIC, topic),))
    else:
        rows.append((action("menu.reminders", Action.REMINDERS),))
    rows.append((action("rem.btn.stop_all", Action.ALL_OFF),))
    return tuple(rows)


def find_faults(
    announcement: Announcement,
    languages: Collection[str],
    *,
    needs_page: bool,
    fields: Collection[str] | None = None,
) -> tuple[Fault, ...]:
    """Find everything that keeps an announcement from being sent, but its length in each language.

    `languages` are the codes on offer, `fields` those of the fields of action; without these, a field is
    not looked up. Where a message is taken away, only the audience counts.
    """
    faults = list(_check_audience(announcement, languages, fields))
    if announcement.mode is not Mode.WITHDRAW:
        faults += _check_gaps(announcement, languages, fields)
        faults += _check_page(announcement, needs_page=needs_page)
        faults += _check_languages(announcement, languages)
    return tuple(faults)


def _check_audience(
    announcement: Announcement, languages: Collection[str], fields: Collection[str] | None
) -> Iterator[Fault]:
    audience = announcement.audience
    if announcement.mode is not Mode.SEND and audience.got is None:
        yield Fault(AUDIENCE_PLACE, FaultCode.NOTHING_TO_CORRECT)
    elif audience.is_empty:
        yield Fault(AUDIENCE_PLACE, FaultCode.NO_AUDIENCE)
    for topic in sorted(audience.topics):
        if topic not in GENERAL_TOPICS and not _is_forum(topic, fields):
            yield Fault(AUDIENCE_PLACE, FaultCode.UNKNOWN_TOPIC, topic)
    if audience.coming_to and not _is_forum(audience.coming_to, fields):
        yield Fault(AUDIENCE_PLACE, FaultCode.UNKNOWN_TOPIC, audience.coming_to)
    for code in sorted(audience.languages.difference(languages)):
        yield Fault(code, FaultCode.UNKNOWN_LANGUAGE)


def _is_forum(topic: str, fields: Collection[str] | None) -> bool:
    code = field_of_topic(topic)
    return bool(code) and (fields is None or code in fields)


def _check_gaps(
    announcement: Announcement, languages: Collection[str], fields: Collection[str] | None
) -> Iterator[Fault]:
    template = announcement.template
    known = {gap.name: gap for gap in template.values}
    for name, written in announcement.values.items():
        if name not in known:
            yield Fault(name, FaultCode.UNKNOWN_GAP)
        elif not is_blank(written):
            yield from _check_value(known[name], written.strip(), fields)
    wanted = _list_wanted(announcement)
    addressed = [code for code in languages if announcement.addresses(code)]
    for gap in (gap for gap in template.gaps if gap.name in wanted):
        if gap.kind is not GapKind.WORDS and not announcement.find(gap, ""):
            yield Fault(gap.name, FaultCode.MISSING)
        elif gap.kind is GapKind.WORDS:
            for code in addressed:
                if code not in announcement.held_back and not announcement.find(gap, code):
                    yield Fault(code, FaultCode.WORDS_MISSING, gap.name)


def _list_wanted(announcement: Announcement) -> frozenset[str]:
    """List the gaps that must be filled: not only here or there, but in every language."""
    filled = [
        gap
        for gap in announcement.template.gaps
        if any(announcement.find(gap, code) for code in ("", *announcement.words))
    ]
    required = {gap.name for gap in announcement.template.gaps if not gap.optional}
    return frozenset(required | {gap.name for gap in filled} | {gap.needs for gap in filled})


def _check_value(gap: Gap, written: str, fields: Collection[str] | None) -> Iterator[Fault]:
    match gap.kind:
        case GapKind.LINK if not _is_safe_link(written):
            yield Fault(gap.name, FaultCode.BROKEN_LINK, written)
        case GapKind.DATE if _read_date(written) is None:
            yield Fault(gap.name, FaultCode.BAD_DATE, written)
        case GapKind.NUMBER if _read_number(written) is None:
            yield Fault(gap.name, FaultCode.BAD_NUMBER, written)
        case GapKind.FIELD if fields is not None and written not in fields:
            yield Fault(gap.name, FaultCode.UNKNOWN_FIELD, written)


def _check_page(announcement: Announcement, *, needs_page: bool) -> Iterator[Fault]:
    page = announcement.page_url.strip()
    if page and not _is_safe_link(page):
        yield Fault(PAGE_PLACE, FaultCode.BROKEN_LINK, page)
    if needs_page and not page:
        yield Fault(PAGE_PLACE, FaultCode.MISSING)


def _check_languages(announcement: Announcement, languages: Collection[str]) -> Iterator[Fault]:
    known = {gap.name for gap in announcement.template.words}
    for code, words in announcement.words.items():
        if code not in languages:
            yield Fault(code, FaultCode.UNKNOWN_LANGUAGE)
        for name, written in words.items():
            if name not in known:
                yield Fault(code, FaultCode.UNKNOWN_GAP, name)
            elif found := GAP.search(written):
                yield Fault(code, FaultCode.STRAY_GAP, found[0])
            elif any(unicodedata.category(sign) == "Co" for sign in written):
                yield Fault(code, FaultCode.ODD_SIGN, name)
    for code in sorted(announcement.held_back.difference(languages)):
        yield Fault(code, FaultCode.UNKNOWN_LANGUAGE)
    addressed = {code for code in languages if announcement.addresses(code)}
    if addressed and addressed <= announcement.held_back:
        yield Fault(LANGUAGES_PLACE, FaultCode.ALL_HELD_BACK)


def _is_safe_link(written: str) -> bool:
    return written.startswith("https://") and is_web_address(written)


def _read_date(written: str) -> dt.date | None:
    try:
        read = dt.date.fromisoformat(written)
    except ValueError:
        return None
    return read if read.isoformat() == written and read.year in YEARS else None


def _read_number(written: str) -> int | None:
    is_number = written.isascii() and written.isdecimal() and len(written) <= _DIGITS_MAX
    return int(written) if is_number else None
