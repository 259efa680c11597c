"""Taking over a file of texts: each row is checked, what is right is written, the rest stays as it was.

A row that is refused costs nothing but itself: the text before it goes on being shown. The files of the
content folder are exchanged as a whole, and only once everything in them can be read.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from bot.catalogue_gate import Severity, check_entry, check_labels
from bot.catalogues import Entry, parse_po
from bot.content import LoadedContent, load_content, own_catalogue_path, read_catalogue
from bot.texts.german import NotFoundInFileError, reword
from bot.texts.po_file import find_language_header, read_catalogue_file, write_catalogue
from bot.texts.rows import ReadFile, ReadRow, Row, categories_of, current_entries
from bot.texts.sheet_file import read_sheet
from bot.texts.signatures import replace_file
from conversations.languages import GERMAN, Language
from conversations.mistakes import ContentError, ContentMistake

SHEET_SUFFIX, CATALOGUE_SUFFIX = ".xlsx", ".po"
_OWN_HEAD = """\
The town's own translations of Mitreden. They stand in front of those that come with the program.
Written by “mitreden texts import”."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A row that was not taken, or was taken with a doubt."""

    line: int
    message: str


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of a file: what changes, what stays, and what to look at."""

    changed: Mapping[str, Entry] = field(default_factory=dict)
    unchanged: int = 0
    unsure: int = 0
    refused: tuple[Refusal, ...] = ()
    doubts: tuple[Refusal, ...] = ()


def read_texts_file(path: Path, language: Language) -> ReadFile:
    """Read a spreadsheet or a catalogue. Raises: ContentError where it cannot be used at all."""
    if not path.is_file():
        raise _mistake(path, 1, "There is no such file.")
    suffix = path.suffix.lower()
    if suffix not in (SHEET_SUFFIX, CATALOGUE_SUFFIX):
        raise _mistake(path, 1, "Texts are read from “.xlsx” or “.po”. Save the file as one of these.")
    found = read_sheet(path) if suffix == SHEET_SUFFIX else read_catalogue_file(path, language)
    if found.language and found.language != language.code:
        message = f"This file has texts in “{found.language}”, not in “{language.code}”."
        raise _mistake(path, 1, message)
    return found


def language_of_file(path: Path) -> str:
    """Say which language a file is in, by its code; '' where it does not say.

    Raises: ContentError where it cannot be used at all.
    """
    if not path.is_file():
        raise _mistake(path, 1, "There is no such file.")
    return read_sheet(path).language if path.suffix.lower() == SHEET_SUFFIX else find_language_header(path)


def take(loaded: LoadedContent, language: Language, read: ReadFile, folder: Path) -> Taken:
    """Check every row of a file against the texts in force. Nothing is written."""
    before = current_entries(loaded, language, folder)
    changed: dict[str, Entry] = {}
    refused: list[Refusal] = []
    doubts: list[Refusal] = []
    unchanged = unsure = 0
    lines = {row.key: row.line for row in read.rows}
    for row in read.rows:
        if row.key not in loaded.content.texts:
            refused.append(Refusal(row.line, f"There is no text “{row.key}”."))
        elif row.fault:
            refused.append(Refusal(row.line, f"“{row.key}” {row.fault}"))
        elif row.unsure:
            unsure += 1
        elif _is_as_before(row, before.get(row.key), loaded):
            unchanged += 1
        else:
            entry, blocking, warning = _check(row, language, loaded)
            refused += [Refusal(row.line, f"“{row.key}” {message}") for message in blocking]
            doubts += [Refusal(row.line, f"“{row.key}” {message}") for message in warning]
            if not blocking:
                changed[row.key] = entry
    for key, message in _list_double_labels(loaded, language, before, changed):
        refused.append(Refusal(lines.get(key, 1), f"“{key}” {message}"))
        changed.pop(key, None)
    return Taken(
        changed, unchanged, unsure, tuple(sorted(refused, key=lambda each: each.line)), tuple(doubts)
    )


def write(
    loaded: LoadedContent,
    language: Language,
    changed: Mapping[str, Entry],
    folder: Path,
    made_at: dt.datetime,
) -> tuple[Path, ...]:
    """Write what was taken into the content folder, and return the files that changed.

    Raises: ContentError, with every file as it was before, where the content could not be used after it.
    """
    if language is GERMAN:
        forms = {key: entry.forms for key, entry in changed.items()}
        try:
            files = {
                path: text.encode() for path, text in reword(folder, forms, loaded.content.texts).items()
            }
        except NotFoundInFileError as error:
            message = f"“{error}” does not stand in its file as it was read. Nothing was changed."
            raise ContentError([ContentMistake(loaded.content.texts[str(error)].file, 1, message)]) from error
    else:
        path = own_catalogue_path(folder, language)
        files = {path: _own_catalogue(loaded, language, changed, folder, made_at)}
    before = {path: path.read_bytes() if path.is_file() else None for path in files}
    try:
        for path, content in files.items():
            replace_file(path, content)
        load_content(folder)
    except BaseException:
        for path, old in before.items():
            if old is None:
                path.unlink(missing_ok=True)
            else:
                replace_file(path, old)
        raise
    return tuple(files)


def _own_catalogue(
    loaded: LoadedContent,
    language: Language,
    changed: Mapping[str, Entry],
    folder: Path,
    made_at: dt.datetime,
) -> bytes:
    path = own_catalogue_path(folder, language)
    own = (
        dict(parse_po(path.read_bytes().decode("utf-8-sig"), str(path), language).entries)
        if path.is_file()
        else {}
    )
    shipped = read_catalogue(language)
    entries = {**own, **changed}
    if shipped is not None:  # what is the same again needs no entry of the town's
        entries = {
            key: entry
            for key, entry in entries.items()
            if key not in shipped.entries
            or (entry.forms, entry.german) != (shipped.entries[key].forms, shipped.entries[key].german)
        }
    rows = (
        Row(
            replace(source, german=_as_forms(entries[key].german)),
            categories_of(language, source),
            entries[key],
        )
        for key, source in loaded.content.texts.items()
        if key in entries
    )
    return write_catalogue(rows, language, _OWN_HEAD, made_at)


def _as_forms(german: tuple[str, ...]) -> Mapping[str, str]:
    return {"other": german[0]} if len(german) == 1 else {"one": german[0], "other": german[1]}


def _is_as_before(row: ReadRow, entry: Entry | None, loaded: LoadedContent) -> bool:
    if entry is None:
        return not any(row.forms.values())  # still to be translated
    return dict(row.forms) == dict(entry.forms) and _german_of(row, loaded) == entry.german


def _check(row: ReadRow, language: Language, loaded: LoadedContent) -> tuple[Entry, list[str], list[str]]:
    source = loaded.content.texts[row.key]
    entry = Entry(row.forms, _german_of(row, loaded))
    found = list(check_entry(language, source, entry))
    blocking = [message for severity, message in found if severity is Severity.BLOCKS]
    warning = [message for severity, message in found if severity is Severity.WARNS]
    if language is not GERMAN and entry.german != tuple(source.german.values()):
        warning.append("was made from another German wording than the one in force; it is taken as outdated.")
    return entry, list(dict.fromkeys(blocking)), list(dict.fromkeys(warning))


def _german_of(row: ReadRow, loaded: LoadedContent) -> tuple[str, ...]:
    """Say which German a row was made from. Spreadsheets may lose blanks at an end, which mean nothing."""
    now = tuple(loaded.content.texts[row.key].german.values())
    told = tuple(words.strip() for words in row.german)
    return now if not any(told) or told == tuple(words.strip() for words in now) else row.german


def _list_double_labels(
    loaded: LoadedContent, language: Language, before: Mapping[str, Entry], changed: Mapping[str, Entry]
) -> Iterator[tuple[str, str]]:
    """Find buttons of one question that would read the same, of those that change."""
    flows = (*loaded.content.fields, loaded.content.profile)
    merged = {**before, **changed}
    for problem in check_labels(language, merged, flows):
        key = (
            problem.key
            if problem.key in changed
            else next((other for other in changed if f"as {other};" in problem.message), "")
        )
        if key:
            yield key, problem.message


def _mistake(path: Path, line: int, message: str) -> ContentError:
    return ContentError([ContentMistake(str(path), line, message)])
