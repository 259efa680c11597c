"""The joined app: the tick survives, SQLite's log is emptied, the parts end together."""

from __future__ import annotations

import asyncio
import datetime as dt
from typing import Any

import pytest

from bot.app import App, run_bot
from bot.opening import open_database, open_keys
from bot.settings import StartError
from storage.keys import KeyFileError
from tests.support.chat import Town
from tests.support.world import World, open_world


async def test_a_tick_that_fails_is_logged_and_the_next_one_makes_up_for_it(
    sqlite_town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    town = sqlite_town
    chat = await town.chat("Sabine")
    await chat.enters("de")
    town.clock.forward(days=31)
    with monkeypatch.context() as patch:
        patch.setattr("bot.schedule.retention.apply_retention", lambda *_: 1 / 0)
        await town.app.tick()
    assert town.rows("contact")
    await town.app.tick()
    assert town.rows("contact") == [], "nobody who agreed to nothing is kept"


async def test_who_agreed_is_kept_and_the_voice_goes_in_time(town: Town) -> None:
    chat = await town.chat("Sabine")
    await chat.takes_part("de", "sprache")
    await chat.finishes(until="own")
    await chat.chooses("own")
    await chat.speaks(2)
    days = town.loaded.content.town.voice_days
    town.clock.forward(days=days + 1)
    await town.app.tick()
    assert town.rows("voice") == []
    town.clock.forward(days=60)
    await town.app.tick()
    assert town.rows("contact")
    assert town.answers(chat)["sprache/spr_obstacle"] == "own"


async def test_a_tick_empties_the_log_of_what_it_deleted(sqlite_town: Town) -> None:
    town = sqlite_town
    chat = await town.chat("Sabine")
    await chat.enters("de")
    (contact,) = town.rows("contact")
    log = town.world.data_dir / "mitreden.sqlite-wal"
    town.clock.forward(days=31)
    assert contact["chat_sealed"] in log.read_bytes()
    await town.app.tick()
    assert log.read_bytes() == b""
    assert contact["chat_sealed"] not in (town.world.data_dir / "mitreden.sqlite").read_bytes()


async def run(world: World, during: Any = None) -> list[App]:
    stop, started = asyncio.Event(), []

    def begin(app: App) -> None:
        started.append(app)
        stop.set()

    await run_bot(world.settings, clock=world.clock, stop=stop, started=begin)
    return started


async def test_a_run_migrates_makes_keys_and_ends_cleanly(tmp_path: Any) -> None:
    async with open_world(tmp_path) as world:
        (app,) = await run(world)
        assert app.bot.username == "mitreden_test_bot"
        assert world.key_file.exists()
        assert (world.data_dir / "mitreden.sqlite").exists()
        before = world.key_file.read_bytes()
        await run(world)
        assert world.key_file.read_bytes() == before


async def test_a_copy_made_before_a_migration_goes_after_the_first_good_start(tmp_path: Any) -> None:
    async with open_world(tmp_path) as world:
        await run(world)
        copy = world.data_dir / "mitreden.sqlite.before-0001"
        copy.write_bytes(b"people's data")
        await run(world)
        assert not copy.exists()


async def test_a_bot_told_to_stop_before_telegram_answers_ends_without_sending(tmp_path: Any) -> None:
    async with open_world(tmp_path) as world:
        world.api.faults.reject_500("getMe", times=None)
        stop = asyncio.Event()
        world.api.ledger.note = lambda entry: stop.set()  # type: ignore[method-assign]
        await run_bot(world.settings, clock=world.clock, stop=stop, started=lambda _: pytest.fail("started"))


async def test_without_a_token_nothing_is_read_or_made(tmp_path: Any) -> None:
    async with open_world(tmp_path) as world:
        settings = world.settings.model_copy(update={"telegram_token": None, "content": tmp_path / "nowhere"})
        with pytest.raises(StartError, match="BotFather"):
            await run_bot(settings, stop=asyncio.Event())
        assert not world.key_file.exists()


async def test_keys_are_never_made_anew_for_data_that_need_the_old_ones(tmp_path: Any) -> None:
    async with open_world(tmp_path) as world:
        database = open_database(world.settings)
        try:
            keys = open_keys(world.settings, database)
            from storage.contacts import create_contact

            with database.transaction() as connection:
                create_contact(connection, keys, 7, today=dt.date(2027, 6, 23))
            world.key_file.unlink()
            with pytest.raises(KeyFileError, match="is missing"):
                open_keys(world.settings, database)
            assert not world.key_file.exists()
        finally:
            database.close()


async def test_a_part_that_breaks_ends_the_whole_bot_with_its_error(
    sqlite_town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    town = sqlite_town

    async def break_down(_: Any) -> None:
        raise ZeroDivisionError("a mistake in the program")

    town.app.worker.settled = break_down
    chat = await town.chat("Sabine")
    with pytest.raises(ZeroDivisionError):
        await chat.says("/start")
    await town._open.aclose()
    await town.start()
    await town.rest()
    assert "lang:de" in chat.choices, "the next start sends what was left"


async def test_a_bot_torn_down_in_the_middle_goes_on_where_it_was(town: Town) -> None:
    chat = await town.chat("Sabine")
    await chat.takes_part("de", "sprache")
    for meaning in ("s2", "course", "no_time"):
        chat.player.presses(
            chat.screen.message_id, chat.screen.buttons[chat.choices.index(meaning)]["callback_data"]
        )
        await town.world.api.world.updates.wait_for_poll()
        await town.abandon()
        town.clock.forward(minutes=2)
        await town.start()
        await town.rest()
    assert [town.answers(chat)[f"sprache/{step}"] for step in ("spr_now", "spr_learn", "spr_obstacle")] == [
        "s2",
        "course",
        "no_time",
    ]
    assert "everyday_german" in chat.choices
