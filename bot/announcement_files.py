"""The file for translators: the words of an announcement go out, and come back in every language.

A table (.csv) holds all languages, a row for each gap and language; or each language has a catalogue (.po)
of its own. German stands beside every translation, so that nobody translates what has changed since.
Either everything in a file is right, or nothing of it is taken and every mistake is told. This module must
not know the database.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from babel.messages.pofile import normalize

from bot.catalogues import parse_po
from bot.programme.file_columns import split_rows
from bot.programme.file_reading import quote
from conversations.announcements import Announcement
from conversations.languages import GERMAN, find_language
from conversations.mistakes import Mistakes, suggest
from storage.export.cells import MARK, neutralise, recover

#: What came back: the words of each gap, by language.
Words = Mapping[str, Mapping[str, str]]

COLUMNS = ("gap", "language", "german", "english", "translation")
_GAP, _LANGUAGE, _GERMAN, _ENGLISH, _TRANSLATION = range(len(COLUMNS))
_ENGLISH_CODE = "en"
_DELIMITERS = (";", ",", "\t")
_LARGEST_BYTES = 1_000_000
#: What programs write for letters that their encoding does not have.
_LOST_LETTERS = re.compile(r"\?{3}|\ufffd")
_PO_LANGUAGE = re.compile(r'^"Language: *([A-Za-z_]+)\\n"', re.MULTILINE)


class SheetError(Exception):
    """A file for translators cannot be written; the message is one sentence for staff."""


def write_sheet(announcement: Announcement, languages: Iterable[str], path: Path) -> tuple[Path, ...]:
    """Write the file for translators and return what was written: one table, or a catalogue a language.

    Raises: SheetError.
    """
    german = _german_of(announcement)
    if not german:
        raise SheetError(
            "There is nothing to translate: no words are written in German yet."
            if announcement.template.words
            else "There is nothing to translate: this kind has no words of its own."
        )
    targets = [code for code in languages if code != GERMAN.code and announcement.addresses(code)]
    if path.suffix.casefold() == ".csv":
        files = {path: _table(announcement, german, targets).encode("utf-8-sig")}
    elif path.suffix.casefold() == ".po":
        files = {
            path.with_suffix(f".{code}.po"): _catalogue(announcement, german, code).encode()
            for code in targets
        }
    else:
        raise SheetError(f"The name of the file must end in .csv or .po, not {quote(path.name)}.")
    try:
        for file, content in files.items():
            file.write_bytes(content)
    except OSError as error:
        raise SheetError(f"{path} cannot be written: {error.strerror}.") from None
    return tuple(files)


def read_sheet(announcement: Announcement, languages: Iterable[str], path: Path) -> Words:
    """Read what the translators filled in; empty places are left out, so that nothing gets lost.

    Raises: ContentError with every mistake in the file, SheetError where there is no such file.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise SheetError(f"{path} cannot be read: {error.strerror}.") from None
    sheet = _Sheet(announcement, tuple(languages), Mistakes(path.name))
    if problem := _find_problem(raw):
        sheet.mistakes.add(1, problem)
    elif path.suffix.casefold() == ".csv":
        sheet.read_table(raw)
    elif path.suffix.casefold() == ".po":
        sheet.read_catalogue(raw)
    else:
        sheet.mistakes.add(1, f"The name of the file must end in .csv or .po, not {quote(path.name)}.")
    sheet.mistakes.raise_any()
    return sheet.words


def _find_problem(raw: bytes) -> str:
    if len(raw) > _LARGEST_BYTES:
        return "The file is larger than 1 MB: that cannot be an announcement."
    if not raw.strip(b"\xef\xbb\xbf \t\r\n"):
        return "The file is empty."
    return "This is not a text file. Save a table as “CSV UTF-8”." if b"\0" in raw else ""


def _german_of(announcement: Announcement) -> Mapping[str, str]:
    found = {gap.name: announcement.find(gap, GERMAN.code) for gap in announcement.template.words}
    return {name: words for name, words in found.items() if words}


def _word(announcement: Announcement, language: str, name: str) -> str:
    return announcement.words.get(language, {}).get(name, "").strip()


def _table(announcement: Announcement, german: Mapping[str, str], targets: Sequence[str]) -> str:
    written = io.StringIO(newline="")
    table = csv.writer(written, delimiter=";", lineterminator="\r\n")
    table.writerow(COLUMNS)
    for code in targets:
        for name, words in german.items():
            english = "" if code == _ENGLISH_CODE else _word(announcement, _ENGLISH_CODE, name)
            row = (name, code, words, english, _word(announcement, code, name))
            table.writerow(map(_cell, row))
    return written.getvalue()


def _cell(words: str) -> str:
    """Keep a text from being taken for a formula, as every export does; its lines stay lines."""
    mark = MARK if neutralise(words).startswith(MARK) else ""
    return mark + "\n".join(neutralise(line).removeprefix(MARK) for line in _lines(words))


