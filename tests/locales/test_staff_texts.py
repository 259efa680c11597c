"""The texts of the staff: German and English complete and in step, every one used, every one fitting."""

from __future__ import annotations

import datetime as dt
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from babel.messages.pofile import read_po

import bot
from bot.catalogue_gate import BUTTON_MAX_COLUMNS, gate, width
from bot.catalogues import parse_po
from bot.content import load_content
from bot.rendering import Renderer
from bot.staff.words import ENGLISH_FILE, get_english, load_staff_catalogues, load_staff_texts, staff_language
from conversations.announcement_templates import TEMPLATES, AnnouncementKind
from conversations.announcements import AUDIENCE_PLACE, LANGUAGES_PLACE, PAGE_PLACE, FaultCode, Mode
from conversations.languages import LANGUAGES
from conversations.moments import parse_day, parse_end, parse_moment
from conversations.planning import Doubt
from conversations.programme import Reason
from conversations.reminders import ReminderKind
from conversations.texts import TextKind, find_gaps, text
from storage.staff_members import Role
from storage.vocabulary import MailingState, Policy

TEXTS = load_staff_texts()
ENGLISH = get_english()
PO = parse_po(ENGLISH_FILE.read_text(encoding="utf-8"), ENGLISH_FILE.name, ENGLISH)
LOADED = load_content()
BERLIN = ZoneInfo("Europe/Berlin")
SOURCES = {path: path.read_text(encoding="utf-8") for path in sorted(Path(bot.__file__).parent.rglob("*.py"))}
_LITERAL = re.compile(r'(?<!f)"(staff\.(?!po")[a-z0-9_.]+)"')
_BUILT = re.compile(r'f"(staff\.[^"]+)"')

GAPS = {PAGE_PLACE, *(gap.name for template in TEMPLATES.values() for gap in template.gaps)}
#: Buttons that name an announcement or a gap, with everything that they can name.
WITH_NAMES: dict[str, list[dict[str, object]]] = {
    "staff.ann.btn.open": [{"kind": text(f"staff.ann.btn.kind_{kind}")} for kind in AnnouncementKind],
    "staff.ann.btn.write": [
        {"name": text(f"staff.ann.btn.gap_{gap.name}")}
        for template in TEMPLATES.values()
        for gap in template.words
    ],
}

both = pytest.mark.parametrize("language", ["de", "en"])


def say(key: str, language: str, **gaps: object) -> str:
    """Say a text of the staff as a screen shows it."""
    renderer = Renderer(LOADED.content, load_staff_catalogues(LOADED))
    return renderer.say(text(key, **gaps), language)  # type: ignore[arg-type]  # whatever a gap may hold


def list_forms(language: str) -> Iterator[tuple[str, str]]:
    """List every form of every text."""
    for key, source in TEXTS.items():
        forms = source.german if language == "de" else PO.entries[key].forms
        for form in forms.values():
            yield key, form


def test_english_has_every_key_in_the_same_order_and_no_other() -> None:
    assert list(PO.entries) == list(TEXTS)
    assert len(TEXTS) > 100


def test_english_was_made_from_the_german_of_today() -> None:
    outdated = {
        key for key, source in TEXTS.items() if PO.entries[key].german != tuple(source.german.values())
    }
    assert outdated == set()


def test_the_gate_finds_nothing() -> None:
    assert gate(ENGLISH, PO, TEXTS, ()) == []


def test_the_head_is_honest() -> None:
    head = ENGLISH_FILE.read_text(encoding="utf-8").partition("msgid")[0]
    assert "language models" in head
    assert "checked" in head


def test_notes_and_widths_for_translators_are_in_the_catalogue() -> None:
    with ENGLISH_FILE.open("rb") as file:
        messages = {message.context: message for message in read_po(file) if message.context}
    for key, source in TEXTS.items():
        comments = " ".join(" ".join(messages[key].auto_comments).split())
        assert " ".join((source.note or "").split()) in comments
        assert ("at most 34" in comments) is (source.kind is TextKind.BUTTON), key


def test_gettexts_own_check_passes() -> None:
    msgfmt = shutil.which("msgfmt")
    if msgfmt is None:
        pytest.skip("gettext is not installed here")
    done = subprocess.run([msgfmt, "--check-format", "-o", "/dev/null", ENGLISH_FILE], check=False)
    assert done.returncode == 0


def test_no_key_belongs_to_the_people_too() -> None:
    assert not set(TEXTS) & set(LOADED.content.texts)
    assert {key.partition(".")[0] for key in TEXTS} == {"staff"}


def test_every_key_is_used_and_every_used_key_is_there() -> None:
    literal = {key for source in SOURCES.values() for key in _LITERAL.findall(source)}
    built = [
        re.compile(re.sub(r"\\\{[^}]*\\\}", "[a-z_]+", re.escape(pattern)))
        for source in SOURCES.values()
        for pattern in _BUILT.findall(source)
    ]
    assert literal <= set(TEXTS)
    assert built
    unused = [key for key in TEXTS if key not in literal and not any(one.fullmatch(key) for one in built)]
    assert unused == []


