"""A real spreadsheet opens an export: no cell is a formula, and every text can be had back."""

from __future__ import annotations

import csv
import re
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest

from storage.database import Database
from storage.export import Selection, write_export
from storage.export.cells import neutralise, recover
from storage.keyring import KeyRing
from tests.storage.export.payloads import FORMULAS, PAYLOADS
from tests.storage.export.world import World, make_content, read_rows

pytestmark = pytest.mark.skipif(
    shutil.which("soffice") is None,
    reason="LibreOffice is missing: apt-get install --no-install-recommends libreoffice-calc",
)
_NAMESPACE = {"x": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}
#: Semicolon, double quote, UTF-8, from the first line: what LibreOffice proposes for our files.
_CSV_FILTER = "CSV:59,34,76,1"
#: How an XLSX file writes characters that XML does not allow (ECMA-376, ST_Xstring).
_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")


def open_as_spreadsheet(file: Path, folder: Path) -> tuple[list[list[str]], int]:
    """Open a CSV file with LibreOffice; return its cells as shown, and how many are formulas."""
    subprocess.run(
        [
            "soffice", f"-env:UserInstallation=file://{folder}/profile", "--headless",
            f"--infilter={_CSV_FILTER}", "--convert-to", "xlsx", "--outdir", str(folder), str(file),
        ],
        check=True, capture_output=True, timeout=180,
    )  # fmt: skip
    with zipfile.ZipFile(folder / f"{file.stem}.xlsx") as book:
        sheet = ElementTree.fromstring(book.read("xl/worksheets/sheet1.xml"))
        strings = ElementTree.fromstring(book.read("xl/sharedStrings.xml"))
    shared = ["".join(text.text or "" for text in item.iterfind(".//x:t", _NAMESPACE)) for item in strings]
    rows = [list(_cells(row, shared)) for row in sheet.iterfind(".//x:row", _NAMESPACE)]
    return rows, len(sheet.findall(".//x:f", _NAMESPACE))


def _cells(row: ElementTree.Element, shared: list[str]) -> Iterator[str]:
    for cell in row.iterfind("x:c", _NAMESPACE):
        value = cell.findtext("x:v", "", _NAMESPACE)
        found = shared[int(value)] if cell.get("t") == "s" else value
        yield _ESCAPED.sub(lambda match: chr(int(match[1], 16)), found)


def test_without_the_rule_a_spreadsheet_makes_formulas(tmp_path: Path) -> None:
    with (tmp_path / "raw.csv").open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file, delimiter=";").writerows([formula, "x"] for formula in FORMULAS)
    _, formulas = open_as_spreadsheet(tmp_path / "raw.csv", tmp_path)
    assert formulas > 0


def test_a_spreadsheet_finds_no_formula_and_keeps_every_text(
    sqlite_database: Database, keys: KeyRing, tmp_path: Path
) -> None:
    world = World(sqlite_database, keys)
    people = range(1, len(PAYLOADS) + 1)
    world.come(*people)
    for person, payload in zip(people, PAYLOADS, strict=True):
        world.answer(person, scope="werte", step="wer_future", codes=("text",), words=f"{payload}")
    world.release_everything()
    world.word("arb_now", "de", "=1+1\n@SUM(1)")
    write_export(sqlite_database, keys, make_content(), tmp_path, Selection())

    for name in ("answers", "profile", "texts", "codebook"):
        rows, formulas = open_as_spreadsheet(tmp_path / f"{name}.csv", tmp_path)
        assert formulas == 0
        assert len(rows) == len(read_rows(tmp_path / f"{name}.csv"))
        if name == "texts":
            assert sorted(row[3] for row in rows[1:]) == sorted(map(neutralise, PAYLOADS))
            assert sorted(recover(row[3]) for row in rows[1:]) == sorted(
                recover(neutralise(payload)) for payload in PAYLOADS
            )
        if name == "profile":
            assert rows[0] == ["step", "code", "label_de", "count"]
