"""What staff should be asked before a date is changed: what cannot be, and what may be a slip.

Pure judgement on values; the words for it are where staff read them (`bot.staff`, `bot.programme.cli`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from conversations.programme import Council, Event, Forum, Meeting, Programme


class Doubt(StrEnum):
    """What is odd about a change. The values are the ends of the keys `staff.doubt.*`."""

    PAST = "past"
    ENDS_BEFORE = "ends_before"
    NO_PLACE = "no_place"
    CLOSES_BEFORE = "closes_before"
    TOO_LONG = "too_long"
    TOO_EARLY = "too_early"
    CLASH = "clash"
    SEATS = "seats"
    MAP = "map"


#: What cannot be; the others are asked about.
IMPOSSIBLE = frozenset(
    {
        Doubt.PAST,
        Doubt.ENDS_BEFORE,
        Doubt.NO_PLACE,
        Doubt.CLOSES_BEFORE,
        Doubt.TOO_LONG,
        Doubt.TOO_EARLY,
    }
)
#: A place or an address is one line on a phone, or two.
PLACE_MAX_CHARS = 200
#: More seats than any hall of the town has.
SEATS_MAX = 10_000


@dataclass(frozen=True, slots=True)
class Objection:
    """A doubt about a change; `topic` names the other meeting of a clash, `url` an outdated link."""

    doubt: Doubt
    topic: str = ""
    url: str = ""

    @property
    def blocks(self) -> bool:
        """Whether the change cannot be made at all."""
        return self.doubt in IMPOSSIBLE


def find_objections(
    programme: Programme, topic: str, after: Event, now: dt.datetime
) -> tuple[Objection, ...]:
    """List what is odd about the new form of a meeting, what cannot be first."""
    before = programme.events.get(topic)
    found = list(_about_meeting(None if before is None else before.date, after.date, now))
    if after.date is not None and (before is None or before.date != after.date):
        found += [
            Objection(Doubt.CLASH, other)
            for other, event in programme.events.items()
            if other != topic and event.date is not None and _overlap(event.date, after.date)
        ]
    if isinstance(after, Council) and after.decided_day is not None and after.decided_day > now.date():
        found.append(Objection(Doubt.TOO_EARLY))
    if isinstance(after, Forum) and isinstance(before, Forum):
        found += _about_forum(before, after)
    return tuple(sorted(found, key=lambda objection: not objection.blocks))


def _about_forum(before: Forum, after: Forum) -> Iterator[Objection]:
    if after.opens is not None and after.closes is not None and after.closes < after.opens:
        yield Objection(Doubt.CLOSES_BEFORE)
    if after.seats is not None and after.seats < before.taken and after.seats != before.seats:
        yield Objection(Doubt.SEATS)
    old, new = before.meeting, after.meeting
    has_moved_away = old is not None and new is not None and old.where != new.where
    if has_moved_away and after.map_url and after.map_url == before.map_url:
        yield Objection(Doubt.MAP, url=after.map_url)


def _about_meeting(before: Meeting | None, after: Meeting | None, now: dt.datetime) -> Iterator[Objection]:
    if after is None or after == before:
        return
    if after.starts <= now:
        yield Objection(Doubt.PAST)
    if after.ends is not None and after.ends <= after.starts:
        yield Objection(Doubt.ENDS_BEFORE)
    if not any(sign.isalnum() for sign in after.place):
        yield Objection(Doubt.NO_PLACE)
    if max(len(after.place), len(after.address)) > PLACE_MAX_CHARS:
        yield Objection(Doubt.TOO_LONG)


def _overlap(one: Meeting, other: Meeting) -> bool:
    return one.starts < other.over_at and other.starts < one.over_at


def moved(before: Meeting | None, starts: dt.datetime) -> dt.datetime | None:
    """Say when a meeting ends that begins at another time and lasts as long as before."""
    if before is None or before.ends is None:
        return None
    length = before.ends.astimezone(dt.UTC) - before.starts.astimezone(dt.UTC)
    return (starts.astimezone(dt.UTC) + length).astimezone(starts.tzinfo)
