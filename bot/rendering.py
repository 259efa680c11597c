"""From a screen to what Telegram shows: words in the person's language, and labelled buttons.

Texts carry no markup, so nothing needs escaping. Right-to-left languages need care: Telegram
sets the direction of a line by its first letter, so every line starts with a letter of the
language or with an invisible mark, and inserted words stand between direction isolates. What
people wrote is stripped of direction signs of its own. This module must not know the database.
"""

from __future__ import annotations

import datetime as dt
import functools
import re
import sys
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple, assert_never

from babel.dates import format_date
from babel.numbers import format_decimal

from bot.buttons import encode
from bot.catalogues import Catalogue, Catalogues
from bot.recordings import NOTHING_RECORDED, Recordings, mark_of
from conversations.content import Content
from conversations.incoming import Action
from conversations.languages import Language
from conversations.programme import Town
from conversations.screens import EveryLanguage, Line, Numbered, Screen, ScreenButton, Verbatim, action
from conversations.texts import GAP, Absent, Joined, Plain, Text

#: Telegram counts the length of a message in UTF-16 code units (Bot API, sendMessage).
MESSAGE_MAX_UNITS = 4096
#: Words of a person on a button are cut here; phones cut labels earlier still.
LABEL_WORDS_MAX_UNITS = 48
#: As many recordings of one screen as the marks of fit into a button.
MAX_RECORDINGS = 7
#: The gap for a date with its weekday; other dates stand without it.
WEEKDAY_GAP = "date_long"

_ISOLATE, _ISOLATE_END, _RTL_MARK = "\u2068", "\u2069", "\u200f"
_DIRECTION_SIGNS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_LINE_ENDS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_RTL_CLASSES = frozenset({"R", "AL"})
#: Commands and addresses in a text, which keep their direction in every language.
_TAPPABLE = re.compile(r"(?<![\w/\u2068])(?:/[a-z]+|https?://[^\s)]*[^\s).,:;،؛])")
_CLOSING_SIGNS = ".،؛؟!»”)"
#: Such, set apart from the direction around them, at the end of a line.
_TAPPABLE_END = re.compile(
    f"(?:[ ]*{_ISOLATE}(?:/|https?://)[^\\s{_ISOLATE_END}]+{_ISOLATE_END})+[{_CLOSING_SIGNS}]?$"
)
#: An address that goes on into the gap: no sign may be put inside it.
_INSIDE_ADDRESS = re.compile(r"(?:://|@|/)\S*$")
_SHORTEST_WORDS = 30

Value = str | int | dt.date | dt.datetime | Text | Joined | Plain | Absent
#: Stands for a gap with nothing to say until its line is taken out; no text has it (private use area).
_NOTHING_HERE = "\ue000"
_BLANK_LINES = re.compile("\n{3,}")


class MissingGapError(LookupError):
    """A gap that neither the program nor the town file fills."""

    def __init__(self, key: str, name: str) -> None:
        super().__init__(f"nothing fills the gap {{{name}}} of the text {key!r}")


class RenderedButton(NamedTuple):
    """A button as Telegram takes it."""

    label: str
    callback_data: str


@dataclass(frozen=True, slots=True)
class Rendered:
    """A message as Telegram takes it. `cut` says that even the bot's own words did not fit."""

    text: str
    keyboard: tuple[tuple[RenderedButton, ...], ...] = ()
    cut: bool = False


