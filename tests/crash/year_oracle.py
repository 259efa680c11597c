"""Who must get what in the virtual year, worked out from the rules and from what people and staff did.

Written from the issue and from content design §6 and §7 alone, to judge a bot that it does not know: it
has its own arithmetic of Berlin's clock, its own idea of who is told what, and of what people have in
mind after several changes. It must not import `conversations.reminders`, `storage.audience` or
`storage.reminders`.

The rules, as they are read here:

* A week before at 10, the day before at 17 (calendar days), to all who subscribed but those who cannot
  come; two hours before (of real time), to those who come, and not at all where that lies in the night.
  The council has only the day before. What has passed when a date is set is not made up for.
* A change of date, time or place is told to all who subscribed, also to those who cannot come, at once
  or at 8 where it was made in the night. It says what holds now, and every meeting that anybody may have
  in mind and that no longer holds. Where all have in mind what holds, nothing is said; so a date that is
  moved and moved back before anybody was told is not told. The end of a meeting is not told, and a
  change of it alone takes nothing away from anybody.
* After a forum: thanks at 10 on the next day from Monday to Friday; the report when the staff give it,
  instead of the thanks if they are not out yet, also to those who subscribed to the results.
* Nothing between 21 and 8, nothing before its time, nothing after the meeting but thanks and report.
  A day's reminder is true until 21 of that day, "in two hours" until one hour before.
* A new date after a cancellation asks anew who comes, unless it is the old one. Whoever subscribes to a
  forum again that they said they cannot come to wants to hear of it again.

Where the rules leave room: a mailing takes time (20 messages a second), and somebody who stops, subscribes
or answers in these seconds may get the message or not, whichever comes first. Such people are counted. A
mailing that the staff overtake, or that the night or the beginning of the meeting cut off, may stay half
done: then the other half must not get it any more.
"""

from __future__ import annotations

import bisect
import datetime as dt
import functools
import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace

COUNCIL = "council"
RESULTS = "results"

#: So many messages leave in a second at least, where 20 are meant to: the seconds of a mailing follow.
PER_SECOND = 15.0
#: What a mailing may take beyond that: the tick comes once a minute, requests take a moment.
SLACK = 75.0
#: After Telegram was away, what had been tried waits for so long at most (the longest pause).
AFTER_OUTAGE = 330.0
#: A deed within so many seconds of a message may have been before or after it.
AT_ONCE = 1.0
DAY = 86_400.0

_EPOCH = dt.datetime(1970, 1, 1)  # noqa: DTZ001 - reckons without zones, on purpose unlike the bot


# Berlin's clock


def _last_sunday(year: int, month: int) -> dt.datetime:
    day = dt.datetime(year, month, 31)  # noqa: DTZ001 - as above
    while day.weekday() != 6:
        day -= dt.timedelta(days=1)
    return day


@functools.cache
def _summer(year: int) -> tuple[float, float]:
    """Say when summer time begins and ends: at 1:00 UTC on the last Sundays of March and October."""
    return tuple((_last_sunday(year, month) - _EPOCH).total_seconds() + 3600 for month in (3, 10))  # type: ignore[return-value]  # two of them


def offset(instant: float) -> int:
    """Say how many seconds Berlin is ahead of UTC."""
    begins, ends = _summer((_EPOCH + dt.timedelta(seconds=instant)).year)
    return 7200 if begins <= instant < ends else 3600


def wall_of(instant: float) -> dt.datetime:
    """Read Berlin's clock."""
    return _EPOCH + dt.timedelta(seconds=instant + offset(instant))


def instant_of(wall: dt.datetime) -> float:
    """Say when Berlin's clock shows this. Nobody meets in the hour that does not exist or exists twice."""
    seconds = (wall - _EPOCH).total_seconds()
    return seconds - offset(seconds - 5400)


def is_night(instant: float) -> bool:
    """Whether nothing may be sent: 21 to 8."""
    return not 8 <= wall_of(instant).hour < 21


def after_night(instant: float) -> float:
    """Put off to 8 in the morning what falls into the night."""
    if not is_night(instant):
        return instant
    wall = wall_of(instant)
    day = wall.date() + dt.timedelta(days=1 if wall.hour >= 21 else 0)
    return _at(day, 8)


