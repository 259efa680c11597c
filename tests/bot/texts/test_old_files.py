"""Files exported some time ago: nobody's work is undone, and nothing becomes up to date by itself."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from bot.content import LoadedContent
from bot.texts.taken_words import list_changes
from bot.texts.taking import Taken
from tests.support.text_files import (
    LOADED,
    change,
    change_po,
    change_sheet,
    edit_sheet,
    export,
    put_in_force,
    set_cell,
    taken,
)

each_format = pytest.mark.parametrize("form", ["po", "xlsx"])


@pytest.fixture
def town(tmp_path: Path) -> Path:
    folder = tmp_path / "town"
    folder.mkdir()
    return folder


def words(loaded: LoadedContent, key: str) -> str:
    return loaded.catalogues.get("tr").find(key)


def forget_base(path: Path) -> None:
    """Make a file as one that does not know what stood there before."""
    if path.suffix == ".xlsx":
        edit_sheet(path, lambda sheet: sheet.delete_cols(9))
    else:
        text = path.read_text(encoding="utf-8")
        path.write_text(re.sub(r"#\. before: .*\n", "", text), encoding="utf-8")


@each_format
def test_an_old_file_takes_nothing_back_that_was_changed_meanwhile(
    tmp_path: Path, town: Path, form: str
) -> None:
    mine, theirs = export(tmp_path / f"mine.{form}", "tr"), tmp_path / f"theirs.{form}"
    shutil.copy(mine, theirs)
    change(theirs, "menu.help", "Destek")
    change(theirs, "consent.declined", "Peki.")
    put_in_force(theirs, "tr", town)
    change(mine, "menu.topics", "Tüm konular")
    change(mine, "consent.declined", "Tamam.")
    found = taken(mine, "tr", town)

    assert set(found.changed) == {"menu.topics"}
    assert [each.message for each in found.refused] == [
        "“consent.declined” has been changed meanwhile; export the texts again."
    ]
    after = put_in_force(mine, "tr", town)
    assert words(after, "menu.help") == "Destek"
    assert words(after, "consent.declined") == "Peki."
    assert words(after, "menu.topics") == "Tüm konular"


@each_format
def test_a_file_that_does_not_say_what_stood_there_is_taken_as_it_is(
    tmp_path: Path, town: Path, form: str
) -> None:
    mine, theirs = export(tmp_path / f"mine.{form}", "tr"), tmp_path / f"theirs.{form}"
    forget_base(mine)
    shutil.copy(mine, theirs)
    change(theirs, "menu.help", "Destek")
    put_in_force(theirs, "tr", town)

    assert set(taken(mine, "tr", town).changed) == {"menu.help"}


def outdated(tmp_path: Path, town: Path, form: str) -> Path:
    """Reword two German texts and export the translations, which are outdated then."""
    german = export(tmp_path / "de.xlsx", "de")
    change_sheet(german, "menu.help", "Fragen und Hilfe")
    change_sheet(german, "consent.declined", "Gut. Wir speichern nichts.")
    loaded = put_in_force(german, "de", town)
    assert set(loaded.catalogues.get("tr").list_outdated()) == {"menu.help", "consent.declined"}
    return export(tmp_path / f"tr.{form}", "tr", loaded=loaded, folder=town)


def still_outdated(path: Path, town: Path) -> tuple[str, ...]:
    return put_in_force(path, "tr", town).catalogues.get("tr").list_outdated()


@each_format
@pytest.mark.parametrize("is_old", [False, True])
def test_an_outdated_text_that_nobody_touched_stays_outdated(
    tmp_path: Path, town: Path, form: str, is_old: bool
) -> None:
    path = outdated(tmp_path, town, form)
    if is_old:
        forget_base(path)
    found = taken(path, "tr", town)

    assert found.changed == {}
    assert found.unchanged + found.unsure == len(LOADED.content.texts)
    assert set(still_outdated(path, town)) == {"menu.help", "consent.declined"}


def confirm(path: Path, key: str) -> None:
    """Say that the words still fit: a cleared cell in a sheet, no “fuzzy” in a catalogue."""
    if path.suffix == ".xlsx":
        set_cell(path, key, "State", None)
        return
    head, found, rest = path.read_text(encoding="utf-8").partition(f'msgctxt "{key}"')
    before, _, entry = head.rpartition("#, fuzzy")
    path.write_text(before + "#," + entry + found + rest, encoding="utf-8")


@each_format
def test_an_outdated_text_can_be_confirmed_as_it_is_and_that_is_said(
    tmp_path: Path, town: Path, form: str
) -> None:
    path = outdated(tmp_path, town, form)
    confirm(path, "menu.help")
    found = taken(path, "tr", town)

    assert found.confirmed == {"menu.help"} == set(found.changed)
    assert list(list_changes(found)) == ["menu.help: confirmed as it is"]
    assert still_outdated(path, town) == ("consent.declined",)


def test_new_words_for_an_outdated_text_are_up_to_date(tmp_path: Path, town: Path) -> None:
    path = outdated(tmp_path, town, "xlsx")
    change_sheet(path, "menu.help", "Sorular ve yardım")

    assert taken(path, "tr", town).confirmed == frozenset()
    assert still_outdated(path, town) == ("consent.declined",)


@each_format
def test_a_file_from_before_the_german_was_reworded_confirms_nothing(
    tmp_path: Path, town: Path, form: str
) -> None:
    path = export(tmp_path / f"early.{form}", "tr")
    outdated(tmp_path, town, form)

    assert taken(path, "tr", town).changed == {}


def test_what_changes_is_listed_with_the_place_that_differs(tmp_path: Path, town: Path) -> None:
    path = export(tmp_path / "x.po", "tr")
    change_po(path, "menu.help", "Destek")
    long = words(LOADED, "consent.reminders")
    change_po(path, "consent.reminders", long.replace("\n", "\\n") + " Son.")
    found: Taken = taken(path, "tr", town)
    first, second = list_changes(found)

    assert f"menu.help: “{words(LOADED, 'menu.help')}” → “Destek”" in (first, second)
    other = first if first.startswith("consent") else second
    assert other.startswith("consent.reminders: “…")
    assert other.endswith(" Son.”")
    assert len(other) < 130
