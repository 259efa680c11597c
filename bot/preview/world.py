"""Everything that exists in the preview: people, chats, messages, presses, files, the bot's profile.

Holds state and keeps updates, versions and listeners in step with it. Checks no limits (rules.py), speaks
no HTTP, and reads time and chance only from what it is given.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from bot.preview.files import FileStore
from bot.preview.messages import Answer, Change, Chat, Json, Message, Press
from bot.preview.people import Person
from bot.preview.profile import BotProfile
from bot.preview.updates import UpdateQueue

if TYPE_CHECKING:
    from bot.preview.player import Player

_FIRST_PERSON_ID = 5_000_000_000
_LAST_PERSON_ID = 7_999_999_999


class World:
    """The state of the preview; every change raises `version` and wakes who waits for it."""

    def __init__(
        self,
        clock: Callable[[], datetime],
        rng: random.Random,
        profile: BotProfile,
        people: Iterable[Person] = (),
    ) -> None:
        self.clock = clock
        self.rng = rng
        self.profile = profile
        self.files = FileStore(rng)
        self.updates = UpdateQueue(clock, rng)
        self.chats: dict[int, Chat] = {}
        self.people: list[Person] = []
        self.presses: dict[str, Press] = {}
        self.version = 0
        self._listeners: list[Callable[[Change], None]] = []
        self._news = asyncio.Event()
        self._next_message_id = rng.randrange(100, 2_000)
        self._chat_instances: dict[int, str] = {}
        for person in people:
            self.add_person(person)

    # People and chats

    def add_person(self, person: Person) -> Player:
        """Add a person and return what they can do."""
        self.people.append(person)
        self.chats[person.id] = Chat(person.id, person)
        self.changed("person", person.id)
        return self.person(person.id)

    def invent_person(self, first_name: str, language_code: str) -> Player:
        """Add a person with a new random id."""
        taken = set(self.chats)
        while (new_id := self.rng.randint(_FIRST_PERSON_ID, _LAST_PERSON_ID)) in taken:
            pass
        return self.add_person(Person(new_id, first_name, None, language_code))

    def person(self, who: str | int) -> Player:
        """Return what the person with this first name or id can do.

        Raises: KeyError if there is nobody like that.
        """
        from bot.preview.player import Player

        if isinstance(who, int) and who in self.chats:
            person = self.chats[who].person
            if person is not None:
                return Player(self, person)
        for person in self.people:
            if who == person.first_name:
                return Player(self, person)
        raise KeyError(f"nobody called {who!r} in the preview")

    def add_group(self, title: str) -> Chat:
        """Make an empty group chat, with a negative id."""
        chat = Chat(-self.rng.randint(1_000_000_000, 4_999_999_999), title=title, bot_is_member=False)
        self.chats[chat.id] = chat
        return chat

    # Messages

    def post(
        self,
        chat: Chat,
        sender: Person | None,
        content: Json,
        reply_markup: Json | None = None,
        reply_to: Message | None = None,
    ) -> Message:
        """Add a message; one from a person becomes an update for the bot."""
        message = Message(chat, self._next_message_id, sender, self.clock(), content, reply_markup, reply_to)
        self._next_message_id += 1
        chat.messages.append(message)
        if sender is not None and self._reaches_bot(message):
            self.updates.put("message", message.to_json(self.profile))
        self.changed("message", chat.id, message.message_id)
        return message

    def edit(self, message: Message, content: Json | None, reply_markup: Json | None) -> Message:
        """Change a message in place; `content` None leaves it and changes the keyboard only."""
        if content is not None and content != message.content:
            message.content = content
            message.content_edited = True
        message.reply_markup = reply_markup
        message.edited_at = self.clock()
        if message.sender is not None:
            self.updates.put("edited_message", message.to_json(self.profile))
        self.changed("edited", message.chat.id, message.message_id)
        return message

    def delete(self, message: Message) -> None:
        """Delete a message for both sides."""
        message.deleted = True
        self.changed("deleted", message.chat.id, message.message_id)

    # Button presses

    def press(self, chat: Chat, person: Person, message_id: int, data: str) -> Press:
        """Press a button; the data need not be on any button, as with a changed app."""
        query_id = str(self.rng.getrandbits(62) | 1 << 61)
        press = Press(query_id, chat, person, message_id, data, self.clock())
        self.presses[query_id] = press
        query: Json = {
            "id": query_id,
            "from": person.to_user(),
            "chat_instance": self._chat_instance(chat),
            "data": data,
        }
        message = chat.find(message_id)
        if message is not None:
            query["message"] = message.to_json(self.profile)
        else:
            query["message"] = {"chat": chat.to_json(), "message_id": message_id, "date": 0}
        self.updates.put("callback_query", query)
        self.changed("pressed", chat.id, message_id, {"query_id": query_id, "data": data})
        return press

    def answer(self, press: Press, text: str, *, show_alert: bool) -> None:
        """Answer a button press; an empty text only ends its spinner."""
        press.answer = Answer(press.query_id, text, show_alert, self.clock())
        detail: Json = {"query_id": press.query_id, "text": text, "show_alert": show_alert}
        self.changed("answered", press.chat.id, press.message_id, detail)

    # Membership

    def set_blocked(self, chat: Chat, *, blocked: bool) -> None:
        """Block or unblock the bot in a private chat; the bot is told either way."""
        if chat.person is None or chat.blocked == blocked:
            return
        chat.blocked = blocked
        self._tell_membership(chat, chat.person, ("member", "kicked") if blocked else ("kicked", "member"))
        self.changed("chat", chat.id)

    def set_group_membership(self, chat: Chat, by: Person | None, status: str) -> None:
        """Let the bot join ("member") or leave ("left", "kicked") a group."""
        before = "member" if chat.bot_is_member else "left"
        chat.bot_is_member = status == "member"
        if by is not None:
            self._tell_membership(chat, by, (before, status))
        self.changed("chat", chat.id)

    def _reaches_bot(self, message: Message) -> bool:
        """Tell whether the bot gets to see it: in groups commands, service messages, replies."""
        if message.chat.is_private:
            return True
        replied = message.reply_to is not None and message.reply_to.is_from_bot
        is_service = "text" not in message.content
        return message.chat.bot_is_member and (replied or is_service or message.text.startswith("/"))

    def _tell_membership(self, chat: Chat, by: Person, statuses: tuple[str, str]) -> None:
        members = [self._member(status) for status in statuses]
        update: Json = {"chat": chat.to_json(), "from": by.to_user(), "date": int(self.clock().timestamp())}
        self.updates.put(
            "my_chat_member", update | {"old_chat_member": members[0], "new_chat_member": members[1]}
        )

    def _member(self, status: str) -> Json:
        member: Json = {"status": status, "user": self.profile.to_user()}
        return member | {"until_date": 0} if status == "kicked" else member

    def _chat_instance(self, chat: Chat) -> str:
        if chat.id not in self._chat_instances:
            self._chat_instances[chat.id] = str(self.rng.getrandbits(62) - (1 << 61))
        return self._chat_instances[chat.id]

    # Waiting and watching

    def changed(self, what: str, chat_id: int = 0, message_id: int = 0, detail: Json | None = None) -> None:
        """Note a change: raise the version, tell listeners, wake waiting tests."""
        self.version += 1
        change = Change(self.version, what, chat_id, message_id, detail or {})
        for listener in list(self._listeners):
            listener(change)
        news, self._news = self._news, asyncio.Event()
        news.set()

    def listen(self, listener: Callable[[Change], None]) -> Callable[[], None]:
        """Call the listener at each change; returns how to stop."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    async def wait_for(self, condition: Callable[[], Any], timeout_seconds: float = 5.0) -> Any:
        """Wait until the condition holds and return its value.

        Raises: TimeoutError if it never does.
        """
        async with asyncio.timeout(timeout_seconds):
            while not (value := condition()):
                await self._news.wait()
        return value

    async def wait_change(self, since_version: int, timeout_seconds: float = 5.0) -> int:
        """Wait until the version is above the given one and return it."""
        await self.wait_for(lambda: self.version > since_version, timeout_seconds)
        return self.version
