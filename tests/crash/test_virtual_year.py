"""The virtual year: everybody gets exactly what the rules name, through changes, nights and kills.

From 1 January 2027 to 1 January 2028, in Berlin, the schedule ticks once a minute, 525,600 times. The staff
set, move, cancel and reopen five forums and the council, also several times in a night and while a mailing
is half out; people subscribe, answer, stop, block the bot, come back and change their language; the bot is
killed or restarted at random points. What each person must get is worked out by `year_oracle`, which
knows the rules and not the bot.

Real are storage on SQLite and the bot as `build_app` joins it, see `year_world`. What people do goes through
the engine (`take_turn`) and `bot.changes.Changes`, as a turn does; the screens that a turn would show are
left out: they cost three times as much, and so every message in the ledger is one that nobody asked for.
What the staff do goes the way of the command line: load the programme, judge the change, `change_event`.

    pytest tests/crash/test_virtual_year.py -s      2,000 people and 100 kills, about two minutes
    YEAR_SEED=7 pytest …                            another year

In a run of all tests there are 400 people and 25 kills.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import functools
import heapq
import itertools
import os
import random
import shutil
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
import structlog
from babel.dates import format_date
from sqlalchemy import Connection, text

from bot.changes import Changes
from bot.content import LoadedContent
from bot.delivery import IN_FLIGHT
from bot.showing import Chat
from bot.wordings import Wordings
from conversations.engine import fold_word, take_turn
from conversations.environment import Environment
from conversations.events import (
    CalendarFileRequested,
    DataFileRequested,
    PoppedUp,
    ScreenShown,
)
from conversations.incoming import Action, ActionButton, BlockedBot, Commanded, Incoming, Pressed, Said
from conversations.languages import find_language
from conversations.person import Person
from conversations.planning import find_objections
from conversations.programme import (
    COUNCIL_TOPIC,
    Cancellation,
    Council,
    Event,
    Forum,
    Meeting,
    Programme,
    Reason,
)
from storage import contacts
from storage.programme import change_event, load_programme
from tests.crash.year_oracle import (
    Break,
    Date,
    Deed,
    Log,
    Oracle,
    Sent,
    StaffChange,
    State,
    Verdict,
    after_night,
    instant_of,
    is_night,
)
from tests.crash.year_world import BERLIN, MINUTE, Points, Reader, Telegram, VirtualClock, VirtualLoop, World
from tests.support.announcement_samples import in_five_languages
from tests.support.databases import make_keys, make_quick_folder

SEED = int(os.environ.get("YEAR_SEED", "2028"))
BEGINS = dt.datetime(2027, 1, 1, tzinfo=BERLIN)
ENDS = dt.datetime(2028, 1, 1, tzinfo=BERLIN)
MINUTES = 525_600
DAY = 86_400.0
FIRST_ID = 8_000_000_000
#: Of ten topics that somebody wants, so many are the first, and so on; nothing is sent about `plan_draft`.
TOPICS = {
    "forum_sprache": 3,
    "forum_bildung": 3,
    "forum_arbeit": 4,
    "forum_wohnen": 3,
    "forum_werte": 2,
    COUNCIL_TOPIC: 3,
    "results": 3,
    "plan_draft": 1,
}
#: When meetings begin; some so early or late that "in two hours" falls into the night, or just not.
HOURS = (
    "07:30",
    "09:00",
    "09:59",
    "10:00",
    "12:15",
    "14:00",
    "17:00",
    "18:00",
    "18:30",
    "19:00",
    "22:30",
    "23:15",
)
#: One forum takes place on the last of these days, which the staff stand by, and is planned for the first.
CLOCK_CHANGES = (dt.date(2027, 3, 28), dt.date(2027, 10, 31))
LATE_FORUM = "forum_werte"
#: Days behind a change of the clock by a day or a week.
AROUND_CLOCK_CHANGES = tuple(
    dt.date(2027, *each) for each in ((3, 28), (3, 29), (4, 1), (4, 3), (10, 31), (11, 1), (11, 4), (11, 6))
)
#: A transaction puts a reminder out for so many people here, so that most mailings have several pages.
PAGE = 20
#: So many times in the year something is put out, about; for spreading the kills over them.
MAILINGS = 330
#: Of all people who get something, fewer than so many may have acted while it was on its way.
MOST_IN_THE_ROOM = 0.02


@pytest.fixture
def full(request: pytest.FixtureRequest) -> bool:
    """Whether the year was asked for by name."""
    return any("virtual_year" in argument for argument in request.config.args)


@dataclass(order=True)
class Planned:
    """Something that happens at a time."""

    at: float
    number: int
    do: Callable[[], Awaitable[None]] = field(compare=False)


@dataclass
class Diary:
    """What is going to happen, in order."""

    planned: list[Planned] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def plan(self, at: float, do: Callable[[], Awaitable[None]]) -> None:
        """Plan something. It happens at a whole second and a little, never with the tick."""
        heapq.heappush(self.planned, Planned(at, next(self._numbers), do))

    def next_before(self, at: float) -> Planned | None:
        """Take out what happens next, if that is before a time."""
        if self.planned and self.planned[0].at < at:
            return heapq.heappop(self.planned)
        return None


# The staff


@dataclass
class Staff:
    """People of the town who cannot make up their minds. Until `settled` no forum takes place."""

    world: World
    diary: Diary
    rng: random.Random
    settled: dict[str, float]
    crowd: Crowd
    kills: Killer
    done: Counter[str] = field(default_factory=Counter)
    outages_left: int = 24
    firm: dict[str, float] = field(default_factory=dict)
    _places: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def begin(self) -> None:
        """Look at everything for the first time, and then again and again."""
        for topic, event in self._load().events.items():
            self.world.log.first[topic] = _state_of(event)
            if event.meeting is not None:
                self._plan_around(topic, event.meeting)
            self._look_again(topic)
        for day in CLOCK_CHANGES:
            at = instant_of(dt.datetime.combine(day - dt.timedelta(days=9), dt.time(12, 30)))
            self.diary.plan(at + 7, functools.partial(self._stand_firm, day))

    # Looking

    def _look_again(self, topic: str) -> None:
        pause = self.rng.expovariate(1 / (9 * DAY))
        at = self.world.clock.seconds + max(3600.0, pause)
        if self.rng.random() < 0.5:  # mostly by day
            at = after_night(at) + self.rng.uniform(0, 3600)
        self.diary.plan(at, functools.partial(self._look, topic))

    async def _look(self, topic: str) -> None:
        event, now = self._load().events[topic], self.world.clock.in_berlin
        if event.date is not None and event.date.starts <= now:
            await self._after(topic, event)
            return
        self._look_again(topic)
        if self.rng.random() < 0.25:
            self._plan_night(topic)
            return
        await self._decide(topic, event)

    async def _decide(self, topic: str, event: Event) -> None:
        """Change something about a meeting that is ahead."""
        if event.date is None:
            await self._set(topic, event)
            return
        what = self.rng.choices(
            ("move", "place", "end", "cancel", "note"), (50, 12, 14, 18 if topic != COUNCIL_TOPIC else 8, 6)
        )[0]
        await self._change(topic, what)

    async def _after(self, topic: str, event: Event) -> None:
        """Give a report of a forum that is over, once."""
        if isinstance(event, Council) or event.report_url:
            return
        now, date = self.world.clock.in_berlin, event.date
        if date is None or date.over_at > now:
            self._look_again(topic)
            return
        await self._make(topic, "report", replace(event, report_url=f"https://example.org/{topic}"))

    async def _look_once_more(self, topic: str, meeting: Meeting) -> None:
        """Lose one's nerve shortly before a meeting."""
        event = self._load().events[topic]
        if (
            event.date == meeting
            and self.world.clock.seconds < self.settled[topic]
            and (self.rng.random() < 0.9 or topic == LATE_FORUM)
        ):
            await self._change(topic, self.rng.choice(("move", "move", "move", "cancel")))

    async def _stand_firm(self, day: dt.date) -> None:
        """Let a forum take place on the day on which the clock changes, whatever the others want."""
        forum, now = self._load().events[LATE_FORUM], self.world.clock.in_berlin
        if not isinstance(forum, Forum) or (forum.date is not None and forum.date.starts <= now):
            return
        wall = dt.datetime.combine(day, dt.time(18, 30))
        meeting = Meeting(wall.replace(tzinfo=BERLIN), self._new_place())
        await self._make(LATE_FORUM, "move", replace(forum, meeting=meeting, cancellation=None))
        self.firm[LATE_FORUM] = instant_of(wall) + DAY
        if day != CLOCK_CHANGES[-1]:  # they give way at the last moment, and it moves once more
            self.firm[LATE_FORUM] = instant_of(wall) - 4 * 3600
            self.diary.plan(instant_of(wall) - 3 * 3600, functools.partial(self._change, LATE_FORUM, "move"))

    # Changing

    async def _change(self, topic: str, what: str) -> None:
        event, now = self._load().events[topic], self.world.clock.in_berlin
        meeting = event.date
        if meeting is None or meeting.starts <= now:
            return
        match what:
            case "move":
                await self._make(topic, what, replace(event, meeting=self._new_meeting(topic, meeting)))
            case "place":
                place = self._new_place()
                await self._make(topic, what, replace(event, meeting=replace(meeting, place=place)))
            case "end":
                length = self.rng.choice((60, 90, 120, 150))
                ends = _wall(meeting.starts) + dt.timedelta(minutes=length)
                if ends.date() != meeting.starts.date():
                    return
                after = replace(meeting, ends=ends.replace(tzinfo=BERLIN))
                if after != meeting:
                    await self._make(topic, what, replace(event, meeting=after))
            case "note" if isinstance(event, Forum):
                support = replace(event.support, childcare=not event.support.childcare)
                await self._make(topic, what, replace(event, support=support))
            case "note" if isinstance(event, Council):
                after = replace(event, has_question_time=not event.has_question_time)
                await self._make(topic, what, after)
            case "cancel" if isinstance(event, Forum):
                reason = self.rng.choice((None, *Reason))
                after = replace(event, cancellation=Cancellation(reason, self.rng.random() < 0.7))
                await self._make(topic, what, after)
            case "cancel" if isinstance(event, Council):
                await self._make(topic, "open", replace(event, meeting=None))

    async def _set(self, topic: str, event: Event) -> None:
        """Give a date to what has none, or a date again to what is cancelled."""
        old, now = event.meeting, self.world.clock.in_berlin
        if not isinstance(event, Forum) or event.cancellation is None:
            await self._make(topic, "set", replace(event, meeting=self._new_meeting(topic, None)))
        elif old is not None and old.starts > now and self.rng.random() < 0.3:
            await self._make(topic, "reopen", replace(event, cancellation=None))
        else:
            meeting = self._new_meeting(topic, old)
            await self._make(topic, "reopen", replace(event, meeting=meeting, cancellation=None))

    async def _restore(self, topic: str, meeting: Meeting) -> None:
        """Make it as it was, after all."""
        event, now = self._load().events[topic], self.world.clock.in_berlin
        has_begun = event.date is not None and event.date.starts <= now
        if has_begun or meeting.starts <= now or event.date == meeting:
            return
        after = replace(event, meeting=meeting)
        if isinstance(after, Forum):
            after = replace(after, cancellation=None)
        await self._make(topic, "move back", after)

    async def _make(self, topic: str, what: str, after: Event) -> None:
        """Make a change as the command line does, unless that would refuse it."""
        programme, now = self._load(), self.world.clock.in_berlin
        before = programme.events[topic]
        is_firm = self.world.clock.seconds < self.firm.get(topic, 0.0) and what != "report"
        if before == after or is_firm or any(o.blocks for o in find_objections(programme, topic, after, now)):
            return
        self.kills.perhaps_while_changing()
        at = await self.world.do(lambda connection: self._write(connection, topic, before, after))
        self._note(topic, after, what, at)
        if after.meeting is not None and after.date != before.date:
            if after.date is not None:
                self._plan_around(topic, after.meeting)
            self._plan_to_follow(topic, before)

    def _write(self, connection: Connection, topic: str, before: Event, after: Event) -> None:
        change_event(connection, topic, before, after, self.world.clock.in_berlin)

    def _note(self, topic: str, after: Event, what: str, at: float) -> None:
        self.world.log.staff.append(StaffChange(at, topic, _state_of(after)))
        self.done[what] += 1

    # Making it harder

    def _plan_night(self, topic: str) -> None:
        """Plan several changes within one night, before anybody is told."""
        at = self.world.clock.seconds
        day = at - at % DAY + DAY
        night = self.rng.uniform(day + 20.1 * 3600, day + 29 * 3600)
        event = self._load().events[topic]
        steps: list[Callable[[], Awaitable[None]]] = []
        meeting = event.date
        if meeting is None:
            steps = [lambda: self._decide_now(topic)] * 3
        else:
            back = functools.partial(self._restore, topic, meeting)
            move = functools.partial(self._change, topic, "move")
            cancel = functools.partial(self._change, topic, "cancel")
            again = functools.partial(self._decide_now, topic)
            end = functools.partial(self._change, topic, "end")
            steps = self.rng.choice(
                (
                    [move, back],
                    [move, move, back],
                    [move, move],
                    [cancel, back],
                    [cancel, again],
                    [end, move],
                    [move, end, back],
                )
            )
        for number, step in enumerate(steps):
            self.diary.plan(night + number * self.rng.uniform(20, 3000), step)

    async def _decide_now(self, topic: str) -> None:
        event = self._load().events[topic]
        if event.date is None or event.date.starts > self.world.clock.in_berlin:
            await self._decide(topic, event)

    def _plan_to_follow(self, topic: str, before: Event) -> None:
        """Plan, now and then, a change while the news of this one are on their way."""
        if self.rng.random() > 0.25:
            return
        out = after_night(self.world.clock.seconds)
        out += MINUTE - out % MINUTE if out % MINUTE else 0.0
        seconds = self.crowd.count(topic) / 18
        if self.outages_left and self.rng.random() < 0.05:
            self._plan_outage(out)
            return
        at = out + self.rng.uniform(0.02, seconds + 4)
        move = functools.partial(self._change, topic, "move")
        steps = [self.rng.choice(("move", "back", "back", "cancel", "end", "end"))]
        if self.rng.random() < 0.2:
            steps.append(self.rng.choice(("move", "back")))
        for number, step in enumerate(steps):
            do: Callable[[], Awaitable[None]] = functools.partial(self._change, topic, step)
            if step == "back":
                do = move if before.date is None else functools.partial(self._restore, topic, before.date)
            self.diary.plan(at + 0.7 * number, do)

    def _plan_around(self, topic: str, meeting: Meeting) -> None:
        """Plan what may get in the way of the reminders of a date."""
        starts = instant_of(_wall(meeting.starts))
        before = self.rng.choice((1200.0, 3300.0, 3 * 3600.0, 8 * 3600.0, 20 * 3600.0, 2 * DAY, 5 * DAY))
        at = starts - before * self.rng.uniform(0.8, 1.2)
        self.diary.plan(
            max(at, self.world.clock.seconds + 60), functools.partial(self._look_once_more, topic, meeting)
        )
        for at in self._out_at(meeting):
            if at < self.world.clock.seconds:
                continue
            if self.rng.random() < 0.1:
                self._plan_in_a_mailing(topic, meeting, at)
            elif self.outages_left and self.rng.random() < 0.12:
                self._plan_outage(at)
        over = starts + self.rng.choice((0.2, 0.5, 1, 2, 4, 8, 20)) * DAY
        self.diary.plan(over, functools.partial(self._report_of, topic, meeting))

    def _plan_outage(self, at: float) -> None:
        """Let Telegram be away when something is due, until it is late, too late, or nearly night."""
        if self.world.telegram.is_away_at(at):
            return
        self.outages_left -= 1
        night = at - at % DAY + 19 * 3600 - self.rng.uniform(10, 120)  # 20:58 in summer
        if self.rng.random() < 0.4 and at < night - 3600:
            begins, ends = (
                at + self.rng.uniform(0.2, 2.5),
                night + (3600 if not is_night(night + 3600) else 0),
            )
        else:
            begins = at - self.rng.choice((30.0, 1500.0))
            ends = at + self.rng.choice((600.0, 2400.0, 4000.0, 2 * 3600.0, 4.5 * 3600.0))
        self.world.log.outages.append(Break(begins, ends))

    async def _report_of(self, topic: str, meeting: Meeting) -> None:
        event = self._load().events[topic]
        if event.date == meeting:
            await self._after(topic, event)

    def _plan_in_a_mailing(self, topic: str, meeting: Meeting, at: float) -> None:
        """Plan a change while a reminder of a date is on its way."""
        at += self.rng.uniform(0.02, self.crowd.count(topic) / 18 + 2)
        match self.rng.choice(("end", "end", "move", "cancel", "there and back")):
            case "there and back":
                self.diary.plan(at, functools.partial(self._change, topic, "move"))
                self.diary.plan(at + 3, functools.partial(self._restore, topic, meeting))
            case what:
                self.diary.plan(at, functools.partial(self._change, topic, what))

    def _out_at(self, meeting: Meeting) -> Iterator[float]:
        day = meeting.starts.date()
        for days, hour in ((7, 10), (1, 17)):
            wall = dt.datetime.combine(day - dt.timedelta(days=days), dt.time(hour))
            yield instant_of(wall)
        yield instant_of(_wall(meeting.starts)) - 7200

    def change_between_pages(self) -> None:
        """Change, now and then, the meeting whose reminder is half put out, from another process."""
        if self.rng.random() > 0.02:
            return
        with self.world.life.database.reading() as connection:
            row = connection.execute(
                text("SELECT topic FROM reminder WHERE state = 'waiting' AND cursor <> '' LIMIT 1")
            ).first()
        if row is None:
            return
        event, now = self._load().events[row.topic], self.world.clock.in_berlin
        is_firm = self.world.clock.seconds < self.firm.get(row.topic, 0.0)
        if event.date is None or event.date.starts <= now or is_firm:
            return
        after = replace(event, meeting=self._new_meeting(row.topic, event.date))
        if any(o.blocks for o in find_objections(self._load(), row.topic, after, now)):
            return
        self.world.life.transact(lambda connection: self._write(connection, row.topic, event, after))
        self._note(row.topic, after, "move between pages", self.world.clock.seconds)
        if after.meeting is not None:
            self._plan_around(row.topic, after.meeting)

    # Dates

    def _new_meeting(self, topic: str, old: Meeting | None) -> Meeting:
        now = self.world.clock.in_berlin
        near = [day for day in AROUND_CLOCK_CHANGES if 1 <= (day - now.date()).days <= 45]
        if near and self.rng.random() < 0.5:
            day = self.rng.choice(near)
        elif self.rng.random() < 0.2:
            day = now.date() + dt.timedelta(days=self.rng.randint(0, 6))
        else:
            day = now.date() + dt.timedelta(days=self.rng.randint(8, 35))
        wall = dt.datetime.combine(day, dt.time.fromisoformat(self.rng.choice(HOURS)))
        ends = wall + dt.timedelta(minutes=self.rng.choice((30, 90, 120, 150)))
        has_end = ends.date() == wall.date() and self.rng.random() < 0.7
        place = old.place if old is not None and self.rng.random() < 0.6 else self._new_place()
        return Meeting(
            wall.replace(tzinfo=BERLIN),
            place,
            ends.replace(tzinfo=BERLIN) if has_end else None,
            self.rng.choice(("", "Blumenstraße 41")) if old is None else old.address,
        )

    def _new_place(self) -> str:
        return f"Haus {next(self._places)}"

    def _load(self) -> Programme:
        with self.world.life.database.reading() as connection:
            return load_programme(connection, self.world.first)


