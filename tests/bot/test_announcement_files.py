"""The file for translators: it comes back whole, or not at all with every mistake named."""

from __future__ import annotations

import csv
import io
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bot.announcement_files import COLUMNS, SheetError, read_sheet, write_sheet
from conversations.announcement_templates import AnnouncementKind
from conversations.announcements import Announcement, Audience
from conversations.mistakes import ContentError
from tests.storage.export.payloads import FORMULAS, PAYLOADS
from tests.support.announcement_samples import LANGUAGES

GERMAN = {
    "measure_title": "Mehr Kurse am Abend",
    "measure_text": "Seit Montag gibt es Kurse.\n\n=2+2 Plätze sind frei; „viele“ noch nicht.",
}
TURKISH = {
    "measure_title": "Akşam kursları",
    "measure_text": "Pazartesiden beri kurs var.\n\n- Şimdi; “yer” var.",
}
ARABIC = {
    "measure_title": "دورات مسائية",
    "measure_text": "منذ يوم الاثنين.\n\nhttps://goeppingen.de (مجانًا)",
}


def measure(**words: dict[str, str]) -> Announcement:
    return Announcement(AnnouncementKind.MEASURE_STARTED, words={"de": GERMAN, **words})


def rows_of(path: Path) -> list[list[str]]:
    return list(csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline=""), delimiter=";"))


def write_rows(
    path: Path, rows: list[list[str]], *, delimiter: str = ";", encoding: str = "utf-8-sig"
) -> None:
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file, delimiter=delimiter).writerows(rows)


def mistakes(path: Path, announcement: Announcement | None = None) -> list[str]:
    with pytest.raises(ContentError) as error:
        read_sheet(announcement or measure(), LANGUAGES, path)
    return [f"{mistake.line}: {mistake.message}" for mistake in error.value.mistakes]


@pytest.fixture
def sheet(tmp_path: Path) -> Path:
    """A table as it goes out, with nothing translated yet."""
    path = tmp_path / "texts.csv"
    assert write_sheet(measure(), LANGUAGES, path) == (path,)
    return path


def fill(path: Path, words: dict[tuple[str, str], str]) -> None:
    """Fill in translations as a translator does."""
    head, *rows = rows_of(path)
    write_rows(path, [head, *([*row[:-1], words.get((row[1], row[0]), row[-1])] for row in rows)])


# Out


def test_the_table_has_a_row_for_each_gap_and_language_with_german_and_english_beside(tmp_path: Path) -> None:
    path = tmp_path / "texts.csv"
    write_sheet(measure(en={"measure_title": "More evening courses"}, tr=TURKISH), LANGUAGES, path)
    assert path.read_bytes().startswith(b"\xef\xbb\xbfgap;language;german;english;translation\r\n")
    head, *rows = rows_of(path)
    assert head == list(COLUMNS)
    assert [(row[0], row[1]) for row in rows] == [
        (gap, code) for code in ("de_LS", "en", "tr", "ar") for gap in GERMAN
    ]
    assert rows[0] == ["measure_title", "de_LS", GERMAN["measure_title"], "More evening courses", ""]
    assert rows[2] == ["measure_title", "en", GERMAN["measure_title"], "", "More evening courses"]
    assert rows[5][4] == TURKISH["measure_text"]


def test_only_languages_that_are_meant_go_out(tmp_path: Path) -> None:
    path = tmp_path / "texts.csv"
    write_sheet(replace(measure(), audience=Audience(languages=frozenset({"de", "tr"}))), LANGUAGES, path)
    assert {row[1] for row in rows_of(path)[1:]} == {"tr"}


@pytest.mark.parametrize(
    ("announcement", "name", "sentence"),
    [
        (Announcement(AnnouncementKind.FREE), "texts.csv",
         "There is nothing to translate: no words are written in German yet."),
        (Announcement(AnnouncementKind.INCIDENT), "texts.csv",
         "There is nothing to translate: this kind has no words of its own."),
        (measure(), "texts.xlsx", "The name of the file must end in .csv or .po, not “texts.xlsx”."),
        (measure(), "nowhere/texts.csv", "texts.csv cannot be written: No such file or directory."),
    ],
)  # fmt: skip
def test_what_cannot_be_written_is_said(
    tmp_path: Path, announcement: Announcement, name: str, sentence: str
) -> None:
    with pytest.raises(SheetError) as error:
        write_sheet(announcement, LANGUAGES, tmp_path / name)
    assert str(error.value).endswith(sentence)
    assert list(tmp_path.iterdir()) == []


# Back


@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_a_table_comes_back_as_programs_save_it(sheet: Path, delimiter: str, encoding: str) -> None:
    fill(sheet, {("tr", gap): words for gap, words in TURKISH.items()})
    write_rows(sheet, rows_of(sheet), delimiter=delimiter, encoding=encoding)
    assert read_sheet(measure(), LANGUAGES, sheet) == {"tr": TURKISH}


