"""getUpdates: offsets, waiting, rivals, expiry, allowed kinds."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from bot.preview.player import Player
from bot.preview.server import LocalBotApi


async def ids(call: Any, **given: Any) -> list[int]:
    return [update["update_id"] for update in (await call("getUpdates", **given))["result"]]


@pytest.fixture
def queued(sabine: Player) -> list[int]:
    """Five updates wait: /start and four texts; returns their ids."""
    for text in "abcd":
        sabine.sends_text(text)
    return sabine.world.updates.waiting_ids


async def test_an_offset_confirms_what_is_below_it(call: Any, queued: list[int]) -> None:
    assert len(queued) == 5
    assert queued == list(range(queued[0], queued[0] + 5))
    assert await ids(call) == queued
    assert await ids(call, limit=2) == queued[:2]
    assert await ids(call, offset=queued[2]) == queued[2:]
    assert await ids(call) == queued[2:], "confirmed updates are gone"


async def test_an_offset_far_above_the_tail_confirms_nothing(call: Any, queued: list[int]) -> None:
    assert await ids(call, offset=queued[-1] + 500) == queued
    assert await ids(call) == queued
    assert await ids(call, offset=queued[-1] + 11) == []
    assert await ids(call) == []


async def test_a_negative_offset_keeps_the_last_ones(call: Any, queued: list[int]) -> None:
    assert await ids(call, offset=-2) == queued[-2:]
    assert await ids(call) == queued[-2:]


async def test_a_limit_beyond_the_bounds_is_clamped(call: Any, sabine: Player) -> None:
    for number in range(120):
        sabine.sends_text(str(number))
    assert len(await ids(call, limit=1000)) == 100
    assert len(await ids(call, limit=0)) == 1


async def test_a_poll_waits_for_the_next_update(call: Any, api: LocalBotApi, sabine: Player) -> None:
    await ids(call, offset=-1)
    first = (await ids(call))[0]
    poll = asyncio.create_task(ids(call, offset=first + 1, timeout=30))
    await api.world.updates.wait_for_poll()
    sabine.sends_text("jetzt")
    assert await asyncio.wait_for(poll, 5) == [first + 1]


async def test_a_poll_ends_empty_after_its_timeout(call: Any) -> None:
    assert await ids(call, timeout=1) == []


async def test_the_earlier_of_two_pollers_is_told_409(call: Any, api: LocalBotApi) -> None:
    first = asyncio.create_task(call("getUpdates", timeout=30))
    await api.world.updates.wait_for_poll()
    second = asyncio.create_task(call("getUpdates", timeout=30))
    refused = await asyncio.wait_for(first, 5)
    assert (refused["error_code"], refused["description"]) == (
        409,
        "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
    )
    api.world.person("Grace").starts()
    assert len((await asyncio.wait_for(second, 5))["result"]) == 1


async def test_updates_expire(call: Any, sabine: Player, clock: Any) -> None:
    sabine.presses(1, "x")
    assert len(await ids(call)) == 2
    clock.forward(seconds=151)
    assert len(await ids(call)) == 1, "a press is kept 150 seconds"
    clock.forward(hours=24)
    assert await ids(call) == []


async def test_only_allowed_kinds_are_queued_from_then_on(call: Any, sabine: Player) -> None:
    await call("getUpdates", allowed_updates=["callback_query"])
    sabine.sends_text("not asked for")
    sabine.presses(1, "x")
    kinds = [sorted(set(update) - {"update_id"}) for update in (await call("getUpdates"))["result"]]
    assert kinds == [["message"], ["callback_query"]]


async def test_ids_can_restart(call: Any, sabine: Player) -> None:
    sabine.world.updates.restart_ids(5)
    sabine.sends_text("a")
    assert await ids(call, offset=900_000_000) == [5]


async def test_updates_that_cannot_be_decoded_can_be_queued(url: str, http: Any, sabine: Player) -> None:
    sabine.world.updates.put_raw("message", "[" * 3000 + "]" * 3000)
    sabine.world.updates.put_raw("message", '{"date": 9223372036854775808}')
    sabine.sends_text("danach")
    async with http.get(f"{url}/bot123456:preview/getUpdates") as answer:
        text = await answer.text()
    with pytest.raises(RecursionError):
        json.loads(text)
    assert text.count("update_id") == 4
    assert "9223372036854775808" in text


async def test_a_stopped_server_can_start_again(
    call: Any, url: str, api: LocalBotApi, sabine: Player
) -> None:
    await api.stop()
    await api.start("127.0.0.1", int(url.rpartition(":")[2]))
    waiting = asyncio.create_task(call("getUpdates", offset=-1, timeout=1))
    assert len((await waiting)["result"]) == 1
    assert await ids(call, offset=sabine.world.updates.waiting_ids[0] + 1, timeout=1) == []


async def test_stopping_ends_a_waiting_poll(call: Any, api: LocalBotApi) -> None:
    poll = asyncio.create_task(call("getUpdates", timeout=50))
    await api.world.updates.wait_for_poll()
    await asyncio.wait_for(api.stop(), 5)
    assert (await poll)["result"] == []


async def test_a_port_in_use_is_an_os_error(url: str, api: LocalBotApi) -> None:
    port = int(url.rpartition(":")[2])
    rival = LocalBotApi("1:a", api.world.clock, api.world.rng, "rival_bot")
    with pytest.raises(OSError, match="address already in use"):
        await rival.start("127.0.0.1", port)
