"""Stories of answering: back, skip, own words, marks, branches, the invitation, what a forum needs."""

from __future__ import annotations

import dataclasses

import pytest

from conversations.answering import MAX_VOICE_BYTES, MAX_WORDS_CHARS
from conversations.incoming import Action
from conversations.session import SKIPPED, Answer, Asking, OwnWords, Sheet, SheetName
from tests.support.play import Player, answer, in_topic, newcomer, participant, shipped, walk_to_thanks

BRANCH_CHANGED = "Durch die Änderung passen manche Fragen nicht mehr. Diese Antworten haben wir gelöscht."


def finished(field: str = "arbeit", *answers: str, role: str = "resident") -> Player:
    return walk_to_thanks(in_topic(field, *answers, role=role))


# Back and skip.


def test_back_goes_to_the_question_before_and_shows_what_was_chosen() -> None:
    player = in_topic("arbeit", "working").taps("Zurück")
    assert player.session.place == Asking("arbeit", "arb_now")
    assert "Gewählt: Ich arbeite" in player.sees
    assert player.answers["arb_now"] == ("working",)


def test_back_on_the_first_question_leads_to_the_topics() -> None:
    assert in_topic("arbeit").taps("Zurück").session.place == Sheet(SheetName.TOPICS)


def test_going_on_from_an_answered_question_keeps_the_answer() -> None:
    player = in_topic("arbeit", "working").taps("Zurück").taps("Weiter")
    assert player.answers["arb_now"] == ("working",)
    assert player.session.place == Asking("arbeit", "arb_fit")


def test_a_question_passed_over_can_be_answered_later() -> None:
    player = in_topic("arbeit").taps("Überspringen")
    assert player.answers["arb_now"] == (SKIPPED,)
    player.taps("Zurück")
    assert "Gewählt: Übersprungen" in player.sees
    player.taps("Ich arbeite")
    assert player.answers["arb_now"] == ("working",)


def test_a_second_tap_on_an_answer_changes_nothing_and_says_nothing() -> None:
    player = in_topic("arbeit").taps("Ich arbeite")
    screens = len(player.shown)
    player.taps_again()
    assert player.turn is not None
    assert player.turn.events == ()
    assert len(player.shown) == screens
    assert player.answers["arb_now"] == ("working",)


def test_a_button_of_an_earlier_question_changes_no_answer_and_shows_where_one_is() -> None:
    player = in_topic("arbeit")
    old = player.screen
    player.taps("Ich arbeite").taps("5 – sehr gut").taps("Ich suche Arbeit", on=old)
    assert player.answers["arb_now"] == ("working",)
    assert player.popup == "Dieser Knopf ist nicht mehr gültig. Hier ist die aktuelle Frage."
    assert player.session.place == Asking("arbeit", "arb_obstacle")


# Pause.


def test_somebody_pauses_and_goes_on_weeks_later_where_they_stood() -> None:
    player = in_topic("arbeit", "working").taps("Pause")
    assert player.sees.startswith("Pause. Ihre Antworten sind gespeichert.")
    player.now = player.now.replace(month=11)
    player.does("/topics")
    assert "Angefangen: Arbeit" in player.sees
    player.taps("Arbeit").taps("Weiter")
    assert player.session.place == Asking("arbeit", "arb_fit")


def test_help_in_the_middle_of_a_question_shows_the_way_back_to_it() -> None:
    player = in_topic("arbeit", "working").says("hilfe").taps("Zurück zur Frage")
    assert player.session.place == Asking("arbeit", "arb_fit")


# Own words.


def test_an_own_answer_is_stored_at_once_and_the_words_are_optional() -> None:
    player = in_topic("arbeit", "looking", "s1").taps("Eigene Antwort")
    assert player.answers["arb_obstacle"] == ("own",)
    player.taps("Überspringen")
    assert player.answers["arb_obstacle"] == ("own",)
    assert player.words == {}
    assert player.session.place == Asking("arbeit", "arb_future")


