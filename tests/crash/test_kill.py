"""Kill the real process again and again while people answer: nothing lost, nothing doubled, nobody stuck.

The figures are those of the issue: 50 people, 50 kills. The seed decides people, faults and kills; which
statement a kill meets is up to the machine, so the figures printed differ a little from run to run.
"""

from __future__ import annotations

import asyncio
import random
import time
from pathlib import Path

import pytest

from bot.app import system_clock
from bot.preview.faults import FaultKind
from bot.preview.server import LocalBotApi
from storage.database import Database
from storage.keys import load_key_file
from tests.support import checker
from tests.support.crowd import Visitor, make_crowd
from tests.support.kill_harness import TOKEN, BotProcess, Killer, Patience, WatchedLedger

SEED = 20270907
PEOPLE = 50
#: Nobody may be stuck for longer than this; the whole test takes about half of it.
LIMIT_SECONDS = 400.0
#: Telegram's word for a press that waited too long, here because it waited for the restart.
TOO_OLD = (
    "answerCallbackQuery: 400 Bad Request: query is too old"
    " and response timeout expired or query ID is invalid"
)
SENDING = ("sendMessage", "editMessageText", "editMessageReplyMarkup")


async def test_fifty_kills_lose_nothing(tmp_path: Path) -> None:
    await _live_through(tmp_path, kills=50, mean_requests=20)


async def test_ten_kills_with_every_fifth_request_failing(tmp_path: Path) -> None:
    await _live_through(tmp_path, kills=10, mean_requests=60, with_faults=True)


async def _live_through(folder: Path, *, kills: int, mean_requests: int, with_faults: bool = False) -> None:
    began = time.monotonic()
    api = LocalBotApi(TOKEN, system_clock, random.Random(SEED), "mitreden_bot")
    api.ledger = ledger = WatchedLedger()
    bot = BotProcess(api, await api.start("127.0.0.1", 0), folder)
    crowd = make_crowd(api, PEOPLE, SEED)
    killer = Killer(bot, ledger, random.Random(f"kills {SEED}"), kills, mean_requests)
    if with_faults:
        _order_faults(api)
    killing = asyncio.create_task(killer.run())
    patience = Patience(api, killer)
    lives = [asyncio.create_task(visitor.live(patience)) for visitor in crowd]
    try:
        async with asyncio.timeout(LIMIT_SECONDS):
            await _all_or_first_failure([killing, *lives])
            api.faults.clear()
            await _until_quiet(bot, api, crowd)
        assert await bot.end() == 0
    except TimeoutError:
        stuck = [f"{visitor.player.id} at {visitor.look()}" for visitor in crowd if not visitor.finished]
        pytest.fail(f"{len(killer.in_flight)} kills; stuck: {stuck[:3]}\n{bot.last_log()}")
    finally:
        for task in (killing, *lives):
            task.cancel()
        if bot.process is not None and bot.process.returncode is None:
            bot.process.kill()
            await bot.process.wait()
        await api.stop()
    _judge(bot, api, ledger, killer, crowd, time.monotonic() - began)


def _order_faults(api: LocalBotApi) -> None:
    """Let about a fifth of the requests go wrong: before anything happened, or after."""
    for kind in (
        FaultKind.REJECT_500,
        FaultKind.RESET,
        FaultKind.APPLY_THEN_500,
        FaultKind.APPLY_THEN_RESET,
        FaultKind.APPLY_THEN_GARBAGE,
    ):
        api.faults.order(kind, *SENDING, times=None, probability=0.04)
    api.faults.order(FaultKind.REJECT_429, *SENDING, seconds=1, times=3, probability=0.005)
    api.faults.order(FaultKind.APPLY_THEN_RESET, "getUpdates", times=5, probability=0.05)


async def _all_or_first_failure(tasks: list[asyncio.Task[None]]) -> None:
    done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
    for task in done:
        task.result()


async def _until_quiet(bot: BotProcess, api: LocalBotApi, crowd: list[Visitor]) -> None:
    """Wait until the bot has confirmed every update and has nothing in its outbox."""
    database = Database.open(f"sqlite:///{bot.database_file}")
    try:
        while True:
            left = checker.count_left_over(database)
            if not (api.world.updates.pending_count or left["inbox"] or left["outbox"]):
                return
            await asyncio.sleep(0.05)
    finally:
        database.close()


def _judge(
    bot: BotProcess,
    api: LocalBotApi,
    ledger: WatchedLedger,
    killer: Killer,
    crowd: list[Visitor],
    seconds: float,
) -> None:
    keys = load_key_file(bot.key_file)
    database = Database.open(f"sqlite:///{bot.database_file}")
    try:
        compared = checker.compare(database, keys, crowd)
        left = checker.count_left_over(database)
    finally:
        database.close()
    damage = checker.find_damage(bot.database_file)
    repeated = checker.repeated_messages(ledger)
    ambiguous = checker.ambiguous_sendings(ledger)
    in_flight = sum(killer.in_flight)
    print(
        f"\nseed {SEED}: {len(crowd)} people, {len(killer.in_flight)} kills {dict(killer.kinds)}"
        f" in {seconds:.0f} s\n"
        f"  answers: {compared.given} given, {compared.stored} stored, {len(compared.lost)} lost,"
        f" {len(compared.altered)} altered, {len(compared.stray)} stray\n"
        f"  people: {sum(not visitor.finished for visitor in crowd)} stuck,"
        f" {sum(visitor.repeated for visitor in crowd)} deeds repeated;"
        f" {sum(visitor.presses for visitor in crowd)} presses,"
        f" {sum(visitor.writings for visitor in crowd)} texts and voices\n"
        f"  messages: {repeated.total()} repeated ({repeated.total() / max(1, len(killer.in_flight)):.2f} a"
        f" kill; most copies {max(repeated.values(), default=0) + 1}), {in_flight} in flight at kills,"
        f" {ambiguous} ambiguous; {checker.absorbed_repeats(ledger)} repeats absorbed by editing\n"
        f"  presses without an answer: {checker.unanswered_presses(api)}; left over: {left}\n"
        f"  from start to first answer: {max(killer.seconds_to_work, default=0):.1f} s at most"
    )
    assert len(killer.in_flight) == killer.kills
    assert compared.is_exact, (compared.lost, compared.altered, compared.stray, compared.rows)
    assert compared.people == len(crowd)
    assert damage == []
    assert left["inbox"] == left["quarantined"] == left["outbox"] == left["voices failed"] == 0
    assert repeated.total() <= in_flight + ambiguous
    assert set(checker.refusals(ledger)) <= {TOO_OLD}, checker.refusals(ledger)
