"""The world of the virtual year: time that only passes when told, a network, and a bot that can be killed.

Real are the database and what `build_app` joins: `Schedule`, `Delivery`, `Pushes`, `ClockCheck`, the
catalogues. They run on an event loop whose time is the virtual clock, so that every pause, lease and pace is
kept, and none is waited for. Telegram is a ledger that outlives the bot. Where a transaction of the bot
has not changed anything since, the look at the next due time is answered from memory: that makes an idle
minute cheap.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import random
import re
import selectors
import sqlite3
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from email.utils import format_datetime
from types import SimpleNamespace
from typing import Any, ClassVar, TypeVar
from unittest.mock import patch
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, text
from telegram.error import Forbidden, NetworkError

from bot.app import build_app
from bot.catalogues import Catalogues
from bot.content import LoadedContent
from bot.mailing_words import MailingWords
from bot.pushes import Pushes
from bot.schedule import Schedule
from bot.transport import FloodWait
from conversations.programme import Programme
from conversations.reminders import is_quiet
from storage.database import Database
from storage.keyring import KeyRing
from storage.reminders import next_reminder_due_at
from tests.crash.year_oracle import Break, Log, Sent, Told
from tests.support.unpaced import Unpaced

BERLIN = ZoneInfo("Europe/Berlin")
MINUTE = 60.0
#: A request takes so long, there and back.
FASTEST, SLOWEST = 0.03, 0.3
#: A new process needs so long.
SHORTEST_DEATH, LONGEST_DEATH = 0.5, 4.0
#: Committing a page takes so long; meanwhile Delivery goes on.
PAGE_SECONDS = 0.05
#: More pages than this are never put out in one tick.
MOST_PAGES = 500

_T = TypeVar("_T")


class EndlessError(BaseException):
    """What the bot does would never end."""


class Crash(BaseException):
    """The process dies here. Nothing may catch this."""


class VirtualClock:
    """Seconds since 1970, as far as anybody in this world knows."""

    def __init__(self, begins: dt.datetime) -> None:
        self.seconds = begins.timestamp()

    def __call__(self) -> dt.datetime:
        return dt.datetime.fromtimestamp(round(self.seconds, 6), dt.UTC)

    @property
    def in_berlin(self) -> dt.datetime:
        """The same in the time zone of the programme."""
        return self().astimezone(BERLIN)

    def jump(self, seconds: float) -> None:
        """Let it be later at once."""
        self.seconds = max(self.seconds, seconds)


class _NoWaiting(selectors.BaseSelector):
    """Nothing is ever ready; what is waited for passes on the virtual clock."""

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock

    def register(self, *_: Any) -> Any:
        return None

    def unregister(self, *_: Any) -> Any:
        return None

    def get_map(self) -> dict[Any, Any]:
        return {}

    def get_key(self, fileobj: Any) -> Any:
        raise KeyError(fileobj)

    def select(self, timeout: float | None = None) -> list[Any]:
        if timeout is None:
            raise RuntimeError("everybody waits for somebody else")
        if timeout > 0:
            self._clock.seconds += timeout
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop that lives by a virtual clock."""

    def __init__(self, clock: VirtualClock) -> None:
        super().__init__(_NoWaiting(clock))
        self._virtual_clock = clock
        self._clock_resolution = 1e-5

    def time(self) -> float:
        return self._virtual_clock.seconds


# Reading messages


@dataclass(frozen=True)
class _Opening:
    words: str
    kind: str
    language: str


