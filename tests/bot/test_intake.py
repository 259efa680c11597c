"""Intake: nothing is confirmed before it is stored, and no single update stops the others."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Callable, Sequence
from typing import Any

import pytest
import structlog
from telegram.error import Conflict, InvalidToken, TelegramError

from bot.delivery import WriteTransaction
from bot.intake import (
    BATCH_LIMIT,
    CONFLICT_SECONDS,
    MAX_BACKOFF_SECONDS,
    POISON_TRIES,
    Intake,
    TokenRefusedError,
    poll_with,
)
from bot.transport import AiohttpRequest, FloodWait, RequestFailed, refusal
from bot.updates import Kind, Projection
from storage.inbox import ReceivedUpdate, count_waiting_updates, store_batch
from storage.keyring import KeyRing
from tests.support.telegram_world import World
from tests.support.world import Clock

Answer = bytes | Exception


def text_update(update_id: int, text: str = "Guten Tag") -> str:
    sender = {"id": 5, "is_bot": False}
    message = {"message_id": 1, "from": sender, "chat": {"id": 5, "type": "private"}, "text": text}
    return json.dumps({"update_id": update_id, "message": message})


def deep_update(update_id: int) -> str:
    return f'{{"update_id": {update_id}, "message": {"[" * 5000}{"]" * 5000}}}'


def huge_number_update(update_id: int) -> str:
    return f'{{"update_id": {update_id}, "message": {"9" * 5000}}}'


class Telegram:
    """A queue of updates that forgets below the offset, as Telegram does, and fails when told."""

    def __init__(self, *updates: str) -> None:
        self.updates = {_id_of(update): update for update in updates}
        self.polls: list[tuple[int | None, int, int]] = []
        self.failures: list[Answer] = []
        self.quiet: Callable[[], None] = lambda: None

    async def poll(self, offset: int | None, limit: int, timeout_seconds: int) -> bytes:
        self.polls.append((offset, limit, timeout_seconds))
        if self.failures:
            failure = self.failures.pop(0)
            if isinstance(failure, Exception):
                raise failure
            return failure
        if offset is not None:
            self.updates = {number: body for number, body in self.updates.items() if number >= offset}
        batch = list(self.updates.values())[:limit]
        if not batch:
            self.quiet()
            await asyncio.sleep(0)
        return f'{{"ok":true,"result":[{",".join(batch)}]}}'.encode()


def _id_of(update: str) -> int:
    return int(update.split('"update_id": ')[1].split(",")[0].rstrip("}"))


class Stored:
    """What was stored, and the pauses that were made."""

    def __init__(self) -> None:
        self.batches: list[list[ReceivedUpdate]] = []
        self.failures: list[Exception] = []
        self.wakes = 0
        self.pauses: list[float] = []

    async def store(self, batch: Sequence[ReceivedUpdate]) -> None:
        if self.failures:
            raise self.failures.pop(0)
        self.batches.append(list(batch))

    def wake(self) -> None:
        self.wakes += 1

    async def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        await asyncio.sleep(0)

    @property
    def updates(self) -> list[ReceivedUpdate]:
        return [update for batch in self.batches for update in batch]

    @property
    def ids(self) -> list[int]:
        return [update.update_id for update in self.updates]


def make_intake(telegram: Telegram, stored: Stored) -> Intake:
    return Intake(telegram.poll, stored.store, lambda: stored.wake(), random.Random(1), stored.sleep)


async def run_until_quiet(telegram: Telegram) -> Stored:
    """Run an intake until an answer is empty."""
    stored = Stored()
    intake = make_intake(telegram, stored)
    telegram.quiet = intake.stop
    async with asyncio.timeout(20):
        await intake.run()
    return stored


async def test_a_batch_is_stored_before_the_next_offset_is_asked_for() -> None:
    telegram = Telegram(*(text_update(number) for number in range(500, 650)))
    stored = await run_until_quiet(telegram)
    assert stored.ids == list(range(500, 650))
    assert [poll[0] for poll in telegram.polls] == [None, 600, 650]
    assert {poll[1] for poll in telegram.polls} == {BATCH_LIMIT}
    assert stored.wakes == 2


async def test_the_offset_comes_from_the_last_batch_and_not_from_the_highest_id_ever() -> None:
    telegram, stored = Telegram(text_update(900_000)), Stored()
    intake = make_intake(telegram, stored)
    rounds = [text_update(12), text_update(13)]

    def restart_ids() -> None:
        if rounds:
            telegram.updates = {_id_of(rounds[0]): rounds.pop(0)}
        else:
            intake.stop()

    telegram.quiet = restart_ids
    await intake.run()
    assert stored.ids == [900_000, 12, 13]
    assert [poll[0] for poll in telegram.polls] == [None, 900_001, None, 13, None, 14]


async def test_a_batch_that_could_not_be_stored_comes_again() -> None:
    telegram, stored = Telegram(text_update(7), text_update(8)), Stored()
    stored.failures = [OSError("disk full"), OSError("disk full")]
    intake = make_intake(telegram, stored)
    telegram.quiet = intake.stop
    await intake.run()
    assert stored.ids == [7, 8]
    assert [poll[0] for poll in telegram.polls] == [None, None, None, 9]
    assert stored.wakes == 1


async def test_a_restart_before_the_confirmation_delivers_again() -> None:
    telegram, first = Telegram(text_update(7), text_update(8)), Stored()
    dying = make_intake(telegram, first)
    first.wake = dying.stop  # type: ignore[method-assign]
    await dying.run()
    assert first.ids == [7, 8]
    assert set(telegram.updates) == {7, 8}
    assert (await run_until_quiet(telegram)).ids == [7, 8]


async def test_a_stop_while_storing_finishes_the_store_and_confirms_nothing() -> None:
    telegram, stored = Telegram(text_update(7)), Stored()
    storing, may_end = asyncio.Event(), asyncio.Event()

    async def slow(batch: Sequence[ReceivedUpdate]) -> None:
        storing.set()
        await may_end.wait()
        stored.batches.append(list(batch))

    intake = Intake(telegram.poll, slow, stored.wake, random.Random(1), stored.sleep)
    running = asyncio.create_task(intake.run())
    await storing.wait()
    intake.stop()
    may_end.set()
    await running
    assert stored.ids == [7]
    assert len(telegram.polls) == 1


async def test_a_stop_ends_the_long_poll_and_a_long_pause() -> None:
    polling = asyncio.Event()

    async def hang(_offset: int | None, _limit: int, _seconds: int) -> bytes:
        polling.set()
        await asyncio.Event().wait()
        return b""

    stored = Stored()
    intake = Intake(hang, stored.store, stored.wake, random.Random(1))
    running = asyncio.create_task(intake.run())
    await polling.wait()
    intake.stop()
    await running

    telegram = Telegram()
    telegram.failures = [FloodWait(refusal(429, b"", "3000").wait)]  # type: ignore[attr-defined]
    pausing = asyncio.Event()

    async def long_pause(_seconds: float) -> None:
        pausing.set()
        await asyncio.Event().wait()

    intake = Intake(telegram.poll, stored.store, stored.wake, random.Random(1), long_pause)
    running = asyncio.create_task(intake.run())
    await pausing.wait()
    intake.stop()
    await running


@pytest.mark.parametrize("position", [0, 1, 42, 98, 99])
@pytest.mark.parametrize("poison", [deep_update, huge_number_update])
async def test_one_poisonous_update_of_a_hundred_is_set_aside(
    position: int, poison: Callable[[int], str]
) -> None:
    numbers = list(range(1000, 1100))
    bodies = [poison(n) if n == numbers[position] else text_update(n) for n in numbers]
    telegram = Telegram(*bodies)
    stored = await run_until_quiet(telegram)
    assert stored.ids == numbers
    aside = [update for update in stored.updates if update.quarantined is not None]
    assert [update.update_id for update in aside] == [numbers[position]]
    assert aside[0].chat_id is None
    assert Projection.from_bytes(aside[0].body).kind is Kind.UNDECODABLE
    assert len(stored.pauses) < POISON_TRIES


async def test_two_poisonous_updates_in_a_row_are_both_set_aside() -> None:
    bodies = [text_update(1), deep_update(2), deep_update(3), text_update(4)]
    stored = await run_until_quiet(Telegram(*bodies))
    assert [(u.update_id, u.quarantined is None) for u in stored.updates] == [
        (1, True), (2, False), (3, False), (4, True),
    ]  # fmt: skip


async def test_an_answer_garbled_once_sets_nothing_aside() -> None:
    telegram = Telegram(text_update(1), text_update(2))
    telegram.failures = [
        b'{"ok":true,"result":[{"update_id":1,"mess',
        b'{"ok":true,"result":[{"update_id":1,"me',
    ]
    stored = await run_until_quiet(telegram)
    assert [(u.update_id, u.quarantined) for u in stored.updates] == [(1, None), (2, None)]


async def test_an_answer_that_holds_no_id_is_waited_out() -> None:
    telegram = Telegram(text_update(1))
    telegram.failures = [b"<html>", b"<html>", b"<html>", b"[]", b'{"ok":true}']
    stored = await run_until_quiet(telegram)
    assert stored.ids == [1]
    assert len(stored.pauses) == 4


async def test_an_update_whose_fields_make_no_sense_is_set_aside_at_once() -> None:
    telegram = Telegram(text_update(1), '{"update_id": 2, "message": {"chat": 5}}', text_update(3))
    stored = await run_until_quiet(telegram)
    assert [(u.update_id, u.quarantined) for u in stored.updates] == [
        (1, None), (2, "message:chat"), (3, None),
    ]  # fmt: skip
    assert stored.pauses == []


async def test_an_update_without_an_id_does_not_hold_up_the_others() -> None:
    telegram, stored = Telegram(text_update(5)), Stored()
    telegram.failures = [f'{{"ok":true,"result":[{{"x":1}},{text_update(4)}]}}'.encode()]
    intake = make_intake(telegram, stored)
    telegram.quiet = intake.stop
    await intake.run()
    assert stored.ids == [4, 5]


async def test_a_refused_token_stops_with_a_clear_error() -> None:
    telegram = Telegram()
    telegram.failures = [InvalidToken("Unauthorized")]
    with pytest.raises(TokenRefusedError, match="token"):
        await make_intake(telegram, Stored()).run()
    assert len(telegram.polls) == 1


async def test_a_conflict_is_waited_out_with_one_warning() -> None:
    telegram = Telegram(text_update(1))
    telegram.failures = [Conflict("x"), Conflict("x"), Conflict("x")]
    with structlog.testing.capture_logs() as logs:
        stored = await run_until_quiet(telegram)
    assert [line["event"] for line in logs] == ["poll_conflict"]
    assert stored.ids == [1]
    assert stored.pauses == [CONFLICT_SECONDS] * 3


async def test_failures_of_the_network_are_waited_out_longer_and_longer() -> None:
    telegram = Telegram(text_update(1))
    failures: list[TelegramError] = [RequestFailed(ConnectionRefusedError()) for _ in range(9)]
    telegram.failures = [*failures, refusal(500, b"")]
    stored = await run_until_quiet(telegram)
    assert stored.ids == [1]
    assert len(stored.pauses) == 10
    assert all(pause <= MAX_BACKOFF_SECONDS for pause in stored.pauses)
    for number, pause in enumerate(stored.pauses):
        whole = min(MAX_BACKOFF_SECONDS, 2.0**number)
        assert whole / 2 <= pause <= whole


async def test_a_429_is_obeyed() -> None:
    telegram = Telegram(text_update(1))
    telegram.failures = [refusal(429, b'{"parameters":{"retry_after":17}}')]
    assert (await run_until_quiet(telegram)).pauses == [17.0]


async def test_updates_come_over_http_into_the_inbox(
    world: World, write: WriteTransaction, keys: KeyRing, clock: Clock
) -> None:
    request = AiohttpRequest()
    await request.initialize()
    woken = asyncio.Event()

    async def store(batch: Sequence[ReceivedUpdate]) -> int:
        return await write(lambda connection: store_batch(connection, keys, batch, clock()))

    def intake() -> Intake:
        return Intake(poll_with(request, world.bot), store, woken.set, random.Random(1))

    async def round_of(expected: int) -> None:
        woken.clear()
        running = intake()
        task = asyncio.create_task(running.run())
        while await write(count_waiting_updates) < expected:
            await woken.wait()
            woken.clear()
        running.stop()
        await task

    player = world.person()
    player.sends_text("Guten Tag")
    player.sends_contact()
    await round_of(3)
    player.sends_text("noch etwas")
    await round_of(4)
    polls = world.api.ledger.of("getUpdates")
    expected: dict[str, Any] = {
        "allowed_updates": ["message", "edited_message", "callback_query", "my_chat_member"]
    }
    assert polls
    assert all(expected.items() <= poll.params.items() for poll in polls)
    await request.shutdown()
