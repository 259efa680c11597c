"""The programme, told from the phone: registering, being reminded, a forum that moves, being left alone."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import pytest
import vobject

from bot.content import LoadedContent
from bot.preview.messages import Message
from bot.preview.player import Player
from conversations.programme import Cancellation, Reason, Support
from storage.programme import Effect, change_event, load_programme
from tests.support.chat import Chat, Town, open_town, plain, shipped_content
from tests.support.databases import NewUrl
from tests.support.meetings import meeting, on, planned

UTC, BERLIN = dt.UTC, ZoneInfo("Europe/Berlin")
#: The forum of most stories: a Tuesday, 18:00 to 20:30, Arabic is not confirmed.
FORUM, FIELD = "forum_bildung", "bildung"
WEEK_BEFORE, DAY_BEFORE = on("2027-09-07", "10:00"), on("2027-09-13", "17:00")
HOURS_BEFORE, BEGINS, ENDS = on("2027-09-14", "16:00"), on("2027-09-14", "18:00"), on("2027-09-14", "20:30")
THANKS = on("2027-09-15", "10:00")
MOVED = meeting("2027-10-05", "19:00", "21:00", place="Rathaus", address="")
ALL_OFF, STOP_IT = "alloff", f"stopit:{FORUM}"
MINUTE = dt.timedelta(minutes=1)


def loaded() -> LoadedContent:
    return replace(shipped_content(), content=planned())


@pytest.fixture
async def town(new_url: NewUrl, tmp_path: Path) -> AsyncIterator[Town]:
    """The bot at work with the programme of the tests, once on SQLite and once on PostgreSQL."""
    async with open_town(tmp_path, new_url(), loaded=loaded()) as opened:
        yield opened


@pytest.fixture
async def sqlite_town(sqlite_template: Path, tmp_path: Path) -> AsyncIterator[Town]:
    """The bot at work with the programme of the tests, on SQLite only."""
    (tmp_path / "data").mkdir(mode=0o700)
    file = tmp_path / "data" / "mitreden.sqlite"
    shutil.copy(sqlite_template, file)
    async with open_town(tmp_path, f"sqlite:///{file}", durable=False, loaded=loaded()) as opened:
        yield opened


# How time passes, and how the staff change something


async def passes(town: Town, *until: dt.datetime) -> None:
    """Let the clock come to each moment, one after the other, and everything that is due then happen."""
    for moment in until:
        town.clock.now = moment.astimezone(UTC)
        await town.app.tick()
        await town.rest()


async def comes(town: Town, chat: Chat, *until: dt.datetime) -> list[Message]:
    """Let time pass and return the messages that came meanwhile."""
    known = {id(message) for message in chat.messages}
    await passes(town, *until)
    return [message for message in chat.messages if id(message) not in known]


async def comes_at(town: Town, chat: Chat, moment: dt.datetime) -> Message:
    """Return the one message that comes at this minute and not in the one before."""
    assert await comes(town, chat, moment - MINUTE) == []
    (message,) = await comes(town, chat, moment)
    assert message.date.astimezone(UTC) == moment.astimezone(UTC)
    return message


async def change(town: Town, topic: str = FORUM, **what: Any) -> Effect:
    """Change a meeting in one transaction, as the command line does; nobody wakes the bot."""
    now = town.clock().astimezone(BERLIN)

    def work(connection: Any) -> Effect:
        before = load_programme(connection, town.loaded.content.programme).events[topic]
        return change_event(connection, topic, before, replace(before, **what), now)

    return await town.app.writer(work)


# What people have before their eyes


def says(message: Message) -> str:
    return plain(message.text)


def meanings(message: Message) -> list[str]:
    """What the buttons under a message do."""
    return [button["callback_data"].removeprefix("m:") for button in message.buttons]


async def presses(chat: Chat, message: Message, meaning: str) -> None:
    assert meaning in meanings(message), meanings(message)
    await chat.presses(f"m:{meaning}", message.message_id)


def when(town: Town, date: Any, language: str = "de") -> str:
    return town.words("rem.when", language, date_long=date.starts.date(), time=date.starts, place=date.where)


def name(town: Town, topic: str = FORUM, language: str = "de") -> str:
    return town.words(f"forum.name.{topic.removeprefix('forum_')}", language)


def first_line(town: Town, key: str, language: str = "de") -> str:
    """The first line of a text that has no gap."""
    return plain(town.loaded.catalogues.get(language).find(key).split("\n")[0])


# The usual ways to a meeting


async def opens(chat: Chat, topic: str = FORUM) -> None:
    await chat.says("/events")
    await chat.chooses(f"event:{topic}")


async def subscribes(town: Town, chat: Chat, language: str, *topics: str) -> None:
    """Come in by the door "messages only" and switch topics on. Nothing is answered."""
    await chat.enters(language)
    await chat.chooses("news")
    await chat.chooses("msgyes")
    for topic in topics or (FORUM,):
        await chat.chooses(f"sub:{topic}")


async def registers(town: Town, chat: Chat, language: str, topic: str = FORUM) -> None:
    """Choose a language and register for a forum from /events."""
    await chat.enters(language)
    await opens(chat, topic)
    await chat.chooses(f"come:{topic}")
    await chat.chooses(f"msgyes:come.{topic}")
    assert town.words("rem.rsvp_note", language) in chat.sees


async def asks_for_interpreting(chat: Chat, field: str = FIELD) -> None:
    """Take part, ask for an invitation, and say that interpreting is needed. Consent 2 is there already."""
    await chat.says("/topics")
    for meaning in ("agree", "settled", f"field:{field}"):
        await chat.chooses(meaning)
    await chat.finishes(until="invite")
    await chat.chooses("invite")
    for meaning in (f"needs:{field}", "interpreter", "_done"):
        await chat.chooses(meaning)


# From the list of dates to the thanks


async def test_somebody_registers_in_arabic_and_is_reminded_at_the_right_minutes(town: Town) -> None:
    chat = await town.chat("Omar")
    await registers(town, chat, "ar")
    assert "2027" in chat.sees
    assert {row["topic"] for row in town.rows("subscription")} == {FORUM}
    assert town.rows("respondent") == [], "no answer, no consent to answers"
    await asks_for_interpreting(chat)

    missing = town.words("rem.no_interpreter", "ar")
    for key, moment, says_it in (
        ("rem.d7", WEEK_BEFORE, True),
        ("rem.d1", DAY_BEFORE, True),
        ("rem.h2", HOURS_BEFORE, False),
    ):
        message = await comes_at(town, chat, moment)
        assert says(message).startswith(first_line(town, key, "ar"))
        assert f"{name(town, language='ar')}\n{when(town, meeting('2027-09-14'), 'ar')}" in says(message)
        assert (missing in says(message)) == says_it, key
        assert meanings(message) == [f"cannot:{FORUM}", f"ics:{FORUM}", STOP_IT, ALL_OFF]
        print(f"{moment:%d.%m. %H:%M}\n{says(message)}\n")
    assert await comes(town, chat, BEGINS, ENDS, ENDS + 2 * MINUTE) == []
    assert says(await comes_at(town, chat, THANKS)).startswith(first_line(town, "rem.after", "ar"))
    assert await comes(town, chat, *(THANKS + dt.timedelta(days=day) for day in range(1, 40))) == []


async def test_interpreting_that_is_confirmed_in_time_is_announced_instead(sqlite_town: Town) -> None:
    town = sqlite_town
    chat = await town.chat("Omar")
    await registers(town, chat, "ar")
    await asks_for_interpreting(chat)
    await change(town, support=Support(interpreting=("ar",)))
    message = await comes_at(town, chat, WEEK_BEFORE)
    assert town.words("rem.no_interpreter", "ar") not in says(message)
    assert "العربية" in says(message)


@pytest.mark.parametrize("door", ["door", "link"])
async def test_messages_only_reminds_without_any_answer(town: Town, door: str) -> None:
    chat = await town.chat("Grace")
    if door == "door":
        await subscribes(town, chat, "en")
    else:
        await chat.enters("en", "news")
        await chat.chooses("msgyes:news")
        await chat.chooses(f"sub:{FORUM}")
    message = await comes_at(town, chat, WEEK_BEFORE)
    assert says(message).startswith("The forum is in 7 days.")
    assert meanings(message) == [f"come:{FORUM}", f"cannot:{FORUM}", f"ics:{FORUM}", STOP_IT, ALL_OFF]
    assert len(await comes(town, chat, DAY_BEFORE)) == 1
    assert await comes(town, chat, HOURS_BEFORE, BEGINS - MINUTE) == [], "only for those who come"
    assert town.rows("respondent") == town.rows("answer") == []
    (contact,) = town.rows("contact")
    assert contact["has_consented"] is False
    assert contact["message_consent_language"] == "en"


async def test_of_one_forum_nobody_gets_more_than_three_reminders_and_of_another_one_none(
    sqlite_town: Town,
) -> None:
    """Every quarter of an hour from the registration to the end of November, over the end of summer time."""
    town = sqlite_town
    chat = await town.chat("Sabine")
    await registers(town, chat, "de")
    known, people = len(chat.messages), 0
    first = town.clock().replace(hour=10, minute=0, second=0)
    for quarter in range(1, 4 * 24 * 160):
        town.clock.now = first + quarter * dt.timedelta(minutes=15)
        await town.app.schedule.put_out_reminders()
        if people != (people := town.app.schedule.counters["people"]):
            await town.rest()
    found = [(says(message).split("\n")[0], message.date) for message in chat.messages[known:]]
    assert [line for line, _ in found] == [
        "In 7 Tagen ist das Fachforum.",
        "Morgen ist das Fachforum.",
        "Heute, in etwa 2 Stunden, beginnt das Fachforum.",
        "Das Fachforum ist vorbei. Danke an alle, die da waren.",
    ]
    assert [date.astimezone(BERLIN) for _, date in found] == [WEEK_BEFORE, DAY_BEFORE, HOURS_BEFORE, THANKS]


async def test_two_people_get_the_same_reminder_each_in_their_language(town: Town) -> None:
    sabine, omar = await town.chat("Sabine"), await town.chat("Omar")
    await subscribes(town, sabine, "de")
    await registers(town, omar, "ar")
    before = len(omar.messages)
    message = await comes_at(town, sabine, WEEK_BEFORE)
    assert says(message).startswith("In 7 Tagen ist das Fachforum.")
    (other,) = omar.messages[before:]
    assert says(other).startswith(first_line(town, "rem.d7", "ar"))
    assert "Fachforum Bildung" not in says(message).split("\n")[0]
    assert f"come:{FORUM}" in meanings(message)
    assert f"come:{FORUM}" not in meanings(other)


# A forum that moves, is cancelled, comes back


async def test_when_a_forum_moves_everybody_hears_new_and_old(town: Town) -> None:
    sabine, omar, ayse = await town.chat("Sabine"), await town.chat("Omar"), await town.chat("Ayşe")
    await registers(town, sabine, "de")
    await subscribes(town, omar, "ar")
    await registers(town, ayse, "tr")
    await chat_says_cannot(ayse)
    effect = await change(town, meeting=MOVED)
    assert (effect.people, effect.languages) == (3, ("ar", "de", "tr"))
    now = town.clock()
    known = {chat.id: len(chat.messages) for chat in (sabine, omar, ayse)}
    await passes(town, now + MINUTE)
    for chat, language in ((sabine, "de"), (omar, "ar"), (ayse, "tr")):
        (message,) = chat.messages[known[chat.id] :]
        words = says(message)
        new, old = when(town, MOVED, language), when(town, meeting("2027-09-14"), language)
        assert words.startswith(first_line(town, "rem.changed", language))
        assert new in words
        assert words.endswith(old)
        assert words.index(new) < words.index(old)
    assert await comes(town, sabine, WEEK_BEFORE, DAY_BEFORE, HOURS_BEFORE, THANKS) == [], "of the old date"
    for moment in (on("2027-09-28", "10:00"), on("2027-10-04", "17:00"), on("2027-10-05", "17:00")):
        assert when(town, MOVED) in says(await comes_at(town, sabine, moment))


async def chat_says_cannot(chat: Chat) -> None:
    await chat.chooses(f"cannot:{FORUM}")


async def test_a_change_in_the_night_is_told_at_eight_in_the_morning(town: Town) -> None:
    chat = await town.chat("Sabine")
    await registers(town, chat, "de")
    await passes(town, on("2027-08-20", "20:59"))
    known = len(chat.messages)
    await passes(town, on("2027-08-20", "21:00"))
    await change(town, meeting=MOVED)
    night = [on("2027-08-20", "21:00"), on("2027-08-20", "23:59"), on("2027-08-21", "00:01")]
    assert await comes(town, chat, *night) == []
    message = await comes_at(town, chat, on("2027-08-21", "08:00"))
    assert says(message).startswith("Achtung: Das Fachforum hat sich geändert.")
    assert len(chat.messages) == known + 1


async def test_a_reminder_two_hours_before_in_the_night_is_left_out(sqlite_town: Town) -> None:
    town = sqlite_town
    await change(town, meeting=meeting("2027-09-14", "09:30", "11:00"))
    await passes(town, town.clock() + MINUTE)
    chat = await town.chat("Sabine")
    await registers(town, chat, "de")
    await passes(town, WEEK_BEFORE, DAY_BEFORE)
    early = [on("2027-09-14", time) for time in ("07:30", "08:00", "08:30", "09:29")]
    assert await comes(town, chat, *early) == []


@pytest.mark.parametrize(
    ("cancellation", "lines"),
    [
        (Cancellation(Reason.ILL), ["Grund: Krankheit", "Wir suchen einen neuen Termin"]),
        (Cancellation(None, new_date_wanted=False), ["Es gibt keinen neuen Termin."]),
    ],
)
async def test_a_cancellation_goes_to_everybody_and_ends_the_reminders(
    town: Town, cancellation: Cancellation, lines: list[str]
) -> None:
    chat = await town.chat("Sabine")
    await registers(town, chat, "de")
    await chat_says_cannot(chat)
    await change(town, cancellation=cancellation)
    (message,) = await comes(town, chat, town.clock() + MINUTE)
    assert says(message).startswith("Das Fachforum fällt aus.\n\nFachforum Bildung\nTag: Dienstag, 14. ")
    for line in lines:
        assert line in says(message)
    assert meanings(message) == [f"ics:{FORUM}", STOP_IT, ALL_OFF]
    assert await comes(town, chat, WEEK_BEFORE, DAY_BEFORE, HOURS_BEFORE, ENDS, THANKS) == []


async def test_a_new_date_after_a_cancellation_is_told_and_registered_for_anew(town: Town) -> None:
    chat = await town.chat("Sabine")
    await registers(town, chat, "de")
    await change(town, cancellation=Cancellation())
    await passes(town, town.clock() + MINUTE)
    await change(town, cancellation=None, meeting=MOVED)
    (message,) = await comes(town, chat, town.clock() + MINUTE)
    assert says(message).startswith("Der Termin steht jetzt fest.")
    assert when(town, MOVED) in says(message)
    await presses(chat, message, f"come:{FORUM}")
    assert town.words("rem.rsvp_note") in chat.sees
    assert len(await comes(town, chat, on("2027-10-05", "17:00"))) == 1


async def test_a_date_that_is_set_at_the_last_minute_promises_no_further_reminder(sqlite_town: Town) -> None:
    town = sqlite_town
    chat = await town.chat("Sabine")
    await subscribes(town, chat, "de")
    await change(town, cancellation=Cancellation())
    await passes(town, town.clock() + MINUTE, on("2027-08-19", "18:00"))
    await change(town, cancellation=None, meeting=meeting("2027-08-20"))
    (message,) = await comes(town, chat, on("2027-08-19", "18:01"))
    assert says(message).startswith("Der Termin steht jetzt fest.")
    later = [on("2027-08-19", "20:00"), on("2027-08-20", "10:00"), on("2027-08-20", "16:00")]
    assert await comes(town, chat, *later) == []
    assert "Wir erinnern Sie vorher noch einmal." not in says(message)


# "I cannot come"


async def test_who_says_under_a_reminder_that_they_cannot_come_hears_of_changes_only(town: Town) -> None:
    chat = await town.chat("Sabine")
    await registers(town, chat, "de")
    message = await comes_at(town, chat, WEEK_BEFORE)
    await presses(chat, message, f"cannot:{FORUM}")
    assert town.words("rem.not_coming_note") in chat.sees
    assert town.words("events.only_changes") in chat.sees
    assert await comes(town, chat, DAY_BEFORE) == []
    await change(town, meeting=MOVED)
    (moved,) = await comes(town, chat, DAY_BEFORE + 2 * MINUTE)
    assert says(moved).startswith("Achtung:")
    later = [on("2027-09-28", "10:00"), on("2027-10-04", "17:00"), on("2027-10-05", "17:00")]
    assert await comes(town, chat, *later[:2]) == []
    await change(town, cancellation=Cancellation(Reason.ROOM))
    (gone,) = await comes(town, chat, later[1] + 2 * MINUTE)
    assert says(gone).startswith("Das Fachforum fällt aus.")
    assert await comes(town, chat, later[2], on("2027-10-06", "10:00")) == []


async def test_who_cannot_come_is_not_thanked_for_having_been_there(sqlite_town: Town) -> None:
    chat = await sqlite_town.chat("Sabine")
    await registers(sqlite_town, chat, "de")
    await chat_says_cannot(chat)
    assert await comes(sqlite_town, chat, WEEK_BEFORE, DAY_BEFORE, HOURS_BEFORE, ENDS, THANKS) == []


async def test_who_wants_reminders_again_gets_them(town: Town) -> None:
    chat = await town.chat("Sabine")
    await registers(town, chat, "de")
    await chat_says_cannot(chat)
    await chat.chooses(f"remind:{FORUM}")
    assert "Wir erinnern Sie: 7. September 2027, 10:00 Uhr · 13. September 2027, 17:00 Uhr." in chat.sees
    assert says(await comes_at(town, chat, WEEK_BEFORE)).startswith("In 7 Tagen")
    assert len(await comes(town, chat, DAY_BEFORE)) == 1
    assert await comes(town, chat, HOURS_BEFORE) == [], "they did not say that they come"


# Seats


async def test_the_last_seat_goes_to_one_of_two_and_comes_free_again(town: Town) -> None:
    await change(town, seats=1)
    first, second = await town.chat("Sabine"), await town.chat("Omar")
    for chat, language in ((first, "de"), (second, "ar")):
        await subscribes(town, chat, language, "results")
        await opens(chat)
    await first.chooses(f"come:{FORUM}")
    assert town.words("rem.rsvp_note") in first.sees
    await second.chooses(f"come:{FORUM}")
    assert second.sees.startswith(first_line(town, "rem.full", "ar"))
    assert [row["reply"] for row in town.rows("attendance")] == ["coming"]
    assert len(town.rows("subscription")) == 3, "who found no seat is not subscribed either"
    await first.chooses(f"cannot:{FORUM}")
    assert "Freie Plätze: 1" in first.sees
    await second.chooses(f"come:{FORUM}")
    assert town.words("rem.rsvp_note", "ar") in second.sees
    await first.chooses(f"come:{FORUM}")
    assert first.sees.startswith(first_line(town, "rem.full"))


async def test_of_two_who_press_at_the_same_moment_one_gets_the_seat(town: Town) -> None:
    await change(town, seats=1)
    chats = [await town.chat(who) for who in ("Sabine", "Omar", "Grace")]
    for chat, language in zip(chats, ("de", "ar", "en"), strict=True):
        await subscribes(town, chat, language, "results")
        await opens(chat)
    town.clock.forward(seconds=5)
    for chat in chats:
        chat.player.presses(chat.screen.message_id, f"m:come:{FORUM}")
    await town.rest()
    town.clock.forward(seconds=15)
    await town.rest()
    readers = list(zip(chats, ("de", "ar", "en"), strict=True))
    told = [town.words("rem.rsvp_note", language) in chat.sees for chat, language in readers]
    full = [chat.sees.startswith(first_line(town, "rem.full", language)) for chat, language in readers]
    assert (told.count(True), full.count(True)) == (1, 2)
    assert [row["reply"] for row in town.rows("attendance")] == ["coming"]


@pytest.mark.parametrize("way", ["/stop", "/delete", "block"])
async def test_whoever_leaves_frees_their_seat(town: Town, way: str) -> None:
    await change(town, seats=1)
    chat, other = await town.chat("Sabine"), await town.chat("Grace")
    await registers(town, chat, "de")
    await other.enters("en")
    await opens(other)
    assert town.words("events.seats", "en", n=0) in other.sees
    match way:
        case "/stop":
            await chat.says("/stop")
            assert chat.sees == f"{town.words('stop.done')}\n\n{town.words('stop.registrations')}"
        case "/delete":
            await chat.says("/delete")
            await chat.chooses("erase")
        case _:
            await chat.sends(Player.blocks)
    assert town.rows("attendance") == []
    await other.chooses(f"come:{FORUM}")
    await other.chooses(f"msgyes:come.{FORUM}")
    assert town.words("rem.rsvp_note", "en") in other.sees


# Old messages


async def test_a_press_on_an_old_message_registers_for_the_date_that_holds_and_shows_it(town: Town) -> None:
    chat = await town.chat("Sabine")
    await subscribes(town, chat, "de")
    old = await comes_at(town, chat, WEEK_BEFORE)
    await change(town, meeting=MOVED)
    await passes(town, WEEK_BEFORE + 2 * MINUTE)
    await presses(chat, old, f"come:{FORUM}")
    shown = says(old)
    assert shown.startswith(town.words("rem.rsvp_note")), "it is edited where the person pressed"
    assert when(town, MOVED) in shown
    assert "14. September" not in shown
    assert "28. September 2027, 10:00 Uhr · 4. Oktober 2027, 17:00 Uhr · 5. Oktober 2027, 17:00 Uhr" in shown
    assert when(town, MOVED) in says(await comes_at(town, chat, on("2027-10-05", "17:00")))


async def test_a_press_on_an_old_message_after_the_forum_says_that_it_is_over(town: Town) -> None:
    chat = await town.chat("Sabine")
    await subscribes(town, chat, "de")
    old = await comes_at(town, chat, WEEK_BEFORE)
    await passes(town, DAY_BEFORE, ENDS)
    for meaning in (f"come:{FORUM}", f"cannot:{FORUM}", f"remind:{FORUM}"):
        await chat.presses(f"m:{meaning}", old.message_id)
        assert town.words("events.over") in says(old)
        assert town.rows("attendance") == []


async def test_a_press_on_an_old_message_after_a_cancellation_says_so(sqlite_town: Town) -> None:
    town = sqlite_town
    chat = await town.chat("Sabine")
    await subscribes(town, chat, "de")
    old = await comes_at(town, chat, WEEK_BEFORE)
    await change(town, cancellation=Cancellation(Reason.FEW))
    await passes(town, WEEK_BEFORE + 2 * MINUTE)
    await presses(chat, old, f"come:{FORUM}")
    assert town.words("events.cancelled") in says(old)
    assert town.rows("attendance") == []


async def test_a_double_tap_under_a_reminder_counts_once(sqlite_town: Town) -> None:
    town = sqlite_town
    chat = await town.chat("Sabine")
    await subscribes(town, chat, "de")
    message = await comes_at(town, chat, WEEK_BEFORE)
    known = len(chat.messages)
    for _ in range(3):
        chat.player.presses(message.message_id, f"m:come:{FORUM}")
    await town.rest()
    assert [row["reply"] for row in town.rows("attendance")] == ["coming"]
    assert len(chat.messages) == known
    assert town.words("rem.rsvp_note") in says(message)


# Beside an open question


async def test_a_reminder_stands_beside_an_open_question_which_can_still_be_answered(town: Town) -> None:
    chat = await town.chat("Sabine")
    await subscribes(town, chat, "de")
    await chat.says("/topics")
    for meaning in ("agree", "settled", "field:sprache"):
        await chat.chooses(meaning)
    question, choices = chat.screen, chat.choices
    push = await comes_at(town, chat, WEEK_BEFORE)
    assert push.message_id > question.message_id
    assert [button["callback_data"] for button in question.buttons], "the question keeps its buttons"
    data = next(b["callback_data"] for b in question.buttons if b["callback_data"].endswith(":s2"))
    await chat.presses(data, question.message_id)
    assert town.answers(chat)["sprache/spr_now"] == "s2"
    assert says(question).startswith("Frage 2 von 7"), "the next one stands where the question stood"
    assert meanings(push)[-1] == ALL_OFF, "the reminder is left as it is"
    await chat.says("/help")
    assert chat.screen.message_id > push.message_id
    assert "question" in chat.choices
    assert choices


async def test_who_presses_under_a_reminder_finds_the_way_back_to_the_question(town: Town) -> None:
    chat = await town.chat("Sabine")
    await subscribes(town, chat, "de")
    await chat.says("/topics")
    for meaning in ("agree", "settled", "field:sprache"):
        await chat.chooses(meaning)
    question = chat.screen
    push = await comes_at(town, chat, WEEK_BEFORE)
    await presses(chat, push, f"come:{FORUM}")
    assert question.buttons == [], "only one message has the buttons of the screen"
    assert chat.choices[0] == "question"
    await chat.chooses("question")
    assert "s2" in chat.choices
    await chat.chooses("s2")
    assert town.answers(chat)["sprache/spr_now"] == "s2"


async def test_words_written_after_a_reminder_are_the_answer_to_the_open_question(sqlite_town: Town) -> None:
    town = sqlite_town
    chat = await town.chat("Sabine")
    await subscribes(town, chat, "de")
    await chat.says("/topics")
    for meaning in ("agree", "settled", "field:sprache"):
        await chat.chooses(meaning)
    await chat.finishes(until="own")
    await chat.chooses("own")
    await comes_at(town, chat, WEEK_BEFORE)
    await chat.says("Der Bus fährt abends nicht.")
    assert town.answers(chat)["sprache/spr_obstacle"] == "own"


# Being left alone


async def test_the_last_two_buttons_under_everything_that_is_sent_end_messages(town: Town) -> None:
    chat = await town.chat("Sabine")
    await registers(town, chat, "de")
    await change(town, meeting=meeting("2027-09-14", "18:30"))
    sent = await comes(town, chat, town.clock() + MINUTE)
    sent += await comes(town, chat, WEEK_BEFORE, DAY_BEFORE, on("2027-09-14", "16:30"), ENDS, THANKS)
    await change(town, report_url="https://www.goeppingen.de/bericht")
    sent += await comes(town, chat, THANKS + 2 * MINUTE)
    assert len(sent) == 6
    for message in sent:
        assert meanings(message)[-2:] == [STOP_IT, ALL_OFF], says(message)
        rows = message.reply_markup["inline_keyboard"]  # type: ignore[index]
        assert [len(row) for row in rows[-2:]] == [1, 1], "each in a row of its own"


async def test_nothing_more_about_this_meeting_ends_that_and_nothing_else(town: Town) -> None:
    chat = await town.chat("Sabine")
    await subscribes(town, chat, "de", FORUM, "forum_wohnen")
    push = await comes_at(town, chat, WEEK_BEFORE)
    await presses(chat, push, STOP_IT)
    assert says(push).startswith(town.words("rem.stopped"))
    assert [row["topic"] for row in town.rows("subscription")] == ["forum_wohnen"]
    await change(town, meeting=MOVED)
    assert await comes(town, chat, DAY_BEFORE) == [], "no change either"
    other = await comes_at(town, chat, on("2027-09-14", "10:00"))
    assert name(town, "forum_wohnen") in says(other)
    assert await comes(town, chat, HOURS_BEFORE, THANKS, on("2027-09-20", "16:59")) == []


async def test_no_messages_at_all_under_a_reminder_ends_everything_and_says_what_stays(town: Town) -> None:
    chat = await town.chat("Omar")
    await registers(town, chat, "ar")
    push = await comes_at(town, chat, WEEK_BEFORE)
    await presses(chat, push, ALL_OFF)
    assert says(push).startswith(town.words("sub.all_off_done", "ar"))
    assert town.words("stop.registrations", "ar") in says(push)
    assert town.rows("subscription") == town.rows("attendance") == []
    (contact,) = town.rows("contact")
    assert contact["message_consent_version"] is None
    await change(town, meeting=MOVED)
    assert await comes(town, chat, DAY_BEFORE, HOURS_BEFORE, on("2027-09-28", "10:00")) == []


def offered_words() -> list[tuple[str, str]]:
    catalogues = shipped_content().catalogues
    return [
        (language.code, word.strip())
        for language in catalogues.offered
        for word in catalogues.get(language.code).find("stop.words").split(",")
    ]


@pytest.mark.parametrize("language", ["de", "en", "tr", "ar", "ti", "ps", "uk"])
async def test_every_stop_word_of_a_language_ends_everything(sqlite_town: Town, language: str) -> None:
    """Its words are sent by somebody who reads German: no one has to know which to use.

    Some languages, in five scripts; tests/conversations/test_engine.py knows the words of all.
    """
    town = sqlite_town
    chat = await town.chat("Sabine")
    await registers(town, chat, "de")
    words = [word for code, word in offered_words() if code == language]
    assert words
    for word in words:
        if not town.rows("subscription"):
            await chat.says("/events")
            await chat.chooses(f"event:{FORUM}")
            await chat.chooses(f"come:{FORUM}")
            await chat.chooses(f"msgyes:come.{FORUM}")
        assert town.rows("attendance"), word
        await chat.says(f" {word.upper()}! ")
        assert chat.sees == f"{town.words('stop.done')}\n\n{town.words('stop.registrations')}", word
        assert town.rows("subscription") == town.rows("attendance") == [], word
    await change(town, meeting=MOVED)
    assert await comes(town, chat, town.clock() + MINUTE, WEEK_BEFORE, DAY_BEFORE) == []
    print(f"{language}: {', '.join(words)}")


# Between putting out and sending: Telegram says "wait", and meanwhile something happens


async def held_back(town: Town, chat: Chat) -> None:
    """Let the reminder be put out, and Telegram refuse it with "wait 60 seconds"."""
    town.world.api.faults.reject_429(60, "sendMessage")
    assert await comes(town, chat, WEEK_BEFORE) == []
    assert [row["lane"] for row in town.rows("outbox")] == ["bulk"], "it lies ready, without a word in it"


async def goes_on(town: Town) -> None:
    town.clock.forward(seconds=61)
    await town.rest()


async def test_a_language_chosen_meanwhile_is_the_language_of_the_message(town: Town) -> None:
    chat = await town.chat("Omar")
    await subscribes(town, chat, "de")
    await chat.says("/language")
    languages = chat.screen
    known = len(chat.messages)
    await held_back(town, chat)
    chat.player.presses(languages.message_id, "m:lang:ar")
    await town.rest()
    assert [row["language"] for row in town.rows("contact")] == ["ar"]
    await goes_on(town)
    (message,) = chat.messages[known:]
    assert says(message).startswith(first_line(town, "rem.d7", "ar"))
    assert when(town, meeting("2027-09-14"), "ar") in says(message)


async def test_who_has_left_without_a_word_is_forgotten_when_the_message_goes_out(town: Town) -> None:
    chat = await town.chat("Sabine")
    await registers(town, chat, "de")
    chat.player.deactivates()
    assert await comes(town, chat, WEEK_BEFORE) == []
    for table in ("contact", "subscription", "attendance", "outbox"):
        assert town.rows(table) == [], table


async def test_who_blocks_the_bot_meanwhile_is_forgotten_and_nothing_is_tried(town: Town) -> None:
    chat = await town.chat("Sabine")
    await registers(town, chat, "de")
    await held_back(town, chat)
    tried = len(town.world.api.ledger.of("sendMessage"))
    chat.player.blocks()
    await town.rest()
    for table in ("contact", "subscription", "attendance", "outbox"):
        assert town.rows(table) == [], table
    await goes_on(town)
    assert len(town.world.api.ledger.of("sendMessage")) == tried


async def test_who_erases_everything_meanwhile_gets_the_farewell_and_no_reminder(town: Town) -> None:
    chat = await town.chat("Sabine")
    await registers(town, chat, "de")
    await chat.says("/delete")
    asked, known = chat.screen, len(chat.messages)
    await held_back(town, chat)
    chat.player.presses(asked.message_id, "m:erase")
    await town.rest()
    await goes_on(town)
    assert says(asked) == town.words("consent.withdrawn", backup_days=town.loaded.content.town.backup_days)
    assert len(chat.messages) == known
    assert town.rows("outbox") == town.rows("contact") == []
    assert await comes(town, chat, DAY_BEFORE, HOURS_BEFORE, THANKS) == []


@pytest.mark.parametrize("deed", [f"m:{STOP_IT}", f"m:{ALL_OFF}", f"m:cannot:{FORUM}"])
async def test_who_stops_meanwhile_gets_nothing_more(town: Town, deed: str) -> None:
    chat = await town.chat("Sabine")
    await registers(town, chat, "de")
    screen, known = chat.screen, len(chat.messages)
    await held_back(town, chat)
    chat.player.presses(screen.message_id, deed)
    await town.rest()
    await goes_on(town)
    assert len(chat.messages) == known
    assert town.app.delivery.counters["dropped"] == 1


async def test_a_forum_that_moves_meanwhile_is_not_reminded_of_with_the_old_date(town: Town) -> None:
    chat = await town.chat("Sabine")
    await registers(town, chat, "de")
    known = len(chat.messages)
    await held_back(town, chat)
    await change(town, meeting=MOVED)
    await town.app.tick()
    await goes_on(town)
    (message,) = chat.messages[known:]
    assert says(message).startswith("Achtung: Das Fachforum hat sich geändert.")


# The calendar file


def calendar_of(town: Town, message: Message) -> bytes:
    document = message.content["document"]
    assert document["file_name"] == f"fachforum-{FIELD}.ics"
    stored = town.world.api.world.files.find(document["file_id"])
    assert stored is not None
    return stored.content


def read_calendar(raw: bytes) -> dict[str, Any]:
    """Read a file with two parsers that know nothing of each other, and check that they agree."""
    (event,) = icalendar.Calendar.from_ical(raw).walk("VEVENT")
    other = vobject.readOne(raw.decode()).vevent
    read = {
        "uid": str(event["UID"]),
        "sequence": int(event["SEQUENCE"]),
        "status": str(event["STATUS"]),
        "starts": event.decoded("DTSTART"),
        "ends": event.decoded("DTEND"),
        "summary": str(event["SUMMARY"]),
        "location": str(event["LOCATION"]),
    }
    assert read == {
        "uid": other.uid.value,
        "sequence": int(other.sequence.value),
        "status": other.status.value,
        "starts": other.dtstart.value.astimezone(UTC),
        "ends": other.dtend.value.astimezone(UTC),
        "summary": other.summary.value,
        "location": other.location.value,
    }
    return read


async def takes_file(
    town: Town, chat: Chat, press: Callable[[], Any], *, with_words: str = "rem.calendar_file"
) -> dict[str, Any]:
    known = len(chat.messages)
    await press()
    (message,) = chat.messages[known:]
    assert plain(message.text) == town.words(with_words)
    return read_calendar(calendar_of(town, message))


async def test_the_calendar_file_follows_the_forum_through_move_and_cancellation(town: Town) -> None:
    chat = await town.chat("Sabine")
    await registers(town, chat, "de")
    seen = chat.sees
    first = await takes_file(town, chat, partial(chat.chooses, f"ics:{FORUM}"))
    assert chat.sees == seen, "the screen stays"
    assert first == {
        "uid": first["uid"],
        "sequence": 0,
        "status": "CONFIRMED",
        "starts": BEGINS.astimezone(UTC),
        "ends": ENDS.astimezone(UTC),
        "summary": "Fachforum Bildung",
        "location": "Stadthalle, Blumenstraße 41",
    }
    push = await comes_at(town, chat, WEEK_BEFORE)
    await change(town, meeting=MOVED)
    (moved,) = await comes(town, chat, WEEK_BEFORE + 2 * MINUTE)
    second = await takes_file(town, chat, partial(presses, chat, moved, f"ics:{FORUM}"))
    assert second == first | {
        "sequence": 1,
        "starts": MOVED.starts.astimezone(UTC),
        "ends": on("2027-10-05", "21:00").astimezone(UTC),
        "location": "Rathaus",
    }
    await change(town, cancellation=Cancellation())
    await passes(town, WEEK_BEFORE + 4 * MINUTE)
    gone = partial(presses, chat, push, f"ics:{FORUM}")
    third = await takes_file(town, chat, gone, with_words="rem.calendar_gone")
    assert (third["uid"], third["sequence"], third["status"]) == (first["uid"], 2, "CANCELLED")
    assert third["summary"] == f"{town.words('events.cancelled')} Fachforum Bildung"


async def test_the_message_of_a_cancellation_offers_the_file_that_takes_the_date_out(
    sqlite_town: Town,
) -> None:
    town = sqlite_town
    chat = await town.chat("Sabine")
    await registers(town, chat, "de")
    await change(town, cancellation=Cancellation())
    (gone,) = await comes(town, chat, town.clock() + MINUTE)
    assert f"ics:{FORUM}" in meanings(gone)


async def test_the_calendar_file_speaks_the_language_of_the_person(sqlite_town: Town) -> None:
    town = sqlite_town
    chat = await town.chat("Omar")
    await chat.enters("ar")
    await opens(chat)
    await chat.chooses(f"ics:{FORUM}")
    (message,) = chat.messages[-1:]
    assert plain(message.text) == town.words("rem.calendar_file", "ar")
    read = read_calendar(calendar_of(town, message))
    assert read["summary"] == name(town, language="ar")
    assert read["location"] == "Stadthalle, Blumenstraße 41", "as it stands on the house"


# One's own data, and what is kept how long


async def test_mydata_names_registrations_in_words_and_in_the_file(town: Town) -> None:
    chat = await town.chat("Sabine")
    await registers(town, chat, "de")
    await asks_for_interpreting(chat)
    await opens(chat, "forum_wohnen")
    await chat.chooses("cannot:forum_wohnen")
    await chat.says("/mydata")
    for line in (
        "Angemeldet: Fachforum Bildung",
        "„Ich kann nicht“ gesagt: Fachforum Wohnen",
        "Dolmetschen gewünscht: Fachforum Bildung",
        "Nachrichten: Fachforum Bildung",
    ):
        assert line in chat.sees.split("\n"), chat.sees
    await chat.chooses("datafile")
    stored = town.world.api.world.files.find(chat.messages[-1].content["document"]["file_id"])
    assert stored is not None
    assert '"topic": "forum_bildung",\n        "reply": "coming",\n        "wants_interpreter": true' in (
        stored.content.decode()
    )


def heads(town: Town) -> dict[str, int]:
    """The numbers that stay of a forum."""
    return {row["what"]: row["count"] for row in town.rows("headcount") if row["topic"] == FORUM}


async def test_needs_go_with_the_end_of_the_forum_and_the_registration_thirty_days_later(town: Town) -> None:
    chat, other = await town.chat("Sabine"), await town.chat("Grace")
    await registers(town, chat, "de")
    await asks_for_interpreting(chat)
    await subscribes(town, other, "en")
    await opens(other)
    await other.chooses(f"cannot:{FORUM}")
    await passes(town, ENDS - MINUTE)
    assert "forum_bildung/forum_needs" in town.answers(chat)
    assert sorted((row["reply"], row["wants_interpreter"]) for row in town.rows("attendance")) == [
        ("coming", True),
        ("not_coming", False),
    ]
    await passes(town, ENDS)
    assert "forum_bildung/forum_needs" not in town.answers(chat)
    assert {row["wants_interpreter"] for row in town.rows("attendance")} == {False}
    assert heads(town) == {"registered": 1, "interpreter": 1}, "numbers, and nobody's"
    month = ENDS + dt.timedelta(days=30)
    await passes(town, month - MINUTE)
    assert len(town.rows("attendance")) == 2
    await passes(town, month)
    assert town.rows("attendance") == []
    assert town.rows("subscription"), "what somebody subscribed to stays"
    await chat.says("/mydata")
    assert "Angemeldet" not in chat.sees


async def test_the_registration_for_a_cancelled_forum_goes_thirty_days_after_its_date_too(
    sqlite_town: Town,
) -> None:
    town = sqlite_town
    chat = await town.chat("Sabine")
    await registers(town, chat, "de")
    await change(town, cancellation=Cancellation())
    await passes(town, ENDS + dt.timedelta(days=30))
    assert [row["reply"] for row in town.rows("attendance") if row["reply"]] == []


async def test_needs_said_after_the_forum_do_not_stay_for_good(town: Town) -> None:
    chat = await town.chat("Sabine")
    await registers(town, chat, "de")
    await asks_for_interpreting(chat)
    await chat.chooses(f"needs:{FIELD}")
    await chat.chooses("childcare")
    await passes(town, ENDS, ENDS + 11 * MINUTE)
    await chat.presses(chat.screen.buttons[chat.choices.index("_done")]["callback_data"])
    await passes(town, ENDS + 22 * MINUTE, ENDS + dt.timedelta(days=31))
    assert "forum_bildung/forum_needs" not in town.answers(chat)


async def test_a_forum_that_was_over_and_gets_a_new_date_has_its_needs_dropped_again(town: Town) -> None:
    # `forget_counts` must run whenever a forum gets a date, or the needs for the second
    # date are neither counted nor dropped (`drop_what_is_over` skips what has been counted).
    chat = await town.chat("Sabine")
    await registers(town, chat, "de")
    await passes(town, ENDS)
    await change(town, meeting=MOVED)
    await passes(town, ENDS + dt.timedelta(hours=12))
    await asks_for_interpreting(chat)
    assert "forum_bildung/forum_needs" in town.answers(chat)
    await passes(town, on("2027-10-05", "21:00"), on("2027-10-05", "21:11"))
    assert "forum_bildung/forum_needs" not in town.answers(chat)
    assert heads(town)["interpreter"] == 1


# Afterwards


async def test_the_thanks_come_on_the_next_working_day(town: Town) -> None:
    await change(town, meeting=meeting("2027-09-17"))
    await passes(town, town.clock() + MINUTE)
    chat = await town.chat("Sabine")
    await registers(town, chat, "de")
    await passes(town, on("2027-09-10", "10:00"), on("2027-09-16", "17:00"), on("2027-09-17", "16:00"))
    weekend = [on("2027-09-17", "20:30"), on("2027-09-18", "10:00"), on("2027-09-19", "10:00")]
    assert await comes(town, chat, *weekend) == []
    message = await comes_at(town, chat, on("2027-09-20", "10:00"))
    assert says(message) == ("Das Fachforum ist vorbei. Danke an alle, die da waren.\n\nFachforum Bildung"), (
        "no line for a report that is not there"
    )
    assert meanings(message) == [STOP_IT, ALL_OFF]


REPORT = "https://www.goeppingen.de/bericht-bildung"


async def test_the_report_goes_once_to_people_of_the_forum_and_to_readers_of_results(town: Town) -> None:
    forum, both, results = await town.chat("Sabine"), await town.chat("Omar"), await town.chat("Grace")
    none, cannot = await town.chat("Ayşe"), await town.chat("Lena")
    await subscribes(town, forum, "de", FORUM)
    await subscribes(town, both, "ar", FORUM, "results")
    await subscribes(town, results, "en", "results")
    await subscribes(town, none, "tr", "forum_wohnen")
    await registers(town, cannot, "de")
    await chat_says_cannot(cannot)
    everybody = (forum, both, results, none, cannot)
    await passes(town, WEEK_BEFORE, DAY_BEFORE, HOURS_BEFORE, ENDS, THANKS)
    known = {chat.id: len(chat.messages) for chat in everybody}
    await passes(town, THANKS + dt.timedelta(days=2))
    await change(town, report_url=REPORT)
    for minutes in (1, 2, 60, 60 * 24):
        await passes(town, THANKS + dt.timedelta(days=2, minutes=minutes))
    for chat in (forum, both, results):
        (message,) = chat.messages[known[chat.id] :]
        assert REPORT in says(message)
    for chat in (none, cannot):
        assert len(chat.messages) == known[chat.id]
    assert meanings(results.messages[-1]) == ["rem", ALL_OFF]
    assert meanings(forum.messages[-1]) == [STOP_IT, ALL_OFF]
    await opens(none)
    assert REPORT in none.sees, "it stands on the page for everybody"


async def test_a_report_that_is_there_before_the_thanks_is_told_with_them_in_one_message(town: Town) -> None:
    chat, results = await town.chat("Sabine"), await town.chat("Grace")
    await registers(town, chat, "de")
    await subscribes(town, results, "en", "results")
    await passes(town, WEEK_BEFORE, DAY_BEFORE, HOURS_BEFORE, ENDS)
    known = {each.id: len(each.messages) for each in (chat, results)}
    await change(town, report_url=REPORT)
    await passes(town, ENDS + MINUTE, on("2027-09-15", "08:00"), THANKS, THANKS + dt.timedelta(days=3))
    for each in (chat, results):
        (message,) = each.messages[known[each.id] :]
        assert REPORT in says(message)


# The council


async def test_the_council_is_announced_the_day_before_and_when_it_moves(town: Town) -> None:
    chat = await town.chat("Sabine")
    await subscribes(town, chat, "de", "council")
    await change(town, "council", meeting=meeting("2028-04-13", "17:00", None, place="Rathaus", address=""))
    (moved,) = await comes(town, chat, town.clock() + MINUTE)
    assert says(moved).startswith("Der Termin im Gemeinderat hat sich geändert.\n\nNEU\n")
    assert says(moved).index("13. April 2028") < says(moved).index("18. November 2027")
    assert await comes(town, chat, on("2027-11-17", "17:00"), on("2027-11-18", "17:00")) == []
    message = await comes_at(town, chat, on("2028-04-12", "17:00"))
    assert says(message).startswith("Der Gemeinderat berät über den Integrationsplan.")
    assert meanings(message) == ["ics:council", "stopit:council", ALL_OFF]
    assert await comes(town, chat, on("2028-04-13", "15:00"), on("2028-04-14", "10:00")) == []
