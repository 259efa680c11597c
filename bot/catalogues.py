"""The texts of every language, found by key.

German is served from the source texts; the others from `locales/<code>/LC_MESSAGES/messages.po`,
read into memory, with the town's own entries in front. A text is looked up by its key, which
stands as `msgctxt`; the German `msgid` beside it only tells what the translation was made from.
The form of a counted text is chosen by the name of its CLDR plural category, never by Babel's
own table of plural forms, which differs from CLDR for Arabic and Turkish. Whether a language
may be offered is decided by `bot.catalogue_gate`.
"""

from __future__ import annotations

import functools
import io
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from babel import Locale
from babel.messages.catalog import Message
from babel.messages.pofile import PoFileError, read_po

from conversations.languages import GERMAN, Language
from conversations.mistakes import ContentError, Mistakes
from conversations.texts import SourceText

_LINE = re.compile(r'(?:#.*|(?:(?:msgctxt|msgid|msgid_plural|msgstr(?:\[\d\])?)\s+)?"(?:[^"\\]|\\.)*")?\s*')
#: A context, which an editor may have broken into several lines.
_CONTEXT = re.compile(r'^msgctxt[ \t]+(?P<pieces>(?:"(?:[^"\\\n]|\\.)*"[ \t]*\n?)+)', re.MULTILINE)
_PIECE = re.compile(r'"((?:[^"\\\n]|\\.)*)"')


class MissingTextError(LookupError):
    """A key that no text has: a mistake in the program, which the tests over all keys find."""

    def __init__(self, key: str) -> None:
        super().__init__(f"no text has the key {key!r}")


@dataclass(frozen=True, slots=True)
class Entry:
    """A text in one language: its forms by plural category, and the German it was made from."""

    forms: Mapping[str, str]
    german: tuple[str, ...]
    fuzzy: bool = False
    file: str = ""
    line: int = 1


@dataclass(frozen=True, slots=True)
class PoFile:
    """A catalogue as it stands in its file."""

    entries: Mapping[str, Entry] = field(repr=False)
    plural_forms: str
    fuzzy_header: bool
    file: str

    def overridden_by(self, town: PoFile) -> PoFile:
        """Return this catalogue with the town's own entries in front.

        The head that says how forms are counted is that of the town, where it has such texts.
        """
        counts = any(len(entry.forms) > 1 for entry in town.entries.values())
        plural_forms = town.plural_forms if counts else self.plural_forms
        return PoFile({**self.entries, **town.entries}, plural_forms, self.fuzzy_header, self.file)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The texts of one language. What it lacks is taken from the German."""

    language: Language
    entries: Mapping[str, Entry] = field(repr=False)
    german: Mapping[str, Entry] = field(repr=False)

    def find(self, key: str, count: int | None = None) -> str:
        """Find a text; with a count, in the form that goes with the number.

        Raises: MissingTextError when not even German has the key.
        """
        entry, language = self.entries.get(key), self.language
        if entry is None:
            entry, language = self.german.get(key), GERMAN
        if entry is None:
            raise MissingTextError(key)
        if count is None or len(entry.forms) == 1:
            return list(entry.forms.values())[-1]
        return entry.forms[plural_category(language, count)]

    def list_outdated(self) -> tuple[str, ...]:
        """List the keys whose German has been reworded since they were translated. They are served."""
        return tuple(
            key
            for key, entry in self.entries.items()
            if key in self.german and entry.german != self.german[key].german
        )


@dataclass(frozen=True, slots=True)
class Catalogues:
    """Every catalogue by the code of its language, and the languages that may be offered."""

    by_code: Mapping[str, Catalogue]
    offered: tuple[Language, ...]

    def offers(self, code: str) -> bool:
        """Tell whether a language is on offer: complete, and past the gate."""
        return any(language.code == code for language in self.offered)

    def get(self, code: str) -> Catalogue:
        """Return the catalogue of a language, the German one for a language that has none."""
        return self.by_code.get(code) or self.by_code[GERMAN.code]


def plural_category(language: Language, count: int) -> str:
    """Name the CLDR plural category of a whole number, such as `few`."""
    return _plural_rule(language.babel_locale)(count)


def german_entries(texts: Mapping[str, SourceText]) -> dict[str, Entry]:
    """Turn the German source texts into entries."""
    return {
        key: Entry(source.german, tuple(source.german.values()), file=source.file, line=source.line)
        for key, source in texts.items()
    }


def parse_po(text: str, filename: str, language: Language) -> PoFile:
    """Read a catalogue file.

    Raises: ContentError where the file is not one, and where a key stands twice.
    """
    check_lines(text, filename)
    lines = find_keys(text, filename)
    mistakes = Mistakes(filename)
    try:
        catalog = read_po(io.StringIO(text), abort_invalid=True)
    except (PoFileError, ValueError, TypeError, IndexError, AttributeError) as error:
        line = getattr(error, "lineno", None)
        mistakes.add(1 if line is None else line + 1, f"The catalogue cannot be read here: {error}.")
        raise ContentError(mistakes.found) from error
    entries = {
        message.context: _to_entry(message, language, filename, lines.get(message.context, 1))
        for message in catalog
        if message.id and message.context
    }
    plural_forms = f"nplurals={catalog.num_plurals}; plural={catalog.plural_expr};"
    return PoFile(entries, plural_forms, bool(catalog.fuzzy), filename)


def check_lines(text: str, filename: str) -> None:
    """Make sure that every line is one of a catalogue. Babel reads some others, and loses letters in silence.

    Raises: ContentError with every line that is not.
    """
    mistakes = Mistakes(filename)
    for number, line_text in enumerate(text.split("\n"), start=1):
        if not _LINE.fullmatch(line_text):
            mistakes.add(number, "This line is not of a catalogue. Check the quotation marks.")
    mistakes.raise_any()


def find_keys(text: str, filename: str) -> dict[str, int]:
    """Find the line of each key in a catalogue. Babel takes the last of two texts of a key in silence.

    Raises: ContentError where a key stands twice.
    """
    mistakes = Mistakes(filename)
    lines: dict[str, int] = {}
    line, place = 1, 0
    for context in _CONTEXT.finditer(text):
        line, place = line + text.count("\n", place, context.start()), context.start()
        key = "".join(_PIECE.findall(context["pieces"]))
        if lines.setdefault(key, line) != line:
            mistakes.add(line, f"“{key}” stands here a second time; first in line {lines[key]}.")
    mistakes.raise_any()
    return lines


def _to_entry(message: Message, language: Language, filename: str, line: int) -> Entry:
    strings = message.string if isinstance(message.string, tuple | list) else (message.string or "",)
    if len(strings) == 1:
        forms = {"other": strings[0]}
    else:
        forms = dict(zip(language.plural_categories, strings, strict=False))
    german = tuple(message.id) if isinstance(message.id, tuple | list) else (str(message.id),)
    return Entry(forms, german, message.fuzzy, filename, line)


@functools.cache
def _plural_rule(locale: str) -> Callable[[int], str]:
    return Locale.parse(locale).plural_form