def test_what_is_not_translated_yet_takes_nothing_away(sheet: Path) -> None:
    fill(sheet, {("ar", "measure_title"): ARABIC["measure_title"], ("tr", "measure_text"): " \n "})
    assert read_sheet(measure(tr=TURKISH), LANGUAGES, sheet) == {
        "ar": {"measure_title": ARABIC["measure_title"]}
    }


def test_rows_may_be_sorted_and_languages_left_out(sheet: Path) -> None:
    fill(sheet, {("ar", gap): words for gap, words in ARABIC.items()})
    head, *rows = rows_of(sheet)
    write_rows(sheet, [head, *reversed([row for row in rows if row[1] in ("ar", "tr")]), [""] * 5])
    assert read_sheet(measure(), LANGUAGES, sheet) == {"ar": ARABIC}


@pytest.mark.parametrize("words", [*FORMULAS, *PAYLOADS], ids=lambda words: ascii(words)[:40])
def test_no_cell_is_a_formula_and_every_text_comes_back(tmp_path: Path, words: str) -> None:
    path = tmp_path / "texts.csv"
    german = Announcement(AnnouncementKind.FREE, words={"de": {"text": words}, "tr": {"text": words}})
    if not german.find(german.template.words[0], "de"):
        return
    write_sheet(german, ["de", "tr"], path)
    (row,) = rows_of(path)[1:]
    assert row[2][:1] not in tuple("=+-@\t\r\n")
    back = read_sheet(german, ["de", "tr"], path)["tr"]["text"]
    visible = "".join(sign for sign in words if sign.isprintable() and not sign.isspace())
    assert "".join(sign for sign in back if sign.isprintable() and not sign.isspace()) == visible


def change_cell(line: int, column: int, words: str) -> Callable[[list[list[str]]], None]:
    def change(rows: list[list[str]]) -> None:
        rows[line][column] = words

    return change


#: Rows: 1 title and 2 text in de_LS, 3 and 4 in en, 5 and 6 in tr, 7 and 8 in ar. The texts have three lines.
@pytest.mark.parametrize(
    ("change", "found"),
    [
        (change_cell(1, 0, "measure_titel"), [
            "2: There is no gap “measure_titel”. Did you mean “measure_title”?",
            "15: “measure_title” in de_LS is missing. Was the row deleted?",
        ]),
        (change_cell(7, 1, "fa"), [
            "14: There is no language “fa”. Possible are: de_LS, en, tr, ar.",
            "15: “measure_title” in ar is missing. Was the row deleted?",
        ]),
        (change_cell(7, 1, "de"), [
            "14: There is no language “de”. Possible are: de_LS, en, tr, ar.",
            "15: “measure_title” in ar is missing. Was the row deleted?",
        ]),
        (lambda rows: rows.pop(8), ["14: “measure_text” in ar is missing. Was the row deleted?"]),
        (lambda rows: rows.append(rows[7]), ["18: “measure_title” in ar stands in line 14 already."]),
        (change_cell(5, 2, "Mehr Kurse"), [
            "10: The German of “measure_title” is not what it is now: it was changed here, or rewritten since"
            " the file was made. Please make the file again."
        ]),
        (lambda rows: rows[5].append("x"), [
            "10: This row has 6 columns instead of 5.",
            "15: “measure_title” in tr is missing. Was the row deleted?",
        ]),
        (change_cell(5, 4, "Ak?am ???"), [
            "10: “measure_title” in tr has lost its letters. Save the table as “CSV UTF-8”."
        ]),
        (change_cell(0, 0, "Lücke"), ["1: The first line must be: gap;language;german;english;translation"]),
        (lambda rows: rows.__delitem__(slice(1, None)), ["1: There is nothing in the file below its head."]),
    ],
    ids=["unknown gap", "unknown language", "german as a translation", "lost gap", "twice", "changed German",
         "stray column", "lost letters", "head", "no row"],
)  # fmt: skip
def test_whatever_is_wrong_is_refused_with_its_line_and_nothing_is_taken(
    sheet: Path, change: Callable[[list[list[str]]], None], found: list[str]
) -> None:
    rows = rows_of(sheet)
    for row in rows[1:]:
        row[-1] = "…"
    change(rows)
    write_rows(sheet, rows)
    assert mistakes(sheet) == found


def test_files_that_are_no_tables_are_refused(tmp_path: Path) -> None:
    def said(name: str, raw: bytes) -> list[str]:
        (tmp_path / name).write_bytes(raw)
        return mistakes(tmp_path / name)

    assert said("a.csv", b"") == ["1: The file is empty."]
    assert said("a.csv", b"x\0y") == ["1: This is not a text file. Save a table as “CSV UTF-8”."]
    assert said("a.csv", b"x" * 1_000_001) == [
        "1: The file is larger than 1 MB: that cannot be an announcement."
    ]
    assert said("a.csv", "gap;language\nfür;x\n".encode("cp1252")) == [
        "2: This line has letters in another encoding. Save the table as “CSV UTF-8”."
    ]
    assert said("a.csv", b'gap;language;german;english;translation\r\n"x;y') == [
        "2: A quotation mark is missing or too many in the row that begins here."
    ]
    assert said("a.xlsx", b"PK") == ["1: The name of the file must end in .csv or .po, not “a.xlsx”."]
    with pytest.raises(SheetError, match="cannot be read: No such file"):
        read_sheet(measure(), LANGUAGES, tmp_path / "b.csv")


