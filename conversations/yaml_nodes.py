"""Strict reading of YAML, node by node, so that every mistake has a line.

YAML guesses types: `no` becomes False and `8:30` becomes 510. Here nothing is guessed: each
reader says which type it wants, and a value of another type is refused with what to do
about it. This module must not know what the files mean.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import yaml

from conversations.mistakes import Mistakes, suggest

_TEXT = "tag:yaml.org,2002:str"
_WHOLE_NUMBER = "tag:yaml.org,2002:int"
_TRUTH = "tag:yaml.org,2002:bool"
_NOTHING = "tag:yaml.org,2002:null"
#: What YAML would take a value for that was meant as text.
_GUESSES = {
    _TRUTH: "yes or no",
    _WHOLE_NUMBER: "a number",
    "tag:yaml.org,2002:float": "a number",
    "tag:yaml.org,2002:timestamp": "a date",
}


class _AliasError(Exception):
    def __init__(self, line: int) -> None:
        self.line = line


class _Loader(yaml.SafeLoader):
    """Refuses references, with which a few lines can stand for a billion."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            event = self.peek_event()  # type: ignore[no-untyped-call]  # PyYAML's stubs leave it out
            raise _AliasError(int(event.start_mark.line) + 1)
        return super().compose_node(parent, index)


@dataclass(frozen=True, slots=True)
class Section:
    """A block of `key: value` lines; `lines` says where each key stands."""

    line: int
    lines: Mapping[str, int]
    values: Mapping[str, yaml.Node]


def line_of(node: yaml.Node) -> int:
    """Return the line on which a value begins, from 1."""
    return int(node.start_mark.line) + 1


def compose(text: str, mistakes: Mistakes) -> yaml.Node | None:
    """Read a file as far as its shape goes; None, with a mistake noted, when it has none."""
    try:
        node = yaml.compose(text, Loader=_Loader)
    except _AliasError as error:
        mistakes.add(error.line, "References (“*name”) are not allowed. Write it out.")
        return None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = 1 if mark is None else int(mark.line) + 1
        mistakes.add(line, f"The file cannot be read here: {error.problem or error.context}. {_HINT}")
        return None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        mistakes.add(line, "There is a character here that must not be in a text file. Type the line again.")
        return None
    except (ValueError, RecursionError):
        mistakes.add(1, f"The file cannot be read. {_HINT}")
        return None
    if node is None:
        mistakes.add(1, "The file is empty.")
    return node


_HINT = "Check the spaces at the start of the line and the quotation marks."


def read_section(
    node: yaml.Node,
    what: str,
    mistakes: Mistakes,
    *,
    allowed: Sequence[str] | None = None,
    required: Sequence[str] = (),
) -> Section | None:
    """Read `key: value` lines. With `allowed`, other keys are refused; `what` names the block."""
    if not isinstance(node, yaml.MappingNode):
        mistakes.add(line_of(node), f"{what} needs lines of the form “key: value”.")
        return None
    values: dict[str, yaml.Node] = {}
    lines: dict[str, int] = {}
    for key_node, value in node.value:
        key = key_node.value if isinstance(key_node, yaml.ScalarNode) else ""
        if key_node.tag != _TEXT or not key:
            shown = key if key else "this"
            mistakes.add(
                line_of(key_node), f"“{shown}” cannot be a key. A key is a plain word; put it in quotes."
            )
        elif key in values:
            mistakes.add(line_of(key_node), f"“{key}” stands here a second time. Keep one of the two.")
        elif allowed is not None and key not in allowed:
            hint = suggest(key, allowed) or f" Known are: {', '.join(allowed)}."
            mistakes.add(line_of(key_node), f"{what} has no entry “{key}”.{hint}")
        else:
            values[key] = value
            lines[key] = line_of(key_node)
    for key in required:
        if key not in values and not any(
            isinstance(k, yaml.ScalarNode) and k.value == key for k, _ in node.value
        ):
            mistakes.add(line_of(node), f"{what} lacks the entry “{key}”.")
    return Section(line_of(node), lines, values)


def read_text(node: yaml.Node, what: str, mistakes: Mistakes) -> str | None:
    """Read words. A value that YAML would take for something else has to stand in quotes."""
    if not isinstance(node, yaml.ScalarNode):
        mistakes.add(line_of(node), f"{what} must be a text.")
        return None
    if node.tag == _NOTHING or (node.tag == _TEXT and not node.value.strip()):
        mistakes.add(line_of(node), f"{what} is empty.")
        return None
    if node.tag in _GUESSES:
        mistakes.add(
            line_of(node),
            f"{what} is written as {node.value}, which is read as {_GUESSES[node.tag]}. "
            f'Put it in quotes: "{node.value}".',
        )
        return None
    if node.tag != _TEXT:
        mistakes.add(line_of(node), f"{what} has a type mark (“!…” or “<<”). Write plain text.")
        return None
    return str(node.value)


def read_word(node: yaml.Node, what: str, mistakes: Mistakes) -> str | None:
    """Read an id or a code: small Latin letters, digits and underscores."""
    word = read_text(node, what, mistakes)
    if word is not None and not re.fullmatch(r"[a-z][a-z0-9_]*", word):
        mistakes.add(
            line_of(node),
            f"{what} is “{word}”. Use only the letters a to z, digits and “_”, with a letter first.",
        )
        return None
    return word


def read_choice(node: yaml.Node, what: str, choices: Sequence[str], mistakes: Mistakes) -> str | None:
    """Read one of a few words."""
    word = read_text(node, what, mistakes)
    if word is not None and word not in choices:
        hint = suggest(word, choices) or f" Possible are: {', '.join(choices)}."
        mistakes.add(line_of(node), f"{what} cannot be “{word}”.{hint}")
        return None
    return word


def read_number(node: yaml.Node, what: str, mistakes: Mistakes) -> int | None:
    """Read a whole number from 1 to 9999, written in digits."""
    if (
        not isinstance(node, yaml.ScalarNode)
        or node.tag != _WHOLE_NUMBER
        or not re.fullmatch(r"[1-9][0-9]{0,3}", node.value)
    ):
        mistakes.add(line_of(node), f"{what} must be a whole number such as 2, without quotes.")
        return None
    return int(node.value)


def read_truth(node: yaml.Node, what: str, mistakes: Mistakes) -> bool | None:
    """Read `true` or `false`."""
    if not isinstance(node, yaml.ScalarNode) or node.tag != _TRUTH or node.value not in ("true", "false"):
        mistakes.add(line_of(node), f"{what} must be true or false.")
        return None
    return bool(node.value == "true")


def read_list(node: yaml.Node, what: str, mistakes: Mistakes) -> list[yaml.Node]:
    """Read a list: lines that begin with “-”, or values in square brackets."""
    if not isinstance(node, yaml.SequenceNode):
        mistakes.add(line_of(node), f"{what} must be a list: lines that begin with “-”, or [a, b].")
        return []
    if not node.value:
        mistakes.add(line_of(node), f"{what} is empty.")
    return list(node.value)


def read_words(node: yaml.Node, what: str, mistakes: Mistakes) -> list[str]:
    """Read a list of codes."""
    words = [read_word(item, f"A code in {what}", mistakes) for item in read_list(node, what, mistakes)]
    return [word for word in words if word is not None]