def test_every_built_key_is_there_for_every_value_and_for_no_other() -> None:
    wanted = {
        "staff.doubt.": {doubt.value for doubt in Doubt},
        "staff.what.": {kind.name.lower() for kind in ReminderKind},
        "staff.ann.btn.kind_": {kind.value for kind in AnnouncementKind},
        "staff.ann.btn.gap_": GAPS,
        "staff.ann.ask.": GAPS,
        "staff.ann.fault.": {code.value for code in FaultCode},
        "staff.ann.mode.": {mode.value for mode in Mode},
        "staff.ann.about.": {mode.value for mode in Mode},
        "staff.ann.place.": {AUDIENCE_PLACE, LANGUAGES_PLACE},
        "staff.ann.policy.": {policy.value for policy in Policy},
        "staff.ann.state.": {state.value for state in MailingState},
        "staff.btn.reason_": {*(reason.value for reason in Reason), "none"},
        "staff.btn.role_": {role.value for role in Role},
    }
    for prefix, ends in wanted.items():
        assert {key.removeprefix(prefix) for key in TEXTS if key.startswith(prefix)} == ends


def test_buttons_are_known_as_buttons() -> None:
    named = {key for key in TEXTS if ".btn." in key} | {"staff.twice.first", "staff.twice.second"}
    assert {key for key, source in TEXTS.items() if source.kind is TextKind.BUTTON} == named
    assert {source.kind for source in TEXTS.values()} == {TextKind.BUTTON, TextKind.MESSAGE}


@both
def test_every_button_fits_with_a_tick_and_with_every_language_in_it(language: str) -> None:
    names = [each.own_name for each in LANGUAGES]
    for key, source in TEXTS.items():
        if source.kind is not TextKind.BUTTON:
            continue
        if gaps := find_gaps(source.snapshot) - {"language_name"}:
            assert key in WITH_NAMES
            labels = (say(key, language, **dict.fromkeys(gaps, "99") | filled) for filled in WITH_NAMES[key])
        else:
            labels = (f"✓ {say(key, language, language_name=name)}" for name in names)
        for label in labels:
            assert width(label) <= BUTTON_MAX_COLUMNS, label


@both
def test_the_names_on_the_buttons_of_the_dates_fit(language: str) -> None:
    for topic in LOADED.content.programme.events:
        assert width(say(f"sub.{topic}", language)) <= BUTTON_MAX_COLUMNS


@both
def test_two_buttons_of_one_page_never_read_the_same(language: str) -> None:
    labels: dict[str, str] = {}
    alike = []
    for key, source in TEXTS.items():
        if source.kind is TextKind.BUTTON and not find_gaps(source.snapshot):
            label = say(key, language).casefold()
            if labels.setdefault(label, key) != key:
                alike.append((labels[label], key))
    assert alike == []


@both
def test_the_examples_are_read_as_they_are_written(language: str) -> None:
    """Whoever copies the example of a question, or of the sentence about a wrong answer, is understood."""
    starts = dt.datetime(2027, 9, 16, 18, tzinfo=BERLIN)
    example = re.compile(r"\d{2}\.\d{2}\.\d{4}(?: \d{2}:\d{2})?|\d{2}:\d{2}")
    read = {"ask_date": parse_moment, "date": parse_moment}
    for key in ("staff.event.ask_date", "staff.wrong.date"):
        (written,) = example.findall(say(key, language))
        assert read[key.rpartition(".")[2]](written, BERLIN) == starts
    for key in ("staff.event.ask_end", "staff.wrong.time"):
        (written,) = example.findall(say(key, language))
        assert parse_end(written, starts) > starts
    days = ("ask_opens", "ask_closes", "ask_draft_day", "ask_decided_day")
    for key in (*(f"staff.event.{day}" for day in days), "staff.wrong.day"):
        (written,) = example.findall(say(key, language))
        assert parse_day(written).year == 2027


@both
def test_the_same_in_both_sentences_about_the_limits(language: str) -> None:
    from conversations import planning

    assert str(planning.SEATS_MAX) in say("staff.wrong.number", language)
    assert str(planning.PLACE_MAX_CHARS) in say("staff.wrong.long", language)


def test_german_says_sie() -> None:
    familiar = re.compile(r"\b(?:du|dich|dir|dein\w*|euch|euer|eure\w*|ihr)\b", re.IGNORECASE)
    found = [(key, words) for key, words in list_forms("de") if familiar.search(words)]
    assert found == []


@both
def test_sentences_end_and_buttons_do_not(language: str) -> None:
    """A sentence ends with a sign; what is part of another one, a list or a line of facts has none."""
    parts = re.compile(
        r"staff\.(?:what\..*|people|languages|effect\.reminder"
        r"|event\.(?:ends|confirmed|confirmed_nothing|seats|needs|need|map|report|agenda|answers|old|new"
        r"|draft_day|decided_day|question_time|was_planned|ask_.*)|doubt\.map|schedule\.(?:title|line)|wrong\..*"
        r"|sta\.(?:nothing|newest|followers|confirm|ask_link|stale|stale_.*)"
        r"|ann\.(?:value|empty|list|drafts|waiting|running|ended|line|title|state\..*|discarded|mode\..*|to_.*"
        r"|count|left|minutes|lang\..*|faults|fault\..*|place\..*|translators|preview\..*|not_yet|planned"
        r"|unseen|waits|not_allowed|wrong_state|late|percent|still_waiting|unknown|unknown_kept|held|failed"
        r"|dropped|now|ask_language|ask_when|ask\..*|wrong\..*)|bc\.second"
        r"|team\.(?:your_roles|member|you|stands_in|more|invites|since|ask_until))"
    )
    for key, words in list_forms(language):
        if TEXTS[key].kind is TextKind.BUTTON:
            assert words[-1] not in ".!?:", key
        elif not parts.fullmatch(key):
            assert words[-1] in ".?", key


def test_only_english_is_read_in_english() -> None:
    read = {language.code: staff_language(language.code) for language in LANGUAGES}
    assert {code for code, reads in read.items() if reads == "en"} == {"en"}
    assert set(read.values()) == {"de", "en"}
    assert staff_language(None) == "de"
