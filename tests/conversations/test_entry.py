"""Deep links: which door a link opens, and that hostile ones open the plain entrance."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.buttons import encode
from conversations.entry import MAX_SOURCE_CHARS, Entry, parse_entry
from conversations.incoming import Action, ActionButton
from conversations.session import Asking, Sheet, SheetName
from tests.support.play import Player, participant, town


@pytest.mark.parametrize(
    ("argument", "entry"),
    [
        ("", Entry()),
        ("arbeit", Entry("arbeit")),
        ("ARBEIT", Entry("arbeit")),
        ("arbeit-vhs", Entry("arbeit", "vhs")),
        ("arbeit-vhs-kurs_3", Entry("arbeit", "vhs-kurs_3")),
        ("news", Entry("news")),
        ("news-plakat1", Entry("news", "plakat1")),
        ("-plakat1", Entry("", "plakat1")),
        ("unbekannt-plakat1", Entry("", "plakat1")),
        ("arbeit-" + "x" * 500, Entry("arbeit", "x" * MAX_SOURCE_CHARS)),
        ("arbeit-ä:{}<b>\n/delete", Entry("arbeit", "bdelete")),
        ("profile", Entry()),
        ("arbeit'; DROP TABLE answer;--", Entry("", "-")),
        ("\u202eticbra", Entry()),
    ],
)
def test_what_a_link_says(argument: str, entry: Entry) -> None:
    assert parse_entry(town(), argument) == entry


@settings(derandomize=True, deadline=None, max_examples=200, database=None)
@given(st.text(max_size=200) | st.from_regex(r"(arbeit|news|x)?-[a-z0-9_:.-]{0,60}", fullmatch=True))
def test_every_entry_fits_into_a_button_and_is_read_back(argument: str) -> None:
    entry = parse_entry(town(), argument)
    assert parse_entry(town(), entry.argument) == entry
    for action, carried in (
        (Action.SAY, entry.argument),
        (Action.AGREE, entry.argument),
        (Action.CHOOSE_LANGUAGE, f"de_LS.{entry.argument}"),
    ):
        assert len(encode(ActionButton(action, carried)).encode()) <= 64


def test_a_link_to_a_field_goes_through_consent_to_its_first_question_and_notes_the_poster() -> None:
    player = Player().does("/start arbeit-vhs").taps("Deutsch").taps("Meinung sagen")
    player.taps("Ja, ich stimme zu").taps("Ich wohne in Göppingen")
    assert player.session.place == Asking("arbeit", "arb_now")
    assert player.stored.source == "vhs"


def test_a_link_of_the_next_poster_does_not_change_where_somebody_came_from() -> None:
    player = Player().does("/start arbeit-vhs").taps("Deutsch").taps("Meinung sagen")
    player.taps("Ja, ich stimme zu").taps("Ich wohne in Göppingen").does("/start wohnen-plakat")
    assert player.session.place == Asking("wohnen", "woh_now")
    assert player.stored.source == "vhs"


def test_a_link_to_the_news_leads_to_consent_2_and_never_to_a_question() -> None:
    player = Player().does("/start news").taps("Deutsch")
    assert player.sees.startswith("Willkommen!")
    player.taps("Ja").taps("Fachforum Arbeit")
    assert player.stored.subscriptions == {"forum_arbeit"}
    assert player.stored.answer_consent is None
    assert player.stored.session is None


@pytest.mark.parametrize("argument", ["unbekannt", "arbeit' OR 1=1", "{org}", "x" * 3000, "\u202e", "🙂"])
def test_a_link_that_nobody_knows_opens_the_plain_entrance(argument: str) -> None:
    player = Player().does(f"/start {argument}").taps("Deutsch")
    assert player.buttons == ["Meinung sagen", "Nur Nachrichten", "Nur ansehen", "Sprache ändern / Language"]


def test_a_link_loses_nothing_for_somebody_in_the_middle_of_a_topic() -> None:
    player = participant().taps("Arbeit").taps("Ich arbeite").does("/start arbeit")
    assert player.session.place == Sheet(SheetName.RESUME, "arbeit")
    player.taps("Weiter")
    assert player.session.place == Asking("arbeit", "arb_fit")
