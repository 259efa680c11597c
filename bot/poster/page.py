"""The page of `mitreden poster`: how large its type is, and how it becomes HTML.

Nothing is loaded and nothing runs in the page, so the size of its type is chosen here, by an
estimate that rather counts a line too many. Whether it fits is tested in a browser. This module
must not know where the words come from.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from importlib import resources
from typing import TYPE_CHECKING

from bot.settings import StartError
from conversations.languages import Language, Script

if TYPE_CHECKING:
    from markupsafe import Markup
    from segno import QRCode

TEMPLATE = "poster.html.j2"

#: The sheet in millimetres. A printer's page is 297 high; one is left for rounding.
SHEET_WIDTH, SHEET_HEIGHT, SHEET_MARGIN = 210.0, 296.0, 12.0
_INNER_WIDTH, _INNER_HEIGHT = SHEET_WIDTH - 2 * SHEET_MARGIN, SHEET_HEIGHT - 2 * SHEET_MARGIN
_MM_PER_POINT = 25.4 / 72
_GUTTER, _DRAFT_HEIGHT = 8.0, 12.0
#: How much wider bold letters are, and the height of lines beside and below the QR code.
_BOLD, _NOTE_LEADING = 1.07, 1.4
_NARROW, _BROAD = frozenset(" .,:;!?'’·-()fijlrtıI"), frozenset("mwMW@%")
TITLE_LEADING, TALL_TITLE_LEADING = 1.15, 1.4
#: More languages than these stand in two columns.
ONE_COLUMN_BLOCKS = 3
#: Below this size of a title nothing has a line of its own that can do without.
SMALLEST_ROOMY_TITLE = 12.0
#: Light modules around a QR code, which the standard asks for.
QUIET_ZONE_MODULES = 4

_ISOLATED = re.compile("\u2068([^\u2068\u2069]*)\u2069")
#: Short words with a hyphen, such as the ends of telephone numbers, which are not broken there.
_KEPT = re.compile("(?<![^\\s\u2068])[^\\s\u2068\u2069]{1,10}[-–][^\\s\u2068\u2069]{1,10}(?![^\\s\u2069])")


class TooManyWordsError(StartError):
    """The words of the chosen languages do not fit on one page."""


class Edition(StrEnum):
    """What a page is for: to be put up, or to be looked at while the town file is not complete."""

    FINAL = "final"
    DRAFT = "draft"


@dataclass(frozen=True, slots=True)
class Size:
    """A size of type in points, in one column or two, and the edge of the QR code in millimetres."""

    columns: int
    title: float
    words: float
    code: float

    @property
    def is_roomy(self) -> bool:
        """Whether the topic and the language have a line of their own, above the title."""
        return self.title >= SMALLEST_ROOMY_TITLE

    @property
    def note(self) -> float:
        """The size of what stands beside and below the QR code."""
        smallest, largest = (11.0, 16.0) if self.columns == 1 else (9.0, 10.5)
        return min(largest, max(smallest, 0.75 * self.words))

    @property
    def header(self) -> float:
        """The height of the header in millimetres."""
        return 22.0 if self.columns == 1 else 15.0

    @property
    def leading(self) -> float:
        """The height of a line of Latin words, in sizes of type."""
        return 1.35 if self.columns == 1 else 1.28

    @property
    def tall_leading(self) -> float:
        """The same for letters that need more room."""
        return 1.5 if self.columns == 1 else 1.4

    @property
    def padding(self) -> float:
        """The least room around a block, in sizes of its words."""
        return 2.1 if self.columns == 1 else 1.3

    @property
    def column_width(self) -> float:
        """The width of a column in millimetres."""
        return (_INNER_WIDTH - (self.columns - 1) * _GUTTER) / self.columns


#: From large to small; the first that fits is taken. Below the last nobody could read it.
SIZES = (
    Size(1, 52, 24, 90),
    Size(1, 46, 21, 80),
    Size(1, 42, 20, 74),
    Size(1, 38, 18, 68),
    Size(1, 35, 17, 64),
    Size(1, 32, 16, 60),
    Size(1, 30, 15.5, 58),
    Size(1, 28, 15, 56),
    Size(1, 26, 14, 54),
    Size(1, 24, 13.5, 52),
    Size(1, 22, 13, 50),
    Size(1, 20, 12, 48),
    Size(2, 28, 16, 60),
    Size(2, 26, 15, 58),
    Size(2, 24, 14, 56),
    Size(2, 22, 13, 54),
    Size(2, 20, 12.5, 52),
    Size(2, 18, 11.5, 50),
    Size(2, 17, 11, 49),
    Size(2, 16, 10.5, 48),
    Size(2, 15, 10, 47),
    Size(2, 14, 9.5, 46),
    Size(2, 13, 9, 46),
    Size(2, 12, 8.5, 45),
    Size(2, 11, 8, 45),
    Size(2, 10.5, 7.5, 45),
    Size(2, 10, 7, 45),
    Size(2, 9, 6.5, 45),
    Size(2, 8, 6, 45),
)


@dataclass(frozen=True, slots=True)
class Block:
    """What the poster says in one language."""

    language: Language
    title: str
    topic: str
    question: str
    scan: str
    other_way: str

    @property
    def is_tall(self) -> bool:
        """Whether the letters need more room between the lines than Latin ones."""
        return self.language.script is not Script.LATIN

    @property
    def tag(self) -> str:
        """The language as browsers and screen readers know it."""
        return self.language.babel_locale.replace("_", "-")


@dataclass(frozen=True, slots=True)
class Poster:
    """Everything that stands on the page. `german` is there even if German is not among the blocks."""

    link: str
    org: str
    official_url: str
    logo: str
    blocks: tuple[Block, ...]
    german: Block
    edition: Edition = Edition.FINAL


def render_poster(poster: Poster) -> str:
    """Render the page, as large as it fits. Raises: StartError when it fits at no size."""
    import segno
    from jinja2 import Environment, StrictUndefined

    code = segno.make(poster.link, error="q", micro=False)
    size = choose_size(poster, code)
    edge = _edge(size, code)
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["isolated"] = _isolated
    source = resources.files("bot.poster").joinpath(TEMPLATE).read_text(encoding="utf-8")
    return environment.from_string(source).render(
        poster=poster,
        is_draft=poster.edition is Edition.DRAFT,
        size=size,
        sheet=(SHEET_WIDTH, SHEET_HEIGHT, SHEET_MARGIN),
        gutter=_GUTTER,
        leadings=(TITLE_LEADING, TALL_TITLE_LEADING, _NOTE_LEADING),
        edge=round(edge, 2),
        code=_drawn(code),
        printed_link=poster.link.removeprefix("https://").partition("?"),
        other_ways=list_other_ways(poster, size, code),
    )


def choose_size(poster: Poster, code: QRCode) -> Size:
    """Choose the largest size at which everything fits on the sheet. Raises: TooManyWordsError."""
    for size in SIZES:
        if size.columns == 2 or len(poster.blocks) <= ONE_COLUMN_BLOCKS:
            height = size.header + _blocks_height(poster, size) + _foot_height(poster, size, code)
            height += _DRAFT_HEIGHT if poster.edition is Edition.DRAFT else 0
            if height <= _INNER_HEIGHT:
                return size
    raise TooManyWordsError("So many words do not fit on one page; choose fewer languages with --languages.")


def list_other_ways(poster: Poster, size: Size, code: QRCode) -> tuple[Block, ...]:
    """List the languages that name the way without Telegram: all where there is room, German always."""
    every = {block.other_way: block for block in (*poster.blocks, poster.german)}
    fits = _other_ways_height(every.values(), size, code) <= _code_height(poster, size, code)
    return tuple(every.values()) if fits else (poster.german,)


def _drawn(code: QRCode) -> Markup:
    """Draw a QR code. It is the only part of the page that is not escaped, and holds no words."""
    from markupsafe import Markup

    drawn = code.svg_inline(
        border=QUIET_ZONE_MODULES, omitsize=True, light="#fff", svgclass=None, lineclass=None
    )
    return Markup(drawn)  # noqa: S704  made of numbers by segno


def _isolated(words: str) -> Markup:
    """Turn the renderer's isolates into elements, which every browser and screen reader knows."""
    from markupsafe import Markup, escape

    marked = _KEPT.sub(r'<span class="kept">\g<0></span>', str(escape(words)))
    while (replaced := _ISOLATED.sub(r"<bdi>\1</bdi>", marked)) != marked:
        marked = replaced
    return Markup(marked)  # noqa: S704  escaped above


