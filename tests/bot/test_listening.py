"""Listening instead of reading: from the choice of the language to the reminder, where there is a recording.

The recordings are made here: Opus in Ogg, of silence. None is shipped.
"""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest

from bot.buttons import CALLBACK_DATA_MAX_BYTES
from bot.check import check_content
from bot.content import load_content
from bot.preview.messages import Message
from bot.recordings import AUDIO, LARGE_BYTES, Recordings, load_recordings, mark_of
from bot.rendering import MAX_RECORDINGS, Renderer
from conversations.screens import Screen
from conversations.texts import text
from tests.support.chat import Chat, Town, make_sound, open_town, shipped_content
from tests.support.meetings import on

CHOOSE = "sys.choose_language"
OpenTown = Callable[..., AbstractAsyncContextManager[Town]]


def record(folder: Path, *names: str, sound: bytes = b"") -> Path:
    """Put recordings into a content folder; a name is `ti/q.arb_now`."""
    for name in names:
        path = folder / AUDIO / f"{name}.ogg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(sound or make_sound(2.0))
    return folder


@pytest.fixture
def opened(sqlite_template: Path, tmp_path: Path) -> OpenTown:
    """Open the bot at work with these recordings in its content folder."""

    @asynccontextmanager
    async def open_it(*names: str) -> AsyncIterator[Town]:
        (tmp_path / "data").mkdir(mode=0o700)
        file = tmp_path / "data" / "mitreden.sqlite"
        shutil.copy(sqlite_template, file)
        loaded = load_content(record(tmp_path / "town", *names))
        async with open_town(tmp_path, f"sqlite:///{file}", durable=False, loaded=loaded) as town:
            yield town

    return open_it


def sounds(chat: Chat) -> list[Message]:
    """List the voice messages of the bot, oldest first."""
    return [message for message in chat.messages if "voice" in message.content]


def listen_button(chat: Chat) -> str:
    """Return what the button to listen does, on the current screen."""
    return next(choice for choice in chat.choices if choice.startswith("listen:"))


async def test_somebody_who_cannot_read_hears_every_language_and_chooses_below_the_sound(
    opened: OpenTown,
) -> None:
    async with opened(f"ti/{CHOOSE}", f"ar/{CHOOSE}", f"en/{CHOOSE}") as town:
        chat = await town.chat("Selam", "en")
        await chat.says("/start arbeit-vhs")
        assert chat.buttons[0] == "Audio 🔊"
        await chat.chooses("langears:arbeit-vhs")

        heard = sounds(chat)
        labels = [[button["text"] for button in message.buttons] for message in heard]
        assert labels == [["English"], ["العربية"], ["ትግርኛ (Tigrinya)"]]
        await chat.presses(heard[2].buttons[0]["callback_data"], heard[2].message_id)

    assert town.loaded.catalogues.get("ti").find("start.title") in chat.sees
    assert "say:arbeit-vhs" in chat.choices, "the door of the poster stays open"


async def test_a_question_is_heard_and_its_buttons_stand_below_the_sound(opened: OpenTown) -> None:
    async with opened("ti/q.arb_now", "ti/field.arbeit.intro", "de/q.arb_now") as town:
        chat = await town.chat("Selam", "en")
        await chat.takes_part("ti", "arbeit")
        question = chat.screen
        assert chat.buttons[0] == town.words("ui.btn.listen", "ti")
        await chat.chooses(listen_button(chat))

        assert len(sounds(chat)) == 2, "the introduction and the question, in this order"
        assert chat.screen.message_id > max(message.message_id for message in sounds(chat))
        assert not question.buttons, "the old buttons are gone"
        await chat.chooses("working")
        assert "arbeit/arb_now" in town.answers(chat)


async def test_a_sound_goes_to_telegram_once_and_after_that_by_its_name(opened: OpenTown) -> None:
    async with opened("de/menu.title") as town:
        chat = await town.chat("Sabine")
        await chat.enters("de")
        for _ in range(2):
            await chat.says("/help")
            await chat.chooses("menu")
            await chat.chooses(listen_button(chat))

        first, second = (message.content["voice"]["file_id"] for message in sounds(chat))
        assert first == second