def test_german_that_was_rewritten_meanwhile_is_noticed(sheet: Path) -> None:
    now = Announcement(AnnouncementKind.MEASURE_STARTED, words={"de": {**GERMAN, "measure_title": "Neu"}})
    assert [found.partition(":")[0] for found in mistakes(sheet, now)] == ["2", "6", "10", "14"]


# Catalogues


def test_each_language_has_a_catalogue_of_its_own(tmp_path: Path) -> None:
    written = write_sheet(measure(en={"measure_title": "More\ncourses"}), LANGUAGES, tmp_path / "texts.po")
    assert [path.name for path in written] == [f"texts.{code}.po" for code in LANGUAGES if code != "de"]
    turkish = (tmp_path / "texts.tr.po").read_text(encoding="utf-8")
    assert '#. English: More\n#. courses\nmsgctxt "measure_title"\n' in turkish
    filled = turkish.replace('msgstr ""\n\nmsgctxt', 'msgstr "Akşam \\"kursları\\""\n\nmsgctxt')
    assert filled != turkish
    (tmp_path / "texts.tr.po").write_text(filled, encoding="utf-8")
    back = read_sheet(measure(), LANGUAGES, tmp_path / "texts.tr.po")
    assert back == {"tr": {"measure_title": 'Akşam "kursları"'}}


@pytest.mark.parametrize(("code", "words"), [("ar", ARABIC), ("tr", TURKISH)])
def test_a_catalogue_comes_back_whole(tmp_path: Path, code: str, words: dict[str, str]) -> None:
    announcement = measure(**{code: words})
    write_sheet(announcement, LANGUAGES, tmp_path / "texts.po")
    assert read_sheet(announcement, LANGUAGES, tmp_path / f"texts.{code}.po") == {code: words}


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ('msgctxt "measure_title"', 'msgctxt "title"', [
            "9: There is no gap “title”. Known are: measure_title, measure_text.",
            "22: “measure_title” in ar is missing. Was the row deleted?",
        ]),
        ("Mehr Kurse", "Kurse", [
            "9: The German of “measure_title” is not what it is now: it was changed here, or rewritten since"
            " the file was made. Please make the file again."
        ]),
        ("Language: ar", "Language: fa", [
            "1: The head of the file names the language “fa”. Possible are: de_LS, en, tr, ar."
        ]),
        ("Language: ar", "Sprache: ar", [
            "1: The head of the file names no language. Possible are: de_LS, en, tr, ar."
        ]),
        ('msgctxt "measure_title"', '#, fuzzy\nmsgctxt "measure_title"', [
            "10: “measure_title” is marked “fuzzy”: somebody has to confirm it."
        ]),
        ('msgctxt "measure_text"', 'msgctxt "measure_title"', [
            "13: “measure_title” stands here a second time; first in line 9."
        ]),
    ],
    ids=["unknown gap", "changed German", "unknown language", "no language", "fuzzy", "twice"],
)  # fmt: skip
def test_whatever_is_wrong_with_a_catalogue_is_refused(
    tmp_path: Path, before: str, after: str, found: list[str]
) -> None:
    announcement = measure(ar=ARABIC)
    write_sheet(announcement, LANGUAGES, tmp_path / "texts.po")
    path = tmp_path / "texts.ar.po"
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after, 1), encoding="utf-8")
    assert mistakes(path, announcement) == found


# A real spreadsheet


@pytest.mark.skipif(
    shutil.which("soffice") is None,
    reason="LibreOffice is missing: apt-get install --no-install-recommends libreoffice-calc",
)
def test_a_table_that_libreoffice_opened_and_saved_comes_back(tmp_path: Path) -> None:
    announcement = measure(tr=TURKISH, ar={**ARABIC, "measure_title": "=1+1 دورات"})
    write_sheet(announcement, LANGUAGES, tmp_path / "texts.csv")
    read = "--infilter=CSV:59,34,76,1,,1031,false,true"

    def convert(file: Path, target: str, folder: Path, *options: str) -> None:
        command = ["soffice", f"-env:UserInstallation=file://{tmp_path}/profile", "--headless", *options]
        subprocess.run(
            [*command, "--convert-to", target, "--outdir", str(folder), str(file)],
            check=True, capture_output=True, timeout=180,
        )  # fmt: skip

    convert(tmp_path / "texts.csv", "ods", tmp_path, read)
    for form in ("59,34,76", "44,34,76"):  # separator, quotation mark, encoding
        target = f"csv:Text - txt - csv (StarCalc):{form},1,,0,false,true,false"
        convert(tmp_path / "texts.ods", target, tmp_path / "saved")
        back = read_sheet(announcement, LANGUAGES, tmp_path / "saved" / "texts.csv")
        assert back == {"tr": TURKISH, "ar": {**ARABIC, "measure_title": "=1+1 دورات"}}
