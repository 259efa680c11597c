"""The German source texts of `texts/*.yaml`: each key with its kind, its words and a note.

    start.btn.say:
      kind: button
      de: Meinung sagen
      note: What a translator must know.

A text that counts something has a block under `de`, with the forms `one` and `other`. This
module must not know any other language; translations live in `locales/`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import yaml

from conversations import yaml_nodes
from conversations.mistakes import Mistakes
from conversations.texts import GAP, SourceText, TextKind

#: The plural categories of German.
GERMAN_FORMS = ("one", "other")

_KEY = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)+")
_DIRECTION_SIGNS = re.compile("[\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
_KINDS = tuple(kind.value for kind in TextKind)


def parse_texts(text: str, filename: str) -> dict[str, SourceText]:
    """Read a file of texts. Raises: ContentError with every mistake in the file."""
    mistakes = Mistakes(filename)
    found: dict[str, SourceText] = {}
    root = yaml_nodes.compose(text, mistakes)
    section = None if root is None else yaml_nodes.read_section(root, "The file", mistakes)
    if section is not None:
        for key, node in section.values.items():
            source = _read_source(key, node, section.lines[key], mistakes)
            if source is not None:
                found[key] = source
    mistakes.raise_any()
    return found


def read_german(node: yaml.Node, what: str, mistakes: Mistakes) -> str | None:
    """Read German words: gaps must be well formed, and no invisible direction signs are allowed."""
    words = yaml_nodes.read_text(node, what, mistakes)
    if words is None:
        return None
    line = yaml_nodes.line_of(node)
    outside = GAP.sub("", words)
    if "{" in outside or "}" in outside:
        mistakes.add(line, f"{what} has a brace that is not part of a gap. A gap looks like {{org}}.")
    if _DIRECTION_SIGNS.search(words):
        mistakes.add(line, f"{what} has an invisible character for the writing direction. Type it again.")
    return words.strip("\n")


def _read_source(key: str, node: yaml.Node, line: int, mistakes: Mistakes) -> SourceText | None:
    what = f"The text “{key}”"
    if not _KEY.fullmatch(key):
        mistakes.add(line, f"“{key}” is not a key. A key has small letters and a point, like ui.btn.skip.")
    section = yaml_nodes.read_section(
        node, what, mistakes, allowed=("kind", "de", "note"), required=("kind", "de")
    )
    if section is None:
        return None
    kind, german, note = None, None, ""
    if "kind" in section.values:
        kind = yaml_nodes.read_choice(section.values["kind"], f"The kind of “{key}”", _KINDS, mistakes)
    if "de" in section.values:
        german = _read_forms(section.values["de"], what, mistakes)
    if "note" in section.values:
        note = yaml_nodes.read_text(section.values["note"], f"The note on “{key}”", mistakes) or ""
    if kind is None or german is None:
        return None
    return SourceText(key, TextKind(kind), german, note, mistakes.file, line)


def _read_forms(node: yaml.Node, what: str, mistakes: Mistakes) -> Mapping[str, str] | None:
    if not isinstance(node, yaml.MappingNode):
        words = read_german(node, what, mistakes)
        return None if words is None else {"other": words}
    section = yaml_nodes.read_section(node, what, mistakes, allowed=GERMAN_FORMS, required=GERMAN_FORMS)
    if section is None or set(section.values) != set(GERMAN_FORMS):
        return None
    forms = {form: read_german(section.values[form], what, mistakes) or "" for form in GERMAN_FORMS}
    return forms if all(forms.values()) else None
