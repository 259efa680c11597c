"""Inline keyboards: what Telegram accepts under a message.

Pure; returns the keyboard as it will be shown. Reply keyboards (under the text box) are refused with
a clear sentence, because neither the bot nor the preview page uses them.
"""

from __future__ import annotations

from typing import Any

from bot.preview.errors import bad_request
from bot.preview.text import clean

MAX_BUTTONS = 100
MAX_BUTTONS_PER_ROW = 8
MAX_CALLBACK_DATA_BYTES = 64

_ACTIONS = frozenset(
    [
        "url",
        "callback_data",
        "web_app",
        "login_url",
        "switch_inline_query",
        "switch_inline_query_current_chat",
        "switch_inline_query_chosen_chat",
        "copy_text",
        "callback_game",
        "pay",
    ]
)
_LOOKS = frozenset({"text", "icon_custom_emoji_id", "style"})
_SCHEMES = ("http://", "https://", "tg://")

Keyboard = dict[str, Any]


def check_reply_markup(markup: Any) -> Keyboard | None:
    """Return the inline keyboard to show, or None for an empty one.

    Raises: ApiError with Telegram's reason.
    """
    if markup is None:
        return None
    if not isinstance(markup, dict):
        raise bad_request("object expected as reply markup")
    if "remove_keyboard" in markup or "force_reply" in markup:
        return None
    if "keyboard" in markup:
        raise bad_request("the preview shows inline keyboards only, not reply keyboards")
    if unknown := set(markup) - {"inline_keyboard"}:
        raise bad_request(f"can't parse reply keyboard markup: unknown field {sorted(unknown)[0]}")
    rows = markup.get("inline_keyboard")
    if not isinstance(rows, list):
        raise bad_request('field "inline_keyboard" must be of type Array')
    checked = [_check_row(row) for row in rows]
    checked = [row for row in checked if row]
    if sum(len(row) for row in checked) > MAX_BUTTONS:
        raise bad_request("reply markup is too long")
    return {"inline_keyboard": checked} if checked else None


def _check_row(row: Any) -> list[dict[str, Any]]:
    if not isinstance(row, list):
        raise bad_request('field "inline_keyboard" must be an Array of Arrays of InlineKeyboardButton')
    if len(row) > MAX_BUTTONS_PER_ROW:
        raise bad_request(f"reply markup is too long: {len(row)} buttons in a row")
    return [_check_button(button) for button in row]


def _check_button(button: Any) -> dict[str, Any]:
    if not isinstance(button, dict):
        raise bad_request("can't parse inline keyboard button: expected an Object")
    text = button.get("text")
    if not isinstance(text, str):
        raise bad_request("can't parse inline keyboard button: Can't find field \"text\"")
    text = clean(text).strip()
    if not text:
        raise bad_request("inline keyboard button text must be non-empty")
    if unknown := set(button) - _ACTIONS - _LOOKS:
        raise bad_request(f"can't parse inline keyboard button: unknown field {sorted(unknown)[0]}")
    actions = set(button) & _ACTIONS
    if not actions:
        raise bad_request(
            "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard"
        )
    if len(actions) > 1:
        raise bad_request(f"can't parse inline keyboard button: only one of {sorted(actions)} may be given")
    if "callback_data" in button:
        data = button["callback_data"]
        if (
            not isinstance(data, str)
            or not 1 <= len(data.encode("utf-8", "replace")) <= MAX_CALLBACK_DATA_BYTES
        ):
            raise bad_request("BUTTON_DATA_INVALID")
    if "url" in button and not str(button["url"]).lower().startswith(_SCHEMES):
        raise bad_request(f"inline keyboard button URL '{button['url']}' is invalid: Wrong HTTP URL")
    return {**button, "text": text}