class Reader:
    """Reads what a message says, in whatever language, by the texts of the catalogues."""

    _KINDS: ClassVar = {
        "rem.date_set": "date_set",
        "rem.changed": "changed",
        "rem.cancelled": "cancelled",
        "rem.d7": "week",
        "rem.d1": "day",
        "rem.h2": "hours",
        "rem.after": "thanks",
        "ann.council_date": "date_set",
        "ann.council_date_changed": "changed",
    }

    def __init__(self, catalogues: Catalogues, field_codes: Iterable[str]) -> None:
        self.catalogues = catalogues
        self.languages = [language.code for language in catalogues.offered]
        self._openings = sorted(
            (
                _Opening(self._find(code, key).partition("{")[0].rstrip(), kind, code)
                for code in self.languages
                for key, kind in self._KINDS.items()
            ),
            key=lambda opening: -len(opening.words),
        )
        assert len({opening.words for opening in self._openings}) == len(self._openings)
        self._names = {
            code: {field: self._find(code, f"forum.name.{field}") for field in field_codes}
            for code in self.languages
        }
        self._when = {code: self._when_pattern(code) for code in self.languages}
        self._last = {code: self._find(code, "rem.btn.stop_all") for code in self.languages}
        self._read: dict[tuple[str, str], Sent] = {}

    def read(self, words: str, last_button: str) -> Sent:
        """Read a message. Raises: ValueError where it is none of ours."""
        found = self._read.get((words, last_button))
        if found is None:
            found = self._read[words, last_button] = self._parse(plain(words), plain(last_button))
        return found

    def _parse(self, words: str, last_button: str) -> Sent:
        opening = next((each for each in self._openings if words.startswith(each.words)), None)
        if opening is None:
            raise ValueError(f"nobody knows this message: {words!r}")
        language, kind = opening.language, opening.kind
        if last_button != self._last[language]:
            raise ValueError(f"the last button is {last_button!r}, not that of {language}")
        lines = words.split("\n")
        topics = [f"forum_{field}" for field, name in self._names[language].items() if name in lines]
        link = re.search(r"https?://\S+", words) if kind == "thanks" else None
        if link is not None:
            kind = "report"
        dates = tuple(Told(*found) for found in self._when[language].findall(words))
        return Sent(
            0.0, 0, kind, topics[0] if topics else "council", language, dates, link[0] if link else ""
        )

    def _find(self, language: str, key: str) -> str:
        return plain(self.catalogues.get(language).find(key))

    def _when_pattern(self, language: str) -> re.Pattern[str]:
        pattern = re.escape(self._find(language, "rem.when"))
        for gap in ("date_long", "time", "place"):
            pattern = pattern.replace(re.escape("{" + gap + "}"), f"(?P<{gap}>.+?)")
        names = re.findall(r"\?P<(\w+)>", pattern)
        assert names == ["date_long", "time", "place"], names
        return re.compile(f"^{pattern}$", re.MULTILINE)


def plain(words: str) -> str:
    """Take the invisible direction signs out."""
    return re.sub("[\u2066-\u2069\u200e\u200f\u061c]", "", words)


# Telegram


@dataclass
class _Travelling:
    chat_id: int
    words: str
    last_button: str
    asked_at: float


@dataclass
class _Message:
    message_id: int


