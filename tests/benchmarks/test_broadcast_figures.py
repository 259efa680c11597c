"""Figures of a mailing, printed: its pace, what people notice of it, how long planning takes, memory.

`pytest tests/benchmarks/test_broadcast_figures.py -s` takes the sizes of the issue. Nothing that depends
on the machine is asserted, only that everybody is served.
"""

from __future__ import annotations

import asyncio
import random
import statistics
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
import pytest

from bot.app import system_clock
from bot.mailing_run import LISTED_AT_ONCE, MOST_QUEUED
from conversations.mailing_pace import MESSAGES_PER_SECOND
from storage import announcements, mailings
from tests.benchmarks.test_figures import Stopwatch
from tests.support.broadcast import (
    Broadcast,
    DistantApi,
    NoonProcess,
    hours_ahead,
    make_readers,
    shown_database,
)
from tests.support.crowd import Seen, Visitor, make_crowd

pytestmark = pytest.mark.benchmark

SEED = 5
PEOPLE = 50
#: How far away the Bot API is.
AWAY_SECONDS = 0.04
#: Of the issue.
P95_RATIO, RATE_SHARE, PLANNING_SECONDS, MEMORY_MB = 1.3, 0.95, 10.0, 20.0


@pytest.fixture
def full(request: pytest.FixtureRequest) -> bool:
    """Whether these figures were asked for by name."""
    return any("test_broadcast" in argument for argument in request.config.args)


@asynccontextmanager
async def running_town(folder: Path, readers: int) -> AsyncIterator[Broadcast]:
    """Run the real process for a town with so many readers, with a Bot API that is some way off."""
    ahead = hours_ahead()
    api = DistantApi(lambda: system_clock() + ahead, SEED, AWAY_SECONDS)
    bot = NoonProcess(api, await api.start("127.0.0.1", 0), folder)
    bot.ahead = ahead
    with shown_database(folder) as (database, keys):
        made = make_readers(api, database, keys, readers, (system_clock() + ahead).date())
        try:
            await bot.start()
            async with asyncio.timeout(60):
                await api.world.updates.wait_for_poll()
            yield Broadcast(folder, api, bot, database, keys, made, ahead)
            assert await bot.end() == 0, bot.last_log()
        finally:
            if bot.process is not None and bot.process.returncode is None:
                bot.process.kill()
                await bot.process.wait()
            await api.stop()


async def live(
    api: DistantApi, crowd: list[Visitor], seconds: float, stopwatch: Stopwatch, thought: float
) -> list[float]:
    """Let people answer for a while, each after about `thought` seconds, and list the times to a reply."""
    stopwatch.milliseconds.clear()
    chance = random.Random(SEED)
    ends = time.monotonic() + seconds

    async def one(visitor: Visitor) -> None:
        async def wait_for_news(_: Visitor, seen: Seen | None) -> Seen:
            def news() -> Seen | None:
                now = visitor.look()
                return now if now is not None and now.is_news(seen) else None

            found: Seen = await api.world.wait_for(news, 60.0)
            await asyncio.sleep(chance.uniform(0.4, 1.6) * thought)
            if time.monotonic() > ends:
                raise TimeoutError
            return found

        await asyncio.sleep(chance.uniform(0, 5))
        try:
            await visitor.live(wait_for_news)
        except TimeoutError:
            return

    await asyncio.gather(*(one(visitor) for visitor in crowd))
    return sorted(stopwatch.milliseconds)


def p95(milliseconds: list[float]) -> float:
    """Take the time that 95 of 100 do not exceed."""
    return milliseconds[int(0.95 * len(milliseconds))] if milliseconds else 0.0


def verdict(value: float, limit: float) -> str:
    """Say whether a value keeps a limit."""
    return "PASS" if value <= limit else "over"


