"""A mailing in the large: the real bot as a process, a strict Bot API with a ledger, thousands of readers.

The ledger lives in the process of the test, so it survives every kill of the bot.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import os
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web

from bot.announcement_texts import seal_words
from bot.app import system_clock
from bot.preview.faults import Entry
from bot.preview.server import LocalBotApi
from bot.rendering import Renderer
from conversations.person import Consent
from storage import announcements, contacts, copies, mailings
from storage.database import Database
from storage.keyring import KeyRing
from storage.keys import create_key_file
from storage.schema import migrate
from storage.vocabulary import MailingState, Policy
from tests.support.announced import ANNE, BERND, LANGUAGES, MEMBERS, adopted
from tests.support.kill_harness import REPOSITORY, TOKEN, BotProcess, WatchedLedger
from tests.support.play import shipped

SENDING = ("sendMessage", "editMessageText", "editMessageReplyMarkup", "deleteMessage", "sendDocument")
#: The first Telegram id of the readers.
FIRST_READER = 7_000_000_000
#: A Thursday at noon in Göppingen.
NOON = dt.datetime(2027, 11, 18, 11, 0, tzinfo=dt.UTC)
_AT_ONCE = 1000
#: So long after a 429 requests may still arrive that were started before the bot read it.
ON_ITS_WAY_SECONDS = 0.2


def hours_ahead() -> dt.timedelta:
    """Say how far the clock of the bot is ahead, so that for it the test begins at noon."""
    return NOON - system_clock()


class DistantApi(LocalBotApi):
    """A Bot API that is some milliseconds away, and knows when each request came and went."""

    def __init__(self, clock: Any, seed: int, away_seconds: float = 0.0) -> None:
        super().__init__(TOKEN, clock, random.Random(seed), "mitreden_bot")
        self.ledger: WatchedLedger = WatchedLedger()
        self.away_seconds = away_seconds
        self.arrivals: list[tuple[float, str]] = []
        self.inside_hold = 0
        self._hold = (0.0, 0.0)

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        if method in SENDING:
            now = asyncio.get_running_loop().time()
            await asyncio.sleep(self.away_seconds / 2)
            self.arrivals.append((now, method))
            self.inside_hold += self._hold[0] <= now < self._hold[1]
        response = await super()._answer(request)
        if method in SENDING:
            if response.status == 429:
                self._note_hold(response)
            await asyncio.sleep(self.away_seconds / 2)
        return response

    def _note_hold(self, response: web.StreamResponse) -> None:
        """Note from when to when nothing may come; what was on its way already is not the bot's fault."""
        body = getattr(response, "text", "") or ""
        seconds = float(json.loads(body)["parameters"]["retry_after"])
        now = asyncio.get_running_loop().time()
        known_at = now + self.away_seconds / 2 + ON_ITS_WAY_SECONDS
        self._hold = (known_at, max(self._hold[1], now + seconds))


@dataclass
class Readers:
    """Who is written to, by what becomes of it."""

    reachable: set[int] = field(default_factory=set)
    blocked: set[int] = field(default_factory=set)
    deactivated: set[int] = field(default_factory=set)
    gone: set[int] = field(default_factory=set)

    @property
    def unreachable(self) -> set[int]:
        """Everybody whom nothing reaches."""
        return self.blocked | self.deactivated | self.gone

    def __len__(self) -> int:
        return len(self.reachable) + len(self.unreachable)


@dataclass
class Broadcast:
    """The town with its readers, and the bot that writes to them."""

    folder: Path
    api: DistantApi
    bot: BotProcess
    database: Database
    keys: KeyRing
    readers: Readers
    ahead: dt.timedelta
    number: int = 0

    def now(self) -> dt.datetime:
        """Read the clock of the bot."""
        return system_clock() + self.ahead

    def announce(self, policy: Policy = Policy.NEVER_MISSED) -> None:
        """Let two people write and approve the decision, so that it begins at once."""
        earlier = self.now() - dt.timedelta(minutes=2)
        with self.database.transaction() as connection:
            self.number = announcements.create(connection, adopted("council"), policy, ANNE, earlier)
            draft = announcements.get(connection, self.number)
            draft = announcements.request(connection, draft, ANNE, earlier)
            loaded = shipped()
            renderer = Renderer(loaded.content, loaded.catalogues)
            announcements.approve(
                connection,
                draft,
                BERND,
                earlier,
                languages=LANGUAGES,
                members=MEMBERS,
                alone_allowed=False,
                seals={code: seal_words(draft.announcement, code, renderer) for code in LANGUAGES},
            )

    def progress(self) -> mailings.Progress:
        """Load how far the mailing is."""
        with self.database.reading() as connection:
            return mailings.load_progress(connection, self.number)

    async def until_done(self, limit_seconds: float) -> None:
        """Wait until the mailing has ended."""
        async with asyncio.timeout(limit_seconds):
            while True:
                if self.progress().state is MailingState.DONE:
                    return
                await asyncio.sleep(0.2)

    def applied(self) -> Counter[int]:
        """Count what each reader really got."""
        return Counter(int(entry.params["chat_id"]) for entry in self._copies() if entry.applied)

    def unknown(self) -> set[int]:
        """List the readers whose copy is listed as unknown."""
        with self.database.reading() as connection:
            ids = copies.list_unknown(connection, self.number)
            found = (contacts.find_by_id(connection, self.keys, each) for each in ids)
            return {contact.telegram_id for contact in found if contact is not None}

    def left(self) -> set[int]:
        """List the readers who are still contacts."""
        with self.database.reading() as connection:
            return {
                telegram_id
                for telegram_id in range(FIRST_READER, FIRST_READER + len(self.readers))
                if contacts.find_contact(connection, self.keys, telegram_id) is not None
            }

    def fullest_second(self) -> int:
        """Count the requests of the fullest second at the Bot API, wherever it begins."""
        times = sorted(moment for moment, _ in self.api.arrivals)
        most = first = 0
        for index, moment in enumerate(times):
            while moment - times[first] >= 1.0:
                first += 1
            most = max(most, index - first + 1)
        return most

    def _copies(self) -> Iterator[Entry]:
        for entry in self.api.ledger.of("sendMessage"):
            if int(entry.params["chat_id"]) >= FIRST_READER:
                yield entry


