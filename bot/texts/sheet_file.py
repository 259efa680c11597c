"""Texts of a language as a spreadsheet, so that staff and interpreters need no special program.

A row for each form of each text; only the words can be changed, and the state can be cleared where the
words still hold. The rest is locked. LibreOffice and Excel write the file anew in their own way, which
must not change a word. Must not know where the texts come from, nor whether they are right.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from openpyxl import Workbook, load_workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, Cell, MergedCell
from openpyxl.cell.read_only import EmptyCell, ReadOnlyCell
from openpyxl.styles import Alignment, Font, PatternFill, Protection
from openpyxl.utils import get_column_letter
from openpyxl.worksheet._read_only import ReadOnlyWorksheet
from openpyxl.worksheet.worksheet import Worksheet

from bot.texts.rows import ReadFile, ReadRow, Row, fingerprint, language_named, normalise
from conversations.languages import Language
from conversations.mistakes import ContentError, ContentMistake, Mistakes

#: The columns with their widths in letters; the file is read by these names, in whatever order.
KEY, FORM, GERMAN_WORDS, WORDS = "Key", "Form", "Deutsch", "Text"
KIND, LIMIT, NOTE, STATE, BASE = "Kind", "Limit", "Note", "State", "Before"
_WIDTHS = {KEY: 24, KIND: 12, FORM: 8, GERMAN_WORDS: 50, WORDS: 50, LIMIT: 14, NOTE: 40, STATE: 20, BASE: 14}
_NEEDED, _READ = (KEY, FORM, GERMAN_WORDS, WORDS), (KEY, FORM, GERMAN_WORDS, WORDS, STATE, BASE)
_FIRST_LINE = 2
_OUTDATED = "The German has changed. Clear this cell if the text still fits."
_UNSURE = "Somebody was unsure. Clear this cell if the text is right."
_MISSING = "Not translated yet."
_NO_FORMULAS = "has a formula or its error; write the words, with an apostrophe before a “=”."
_NO_TEXT = "is a number or a date to the spreadsheet; format the cell as text and type the words again."
#: Cells as openpyxl reads them.
_AnyCell = Cell | ReadOnlyCell | EmptyCell | MergedCell
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
    sheet.column_dimensions[get_column_letter(list(_WIDTHS).index(BASE) + 1)].hidden = True
    sheet.freeze_panes = "D2"
    sheet.auto_filter.ref = sheet.dimensions
    sheet.protection.sheet = True  # against slips, not against anybody: it has no password
    sheet.protection.formatColumns = sheet.protection.formatRows = sheet.protection.autoFilter = False
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def read_sheet(path: Path, wanted: str = "") -> ReadFile:
    """Read a spreadsheet. The name of its sheet is the code of the language.

    Other sheets may stand beside it. Where several have texts, the one named `wanted` is read, or the first
    with the code of a language.

    Raises: ContentError with the line where it cannot be used.
    """
    raw = path.read_bytes()
    try:
        sheets = _read_sheets(raw)
    except Exception as error:  # whatever openpyxl and the parsers below it say about a broken file
        raise _mistake(path, 1, "This is not a spreadsheet that can be read. Save it as “.xlsx”.") from error
    if not sheets:
        columns = ", ".join(f"“{name}”" for name in _NEEDED)
        raise _mistake(path, 1, f"The first line must have the columns {columns}.")
    named = {language.code: lines for title, lines in sheets if (language := language_named(title))}
    code = wanted if wanted in named else next(iter(named), "")
    return ReadFile(code, tuple(_read_rows(named.get(code, sheets[0][1]), path)))


def _read_sheets(raw: bytes) -> list[tuple[str, list[_Line]]]:
    """Read the sheets that have our columns, by their titles."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about styles and names, which nobody needs here
        book = load_workbook(io.BytesIO(raw), read_only=True)
    found = []
    for sheet in book.worksheets:
        if isinstance(sheet, ReadOnlyWorksheet):
            sheet.reset_dimensions()  # some programs say a wrong size, and openpyxl would believe it
        rows = sheet.iter_rows()
        head = [_word(cell) for cell in next(rows, ())]
        if set(_NEEDED) <= set(head):
            places = {name: head.index(name) for name in _READ if name in head}
            lines = [_Line(number, places, tuple(row)) for number, row in enumerate(rows, start=_FIRST_LINE)]
            found.append((str(sheet.title), [line for line in lines if line.words(KEY)]))
    book.close()
    return found


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of a sheet, with the place of each column that is read."""

    number: int
    places: Mapping[str, int]
    cells: Sequence[_AnyCell]

    def words(self, column: str) -> str:
        place = self.places.get(column)
        return _word(self.cells[place]) if place is not None and place < len(self.cells) else ""

    @property
    def form(self) -> str:
        return self.words(FORM).strip() or "other"

    @property
    def fault(self) -> str:
        """Why the words cannot be read; '' where they can."""
        place = self.places[WORDS]
        cell = self.cells[place] if place < len(self.cells) else EmptyCell()
        if cell.data_type in ("f", "e"):
            return _NO_FORMULAS
        return "" if cell.value is None or isinstance(cell.value, str) else _NO_TEXT


def _lines_of(row: Row) -> Iterator[dict[str, str]]:
    state = _OUTDATED if row.is_outdated else _UNSURE if row.is_unsure else ""
    state = _MISSING if row.entry is None else state
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
            BASE: fingerprint(row.forms),
        }


def _append(sheet: Worksheet, line: dict[str, str], language: Language) -> None:
    number = sheet.max_row + 1
    for place, (name, words) in enumerate(line.items(), start=1):
        cell = sheet.cell(number, place)
        assert isinstance(cell, Cell)  # noqa: S101  no cells are merged in a new sheet; tells mypy what holds
        cell.value = ILLEGAL_CHARACTERS_RE.sub("", words)  # the format cannot hold them
        cell.data_type, cell.number_format = "s", "@"  # never a formula, nor a number
        is_theirs = name == WORDS
        cell.alignment = Alignment(
            wrap_text=True, vertical="top", readingOrder=2 if is_theirs and language.rtl else 1
        )
        cell.protection = Protection(locked=name not in (WORDS, STATE))
        if is_theirs:
            cell.fill = _TO_DO if line[STATE] else _OPEN


def _read_rows(lines: Iterable[_Line], path: Path) -> Iterator[ReadRow]:
    """Put the lines of a key together, wherever they stand. Raises: ContentError where one is there twice."""
    groups: dict[str, dict[str, _Line]] = {}
    mistakes = Mistakes(str(path))
    for line in lines:
        key, form = line.words(KEY).strip(), line.form
        first = groups.setdefault(key, {}).setdefault(form, line)
        if first is not line:
            mistakes.add(line.number, f"“{key}” stands here a second time; first in line {first.number}.")
    mistakes.raise_any()
    for key, forms in groups.items():
        found = list(forms.values())
        yield ReadRow(
            key,
            {form: line.words(WORDS) for form, line in forms.items()},
            tuple(dict.fromkeys(line.words(GERMAN_WORDS) for line in found)),
            found[0].number,
            fault=next((line.fault for line in found if line.fault), ""),
            base=found[0].words(BASE).strip(),
            confirmed=STATE in found[0].places and not any(line.words(STATE).strip() for line in found),
        )


def _word(cell: _AnyCell) -> str:
    return "" if cell.value is None else normalise(str(cell.value).replace("_x000D_", ""))


def _mistake(path: Path, line: int, message: str) -> ContentError:
    return ContentError([ContentMistake(str(path), line, message)])
