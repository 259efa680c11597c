"""The columns of a table with the dates of the forums (Fachforen): how they are named, and the head line.

The separator is found from the head line, whose names may be German or English and stand in any
order. Must not know what stands in the cells (`bot.programme.file_cells`).
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from bot.programme.file_reading import fold, quote, tidy
from conversations.mistakes import Mistakes, suggest


class Column(StrEnum):
    """What a column holds. The value is its English head."""

    FIELD = "field"
    STARTS = "starts"
    DAY = "day"
    TIME = "time"
    ENDS = "ends"
    PLACE = "place"
    ADDRESS = "address"
    SEATS = "seats"
    CHILDCARE = "childcare"
    STEP_FREE = "step_free"
    INTERPRETING = "interpreting"
    MAP_URL = "map_url"


_HEADS: Mapping[str, Column] = {
    fold(head): column
    for column, heads in {
        Column.FIELD: "field feld thema handlungsfeld",
        Column.STARTS: "starts beginn start termin",
        Column.DAY: "day tag datum date",
        Column.TIME: "time uhrzeit zeit",
        Column.ENDS: "ends ende",
        Column.PLACE: "place ort",
        Column.ADDRESS: "address adresse anschrift",
        Column.SEATS: "seats plätze",
        Column.CHILDCARE: "childcare kinderbetreuung",
        Column.STEP_FREE: "step_free stufenlos barrierefrei",
        Column.INTERPRETING: "interpreting dolmetschen",
        Column.MAP_URL: "map_url karte",
    }.items()
    for head in heads.split()
}
_DELIMITERS = (";", ",", "\t")
#: The first line by which Excel is told the separator.
_EXCEL_HINT = re.compile(r"\"?sep=([;,\t|])\"?\s*?[\r\n]", re.IGNORECASE)
_EXAMPLE = "field;starts;ends;place;address"
#: With more columns the file is some other table.
_MOST_COLUMNS = 100


@dataclass(frozen=True, slots=True)
class Head:
    """The head line: its columns, by their position, and how the file names them."""

    line: int
    delimiter: str
    cells: Sequence[str]
    places: Mapping[Column, int]

    def name(self, column: Column) -> str:
        """Name a column as the file does."""
        return self.cells[self.places[column]] if column in self.places else column.value


def find_head(text: str, mistakes: Mistakes) -> Head | None:
    """Find the head line and its separator; None when nothing can be read without it."""
    hint = _EXCEL_HINT.match(text)
    best: Head | None = None
    for delimiter in [hint[1]] if hint else _DELIMITERS:
        for line, row in split_rows(text, delimiter, Mistakes("")):
            cells = [tidy(cell) for cell in row]
            if any(cells) and not (hint and line == 1):
                head = Head(line, delimiter, cells, _place_columns(cells))
                best = head if best is None or len(head.places) > len(best.places) else best
                break
    if best is None or not best.places:
        line = best.line if best else 1
        mistakes.add(line, f"The first line must name the columns, such as {_EXAMPLE}.")
        return None
    _check_head(best, mistakes)
    return best


def _place_columns(cells: Sequence[str]) -> Mapping[Column, int]:
    places: dict[Column, int] = {}
    for place, cell in enumerate(cells):
        if column := _find_column(cell):
            places.setdefault(column, place)
    return places


def _find_column(cell: str) -> Column | None:
    return _HEADS.get(fold(cell).replace("-", "_").replace(" ", "_"))


def _check_head(head: Head, mistakes: Mistakes) -> None:
    """Note columns that are unknown, doubled, or missing."""
    if len(head.cells) > _MOST_COLUMNS:
        mistakes.add(head.line, f"The table has more than {_MOST_COLUMNS} columns.")
    for place, cell in enumerate(head.cells[:_MOST_COLUMNS]):
        column = _find_column(cell)
        if cell and column is None:
            hint = suggest(fold(cell[:100]), _HEADS) or f" Known are: {', '.join(Column)}."
            mistakes.add(head.line, f"There is no column {quote(cell)}.{hint}")
        elif column is not None and head.places[column] != place:
            mistakes.add(
                head.line, f"The column {quote(cell)} comes twice (also as {quote(head.name(column))})."
            )
    has_starts = Column.STARTS in head.places
    has_clock = Column.DAY in head.places or Column.TIME in head.places
    if has_starts and has_clock:
        mistakes.add(head.line, "Write the beginning either as “starts” or as “day” and “time”, not as both.")
    needed = [Column.FIELD, Column.PLACE]
    if not has_starts:
        needed += [Column.DAY, Column.TIME] if has_clock else [Column.STARTS]
    for column in needed:
        if column not in head.places:
            mistakes.add(head.line, f"The column “{column}” is missing.")


def split_rows(text: str, delimiter: str, mistakes: Mistakes) -> Iterator[tuple[int, list[str]]]:
    """Split a table into rows, each with its first line."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1
    try:
        for cells in reader:
            yield line, cells
            line = reader.line_num + 1
    except csv.Error:
        mistakes.add(line, "A quotation mark is missing or too many in the row that begins here.")
