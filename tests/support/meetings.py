"""A programme made up for tests, so that no test depends on the dates of the shipped example.

    content = with_forum(planned(), "arbeit", seats=1)
    Player(content=content)

The five forums (Fachforen) are on the Tuesdays and Thursdays of September 2027 at 18:00, the council
(Gemeinderat) sits on 18 November 2027 at 17:00. All of it lies after `tests.support.play.NOW`.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

from conversations.content import Content
from conversations.programme import Council, Forum, Meeting, Programme, Support
from tests.support.play import town

BERLIN = ZoneInfo("Europe/Berlin")
#: The day of each forum, in the official order. All begin at 18:00 and end at 20:30.
DAYS = {
    "sprache": dt.date(2027, 9, 7),
    "bildung": dt.date(2027, 9, 14),
    "arbeit": dt.date(2027, 9, 16),
    "wohnen": dt.date(2027, 9, 21),
    "werte": dt.date(2027, 9, 28),
}
COUNCIL_DAY = dt.date(2027, 11, 18)


def on(day: dt.date | str, time: str) -> dt.datetime:
    """Take a wall time in Göppingen: `on("2027-09-16", "18:00")`."""
    when = dt.date.fromisoformat(day) if isinstance(day, str) else day
    return dt.datetime.combine(when, dt.time.fromisoformat(time), BERLIN)


def meeting(day: dt.date | str, time: str = "18:00", end: str | None = "20:30", **where: str) -> Meeting:
    """Make a meeting in the town hall, or elsewhere."""
    place = {"place": "Stadthalle", "address": "Blumenstraße 41"} | where
    return Meeting(on(day, time), ends=None if end is None else on(day, end), **place)


def planned() -> Content:
    """Return the content of the town with this programme."""
    forums = {code: Forum(meeting(day)) for code, day in DAYS.items()}
    forums["arbeit"] = replace(forums["arbeit"], seats=60, support=Support(interpreting=("ar",)))
    council = Council(meeting(COUNCIL_DAY, "17:00", None, place="Rathaus", address=""))
    return replace(town(), programme=Programme(forums, council))


def with_forum(content: Content, code: str, **changes: Any) -> Content:
    """Change one forum."""
    programme = content.programme
    forums = {**programme.forums, code: replace(programme.forums[code], **changes)}
    return replace(content, programme=replace(programme, forums=forums))


def with_every_forum(content: Content, **changes: Any) -> Content:
    """Change all five forums alike."""
    for code in content.programme.forums:
        content = with_forum(content, code, **changes)
    return content


def with_council(content: Content, **changes: Any) -> Content:
    """Change the sitting of the council."""
    council = replace(content.programme.council, **changes)
    return replace(content, programme=replace(content.programme, council=council))
