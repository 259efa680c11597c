"""The town's own catalogue: an import changes its own entries, and people's notes and marks stay."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.content import load_content, own_catalogue_path
from tests.support.text_files import LOADED, change, export, language, put_in_force, set_cell, taken

OWN = """\
# Unser Katalog. Fragen an Ute.
msgid ""
msgstr ""
"Project-Id-Version: Göppingen 3\\n"
"Last-Translator: Ute Muster <ute@example.org>\\n"
"Language: tr\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"
"X-Mitreden-Read-By: the pool of interpreters\\n"

# Frau Yılmaz fragt noch nach.
#, fuzzy
#| msgid "Gut."
msgctxt "consent.declined"
msgid "{declined}"
msgstr "Peki."

# Mit dem Verein abgestimmt.
#, no-wrap
msgctxt "menu.help"
msgid "Hilfe"
msgstr "Destek"

# Für die nächste Version.
msgctxt "later.text"
msgid "Später"
msgstr "Sonra"

#~ msgctxt "gone.long_ago"
#~ msgid "Alt"
#~ msgstr "Eski"
"""


@pytest.fixture
def own(tmp_path: Path) -> Path:
    path = own_catalogue_path(tmp_path / "town", language("tr"))
    path.parent.mkdir(parents=True)
    declined = LOADED.content.texts["consent.declined"].snapshot.replace("\n", "\\n").replace('"', '\\"')
    path.write_text(OWN.replace("{declined}", declined), encoding="utf-8")
    return path


@pytest.mark.parametrize("form", ["po", "xlsx"])
def test_only_what_is_imported_changes(tmp_path: Path, own: Path, form: str) -> None:
    town = tmp_path / "town"
    before = own.read_text(encoding="utf-8")
    path = export(tmp_path / f"x.{form}", "tr", loaded=load_content(town), folder=town)
    change(path, "menu.help", "Destek ve yardım")
    change(path, "menu.topics", "Tüm konular")
    put_in_force(path, "tr", town)
    after = own.read_text(encoding="utf-8")

    head, menu_help = before.partition("\n\n")[0], after.partition('msgctxt "menu.help"')
    assert after.startswith(head + "\n\n")
    assert 'msgstr "Destek ve yardım"' in menu_help[2]
    entry = menu_help[0].rpartition("\n\n")[2]
    assert "# Mit dem Verein abgestimmt.\n" in entry
    assert "#, no-wrap" in entry
    assert 'msgctxt "menu.topics"' in after
    for kept in (
        '# Frau Yılmaz fragt noch nach.\n#, fuzzy\n#| msgid "Gut."\n',
        '# Für die nächste Version.\nmsgctxt "later.text"\nmsgid "Später"\nmsgstr "Sonra"\n',
        '#~ msgctxt "gone.long_ago"\n#~ msgid "Alt"\n#~ msgstr "Eski"\n',
    ):
        assert kept in after
    assert "before: " not in after


@pytest.mark.parametrize("form", ["po", "xlsx"])
def test_what_somebody_is_unsure_of_is_exported_so_and_can_be_confirmed(
    tmp_path: Path, own: Path, form: str
) -> None:
    town = tmp_path / "town"
    path = export(tmp_path / f"x.{form}", "tr", loaded=load_content(town), folder=town)
    assert taken(path, "tr", town).changed == {}
    if form == "xlsx":
        set_cell(path, "consent.declined", "State", None)
    else:
        text = path.read_text(encoding="utf-8")
        assert text.count("#, fuzzy") == 1
        path.write_text(text.replace("#, fuzzy", "#,"), encoding="utf-8")
    assert taken(path, "tr", town).confirmed == {"consent.declined"}
    loaded = put_in_force(path, "tr", town)

    assert loaded.catalogues.offers("tr")
    assert loaded.catalogues.get("tr").find("consent.declined") == "Peki."
    entry = own.read_text(encoding="utf-8").partition('msgctxt "consent.declined"')[0].rpartition("\n\n")[2]
    assert "# Frau Yılmaz fragt noch nach.\n" in entry
    assert "fuzzy" not in entry
