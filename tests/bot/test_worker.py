"""The worker: order per person, a turn that fails is tried again and then set aside, others go on."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Connection

from bot.worker import PAUSES
from storage import inbox
from storage.inbox import ReceivedUpdate
from tests.support.chat import Town


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> set[int]:
    """Chats whose turns fail."""
    from bot.turns import Turns
    from bot.updates import Projection

    chats: set[int] = set()
    take = Turns.take

    def take_or_fail(self: Turns, connection: Connection, body: bytes, inbox_id: int) -> Any:
        done = take(self, connection, body, inbox_id)
        if Projection.from_bytes(body).chat_id in chats:
            raise RuntimeError("a mistake in the program")
        return done

    monkeypatch.setattr(Turns, "take", take_or_fail)
    return chats


async def test_a_turn_that_fails_once_is_undone_and_done_later_in_order(town: Town, broken: set[int]) -> None:
    chat, other = await town.chat("Sabine"), await town.chat("Grace")
    await chat.takes_part("de", "sprache")
    before = {name: town.rows(name) for name in ("answer", "respondent", "contact", "outbox")}
    broken.add(chat.id)
    chat.player.presses(chat.screen.message_id, chat.screen.buttons[1]["callback_data"])
    chat.player.sends_text("/topics")
    await town.rest()
    assert {name: town.rows(name) for name in before} == before, "undone as a whole"
    await other.enters("en")
    assert town.words("start.title", "en") in other.sees, "others go on"
    broken.clear()
    town.clock.forward(seconds=PAUSES[-1].total_seconds())
    await town.rest()
    assert town.answers(chat)["sprache/spr_now"] == "s2"
    assert "field:arbeit" in chat.choices, "and then the next"
    assert {row["state"] for row in town.rows("inbox")} == {"done"}


async def test_after_the_last_try_it_is_set_aside_and_the_person_is_told(
    town: Town, broken: set[int]
) -> None:
    chat = await town.chat("Omar")
    await chat.takes_part("ar", "sprache")
    broken.add(chat.id)
    chat.player.presses(chat.screen.message_id, chat.screen.buttons[1]["callback_data"])
    await town.rest()
    for pause in PAUSES:
        town.clock.forward(seconds=pause.total_seconds())
        await town.rest()
    broken.clear()
    assert town.words("err.tech_lost", "ar") in [chat.sees]
    (quarantined,) = [row for row in town.rows("inbox") if row["state"] == "quarantined"]
    assert quarantined["reason"] == "turn failed"
    assert quarantined["attempts"] == len(PAUSES)
    assert chat.player.answers[-1].text == "", "the spinner ends"
    await chat.says("/topics")
    await chat.chooses("field:sprache")
    assert "s1" in chat.choices


async def test_the_body_of_what_was_set_aside_is_deleted_within_a_day(
    sqlite_town: Town, broken: set[int]
) -> None:
    town = sqlite_town
    chat = await town.chat("Sabine")
    await chat.enters("de")
    broken.add(chat.id)
    chat.player.sends_text("ein Satz")
    for _ in range(len(PAUSES) + 1):
        await town.rest()
        town.clock.forward(seconds=20)
    assert [row["body_sealed"] is None for row in town.rows("inbox") if row["state"] == "quarantined"] == [
        False
    ]
    town.clock.forward(hours=24)
    await town.app.tick()
    assert [row["body_sealed"] for row in town.rows("inbox") if row["state"] == "quarantined"] == [None]


async def test_an_inbox_that_cannot_be_read_for_a_while_is_read_again(
    sqlite_town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    town, failures = sqlite_town, iter((1,))
    chat = await town.chat("Sabine")
    read = inbox.next_update

    def fail_first(*given: Any, **named: Any) -> Any:
        if next(failures, None):
            raise OSError("disk")
        return read(*given, **named)

    monkeypatch.setattr("bot.worker.inbox.next_update", fail_first)
    await chat.says("/start")
    assert "lang:de" in chat.choices


async def test_an_update_that_not_even_an_apology_can_read_does_not_stop_the_bot(town: Town) -> None:
    chat = await town.chat("Sabine")
    await chat.enters("de")
    poison = [
        ReceivedUpdate(11, chat.id, b"[]"),
        ReceivedUpdate(12, chat.id, b'{"update_id":12,"kind":"a kind of an older version"}'),
        ReceivedUpdate(13, None, b"\xff"),
    ]
    await town.app.writer(lambda connection: inbox.store_batch(connection, town.keys, poison, town.clock()))
    for _ in range(3 * (len(PAUSES) + 1)):
        await town.rest()
        town.clock.forward(seconds=20)
    states = {row["update_id"]: row["state"] for row in town.rows("inbox") if row["update_id"] < 20}
    assert states == dict.fromkeys((11, 12, 13), "quarantined")
    await chat.chooses("say")
    assert "agree" in chat.choices
