"""From Telegram's update to `Incoming`, in two steps with a wall between them.

`project` copies a whitelist of fields out of a raw update before anything is stored: names,
usernames, phone numbers, places and files never pass it. `to_incoming` reads only such a
projection. Both are total: whatever comes from outside, they return. This module must not know
the database, nor who somebody is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from functools import partial
from typing import Any

from bot.buttons import CALLBACK_DATA_MAX_BYTES, decode
from conversations.incoming import (
    BlockedBot,
    Commanded,
    Incoming,
    Pressed,
    Refused,
    Reworded,
    Said,
    SentRefused,
    Spoke,
    Voice,
)

#: Telegram's limit for a text (Bot API, sendMessage). A longer one cannot come from an app.
MAX_TEXT_CHARS = 4096
#: Ids are stored as 64-bit integers (Bot API, "Chat": at most 52 bits).
MAX_ID = 2**63 - 1
#: Telegram's own senders: anonymous admins, channels, service (telegram.constants, PTB 22.8).
_NOBODY = frozenset({777000, 1087968824, 136817688})

_FILE_ID = re.compile(r"[A-Za-z0-9_-]{1,256}")
_CALLBACK_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_MIME_TYPE = re.compile(r"[a-z0-9][a-z0-9.+/-]{0,63}")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8}){0,2}")
_COMMAND = re.compile(r"/([^\W_]\w{0,31})(?:@\w{1,64})?(?:\s+(.*))?", re.DOTALL)
#: Code points that are no characters: PostgreSQL refuses NUL, UTF-8 has no lone surrogates.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")

#: Words a person may type instead of a command, in German as it is spoken here (dialogues.md §10.3).
ALIASES = {
    "thema": "topics",
    "termine": "events",
    "abo": "reminders",
    "ergebnisse": "results",
    "datenschutz": "privacy",
    "meinedaten": "mydata",
    "loeschen": "delete",
    "löschen": "delete",
    "sprache": "language",
    "hilfe": "help",
    "stopp": "stop",
}
#: A bare "stopp" is a stop word, about which the dialogue may have to ask first (DESIGN §3).
_ALONE = {word: name for word, name in ALIASES.items() if name != "stop"}

#: Messages about the chat itself, to which nobody expects an answer (Bot API 10.0, "Message").
_SERVICE = re.compile(
    r"new_chat_.+|left_chat_member|delete_chat_photo|(?:group|supergroup|channel)_chat_created"
    r"|message_auto_delete_timer_changed|migrate_(?:to|from)_chat_id|pinned_message|successful_payment"
    r"|refunded_payment|users_shared|chat_shared|connected_website|write_access_allowed|passport_data"
    r"|proximity_alert_triggered|boost_added|chat_background_set|forum_topic_.+|general_forum_topic_.+"
    r"|giveaway.*|video_chat_.+|web_app_data|gift|unique_gift|paid_message_price_changed|checklist_tasks_.+"
    r"|direct_message_price_changed|suggested_post_.+"
)


class Kind(StrEnum):
    """What kind of update it is. The values are stored with the inbox."""

    MESSAGE = "message"
    EDITED = "edited"
    PRESS = "press"
    MEMBERSHIP = "membership"
    OTHER = "other"
    UNDECODABLE = "undecodable"


class Content(StrEnum):
    """What a message holds, where that is neither text nor voice."""

    MEDIA = "media"
    CONTACT = "contact"
    SERVICE = "service"


@dataclass(frozen=True, slots=True, kw_only=True)
class Projection:
    """Everything that is kept of an update. `language` is the language of the person's app."""

    update_id: int
    kind: Kind
    reason: str = ""
    chat_id: int | None = None
    chat_type: str = ""
    sender_id: int | None = None
    sender_is_bot: bool = False
    sends_as_chat: bool = False
    language: str = ""
    message_id: int | None = None
    text: str | None = None
    voice: Voice | None = None
    content: Content | None = None
    is_forwarded: bool = False
    callback_id: str = ""
    callback_data: str = ""
    member_status: str = ""

    def to_bytes(self) -> bytes:
        """Write the projection as compact JSON, without what is not there."""
        data = {name: value for name, value in asdict(self).items() if not _is_default(name, value)}
        return json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()

    @classmethod
    def from_bytes(cls, written: bytes) -> Projection:
        """Read what `to_bytes` wrote.

        Raises: ValueError where it is something else.
        """
        try:
            data = json.loads(written)
            if "voice" in data:
                data["voice"] = Voice(**data["voice"])
            if "content" in data:
                data["content"] = Content(data["content"])
            return cls(**{**data, "kind": Kind(data["kind"])})
        except (TypeError, KeyError, RecursionError):
            raise ValueError("not a projection") from None