async def test_a_mailing_and_the_people_who_answer_meanwhile(tmp_path: Path, full: bool) -> None:
    """The same people, first alone, then beside a mailing; then the mailing alone."""
    seconds = 60.0 if full else 10.0
    async with running_town(tmp_path, 6000 if full else 1000) as broadcast:
        stopwatch = Stopwatch()
        broadcast.api.world.listen(stopwatch)
        crowd = make_crowd(broadcast.api, 2 * PEOPLE, SEED)
        alone = await live(broadcast.api, crowd[:PEOPLE], seconds, stopwatch, 5.0)
        broadcast.announce()
        await asyncio.sleep(4)  # the tick begins it
        broadcast.api.arrivals.clear()
        beside = await live(broadcast.api, crowd[PEOPLE:], seconds, stopwatch, 5.0)
        busy = list(broadcast.api.arrivals)
        broadcast.api.arrivals.clear()
        await asyncio.sleep(30.0 if full else 6.0)
        quiet = [moment for moment, _ in broadcast.api.arrivals]
        with broadcast.database.transaction() as connection:
            mailings.stop(connection, broadcast.number, "anne", broadcast.now())
    assert alone
    assert beside
    ratio = p95(beside) / p95(alone)
    print(
        f"\n{PEOPLE} people, API {1000 * AWAY_SECONDS:.0f} ms away:"
        f" p50 {statistics.median(alone):.0f} and p95 {p95(alone):.0f} ms ({len(alone)} presses);"
        f" beside a mailing p50 {statistics.median(beside):.0f} and p95 {p95(beside):.0f} ms"
        f" ({len(beside)} presses): x{ratio:.2f}"
        f" (goal <= {P95_RATIO}: {verdict(ratio, P95_RATIO)})"
    )
    span = busy[-1][0] - busy[0][0]
    copies = sum(method == "sendMessage" for _, method in busy)
    print(
        f"beside the people {len(busy) / span:.1f} requests a second, {copies / span:.1f} of them messages;"
        f" the fullest second had {_fullest([moment for moment, _ in busy])} requests,"
        f" and {_fullest([moment for moment, method in busy if method == 'sendMessage'])} messages"
    )
    if len(quiet) > 2 * MESSAGES_PER_SECOND:
        rate = (len(quiet) - 1) / (quiet[-1] - quiet[0])
        share = rate / MESSAGES_PER_SECOND
        print(
            f"the mailing alone {rate:.2f} a second, {100 * share:.1f} % of {MESSAGES_PER_SECOND}"
            f" (goal >= {100 * RATE_SHARE:.0f} %: {'PASS' if share >= RATE_SHARE else 'below'});"
            f" the fullest second had {_fullest(quiet)}"
        )


def _fullest(times: list[float]) -> int:
    times = sorted(times)
    most = first = 0
    for index, moment in enumerate(times):
        while moment - times[first] >= 1.0:
            first += 1
        most = max(most, index - first + 1)
    return most


async def test_a_hundred_thousand_are_planned_and_memory_stays_flat(tmp_path: Path, full: bool) -> None:
    count = 100_000 if full else 5_000
    async with running_town(tmp_path, count) as broadcast:
        assert broadcast.bot.process is not None
        process = psutil.Process(broadcast.bot.pid)
        before = process.memory_info().rss / 2**20
        broadcast.announce()
        began = time.monotonic()
        async with asyncio.timeout(120):
            while True:
                if broadcast.progress().listed == count:
                    break
                await asyncio.sleep(0.05)
        planned = time.monotonic() - began
        seen = []
        for _ in range(60 if full else 5):
            await asyncio.sleep(1)
            seen.append(process.memory_info().rss / 2**20)
        sent = broadcast.progress().sent
        with broadcast.database.transaction() as connection:
            mailings.stop(connection, broadcast.number, "anne", broadcast.now())
            assert announcements.get(connection, broadcast.number).ended_at is not None
    assert sent > 0
    swing = max(seen) - min(seen)
    print(
        f"\n{count} readers planned {planned:.1f} s after the start (goal < {PLANNING_SECONDS:.0f} s:"
        f" {verdict(planned, PLANNING_SECONDS)}), in pages of {LISTED_AT_ONCE}; at most {MOST_QUEUED} in the"
        f" outbox; memory {before:.0f} MB before, {min(seen):.0f} to {max(seen):.0f} MB while sending"
        f" (goal a swing of {MEMORY_MB:.0f} MB: {verdict(swing, MEMORY_MB)})"
    )
