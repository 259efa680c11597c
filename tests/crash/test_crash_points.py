"""Every crash point of a turn and of a sending, one after the other, as SQLite tests itself.

One scripted life runs undisturbed and counts its points: before and after every statement and commit,
every step of delivery, and around receiving. Then, for each point, the process dies there. What the disk
holds at that moment is copied, everything is built anew on the copy and on the same Bot API, and the
life goes on. What is stored and shown must be what the undisturbed life had.

To afford every point, a life on SQLite begins with what was saved before the deed in question, and ends
behind it, where it must equal the undisturbed one; every so often it goes on to the very end.
"""

from __future__ import annotations

import copy
import os
import random
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from bot import app as app_module
from bot import delivery as delivery_module
from bot import voice_files as voice_files_module
from bot import worker as worker_module
from bot.content import LoadedContent
from bot.preview.faults import Entry, Ledger
from bot.preview.messages import Message
from bot.preview.methods import Methods
from bot.preview.people import Person
from bot.preview.player import Player
from bot.preview.profile import BotProfile
from bot.preview.server import LocalBotApi
from bot.preview.world import World
from bot.voice_files import LEASE as VOICE_LEASE
from bot.wordings import Wordings
from storage import access
from storage.database import Database
from storage.schema import migrate
from storage.tables import METADATA, answer, contact, respondent, voice
from tests.support import checker
from tests.support.announcement_samples import in_five_languages
from tests.support.crowd import make_voice
from tests.support.databases import PostgresqlServer, make_keys
from tests.support.kill_harness import SteppedBot
from tests.support.world import Clock

TOKEN = "123456:the-token-of-the-crash-points"
ANNA = Person(6_000_000_001, "Anna", None, "de")
KEYS = make_keys()
#: The points of SQLite are shared out, so that both cores work on them.
SHARDS = 4
#: Every so many points the life goes on to its end, and the new process dies once more on the way.
TO_THE_END = 40
#: On PostgreSQL, where nothing can be saved and put back, so many lives are lived from the beginning.
POSTGRESQL_LIVES = 40
#: Fewer points than this, and a hook has fallen silent.
LEAST_POINTS = 1000


class Crash(BaseException):
    """The process dies here. Nothing may catch this."""


@dataclass
class Points:
    """Counts the points of a deed and ends the process at some of them."""

    stops: frozenset[int] = frozenset()
    before_crash: Callable[[], None] = field(default=lambda: None)
    names: list[str] = field(default_factory=list)
    crashes: int = 0

    def __call__(self, name: str) -> None:
        """Pass a point, or die at it."""
        self.names.append(name)
        if len(self.names) in self.stops:
            self.crashes += 1
            self.before_crash()
            raise Crash(name)

    def begin(self, stops: frozenset[int] = frozenset()) -> None:
        """Count a new deed."""
        self.stops = stops
        self.names = []


@dataclass(frozen=True)
class Save:
    """Everything as it was before a deed: the clock with the world, and the files of the database."""

    clock_and_world: tuple[Clock, World]
    entries: list[Entry]
    files: dict[str, bytes]


