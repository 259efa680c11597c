"""The entry of a deep link: which door a person came through, and from which poster or course."""

from __future__ import annotations

from dataclasses import dataclass

from conversations.content import Content

#: The longest note of a poster or course that a button can carry along.
MAX_SOURCE_CHARS = 20
#: The entry that leads to the subscriptions, without any answer.
NEWS_ENTRY = "news"


@dataclass(frozen=True, slots=True)
class Entry:
    """The door of a deep link: a field or the news, and the poster or course it came from."""

    door: str = ""
    source: str = ""

    @property
    def argument(self) -> str:
        """The entry as it is carried by buttons until it is used."""
        return f"{self.door}-{self.source}" if self.source else self.door


def parse_entry(content: Content, argument: str) -> Entry:
    """Read the entry of a deep link or of a button. Anything unknown is the plain entrance.

    A source may follow an unknown door too: the poster has still been seen.
    """
    door, _, source = argument.strip().lower().partition("-")
    kept = "".join(char for char in source if char.isascii() and (char.isalnum() or char in "-_"))
    known = door if door in (*content.field_codes, NEWS_ENTRY) else ""
    return Entry(known, kept[:MAX_SOURCE_CHARS])
