"""`texts.csv`: what people wrote, as far as staff have released it, in random order.

Nothing in a row leads to the other answers of that person: no id, no week, no profile. The
language stands only where at least ten people wrote released texts of the selection in it.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable

from sqlalchemy import ColumnElement, Connection, func, select

from storage import contexts
from storage.export.codes import Codes
from storage.export.selection import OTHER, Selection, load_common_languages, stream
from storage.export.sheet import Meter, Sheet
from storage.export.sorter import Sorter
from storage.keyring import KeyRing
from storage.tables import answer
from storage.vocabulary import Review

COLUMNS = ("field", "step", "language", "text")
#: Random bytes that decide where a text stands.
_ORDER_BYTES = 16


def count_texts(connection: Connection, selection: Selection) -> int:
    """Count the texts that `write_texts` would write."""
    statement = select(func.count()).select_from(answer).where(*_released(selection))
    return connection.execute(statement).scalar_one()


def write_texts(
    connection: Connection, keys: KeyRing, sheet: Sheet, codes: Codes, selection: Selection, meter: Meter
) -> None:
    """Write every released text selected. Raises: SealBrokenError."""
    conditions = _released(selection)
    languages = load_common_languages(connection, conditions)
    with Sorter(columns=6, sorted_by=1) as sorter:
        # Only sealed words go into the sorter, which may lie on a disk.
        for row in _shuffle(connection, sorter, conditions):
            _, pseudonym, scope, step, language, sealed = row
            context = contexts.released(_as_bytes(pseudonym), str(scope), str(step))
            words = keys.open_respondent(_as_bytes(sealed), context).decode()
            shown = str(language) if language in languages else OTHER
            sheet.add((codes.field_of(str(scope)), str(step), shown, words))
            meter.step()


def _shuffle(
    connection: Connection, sorter: Sorter, conditions: list[ColumnElement[bool]]
) -> Iterable[tuple[str | int | bytes, ...]]:
    statement = select(
        answer.c.pseudonym, answer.c.scope, answer.c.step, answer.c.language, answer.c.released_sealed
    ).where(*conditions)
    with stream(connection, statement) as rows:
        for row in rows:
            sorter.add((secrets.token_bytes(_ORDER_BYTES), *row))
    return sorter


def _released(selection: Selection) -> list[ColumnElement[bool]]:
    return [
        answer.c.review == Review.RELEASED.value,
        answer.c.released_sealed.is_not(None),
        *selection.conditions(),
    ]


def _as_bytes(value: str | int | bytes) -> bytes:
    if not isinstance(value, bytes):
        raise TypeError("a sealed value is not made of bytes")
    return value
