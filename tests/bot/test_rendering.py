"""From screens to messages: gaps, dates, directions, lengths, buttons."""

import datetime as dt
import re
import unicodedata
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.buttons import decode
from bot.catalogues import Catalogue, Catalogues, german_entries, parse_po
from bot.content import load_content
from bot.rendering import MissingGapError, Renderer, clean_words, shorten, utf16_units
from conversations.content import Content
from conversations.flow import Flow
from conversations.incoming import Action, ActionButton, AnswerButton
from conversations.languages import GERMAN, LANGUAGES, Language
from conversations.programme import Programme, Town
from conversations.screens import EveryLanguage, Numbered, Screen, ScreenButton, Verbatim
from conversations.texts import Joined, Plain, SourceText, Text, TextKind, text

FSI, PDI, RLM = "\u2068", "\u2069", "\u200f"
_BY_CODE = {language.code: language for language in LANGUAGES}
ARABIC, TURKISH, ENGLISH = _BY_CODE["ar"], _BY_CODE["tr"], _BY_CODE["en"]
GERMAN_TEXTS = {
    "a.hello": "Hallo",
    "a.org": "Das ist die {org}.\nSeite: {official_url}",
    "a.word": "Ist „{word}“ Ihre Antwort?",
    "a.list": "Fertig: {topics}",
    "a.when": "{date_long}, {time} Uhr, {place}",
    "a.until": "Bis {freeze_date}, {voice_days} Tage, Version {pn_version}",
    "a.count": "{n} von {max}",
    "a.link": "https://t.me/{word} und {word}",
    "a.help": "Hilfe:\n/topics Meinung sagen\nEnde: /stop.",
    "a.two": "Termine: /topics /stop",
    "a.alone": "/stop",
    "a.page": "Lesen: https://t.me/{word}.",
    "a.choose": "Sprache wählen",
    "a.nothing": "Hier fehlt {gap}.",
}
TRANSLATIONS: dict[str, dict[str, str]] = {
    "ar": {
        "a.hello": "مرحبًا",
        "a.org": "هذه {org}.\nالصفحة: {official_url}",
        "a.word": "هل «{word}» إجابتكم؟",
        "a.list": "{topics}",
        "a.when": "{date_long}\n{time}\n{place}",
        "a.help": "مساعدة:\n/topics الرأي\nإنهاء: /stop.",
        "a.choose": "اختيار اللغة",
        "a.link": "https://t.me/{word} و {word}",
        "a.two": "المواعيد: /topics /stop",
        "a.alone": "/stop",
        "a.page": "للقراءة: https://t.me/{word}.",
    },
    "tr": {"a.hello": "Merhaba", "a.choose": "Dil seçimi", "a.when": "{date_long}, {time}, {place}"},
    "en": {"a.hello": "Hello", "a.choose": "Choose language", "a.when": "{date_long}, {time}, {place}"},
}
FORUM = dt.datetime(2027, 9, 7, 18, 0, tzinfo=ZoneInfo("Europe/Berlin"))


def make_catalogue(language: Language, german: dict[str, SourceText]) -> Catalogue:
    words = TRANSLATIONS[language.code]
    head = (
        f'msgid ""\nmsgstr ""\n"Language: {language.code}\\n"\n"Plural-Forms: {language.plural_forms}\\n"\n'
    )
    entries = "".join(
        f'\nmsgctxt "{key}"\nmsgid "x"\nmsgstr "{value}"\n'.replace("{value}", value)
        for key, value in ((key, value.replace("\n", "\\n")) for key, value in words.items())
    )
    return Catalogue(language, parse_po(head + entries, "x.po", language).entries, german_entries(german))


def make_renderer() -> Renderer:
    sources = {
        key: SourceText(key, TextKind.MESSAGE, {"other": words}) for key, words in GERMAN_TEXTS.items()
    }
    sources["a.count"] = SourceText("a.count", TextKind.MESSAGE, {"one": "{n} Mal", "other": "{n} Male"})
    facts = {"org": "Stadt Göppingen", "official_url": "https://www.goeppingen.de"}
    day = dt.date(2028, 1, 31)
    town = Town(facts, day, day, day, "2", 14, 30)
    content = Content((), Flow("profile", 1, ()), sources, town, Programme({}, None))
    german = german_entries(sources)
    catalogues = {GERMAN.code: Catalogue(GERMAN, german, german)}
    for language in (ENGLISH, TURKISH, ARABIC):
        catalogues[language.code] = make_catalogue(language, sources)
    return Renderer(content, Catalogues(catalogues, (GERMAN, ENGLISH, TURKISH, ARABIC)))


