"""Rewording the German in the files of a town: the wanted texts change, whatever else reads the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.content import LoadedContent, init_content, load_content
from bot.texts.german import reword
from bot.texts.taking import write
from conversations.flow_files import parse_flow
from conversations.languages import GERMAN
from conversations.mistakes import ContentError
from conversations.text_files import parse_texts
from tests.support.text_files import LOADED, NOW, change_sheet, export, put_in_force, taken


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with all the files of a town."""
    folder = tmp_path_factory.mktemp("town")
    init_content(folder)
    return folder


@pytest.fixture(scope="module")
def loaded(town: Path) -> LoadedContent:
    return load_content(town)


def read_german(files: Mapping[Path, str]) -> dict[str, dict[str, str]]:
    """Read every text of some files."""
    found: dict[str, dict[str, str]] = {}
    for path, text in files.items():
        texts = parse_flow(text, "x").texts if path.parent.name == "fields" else parse_texts(text, "x")
        found |= {key: dict(source.german) for key, source in texts.items()}
    return found


def own(folder: Path, yaml: str) -> Path:
    """Make a folder with one file of texts."""
    path = folder / "texts" / "own.yaml"
    path.parent.mkdir()
    path.write_text(yaml, encoding="utf-8")
    return path


def put_german(folder: Path, changes: Mapping[str, str]) -> LoadedContent:
    entries = LOADED.catalogues.get("de").entries
    changed = {key: replace(entries[key], forms={"other": words}) for key, words in changes.items()}
    write(load_content(folder), GERMAN, changed, folder, NOW)
    return load_content(folder)


@pytest.mark.parametrize("end", [" NEU", "\nNEU\n\nUND NOCH EINS"])
def test_every_text_of_a_town_can_be_reworded_at_once(town: Path, loaded: LoadedContent, end: str) -> None:
    """The lines of the later ones move; two texts that read the same must not be taken for one another."""
    wanted = {
        key: {form: words + end for form, words in source.german.items()}
        for key, source in loaded.content.texts.items()
    }

    assert read_german(reword(town, wanted, loaded.content.texts)) == wanted


@settings(deadline=None, max_examples=15)
@given(data=st.data())
def test_any_texts_are_reworded_and_no_other(town: Path, loaded: LoadedContent, data: st.DataObject) -> None:
    texts = loaded.content.texts
    keys = data.draw(st.sets(st.sampled_from(sorted(texts)), min_size=1, max_size=12))
    wanted = {key: {form: f"{words}\n{key}" for form, words in texts[key].german.items()} for key in keys}
    files = reword(town, wanted, texts)
    before = read_german({path: path.read_text(encoding="utf-8") for path in files})

    assert read_german(files) == {**before, **wanted}


NEIGHBOURS = """\
ui.btn.back:
  kind: button
  de: Zurück
sys.welcome:
  kind: message
  de: "Hallo {org} {official_url}"
menu.topics:
  kind: button
  note: Zurück
  de: Themen
ui.btn.skip:
  note: Zurück
  kind: button
  de: Zurück
"""


def test_of_texts_and_notes_that_read_the_same_the_right_one_is_changed(tmp_path: Path) -> None:
    path = own(tmp_path, NEIGHBOURS)
    german = put_german(
        tmp_path, {"sys.welcome": "a\nb\nc\nd\ne {org} {official_url}", "ui.btn.skip": "Weiter"}
    ).content.texts

    assert german["ui.btn.back"].snapshot == "Zurück"
    assert german["ui.btn.skip"].snapshot == "Weiter"
    assert german["ui.btn.skip"].note == german["menu.topics"].note == "Zurück"
    assert path.read_text(encoding="utf-8") == NEIGHBOURS.replace(
        '"Hallo {org} {official_url}"', '"a\\nb\\nc\\nd\\ne {org} {official_url}"'
    ).replace("kind: button\n  de: Zurück\n", 'kind: button\n  de: "Weiter"\n').replace(
        'back:\n  kind: button\n  de: "Weiter"', "back:\n  kind: button\n  de: Zurück"
    )