def _at(day: dt.date, hour: int) -> float:
    return instant_of(dt.datetime(day.year, day.month, day.day, hour))  # noqa: DTZ001 - as above


# What was done, and what was sent


@dataclass(frozen=True)
class Date:
    """When and where, by Berlin's clock, as it is told."""

    starts: dt.datetime
    where: str


@dataclass(frozen=True)
class State:
    """A meeting as the staff have planned it."""

    date: Date | None = None
    ends: dt.datetime | None = None
    is_cancelled: bool = False
    report: str = ""

    @property
    def says(self) -> Date | str:
        """What people have in mind who know the latest."""
        if self.is_cancelled:
            return "cancelled"
        return "open" if self.date is None else self.date


@dataclass(frozen=True)
class StaffChange:
    """The staff changed something."""

    at: float
    topic: str
    state: State


@dataclass(frozen=True)
class Deed:
    """Somebody did something: `language`, `agree`, `subscribe`, `remind`, `unsubscribe`, `coming`,
    `not_coming`, `stop`, `gone` (blocked or erased).
    """  # fmt: skip

    at: float
    person: int
    what: str
    argument: str = ""


@dataclass(frozen=True)
class Break:
    """A time in which nothing was sent: Telegram away, the bot silenced, or dead."""

    begins: float
    ends: float
    in_flight: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Told:
    """A date as a message names it: day, time and place in the words of its language."""

    day: str
    time: str
    place: str


@dataclass(frozen=True)
class Sent:
    """A message that somebody got, and what it says. `kind` is one of the texts, see `Occasion`."""

    at: float
    person: int
    kind: str
    topic: str
    language: str
    dates: tuple[Told, ...] = ()
    link: str = ""


@dataclass
class Log:
    """Everything that happened until `ends`."""

    ends: float = float("inf")
    first: dict[str, State] = field(default_factory=dict)
    staff: list[StaffChange] = field(default_factory=list)
    deeds: list[Deed] = field(default_factory=list)
    sent: list[Sent] = field(default_factory=list)
    kills: list[Break] = field(default_factory=list)
    outages: list[Break] = field(default_factory=list)
    silences: list[Break] = field(default_factory=list)


# People


@dataclass(frozen=True)
class Standing:
    """What holds for somebody at a time."""

    language: str | None = None
    has_agreed: bool = False
    topics: frozenset[str] = frozenset()
    coming: frozenset[str] = frozenset()
    not_coming: frozenset[str] = frozenset()

    def after(self, what: str, argument: str) -> Standing:
        """Say what holds after a deed."""
        match what:
            case "language":
                return replace(self, language=argument)
            case "agree":
                return replace(self, has_agreed=True)
            case "subscribe" if argument in self.topics:
                return self
            case "subscribe" | "remind":
                left = self.not_coming - {argument}
                return replace(self, topics=self.topics | {argument}, not_coming=left)
            case "unsubscribe":
                return replace(self, topics=self.topics - {argument})
            case "coming":
                topics, coming = self.topics | {argument}, self.coming | {argument}
                return replace(self, topics=topics, coming=coming, not_coming=self.not_coming - {argument})
            case "not_coming":
                left = self.coming - {argument}
                return replace(self, coming=left, not_coming=self.not_coming | {argument})
            case "asked anew":
                return replace(self, coming=self.coming - {argument}, not_coming=self.not_coming - {argument})
            case "stop":
                return Standing(language=self.language)
            case "gone":
                return Standing()
        raise ValueError(what)

    @property
    def may_be_written_to(self) -> bool:
        """Whether there is consent, and a language to write in."""
        return self.has_agreed and self.language is not None


class Line:
    """The life of one person: what holds from when on."""

    def __init__(self, deeds: Iterable[Deed]) -> None:
        self.times = [float("-inf")]
        self.standings = [Standing()]
        for deed in deeds:
            after = self.standings[-1].after(deed.what, deed.argument)
            if after != self.standings[-1]:
                self.times.append(deed.at)
                self.standings.append(after)

    def at(self, instant: float) -> Standing:
        """Say what held at a time."""
        return self.standings[bisect.bisect_right(self.times, instant) - 1]

    def within(self, begins: float, ends: float) -> list[Standing]:
        """List all that held at some time between."""
        first = bisect.bisect_right(self.times, begins) - 1
        return self.standings[first : bisect.bisect_right(self.times, ends)]


