"""Stories of everything that comes unasked: stop words, edits, refused kinds, floods, being blocked."""

from __future__ import annotations

import pytest

from conversations.engine import fold_word
from conversations.events import ContactLost
from conversations.incoming import BlockedBot, Refused, WroteTooFast
from conversations.session import Asking, Sheet, SheetName, StopAsked
from tests.support.play import (
    Player,
    Stored,
    in_topic,
    language_names,
    newcomer,
    participant,
    shipped,
    stop_words,
)

ALL_STOP_WORDS = [
    (language.code, word.strip())
    for language in shipped().catalogues.offered
    for word in shipped().catalogues.get(language.code).find("stop.words").split(",")
]


def subscriber(player: Player | None = None) -> Player:
    player = player or newcomer()
    player.does("/reminders").taps("Ja").taps("Fachforum Arbeit")
    assert player.stored.subscriptions == {"forum_arbeit"}
    return player


# Stop words.


def test_every_language_has_stop_words() -> None:
    assert {code for code, _ in ALL_STOP_WORDS} == set(language_names())
    assert len(ALL_STOP_WORDS) > 20


@pytest.mark.parametrize(("_", "word"), ALL_STOP_WORDS)
def test_a_stop_word_of_any_language_ends_every_message(_: str, word: str) -> None:
    player = subscriber().says(word)
    assert player.stored.subscriptions == frozenset()
    assert player.sees.startswith("Wir schicken Ihnen keine Nachrichten mehr.")


@pytest.mark.parametrize(
    "words",
    ["STOP", " stop ", "Stopp!", "stop.", "İPTAL", "IPTAL", "iptal", "توقف؟", "ＳＴＯＰ", "\u200fتوقف"],
)
def test_stop_words_are_understood_however_they_are_written(words: str) -> None:
    assert fold_word(words) in stop_words()
    assert subscriber().says(words).stored.subscriptions == frozenset()


@pytest.mark.parametrize("words", ["Stoppt die Raserei", "stop it now", "durum", "kein Ende", ""])
def test_other_words_are_no_stop_words(words: str) -> None:
    assert fold_word(words) not in stop_words()
    assert subscriber().says(words or " ").stored.subscriptions == {"forum_arbeit"}


def test_a_stop_word_on_a_closed_question_stops_and_keeps_the_way_back() -> None:
    player = subscriber(participant()).does("/topics").taps("Arbeit").says("stopp")
    assert player.stored.subscriptions == frozenset()
    player.taps("Zurück zur Frage")
    assert player.session.place == Asking("arbeit", "arb_now")


def test_a_stop_word_on_an_open_question_is_asked_about_first() -> None:
    player = in_topic("werte", "s4", "none").says("Stopp")
    assert player.session.place == StopAsked(Asking("werte", "wer_future"), "Stopp", player.message)
    assert player.sees == "Ist „Stopp“ Ihre Antwort? Oder möchten Sie keine Nachrichten mehr?"
    player.taps("Das ist meine Antwort")
    assert player.words["wer_future"] == "Stopp"


def test_a_stop_word_on_an_open_question_can_be_meant() -> None:
    player = subscriber(participant()).does("/start werte").picks("s4").picks("none").says("Ende")
    assert player.stored.subscriptions == {"forum_arbeit"}
    player.taps("Keine Nachrichten mehr")
    assert player.stored.subscriptions == frozenset()
    assert "wer_future" not in player.answers
    player.taps("Zurück zur Frage")
    assert player.session.place == Asking("werte", "wer_future")


def test_a_stop_word_among_own_words_is_asked_about_first() -> None:
    player = in_topic("arbeit", "training").picks("own").says("iptal")
    player.taps("Das ist meine Antwort")
    assert player.words["arb_obstacle"] == "iptal"


def test_the_command_stops_at_once_everywhere() -> None:
    player = subscriber(participant()).does("/start werte").picks("s4").picks("none").does("/stop")
    assert player.stored.subscriptions == frozenset()
    assert player.session.place == Sheet(SheetName.STOPPED)


def test_stopping_keeps_answers_and_can_be_taken_back() -> None:
    player = subscriber(in_topic("arbeit", "working")).does("/stop")
    assert player.answers["arb_now"] == ("working",)
    assert player.stored.message_consent is None, "consent 2 ends with the messages"
    player.taps("Nur Nachrichten").taps("Ja").taps("Fachforum Wohnen")
    assert player.stored.subscriptions == {"forum_wohnen"}


# Edited messages.


def test_an_edited_message_changes_the_answer() -> None:
    player = in_topic("werte", "s4", "none").says("Man grüst sich.")
    message = player.message
    player.picks("clubs").edits(message, "Man grüßt sich.")
    assert player.words == {"wer_future": "Man grüßt sich."}
    assert player.sees.startswith("Ihre geänderte Nachricht ist gespeichert.")
    assert player.session.place == Asking("werte", "wer_measure", ("clubs",))


