"""Choosing a language: two pages, two taps, no dead end, and nothing but the person's own choice counts."""

from __future__ import annotations

import itertools

import pytest

from bot.buttons import CALLBACK_DATA_MAX_BYTES, encode
from bot.catalogue_gate import BUTTON_MAX_COLUMNS, LANGUAGE_WORD, width
from bot.rendering import Renderer
from conversations.environment import Environment, Scene
from conversations.every_screen import list_screens
from conversations.incoming import Action, ActionButton
from conversations.language_sheets import FIRST_PAGE, HEAR_LANGUAGES, languages_screen, more_languages_screen
from conversations.languages import LANGUAGES, presort
from conversations.person import Person
from conversations.screens import Screen
from tests.support.play import MORE, NOW, Player, in_topic, language_names, newcomer, shipped, town

#: Languages that no app of Telegram has, so that their people arrive with another one.
UNKNOWN_TO_TELEGRAM = ("ku", "ti", "ps", "bs")
PHONES = (None, "de", "en-US", "tr", "ar", "fa", "sr", "am", "fr", "pl", "zh")


def scene(phone: str | None = None, offered: int = len(LANGUAGES), **more: object) -> Scene:
    languages = presort(phone, LANGUAGES[:offered])
    return Scene(town(), Person(), Environment(NOW, languages, frozenset(), "t", "s", **more))  # type: ignore[arg-type]  # fields by name


def codes(screen: Screen) -> list[str]:
    """List the languages that a page offers."""
    presses = [button.press for row in screen.rows for button in row]
    return [
        press.argument.partition(".")[0]
        for press in presses
        if isinstance(press, ActionButton) and press.action is Action.CHOOSE_LANGUAGE
    ]


@pytest.mark.parametrize("phone", PHONES)
def test_both_pages_together_offer_every_language_once(phone: str | None) -> None:
    first, more = codes(languages_screen(scene(phone), "")), codes(more_languages_screen(scene(phone), ""))

    assert len(first) == FIRST_PAGE
    assert sorted(first + more) == sorted(language.code for language in LANGUAGES)
    assert first[:3] == [language.code for language in presort(phone, LANGUAGES)][:3]


@pytest.mark.parametrize("phone", PHONES)
@pytest.mark.parametrize("code", UNKNOWN_TO_TELEGRAM)
def test_a_language_that_telegram_does_not_know_is_two_taps_away(phone: str | None, code: str) -> None:
    player, name = Player(phone=phone).does("/start"), language_names()[code]
    if not player.offers(name):
        player.taps(MORE)
    player.taps(name)

    assert player.person.language == code


def test_a_few_languages_need_no_second_page() -> None:
    for offered in (1, 5, FIRST_PAGE, FIRST_PAGE + 1):
        screen = languages_screen(scene(offered=offered), "")
        assert len(codes(screen)) == len(screen.rows) == offered
    assert codes(more_languages_screen(scene(offered=5), "")) == codes(languages_screen(scene(offered=5), ""))


def test_names_are_own_names_without_flags_and_fit_on_a_button() -> None:
    for language in LANGUAGES:
        assert width(language.menu_name) <= BUTTON_MAX_COLUMNS
        assert not any(sign > "\U0001f000" for sign in language.menu_name), "no flag"
    assert width(MORE) <= BUTTON_MAX_COLUMNS


def test_the_door_of_a_poster_stays_open_over_both_pages() -> None:
    player = Player(phone="de").does("/start wohnen-vhs").taps(MORE).taps("ትግርኛ (Tigrinya)")
    player.opens(Action.LANGUAGES).opens(Action.MORE_LANGUAGES).opens(Action.LANGUAGES).taps("English")

    player.opens(Action.SAY).opens(Action.AGREE).picks("resident")
    assert player.stored.source == "vhs"
    assert getattr(player.session.place, "scope", "") == "wohnen"


def test_whoever_took_the_wrong_language_finds_back_from_the_doors_and_from_the_consent() -> None:
    player = newcomer("Ελληνικά", phone="el")
    for way in ((), (Action.SAY,)):
        for action in way:
            player.opens(action)
        assert [label for label in player.buttons if LANGUAGE_WORD in label]
        player.opens(Action.LANGUAGES).taps("Ελληνικά")


def test_the_word_language_leads_from_every_screen_to_the_languages() -> None:
    """A screen has it, or leads to one that has it: the menu, or the pause of a question."""
    renderer, seen = Renderer(town(), shipped().catalogues), 0
    for name, screen in list_screens(town(), LANGUAGES, NOW):
        presses = [button.press for row in screen.rows for button in row]
        ways = {press.action for press in presses if isinstance(press, ActionButton)}
        is_question = any(not isinstance(press, ActionButton) for press in presses)
        is_push = not name.endswith(("(newcomer)", "(participant)", "registered)", "newcomer)"))
        seen += 1
        assert is_question or is_push or ways & _WAYS or not presses, (name, ways)
    menu = next(screen for name, screen in list_screens(town(), LANGUAGES, NOW) if name.startswith("menu "))
    for language in LANGUAGES:
        labels = [button.label for row in renderer.render(menu, language.code).keyboard for button in row]
        assert [label for label in labels if LANGUAGE_WORD.casefold() in label.casefold()], language.code
    assert seen > 1000


_WAYS = {
    Action.LANGUAGES,
    Action.CHOOSE_LANGUAGE,
    Action.MENU,
    Action.TOPICS,
    Action.EVENTS,
    Action.PRIVACY,
    Action.MY_DATA,
    Action.RESULTS,
    Action.THANKS,
    Action.FOLLOW_NO,
    Action.BACK_TO_QUESTION,
}


def test_what_can_be_heard_is_offered_on_the_page_on_which_it_stands() -> None:
    silent = languages_screen(scene(), "")
    heard = languages_screen(scene(heard_languages=frozenset({"tr"})), "arbeit-vhs")
    other = more_languages_screen(scene(heard_languages=frozenset({"tr"})), "")

    assert HEAR_LANGUAGES not in [button.label for row in silent.rows for button in row]
    assert heard.rows[0][0].label == HEAR_LANGUAGES
    assert heard.rows[0][0].press == ActionButton(Action.HEAR_LANGUAGES, "arbeit-vhs")
    assert HEAR_LANGUAGES not in [button.label for row in other.rows for button in row]


def test_the_longest_entry_fits_into_every_button() -> None:
    longest = f"bildung-{'x' * 20}"
    for build in (languages_screen, more_languages_screen):
        screen = build(scene(heard_languages=frozenset({"sr_Latn", "de"})), longest)
        for button in itertools.chain.from_iterable(screen.rows):
            assert len(encode(button.press)) <= CALLBACK_DATA_MAX_BYTES


def test_the_language_of_the_app_never_overrules_the_choice() -> None:
    player = newcomer("Shqip", phone="sq")
    player.phone = "ru"  # the app is set to another language
    said = player.does("/help").sees

    assert player.person.language == "sq"
    assert not any("а" <= sign <= "я" for sign in said.casefold())


def test_an_open_question_is_redrawn_in_the_new_language_and_keeps_its_answers() -> None:
    player = in_topic("arbeit", "working", phone="de")
    answers, place = player.answers, player.session.place
    player.does("/language").taps(MORE).taps("Magyar")

    assert player.answers == answers
    assert player.session.place == place
    assert shipped().catalogues.get("hu").find("q.arb_fit") in player.sees