def _blocks_height(poster: Poster, size: Size) -> float:
    rows = [
        poster.blocks[start : start + size.columns] for start in range(0, len(poster.blocks), size.columns)
    ]
    return sum(
        max(
            _block_height(block, size, size.column_width if len(row) == size.columns else _INNER_WIDTH)
            for block in row
        )
        for row in rows
    )


def _block_height(block: Block, size: Size, width: float) -> float:
    bold = size.words * _BOLD
    title = (block.title, size.title * _BOLD)
    question, scan = (
        words if size.columns == 1 else " ".join(words.split()) for words in (block.question, block.scan)
    )
    words = _lines(width, (question, bold)) + _lines(width, (scan, size.words))
    if size.is_roomy:
        titles = _lines(width, title)
        words += _lines(width, (block.topic, bold), (block.language.own_name, size.words))
    else:
        titles = _lines(width, title, (block.topic, size.words))
    title_leading = TALL_TITLE_LEADING if block.is_tall else TITLE_LEADING
    leading = size.tall_leading if block.is_tall else size.leading
    points = titles * size.title * title_leading + words * size.words * leading
    return (points + size.words * size.padding) * _MM_PER_POINT


def _foot_height(poster: Poster, size: Size, code: QRCode) -> float:
    ways = list_other_ways(poster, size, code)
    return 4 + max(_code_height(poster, size, code), _other_ways_height(ways, size, code))


