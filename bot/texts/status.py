"""How each language stands: complete, outdated, checked by whom, recorded. Fields, and no claims."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bot.catalogues import Entry
from bot.content import SHIPPED_LOCALES, LoadedContent
from bot.texts.rows import current_entries, list_rows
from bot.texts.script import list_spoken
from bot.texts.signatures import (
    NEEDED_PARTS,
    Part,
    Signature,
    digest_of,
    find_signature,
    find_unsigned,
    load_signatures,
)
from conversations.content import Content
from conversations.languages import GERMAN, LANGUAGES, Language

_FIELD = re.compile(
    r'^"X-Mitreden-(?P<name>Translated-By|Read-By): *(?P<value>[^"]*?)(?:\\n)?"$', re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class SignedPart:
    """What is known about one part of a language. `counts` is False once a word has changed since."""

    part: Part
    signature: Signature | None
    counts: bool


@dataclass(frozen=True, slots=True)
class LanguageStatus:
    """How one language stands."""

    language: Language
    texts: int
    missing: tuple[str, ...]
    outdated: tuple[str, ...]
    offered: bool
    translated_by: str
    read_by: str
    signed: tuple[SignedPart, ...]
    recorded: int
    unrecorded: tuple[str, ...]


def list_status(
    loaded: LoadedContent,
    folder: Path | None,
    now: dt.datetime,
    languages: Iterable[Language] = LANGUAGES,
) -> tuple[LanguageStatus, ...]:
    """Work out how languages stand. Raises: ContentError where a file cannot be read."""
    signatures = load_signatures(folder)
    spoken = tuple(each.key for each in list_spoken(loaded.content, now))
    return tuple(_status_of(loaded, language, folder, signatures, spoken) for language in languages)


def list_unsigned(
    loaded: LoadedContent, folder: Path | None
) -> tuple[tuple[Language, tuple[Part, ...]], ...]:
    """List what nobody has signed off, of the languages on offer."""
    signatures = load_signatures(folder)
    found = []
    for language in loaded.catalogues.offered:
        digest = partial(digest_of, content=loaded.content, entries=current_entries(loaded, language, folder))
        parts = find_unsigned(signatures, language.code, digest)
        found += [(language, parts)] if parts else []
    return tuple(found)


def _status_of(
    loaded: LoadedContent,
    language: Language,
    folder: Path | None,
    signatures: tuple[Signature, ...],
    spoken: tuple[str, ...],
) -> LanguageStatus:
    rows = list(list_rows(loaded, language, folder))
    entries = current_entries(loaded, language, folder)
    translated_by, read_by = _origin_of(language)
    unrecorded = tuple(key for key in spoken if not loaded.recordings.has(language.code, key))
    return LanguageStatus(
        language=language,
        texts=len(rows),
        missing=tuple(row.source.key for row in rows if not all(row.forms.values())),
        outdated=tuple(row.source.key for row in rows if row.is_outdated),
        offered=loaded.catalogues.offers(language.code),
        translated_by=translated_by,
        read_by=read_by,
        signed=tuple(
            _signed_part(part, language, loaded.content, entries, signatures) for part in NEEDED_PARTS
        ),
        recorded=len(spoken) - len(unrecorded),
        unrecorded=unrecorded,
    )


def _signed_part(
    part: Part,
    language: Language,
    content: Content,
    entries: Mapping[str, Entry],
    signatures: tuple[Signature, ...],
) -> SignedPart:
    unsigned = find_unsigned(signatures, language.code, partial(digest_of, content=content, entries=entries))
    return SignedPart(part, find_signature(signatures, language.code, part), part not in unsigned)


def _origin_of(language: Language) -> tuple[str, str]:
    """Read from the head of the shipped catalogue how it was made."""
    if language is GERMAN:
        return "its authors", ""
    path = SHIPPED_LOCALES / language.code / "LC_MESSAGES" / "messages.po"
    if not path.is_file():
        return "", ""
    head = path.read_text(encoding="utf-8").partition("\n\n")[0]
    fields = {found["name"]: found["value"] for found in _FIELD.finditer(head)}
    return fields.get("Translated-By", ""), fields.get("Read-By", "")
