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
from bot.catalogues import Entry
from bot.content import LoadedContent, load_content, own_catalogue_path, read_catalogue
from bot.texts.german import find_fault, reword
from bot.texts.own_catalogue import write_own_catalogue
from bot.texts.po_file import find_language_header, read_catalogue_file
from bot.texts.rows import ReadFile, ReadRow, Row, categories_of, fingerprint, list_rows, normalise
from bot.texts.sheet_file import read_sheet
from bot.texts.signatures import replace_file
from conversations.languages import GERMAN, Language
from conversations.mistakes import ContentError, ContentMistake

SHEET_SUFFIX, CATALOGUE_SUFFIX = ".xlsx", ".po"


@dataclass(frozen=True, slots=True)
class Refusal:
    """A row that was not taken, or was taken with a doubt."""

    line: int
    message: str


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of a file: what changes, what stays, and what to look at.

    `before` has the words in force of what changes; `confirmed` are those of them whose words stay as they
    are and count as up to date again. `absent` texts are not in the file, and stay as they are.
    """

    changed: Mapping[str, Entry] = field(default_factory=dict)
    before: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    confirmed: frozenset[str] = frozenset()
    unchanged: int = 0
    unsure: int = 0
    absent: int = 0
    refused: tuple[Refusal, ...] = ()
    doubts: tuple[Refusal, ...] = ()


def read_texts_file(path: Path, language: Language) -> ReadFile:
    """Read a spreadsheet or a catalogue. Raises: ContentError where it cannot be used at all."""
    if _is_sheet(path):
        found = read_sheet(path, language.code)
        _check_language(path, found.language, language)
        return found
    _check_language(path, find_language_header(path), language)
    return read_catalogue_file(path, language)


def language_of_file(path: Path) -> str:
    """Say which language a file is in, by our code; '' where it names none that we know.

    Raises: ContentError where it cannot be used at all.
    """
    return read_sheet(path).language if _is_sheet(path) else find_language_header(path)


def take(loaded: LoadedContent, language: Language, read: ReadFile, folder: Path) -> Taken:
    """Check every row of a file against the texts in force. Nothing is written."""
    rows = {row.source.key: row for row in list_rows(loaded, language, folder)}
    changed: dict[str, Entry] = {}
    confirmed: set[str] = set()
    refused: list[Refusal] = []
    doubts: list[Refusal] = []
    unchanged = unsure = 0
    for found in read.rows:
        row = rows.get(found.key)
        if row is None:
            refused.append(Refusal(found.line, f"There is no text “{found.key}”."))
        elif found.fault:
            refused.append(_about(found, found.fault))
        elif found.unsure:
            unsure += 1
        elif _is_untouched(found, row):
            unchanged += 1
        elif _is_overtaken(found, row):
            refused.append(_about(found, "has been changed meanwhile; export the texts again."))
        else:
            entry, blocking, warning = _check(found, language, row)
            refused += [_about(found, message) for message in blocking]
            doubts += [_about(found, message) for message in warning]
            if not blocking:
                changed[found.key] = entry
                confirmed |= {found.key} if _says_the_same(found, row) else set()
    before = {key: row.entry for key, row in rows.items() if row.entry is not None}
    lines = {found.key: found for found in read.rows}
    # A label that is refused keeps its old words, which may be those that another one is to have.
    while doubles := dict(_list_double_labels(loaded, language, before, changed)):
        refused += [_about(lines[key], message) for key, message in doubles.items()]
        changed = {key: entry for key, entry in changed.items() if key not in doubles}
    return Taken(
        changed=changed,
        before={key: rows[key].forms for key in changed},
        confirmed=frozenset(confirmed & set(changed)),
        unchanged=unchanged,
        unsure=unsure,
        absent=len(rows.keys() - {found.key for found in read.rows}),
        refused=tuple(sorted(refused, key=lambda each: each.line)),
        doubts=tuple(doubts),
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
        reworded = reword(folder, forms, loaded.content.texts)
        files = {path: text.encode() for path, text in reworded.items()}
    else:
        path = own_catalogue_path(folder, language)
        files = {path: _own_catalogue(loaded, language, changed, path, made_at)}
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
    path: Path,
    made_at: dt.datetime,
) -> bytes:
    shipped = read_catalogue(language)
    shipped_entries = {} if shipped is None else shipped.entries
    dropped = {  # what is the same again needs no entry of the town's
        key
        for key, entry in changed.items()
        if key in shipped_entries
        and (entry.forms, entry.german) == (shipped_entries[key].forms, shipped_entries[key].german)
    }
    texts = loaded.content.texts
    rows = {
        key: Row(
            replace(texts[key], german=_as_forms(changed[key].german)),
            categories_of(language, texts[key]),
            changed[key],
        )
        for key in texts
        if key in changed and key not in dropped
    }
    return write_own_catalogue(path, language, rows, dropped, made_at)


def _as_forms(german: tuple[str, ...]) -> Mapping[str, str]:
    return {"other": german[0]} if len(german) == 1 else {"one": german[0], "other": german[1]}


def _about(found: ReadRow, message: str) -> Refusal:
    return Refusal(found.line, f"“{found.key}” {message}")


def _says_the_same(found: ReadRow, row: Row) -> bool:
    return fingerprint(found.forms) == fingerprint(row.forms)


def _is_untouched(found: ReadRow, row: Row) -> bool:
    """Tell whether the translator left a text alone: what others have done since must not be undone."""
    if not _says_the_same(found, row):
        return bool(found.base) and fingerprint(found.forms) == found.base
    return not (row.is_unsure and found.confirmed and _german_of(found, row) == _german_now(row))


def _is_overtaken(found: ReadRow, row: Row) -> bool:
    """Tell whether others have changed a text since it was exported."""
    return bool(found.base) and fingerprint(row.forms) != found.base


def _check(found: ReadRow, language: Language, row: Row) -> tuple[Entry, list[str], list[str]]:
    entry = Entry(found.forms, _german_of(found, row))
    told = list(check_entry(language, row.source, entry))
    blocking = [message for severity, message in told if severity is Severity.BLOCKS]
    warning = [message for severity, message in told if severity is Severity.WARNS]
    if language is GERMAN and not blocking:
        blocking = [fault for words in found.forms.values() if (fault := find_fault(words))]
    if language is not GERMAN and entry.german != _german_now(row):
        warning.append("was made from another German wording than the one in force; it is taken as outdated.")
    return entry, list(dict.fromkeys(blocking)), list(dict.fromkeys(warning))


def _german_now(row: Row) -> tuple[str, ...]:
    return tuple(row.source.german.values())


def _german_of(found: ReadRow, row: Row) -> tuple[str, ...]:
    """Say which German a row was made from. Spreadsheets may lose blanks at an end, which mean nothing."""
    now = _german_now(row)
    told = {normalise(words).strip() for words in found.german}  # as a set: a sheet may be sorted otherwise
    return now if not any(told) or told == {words.strip() for words in now} else found.german


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


def _is_sheet(path: Path) -> bool:
    if not path.is_file():
        raise _mistake(path, 1, "There is no such file.")
    suffix = path.suffix.lower()
    if suffix not in (SHEET_SUFFIX, CATALOGUE_SUFFIX):
        raise _mistake(path, 1, "Texts are read from “.xlsx” or “.po”. Save the file as one of these.")
    return suffix == SHEET_SUFFIX


def _check_language(path: Path, named: str, language: Language) -> None:
    if named and named != language.code:
        raise _mistake(path, 1, f"This file has texts in “{named}”, not in “{language.code}”.")


def _mistake(path: Path, line: int, message: str) -> ContentError:
    return ContentError([ContentMistake(str(path), line, message)])
