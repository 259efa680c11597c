"""What people can do about their own data, told from the phone: consent, access, erasure, stop, block."""

from __future__ import annotations

import base64
import datetime as dt
import json
from typing import Any

import pytest

from bot.preview.player import Player
from storage.tables import CONTACT_WORLD, RESPONDENT_WORLD
from storage.weeks import iso_week
from tests.support.chat import Chat, Rows, Town

EVERYTHING = [table.name for table in (*CONTACT_WORLD, *RESPONDENT_WORLD)]


async def lives_a_full_life(town: Town, chat: Chat, language: str = "de") -> None:
    """Answer by tapping, writing and speaking, follow a measure, subscribe, and register for a forum."""
    await chat.takes_part(language, "sprache")
    await chat.finishes(until="own")
    await chat.chooses("own")
    await chat.speaks(2)
    await chat.chooses("own")
    await chat.says("Mehr Orte, an denen man sich trifft.")
    await chat.finishes(until="invite")
    await chat.chooses("invite")
    await chat.chooses("msgyes:forum_sprache.sprache")
    assert town.words("end.thanks", language) in chat.sees
    await chat.chooses("needs:sprache")
    await chat.chooses("interpreter")
    await chat.chooses("_done")
    for meaning in ("review:sprache", "thanks:sprache"):
        await chat.chooses(meaning)
    await chat.chooses(next(choice for choice in chat.choices if choice.startswith("ftick:")))
    await chat.chooses("fyes:sprache")
    await chat.says("/events")
    await chat.chooses("event:forum_sprache")
    await chat.chooses("come:forum_sprache")
    assert town.words("rem.rsvp_note", language) in chat.sees


def rows_of(town: Town, chat: Chat) -> dict[str, Rows]:
    """Find every row of a person by every key it could have."""
    mac, pseudonym = town.keys.person_mac(chat.id), town.keys.pseudonym(chat.id)
    contact_ids = {row["id"] for row in town.rows("contact") if row["person_mac"] == mac}
    return {
        name: [
            row
            for row in town.rows(name)
            if mac in row.values()
            or pseudonym in row.values()
            or (contact_ids and row.get("contact_id") in contact_ids)
        ]
        for name in EVERYTHING
    }


async def test_both_consents_are_stored_with_version_language_and_no_more_time_than_promised(
    town: Town,
) -> None:
    chat = await town.chat("Omar")
    await lives_a_full_life(town, chat, "ar")
    today, version = town.clock().date(), town.loaded.content.town.notice_version
    (respondent,) = town.rows("respondent")
    given = [respondent[f"consent_{name}"] for name in ("version", "language", "week")]
    assert given == [version, "ar", iso_week(today)]
    (contact,) = town.rows("contact")
    given = [contact[f"message_consent_{name}"] for name in ("version", "language", "day")]
    assert given == [version, "ar", today]
    assert contact["has_consented"] is True
    assert [row["topic"] for row in town.rows("subscription")] == ["forum_sprache"]
    times = {
        name: value
        for table in RESPONDENT_WORLD
        for row in town.rows(table.name)
        for name, value in row.items()
        if isinstance(value, dt.date) and name != "delete_after"
    }
    assert times == {}, "no day and no time in the world of the answers"


async def test_nothing_but_the_language_is_stored_before_a_consent(sqlite_town: Town) -> None:
    town = sqlite_town
    chat = await town.chat("Sabine")
    await chat.enters("de", "arbeit-kurs7")
    for meaning in ("say:arbeit-kurs7", "decline", "about", "menu", "events", "menu", "topics"):
        await chat.chooses(meaning)
    await chat.says("Ich sage trotzdem etwas.")
    await chat.speaks(2)
    for data in ("m:edit:arbeit.arb_now", "m:needs:arbeit", "m:prio", "q:abcd:1:arb_now:working"):
        await chat.presses(data)
    assert town.rows("respondent") == town.rows("answer") == town.rows("voice") == []
    (contact,) = town.rows("contact")
    assert contact["language"] == "de"
    assert contact["has_consented"] is False
    assert contact["message_consent_version"] is None