def test_an_own_answer_in_words() -> None:
    player = in_topic("arbeit", "looking", "s1").taps("Eigene Antwort").says("  Der Bus fährt nicht.  ")
    assert player.words == {"arb_obstacle": "Der Bus fährt nicht."}
    assert player.sees.startswith("Gespeichert.\n\nFrage 4 von 7")


def test_an_own_answer_can_be_said_in_other_words_later() -> None:
    player = in_topic("arbeit", "looking", "s1", "own").says("Der Bus fährt nicht.").taps("Zurück")
    player.taps("Eigene Antwort")
    assert "Gewählt: Eigene Antwort · Der Bus fährt nicht." in player.sees
    assert player.buttons == ["Zurück", "Weiter", "Pause"]
    player.says("Abends fährt kein Bus.")
    assert player.words == {"arb_obstacle": "Abends fährt kein Bus."}


def test_words_on_a_closed_question_are_offered_as_own_answer() -> None:
    player = in_topic("arbeit", "looking", "s1").says("Der Bus fährt nicht.")
    assert "arb_obstacle" not in player.answers
    assert player.sees.endswith("Möchten Sie das als eigene Antwort speichern?")
    player.taps("Ja")
    assert player.answers["arb_obstacle"] == ("own",)
    assert player.words == {"arb_obstacle": "Der Bus fährt nicht."}


def test_words_that_were_no_answer_are_forgotten() -> None:
    player = in_topic("arbeit", "looking", "s1").says("Hallo?").taps("Nein")
    assert player.session.place == Asking("arbeit", "arb_obstacle")
    assert "arb_obstacle" not in player.answers
    assert "Hallo?" not in (player.stored.session or "")


def test_a_voice_message_on_a_closed_question_is_offered_as_own_answer() -> None:
    player = in_topic("arbeit", "looking", "s1").speaks(seconds=60).taps("Ja")
    found = dict(player.stored.answers)[("arbeit", "arb_obstacle")]
    assert (found.codes, found.has_voice, found.words) == (("own",), True, None)


def test_other_words_take_the_place_of_those_on_offer() -> None:
    player = in_topic("arbeit", "looking", "s1").says("Der Buss").says("Der Bus").taps("Ja")
    assert player.words == {"arb_obstacle": "Der Bus"}


def test_words_on_a_question_without_own_answers_point_to_the_buttons() -> None:
    player = in_topic("arbeit").says("Ich bin Koch.")
    assert player.sees.startswith("Bitte tippen Sie auf eine der Antworten.")
    assert player.session.place == Asking("arbeit", "arb_now")


@pytest.mark.parametrize("words", ["3", " 3 ", "٣", "۳", "３"])
def test_a_digit_on_a_scale_is_an_answer_in_every_script(words: str) -> None:
    assert in_topic("arbeit", "looking").says(words).answers["arb_search"] == ("s3",)


@pytest.mark.parametrize("words", ["0", "6", "33", "²", "drei", "-1", "s3"])
def test_anything_else_on_a_scale_is_not(words: str) -> None:
    player = in_topic("arbeit", "looking").says(words)
    assert "arb_search" not in player.answers
    assert player.sees.startswith("Bitte tippen Sie auf eine der Antworten.")


def test_an_open_question_takes_words_or_a_voice() -> None:
    player = in_topic("werte", "s4", "none").says("Man grüßt sich.")
    assert player.answers["wer_future"] == ("text",)
    player.taps("Zurück").speaks(seconds=8)
    found = dict(player.stored.answers)[("werte", "wer_future")]
    assert (found.codes, found.has_voice, found.words) == (("voice",), True, None)


def test_a_voice_answer_can_be_reviewed_after_the_voice_has_been_deleted() -> None:
    player = walk_to_thanks(in_topic("werte", "s4", "none").speaks(seconds=8))
    answers = {**dict(player.stored.answers), ("werte", "wer_future"): Answer(("voice",))}  # after voice_days
    player.stored = dataclasses.replace(player.stored, answers=tuple(answers.items()))
    player.taps("Meine Antworten ansehen")
    assert "3. Sprachnachricht" in player.buttons


