"""The programme in English, for the command line: what is planned, and what a change does.

Must not know the database.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from typing import Any

from conversations.languages import find_language
from conversations.planning import Doubt, Objection
from conversations.programme import COUNCIL_TOPIC, Event, Forum, Meeting, Programme, field_of_topic
from conversations.programme_json import event_to_json
from conversations.reminders import ReminderKind
from storage.programme import Effect
from storage.reminders import Reminder

KIND_WORDS: Mapping[ReminderKind, str] = {
    ReminderKind.DATE_SET: "the date is fixed",
    ReminderKind.CHANGED: "the date has changed",
    ReminderKind.CANCELLED: "the meeting is cancelled",
    ReminderKind.WEEK_BEFORE: "in 7 days",
    ReminderKind.DAY_BEFORE: "tomorrow",
    ReminderKind.HOURS_BEFORE: "in 2 hours",
    ReminderKind.THANKS: "thanks",
    ReminderKind.REPORT: "the report",
    ReminderKind.REPORT_TO_OTHERS: "the report, to readers of results",
}
_DOUBT_WORDS: Mapping[Doubt, str] = {
    Doubt.PAST: "This date is in the past. Please check.",
    Doubt.ENDS_BEFORE: "The end must be later than the beginning.",
    Doubt.NO_PLACE: "A date needs a place: --place NAME.",
    Doubt.CLOSES_BEFORE: "The last day to answer lies before the first.",
    Doubt.TOO_LONG: "Place and address have 200 characters at most.",
    Doubt.TOO_EARLY: "The day of the decision has not come yet.",
    Doubt.CLASH: "At the same time: {name}.",
    Doubt.SEATS: "More people are registered already than there would be seats.",
    Doubt.MAP: "The link to the map still belongs to the old place: {url} (--map LINK changes it).",
}


def name_of(topic: str, names: Mapping[str, str]) -> str:
    """Name a meeting as people know it. `names` are the German names of the fields."""
    field_code = field_of_topic(topic)
    return "Gemeinderat" if topic == COUNCIL_TOPIC else f"Fachforum {names.get(field_code, field_code)}"


def say_moment(moment: dt.datetime) -> str:
    """Write a moment, such as "Thu 16.09.2027 18:00"."""
    return f"{moment:%a %d.%m.%Y %H:%M}"


def say_meeting(meeting: Meeting | None) -> str:
    """Write when and where on one line."""
    if meeting is None:
        return "date open"
    ends = ""
    if meeting.ends is not None:
        same_day = meeting.ends.date() == meeting.starts.date()
        ends = f"–{meeting.ends:%H:%M}" if same_day else f" to {say_moment(meeting.ends)}"
    return f"{say_moment(meeting.starts)}{ends}, {meeting.where}"


def say_objection(objection: Objection, names: Mapping[str, str]) -> str:
    """Say what is odd about a change."""
    return _DOUBT_WORDS[objection.doubt].format(name=name_of(objection.topic, names), url=objection.url)


def list_lines(
    programme: Programme, names: Mapping[str, str], heads: Mapping[str, Mapping[str, int]]
) -> Iterator[str]:
    """Write the whole programme. `heads` counts, by topic, who comes and what is needed."""
    for topic, event in programme.events.items():
        yield f"{field_of_topic(topic) or topic}: {name_of(topic, names)}"
        yield from (f"  {line}" for line in event_lines(event))
        counted = [f"{what} {count}" for what, count in heads.get(topic, {}).items()]
        if counted:
            yield f"  people: {', '.join(counted)}"


def effect_lines(effect: Effect, now: dt.datetime) -> Iterator[str]:
    """Say what a change does: who is told at once, what is sent later."""
    if effect.news is None:
        yield "Nobody is written to at once."
    elif effect.too_late:
        yield (
            f"Too late for a message: {effect.people} people would hear only after the meeting,"
            " because nothing is sent between 21 and 8. Please tell them in another way."
        )
    elif effect.first_at is not None:
        when = "now" if effect.first_at <= now else f"on {say_moment(effect.first_at)} (not at night)"
        yield f"“{KIND_WORDS[effect.news]}” goes to {say_people(effect.people, effect.languages)}, {when}."
    for planned in effect.reminders:
        people = "1 person" if planned.people == 1 else f"{planned.people} people"
        yield f"Reminder “{KIND_WORDS[planned.kind]}” on {say_moment(planned.due)}, as of now to {people}."


def say_people(count: int, languages: tuple[str, ...]) -> str:
    """Count people and languages."""
    people = "1 person" if count == 1 else f"{count} people"
    if not languages:
        return people
    names = [language.latin_name if (language := find_language(code)) else code for code in languages]
    kinds = "1 language" if len(names) == 1 else f"{len(names)} languages"
    return f"{people} in {kinds} ({', '.join(names)})"


def schedule_line(reminder: Reminder, people: int, names: Mapping[str, str], zone: dt.tzinfo) -> str:
    """Write what goes out when, to how many."""
    due = say_moment(reminder.due_at.astimezone(zone))
    who = "1 person" if people == 1 else f"{people} people"
    begun = f", {reminder.planned_count} put out" if reminder.planned_count else ""
    return f"{due}  {name_of(reminder.topic, names)}: “{KIND_WORDS[reminder.kind]}” to {who}{begun}"


def event_json(topic: str, event: Event, heads: Mapping[str, int]) -> dict[str, Any]:
    """Write a meeting for a script; the form is that of the stored programme."""
    return {"topic": topic, "people": dict(heads), **json.loads(event_to_json(event))}


def effect_json(effect: Effect) -> dict[str, Any]:
    """Write an effect for a script."""
    return {
        "message": None if effect.news is None else effect.news.value,
        "people": effect.people,
        "languages": list(effect.languages),
        "first_at": None if effect.first_at is None else effect.first_at.isoformat(),
        "too_late": effect.too_late,
        "reminders": [
            {"kind": planned.kind.value, "due": planned.due.isoformat(), "people": planned.people}
            for planned in effect.reminders
        ],
    }


def event_lines(event: Event) -> Iterator[str]:
    """Write what is planned and known about a meeting, a line each."""
    yield say_meeting(event.meeting)
    if not isinstance(event, Forum):
        for word, day in (("draft public since", event.draft_day), ("decided on", event.decided_day)):
            if day is not None:
                yield f"{word} {day:%d.%m.%Y}"
        if event.agenda_url:
            yield f"agenda: {event.agenda_url}"
        if event.has_question_time:
            yield "with question time"
        return
    if event.cancellation is not None:
        reason = "" if event.cancellation.reason is None else f" ({event.cancellation.reason.value})"
        what_next = (
            "a new date is looked for" if event.cancellation.new_date_wanted else "there is no new date"
        )
        yield f"cancelled{reason}; {what_next}"
    confirmed = [
        word
        for word, holds in (("childcare", event.support.childcare), ("step-free", event.support.step_free))
        if holds
    ]
    if event.support.interpreting:
        confirmed.append(f"interpreting {', '.join(event.support.interpreting)}")
    if confirmed:
        yield f"confirmed: {', '.join(confirmed)}"
    if event.seats is not None:
        yield f"seats: {event.taken} of {event.seats} taken"
    for word, url in (("map", event.map_url), ("report", event.report_url)):
        if url:
            yield f"{word}: {url}"
    if event.opens is not None or event.closes is not None:
        opens = "…" if event.opens is None else f"{event.opens:%d.%m.%Y}"
        closes = "…" if event.closes is None else f"{event.closes:%d.%m.%Y}"
        yield f"answers from {opens} to {closes}"