@dataclass
class Life:
    """Anna's life with the bot, from START to erasure, through as many processes as it takes."""

    url: str
    loaded: LoadedContent
    api: LocalBotApi
    api_url: str
    clock: Clock
    lasting: bool
    points: Points = field(default_factory=Points)
    states: dict[int, Any] = field(default_factory=dict)
    names: list[list[str]] = field(default_factory=list)
    saves: list[Save] = field(default_factory=list)
    sealed: set[bytes] = field(default_factory=set)
    _process: SteppedBot | None = None
    _database: Database | None = None

    @property
    def player(self) -> Player:
        """Anna."""
        return self.api.world.person("Anna")

    async def live(
        self,
        deeds: range,
        stops: dict[int, frozenset[int]] | None = None,
        *,
        saving: bool = False,
    ) -> None:
        """Do these deeds, dying at these points of them. Each deed has a new process, or one lasts."""
        self.points.before_crash = self._keep_disk
        try:
            for number in deeds:
                if saving:
                    self.saves.append(self._save())
                self.clock.forward(seconds=1)
                await self._begin_process()
                self.points.begin((stops or {}).get(number, frozenset()))
                LIFE[number](self)
                await self._work()
                if self.points.crashes and "waiting" in self._voice_states():
                    self.clock.now += VOICE_LEASE  # what a dead process was fetching is its own so long
                    await self._work()
                self.names.append(self.points.names)
                self.points.begin()
                self.states[number] = self._read_state()
                if not self.lasting:
                    await self._end()
        finally:
            await self._end()

    async def _work(self) -> None:
        while True:
            try:
                await self._begin_process()
                assert self._process is not None
                await self._process.work()
            except Crash:
                await self._end()
            else:
                return

    async def _begin_process(self) -> None:
        if self._process is None:
            migrate(self.url)
            self._database = Database.open(self.url, on_statement=self.points)
            self._process = await SteppedBot.begin(
                self._database, self.api, self.api_url, self.loaded, KEYS, self.clock, self.points
            )

    async def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            await process.abandon()
        if self._database is not None:
            self._database.close()

    @property
    def file(self) -> Path:
        """The database file, on SQLite."""
        return Path(self.url.removeprefix("sqlite:///"))

    def _keep_disk(self) -> None:
        """Copy what a killed process leaves on the disk; the next process begins with that."""
        if self.url.startswith("sqlite"):
            kept = self.file.parent / "after the crash"
            kept.mkdir()
            for name, content in _files_of(self.file).items():
                (kept / name).write_bytes(content)
            self.url = f"sqlite:///{kept / self.file.name}"

    def _save(self) -> Save:
        return Save(
            copy.deepcopy((self.clock, self.api.world)),
            list(self.api.ledger.entries),
            _files_of(self.file),
        )

    def restore(self, save: Save) -> None:
        """Put everything back to before a deed, the database into the folder of the present one."""
        self.clock, world = copy.deepcopy(save.clock_and_world)
        give_world(self.api, world)
        self.api.ledger = Ledger(list(save.entries))
        for name, content in save.files.items():
            (self.file.parent / name).write_bytes(content)

    def _voice_states(self) -> list[str]:
        assert self._database is not None
        with self._database.reading() as connection:
            return list(connection.execute(select(voice.c.state)).scalars())

    def _read_state(self) -> dict[str, Any]:
        assert self._database is not None
        with self._database.reading() as connection:
            for column in (answer.c.words_sealed, contact.c.chat_sealed, respondent.c.session_sealed):
                self.sealed |= {
                    bytes(value) for value in connection.execute(select(column)).scalars() if value
                }
        return read_state(self._database, self.player, self.api.ledger)

    # What Anna does

    def look(self) -> list[str]:
        """Return the data of the buttons on the newest screen."""
        for message in reversed(self.player.bot_messages):
            if message.buttons:
                return [button["callback_data"] for button in message.buttons]
        raise AssertionError("there is no screen")

    def press(self, part: str) -> None:
        """Press the first button whose data has this part."""
        for message in reversed(self.player.bot_messages):
            for button in message.buttons:
                if part in button["callback_data"] + ":":
                    self.player.presses(message.message_id, button["callback_data"])
                    return
            if message.buttons:
                break
        raise AssertionError(f"no button does {part!r}, only {self.look()}")


def give_world(api: LocalBotApi, world: World) -> None:
    """Put another world behind a running Bot API, without starting that again."""
    api.world = world
    api._methods = Methods(world)


def _files_of(file: Path) -> dict[str, bytes]:
    """Read a SQLite database as it lies on the disk; the shared memory is no part of it."""
    parts = (part for part in file.parent.glob(f"{file.name}*") if not part.name.endswith("-shm"))
    return {part.name: part.read_bytes() for part in parts}


def pressing(part: str) -> Callable[[Life], None]:
    """Make the deed of pressing a button."""
    return lambda life: life.press(part)


def saying(words: str) -> Callable[[Life], None]:
    """Make the deed of writing."""

    def say(life: Life) -> None:
        life.player.sends_text(words)

    return say


def _speak(life: Life) -> None:
    life.player.sends_voice(make_voice(random.Random(3)))


def _reword(life: Life) -> None:
    written = next(message for message in life.player.messages if message.text == OWN_WORDS)
    life.player.edits_text(written.message_id, OWN_WORDS + ", und zwar abends")


