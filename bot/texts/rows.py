"""The texts of one language as a translator sees them: what stands there, what it means, what it may be.

A row has the German beside the words, the note, the limit, and whether the German has changed since.
Files of rows are written and read by `bot.texts.po_file` and `bot.texts.sheet_file`.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.catalogue_gate import BUTTON_MAX_COLUMNS, KIND_MAX_UNITS, PROFILE_MAX_UNITS
from bot.catalogues import Entry, german_entries
from bot.content import LoadedContent, read_catalogue
from conversations.languages import EASY_GERMAN, GERMAN, LANGUAGES, Language
from conversations.text_files import GERMAN_FORMS
from conversations.texts import SourceText, TextKind

_KINDS = {
    TextKind.MESSAGE: "message",
    TextKind.BUTTON: "button",
    TextKind.POPUP: "short notice",
    TextKind.COMMAND: "description of a command",
    TextKind.PROFILE: "profile of the bot",
    TextKind.WORDS: "list of words",
}
#: Line ends of other systems; in a text, each is one of ours.
_LINE_ENDS = re.compile("\r\n|\r|\x85")
_FINGERPRINT_LETTERS = 12


@dataclass(frozen=True, slots=True)
class Row:
    """One text in one language. `entry` is None where it is not translated yet."""

    source: SourceText
    categories: tuple[str, ...]
    entry: Entry | None

    @property
    def forms(self) -> Mapping[str, str]:
        """The words by plural category, empty where they are missing."""
        found = {} if self.entry is None else self.entry.forms
        return {category: found.get(category, "") for category in self.categories}

    @property
    def is_outdated(self) -> bool:
        """Whether the German has been reworded since."""
        return self.entry is not None and self.entry.german != tuple(self.source.german.values())

    @property
    def is_unsure(self) -> bool:
        """Whether somebody has to confirm the words: they are outdated, or marked so in the catalogue."""
        return self.is_outdated or (self.entry is not None and self.entry.fuzzy)

    @property
    def kind(self) -> str:
        """What the text is, in a word."""
        return _KINDS[self.source.kind]

    @property
    def limit(self) -> str:
        """How long it may be, in a few words; '' where nobody will reach it."""
        key, kind = self.source.key, self.source.kind
        if kind is TextKind.BUTTON:
            return f"at most {BUTTON_MAX_COLUMNS} letters"
        longest = PROFILE_MAX_UNITS.get(key) or KIND_MAX_UNITS.get(kind)
        return "" if longest is None or kind is TextKind.MESSAGE else f"at most {longest} characters"


@dataclass(frozen=True, slots=True)
class ReadRow:
    """One text as it stood in a file, with the German it was made from; `line` is where it stood.

    `unsure` is set where the translator marked it so; `fault` says why its words cannot be read. `german`
    is empty where the file does not say. `base` is the fingerprint of the words as they were exported, ''
    in a file that does not say; `confirmed` is set where the file no longer marks the text as outdated.
    """

    key: str
    forms: Mapping[str, str]
    german: tuple[str, ...]
    line: int
    unsure: bool = False
    fault: str = ""
    base: str = ""
    confirmed: bool = False


@dataclass(frozen=True, slots=True)
class ReadFile:
    """What a file of texts held. `language` is its code, '' where the file names none that we know."""

    language: str
    rows: tuple[ReadRow, ...]


def categories_of(language: Language, source: SourceText) -> tuple[str, ...]:
    """List the plural forms that a text has in a language."""
    if not source.counts:
        return ("other",)
    return GERMAN_FORMS if language is GERMAN else language.plural_categories


def list_rows(loaded: LoadedContent, language: Language, folder: Path | None) -> Iterator[Row]:
    """List every text of a language in the order of the German files, missing ones too."""
    entries = current_entries(loaded, language, folder)
    for key, source in loaded.content.texts.items():
        yield Row(source, categories_of(language, source), entries.get(key))


def current_entries(loaded: LoadedContent, language: Language, folder: Path | None) -> Mapping[str, Entry]:
    """Return what stands in the files of a language, also what the gate holds back."""
    if language is GERMAN:
        return german_entries(loaded.content.texts)
    po = read_catalogue(language, folder)
    return {} if po is None else po.entries


def normalise(words: str) -> str:
    r"""Return words with our own line ends, and none around them: no format keeps those.

    >>> normalise("Hallo\r\nund\n")
    'Hallo\nund'
    """
    return _LINE_ENDS.sub("\n", words).strip("\n")


def fingerprint(forms: Mapping[str, str]) -> str:
    """Take the fingerprint of the words of a text, the same whatever the formats do to their ends."""
    words = {form: normalise(each).strip() for form, each in forms.items()}
    return hashlib.sha256(json.dumps(words, sort_keys=True).encode()).hexdigest()[:_FINGERPRINT_LETTERS]


def language_named(name: str) -> Language | None:
    """Find the language that a file names by a code or a tag, with a region or without.

    >>> [language_named(name).code for name in ("tr-TR", "de_LS", "sr_Latn_RS", "de-simple")]
    ['tr', 'de_LS', 'sr_Latn', 'de_LS']
    """
    tag = name.strip().casefold().replace("-", "_")
    if tag == "de_simple":  # how browsers call it
        return EASY_GERMAN
    known = {language.code.casefold(): language for language in LANGUAGES}
    while tag and tag not in known:
        tag = tag.rpartition("_")[0]
    return known.get(tag)
