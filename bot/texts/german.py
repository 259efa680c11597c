"""Rewording the German where it stands: one text in a YAML file is replaced, everything else stays.

Comments and order belong to the staff who keep the files, so the words are exchanged in place. Must
not know whether the new words are right.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import yaml

from bot.content import FIELDS, SHIPPED_CONTENT, TEXTS
from conversations.texts import SourceText

#: Where texts go that the town's folder does not hold yet.
NEW_TEXTS = "reworded.yaml"


class NotFoundInFileError(LookupError):
    """The German words of a text do not stand in its file as they were read."""


def reword(
    folder: Path, changes: Mapping[str, Mapping[str, str]], texts: Mapping[str, SourceText]
) -> dict[Path, str]:
    """Work out what the files of the content folder say with new German; nothing is written here.

    `changes` are the new forms by key. A text of a field copies the shipped file of that field first.
    Raises: NotFoundInFileError.
    """
    files: dict[Path, str] = {}
    added: dict[str, SourceText] = {}
    for key, forms in changes.items():
        source = texts[key]
        path = _place_of(folder, source)
        if path is None:
            added[key] = SourceText(key, source.kind, forms, source.note)
            continue
        text = files.get(path) or _read(path)
        for category, words in forms.items():
            text = _exchange(text, source, source.german[category], words)
        files[path] = text
    if added:
        path = folder / TEXTS / NEW_TEXTS
        files[path] = files.get(path, _read(path) if path.is_file() else "") + "".join(
            _write_all(added.values())
        )
    return files


def _place_of(folder: Path, source: SourceText) -> Path | None:
    """Say which file of the folder a text is changed in; None where it is to be added."""
    path = Path(source.file)
    if path.is_absolute() or path.is_relative_to(folder):
        return path
    return folder / FIELDS / path.name if path.parent.name == FIELDS else None


def _read(path: Path) -> str:
    shipped = SHIPPED_CONTENT / FIELDS / path.name
    found = path if path.is_file() else shipped
    return found.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")


def _exchange(text: str, source: SourceText, old: str, new: str) -> str:
    if old == new:
        return text
    same = [
        node for node in _list_words(yaml.compose(text, yaml.SafeLoader)) if node.value.strip("\n") == old
    ]
    if not same:
        raise NotFoundInFileError(source.key)
    node = min(same, key=lambda each: abs(each.start_mark.line + 1 - source.line))
    start, end = node.start_mark.index, node.end_mark.index
    is_block = node.style in ("|", ">")
    written = json.dumps(new, ensure_ascii=False) if "\n" not in new else _write_block(text, start, new)
    return text[:start] + written + ("\n" if is_block else "") + text[end:]


def _write_block(text: str, start: int, words: str) -> str:
    """Write words of several lines below the key that stands in the line of `start`."""
    line = text[text.rfind("\n", 0, start) + 1 : start]
    indent = " " * (len(line) - len(line.lstrip(" -")) + 2)
    return "|-\n" + "\n".join(f"{indent}{each}" if each else "" for each in words.split("\n"))


def _list_words(node: yaml.Node | None) -> Iterator[yaml.ScalarNode]:
    match node:
        case yaml.ScalarNode():
            yield node
        case yaml.SequenceNode():
            for each in node.value:
                yield from _list_words(each)
        case yaml.MappingNode():
            for _, value in node.value:
                yield from _list_words(value)


def _write_all(sources: Iterable[SourceText]) -> Iterator[str]:
    for source in sources:
        words = source.german if source.counts else source.snapshot
        entry = {source.key: {"kind": source.kind.value, "de": words}}
        if source.note:
            entry[source.key]["note"] = source.note
        written: str = yaml.safe_dump(entry, allow_unicode=True, sort_keys=False, width=10_000)
        yield written
