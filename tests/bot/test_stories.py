"""A first visit, told from the phone: from /start to the thanks, in every field, in two scripts."""

from __future__ import annotations

import pytest

from bot.preview.player import Player
from conversations.language_sheets import FIRST_PAGE
from storage.weeks import iso_week
from tests.support.chat import Chat, Town, hurried_choice

FIELDS = ("sprache", "bildung", "arbeit", "wohnen", "werte")
#: What a first topic may cost (DESIGN §3).
MAX_SCREENS = 14


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("language", ["de", "ar"])
async def test_a_first_visit_leads_from_start_to_thanks_in_one_message(
    sqlite_town: Town, field: str, language: str
) -> None:
    town = sqlite_town
    chat = await town.chat("Omar" if language == "ar" else "Sabine")
    await chat.says("/start")
    screen = chat.screen
    screens = [chat.sees]
    chat.player.world.listen(lambda change: screens.append(chat.sees) if change.what == "edited" else None)
    assert [choice.split(":")[0] for choice in chat.choices] == ["lang"] * FIRST_PAGE + ["langs2"]
    assert chat.choices[0] == f"lang:{language}", "the language of the app comes first"

    for meaning in (f"lang:{language}", "say", "agree", "settled", f"field:{field}"):
        await chat.chooses(meaning)
    made = await chat.finishes()

    assert town.words("end.thanks", language) in chat.sees
    assert chat.screen is screen, "every screen is the same message, edited"
    assert len(chat.messages) == 1
    shown = list(dict.fromkeys(screens))
    print(f"{field} {language}: {len(shown)} different screens, {len(made)} presses in the topic")
    assert len([seen for seen in shown if "✓" not in seen]) <= MAX_SCREENS
    stored = town.answers(chat)
    assert stored.pop("profile/prof_role") == "settled"
    assert stored
    assert {place.partition("/")[0] for place in stored} == {field}
    assert {row["language"] for row in town.rows("answer")} == {language}
    assert {row["week"] for row in town.rows("answer")} == {iso_week(town.clock().date())}
    hashes = {row["hash"]: row for row in town.rows("wording")}
    for row in town.rows("answer"):
        assert hashes[row["wording"]]["language"] == language
        assert hashes[row["wording"]]["step"] == row["step"]
    assert town.due() == {"updates": False, "messages": False, "voices": False}


async def test_a_text_answer_puts_the_next_question_below_and_takes_the_old_buttons_off(
    sqlite_town: Town,
) -> None:
    chat = await sqlite_town.chat("Sabine")
    await chat.takes_part("de", "sprache")
    await chat.finishes(until="own")
    await chat.chooses("own")
    old = chat.screen
    assert "Was ist Ihre eigene Antwort?" in chat.sees
    await chat.says("Der Bus fährt abends nicht.")
    assert chat.screen is not old
    assert chat.screen.message_id > old.message_id
    assert old.buttons == []
    assert old.content_edited
    assert "everyday_german" in chat.choices, "the next question"
    obstacle = next(row for row in sqlite_town.rows("answer") if row["step"] == "spr_obstacle")
    assert obstacle["codes"] == "own"
    assert obstacle["review"] == "waiting"
    assert b"Bus" not in obstacle["words_sealed"]

    below = chat.screen
    await chat.chooses("everyday_german")
    assert chat.screen is below, "from here on it is edited in place again"


async def test_a_voice_answer_is_fetched_checked_and_kept_under_seal(town: Town) -> None:
    chat = await town.chat("Sabine")
    await chat.takes_part("de", "sprache")
    await chat.finishes(until="own")
    await chat.chooses("own")
    old = chat.screen
    await chat.speaks(4)
    assert chat.screen.message_id > old.message_id
    assert old.buttons == []
    (voice,) = town.rows("voice")
    assert voice["state"] == "fetched"
    assert voice["duration_seconds"] == 4
    assert voice["file_id_sealed"] is None, "the id is of no use any more"
    assert b"OpusHead" not in voice["data_sealed"]
    assert town.app.voice_files.counters == {"fetched": 1}
    (sent,) = [message for message in chat.player.messages if "voice" in message.content]
    stored = town.read(_voice_of(chat))
    assert stored == town.world.api.world.files.find(sent.content["voice"]["file_id"]).content  # type: ignore[union-attr]


def _voice_of(chat: Chat):  # type: ignore[no-untyped-def]
    from storage.voices import find_voice_data

    return lambda connection, keys: find_voice_data(
        connection, keys, keys.pseudonym(chat.id), "sprache", "spr_obstacle"
    )


