"""The world as the page shows it: JSON for one person, one message, one change.

Pure reading; knows neither HTTP nor the Bot API.
"""

from __future__ import annotations

from typing import Any

from bot.preview.messages import Change, Chat, Json, Message
from bot.preview.people import Person
from bot.preview.profile import ProfileText
from bot.preview.world import World

_CONTENT = ("text", "entities", "caption", "caption_entities", "contact", "location")


def view_world(world: World) -> Json:
    """Return everything the page needs to know of the people when it connects."""
    return {"type": "snapshot", "people": [view_person(world, person) for person in world.people]}


def view_person(world: World, person: Person) -> Json:
    """Return one person with their chat and the bot as their app shows it."""
    chat = world.chats[person.id]
    return {
        "id": person.id,
        "first_name": person.first_name,
        "language_code": person.language_code,
        "note": person.note,
        "bot": _view_bot(world, person),
        "messages": [view_message(message) for message in chat.visible],
        **_view_flags(chat),
    }


def view_message(message: Message) -> Json:
    """Return one message."""
    view: Json = {name: message.content[name] for name in _CONTENT if name in message.content}
    view |= {
        "id": message.message_id,
        "own": not message.is_from_bot,
        "at": message.date.isoformat(),
        "edited": message.content_edited,
        "keyboard": (message.reply_markup or {}).get("inline_keyboard", []),
    }
    for kind in ("voice", "document"):
        if file := message.content.get(kind):
            view[kind] = {
                key: file[key] for key in ("file_id", "file_size", "file_name", "duration") if key in file
            }
    if photo := message.content.get("photo"):
        view["photo"] = {"file_id": photo[-1]["file_id"]}
    return view


def view_change(world: World, change: Change) -> Json | None:
    """Return what the page has to know about a change, or None if it is nothing to it."""
    chat = world.chats.get(change.chat_id)
    event: Json = {"type": change.what, "chat_id": change.chat_id, "message_id": change.message_id}
    match change.what:
        case "profile":
            return event | {"bots": {str(person.id): _view_bot(world, person) for person in world.people}}
        case "clock":
            return event | change.detail
        case "person" if chat is not None and chat.person is not None:
            return event | {"person": view_person(world, chat.person)}
        case _ if chat is None or not chat.is_private:
            return None
        case "message" | "edited":
            message = chat.find(change.message_id)
            if message is None or message.hidden:
                return None
            return event | {"message": view_message(message)} | _view_flags(chat)
        case "chat":
            return event | _view_flags(chat)
        case "deleted" | "cleared" | "answered" | "action":
            return event | change.detail
    return None


def _view_bot(world: World, person: Person) -> dict[str, Any]:
    language = person.language_code.partition("-")[0]
    profile = world.profile
    return {
        "name": profile.name(language),
        "description": profile.text(ProfileText.DESCRIPTION, language),
        "short_description": profile.text(ProfileText.SHORT_DESCRIPTION, language),
        "commands": profile.menu(person.id, language),
    }


def _view_flags(chat: Chat) -> Json:
    return {"blocked": chat.blocked, "deactivated": chat.deactivated}
