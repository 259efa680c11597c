"""Two ways to run the bot so that it can be ended anywhere.

The real process `python -m bot run`, killed with SIGKILL and started again, and people who live with
that; and its parts in this process, worked through one after the other (`SteppedBot`).

A kill is planned in terms of what the bot asks of the Bot API ("after the n-th request of this life"),
with a seeded moment behind it, so that it hits turns, sendings, storing and starting alike.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import shutil
import signal
import sqlite3
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from telegram import Bot

from bot.app import App, build_app
from bot.content import LoadedContent
from bot.intake import Intake, poll_with
from bot.preview.faults import Entry, Ledger
from bot.preview.server import LocalBotApi
from bot.transport import AiohttpRequest
from bot.turns import Outcome
from storage import inbox
from storage.database import Database
from storage.inbox import ReceivedUpdate
from storage.keyring import KeyRing
from tests.support.crowd import PATIENCE_SECONDS, Seen, Visitor

TOKEN = "424242:the-token-of-the-kill-test"
REPOSITORY = Path(__file__).resolve().parents[2]
#: What a starting process asks before it works, and about itself; not part of anybody's dialogue.
_OF_THE_BOT = ("getMe", "getUpdates", "getMy", "setMy")
#: The longest moment between the request that a kill waits for and the kill.
MAX_DELAY_SECONDS = 0.02
START_LIMIT_SECONDS = 60.0


class WatchedLedger(Ledger):
    """A ledger that lets a kill wait for the n-th request of a life."""

    def __init__(self) -> None:
        super().__init__()
        self.kill_at = -1
        self.reached = asyncio.Event()
        self.starting = asyncio.Event()
        self.polling = asyncio.Event()
        self.first_answer_at: float | None = None
        self._count = 0

    def begin_life(self, kill_at: int) -> None:
        """Count anew. `kill_at` -1 means never."""
        self._count, self.kill_at, self.first_answer_at = 0, kill_at, None
        for event in (self.reached, self.starting, self.polling):
            event.clear()

    def note(self, entry: Entry) -> None:
        """Add a request."""
        super().note(entry)
        if entry.method == "getMe":
            self.starting.set()
        if entry.method == "getUpdates":
            self.polling.set()
        if entry.method.startswith(_OF_THE_BOT):
            return
        self._count += 1
        self.first_answer_at = self.first_answer_at or time.monotonic()
        if self._count == self.kill_at:
            self.reached.set()


@dataclass
class BotProcess:
    """The bot as an operator runs it, on a folder of its own."""

    api: LocalBotApi
    url: str
    folder: Path
    process: asyncio.subprocess.Process | None = None
    started_at: float = 0.0

    @property
    def database_file(self) -> Path:
        """The file with everything in it."""
        return self.folder / "data" / "mitreden.sqlite"

    @property
    def key_file(self) -> Path:
        """The keys, outside the data folder."""
        return self.folder / "mitreden.key"

    @property
    def pid(self) -> int:
        """The process id of the running bot."""
        assert self.process is not None
        return self.process.pid

    async def start(self) -> None:
        """Start the process; returns at once."""
        settings = {
            "MITREDEN_TELEGRAM_TOKEN": TOKEN,
            "MITREDEN_TELEGRAM_API_URL": self.url,
            "MITREDEN_DATA_DIR": str(self.folder / "data"),
            "MITREDEN_KEY_FILE": str(self.key_file),
        }
        kept = {name: value for name, value in os.environ.items() if not name.startswith("MITREDEN_")}
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "log.txt").open("ab") as log:
            self.started_at = time.monotonic()
            self.process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "bot",
                "run",
                cwd=self.folder,
                env={**kept, **settings, "PYTHONPATH": str(REPOSITORY)},
                stdout=log,
                stderr=log,
            )

    async def kill(self) -> None:
        """Kill it with SIGKILL, wherever it is."""
        assert self.process is not None
        assert self.process.returncode is None, f"it ended by itself:\n{self.last_log()}"
        self.process.kill()
        await self.process.wait()

    async def end(self) -> int:
        """Ask it to end, as a service manager does, and return its exit code."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return await asyncio.wait_for(self.process.wait(), 20.0)

    def count_in_flight(self) -> int:
        """Count what was being sent when the process died, from a copy: looking must not repair anything."""
        copy = self.folder / "looked-at"
        shutil.rmtree(copy, ignore_errors=True)
        copy.mkdir()
        for file in self.database_file.parent.glob("mitreden.sqlite*"):
            shutil.copy(file, copy / file.name)
        (copy / "mitreden.sqlite-shm").unlink(missing_ok=True)
        if not (copy / "mitreden.sqlite").exists():
            return 0
        with contextlib.closing(sqlite3.connect(copy / "mitreden.sqlite")) as connection:
            try:
                found = connection.execute("SELECT count(*) FROM outbox WHERE lease_until IS NOT NULL")
                return int(found.fetchone()[0])
            except sqlite3.OperationalError:  # killed before the tables were there
                return 0

    def last_log(self) -> str:
        """Return the end of the log."""
        return (self.folder / "log.txt").read_text()[-3000:]