# Too much, too long, the wrong kind.


def test_a_text_of_exactly_the_limit_is_stored_and_a_longer_one_is_not() -> None:
    player = in_topic("werte", "s4", "none").says("x" * (MAX_WORDS_CHARS + 1))
    assert player.sees.startswith("Der Text ist zu lang. Bitte schreiben Sie höchstens 1.000 Zeichen.")
    assert "wer_future" not in player.answers
    player.says("x" * MAX_WORDS_CHARS)
    assert player.words["wer_future"] == "x" * MAX_WORDS_CHARS


@pytest.mark.parametrize(
    ("seconds", "size_bytes", "mime_type", "says"),
    [
        (61, 1, "audio/ogg", "Die Sprachnachricht ist zu lang."),
        (8, MAX_VOICE_BYTES + 1, "audio/ogg", "Die Sprachnachricht ist zu lang."),
        (8, 1, "video/mp4", "Die Sprachnachricht konnten wir nicht speichern."),
    ],
)
def test_a_voice_message_that_cannot_be_stored(
    seconds: int, size_bytes: int, mime_type: str, says: str
) -> None:
    player = in_topic("werte", "s4", "none")
    player.speaks(seconds=seconds, size_bytes=size_bytes, mime_type=mime_type)
    assert player.sees.startswith(says)
    assert "wer_future" not in player.answers
    player.speaks(seconds=60, size_bytes=MAX_VOICE_BYTES, mime_type="")
    assert player.answers["wer_future"] == ("voice",)


# Marks of a multiple choice.


def to_measures() -> Player:
    return in_topic("arbeit", "training", "none", "none")


def test_two_marks_fit_and_a_third_is_refused() -> None:
    player = answer(to_measures(), "job_mentors", "internships", "work_courses")
    assert player.popup == "Mehr als 2 Antworten gehen nicht. Nehmen Sie zuerst eine weg."
    marked = {label for label in player.buttons if label.startswith("✓")}
    assert marked == {"✓ Patenschaften für Arbeitssuchende", "✓ Mehr Praktika"}
    assert "Fertig (2)" in player.buttons
    player.taps("Fertig (2)")
    assert player.answers["arb_measure"] == ("job_mentors", "internships")


def test_a_mark_can_be_taken_away_again() -> None:
    player = answer(to_measures(), "job_mentors", "internships", "job_mentors")
    assert "Fertig (1)" in player.buttons
    assert player.taps("Fertig (1)").answers["arb_measure"] == ("internships",)


def test_nothing_is_stored_before_done_and_done_needs_a_mark() -> None:
    player = to_measures().taps("Fertig")
    assert player.popup.startswith("Bitte tippen Sie auf eine der Antworten.")
    player.taps("Mehr Praktika")
    assert "arb_measure" not in player.answers


def test_none_of_these_stands_alone() -> None:
    player = answer(to_measures(), "job_mentors", "internships", "none")
    assert [label for label in player.buttons if label.startswith("✓")] == ["✓ Keines davon"]
    player.taps("Mehr Praktika")
    assert [label for label in player.buttons if label.startswith("✓")] == ["✓ Mehr Praktika"]


def test_an_own_measure_beside_another_asks_for_the_words_and_keeps_both() -> None:
    player = answer(to_measures(), "job_mentors+own").says("Ein Bus am Abend.")
    assert player.answers["arb_measure"] == ("job_mentors", "own")
    assert player.words == {"arb_measure": "Ein Bus am Abend."}


def test_words_on_a_multiple_choice_join_the_marks() -> None:
    player = answer(to_measures(), "job_mentors").says("Ein Bus am Abend.").taps("Ja")
    assert player.answers["arb_measure"] == ("job_mentors", "own")