def _wall(moment: dt.datetime) -> dt.datetime:
    return moment.replace(tzinfo=None)


def _state_of(event: Event) -> State:
    """Note a meeting in the words of the oracle."""
    meeting = event.meeting
    date, ends = None, None
    if meeting is not None:
        where = f"{meeting.place}, {meeting.address}" if meeting.address else meeting.place
        date, ends = Date(_wall(meeting.starts), where), None if meeting.ends is None else _wall(meeting.ends)
    if isinstance(event, Forum):
        return State(date, ends, event.cancellation is not None, event.report_url)
    return State(date, ends)


# The people


@dataclass
class Somebody:
    """A person, as far as is needed to do what makes sense."""

    id: int
    language: str
    topics: set[str] = field(default_factory=set)
    is_here: bool = False
    has_agreed: bool = False
    is_lost: bool = False


@dataclass
class Crowd:
    """People, and what they do: at random times, and when a message arrives."""

    world: World
    diary: Diary
    rng: random.Random
    people: dict[int, Somebody]
    kills: Killer
    changes: Changes = field(init=False)
    stop_words: tuple[str, ...] = field(init=False)
    done: Counter[str] = field(default_factory=Counter)
    subscribed: int = 0

    def __post_init__(self) -> None:
        loaded = self.world.loaded
        wordings = Wordings(loaded.content, loaded.catalogues)
        self.changes = Changes(self.world.keys, wordings, dt.timedelta(days=14))
        self.stop_words = tuple(
            word.strip()
            for language in loaded.catalogues.offered
            for word in loaded.catalogues.get(language.code).find("stop.words").split(",")
        )
        self._folded = frozenset(fold_word(word) for word in self.stop_words)
        self._languages = [language.code for language in loaded.catalogues.offered]

    def begin(self) -> None:
        """Plan when everybody comes for the first time, and what they do later."""
        began = self.world.clock.seconds
        for somebody in self.people.values():
            days = self.rng.uniform(0, 8) if self.rng.random() < 0.4 else self.rng.uniform(0, 330)
            at = began + days * DAY
            self._plan(at, somebody, "enter")
            for _ in range(self.rng.choice((0, 1, 2, 3, 4, 6))):
                self._plan(self.rng.uniform(at, began + 365 * DAY), somebody, self._choose())

    def count(self, topic: str) -> int:
        """Count who wants to hear of a topic."""
        return sum(topic in somebody.topics for somebody in self.people.values())

    def hears(self, person: int, sent: Sent) -> None:
        """React to a message, now and then at once."""
        if self.rng.random() > 0.25:
            return
        somebody, at = self.people[person], self.world.clock.seconds
        what = self.rng.choices(
            ("coming", "not_coming", "unsubscribe", "stop", "block", "language"), (46, 30, 5, 5, 2, 6)
        )[0]
        later = self.rng.choice((self.rng.uniform(2, 60), self.rng.uniform(60, 20_000)))
        self._plan(at + later, somebody, what, sent.topic)

    def act_in_a_mailing(self, topic: str) -> None:
        """Let some of those who wait for a mailing act just now, while it is on its way."""
        waiting = [each for each in self.people.values() if topic in each.topics]
        for _ in range(round(0.015 * len(waiting) + self.rng.random()) if waiting else 0):
            at = self.world.clock.seconds + self.rng.uniform(0.02, len(waiting) / 18)
            what = self.rng.choices(
                ("language", "stop", "unsubscribe", "not_coming", "coming", "block"), (60, 10, 12, 8, 5, 5)
            )[0]
            self._plan(at, self.rng.choice(waiting), what, topic)

    def _choose(self) -> str:
        return self.rng.choices(
            (
                "subscribe",
                "unsubscribe",
                "coming",
                "not_coming",
                "language",
                "stop",
                "block",
                "erase",
                "remind",
            ),
            (26, 12, 16, 12, 16, 8, 3, 2, 8),
        )[0]

    def _plan(self, at: float, somebody: Somebody, what: str, topic: str = "") -> None:
        self.diary.plan(at, lambda: self._act(somebody, what, topic))

    async def _act(self, somebody: Somebody, what: str, topic: str) -> None:
        """Do something, if it makes sense for this person now."""
        if what == "enter" or not somebody.is_here:
            if what == "enter" and not somebody.is_here and not somebody.is_lost:
                await self._enter(somebody)
            return
        match what:
            case "language":
                await self._speak(somebody, self.rng.choice(self._languages))
            case "subscribe":
                await self._subscribe(somebody, self._some_topic(), by=Action.SUBSCRIBE)
            case "remind":
                wanted = [each for each in somebody.topics if each in self._ahead()]
                if wanted:
                    await self._subscribe(somebody, self.rng.choice(sorted(wanted)), by=Action.REMIND)
            case "unsubscribe":
                gone = topic if topic in somebody.topics else self._some_of(somebody)
                if gone:
                    await self._unsubscribe(somebody, gone)
            case "coming" | "not_coming":
                about = topic or self._some_of(somebody)
                if about in self._ahead(with_date=True):
                    await self._answer(somebody, about, what)
            case "stop":
                await self._stop(somebody)
            case "block" | "erase":
                await self._leave(somebody, what)

    async def _enter(self, somebody: Somebody) -> None:
        """Come, or come back: choose a language, agree to messages, choose topics."""
        somebody.is_here = True
        self.world.telegram.blocked.discard(somebody.id)
        await self._speak(somebody, somebody.language)
        for _ in range(self.rng.choices((1, 2, 3), (66, 24, 10))[0]):
            await self._subscribe(somebody, self._some_topic(), by=Action.SUBSCRIBE)

    async def _speak(self, somebody: Somebody, language: str) -> None:
        somebody.language = language
        press = Pressed(ActionButton(Action.CHOOSE_LANGUAGE, language))
        await self._take(somebody, press, ("language", language))

    async def _subscribe(self, somebody: Somebody, topic: str, *, by: Action) -> None:
        if not somebody.has_agreed:
            if self._find(somebody) is None:  # stopped so long ago that the contact has been deleted
                await self._speak(somebody, somebody.language)
            somebody.has_agreed = True
            press = Pressed(ActionButton(Action.AGREE_MESSAGES, topic))
            await self._take(somebody, press, ("agree", ""), ("subscribe", topic))
        else:
            what = "subscribe" if by is Action.SUBSCRIBE else "remind"
            await self._take(somebody, Pressed(ActionButton(by, topic)), (what, topic))
        somebody.topics.add(topic)
        self.subscribed += 1

    async def _unsubscribe(self, somebody: Somebody, topic: str) -> None:
        by = Action.STOP_TOPIC if self.rng.random() < 0.5 and topic in self._ahead() else Action.UNSUBSCRIBE
        if not somebody.has_agreed:
            return
        await self._take(somebody, Pressed(ActionButton(by, topic)), ("unsubscribe", topic))
        somebody.topics.discard(topic)

    async def _answer(self, somebody: Somebody, topic: str, what: str) -> None:
        if not somebody.has_agreed:
            return
        by = Action.COME if what == "coming" else Action.CANNOT_COME
        await self._take(somebody, Pressed(ActionButton(by, topic)), (what, topic))
        if what == "coming":
            somebody.topics.add(topic)

    async def _stop(self, somebody: Somebody) -> None:
        """End every message, in one of the three ways."""
        way: Incoming = self.rng.choice(
            (
                Said(self.rng.choice(self.stop_words), "mark"),
                Said(self.rng.choice(self.stop_words).upper(), "mark"),
                Commanded("stop"),
                Pressed(ActionButton(Action.ALL_OFF)),
            )
        )
        await self._take(somebody, way, ("stop", ""))
        somebody.topics.clear()
        somebody.has_agreed = False
        self._perhaps_return(somebody)

    async def _leave(self, somebody: Somebody, what: str) -> None:
        """Block the bot, of which it hears at once or with the next message; or have everything erased."""
        self.done["block"] += what == "block"
        if what == "block":
            self.world.telegram.blocked.add(somebody.id)
        if what == "block" and self.rng.random() < 0.3:
            self.world.log.deeds.append(Deed(self.world.clock.seconds, somebody.id, "gone"))
            self.done["block, heard of with the next message"] += 1
            somebody.topics.clear()
            somebody.is_here, somebody.has_agreed = False, False
            somebody.is_lost = True  # nobody can press anything while they block the bot
            return
        way: Incoming = BlockedBot() if what == "block" else Pressed(ActionButton(Action.ERASE))
        await self._take(somebody, way, ("gone", ""))
        somebody.topics.clear()
        somebody.is_here, somebody.has_agreed = False, False
        self._perhaps_return(somebody)

    def _perhaps_return(self, somebody: Somebody) -> None:
        async def come_back() -> None:
            if somebody.has_agreed or somebody.is_lost:
                return
            self.done["come back"] += 1
            if somebody.is_here:
                await self._subscribe(somebody, self._some_topic(), by=Action.SUBSCRIBE)
            else:
                await self._enter(somebody)

        if self.rng.random() < 0.6:
            at = self.world.clock.seconds + self.rng.choice((60.0, DAY, 40 * DAY)) * self.rng.uniform(
                0.5, 1.5
            )
            self.diary.plan(at, come_back)

    async def _take(self, somebody: Somebody, incoming: Incoming, *noted: tuple[str, str]) -> None:
        """Take a turn as `bot.turns` does, without its screens, and note it for the oracle."""
        self.done[noted[0][0] if noted[0][0] != "agree" else "subscribe"] += 1
        self.kills.perhaps_while_acting()
        at = await self.world.do(functools.partial(self._turn, somebody.id, incoming))
        for what, argument in noted:
            self.world.log.deeds.append(Deed(at, somebody.id, what, argument))

    def _turn(self, person_id: int, incoming: Incoming, connection: Connection) -> None:
        world, now = self.world, self.world.clock.in_berlin
        contact = contacts.load_contact(connection, world.keys, person_id)
        programme = load_programme(connection, world.first)
        before = Person() if contact is None else Person(
            language=contact.language,
            message_consent=contact.message_consent,
            subscriptions=contact.subscriptions,
            attendance=contact.attendance,
        )  # fmt: skip
        environment = Environment(
            now, world.loaded.catalogues.offered, self._folded, "tag", "seed", programme=programme
        )
        turn = take_turn(world.loaded.content, before, incoming, environment)
        chat = Chat(person_id, "mark", contact, before.language or "de")
        for event in turn.events:
            match event:
                case ScreenShown() | PoppedUp() | DataFileRequested() | CalendarFileRequested():
                    pass
                case _:
                    stored = self.changes.store(
                        connection, chat, turn.person, event, now.date(), 0, programme.seats_of
                    )
                    chat = replace(chat, contact=stored)
        if chat.contact is not None:
            contacts.mark_seen(connection, chat.contact.id, now.date())

    def _find(self, somebody: Somebody) -> contacts.Contact | None:
        with self.world.life.database.reading() as connection:
            return contacts.find_contact(connection, self.world.keys, somebody.id)

    def _ahead(self, *, with_date: bool = False) -> list[str]:
        """List what is still to come."""
        now = self.world.clock.in_berlin
        with self.world.life.database.reading() as connection:
            events = load_programme(connection, self.world.first).events
        return [
            topic
            for topic, event in events.items()
            if (
                isinstance(event, Forum) and event.date is not None and not event.is_over(now)
                if with_date
                else event.is_to_come(now)
            )
        ]

    def _some_topic(self) -> str:
        return self.rng.choices(list(TOPICS), list(TOPICS.values()))[0]

    def _some_of(self, somebody: Somebody) -> str:
        return self.rng.choice(sorted(somebody.topics)) if somebody.topics else ""


