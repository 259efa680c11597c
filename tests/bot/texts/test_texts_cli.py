"""`mitreden texts` as staff and translators meet it: one sentence each, and nothing lost."""

from __future__ import annotations

import errno
import json
from pathlib import Path

import pytest
from click.testing import Result
from openpyxl import load_workbook
from typer.testing import CliRunner

from bot.cli import cli
from bot.content import load_content
from bot.texts.signatures import SIGNATURES
from conversations.languages import LANGUAGES


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MITREDEN_CONTENT", raising=False)
    (tmp_path / "town").mkdir()


def run(*arguments: str, said: str = "") -> Result:
    return CliRunner().invoke(
        cli, ["texts", *arguments], input=said, prog_name="mitreden", env={"COLUMNS": "200"}
    )


def reword(path: Path, key: str, words: str) -> None:
    book = load_workbook(path)
    sheet = book.worksheets[0]
    line = next(line for line in sheet.iter_rows(min_row=2) if line[0].value == key)
    line[4].value = words
    book.save(path)


@pytest.mark.parametrize("command", ["export", "import", "status", "sign", "script", "gallery"])
def test_every_command_has_an_example(command: str) -> None:
    shown = run(command, "--help")

    assert shown.exit_code == 0
    assert f"Example: mitreden texts {command}" in shown.output


def test_export_change_import(tmp_path: Path) -> None:
    shipped = load_content(None)
    count, before = len(shipped.content.texts), shipped.catalogues.get("ar").find("menu.help")
    exported = run("export", "--language", "ar", "--format", "xlsx")
    assert exported.output == f"mitreden-ar.xlsx: {count} texts, 0 outdated, 0 missing.\n"
    reword(tmp_path / "mitreden-ar.xlsx", "menu.help", "مساعدة ونصائح")
    reword(tmp_path / "mitreden-ar.xlsx", "menu.topics", "{gap}")
    imported = run("import", "mitreden-ar.xlsx", "--content", "town", said="y\n")
    assert "Arabic: write 1 text?" in imported.output

    assert "refused: “menu.topics” has the gap {gap}" in imported.output
    assert f"menu.help: “{before}” → “مساعدة ونصائح”" in imported.output
    assert f"1 text to take over, {count - 2} as before, 0 marked as unsure" in imported.output
    assert "A running bot shows them after its next start." in imported.output
    assert imported.exit_code == 1, "a script learns that something was refused"
    loaded = load_content(tmp_path / "town")
    assert loaded.catalogues.get("ar").find("menu.help") == "مساعدة ونصائح"
    assert loaded.catalogues.offers("ar")
    again = run("import", "mitreden-ar.xlsx", "--content", "town", "--yes")
    assert f"0 texts to take over, {count - 1} as before" in again.output


def test_saying_no_changes_nothing(tmp_path: Path) -> None:
    run("export", "--language", "de")
    reword(tmp_path / "mitreden-de.xlsx", "menu.help", "Fragen")
    refused = run("import", "mitreden-de.xlsx", "--content", "town", said="n\n")

    assert "Nothing was changed." in refused.output
    assert list((tmp_path / "town").iterdir()) == []


def test_a_file_without_a_language_is_asked_for_one(tmp_path: Path) -> None:
    (tmp_path / "x.po").write_text('msgctxt "menu.help"\nmsgid "Hilfe"\nmsgstr "Yardım"\n', encoding="utf-8")
    asked = run("import", "x.po", "--content", "town")
    assert (asked.exit_code, asked.output.startswith("Say the language with --language.")) == (1, True)
    taken = run("import", "x.po", "--content", "town", "--language", "tr", "--yes")
    assert "to take over" in taken.output


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("export", "-l", "xx"), "There is no language “xx”."),
        (("export", "-l", "de", "--out", "no/such/x.po"), "There is no folder no/such; make it first"),
        (("import", "none.xlsx", "--content", "town"), "There is no such file."),
        (("import", "none.xlsx"), "Name the content folder with --content or MITREDEN_CONTENT"),
        (
            ("sign", "-l", "ar", "--part", "some", "--by", "Ute", "--content", "town"),
            "There is no part “some”.",
        ),
        (("sign", "-l", "ar", "--part", "all", "--by", " ", "--content", "town"), "Say with --by who"),
        (("sign", "-l", "ar", "--part", "all", "--by", "Ute"), "Name the content folder"),
        *(
            (
                ("sign", "-l", "ar", "--part", "all", "--by", f"U{sign}te", "--content", "town"),
                "The name in --by has a character that cannot be shown",
            )
            for sign in "\x7f\n\x00\udcff"
        ),
        (("export", "-l", "de", "--out", "."), ". is a folder; name a file in it."),
        (("export", "-l", "de", "--out", "folder.xlsx"), "folder.xlsx is a folder; name a file in it."),
        (("gallery", "-l", "de", "--out", "folder.xlsx"), "folder.xlsx is a folder; name a file in it."),
        (("import", "folder.xlsx", "--content", "town"), "There is no such file."),
        (("import", "x.xlsx", "--content", "a_file"), "a_file is a file; name the content folder."),
        (
            ("import", "x.xlsx", "--content", "a_file/town"),
            "There is no folder a_file/town; check its name, or make it first.",
        ),
        (("script", "-l", "klingon"), "There is no language “klingon”."),
        (("gallery", "--out", "no/such/g.html"), "There is no folder no/such"),
        (("status", "-l", "ger"), "There is no language “ger”."),
    ],
)
def test_what_cannot_be_done_is_one_sentence(
    tmp_path: Path, arguments: tuple[str, ...], sentence: str
) -> None:
    (tmp_path / "folder.xlsx").mkdir()
    (tmp_path / "a_file").touch()
    told = run(*arguments)

    assert told.exit_code == 1
    assert sentence in told.output
    assert "Traceback" not in told.output
    assert not list(tmp_path.rglob(".*.new")), "nothing half written is left"


