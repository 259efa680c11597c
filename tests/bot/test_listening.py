"""Listening instead of reading: from the choice of the language to the reminder, where there is a recording.

The recordings are made here: Opus in Ogg, of silence. None is shipped.
"""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest
from telegram import Bot
from telegram.error import BadRequest

from bot.buttons import CALLBACK_DATA_MAX_BYTES
from bot.check import check_content
from bot.content import load_content
from bot.preview.messages import Message
from bot.recordings import AUDIO, LARGE_BYTES, MAX_BYTES, Recordings, load_recordings, mark_of
from bot.rendering import MAX_RECORDINGS, Renderer
from conversations.every_screen import list_screens
from conversations.language_sheets import MAX_HEARD
from conversations.languages import LANGUAGES
from conversations.screens import Screen, menu_row
from conversations.texts import text
from tests.support.chat import Chat, Town, make_sound, open_town, shipped_content
from tests.support.meetings import on
from tests.support.play import NOW

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


@pytest.mark.parametrize("way", [("say",), ("news",), ("look",)])
async def test_before_any_session_the_page_and_its_buttons_stay(
    opened: OpenTown, way: tuple[str, ...]
) -> None:
    """Nobody knows yet which page it was: the consent must not give way to the doors."""
    async with opened("de/consent.answers", "de/consent.reminders", "de/sys.about") as town:
        chat = await town.chat("Sabine")
        await chat.enters("de", "arbeit-vhs")
        for meaning in way:
            await chat.chooses(next(choice for choice in chat.choices if choice.startswith(meaning)))
        choices, screen = chat.choices, chat.screen
        await chat.chooses(listen_button(chat))

        assert len(sounds(chat)) == 1
        assert chat.screen is screen
        assert chat.choices == choices


async def test_listening_shows_the_page_as_a_turn_would(opened: OpenTown) -> None:
    """After the forum fewer questions are asked, also where somebody listens."""
    async with opened("de/q.arb_now") as town:
        chat = await town.chat("Sabine")
        await chat.takes_part("de", "arbeit")
        before = chat.sees
        await chat.chooses(listen_button(chat))
        assert chat.sees == before

        town.clock.now = on("2027-12-01", "12:00")
        await chat.says("/start")
        await chat.presses("m:question")
        before, choices = chat.sees, chat.choices
        await chat.chooses(listen_button(chat))
        assert (chat.sees, chat.choices) == (before, choices)


async def test_one_tap_plays_a_few_languages_and_taps_have_a_budget(opened: OpenTown) -> None:
    names = [f"{language.code}/{CHOOSE}" for language in LANGUAGES]
    async with opened(*names) as town:
        chat = await town.chat("Selam", "de")
        await chat.says("/start")
        await chat.chooses("langears")
        assert len(sounds(chat)) == MAX_HEARD
        await chat.chooses("langs2")
        await chat.chooses("langears2")
        assert len(sounds(chat)) == 2 * MAX_HEARD, "of the other page, others"
        screen = chat.screen
        for _ in range(20):
            chat.player.presses(screen.message_id, "m:langears")
        await town.rest()
        assert len(sounds(chat)) <= 2 * MAX_HEARD + 30, "a sound costs as much as a press"


