"""The exact wording of each question in each language.

An answer is stored with the hash of its wording, so that it can be read years later, after
staff have reworded the question. Dates and other gaps are left open: a forum that moves does
not make a new question. This module must not know answers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bot.catalogues import Catalogue, Catalogues
from conversations.content import Content
from conversations.flow import Step
from storage.answers import Wording


class Wordings:
    """The wordings in force, by language and step."""

    def __init__(self, content: Content, catalogues: Catalogues) -> None:
        self._by_step: Mapping[tuple[str, str], Wording] = {
            (wording.language, wording.step): wording for wording in _list(content, catalogues)
        }
        self._hashes = {place: wording.hash for place, wording in self._by_step.items()}

    def __iter__(self) -> Iterator[Wording]:
        return iter(self._by_step.values())

    def hash_of(self, language: str, step: str) -> str:
        """Return the hash of what is shown for a step in a language."""
        return self._hashes[(language, step)]


def _list(content: Content, catalogues: Catalogues) -> Iterator[Wording]:
    for language in catalogues.offered:
        catalogue = catalogues.get(language.code)
        for flow in (*content.fields, content.profile):
            for step in flow.steps:
                yield Wording(step.id, language.code, _word(step, catalogue))


def _word(step: Step, catalogue: Catalogue) -> str:
    lines = [catalogue.find(step.question)]
    for option in step.all_options:
        line = f"{option.code} = {catalogue.find(option.label)}"
        if option.statement is not None:
            line += f" / {catalogue.find(option.statement)}"
        lines.append(line)
    return "\n".join(lines)