# What is due


@dataclass
class Occasion:
    """Something that is told once to everybody whom `reaches` names.

    `kinds` are the texts that say it: `date_set`, `changed`, `cancelled`, `week`, `day`, `hours`, `thanks`,
    `report`. It is on its way from `begins` to `ends`, never from `expires` on, nor after the staff
    overtook it (`overtaken`). `now` is the date it names, `before` the ones that hold no longer: those it
    must name, and those it may.
    """

    name: str
    kinds: frozenset[str]
    topic: str
    begins: float
    expires: float
    reaches: Callable[[Standing], bool]
    now: Date | None = None
    before: frozenset[Date] = frozenset()
    before_at_most: frozenset[Date] = frozenset()
    link: str = ""
    overtaken: float = float("inf")
    ends: float = 0.0
    is_optional: bool = False
    got: dict[int, float] = field(default_factory=dict)

    @property
    def cut_off_at(self) -> float:
        """When nobody gets it any more, whether or not everybody has."""
        return min(self.overtaken, self.expires)


def _subscribers(topic: str) -> Callable[[Standing], bool]:
    return lambda one: one.may_be_written_to and topic in one.topics


def _interested(topic: str) -> Callable[[Standing], bool]:
    return lambda one: one.may_be_written_to and topic in one.topics and topic not in one.not_coming


def _comers(topic: str) -> Callable[[Standing], bool]:
    return lambda one: one.may_be_written_to and topic in one.topics and topic in one.coming


def _readers(topic: str) -> Callable[[Standing], bool]:
    return lambda one: _interested(topic)(one) or (one.may_be_written_to and RESULTS in one.topics)


# The judgement


@dataclass
class Verdict:
    """What was wrong, each with the words that say it; and what was counted."""

    wrong: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    due: Counter[str] = field(default_factory=Counter)
    sent: Counter[str] = field(default_factory=Counter)
    doubled_in_flight: int = 0
    in_the_room: int = 0
    overtaken: int = 0
    expired: int = 0
    occasions: int = 0
    days_out: set[dt.date] = field(default_factory=set)