_DEFAULTS: dict[str, object] = {field.name: field.default for field in fields(Projection)}


def _is_default(name: str, value: object) -> bool:
    """Compare with the type, for to Python 0 is False."""
    return type(value) is type(_DEFAULTS[name]) and value == _DEFAULTS[name]


@dataclass(frozen=True, slots=True)
class GroupWrote:
    """A command was given in a group, where nobody is asked anything: answer with a link."""

    chat_id: int


def undecodable(update_id: int, reason: str) -> Projection:
    """Make the projection of an update of which nothing but its id can be used."""
    return Projection(update_id=update_id, kind=Kind.UNDECODABLE, reason=reason)


def project(raw: object) -> Projection | None:
    """Copy the whitelisted fields of one raw update; None where not even its id can be found."""
    if not isinstance(raw, dict):
        return None
    update_id = _integer(raw.get("update_id"), least=0)
    if update_id is None:
        return None
    for name, kind in (
        ("message", Kind.MESSAGE),
        ("edited_message", Kind.EDITED),
        ("callback_query", Kind.PRESS),
        ("my_chat_member", Kind.MEMBERSHIP),
    ):
        if name in raw:
            found = _PROJECTED[kind](raw[name])
            if isinstance(found, str):
                return undecodable(update_id, f"{kind.value}:{found}")
            return Projection(update_id=update_id, kind=kind, **found)
    return Projection(update_id=update_id, kind=Kind.OTHER)


# What is found in a part of an update: fields of the projection, or why there are none.
_Found = dict[str, Any] | str


def _project_message(raw: object) -> _Found:
    found = _project_place(raw)
    if isinstance(found, str) or not isinstance(raw, dict):
        return found
    message_id = _integer(raw.get("message_id"), least=0)
    if message_id is None:
        return "message_id"
    found["message_id"] = message_id
    found["is_forwarded"] = any(name in raw for name in ("forward_origin", "forward_date", "via_bot"))
    if "text" in raw:
        if not isinstance(raw["text"], str):
            return "text"
        found["text"] = _clean(raw["text"])
    elif (voice := _project_voice(raw.get("voice"))) is not None:
        found["voice"] = voice
    elif any(name in raw for name in ("contact", "location", "venue")):
        found["content"] = Content.CONTACT
    elif any(isinstance(name, str) and _SERVICE.fullmatch(name) for name in raw):
        found["content"] = Content.SERVICE
    else:  # photos, files, stickers, and whatever Telegram invents next
        found["content"] = Content.MEDIA
    return found


def _project_press(raw: object) -> _Found:
    if not isinstance(raw, dict):
        return "shape"
    message = raw.get("message")
    found = _project_place({**message, "from": raw.get("from")} if isinstance(message, dict) else None)
    if isinstance(found, str) or not isinstance(message, dict):
        return found
    callback_id, data = raw.get("id"), raw.get("data")
    if not isinstance(callback_id, str) or not _CALLBACK_ID.fullmatch(callback_id):
        return "callback_id"
    found["callback_id"] = callback_id
    found["message_id"] = _integer(message.get("message_id"), least=1)
    if isinstance(data, str) and len(data) <= CALLBACK_DATA_MAX_BYTES and not _UNSTORABLE.search(data):
        found["callback_data"] = data
    found["sends_as_chat"] = False  # the message under the button is the bot's own
    return found


def _project_membership(raw: object) -> _Found:
    found = _project_place(raw)
    if isinstance(found, str) or not isinstance(raw, dict):
        return found
    member = raw.get("new_chat_member")
    status = member.get("status") if isinstance(member, dict) else None
    known = ("creator", "administrator", "member", "restricted", "left", "kicked")
    if not isinstance(status, str) or status not in known:
        return "member_status"
    found["member_status"] = status
    return found


_PROJECTED: dict[Kind, Callable[[object], _Found]] = {
    Kind.MESSAGE: _project_message,
    Kind.EDITED: _project_message,
    Kind.PRESS: _project_press,
    Kind.MEMBERSHIP: _project_membership,
}


