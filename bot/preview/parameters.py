"""Which methods the local Bot API has, which parameters they take, and how these are read.

A table and readers; what the values may contain is rules.py's.
Parameter names after Bot API 10.0 (https://core.telegram.org/bots/api, read 2026-11).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from bot.preview.errors import QUERY_TOO_OLD, ApiError, bad_request
from bot.preview.text import is_utf8

_SEND = (
    "business_connection_id:str chat_id!:chat message_thread_id:int direct_messages_topic_id:int "
    "disable_notification:bool protect_content:bool allow_paid_broadcast:bool message_effect_id:str "
    "suggested_post_parameters:json reply_parameters:json reply_markup:json parse_mode:str "
)
_EDIT = "business_connection_id:str chat_id:chat message_id:int inline_message_id:str reply_markup:json "
_PARAMETERS = {
    "getMe": "",
    "getUpdates": "offset:int limit:int timeout:int allowed_updates:json",
    "setWebhook": "url!:str certificate:file ip_address:str max_connections:int allowed_updates:json "
    "drop_pending_updates:bool secret_token:str",
    "deleteWebhook": "drop_pending_updates:bool",
    "getWebhookInfo": "",
    "sendMessage": _SEND + "text!:str entities:json link_preview_options:json",
    "sendDocument": _SEND + "document!:file thumbnail:file caption:str caption_entities:json "
    "disable_content_type_detection:bool",
    "sendVoice": _SEND + "voice!:file caption:str caption_entities:json duration:int",
    "sendChatAction": "business_connection_id:str chat_id!:chat message_thread_id:int action!:str",
    "editMessageText": _EDIT + "text!:str parse_mode:str entities:json link_preview_options:json",
    "editMessageReplyMarkup": _EDIT,
    "deleteMessage": "chat_id!:chat message_id!:int",
    "answerCallbackQuery": "callback_query_id!:str text:str show_alert:bool url:str cache_time:int",
    "getFile": "file_id!:str",
    "setMyCommands": "commands!:json scope:json language_code:str",
    "getMyCommands": "scope:json language_code:str",
    "deleteMyCommands": "scope:json language_code:str",
    "setMyName": "name:str language_code:str",
    "getMyName": "language_code:str",
    "setMyDescription": "description:str language_code:str",
    "getMyDescription": "language_code:str",
    "setMyShortDescription": "short_description:str language_code:str",
    "getMyShortDescription": "language_code:str",
    "leaveChat": "chat_id!:chat",
    "getChat": "chat_id!:chat",
}
_MISSING = {
    "chat_id": "chat_id is empty",
    "text": "message text is empty",
    "callback_query_id": QUERY_TOO_OLD,
    "message_id": "message identifier is not specified",
    "document": "there is no document in the request",
    "voice": "there is no voice in the request",
    "file_id": "invalid file_id",
    "action": "wrong parameter action in request",
}


class Parameter(NamedTuple):
    """One parameter of a method."""

    kind: str
    required: bool


def _parse_table(row: str) -> dict[str, Parameter]:
    table = {}
    for word in row.split():
        name, _, kind = word.partition(":")
        table[name.rstrip("!")] = Parameter(kind, name.endswith("!"))
    return table


METHODS: dict[str, dict[str, Parameter]] = {name: _parse_table(row) for name, row in _PARAMETERS.items()}


class Upload(NamedTuple):
    """A file sent along with a request."""

    file_name: str
    mime_type: str
    content: bytes


def read_parameters(method: str, given: Mapping[str, Any], *, strict: bool) -> dict[str, Any]:
    """Return the parameters of a request, typed.

    Raises: ApiError 400 for an absent, ill-typed or (if strict) unknown one.
    """
    table = METHODS[method]
    attached = {value for value in given.values() if isinstance(value, str) and value.startswith("attach://")}
    read: dict[str, Any] = {}
    for name, value in given.items():
        if name not in table:
            if strict and f"attach://{name}" not in attached:
                raise bad_request(f'unknown parameter "{name}" of {method} (refused by the preview)')
            continue
        if isinstance(value, str) and value.startswith("attach://"):
            value = given.get(value.removeprefix("attach://"), value)
        if value is not None:
            read[name] = _read_value(name, table[name].kind, value)
    for name, parameter in table.items():
        if parameter.required and read.get(name) in (None, ""):
            raise bad_request(_MISSING.get(name, f'parameter "{name}" is required'))
    return read


def _read_value(name: str, kind: str, value: Any) -> Any:
    if isinstance(value, str) and not is_utf8(value):
        raise bad_request("strings must be encoded in UTF-8")
    if kind == "str" and isinstance(value, str):
        return value
    if kind in ("int", "chat"):
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        if isinstance(value, str) and re.fullmatch(r"[+-]?[0-9]{1,19}", value.strip()):
            return int(value)
        if kind == "chat" and isinstance(value, str):
            return value
    if kind == "bool":
        if isinstance(value, bool):
            return value
        if isinstance(value, str) and value.lower() in ("true", "false", "1", "0", "yes", "no"):
            return value.lower() in ("true", "1", "yes")
    if kind == "file" and isinstance(value, (str, Upload)):
        return value
    if kind == "json":
        return _read_json(name, value)
    raise bad_request(f'parameter "{name}" must be of type {kind}')


def _read_json(name: str, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if not value:
        return None
    try:
        return json.loads(value)
    except ValueError as error:
        raise bad_request(f"can't parse {name} JSON object") from error


def find_method(name: str) -> str:
    """Return the method in its canonical spelling; Telegram ignores case.

    Raises: ApiError 404 for an unknown one.
    """
    for known in METHODS:
        if known.lower() == name.lower():
            return known
    raise ApiError(404, "Not Found: method not found")