class Oracle:
    """Works out what was due, and compares. `say_day` writes a day in a language, with its weekday."""

    def __init__(self, log: Log, say_day: Callable[[dt.date, str], str]) -> None:
        self.log = log
        log.staff.sort(key=lambda change: change.at)
        self.say_day = say_day
        self.verdict = Verdict()
        self.lines = self._live()
        self._sent_of: defaultdict[str, list[Sent]] = defaultdict(list)
        for one in sorted(log.sent, key=lambda sent: sent.at):
            self._sent_of[one.topic].append(one)
        self.occasions = self._list_occasions()
        self._time_mailings()

    def judge(self) -> Verdict:
        """Hold every message against what was due."""
        by_topic: defaultdict[str, list[Occasion]] = defaultdict(list)
        for occasion in self.occasions:
            by_topic[occasion.topic].append(occasion)
        for topic, sent in self._sent_of.items():
            for one in sent:
                self._judge_message(one, by_topic[topic])
        for occasion in self.occasions:
            self._judge_audience(occasion)
        self.verdict.occasions = len(self.occasions)
        return self.verdict

    # What happened to people

    def _live(self) -> dict[int, Line]:
        deeds: defaultdict[int, list[Deed]] = defaultdict(list)
        for deed in self.log.deeds:
            deeds[deed.person].append(deed)
        anew = [Deed(at, 0, "asked anew", topic) for at, topic in self._asked_anew()]
        return {person: Line(sorted((*done, *anew), key=_when)) for person, done in deeds.items()}

    def _asked_anew(self) -> Iterator[tuple[float, str]]:
        """List when a cancelled forum got another date, so that everybody is asked anew."""
        states = dict(self.log.first)
        for change in self.log.staff:
            before, states[change.topic] = states[change.topic], change.state
            is_back = before.is_cancelled and not change.state.is_cancelled
            if is_back and before.date != change.state.date:
                yield change.at, change.topic

    # What was due

    def _list_occasions(self) -> list[Occasion]:
        occasions: list[Occasion] = []
        for topic, first in self.log.first.items():
            changes = [change for change in self.log.staff if change.topic == topic]
            occasions += self._news(topic, first, changes)
            occasions += self._timed(topic, first, changes)
            if topic != COUNCIL:
                occasions += self._reports(topic, first, changes)
        occasions = [occasion for occasion in occasions if occasion.begins < self.log.ends - DAY / 24]
        return sorted(occasions, key=lambda occasion: occasion.begins)

    def _news(self, topic: str, first: State, changes: list[StaffChange]) -> Iterator[Occasion]:
        """Follow what people have in mind. `known` says of each date whether somebody surely has it."""
        known: dict[Date | str, bool] = {first.says: True}
        current, pending = first, None
        for change in changes:
            at, state = change.at, change.state
            before, current = current, state
            if state.says == before.says:
                continue
            if pending is not None:
                known = self._known_after(known, before.says, pending, at)
                pending.overtaken = at
            pending = _find_news(topic, state, before, known, at)
            if pending is not None:
                yield pending

    def _known_after(
        self, known: dict[Date | str, bool], told: Date | str, pending: Occasion, at: float
    ) -> dict[Date | str, bool]:
        """Say what people have in mind when a change overtakes the news of the one before."""
        got = {
            one.person: one.at
            for one in self._sent_of[pending.topic]
            if one.kind in pending.kinds
            and pending.begins <= one.at <= at
            and (pending.now is None or self._names(one, pending.now))
        }
        waited_for = [
            person
            for person, line in self.lines.items()
            if all(map(pending.reaches, line.within(pending.begins, at)))
        ]
        if not got and at <= math.ceil(pending.begins / 60) * 60:
            return known
        if not got and waited_for:
            return {told: False} | known  # it is on its way, and somebody may have left just now
        if all(person in got for person in waited_for):
            # Of the last one it may not be known yet that it has arrived.
            last = max(got.values(), default=float("-inf"))
            doubted = dict.fromkeys(known, False) if at - last < 5 * AT_ONCE else {}
            return doubted | {told: True}
        return known | {told: True}

    def _timed(self, topic: str, first: State, changes: list[StaffChange]) -> Iterator[Occasion]:
        """What follows from a date, as long as it holds."""
        spans: list[tuple[float, State]] = [(float("-inf"), first)]
        for change in changes:
            if change.state.says == spans[-1][1].says:
                spans[-1] = (spans[-1][0], change.state)
            else:
                spans.append((change.at, change.state))
        ends = [at for at, _ in spans[1:]] + [float("inf")]
        for (since, state), until in zip(spans, ends, strict=True):
            if isinstance(state.says, Date):
                for occasion in _follow(topic, state.says, state.ends):
                    if since < occasion.begins < until:
                        occasion.overtaken = until
                        if occasion.name == "thanks" and state.report:
                            given = next(each.at for each in changes if each.state.report)
                            occasion.overtaken = min(until, given)
                            if given <= occasion.begins:
                                continue
                        yield occasion

    def _reports(self, topic: str, first: State, changes: list[StaffChange]) -> Iterator[Occasion]:
        before = first
        for change in changes:
            if change.state.report and not before.report:
                begins = after_night(change.at)
                yield Occasion(
                    "report",
                    frozenset({"report"}),
                    topic,
                    begins,
                    begins + 14 * DAY,
                    _readers(topic),
                    link=change.state.report,
                )
            before = change.state

    def _time_mailings(self) -> None:
        """Work out by when each mailing is over: one follows the other, at an even pace."""
        nights = [Break(_at(day, 21), _at(day + dt.timedelta(days=1), 8)) for day in _days()]
        deaths = [Break(kill.begins, kill.ends + 3) for kill in self.log.kills]
        outages = [Break(out.begins, out.ends + AFTER_OUTAGE) for out in self.log.outages]
        breaks = sorted([*nights, *deaths, *outages, *self.log.silences], key=lambda one: one.begins)
        free_at = float("-inf")
        for occasion in self.occasions:
            people = sum(occasion.reaches(line.at(occasion.begins)) for line in self.lines.values())
            begins = max(free_at, occasion.begins)
            free_at = _work_through(begins, people / PER_SECOND, breaks)
            occasion.ends = _work_through(begins, people / PER_SECOND + SLACK, breaks)

    # What was sent

    def _judge_message(self, one: Sent, occasions: list[Occasion]) -> None:
        verdict = self.verdict
        verdict.sent[one.kind] += 1
        line = self.lines.get(one.person)
        recent = [] if line is None else line.within(one.at - AT_ONCE, one.at)
        if is_night(one.at):
            verdict.wrong["in the night"].append(_describe(one))
        if one.language not in {standing.language for standing in recent}:
            verdict.wrong["in another language"].append(_describe(one))
        found = [occasion for occasion in occasions if self._may_be(one, occasion)]
        fresh = [occasion for occasion in found if one.person not in occasion.got]
        if not found:
            wanted = any(_wants(standing, one.topic, one.kind) for standing in recent)
            late = any(
                one.kind in occasion.kinds
                and occasion.now is not None
                and one.at >= instant_of(occasion.now.starts)
                and self._names(one, occasion.now)
                for occasion in occasions
            )
            why = "after a stop" if not wanted else "after the event" if late else "not due"
            verdict.wrong[why].append(_describe(one))
        elif not fresh:
            earlier = found[-1].got[one.person]
            if any(
                one.person in kill.in_flight and earlier <= kill.begins <= one.at for kill in self.log.kills
            ):
                verdict.doubled_in_flight += 1
            else:
                verdict.wrong["doubled"].append(f"{_describe(one)}; first at {wall_of(earlier)}")
        else:
            occasion = fresh[0]
            occasion.got[one.person] = one.at
            if not any(map(occasion.reaches, recent)):
                wanted = any(_wants(standing, one.topic, one.kind) for standing in recent)
                verdict.wrong["not due" if wanted else "after a stop"].append(_describe(one))
            if not self._says_it(one, occasion):
                verdict.wrong["in other words"].append(f"{_describe(one)}; due {occasion}")

    def _may_be(self, one: Sent, occasion: Occasion) -> bool:
        return (
            one.kind in occasion.kinds
            and occasion.begins <= one.at <= occasion.ends
            and one.at <= occasion.overtaken + AT_ONCE
            and one.at < occasion.expires
            and (occasion.now is None or self._names(one, occasion.now))
        )

    def _names(self, one: Sent, date: Date) -> bool:
        return one.dates[:1] == (self._tell(date, one.language),)

    def _says_it(self, one: Sent, occasion: Occasion) -> bool:
        if one.link != occasion.link:
            return False
        told = set(one.dates if occasion.now is None else one.dates[1:])
        if len(told) != len(one.dates) - (occasion.now is not None):
            return False
        if one.kind == "date_set":
            return not told
        must = {self._tell(date, one.language) for date in occasion.before}
        may = {self._tell(date, one.language) for date in occasion.before_at_most}
        return must <= told <= may

    def _tell(self, date: Date, language: str) -> Told:
        return Told(self.say_day(date.starts.date(), language), f"{date.starts:%H:%M}", date.where)

    def _judge_audience(self, occasion: Occasion) -> None:
        """Look for those who should have got it and did not."""
        verdict = self.verdict
        last = min(occasion.ends, occasion.cut_off_at)
        for person, line in self.lines.items():
            got = occasion.got.get(person)
            held = line.within(occasion.begins, last)
            wanted = [occasion.reaches(standing) for standing in held]
            if got is not None:
                verdict.due[occasion.name] += 1
                if occasion.name == "day":
                    verdict.days_out.add(wall_of(got).date())
                if not wanted[0]:
                    verdict.in_the_room += 1  # subscribed while it was going out, and got it
            elif not any(wanted) or occasion.is_optional:
                continue
            elif not all(wanted) or (
                # through the forum or as a reader of results: whoever changes from one to the other just now
                occasion.name == "report" and len(set(map(_interested(occasion.topic), held))) > 1
            ):
                verdict.in_the_room += 1  # did something while it was going out, and did not get it
            elif occasion.ends > occasion.overtaken:
                verdict.overtaken += 1
            elif occasion.ends > occasion.expires:
                verdict.expired += 1
            else:
                verdict.wrong["missing"].append(
                    f"{occasion.name} of {occasion.topic} to {person} at {wall_of(occasion.begins)}"
                )