RENDERER = make_renderer()


def render(*lines: object, language: str = "de") -> str:
    return RENDERER.render(Screen((lines,)), language).text  # type: ignore[arg-type]


def test_blocks_are_set_apart_and_lines_stand_below_each_other() -> None:
    screen = Screen(((text("a.hello"), Plain("eins")), (), (Numbered(1, text("a.hello")),)))

    assert RENDERER.render(screen, "de").text == "Hallo\neins\n\n1. Hallo"


def test_what_was_rendered_before_is_shown_sign_by_sign_in_every_language() -> None:
    arabic = render(Plain("Anna"), text("a.hello"), language="ar")

    assert {render(Verbatim(arabic), language=language) for language in ("de", "ar")} == {arabic}


def test_the_towns_facts_fill_the_gaps() -> None:
    assert render(text("a.org")) == "Das ist die Stadt Göppingen.\nSeite: https://www.goeppingen.de"
    assert render(text("a.until")) == "Bis 31. Januar 2028, 14 Tage, Version 2"


def test_a_gap_that_nothing_fills_is_an_error() -> None:
    with pytest.raises(MissingGapError, match=r"\{gap\} of the text 'a.nothing'"):
        render(text("a.nothing"))


def test_words_of_people_are_shown_literally() -> None:
    assert render(text("a.word", word="{org} <b>")) == "Ist „{org} <b>“ Ihre Antwort?"


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("de", "Dienstag, 7. September 2027, 18:00 Uhr, Stadthalle"),
        ("en", "Tuesday, 7 September 2027, 18:00, Stadthalle"),
        ("tr", "7 Eylül 2027 Salı, 18:00, Stadthalle"),
        ("ar", f"الثلاثاء، 7 أيلول 2027\n{RLM}18:00\n{RLM}{FSI}Stadthalle{PDI}"),
    ],
)
def test_dates_are_written_as_the_language_does(language: str, expected: str) -> None:
    when = text("a.when", date_long=FORUM.date(), time=FORUM, place="Stadthalle")

    assert render(when, language=language) == expected


def test_counted_texts_take_the_form_of_the_number() -> None:
    assert render(text("a.count", count=1)) == "1 Mal"
    assert render(text("a.count", count=1200)) == "1.200 Male"


def test_texts_and_lists_fill_gaps() -> None:
    topics = Joined((text("a.hello"), Plain("Wohnen")))

    assert render(text("a.list", topics=topics)) == "Fertig: Hallo · Wohnen"
    assert render(topics) == "Hallo · Wohnen"


def test_left_to_right_text_gets_no_invisible_signs() -> None:
    assert render(text("a.word", word="Deutsch")) == "Ist „Deutsch“ Ihre Antwort?"
    assert render(text("a.word", word="مرحبا")) == f"Ist „{FSI}مرحبا{PDI}“ Ihre Antwort?"


def test_arabic_sets_foreign_words_apart_and_begins_each_line_in_its_direction() -> None:
    assert render(text("a.org"), language="ar") == (
        f"هذه {FSI}Stadt Göppingen{PDI}.\nالصفحة:\n{RLM}{FSI}https://www.goeppingen.de{PDI}"
    )
    assert render(Plain("Deutsch\n\nund mehr"), language="ar") == (
        f"{RLM}{FSI}Deutsch{PDI}\n\n{RLM}{FSI}und mehr{PDI}"
    )
    assert render(Numbered(2, text("a.hello")), language="ar") == f"{RLM}2. مرحبًا"


def test_commands_and_addresses_stay_whole() -> None:
    assert render(text("a.help"), language="ar") == (
        f"مساعدة:\n{RLM}{FSI}/topics{PDI} الرأي\nإنهاء:\n{RLM}{FSI}/stop{PDI}"
    )
    assert render(text("a.link", word="mitreden"), language="ar") == (
        f"{RLM}{FSI}https://t.me/mitreden{PDI} و {FSI}mitreden{PDI}"
    )
    assert render(text("a.help")) == GERMAN_TEXTS["a.help"]