@pytest.mark.parametrize(
    ("payload", "source", "opens"),
    [
        ("arbeit-kurs7", "kurs7", "arb_now"),
        ("arbeit", "", "arb_now"),
        ("werte-<script>-ä", "script-", ""),
        ("nirgends-plakat", "plakat", ""),
        ("arbeit-" + "x" * 57, "x" * 20, "arb_now"),
    ],
)
async def test_the_poster_of_a_deep_link_is_noted_and_its_door_opened(
    sqlite_town: Town, payload: str, source: str, opens: str
) -> None:
    chat = await sqlite_town.chat("Sabine")
    await chat.enters("de", payload)
    await chat.chooses(next(choice for choice in chat.choices if choice.startswith("say")))
    await chat.chooses(next(choice for choice in chat.choices if choice.startswith("agree")))
    await chat.chooses("settled")
    assert [row["source"] for row in sqlite_town.rows("respondent")] == [source]
    if opens:
        assert "working" in chat.choices


async def test_the_news_link_leads_to_the_messages_without_any_answer(sqlite_town: Town) -> None:
    chat = await sqlite_town.chat("Grace")
    await chat.enters("en", "news")
    assert sqlite_town.words("consent.reminders", "en") in chat.sees
    await chat.chooses("msgyes:news")
    await chat.chooses("sub:council") if "sub:council" in chat.choices else await chat.chooses(
        chat.choices[0]
    )
    assert len(sqlite_town.rows("subscription")) == 1
    assert sqlite_town.rows("respondent") == []


async def test_mydata_says_in_words_what_is_stored(sqlite_town: Town) -> None:
    town = sqlite_town
    chat = await town.chat("Sabine")
    await lives_a_full_life(town, chat)
    await chat.says("/mydata")
    for words in (
        "Sprache: Deutsch",
        "Mehr Orte, an denen man sich trifft.",
        town.words("ui.answer.voice"),
        town.words("sub.forum_sprache"),
        "21. Juni 2027",
        "23. Juni 2027",
    ):
        assert words in chat.sees
    for row in town.rows("answer"):
        if row["codes"] not in ("own", "_skip"):
            step = town.loaded.content.find_step(row["step"])
            assert step is not None
            for code in row["codes"].split("|"):
                option = step.find_option(code)
                assert option is not None
                assert town.words(option.label) in chat.sees, (row["step"], code)


@pytest.mark.parametrize("who", ["nobody yet", "language only", "consent only"])
async def test_mydata_says_that_there_are_no_answers(sqlite_town: Town, who: str) -> None:
    chat = await sqlite_town.chat("Sabine")
    if who == "nobody yet":
        await chat.says("/mydata")
        assert chat.choices[0] == "lang:de", "first of all the language"
        return
    await chat.enters("de")
    if who == "consent only":
        await chat.chooses("say")
        await chat.chooses("agree")
    await chat.says("/mydata")
    assert sqlite_town.words("mydata.none") in chat.sees
    assert sqlite_town.words("privacy.mydata") in chat.sees


async def test_the_data_file_holds_every_row_of_that_person_and_of_nobody_else(town: Town) -> None:
    other = await town.chat("Grace")
    await lives_a_full_life(town, other, "en")
    chat = await town.chat("Sabine")
    await lives_a_full_life(town, chat)
    await chat.says("/mydata")
    before = rows_of(town, chat)
    await chat.chooses("datafile")
    document = chat.messages[-1].content["document"]
    assert document["file_name"] == "mitreden.json"
    stored = town.world.api.world.files.find(document["file_id"])
    assert stored is not None
    data = json.loads(stored.content)
    kinds = {name: len(rows) for name, rows in before.items()}
    print(f"rows of one person: {kinds}; file of {len(stored.content)} bytes")
    _compare(town, chat, data, before)
    assert str(other.id) not in stored.content.decode()


