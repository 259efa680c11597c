"""The list of languages, and which come first for a phone."""

import pytest
from babel import Locale
from hypothesis import given
from hypothesis import strategies as st

from conversations.languages import (
    EASY_GERMAN,
    GERMAN,
    LANGUAGES,
    find_language,
    presort,
)


def presorted(code: str | None) -> list[str]:
    return [language.code for language in presort(code, LANGUAGES)]


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (None, ["de", "de_LS", "en", "tr", "ar"]),
        ("", ["de", "de_LS", "en", "tr", "ar"]),
        ("de", ["de", "de_LS", "tr", "ar", "en"]),
        ("de-AT", ["de", "de_LS", "tr", "ar", "en"]),
        ("en", ["en", "de", "de_LS", "ar", "tr"]),
        ("en_US", ["en", "de", "de_LS", "ar", "tr"]),
        ("tr", ["tr", "de", "de_LS", "en", "ar"]),
        ("TR-raw", ["tr", "de", "de_LS", "en", "ar"]),
        ("ar-EG", ["ar", "de", "de_LS", "en", "tr"]),
        ("ku", ["tr", "de", "de_LS", "ar", "en"]),
        ("ku-Arab-IQ", ["ar", "de", "de_LS", "en", "tr"]),
        ("ckb", ["ar", "de", "de_LS", "en", "tr"]),
        ("fr", ["ar", "de", "de_LS", "en", "tr"]),
        ("zh-hant-tw", ["de", "de_LS", "en", "tr", "ar"]),
        ("uk", ["de", "de_LS", "en", "tr", "ar"]),
    ],
)
def test_the_menu_is_sorted_for_the_phone(code: str | None, expected: list[str]) -> None:
    assert presorted(code) == expected


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
        assert language.latin_name.isascii() or "ü" in language.latin_name
        assert set(language.plural_categories) == set(
            Locale.parse(language.babel_locale).plural_form.tags
        ) | {"other"}


def test_languages_are_found_by_code() -> None:
    assert find_language("de_LS") is EASY_GERMAN
    assert EASY_GERMAN.menu_name == "Einfaches Deutsch"
    assert find_language("xx") is None
