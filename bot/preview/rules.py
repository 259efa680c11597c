"""What Telegram accepts in texts, captions, commands, profile texts and other parameter values.

Checks only: nothing is stored or sent here. Wording after tdlib/telegram-bot-api (read 2026-11); where the
server's sentence is not known to us, the sentence is ours and the docstring says so.
"""

from __future__ import annotations

import re
from typing import Any

from bot.preview.errors import bad_request
from bot.preview.formatting import check_entities, parse_html
from bot.preview.profile import Command, ProfileText, Scope
from bot.preview.text import Entity, clean, find_entities, trim, utf16_length

MAX_TEXT_UTF16 = 4096
MAX_CAPTION_UTF16 = 1024
MAX_ANSWER_CHARS = 200
MAX_COMMANDS = 100
MAX_PROFILE_CHARS = {
    ProfileText.NAME: 64,
    ProfileText.DESCRIPTION: 512,
    ProfileText.SHORT_DESCRIPTION: 120,
}

_ACTIONS = frozenset(
    [
        "typing",
        "upload_photo",
        "record_video",
        "upload_video",
        "record_voice",
        "upload_voice",
        "upload_document",
        "choose_sticker",
        "find_location",
        "record_video_note",
        "upload_video_note",
    ]
)
_SCOPES = frozenset(
    [
        "default",
        "all_private_chats",
        "all_group_chats",
        "all_chat_administrators",
        "chat",
        "chat_administrators",
        "chat_member",
    ]
)
_COMMAND_NAME = re.compile(r"[a-z0-9_]{1,32}")
_LANGUAGE_CODE = re.compile(r"(?:[a-z]{2})?")


def read_text(
    text: str, entities: Any, parse_mode: str | None, limit: int = MAX_TEXT_UTF16
) -> dict[str, Any]:
    """Return the `text` and `entities` of a message after cleaning, parsing and trimming.

    Raises: ApiError 400 if it is empty, too long or badly formatted.
    """
    found: list[Entity] = []
    text = clean(text)
    if parse_mode:
        if parse_mode.lower() != "html":
            raise bad_request("unsupported parse_mode")
        text, found = parse_html(text)
    elif entities is not None:
        found = check_entities(entities, text)
    text, found = trim(text, found)
    if not text:
        raise bad_request("message text is empty")
    if utf16_length(text) > limit:
        raise bad_request("message is too long" if limit == MAX_TEXT_UTF16 else "message caption is too long")
    found = find_entities(text, found)
    return {"text": text, "entities": found} if found else {"text": text}


def read_caption(caption: str | None, entities: Any, parse_mode: str | None) -> dict[str, Any]:
    """Return the `caption` and `caption_entities` of a message; nothing for an empty caption.

    Raises: ApiError 400 if it is too long or badly formatted.
    """
    if not caption or not clean(caption).strip():
        return {}
    read = read_text(caption, entities, parse_mode, MAX_CAPTION_UTF16)
    names = {"text": "caption", "entities": "caption_entities"}
    return {names[name]: value for name, value in read.items()}


def check_answer_text(text: str) -> str:
    """Return the text of a callback answer.

    Raises: ApiError 400 if it is too long.
    """
    text = clean(text).strip()
    if len(text) > MAX_ANSWER_CHARS:
        raise bad_request("MESSAGE_TOO_LONG")
    return text


def check_action(action: str) -> str:
    """Return the chat action.

    Raises: ApiError 400 for an unknown one.
    """
    if action not in _ACTIONS:
        raise bad_request("wrong parameter action in request")
    return action


def check_language_code(code: str | None) -> str:
    """Return the language code of a profile text, '' for none.

    Raises: ApiError 400 unless it is two letters: no regions, no three-letter codes.
    """
    if not _LANGUAGE_CODE.fullmatch(code or ""):
        raise bad_request("invalid language code specified")
    return code or ""


def check_scope(scope: Any) -> Scope:
    """Return the scope of a command list.

    Raises: ApiError 400 for one Telegram does not know.
    """
    if scope is None:
        return ("default", 0)
    if not isinstance(scope, dict) or scope.get("type") not in _SCOPES:
        raise bad_request("can't parse BotCommandScope: unsupported type specified")
    chat_id = scope.get("chat_id", 0)
    if str(scope["type"]).startswith("chat") and not isinstance(chat_id, int):
        raise bad_request("can't parse BotCommandScope: chat_id is empty")
    return (str(scope["type"]), chat_id)


def check_commands(commands: Any) -> list[Command]:
    """Return a command list.

    Raises: ApiError 400 with the first thing wrong with it.
    """
    if not isinstance(commands, list):
        raise bad_request("expected an Array of BotCommand")
    if len(commands) > MAX_COMMANDS:
        raise bad_request("BOT_COMMANDS_TOO_MUCH")
    return [_check_command(command) for command in commands]


def _check_command(command: Any) -> Command:
    if not isinstance(command, dict) or set(command) != {"command", "description"}:
        raise bad_request("can't parse BotCommand: expected an Object with command and description")
    name, description = command["command"], command["description"]
    if not isinstance(name, str) or not isinstance(description, str):
        raise bad_request("can't parse BotCommand: fields must be of type String")
    name = clean(name).strip().removeprefix("/")
    description = clean(description).strip()
    if not name:
        raise bad_request("command must be non-empty")
    if len(name) > 32:
        raise bad_request("command length must not exceed 32")
    if not description:
        raise bad_request("command description must be non-empty")
    if len(description) > 256:
        raise bad_request("command description length must not exceed 256")
    if not _COMMAND_NAME.fullmatch(name):
        raise bad_request("BOT_COMMAND_INVALID")
    return {"command": name, "description": description}


def check_profile_text(kind: ProfileText, value: str) -> str:
    """Return a profile text.

    Raises: ApiError 400 if it is too long (the sentence is ours).
    """
    value = clean(value).strip()
    if len(value) > MAX_PROFILE_CHARS[kind]:
        raise bad_request(f"bot {kind.value} must not exceed {MAX_PROFILE_CHARS[kind]} characters")
    return value
