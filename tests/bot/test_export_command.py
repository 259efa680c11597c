"""The command for the export: what it refuses, what it selects, what it says at the end."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest

from bot.content import load_content
from bot.export_command import parse_selection, render_summary, run_export, summary_json
from storage.database import Database
from storage.export import ExportError, Selection
from storage.keyring import KeyRing
from storage.schema import SchemaError
from tests.storage.export.world import World, make_content, read_rows
from tests.support import databases
from tests.support.databases import NewUrl, opened

database = databases.database
database_url = databases.database_url

CONTENT = make_content()


def test_an_export_with_everything_asked_for(database: Database, keys: KeyRing, tmp_path: Path) -> None:
    world = World(database, keys)
    world.come(*range(1, 12))
    world.answer(*range(1, 12), week="2027-W33")
    world.answer(1, step="arb_measure", codes=("own",), words="x", week="2027-W32")
    world.answer(1, scope="werte", step="wer_goal", codes=("law",))
    summary = run_export(database, keys, CONTENT, tmp_path, fields=["arbeit"], since="18.08.2027")
    assert {row[2] for row in read_rows(tmp_path / "answers.csv")[1:]} == {"arb_now"}
    assert render_summary(summary) == (
        f"11 answers of 11 people and 0 released texts written to {tmp_path}"
        " (arbeit, from week 2027-W33 on).\n"
        "Not in it: 1 texts and 0 voice messages that nobody has reviewed yet (mitreden review)."
    )
    assert json.loads(summary_json(summary)) == {
        "folder": str(tmp_path),
        "fields": ["arbeit"],
        "first_week": "2027-W33",
        "respondents": 11,
        "rows": {
            name: len(read_rows(tmp_path / name)) - 1
            for name in ("answers.csv", "profile.csv", "texts.csv", "codebook.csv")
        },
        "waiting_texts": 1,
        "waiting_voices": 0,
    }


def test_an_export_of_everything(database: Database, keys: KeyRing, tmp_path: Path) -> None:
    summary = run_export(database, keys, CONTENT, tmp_path)
    assert render_summary(summary) == (
        f"0 answers of 0 people and 0 released texts written to {tmp_path} (all fields)."
    )


def test_the_codebook_of_the_shipped_content_has_a_label_for_every_code(
    database: Database, keys: KeyRing, tmp_path: Path
) -> None:
    content = load_content().content
    run_export(database, keys, content, tmp_path)
    rows = read_rows(tmp_path / "codebook.csv")[1:]
    assert {row[1] for row in rows if row[0] == "step"} == {*content.field_codes, "profile", "*"}
    assert sum(row[0] == "code" for row in rows) > 100
    assert all(row[5] for row in rows)


def test_what_is_asked_for_is_read() -> None:
    assert parse_selection(CONTENT, (), None) == Selection()
    assert parse_selection(CONTENT, ("werte", "arbeit", "werte"), " 2027-08-18 ") == Selection(
        ("arbeit", "werte"), dt.date(2027, 8, 18)
    )


@pytest.mark.parametrize(
    ("fields", "since", "sentence"),
    [
        (["arbiet"], None, "There is no field “arbiet”. Did you mean “arbeit”?"),
        (["xyz"], None, "There is no field “xyz”. Known are arbeit, werte."),
        (["profile"], None, "There is no field “profile”. Known are arbeit, werte."),
        ([], "gestern", "“gestern” is not a day; write it like 2027-08-16 or 16.08.2027."),
        ([], "2027-02-30", "“2027-02-30” is not a day; write it like 2027-08-16 or 16.08.2027."),
    ],
)
def test_a_mistake_is_one_sentence(fields: list[str], since: str | None, sentence: str) -> None:
    with pytest.raises(ExportError) as caught:
        parse_selection(CONTENT, fields, since)
    assert str(caught.value) == sentence


def test_another_format_is_refused(database: Database, keys: KeyRing, tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="There is no format “xlsx”"):
        run_export(database, keys, CONTENT, tmp_path, file_format="xlsx")


def test_a_database_without_tables_is_one_sentence(new_url: NewUrl, keys: KeyRing, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    with opened(new_url(migrated=False)) as empty, pytest.raises(SchemaError, match="no database yet"):
        run_export(empty, keys, CONTENT, folder)
    assert not folder.exists()


def test_an_old_database_is_one_sentence(
    database: Database, keys: KeyRing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.export_command.pending", lambda _database: ("9999",))
    with pytest.raises(SchemaError, match="not up to date; “mitreden run” brings it up to date"):
        run_export(database, keys, CONTENT, tmp_path)


def test_a_bar_is_shown_to_whoever_watches(
    database: Database,
    keys: KeyRing,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    world = World(database, keys)
    world.come(1)
    world.answer(1)
    run_export(database, keys, CONTENT, tmp_path)
    assert capsys.readouterr() == ("", "")
    monkeypatch.setenv("FORCE_COLOR", "1")
    run_export(database, keys, CONTENT, tmp_path)
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "Export" in shown.err
    assert "100%" in shown.err
