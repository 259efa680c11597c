"""Texts of a language as a catalogue (PO), for translators and their editors.

Editors wrap lines, write heads of their own and mark what they are unsure of as “fuzzy”; none of that
may lose or change a text. Must not know where the texts come from, nor whether they are right.
"""

from __future__ import annotations

import datetime as dt
import gettext
import io
import re
from collections.abc import Iterable, Mapping
from importlib.metadata import version
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import PoFileError, read_po, write_po

from bot.catalogues import check_lines, find_keys, plural_category
from bot.texts.rows import ReadFile, ReadRow, Row, fingerprint, language_named, normalise
from conversations.languages import GERMAN, Language
from conversations.mistakes import ContentError, ContentMistake
from conversations.texts import find_gaps

#: Wide enough that a line of a text is a line of the file.
_WIDTH = 100
_TESTED_NUMBERS = range(201)
_LANGUAGE_HEADER = re.compile(r'^"Language: *(?P<code>[A-Za-z_-]*)', re.MULTILINE)
_PLURAL_HEADER = re.compile(r"\s*nplurals\s*=\s*(\d)\s*;\s*plural\s*=\s*([^;]+);?\s*")
#: What marks an entry that somebody has to confirm.
FUZZY, OUTDATED = "fuzzy", "Outdated: the German has changed."
_BASE = "before: "
_GERMAN_PLURAL = "nplurals=2; plural=(n != 1);"


def write_catalogue(rows: Iterable[Row], language: Language, comment: str, made_at: dt.datetime) -> bytes:
    """Write rows as a catalogue. What is outdated stands as “fuzzy”, with the German it was made from.

    Each entry has the fingerprint of its words, by which an import tells what has been touched.
    """
    catalog = new_catalog(language, comment, made_at)
    for row in rows:
        message = message_of(row)
        message.auto_comments.append(f"{_BASE}{fingerprint(row.forms)}")
        catalog[row.source.key] = message
    return as_bytes(catalog, language)


def message_of(row: Row) -> Message:
    """Turn a row into an entry of a catalogue, with what a translator must know."""
    forms = list(row.forms.values())
    german: tuple[str, ...] | str = tuple(row.source.german.values())
    old = row.entry.german if row.is_outdated and row.entry is not None else ()
    state = [OUTDATED] if row.is_outdated else []
    return Message(
        id=german if row.source.counts else german[0],
        string=tuple(forms) if row.source.counts else forms[0],
        flags=[
            *([FUZZY] if row.is_unsure else []),
            *(["python-brace-format"] if find_gaps(row.source.snapshot) else []),
        ],
        auto_comments=[each for each in (row.kind, row.limit, *row.source.note.split("\n"), *state) if each],
        previous_id=old if len(old) > 1 else old[0] if old else (),
        context=row.source.key,
    )


def new_catalog(language: Language, comment: str, made_at: dt.datetime) -> Catalog:
    """Begin a catalogue of a language with our head; `comment` stands above it."""
    catalog = Catalog(
        language.babel_locale,
        project="Mitreden",
        version=version("mitreden"),
        charset="utf-8",
        fuzzy=False,
        creation_date=made_at,
        revision_date=made_at,
        msgid_bugs_address="",
        last_translator="",
        language_team="",
    )
    catalog.mime_headers = [("Plural-Forms", _GERMAN_PLURAL if language is GERMAN else language.plural_forms)]
    catalog.header_comment = "\n".join(f"# {line}".rstrip() for line in comment.splitlines())
    return catalog


def as_bytes(catalog: Catalog, language: Language) -> bytes:
    """Write a catalogue as the bytes of its file."""
    written = io.BytesIO()
    write_po(written, catalog, width=_WIDTH, include_previous=True)
    # Babel names its own locale, and knows no de_LS; the head is to have our code.
    named, ours = f'"Language: {catalog.locale_identifier}\\n"', f'"Language: {language.code}\\n"'
    return written.getvalue().replace(named.encode(), ours.encode(), 1)


def read_catalogue_file(path: Path, language: Language) -> ReadFile:
    """Read a catalogue of a language, whoever wrote it. What an editor has crossed out is left out.

    Raises: ContentError with the line where it cannot be read.
    """
    text = _decode(path)
    check_lines(text, str(path))
    lines = find_keys(text, str(path))
    try:
        catalog = read_po(io.StringIO(text), abort_invalid=True)
    except (PoFileError, ValueError, TypeError, IndexError, AttributeError) as error:
        line = getattr(error, "lineno", None)
        found = f"The catalogue cannot be read here: {error}."
        raise _mistake(path, 1 if line is None else line + 1, found) from error
    rows = tuple(
        _read_message(message, catalog, language, path, lines.get(str(message.context), 1))
        for message in catalog
        if message.id and message.context
    )
    if not rows:
        raise _mistake(path, 1, "There is no text in this file. Use one that “mitreden texts export” wrote.")
    return ReadFile(find_language_header(path), rows)


def find_language_header(path: Path) -> str:
    """Find our code of the language in the head of a catalogue; '' where it names none that we know.

    Raises: ContentError where the file is no text.
    """
    found = _LANGUAGE_HEADER.search(_decode(path))
    language = None if found is None else language_named(found["code"])
    return "" if language is None else language.code


def find_base(comments: Iterable[str]) -> str:
    """Find the fingerprint of the exported words in the comments of an entry; '' where there is none."""
    return next((each.removeprefix(_BASE).strip() for each in comments if each.startswith(_BASE)), "")


def _read_message(message: Message, catalog: Catalog, language: Language, path: Path, line: int) -> ReadRow:
    strings = message.string if isinstance(message.string, tuple | list) else (message.string,)
    strings = tuple(normalise(each or "") for each in strings)
    german = tuple(message.id) if isinstance(message.id, tuple | list) else (str(message.id),)
    if len(german) == 1:
        forms: Mapping[str, str] = {"other": strings[0]}
    else:
        header = f"nplurals={catalog.num_plurals}; plural={catalog.plural_expr};"
        places = _places_by_category(header, language)
        if places is None or max(places.values()) >= len(strings):
            message_text = f"The plural forms of this file do not fit {language.latin_name}: {header}"
            raise _mistake(path, line, message_text)
        forms = {category: strings[place] for category, place in places.items()}
    return ReadRow(
        str(message.context),
        forms,
        german,
        line,
        unsure=message.fuzzy,
        base=find_base(message.auto_comments),
        confirmed=not message.fuzzy,
    )


def _places_by_category(header: str, language: Language) -> Mapping[str, int] | None:
    """Say which form of a file stands for which plural category, whatever the order of its editor."""
    parts = _PLURAL_HEADER.fullmatch(header)
    if parts is None:
        return None
    try:
        choose = gettext.c2py(parts[2])
        found = {(plural_category(language, number), choose(number)) for number in _TESTED_NUMBERS}
    except (ValueError, ZeroDivisionError):
        return None
    places = dict(sorted(found))
    return places if len(found) == len(places) == len(set(places.values())) else None


def _decode(path: Path) -> str:
    raw = path.read_bytes()
    try:
        return raw.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise _mistake(
            path, line, "This file has letters in another encoding. Save it as “UTF-8”."
        ) from error


def _mistake(path: Path, line: int, message: str) -> ContentError:
    return ContentError([ContentMistake(str(path), line, message)])