class Renderer:
    """Renders texts and screens. Holds no state but the content it was made with.

    A screen of which something has been recorded gets a button to listen to it, above all others.
    """

    def __init__(
        self, content: Content, catalogues: Catalogues, recordings: Recordings = NOTHING_RECORDED
    ) -> None:
        self._town = _town_gaps(content.town)
        self._catalogues = catalogues
        self._recordings = recordings

    def render(self, screen: Screen, language: str) -> Rendered:
        """Render a screen. A message that would be too long has the words of people shortened."""
        catalogue = self._catalogues.get(language)
        limit = MESSAGE_MAX_UNITS
        text = self._text_of(screen, catalogue, limit)
        while utf16_units(text) > MESSAGE_MAX_UNITS and limit > _SHORTEST_WORDS:
            limit = limit * 3 // 4
            text = self._text_of(screen, catalogue, limit)
        rows = (*self._listen_row(screen, catalogue), *screen.rows)
        keyboard = tuple(tuple(self._button(button, catalogue) for button in row) for row in rows)
        return Rendered(shorten(text, MESSAGE_MAX_UNITS), keyboard, cut=utf16_units(text) > MESSAGE_MAX_UNITS)

    def measure(self, screen: Screen, language: str) -> int:
        """Measure the whole text of a screen, as Telegram does, with no words shortened."""
        return utf16_units(self._text_of(screen, self._catalogues.get(language), sys.maxsize))

    def say(self, text: Text, language: str) -> str:
        """Render one text on its own, such as a pop-up."""
        catalogue = self._catalogues.get(language)
        return _direct(self._words(text, catalogue), catalogue.language)

    def _listen_row(self, screen: Screen, catalogue: Catalogue) -> list[tuple[ScreenButton, ...]]:
        code = catalogue.language.code
        keys = (key_of(line) for block in screen.blocks for line in block)
        marks = [mark_of(key) for key in dict.fromkeys(keys) if key and self._recordings.has(code, key)]
        if not marks or not screen.rows:  # the farewell has no buttons, and nothing is kept that could play
            return []
        return [(action("ui.btn.listen", Action.LISTEN, ".".join(marks[:MAX_RECORDINGS])),)]

    def _text_of(self, screen: Screen, catalogue: Catalogue, limit: int) -> str:
        blocks = ["\n".join(self._line(line, catalogue, limit) for line in block) for block in screen.blocks]
        return "\n\n".join(block for block in blocks if block)

    def _line(self, line: Line, catalogue: Catalogue, limit: int) -> str:
        language = catalogue.language
        match line:
            case Text():
                return _direct(self._words(line, catalogue), language)
            case Joined() | Plain():
                return _direct(self._value("", line, catalogue, limit), language)
            case Numbered(number, text):
                return _direct(f"{number}. {self._words(text, catalogue)}", language)
            case EveryLanguage(key, codes):
                every = map(self._catalogues.get, codes)
                lines = (_direct(self._words(Text(key), each), each.language) for each in every)
                return "\n".join(dict.fromkeys(lines))  # two languages may say the same
            case Verbatim(words):
                return words
            case _:
                assert_never(line)

    def _button(self, button: ScreenButton, catalogue: Catalogue) -> RenderedButton:
        if isinstance(button.label, Plain):
            label = shorten(" ".join(clean_words(button.label.words).split()), LABEL_WORDS_MAX_UNITS) or "…"
        else:
            label = self._words(button.label, catalogue)
        if button.number is not None:
            label = f"{button.number}. {label}"
        if button.ticked:
            label = f"✓ {label}"
        if catalogue.language.rtl and _first_strong(label) == "L":
            label = _RTL_MARK + label
        return RenderedButton(label, encode(button.press))

    def _words(self, text: Text, catalogue: Catalogue) -> str:
        gaps: dict[str, Value] = dict(text.gaps)
        if text.count is not None:
            gaps.setdefault("n", text.count)
        template = catalogue.find(text.key, text.count)
        if catalogue.language.rtl:
            template = _TAPPABLE.sub(f"{_ISOLATE}\\g<0>{_ISOLATE_END}", template)

        def fill(match: re.Match[str]) -> str:
            name = match[1]
            value = gaps.get(name, self._town.get(name))
            if value is None:
                raise MissingGapError(text.key, name)
            if isinstance(value, str) and _INSIDE_ADDRESS.search(match.string, 0, match.start()):
                return clean_words(value)
            return self._value(name, value, catalogue, MESSAGE_MAX_UNITS)

        return _fill_lines(template, fill)

    def _value(self, name: str, value: Value, catalogue: Catalogue, limit: int) -> str:
        language = catalogue.language
        match value:
            case Text():
                return self._words(value, catalogue)
            case Absent():
                return _NOTHING_HERE
            case Joined(parts, separator):
                return separator.join(self._value(name, part, catalogue, limit) for part in parts)
            case Plain(words):
                return _isolate(shorten(clean_words(words), limit), language)
            case str():
                return _isolate(clean_words(value), language)
            case dt.datetime() if name == "time":
                return value.strftime("%H:%M")
            case dt.date():
                day = value.date() if isinstance(value, dt.datetime) else value
                written = _date(day, "full" if name == WEEKDAY_GAP else "long", language.babel_locale)
                return f"{written} ({day:%d.%m.%Y})" if language.numeric_dates else written
            case int():
                return format_decimal(value, locale=language.babel_locale, numbering_system="latn")
            case _:
                assert_never(value)