@pytest.mark.parametrize(
    ("yaml", "afterwards"),
    [
        ('consent.declined:\n  kind: message\n  de: "Hilfe"  # so sagen wir das\n  note: x\n',
         'consent.declined:\n  kind: message\n  de: "Neu\\nund mehr"  # so sagen wir das\n  note: x\n'),
        ("consent.declined:\n  kind: message\n  de: Hilfe # so\n",
         'consent.declined:\n  kind: message\n  de: "Neu\\nund mehr" # so\n'),
        ("consent.declined:\n  kind: message\n  de: |- # so\n    Hilfe\n\n  # hier\n  note: n\n",
         'consent.declined:\n  kind: message\n  de: "Neu\\nund mehr"  # so\n\n  # hier\n  note: n\n'),
        ("consent.declined:\n  kind: message\n  de: >-\n    Hilfe\n    und\n\n# Ende\n",
         'consent.declined:\n  kind: message\n  de: "Neu\\nund mehr"\n\n# Ende\n'),
        ("consent.declined: {kind: message, de: Hilfe}\n",
         'consent.declined: {kind: message, de: "Neu\\nund mehr"}\n'),
        ("consent.declined:\n  kind: message\n  de: Hilfe",
         'consent.declined:\n  kind: message\n  de: "Neu\\nund mehr"'),
    ],
)  # fmt: skip
def test_only_the_words_are_exchanged_however_they_are_written(
    tmp_path: Path, yaml: str, afterwards: str
) -> None:
    path = own(tmp_path, yaml)
    loaded = put_german(tmp_path, {"consent.declined": "Neu\nund mehr\n"})

    assert loaded.content.texts["consent.declined"].snapshot == "Neu\nund mehr"
    assert path.read_text(encoding="utf-8") == afterwards


def test_a_file_that_grew_without_a_last_line_end_takes_more_texts(tmp_path: Path) -> None:
    path = tmp_path / "texts" / "reworded.yaml"
    path.parent.mkdir()
    path.write_text("menu.topics:\n  kind: button\n  de: Themen", encoding="utf-8")
    texts = put_german(tmp_path, {"menu.help": "Fragen", "menu.topics": "Alle Themen"}).content.texts

    assert (texts["menu.help"].snapshot, texts["menu.topics"].snapshot) == ("Fragen", "Alle Themen")


@pytest.mark.parametrize(
    "yaml",
    ["{menu.topics: {kind: button, de: Themen}}\n", "menu.topics:\n  kind: button\n  de: Themen\n...\n"],
)
def test_a_file_that_no_text_can_be_added_to_is_told_in_one_sentence(tmp_path: Path, yaml: str) -> None:
    path = tmp_path / "texts" / "reworded.yaml"
    path.parent.mkdir()
    path.write_text(yaml, encoding="utf-8")
    with pytest.raises(ContentError, match="cannot be written into this file as it is laid out") as refused:
        put_german(tmp_path, {"menu.help": "Fragen"})

    assert len(refused.value.mistakes) == 1
    assert path.read_text(encoding="utf-8") == yaml


def test_a_row_that_no_file_can_hold_costs_only_itself(tmp_path: Path) -> None:
    path = export(tmp_path / "x.xlsx", "de")
    folder = tmp_path / "town"
    folder.mkdir()
    change_sheet(path, "menu.help", "Fragen\u2028und mehr")
    change_sheet(path, "consent.declined", "Gut.\r\nBis bald.\r\n")
    found = taken(path, "de", folder)

    assert set(found.changed) == {"consent.declined"}
    assert found.changed["consent.declined"].forms == {"other": "Gut.\nBis bald."}
    assert [each.message for each in found.refused] == [
        "“menu.help” has an invisible control character; type the words again."
    ]
    put_in_force(path, "de", folder)
    assert taken(path, "de", folder).changed == {}, "the same file changes nothing a second time"


def test_a_label_that_is_refused_does_not_leave_another_one_the_same(tmp_path: Path) -> None:
    """Working → looking → training → training: the last is refused, and so must be those that follow."""
    german = LOADED.catalogues.get("de")
    flow = next(flow for flow in LOADED.content.fields if flow.scope == "arbeit")
    step = next(step for step in flow.steps if step.id == "arb_now")
    one, two, three = (option.label for option in step.options[:3])
    path = export(tmp_path / "x.xlsx", "de")
    change_sheet(path, one, german.find(two))
    change_sheet(path, two, german.find(three))
    found = taken(path, "de", tmp_path)

    assert found.changed == {}
    assert len(found.refused) == 2
