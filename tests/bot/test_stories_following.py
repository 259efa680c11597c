"""What became of it, told from the phone: following measures, hearing of them, ending it, reading all."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.preview.messages import Message
from bot.preview.player import Player
from conversations.stations import Station, StationCode, StationReason
from conversations.texts import text
from conversations.themes import list_themes
from storage import stations
from tests.support.chat import Chat, Town, open_town, plain
from tests.support.databases import NewUrl
from tests.support.meetings import on

DAY = on("2027-11-18", "10:00")
NEXT_MONTH = on("2027-12-18", "10:00")


@pytest.fixture
async def town(new_url: NewUrl, tmp_path: Path) -> AsyncIterator[Town]:
    """The bot at work, once on SQLite and once on PostgreSQL."""
    async with open_town(tmp_path, new_url()) as opened:
        yield opened


@pytest.fixture
async def sqlite_town(sqlite_template: Path, tmp_path: Path) -> AsyncIterator[Town]:
    """The bot at work, on SQLite only."""
    (tmp_path / "data").mkdir(mode=0o700)
    file = tmp_path / "data" / "mitreden.sqlite"
    shutil.copy(sqlite_template, file)
    async with open_town(tmp_path, f"sqlite:///{file}", durable=False) as opened:
        yield opened


async def records(
    town: Town, theme: str, code: StationCode = StationCode.STARTED, url: str = "https://www.goeppingen.de/x"
) -> None:
    """Record a station, as staff do; nobody wakes the bot."""
    reason = StationReason.EXISTS if code is StationCode.NOT_TAKEN else None
    station = Station(theme, code, reason, url, town.clock().date())
    await town.app.writer(lambda connection: stations.record(connection, station))


async def comes(town: Town, chat: Chat, *moments: dt.datetime) -> list[Message]:
    """Let it be these moments, one after the other, and return what is sent meanwhile."""
    known = {id(message) for message in chat.messages}
    for moment in moments:
        town.clock.now = moment.astimezone(dt.UTC)
        await town.app.schedule.put_out_station_news()
        await town.app.tick()
        await town.rest()
    return [message for message in chat.messages if id(message) not in known]


async def follows(chat: Chat, language: str = "de", field: str = "arbeit", most: int = 9) -> list[str]:
    """Answer a topic, look at the answers, and follow what was chosen there. Returns the themes."""
    await chat.takes_part(language, field)
    await chat.finishes()
    for meaning in (f"review:{field}", f"thanks:{field}"):
        await chat.chooses(meaning)
    toggles = [choice for choice in chat.choices if choice.startswith("ftick:")][:most]
    for toggle in toggles:
        await chat.chooses(toggle)
    await chat.chooses(f"fyes:{field}")
    return [toggle.removeprefix("ftick:").removesuffix(".1") for toggle in toggles]


def meanings(message: Message) -> list[str]:
    return [button["callback_data"].removeprefix("m:") for button in message.buttons]


# From the answer to what became of it


@pytest.mark.parametrize("language", ["de", "ar"])
async def test_somebody_follows_what_they_chose_and_hears_what_became_of_it(
    town: Town, language: str
) -> None:
    chat = await town.chat("Omar")
    themes = await follows(chat, language)
    assert chat.sees.startswith(town.words("follow.saved", language))
    assert {row["theme"] for row in town.rows("followed_theme")} == set(themes)
    (contact,) = town.rows("contact")
    assert (contact["follow_consent_language"], contact["message_consent_day"]) == (language, None)

    await records(town, themes[0])
    (push,) = await comes(town, chat, DAY)
    assert plain(push.text) == town.words("station.push", language, field_name=text("field.arbeit"))
    assert meanings(push) == ["results", "followed", "alloff"]
    await chat.presses("m:results", push.message_id)
    shown = plain(push.text)
    assert town.words("station.started", language) in shown
    assert "https://www.goeppingen.de/x" in shown
    assert shown.index(town.words("results.yours", language)) < shown.index("https://")
    print(f"{shown}\n{chat.buttons}")
    assert await comes(town, chat, DAY + dt.timedelta(hours=1), NEXT_MONTH) == []


async def test_following_leaves_no_trace_with_the_answers(town: Town) -> None:
    """What is ticked and agreed to changes nothing that can be read on the side of the answers."""
    chat = await town.chat("Sabine")
    await chat.takes_part("de", "arbeit")
    await chat.finishes()
    await chat.chooses("review:arbeit")

    def readable() -> tuple[object, ...]:
        sealed = "session_sealed"
        people = [{k: v for k, v in row.items() if k != sealed} for row in town.rows("respondent")]
        return people, town.rows("answer"), town.rows("voice")

    before = readable()
    await chat.chooses("thanks:arbeit")
    toggle = next(choice for choice in chat.choices if choice.startswith("ftick:"))
    await chat.chooses(toggle)
    assert town.rows("followed_theme") == [], "a tick is nothing yet"
    await chat.chooses("fyes:arbeit")
    assert len(town.rows("followed_theme")) == 1
    assert readable() == before
    theme = toggle.removeprefix("ftick:").removesuffix(".1")
    for name in ("respondent", "answer", "voice"):
        for row in town.rows(name):
            assert theme.encode() not in b"".join(v for v in row.values() if isinstance(v, bytes))
            assert theme not in row.values()


async def test_a_lock_screen_shows_no_measure_and_no_status(sqlite_town: Town) -> None:
    town, chat = sqlite_town, await sqlite_town.chat("Sabine")
    themes = await follows(chat)
    await records(town, themes[0], StationCode.NOT_TAKEN)
    (push,) = await comes(town, chat, DAY)
    assert plain(push.text) == "Es gibt etwas Neues zum Thema: Arbeit"


async def test_the_words_are_those_of_the_language_at_the_moment_of_sending(sqlite_town: Town) -> None:
    town, chat = sqlite_town, await sqlite_town.chat("Sabine")
    themes = await follows(chat)
    await records(town, themes[0])
    await chat.says("/language")
    await chat.chooses("lang:tr")
    (push,) = await comes(town, chat, DAY)
    assert plain(push.text).startswith(town.words("station.push", "tr", field_name="")[:9])


async def test_at_night_nothing_comes_and_in_the_morning_it_does(sqlite_town: Town) -> None:
    town, chat = sqlite_town, await sqlite_town.chat("Sabine")
    themes = await follows(chat)
    town.clock.now = on("2027-11-18", "20:59").astimezone(dt.UTC)
    await records(town, themes[0])
    night = [on("2027-11-18", "21:00"), on("2027-11-19", "00:30"), on("2027-11-19", "07:59")]
    assert await comes(town, chat, *night) == []
    assert len(await comes(town, chat, on("2027-11-19", "08:00"))) == 1


async def test_a_second_station_waits_until_a_month_is_over(sqlite_town: Town) -> None:
    town, chat = sqlite_town, await sqlite_town.chat("Sabine")
    themes = await follows(chat)
    assert len(themes) > 1
    await records(town, themes[0])
    assert len(await comes(town, chat, DAY)) == 1
    await records(town, themes[1])
    assert await comes(town, chat, *(DAY + dt.timedelta(days=day) for day in range(1, 30))) == []
    assert len(await comes(town, chat, NEXT_MONTH)) == 1
    assert await comes(town, chat, *(NEXT_MONTH + dt.timedelta(days=day) for day in range(1, 40))) == []


async def test_a_station_of_another_theme_is_told_to_nobody(sqlite_town: Town) -> None:
    town, chat = sqlite_town, await sqlite_town.chat("Sabine")
    themes = await follows(chat)
    other = next(t for t in list_themes(town.loaded.content, "arbeit") if t not in themes)
    await records(town, other)
    assert await comes(town, chat, DAY) == []


# Ending it


@pytest.mark.parametrize("way", ["/stop", "Stopp", "alloff", "unfollall", "block", "/delete"])
async def test_whoever_ends_it_before_it_is_sent_gets_nothing(town: Town, way: str) -> None:
    chat = await town.chat("Sabine")
    themes = await follows(chat)
    await records(town, themes[0])
    town.clock.now = DAY.astimezone(dt.UTC)
    match way:
        case "block":
            await chat.sends(Player.blocks)
        case "/delete":
            await chat.says("/delete")
            await chat.chooses("erase")
        case "alloff" | "unfollall":
            await chat.says("/reminders")
            if way == "unfollall":
                await chat.chooses("followed")
            await chat.chooses(way)
        case _:
            await chat.says(way)
    assert town.rows("followed_theme") == []
    for contact in town.rows("contact"):
        assert contact["follow_consent_day"] is None
        assert contact["has_stopped"] is (way in ("/stop", "Stopp", "alloff"))
    assert await comes(town, chat, DAY + dt.timedelta(hours=1), NEXT_MONTH) == []


async def test_the_last_button_under_the_news_ends_everything(sqlite_town: Town) -> None:
    town, chat = sqlite_town, await sqlite_town.chat("Sabine")
    themes = await follows(chat)
    await records(town, themes[0])
    (push,) = await comes(town, chat, DAY)
    await chat.presses("m:alloff", push.message_id)
    assert plain(push.text).startswith(town.words("sub.all_off_done"))
    await records(town, themes[0], StationCode.DONE)
    assert await comes(town, chat, NEXT_MONTH) == []


async def test_under_the_news_one_theme_can_be_switched_off(sqlite_town: Town) -> None:
    town, chat = sqlite_town, await sqlite_town.chat("Sabine")
    themes = await follows(chat)
    await records(town, themes[0])
    (push,) = await comes(town, chat, DAY)
    await chat.presses("m:followed", push.message_id)
    await chat.chooses(f"unfollow:{themes[0]}")
    assert {row["theme"] for row in town.rows("followed_theme")} == set(themes[1:])
    await records(town, themes[0], StationCode.DONE)
    assert await comes(town, chat, NEXT_MONTH) == []


async def test_whoever_stopped_and_follows_again_is_told_of_what_comes_after_that(sqlite_town: Town) -> None:
    town, chat = sqlite_town, await sqlite_town.chat("Sabine")
    themes = await follows(chat)
    await records(town, themes[0])
    await chat.says("/stop")
    await chat.says("/topics")
    for meaning in ("field:arbeit", "review:arbeit", "follow:arbeit", f"ftick:{themes[0]}.1", "fyes:arbeit"):
        await chat.chooses(meaning)
    assert await comes(town, chat, DAY) == []
    await records(town, themes[0], StationCode.DONE)
    assert len(await comes(town, chat, DAY + dt.timedelta(hours=1))) == 1


# Everybody


async def test_a_newcomer_reads_every_result_and_stores_nothing(town: Town) -> None:
    chat = await town.chat("Grace")
    await chat.enters("en")
    await records(town, "wer_measure.clubs", StationCode.NOT_TAKEN)
    await chat.says("/results")
    await chat.chooses("resfield:werte")
    assert town.words("station.reason_exists", "en") in chat.sees
    await chat.chooses("results")
    await chat.chooses("menu")
    assert "results" in chat.choices
    assert town.rows("respondent") == town.rows("followed_theme") == []


async def test_the_file_with_everything_stored_names_themes_and_consent(sqlite_town: Town) -> None:
    town, chat = sqlite_town, await sqlite_town.chat("Sabine")
    themes = await follows(chat)
    await chat.says("/mydata")
    assert "Themen, von denen Sie hören möchten: " in chat.sees
    await chat.chooses("datafile")
    document = next(message for message in reversed(chat.messages) if "document" in message.content)
    written = town.world.api.world.files.find(document.content["document"]["file_id"])
    assert written is not None
    stored = json.loads(written.content)["contact"]
    assert stored["followed_themes"] == sorted(themes)
    assert stored["follow_consent"]["language"] == "de"
    assert stored["has_stopped"] is False