@contextmanager
def shown_database(folder: Path) -> Iterator[tuple[Database, KeyRing]]:
    """Make the database and the keys before the bot starts, as its first start would."""
    (folder / "data").mkdir(parents=True, mode=0o700)
    url = f"sqlite:///{folder / 'data' / 'mitreden.sqlite'}"
    migrate(url)
    database = Database.open(url)
    try:
        yield database, create_key_file(folder / "mitreden.key")
    finally:
        database.close()


def make_readers(api: LocalBotApi, database: Database, keys: KeyRing, count: int, day: dt.date) -> Readers:
    """Let so many people subscribe: of 10,000, 500 have blocked the bot, 200 left Telegram, 100 are gone."""
    readers = Readers()
    languages = ("de", "ar", "tr", "en", "de_LS")
    for first in range(0, count, _AT_ONCE):
        with database.transaction() as connection:
            for index in range(first, min(first + _AT_ONCE, count)):
                telegram_id = FIRST_READER + index
                contact = contacts.create_contact(connection, keys, telegram_id, today=day)
                language = languages[index % len(languages)]
                contacts.set_language(connection, contact.id, language)
                contacts.set_message_consent(connection, contact.id, Consent("1", language, day))
                contacts.subscribe(connection, contact.id, "council")
                _settle_in(api, readers, telegram_id, index % 100)
    return readers


def _settle_in(api: LocalBotApi, readers: Readers, telegram_id: int, percent: int) -> None:
    from bot.preview.messages import Person

    if percent == 0:
        readers.gone.add(telegram_id)
        return
    chat = api.world.add_person(Person(telegram_id, "Lea", None, "de")).chat
    chat.started = True
    if percent <= 5:
        chat.blocked = True
        readers.blocked.add(telegram_id)
    elif percent <= 7:
        chat.deactivated = True
        readers.deactivated.add(telegram_id)
    else:
        readers.reachable.add(telegram_id)


class NoonProcess(BotProcess):
    """The bot as a process whose clock says noon."""

    ahead: dt.timedelta = dt.timedelta()

    def count_in_flight(self) -> int:
        """Count what was being sent when the process died, in a process of its own.

        The test has the database open: were the file opened and closed here once more, its locks would
        be gone (SQLite, "How To Corrupt An SQLite Database File", §2.2).
        """
        looking = (
            "import sys; from pathlib import Path; from tests.support.kill_harness import BotProcess;"
            "print(BotProcess(None, '', Path(sys.argv[1])).count_in_flight())"
        )
        found = subprocess.run(
            [sys.executable, "-c", looking, str(self.folder)],
            cwd=REPOSITORY,
            capture_output=True,
            text=True,
            check=True,
        )
        return int(found.stdout)

    async def start(self) -> None:
        """Start the process; returns at once."""
        settings = {
            "MITREDEN_TELEGRAM_TOKEN": TOKEN,
            "MITREDEN_TELEGRAM_API_URL": self.url,
            "MITREDEN_DATA_DIR": str(self.folder / "data"),
            "MITREDEN_KEY_FILE": str(self.key_file),
            "PYTHONPATH": str(REPOSITORY),
        }
        kept = {name: value for name, value in os.environ.items() if not name.startswith("MITREDEN_")}
        with (self.folder / "log.txt").open("ab") as log:
            self.started_at = asyncio.get_running_loop().time()
            self.process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "tests.support.noon_bot",
                str(self.ahead.total_seconds()),
                cwd=self.folder,
                env={**kept, **settings},
                stdout=log,
                stderr=log,
            )
