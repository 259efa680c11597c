"""The town's own catalogue of a language: only what is imported changes, the rest stays as people left it.

Their comments, their marks of what they are unsure of, the fields of the head and texts that this version
does not know are theirs. Must not know where the new words come from.
"""

from __future__ import annotations

import datetime as dt
import io
import re
from collections.abc import Collection, Mapping
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import denormalize, read_po

from bot.catalogues import parse_po
from bot.texts.po_file import FUZZY, OUTDATED, as_bytes, find_base, message_of, new_catalog
from bot.texts.rows import Row
from conversations.languages import Language

_HEAD_COMMENT = """\
The town's own translations of Mitreden. They stand in front of those that come with the program.
Written by “mitreden texts import”."""
#: The head of a catalogue with the comments above it; Babel would keep only the fields that it knows.
_HEAD = re.compile(r'\A(?:#[^\n]*\n|[ \t]*\n)*msgid ""[ \t]*\nmsgstr "[^\n]*\n(?:"[^\n]*\n)*')
#: Begins the German of before as Babel reads it, and the German itself behind that.
_PREVIOUS_LINE = re.compile(r'\|[ \t]*(?:msg|")')
_PREVIOUS = re.compile(r'^msgid(?:_plural)?[ \t]+((?:"(?:[^"\\]|\\.)*"\s*)+)', re.MULTILINE)


def write_own_catalogue(
    path: Path, language: Language, rows: Mapping[str, Row], dropped: Collection[str], made_at: dt.datetime
) -> bytes:
    """Write the catalogue at `path` anew, with the texts of `rows` in it and those of `dropped` left out.

    Raises: ContentError where the catalogue that is there cannot be read.
    """
    text = path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n") if path.is_file() else ""
    catalog = new_catalog(language, _HEAD_COMMENT, made_at)
    left = dict(rows)
    if text:
        parse_po(text, str(path), language)
        _keep(read_po(io.StringIO(text)), catalog, left, dropped)
    for key, row in left.items():
        catalog[key] = message_of(row)
    written = as_bytes(catalog, language).decode()
    head, fresh = _HEAD.match(text), _HEAD.match(written)
    if head is not None and fresh is not None:
        written = head[0] + written[fresh.end() :]
    return written.encode()


def _keep(old: Catalog, catalog: Catalog, left: dict[str, Row], dropped: Collection[str]) -> None:
    """Take over what stands in the old catalogue, in its order; rows that have a place there leave `left`."""
    for message in old:
        key = message.context
        if not message.id or key in dropped:
            continue
        _restore_previous(message)
        row = left.pop(key, None) if key else None
        catalog[key or message.id] = message if row is None else _renew(message, row)
    catalog.obsolete = old.obsolete


def _restore_previous(message: Message) -> None:
    """Put back the German that an entry was made from before: Babel takes its lines for comments."""
    lines = [each[1:].strip() for each in message.user_comments if _PREVIOUS_LINE.match(each)]
    message.user_comments = [each for each in message.user_comments if not _PREVIOUS_LINE.match(each)]
    message.previous_id = [denormalize(each.strip()) for each in _PREVIOUS.findall("\n".join(lines))]


def _renew(message: Message, row: Row) -> Message:
    """Put new words into an entry, with the comments that stood there."""
    renewed = message_of(row)
    said = [each for each in message.auto_comments if each != OUTDATED and not find_base([each])]
    renewed.auto_comments = list(dict.fromkeys([*said, *renewed.auto_comments]))
    renewed.user_comments = message.user_comments
    renewed.locations = message.locations
    renewed.flags |= message.flags - {FUZZY, "python-brace-format", "python-format"}
    return renewed
