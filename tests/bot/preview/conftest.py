"""The preview's fixtures: a settable clock, a running server, a raw caller, a real `telegram.Bot`."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest
import telegram

from bot.preview.people import default_people
from bot.preview.player import Player
from bot.preview.server import LocalBotApi
from tests.support.world import Clock

TOKEN = "123456:preview"
Call = Callable[..., Awaitable[dict[str, Any]]]


@pytest.fixture
def clock() -> Clock:
    return Clock(datetime(2026, 9, 1, 10, 0, tzinfo=UTC))


@pytest.fixture
async def api(clock: Clock) -> AsyncIterator[LocalBotApi]:
    server = LocalBotApi(
        token=TOKEN,
        clock=clock,
        rng=random.Random(7),
        bot_username="mitreden_preview_bot",
        people=default_people(),
    )
    server.url = await server.start("127.0.0.1", 0)  # type: ignore[attr-defined]
    yield server
    await server.stop()


@pytest.fixture
def url(api: LocalBotApi) -> str:
    return str(api.url)  # type: ignore[attr-defined]


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
def call(url: str, http: aiohttp.ClientSession) -> Call:
    """Call a method with a JSON body and return the whole answer."""

    async def call_method(method: str, /, _token: str = TOKEN, **given: Any) -> dict[str, Any]:
        async with http.post(f"{url}/bot{_token}/{method}", json=given) as answer:
            body: dict[str, Any] = await answer.json()
            assert answer.status == body.get("error_code", 200)
            return body

    return call_method


@pytest.fixture
async def bot(url: str) -> AsyncIterator[telegram.Bot]:
    async with telegram.Bot(TOKEN, base_url=f"{url}/bot", base_file_url=f"{url}/file/bot") as real:
        yield real


@pytest.fixture
def sabine(api: LocalBotApi) -> Player:
    """Sabine, who has pressed START."""
    player = api.world.person("Sabine")
    player.starts()
    return player