OWN_WORDS = "Es fehlt ein Ort zum Reden"
LIFE: tuple[Callable[[Life], Any], ...] = (
    saying("/start werte-kurs3"),
    pressing("m:lang:de."),
    pressing("m:say"),
    pressing("m:agree"),
    pressing(":settled:"),
    pressing(":wer_now:s2:"),
    pressing(":wer_obstacle:own:"),
    saying(OWN_WORDS),
    _speak,
    pressing(":wer_measure:"),
    pressing(":wer_measure:own:1"),
    pressing(":wer_measure:_done:"),
    saying("Ein Fest im Sommer"),
    pressing(":wer_important:s4:"),
    pressing(":wer_forum:invite:"),
    pressing("m:msgyes"),
    pressing("m:review:"),
    pressing("m:edit:werte.wer_important"),
    pressing(":wer_important:s5:"),
    pressing("m:thanks:"),
    _reword,
    saying("/language"),
    pressing("m:lang:en:"),
    saying("/mydata"),
    pressing("m:datafile"),
    saying("/delete"),
    pressing("m:erase"),
    saying("/start"),
)


def read_state(database: Database, player: Player, ledger: Ledger) -> dict[str, Any]:
    """Read everything stored, and what Anna sees, without what chance or a second try may change."""
    with database.transaction() as connection:
        stored = access.load_everything(connection, KEYS, player.id)
        counts = {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in METADATA.sorted_tables
        }
    for spoken in (given["voice"] for given in (stored["respondent"] or {}).get("answers", ())):
        if spoken is not None:
            del spoken["attempts"]
    for given in (stored["respondent"] or {}).get("answers", ()):
        given["message_mark"] = given["message_mark"] is not None
    if stored["contact"] is not None:
        stored["contact"]["screen_message_id"] -= _newest(player).message_id
    repeated = checker.repeated_messages(ledger).total()
    return {
        "repeated": repeated,
        "stored": stored,
        "counts": counts,
        "screen": _screen(player),
        "said": _said(player),
    }


def _screen(player: Player) -> tuple[str, list[Any]]:
    return _newest(player).text, _newest(player).buttons


def _newest(player: Player) -> Message:
    return next(message for message in reversed(player.bot_messages) if "text" in message.content)


def _said(player: Player) -> Counter[str]:
    """Count what stands in the chat."""
    return Counter(message.text or next(iter(message.content)) for message in player.messages)


def compare_states(expected: dict[str, Any], found: dict[str, Any], where: str) -> None:
    """Hold one state against another. In the chat one message may stand twice: that in flight."""
    for name, value in expected.items():
        if name not in ("said", "repeated"):
            assert found[name] == value, (where, name)
    assert not expected["said"] - found["said"], where
    assert (found["said"] - expected["said"]).total() <= found["repeated"], where


@pytest.fixture(scope="module")
def loaded() -> LoadedContent:
    """Five languages: the wordings of each lie in the database, which is copied at every point."""
    return in_five_languages()


@pytest.fixture(autouse=True)
def _quick_and_even(monkeypatch: pytest.MonkeyPatch, loaded: LoadedContent) -> None:
    """Nothing looks by itself, so that the points are the same in each run; what never changes is kept."""
    wordings = Wordings(loaded.content, loaded.catalogues)
    monkeypatch.setattr(app_module, "Wordings", lambda *_: wordings)
    for module in (worker_module, delivery_module, voice_files_module):
        monkeypatch.setattr(module, "LOOK_SECONDS", 3600.0)


