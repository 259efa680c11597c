"""Where the bot lives in tests: a local Bot API, a settable clock, folders for data and keys.

A bot is put into it in this process (`tests.support.chat`) or as a process of its own
(`tests.support.bot_process`). Knows nothing of the bot's inside.
"""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.preview.people import Person, default_people
from bot.preview.server import LocalBotApi
from bot.settings import Settings, parse_settings

TOKEN = "123456:the-token-of-the-test-world-which-nobody-may-see"
BOT_USERNAME = "mitreden_test_bot"
#: Before the freeze date and the forums of the shipped town file; a Wednesday, ISO week 2027-W25.
START = datetime(2027, 6, 23, 10, 0, tzinfo=UTC)


@dataclass
class Clock:
    """A clock that stands still until told."""

    now: datetime = START

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **how_long: float) -> None:
        """Let time pass, in the units of `timedelta`."""
        self.now += timedelta(**how_long)


@dataclass
class World:
    """A running local Bot API with people, and places for what a bot keeps."""

    api: LocalBotApi
    url: str
    folder: Path
    clock: Clock
    database_url: str | None = None
    staff_ids: frozenset[int] = frozenset()
    extra_environment: dict[str, str] = field(default_factory=dict)

    @property
    def data_dir(self) -> Path:
        """The data folder."""
        return self.folder / "data"

    @property
    def key_file(self) -> Path:
        """The key file, outside the data folder."""
        return self.folder / "mitreden.key"

    @property
    def environment(self) -> dict[str, str]:
        """The settings as an operator would give them."""
        given = {
            "MITREDEN_TELEGRAM_TOKEN": self.api.token,
            "MITREDEN_TELEGRAM_API_URL": self.url,
            "MITREDEN_DATA_DIR": str(self.data_dir),
            "MITREDEN_KEY_FILE": str(self.key_file),
        }
        if self.database_url is not None:
            given["MITREDEN_DATABASE_URL"] = self.database_url
        if self.staff_ids:
            given["MITREDEN_STAFF_IDS"] = ",".join(map(str, sorted(self.staff_ids)))
        return given | self.extra_environment

    @property
    def settings(self) -> Settings:
        """The settings as the bot reads them."""
        return parse_settings(self.environment)


@asynccontextmanager
async def open_world(
    folder: Path,
    *,
    database_url: str | None = None,
    people: Iterable[Person] | None = None,
    clock: Clock | None = None,
    api_clock: Clock | None = None,
    seed: int = 7,
    staff_ids: frozenset[int] = frozenset(),
) -> AsyncIterator[World]:
    """Start a local Bot API on a free port and stop it at the end. The folder is where data go."""
    clock = clock or Clock()
    api = LocalBotApi(
        token=TOKEN,
        clock=api_clock or clock,
        rng=random.Random(seed),
        bot_username=BOT_USERNAME,
        people=default_people() if people is None else people,
    )
    url = await api.start("127.0.0.1", 0)
    world = World(api, url, folder, clock, database_url, staff_ids)
    world.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        yield world
    finally:
        await api.stop()
