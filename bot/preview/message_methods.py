"""The Bot API methods about messages: send, edit, delete, answer a press.

Gets typed parameters (parameters.py) and returns what Telegram puts under `result`; knows no HTTP.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

from bot.preview import rules
from bot.preview.access import known_chat, writable_chat
from bot.preview.errors import NOT_MODIFIED, QUERY_TOO_OLD, bad_request
from bot.preview.files import is_ogg_opus, ogg_seconds
from bot.preview.markup import check_reply_markup
from bot.preview.messages import Chat, Json, Message
from bot.preview.parameters import Upload
from bot.preview.world import World

CALLBACK_LIFETIME = timedelta(seconds=15)
DELETE_LIFETIME = timedelta(hours=48)

Parameters = dict[str, Any]


class MessageMethods:
    """Everything the bot does with messages."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.table: dict[str, Callable[[Parameters], Any]] = {
            "sendMessage": self._send_message,
            "sendDocument": partial(self._send_file, "document"),
            "sendVoice": partial(self._send_file, "voice"),
            "sendChatAction": self._send_chat_action,
            "editMessageText": self._edit_message_text,
            "editMessageReplyMarkup": self._edit_message_reply_markup,
            "deleteMessage": self._delete_message,
            "answerCallbackQuery": self._answer_callback_query,
        }

    def _send_message(self, given: Parameters) -> Json:
        chat = writable_chat(self._world, given["chat_id"])
        content = rules.read_text(given["text"], given.get("entities"), given.get("parse_mode"))
        return self._post(chat, content, given)

    def _send_file(self, kind: str, given: Parameters) -> Json:
        chat = writable_chat(self._world, given["chat_id"])
        content = self._file_content(given, kind)
        caption = rules.read_caption(
            given.get("caption"), given.get("caption_entities"), given.get("parse_mode")
        )
        return self._post(chat, content | caption, given)

    def _file_content(self, given: Parameters, kind: str) -> Json:
        value, files = given[kind], self._world.files
        if isinstance(value, Upload):
            if not value.content:
                raise bad_request("file must be non-empty")
            if kind == "voice" and not is_ogg_opus(value.content):
                kind = "document"  # as Telegram: what is no Ogg/Opus arrives as a file
            mime_type = "audio/ogg" if kind == "voice" else value.mime_type
            stored = files.add(kind, value.content, mime_type, value.file_name)
        elif (known := files.find(value)) is None:
            raise bad_request("wrong file identifier/HTTP URL specified")
        elif known.kind != kind:
            raise bad_request(f"can't use file of type {known.kind} as {kind}")
        else:
            stored = known
        facts = {"mime_type": stored.mime_type, **stored.facts()}
        if kind == "voice":
            return {"voice": {"duration": given.get("duration") or ogg_seconds(stored.content), **facts}}
        return {"document": {"file_name": stored.file_name or "file", **facts}}

    def _post(self, chat: Chat, content: Json, given: Parameters) -> Json:
        markup = check_reply_markup(given.get("reply_markup"))
        message = self._world.post(
            chat, None, content, markup, self._replied(chat, given.get("reply_parameters"))
        )
        return message.to_json(self._world.profile)

    def _replied(self, chat: Chat, reply: Any) -> Message | None:
        if reply is None:
            return None
        if not isinstance(reply, dict) or not isinstance(reply.get("message_id"), int):
            raise bad_request("can't parse reply parameters JSON object")
        original = chat.find(reply["message_id"])
        if original is None and not reply.get("allow_sending_without_reply"):
            raise bad_request("message to be replied not found")
        return original

    def _send_chat_action(self, given: Parameters) -> bool:
        chat = writable_chat(self._world, given["chat_id"])
        self._world.changed("action", chat.id, detail={"action": rules.check_action(given["action"])})
        return True

    def _edit_message_text(self, given: Parameters) -> Json:
        message = self._own_message(given)
        if "text" not in message.content:
            raise bad_request("there is no text in the message to edit")
        content = rules.read_text(given["text"], given.get("entities"), given.get("parse_mode"))
        return self._change(message, content, given)

    def _edit_message_reply_markup(self, given: Parameters) -> Json:
        return self._change(self._own_message(given), None, given)

    def _change(self, message: Message, content: Json | None, given: Parameters) -> Json:
        markup = check_reply_markup(given.get("reply_markup"))
        if (content is None or content == message.content) and markup == message.reply_markup:
            raise bad_request(NOT_MODIFIED)
        return self._world.edit(message, content, markup).to_json(self._world.profile)

    def _delete_message(self, given: Parameters) -> bool:
        chat = known_chat(self._world, given["chat_id"])
        message = chat.find(given["message_id"])
        if message is None:
            raise bad_request("message to delete not found")
        foreign = not message.is_from_bot and not chat.is_private
        if foreign or self._world.clock() - message.date > DELETE_LIFETIME:
            raise bad_request(
                "message can't be deleted for everyone" if not foreign else "message can't be deleted"
            )
        self._world.delete(message)
        return True

    def _answer_callback_query(self, given: Parameters) -> bool:
        text = rules.check_answer_text(given.get("text") or "")
        press = self._world.presses.get(given["callback_query_id"])
        if press is None or press.answer is not None or self._world.clock() - press.at > CALLBACK_LIFETIME:
            raise bad_request(QUERY_TOO_OLD)
        self._world.answer(press, text, show_alert=bool(given.get("show_alert")))
        return True

    def _own_message(self, given: Parameters) -> Message:
        if given.get("inline_message_id"):
            raise bad_request("MESSAGE_ID_INVALID")
        if given.get("chat_id") is None:
            raise bad_request("chat_id is empty")
        if given.get("message_id") is None:
            raise bad_request("message identifier is not specified")
        chat = writable_chat(self._world, given["chat_id"])
        message = chat.find(given["message_id"])
        if message is None:
            raise bad_request("message to edit not found")
        if not message.is_from_bot:
            raise bad_request("message can't be edited")
        return message
