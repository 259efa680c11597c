"""The town's facts and its programme: forums, council, dates, as plain values.

`conversations.town_file` reads the first programme from the town file; from then on the staff keep
it (`storage.programme`). No date is known to the code: forums and council may move, and every text
follows (DESIGN §6). This module must not know the clock, nor what is sent when
(`conversations.reminders`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

#: The subscription to everything about the council (Gemeinderat).
COUNCIL_TOPIC = "council"
#: The subscription to what happens afterwards.
RESULTS_TOPIC = "results"
#: Subscriptions beside those to the forum of each field, in the order of the list.
GENERAL_TOPICS = ("plan_draft", COUNCIL_TOPIC, RESULTS_TOPIC)
#: How long a meeting is taken to last whose end nobody has said.
ASSUMED_LENGTH = dt.timedelta(hours=3)

_FORUM_PREFIX = "forum_"


class Reason(StrEnum):
    """Why a forum is cancelled. A code, so that the reason exists in every language."""

    ILL = "ill"
    ROOM = "room"
    FEW = "few"


class Reply(StrEnum):
    """What somebody said about coming to a forum."""

    COMING = "coming"
    NOT_COMING = "not_coming"


@dataclass(frozen=True, slots=True, eq=False)
class Meeting:
    """When and where: of a forum (Fachforum) or a sitting of the council (Gemeinderat).

    Times are aware, in the time zone of the programme. Two meetings are the same at the same instant:
    Python compares times of one zone by the wall clock, which shows an hour of autumn twice.
    """

    starts: dt.datetime
    place: str
    ends: dt.datetime | None = None
    address: str = ""

    def is_over(self, now: dt.datetime) -> bool:
        """Whether it has ended, also in the hour of autumn that comes twice."""
        return self.over_at.astimezone(dt.UTC) <= now.astimezone(dt.UTC)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Meeting) and self._identity == other._identity

    def __hash__(self) -> int:
        return hash(self._identity)

    @property
    def _identity(self) -> tuple[object, ...]:
        ends = None if self.ends is None else self.ends.astimezone(dt.UTC)
        return (self.starts.astimezone(dt.UTC), ends, self.place, self.address)

    @property
    def where(self) -> str:
        """Place and address on one line."""
        return f"{self.place}, {self.address}" if self.address else self.place

    @property
    def over_at(self) -> dt.datetime:
        """When it is over, as far as anybody knows."""
        if self.ends is not None:
            return self.ends
        return (self.starts.astimezone(dt.UTC) + ASSUMED_LENGTH).astimezone(self.starts.tzinfo)


@dataclass(frozen=True, slots=True)
class Support:
    """What is confirmed for a forum. `interpreting` holds codes of our languages."""

    childcare: bool = False
    step_free: bool = False
    interpreting: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Cancellation:
    """That a forum does not take place, why, and whether a new date is looked for."""

    reason: Reason | None = None
    new_date_wanted: bool = True


@dataclass(frozen=True, slots=True)
class Forum:
    """A forum (Fachforum). Without a meeting its date is open; when cancelled, the meeting stays.

    `revision` grows whenever date, time, place or cancellation change. The questions of the field
    can be answered from `opens` to `closes`, both included. `taken` counts who said they come.
    """

    meeting: Meeting | None = None
    revision: int = 1
    cancellation: Cancellation | None = None
    support: Support = field(default_factory=Support)
    seats: int | None = None
    map_url: str = ""
    report_url: str = ""
    opens: dt.date | None = None
    closes: dt.date | None = None
    taken: int = 0

    @property
    def date(self) -> Meeting | None:
        """The meeting that will take place, if one is planned."""
        return None if self.cancellation is not None else self.meeting

    @property
    def is_full(self) -> bool:
        """Whether every seat is taken."""
        return self.seats is not None and self.taken >= self.seats

    def is_over(self, now: dt.datetime) -> bool:
        """Whether it has taken place."""
        return self.date is not None and self.date.is_over(now)

    def is_to_come(self, now: dt.datetime) -> bool:
        """Whether it will take place one day, with a date or without one yet."""
        if self.cancellation is not None:
            return self.cancellation.new_date_wanted
        return self.meeting is None or not self.meeting.is_over(now)


@dataclass(frozen=True, slots=True)
class Council:
    """The sitting of the council (Gemeinderat) about the plan, and how far the plan is.

    `draft_day` is the day on which the draft was made public, `decided_day` that of the decision.
    """

    meeting: Meeting | None = None
    revision: int = 1
    agenda_url: str = ""
    has_question_time: bool = False
    draft_day: dt.date | None = None
    decided_day: dt.date | None = None

    @property
    def date(self) -> Meeting | None:
        """The sitting, if one is planned."""
        return self.meeting

    def is_to_come(self, now: dt.datetime) -> bool:
        """Whether the sitting is still ahead, with a date or without one yet."""
        return self.meeting is None or not self.meeting.is_over(now)


Event = Forum | Council


@dataclass(frozen=True, slots=True)
class Programme:
    """What is planned when. `forums` has one entry for each field, in the official order."""

    forums: Mapping[str, Forum]
    council: Council = field(default_factory=Council)
    timezone: str = "Europe/Berlin"

    @property
    def events(self) -> Mapping[str, Event]:
        """Forums and council by the topic under which one subscribes to them."""
        return {
            **{forum_topic(code): forum for code, forum in self.forums.items()},
            COUNCIL_TOPIC: self.council,
        }

    def changed(self, events: Mapping[str, Event]) -> Programme:
        """Return the programme with other forms of some events, by topic."""
        council = events.get(COUNCIL_TOPIC, self.council)
        forums = {
            code: forum if not isinstance(found := events.get(forum_topic(code), forum), Forum) else found
            for code, forum in self.forums.items()
        }
        return replace(self, forums=forums, council=council if isinstance(council, Council) else self.council)

    def seats_of(self, topic: str) -> int | None:
        """Say how many seats a forum has; None where there is no limit."""
        forum = self.find_forum(topic)
        return None if forum is None else forum.seats

    def find_forum(self, topic: str) -> Forum | None:
        """Find a forum by its topic, such as `forum_arbeit`."""
        return self.forums.get(field_of_topic(topic))


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
    return f"{_FORUM_PREFIX}{field_code}"


def field_of_topic(topic: str) -> str:
    """Name the field whose forum a subscription is to; '' for every other subscription.

    >>> field_of_topic("forum_arbeit"), field_of_topic("council")
    ('arbeit', '')
    """
    return topic.removeprefix(_FORUM_PREFIX) if topic.startswith(_FORUM_PREFIX) else ""