async def test_a_voice_that_is_no_sound_is_given_up_and_the_answer_stays(sqlite_town: Town) -> None:
    chat = await sqlite_town.chat("Sabine")
    await chat.takes_part("de", "sprache")
    await chat.finishes(until="own")
    await chat.chooses("own")
    await chat.speaks(4, sound=b"MZ this is a program")
    assert [row["state"] for row in sqlite_town.rows("voice")] == ["failed"]
    assert sqlite_town.answers(chat)["sprache/spr_obstacle"] == "own"
    assert sqlite_town.app.voice_files.counters == {"failed": 1}


async def test_a_voice_of_more_than_a_minute_is_refused_before_anything_is_fetched(
    sqlite_town: Town,
) -> None:
    chat = await sqlite_town.chat("Sabine")
    await chat.takes_part("de", "sprache")
    await chat.finishes(until="own")
    await chat.chooses("own")
    await chat.speaks(61)
    assert sqlite_town.words("err.voice_long") in chat.sees
    assert sqlite_town.rows("voice") == []
    assert sqlite_town.world.api.ledger.of("getFile") == []


async def test_words_on_a_closed_question_are_offered_as_an_own_answer(sqlite_town: Town) -> None:
    chat = await sqlite_town.chat("Sabine")
    await chat.takes_part("de", "sprache")
    await chat.finishes(until="own")
    await chat.says("Es fehlt an Zeit")
    assert sqlite_town.words("ui.closed.as_own") in chat.sees
    assert "Es fehlt an Zeit" in chat.sees
    await chat.chooses("_yes")
    assert sqlite_town.answers(chat)["sprache/spr_obstacle"] == "own"


async def test_a_voice_on_a_closed_question_is_kept_once_it_is_accepted(sqlite_town: Town) -> None:
    chat = await sqlite_town.chat("Sabine")
    await chat.takes_part("de", "sprache")
    await chat.finishes(until="own")
    await chat.speaks(2)
    assert sqlite_town.words("ui.closed.as_own") in chat.sees
    assert sqlite_town.rows("voice") == []
    await chat.chooses("_yes")
    assert [row["state"] for row in sqlite_town.rows("voice")] == ["fetched"]


async def test_the_language_can_be_changed_in_the_middle_and_the_question_is_redrawn(
    sqlite_town: Town,
) -> None:
    town = sqlite_town
    chat = await town.chat("Omar")
    await chat.takes_part("de", "sprache")
    await chat.chooses("s2")
    question, answered = chat.choices[:5], town.answers(chat)
    await chat.says("/language")
    await chat.chooses("lang:ar")
    assert chat.choices[:5] == question, "the same question"
    assert town.words(town.loaded.content.find_step("spr_learn").question, "ar") in chat.sees  # type: ignore[union-attr]
    assert "Lernen" not in chat.sees
    assert town.answers(chat) == answered
    assert [row["language"] for row in town.rows("contact")] == ["ar"]
    await chat.chooses("course")
    languages = {row["step"]: row["language"] for row in town.rows("answer")}
    assert languages == {"prof_role": "de", "spr_now": "de", "spr_learn": "ar"}
    (consent,) = town.rows("respondent")
    assert consent["consent_language"] == "de", "the language in which it was given"


async def test_several_people_at_once_do_not_get_in_each_others_way(town: Town) -> None:
    people = [await town.chat(f"P{number}", code) for number, code in enumerate(("de", "tr", "ar", "en") * 2)]
    languages = ["de", "tr", "ar", "en"] * 2

    async def everybody(deed) -> None:  # type: ignore[no-untyped-def]
        for chat, language in zip(people, languages, strict=True):
            deed(chat, language)
        town.clock.forward(seconds=2)
        await town.rest()

    def tap(meaning: str):  # type: ignore[no-untyped-def]
        def deed(chat: Chat, language: str) -> None:
            wanted = meaning.format(language)
            data = chat.screen.buttons[chat.choices.index(wanted)]["callback_data"]
            chat.player.presses(chat.screen.message_id, data)

        return deed

    await everybody(lambda chat, _: chat.player.starts())
    for meaning in ("lang:{}", "say", "agree", "helper", "field:werte"):
        await everybody(tap(meaning))
    for _ in range(12):
        await everybody(lambda chat, _: _press_on(chat))
    for chat, language in zip(people, languages, strict=True):
        assert town.words("end.thanks", language) in chat.sees
        assert len(chat.messages) == 1
    assert len({row["pseudonym"] for row in town.rows("answer")}) == len(people)
    counts = {len(town.answers(chat)) for chat in people}
    assert len(counts) == 1
    print(f"{len(people)} people side by side, {counts} answers each")


