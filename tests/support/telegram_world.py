"""The real shell against the local Bot API: a settable clock, a server, a bot on our transport, a writer.

Import the fixtures into a conftest. `write` runs work in transactions of one thread, as the
process does.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

import pytest
from sqlalchemy import Connection
from telegram import Bot

from bot.delivery import WriteTransaction
from bot.preview.people import default_people
from bot.preview.player import Player
from bot.preview.server import LocalBotApi
from bot.transport import AiohttpRequest
from storage.database import Database
from tests.support.world import Clock

TOKEN = "123456:telegram-world-token-that-must-never-be-shown"
_T = TypeVar("_T")


@dataclass
class World:
    """A running local Bot API and a bot that talks to it."""

    api: LocalBotApi
    bot: Bot
    request: AiohttpRequest

    def person(self, name: str = "Sabine") -> Player:
        """Return somebody who has pressed START."""
        player = self.api.world.person(name)
        player.starts()
        return player


@pytest.fixture
def clock() -> Clock:
    return Clock(datetime(2026, 9, 1, 10, 0, tzinfo=UTC))


@pytest.fixture
async def world(clock: Clock) -> AsyncIterator[World]:
    api = LocalBotApi(
        token=TOKEN,
        clock=clock,
        rng=random.Random(7),
        bot_username="mitreden_test_bot",
        people=default_people(),
    )
    url = await api.start("127.0.0.1", 0)
    request = AiohttpRequest(read_seconds=5)
    bot = Bot(
        TOKEN,
        base_url=f"{url}/bot",
        base_file_url=f"{url}/file/bot",
        request=request,
        get_updates_request=AiohttpRequest(connections=2),
    )
    async with bot:
        yield World(api, bot, request)
    await api.stop()


async def until(condition: Callable[[], object]) -> None:
    """Let everything run until a condition holds. Raises: TimeoutError."""
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110  (any condition, from outside)
            await asyncio.sleep(0)


def writer_of(database: Database, executor: ThreadPoolExecutor) -> WriteTransaction:
    """Make the function that runs work in a transaction of one thread."""

    async def write(work: Callable[[Connection], _T], /) -> _T:
        def run() -> _T:
            with database.transaction() as connection:
                return work(connection)

        return await asyncio.get_running_loop().run_in_executor(executor, run)

    return write


@pytest.fixture
async def write(sqlite_database: Database) -> AsyncIterator[WriteTransaction]:
    with ThreadPoolExecutor(1) as executor:
        yield writer_of(sqlite_database, executor)
