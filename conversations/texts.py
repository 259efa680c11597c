"""Texts by key: what the core says, before anybody has chosen the words of a language.

The core never holds a finished sentence. It names a text by its key and says what stands
in the gaps; `bot.rendering` finds the words in the language of the person. This module
must not know any language, nor how Telegram shows a text.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, StrEnum

#: A gap in a text: one name in braces. Anything else in braces is a mistake.
GAP = re.compile(r"\{([a-z_]+)\}")


class TextKind(StrEnum):
    """Where a text is shown, which decides how long it may be."""

    MESSAGE = "message"
    BUTTON = "button"
    POPUP = "popup"
    COMMAND = "command"
    PROFILE = "profile"
    WORDS = "words"


@dataclass(frozen=True, slots=True)
class SourceText:
    """The German source of one text, with what a translator must know.

    `german` holds the plural category "other" only, unless the text counts something;
    then it has one entry for each category that German knows. `file` and `line` say where it
    stands, for whoever has to change it.
    """

    key: str
    kind: TextKind
    german: Mapping[str, str]
    note: str = ""
    file: str = field(default="", compare=False)
    line: int = field(default=0, compare=False)

    @property
    def counts(self) -> bool:
        """Whether the wording depends on a number."""
        return len(self.german) > 1

    @property
    def snapshot(self) -> str:
        """The German that translations are compared with: its most general form."""
        return self.german["other"]


@dataclass(frozen=True, slots=True)
class Plain:
    """Words that belong to no language of ours: what a person wrote, or a name."""

    words: str


class Absent(Enum):
    """Stands in a gap that has nothing to say: the whole line of the gap is left out."""

    ABSENT = "absent"


ABSENT = Absent.ABSENT


@dataclass(frozen=True, slots=True)
class Joined:
    """Several texts in one gap or on one line, with a separator of no language between them."""

    parts: tuple[Text | Plain, ...]
    separator: str = " · "


@dataclass(frozen=True, slots=True)
class Text:
    """A text by its key, with what stands in its gaps.

    Plain strings in a gap come from people or from the town: they are shown literally,
    between direction isolates. Gaps that are not filled here are the town's own facts
    (`conversations.programme.Town`), filled when the text is rendered. With `count`, the form of the
    text follows that number, which also fills the gap `{n}`.
    """

    key: str
    gaps: tuple[tuple[str, str | int | dt.date | dt.datetime | Text | Joined | Absent], ...] = ()
    count: int | None = None


def text(
    key: str,
    *,
    count: int | None = None,
    **gaps: str | int | dt.date | dt.datetime | Text | Joined | Absent,
) -> Text:
    """Name a text and fill its gaps.

    >>> text("ui.progress", i=1, n=7).key
    'ui.progress'
    """
    return Text(key, tuple(sorted(gaps.items(), key=lambda item: item[0])), count)


def find_gaps(template: str) -> frozenset[str]:
    """List the names of the gaps in a template.

    >>> sorted(find_gaps("Frage {i} von {n}"))
    ['i', 'n']
    """
    return frozenset(GAP.findall(template))
