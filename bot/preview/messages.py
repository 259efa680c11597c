"""Chats, messages and button presses as the preview keeps them, and as Telegram's JSON.

Values and their JSON form; changing them in step with updates is world.py's work.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bot.preview.people import Person
from bot.preview.profile import BotProfile

Json = dict[str, Any]


@dataclass(eq=False)
class Message:
    """One message; `sender` is None when the bot wrote it."""

    chat: Chat
    message_id: int
    sender: Person | None
    date: datetime
    content: Json
    reply_markup: Json | None = None
    reply_to: Message | None = None
    edited_at: datetime | None = None
    content_edited: bool = False
    deleted: bool = False
    hidden: bool = False  # the person cleared their history; the bot cannot tell

    @property
    def text(self) -> str:
        """The text or caption, '' if there is neither."""
        return str(self.content.get("text") or self.content.get("caption") or "")

    @property
    def buttons(self) -> list[Json]:
        """The inline buttons under the message, row by row."""
        rows = (self.reply_markup or {}).get("inline_keyboard", [])
        return [button for row in rows for button in row]

    @property
    def is_from_bot(self) -> bool:
        """Whether the bot wrote it."""
        return self.sender is None

    def to_json(self, bot: BotProfile) -> Json:
        """Return it as a Bot API `Message`."""
        message: Json = {
            "message_id": self.message_id,
            "from": self.sender.to_user() if self.sender else bot.to_user(),
            "chat": self.chat.to_json(),
            "date": int(self.date.timestamp()),
        }
        if self.edited_at is not None:
            message["edit_date"] = int(self.edited_at.timestamp())
        if self.reply_to is not None:
            original = self.reply_to.to_json(bot)
            original.pop("reply_to_message", None)
            message["reply_to_message"] = original
        message |= self.content
        if self.reply_markup is not None:
            message["reply_markup"] = self.reply_markup
        return message


@dataclass(eq=False)
class Chat:
    """A private chat of one person with the bot, or a group."""

    id: int
    person: Person | None = None
    title: str = ""
    started: bool = False
    blocked: bool = False
    deactivated: bool = False
    bot_is_member: bool = True
    messages: list[Message] = field(default_factory=list)

    @property
    def is_private(self) -> bool:
        """Whether this is one person's chat with the bot."""
        return self.person is not None

    def to_json(self) -> Json:
        """Return it as a Bot API `Chat`."""
        if self.person is None:
            return {
                "id": self.id,
                "title": self.title,
                "type": "group",
                "all_members_are_administrators": True,
            }
        chat: Json = {"id": self.id, "first_name": self.person.first_name, "type": "private"}
        if self.person.username:
            chat["username"] = self.person.username
        return chat

    def find(self, message_id: int) -> Message | None:
        """Return the message with this id unless it was deleted."""
        for message in reversed(self.messages):
            if message.message_id == message_id:
                return None if message.deleted else message
        return None

    @property
    def visible(self) -> list[Message]:
        """What the person sees, oldest first."""
        return [message for message in self.messages if not (message.deleted or message.hidden)]


@dataclass(frozen=True)
class Answer:
    """What the bot answered to a button press: a pop-up, or nothing visible."""

    query_id: str
    text: str
    show_alert: bool
    at: datetime


@dataclass(eq=False)
class Press:
    """A callback query and, once given, its answer."""

    query_id: str
    chat: Chat
    person: Person
    message_id: int
    data: str
    at: datetime
    answer: Answer | None = None


@dataclass(frozen=True)
class Change:
    """One thing that changed in the world; `what` names it for the page and for tests."""

    version: int
    what: str
    chat_id: int = 0
    message_id: int = 0
    detail: Json = field(default_factory=dict)
