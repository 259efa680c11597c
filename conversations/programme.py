"""The town's facts and its programme: forums, council, dates, as plain values.

`conversations.town_file` reads them from the town file. No date is known to the code: forums
and council may move, and every text follows (DESIGN §6).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

#: Subscriptions beside those to the forum of each field, in the order of the list.
GENERAL_TOPICS = ("plan_draft", "council", "results")


@dataclass(frozen=True, slots=True)
class Meeting:
    """A meeting with a date: a forum (Fachforum) or a sitting of the council (Gemeinderat)."""

    starts: dt.datetime
    place: str
    ends: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Programme:
    """What is planned when. A forum or a council sitting without a date is still open."""

    forums: Mapping[str, Meeting | None]
    council: Meeting | None
    timezone: str = "Europe/Berlin"


@dataclass(frozen=True, slots=True)
class Town:
    """The town's own facts, which fill the gaps of the texts.

    `facts` maps the name of a gap to plain words; `open_facts` names those that staff have not
    filled in yet. After `freeze_date` answers can be neither given nor deleted.
    """

    facts: Mapping[str, str]
    freeze_date: dt.date
    delete_date: dt.date
    notice_date: dt.date
    notice_version: str
    voice_days: int
    backup_days: int
    open_facts: tuple[str, ...] = ()


def forum_topic(field_code: str) -> str:
    """Name the subscription to the forum of a field."""
    return f"forum_{field_code}"