def test_words_beside_two_marks_take_the_place_of_the_second_and_say_so() -> None:
    player = answer(to_measures(), "job_mentors", "internships").says("Ein Bus am Abend.").taps("Ja")
    assert player.answers["arb_measure"] == ("job_mentors", "own")
    assert player.sees.startswith(
        "Gewählt: Patenschaften für Arbeitssuchende · Eigene Antwort · Ein Bus am Abend."
    )


def test_marks_survive_a_look_at_the_menu_and_another_language() -> None:
    player = answer(to_measures(), "job_mentors").does("/help").taps("Menü").taps("Sprache ändern / Language")
    player.taps("English")
    assert [label for label in player.buttons if label.startswith("✓")] == ["✓ Job mentors"]


# Branches.


def test_another_branch_deletes_the_answers_of_the_old_one_and_says_so() -> None:
    player = in_topic("arbeit", "working", "s3", "mobility", "_back", "_back", "_back", "employer")
    assert player.sees.startswith(BRANCH_CHANGED)
    assert "arb_fit" not in player.answers
    assert "arb_obstacle" not in player.answers
    assert player.session.place == Asking("arbeit", "arb_hire")


def test_an_edit_that_opens_a_new_question_makes_the_topic_unfinished_until_it_is_answered() -> None:
    player = finished("arbeit", "training").taps("Meine Antworten ansehen")
    player.opens(Action.EDIT, "arbeit.arb_now").picks("working")
    assert player.session.place == Asking("arbeit", "arb_fit")
    assert player.session.finished == ()
    player.does("/topics")
    assert "Angefangen: Arbeit" in player.sees
    player.taps("Arbeit").taps("Weiter").picks("s3")
    assert player.session.finished == ("arbeit",)


def test_another_role_deletes_the_answers_that_go_with_the_old_one_and_says_so() -> None:
    player = finished("sprache", role="settled")
    assert player.session.finished == ("sprache",)
    player.does("/mydata").taps("Kurze Fragen zu mir").opens(Action.EDIT).picks("resident")
    assert player.sees.startswith(BRANCH_CHANGED)
    assert {"spr_now", "spr_learn", "spr_obstacle"} & set(player.answers) == set()
    assert "spr_future" in player.answers
    assert player.session.finished == ()
    player.does("/topics").taps("Sprache").taps("Weiter")
    assert player.session.place == Asking("sprache", "spr_now_obs")


def test_an_edit_on_the_same_branch_leads_back_to_the_review() -> None:
    player = finished("arbeit", "working").taps("Meine Antworten ansehen")
    player.opens(Action.EDIT, "arbeit.arb_fit").picks("s5")
    assert player.session.place == Sheet(SheetName.REVIEW, "arbeit")
    assert player.answers["arb_fit"] == ("s5",)
    player.taps("Alles stimmt").taps("Nein, danke")
    assert player.session.place == Sheet(SheetName.THANKS, "arbeit")


def test_back_and_going_on_lead_from_an_edit_to_the_review_without_a_change() -> None:
    for way_out in ("_back", "_skip"):
        player = finished("arbeit", "working").taps("Meine Antworten ansehen")
        player.opens(Action.EDIT, "arbeit.arb_fit").picks(way_out)
        assert player.session.place == Sheet(SheetName.REVIEW, "arbeit")
        assert player.answers["arb_fit"] == ("s1",)


def test_a_review_in_the_middle_of_a_topic_shows_the_way_on() -> None:
    player = in_topic("arbeit", "working").does("/topics").taps("Arbeit").taps("Meine Antworten ansehen")
    player.taps("Weiter")
    assert player.session.place == Asking("arbeit", "arb_fit")


# The invitation to the forum.


def to_forum(player: Player | None = None) -> Player:
    player = player or participant()
    return answer(player.opens(Action.FIELD, "werte"), "s4", "none", "_skip", "none!", "s5")


def test_an_invitation_needs_consent_2_and_switches_on_that_forum_only() -> None:
    player = to_forum().taps("Ja, bitte einladen")
    assert player.stored.subscriptions == frozenset()
    player.taps("Ja")
    assert player.stored.message_consent is not None
    assert player.stored.subscriptions == {"forum_werte"}
    assert player.session.place == Sheet(SheetName.THANKS, "werte")


