"""The Bot API methods: the table of all, and those about the bot itself, files and chats.

Gets typed parameters (parameters.py) and returns what Telegram puts under `result`; knows no HTTP and
no faults.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from bot.preview import rules
from bot.preview.access import known_chat, writable_chat
from bot.preview.errors import bad_request
from bot.preview.files import MAX_DOWNLOAD_BYTES
from bot.preview.message_methods import MessageMethods
from bot.preview.messages import Json
from bot.preview.profile import ProfileText
from bot.preview.world import World

Parameters = dict[str, Any]


class Methods:
    """Every method of the local Bot API but getUpdates' waiting, which is the queue's."""

    def __init__(self, world: World) -> None:
        self._world = world
        texts = {
            "Name": ProfileText.NAME,
            "Description": ProfileText.DESCRIPTION,
            "ShortDescription": ProfileText.SHORT_DESCRIPTION,
        }
        self._table: dict[str, Callable[[Parameters], Any]] = {
            "getMe": self._get_me,
            "setWebhook": self._set_webhook,
            "deleteWebhook": self._delete_webhook,
            "getWebhookInfo": self._get_webhook_info,
            "getFile": self._get_file,
            "setMyCommands": self._set_my_commands,
            "getMyCommands": self._get_my_commands,
            "deleteMyCommands": self._delete_my_commands,
            "leaveChat": self._leave_chat,
            "getChat": self._get_chat,
        }
        self._table |= MessageMethods(world).table
        for name, kind in texts.items():
            self._table[f"setMy{name}"] = partial(self._set_my_text, kind)
            self._table[f"getMy{name}"] = partial(self._get_my_text, kind)

    async def call(self, method: str, given: Parameters) -> Any:
        """Carry out a method and return its result.

        Raises: ApiError as Telegram would.
        """
        if method == "getUpdates":
            allowed = given.get("allowed_updates")
            if allowed is not None and not isinstance(allowed, list):
                raise bad_request("expected an Array of String as allowed_updates")
            offset, limit, timeout = (given.get(name) for name in ("offset", "limit", "timeout"))
            return await self._world.updates.poll(
                offset or 0, 100 if limit is None else limit, timeout or 0, allowed
            )
        return self._table[method](given)

    # The bot itself

    def _get_me(self, given: Parameters) -> Json:
        abilities = {
            "can_join_groups": True,
            "can_read_all_group_messages": False,
            "supports_guest_queries": False,
            "supports_inline_queries": False,
            "can_connect_to_business": False,
            "has_main_web_app": False,
            "has_topics_enabled": False,
            "allows_users_to_create_topics": False,
            "can_manage_bots": False,
        }
        return self._world.profile.to_user() | abilities

    def _set_webhook(self, given: Parameters) -> bool:
        if not given["url"]:
            return self._delete_webhook(given)
        raise bad_request("bad webhook: the local preview delivers by getUpdates only")

    def _delete_webhook(self, given: Parameters) -> bool:
        if given.get("drop_pending_updates"):
            self._world.updates.clear()
        return True

    def _get_webhook_info(self, given: Parameters) -> Json:
        count = self._world.updates.pending_count
        return {"url": "", "has_custom_certificate": False, "pending_update_count": count}

    def _set_my_commands(self, given: Parameters) -> bool:
        commands = rules.check_commands(given["commands"])
        scope, language = (
            rules.check_scope(given.get("scope")),
            rules.check_language_code(given.get("language_code")),
        )
        self._world.profile.set_commands(scope, language, commands)
        self._world.changed("profile")
        return True

    def _get_my_commands(self, given: Parameters) -> list[dict[str, str]]:
        scope, language = (
            rules.check_scope(given.get("scope")),
            rules.check_language_code(given.get("language_code")),
        )
        return self._world.profile.commands(scope, language)

    def _delete_my_commands(self, given: Parameters) -> bool:
        return self._set_my_commands({**given, "commands": []})

    def _set_my_text(self, kind: ProfileText, given: Parameters) -> bool:
        value = rules.check_profile_text(kind, given.get(kind.value) or "")
        self._world.profile.set_text(kind, rules.check_language_code(given.get("language_code")), value)
        self._world.changed("profile")
        return True

    def _get_my_text(self, kind: ProfileText, given: Parameters) -> Json:
        language = rules.check_language_code(given.get("language_code"))
        profile = self._world.profile
        value = profile.name(language) if kind is ProfileText.NAME else profile.text(kind, language)
        return {kind.value: value}

    # Files and chats

    def _get_file(self, given: Parameters) -> Json:
        stored = self._world.files.find(given["file_id"])
        if stored is None:
            raise bad_request("invalid file_id")
        if len(stored.content) > MAX_DOWNLOAD_BYTES:
            raise bad_request("file is too big")
        return {**stored.facts(), "file_path": stored.file_path}

    def _leave_chat(self, given: Parameters) -> bool:
        chat = writable_chat(self._world, given["chat_id"])
        if chat.is_private:
            raise bad_request("chat member status can't be changed in private chats")
        self._world.set_group_membership(chat, None, "left")
        return True

    def _get_chat(self, given: Parameters) -> Json:
        chat = known_chat(self._world, given["chat_id"])
        gifts = [
            "unlimited_gifts",
            "limited_gifts",
            "unique_gifts",
            "premium_subscription",
            "gifts_from_channels",
        ]
        accepted = dict.fromkeys(gifts, chat.is_private)
        return chat.to_json() | {
            "accent_color_id": 0,
            "max_reaction_count": 11,
            "accepted_gift_types": accepted,
        }
