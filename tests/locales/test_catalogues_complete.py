"""The shipped catalogues: complete, in step with the German, and as the tools of others expect them."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

import locales
from bot.catalogue_gate import SAME_AS_GERMAN
from bot.catalogues import parse_po
from bot.content import load_content
from conversations.languages import GERMAN, LANGUAGES, Language
from conversations.texts import find_gaps

LOADED = load_content()
FOLDER = Path(locales.__file__).parent
TRANSLATED = [language for language in LANGUAGES if language is not GERMAN]


def path_of(language: Language) -> Path:
    return FOLDER / language.code / "LC_MESSAGES" / "messages.po"


each_language = pytest.mark.parametrize("language", TRANSLATED, ids=lambda language: language.code)


def test_every_language_is_offered_and_nothing_was_found() -> None:
    assert LOADED.catalogues.offered == LANGUAGES
    assert len(TRANSLATED) == 21
    assert LOADED.gate_problems == ()


@each_language
def test_every_key_is_translated_and_no_other(language: Language) -> None:
    po = parse_po(path_of(language).read_text(encoding="utf-8"), "x.po", language)

    assert list(po.entries) == list(LOADED.content.texts)
    assert LOADED.catalogues.get(language.code).list_outdated() == ()


@each_language
def test_the_head_is_honest(language: Language) -> None:
    head, _, fields = path_of(language).read_text(encoding="utf-8").partition('msgid ""')
    fields = fields.partition("\n\n")[0]

    assert "by a language model" in head
    assert "yet." in head, "who has not checked it yet"
    assert "fuzzy" not in head
    for name in ("Translated-By: language model", "Read-By: ", "Checked-By: no native professional yet"):
        assert f"X-Mitreden-{name}" in fields


@each_language
def test_notes_for_translators_are_in_the_catalogue(language: Language) -> None:
    with path_of(language).open("rb") as file:
        messages = {message.context: message for message in read_po(file) if message.context}
    noted = [source for source in LOADED.content.texts.values() if source.note]

    assert len(noted) > 200
    for source in noted:
        wanted = " ".join(source.note.split())
        assert wanted in " ".join(" ".join(messages[source.key].auto_comments).split())


@each_language
def test_gettexts_own_check_passes(language: Language) -> None:
    msgfmt = shutil.which("msgfmt")
    if msgfmt is None:
        pytest.skip("gettext is not installed here")
    done = subprocess.run([msgfmt, "--check-format", "-o", "/dev/null", path_of(language)], check=False)

    assert done.returncode == 0


def test_the_template_has_every_text_and_no_translation() -> None:
    with (FOLDER / "messages.pot").open("rb") as file:
        template = {message.context: message for message in read_po(file) if message.context}

    assert list(template) == list(LOADED.content.texts)
    for key, message in template.items():
        source = LOADED.content.texts[key]
        ids = message.id if isinstance(message.id, tuple) else (message.id,)
        assert tuple(ids) == tuple(source.german.values())
        assert not any(message.string if isinstance(message.string, tuple) else [message.string])


def test_exceptions_of_the_gate_are_still_texts() -> None:
    assert set(LOADED.content.texts) >= SAME_AS_GERMAN


def test_every_gap_of_a_text_is_filled_by_the_town_or_named_here() -> None:
    """A new gap has to be filled by the program; this list says that somebody has thought of it."""
    by_program = {
        "agenda_url", "bot_link", "council_line", "council_when", "date", "date_long", "field_name",
        "forum_name", "forum_when", "i", "language_list", "language_name", "list", "map_url", "max", "n",
        "old_when", "options", "phase_line", "place", "question_time_line", "reason", "reminder_times",
        "changes_url", "draft_url", "end_date", "explain_url", "feedback_how", "feedback_line",
        "feedback_until", "incident_url", "measure_text", "measure_title", "measure_url", "next_date_line",
        "next_date_long", "next_text", "page_url", "plan_url", "report_url", "result_text", "station",
        "support_line", "theme", "time", "topics", "url", "version", "when", "word",
    }  # fmt: skip
    from conversations.town_file import TOWN_GAPS

    used = {gap for source in LOADED.content.texts.values() for gap in find_gaps(source.snapshot)}

    assert by_program <= used
    assert used - TOWN_GAPS == by_program
    assert used >= TOWN_GAPS


@each_language
def test_quoted_button_words_are_those_of_the_button(language: Language) -> None:
    catalogue = LOADED.catalogues.get(language.code)

    assert catalogue.find("ui.btn.done") in catalogue.find("ui.hint.multi")
    assert catalogue.find("ui.btn.skip") in catalogue.find("err.use_buttons")


def test_the_glossary_names_every_language() -> None:
    glossary = (FOLDER / "GLOSSARY.md").read_text(encoding="utf-8")

    for language in LANGUAGES:
        assert re.search(rf"(?<!\w){re.escape(language.own_name)}(?!\w)", glossary), language.code


@each_language
def test_the_names_of_the_fields_and_key_buttons_are_those_of_the_glossary(language: Language) -> None:
    if language.babel_locale == GERMAN.babel_locale:
        return
    table = _glossary_of(language)
    catalogue = LOADED.catalogues.get(language.code)
    keys = {
        "Sprache": "field.sprache", "Bildung": "field.bildung", "Arbeit": "field.arbeit",
        "Wohnen": "field.wohnen", "Werte, Regeln und Normen": "field.werte",
        "Überspringen": "ui.btn.skip", "Fertig": "ui.btn.done",
    }  # fmt: skip

    assert {word: catalogue.find(key) for word, key in keys.items()} == {word: table[word] for word in keys}


def _glossary_of(language: Language) -> dict[str, str]:
    """Read the column of a language in every table that has one."""
    found: dict[str, str] = {}
    place = None
    for line in (FOLDER / "GLOSSARY.md").read_text(encoding="utf-8").split("\n"):
        cells = [cell.strip().strip("*") for cell in line.strip("| ").split("|")]
        if line.startswith("| Deutsch |"):
            place = cells.index(language.own_name) if language.own_name in cells else None
        elif line.startswith("| ") and place is not None:
            found[cells[0]] = cells[place]
    return found