def _compare(town: Town, chat: Chat, data: dict[str, Any], rows: dict[str, Rows]) -> None:
    """Compare the file with the rows, column by column. A column that is neither in the file nor
    named here fails: so a new one cannot be forgotten.
    """  # fmt: skip
    keyed = {"id", "person_mac", "pseudonym", "contact_id", "chat_mac", "chat_sealed"}
    (contact,) = rows["contact"]
    (respondent,) = rows["respondent"]
    assert data["contact"] == {
        "telegram_id": chat.id,
        "language": contact.pop("language"),
        "has_consented": contact.pop("has_consented"),
        "message_consent": {
            name: str(contact.pop(f"message_consent_{name}")) for name in ("version", "language", "day")
        },
        "subscriptions": [row["topic"] for row in rows["subscription"]],
        "follow_consent": {
            name: str(contact.pop(f"follow_consent_{name}")) for name in ("version", "language", "day")
        },
        "followed_themes": [row["theme"] for row in rows["followed_theme"]],
        "told_station": contact.pop("told_station"),
        "told_day": contact.pop("told_day"),
        "has_stopped": contact.pop("has_stopped"),
        "attendance": [
            {name: row[name] for name in ("topic", "reply", "wants_interpreter")}
            for row in rows["attendance"]
        ],
        "announcements": [],
        "screen_message_id": contact.pop("screen_message_id"),
        "seen_day": contact.pop("seen_day").isoformat(),
    }
    assert contact.keys() <= keyed
    assert len(rows["followed_theme"]) == 1
    assert [row["reply"] for row in rows["attendance"]] == ["coming"]
    assert rows["staff_state"] == []
    assert data["staff_state"] is None
    assert data["respondent"]["consent"] == {
        name: respondent.pop(f"consent_{name}") for name in ("version", "language", "week")
    }
    assert data["respondent"]["source"] == respondent.pop("source")
    assert {"tag", "place", "finished"} <= data["respondent"]["session"].keys()
    respondent.pop("session_sealed")
    assert respondent.keys() <= keyed

    written = {(answer["scope"], answer["step"]): answer for answer in data["respondent"]["answers"]}
    assert len(written) == len(rows["answer"])
    for row in rows["answer"]:
        answer = written[row.pop("scope"), row.pop("step")]
        assert answer["codes"] == [code for code in row.pop("codes").split("|") if code]
        assert answer["wording"]["hash"] == row.pop("wording")
        assert answer["wording"]["text"]
        assert (answer["words"] is None) == (row.pop("words_sealed") is None)
        assert (answer["released"] is None) == (row.pop("released_sealed") is None)
        for name in ("language", "week", "message_mark", "review"):
            assert answer[name] == row.pop(name)
        assert row.keys() <= keyed
    assert [answer["words"] for answer in written.values() if answer["words"]] == [
        "Mehr Orte, an denen man sich trifft."
    ]
    (voice,) = rows["voice"]
    spoken = written[voice.pop("scope"), voice.pop("step")]["voice"]
    assert base64.b64decode(spoken["data_base64"]).startswith(b"OggS")
    for name in ("file_id_sealed", "data_sealed"):
        voice.pop(name)
    for name in ("not_before", "lease_until", "delete_after"):
        value = voice.pop(name)
        assert spoken[name] == (None if value is None else value.isoformat())
    for name in ("state", "duration_seconds", "attempts"):
        assert spoken[name] == voice.pop(name)
    assert voice.keys() <= keyed

    assert rows["inbox"] == [], "what is done names nobody"
    assert rows["outbox"] == []
    (update,) = [update for update in data["updates"] if update["state"] != "done"] or [None]
    assert update is None, "the press that asked for the file has no body any more"


