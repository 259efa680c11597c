"""A screen: what a chat shows at one moment, as texts by key and buttons.

A screen is a value. How it looks in Telegram is decided in `bot.rendering`.
"""

from __future__ import annotations

from dataclasses import dataclass

from conversations.incoming import Action, ActionButton, Button
from conversations.texts import Joined, Plain, Text, text


@dataclass(frozen=True, slots=True)
class Numbered:
    """A line that begins with a number, such as the statement that a button stands for."""

    number: int
    line: Text


@dataclass(frozen=True, slots=True)
class EveryLanguage:
    """One text in several languages, a line each: where a language is chosen."""

    key: str
    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Verbatim:
    """Lines that were rendered before, in whatever language: shown as they are, sign by sign."""

    words: str


Line = Text | Joined | Plain | Numbered | EveryLanguage | Verbatim
#: Lines that belong together; a block is set off from the next by an empty line.
Block = tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class ScreenButton:
    """A button under a screen. `number` refers to a statement above it, `ticked` marks a choice."""

    label: Text | Plain
    press: Button
    number: int | None = None
    ticked: bool = False


@dataclass(frozen=True, slots=True)
class Screen:
    """What a chat shows: blocks of lines, and rows of buttons."""

    blocks: tuple[Block, ...]
    rows: tuple[tuple[ScreenButton, ...], ...] = ()


def action(label: str | Text | Plain, what: Action, argument: str = "") -> ScreenButton:
    """Build a button outside a dialogue; a string names the key of its label."""
    return ScreenButton(text(label) if isinstance(label, str) else label, ActionButton(what, argument))


def language_row(entry: str = "") -> tuple[ScreenButton, ...]:
    """Build the row that leads to the languages; its label has the word “Language” in all of them."""
    return (action("menu.language", Action.LANGUAGES, entry),)


def menu_row() -> tuple[ScreenButton, ...]:
    """Build the row that leads to the menu."""
    return (action("ui.btn.menu", Action.MENU),)