@pytest.mark.parametrize("command", [("export", "--out", "x.po"), ("gallery", "--out", "x.html")])
def test_a_file_that_cannot_be_put_in_its_place_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    def refuse(self: Path, target: Path) -> Path:
        raise PermissionError(errno.EACCES, "Permission denied", str(target))

    monkeypatch.setattr(Path, "replace", refuse)
    told = run(*command, "-l", "de")

    assert told.exit_code == 1
    assert f"{command[-1]} cannot be read or written: Permission denied." in told.output
    assert [path.name for path in tmp_path.iterdir()] == ["town"]


def test_status_shows_a_line_for_each_language_and_who_signed(tmp_path: Path) -> None:
    signed = run("sign", "-l", "ar", "--part", "consent", "--by", "Pool Göppingen", "--content", "town")
    assert signed.output.startswith("Signed: consent in Arabic, ")
    assert (tmp_path / "town" / SIGNATURES).is_file()
    table = run("status", "--content", "town").output.split("\n")

    for language in LANGUAGES:
        assert len([line for line in table if line.startswith(f"{language.code}  ")]) == 1, language.code
    arabic = next(line for line in table if line.startswith("ar "))
    assert "Pool Göppingen" in arabic
    assert "language model" in arabic
    told = {
        each["language"]: each for each in json.loads(run("status", "--json", "--content", "town").output)
    }
    assert len(told) == len(LANGUAGES)
    assert told["ar"]["signed"]["consent"]["by"] == "Pool Göppingen"
    assert told["ar"]["signed"]["scales"] is None
    assert told["ti"]["recorded"] == 0
    details = run("status", "-l", "ar", "--content", "town").output
    assert "Signed off, consent: Pool Göppingen, " in details
    assert "Missing: none" in details


def test_the_script_is_printed_or_written(tmp_path: Path) -> None:
    printed = run("script", "--language", "ti")
    written = run("script", "--language", "ti", "--out", "ti.txt")

    assert "audio/ti/consent.answers.ogg" in printed.output
    assert written.output == "Written: ti.txt\n"
    assert (tmp_path / "ti.txt").read_text(encoding="utf-8") == printed.output


def test_a_gallery_of_some_languages(tmp_path: Path) -> None:
    made = run("gallery", "--out", "g.html", "-l", "de", "-l", "ps")

    assert made.exit_code == 0
    assert "Written: g.html, 2 languages, " in made.output
    page = (tmp_path / "g.html").read_text(encoding="utf-8")
    assert page.count('<details id="') == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["g.html", "town"], "no half of a page is left"


def test_a_file_with_somebodys_work_in_it_is_not_written_over(tmp_path: Path) -> None:
    assert run("export", "-l", "ti").exit_code == 0
    before = (tmp_path / "mitreden-ti.xlsx").read_bytes()
    refused = run("export", "-l", "ti")

    assert refused.exit_code == 1
    assert "is there already, perhaps with somebody's work in it" in refused.output
    assert (tmp_path / "mitreden-ti.xlsx").read_bytes() == before


def test_a_slip_in_the_name_of_the_folder_makes_no_new_one(tmp_path: Path) -> None:
    run("export", "-l", "ar")
    for arguments in (
        ("import", "mitreden-ar.xlsx", "--content", "twon", "--yes"),
        ("sign", "-l", "ar", "--part", "all", "--by", "Ute", "--content", "twon"),
    ):
        told = run(*arguments)
        assert told.exit_code == 1
        assert "There is no folder twon; check its name, or make it first." in told.output
    assert not (tmp_path / "twon").exists()


def test_deleted_rows_are_counted_and_lose_nothing(tmp_path: Path) -> None:
    run("export", "-l", "ar")
    book = load_workbook(tmp_path / "mitreden-ar.xlsx")
    book.worksheets[0].delete_rows(20, 3)
    book.save(tmp_path / "mitreden-ar.xlsx")
    told = run("import", "mitreden-ar.xlsx", "--content", "town", "--yes")

    assert "3 texts not in the file, left as they are." in told.output
    assert load_content(tmp_path / "town").catalogues.offers("ar")


def test_a_code_may_be_written_as_people_write_it() -> None:
    for written in ("TI", "sr-latn", "de_ls"):
        assert run("script", "--language", written).exit_code == 0