# Death


@dataclass
class Killer:
    """Kills the bot so many times in the year, most often while a mailing is on its way."""

    points: Points
    rng: random.Random
    kills: int
    restarts: int
    diary: Diary
    clock: VirtualClock
    restart: Callable[[], Awaitable[None]] = field(default=lambda: asyncio.sleep(0))
    _then: list[tuple[str, int]] = field(default_factory=list)

    def before_mailing(self, people: int) -> None:
        """Arm a kill for a mailing of so many people, or plan a restart, or neither."""
        people = max(people, 1)
        mailings = max(20.0, MAILINGS * (ENDS.timestamp() - 40 * DAY - self.clock.seconds) / (365 * DAY))
        if self.restarts and self.rng.random() < 1.2 * self.restarts / mailings:
            self.restarts -= 1
            self.diary.plan(self.clock.seconds + self.rng.uniform(0.01, people / 18), self.restart)
        while self.kills and self.rng.random() < 0.8 * self.kills / mailings:
            self.kills -= 1
            kind, most = self.rng.choices(
                (("step", 5 * people), ("statement", 22 * people), ("statement", 14 * (1 + people // PAGE))),
                (45, 35, 20),
            )[0]
            self._then.append((kind, self.rng.randint(1, most)))
        self.arm_next()

    def arm_next(self) -> None:
        """Arm the next kill of those that are planned."""
        if self._then and not self.points.armed:
            self.points.arm(*self._then.pop(0))

    def perhaps_while_acting(self) -> None:
        """Kill the bot, now and then, in the turn of somebody."""
        is_late = self.clock.seconds > ENDS.timestamp() - 15 * DAY
        if is_late and self.points.armed:
            self.points.countdown = min(self.points.countdown, self.rng.randint(1, 30))
        elif self.kills and not self.points.armed and (is_late or self.rng.random() < 0.003):
            self.kills -= 1
            self.points.arm("statement", self.rng.randint(1, 30))

    def perhaps_while_changing(self) -> None:
        """Kill the bot, now and then, while the staff change something."""
        if self.kills and not self.points.armed and self.rng.random() < 0.04:
            self.kills -= 1
            self.points.arm("statement", self.rng.randint(1, 40))


# The year


@dataclass
class Year:
    """The world with everybody in it."""

    world: World
    diary: Diary
    crowd: Crowd
    staff: Staff
    killer: Killer

    async def live(self) -> None:
        """Live through it, minute by minute."""
        world, clock = self.world, self.world.clock
        await world.begin()
        self.killer.restart = world.restart
        self.staff.begin()
        self.crowd.begin()
        began, tidy_at = clock.seconds, clock.seconds
        for number in range(MINUTES):
            minute = began + MINUTE * number
            if clock.seconds < minute or world.life.running.done():
                await world.pass_until(minute)
            if world.life.look is None or (world.life.look[0] or ENDS) <= clock():
                self._expect_mailing()
            await world.tick()
            if world.is_busy:
                world.look_for_rest()
            if minute >= tidy_at:
                tidy_at += world.rng.uniform(0.1, 0.4) * DAY
                await world.tidy()
            while (planned := self.diary.next_before(minute + MINUTE)) is not None:
                await world.pass_until(planned.at)
                await planned.do()
        for _ in range(self.killer.restarts):
            await world.restart()
        while world.is_busy:
            await world.pass_until(clock.seconds + MINUTE)
            world.look_for_rest()
        await world.end()

    def _expect_mailing(self) -> None:
        """Be ready when something is due."""
        if self.world.life.is_dead:
            return
        with self.world.life.database.reading() as connection:
            rows = connection.execute(
                text("SELECT topic FROM reminder WHERE state = 'waiting' AND due_at <= :now"),
                {"now": self.world.clock().strftime("%Y-%m-%d %H:%M:%S.%f")},
            ).all()
        if rows and not self.world.telegram.is_away:
            self.world.telegram.answer_poll()
            people = sum(self.crowd.count(row.topic) for row in rows)
            self.killer.before_mailing(people)
            for row in rows:
                self.crowd.act_in_a_mailing(row.topic)


def _make_first(loaded: LoadedContent, rng: random.Random) -> Programme:
    """Make the first programme: some dates are open, some are not."""
    forums = {}
    for number, code in enumerate(loaded.content.programme.forums):
        wall = dt.datetime(2027, 2, 1, 18, tzinfo=BERLIN) + dt.timedelta(days=rng.randint(0, 40))
        meeting = Meeting(wall, f"Schule {number}") if number % 2 else None
        forums[code] = Forum(meeting)
    sitting = dt.datetime(2027, 3, 18, 17, tzinfo=BERLIN)
    return Programme(forums, Council(Meeting(sitting, "Rathaus", None, "Großer Saal")))


def _make_year(url: str, people_count: int, deaths: int, seed: int) -> Year:
    rng = random.Random(seed)
    clock, keys, loaded = VirtualClock(BEGINS), make_keys(), in_five_languages()  # texts tell them apart
    log = Log(ends=ENDS.timestamp())
    reader = Reader(loaded.catalogues, loaded.content.programme.forums)
    telegram = Telegram(clock, random.Random(rng.random()), log, reader, silence_left=12)
    first = _make_first(loaded, rng)
    loaded = replace(loaded, content=replace(loaded.content, programme=first))
    world = World(url, loaded, keys, clock, random.Random(rng.random()), log, telegram)
    people = {
        FIRST_ID + number: Somebody(FIRST_ID + number, rng.choice(reader.languages))
        for number in range(people_count)
    }
    world.person_of = {keys.person_mac(person): person for person in people}
    diary = Diary()
    restarts = deaths // 5
    killer = Killer(world.points, random.Random(rng.random()), deaths - restarts, restarts, diary, clock)
    crowd = Crowd(world, diary, random.Random(rng.random()), people, killer)
    middle = instant_of(dt.datetime(2027, 7, 15))  # noqa: DTZ001 - the oracle has its own zone
    settled = {topic: middle + rng.uniform(0, 130) * DAY for topic in first.events}
    settled[LATE_FORUM] = instant_of(dt.datetime.combine(CLOCK_CHANGES[-1], dt.time(12)))
    staff = Staff(world, diary, random.Random(rng.random()), settled, crowd, killer)
    telegram.landed = crowd.hears
    world.between_pages = staff.change_between_pages
    world.reborn = killer.arm_next
    return Year(world, diary, crowd, staff, killer)


@contextmanager
def _seeded_ids(seed: int) -> Iterator[None]:
    """Let the ids of contacts follow from the seed: they are the order in which people are written to."""
    rng = random.Random(seed)
    with patch("storage.contacts.secrets.token_hex", lambda size: rng.randbytes(size).hex()):
        yield


@contextmanager
def _counted_logs() -> Iterator[Counter[str]]:
    """Count what the bot logs, and print nothing."""
    counted: Counter[str] = Counter()

    def count(_logger: Any, level: str, event: dict[str, Any]) -> Any:
        counted[f"{level}: {event['event']}"] += 1
        raise structlog.DropEvent

    structlog.configure(processors=[count])
    yield counted


def test_everybody_gets_exactly_what_the_rules_name(sqlite_template: Path, full: bool) -> None:
    people, deaths = (2_000, 100) if full else (400, 25)
    folder = make_quick_folder()
    shutil.copy(sqlite_template, folder / "mitreden.db")
    year = _make_year(f"sqlite:///{folder / 'mitreden.db'}", people, deaths, SEED)
    loop = VirtualLoop(year.world.clock)
    loop.set_exception_handler(lambda *_: None)  # tasks of dead processes
    began = time.perf_counter()
    with _counted_logs() as logs, _seeded_ids(SEED), patch("bot.schedule.PAGE", PAGE):
        try:
            loop.run_until_complete(year.live())
        finally:
            loop.close()
            shutil.rmtree(folder)
    lived = time.perf_counter() - began
    verdict = Oracle(year.world.log, _say_day).judge()
    _print(year, verdict, logs, lived, time.perf_counter() - began - lived)
    assert year.world.ticks == MINUTES
    assert year.world.kills.total() == deaths
    assert not {name: wrong[:5] for name, wrong in verdict.wrong.items()}
    assert verdict.in_the_room < MOST_IN_THE_ROOM * verdict.due.total()
    assert not [name for name in logs if name.startswith(("error", "critical"))]
    assert year.world.most_in_flight <= IN_FLIGHT
    assert verdict.days_out >= {day - dt.timedelta(days=1) for day in CLOCK_CHANGES}
    assert {"week", "day", "hours", "thanks", "report"} < verdict.due.keys()  # a year in which much happened


def _say_day(day: dt.date, language: str) -> str:
    found = find_language(language)
    assert found is not None
    return format_date(day, format="full", locale=found.babel_locale)


def _print(year: Year, verdict: Verdict, logs: Counter[str], lived: float, judged: float) -> None:
    world, due = year.world, verdict.due.total()
    print(f"\nthe virtual year, seed {SEED}: {lived:.0f} s to live, {judged:.0f} s to judge")
    print(f"  {world.ticks} ticks, {len(year.crowd.people)} people, {year.crowd.subscribed} subscriptions")
    print(f"  deeds {dict(year.crowd.done)}")
    print(f"  changes {year.staff.done.total()}: {dict(year.staff.done)}")
    in_the_night = sum(is_night(change.at) for change in world.log.staff)
    print(
        f"  of these in the night {in_the_night}; {len(world.log.outages)} outages,"
        f" {len(world.log.silences)} times 429"
    )
    print(f"  deaths {world.kills.total()}: {dict(world.kills)}; most in flight {world.most_in_flight}")
    print(f"  {verdict.occasions} mailings, messages {len(world.log.sent)}: {dict(verdict.sent)}")
    print(f"  due {due}: {dict(verdict.due)}")
    print(f"  counted by the bot {dict(world.counters)}; dropped {dict(world.dropped)}; logs {dict(logs)}")
    print(
        f"  doubled in flight at a kill {verdict.doubled_in_flight}; acted while it was on its way"
        f" {verdict.in_the_room} ({verdict.in_the_room / max(due, 1):.2%}); left out because the staff"
        f" overtook it {verdict.overtaken}, because it was too late {verdict.expired}"
    )
    for name in (
        "missing",
        "not due",
        "after the event",
        "after a stop",
        "in another language",
        "in the night",
        "doubled",
        "in other words",
    ):
        print(f"  {name}: {len(verdict.wrong.get(name, []))}")
        for wrong in verdict.wrong.get(name, [])[:12]:
            print(f"    {wrong}")
