"""The pages: menu, help, privacy section by section, and the way back to an open question."""

from __future__ import annotations

import pytest

from conversations.session import Asking, Sheet, SheetName
from conversations.town_sheets import PRIVACY_SECTIONS
from tests.support.play import answer, in_topic, newcomer, participant, walk_to_thanks

COMMANDS_OF_PAGES = ("/events", "/reminders", "/results", "/about", "/privacy", "/mydata", "/stop", "/help")


def test_the_menu_has_everything_and_erasure_last() -> None:
    assert newcomer().presses("m:menu").buttons == [
        "Meine Meinung sagen",
        "Termine der Fachforen",
        "Erinnerungen",
        "Was ist daraus geworden?",
        "Was ist der Integrationsplan?",
        "Sprache ändern / Language",
        "Datenschutz",
        "Hilfe",
        "Meine Daten",
        "Alles löschen",
    ]


def test_while_a_question_is_open_the_menu_begins_with_the_way_back() -> None:
    player = in_topic("arbeit", "working").presses("m:menu").taps("Fragen weiter beantworten")
    assert player.session.place == Asking("arbeit", "arb_fit")


@pytest.mark.parametrize("command", COMMANDS_OF_PAGES)
def test_every_page_over_a_question_shows_the_way_back_to_it(command: str) -> None:
    player = in_topic("arbeit", "working")
    if command == "/reminders":
        player.does(command).taps("Ja")
    player.does(command).taps("Zurück zur Frage")
    assert player.session.place == Asking("arbeit", "arb_fit")


@pytest.mark.parametrize("command", COMMANDS_OF_PAGES)
def test_without_an_open_question_there_is_no_such_button(command: str) -> None:
    assert "Zurück zur Frage" not in participant().does(command).buttons
    assert "Zurück zur Frage" not in newcomer().does(command).buttons


def test_the_privacy_notice_can_be_read_section_by_section() -> None:
    player = newcomer().does("/privacy")
    player.taps(player.buttons[0])
    seen = {player.sees}
    for _ in PRIVACY_SECTIONS[1:]:
        player.taps(player.buttons[0])
        seen.add(player.sees)
    assert len(seen) == len(PRIVACY_SECTIONS)
    assert player.buttons == ["Zurück", "Menü"]


def test_the_topics_tell_what_is_done_and_what_is_begun() -> None:
    player = walk_to_thanks(in_topic("arbeit", "training")).taps("Nächstes Thema").taps("Wohnen")
    player.picks("landlord").does("/topics")
    assert player.sees.split("\n\n")[1] == (
        "Sie haben 1 Thema beantwortet.\nFertig: Arbeit\nAngefangen: Wohnen"
    )
    assert "✓ Arbeit" in player.buttons
    assert "Wohnen" in player.buttons


def test_when_all_topics_are_done_no_next_one_is_offered() -> None:
    player = participant()
    for field in ("Sprache", "Bildung", "Arbeit", "Wohnen", "Werte, Regeln und Normen"):
        player.does("/topics").taps(field)
        walk_to_thanks(player)
    assert "Nächstes Thema" not in player.buttons
    assert player.session.finished == ("sprache", "bildung", "arbeit", "wohnen", "werte")


def test_the_review_shows_long_own_words_in_full_and_shortened_on_the_button() -> None:
    player = in_topic("werte", "s4", "none").says("Wenn man sich grüßt und einander hilft.")
    answer(player, "none!", "s5", "decline").taps("Meine Antworten ansehen")
    assert "3. Was ist für Sie ein gutes Zusammenleben" in player.sees
    assert "Wenn man sich grüßt und einander hilft." in player.sees
    assert "3. Wenn man sich grüßt und…" in player.buttons


def test_a_person_who_only_looks_reads_about_the_plan_and_finds_the_topics() -> None:
    player = newcomer().taps("Nur ansehen")
    assert player.sees.startswith("Worum geht es?")
    assert player.buttons == ["Meine Meinung sagen", "Termine der Fachforen", "Menü"]


def test_the_page_of_a_pause_leads_back() -> None:
    player = in_topic("arbeit").taps("Pause")
    assert player.session.place == Sheet(SheetName.PAUSED)
    assert player.taps("Weiter").session.place == Asking("arbeit", "arb_now")