def test_without_consent_2_the_answer_stays_and_nothing_is_switched_on() -> None:
    player = to_forum().taps("Ja, bitte einladen").taps("Nein")
    assert player.answers["wer_forum"] == ("invite",)
    assert player.stored.subscriptions == frozenset()
    assert player.stored.message_consent is None
    assert player.session.place == Sheet(SheetName.THANKS, "werte")


def test_only_the_result_switches_on_the_results() -> None:
    assert to_forum().taps("Nur das Ergebnis schicken").taps("Ja").stored.subscriptions == {"results"}


def test_no_thanks_switches_nothing_on_and_asks_nothing() -> None:
    player = to_forum().taps("Nein, danke")
    assert player.stored.subscriptions == frozenset()
    assert player.session.place == Sheet(SheetName.THANKS, "werte")


def test_passing_the_invitation_over_does_not_switch_off_what_somebody_chose_elsewhere() -> None:
    player = newcomer().taps("Nur Nachrichten").taps("Ja").taps("Fachforum Werte und Regeln")
    player.does("/topics").taps("Ja, ich stimme zu").picks("resident")
    to_forum(player).taps("Überspringen")
    assert player.stored.subscriptions == {"forum_werte"}


def test_somebody_who_takes_an_invitation_back_is_not_reminded_and_what_they_needed_goes() -> None:
    player = to_forum().taps("Ja, bitte einladen").taps("Ja")
    answer(player.taps("Was ich für das Treffen brauche"), "childcare+interpreter")
    assert player.answers["forum_needs"] == ("childcare", "interpreter")
    player.taps("Meine Antworten ansehen").opens(Action.EDIT, "werte.wer_forum").taps("Nein, danke")
    assert player.stored.subscriptions == frozenset()
    assert "forum_needs" not in player.answers
    assert player.sees.startswith(BRANCH_CHANGED)


def test_no_thanks_switches_off_only_what_the_answer_before_had_switched_on() -> None:
    player = newcomer().taps("Nur Nachrichten").taps("Ja").taps("Fachforum Werte und Regeln")
    player.does("/topics").taps("Ja, ich stimme zu").picks("resident")
    to_forum(player).taps("Nein, danke")
    assert player.stored.subscriptions == {"forum_werte"}
    player = to_forum().taps("Nur das Ergebnis schicken").taps("Ja").taps("Meine Antworten ansehen")
    player.opens(Action.EDIT, "werte.wer_forum").taps("Nein, danke")
    assert player.stored.subscriptions == frozenset()


def test_an_old_button_for_the_needs_of_a_forum_asks_nobody_who_is_not_invited() -> None:
    player = to_forum().taps("Nein, danke")
    assert "Was ich für das Treffen brauche" not in player.buttons
    player.presses("m:needs:werte")
    assert player.session.place == Sheet(SheetName.THANKS, "werte")


def test_nothing_of_this_clears_the_other_needs() -> None:
    player = to_forum().taps("Ja, bitte einladen").taps("Ja").taps("Was ich für das Treffen brauche")
    answer(player, "childcare", "evening", "nothing!")
    assert player.answers["forum_needs"] == ("nothing",)
    assert dict(player.stored.answers)[("forum_werte", "forum_needs")].codes == ("nothing",)


# After a topic.


def test_something_more_to_say_is_kept_with_its_topic() -> None:
    player = finished("arbeit", "training").taps("Noch etwas sagen").says("Danke für die Fragen.")
    assert dict(player.stored.answers)[("arbeit", "x_comment")].words == "Danke für die Fragen."
    assert player.sees.startswith("Gespeichert.\n\nDanke. Das waren alle Fragen zu diesem Thema.")


