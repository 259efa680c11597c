"""The order of options, what is asked, what no longer applies, and flows that changed overnight."""

from __future__ import annotations

import dataclasses

import pytest

from conversations.content import Content
from conversations.dialogue import (
    count_progress,
    find_open_step,
    find_orphans,
    find_step_before,
    list_steps,
    order_options,
    reconcile,
)
from conversations.flow import Flow, Step
from conversations.session import Answer, AnswerKey, Asking, OfferedOwn, Place, Session, Sheet, SheetName
from tests.support.play import town

SHUFFLED = [step for flow in town().fields for step in flow.steps if step.shuffled]
SEEDS = [f"seed-{number}" for number in range(2100)]
#: Upper 0.01 % points of the chi-square distribution (NIST e-Handbook 1.3.6.7.4), by degrees of freedom.
CHI_SQUARE_MAX = {4: 23.51, 5: 25.74, 6: 27.86}


def step_of(step_id: str) -> Step:
    step = town().find_step(step_id)
    assert step is not None
    return step


def session(place: Place | None = None, **answers: str) -> Session:
    flows = (*town().fields, town().profile)
    keys: dict[AnswerKey, Answer] = {}
    for step_id, code in answers.items():
        scope = next(flow.scope for flow in flows if flow.find_step(step_id) is not None)
        keys[(scope, step_id)] = Answer((code,))
    return Session("t", "s", place or Sheet(SheetName.TOPICS), answers=keys)


def field(code: str) -> Flow:
    flow = town().find_field(code)
    assert flow is not None
    return flow


def without(content: Content, *step_ids: str) -> Content:
    def cut(flow: Flow) -> Flow:
        return dataclasses.replace(flow, steps=tuple(s for s in flow.steps if s.id not in step_ids))

    return dataclasses.replace(content, fields=tuple(map(cut, content.fields)), profile=cut(content.profile))


def without_option(content: Content, step_id: str, code: str) -> Content:
    def cut(step: Step) -> Step:
        options = tuple(option for option in step.options if option.code != code)
        return dataclasses.replace(step, options=options) if step.id == step_id else step

    fields = tuple(dataclasses.replace(flow, steps=tuple(map(cut, flow.steps))) for flow in content.fields)
    return dataclasses.replace(content, fields=fields)


def test_the_shipped_fields_have_shuffled_questions() -> None:
    assert len(SHUFFLED) == 20


@pytest.mark.parametrize("step", SHUFFLED, ids=lambda step: step.id)
def test_the_order_is_the_same_for_one_person_and_the_tail_stays_last(step: Step) -> None:
    for seed in SEEDS[:50]:
        order = order_options(step, seed)
        assert order == order_options(step, seed)
        assert order[len(step.options) :] == step.tail
        assert sorted(option.code for option in order) == sorted(o.code for o in step.all_options)


@pytest.mark.parametrize("step", SHUFFLED, ids=lambda step: step.id)
def test_over_many_persons_every_option_stands_everywhere_equally_often(step: Step) -> None:
    count = len(step.options)
    seen = {option.code: [0] * count for option in step.options}
    for seed in SEEDS:
        for position, option in enumerate(order_options(step, seed)[:count]):
            seen[option.code][position] += 1
    expected = len(SEEDS) / count
    for code, positions in seen.items():
        chi_square = sum((times - expected) ** 2 / expected for times in positions)
        assert chi_square < CHI_SQUARE_MAX[count - 1], (code, positions)


def test_two_questions_with_the_same_options_have_orders_of_their_own() -> None:
    one, two = step_of("spr_obstacle"), step_of("spr_obstacle_obs")
    same = [
        seed
        for seed in SEEDS[:500]
        if [o.code for o in order_options(one, seed)] == [o.code for o in order_options(two, seed)]
    ]
    assert len(same) < 5


def test_an_option_that_is_added_later_does_not_move_the_others_against_each_other() -> None:
    step = step_of("arb_obstacle")
    shorter = dataclasses.replace(step, options=step.options[1:])
    for seed in SEEDS[:50]:
        longer = [option for option in order_options(step, seed) if option != step.options[0]]
        assert longer == list(order_options(shorter, seed))