@pytest.fixture
def disk() -> Iterator[Path]:
    """A folder in memory where there is one: what is tested is the death of a process, not of a disk."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None) as folder:
        yield Path(folder)


@pytest.fixture
async def api() -> AsyncIterator[tuple[LocalBotApi, str]]:
    server = LocalBotApi(TOKEN, Clock(), random.Random(7), "mitreden_bot", [ANNA])
    yield server, await server.start("127.0.0.1", 0)
    await server.stop()


def _new_world(api: LocalBotApi) -> Clock:
    """Begin with a new world behind the Bot API, always the same one."""
    clock = Clock()
    profile = BotProfile(123456, "Mitreden", "mitreden_bot")
    give_world(api, World(clock, random.Random(7), profile, [ANNA]))
    api.ledger = Ledger()
    return clock


@pytest.mark.parametrize("shard", range(SHARDS))
async def test_every_crash_point_on_sqlite(
    sqlite_template: Path, loaded: LoadedContent, disk: Path, api: tuple[LocalBotApi, str], shard: int
) -> None:
    began = time.monotonic()

    def begin(folder: str, *, lasting: bool = False) -> Life:
        (disk / folder).mkdir()
        shutil.copy(sqlite_template, disk / folder / "m.db")
        return Life(f"sqlite:///{disk / folder / 'm.db'}", loaded, *api, _new_world(api[0]), lasting)

    calm, lasting = begin("calm"), begin("lasting", lasting=True)
    await lasting.live(range(len(LIFE)))
    calm.clock = _new_world(api[0])
    await calm.live(range(len(LIFE)), saving=True)
    for number, state in lasting.states.items():
        compare_states(calm.states[number], state, f"deed {number} of a lasting process")
    points = [(deed, point) for deed, names in enumerate(calm.names) for point in range(1, len(names) + 1)]
    _check_life(calm, len(points))
    tally: Counter[str] = Counter()
    for number in range(shard, len(points), SHARDS):
        deed, point = points[number]
        to_the_end = number // SHARDS % TO_THE_END == 0
        stops = frozenset({point, point + 1 + number % 97} if to_the_end else {point})
        life = begin(str(number))
        life.restore(calm.saves[deed])
        life.sealed = calm.sealed
        await life.live(range(deed, len(LIFE) if to_the_end else deed + 1), {deed: stops})
        where = f"point {point} of deed {deed}: {calm.names[deed][point - 1]!r}"
        _check_crashed(life, calm, where, tally)
        if len(LIFE) - 1 in life.states:
            _check_disk(life, where)
        shutil.rmtree(disk / str(number))
    _print(f"SQLite, part {shard + 1} of {SHARDS}", len(points), tally, began)


async def test_crash_points_on_postgresql(
    postgresql_server: PostgresqlServer, loaded: LoadedContent, api: tuple[LocalBotApi, str]
) -> None:
    began = time.monotonic()

    async def live(stops: dict[int, frozenset[int]]) -> Life:
        url = postgresql_server.new_url()
        life = Life(url, loaded, *api, _new_world(api[0]), lasting=True)
        await life.live(range(len(LIFE)), stops)
        postgresql_server.drop(url)
        return life

    calm = await live({})
    points = [(deed, point) for deed, names in enumerate(calm.names) for point in range(1, len(names) + 1)]
    _check_life(calm, len(points))
    tally: Counter[str] = Counter()
    for deed, point in points[11 :: len(points) // POSTGRESQL_LIVES]:
        where = f"point {point} of deed {deed}: {calm.names[deed][point - 1]!r}"
        _check_crashed(await live({deed: frozenset({point})}), calm, where, tally)
    _print("PostgreSQL", len(points), tally, began)


def _check_life(calm: Life, count: int) -> None:
    """The undisturbed life did what it should, and its points were counted."""
    assert count > LEAST_POINTS
    counted = [state["counts"]["answer"] for state in calm.states.values()]
    assert max(counted) == 7
    assert counted[-1] == 0
    assert calm.sealed


def _check_crashed(life: Life, calm: Life, where: str, tally: Counter[str]) -> None:
    assert life.points.crashes, where
    for number, state in life.states.items():
        compare_states(calm.states[number], state, where)
    again = checker.repeated_messages(life.api.ledger).total()
    assert again <= life.points.crashes, where
    refused = set(checker.refusals(life.api.ledger))
    assert not refused, (where, refused)
    tally["crashes"] += life.points.crashes
    tally["messages repeated"] += again
    tally["edits absorbed"] += checker.absorbed_repeats(life.api.ledger)
    tally["presses unanswered"] += checker.unanswered_presses(life.api)


def _check_disk(life: Life, where: str) -> None:
    """What was erased is nowhere on the disk; the file is sound."""
    for name, content in _files_of(life.file).items():
        assert not any(sealed in content for sealed in life.sealed), (where, name)
    assert checker.find_damage(life.file) == [], where


def _print(what: str, total: int, tally: Counter[str], began: float) -> None:
    seconds = time.monotonic() - began
    print(f"\n{what}: K = {total} points in {len(LIFE)} deeds; {dict(tally)}; {seconds:.0f} s")


def test_a_crash_passes_every_handler() -> None:
    """The parts catch `Exception`, so a crash must not be one."""
    assert not issubclass(Crash, Exception)
