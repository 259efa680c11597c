"""Callback data: what Telegram sends back when a button is pressed, in at most 64 bytes.

    q:session:visit:step:option[:0|1]    a button of a dialogue
    m:action[:argument]                  every other button

Buttons are untrusted input: whoever talks to Telegram's servers directly can send any text.
`decode` takes exactly what `encode` writes, and refuses everything else without an error.
"""

from __future__ import annotations

import re
from typing import assert_never

from conversations.incoming import Action, ActionButton, AnswerButton, Button

#: Telegram's limit for `callback_data`, in bytes (Bot API, InlineKeyboardButton).
CALLBACK_DATA_MAX_BYTES = 64

_WORD = r"[A-Za-z0-9_.-]+"
_ANSWER = re.compile(
    rf"q:(?P<session>{_WORD}):(?P<visit>0|[1-9][0-9]{{0,5}}):(?P<step>{_WORD}):(?P<option>{_WORD})"
    r"(?::(?P<on>[01]))?"
)
_ACTION = re.compile(rf"m:(?P<action>[a-z0-9]+)(?::(?P<argument>{_WORD}))?")
_ACTIONS = {action.value: action for action in Action}
_SWITCHES = {None: None, "0": False, "1": True}


def encode(button: Button) -> str:
    """Write the callback data of a button.

    Raises: ValueError when it would not fit, or could not be read back.

    >>> encode(AnswerButton("k3f9", 7, "arb_now", "working"))
    'q:k3f9:7:arb_now:working'
    """
    match button:
        case AnswerButton(session, visit, step, option, switched_on):
            data = f"q:{session}:{visit}:{step}:{option}"
            if switched_on is not None:
                data += f":{int(switched_on)}"
        case ActionButton(action, argument):
            data = f"m:{action.value}:{argument}" if argument else f"m:{action.value}"
        case _:
            assert_never(button)
    if decode(data) != button:
        raise ValueError(f"a button that cannot be sent: {data!r}")
    return data


def decode(data: str) -> Button | None:
    """Read callback data; None when it is not ours."""
    if len(data) > CALLBACK_DATA_MAX_BYTES:
        return None
    if answer := _ANSWER.fullmatch(data):
        return AnswerButton(
            answer["session"], int(answer["visit"]), answer["step"], answer["option"], _SWITCHES[answer["on"]]
        )
    pressed = _ACTION.fullmatch(data)
    action = _ACTIONS.get(pressed["action"]) if pressed else None
    if pressed is None or action is None:
        return None
    return ActionButton(action, pressed["argument"] or "")