def _press_on(chat: Chat) -> None:
    if any(choice.startswith("review:") for choice in chat.choices):
        return
    wanted = hurried_choice(chat.choices, chat.buttons)
    data = chat.screen.buttons[chat.choices.index(wanted)]["callback_data"]
    chat.player.presses(chat.screen.message_id, data)


async def test_a_photo_a_contact_and_a_place_are_refused_and_nothing_of_them_is_stored(
    sqlite_town: Town,
) -> None:
    town = sqlite_town
    chat = await town.chat("Sabine")
    await chat.takes_part("de", "sprache")
    before = town.rows("answer")
    refused = {
        "err.media": [
            lambda player: player.sends_photo(b"\xff\xd8 a face", "Das bin ich"),
            lambda player: player.sends_document(b"%PDF", "ausweis.pdf"),
        ],
        "err.contact": [Player.sends_contact, Player.sends_location],
    }
    for key, deeds in refused.items():
        for deed in deeds:
            await chat.sends(deed)
            assert chat.sees.startswith(town.words(key))
            assert "s1" in chat.choices, "the question is still there"
    assert town.rows("answer") == before
    assert all(row["body_sealed"] is None for row in town.rows("inbox"))
    assert town.world.api.ledger.of("getFile") == []


async def test_a_group_is_answered_with_a_link_and_asked_nothing(sqlite_town: Town) -> None:
    town = sqlite_town
    sabine = await town.chat("Sabine")
    group = sabine.player.adds_bot_to_group()
    await town.rest()
    assert [message for message in group.visible if message.is_from_bot] == []
    sabine.player.writes_in_group(group, "/start@mitreden_test_bot")
    sabine.player.writes_in_group(group, "hört mich der Bot?")
    await town.rest()
    (said,) = [message for message in group.visible if message.is_from_bot]
    assert "https://t.me/mitreden_test_bot" in said.text
    assert said.buttons == []
    sabine.player.presses_in_group(group, said.message_id, "m:agree")
    await town.rest()
    assert town.rows("contact") == town.rows("respondent") == []


async def test_each_kind_of_button_of_an_old_message_pops_up_and_shows_the_current_question(
    sqlite_town: Town,
) -> None:
    chat = await sqlite_town.chat("Sabine")
    await chat.takes_part("de", "sprache")
    old = [button["callback_data"] for button in chat.screen.buttons]
    await chat.chooses("s2")
    await chat.says("/topics")
    await chat.chooses("field:sprache")
    await chat.chooses("resume:sprache")
    choices, answered = chat.choices[:4], sqlite_town.answers(chat)
    popups = len(chat.popups)
    await chat.presses(old.pop(1))
    assert len(chat.popups) == popups, "the last press repeated: silent"
    for data in old:
        popups = len(chat.popups)
        await chat.presses(data)
        assert chat.popups[popups:] == [sqlite_town.words("err.old_button")], data
        assert chat.choices[:4] == choices
    assert sqlite_town.answers(chat) == answered
    print(f"{len(old)} old buttons")


async def test_an_old_message_further_up_is_answered_with_the_question_below(sqlite_town: Town) -> None:
    chat = await sqlite_town.chat("Sabine")
    await chat.takes_part("de", "sprache")
    old, data = chat.screen, chat.screen.buttons[0]["callback_data"]
    await chat.says("/help")
    await chat.chooses("menu")
    await chat.chooses("question")
    await chat.presses(data, old.message_id)
    assert chat.popups[1:] == [sqlite_town.words("err.old_button")]
    assert "s1" in chat.choices
    assert chat.screen.message_id > old.message_id
    with_buttons = [message for message in chat.messages if message.buttons]
    assert with_buttons == [chat.screen], "only one message has buttons"


async def test_a_double_tap_is_silent_and_counts_once(sqlite_town: Town) -> None:
    chat = await sqlite_town.chat("Sabine")
    await chat.takes_part("de", "sprache")
    data, message_id = chat.screen.buttons[1]["callback_data"], chat.screen.message_id
    popups = len(chat.popups)
    for _ in range(3):
        chat.player.presses(message_id, data)
    await sqlite_town.rest()
    assert chat.popups[popups:] == [sqlite_town.words("ui.saved")]
    assert len(chat.player.answers) == len(chat.player.world.presses), "each spinner ends"
    assert sqlite_town.answers(chat)["sprache/spr_now"] == "s2"
    assert "course" in chat.choices


