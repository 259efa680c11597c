"""Reads the dates of the forums (Fachforen) from a table, as a spreadsheet program saves it.

One row a forum, in any order. Must not know calendars, nor what is planned already.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from bot.programme.file_cells import (
    CellError,
    read_day,
    read_end,
    read_languages,
    read_moment,
    read_seats,
    read_time,
    read_web_address,
    read_words,
    read_yes_or_no,
)
from bot.programme.file_columns import Column, Head, find_head, split_rows
from bot.programme.file_reading import MOST_ENTRIES, Fields, decode, find_time_problem, quote, tidy
from conversations.mistakes import Mistakes
from conversations.programme import Forum, Meeting, Support

_Read = TypeVar("_Read")


def read_csv(raw: bytes, fields: Fields, zone: dt.tzinfo, mistakes: Mistakes) -> Mapping[str, Forum]:
    """Read the forums of a table by the code of their field; note every mistake in `mistakes`."""
    try:
        text = decode(raw)
    except UnicodeDecodeError as error:
        line = len(re.findall(rb"\r\n|\n|\r", raw[: error.start])) + 1
        mistakes.add(line, "This line has letters in another encoding. Save the table as “CSV UTF-8”.")
        return {}
    head = find_head(text, mistakes)
    if head is None:
        return {}
    found: dict[str, Forum] = {}
    rows = 0
    for line, cells in split_rows(text, head.delimiter, mistakes):
        if line <= head.line or not any(map(tidy, cells)):
            continue
        rows += 1
        if rows > MOST_ENTRIES:
            mistakes.add(line, f"The table has more than {MOST_ENTRIES} rows; they are read only up to here.")
            break
        _Row(head, line, cells, mistakes).read_into(found, fields, zone)
    if not rows and not mistakes.found:
        mistakes.add(head.line, "There is no row below the head line: one for each forum is needed.")
    return found


class _Row:
    """One row of the table while it is being read."""

    def __init__(self, head: Head, line: int, cells: Sequence[str], mistakes: Mistakes) -> None:
        self._head = head
        self._line = line
        self._cells = [tidy(cell) for cell in cells]
        self._mistakes = mistakes

    def read_into(self, found: dict[str, Forum], fields: Fields, zone: dt.tzinfo) -> None:
        """Read the row and add its forum to those found; what is wrong with it is noted."""
        self._refuse_stray_cells()
        code = self._read(Column.FIELD, lambda words: self._field(words, fields))
        starts = self._starts(zone)
        ends_words = self._words(Column.ENDS)
        ends = (
            self._read(Column.ENDS, lambda words: read_end(words, starts)) if starts and ends_words else None
        )
        if starts and (problem := find_time_problem(starts, ends)):
            self._mistakes.add(self._line, problem)
        place = self._read(Column.PLACE, lambda words: read_words(self._filled(words)))
        address = self._read(Column.ADDRESS, read_words)
        support = Support(
            childcare=bool(self._read(Column.CHILDCARE, read_yes_or_no)),
            step_free=bool(self._read(Column.STEP_FREE, read_yes_or_no)),
            interpreting=self._read(Column.INTERPRETING, read_languages) or (),
        )
        seats = self._read(Column.SEATS, read_seats)
        map_url = self._read(Column.MAP_URL, read_web_address)
        if code:
            fields.claim(code, self._line)
        if code and starts and place:
            meeting = Meeting(starts, place, ends, address or "")
            found[code] = Forum(meeting, support=support, seats=seats, map_url=map_url or "")

    def _words(self, column: Column) -> str:
        place = self._head.places.get(column)
        return self._cells[place] if place is not None and place < len(self._cells) else ""

    def _read(self, column: Column, parse: Callable[[str], _Read]) -> _Read | None:
        """Read a cell; None for a column that the table lacks, and for a cell with a mistake."""
        if column not in self._head.places:
            return None
        try:
            return parse(self._words(column))
        except CellError as error:
            self._mistakes.add(self._line, f"In the column {quote(self._head.name(column))}: {error}")
            return None

    def _starts(self, zone: dt.tzinfo) -> dt.datetime | None:
        if Column.STARTS in self._head.places:
            return self._read(Column.STARTS, lambda words: read_moment(self._filled(words), zone))
        if Column.DAY not in self._head.places:
            return None
        day = self._read(Column.DAY, lambda words: read_day(self._filled(words)))
        if day is None:
            return None
        return self._read(Column.TIME, lambda words: read_time(self._filled(words), day, zone))

    def _filled(self, words: str) -> str:
        if not words:
            raise CellError("This cell is empty; it must be filled in.")
        return words

    def _field(self, words: str, fields: Fields) -> str:
        code = fields.find(self._filled(words))
        if not code:
            raise CellError(f"There is no field {quote(words)}.{fields.suggest(words)}")
        return code

    def _refuse_stray_cells(self) -> None:
        for place, words in enumerate(self._cells):
            if words and (place >= len(self._head.cells) or not self._head.cells[place]):
                message = (
                    f"{quote(words)} stands in a column without a name."
                    f" Put quotation marks around a text with “{self._head.delimiter}” in it."
                )
                self._mistakes.add(self._line, message)
                return