async def test_somebody_who_has_forbidden_voice_messages_gets_a_file(
    opened: OpenTown, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(*_: object, **__: object) -> None:
        raise BadRequest("Voice_messages_forbidden")

    async with opened("de/menu.title") as town:
        chat = await town.chat("Sabine")
        await chat.enters("de")
        await chat.says("/help")
        await chat.chooses("menu")
        with monkeypatch.context() as patched:
            patched.setattr(Bot, "send_voice", refuse)
            await chat.chooses(listen_button(chat))

        assert sounds(chat) == []
        assert [message for message in chat.messages if "document" in message.content]


async def test_a_folder_that_cannot_be_read_stops_nothing(
    opened: OpenTown, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened("de/menu.title") as town:
        chat = await town.chat("Sabine")
        await chat.enters("de")
        await chat.says("/help")
        await chat.chooses("menu")

        def unreadable(path: Path) -> bool:
            raise PermissionError(13, "Permission denied", str(path))

        with monkeypatch.context() as patched:
            patched.setattr(Path, "is_file", unreadable)
            await chat.chooses(listen_button(chat))
        assert chat.popups == [town.words("ui.listen.gone")]
        await chat.says("/help")
        assert town.words("help.text").split("\n")[0] in chat.sees, "and the bot is still there"


async def test_the_farewell_offers_nothing_to_listen_to(opened: OpenTown) -> None:
    async with opened("de/consent.withdrawn", "de/consent.frozen") as town:
        chat = await town.chat("Sabine")
        await chat.takes_part("de")
        await chat.says("/delete")
        await chat.chooses("erase")
        assert not [choice for choice in chat.choices if choice.startswith("listen")]


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
    screen = Screen(tuple((text(key, change_line=""),) for key in keys), (menu_row(),))
    (button,) = renderer.render(screen, "de").keyboard[0]

    assert len(keys) > MAX_RECORDINGS
    assert len(button.callback_data.encode()) <= CALLBACK_DATA_MAX_BYTES
    assert button.callback_data.removeprefix("m:listen:").split(".") == [
        mark_of(key) for key in keys[:MAX_RECORDINGS]
    ]


def test_what_is_no_recording_is_left_out_and_named(tmp_path: Path) -> None:
    record(tmp_path, "de/menu.title", "de/no.such_key", "xx/menu.title", "en/menu.title")
    record(tmp_path, "tr/menu.title", sound=b"no sound at all")
    record(tmp_path, "fr/menu.title", sound=make_sound(2.0) + bytes(LARGE_BYTES))
    record(tmp_path, "ru/menu.title", sound=make_sound(2.0) + bytes(MAX_BYTES))
    record(tmp_path, "de/consent.btn.agree", "menu.title")
    (tmp_path / AUDIO / "de" / "menu.title.wav").write_bytes(b"RIFF")
    (tmp_path / AUDIO / "de" / "menu.title.mp3").write_bytes(b"ID3")
    keys = shipped_content().content.texts
    found = load_recordings(tmp_path, keys)
    told = {
        finding.file.partition(f"{AUDIO}/")[2]: finding.message
        for finding in check_content(tmp_path, lambda checked: list_screens(checked, LANGUAGES, NOW)).findings
        if f"/{AUDIO}/" in finding.file
    }

    assert {(code, key) for code, key in found.paths} == {
        *((code, "menu.title") for code in ("de", "en", "fr")),
        ("de", "consent.btn.agree"),
    }
    assert set(told) == {
        "de/menu.title.mp3",
        "de/menu.title.wav",
        "de/consent.btn.agree.ogg",
        "menu.title.ogg",
        "ru/menu.title.ogg",
        "de/no.such_key.ogg",
        "xx/menu.title.ogg",
        "tr/menu.title.ogg",
        "fr/menu.title.ogg",
    }
    assert "at most 5000 kB" in told["ru/menu.title.ogg"]
    assert "belongs into a folder" in told["menu.title.ogg"]
    assert "read aloud with the text above it" in told["de/consent.btn.agree.ogg"]
    assert "There is no text “no.such_key”" in told["de/no.such_key.ogg"]
    assert "There is no language “xx”" in told["xx/menu.title.ogg"]
    assert "Opus in Ogg" in told["tr/menu.title.ogg"]
    assert "must be the key of a text" in told["de/menu.title.mp3"]


def test_a_folder_without_recordings_has_none(tmp_path: Path) -> None:
    assert load_recordings(tmp_path, ["menu.title"]).paths == {}
    assert load_recordings(None, ["menu.title"]).paths == {}
    assert Recordings().find("de", mark_of("menu.title")) is None
