"""What the staff read about an announcement, in words: its kind, state and faults, who gets it and when.

Pure. Must not know which page it stands on.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping

from bot.rendering import MESSAGE_MAX_UNITS
from bot.staff.announce_steps import value_of
from conversations.announcement_templates import TEMPLATES, AnnouncementKind, Gap, GapKind
from conversations.announcements import (
    AUDIENCE_PLACE,
    LANGUAGES_PLACE,
    PAGE_PLACE,
    Announcement,
    Audience,
    Fault,
    FaultCode,
    Mode,
)
from conversations.incoming import Action
from conversations.languages import find_language
from conversations.mailing_pace import estimate_end
from conversations.programme import GENERAL_TOPICS, field_of_topic, forum_topic
from conversations.screens import ScreenButton, action
from conversations.texts import Joined, Plain, Text, text
from storage.announcements import Draft
from storage.vocabulary import MailingState, Policy

_SECONDS_A_MINUTE = 60
_GAPS = frozenset({PAGE_PLACE, *(gap.name for template in TEMPLATES.values() for gap in template.gaps)})


def button(label: str | Text | Plain, argument: str) -> ScreenButton:
    """Make a button of the announcements; a string names the key of its label."""
    return action(label, Action.STAFF, f"ann.{argument}" if argument else "ann")


def toggle(label: Text | Plain, argument: str, *, is_on: bool) -> ScreenButton:
    """Make a button that carries the state it leads to, with a tick where it is on."""
    made = button(label, f"{argument}.{int(not is_on)}")
    return ScreenButton(made.label, made.press, ticked=is_on)


def say_kind(kind: AnnouncementKind) -> Text:
    """Say what an announcement is about."""
    return text(f"staff.ann.btn.kind_{kind.value}")


def say_title(draft: Draft) -> Iterator[Text]:
    """Say which announcement it is, and what it mends."""
    yield text("staff.ann.title", number=str(draft.id), kind=say_kind(draft.announcement.kind))
    if draft.corrects is not None:
        yield text(f"staff.ann.mode.{draft.announcement.mode.value}", number=str(draft.corrects))


def say_state(draft: Draft) -> Text:
    """Say how far it is."""
    if draft.state is MailingState.STOPPED and draft.started_at is None:
        return text("staff.ann.discarded")
    return text(f"staff.ann.state.{draft.state.value}")


def say_gap(gap: Gap) -> Text:
    """Name a gap."""
    return text(f"staff.ann.btn.gap_{gap.name}")


def say_value(written: Announcement, gap: Gap, fields: tuple[str, ...]) -> Text:
    """Say what stands in a gap that is the same in every language."""
    value: str | dt.date | Text = value_of(written, gap.name)
    if not value:
        return text("staff.ann.value", name=say_gap(gap), value=text("staff.ann.empty"))
    if gap.kind is GapKind.FIELD:
        value = _in_gap(name_topic(forum_topic(str(value)), fields))
    if gap.kind is GapKind.DATE:
        try:
            value = dt.date.fromisoformat(str(value))
        except ValueError:
            value = str(value)
    return text("staff.ann.value", name=say_gap(gap), value=value)


def say_fault(fault: Fault) -> Text:
    """Say what is wrong, and where."""
    place = _say_place(fault.place)
    key = f"staff.ann.fault.{fault.code.value}"
    match fault.code:
        case FaultCode.WORDS_MISSING | FaultCode.ODD_SIGN:
            return text(key, place=place, detail=_say_place(fault.detail))
        case FaultCode.TOO_LONG:
            return text(key, place=place, detail=fault.detail, most=str(MESSAGE_MAX_UNITS))
        case _:
            return text(key, place=place, detail=fault.detail)


def say_audience(audience: Audience, fields: tuple[str, ...]) -> Iterator[Text]:
    """Say who gets it."""
    if audience.got is not None:
        yield text("staff.ann.to_got", number=str(audience.got))
    elif audience.everyone:
        yield text("staff.ann.to_everyone")
    elif audience.is_empty:
        yield text("staff.ann.to_nobody")
    elif audience.topics:
        topics = sorted(audience.topics, key=_topic_order)
        yield text("staff.ann.to_topics", list=Joined(tuple(name_topic(topic, fields) for topic in topics)))
    if audience.coming_to:
        yield text("staff.ann.to_coming", name=_in_gap(name_topic(audience.coming_to, fields)))
    if audience.languages:
        names = tuple(Plain(language_name(code)) for code in sorted(audience.languages))
        yield text("staff.ann.to_languages", list=Joined(names))


def name_topic(topic: str, fields: tuple[str, ...]) -> Text | Plain:
    """Name a subscription. One that the town does not have any more is shown as it is called."""
    is_known = topic in GENERAL_TOPICS or field_of_topic(topic) in fields
    return text(f"sub.{topic}") if is_known else Plain(topic)


def say_count(counts: Mapping[str, int], now: dt.datetime) -> Iterator[Text]:
    """Say how many get it, in how many languages, and how long it takes."""
    people = sum(counts.values())
    yield text(
        "staff.ann.count",
        people=text("staff.people", count=people),
        languages=text("staff.languages", count=len(counts)),
    )
    if people:
        ends = estimate_end(people, now)
        yield text("staff.ann.takes", minutes=say_minutes(ends - now), date=ends.date(), time=ends)


def say_minutes(duration: dt.timedelta) -> Text:
    """Say how long something takes, in whole minutes begun."""
    minutes = -(-max(0, int(duration.total_seconds())) // _SECONDS_A_MINUTE)
    return text("staff.ann.minutes", count=max(1, minutes))


def say_policy(policy: Policy) -> Text:
    """Say what is done where nobody knows whether a message has arrived."""
    return text(f"staff.ann.policy.{policy.value}")


def say_mode(mode: Mode) -> Text:
    """Say what a correction does."""
    return text(f"staff.ann.about.{mode.value}")


def language_name(code: str) -> str:
    """Name a language as those who speak it do; one that is not known, by its code."""
    language = find_language(code)
    return code if language is None else language.own_name


def list_languages(codes: tuple[str, ...]) -> Joined:
    """Join the names of languages."""
    return Joined(tuple(Plain(language_name(code)) for code in codes))


def _say_place(place: str) -> Text | str:
    """Name where a fault lies. A gap that this version does not know is shown as it is called."""
    if place in (AUDIENCE_PLACE, LANGUAGES_PLACE):
        return text(f"staff.ann.place.{place}")
    if find_language(place) is not None:
        return language_name(place)
    return text(f"staff.ann.btn.gap_{place}") if place in _GAPS else place


def _in_gap(said: Text | Plain) -> Text | str:
    return said.words if isinstance(said, Plain) else said


def _topic_order(topic: str) -> tuple[bool, str]:
    return (topic not in GENERAL_TOPICS, field_of_topic(topic) or topic)
