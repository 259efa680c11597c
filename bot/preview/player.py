"""What a person can do in the preview, and what they see: the hand and eyes of tests and of the page.

Turns deeds into messages and updates through world.py; knows nothing of the bot's methods or HTTP.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.preview.files import ogg_seconds
from bot.preview.messages import Answer, Chat, Json, Message
from bot.preview.people import Person
from bot.preview.text import clean, find_entities, utf16_length

if TYPE_CHECKING:
    from bot.preview.world import World

MAX_TYPED_UTF16 = 4096
_SAMPLE_PHONE = "+49 7161 0000000"
_TOWN_HALL = {"latitude": 48.703142, "longitude": 9.652147}


class Player:
    """One person at their phone, in their private chat with the bot."""

    def __init__(self, world: World, person: Person) -> None:
        self.world = world
        self.person = person

    @property
    def id(self) -> int:
        """The person's Telegram id, which is also the id of the private chat."""
        return self.person.id

    @property
    def chat(self) -> Chat:
        """The private chat with the bot."""
        return self.world.chats[self.person.id]

    # What the person sees

    @property
    def messages(self) -> list[Message]:
        """Every visible message of the chat, oldest first."""
        return self.chat.visible

    @property
    def bot_messages(self) -> list[Message]:
        """The visible messages of the bot, oldest first."""
        return [message for message in self.messages if message.is_from_bot]

    @property
    def last(self) -> Message:
        """The newest visible message of the bot.

        Raises: LookupError if there is none.
        """
        if not (messages := self.bot_messages):
            raise LookupError(f"{self.person.first_name} sees no message of the bot")
        return messages[-1]

    @property
    def answers(self) -> list[Answer]:
        """The answers to this person's button presses, in order of pressing."""
        presses = self.world.presses.values()
        return [press.answer for press in presses if press.person is self.person and press.answer]

    # What the person does

    def starts(self, payload: str = "") -> Message:
        """Press START, or open a deep link; also lifts a block, as Telegram does."""
        return self.sends_text(f"/start {payload}".strip())

    def sends_text(self, text: str, reply_to: int | None = None) -> Message:
        """Send a text message."""
        return self._send(self._text_content(text), reply_to)

    def sends_voice(self, content: bytes, duration_seconds: int | None = None) -> Message:
        """Send a voice message (Ogg/Opus)."""
        stored = self.world.files.add("voice", content, "audio/ogg")
        seconds = ogg_seconds(content) if duration_seconds is None else duration_seconds
        return self._send({"voice": {"duration": seconds, "mime_type": "audio/ogg", **stored.facts()}})

    def sends_photo(self, content: bytes, caption: str = "") -> Message:
        """Send a photo (JPEG)."""
        stored = self.world.files.add("photo", content, "image/jpeg")
        sizes = [{**stored.facts(), "width": 640, "height": 480}]
        return self._send({"photo": sizes} | self._caption(caption))

    def sends_document(
        self, content: bytes, file_name: str, mime_type: str = "application/octet-stream", caption: str = ""
    ) -> Message:
        """Send a file."""
        stored = self.world.files.add("document", content, mime_type, file_name)
        document = {"file_name": file_name, "mime_type": mime_type, **stored.facts()}
        return self._send({"document": document} | self._caption(caption))

    def sends_contact(self, phone_number: str = _SAMPLE_PHONE) -> Message:
        """Send the own contact card."""
        card = {"phone_number": phone_number, "first_name": self.person.first_name, "user_id": self.person.id}
        return self._send({"contact": card})

    def sends_location(self, latitude: float | None = None, longitude: float | None = None) -> Message:
        """Send a place; the town hall of Göppingen unless told."""
        place = dict(_TOWN_HALL)
        if latitude is not None and longitude is not None:
            place = {"latitude": latitude, "longitude": longitude}
        return self._send({"location": place})

    def sends_other(self, **content: object) -> Message:
        """Send anything else, given as the fields of a Bot API `Message` (sticker=…, poll=…)."""
        return self._send(content)

    def edits_text(self, message_id: int, text: str) -> Message:
        """Edit an own text message.

        Raises: LookupError if it is not one.
        """
        message = self.chat.find(message_id)
        if message is None or message.sender is not self.person or "text" not in message.content:
            raise LookupError(f"{message_id} is not a text message of {self.person.first_name}")
        return self.world.edit(message, self._text_content(text), message.reply_markup)

    def presses(self, message_id: int, callback_data: str) -> str:
        """Press a button with this data, even a forged one; returns the callback query id."""
        return self.world.press(self.chat, self.person, message_id, callback_data).query_id

    def taps(self, label: str) -> str:
        """Tap the button with this label on the newest message that has it; returns the query id.

        Raises: LookupError naming the labels there are.
        """
        for message in reversed(self.bot_messages):
            for button in message.buttons:
                if button["text"] == label and "callback_data" in button:
                    return self.presses(message.message_id, button["callback_data"])
        shown = [button["text"] for message in self.bot_messages for button in message.buttons]
        raise LookupError(f"no button {label!r} on screen, only {shown}")

    def blocks(self) -> None:
        """Block the bot."""
        self.world.set_blocked(self.chat, blocked=True)

    def unblocks(self) -> None:
        """Lift the block."""
        self.world.set_blocked(self.chat, blocked=False)

    def deactivates(self) -> None:
        """Delete the Telegram account; the bot is not told."""
        self.chat.deactivated = True
        self.world.changed("chat", self.chat.id)

    def clears_chat(self) -> None:
        """Delete the chat on the own phone; the bot is not told and the chat starts afresh."""
        for message in self.chat.messages:
            message.hidden = True
        self.world.changed("cleared", self.chat.id)

    # Groups

    def adds_bot_to_group(self, title: str = "Sprachkurs B1") -> Chat:
        """Make a group and add the bot to it."""
        group = self.world.add_group(title)
        self.world.set_group_membership(group, self.person, "member")
        self.world.post(group, self.person, {"new_chat_members": [self.world.profile.to_user()]})
        return group

    def removes_bot_from_group(self, group: Chat) -> None:
        """Remove the bot from a group."""
        self.world.set_group_membership(group, self.person, "kicked")

    def writes_in_group(self, group: Chat, text: str) -> Message:
        """Write in a group that has the bot; the bot sees commands only (privacy mode)."""
        return self.world.post(group, self.person, self._text_content(text))

    def presses_in_group(self, group: Chat, message_id: int, callback_data: str) -> str:
        """Press a button in a group; returns the callback query id."""
        return self.world.press(group, self.person, message_id, callback_data).query_id

    def _send(self, content: Json, reply_to: int | None = None) -> Message:
        self.unblocks()  # an app lets nobody write to a bot without unblocking it first
        self.chat.started = True
        original = self.chat.find(reply_to) if reply_to is not None else None
        return self.world.post(self.chat, self.person, content, reply_to=original)

    def _text_content(self, text: str) -> Json:
        cleaned = clean(text).strip(" \n")
        if not 0 < utf16_length(cleaned) <= MAX_TYPED_UTF16:
            raise ValueError("a message has 1 to 4096 characters")
        entities = find_entities(cleaned)
        return {"text": cleaned, "entities": entities} if entities else {"text": cleaned}

    def _caption(self, caption: str) -> Json:
        cleaned = clean(caption).strip(" \n")
        return {"caption": cleaned} if cleaned else {}
