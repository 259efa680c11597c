"""Which chats the bot may speak in, and Telegram's refusals where it may not."""

from __future__ import annotations

from bot.preview.errors import bad_request, forbidden
from bot.preview.messages import Chat
from bot.preview.world import World


def known_chat(world: World, chat_id: int | str) -> Chat:
    """Return a chat the bot has met.

    Raises: ApiError 400 otherwise.
    """
    chat = world.chats.get(chat_id) if isinstance(chat_id, int) else None
    if chat is None or (chat.is_private and not chat.started):
        raise bad_request("chat not found")
    return chat


def writable_chat(world: World, chat_id: int | str) -> Chat:
    """Return a chat the bot can write to.

    Raises: ApiError 400 or 403 otherwise.
    """
    chat = known_chat(world, chat_id)
    if chat.deactivated:
        raise forbidden("user is deactivated")
    if chat.blocked:
        raise forbidden("bot was blocked by the user")
    if not chat.is_private and not chat.bot_is_member:
        raise forbidden("bot was kicked from the group chat")
    return chat
