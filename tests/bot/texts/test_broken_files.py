"""Files as other programs and mishaps leave them: read where they can be, otherwise one sentence."""

from __future__ import annotations

import datetime as dt
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from bot.catalogues import Entry
from bot.texts.rows import Row, language_named
from bot.texts.sheet_file import read_sheet, write_sheet
from bot.texts.taking import language_of_file, read_texts_file
from conversations.mistakes import ContentError
from tests.support.text_files import (
    LOADED,
    change_po,
    edit_sheet,
    export,
    language,
    line_of_key,
    set_cell,
    taken,
)


@pytest.fixture(scope="module")
def turkish(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return export(tmp_path_factory.mktemp("sheet") / "tr.xlsx", "tr").read_bytes()


@pytest.fixture
def path(tmp_path: Path, turkish: bytes) -> Path:
    """Give a sheet of Turkish to be broken."""
    found = tmp_path / "x.xlsx"
    found.write_bytes(turkish)
    return found


def repack(path: Path, part: str, change: Callable[[bytes], bytes | None]) -> None:
    """Change a part of a spreadsheet, or take it out."""
    with zipfile.ZipFile(path) as old:
        parts = {name: old.read(name) for name in old.namelist()}
    with zipfile.ZipFile(path, "w") as new:
        for name, content in parts.items():
            changed = change(content) if name.endswith(part) else content
            if changed is not None:
                new.writestr(name, changed)


def cut(content: bytes) -> bytes:
    return content[: len(content) // 2]


@pytest.mark.parametrize("part", ["sheet1.xml", "workbook.xml", "styles.xml", "[Content_Types].xml"])
@pytest.mark.parametrize("change", [cut, lambda _: None, lambda _: b"<x/>"], ids=["cut", "lost", "other"])
def test_a_damaged_sheet_is_told_in_one_sentence(
    path: Path, part: str, change: Callable[[bytes], bytes | None]
) -> None:
    repack(path, part, change)
    try:
        read = read_sheet(path)
    except ContentError as error:
        (mistake,) = error.mistakes
        assert "not a spreadsheet" in mistake.message or "must have the columns" in mistake.message
    else:  # what is lost was not needed
        assert len(read.rows) == len(LOADED.content.texts)


def test_a_book_of_charts_is_no_spreadsheet_of_texts(tmp_path: Path) -> None:
    book = Workbook()
    book.create_chartsheet("tr", 0)
    book.remove(book["Sheet"])
    book.save(tmp_path / "x.xlsx")
    with pytest.raises(ContentError, match=r"spreadsheet|columns"):
        read_sheet(tmp_path / "x.xlsx")


@pytest.mark.parametrize("size", [b"A1", b"A1:B2"])
def test_a_wrong_size_of_the_sheet_hides_nothing(path: Path, size: bytes) -> None:
    repack(
        path,
        "sheet1.xml",
        lambda xml: re.sub(rb"<dimension [^>]*/>", b'<dimension ref="' + size + b'"/>', xml),
    )

    assert len(read_sheet(path).rows) == len(LOADED.content.texts)


def test_the_sheet_may_be_renamed_and_stand_behind_others(path: Path) -> None:
    book = load_workbook(path)
    book.create_sheet("Hinweise", 0)["A1"] = "Bitte nur die grünen Felder ändern."
    book.save(path)
    assert language_of_file(path) == read_texts_file(path, language("tr")).language == "tr"
    book["tr"].title = "Tabelle1"
    book.save(path)
    assert language_of_file(path) == ""
    assert len(read_texts_file(path, language("tr")).rows) == len(LOADED.content.texts)
    book["Tabelle1"].title = "fr"
    book.save(path)
    with pytest.raises(ContentError, match="has texts in “fr”, not in “tr”"):
        read_texts_file(path, language("tr"))


@pytest.mark.parametrize("named", ["tr_TR", "tr-TR", "TR", "", "xx"])
def test_a_region_counts_as_the_language_and_an_unknown_one_as_none(tmp_path: Path, named: str) -> None:
    path = export(tmp_path / "x.po", "tr")
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('"Language: tr\\n"', f'"Language: {named}\\n"'), encoding="utf-8")

    assert language_of_file(path) == ("" if named in ("", "xx") else "tr")
    assert len(read_texts_file(path, language("tr")).rows) == len(LOADED.content.texts)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("de", "de"),
        ("de_DE", "de"),
        ("de-simple", "de_LS"),
        ("sr-Latn-RS", "sr_Latn"),
        ("sr", ""),
        ("de Kopie", ""),
    ],
)
def test_languages_are_known_by_their_tags(name: str, code: str) -> None:
    found = language_named(name)

    assert (found.code if found else "") == code


