"""What a turn puts into the outbox: the current screen of a chat, a message, a file.

The screen of a chat is one row, replaced by every turn, so that a late repeat can never bring an
old question back. It is edited in place where the person pressed, and goes below what they wrote.
"""

from __future__ import annotations

import base64
import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from bot.rendering import Rendered
from conversations.events import Placement
from storage import contacts, outbox
from storage.contacts import Contact
from storage.keyring import KeyRing
from storage.outbox import OutboxMessage
from storage.vocabulary import OutboxKind, Policy


@dataclass(frozen=True, slots=True)
class Chat:
    """The chat of a turn: `mark` names it in the outbox, `contact` is None for a stranger."""

    telegram_id: int
    mark: str
    contact: Contact | None
    language: str

    @property
    def screen_purpose(self) -> str:
        """The purpose of the one row that shows the current screen."""
        return f"screen:{self.mark}"


def show_screen(
    connection: Connection,
    keys: KeyRing,
    chat: Chat,
    rendered: Rendered,
    placement: Placement,
    pressed_id: int | None,
    now: dt.datetime,
) -> None:
    """Make a screen the current one. `pressed_id` is the message whose button was pressed, if any.

    A screen that goes elsewhere than the last one takes the buttons off that one.
    """
    current_id = None if chat.contact is None else chat.contact.screen_message_id
    goes_in_place = pressed_id is not None and (placement is Placement.IN_PLACE or pressed_id == current_id)
    target = pressed_id if goes_in_place else None
    body: dict[str, Any] = {
        "text": rendered.text,
        "keyboard": _keyboard(rendered),
        "placement": (Placement.IN_PLACE if goes_in_place else Placement.BELOW).value,
        "message_id": target,
        "language": chat.language,
    }
    if target is not None and _may_lie_below(connection, keys, chat, target, current_id):
        body["unsure"] = True
    _put(connection, keys, chat, chat.screen_purpose, OutboxKind.SCREEN, body, now)
    if current_id is not None and current_id != target:
        purpose = f"retire:{chat.mark}:{current_id}"
        _put(connection, keys, chat, purpose, OutboxKind.RETIRE, {"message_id": current_id}, now)
    if target is not None:
        # The screen may come back to a message that it was to leave: the buttons there must stay.
        outbox.replace_body(connection, keys, f"retire:{chat.mark}:{target}", {"message_id": None})
    if chat.contact is not None and target is not None and target != current_id:
        contacts.set_screen_message(connection, chat.contact.id, target)


def _may_lie_below(
    connection: Connection, keys: KeyRing, chat: Chat, pressed_id: int, current_id: int | None
) -> bool:
    """Tell whether a copy that nobody knows of may lie below the pressed message.

    A new message was begun to be sent and is not known to have gone out; after a crash there may be
    two. One that is pressed, and that we did not know of, is accounted for.
    """
    waiting = outbox.find_attempted(connection, keys, chat.screen_purpose)
    if waiting is None or "newer" in waiting[0]:
        return False
    body, attempts = waiting
    is_a_copy = current_id is None or pressed_id > current_id
    was_to_go_below = body["placement"] == Placement.BELOW.value
    return "unsure" in body or (was_to_go_below and attempts > int(is_a_copy))


def show_message(connection: Connection, keys: KeyRing, chat: Chat, words: str, now: dt.datetime) -> None:
    """Send a message beside the current screen; a second one before the first is out replaces it."""
    body = message_body(Rendered(words))
    _put(connection, keys, chat, f"note:{chat.mark}", OutboxKind.MESSAGE, body, now)


def message_body(rendered: Rendered) -> dict[str, Any]:
    """Write what a message beside the current screen shows, as it lies in the outbox."""
    return {"text": rendered.text, "keyboard": _keyboard(rendered)}


def show_document(
    connection: Connection,
    keys: KeyRing,
    chat: Chat,
    file_name: str,
    content: bytes,
    caption: str,
    now: dt.datetime,
) -> None:
    """Send a file; asked for twice before it is out, it goes once."""
    body: dict[str, Any] = {
        "file_name": file_name,
        "content_base64": base64.b64encode(content).decode(),
        "caption": caption,
    }
    _put(connection, keys, chat, f"file:{chat.mark}:{file_name}", OutboxKind.DOCUMENT, body, now)


def show_recording(
    connection: Connection,
    keys: KeyRing,
    chat: Chat,
    recorded: tuple[str, str],
    rendered: Rendered,
    now: dt.datetime,
) -> None:
    """Send a recording, named by language and mark; asked for twice before it is out, it goes once.

    The file is found when it is sent. The text of `rendered` stands below the voice message. Where nobody
    knows whether it has arrived, it is not sent again: people can tap once more, and nothing waits behind it.
    """
    language, mark = recorded
    body: dict[str, Any] = {
        "recording": mark,
        "language": language,
        "caption": rendered.text,
        "keyboard": _keyboard(rendered),
    }
    purpose = f"voice:{chat.mark}:{language}:{mark}"
    _put(connection, keys, chat, purpose, OutboxKind.DOCUMENT, body, now, Policy.NEVER_TWICE)


def _keyboard(rendered: Rendered) -> list[list[list[str]]]:
    return [[[button.label, button.callback_data] for button in row] for row in rendered.keyboard]


def _put(
    connection: Connection,
    keys: KeyRing,
    chat: Chat,
    purpose: str,
    kind: OutboxKind,
    body: dict[str, Any],
    now: dt.datetime,
    policy: Policy = Policy.NEVER_MISSED,
) -> None:
    contact_id = None if chat.contact is None else chat.contact.id
    message = OutboxMessage(purpose, chat.telegram_id, contact_id, kind, body, policy=policy)
    outbox.put(connection, keys, message, now)