def _project_place(raw: object) -> _Found:
    if not isinstance(raw, dict):
        return "shape"
    chat, sender = raw.get("chat"), raw.get("from")
    chat_id = _integer(chat.get("id")) if isinstance(chat, dict) else None
    chat_type = chat.get("type") if isinstance(chat, dict) else None
    if chat_id is None or chat_type not in ("private", "group", "supergroup", "channel"):
        return "chat"
    found: dict[str, Any] = {
        "chat_id": chat_id,
        "chat_type": chat_type,
        "sends_as_chat": "sender_chat" in raw,
    }
    if isinstance(sender, dict):
        found["sender_id"] = _integer(sender.get("id"), least=1)
        found["sender_is_bot"] = sender.get("is_bot") is not False
        language = sender.get("language_code")
        if isinstance(language, str) and _LANGUAGE.fullmatch(language):
            found["language"] = language
    return found


def _project_voice(raw: object) -> Voice | None:
    if not isinstance(raw, dict):
        return None
    file_id, mime_type = raw.get("file_id"), raw.get("mime_type")
    duration, size = _integer(raw.get("duration"), least=0), _integer(raw.get("file_size"), least=0)
    if not isinstance(file_id, str) or not _FILE_ID.fullmatch(file_id) or duration is None:
        return None
    known = isinstance(mime_type, str) and _MIME_TYPE.fullmatch(mime_type) is not None
    return Voice(file_id, duration, size or 0, str(mime_type) if known else "")


def _integer(value: object, least: int = -MAX_ID) -> int | None:
    """Return a 64-bit integer; JSON's true and false are none."""
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= MAX_ID:
        return None
    return value


def _clean(text: str) -> str:
    return _UNSTORABLE.sub("", text[: 2 * MAX_TEXT_CHARS])[:MAX_TEXT_CHARS]


def to_incoming(
    projection: Projection, message_mark: Callable[[int, int], str]
) -> Incoming | GroupWrote | None:
    """Read what a person did; None where nobody did anything that concerns the bot.

    `message_mark` makes the mark of a message from the ids of its chat and itself
    (`KeyRing.message_mark`).
    """
    chat_id, sender = projection.chat_id, projection.sender_id
    if chat_id is None or sender is None or projection.sender_is_bot:
        return None
    if projection.sends_as_chat or sender in _NOBODY:
        return None
    if projection.chat_type in ("group", "supergroup"):
        text = projection.text or ""
        is_command = projection.kind is Kind.MESSAGE and text.startswith("/")
        return GroupWrote(chat_id) if is_command else None
    if projection.chat_type != "private" or sender != chat_id:
        return None
    match projection.kind:
        case Kind.PRESS:
            return Pressed(decode(projection.callback_data))
        case Kind.MEMBERSHIP:
            return BlockedBot() if projection.member_status == "kicked" else None
        case Kind.MESSAGE | Kind.EDITED if projection.message_id is not None:
            return _read_message(projection, partial(message_mark, chat_id, projection.message_id))
        case _:
            return None


def _read_message(projection: Projection, mark: Callable[[], str]) -> Incoming | None:
    text = projection.text
    if projection.kind is Kind.EDITED:
        if text is None or not text.strip() or _COMMAND.fullmatch(text.strip()):
            return None  # a command runs once, when it is sent
        return Reworded(text, mark())
    if text is not None:
        if not text.strip():
            return SentRefused(Refused.EMPTY)
        command = None if projection.is_forwarded else parse_command(text)
        return command or Said(text, mark())
    if projection.voice is not None:
        return Spoke(projection.voice, mark())
    match projection.content:
        case Content.CONTACT:
            return SentRefused(Refused.CONTACT)
        case Content.MEDIA:
            return SentRefused(Refused.MEDIA)
        case _:
            return None


def parse_command(text: str) -> Commanded | None:
    """Read a command `/name@bot argument`, or a single word that stands for one.

    >>> parse_command("/Löschen")
    Commanded(name='delete', argument='')
    """
    text = text.strip()
    found = _COMMAND.fullmatch(text)
    if found is None:
        alone = _ALONE.get(text.casefold())
        return None if alone is None else Commanded(alone)
    name = found[1].casefold()
    return Commanded(ALIASES.get(name, name), (found[2] or "").strip())
