"""Callback data: written and read back, and hostile data refused."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.buttons import CALLBACK_DATA_MAX_BYTES, decode, encode
from conversations.incoming import Action, ActionButton, AnswerButton

words = st.from_regex(r"[A-Za-z0-9_.-]{1,12}", fullmatch=True)
buttons = st.builds(
    AnswerButton,
    session=words,
    visit=st.integers(0, 999999),
    step=words,
    option=words,
    switched_on=st.none() | st.booleans(),
) | st.builds(ActionButton, st.sampled_from(Action), st.just("") | words)


def test_callback_data_is_as_documented() -> None:
    assert encode(AnswerButton("k3f9", 7, "arb_now", "_skip")) == "q:k3f9:7:arb_now:_skip"
    assert encode(AnswerButton("k3f9", 7, "arb_measure", "a", switched_on=True)) == "q:k3f9:7:arb_measure:a:1"
    assert (
        encode(AnswerButton("k3f9", 7, "arb_measure", "a", switched_on=False)) == "q:k3f9:7:arb_measure:a:0"
    )
    assert encode(ActionButton(Action.MENU)) == "m:menu"
    assert encode(ActionButton(Action.CHOOSE_LANGUAGE, "de_LS")) == "m:lang:de_LS"


@given(buttons)
def test_what_is_written_is_read_back(button: AnswerButton | ActionButton) -> None:
    assert decode(encode(button)) == button


@given(st.text(max_size=70) | st.text(alphabet="qm:019_aZ.-é\n", max_size=70))
@example("q:a:١:b:c")
@example("m:menu\n")
def test_whatever_is_read_is_exactly_what_would_be_written(data: str) -> None:
    button = decode(data)

    assert button is None or encode(button) == data


@pytest.mark.parametrize(
    "data",
    [
        "",
        "q",
        "q:a:1:b",
        "q:a:01:b:c",
        "q:a:-1:b:c",
        "q:a:1000000:b:c",
        "q:a:1:b:c:2",
        "q:a:1:b:c:1:1",
        "q:a:1:b:c:",
        "q:a:1:b:ü",
        "q:a b:1:b:c",
        "q:a:١:b:c",
        "q:a:1:b:c\n",
        "Q:a:1:b:c",
        "m:",
        "m:menu:",
        "m:MENU",
        "m:unknown",
        "m:menu:a:b",
        "m:menu:" + "a" * 58,
        "x:menu",
    ],
)
def test_everything_else_is_refused(data: str) -> None:
    assert decode(data) is None


@pytest.mark.parametrize(
    "button",
    [
        AnswerButton("a", 1_000_000, "b", "c"),
        AnswerButton("a", -1, "b", "c"),
        AnswerButton("", 1, "b", "c"),
        AnswerButton("a", 1, "b:c", "d"),
        AnswerButton("a", 1, "b" * 60, "c"),
        ActionButton(Action.MENU, "ä"),
        ActionButton(Action.MENU, "a" * 58),
    ],
)
def test_a_button_that_could_not_be_read_back_is_not_written(button: AnswerButton | ActionButton) -> None:
    with pytest.raises(ValueError, match="cannot be sent"):
        encode(button)


def test_the_longest_action_leaves_room_for_an_argument() -> None:
    longest = max(len(action.value) for action in Action)

    assert longest + len("m::") + 40 <= CALLBACK_DATA_MAX_BYTES
