"""The decision goes to everybody who asked for it: exactly once, whatever the network and the machine do.

In a run of all tests some hundred people are written to; `pytest tests/crash/test_broadcast.py -s` takes
the figures of the issue, 10,000 readers and 50 kills, and as many minutes as Telegram's limit makes of it.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import Connection

from bot.app import system_clock
from bot.delivery import BULK_IN_FLIGHT
from bot.preview.faults import FaultKind
from conversations.mailing_pace import MESSAGES_PER_SECOND
from storage import mailings
from storage.vocabulary import MailingState, Policy
from tests.support.announced import ANNE
from tests.support.broadcast import (
    Broadcast,
    DistantApi,
    NoonProcess,
    hours_ahead,
    make_readers,
    shown_database,
)
from tests.support.kill_harness import Killer

SEED = 20271118
#: A network that stalls crowds requests; the pace itself is judged by a clock of its own (test_pace).
CROWDED = MESSAGES_PER_SECOND + 6


@pytest.fixture
def full(request: pytest.FixtureRequest) -> bool:
    """Whether the figures of the issue were asked for by name."""
    return any("test_broadcast" in argument for argument in request.config.args)


@asynccontextmanager
async def town(folder: Path, count: int, away_seconds: float = 0.04) -> AsyncIterator[Broadcast]:
    """Make a town with so many readers, and end its bot cleanly."""
    ahead = hours_ahead()
    api = DistantApi(lambda: system_clock() + ahead, SEED, away_seconds)
    bot = NoonProcess(api, await api.start("127.0.0.1", 0), folder)
    bot.ahead = ahead
    with shown_database(folder) as (database, keys):
        readers = make_readers(api, database, keys, count, (system_clock() + ahead).date())
        broadcast = Broadcast(folder, api, bot, database, keys, readers, ahead)
        try:
            yield broadcast
            assert await bot.end() == 0, bot.last_log()
        finally:
            if bot.process is not None and bot.process.returncode is None:
                bot.process.kill()
                await bot.process.wait()
            await api.stop()


def report(name: str, broadcast: Broadcast, seconds: float) -> None:
    """Print what was measured."""
    progress, copies = broadcast.progress(), broadcast.applied()
    print(
        f"\n{name}: {len(broadcast.readers)} readers, {seconds:.0f} s,"
        f" {len(broadcast.api.arrivals)} requests ({len(broadcast.api.arrivals) / seconds:.1f} a second,"
        f" at most {broadcast.fullest_second()} in one); got it once {Counter(copies.values())[1]},"
        f" twice {sum(count > 1 for count in copies.values())},"
        f" never {len(broadcast.readers.reachable - set(copies))};"
        f" sent {progress.sent}, unknown {progress.unknown}, unreachable {progress.unreachable},"
        f" failed {progress.failed}, inside a retry_after {broadcast.api.inside_hold}"
    )


async def test_everybody_gets_it_once_while_every_fifth_request_fails(tmp_path: Path, full: bool) -> None:
    """20 % fail without having been applied, and Telegram asks for silence three times."""
    async with town(tmp_path, 10_000 if full else 200) as broadcast:
        faults = broadcast.api.faults
        faults.order(FaultKind.REJECT_429, "sendMessage", seconds=2, times=3, probability=0.02)
        faults.order(FaultKind.REJECT_500, "sendMessage", times=None, probability=0.1)
        faults.order(FaultKind.RESET, "sendMessage", times=None, probability=0.111)
        broadcast.announce()
        began = asyncio.get_running_loop().time()
        await broadcast.bot.start()
        await broadcast.until_done(900 if full else 120)
        report("never missed, not applied", broadcast, asyncio.get_running_loop().time() - began)
    readers, progress = broadcast.readers, broadcast.progress()
    assert broadcast.applied() == Counter(dict.fromkeys(readers.reachable, 1))
    assert broadcast.left() == readers.reachable
    assert (progress.sent, progress.unreachable) == (len(readers.reachable), len(readers.unreachable))
    assert len(readers.unreachable) == 0.08 * len(readers)
    assert (progress.unknown, progress.failed, progress.dropped) == (0, 0, 0)
    assert broadcast.api.inside_hold == 0
    assert broadcast.fullest_second() <= CROWDED


@pytest.mark.parametrize("policy", list(Policy))
async def test_faults_after_the_message_was_sent_follow_the_policy(
    tmp_path: Path, policy: Policy, full: bool
) -> None:
    """20 % are applied and the answer is lost: one policy misses nobody, the other doubles nobody."""
    async with town(tmp_path, 2_000 if full else 150) as broadcast:
        for kind in (FaultKind.APPLY_THEN_500, FaultKind.APPLY_THEN_RESET, FaultKind.APPLY_THEN_GARBAGE):
            broadcast.api.faults.order(kind, "sendMessage", times=None, probability=0.07)
        broadcast.announce(policy)
        began = asyncio.get_running_loop().time()
        await broadcast.bot.start()
        await broadcast.until_done(300 if full else 120)
        report(f"{policy.value}, applied and lost", broadcast, asyncio.get_running_loop().time() - began)
    got, readers, progress = broadcast.applied(), broadcast.readers, broadcast.progress()
    assert set(got) == readers.reachable
    if policy is Policy.NEVER_MISSED:
        assert progress.unknown == 0
        assert progress.sent == len(readers.reachable)
        return
    assert set(got.values()) == {1}
    lost = {
        int(entry.params["chat_id"])
        for entry in broadcast.api.ledger.of("sendMessage")
        if entry.outcome.startswith("apply")
    }
    assert lost
    assert broadcast.unknown() == lost
    assert (progress.sent, progress.unknown) == (len(readers.reachable) - len(lost), len(lost))


@pytest.mark.parametrize("policy", list(Policy))
async def test_kills_repeat_only_what_was_in_flight(tmp_path: Path, policy: Policy, full: bool) -> None:
    kills = 50 if full else 3
    async with town(tmp_path, 2_500 if full else 150) as broadcast:
        broadcast.announce(policy)
        killer = Killer(
            broadcast.bot, broadcast.api.ledger, random.Random(f"kills {SEED}"), kills, 45 if full else 20
        )
        began = asyncio.get_running_loop().time()
        await asyncio.wait_for(killer.run(), 600)
        await broadcast.until_done(300)
        report(f"{policy.value}, {kills} kills", broadcast, asyncio.get_running_loop().time() - began)
    got, readers, progress = broadcast.applied(), broadcast.readers, broadcast.progress()
    repeated = sum(count - 1 for count in got.values())
    assert len(killer.in_flight) == kills
    assert sum(killer.in_flight) > 0, "no kill met anything in flight"
    if policy is Policy.NEVER_MISSED:
        assert set(got) == readers.reachable
        assert repeated <= sum(killer.in_flight)
        assert progress.sent == len(readers.reachable)
    else:
        assert repeated == 0
        missed = readers.reachable - set(got)
        assert missed <= broadcast.unknown()
        assert progress.unknown <= sum(killer.in_flight)
        assert progress.sent + progress.unknown + progress.unreachable == len(readers)


async def test_a_stop_from_outside_lets_nothing_more_out_but_what_is_in_flight(tmp_path: Path) -> None:
    """As `mitreden announce pause`, `resume` and `stop` do it, beside the running process."""
    async with town(tmp_path, 150) as broadcast:
        broadcast.announce()
        await broadcast.bot.start()
        at_pause = await _brake(broadcast, mailings.pause, 20)
        assert broadcast.progress().state is MailingState.PAUSED
        assert sum(broadcast.applied().values()) - at_pause <= BULK_IN_FLIGHT
        with broadcast.database.transaction() as connection:
            mailings.resume(connection, broadcast.number, ANNE, broadcast.now())
        at_stop = await _brake(broadcast, mailings.stop, at_pause + 20)
        sent = sum(broadcast.applied().values())
        assert sent - at_stop <= BULK_IN_FLIGHT
        assert sent < len(broadcast.readers.reachable), "it was stopped on its way"
    assert set(broadcast.applied().values()) == {1}


async def _brake(
    broadcast: Broadcast, brake: Callable[[Connection, int, str, dt.datetime], object], after: int
) -> int:
    """Brake when so many have got it; return how many had when that was done, and let five seconds pass."""
    async with asyncio.timeout(30):
        while True:
            if sum(broadcast.applied().values()) >= after:
                break
            await asyncio.sleep(0.02)
    with broadcast.database.transaction() as connection:
        brake(connection, broadcast.number, ANNE, broadcast.now())
    done = sum(broadcast.applied().values())
    await asyncio.sleep(5)
    return done
