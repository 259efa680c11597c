"""Announcements become words: the message of each language, its length, and what a preview shows of it.

Must not know the database, nor who approved what.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from bot.rendering import MESSAGE_MAX_UNITS, Rendered, Renderer
from conversations.announcements import (
    Announcement,
    Fault,
    FaultCode,
    Mode,
    announcement_screen,
)
from conversations.languages import GERMAN, Direction, Language, find_language

#: A day with a long name, for the length of what is shown on a day nobody knows yet.
_LONG_DAY = dt.date(2027, 9, 29)


@dataclass(frozen=True, slots=True)
class Preview:
    """A message as its readers will see it. `units` is its length as Telegram counts it."""

    language: Language
    text: str
    units: int
    buttons: tuple[str, ...]

    @property
    def direction(self) -> Direction:
        """The direction in which the language is written."""
        return self.language.direction

    @property
    def fits(self) -> bool:
        """Whether Telegram takes a message of this length."""
        return self.units <= MESSAGE_MAX_UNITS


def render_announcement(
    announcement: Announcement, language: str, renderer: Renderer, today: dt.date
) -> Rendered:
    """Render the message of a language, as it is sent."""
    return renderer.render(announcement_screen(announcement, language, today=today), language)


def seal_words(announcement: Announcement, language: str, renderer: Renderer) -> str:
    """Hash the message of a language as its readers see it, with the words of the catalogue and the town.

    The day on which it is sent is left out; taking a message away says nothing.
    """
    if announcement.mode is Mode.WITHDRAW:
        return ""
    rendered = render_announcement(announcement, language, renderer, _LONG_DAY)
    labels = [button.label for row in rendered.keyboard for button in row]
    return hashlib.sha256("\0".join((rendered.text, *labels)).encode()).hexdigest()


def preview_announcement(
    announcement: Announcement, language: str, renderer: Renderer, today: dt.date
) -> Preview:
    """Show the message of a language, and what can be said about it."""
    screen = announcement_screen(announcement, language, today=today)
    rendered = renderer.render(screen, language)
    return Preview(
        find_language(language) or GERMAN,
        rendered.text,
        renderer.measure(screen, language),
        tuple(button.label for row in rendered.keyboard for button in row),
    )


def find_long(announcement: Announcement, renderer: Renderer, languages: Iterable[str]) -> tuple[Fault, ...]:
    """Find the languages whose message is longer than Telegram takes. What is held back is not looked at."""
    if announcement.mode is Mode.WITHDRAW:
        return ()
    lengths = {
        language: renderer.measure(announcement_screen(announcement, language, today=_LONG_DAY), language)
        for language in languages
        if announcement.addresses(language) and language not in announcement.held_back
    }
    return tuple(
        Fault(language, FaultCode.TOO_LONG, str(units))
        for language, units in lengths.items()
        if units > MESSAGE_MAX_UNITS
    )
