"""The words of the staff area: German and English, beside the texts that people see.

Staff who use another language read German, the language of their work. Must not know screens.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from pathlib import Path

import locales
from bot.catalogues import Catalogue, Catalogues, PoFile, german_entries, parse_po
from bot.content import LoadedContent
from conversations.languages import GERMAN, Language, find_language
from conversations.text_files import parse_texts
from conversations.texts import SourceText

TEXTS_FILE = Path(__file__).with_name("texts.yaml")
ENGLISH_FILE = Path(locales.__file__).parent / "en" / "LC_MESSAGES" / "staff.po"
_ENGLISH = "en"


@functools.cache
def load_staff_texts() -> Mapping[str, SourceText]:
    """Read the German texts of the staff, once: they belong to the program. Raises: ContentError."""
    return parse_texts(TEXTS_FILE.read_text(encoding="utf-8"), TEXTS_FILE.name)


@functools.cache
def load_english() -> PoFile:
    """Read the English texts of the staff, once. Raises: ContentError."""
    return parse_po(ENGLISH_FILE.read_text(encoding="utf-8"), ENGLISH_FILE.name, get_english())


def load_staff_catalogues(loaded: LoadedContent) -> Catalogues:
    """Put the words of the staff beside those of the people, in both languages.

    Raises: ContentError.
    """
    english = get_english()
    people = loaded.catalogues
    german = {**people.get(GERMAN.code).german, **german_entries(load_staff_texts())}
    in_english = {**people.get(_ENGLISH).entries, **load_english().entries}
    return Catalogues(
        {
            GERMAN.code: Catalogue(GERMAN, german, german),
            _ENGLISH: Catalogue(english, in_english, german),
        },
        (GERMAN, english),
    )


def staff_language(code: str | None) -> str:
    """Choose the language for a member of the staff who reads the bot in this one."""
    return _ENGLISH if code == _ENGLISH else GERMAN.code


def get_english() -> Language:
    """Return English. Raises: LookupError where Mitreden no longer knows it."""
    english = find_language(_ENGLISH)
    if english is None:
        raise LookupError("the staff area needs English")
    return english
