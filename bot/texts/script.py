"""The reading script: what somebody reads aloud for the recordings of a language, and what to call them.

One recording belongs to one text. Under a question, and under a page with buttons, its statements and
labels are read too, so that nobody has to read them. Facts that change, such as a date, are left out:
they stand in the message. Must not know whether anything has been recorded.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bot.content import LoadedContent
from bot.recordings import AUDIO, SUFFIX
from bot.rendering import key_of
from conversations.content import Content
from conversations.every_screen import list_screens
from conversations.incoming import AnswerButton
from conversations.language_sheets import CHOOSE_LANGUAGE
from conversations.languages import LANGUAGES, Language
from conversations.screens import Numbered, Screen
from conversations.texts import GAP, Text

#: Stands in the script for a fact that is in the message only.
_FACT = "(…)"
#: Gaps that count something; a text with one of them changes from screen to screen.
_COUNTERS = frozenset({"i", "n"})


@dataclass(frozen=True, slots=True)
class Spoken:
    """A text to be read aloud, and the labels that are read after it, all by key."""

    key: str
    labels: tuple[tuple[int | None, str], ...] = ()


def list_spoken(content: Content, now: dt.datetime) -> tuple[Spoken, ...]:
    """List what can be listened to, in the order of the dialogue, each text once.

    The labels are those of the first page that the text stands on: under the question where there is
    one, otherwise under the first text. Back, skip and pause are the same everywhere and are not read.
    """
    flows = (*content.fields, content.profile)
    questions = {step.question for flow in flows for step in flow.steps}
    labels: dict[str, tuple[tuple[int | None, str], ...]] = {CHOOSE_LANGUAGE: ()}
    for _, screen in list_screens(content, LANGUAGES, now):
        keys = [key for block in screen.blocks for line in block if (key := key_of(line))]
        spoken = [key for key in keys if key in content.texts and _stays_the_same(content, key)]
        for key in spoken:
            labels.setdefault(key, ())
        above = next((key for key in spoken if key in questions), spoken[0] if spoken else None)
        if above is not None and not labels[above]:
            labels[above] = (*_statements_of(screen), *_labels_of(screen))
    order = {key: place for place, key in enumerate(content.texts)}
    return tuple(Spoken(key, labels[key]) for key in sorted(labels, key=lambda key: order.get(key, -1)))


def write_script(loaded: LoadedContent, language: Language, now: dt.datetime) -> str:
    """Write the script of a language as plain text."""
    catalogue = loaded.catalogues.get(language.code)
    spoken = list_spoken(loaded.content, now)
    parts = [
        f"{language.menu_name}: {len(spoken)} texts to read aloud. One file each, Opus in Ogg, in the "
        f"content folder.\n{_FACT} stands for a date or a name that is in the message: leave it out."
    ]
    for number, each in enumerate(spoken, start=1):
        lines = [f"{number}. {Path(AUDIO, language.code, each.key)}{SUFFIX}", _say(catalogue.find(each.key))]
        for place, key in each.labels:
            label = _say(catalogue.find(key))
            lines.append(f"  – {label}" if place is None else f"  {place}. {label}")
        parts.append("\n".join(lines))
    return "\n\n".join(parts) + "\n"


def _stays_the_same(content: Content, key: str) -> bool:
    source = content.texts[key]
    return not source.counts and not _COUNTERS.intersection(GAP.findall(source.snapshot))


def _statements_of(screen: Screen) -> Iterator[tuple[int | None, str]]:
    for line in itertools.chain.from_iterable(screen.blocks):
        if isinstance(line, Numbered) and not line.line.gaps:
            yield line.number, line.line.key


def _labels_of(screen: Screen) -> Iterator[tuple[int | None, str]]:
    for row in screen.rows:
        for button in row:
            is_control = isinstance(button.press, AnswerButton) and button.press.option.startswith("_")
            if isinstance(button.label, Text) and not button.label.gaps and not is_control:
                yield button.number, button.label.key


def _say(words: str) -> str:
    return GAP.sub(_FACT, words)
