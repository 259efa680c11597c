"""The list of languages, and which come first for a phone."""

import gettext
import re
import unicodedata

import pytest
from babel import Locale
from hypothesis import given
from hypothesis import strategies as st

from conversations.languages import (
    EASY_GERMAN,
    GERMAN,
    LANGUAGES,
    Language,
    find_language,
    presort,
)


def presorted(code: str | None) -> list[str]:
    return [language.code for language in presort(code, LANGUAGES)]


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        # Every line of content/languages.md §4; codes of languages that are not shipped are passed over.
        ("de de-AT de_CH gsw bar lb", "de de_LS tr ar en"),
        ("en en-GB en_US", "en de de_LS ar fr ti tr"),
        ("tr tr-CY TR-raw", "tr de de_LS ku en"),
        ("ku kmr ku-latn ku-tr ku-TR", "ku de de_LS tr ar"),
        ("ckb ku-arab ku-iq ku-Arab-IQ sdh", "ar de de_LS ku en"),
        ("ar ar-EG ar-sy arz apc ary", "ar de de_LS ku ti"),
        ("fa fa-IR fa-AF prs haz", "fa de de_LS ps ku"),
        ("ps pus pbt ps-AF", "ps de de_LS fa en"),
        ("ur ur-PK pa", "en de de_LS tr ar"),
        ("it it-CH", "it de de_LS en tr"),
        ("ru ru-RU be kk ky", "ru de de_LS uk en"),
        ("uk uk-UA uk-raw", "uk de de_LS ru en"),
        ("hr hr-HR", "hr de de_LS bs sr_Latn"),
        ("bs bs-BA", "bs de de_LS hr sr_Latn"),
        ("sr sr-RS sr-latn sr-Latn-RS sr-cyrl cnr sh", "sr_Latn de de_LS bs hr"),
        ("mk", "sq de de_LS sr_Latn en"),
        ("sq sq-XK aln als", "sq de de_LS en"),
        ("ro ro-MD mo", "ro de de_LS ru hu"),
        ("hu hu-HU", "hu de de_LS ro en"),
        ("el el-CY", "el de de_LS tr en"),
        ("bg bg-BG", "bg de de_LS tr en"),
        ("pl pl-PL", "pl de de_LS en"),
        ("fr fr-CM", "fr de de_LS ar en"),
        ("ti tir ti-ER", "ti de de_LS ar en"),
        ("am", "en de de_LS ti tr"),
        ("so so-SO", "ar de de_LS en tr"),
        ("es es-MX ca gl pt pt-br pt-pt vi az uz zh-hant-tw", "de de_LS en tr ar it"),
    ],
)
def test_the_menu_is_sorted_for_the_phone(codes: str, expected: str) -> None:
    wanted = expected.split()
    for code in codes.split():
        assert presorted(code)[: len(wanted)] == wanted, code


@pytest.mark.parametrize("code", [None, "", "-", "x" * 300, "zh"])
def test_without_a_hint_the_menu_keeps_its_order(code: str | None) -> None:
    assert presorted(code) == [language.code for language in LANGUAGES]


@given(
    st.none() | st.text() | st.from_regex(r"[A-Za-z]{2,3}([-_][A-Za-z]{2,4}){0,2}(-raw)?", fullmatch=True),
    st.lists(st.sampled_from(LANGUAGES), unique=True),
)
def test_presorting_loses_and_invents_no_language(code: str | None, offered: list[object]) -> None:
    shown = presort(code, offered)  # type: ignore[arg-type]

    assert sorted(language.code for language in shown) == sorted(each.code for each in offered)  # type: ignore[attr-defined]


@given(st.none() | st.text(max_size=12))
def test_german_and_easy_german_are_always_near(code: str | None) -> None:
    shown = presort(code, LANGUAGES)

    assert shown.index(GERMAN) <= 1
    assert shown.index(EASY_GERMAN) == shown.index(GERMAN) + 1


def test_every_language_is_complete() -> None:
    assert LANGUAGES
    assert len({language.code for language in LANGUAGES}) == len(LANGUAGES)
    for language in LANGUAGES:
        assert Locale.parse(language.babel_locale)
        assert language.command_code == "" or len(language.command_code) == 2
        assert language.own_name
        assert all(
            unicodedata.name(sign).startswith("LATIN") for sign in language.latin_name if sign.isalpha()
        )
        tags = set(Locale.parse(language.babel_locale).plural_form.tags) | {"other"}
        assert set(language.plural_categories) <= tags


@pytest.mark.parametrize("language", LANGUAGES, ids=lambda language: language.code)
def test_plural_forms_are_those_of_cldr(language: Language) -> None:
    """Not those of Babel's own table, which differs for tr, ar, fa, hu and ti."""
    header = re.fullmatch(r"nplurals=(\d); plural=(.*);", language.plural_forms)
    assert header is not None
    choose, named = gettext.c2py(header[2]), Locale.parse(language.babel_locale).plural_form

    assert int(header[1]) == len(language.plural_categories)
    assert [language.plural_categories[choose(number)] for number in range(2001)] == [
        named(number) for number in range(2001)
    ]


def test_the_tiers_that_were_agreed_are_there_in_their_order() -> None:
    """content/languages.md §2, tiers 0 to 2."""
    assert [language.code for language in LANGUAGES] == (
        [
            "de",
            "de_LS",
            "en",
            "tr",
            "ar",
            "it",
            "fa",
            "ru",
            "hr",
            "bs",
            "sr_Latn",
            "ro",
            "sq",
            "el",
            "uk",
            "ku",
            "fr",
            "pl",
            "hu",
            "bg",
            "ti",
            "ps",
        ]
    )
    assert {language.code for language in LANGUAGES if language.rtl} == {"ar", "fa", "ps"}


def test_languages_are_found_by_code() -> None:
    assert find_language("de_LS") is EASY_GERMAN
    assert EASY_GERMAN.menu_name == "Einfaches Deutsch"
    menu_names = {language.menu_name for language in LANGUAGES}
    assert {"ትግርኛ (Tigrinya)", "پښتو (Pashto)", "Русский", "العربية"} <= menu_names
    assert find_language("xx") is None
