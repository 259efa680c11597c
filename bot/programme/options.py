"""Reads what the options of `mitreden forum` and `mitreden council` say. Raises StartError throughout."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from bot.programme.desk import Desk
from bot.settings import StartError
from conversations.languages import LANGUAGES
from conversations.moments import parse_day, parse_end, parse_moment
from conversations.planning import SEATS_MAX, moved
from conversations.programme import Forum, Meeting
from conversations.town_file import is_web_address
from storage.audience import count_audience
from storage.reminders import Reminder, count_states, list_waiting
from storage.vocabulary import ReminderState

#: A programme has five rows; whatever is larger is another file.
FILE_MAX_BYTES = 1024 * 1024


def read_meeting(
    before: Meeting | None,
    zone: dt.tzinfo,
    *,
    when: str | None,
    ends: str | None,
    place: str | None,
    address: str | None,
) -> Meeting | None:
    """Put a meeting together from what is given and what it was before. None: its date stays open.

    A meeting that is moved lasts as long as before. Raises: MomentError too.
    """
    if before is None and when is None:
        if ends or place or address:
            raise StartError("A place or an end needs a date: say WHEN, for example “16.09.2027 18:00”.")
        return None
    starts = before.starts if when is None and before is not None else parse_moment(when or "", zone)
    end = moved(before, starts) if ends is None else parse_end(ends, starts)
    where = place if place is not None else "" if before is None else before.place
    street = address
    if street is None:
        street = before.address if before is not None and place is None else ""
    return Meeting(starts, _tidy(where), end, _tidy(street))


def _tidy(words: str) -> str:
    """Put words on one line. Raises: StartError for letters of another encoding."""
    try:
        words.encode()
    except UnicodeEncodeError:
        raise StartError("The place has letters that cannot be read. Is the terminal set to UTF-8?") from None
    return " ".join(words.split())


def read_languages(words: str) -> tuple[str, ...]:
    """Read codes of languages, separated by commas."""
    codes = tuple(dict.fromkeys(code.strip() for code in words.split(",") if code.strip()))
    known = [language.code for language in LANGUAGES]
    for code in codes:
        if code not in known:
            raise StartError(f"“{code}” is no language of Mitreden. Known are: {', '.join(known)}.")
    return codes


def read_seats(seats: int) -> int | None:
    """Read a number of seats; 0 means no limit."""
    if seats > SEATS_MAX:
        raise StartError(f"{seats} seats are more than any hall has; at most {SEATS_MAX}, or 0 for no limit.")
    return seats or None


def read_link(words: str) -> str:
    """Read a web address; "" takes it away."""
    words = words.strip()
    if words and not is_web_address(words):
        raise StartError(f"“{words}” is no web address. It begins with https://")
    return words


def read_day(words: str) -> dt.date | None:
    """Read a day; "" takes it away. Raises: MomentError."""
    return parse_day(words) if words.strip() else None


def read_file(file: Path) -> bytes:
    """Read a file of the staff."""
    try:
        if file.stat().st_size > FILE_MAX_BYTES:
            raise StartError(f"The file {file} is too large for a programme.")
        return file.read_bytes()
    except OSError as error:
        reason = (error.strerror or "unknown reason").lower()
        raise StartError(f"The file {file} cannot be read: {reason}.") from None


def joined_with(forum: Forum, read: Forum, field_code: str) -> Forum:
    """Take over what a file says of a forum; what it is silent about stays."""
    if forum.cancellation is not None:
        raise StartError(
            f"The forum “{field_code}” is cancelled. To give it a date: mitreden forum reopen {field_code} …"
        )
    empty = Forum()
    return replace(
        forum,
        meeting=read.meeting,
        seats=forum.seats if read.seats == empty.seats else read.seats,
        support=forum.support if read.support == empty.support else read.support,
        map_url=read.map_url or forum.map_url,
    )


def list_schedule(desk: Desk) -> tuple[Sequence[tuple[Reminder, int]], int]:
    """List what is planned with how many people it is for, and count what came too late."""
    with desk.database.reading() as connection:
        planned = [
            (reminder, count_audience(connection, reminder.topic, reminder.kind).count)
            for reminder in list_waiting(connection, desk.zone)
        ]
        return planned, count_states(connection)[ReminderState.EXPIRED]


def schedule_json(planned: Sequence[tuple[Reminder, int]], missed: int) -> dict[str, Any]:
    """Write the schedule for a script."""
    rows = [
        {
            "topic": reminder.topic,
            "kind": reminder.kind.value,
            "due": reminder.due_at.isoformat(),
            "expires": reminder.expires_at.isoformat(),
            "people": people,
            "put_out": reminder.planned_count,
        }
        for reminder, people in planned
    ]
    return {"planned": rows, "too_late": missed}
