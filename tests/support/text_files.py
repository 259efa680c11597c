"""Files of texts, exported, typed into and taken over as staff and translators do it."""

from __future__ import annotations

import datetime as dt
import functools
import re
from collections.abc import Callable
from pathlib import Path

from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from bot.content import LoadedContent, load_content
from bot.texts.po_file import write_catalogue
from bot.texts.rows import list_rows
from bot.texts.sheet_file import write_sheet
from bot.texts.taking import Taken, read_texts_file, take, write
from conversations.languages import Language, find_language

NOW = dt.datetime(2027, 5, 4, 12, 0, tzinfo=dt.UTC)
LOADED = load_content(None)


def language(code: str) -> Language:
    found = find_language(code)
    assert found is not None
    return found


def export(path: Path, code: str, *, loaded: LoadedContent = LOADED, folder: Path | None = None) -> Path:
    """Write the file of a language, as `mitreden texts export` does."""
    if loaded is LOADED and folder is None:
        path.write_bytes(_shipped(path.suffix, code))
    else:
        path.write_bytes(_write(path.suffix, code, loaded, folder))
    return path


@functools.cache
def _shipped(suffix: str, code: str) -> bytes:
    return _write(suffix, code, LOADED, None)


def _write(suffix: str, code: str, loaded: LoadedContent, folder: Path | None) -> bytes:
    rows = list_rows(loaded, language(code), folder)
    if suffix == ".xlsx":
        return write_sheet(rows, language(code))
    return write_catalogue(rows, language(code), "As it is in force.", NOW)


def change_sheet(path: Path, key: str, *words: str) -> None:
    """Type other words into the column of the texts, a line for each form."""
    book = load_workbook(path)
    sheet = book.worksheets[0]
    head = [cell.value for cell in sheet[1]]
    lines = [line for line in sheet.iter_rows(min_row=2) if line[head.index("Key")].value == key]
    assert len(lines) == len(words)
    for line, said in zip(lines, words, strict=True):
        cell = line[head.index("Text")]
        cell.value, cell.data_type = said, "s"  # as in a cell that is formatted as text
    book.save(path)


def change_po(path: Path, key: str, words: str) -> None:
    """Put other words into the msgstr of a key."""
    text, changed = re.subn(
        rf'(msgctxt "{re.escape(key)}"\n(?:.*\n)*?msgstr )(?:".*"\n)+',
        lambda found: f'{found[1]}"{words}"\n',
        path.read_text(encoding="utf-8"),
        count=1,
    )
    assert changed == 1
    path.write_text(text, encoding="utf-8")


def change(path: Path, key: str, words: str) -> None:
    (change_sheet if path.suffix == ".xlsx" else change_po)(path, key, words)


def taken(path: Path, code: str, folder: Path) -> Taken:
    """Check a file, as `mitreden texts import` does."""
    return take(load_content(folder), language(code), read_texts_file(path, language(code)), folder)


def put_in_force(path: Path, code: str, folder: Path) -> LoadedContent:
    """Take a file over and read the content anew, as the next start of the bot does."""
    loaded = load_content(folder)
    found = take(loaded, language(code), read_texts_file(path, language(code)), folder)
    write(loaded, language(code), found.changed, folder, NOW)
    return load_content(folder)


def edit_sheet(path: Path, edit: Callable[[Worksheet], object]) -> None:
    """Do something to the first sheet of a file, as a person could."""
    book = load_workbook(path)
    edit(book.worksheets[0])
    book.save(path)


def line_of_key(sheet: Worksheet, key: str) -> int:
    """Find the first line of a text in a sheet."""
    return next(line[0].row for line in sheet.iter_rows(min_row=2) if line[0].value == key)


def set_cell(path: Path, key: str, column: str, value: object) -> None:
    """Put something into a column of the first line of a text."""

    def edit(sheet: Worksheet) -> None:
        place = [cell.value for cell in sheet[1]].index(column) + 1
        sheet.cell(line_of_key(sheet, key), place).value = value  # type: ignore[assignment, union-attr]

    edit_sheet(path, edit)
