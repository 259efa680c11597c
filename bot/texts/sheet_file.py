"""Texts of a language as a spreadsheet, so that staff and interpreters need no special program.

A row for each form of each text; only the words can be changed, the rest is locked. LibreOffice and
Excel write the file anew in their own way, which must not change a word. Must not know where the
texts come from, nor whether they are right.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path

from openpyxl import Workbook, load_workbook
from openpyxl.cell.cell import Cell, MergedCell
from openpyxl.cell.read_only import EmptyCell, ReadOnlyCell
from openpyxl.styles import Alignment, Font, PatternFill, Protection
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.worksheet.worksheet import Worksheet

from bot.texts.rows import ReadFile, ReadRow, Row
from conversations.languages import Language
from conversations.mistakes import ContentError, ContentMistake

#: The columns with their widths in letters; the file is read by these names, in whatever order.
KEY, FORM, GERMAN_WORDS, WORDS = "Key", "Form", "Deutsch", "Text"
KIND, LIMIT, NOTE, STATE = "Kind", "Limit", "Note", "State"
_WIDTHS = {KEY: 24, KIND: 12, FORM: 8, GERMAN_WORDS: 50, WORDS: 50, LIMIT: 14, NOTE: 40, STATE: 20}
_NEEDED = (KEY, FORM, GERMAN_WORDS, WORDS)
_FIRST_LINE = 2
_OUTDATED, _MISSING = "The German has changed.", "Not translated yet."
#: Stands for a cell that the program would work out; no text has it (private use area).
_FORMULA = "\ue000"
_NO_FORMULAS = "has a formula or its error; write the words, with an apostrophe before a “=”."
_TO_DO = PatternFill("solid", start_color="FFF2CC")
_OPEN = PatternFill("solid", start_color="E8F3EC")


def write_sheet(rows: Iterable[Row], language: Language) -> bytes:
    """Write rows as a spreadsheet (xlsx). What waits for the translator is coloured, and says so."""
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = language.code
    sheet.append(list(_WIDTHS))
    for number, width in enumerate(_WIDTHS.values(), start=1):
        sheet.column_dimensions[get_column_letter(number)].width = width
        sheet.cell(1, number).font = Font(bold=True)
    for row in rows:
        for line in _lines_of(row):
            _append(sheet, line, language)
    sheet.freeze_panes = "D2"
    sheet.auto_filter.ref = sheet.dimensions
    sheet.protection.sheet = True  # against slips, not against anybody: it has no password
    sheet.protection.formatColumns = sheet.protection.formatRows = sheet.protection.autoFilter = False
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def read_sheet(path: Path) -> ReadFile:
    """Read a spreadsheet. The name of its sheet is the code of the language.

    Raises: ContentError with the line where it cannot be used.
    """
    try:
        book = load_workbook(path, read_only=True)
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, OSError) as error:
        raise _mistake(path, 1, "This is not a spreadsheet that can be read. Save it as “.xlsx”.") from error
    sheet = book.worksheets[0]
    lines = [[_word(cell) for cell in line] for line in sheet.iter_rows()]
    title = str(sheet.title)
    book.close()
    if not lines or not set(_NEEDED) <= set(lines[0]):
        wanted = ", ".join(f"“{name}”" for name in _NEEDED)
        raise _mistake(path, 1, f"The first line must have the columns {wanted}.")
    places = {name: lines[0].index(name) for name in _NEEDED}
    cells = [
        (number, {name: line[place] if place < len(line) else "" for name, place in places.items()})
        for number, line in enumerate(lines[1:], start=_FIRST_LINE)
    ]
    filled = [(number, cell) for number, cell in cells if cell[KEY]]
    return ReadFile(title, tuple(_read_rows(filled, path)))


def _lines_of(row: Row) -> Iterator[dict[str, str]]:
    state = _OUTDATED if row.is_outdated else "" if row.entry is not None else _MISSING
    german = list(row.source.german.items())
    for place, (category, words) in enumerate(row.forms.items()):
        yield {
            KEY: row.source.key,
            KIND: row.kind,
            FORM: category if row.source.counts else "",
            GERMAN_WORDS: german[min(place, len(german) - 1)][1],
            WORDS: words,
            LIMIT: row.limit,
            NOTE: " ".join(row.source.note.split()),
            STATE: state,
        }


def _append(sheet: Worksheet, line: dict[str, str], language: Language) -> None:
    number = sheet.max_row + 1
    for place, (name, words) in enumerate(line.items(), start=1):
        cell = sheet.cell(number, place)
        assert isinstance(cell, Cell)  # noqa: S101  no cells are merged in a new sheet; tells mypy what holds
        cell.value, cell.data_type, cell.number_format = words, "s", "@"  # never a formula, nor a number
        is_theirs = name == WORDS
        cell.alignment = Alignment(
            wrap_text=True, vertical="top", readingOrder=2 if is_theirs and language.rtl else 1
        )
        cell.protection = Protection(locked=not is_theirs)
        if is_theirs:
            cell.fill = _TO_DO if line[STATE] else _OPEN


def _read_rows(lines: list[tuple[int, dict[str, str]]], path: Path) -> Iterator[ReadRow]:
    seen: set[str] = set()
    for key, group in groupby(lines, key=lambda line: line[1][KEY]):
        found = list(group)
        number = found[0][0]
        if key in seen:
            raise _mistake(path, number, f"“{key}” stands in the file twice.")
        seen.add(key)
        forms = {cell[FORM] or "other": cell[WORDS] for _, cell in found}
        german = tuple(dict.fromkeys(cell[GERMAN_WORDS] for _, cell in found))
        is_formula = _FORMULA in forms.values()
        yield ReadRow(key, forms, german, number, fault=_NO_FORMULAS if is_formula else "")


def _word(cell: Cell | ReadOnlyCell | EmptyCell | MergedCell) -> str:
    if cell.data_type in ("f", "e"):
        return _FORMULA
    return "" if cell.value is None else str(cell.value).replace("\r\n", "\n").replace("_x000D_", "")


def _mistake(path: Path, line: int, message: str) -> ContentError:
    return ContentError([ContentMistake(str(path), line, message)])