def test_an_edited_message_changes_an_own_answer_and_keeps_its_codes() -> None:
    player = in_topic("arbeit", "training", "none", "none").picks("internships").says("Ein Bus.").taps("Ja")
    player.edits(player.message, "Ein Bus am Abend.")
    assert player.words == {"arb_measure": "Ein Bus am Abend."}
    assert player.answers["arb_measure"] == ("internships", "own")


def test_an_edit_of_words_that_wait_for_a_yes_changes_what_is_on_offer() -> None:
    player = in_topic("arbeit", "training").says("Der Buss").edits("message-1", "Der Bus").taps("Ja")
    assert player.words == {"arb_obstacle": "Der Bus"}


def test_an_edit_of_any_other_message_is_left_alone() -> None:
    player = in_topic("werte", "s4", "none").says("Man grüßt sich.")
    before, screens = player.stored, len(player.shown)
    player.edits("some-other-message", "Etwas anderes.").edits(player.message, "   ")
    assert player.stored == before
    assert len(player.shown) == screens


def test_an_edit_that_is_too_long_is_refused_and_the_words_before_stay() -> None:
    player = in_topic("werte", "s4", "none").says("Man grüßt sich.")
    player.edits(player.message, "x" * 1001)
    assert player.sees.startswith("Der Text ist zu lang.")
    assert player.words == {"wer_future": "Man grüßt sich."}


def test_a_message_that_was_too_long_becomes_the_answer_once_it_is_made_shorter() -> None:
    player = in_topic("werte", "s4", "none").says("x" * 1001)
    assert "wer_future" not in player.answers
    player.edits(player.message, "Man grüßt sich.")
    assert player.words == {"wer_future": "Man grüßt sich."}
    assert player.session.place == Asking("werte", "wer_measure")


# What cannot be understood.


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        (
            Refused.MEDIA,
            "Bitte schicken Sie keine Fotos, Videos oder Dokumente. Wir haben nichts gespeichert.",
        ),
        (Refused.CONTACT, "Bitte schicken Sie keine Telefonnummer und keinen Standort."),
        (Refused.EMPTY, "Diese Nachricht ist leer. Bitte schreiben Sie noch einmal."),
    ],
)
def test_what_is_never_stored_is_refused_and_the_question_stands_again(kind: Refused, says: str) -> None:
    player = in_topic("arbeit")
    before = player.stored
    player.sends(kind)
    assert player.sees.startswith(says)
    assert "Frage 1 von 6" in player.sees
    assert player.stored == before


def test_words_outside_a_question_point_to_the_buttons() -> None:
    player = participant().says("Wie wird das Wetter?")
    assert player.sees.startswith("Das habe ich nicht verstanden.")
    assert player.session.place == Sheet(SheetName.TOPICS)


def test_a_command_nobody_knows_shows_the_question_again() -> None:
    player = in_topic("arbeit").does("/weather")
    assert player.sees.startswith("Das habe ich nicht verstanden.")
    assert player.session.place == Asking("arbeit", "arb_now")


@pytest.mark.parametrize(
    "data",
    [
        "q:taganna:2:arb_now:no_such_option",
        "q:taganna:2:arb_now:_done",
        "q:taganna:2:arb_now:_yes",
        "q:taganna:2:arb_now:_stop",
        "q:taganna:2:spr_now:s3",
        "q:taganna:99:arb_now:working",
        "q:another:2:arb_now:working",
        "q:taganna:2:no_such_step:s3",
        "m:nonsense",
        "garbage",
    ],
)
def test_a_forged_or_stale_button_changes_nothing_and_shows_the_question(data: str) -> None:
    player = in_topic("arbeit")
    assert player.session.visit == 2
    before = player.stored.answers
    player.presses(data)
    assert player.popup == "Dieser Knopf ist nicht mehr gültig. Hier ist die aktuelle Frage."
    assert player.stored.answers == before
    assert player.session.place == Asking("arbeit", "arb_now")


# Floods, and being blocked.


def test_somebody_who_writes_too_fast_is_told_once_and_loses_nothing() -> None:
    player = in_topic("arbeit", "working")
    before, screens = player.stored, len(player.shown)
    player.meets(WroteTooFast(notice=True))
    assert player.sees.startswith("Das war sehr schnell hintereinander. Bitte warten Sie kurz.")
    player.meets(WroteTooFast(notice=False))
    assert len(player.shown) == screens + 1
    assert player.stored == before


def test_whoever_blocks_the_bot_is_written_to_no_more_and_keeps_the_answers() -> None:
    player = subscriber(in_topic("arbeit", "working"))
    answers, consent = player.stored.answers, player.stored.answer_consent
    player.meets(BlockedBot())
    assert player.turn is not None
    assert player.turn.events == (ContactLost(),)
    kept = Stored(answer_consent=consent, session=player.stored.session, answers=answers)
    assert player.stored == kept
    assert player.turn.person.message_consent is None


def test_whoever_comes_back_after_blocking_chooses_a_language_and_goes_on() -> None:
    player = in_topic("arbeit", "working").meets(BlockedBot()).does("/start")
    assert "اختيار اللغة" in player.sees
    player.taps("English")
    assert player.session.place == Asking("arbeit", "arb_fit")
    assert player.answers["arb_now"] == ("working",)