@pytest.mark.parametrize(("name", "language"), [("Sabine", "de"), ("Omar", "ar")])
async def test_delete_erases_both_worlds_and_says_goodbye_in_the_persons_language(
    town: Town, name: str, language: str
) -> None:
    other = await town.chat("Grace")
    await lives_a_full_life(town, other, "en")
    of_other = {table: len(rows) for table, rows in rows_of(town, other).items()}
    chat = await town.chat(name)
    await lives_a_full_life(town, chat, language)
    assert all(rows_of(town, chat)[table] for table in ("contact", "respondent", "answer", "voice"))
    await chat.says("/delete")
    await chat.chooses("erase")
    assert chat.sees == town.words("consent.withdrawn", language, backup_days=30)
    assert chat.buttons == []
    assert {table: len(rows) for table, rows in rows_of(town, chat).items() if rows} == {}
    assert {table: len(rows) for table, rows in rows_of(town, other).items()} == of_other
    assert {row["pseudonym"] for row in town.rows("voice")} == {town.keys.pseudonym(other.id)}

    await chat.says("hallo?")
    assert chat.choices[0].startswith("lang:"), "a stranger again"
    assert town.answers(chat) == {}


async def test_delete_asked_for_twice_and_pressed_on_an_old_message_still_ends_well(
    sqlite_town: Town,
) -> None:
    chat = await sqlite_town.chat("Sabine")
    await lives_a_full_life(sqlite_town, chat)
    await chat.says("/delete")
    asked = chat.screen
    data = asked.buttons[0]["callback_data"]
    for _ in range(3):
        chat.player.presses(asked.message_id, data)
    await sqlite_town.rest()
    assert {table: rows for table, rows in rows_of(sqlite_town, chat).items() if rows} == {}
    assert chat.sees == sqlite_town.words("consent.withdrawn", backup_days=30)
    await chat.presses(data, asked.message_id)
    assert sqlite_town.rows("respondent") == sqlite_town.rows("contact") == []
    assert chat.screen.message_id == asked.message_id


async def test_erasure_ends_what_waits_to_be_sent_and_what_waits_to_be_done(sqlite_town: Town) -> None:
    town = sqlite_town
    chat = await town.chat("Sabine")
    await lives_a_full_life(town, chat)
    await chat.says("/delete")
    town.world.api.faults.reject_500("sendMessage", "editMessageText", "editMessageReplyMarkup", times=3)
    chat.player.taps("Ja, alles löschen")
    chat.player.sends_text("und noch ein Wort")
    for _ in range(6):
        await town.rest()
        town.clock.forward(minutes=10)
    assert chat.sees == town.words("consent.withdrawn", backup_days=30)
    assert town.rows("respondent") == town.rows("outbox") == town.rows("contact") == []
    assert {row["chat_mac"] for row in town.rows("inbox")} == {None}


async def test_stop_ends_every_push_and_says_what_stays(town: Town) -> None:
    chat = await town.chat("Sabine")
    await lives_a_full_life(town, chat)
    answers = town.answers(chat)
    for way in ("/stop", "Stopp!", "STOP"):
        await chat.says("/reminders")
        if "msgyes" in chat.choices:
            await chat.chooses("msgyes")
        await chat.chooses("sub:forum_arbeit")
        assert town.rows("subscription")
        await chat.says("/menu")
        await chat.says(way)
        assert town.words("stop.done") in chat.sees
        assert town.rows("subscription") == []
    assert town.answers(chat) == answers


async def test_a_stop_word_on_an_open_question_is_asked_about_first(sqlite_town: Town) -> None:
    chat = await sqlite_town.chat("Sabine")
    await lives_a_full_life(sqlite_town, chat)
    await chat.says("/topics")
    await chat.chooses("field:sprache")
    await chat.chooses("review:sprache")
    await chat.chooses("thanks:sprache")
    await chat.chooses("comment:sprache")
    await chat.says("stopp")
    assert chat.choices == ["_yes", "_stop"]
    assert sqlite_town.rows("subscription")
    await chat.chooses("_stop")
    assert sqlite_town.rows("subscription") == []


