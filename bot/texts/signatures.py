"""Who has looked at which texts of a language and agreed: a file of the town's, with fields and no claims.

A signature holds for the words that were looked at, and for the German they were compared with. When one
of them changes, it says so and no longer counts. The three parts that nobody should publish unread are the
consent and privacy texts, the labels of the scales and the decisions of the council.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import json
import tomllib
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from bot.catalogues import Entry
from conversations.content import Content
from conversations.flow import StepKind
from conversations.languages import find_language
from conversations.mistakes import ContentError, ContentMistake

SIGNATURES = "checked.toml"
_HEAD = """\
# Who has checked which texts of a language: written by “mitreden texts sign”, read by “texts status”.
# A signature counts for the words that were looked at: the digest tells when they have changed since.
"""
_CONSENT = ("consent.", "privacy.", "pn.", "follow.ask", "follow.btn.")
_DECISIONS = ("ann.adopted", "ann.postponed", "ann.rejected", "ann.next_", "station.")
_DIGEST_LETTERS = 16


class Part(StrEnum):
    """What is signed off at once."""

    CONSENT = "consent"
    SCALES = "scales"
    DECISIONS = "decisions"
    ALL = "all"


#: What `mitreden run` asks to be signed off.
NEEDED_PARTS = (Part.CONSENT, Part.SCALES, Part.DECISIONS)


@dataclass(frozen=True, slots=True)
class Signature:
    """Somebody's word for a part of a language; `by` is whatever they want to be called there."""

    language: str
    part: Part
    by: str
    on: dt.date
    digest: str


def keys_of(part: Part, content: Content) -> tuple[str, ...]:
    """List the texts of a part."""
    texts = tuple(content.texts)
    match part:
        case Part.CONSENT:
            return tuple(key for key in texts if key.startswith(_CONSENT))
        case Part.DECISIONS:
            return tuple(key for key in texts if key.startswith(_DECISIONS))
        case Part.SCALES:
            labels = (
                option.label
                for flow in (*content.fields, content.profile)
                for step in flow.steps
                if step.kind is StepKind.SCALE
                for option in step.options
            )
            return tuple(dict.fromkeys(labels))
        case Part.ALL:
            return texts


def digest_of(part: Part, content: Content, entries: Mapping[str, Entry]) -> str:
    """Take the digest of the words that a part has now, with the German that is in force beside them."""
    words = {
        key: [dict(content.texts[key].german), dict(entries[key].forms)]
        for key in keys_of(part, content)
        if key in entries
    }
    written = json.dumps(words, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(written.encode()).hexdigest()[:_DIGEST_LETTERS]


def load_signatures(folder: Path | None) -> tuple[Signature, ...]:
    """Read who has signed what. Raises: ContentError where the file cannot be used."""
    path = None if folder is None else folder / SIGNATURES
    if path is None or not path.is_file():
        return ()
    try:
        entries = tomllib.loads(path.read_text(encoding="utf-8-sig"))["signed"]
        return tuple(_read(entry) for entry in entries)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, KeyError, TypeError, ValueError) as error:
        message = f"This list of signatures cannot be read: {error}. Repair it, or sign anew."
        raise ContentError([ContentMistake(str(path), 1, message)]) from error


def find_signature(signatures: Iterable[Signature], language: str, part: Part) -> Signature | None:
    """Find the last signature for a part of a language; one for everything counts for each part."""
    found = [each for each in signatures if each.language == language and each.part in (part, Part.ALL)]
    return max(found, key=lambda each: each.on, default=None)


def find_unsigned(
    signatures: Iterable[Signature], language: str, digest: Callable[[Part], str]
) -> tuple[Part, ...]:
    """List the parts of a language that nobody has signed off as they stand now."""
    known = tuple(signatures)

    def counts(part: Part) -> bool:
        return any(
            each.language == language and each.part in (part, Part.ALL) and each.digest == digest(each.part)
            for each in known
        )

    return tuple(part for part in NEEDED_PARTS if not counts(part))


def can_be_shown(name: str) -> bool:
    """Tell whether a name has no control characters, halves of letters or line ends."""
    return not any(unicodedata.category(sign) in ("Cc", "Cs", "Zl", "Zp") for sign in name)


def sign(folder: Path, signature: Signature) -> None:
    """Add a signature; an earlier one of the same person for the same part gives way to it."""
    kept = [
        each
        for each in load_signatures(folder)
        if (each.language, each.part, each.by) != (signature.language, signature.part, signature.by)
    ]
    written = _HEAD + "".join(_write(each) for each in [*kept, signature])
    replace_file(folder / SIGNATURES, written.encode())


def replace_file(path: Path, content: bytes) -> None:
    """Put a file into the place of another as a whole, so that nobody ever reads half of it."""
    with fresh_file(path) as fresh:
        fresh.write_bytes(content)


@contextlib.contextmanager
def fresh_file(path: Path) -> Iterator[Path]:
    """Give a file to write to, which takes the place of `path` once it is whole, and goes where it fails."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.new")
    try:
        yield fresh
        fresh.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):  # the first failure is the one to tell
            fresh.unlink()
        raise


def _read(entry: Mapping[str, object]) -> Signature:
    on, language = entry["on"], str(entry["language"])
    if not isinstance(on, dt.date) or find_language(language) is None:
        raise ValueError(f"“{language}” on {on} is not a language and a day")
    return Signature(language, Part(str(entry["part"])), str(entry["by"]), on, str(entry["digest"]))


def _write(signature: Signature) -> str:
    by = json.dumps(signature.by, ensure_ascii=False)
    return (
        f'\n[[signed]]\nlanguage = "{signature.language}"\npart = "{signature.part.value}"\nby = {by}\n'
        f'on = {signature.on.isoformat()}\ndigest = "{signature.digest}"\n'
    )