def test_a_question_that_is_not_shuffled_keeps_the_order_of_the_file() -> None:
    step = step_of("arb_now")
    assert order_options(step, "any") == step.all_options


def test_the_way_is_worked_out_from_the_answers_alone() -> None:
    working = session(arb_now="working")
    flow = field("arbeit")
    assert [step.id for step in list_steps(flow, working)][:3] == ["arb_now", "arb_fit", "arb_obstacle"]
    assert find_open_step(flow, working) == step_of("arb_fit")
    assert find_step_before(flow, working, "arb_obstacle") == step_of("arb_fit")
    assert find_step_before(flow, working, "arb_now") is None
    assert find_step_before(flow, working, "unknown") is None
    assert count_progress(flow, working, "arb_obstacle") == (3, 7)
    assert count_progress(flow, working, "unknown") == (7, 7)


def test_an_answer_of_another_branch_is_an_orphan() -> None:
    changed = session(arb_now="employer", arb_fit="s3", arb_obstacle="language", arb_future="own_income")
    assert find_orphans(field("arbeit"), changed) == {("arbeit", "arb_fit"), ("arbeit", "arb_obstacle")}


def test_a_question_that_is_gone_gives_way_to_the_next_open_one() -> None:
    asked = session(Asking("arbeit", "arb_fit"), arb_now="working")
    found = reconcile(without(town(), "arb_fit"), asked)
    assert found.place == Asking("arbeit", "arb_obstacle")
    assert found.visit == asked.visit + 1


def test_a_question_of_a_field_that_is_gone_gives_way_to_the_topics() -> None:
    content = dataclasses.replace(town(), fields=town().fields[:2])
    asked = dataclasses.replace(
        session(Asking("arbeit", "arb_fit"), arb_now="working"),
        behind=Asking("wohnen", "woh_now"),
        finished=("sprache", "arbeit"),
    )
    found = reconcile(content, asked)
    assert found.place == Sheet(SheetName.TOPICS)
    assert found.behind is None
    assert found.finished == ("sprache",)
    assert dict(found.answers) == {}


@pytest.mark.parametrize("name", [SheetName.AGAIN, SheetName.RESUME, SheetName.THANKS, SheetName.REVIEW])
def test_a_page_about_a_field_that_is_gone_gives_way_to_the_topics(name: SheetName) -> None:
    content = dataclasses.replace(town(), fields=town().fields[:2])
    assert reconcile(content, session(Sheet(name, "arbeit"))).place == Sheet(SheetName.TOPICS)
    assert reconcile(content, session(Sheet(name, "sprache"))).place == Sheet(name, "sprache")


def test_marks_on_options_that_are_gone_are_taken_away() -> None:
    content = without_option(town(), "arb_measure", "job_mentors")
    asking = Asking("arbeit", "arb_measure", ("job_mentors", "internships"))
    left = Asking("arbeit", "arb_measure", ("internships",))
    assert reconcile(content, session(asking, arb_now="training")).place == left
    behind = dataclasses.replace(session(arb_now="training"), behind=asking)
    assert reconcile(content, behind).behind == left
    offered = OfferedOwn(asking, "Mehr.", None, "m1")
    assert reconcile(content, session(offered, arb_now="training")).place == dataclasses.replace(
        offered, question=left
    )


def test_answers_to_questions_that_are_gone_are_not_looked_at() -> None:
    found = reconcile(without(town(), "arb_now"), session(arb_now="employer", arb_future="own_income"))
    assert dict(found.answers) == {("arbeit", "arb_future"): Answer(("own_income",))}


def test_nothing_changes_while_the_dialogue_does_not() -> None:
    for place in (
        Sheet(SheetName.MENU),
        Sheet(SheetName.REVIEW, "profile"),
        Asking("arbeit", "arb_fit"),
        Asking("arbeit", "x_comment"),
        Asking("forum_arbeit", "forum_needs", ("evening",)),
    ):
        stored = session(place, arb_now="working")
        assert reconcile(town(), stored) == stored
