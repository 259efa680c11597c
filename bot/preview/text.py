"""Text as Telegram's server treats it: cleaned, measured in UTF-16 units, entities found.

Pure functions over strings; knows no messages and no methods.
"""

from __future__ import annotations

import re
from typing import Any

_CONTROL = {code: " " for code in range(0x20) if code not in (0x0A, 0x0D)}
_DROPPED = {0x0D: None} | dict.fromkeys(range(0x2028, 0x202F))
_CLEANING = _CONTROL | _DROPPED

_TOP_LEVEL = "de|com|org|net|eu|info|app|me"
_DETECTED = (
    ("url", re.compile(r"https?://[^\s<>\"\u2066-\u2069]+[^\s<>\"\u2066-\u2069.,;:!?)\]…]")),
    ("email", re.compile(r"[\w.+-]+@(?:[\w-]+\.)+[a-z]{2,24}\b")),
    (
        "url",
        re.compile(
            rf"(?<![\w@./-])(?:[\w-]+\.)+(?:{_TOP_LEVEL})\b(?:/[^\s<>\"\u2066-\u2069]*[^\s<>\"\u2066-\u2069.,;:!?)\]])?"
        ),
    ),
    ("bot_command", re.compile(r"(?<![\w/<>])/[a-zA-Z0-9_]{1,64}(?:@[a-zA-Z0-9_]{3,32})?(?![\w/<>])")),
)
_CLOSED_TO_DETECTION = {"code", "pre", "text_link"}

Entity = dict[str, Any]


def clean(text: str) -> str:
    """Return the text after tdlib's cleaning (control characters, CR, U+2028-202E)."""
    return text.translate(_CLEANING)


def is_utf8(text: str) -> bool:
    """Tell whether the text can be encoded (no lone surrogates)."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def utf16_length(text: str) -> int:
    """Return the length in UTF-16 units, which is how Telegram counts."""
    return len(text) + sum(1 for character in text if ord(character) > 0xFFFF)


def trim(text: str, entities: list[Entity]) -> tuple[str, list[Entity]]:
    """Strip the text and move or cut its entities accordingly."""
    stripped_left = text.lstrip(" \n")
    removed = utf16_length(text) - utf16_length(stripped_left)
    stripped = stripped_left.rstrip(" \n")
    end = utf16_length(stripped)
    kept: list[Entity] = []
    for entity in entities:
        start = max(entity["offset"] - removed, 0)
        stop = min(entity["offset"] + entity["length"] - removed, end)
        if stop > start:
            kept.append({**entity, "offset": start, "length": stop - start})
    return stripped, kept


def find_entities(text: str, given: list[Entity] | None = None) -> list[Entity]:
    """Return the given entities plus the links and commands Telegram detects itself."""
    entities = list(given or [])
    taken = [
        (entity["offset"], entity["offset"] + entity["length"])
        for entity in entities
        if entity["type"] in _CLOSED_TO_DETECTION
    ]
    for kind, pattern in _DETECTED:
        for match in pattern.finditer(text):
            offset = utf16_length(text[: match.start()])
            end = offset + utf16_length(match.group())
            if any(offset < stop and start < end for start, stop in taken):
                continue
            taken.append((offset, end))
            entities.append({"type": kind, "offset": offset, "length": end - offset})
    return sorted(entities, key=lambda entity: (entity["offset"], -entity["length"]))