async def test_an_edited_message_replaces_the_answer_it_was(sqlite_town: Town) -> None:
    from storage.answers import load_answers

    town = sqlite_town
    chat = await town.chat("Sabine")
    await chat.takes_part("de", "sprache")
    await chat.finishes(until="own")
    await chat.chooses("own")
    said = await chat.says("Der Bus färt nicht.")
    choices = chat.choices[:4]
    await chat.edits(said, "Der Bus fährt nicht.")
    assert town.words("ui.edited") in chat.sees
    assert chat.choices[:4] == choices
    answer = town.read(lambda connection, keys: load_answers(connection, keys, chat.id))[
        "sprache", "spr_obstacle"
    ]
    assert answer.words == "Der Bus fährt nicht."
    other = await chat.says("/help")
    await chat.edits(other, "/delete")
    assert town.words("ui.edited") not in chat.sees


async def test_a_text_that_is_too_long_is_refused_with_the_question(sqlite_town: Town) -> None:
    chat = await sqlite_town.chat("Sabine")
    await chat.takes_part("de", "sprache")
    await chat.finishes(until="own")
    await chat.chooses("own")
    for length in (1001, 4096):
        await chat.says("ä" * length)
        assert chat.sees.startswith(sqlite_town.words("err.too_long"))
    await chat.says("ä" * 1000)
    assert "everyday_german" in chat.choices


async def test_who_is_too_fast_is_told_once_and_everybody_else_is_served(sqlite_town: Town) -> None:
    town = sqlite_town
    chat, other = await town.chat("Sabine"), await town.chat("Grace")
    await chat.takes_part("de")
    told = sum(town.words("err.slow") in message.text for message in chat.messages)
    assert told == 0
    for number in range(100):
        chat.player.sends_text(f"so schnell ich kann {number}")
    await other.enters("en")
    assert town.words("start.title", "en") in other.sees
    sent = town.world.api.ledger.applied("sendMessage")
    slow = [entry for entry in sent if town.words("err.slow") in entry.params["text"]]
    assert len(slow) <= 3
    print(f"100 messages at once: {len(slow)} notice, {len(sent)} messages sent in all")
    town.clock.forward(minutes=1)
    await chat.says("/topics")
    assert "field:arbeit" in chat.choices


async def test_unknown_kinds_of_updates_are_let_pass(sqlite_town: Town) -> None:
    town = sqlite_town
    chat = await town.chat("Sabine")
    await chat.takes_part("de", "sprache")
    seen, answered = chat.sees, town.rows("answer")
    place = {"id": chat.id, "type": "private", "first_name": "Sabine"}
    user = {"id": chat.id, "is_bot": False, "first_name": "Sabine"}
    queue = town.world.api.world.updates
    base = {"message_id": 9, "date": 1, "chat": place, "from": user}
    unknown = {
        "inline_query": {"id": "1", "from": user, "query": "x", "offset": ""},
        "poll": {"id": "1", "question": "?", "options": []},
        "a_kind_of_the_year_2031": {"chat": place, "from": user},
        "channel_post": base | {"text": "/delete"},
        "message_reaction": {"chat": place, "user": user, "message_id": 9},
        "message": base | {"pinned_message": base},
        "edited_message": base | {"location": {"latitude": 1, "longitude": 2}},
        "my_chat_member": {"chat": place, "from": user, "date": 1, "new_chat_member": {"status": "member"}},
    }
    for number, (kind, payload) in enumerate(unknown.items()):
        queue.put_again(1_000_000_000 + number, kind, payload)
    await town.rest()
    assert (chat.sees, town.rows("answer")) == (seen, answered)
    assert {row["state"] for row in town.rows("inbox")} == {"done"}
    await chat.chooses("s2")
    assert "course" in chat.choices


async def test_a_press_on_a_message_from_before_a_restart_works_after_it(town: Town) -> None:
    chat = await town.chat("Sabine")
    await chat.takes_part("de", "sprache")
    screen = chat.screen
    await town.restart()
    await chat.chooses("s2")
    assert town.answers(chat)["sprache/spr_now"] == "s2"
    assert chat.screen is screen
    await town.stop()
    chat.player.taps("Ja, in einem Kurs")
    assert town.world.api.world.updates.pending_count == 1
    await town.start()
    await town.rest()
    assert town.answers(chat)["sprache/spr_learn"] == "course"
    assert chat.screen is screen
    assert len(chat.messages) == 1
