"""`parse_mode` HTML and given entities, checked as strictly as Telegram does.

Pure; knows strings and entities, no messages. MarkdownV2 is left out: the preview refuses it.
"""

from __future__ import annotations

import re
from html import unescape
from typing import Any

from bot.preview.errors import bad_request
from bot.preview.text import Entity, utf16_length

_TAGS = {
    "b": "bold", "strong": "bold", "i": "italic", "em": "italic", "u": "underline", "ins": "underline",
    "s": "strikethrough", "strike": "strikethrough", "del": "strikethrough", "tg-spoiler": "spoiler",
    "code": "code", "pre": "pre", "blockquote": "blockquote", "a": "text_link",
}  # fmt: skip
_TOKEN = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9-]*)([^<>]*)>|<|&(?:lt|gt|amp|quot|#\d+|#x[0-9a-fA-F]+);")
_HREF = re.compile(r"""href\s*=\s*(?:"([^"]*)"|'([^']*)'|(\S+))""")
_GIVEN_KINDS = set(_TAGS.values()) | {
    "mention", "hashtag", "cashtag", "bot_command", "url", "email", "phone_number", "text_mention",
    "custom_emoji", "expandable_blockquote", "date_time",
}  # fmt: skip


def parse_html(source: str) -> tuple[str, list[Entity]]:
    """Return text and entities of an HTML message.

    Raises: ApiError with Telegram's "can't parse entities" wording.
    """
    text = ""
    position = 0
    open_tags: list[tuple[str, int, str]] = []
    entities: list[Entity] = []
    for match in _TOKEN.finditer(source):
        text += source[position : match.start()]
        position = match.end()
        at = len(source[: match.start()].encode("utf-8"))
        piece, closing, tag = match.group(), match.group(1), (match.group(2) or "").lower()
        if piece.startswith("&"):
            text += unescape(piece)
        elif piece == "<" or tag not in _TAGS:
            raise bad_request(f'can\'t parse entities: Unsupported start tag "{tag}" at byte offset {at}')
        elif not closing:
            open_tags.append((tag, utf16_length(text), match.group(3)))
        else:
            entities += _closed(tag, open_tags, utf16_length(text), at)
    text += source[position:]
    if open_tags:
        raise bad_request(
            f"can't parse entities: Can't find end tag corresponding to start tag \"{open_tags[-1][0]}\""
        )
    return text, entities


def _closed(tag: str, open_tags: list[tuple[str, int, str]], end: int, at: int) -> list[Entity]:
    if not open_tags:
        raise bad_request(f"can't parse entities: Unexpected end tag at byte offset {at}")
    opened, start, attributes = open_tags.pop()
    if opened != tag:
        raise bad_request(
            f"can't parse entities: Unmatched end tag at byte offset {at}, "
            f'expected "</{opened}>", found "</{tag}>"'
        )
    entity: Entity = {"type": _TAGS[tag], "offset": start, "length": end - start}
    if tag == "a":
        href = _HREF.search(attributes)
        if href is None:
            return []
        entity["url"] = unescape(href.group(1) or href.group(2) or href.group(3) or "")
    return [entity] if end > start else []


def check_entities(given: Any, text: str) -> list[Entity]:
    """Return the given entities after checking kind and bounds.

    Raises: ApiError for what Telegram would refuse or silently drop.
    """
    if not isinstance(given, list):
        raise bad_request("can't parse entities: expected an Array of MessageEntity")
    length = utf16_length(text)
    checked: list[Entity] = []
    for entity in given:
        if not isinstance(entity, dict) or entity.get("type") not in _GIVEN_KINDS:
            raise bad_request("can't parse entities: can't parse MessageEntity: unknown type")
        offset, size = entity.get("offset"), entity.get("length")
        if not isinstance(offset, int) or not isinstance(size, int) or offset < 0 or size <= 0:
            raise bad_request("can't parse entities: can't parse MessageEntity: wrong offset or length")
        if offset + size > length:
            raise bad_request(f"entity beginning at UTF-16 offset {offset} ends after the end of the text")
        checked.append(dict(entity))
    return checked
