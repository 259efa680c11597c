"""Mistakes in the files that staff write: which file, which line, and one clear sentence.

All mistakes of a file are collected and raised together, so that nobody has to start the bot
ten times to find ten mistakes. Sentences are for people who do not program.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class ContentMistake:
    """One mistake. `line` counts from 1."""

    file: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}"


class ContentError(ValueError):
    """The content cannot be used. Holds every mistake that was found, in the order of the lines."""

    def __init__(self, mistakes: Iterable[ContentMistake]) -> None:
        self.mistakes = tuple(sorted(mistakes))
        super().__init__("\n".join(map(str, self.mistakes)))


class Mistakes:
    """The mistakes of one file, while it is being read."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.found: list[ContentMistake] = []

    def add(self, line: int, message: str) -> None:
        """Note a mistake and go on reading."""
        self.found.append(ContentMistake(self.file, line, message))

    def raise_any(self) -> None:
        """End the reading if anything was wrong. Raises: ContentError."""
        if self.found:
            raise ContentError(self.found)


def suggest(word: str, known: Iterable[str]) -> str:
    """Offer the known word that a misspelt one most likely stands for, as the end of a sentence.

    >>> suggest("shufle", ["shuffle", "tail"])
    ' Did you mean “shuffle”?'
    """
    close = difflib.get_close_matches(word, sorted(known), n=1, cutoff=0.6)
    return f" Did you mean “{close[0]}”?" if close else ""
