"""`answers.csv`: every answer about a field, one row each, under an id made for this export.

The id comes from a key that exists only while the export runs, so two exports cannot be
matched by it and nobody finds a person with it, not even with the keys of the installation.
Rows are sorted by it, so their order does not tell who answered when. In a language or from a
source that fewer than ten people share, `other` stands instead; then the wording is left
empty too, because the codebook names its language.
"""

from __future__ import annotations

import base64
import hmac
import secrets

from sqlalchemy import Connection, func, select

from storage.answers import split_codes
from storage.export.codes import Codes
from storage.export.selection import OTHER, Selection, load_common_languages, load_common_sources, stream
from storage.export.sheet import Meter, Sheet
from storage.export.sorter import Sorter
from storage.tables import answer, respondent

COLUMNS = (
    "respondent", "field", "step", "type", "codes", "label_de", "language", "wording", "week", "source",
)  # fmt: skip
#: Letters of an id after the first: 60 bits, so that two of a million people hardly meet.
ID_CHARS = 12

_SORTED_BY = ("respondent", "field rank", "field", "step rank", "step")
_STORED = ("codes", "language", "wording", "week", "source")


class Disguise:
    """Random ids for one export. The same person has the same id as long as this object lives."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)

    def id_of(self, pseudonym: bytes) -> str:
        """Make the id of a person. It begins with a letter, or a spreadsheet may see a number."""
        digest = hmac.digest(self._key, pseudonym, "sha256")
        return "r" + base64.b32encode(digest).decode().lower()[:ID_CHARS]


def count_answers(connection: Connection, selection: Selection) -> int:
    """Count the answers that `write_answers` would write."""
    statement = select(func.count()).select_from(answer).where(*selection.field_conditions())
    return connection.execute(statement).scalar_one()


def write_answers(
    connection: Connection, sheet: Sheet, codes: Codes, selection: Selection, meter: Meter
) -> int:
    """Write every answer selected, and count the people who gave them."""
    with Sorter(columns=len(_SORTED_BY) + len(_STORED), sorted_by=len(_SORTED_BY)) as sorter:
        _collect(connection, sorter, codes, selection, meter)
        people, last = 0, ""
        for row in sorter:
            whose, _, field, _, step, written, *rest = map(str, row)
            people += whose != last
            last = whose
            label = codes.labels(step, split_codes(written))
            sheet.add((whose, field, step, codes.kind(step), written, label, *rest))
            meter.step()
    return people


def _collect(
    connection: Connection, sorter: Sorter, codes: Codes, selection: Selection, meter: Meter
) -> None:
    conditions = selection.field_conditions()
    languages = load_common_languages(connection, conditions)
    sources = load_common_sources(connection, conditions) | {""}
    disguise = Disguise()
    statement = (
        select(
            answer.c.pseudonym,
            answer.c.scope,
            answer.c.step,
            answer.c.codes,
            answer.c.language,
            answer.c.wording,
            answer.c.week,
            respondent.c.source,
        )
        .join(respondent, respondent.c.pseudonym == answer.c.pseudonym)
        .where(*conditions)
    )
    with stream(connection, statement) as rows:
        for row in rows:
            field = codes.field_of(row.scope)
            is_common = row.language in languages
            sorter.add(
                (
                    disguise.id_of(row.pseudonym),
                    codes.field_rank(field),
                    field,
                    codes.step_rank(row.step),
                    row.step,
                    row.codes,
                    row.language if is_common else OTHER,
                    row.wording if is_common else "",
                    row.week,
                    row.source if row.source in sources else OTHER,
                )
            )
            meter.step()
