"""Texts as files: exported, worked on as people do it, read back; what is wrong costs only itself."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from bot.content import init_content, load_content, own_catalogue_path
from bot.texts.german import reword
from bot.texts.po_file import read_catalogue_file, write_catalogue
from bot.texts.rows import ReadFile, Row
from bot.texts.sheet_file import read_sheet, write_sheet
from bot.texts.taking import read_texts_file, write
from conversations.flow_files import parse_flow
from conversations.languages import GERMAN, LANGUAGES
from conversations.mistakes import ContentError
from conversations.text_files import parse_texts
from conversations.texts import SourceText, TextKind
from tests.support.text_files import (
    LOADED,
    NOW,
    change,
    change_sheet,
    export,
    language,
    put_in_force,
    taken,
)

FORMATS = ("po", "xlsx")
each_format = pytest.mark.parametrize("form", FORMATS)


# What comes back


@each_format
@pytest.mark.parametrize("code", [each.code for each in LANGUAGES])
def test_a_file_that_nobody_touched_changes_nothing(tmp_path: Path, code: str, form: str) -> None:
    path = export(tmp_path / f"x.{form}", code)
    found = taken(path, code, tmp_path)

    assert found.changed == {}
    assert found.refused == found.doubts == ()
    assert found.unchanged == len(LOADED.content.texts)


@each_format
@pytest.mark.parametrize("code", ["ar", "ti", "ru", "fr"])
def test_a_new_wording_is_in_force_afterwards_and_nothing_else_changes(
    tmp_path: Path, code: str, form: str
) -> None:
    folder = tmp_path / "town"
    folder.mkdir()
    before = LOADED.catalogues.get(code)
    words = before.find("menu.help") + " 2"
    path = export(tmp_path / f"x.{form}", code)
    change(path, "menu.help", words)
    after = put_in_force(path, code, folder).catalogues.get(code)

    assert after.find("menu.help") == words
    assert {key for key in before.entries if after.entries[key].forms != before.entries[key].forms} == {
        "menu.help"
    }
    own = own_catalogue_path(folder, language(code)).read_text(encoding="utf-8")
    assert own.count("msgctxt") == 1, "only what differs stands in the town's folder"


@each_format
def test_going_back_to_the_shipped_words_leaves_no_entry_of_the_towns(tmp_path: Path, form: str) -> None:
    shipped = LOADED.catalogues.get("tr").find("menu.help")
    first = export(tmp_path / f"x.{form}", "tr")
    change(first, "menu.help", "Destek")
    loaded = put_in_force(first, "tr", tmp_path)
    again = export(tmp_path / f"y.{form}", "tr", loaded=loaded, folder=tmp_path)
    change(again, "menu.help", shipped)
    loaded = put_in_force(again, "tr", tmp_path)

    assert loaded.catalogues.get("tr").find("menu.help") == shipped
    assert "msgctxt" not in own_catalogue_path(tmp_path, language("tr")).read_text(encoding="utf-8")


@pytest.mark.parametrize("code", ["ar", "de"])
def test_libreoffice_may_open_and_save_the_sheet(tmp_path: Path, code: str) -> None:
    office = shutil.which("soffice") or shutil.which("libreoffice")
    if office is None:
        pytest.skip("LibreOffice is not installed here")
    path = export(tmp_path / "texts.xlsx", code)
    change_sheet(path, "menu.help", "=1+1")
    change_sheet(path, "ui.btn.skip", "-1")
    out = tmp_path / "saved"
    subprocess.run(
        [office, f"-env:UserInstallation=file://{tmp_path}/office", "--headless", "--convert-to",
         "xlsx:Calc MS Excel 2007 XML", "--outdir", out, path],
        check=True, capture_output=True,
    )  # fmt: skip
    saved, sent = read_sheet(out / "texts.xlsx"), read_sheet(path)

    assert saved.language == code
    assert len(saved.rows) == len(LOADED.content.texts)
    assert [(row.key, row.forms, row.german, row.line) for row in saved.rows] == [
        (row.key, row.forms, row.german, row.line) for row in sent.rows
    ]


def test_the_habits_of_a_po_editor_do_no_harm(tmp_path: Path) -> None:
    """Lines wrapped elsewhere, a head of its own, Windows line ends, a mark at the beginning, old entries."""
    path = export(tmp_path / "x.po", "fa")
    msgcat = shutil.which("msgcat")
    if msgcat is not None:
        subprocess.run([msgcat, "--width=40", "-o", path, path], check=True)
    text = path.read_text(encoding="utf-8")
    text = text.replace(
        '"MIME-Version', '"X-Generator: Poedit 3.4\\n"\n"X-Poedit-Bookmarks: 1,2\\n"\n"MIME-Version', 1
    )
    text += '\n#~ msgctxt "gone.long_ago"\n#~ msgid "Alt"\n#~ msgstr "کهنه"\n'
    path.write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    found = taken(path, "fa", tmp_path)

    assert found.changed == {}
    assert found.refused == ()
    assert found.unchanged == len(LOADED.content.texts)


def test_an_editor_that_counts_otherwise_still_gets_the_right_forms(tmp_path: Path) -> None:
    """Other tools put the last two forms of Arabic the other way round (Babel's own table does)."""
    forms = ("صفر", "واحد", "اثنان", "قليل", "كثير", "آخر")
    header = (
        "nplurals=6; plural=(n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 "
        ": n%100>=11 && n%100<=99 ? 4 : 5);"
    )
    swapped = header.replace("? 4 : 5", "? 5 : 4")

    def read(plural: str, order: tuple[int, ...]) -> dict[str, str]:
        path = tmp_path / "x.po"
        lines = "".join(f'msgstr[{place}] "{forms[index]}"\n' for place, index in enumerate(order))
        path.write_text(
            'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n'
            f'"Plural-Forms: {plural}\\n"\n\n'
            f'msgctxt "a.b"\nmsgid "{{n}} Tag"\nmsgid_plural "{{n}} Tage"\n{lines}',
            encoding="utf-8",
        )
        return dict(read_catalogue_file(path, language("ar")).rows[0].forms)

    assert read(header, (0, 1, 2, 3, 4, 5)) == read(swapped, (0, 1, 2, 3, 5, 4))
    with pytest.raises(ContentError, match="do not fit Arabic"):
        read("nplurals=2; plural=(n != 1);", (0, 1))


@settings(deadline=None, max_examples=60)
@given(
    words=st.text(
        st.characters(blacklist_categories=("Cs", "Cc"), blacklist_characters="{}"), max_size=60
    ).map(str.strip),
    lines=st.integers(1, 3),
)
def test_any_words_survive_both_formats(
    tmp_path_factory: pytest.TempPathFactory, words: str, lines: int
) -> None:
    said = "\n".join([words] * lines)
    source = SourceText("a.b", TextKind.MESSAGE, {"other": "Deutsch"})
    row = Row(source, ("other",), None)
    row = replace(row, entry=replace(LOADED.catalogues.get("tr").entries["menu.help"], forms={"other": said}))
    folder = tmp_path_factory.mktemp("any")
    (folder / "x.po").write_bytes(write_catalogue([row], language("tr"), "", NOW))
    (folder / "x.xlsx").write_bytes(write_sheet([row], language("tr")))

    assert read_catalogue_file(folder / "x.po", language("tr")).rows[0].forms == {"other": said.strip("\n")}
    assert read_sheet(folder / "x.xlsx").rows[0].forms == {"other": said.strip("\n")}


# What is refused


@each_format
def test_rows_that_are_wrong_are_refused_by_line_and_the_rest_is_taken(tmp_path: Path, form: str) -> None:
    path = export(tmp_path / f"x.{form}", "tr")
    change(path, "menu.help", "Destek")
    change(path, "end.expect", "Yanıtınız bir öneridir. {gap}")
    change(path, "ui.btn.skip", "Bu düğme için çok ama çok uzun bir yazı")
    change(path, "menu.delete", "Привет")
    found = taken(path, "tr", tmp_path)

    assert set(found.changed) == {"menu.help"}
    told = {refusal.message: refusal.line for refusal in found.refused}
    assert any(message.startswith("“end.expect” has the gap {gap}") for message in told)
    assert any(message.startswith("“ui.btn.skip” is ") for message in told)
    assert any(message.startswith("“menu.delete” has letters of another script") for message in told)
    lines = path.read_text(encoding="utf-8").split("\n") if form == "po" else None
    for message, line in told.items():
        key = message.partition("”")[0].lstrip("“")
        if lines is not None:
            assert lines[line - 1] == f'msgctxt "{key}"'
        else:
            assert load_workbook(path).worksheets[0].cell(line, 1).value == key
    after = put_in_force(path, "tr", tmp_path).catalogues
    assert after.get("tr").find("menu.help") == "Destek"
    assert after.get("tr").find("end.expect") == LOADED.catalogues.get("tr").find("end.expect")
    assert after.offers("tr")


@each_format
def test_two_buttons_of_one_question_may_not_become_the_same(tmp_path: Path, form: str) -> None:
    path = export(tmp_path / f"x.{form}", "en")
    change(path, "o.arb_now.looking", LOADED.catalogues.get("en").find("o.arb_now.working"))
    found = taken(path, "en", tmp_path)

    assert found.changed == {}
    (refusal,) = found.refused
    assert refusal.message.startswith("“o.arb_now.looking” reads the same as o.arb_now.working")


def test_what_the_translator_is_unsure_of_stays_as_it_was(tmp_path: Path) -> None:
    path = export(tmp_path / "x.po", "tr")
    change(path, "menu.help", "Destek")
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('msgctxt "menu.help"', '#, fuzzy\nmsgctxt "menu.help"'), encoding="utf-8")
    found = taken(path, "tr", tmp_path)

    assert (found.changed, found.unsure) == ({}, 1)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("x.po", b"", "There is no text in this file"),
        ("x.po", b'msgid "a"\nmsgstr "b', "Check the quotation marks"),
        ("x.po", b'msgctxt "menu.help"\nmsgid "Hilfe"\nHallo\n', "Check the quotation marks"),
        ("x.po", b'msgid ""\nmsgstr ""\n\nmsgctxt "menu.help"\nmsgid "Hilfe"\nmsgstr "\xff"\n', "UTF-8"),
        ("x.xlsx", b"", "not a spreadsheet"),
        ("x.xlsx", b"PK\x03\x04 broken", "not a spreadsheet"),
        ("x.csv", b"a;b", "Texts are read from"),
    ],
)
def test_a_broken_file_is_refused_in_one_sentence_and_nothing_changes(
    tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(ContentError) as refused:
        read_texts_file(path, language("tr"))

    (mistake,) = refused.value.mistakes
    assert message in mistake.message
    assert mistake.line >= 1
    assert list(tmp_path.iterdir()) == [path]


def test_a_sheet_without_its_columns_and_one_of_another_language_are_refused(tmp_path: Path) -> None:
    book = Workbook()
    book.worksheets[0].append(["Key", "Text"])
    book.save(tmp_path / "x.xlsx")
    with pytest.raises(ContentError, match="must have the columns"):
        read_texts_file(tmp_path / "x.xlsx", language("tr"))
    for form in FORMATS:
        with pytest.raises(ContentError, match="has texts in “fr”, not in “tr”"):
            read_texts_file(export(tmp_path / f"y.{form}", "fr"), language("tr"))
    with pytest.raises(ContentError, match="There is no such file"):
        read_texts_file(tmp_path / "none.po", language("tr"))


def test_a_formula_is_refused_and_never_worked_out(tmp_path: Path) -> None:
    path = export(tmp_path / "x.xlsx", "tr")
    book = load_workbook(path)
    sheet = book.worksheets[0]
    line = next(line for line in sheet.iter_rows(min_row=2) if line[0].value == "menu.help")
    line[4].value = "=1+1"
    book.save(path)
    found = taken(path, "tr", tmp_path)

    assert found.changed == {}
    (refusal,) = found.refused
    assert refusal.message.startswith("“menu.help” has a formula")


# The German itself


@each_format
def test_staff_reword_the_german_and_its_translations_are_outdated_then(tmp_path: Path, form: str) -> None:
    path = export(tmp_path / f"x.{form}", "de")
    change(path, "menu.help", "Fragen und Hilfe")
    change(path, "o.wer_obstacle.prejudice", "Vorurteile im Alltag")
    folder = tmp_path / "town"
    folder.mkdir()
    after = put_in_force(path, "de", folder)

    assert after.catalogues.get("de").find("menu.help") == "Fragen und Hilfe"
    assert after.catalogues.get("de").find("o.wer_obstacle.prejudice") == "Vorurteile im Alltag"
    assert set(after.catalogues.get("uk").list_outdated()) == {"menu.help", "o.wer_obstacle.prejudice"}
    assert after.catalogues.offers("uk"), (
        "the old wording goes on being shown until somebody has looked at it"
    )
    assert sorted(each.name for each in folder.rglob("*.yaml")) == ["reworded.yaml", "werte.yaml"]
    again = export(tmp_path / f"again.{form}", "uk", loaded=after, folder=folder)
    if form == "po":
        assert again.read_text(encoding="utf-8").count("Outdated: the German has changed.") == 2
    else:
        states = [line[7] for line in load_workbook(again).worksheets[0].iter_rows(values_only=True)]
        assert sum(str(state).startswith("The German has changed.") for state in states) == 2


def test_comments_and_order_of_the_towns_own_files_stay(tmp_path: Path) -> None:
    init_content(tmp_path)
    before = {path: path.read_text(encoding="utf-8") for path in tmp_path.rglob("*.yaml")}
    path = export(tmp_path / "x.xlsx", "de")
    change_sheet(path, "sys.welcome", "Hallo!\n\nDas ist der Bot der {org}: {official_url}")
    change_sheet(path, "pl.topics_done", "{n} Thema ist fertig.", "{n} Themen sind fertig.")
    change_sheet(path, "q.arb_now", "Was passt zu Ihnen: „heute“?")
    loaded = put_in_force(path, "de", tmp_path)

    german = loaded.catalogues.get("de")
    assert german.find("sys.welcome") == "Hallo!\n\nDas ist der Bot der {org}: {official_url}"
    assert german.find("pl.topics_done", 1) == "{n} Thema ist fertig."
    assert german.find("q.arb_now") == "Was passt zu Ihnen: „heute“?"
    changed = [path for path, text in before.items() if path.read_text(encoding="utf-8") != text]
    assert sorted(path.name for path in changed) == ["arbeit.yaml", "start.yaml"]
    for path in changed:
        old, new = before[path].split("\n"), path.read_text(encoding="utf-8").split("\n")
        comments = [line for line in old if line.lstrip().startswith("#") or "note:" in line]
        assert comments == [line for line in new if line.lstrip().startswith("#") or "note:" in line]


@settings(deadline=None, max_examples=40)
@given(
    words=st.lists(
        st.text(
            st.sampled_from("abc äß:#-'\"\\%&*!|>[]?,„“{org}0 ").filter(lambda sign: sign not in "{}"),
            min_size=1,
        )
        .map(str.strip)
        .filter(bool),
        min_size=1,
        max_size=3,
    ).map("\n".join)
)
def test_any_german_words_can_be_put_into_the_files(
    tmp_path_factory: pytest.TempPathFactory, words: str
) -> None:
    """Whatever YAML would read into them: a colon, a comment, a quotation mark, a dash."""
    folder = tmp_path_factory.mktemp("town")
    keys = ("consent.declined", "q.wer_now", "o.wer_obstacle.prejudice")
    files = reword(folder, {key: {"other": words} for key in keys}, LOADED.content.texts)
    assert sorted(path.name for path in files) == ["reworded.yaml", "werte.yaml"]
    for path, text in files.items():
        is_field = path.name == "werte.yaml"
        read = parse_flow(text, "x").texts if is_field else parse_texts(text, "x")
        assert all(read[key].snapshot == words for key in keys if key in read)
        assert len([key for key in keys if key in read]) == (2 if is_field else 1)


def test_german_that_would_break_a_gap_is_refused(tmp_path: Path) -> None:
    path = export(tmp_path / "x.xlsx", "de")
    change_sheet(path, "sys.welcome", "Hallo {orgg")
    found = taken(path, "de", tmp_path)

    assert found.changed == {}
    assert [refusal.message for refusal in found.refused] == [
        "“sys.welcome” has a brace that is not part of a gap.",
        "“sys.welcome” lacks the gap {official_url}.",
        "“sys.welcome” lacks the gap {org}.",
    ]


def test_a_write_that_would_leave_content_nobody_can_read_leaves_everything_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "town").mkdir()
    loaded = load_content(tmp_path / "town")
    entry = LOADED.catalogues.get("de").entries["menu.help"]
    broken = {"menu.help": replace(entry, forms={"other": "{not a gap"})}
    with pytest.raises(ContentError):
        write(loaded, GERMAN, broken, tmp_path / "town", NOW)

    assert not list((tmp_path / "town").rglob("*.yaml"))
    assert load_content(tmp_path / "town").content.texts == LOADED.content.texts


def test_only_the_words_can_be_typed_into_and_they_run_in_their_direction(tmp_path: Path) -> None:
    sheet = load_workbook(export(tmp_path / "x.xlsx", "ar")).worksheets[0]
    head = [cell.value for cell in sheet[1]]

    assert sheet.protection.sheet
    assert sheet.freeze_panes == "D2"
    for line in sheet.iter_rows(min_row=2):
        for name, cell in zip(head, line, strict=True):
            assert cell.protection.locked == (name not in ("Text", "State"))
            assert cell.data_type in ("s", "inlineStr")
        assert line[head.index("Text")].alignment.readingOrder == 2
    assert sheet.max_row > len(LOADED.content.texts)


def test_a_file_says_what_a_translator_must_know(tmp_path: Path) -> None:
    text = export(tmp_path / "x.po", "hr").read_text(encoding="utf-8")
    entry = text[: text.index('msgctxt "ui.btn.skip"')].rpartition("\n\n")[2]

    assert "#. button" in entry
    assert "#. at most 34 letters" in entry
    assert "Verb, neutral" in entry
    assert '"Language: hr\\n"' in text
    assert isinstance(read_catalogue_file(tmp_path / "x.po", language("hr")), ReadFile)
