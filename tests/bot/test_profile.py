"""The bot's profile: read first, set only what differs, wait out every failure."""

from __future__ import annotations

import random

from bot.preview.faults import FaultKind
from bot.preview.profile import ProfileText
from bot.profile import MAX_PAUSE_SECONDS, Profile, ProfileTexts
from tests.support.telegram_world import World

GERMAN = ProfileTexts(
    "Mitreden", "Sagen Sie Ihre Meinung.", "Göppingen", (("start", "Start"), ("help", "Hilfe"))
)
TURKISH = ProfileTexts("Söz sizde", "Fikrinizi söyleyin.", "Göppingen", (("start", "Başla"),))
WANTED = {"": GERMAN, "tr": TURKISH}
SETTERS = ("setMyName", "setMyDescription", "setMyShortDescription", "setMyCommands")


class Pauses:
    def __init__(self) -> None:
        self.seconds: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)


async def bring_up_to_date(world: World, wanted: dict[str, ProfileTexts] | None = None) -> list[float]:
    pauses = Pauses()
    await Profile(world.bot, wanted or WANTED, random.Random(1), pauses).run()
    return pauses.seconds


async def test_a_new_bot_gets_everything(world: World) -> None:
    assert await bring_up_to_date(world) == []
    profile = world.api.world.profile
    assert profile.name("") == "Mitreden"
    assert profile.name("tr") == "Söz sizde"
    assert profile.text(ProfileText.DESCRIPTION, "tr") == "Fikrinizi söyleyin."
    assert profile.text(ProfileText.SHORT_DESCRIPTION, "") == "Göppingen"
    assert profile.menu(1, "tr") == [{"command": "start", "description": "Başla"}]
    assert [command["command"] for command in profile.menu(1, "en")] == ["start", "help"]


async def test_a_second_start_sets_nothing(world: World) -> None:
    await bring_up_to_date(world)
    before = len(world.api.ledger.of(*SETTERS))
    await bring_up_to_date(world)
    assert len(world.api.ledger.of(*SETTERS)) == before


async def test_only_what_differs_is_set(world: World) -> None:
    await bring_up_to_date(world)
    before = len(world.api.ledger.of(*SETTERS))
    other = ProfileTexts("Söz sizde", "Başka", "Göppingen", TURKISH.commands)
    await bring_up_to_date(world, {"": GERMAN, "tr": other})
    changed = world.api.ledger.of(*SETTERS)[before:]
    assert [entry.method for entry in changed] == ["setMyDescription"]


async def test_a_flood_is_waited_out(world: World) -> None:
    world.api.faults.reject_429(4000, "setMyDescription", times=2)
    assert await bring_up_to_date(world) == [4000, 4000]
    assert world.api.world.profile.text(ProfileText.DESCRIPTION, "tr") == "Fikrinizi söyleyin."


async def test_other_failures_are_waited_out_longer_and_longer(world: World) -> None:
    world.api.faults.order(FaultKind.REJECT_500, "getMyName", times=12)
    pauses = await bring_up_to_date(world)
    assert len(pauses) == 12
    assert 15 <= pauses[0] <= 30
    assert MAX_PAUSE_SECONDS / 2 <= pauses[-1] <= MAX_PAUSE_SECONDS
    assert world.api.world.profile.name("tr") == "Söz sizde"


async def test_what_telegram_refuses_stops_neither_the_bot_nor_other_languages(world: World) -> None:
    long = ProfileTexts("x" * 100, "", "", ())
    assert await bring_up_to_date(world, {"de": long, "ckb": GERMAN, "tr": TURKISH}) == []
    assert world.api.world.profile.name("tr") == "Söz sizde"
    assert not any(entry.params.get("language_code") == "ckb" for entry in world.api.ledger.entries)
