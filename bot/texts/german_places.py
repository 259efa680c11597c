"""Where the German words of each text stand in a YAML file, found by their path and never by what they say.

Two texts may read the same, and a note may repeat the words of its text. Must know the same paths as
`conversations.text_files` and `conversations.flow_files`, and nothing else of what the files mean.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import yaml

#: The nodes of the words by key and plural form.
Places = Mapping[tuple[str, str], yaml.ScalarNode]


def find_text_places(text: str) -> Places:
    """Find the words in a file of texts: key, then `de`, then the form where the text counts something."""
    return {
        (key, form): node
        for key, source in _entries(_compose(text)).items()
        for form, node in _forms_of(_entries(source).get("de"))
    }


def find_flow_places(text: str) -> Places:
    """Find the words in the file of a dialogue: its name and intro, the questions, labels and statements."""
    root = _entries(_compose(text))
    scope = _value(root.get("field"))
    found = {f"field.{scope}": root.get("name"), f"field.{scope}.intro": root.get("intro")}
    for step in map(_entries, _items(root.get("steps"))):
        step_id = _value(step.get("id"))
        found[f"q.{step_id}"] = step.get("question")
        for option in map(_entries, _items(step.get("options"))):
            code = _value(option.get("code"))
            found[f"o.{step_id}.{code}"] = option.get("label")
            found[f"t.{step_id}.{code}"] = option.get("statement")
    return {(key, "other"): node for key, node in found.items() if isinstance(node, yaml.ScalarNode)}


def _compose(text: str) -> yaml.Node | None:
    return yaml.compose(text, Loader=yaml.SafeLoader)


def _forms_of(node: yaml.Node | None) -> Iterator[tuple[str, yaml.ScalarNode]]:
    forms = {"other": node} if isinstance(node, yaml.ScalarNode) else _entries(node)
    yield from ((form, each) for form, each in forms.items() if isinstance(each, yaml.ScalarNode))


def _entries(node: yaml.Node | None) -> dict[str, yaml.Node]:
    if not isinstance(node, yaml.MappingNode):
        return {}
    return {_value(key): value for key, value in node.value}


def _items(node: yaml.Node | None) -> list[yaml.Node]:
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []


def _value(node: yaml.Node | None) -> str:
    return str(node.value) if isinstance(node, yaml.ScalarNode) else ""