@dataclass
class Telegram:
    """Telegram as a bot sees it, with a ledger that nobody can kill."""

    clock: VirtualClock
    rng: random.Random
    log: Log
    reader: Reader
    landed: Callable[[int, Sent], None] = field(default=lambda *_: None)
    hear_date: Callable[[str], None] = field(default=lambda _: None)
    blocked: set[int] = field(default_factory=set)
    silence_left: int = 0
    username: str = "mitreden_test_bot"
    attempts: Counter[str] = field(default_factory=Counter)
    _travelling: list[_Travelling] = field(default_factory=list)
    _number: int = 0

    async def send_message(
        self, chat_id: int, words: str, *, reply_markup: Any = None, link_preview_options: Any = None
    ) -> _Message:
        """Send a message; every outcome but an ambiguous one can happen."""
        self._come_through("sendMessage")
        if self.silence_left > 0 and self.rng.random() < 0.01:
            self.silence_left -= 1
            seconds = self.rng.choice((1, 3, 8))
            self.log.silences.append(Break(self.clock.seconds, self.clock.seconds + seconds))
            raise FloodWait(dt.timedelta(seconds=seconds))
        if chat_id in self.blocked:
            self.attempts["to somebody who blocked the bot"] += 1
            raise Forbidden("Forbidden: bot was blocked by the user")
        last_button = reply_markup.inline_keyboard[-1][-1].text
        travelling = _Travelling(chat_id, words, last_button, self.clock.seconds)
        self._travelling.append(travelling)
        await asyncio.sleep(self.rng.uniform(FASTEST, SLOWEST) / 2)
        self._travelling.remove(travelling)
        self._land(travelling)
        await asyncio.sleep(self.rng.uniform(FASTEST, SLOWEST) / 2)
        self._number += 1
        return _Message(self._number)

    async def get_me(self) -> None:
        """Answer, with the time in the head of the answer."""
        self._come_through("getMe")
        self.hear_date(format_datetime(self.clock(), usegmt=True))

    def answer_poll(self) -> None:
        """Answer the poll that is always open, at least once a minute."""
        if not self.is_away:
            self.hear_date(format_datetime(self.clock(), usegmt=True))

    def die(self) -> None:
        """The process at the other end dies: of what is on its way, some arrives and some does not."""
        travelling, self._travelling = self._travelling, []
        for each in travelling:
            if self.rng.random() < 0.5:
                self._land(each)

    @property
    def is_away(self) -> bool:
        """Whether nobody can reach Telegram now."""
        return self.is_away_at(self.clock.seconds)

    def is_away_at(self, seconds: float) -> bool:
        """Whether nobody can reach Telegram at a time, as far as that is known."""
        return any(out.begins <= seconds < out.ends for out in self.log.outages)

    def _come_through(self, method: str) -> None:
        self.attempts[method] += 1
        if self.is_away:
            raise NetworkError("no connection") from ConnectionRefusedError()

    def _land(self, each: _Travelling) -> None:
        if each.chat_id in self.blocked:
            return
        read = self.reader.read(each.words, each.last_button)
        sent = Sent(each.asked_at, each.chat_id, read.kind, read.topic, read.language, read.dates, read.link)
        self.log.sent.append(sent)
        self.landed(each.chat_id, sent)


# The bot


@dataclass
class Points:
    """Where a process can die: at a step of Delivery, or before and after a statement and a commit."""

    armed: str = ""
    countdown: int = 0
    passed: Counter[str] = field(default_factory=Counter)

    def arm(self, kind: str, countdown: int) -> None:
        """Let it die at a point of this kind: `step` or `statement`."""
        self.armed, self.countdown = kind, countdown

    def pass_by(self, kind: str) -> bool:
        """Pass a point, and say whether it is the last one of this life."""
        self.passed[kind] += 1
        if kind != self.armed:
            return False
        self.countdown -= 1
        if self.countdown > 0:
            return False
        self.armed = ""
        return True


