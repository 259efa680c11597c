"""Every way through every field: which questions come, how many, and how long the whole way is.

What is expected stands here as it stands in the content design (dialogues.md §1.7 and §5).
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from conversations.flow import Step, StepKind
from conversations.incoming import Action
from conversations.session import SKIPPED, Asking, OwnWords, Sheet, SheetName
from tests.support.play import Player, newcomer, participant, town

SKIP = "_skip"
ROLES = ("new_arrival", "settled", "descendant", "resident", "helper", "prefer_not", SKIP)
OBSERVERS = ("descendant", "resident", "helper")
SCREENS_MAX = 14


def expected_steps(field: str, role: str, given: dict[str, str]) -> list[str]:
    """Say which questions somebody gets, by their role and the answers that decide about a branch."""
    match field:
        case "sprache" if role in OBSERVERS:
            first = ["spr_now_obs", "spr_obstacle_obs"]
        case "sprache" if given["spr_now"] == "s5":
            first = ["spr_now", "spr_obstacle_obs"]
        case "sprache":
            enough = given["spr_learn"] == "enough"
            first = ["spr_now", "spr_learn", "spr_obstacle_obs" if enough else "spr_obstacle"]
        case "bildung":
            obstacles = {"kita": "child", "school": "child", "training": "adult", "adult": "adult"}
            first = ["bil_area", "bil_now", f"bil_obstacle_{obstacles.get(given['bil_area'], 'all')}"]
        case "arbeit":
            now = given["arb_now"]
            more = {
                "working": "arb_fit",
                "looking": "arb_search",
                "helper": "arb_search",
                "employer": "arb_hire",
            }
            obstacle = "arb_obstacle_emp" if now == "employer" else "arb_obstacle"
            first = ["arb_now", *([more[now]] if now in more else []), obstacle]
        case "wohnen":
            now = given["woh_now"]
            first = {
                "looking": ["woh_now", "woh_search", "woh_obstacle"],
                "helper": ["woh_now", "woh_search", "woh_obstacle"],
                "landlord": ["woh_now", "woh_obstacle_land"],
            }.get(now, ["woh_now", "woh_area", "woh_obstacle_area"])
        case _:
            first = ["wer_now", "wer_obstacle"]
    letters = first[0][:3]
    return [*first, *(f"{letters}_{name}" for name in ("future", "measure", "important", "forum"))]


#: Lengths of the ways, with how many ways there are of each: roles times the answers that branch.
LENGTHS = {
    # Own experience: 4 roles; of 7 answers (5 points, don't know, skipped) one leads past spr_learn,
    # the other 6 to its 6 options and skip. Observers: 3 roles, 8 answers (no contact as well).
    "sprache": {7: 4 * 6 * 7, 6: 4 + 3 * 8},
    "bildung": {7: 7 * 6},
    "arbeit": {7: 7 * 4, 6: 7 * 4},
    "wohnen": {7: 7 * 5, 6: 7},
    "werte": {6: 7 * 7},
}
#: The questions whose answers decide which question comes next; elsewhere the first answer is taken.
DECIDING = {"spr_now", "spr_now_obs", "spr_learn", "bil_area", "arb_now", "woh_now", "wer_now"}


def walk_every_way(field: str, role: str) -> Iterator[tuple[list[str], dict[str, str], Player]]:
    """Walk every way through a field: the ids of the questions, the deciding answers, the player."""
    ways: list[list[str]] = [[]]
    while ways:
        picks = ways.pop()
        player = participant(role).opens(Action.FIELD, field)
        asked, given, used = [], {}, 0
        while isinstance(place := player.session.place, Asking):
            step = town().find_step(place.step)
            assert step is not None
            asked.append(step.id)
            option = _first(step)
            if step.id in DECIDING:
                options = [*(option.code for option in step.all_options), SKIP]
                if used == len(picks):  # come back for each of the other answers
                    ways += [[*picks, other] for other in options[1:]]
                    picks = [*picks, options[0]]
                option, used = picks[used], used + 1
                given[step.id] = option
            _answer(player, step, option)
        yield asked, given, player


def _first(step: Step) -> str:
    return "decline" if step.find_option("decline") else (step.all_options[0].code if step.options else "")


def _answer(player: Player, step: Step, option: str) -> None:
    if option == SKIP:
        player.picks(SKIP)
    elif step.kind is StepKind.OPEN:
        player.says("Alle grüßen sich.")
    else:
        player.picks(option)
        if step.kind is StepKind.MULTI:
            player.picks("_done")


@pytest.mark.parametrize("field", list(LENGTHS))
def test_every_branch_has_the_questions_of_the_content_design(field: str) -> None:
    lengths: dict[int, int] = {}
    for role in ROLES:
        for asked, given, player in walk_every_way(field, role):
            assert asked == expected_steps(field, role, given), (role, given)
            assert player.session.place == Sheet(SheetName.THANKS, field)
            stored = {step for (scope, step), _ in player.stored.answers if scope == field}
            assert stored == set(asked)
            lengths[len(asked)] = lengths.get(len(asked), 0) + 1
    print(f"\n{field}: {lengths}")
    assert lengths == LENGTHS[field]


@pytest.mark.parametrize("field", list(LENGTHS))
def test_the_progress_counts_every_question_once_and_ends_with_the_last(field: str) -> None:
    player = participant("resident").opens(Action.FIELD, field)
    seen = []
    while isinstance(place := player.session.place, Asking):
        seen += [line for line in player.sees.split("\n") if line.startswith("Frage ")]
        step = town().find_step(place.step)
        assert step is not None
        _answer(player, step, _first(step))
    total = len(seen)
    assert [line.split()[1] for line in seen] == [str(number) for number in range(1, total + 1)]
    assert seen[-1] == f"Frage {total} von {total}"


@pytest.mark.parametrize("field", list(LENGTHS))
@pytest.mark.parametrize("role", ROLES)
def test_somebody_can_skip_every_question_of_a_topic(field: str, role: str) -> None:
    player = participant(role).opens(Action.FIELD, field)
    asked = []
    while isinstance(place := player.session.place, Asking):
        asked.append(place.step)
        player.picks(SKIP)
    assert asked == expected_steps(field, role, dict.fromkeys(DECIDING, SKIP))
    assert {codes for step, codes in player.answers.items() if step in asked} == {(SKIPPED,)}
    assert player.session.finished == (field,)


@pytest.mark.parametrize("field", list(LENGTHS))
@pytest.mark.parametrize("role", ["settled", "resident"])
def test_own_answers_wherever_there_are_any_lengthen_nothing_else(field: str, role: str) -> None:
    player = participant(role).opens(Action.FIELD, field)
    own = 0
    while isinstance(place := player.session.place, Asking | OwnWords):
        step = town().find_step(place.step)
        assert step is not None
        if isinstance(place, OwnWords):
            player.says("Mehr Zeit für alle.")
        elif step.find_option("own") is not None:
            own += 1
            _answer(player, step, "own")
        else:
            _answer(player, step, _first(step))
    assert own == (2 if field == "werte" else 3)
    assert list(player.words.values()).count("Mehr Zeit für alle.") == own


#: Role and deciding answer of the longest way of each field, and the screens from /start to the thanks:
#: language, doors, consent, role, topics, the questions, consent 2, thanks.
LONGEST = {
    "sprache": ("settled", 7 + 7),
    "bildung": ("settled", 7 + 7),
    "arbeit": ("settled", 7 + 7),
    "wohnen": ("settled", 7 + 7),
    "werte": ("settled", 7 + 6),
}


@pytest.mark.parametrize("field", list(LONGEST))
def test_a_first_topic_takes_at_most_14_screens_from_start_to_thanks(field: str) -> None:
    role, expected = LONGEST[field]
    player = newcomer().opens(Action.SAY).opens(Action.AGREE).picks(role).opens(Action.FIELD, field)
    marks = 0
    while isinstance(place := player.session.place, Asking):
        step = town().find_step(place.step)
        assert step is not None
        if step.find_option("invite"):
            player.picks("invite")
        else:
            _answer(player, step, _first(step))
            marks += step.kind is StepKind.MULTI
    player.opens(Action.AGREE_MESSAGES)
    assert player.session.place == Sheet(SheetName.THANKS, field)
    screens = len(player.shown) - marks  # a mark in a multiple choice redraws the same screen
    print(f"\n{field}: {screens} screens")
    assert screens == expected
    assert screens <= SCREENS_MAX


def test_a_deep_link_saves_the_screen_of_topics() -> None:
    player = Player().does("/start werte").taps("Deutsch").opens(Action.SAY).opens(Action.AGREE)
    player.picks("resident")
    assert player.session.place == Asking("werte", "wer_now")
    assert len(player.shown) == 5
