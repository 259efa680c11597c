"""Announcements in English, for the command line: faults with their places, drafts, previews, progress.

Must not know the database.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any

from bot.announcement_texts import Preview
from bot.programme.words import say_moment
from bot.rendering import MESSAGE_MAX_UNITS
from conversations.announcement_templates import TEMPLATES, AnnouncementKind, GapKind
from conversations.announcements import PAGE_PLACE, Announcement, Fault, FaultCode, Mode
from conversations.languages import find_language
from storage.announcements import Draft
from storage.mailings import Progress
from storage.vocabulary import MailingState, Policy

STATE_WORDS: Mapping[MailingState, str] = {
    MailingState.DRAFT: "draft",
    MailingState.REQUESTED: "waits for approval in the chat",
    MailingState.APPROVED: "approved",
    MailingState.LISTING: "finding out who gets it",
    MailingState.SENDING: "being sent",
    MailingState.PAUSED: "paused",
    MailingState.STOPPED: "stopped",
    MailingState.DONE: "done",
}
MODE_WORDS: Mapping[Mode, str] = {
    Mode.SEND: "",
    Mode.EDIT: "edits what was sent",
    Mode.WITHDRAW: "takes back what was sent",
}
_FAULT_WORDS: Mapping[FaultCode, str] = {
    FaultCode.MISSING: "“{place}” is not filled in: --set {place}=…",
    FaultCode.UNKNOWN_GAP: "There is no gap “{gap}” in this kind.",
    FaultCode.BROKEN_LINK: "“{place}” must be a whole link that begins with https://, not “{detail}”.",
    FaultCode.BAD_DATE: "“{place}” must be a day such as 18.11.2027, not “{detail}”.",
    FaultCode.BAD_NUMBER: "“{place}” must be a whole number, not “{detail}”.",
    FaultCode.UNKNOWN_FIELD: "There is no field “{detail}”.",
    FaultCode.WORDS_MISSING: "{language}: “{detail}” is not written yet.",
    FaultCode.STRAY_GAP: "{language}: the words hold {detail}, which nothing fills.",
    FaultCode.ODD_SIGN: "{language}: “{detail}” holds a sign that no phone can show.",
    FaultCode.UNKNOWN_LANGUAGE: "“{place}” is no language on offer.",
    FaultCode.ALL_HELD_BACK: "Every language is held back; at least one must go out.",
    FaultCode.NO_AUDIENCE: "Nobody is chosen to get it: --topic or --coming-to.",
    FaultCode.UNKNOWN_TOPIC: "There is nothing to subscribe to that is called “{detail}”.",
    FaultCode.NOTHING_TO_CORRECT: "It is not said which announcement this corrects.",
    FaultCode.NOBODY: "Nobody would get it: there is nobody in this audience.",
    FaultCode.TOO_LONG: "{language}: the message has {detail} characters; Telegram takes {max}.",
}
_NO_PAGE = "The page of the town with the same text is missing: --page https://…"
_LATE_DETAIL_MAX = 100


def name_language(code: str) -> str:
    """Name a language for the staff, with its code."""
    language = find_language(code)
    return code if language is None else f"{language.latin_name} ({code})"


def say_fault(fault: Fault) -> str:
    """Say what is wrong and where, in one sentence."""
    if fault.place == PAGE_PLACE and fault.code is FaultCode.MISSING:
        return _NO_PAGE
    if fault.code is FaultCode.NOBODY and fault.detail:
        return f"Nobody would get it yet: everybody in this audience reads {fault.detail}, held back."
    return _FAULT_WORDS[fault.code].format(
        place=fault.place,
        detail=" ".join(fault.detail.split())[:_LATE_DETAIL_MAX],
        gap=fault.detail or fault.place,
        language=name_language(fault.place),
        max=MESSAGE_MAX_UNITS,
    )


def title_of(announcement: Announcement) -> str:
    """Name an announcement by its kind, and by what it does with an earlier one."""
    does = MODE_WORDS[announcement.mode]
    if not does and announcement.audience.got is not None:
        does = "correction"
    return f"{announcement.kind.value} ({does})" if does else announcement.kind.value


def list_line(draft: Draft, zone: dt.tzinfo) -> str:
    """Write an announcement on one line."""
    begins = f", begins {say_moment(draft.begins_at.astimezone(zone))}" if draft.begins_at else ""
    held = f", held back: {', '.join(sorted(draft.announcement.held_back))}"
    is_open = draft.state in (MailingState.REQUESTED, MailingState.APPROVED)
    corrects = f", corrects {draft.corrects}" if draft.corrects is not None else ""
    return (
        f"{draft.id:>4}  {title_of(draft.announcement)}: {STATE_WORDS[draft.state]}"
        f"{begins if is_open else ''}{held if draft.announcement.held_back else ''}{corrects}"
    )


def draft_lines(draft: Draft) -> Iterator[str]:
    """Write what an announcement holds, a line each."""
    announcement = draft.announcement
    for name, value in announcement.values.items():
        yield f"{name}: {value}"
    for code, words in announcement.words.items():
        for name, written in words.items():
            first = written.strip().split("\n")[0]
            yield f"{name}, {code}: {first[:_LATE_DETAIL_MAX]}{' …' if first != written.strip() else ''}"
    if announcement.held_back:
        yield f"held back: {', '.join(sorted(announcement.held_back))}"
    if announcement.page_url:
        yield f"page: {announcement.page_url}"
    yield f"to: {say_audience(announcement)}"
    if draft.policy is Policy.NEVER_TWICE:
        yield "where nobody knows whether it arrived, it is not sent again"


def say_audience(announcement: Announcement) -> str:
    """Say who is meant."""
    audience = announcement.audience
    if audience.got is not None:
        who = f"those who got announcement {audience.got}"
    elif audience.everyone:
        who = "everybody who can be reached"
    else:
        groups = [f"subscribers of {', '.join(sorted(audience.topics))}"] if audience.topics else []
        groups += [f"who is registered for {audience.coming_to}"] if audience.coming_to else []
        who = ", and ".join(groups) or "nobody yet"
    only = f", only in {', '.join(sorted(audience.languages))}" if audience.languages else ""
    return f"{who}{only}"


def preview_lines(preview: Preview) -> Iterator[str]:
    """Write a message as its readers see it, with what can be said about it."""
    language = preview.language
    direction = "right to left" if language.rtl else "left to right"
    too_long = "" if preview.fits else " – TOO LONG"
    yield (
        f"── {name_language(language.code)}, {direction},"
        f" {preview.units} of {MESSAGE_MAX_UNITS} characters{too_long}"
    )
    yield from preview.text.split("\n")
    yield from (f"[ {label} ]" for label in preview.buttons)


def say_span(span: dt.timedelta) -> str:
    """Write a span of time, roughly.

    >>> say_span(dt.timedelta(seconds=4210))
    '1 h 10 min'
    """
    seconds = round(span.total_seconds())
    if seconds < 60:
        return f"{max(seconds, 1)} s"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


def progress_lines(progress: Progress, remaining: dt.timedelta | None) -> Iterator[str]:
    """Write how far an announcement is, a line for each thing there is something to say of."""
    yield STATE_WORDS[progress.state]
    theirs = ", ".join(progress.held_languages) or "their language"
    for count, what in (
        (progress.sent, "sent"),
        (progress.waiting, "waiting"),
        (progress.held, f"held back until a text in {theirs} is approved"),
        (progress.unknown, "unknown: nobody knows whether it arrived"),
        (progress.unreachable, "unreachable, and no longer subscribed"),
        (progress.failed, "could not be sent"),
        (progress.dropped, "no longer wanted it"),
    ):
        if count or what in ("sent", "waiting"):
            yield f"  {count:>6}  {what}"
    if remaining is not None:
        yield f"About {say_span(remaining)} to go."


def progress_json(draft: Draft, progress: Progress, remaining: dt.timedelta | None) -> dict[str, Any]:
    """Write how far an announcement is, for a script."""
    return {
        "id": draft.id,
        "state": progress.state.value,
        "listed": progress.listed,
        "sent": progress.sent,
        "waiting": progress.waiting,
        "held": progress.held,
        "held_languages": list(progress.held_languages),
        "unknown": progress.unknown,
        "unreachable": progress.unreachable,
        "failed": progress.failed,
        "dropped": progress.dropped,
        "remaining_seconds": None if remaining is None else round(remaining.total_seconds()),
    }


def draft_json(draft: Draft) -> dict[str, Any]:
    """Write an announcement for a script."""
    announcement, audience = draft.announcement, draft.announcement.audience
    return {
        "id": draft.id,
        "kind": announcement.kind.value,
        "mode": announcement.mode.value,
        "state": draft.state.value,
        "policy": draft.policy.value,
        "corrects": draft.corrects,
        "begins_at": None if draft.begins_at is None else draft.begins_at.isoformat(),
        "values": dict(announcement.values),
        "words": {code: dict(words) for code, words in announcement.words.items()},
        "held_back": sorted(announcement.held_back),
        "page_url": announcement.page_url,
        "audience": {
            "topics": sorted(audience.topics),
            "languages": sorted(audience.languages),
            "coming_to": audience.coming_to,
            "everyone": audience.everyone,
            "got": audience.got,
        },
    }


def kind_line(kind: AnnouncementKind) -> str:
    """Write the gaps of a kind; those in brackets may stay empty, those with a star are in each language."""
    gaps = [
        (f"[{gap.name}]" if gap.optional else gap.name) + ("*" if gap.kind is GapKind.WORDS else "")
        for gap in TEMPLATES[kind].gaps
    ]
    return f"{kind.value}: {', '.join(gaps)}"


def fault_json(fault: Fault) -> dict[str, str]:
    """Write a fault for a script."""
    return {"place": fault.place, "code": fault.code.value, "detail": fault.detail, "says": say_fault(fault)}
