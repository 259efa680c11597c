"""Who has signed what, how a language stands, and what is read aloud."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pytest

from bot.content import SHIPPED_CONTENT, LoadedContent, load_content
from bot.texts.rows import current_entries
from bot.texts.script import list_spoken, write_script
from bot.texts.signatures import (
    NEEDED_PARTS,
    SIGNATURES,
    Part,
    Signature,
    digest_of,
    find_signature,
    keys_of,
    load_signatures,
    sign,
)
from bot.texts.status import LanguageStatus, list_status, list_unsigned
from bot.texts.status_words import say_details, say_unsigned
from conversations.flow import StepKind
from conversations.languages import LANGUAGES, Language, find_language
from conversations.mistakes import ContentError
from tests.support.chat import make_sound

NOW = dt.datetime(2027, 5, 4, 12, 0, tzinfo=dt.UTC)
TODAY = NOW.date()
LOADED = load_content(None)


def language(code: str) -> Language:
    found = find_language(code)
    assert found is not None
    return found


def status(folder: Path | None, code: str, loaded: LoadedContent = LOADED) -> LanguageStatus:
    return list_status(loaded, folder, NOW, [language(code)])[0]


def signed(folder: Path, code: str, part: Part, by: str = "Ute", on: dt.date = TODAY) -> Signature:
    """Sign a part of a language as it stands now."""
    digest = digest_of(part, LOADED.content, current_entries(LOADED, language(code), None))
    signature = Signature(code, part, by, on, digest)
    sign(folder, signature)
    return signature


def reworded(key: str, words: str) -> LoadedContent:
    """Return the content with another wording of a text in Arabic."""
    catalogue = LOADED.catalogues.get("ar")
    entry = replace(catalogue.entries[key], forms={"other": words})
    changed = replace(catalogue, entries={**catalogue.entries, key: entry})
    by_code = {**LOADED.catalogues.by_code, "ar": changed}
    return replace(LOADED, catalogues=replace(LOADED.catalogues, by_code=by_code))


# Signing


def test_the_three_parts_hold_what_nobody_should_publish_unread() -> None:
    content = LOADED.content
    consent, scales, decisions = (keys_of(part, content) for part in NEEDED_PARTS)
    labels = {
        option.label
        for flow in (*content.fields, content.profile)
        for step in flow.steps
        if step.kind is StepKind.SCALE
        for option in step.options
    }

    assert {"consent.answers", "privacy.short", "pn.rights", "consent.reminders", "follow.ask"} <= set(
        consent
    )
    assert set(scales) == labels
    assert len(scales) >= 20
    assert {"ann.adopted", "ann.adopted_changes", "ann.postponed", "ann.rejected"} <= set(decisions)
    assert set(keys_of(Part.ALL, content)) == set(content.texts)


def test_nobody_has_signed_what_is_shipped() -> None:
    assert list_unsigned(LOADED, None) == tuple((each, NEEDED_PARTS) for each in LANGUAGES)
    sentences = list(say_unsigned(list_unsigned(LOADED, None)))
    assert len(sentences) == len(LANGUAGES)
    assert sentences[4] == (
        "Warning: nobody has signed off consent, scales, decisions in Arabic (ar) as it is now; "
        "see “mitreden texts status -l ar”."
    )


def test_a_signature_is_kept_with_its_fields_and_quiets_the_warning(tmp_path: Path) -> None:
    said = 'Dolmetscher "Pool" Göppingen \\ Amt'
    first = signed(tmp_path, "ar", Part.CONSENT, said)
    signed(tmp_path, "ar", Part.SCALES)

    assert load_signatures(tmp_path)[0] == first
    assert (tmp_path / SIGNATURES).read_text(encoding="utf-8").startswith("# Who has checked")
    unsigned = dict(list_unsigned(LOADED, tmp_path))
    assert unsigned[language("ar")] == (Part.DECISIONS,)
    signed(tmp_path, "ar", Part.ALL, "Somebody for all of it")
    assert language("ar") not in dict(list_unsigned(LOADED, tmp_path))
    assert len(dict(list_unsigned(LOADED, tmp_path))) == len(LANGUAGES) - 1


def test_a_changed_word_takes_its_signature_back_and_no_other(tmp_path: Path) -> None:
    for part in NEEDED_PARTS:
        signed(tmp_path, "ar", part)
    changed = reworded("consent.btn.agree", "نعم، أوافق على ذلك")
    entries = changed.catalogues.get("ar").entries
    digests = {part: digest_of(part, changed.content, entries) for part in NEEDED_PARTS}
    counting = {
        part: any(
            each.digest == digests[each.part] for each in load_signatures(tmp_path) if each.part is part
        )
        for part in NEEDED_PARTS
    }

    assert counting == {Part.CONSENT: False, Part.SCALES: True, Part.DECISIONS: True}


def test_another_german_takes_the_signatures_of_its_translations_back(tmp_path: Path) -> None:
    """Who signed said that the words mean what the German said then."""
    for part in NEEDED_PARTS:
        signed(tmp_path, "ar", part)
    texts = dict(LOADED.content.texts)
    texts["consent.declined"] = replace(texts["consent.declined"], german={"other": "Wir speichern alles."})
    changed = replace(LOADED, content=replace(LOADED.content, texts=texts))

    assert dict(list_unsigned(LOADED, tmp_path)).get(language("ar")) is None
    assert dict(list_unsigned(changed, tmp_path))[language("ar")] == (Part.CONSENT,)


def test_signing_again_replaces_the_own_signature_and_keeps_that_of_others(tmp_path: Path) -> None:
    for by, day in (("Ute", 1), ("Jan", 2), ("Ute", 3)):
        signed(tmp_path, "tr", Part.CONSENT, by, dt.date(2027, 5, day))

    found = load_signatures(tmp_path)
    assert [(each.by, each.on.day) for each in found] == [("Jan", 2), ("Ute", 3)]
    last = find_signature(found, "tr", Part.CONSENT)
    assert last is not None
    assert last.by == "Ute"
    assert find_signature(found, "ar", Part.CONSENT) is None


@pytest.mark.parametrize(
    "text",
    [
        "[[signed]",
        "signed = 3",
        "[[signed]]\nlanguage = 'xx'\npart = 'all'\nby = ''\non = 2027-01-01\ndigest = ''",
        "[[signed]]\nlanguage = 'de'\npart = 'some'\nby = ''\non = 2027-01-01\ndigest = ''",
        "[[signed]]\nlanguage = 'de'\npart = 'all'\nby = ''\non = 'heute'\ndigest = ''",
        "[[signed]]\nlanguage = 'de'",
    ],
)
def test_a_list_that_cannot_be_read_is_told_and_not_taken_for_empty(tmp_path: Path, text: str) -> None:
    (tmp_path / SIGNATURES).write_text(text, encoding="utf-8")
    with pytest.raises(ContentError, match="list of signatures cannot be read"):
        load_signatures(tmp_path)


# How a language stands


def test_every_language_is_complete_and_says_how_it_was_made() -> None:
    for each in list_status(LOADED, None, NOW):
        assert each.offered
        assert (each.missing, each.outdated) == ((), ())
        assert each.translated_by in ("its authors", "language model")
        assert all(part.signature is None and not part.counts for part in each.signed)
        assert each.recorded == 0
        assert len(each.unrecorded) > 200


def test_missing_outdated_and_recorded_texts_are_named(tmp_path: Path) -> None:
    (tmp_path / "fields").mkdir()
    werte = (SHIPPED_CONTENT / "fields" / "werte.yaml").read_text(encoding="utf-8")
    werte = werte.replace("Vorurteile", "Vor-Urteile").replace("little_contact", "no_contact_yet")
    (tmp_path / "fields" / "werte.yaml").write_text(werte, encoding="utf-8")
    (tmp_path / "audio" / "ti").mkdir(parents=True)
    (tmp_path / "audio" / "ti" / "q.arb_now.ogg").write_bytes(make_sound(1.0))
    found = status(tmp_path, "ti", load_content(tmp_path))
    told = list(say_details(found))

    assert found.missing == ("o.wer_obstacle.no_contact_yet",)
    assert found.outdated == ("o.wer_obstacle.prejudice",)
    assert not found.offered
    assert found.recorded == 1
    assert "q.arb_now" not in found.unrecorded
    assert told[told.index("Outdated: 1") + 1] == "  o.wer_obstacle.prejudice"
    assert told[told.index("Missing: 1") + 1] == "  o.wer_obstacle.no_contact_yet"
    assert status(tmp_path, "de", load_content(tmp_path)).missing == (), "German is written where the text is"


def test_a_signature_that_no_longer_counts_says_so(tmp_path: Path) -> None:
    sign(tmp_path, Signature("ar", Part.CONSENT, "Ute", TODAY, "another digest"))
    told = list(say_details(status(tmp_path, "ar")))

    assert "Signed off, consent: Ute, 2027-05-04, but a text has changed since" in told
    assert "Signed off, scales: nobody yet" in told


# Reading aloud


def test_the_script_names_a_file_for_each_text_and_reads_the_answers_after_the_question() -> None:
    script = write_script(LOADED, language("ti"), NOW)
    place = script.index("audio/ti/q.arb_now.ogg")
    part = script[place : script.index("\n\n", place)].split("\n")
    catalogue = LOADED.catalogues.get("ti")
    step = LOADED.content.find_step("arb_now")
    assert step is not None

    assert part[1] == catalogue.find("q.arb_now")
    assert part[2:] == [f"  – {catalogue.find(option.label)}" for option in step.all_options]
    assert "{" not in script
    assert script.startswith("ትግርኛ (Tigrinya): ")


def test_from_the_language_to_the_reminder_everything_can_be_heard() -> None:
    keys = {spoken.key for spoken in list_spoken(LOADED.content, NOW)}
    steps = [step for flow in (*LOADED.content.fields, LOADED.content.profile) for step in flow.steps]

    assert {step.question for step in steps if step.enabled} <= keys
    assert {"sys.choose_language", "sys.welcome", "privacy.short", "consent.answers", "menu.title"} <= keys
    assert {"rem.d7", "rem.d1", "rem.h2", "rem.changed", "ann.adopted", "end.thanks", "stop.done"} <= keys
    assert "ui.progress" not in keys, "it counts, and would be wrong on the next screen"


def test_statements_are_read_with_their_numbers() -> None:
    spoken = {each.key: each for each in list_spoken(LOADED.content, NOW)}
    labels = spoken["q.arb_future"].labels
    statements = [(number, key) for number, key in labels if key.startswith("t.")]
    buttons = [(number, key) for number, key in labels if key.startswith("o.arb_future.")]

    assert len(statements) >= 3
    assert [number for number, _ in statements] == list(range(1, len(statements) + 1))
    assert [number for number, _ in buttons] == [number for number, _ in statements]
    assert labels[: len(statements)] == tuple(statements), "first what they say, then what to tap"