async def test_a_reminder_can_be_heard_in_the_language_of_the_person(opened: OpenTown) -> None:
    async with opened("tr/rem.d7", "de/rem.d7") as town:
        chat = await town.chat("Emine", "tr")
        await chat.enters("tr", "news")
        await chat.chooses("msgyes:news")
        await chat.chooses("sub:forum_sprache")
        town.clock.now = on("2027-08-31", "10:00")
        await town.app.tick()
        await town.rest()
        reminder = chat.screen
        assert town.words("ui.btn.listen", "tr") in chat.buttons
        before = len(chat.messages)
        await chat.chooses(listen_button(chat))

        assert len(sounds(chat)) == 1
        assert len(chat.messages) == before + 1, "nothing but the sound"
        assert reminder.buttons, "the reminder keeps its buttons"


async def test_without_a_recording_in_this_language_there_is_no_button(opened: OpenTown) -> None:
    async with opened("ti/q.arb_now") as town:
        chat = await town.chat("Sabine")
        await chat.says("/start")
        assert "Audio 🔊" not in chat.buttons
        await chat.takes_part("de", "arbeit")
        assert not [choice for choice in chat.choices if choice.startswith("listen")]


async def test_a_recording_that_was_taken_away_is_told_in_a_sentence(
    opened: OpenTown, tmp_path: Path
) -> None:
    async with opened("de/menu.title") as town:
        chat = await town.chat("Sabine")
        await chat.enters("de")
        await chat.says("/help")
        await chat.chooses("menu")
        (tmp_path / "town" / AUDIO / "de" / "menu.title.ogg").unlink()
        await chat.chooses(listen_button(chat))

        assert chat.popups == [town.words("ui.listen.gone")]
        assert sounds(chat) == []
        assert town.due() == {"updates": False, "messages": False, "voices": False}


async def test_forged_marks_do_nothing(opened: OpenTown) -> None:
    async with opened("de/menu.title") as town:
        chat = await town.chat("Sabine")
        await chat.enters("de")
        for data in ("m:listen", "m:listen:x", "m:listen:....", "m:listen:" + "a" * 55, "m:langears:x"):
            await chat.presses(data)
        assert sounds(chat) == []
        assert chat.sees


def test_no_two_keys_have_the_same_mark() -> None:
    keys = list(shipped_content().content.texts)

    assert len({mark_of(key) for key in keys}) == len(keys) > 500


def test_a_screen_with_many_recordings_still_has_a_button_that_fits(tmp_path: Path) -> None:
    keys = [key for key in shipped_content().content.texts if key.startswith("pn.") and "btn" not in key][:12]
    loaded = load_content(record(tmp_path, *(f"de/{key}" for key in keys)))
    renderer = Renderer(loaded.content, loaded.catalogues, loaded.recordings)
    screen = Screen(tuple((text(key, change_line=""),) for key in keys))
    (button,) = renderer.render(screen, "de").keyboard[0]

    assert len(keys) > MAX_RECORDINGS
    assert len(button.callback_data.encode()) <= CALLBACK_DATA_MAX_BYTES
    assert button.callback_data.removeprefix("m:listen:").split(".") == [
        mark_of(key) for key in keys[:MAX_RECORDINGS]
    ]


def test_what_is_no_recording_is_left_out_and_named(tmp_path: Path) -> None:
    record(tmp_path, "de/menu.title", "de/no.such_key", "xx/menu.title", "en/menu.title")
    record(tmp_path, "tr/menu.title", sound=b"no sound at all")
    record(tmp_path, "fr/menu.title", sound=make_sound(2.0)[:-60] + bytes(LARGE_BYTES))
    (tmp_path / AUDIO / "de" / "menu.title.mp3").write_bytes(b"ID3")
    keys = shipped_content().content.texts
    found = load_recordings(tmp_path, keys)
    told = {
        finding.file.partition(f"{AUDIO}/")[2]: finding.message
        for finding in check_content(tmp_path).findings
        if f"/{AUDIO}/" in finding.file
    }

    assert {(code, key) for code, key in found.paths} == {
        (code, "menu.title") for code in ("de", "en", "tr", "fr")
    }
    assert set(told) == {
        "de/menu.title.mp3",
        "de/no.such_key.ogg",
        "xx/menu.title.ogg",
        "tr/menu.title.ogg",
        "fr/menu.title.ogg",
    }
    assert "There is no text “no.such_key”" in told["de/no.such_key.ogg"]
    assert "There is no language “xx”" in told["xx/menu.title.ogg"]
    assert "Opus in Ogg" in told["tr/menu.title.ogg"]
    assert "must be the key of a text" in told["de/menu.title.mp3"]


def test_a_folder_without_recordings_has_none(tmp_path: Path) -> None:
    assert load_recordings(tmp_path, ["menu.title"]).paths == {}
    assert load_recordings(None, ["menu.title"]).paths == {}
    assert Recordings().find("de", mark_of("menu.title")) is None
