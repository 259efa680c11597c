"""Rewording the German where it stands: one text in a YAML file is replaced, everything else stays.

Comments and order belong to the staff who keep the files, so the words are exchanged in place. What
comes of it is read again before anybody writes it: exactly the wanted texts may differ. Must not know
whether the new words are right.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import yaml

from bot.content import FIELDS, SHIPPED_CONTENT, TEXTS
from bot.texts.german_places import find_flow_places, find_text_places
from conversations.flow import Flow
from conversations.flow_files import parse_flow
from conversations.mistakes import ContentError, ContentMistake, Mistakes
from conversations.text_files import parse_texts, read_german
from conversations.texts import SourceText

#: Where texts go that the town's folder does not hold yet.
NEW_TEXTS = "reworded.yaml"
#: What YAML takes for a line end or refuses, though JSON writes it as it is.
_TO_ESCAPE = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff\ufffe\uffff]")
#: The first line of a block of words, with the comment that staff may have put there.
_BLOCK_HEAD = re.compile(r"[|>][-+0-9]*[ \t]*(?P<comment>#[^\n]*)?")

_Forms = Mapping[str, Mapping[str, str]]


def reword(folder: Path, changes: _Forms, texts: Mapping[str, SourceText]) -> dict[Path, str]:
    """Work out what the files of the content folder say with new German; nothing is written here.

    `changes` are the new forms by key. A text of a field copies the shipped file of that field first.
    Raises: ContentError where a file would not say exactly that afterwards.
    """
    by_file: dict[Path, dict[str, Mapping[str, str]]] = {}
    added: dict[str, SourceText] = {}
    for key, forms in changes.items():
        wanted = {category: words.strip("\n") for category, words in forms.items()}
        path = _place_of(folder, texts[key])
        if path is None:
            added[key] = replace(texts[key], german={**texts[key].german, **wanted})
        else:
            by_file.setdefault(path, {})[key] = wanted
    files = {path: _exchange(path, _read(path), wanted) for path, wanted in by_file.items()}
    if added:
        path = folder / TEXTS / NEW_TEXTS
        files[path] = _append(path, files.get(path) or (_read(path) if path.is_file() else ""), added)
    return files


def write_words(words: str) -> str:
    r"""Write words as YAML in quotation marks, on one line: a comment or a blank behind them stays outside.

    >>> print(write_words("Hallo\nund – nein: doch"))
    "Hallo\nund – nein: doch"
    """
    return _TO_ESCAPE.sub(lambda sign: f"\\u{ord(sign[0]):04x}", json.dumps(words, ensure_ascii=False))


def find_fault(words: str) -> str:
    """Say why words cannot be German in a file, as the rest of a sentence; '' where they can."""
    mistakes = Mistakes("")
    node = yaml.compose(write_words(words), Loader=yaml.SafeLoader)
    read = None if node is None else read_german(node, "", mistakes)
    if mistakes.found:
        return mistakes.found[0].message.strip()
    return "" if read == words.strip("\n") else "has a character that a file of texts cannot hold."


def _place_of(folder: Path, source: SourceText) -> Path | None:
    """Say which file of the folder a text is changed in; None where it is to be added."""
    path = Path(source.file)
    own = folder / path.parent.name / path.name
    if own == path:
        return own
    return folder / FIELDS / path.name if path.parent.name == FIELDS else None


def _read(path: Path) -> str:
    shipped = SHIPPED_CONTENT / FIELDS / path.name
    found = path if path.is_file() else shipped
    return found.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")


def _exchange(path: Path, text: str, wanted: _Forms) -> str:
    find = find_flow_places if path.parent.name == FIELDS else find_text_places
    places = find(text)
    pieces: list[tuple[int, int, str]] = []
    for key, forms in wanted.items():
        for category, words in forms.items():
            node = places.get((key, category))
            if node is None:
                raise _mistake(path, f"“{key}” does not stand in this file as it was read.")
            if node.value.strip("\n") != words:
                pieces.append(_piece(text, node, words))
    written = text
    for start, end, piece in sorted(pieces, reverse=True):  # from the bottom, so that no place moves
        written = written[:start] + piece + written[end:]
    before = _parse(path, text)
    _verify(path, written, before, {**before[1], **_merge(before[1], wanted)})
    return written


def _append(path: Path, text: str, added: Mapping[str, SourceText]) -> str:
    before = _parse(path, text) if text else (None, {})
    written = text + ("\n" if text and not text.endswith("\n") else "") + "".join(_write_all(added.values()))
    _verify(path, written, before, {**before[1], **added})
    return written


def _piece(text: str, node: yaml.ScalarNode, words: str) -> tuple[int, int, str]:
    """Say from where to where the words of a node are replaced, and by what."""
    start, end, written = node.start_mark.index, node.end_mark.index, write_words(words)
    if node.style not in ("|", ">"):
        return start, end, written
    head = _BLOCK_HEAD.match(text, start)
    comment = head["comment"] if head is not None else None
    # A block reaches to the line of what comes next; the blank lines between the two stay.
    return start, start + len(text[start:end].rstrip()), f"{written}  {comment}" if comment else written


def _merge(texts: Mapping[str, SourceText], wanted: _Forms) -> dict[str, SourceText]:
    return {
        key: replace(texts[key], german={**texts[key].german, **forms})
        for key, forms in wanted.items()
        if key in texts
    }


def _parse(path: Path, text: str) -> tuple[Flow | None, Mapping[str, SourceText]]:
    if path.parent.name == FIELDS:
        read = parse_flow(text, str(path))
        return read.flow, read.texts
    return None, parse_texts(text, str(path))


def _verify(
    path: Path, written: str, before: tuple[Flow | None, object], wanted: Mapping[str, SourceText]
) -> None:
    """Make sure that a file says what it said, but for the wanted texts. Raises: ContentError."""
    message = (
        "The new texts cannot be written into this file as it is laid out. Write each text as a block of its "
        "own, as “mitreden init” does, or name this file otherwise."
    )
    try:
        flow, texts = _parse(path, written)
    except ContentError as error:
        raise _mistake(path, message) from error
    if flow != before[0] or dict(texts) != dict(wanted):
        raise _mistake(path, message)


def _write_all(sources: Iterable[SourceText]) -> Iterator[str]:
    for source in sources:
        yield f"{source.key}:\n  kind: {source.kind.value}\n"
        if source.counts:
            yield "  de:\n"
            yield from (f"    {form}: {write_words(words)}\n" for form, words in source.german.items())
        else:
            yield f"  de: {write_words(source.snapshot)}\n"
        if source.note:
            yield f"  note: {write_words(source.note)}\n"


def _mistake(path: Path, message: str) -> ContentError:
    return ContentError([ContentMistake(str(path), 1, f"{message} Nothing was changed.")])