def test_a_text_that_stands_twice_is_told_with_both_lines(path: Path) -> None:
    line = line_of_key(load_workbook(path).worksheets[0], "menu.help")

    def copy_below(sheet: Worksheet) -> None:
        sheet.insert_rows(line + 1)
        for column in range(1, 10):
            sheet.cell(line + 1, column).value = sheet.cell(line, column).value  # type: ignore[union-attr]  # no cells are merged

    edit_sheet(path, copy_below)
    with pytest.raises(ContentError) as refused:
        read_sheet(path)
    (mistake,) = refused.value.mistakes
    assert mistake.line == line + 1
    assert mistake.message == f"“menu.help” stands here a second time; first in line {line}."


def test_a_text_that_stands_twice_in_a_catalogue_is_told_with_both_lines(tmp_path: Path) -> None:
    path = export(tmp_path / "x.po", "tr")
    text = path.read_text(encoding="utf-8")
    first = text[: text.index('msgctxt "menu.help"')].count("\n") + 1
    path.write_text(text + '\nmsgctxt "menu.help"\nmsgid "Hilfe!"\nmsgstr "Destek"\n', encoding="utf-8")
    with pytest.raises(ContentError) as refused:
        read_texts_file(path, language("tr"))
    (mistake,) = refused.value.mistakes
    assert mistake.message == f"“menu.help” stands here a second time; first in line {first}."


def test_the_lines_of_a_text_may_be_sorted_apart(tmp_path: Path) -> None:
    path = export(tmp_path / "x.xlsx", "tr")

    def sort_by_form(sheet: Worksheet) -> None:
        lines = [[cell.value for cell in line] for line in sheet.iter_rows(min_row=2)]
        lines.sort(key=lambda line: str(line[2] or ""), reverse=True)
        for number, line in enumerate(lines, start=2):
            for column, value in enumerate(line, start=1):
                sheet.cell(number, column).value = value  # type: ignore[union-attr]  # no cells are merged

    edit_sheet(path, sort_by_form)
    found = taken(path, "tr", tmp_path)
    assert (found.changed, found.refused, found.unchanged) == ({}, (), len(LOADED.content.texts))


@pytest.mark.parametrize("value", [dt.date(2026, 5, 3), True, 0.5, 12])
def test_what_the_spreadsheet_takes_for_no_text_is_refused(tmp_path: Path, path: Path, value: object) -> None:
    set_cell(path, "menu.help", "Text", value)
    found = taken(path, "tr", tmp_path)

    assert found.changed == {}
    (refusal,) = found.refused
    assert refusal.message.startswith("“menu.help” is a number or a date to the spreadsheet")


def test_a_control_character_that_somebody_adds_is_refused(tmp_path: Path) -> None:
    path = export(tmp_path / "x.po", "tr")
    change_po(path, "menu.help", "Des\x07tek")
    (refusal,) = taken(path, "tr", tmp_path).refused

    assert refusal.message == "“menu.help” has an invisible control character; type the words again."


def test_a_control_character_in_a_catalogue_does_not_stop_its_export(tmp_path: Path) -> None:
    source = LOADED.content.texts["menu.help"]
    row = Row(source, ("other",), Entry({"other": "Des\x07tek"}, (source.snapshot,)))
    (tmp_path / "x.xlsx").write_bytes(write_sheet([row], language("tr")))

    assert read_sheet(tmp_path / "x.xlsx").rows[0].forms == {"other": "Destek"}