@dataclass
class Killer:
    """Kills the process again and again, and notes what that met."""

    bot: BotProcess
    ledger: WatchedLedger
    rng: random.Random
    kills: int
    mean_requests: int
    in_flight: list[int] = field(default_factory=list)
    kinds: Counter[str] = field(default_factory=Counter)
    seconds_to_work: list[float] = field(default_factory=list)
    up_since: float | None = None
    done: bool = False

    async def run(self) -> None:
        """Start, kill, start … and leave the last process running."""
        for _ in range(self.kills):
            while_starting = self.rng.random() < 0.12
            self.ledger.begin_life(self.rng.randint(1, 2 * self.mean_requests - 1))
            await self.bot.start()
            await (self._wait(self.ledger.starting) if while_starting else self._wait_for_poll())
            self.up_since = time.monotonic()
            if while_starting:
                self.kinds["while starting"] += 1
                await asyncio.sleep(self.rng.random() * 0.2)
            else:
                await self._wait(self.ledger.reached)
                at_once = self.rng.random() < 0.4
                self.kinds["with a request" if at_once else "soon after a request"] += 1
                if not at_once:
                    await asyncio.sleep(self.rng.random() * MAX_DELAY_SECONDS)
            self.up_since = None
            await self.bot.kill()
            self._note_start()
            self.in_flight.append(self.bot.count_in_flight())
        self.ledger.begin_life(-1)
        await self.bot.start()
        await self._wait_for_poll()
        self.up_since = time.monotonic()
        self.done = True

    async def _wait_for_poll(self) -> None:
        """Wait until the bot polls, whether or not anybody has done anything."""
        waits = asyncio.ensure_future(self.bot.api.world.updates.wait_for_poll())
        waits.add_done_callback(lambda task: None if task.cancelled() else self.ledger.polling.set())
        try:
            await self._wait(self.ledger.polling)
        finally:
            waits.cancel()

    async def _wait(self, event: asyncio.Event) -> None:
        """Wait for something the process does; that it ends by itself is a failure."""
        assert self.bot.process is not None
        ended = asyncio.ensure_future(self.bot.process.wait())
        reached = asyncio.ensure_future(event.wait())
        await asyncio.wait((ended, reached), timeout=START_LIMIT_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        for task in (ended, reached):
            task.cancel()
        assert event.is_set(), f"the bot did not get there:\n{self.bot.last_log()}"

    def _note_start(self) -> None:
        if self.ledger.first_answer_at is not None:
            self.seconds_to_work.append(self.ledger.first_answer_at - self.bot.started_at)


@dataclass
class Patience:
    """How people wait: for news on their screen, and in the end they repeat what they did."""

    api: LocalBotApi
    killer: Killer
    seconds: float = PATIENCE_SECONDS

    async def __call__(self, visitor: Visitor, seen: Seen | None) -> Seen:
        """Return the next screen of a person, once it is another one."""
        acted_at = time.monotonic()
        while True:
            with contextlib.suppress(TimeoutError):
                found: Seen = await self.api.world.wait_for(lambda: _news(visitor, seen), 1.0)
                return found
            up_since = self.killer.up_since
            if up_since is not None and time.monotonic() - max(acted_at, up_since) > self.seconds:
                visitor.do_again()
                acted_at = time.monotonic()


def _news(visitor: Visitor, seen: Seen | None) -> Seen | None:
    now = visitor.look()
    return now if now is not None and now.is_news(seen) else None


def _pass(_: str) -> None:
    """Pass a point."""


def _as_it_came(updates: list[Any]) -> list[Any]:
    return updates


@dataclass
class SteppedBot:
    """The parts of the bot as `run_bot` joins them, each worked through alone, in one order.

    `points` is told of every step and may raise; `arrive` may repeat and mix the updates of a poll.
    """

    app: App
    bot: Bot
    keys: KeyRing
    points: Callable[[str], None]
    poll_request: AiohttpRequest
    arrive: Callable[[list[Any]], list[Any]] = field(default=_as_it_came)
    _tasks: dict[str, asyncio.Task[None]] = field(default_factory=dict)

    @classmethod
    async def begin(
        cls,
        database: Database,
        api: LocalBotApi,
        api_url: str,
        loaded: LoadedContent,
        keys: KeyRing,
        clock: Callable[[], datetime],
        points: Callable[[str], None] = _pass,
    ) -> SteppedBot:
        """Build every part anew."""
        request, poll_request = AiohttpRequest(), AiohttpRequest(connections=2)
        bot = Bot(
            api.token,
            base_url=f"{api_url}/bot",
            base_file_url=f"{api_url}/file/bot",
            request=request,
            get_updates_request=poll_request,
        )
        await bot.initialize()
        try:
            app = build_app(loaded, database, keys, clock, bot, request, poll_request)
        except BaseException:
            await bot.shutdown()
            raise
        app.worker.turns.new_token = lambda: "5e" * 16
        app.delivery.on_point = points
        stepped = cls(app, bot, keys, points, poll_request)
        app.worker.settled = stepped._settle
        for part in (app.worker, app.delivery, app.voice_files):
            part.wake = lambda: None  # type: ignore[method-assign]
        return stepped

    async def work(self) -> None:
        """Do everything that can be done now, one part after the other."""
        await self._receive()
        for name, part in (
            ("worker", self.app.worker),
            ("delivery", self.app.delivery),
            ("voice files", self.app.voice_files),
        ):
            type(part).wake(part)  # type: ignore[arg-type]
            if name not in self._tasks:
                self._tasks[name] = asyncio.create_task(part.run())
            idle = asyncio.ensure_future(part.idle())
            await asyncio.wait(
                (idle, self._tasks[name]), return_when=asyncio.FIRST_COMPLETED, timeout=START_LIMIT_SECONDS
            )
            rests = idle.done()
            idle.cancel()
            if self._tasks[name].done():
                self._tasks[name].result()
            assert rests, f"the {name} does not come to rest"

    async def abandon(self) -> None:
        """Drop everything as a killed process does, but for the handles."""
        for task in self._tasks.values():
            task.cancel()
        for task in self._tasks.values():
            with contextlib.suppress(BaseException):
                await task
        await self.bot.shutdown()
        self.app.writer.close()

    async def _receive(self) -> None:
        """Poll until nothing is left, with an intake that knows as little as after a start."""
        poll = poll_with(self.poll_request, self.bot)

        async def poll_at_once(offset: int | None, limit: int, _timeout_seconds: int) -> bytes:
            self.points("before poll")
            body = await poll(offset, limit, 0)
            self.points("after poll")
            updates = json.loads(body)["result"]
            if not updates:
                intake.stop()
                return body
            return json.dumps({"ok": True, "result": self.arrive(updates)}).encode()

        async def store(updates: Sequence[ReceivedUpdate]) -> None:
            now = self.app.clock()
            await self.app.writer(lambda c: inbox.store_batch(c, self.keys, updates, now))
            self.points("before next offset")

        intake = Intake(poll_at_once, store, self.app.worker.wake, random.Random(1))
        await intake.run()

    async def _settle(self, outcome: Outcome) -> None:
        self.points("before press answered")
        await self.app.settle(outcome)
        self.points("after press answered")
