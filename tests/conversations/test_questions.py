"""What a question looks like: progress, echo, statements, hints, marks, and how answers are told."""

from __future__ import annotations

import pytest

from conversations.incoming import Action
from conversations.questions import describe_answer
from conversations.session import SKIPPED, Answer
from conversations.texts import Plain, text
from tests.support.play import answer, in_topic, newcomer, town


def test_the_first_question_names_the_topic_and_how_many_questions_there_are() -> None:
    lines = in_topic("arbeit").sees.split("\n")
    assert lines[:2] == ["Frage 1 von 6", "Thema Arbeit: Arbeit finden, Ausbildung, Beruf."]
    assert in_topic("arbeit", "working").sees.split("\n")[:2] == ["Frage 2 von 7", ""]


def test_the_area_chosen_before_stands_above_the_question_that_refers_to_it() -> None:
    assert "Schule\nWie gut klappt es in diesem Bereich" in in_topic("bildung", "school").sees
    assert "Übersprungen" not in in_topic("bildung", "_skip").sees


def test_statements_and_their_buttons_have_the_same_numbers() -> None:
    player = in_topic("arbeit", "training", "none")
    statements = [line[:2] for line in player.sees.split("\n") if line[:1].isdigit()]
    assert statements == ["1.", "2.", "3.", "4.", "5."]
    assert [label[:2] for label in player.buttons[:5]] == statements
    assert player.buttons[5:7] == ["Eigene Antwort", "Keines davon"]


def test_a_hint_is_given_once_for_each_kind_of_question() -> None:
    player = newcomer().opens(Action.SAY).opens(Action.AGREE)
    assert "Tippen Sie auf eine Antwort." in player.sees
    player.picks("settled").taps("Wohnen")
    seen = []
    for option in ("looking", "s1", "price", "fair_chance", "new_homes!", "s5"):
        seen.append(player.sees)
        answer(player, option)
    assert [("Tippen Sie auf eine Antwort." in text) for text in seen] == [False] * 6
    assert [("Tippen Sie auf eine Zahl" in text) for text in seen] == [False, True, *[False] * 4]
    assert [("Wählen Sie höchstens 2 Antworten." in text) for text in seen] == [*[False] * 4, True, False]


def test_the_hint_of_an_open_question_names_the_emergency_numbers_every_time() -> None:
    player = in_topic("werte", "s4", "none")
    assert "Notfall: 112 oder 110." in player.sees
    player.says("Man grüßt sich.").picks("_back")
    assert "Notfall: 112 oder 110." in player.sees


def test_every_question_ends_with_back_skip_and_pause() -> None:
    for way in ((), ("working",), ("working", "s3"), ("working", "s3", "none"), ("working", "s3", "own")):
        assert in_topic("arbeit", *way).buttons[-3:] == ["Zurück", "Überspringen", "Pause"]


@pytest.mark.parametrize(
    ("step_id", "given", "told"),
    [
        ("arb_now", Answer(("working",)), (text("o.arb_now.working"),)),
        ("arb_now", Answer((SKIPPED,)), (text("ui.answer.skipped"),)),
        ("arb_now", Answer(("gone",)), (Plain("–"),)),
        ("arb_measure", Answer(("internships", "gone")), (text("o.arb_measure.internships"),)),
        ("arb_obstacle", Answer(("own",), "Der Bus."), (text("o.common.own"), Plain("Der Bus."))),
        ("arb_obstacle", Answer(("own",), has_voice=True), (text("o.common.own"), text("ui.answer.voice"))),
        ("wer_future", Answer(("text",), "Grüßen."), (Plain("Grüßen."),)),
        ("wer_future", Answer(("voice",), has_voice=True), (text("ui.answer.voice"),)),
        ("wer_future", Answer(("voice",)), (text("ui.answer.voice"),)),
        ("wer_future", Answer(("text",)), (Plain("–"),)),
    ],
)
def test_an_answer_is_told_in_texts_and_never_with_nothing(
    step_id: str, given: Answer, told: tuple[object, ...]
) -> None:
    step = town().find_step(step_id)
    assert step is not None
    assert describe_answer(step, given) == told