def _lines(words: str) -> list[str]:
    return words.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _catalogue(announcement: Announcement, german: Mapping[str, str], code: str) -> str:
    language = find_language(code)
    name = code if language is None else language.latin_name
    parts = [
        f"# Words of an announcement in {name}. Fill in each msgstr; leave everything else as it is.\n"
        'msgid ""\nmsgstr ""\n'
        f'"Language: {code}\\n"\n"MIME-Version: 1.0\\n"\n'
        '"Content-Type: text/plain; charset=UTF-8\\n"\n"Content-Transfer-Encoding: 8bit\\n"\n'
    ]
    for gap, words in german.items():
        english = "" if code == _ENGLISH_CODE else _word(announcement, _ENGLISH_CODE, gap)
        beside = "".join(f"#. {line}\n" for line in _lines(f"English: {english}")) if english else ""
        done = _word(announcement, code, gap)
        parts.append(f'{beside}msgctxt "{gap}"\nmsgid {_string(words)}\nmsgstr {_string(done)}\n')
    return "\n".join(parts)


def _string(words: str) -> str:
    return normalize("\n".join(_lines(words)))


class _Sheet:
    """A file for translators while it is being read. `words` is what may be taken, if nothing is wrong."""

    def __init__(self, announcement: Announcement, languages: Sequence[str], mistakes: Mistakes) -> None:
        self.mistakes = mistakes
        self.words: dict[str, dict[str, str]] = {}
        self._german = _german_of(announcement)
        self._known = [gap.name for gap in announcement.template.words]
        self._languages = [code for code in languages if code != GERMAN.code]
        self._lines: dict[tuple[str, str], int] = {}

    def read_table(self, raw: bytes) -> None:
        """Read a table, with whatever separator a spreadsheet program has put in."""
        try:
            text = raw.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = raw[: error.start].count(b"\n") + 1
            self.mistakes.add(
                line, "This line has letters in another encoding. Save the table as “CSV UTF-8”."
            )
            return
        rows = self._split(text)
        if rows is None:
            return
        last = 1
        for line, cells in rows:
            last = line
            if line == 1 or not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(COLUMNS):
                self.mistakes.add(line, f"This row has {len(cells)} columns instead of {len(COLUMNS)}.")
                continue
            self._take(
                line,
                cells[_GAP].strip(),
                cells[_LANGUAGE].strip(),
                recover(cells[_GERMAN]),
                recover(cells[_TRANSLATION]),
            )
        self._miss(last)

    def read_catalogue(self, raw: bytes) -> None:
        """Read a catalogue, which says in its head which language it is in."""
        try:
            text = raw.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            self.mistakes.add(raw[: error.start].count(b"\n") + 1, "This line is not in UTF-8.")
            return
        head = _PO_LANGUAGE.search(text)
        language = None if head is None else find_language(head[1])
        if language is None or language.code not in self._languages:
            said = "no language" if head is None else f"the language {quote(head[1])}"
            self.mistakes.add(
                1, f"The head of the file names {said}.{self._offer('' if head is None else head[1])}"
            )
            return
        for name, entry in parse_po(text, self.mistakes.file, language).entries.items():
            if entry.fuzzy:
                self.mistakes.add(entry.line, f"{quote(name)} is marked “fuzzy”: somebody has to confirm it.")
            self._take(entry.line, name, language.code, entry.german[0], entry.forms["other"])
        self._miss(text.count("\n") + 1, language.code)

    def _split(self, text: str) -> list[tuple[int, list[str]]] | None:
        for delimiter in _DELIMITERS:
            mistakes = Mistakes(self.mistakes.file)
            rows = list(split_rows(text, delimiter, mistakes))
            if rows and [cell.strip().casefold() for cell in rows[0][1]] == list(COLUMNS):
                self.mistakes.found += mistakes.found
                return rows
        self.mistakes.add(1, f"The first line must be: {';'.join(COLUMNS)}")
        return None

    def _take(self, line: int, name: str, language: str, german: str, translation: str) -> None:
        """Take one place, or note what is wrong with it."""
        if name not in self._known:
            known = suggest(name, self._known) or f" Known are: {', '.join(self._known)}."
            self.mistakes.add(line, f"There is no gap {quote(name)}.{known}")
            return
        if language not in self._languages:
            self.mistakes.add(line, f"There is no language {quote(language)}.{self._offer(language)}")
            return
        first = self._lines.setdefault((language, name), line)
        if first != line:
            self.mistakes.add(line, f"{quote(name)} in {language} stands in line {first} already.")
            return
        if _folded(german) != _folded(self._german.get(name, "")):
            self.mistakes.add(
                line,
                f"The German of {quote(name)} is not what it is now: it was changed here, or rewritten since"
                " the file was made. Please make the file again.",
            )
            return
        words = "\n".join(_lines(translation)).strip()
        if _LOST_LETTERS.search(words):
            self.mistakes.add(
                line, f"{quote(name)} in {language} has lost its letters. Save the table as “CSV UTF-8”."
            )
        elif words:
            self.words.setdefault(language, {})[name] = words

    def _miss(self, line: int, *languages: str) -> None:
        """Note each gap that is lost: a language that is in the file has all of them."""
        for language in languages or dict.fromkeys(language for language, _ in self._lines):
            for name in self._german:
                if (language, name) not in self._lines:
                    self.mistakes.add(line, f"{quote(name)} in {language} is missing. Was the row deleted?")
        if not self._lines and not self.mistakes.found:
            self.mistakes.add(line, "There is nothing in the file below its head.")

    def _offer(self, language: str) -> str:
        return suggest(language, self._languages) or f" Possible are: {', '.join(self._languages)}."


def _folded(words: str) -> list[str]:
    """Make German comparable: how lines end does not count, nor what a cell cannot hold."""
    return [" ".join(neutralise(line).removeprefix(MARK).split()) for line in _lines(words.strip())]
