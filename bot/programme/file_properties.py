"""Reads single properties of a calendar file by the library, which may fail at any of them.

Time zones that the file defines itself are made known first. Only such with one change a year and
side are: the library works them out from their first year on, and a hostile rule (every second
since 1601) would keep it busy for days. Must not know what a property is read for.
"""

from __future__ import annotations

import contextlib
import re
import warnings
from collections.abc import Iterable, Iterator
from typing import Any

from icalendar import Event, Timezone
from icalendar.prop import vBroken
from icalendar.timezone import tzp

from bot.programme.file_blocks import Block

_LONGEST_PROPERTY = 5_000
_MOST_ZONES = 20
_LONGEST_ZONE = 20_000
_MOST_RULES = 8
_YEARLY_RULE = re.compile(
    r"RRULE:(?:(?:FREQ=YEARLY|INTERVAL=1|BYMONTH=\d\d?|BYDAY=[+-]?[1-5][A-Z]{2}|WKST=[A-Z]{2}|UNTIL=\w+)(?:;|$))+",
    re.IGNORECASE,
)


def read_property(name: str, text: str) -> Any:
    """Read one property of an event from its unfolded line; None when it cannot be read."""
    if len(text) > _LONGEST_PROPERTY:
        return None
    with _quietly():
        value = Event.from_ical(f"BEGIN:VEVENT\r\n{text}\r\nEND:VEVENT")[name]
        return None if isinstance(value, vBroken) else value
    return None


def learn_time_zones(zones: Iterable[Block]) -> None:
    """Make the time zones of a file known, and forget those of the file before."""
    tzp.use_default()
    for zone in list(zones)[:_MOST_ZONES]:
        names = [line.text.partition(":")[2].strip() for line in zone.lines if line.name == "TZID"]
        text = "\r\n".join(["BEGIN:VTIMEZONE", *(line.text for line in zone.lines), "END:VTIMEZONE"])
        if names and len(text) <= _LONGEST_ZONE and _is_yearly(zone):
            with _quietly():
                if tzp.timezone(names[0]) is None:
                    Timezone.from_ical(text)


def _is_yearly(zone: Block) -> bool:
    rules = [line.text for line in zone.lines if line.name == "RRULE"]
    return len(rules) <= _MOST_RULES and all(map(_YEARLY_RULE.fullmatch, rules))


@contextlib.contextmanager
def _quietly() -> Iterator[None]:
    """Go on after whatever the library raises: what is missing afterwards is told as unreadable."""
    with warnings.catch_warnings(), contextlib.suppress(Exception):
        warnings.simplefilter("ignore")
        yield