def test_commands_and_addresses_at_the_end_of_a_line_get_lines_of_their_own() -> None:
    stop, topics, page = (f"{RLM}{FSI}{each}{PDI}" for each in ("/stop", "/topics", "https://t.me/mitreden"))

    assert render(text("a.two"), language="ar") == f"المواعيد:\n{topics}\n{stop}"
    assert render(text("a.alone"), language="ar") == stop, "one that stands alone stays as it is"
    assert render(text("a.page", word="mitreden"), language="ar") == f"للقراءة:\n{page}"
    assert render(text("a.two")) == "Termine: /topics /stop", "left to right, nothing moves"


def test_a_date_in_tigrinya_stands_in_numbers_too() -> None:
    """The names of its months are also those of the Ethiopian calendar (content/languages.md §3)."""
    shipped = load_content(None)
    when = Screen(((text("rem.when", date_long=FORUM.date(), time=FORUM, place="Stadthalle"),),))
    shown = Renderer(shipped.content, shipped.catalogues).render(when, "ti").text

    assert "መስከረም" in shown
    assert "(07.09.2027)" in shown


def test_every_language_is_one_line_each() -> None:
    assert render(EveryLanguage("a.choose", ("de", "en", "tr", "ar")), language="ar").split("\n") == [
        "Sprache wählen",
        "Choose language",
        "Dil seçimi",
        "اختيار اللغة",
    ]


def test_a_language_without_a_catalogue_is_served_in_german() -> None:
    assert render(text("a.hello"), language="xx") == "Hallo"


def test_buttons_show_number_and_tick() -> None:
    press = AnswerButton("abcd", 3, "arb_now", "x", switched_on=True)
    rows = (
        (ScreenButton(text("a.hello"), press, number=2),),
        (ScreenButton(text("a.hello"), press, ticked=True), ScreenButton(Plain("a\n" * 40), press)),
        (ScreenButton(Plain("Deutsch"), ActionButton(Action.CHOOSE_LANGUAGE, "de")),),
    )
    keyboard = RENDERER.render(Screen(((text("a.hello"),),), rows), "de").keyboard

    assert [[button.label for button in row] for row in keyboard] == [
        ["2. Hallo"],
        ["✓ Hallo", "a " * 23 + "a…"],
        ["Deutsch"],
    ]
    assert decode(keyboard[0][0].callback_data) == press
    arabic = RENDERER.render(Screen((), rows), "ar").keyboard
    assert [row[0].label for row in arabic] == ["2. مرحبًا", "✓ مرحبًا", f"{RLM}Deutsch"]


def test_long_words_are_shortened_and_the_bots_own_words_stay() -> None:
    lines = [Plain("🙂" * 1000), Plain("b" * 3000), text("a.hello")]
    rendered = RENDERER.render(Screen((tuple(lines),)), "de")

    assert utf16_units(rendered.text) <= 4096
    assert rendered.text.endswith("…\nHallo")
    assert not rendered.cut


def test_a_message_of_the_bots_own_words_that_is_too_long_is_cut_and_says_so() -> None:
    rendered = RENDERER.render(Screen((tuple(text("a.hello") for _ in range(1000)),)), "de")

    assert rendered.cut
    assert utf16_units(rendered.text) <= 4096


@given(st.text(max_size=200), st.sampled_from(["de", "en", "tr", "ar"]))
def test_no_words_can_break_out_of_their_place(words: str, language: str) -> None:
    shown = render(text("a.word", word=words), text("a.hello"), language=language)

    assert shown.endswith(render(text("a.hello"), language=language))
    assert shown.count(FSI) == shown.count(PDI)
    assert not re.search("[\u202a-\u202e\u2066\u2067]", shown)
    for line in shown.split("\n"):
        if language == "ar" and line:
            assert unicodedata.bidirectional(line[0]) in ("R", "AL")


@settings(max_examples=50)
@given(st.lists(st.text(max_size=3000).map(Plain), max_size=6), st.sampled_from(["de", "ar"]))
def test_every_screen_fits(words: list[Plain], language: str) -> None:
    rendered = RENDERER.render(Screen(((Text("a.hello"), *words),)), language)

    assert utf16_units(rendered.text) <= 4096
    assert not rendered.cut
    rendered.text.encode("utf-8")


@given(st.text(), st.integers(1, 50))
def test_shortening_keeps_the_beginning(words: str, limit: int) -> None:
    cleaned = clean_words(words)
    short = shorten(cleaned, limit)

    assert utf16_units(short) <= limit
    assert short == cleaned or (short.endswith("…") and cleaned.startswith(short[:-1]))


@given(st.text())
def test_cleaning_twice_changes_nothing(words: str) -> None:
    assert clean_words(clean_words(words)) == clean_words(words)