def _code_height(poster: Poster, size: Size, code: QRCode) -> float:
    edge = _edge(size, code)
    name, mark, word = poster.link.removeprefix("https://").partition("?")
    lines = sum(_lines(edge, (part, size.note * _BOLD)) for part in (name, mark + word) if part)
    return edge + lines * size.note * _NOTE_LEADING * _MM_PER_POINT


def _other_ways_height(blocks: Iterable[Block], size: Size, code: QRCode) -> float:
    width = _INNER_WIDTH - _GUTTER - _edge(size, code)
    lines = sum(_lines(width, (block.other_way, size.note)) + 0.6 for block in blocks)
    return lines * size.note * _NOTE_LEADING * _MM_PER_POINT


def _edge(size: Size, code: QRCode) -> float:
    """Measure a drawn QR code with its quiet zone."""
    modules = code.symbol_size(border=0)[0]
    return size.code * (modules + 2 * QUIET_ZONE_MODULES) / modules


def _lines(width: float, *runs: tuple[str, float]) -> int:
    """Count the lines that runs of words, each in a size of type, take in a width in millimetres."""
    count, used = 1, 0.0
    for words, points in runs:
        for number, paragraph in enumerate(words.split("\n")):
            if number:
                count, used = count + 1, 0.0
            for word in paragraph.split():
                length = sum(map(_width, word)) * points * _MM_PER_POINT
                if used and used + length > width:
                    count, used = count + 1, 0.0
                count += int(length / width)
                used += length % width + _width(" ") * points * _MM_PER_POINT
    return count


def _width(sign: str) -> float:
    """Estimate the width of a letter in sizes of type: a little more than Noto Sans has on average."""
    if unicodedata.category(sign) in ("Mn", "Me", "Cf"):
        return 0.0
    if unicodedata.east_asian_width(sign) in "WF":
        return 1.0
    if sign in _NARROW:
        return 0.33
    if sign in _BROAD or "\u1200" <= sign <= "\u139f":  # Ethiopic letters are broad
        return 0.9
    if "\u0600" <= sign <= "\u06ff":  # Arabic
        return 0.52
    return 0.66 if sign.isupper() else 0.6
