"""The gallery: every screen in every language on one page, to be read by people who do not use the bot.

For the data protection officer, interpreters and associations. The page is one file: nothing is loaded and
nothing runs in it. Screens that look the same are shown once. Must not know where a screen is used.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bot.content import LoadedContent
from bot.rendering import Rendered, Renderer, key_of
from bot.texts.signatures import fresh_file
from conversations.every_screen import list_screens
from conversations.languages import EASY_GERMAN, GERMAN, Language
from conversations.screens import Screen

if TYPE_CHECKING:
    from collections.abc import Callable

TEMPLATE = "gallery.html.j2"
#: Named in the page for whoever sees boxes in place of letters.
FONTS = ("Noto Sans", "Noto Sans Arabic", "Noto Sans Ethiopic")
_NAME = re.compile(r"(?P<title>.*?)\s*(?:\((?P<state>[^()]*)\))?")


@dataclass(frozen=True, slots=True)
class Card:
    """One screen as it is seen in one language. `name` is its place in the program, the same in each.

    `keys` name its texts, by which they are found in a file of texts.
    """

    number: int
    name: str
    state: str
    keys: tuple[str, ...]
    rendered: Rendered


@dataclass(frozen=True, slots=True)
class Chapter:
    """Every screen in one language. `tag` is its BCP 47 tag, by which browsers choose fonts and voices."""

    language: Language
    tag: str
    cards: tuple[Card, ...]


def list_chapters(
    loaded: LoadedContent, languages: Iterable[Language], now: dt.datetime
) -> Iterator[Chapter]:
    """Render the screens of each language in turn; one language lies in memory at a time."""
    renderer = Renderer(loaded.content, loaded.catalogues, loaded.recordings)
    screens = _list_distinct(loaded, renderer, now)
    for language in languages:
        cards = tuple(
            Card(number, name, state, _keys_of(screen), renderer.render(screen, language.code))
            for number, (name, state, screen) in enumerate(screens, start=1)
        )
        yield Chapter(language, tag_of(language), cards)


def write_gallery(
    chapters: Iterable[Chapter], title: str, made_on: dt.date, write: Callable[[str], object]
) -> None:
    """Write the page piece by piece; with all languages it has some megabytes."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("bot.texts", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    stream = environment.get_template(TEMPLATE).stream(
        chapters=chapters, title=title, made_on=made_on, fonts=FONTS
    )
    stream.enable_buffering(200)
    for piece in stream:
        write(piece)


def tag_of(language: Language) -> str:
    """Return the BCP 47 tag of a language.

    >>> tag_of(EASY_GERMAN)
    'de-simple'
    """
    if language is EASY_GERMAN:
        return "de-simple"  # registered as a variant: “simplified language”
    return language.code.replace("_", "-")


def _keys_of(screen: Screen) -> tuple[str, ...]:
    keys = (key_of(line) for block in screen.blocks for line in block)
    return tuple(dict.fromkeys(key for key in keys if key))


def _list_distinct(
    loaded: LoadedContent, renderer: Renderer, now: dt.datetime
) -> list[tuple[str, str, Screen]]:
    """List the screens, leaving out those that look like an earlier one: in German, and so in all."""
    seen: set[tuple[str, tuple[tuple[str, ...], ...]]] = set()
    found = []
    for name, screen in list_screens(loaded.content, loaded.catalogues.offered, now):
        rendered = renderer.render(screen, GERMAN.code)
        look = (rendered.text, tuple(tuple(each.label for each in row) for row in rendered.keyboard))
        if look not in seen:
            seen.add(look)
            parts = _NAME.fullmatch(name)
            found.append(
                (name, "", screen) if parts is None else (parts["title"], parts["state"] or "", screen)
            )
    return found


def save_gallery(chapters: Iterable[Chapter], org: str, made_on: dt.date, out: Path) -> None:
    """Write the page to a file, which appears only once it is whole."""
    with fresh_file(out) as fresh, fresh.open("w", encoding="utf-8") as file:
        write_gallery(chapters, f"Mitreden – {org}", made_on, file.write)
