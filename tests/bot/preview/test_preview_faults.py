"""Ordered faults do what they say, and the ledger tells what really happened."""

from __future__ import annotations

import asyncio
import random
from typing import Any

import aiohttp
import pytest

from bot.preview.faults import FaultKind, FloodLimits
from bot.preview.player import Player
from bot.preview.server import LocalBotApi


async def test_rejections_change_nothing(call: Any, api: LocalBotApi, sabine: Player) -> None:
    api.faults.reject_429(7)
    api.faults.reject_500("sendMessage")
    limited = await call("sendMessage", chat_id=sabine.id, text="a")
    assert (limited["error_code"], limited["parameters"], limited["description"]) == (
        429,
        {"retry_after": 7},
        "Too Many Requests: retry after 7",
    )
    assert (await call("sendMessage", chat_id=sabine.id, text="a"))["error_code"] == 500
    assert not sabine.bot_messages
    assert (await call("sendMessage", chat_id=sabine.id, text="a"))["ok"], "each was ordered once"
    assert [entry.outcome for entry in api.ledger.entries] == ["reject_429", "reject_500", "ok"]
    assert [entry.params["text"] for entry in api.ledger.applied("sendMessage")] == ["a"]


async def test_ambiguous_faults_apply_first(
    url: str, http: aiohttp.ClientSession, call: Any, api: LocalBotApi, sabine: Player
) -> None:
    api.faults.apply_then_500("sendMessage")
    api.faults.apply_then_garbage("sendMessage")
    api.faults.apply_then_reset("sendMessage")
    address, given = f"{url}/bot{api.token}/sendMessage", {"chat_id": sabine.id, "text": "a"}
    assert (await call("sendMessage", **given))["error_code"] == 500
    async with http.post(address, json=given) as garbage:
        assert "<html>" in await garbage.text()
    with pytest.raises(aiohttp.ClientError):
        await http.post(address, json=given)
    api.faults.order(FaultKind.APPLY_THEN_TRUNCATED, "sendMessage")
    async with http.post(address, json=given) as truncated:
        with pytest.raises(ValueError, match=r"delimiter|Unterminated|Expecting"):
            await truncated.json()
    assert len(sabine.bot_messages) == 4
    assert [entry.applied for entry in api.ledger.entries] == [True] * 4


async def test_a_hanging_answer_ends_when_the_server_stops(
    url: str, http: aiohttp.ClientSession, api: LocalBotApi, sabine: Player
) -> None:
    api.faults.order(FaultKind.APPLY_THEN_HANG, "sendMessage")
    hanging = asyncio.ensure_future(
        http.post(f"{url}/bot{api.token}/sendMessage", json={"chat_id": sabine.id, "text": "a"})
    )
    await api.world.wait_for(lambda: sabine.bot_messages)
    await asyncio.wait_for(api.stop(), 5)
    with pytest.raises(aiohttp.ClientError):
        await asyncio.wait_for(hanging, 5)


async def test_polling_is_spared_unless_named(call: Any, api: LocalBotApi) -> None:
    api.faults.reject_500(times=None)
    assert (await call("getUpdates"))["ok"]
    assert not (await call("getMe"))["ok"]
    api.faults.clear()
    api.faults.reject_500("getUpdates")
    assert not (await call("getUpdates"))["ok"]


async def test_a_delay_answers_properly_but_later(call: Any, api: LocalBotApi) -> None:
    api.faults.delay(0.05, "getMe")
    before = asyncio.get_running_loop().time()
    assert (await call("getMe"))["ok"]
    assert asyncio.get_running_loop().time() - before >= 0.05


async def test_seeded_faults_repeat_with_the_seed(api: LocalBotApi) -> None:
    def draw(seed: int) -> list[bool]:
        faults = type(api.faults)(random.Random(seed))
        faults.order(FaultKind.REJECT_500, times=None, probability=0.3)
        return [faults.pick("sendMessage", 1) is not None for _ in range(50)]

    assert draw(1) == draw(1) != draw(2)
    assert 5 <= sum(draw(1)) <= 25


async def test_faults_can_be_for_one_chat(call: Any, api: LocalBotApi, sabine: Player) -> None:
    grace = api.world.person("Grace")
    grace.starts()
    api.faults.order(FaultKind.REJECT_500, chat_id=grace.id, times=None)
    assert (await call("sendMessage", chat_id=sabine.id, text="a"))["ok"]
    assert not (await call("sendMessage", chat_id=grace.id, text="a"))["ok"]


def test_flood_limits_refuse_and_refill() -> None:
    limits = FloodLimits(per_second=30, chat_per_second=1, chat_burst=2)
    assert [limits.take("sendMessage", [1], 100.0) for _ in range(3)] == [None, None, 1]
    assert limits.take("sendMessage", [2], 100.0) is None, "another chat has its own"
    assert limits.take("sendMessage", [1], 101.0) is None
    assert limits.take("editMessageText", [1], 101.0) is None, "only sending counts"
    spread = [limits.take("sendMessage", [chat], 200.0) for chat in range(10, 50)]
    assert spread.count(None) == 30


async def test_flood_limits_answer_429(call: Any, api: LocalBotApi, sabine: Player) -> None:
    api.flood = FloodLimits(chat_burst=1)
    answers = [await call("sendMessage", chat_id=sabine.id, text="a") for _ in range(2)]
    assert [answer.get("error_code") for answer in answers] == [None, 429]


async def test_downloads_can_fail(
    url: str, http: aiohttp.ClientSession, call: Any, api: LocalBotApi, sabine: Player
) -> None:
    file_id = sabine.sends_document(b"{}", "a.json").content["document"]["file_id"]
    path = (await call("getFile", file_id=file_id))["result"]["file_path"]
    api.faults.reject_500("file")
    for status in (500, 200):
        async with http.get(f"{url}/file/bot{api.token}/{path}") as answer:
            assert answer.status == status
    async with http.get(f"{url}/file/bot1:wrong/{path}") as answer:
        assert answer.status == 401


async def test_tests_can_wait_for_a_change(call: Any, api: LocalBotApi, sabine: Player) -> None:
    version = api.world.version
    waiting = asyncio.create_task(api.world.wait_change(version))
    await call("sendMessage", chat_id=sabine.id, text="a")
    assert await waiting > version
    with pytest.raises(TimeoutError):
        await api.world.wait_for(lambda: False, timeout_seconds=0.01)