def key_of(line: Line) -> str:
    """Name the text of a line that can be recorded; '' for what has none.

    Numbered lines have none of their own: they are read aloud with the text above them.
    """
    return line.key if isinstance(line, Text) else ""


def clean_words(words: str) -> str:
    """Take out of a person's words what could disturb the rest: direction and control signs."""
    words = _DIRECTION_SIGNS.sub("", _LINE_ENDS.sub("\n", words))
    return "".join(
        sign if sign == "\n" or unicodedata.category(sign) not in ("Cc", "Cs") else " " for sign in words
    ).strip()


def utf16_units(text: str) -> int:
    """Measure a text as Telegram does."""
    return len(text) + sum(sign > "\uffff" for sign in text)


def shorten(text: str, max_units: int) -> str:
    """Cut a text that is too long, with an ellipsis, never inside a character.

    >>> shorten("Mitreden", 5)
    'Mitr…'
    """
    if utf16_units(text) <= max_units:
        return text
    kept, units = [], 1
    for sign in text:
        units += utf16_units(sign)
        if units > max_units:
            break
        kept.append(sign)
    return "".join(kept).rstrip() + "…"


def _town_gaps(town: Town) -> Mapping[str, Value]:
    return {
        **town.facts,
        "freeze_date": town.freeze_date,
        "delete_date": town.delete_date,
        "pn_date": town.notice_date,
        "pn_version": town.notice_version,
        "voice_days": town.voice_days,
        "backup_days": town.backup_days,
    }


def _fill_lines(template: str, fill: Callable[[re.Match[str]], str]) -> str:
    """Fill the gaps line by line. A line goes whose gap has nothing to say, or leaves nothing of it."""
    kept = []
    for line in template.split("\n"):
        filled = GAP.sub(fill, line)
        if _NOTHING_HERE not in filled and (filled.strip() or not line.strip()):
            kept.append(filled.rstrip(" ") if GAP.search(line) else filled)
    return _BLANK_LINES.sub("\n\n", "\n".join(kept)).strip("\n")


def _isolate(words: str, language: Language) -> str:
    """Set words apart from the direction around them; not where both run left to right anyway."""
    if not words or not (language.rtl or any(unicodedata.bidirectional(s) in _RTL_CLASSES for s in words)):
        return words
    return "\n".join(f"{_ISOLATE}{line}{_ISOLATE_END}" if line else "" for line in words.split("\n"))


def _direct(text: str, language: Language) -> str:
    """Make every line of a right-to-left text begin in its direction, commands and addresses on their own."""
    if not language.rtl:
        return text
    lines = (each for line in text.split("\n") for each in _set_apart(line))
    return "\n".join(
        line if not line or unicodedata.bidirectional(line[0]) in _RTL_CLASSES else _RTL_MARK + line
        for line in lines
    )


def _set_apart(line: str) -> list[str]:
    """Take commands and addresses off the end of a line; phones differ in where they would show them."""
    end = _TAPPABLE_END.search(line)
    if end is None or not any(sign.isalpha() for sign in line[: end.start()]):
        return [line]
    return [line[: end.start()].rstrip(), *end[0].rstrip(_CLOSING_SIGNS).split()]


def _first_strong(text: str) -> str:
    return next((kind for kind in map(unicodedata.bidirectional, text) if kind in ("L", "R", "AL")), "")


@functools.lru_cache(maxsize=512)
def _date(day: dt.date, style: str, locale: str) -> str:
    return format_date(day, format=style, locale=locale)
