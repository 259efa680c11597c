"""What makes a flow unusable, and that the shipped flows are usable."""

import pytest

from conversations.condition import ALWAYS, parse_condition
from conversations.flow import Flow, Option, Step, StepKind, problems


def step(step_id: str, *codes: str, when: str = "always", **more: object) -> Step:
    options = tuple(Option(code, f"o.{step_id}.{code}") for code in codes)
    return Step(step_id, StepKind.SINGLE, f"q.{step_id}", parse_condition(when), options, **more)  # type: ignore[arg-type]


def keys(flow: Flow) -> set[str]:
    found = {key for key in (flow.name, flow.intro) if key}
    for each in flow.steps:
        found |= {each.question, *(option.label for option in each.all_options)}
    return found


def messages(*steps: Step, known: tuple[Step, ...] = ()) -> list[str]:
    flow = Flow("arbeit", 1, steps)
    return [problem.message for problem in problems(flow, keys(flow), known)]


def test_a_flow_with_a_branch_has_no_problems() -> None:
    assert messages(step("now", "a", "b"), step("then", "x", when="now = a"), step("last", "x")) == []


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        ((), "The dialogue has no questions."),
        ((step("a"),), "The question has no options."),
        ((step("a", "x", "x"),), "The code “x” stands twice."),
        ((step("a", "x"), step("a", "y")), "The id “a” is used for two questions."),
        (
            (step("a", "x", when="b = y"), step("b", "y")),
            "It looks at the answer to “b”, which comes only later.",
        ),
        ((step("a", "x", when="b = y"),), "It looks at the answer to “b”, which does not exist."),
        ((step("a", "x"), step("b", "y", when="a = z")), "“a” has no option “z”."),
        ((step("a", "x"), step("b", "y", echo="c")), "It looks at the answer to “c”, which does not exist."),
        ((step("ä", "x"),), "“ä” must consist of the letters a to z, digits and “_”."),
        (
            (step("a" * 30, "x" * 20),),
            f"“{'a' * 30}” and “{'x' * 20}” are too long for a button by 7 letters.",
        ),
        (
            (step("a", "x"), step("b", "y", when="a = x and a != x")),
            "Nobody can reach “b”: its condition never holds.",
        ),
        (
            (step("a", "x"), step("b", "y", when="a = x"), step("c", "z", when="b = y and a != x")),
            "Nobody can reach “c”: its condition never holds.",
        ),
        (
            (step("a", "x", enabled=False), step("b", "y", when="a was shown")),
            "Nobody can reach “b”: its condition never holds.",
        ),
    ],
)
def test_problems_are_named(steps: tuple[Step, ...], message: str) -> None:
    assert message in messages(*steps)


def test_a_text_that_is_missing_is_named() -> None:
    flow = Flow("arbeit", 1, (step("a", "x", hint="q.hint"),), name="field.arbeit")

    found = [problem.message for problem in problems(flow, {"q.a"})]

    assert found == [f"There is no text “{key}”." for key in ("field.arbeit", "q.hint", "o.a.x")]


def test_a_multiple_choice_needs_a_sensible_maximum() -> None:
    options = (Option("x", "o.a.x"), Option("y", "o.a.y"), Option("z", "o.a.z"))
    many = Step("a", StepKind.MULTI, "q.a", ALWAYS, options, maximum=4)

    assert messages(many) == ["“max” is 4, but must be from 2 to the number of options."]


def test_a_step_of_the_profile_can_be_looked_at() -> None:
    role = step("prof_role", "helper", "resident")

    assert messages(step("a", "x", when="role = helper"), known=(role,)) == []
    assert messages(step("a", "x", when="role = helper")) != []


def test_a_problem_says_which_step_it_is_about() -> None:
    flow = Flow("arbeit", 1, (step("a", "x"), step("b")))

    assert [problem.step for problem in problems(flow, keys(flow))] == ["b"]
