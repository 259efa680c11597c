"""The `when` language: stories from the dialogues, and properties over all conditions."""

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conversations.condition import (
    ALWAYS,
    MAX_DEPTH,
    RESERVED_WORDS,
    STEP_ALIASES,
    AllOf,
    Always,
    AnyOf,
    Chosen,
    Condition,
    ConditionError,
    NotChosen,
    WasShown,
    parse_condition,
    render_condition,
)


@dataclass
class Answers:
    """Answers by step; a step that is absent was not shown."""

    given: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def codes(self, step_id: str) -> tuple[str, ...]:
        return self.given.get(step_id) or ("_skip",)

    def shown(self, step_id: str) -> bool:
        return step_id in self.given


@pytest.mark.parametrize(
    ("source", "given_answers", "expected"),
    [
        ("always", {}, True),
        ("arb_now = working", {"arb_now": ("working",)}, True),
        ("arb_now = working", {}, False),
        ("arb_now != employer", {}, True),
        ("arb_now != employer", {"arb_now": ("employer",)}, False),
        ("bil_area in (general, skipped)", {}, True),
        ("bil_area in (general, skipped)", {"bil_area": ("_skip",)}, True),
        ("bil_area in (general, skipped)", {"bil_area": ("kita",)}, False),
        ("role in (helper, resident)", {"prof_role": ("resident",)}, True),
        ("spr_now was shown and spr_now != s5", {}, False),
        ("spr_now was shown and spr_now != s5", {"spr_now": ("_skip",)}, True),
        ("spr_now was shown and spr_now != s5", {"spr_now": ("s5",)}, False),
        ("a was shown or b = x and c = y", {"b": ("x",)}, False),
        ("a was shown or b = x and c = y", {"a": ()}, True),
        ("(a was shown or b = x) and c = y", {"b": ("x",), "c": ("y",)}, True),
        ("many = two", {"many": ("one", "two")}, True),
    ],
)
def test_condition_holds(source: str, given_answers: dict[str, tuple[str, ...]], expected: bool) -> None:
    assert parse_condition(source).holds(Answers(given_answers)) is expected


def test_condition_names_its_steps_and_keeps_its_source() -> None:
    condition = parse_condition("role = helper or  arb_now was shown")

    assert condition.steps == {"prof_role", "arb_now"}
    assert condition.source == "role = helper or  arb_now was shown"
    assert condition == parse_condition("prof_role = helper or arb_now was shown")


@pytest.mark.parametrize(
    ("source", "sentence", "column"),
    [
        ("", "Here the id of a question is expected", 1),
        ("arb_now", "After “arb_now” one of  =  !=  in (…)  “was shown” is expected", 8),
        ("arb_now == working", "Here the code of an option is expected, not “=”", 10),
        ("arb_now in working", "Here “(” is expected, not “working”", 12),
        ("arb_now in (a, b", "Here “)” is expected", 17),
        ("arb_now in ()", "Here the code of an option is expected, not “)”", 13),
        ("arb_now was seen", "Here “shown” is expected, not “seen”", 13),
        ("a = b c = d", "“and” or “or” is expected before “c”", 7),
        ("a = b and", "Here the id of a question is expected", 10),
        ("a = _skip", "Here the code of an option is expected, not “_skip”", 5),
        ("__import__ = a", "Here the id of a question is expected, not “__import__”", 1),
        ("a = ö", "Here the code of an option is expected, not “ö”", 5),
        ("(" * 12 + "always", "There are too many parentheses inside one another", 12),
    ],
)
def test_mistakes_are_named_with_their_column(source: str, sentence: str, column: int) -> None:
    with pytest.raises(ConditionError) as caught:
        parse_condition(source)

    assert (caught.value.sentence, caught.value.column) == (sentence, column)


words = st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True).filter(
    lambda word: word not in RESERVED_WORDS and word not in STEP_ALIASES and word != "skipped"
)
codes = words | st.just("_skip")
leaves = st.one_of(
    st.just(Always()),
    st.builds(Chosen, words, st.lists(codes, min_size=1, max_size=4).map(tuple)),
    st.builds(NotChosen, words, codes),
    st.builds(WasShown, words),
)
expressions = st.recursive(
    leaves,
    lambda inner: (
        st.builds(AllOf, st.lists(inner, min_size=2, max_size=3).map(tuple))
        | st.builds(AnyOf, st.lists(inner, min_size=2, max_size=3).map(tuple))
    ),
    max_leaves=MAX_DEPTH,
)
answers = st.builds(Answers, st.dictionaries(words, st.lists(codes, max_size=3).map(tuple), max_size=4))


@given(expressions)
def test_rendering_and_parsing_give_the_same_condition(expression: Always) -> None:
    condition = Condition(expression, "")

    assert parse_condition(render_condition(condition)) == condition


@given(expressions, answers)
def test_every_condition_has_an_answer_for_everybody(expression: Always, view: Answers) -> None:
    assert Condition(expression, "").holds(view) in (True, False)


@given(st.text(alphabet="ab =!(),_0ö\n\tinorwasshown", max_size=60) | st.text(max_size=60))
def test_any_text_is_read_or_refused_with_a_column(source: str) -> None:
    try:
        condition = parse_condition(source)
    except ConditionError as error:
        column = error.column
    else:
        column = 1
        assert parse_condition(render_condition(condition)) == condition
    assert 1 <= column <= len(source) + 1


def test_always_looks_at_nothing() -> None:
    assert ALWAYS.steps == frozenset()
    assert ALWAYS.holds(Answers())
