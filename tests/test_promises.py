"""Every promise of the privacy notice, and the test that fails if the code breaks it.

The notice is what people consent to. A sentence that changes, or a test that goes, fails here: then
either the code or the notice has to follow. Promises that no code can keep are named as well.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from bot.content import load_content

ROOT = Path(__file__).parent.parent

#: Key of the text, words of the promise, and the tests that hold it (file::test).
KEPT = [
    ("privacy.short", "Ihren Namen und Ihre Telefonnummer speichern wir nicht", "bot/test_canary.py::test_the_files_name_nobody_and_after_delete_hold_nothing_of_the_person"),
    ("privacy.short", "Sie können jede Frage überspringen", "conversations/test_paths.py::"),
    ("privacy.short", "können Sie alles löschen: /delete", "bot/test_stories_data.py::test_delete_erases_both_worlds_and_says_goodbye_in_the_persons_language"),
    ("consent.answers", "Ich kann das widerrufen: /delete", "bot/test_stories_data.py::test_delete_erases_both_worlds_and_says_goodbye_in_the_persons_language"),
    ("consent.declined", "Wir speichern keine Antworten, nur Ihre Sprache (höchstens 30 Tage)", "storage/test_retention.py::test_who_agreed_to_nothing_goes_after_thirty_days"),
    ("consent.declined", "Wir speichern keine Antworten", "bot/test_stories_data.py::test_nothing_but_the_language_is_stored_before_a_consent"),
    ("consent.under16", "Wir haben keine Antworten gespeichert", "bot/test_stories_data.py::test_nothing_but_the_language_is_stored_before_a_consent"),
    ("consent.reminders", "Sie können die Nachrichten jederzeit abbestellen", "bot/test_stories_data.py::test_stop_ends_every_push_and_says_what_stays"),
    ("consent.withdrawn", "Ihre Antworten und Einstellungen sind gelöscht", "storage/test_erasure.py::test_the_canary_is_seen_sealed_erased_and_nowhere_on_disk"),
    ("pn.data", "Ihre Sprache und die Woche der Antwort", "bot/test_stories_data.py::test_both_consents_are_stored_with_version_language_and_no_more_time_than_promised"),
    ("pn.data", "Ihre Telegram-Nummer (ID), getrennt von den Antworten", "storage/test_worlds.py::"),
    ("pn.data", "wann und in welcher Sprache Sie zugestimmt haben", "bot/test_stories_data.py::test_both_consents_are_stored_with_version_language_and_no_more_time_than_promised"),
    ("pn.data", "Telegram zeigt uns auch Ihren Profilnamen. Wir speichern ihn nicht.", "bot/test_canary.py::test_the_files_name_nobody_and_after_delete_hold_nothing_of_the_person"),
    ("pn.voice", "Namen und private Angaben streichen wir", "bot/test_review_queue.py::"),
    ("pn.voice", "löschen wir spätestens nach {voice_days} Tagen", "storage/test_retention.py::test_voices_go_when_their_last_day_is_over"),
    ("pn.recipients", "bekommen nur Zusammenfassungen und einzelne Sätze ohne Namen", "storage/export/"),
    ("pn.storage", "Erinnerungen löschen wir, wenn Sie sie abbestellen", "bot/test_stories_data.py::test_stop_ends_every_push_and_says_what_stays"),
    ("pn.data", "Ihre Anmeldung zu einem Fachforum, und was Sie dort brauchen, wenn Sie uns das sagen", "bot/test_stories_events.py::test_mydata_names_registrations_in_words_and_in_the_file"),
    ("pn.storage", "Was Sie für ein Fachforum brauchen (zum Beispiel Dolmetschen), löschen wir gleich nach dem Fachforum", "bot/test_stories_events.py::test_needs_go_with_the_end_of_the_forum_and_the_registration_thirty_days_later"),
    ("pn.storage", "Was Sie für ein Fachforum brauchen (zum Beispiel Dolmetschen), löschen wir gleich nach dem Fachforum", "bot/test_stories_events.py::test_needs_said_after_the_forum_do_not_stay_for_good"),
    ("pn.storage", "Ihre Anmeldung löschen wir spätestens 30 Tage danach", "bot/test_stories_events.py::test_needs_go_with_the_end_of_the_forum_and_the_registration_thirty_days_later"),
    ("pn.storage", "Ihre Anmeldung löschen wir spätestens 30 Tage danach", "bot/test_stories_events.py::test_the_registration_for_a_cancelled_forum_goes_thirty_days_after_its_date_too"),
    ("pn.storage", "Danach sind sie anonym", "bot/test_stories_data.py::test_without_the_respondent_key_the_bot_still_serves_and_finds_nobodys_answers"),
    ("pn.rights", "Auskunft und Kopie (/mydata)", "bot/test_stories_data.py::test_the_data_file_holds_every_row_of_that_person_and_of_nobody_else"),
    ("pn.rights", "Löschung und Widerruf (/delete)", "bot/test_stories_data.py::test_delete_erases_both_worlds_and_says_goodbye_in_the_persons_language"),
    ("pn.voluntary", "Sie müssen keine Daten angeben", "conversations/test_paths.py::"),
    ("err.media", "Wir haben nichts gespeichert", "bot/test_stories.py::test_a_photo_a_contact_and_a_place_are_refused_and_nothing_of_them_is_stored"),
    ("err.contact", "Wir haben nichts gespeichert", "bot/test_stories.py::test_a_photo_a_contact_and_a_place_are_refused_and_nothing_of_them_is_stored"),
    ("end.thanks", "Ihr Name steht nicht dabei", "bot/test_canary.py::test_the_files_name_nobody_and_after_delete_hold_nothing_of_the_person"),
    ("stop.done", "Ihre Antworten bleiben gespeichert", "bot/test_stories_data.py::test_stop_ends_every_push_and_says_what_stays"),
    ("stop.done", "Wir schicken Ihnen keine Nachrichten mehr", "bot/test_stories_events.py::test_every_stop_word_of_a_language_ends_everything"),
    ("sub.all_off_done", "Wir schicken Ihnen keine Nachrichten mehr", "bot/test_stories_events.py::test_no_messages_at_all_under_a_reminder_ends_everything_and_says_what_stays"),
    ("sub.all_off_done", "Ihre Antworten bleiben gespeichert", "conversations/test_attending.py::test_the_end_of_all_messages_gives_every_seat_back_and_says_so"),
    ("sub.limits", "Wir schicken für jedes Fachforum höchstens drei Erinnerungen", "bot/test_stories_events.py::test_of_one_forum_nobody_gets_more_than_three_reminders_and_of_another_one_none"),
    ("sub.limits", "Zwischen 21 und 8 Uhr schicken wir nichts", "bot/test_stories_events.py::test_a_change_in_the_night_is_told_at_eight_in_the_morning"),
    ("sub.limits", "Zwischen 21 und 8 Uhr schicken wir nichts", "bot/test_stories_events.py::test_a_reminder_two_hours_before_in_the_night_is_left_out"),
    ("rem.stopped", "Zu diesem Treffen schicken wir nichts mehr", "bot/test_stories_events.py::test_nothing_more_about_this_meeting_ends_that_and_nothing_else"),
    ("rem.stopped", "Zu diesem Treffen schicken wir nichts mehr", "bot/test_stories_events.py::test_who_stops_meanwhile_gets_nothing_more"),
    ("stop.registrations", "Sie sind zu keinem Fachforum angemeldet", "bot/test_stories_events.py::test_whoever_leaves_frees_their_seat"),
    ("rem.confirm", "Wir erinnern Sie: {reminder_times}", "bot/test_stories_events.py::test_somebody_registers_in_arabic_and_is_reminded_at_the_right_minutes"),
    ("rem.confirm_none", "Wenn sich etwas ändert, schreiben wir Ihnen", "bot/test_stories_events.py::test_when_a_forum_moves_everybody_hears_new_and_old"),
    ("rem.confirm_open", "Wir schreiben Ihnen, sobald der Termin feststeht", "bot/test_stories_events.py::test_a_new_date_after_a_cancellation_is_told_and_registered_for_anew"),
    ("rem.cancelled_new", "Wir suchen einen neuen Termin und schreiben Ihnen dann", "bot/test_stories_events.py::test_a_new_date_after_a_cancellation_is_told_and_registered_for_anew"),
    ("rem.date_set", "Wir erinnern Sie vorher noch einmal", "bot/test_stories_events.py::test_a_date_that_is_set_at_the_last_minute_promises_no_further_reminder"),
    ("rem.rsvp_note", "Dann wird der Platz frei", "bot/test_stories_events.py::test_the_last_seat_goes_to_one_of_two_and_comes_free_again"),
    ("events.only_changes", "Wir schreiben Ihnen nur, wenn sich der Termin ändert", "bot/test_stories_events.py::test_who_says_under_a_reminder_that_they_cannot_come_hears_of_changes_only"),
]  # fmt: skip

#: Promises of people, which no code keeps: who answers for them.
KEPT_BY_PEOPLE = [
    ("privacy.short", "Ihre Antworten haben keinen Einfluss auf Aufenthalt, Leistungen oder Anträge", "the town"),
    ("pn.purpose", "Andere Ämter bekommen die Daten nicht", "the town"),
    ("pn.voice", "Menschen bei der Stadt lesen oder hören sie", "the town"),
    ("pn.recipients", "mit Vertrag nach Artikel 28 DSGVO", "the town"),
    ("pn.storage", "Am {freeze_date} trennen wir die Antworten endgültig", "the operator: README, Run it on Telegram"),
    ("pn.storage", "spätestens am {delete_date}", "the operator: README, Run it on Telegram"),
    ("consent.withdrawn", "In Sicherungskopien sind sie spätestens nach {backup_days} Tagen gelöscht", "the operator"),
]  # fmt: skip


def list_tests(place: str) -> set[str]:
    """List the tests of a file, or of every file of a folder."""
    path = ROOT / "tests" / place
    files = sorted(path.rglob("test_*.py")) if path.is_dir() else [path]
    names: set[str] = set()
    for file in files:
        tree = ast.parse(file.read_text(encoding="utf-8"))
        names |= {
            node.name
            for node in ast.walk(tree)
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_")
        }
    return names


@pytest.mark.parametrize(("key", "words", "test"), KEPT)
def test_a_promise_stands_in_the_notice_and_a_test_holds_it(key: str, words: str, test: str) -> None:
    assert words in load_content(None).content.texts[key].snapshot
    place, _, name = test.partition("::")
    found = list_tests(place)
    assert found
    assert not name or name in found


@pytest.mark.parametrize(("key", "words", "who"), KEPT_BY_PEOPLE)
def test_a_promise_of_people_stands_in_the_notice(key: str, words: str, who: str) -> None:
    assert words in load_content(None).content.texts[key].snapshot
    assert who


def test_no_sentence_with_we_in_the_notice_is_left_out() -> None:
    """Every sentence of the texts below, of the notice and about messages, in which the town says "we"."""
    texts = load_content(None).content.texts
    promised = {key: [words for each, words, _ in (*KEPT, *KEPT_BY_PEOPLE) if each == key] for key in texts}
    missing = []
    notice = ("consent.declined", "consent.under16", "pn.storage", "pn.voice", "err.media", "err.contact")
    about_messages = tuple(
        key
        for key in texts
        if key.startswith("rem.") or key in ("sub.limits", "sub.all_off_done", "stop.done")
    )
    for key in (*notice, *about_messages, "events.only_changes"):
        for sentence in re.split(r"(?<=[.!?])\s+|\n", texts[key].snapshot):
            if re.search(r"\bwir\b", sentence, re.IGNORECASE) and not any(
                words in sentence or sentence.strip(" •") in words for words in promised[key]
            ):
                missing.append((key, sentence))
    assert missing == []