async def test_who_blocks_the_bot_is_no_contact_any_more_but_the_answers_stay(town: Town) -> None:
    chat = await town.chat("Sabine")
    await lives_a_full_life(town, chat)
    answers = town.answers(chat)
    await chat.sends(Player.blocks)
    assert town.rows("contact") == town.rows("subscription") == town.rows("outbox") == []
    assert town.answers(chat) == answers

    await chat.says("/start")
    assert chat.choices[0] == "lang:de", "the language is asked anew"
    await chat.chooses("lang:de")
    await chat.says("/topics")
    await chat.chooses("field:sprache")
    assert town.words("ui.again") in chat.sees
    await chat.chooses("review:sprache")
    assert "Mehr Orte, an denen man sich trifft." in chat.sees
    assert town.rows("subscription") == []
    (contact,) = town.rows("contact")
    assert contact["message_consent_version"] is None
    assert contact["has_stopped"], "they may have said stop before, so nothing comes unasked"


async def test_who_is_found_to_have_gone_when_something_is_sent_is_forgotten_too(
    sqlite_town: Town,
) -> None:
    town = sqlite_town
    chat = await town.chat("Sabine")
    await lives_a_full_life(town, chat)
    chat.player.sends_text("/menu")
    chat.player.deactivates()
    await town.rest()
    assert town.rows("contact") == town.rows("subscription") == town.rows("outbox") == []
    assert town.answers(chat)


async def test_nobody_can_answer_after_the_freeze_date(sqlite_town: Town) -> None:
    town = sqlite_town
    chat, late = await town.chat("Sabine"), await town.chat("Grace")
    await chat.takes_part("de", "sprache")
    answers, data = town.rows("answer"), chat.screen.buttons[0]["callback_data"]
    freeze = town.loaded.content.town.freeze_date
    town.clock.now = dt.datetime.combine(freeze, dt.time(0, 0), dt.UTC) + dt.timedelta(days=1)
    await chat.presses(data)
    assert town.words("err.closed") in chat.sees
    await chat.says("Zu spät?")
    await chat.says("/topics")
    assert town.words("err.closed") in chat.sees
    await late.enters("en")
    await late.chooses("say")
    assert town.words("err.closed", "en") in late.sees
    await late.presses("m:agree")
    assert town.rows("answer") == answers
    assert len(town.rows("respondent")) == 1
    await chat.says("/delete")
    await chat.chooses("erase")
    assert {name: len(rows) for name, rows in rows_of(town, chat).items() if rows} == {}


async def test_without_the_respondent_key_the_bot_still_serves_and_finds_nobodys_answers(
    sqlite_town: Town,
) -> None:
    from storage.keys import destroy_respondent_key

    town = sqlite_town
    chat = await town.chat("Sabine")
    await lives_a_full_life(town, chat)
    answers = [row for row in town.rows("answer") if row["step"] != "forum_needs"]
    await town.stop()
    destroy_respondent_key(town.world.key_file)
    freeze = town.loaded.content.town.freeze_date
    town.clock.now = dt.datetime.combine(freeze, dt.time(12, 0), dt.UTC) + dt.timedelta(days=1)
    await town.start()
    await town.rest()
    for words in ("/start", "/mydata", "/topics", "/reminders", "hallo", "/help"):
        await chat.says(words)
        assert chat.screen.buttons
    assert chat.player.messages[-1].is_from_bot
    await chat.says("/mydata")
    assert town.words("mydata.frozen") in chat.sees
    await chat.chooses("datafile")
    stored = town.world.api.world.files.find(chat.messages[-1].content["document"]["file_id"])
    assert stored is not None
    assert json.loads(stored.content)["respondent"] is None
    await chat.says("/delete")
    await chat.chooses("erase")
    assert chat.sees == town.words("consent.frozen")
    assert town.rows("contact") == []
    left = [(row["step"], row["codes"]) for row in town.rows("answer")]
    assert left == [(row["step"], row["codes"]) for row in answers], "nobody can tell whose they are"
    assert {row["what"]: row["count"] for row in town.rows("headcount") if row["count"]} == {
        "registered": 1,
        "interpreter": 1,
    }, "what was needed at the forum has become a number"
    assert {row["state"] for row in town.rows("inbox")} == {"done"}