class Life:
    """A process: the parts as `build_app` joins them, but for the thread that writes."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.is_dead = False
        self.pages = 0
        self.look: tuple[dt.datetime | None] | None = None
        self.database = Database.open(world.url, on_statement=self._on_statement)
        raw = self.database._writer.raw_connection()
        raw.cursor().execute("PRAGMA synchronous=OFF")
        raw.close()
        try:
            self._build()
        except BaseException:
            self.database.close()
            raise

    def _build(self) -> None:
        world = self.world
        request: Any = SimpleNamespace()
        with patch("bot.app.Writer", lambda _database: _Writer(self)):
            self.app = build_app(
                world.loaded,
                self.database,
                world.keys,
                world.clock,
                world.telegram,
                request,
                request,  # type: ignore[arg-type]  # nobody asks it anything here
                pace=Unpaced(),
            )
        self.delivery, self.schedule = self.app.delivery, self.app.schedule
        words: MailingWords = self.delivery.compose.__self__  # type: ignore[attr-defined]  # a bound method
        self.pushes: Pushes = words.reminders
        self.delivery.rng = random.Random(world.rng.random())
        self.delivery.on_point = self._on_step
        self.schedule.sent_out = self._sent_out
        world.telegram.hear_date = request.on_date
        self.running = asyncio.get_running_loop().create_task(self.delivery.run())

    async def write(self, work: Callable[[Connection], _T], /) -> _T:
        """Run work in a transaction, as the one thread that writes does."""
        self.check_alive()
        if work is next_reminder_due_at:
            if self.look is None:
                with self.database.transaction() as connection:
                    self.look = (next_reminder_due_at(connection),)
            return self.look[0]  # type: ignore[return-value]  # it was filled above
        result = self.transact(work)
        if getattr(work, "__func__", None) is Schedule._put_out_page and result:
            self.pages += 1
            if self.pages > MOST_PAGES:
                raise EndlessError("the same page is put out again and again")
            await asyncio.sleep(PAGE_SECONDS)
            self.check_alive()
            self.world.between_pages()
        return result

    def transact(self, work: Callable[[Connection], _T]) -> _T:
        """Run work in a transaction; what was known of the next due time is in doubt then."""
        self.check_alive()
        self.look = None
        with self.database.transaction() as connection:
            return work(connection)

    def check_alive(self) -> None:
        """Nothing may be done after death."""
        if self.is_dead:
            raise Crash("dead")

    def _on_step(self, name: str) -> None:
        self.check_alive()
        if self.world.points.pass_by("step"):
            self.is_dead = True
            raise Crash(name)

    def _on_statement(self, name: str) -> None:
        if self.world.points.pass_by("statement"):
            self.is_dead = True
            raise Crash(name)

    def _sent_out(self) -> None:
        self.world.is_busy = True
        self.delivery.wake()


@dataclass
class _Writer:
    """Writes at once, where the bot has a thread for it."""

    life: Life

    async def __call__(self, work: Callable[[Connection], _T]) -> _T:
        return await self.life.write(work)

    async def run(self, work: Callable[[], _T]) -> _T:
        self.life.check_alive()
        return work()

    def close(self) -> None:
        """Nothing is left to write."""


@dataclass
class World:
    """Everything around the bot, and the bot in it. `between_pages` is called while a reminder is put out."""

    url: str
    loaded: LoadedContent
    keys: KeyRing
    clock: VirtualClock
    rng: random.Random
    log: Log
    telegram: Telegram
    points: Points = field(default_factory=Points)
    between_pages: Callable[[], None] = field(default=lambda: None)
    reborn: Callable[[], None] = field(default=lambda: None)
    is_busy: bool = False
    has_left_over: bool = False
    ticks: int = 0
    kills: Counter[str] = field(default_factory=Counter)
    counters: Counter[str] = field(default_factory=Counter)
    dropped: Counter[str] = field(default_factory=Counter)
    most_in_flight: int = 0
    person_of: dict[bytes, int] = field(default_factory=dict)
    life: Life = field(init=False)

    @property
    def first(self) -> Programme:
        """The first programme."""
        return self.loaded.content.programme

    @property
    def file(self) -> str:
        """The database file."""
        return self.url.removeprefix("sqlite:///")

    async def begin(self) -> None:
        """Start the first process."""
        self.life = Life(self)

    async def end(self) -> None:
        """End the last one as SIGTERM does."""
        await self._stop()

    # Time

    async def tick(self) -> None:
        """Do what the schedule does at every tick; in this world there is one a minute."""
        self.ticks += 1
        self.life.pages = 0
        if self.is_busy or self.has_left_over:
            self.telegram.answer_poll()
        await self._survive(lambda: self.life.schedule.put_out_reminders())

    async def tidy(self) -> None:
        """Do what the schedule does every ten minutes; in this world once a day."""
        await self._survive(lambda: self.life.schedule.tidy())

    async def pass_until(self, seconds: float) -> None:
        """Let time pass. While anything lies in the outbox it passes in its own pace, else at once."""
        if not self.is_busy:
            if not self.has_left_over or is_quiet(self.clock.in_berlin):
                self.clock.jump(seconds)
                return
            self.is_busy, self.has_left_over = True, False
            self.life.delivery.wake()
        while self.clock.seconds < seconds:
            sleeping = asyncio.ensure_future(asyncio.sleep(seconds - self.clock.seconds))
            await asyncio.wait({sleeping, self.life.running}, return_when=asyncio.FIRST_COMPLETED)
            sleeping.cancel()
            if self.life.running.done():
                await self._bury()

    def look_for_rest(self) -> None:
        """See whether everything has been sent that can be."""
        if not self.is_busy or self.telegram._travelling or self.life.running.done():
            return
        with self.life.database.reading() as connection:
            is_empty = connection.execute(text("SELECT 1 FROM outbox LIMIT 1")).first() is None
        if is_empty or is_quiet(self.clock.in_berlin):
            self.is_busy, self.has_left_over = False, not is_empty

    # Deeds

    async def do(self, work: Callable[[Connection], object]) -> float:
        """Do something in a transaction of its own, and say when. What dies is done again."""
        while True:
            if self.life.is_dead:
                await self._bury()
            at = self.clock.seconds
            try:
                self.life.transact(work)
            except Crash as crash:
                await self._bury()
                if str(crash) == "after COMMIT":
                    return at
            else:
                return at

    # Death

    async def restart(self) -> None:
        """End the process cleanly, wherever it is, and start another one."""
        self.kills["restarted"] += 1
        began = self.clock.seconds
        await self._stop()
        assert not self._find_in_flight(), "a clean end leaves nothing in flight"
        self.clock.jump(self.clock.seconds + self.rng.uniform(SHORTEST_DEATH, LONGEST_DEATH))
        await self._live(began)

    async def _survive(self, work: Callable[[], Awaitable[None]]) -> None:
        if self.life.is_dead:
            await self._bury()
        try:
            await work()
        except Crash:
            await self._bury()

    async def _bury(self) -> None:
        """Throw away everything the process knew, and start another one on what lies on the disk."""
        self.kills["killed"] += 1
        began = self.clock.seconds
        self._forget()
        self.telegram.die()
        running = self.life.running
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError, Crash):
            await running
        self.life.database.close()
        in_flight = self._find_in_flight()
        self.clock.jump(self.clock.seconds + self.rng.uniform(SHORTEST_DEATH, LONGEST_DEATH))
        await self._live(began, in_flight)

    async def _live(self, began: float, in_flight: frozenset[int] = frozenset()) -> None:
        """Start a process, which may die at once, and let it look for what is due, as `App.run` does."""
        while True:
            try:
                self.life = Life(self)
                break
            except Crash:
                self.kills["killed while starting"] += 1
                in_flight |= self._find_in_flight()
        self.log.kills.append(Break(began, self.clock.seconds, in_flight))
        self.most_in_flight = max(self.most_in_flight, len(in_flight))
        self.is_busy = True
        self.reborn()
        await self._survive(lambda: self.life.app.tick())

    async def _stop(self) -> None:
        armed, self.points.armed = self.points.armed, ""  # a clean end is not the time for a kill
        self.life.delivery.stop()
        await self.life.running
        self.points.armed = armed
        self._forget()
        self.life.is_dead = True
        self.life.database.close()

    def _forget(self) -> None:
        self.life.is_dead = True
        self.dropped.update(self.life.pushes.dropped)
        self.counters.update(self.life.delivery.counters)
        self.counters.update({f"put out: {what}": n for what, n in self.life.schedule.counters.items()})

    def _find_in_flight(self) -> frozenset[int]:
        """Read whose messages were in flight, past the bot."""
        with contextlib.closing(sqlite3.connect(self.file)) as connection:
            macs = connection.execute("SELECT chat_mac FROM outbox WHERE lease_until IS NOT NULL")
            return frozenset(self.person_of[mac] for (mac,) in macs)
