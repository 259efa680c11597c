"""The preview's fixtures: a settable clock, a server, a raw caller, a real `telegram.Bot`, a browser."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import telegram
from playwright.async_api import Browser, ConsoleMessage, Page, async_playwright

from bot.preview.clock import ClockDesk
from bot.preview.people import default_people
from bot.preview.player import Player
from bot.preview.server import LocalBotApi
from tests.support.world import Clock

TOKEN = "123456:preview"
CHROMIUM = Path("/usr/bin/chromium")
HAS_CHROMIUM = CHROMIUM.exists()
ARGUMENTS = [
    "--no-sandbox", "--disable-quic", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--no-first-run",
    "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream",
]  # fmt: skip
Call = Callable[..., Awaitable[dict[str, Any]]]


@pytest.fixture
def clock() -> Clock:
    return Clock(datetime(2026, 9, 1, 10, 0, tzinfo=UTC))


@pytest.fixture
def clock_desk() -> ClockDesk | None:
    """None: nobody sets the clock on the page, unless a module says otherwise."""
    return None


@pytest.fixture
async def api(clock: Clock, clock_desk: ClockDesk | None) -> AsyncIterator[LocalBotApi]:
    server = LocalBotApi(
        token=TOKEN,
        clock=clock,
        rng=random.Random(7),
        bot_username="mitreden_preview_bot",
        people=default_people(),
        clock_desk=clock_desk,
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


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    if not HAS_CHROMIUM:
        pytest.skip("no browser: apt install chromium")
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        yield started
        await started.close()


@pytest.fixture
async def open_page(browser: Browser, url: str) -> AsyncIterator[Callable[..., Awaitable[Page]]]:
    """Open the page for one of the people; fails the test on any error in the browser's console.

    A browser reports a refused request there as well: a test that provokes one names it.
    """
    faults: list[str] = []

    async def open_for(
        who: str,
        width: int = 1280,
        height: int = 800,
        expected: str | None = None,
        before: Callable[[Page], Awaitable[None]] | None = None,
        **options: Any,
    ) -> Page:
        options = {"locale": "de-DE", "timezone_id": "Europe/Berlin", **options}
        context = await browser.new_context(viewport={"width": width, "height": height}, **options)
        page = await context.new_page()
        page.set_default_timeout(5000)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda line: note(line, expected))
        page.on(
            "request",
            lambda request: None if url in request.url else faults.append(f"outside: {request.url}"),
        )
        if before is not None:
            await before(page)
        await page.goto(url)
        await page.locator("body[data-ready]").wait_for()
        await page.locator("#people-list").get_by_text(who, exact=True).click()
        return page

    def note(line: ConsoleMessage, expected: str | None) -> None:
        if line.type == "error" and (expected is None or expected not in line.text):
            faults.append(line.text)

    yield open_for
    assert faults == []