def _find_news(
    topic: str, state: State, before: State, known: dict[Date | str, bool], at: float
) -> Occasion | None:
    """Say what has to be told about a change, if anything."""
    others = {each: is_sure for each, is_sure in known.items() if each != state.says}
    dates = frozenset(each for each in others if isinstance(each, Date))
    sure = frozenset(each for each in dates if others[each])
    if not others or state.says == "open" or (state.is_cancelled and not dates):
        return None
    begins = after_night(at)
    if state.is_cancelled:
        kinds = {"cancelled"}
        # A date that was set and never told is cancelled too: nobody goes there after it.
        over = [each.starts for each in dates | ({state.date} if state.date is not None else set())]
        expires, now = instant_of(max(over)), None
    else:
        assert isinstance(state.says, Date)
        kinds, expires, now = set(), instant_of(state.says.starts), state.says
        if "cancelled" in others or not dates:
            kinds.add("date_set")
        if dates and not others.get("cancelled", False):
            kinds.add("changed")
            if "open" in others:
                kinds.add("date_set")
    if begins >= expires:
        return None
    name = "news: " + " or ".join(sorted(kinds))
    return Occasion(
        name,
        frozenset(kinds),
        topic,
        begins,
        expires,
        _subscribers(topic),
        now=now,
        before=sure,
        before_at_most=dates,
        is_optional=not any(others.values()),
    )


