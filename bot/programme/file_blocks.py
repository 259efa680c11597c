"""Takes a calendar file apart into its events and time zones, and keeps the line of everything.

The library that reads the values knows no lines, and gives up at the first thing it cannot read.
This module must not know what the properties mean (`bot.programme.file_ics`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.programme.file_reading import MOST_ENTRIES, decode, quote
from conversations.mistakes import Mistakes

_CALENDAR = "VCALENDAR"
_EVENT = "VEVENT"
_TIME_ZONE = "VTIMEZONE"
_LINE_BREAK = re.compile(rb"\r\n|\n|\r")
_PROPERTY = re.compile(r"\s*([\w.-]+)\s*[;:]")


@dataclass(frozen=True, slots=True)
class Line:
    """One property, unfolded. `number` is the line on which it begins, `name` is in capitals."""

    number: int
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Block:
    """An event or a time zone. What stands in it in blocks of their own is kept for a time zone only.

    `is_cancelled` tells that the calendar as a whole is a cancellation.
    """

    name: str
    line: int
    lines: list[Line]
    is_cancelled: bool

    @property
    def is_event(self) -> bool:
        """Whether it is an event; a time zone otherwise."""
        return self.name == _EVENT


def read_blocks(raw: bytes, mistakes: Mistakes) -> Sequence[Block]:
    """Find events and time zones; what is no calendar, or ends too early, is noted in `mistakes`."""
    lines = _unfold(raw.removeprefix(b"\xef\xbb\xbf"))
    joined = b"\n".join(line for _, line in lines)
    try:
        texts = decode(joined).split("\n")
    except UnicodeDecodeError as error:
        number, _ = lines[joined.count(b"\n", 0, error.start)]
        mistakes.add(number, "This line has letters in another encoding. Export the calendar as “UTF-8”.")
        return ()
    return _Walk(mistakes).over([number for number, _ in lines], texts)


def _unfold(raw: bytes) -> Sequence[tuple[int, bytes]]:
    """Join folded lines; as bytes, because a fold may stand within a letter (RFC 5545 §3.1)."""
    joined: list[tuple[int, bytearray]] = []
    for number, line in enumerate(_LINE_BREAK.split(raw), start=1):
        if line[:1] in {b" ", b"\t"} and joined:
            joined[-1][1].extend(line[1:])
        elif line.strip():
            joined.append((number, bytearray(line)))
    return [(number, bytes(line)) for number, line in joined]


class _BrokenOffError(Exception):
    """The file is no calendar from here on; the mistake is noted."""


class _Walk:
    """One walk over the lines. `_open` holds what has begun and not ended, with its line."""

    def __init__(self, mistakes: Mistakes) -> None:
        self._mistakes = mistakes
        self._open: list[tuple[str, int]] = []
        self._blocks: list[Block] = []
        self._block: Block | None = None
        self._is_cancelled = False
        self._unreadable: list[tuple[int, str]] = []

    def over(self, numbers: Sequence[int], texts: Sequence[str]) -> Sequence[Block]:
        """Walk over all lines; without any block when the file is broken."""
        try:
            for number, text in zip(numbers, texts, strict=True):
                word, _, rest = (part.strip().upper() for part in text.partition(":"))
                if word == "BEGIN":
                    self._begin(rest, number)
                elif word == "END":
                    self._end(rest, number)
                else:
                    self._property(number, text)
            if self._open:
                name, begun = self._open[-1]
                raise self._broken_off(
                    numbers[-1], f"The file ends too early: {quote(name)} of line {begun} is not closed."
                )
        except _BrokenOffError:
            return ()
        for number, text in self._unreadable[:MOST_ENTRIES]:
            self._mistakes.add(number, f"This line of the event cannot be read: {quote(text)}.")
        return self._blocks

    def _begin(self, name: str, number: int) -> None:
        if not self._open and name != _CALENDAR:
            raise self._foreign(number)
        if not self._open:
            self._is_cancelled = False
        if len(self._open) == 1 and name in {_EVENT, _TIME_ZONE}:
            self._block = Block(name, number, [], self._is_cancelled)
            self._blocks.append(self._block)
        self._keep_within_zone(Line(number, "BEGIN", f"BEGIN:{name}"))
        self._open.append((name, number))

    def _end(self, name: str, number: int) -> None:
        if not self._open:
            raise self._broken_off(number, f"The end of {quote(name)} stands here without its beginning.")
        last, begun = self._open.pop()
        if last != name:
            raise self._broken_off(
                number,
                f"The end of {quote(name)} stands here, but {quote(last)} of line {begun} is not closed.",
            )
        self._keep_within_zone(Line(number, "END", f"END:{name}"))
        if len(self._open) == 1:
            self._block = None

    def _property(self, number: int, text: str) -> None:
        if not self._open:
            raise self._foreign(number)
        found = _PROPERTY.match(text) if ":" in text else None
        name = found[1].upper() if found else ""
        if len(self._open) == 1 and name == "METHOD":
            self._is_cancelled = text.upper().rstrip().endswith(":CANCEL")
        elif len(self._open) == 1 and name == "VERSION" and text.rstrip().endswith(":1.0"):
            raise self._broken_off(
                number, "This is the old format vCalendar 1.0. Export it as iCalendar (.ics)."
            )
        elif self._block is not None and self._block.is_event and len(self._open) == len((_CALENDAR, _EVENT)):
            if not name:
                self._unreadable.append((number, text))
            self._block.lines.append(Line(number, name, text))
        elif name:
            self._keep_within_zone(Line(number, name, text))

    def _keep_within_zone(self, line: Line) -> None:
        if self._block is not None and not self._block.is_event and len(self._open) > 1:
            self._block.lines.append(line)

    def _foreign(self, number: int) -> _BrokenOffError:
        return self._broken_off(number, "This is not a calendar: the file must begin with BEGIN:VCALENDAR.")

    def _broken_off(self, number: int, message: str) -> _BrokenOffError:
        self._mistakes.add(number, message)
        return _BrokenOffError()