def test_the_short_profile_asks_two_questions_and_each_can_be_passed_over() -> None:
    player = finished("arbeit", "training").taps("Kurze Fragen zu mir").taps("Ja")
    assert player.sees.startswith("Wie lange wohnen Sie schon in Göppingen?")
    player.taps("10 Jahre oder länger")
    assert player.sees.startswith("Wie alt sind Sie?")
    player.taps("Überspringen")
    assert player.session.place == Sheet(SheetName.THANKS, "arbeit")
    assert "Kurze Fragen zu mir" not in player.buttons
    assert (player.answers["prof_years"], player.answers["prof_age"]) == (("ge10",), (SKIPPED,))


def test_which_topic_first_is_asked_once_after_two_topics() -> None:
    player = finished("arbeit", "training")
    assert "Welches Thema zuerst?" not in player.buttons
    player.taps("Nächstes Thema").taps("Wohnen")
    walk_to_thanks(player).taps("Welches Thema zuerst?").taps("Bildung")
    assert player.answers["prio_field"] == ("bildung",)
    assert player.session.place == Sheet(SheetName.THANKS, "wohnen")
    assert "Welches Thema zuerst?" not in player.buttons


def test_what_happens_with_an_answer_is_said_after_the_first_topic_only() -> None:
    expectation = "Ihre Antwort ist ein Vorschlag."
    player = finished("arbeit", "training")
    assert expectation in player.sees
    assert expectation not in walk_to_thanks(player.taps("Nächstes Thema").taps("Wohnen")).sees


# Starting again.


def test_starting_again_drops_the_answers_of_that_topic_once() -> None:
    player = to_forum().taps("Ja, bitte einladen").taps("Ja")
    answer(player.taps("Was ich für das Treffen brauche"), "evening!")
    player.taps("Noch etwas sagen").says("Noch etwas.").does("/topics").taps("Werte, Regeln und Normen")
    assert "Wenn Sie neu anfangen, ersetzen wir Ihre alten Antworten." in player.sees
    old = player.screen
    player.taps("Neu anfangen")
    assert player.answers == {"prof_role": ("resident",)}
    player.taps("4 – eher gut")
    player.taps("Neu anfangen", on=old)
    assert player.answers == {"prof_role": ("resident",), "wer_now": ("s4",)}
    assert player.session.place == Asking("werte", "wer_obstacle")


def test_a_double_tap_on_starting_again_drops_nothing_twice() -> None:
    player = in_topic("arbeit", "working").does("/topics").taps("Arbeit").taps("Neu anfangen").taps_again()
    assert player.session.place == Asking("arbeit", "arb_now")
    assert player.turn is not None
    assert len(player.turn.events) == 1


def test_somebody_who_changes_nothing_keeps_everything() -> None:
    player = finished("arbeit", "training")
    before = player.stored.answers
    player.does("/topics").taps("Arbeit").taps("Meine Antworten ansehen").taps("Alles stimmt")
    assert player.stored.answers == before


def test_in_own_words_back_leads_to_the_options() -> None:
    player = in_topic("arbeit", "training").taps("Eigene Antwort")
    assert player.session.place == OwnWords("arbeit", "arb_obstacle")
    player.taps("Zurück").taps("Kein Hindernis")
    assert player.answers["arb_obstacle"] == ("none",)


def test_the_number_of_a_statement_chooses_it() -> None:
    player = in_topic("arbeit", "working", "s4", "none")
    first = player.sees.partition("1. ")[2].partition("\n")[0]
    player.says("1")
    chosen = player.answers["arb_future"][0]
    assert first == shipped().content.texts[f"t.arb_future.{chosen}"].snapshot


def test_a_number_that_no_statement_has_is_offered_as_own_words() -> None:
    player = in_topic("arbeit", "working", "s4", "none").says("9")
    assert "Möchten Sie das als eigene Antwort speichern?" in player.sees


def test_a_message_that_was_too_long_counts_once_it_is_made_shorter() -> None:
    player = in_topic("werte", "s4", "none").says("x" * 1001)
    assert "Der Text ist zu lang." in player.sees
    player.edits(player.session.refused, "Gute Nachbarn.")
    assert player.session.answers[("werte", "wer_future")].words == "Gute Nachbarn."