def _follow(topic: str, date: Date, ends: dt.datetime | None) -> Iterator[Occasion]:
    """List what follows from a date."""
    starts, day = date.starts, date.starts.date()
    begins = instant_of(starts)
    eve, week = day - dt.timedelta(days=1), day - dt.timedelta(days=7)
    yield Occasion(
        "day",
        frozenset({"date_set" if topic == COUNCIL else "day"}),
        topic,
        _at(eve, 17),
        _at(eve, 21),
        _interested(topic),
        now=date,
    )
    if topic == COUNCIL:
        return
    yield Occasion(
        "week", frozenset({"week"}), topic, _at(week, 10), _at(week, 21), _interested(topic), now=date
    )
    if not is_night(begins - 7200):
        yield Occasion(
            "hours", frozenset({"hours"}), topic, begins - 7200, begins - 3600, _comers(topic), now=date
        )
    last = (ends or wall_of(begins + 3 * 3600)).date() + dt.timedelta(days=1)
    while last.weekday() > 4:
        last += dt.timedelta(days=1)
    yield Occasion(
        "thanks", frozenset({"thanks"}), topic, _at(last, 10), _at(last, 10) + 14 * DAY, _interested(topic)
    )


def _wants(standing: Standing, topic: str, kind: str) -> bool:
    """Whether somebody wants to hear anything about a topic."""
    wanted = topic in standing.topics or (kind == "report" and RESULTS in standing.topics)
    return standing.may_be_written_to and wanted


def _work_through(begins: float, seconds: float, breaks: list[Break]) -> float:
    """Say when work of so many seconds is done that stands still in every break."""
    ends = begins + seconds
    for each in breaks:
        if each.begins < ends and each.ends > begins:
            ends += each.ends - max(each.begins, begins)
    return ends


def _days() -> Iterator[dt.date]:
    day = dt.date(2026, 12, 30)
    while day < dt.date(2028, 1, 3):
        yield day
        day += dt.timedelta(days=1)


def _when(deed: Deed) -> float:
    return deed.at


def _describe(one: Sent) -> str:
    dates = ", ".join(f"{date.day} {date.time} {date.place}" for date in one.dates)
    when = f"{wall_of(one.at):%d.%m. %H:%M:%S}"
    return f"{when} {one.kind} of {one.topic} to {one.person} ({one.language}): {dates}"
