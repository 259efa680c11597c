"""What the bot says about itself: name, descriptions and command menu, per language.

Stores and looks up with Telegram's fallback rules; the limits are checked by the caller (rules.py).
"""

from __future__ import annotations

from enum import Enum
from typing import Any

Command = dict[str, str]
Scope = tuple[str, int]  # (type, chat id or 0)

DEFAULT_SCOPE: Scope = ("default", 0)
_PRIVATE_SCOPES: tuple[Scope, ...] = (("all_private_chats", 0), DEFAULT_SCOPE)


class ProfileText(Enum):
    """The texts of a bot's profile."""

    NAME = "name"
    DESCRIPTION = "description"
    SHORT_DESCRIPTION = "short_description"


class BotProfile:
    """The bot's account and everything setMy… can change."""

    def __init__(self, bot_id: int, first_name: str, username: str) -> None:
        self.bot_id = bot_id
        self.first_name = first_name
        self.username = username
        self._texts: dict[tuple[ProfileText, str], str] = {}
        self._commands: dict[tuple[Scope, str], list[Command]] = {}

    def to_user(self) -> dict[str, Any]:
        """Return the bot as a Bot API `User` (as inside messages)."""
        return {"id": self.bot_id, "is_bot": True, "first_name": self.name(""), "username": self.username}

    def set_text(self, kind: ProfileText, language_code: str, value: str) -> None:
        """Set one profile text; an empty value removes it."""
        if value:
            self._texts[kind, language_code] = value
        else:
            self._texts.pop((kind, language_code), None)

    def text(self, kind: ProfileText, language_code: str) -> str:
        """Return a profile text: in this language, else the default one, else ''."""
        return self._texts.get((kind, language_code)) or self._texts.get((kind, ""), "")

    def name(self, language_code: str) -> str:
        """Return the name shown in an app of this language."""
        return self.text(ProfileText.NAME, language_code) or self.first_name

    def set_commands(self, scope: Scope, language_code: str, commands: list[Command]) -> None:
        """Set the command list of one scope and language; an empty list removes it."""
        if commands:
            self._commands[scope, language_code] = commands
        else:
            self._commands.pop((scope, language_code), None)

    def commands(self, scope: Scope, language_code: str) -> list[Command]:
        """Return exactly this list, without fallback, as getMyCommands does."""
        return self._commands.get((scope, language_code), [])

    def menu(self, chat_id: int, language_code: str) -> list[Command]:
        """Return the commands a person sees in a private chat (Telegram's order of scopes)."""
        for scope in (("chat", chat_id), *_PRIVATE_SCOPES):
            for language in (language_code, ""):
                if commands := self._commands.get((scope, language)):
                    return commands
        return []
