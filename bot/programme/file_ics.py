"""Reads the dates of the forums (Fachforen) from a calendar file, as any calendar program writes it.

`bot.programme.file_blocks` takes the file apart, the library reads dates and texts. Must not know tables,
nor what is planned already.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any

from bot.programme.file_blocks import Block, Line, read_blocks
from bot.programme.file_properties import learn_time_zones, read_property
from bot.programme.file_reading import LONGEST_WORDS, MOST_ENTRIES, Fields, find_time_problem, quote, tidy
from conversations.mistakes import Mistakes
from conversations.moments import MomentError, RepeatedHourError, SkippedHourError, settle_wall_time
from conversations.programme import Forum, Meeting

_SINGLE = ("UID", "SUMMARY", "LOCATION", "DTSTART", "DTEND", "DURATION", "STATUS")
_REPEATING = ("RRULE", "RDATE", "RECURRENCE-ID")
#: The UID of `bot.calendar_file`, and what comes nearest to its file name.
_OWN_UID = re.compile(r"(?:forum_|fachforum-)([^@]+)(?:@.*)?", re.IGNORECASE | re.DOTALL)
_MOST_CATEGORY_LINES = 50
_FIRST_COMMA = re.compile(r"[,\n]")


def read_ics(raw: bytes, fields: Fields, zone: dt.tzinfo, mistakes: Mistakes) -> Mapping[str, Forum]:
    """Read the forums of a calendar by the code of their field; note every mistake in `mistakes`."""
    blocks = read_blocks(raw, mistakes)
    learn_time_zones(block for block in blocks if not block.is_event)
    events = [block for block in blocks if block.is_event]
    if not events and not mistakes.found:
        mistakes.add(1, "There is no event in this calendar.")
    found: dict[str, Forum] = {}
    for event in events[:MOST_ENTRIES]:
        _Event(event, mistakes).read_into(found, fields, zone)
    if len(events) > MOST_ENTRIES:
        message = f"The calendar has more than {MOST_ENTRIES} events; they are read only up to here."
        mistakes.add(events[MOST_ENTRIES].line, message)
    return found


class _Event:
    """One event of the calendar while it is being read."""

    def __init__(self, block: Block, mistakes: Mistakes) -> None:
        self._block = block
        self._mistakes = mistakes
        self._lines: dict[str, Line] = {}
        self._values: dict[str, Any] = {}
        for line in block.lines:
            if line.name in _SINGLE and self._lines.setdefault(line.name, line) is not line:
                self._add(f"This event says {line.name} twice.", line)
            elif line.name in _SINGLE and (value := self._read(line)) is not None:
                self._values[line.name] = value

    def read_into(self, found: dict[str, Forum], fields: Fields, zone: dt.tzinfo) -> None:
        """Read the event and add its forum to those found; what is wrong with it is noted."""
        code = self._field(fields)
        is_cancelled = self._text("STATUS").upper() == "CANCELLED"
        if is_cancelled or self._block.is_cancelled:
            command = f"mitreden forum cancel {code}".strip()
            message = f"This event is cancelled. Cancel the forum with “{command}”."
            self._add(message, self._lines["STATUS"] if is_cancelled else None)
            return
        for line in self._block.lines:
            if line.name in _REPEATING:
                self._add("This event repeats. Enter each forum as an event of its own.", line)
        if not code:
            self._add(
                f"{self._name()} names no field. Call it “Fachforum”, followed by the field.{fields.known}"
            )
        else:
            fields.claim(code, self._block.line)
        starts = self._moment("DTSTART", zone)
        if "DTSTART" not in self._lines:
            self._add(f"{self._name()} has no beginning.")
        ends = self._ends(starts, zone) if starts else None
        if starts and (problem := find_time_problem(starts, None)):
            self._add(problem, self._lines["DTSTART"])
        elif starts and (problem := find_time_problem(starts, ends)):
            self._add(problem, self._lines.get("DTEND") or self._lines.get("DURATION"))
        place, address = self._where()
        if code and starts and place:
            found[code] = Forum(Meeting(starts, place, ends, address))

    def _read(self, line: Line) -> Any:
        value = read_property(line.name, line.text)
        if value is None:
            self._add(f"{line.name} cannot be read here: {quote(line.text)}.", line)
        return value

    def _text(self, name: str) -> str:
        return str(self._values.get(name) or "").strip()

    def _name(self) -> str:
        title = self._text("SUMMARY")
        return f"The event {quote(title)}" if title else "This event without a title"

    def _field(self, fields: Fields) -> str:
        """Find the field by the UID, else by the categories, else by the title."""
        own = _OWN_UID.fullmatch(self._text("UID"))
        if own and (code := fields.find(own[1])):
            return code
        categories: set[str] = set()
        lines = [line for line in self._block.lines if line.name == "CATEGORIES"]
        for line in lines[:_MOST_CATEGORY_LINES]:
            if (value := self._read(line)) is not None:
                categories |= {fields.find(str(category)) for category in value.cats}
        categories.discard("")
        return categories.pop() if len(categories) == 1 else fields.find_in_title(self._text("SUMMARY"))

    def _where(self) -> tuple[str, str]:
        """Split the location at its first comma; phones write the address on a line of its own."""
        location = self._text("LOCATION")
        split = _FIRST_COMMA.search(location)
        place = tidy(location[: split.start()] if split else location)
        address = tidy(location[split.end() :].replace("\n", ", ") if split else "")
        if max(len(place), len(address)) > LONGEST_WORDS:
            self._add(f"The location is longer than {LONGEST_WORDS} characters.", self._lines["LOCATION"])
        elif not place and ("LOCATION" in self._values or "LOCATION" not in self._lines):
            self._add(f"{self._name()} has no place. Fill in its location.", self._lines.get("LOCATION"))
        return place, address

    def _ends(self, starts: dt.datetime, zone: dt.tzinfo) -> dt.datetime | None:
        if "DTEND" in self._lines:
            return self._moment("DTEND", zone)
        line = self._lines.get("DURATION")
        value = self._values.get("DURATION")
        if line is None or value is None:
            return None
        length = getattr(value, "dt", None)
        try:
            if isinstance(length, dt.timedelta):
                return (starts.astimezone(dt.UTC) + length).astimezone(zone)
        except OverflowError:
            pass
        self._add(f"{quote(line.text)} is no length of time.", line)
        return None

    def _moment(self, name: str, zone: dt.tzinfo) -> dt.datetime | None:
        """Read a day and a time; None where it is missing, and where a mistake was noted."""
        line, value = self._lines.get(name), self._values.get(name)
        if line is None or value is None:
            return None
        moment = getattr(value, "dt", None)
        if not isinstance(moment, dt.datetime):
            is_day = isinstance(moment, dt.date)
            self._add(
                f"{self._name()} lasts all day. A forum needs a time: give the event one."
                if is_day
                else f"{quote(line.text)} is not a day and a time.",
                line,
            )
            return None
        named = value.params.get("TZID")
        if named and line.text.rstrip().upper().endswith("Z"):
            self._add(f"The time is given both in UTC (Z) and in the time zone {quote(str(named))}.", line)
            return None
        if named and moment.tzinfo is None:
            self._add(f"The time zone {quote(str(named))} is unknown. Use “Europe/Berlin”.", line)
            return None
        try:
            return settle_wall_time(moment.replace(tzinfo=None), moment.tzinfo or zone).astimezone(zone)
        except (SkippedHourError, RepeatedHourError) as error:
            self._add(f"{error}, because the clock is changed in that night. Choose another time.", line)
        except (MomentError, ValueError, ArithmeticError, LookupError, TypeError):
            self._add(f"{quote(line.text)} is not a day and a time.", line)
        return None

    def _add(self, message: str, line: Line | None = None) -> None:
        self._mistakes.add(self._block.line if line is None else line.number, message)
