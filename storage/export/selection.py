"""What an export is about: fields, weeks, and whom it may tell apart.

This module must not know files.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, CursorResult, Select, func, select

from conversations.flow import PROFILE
from conversations.topic_sheets import needs_scope
from storage.tables import answer, respondent
from storage.weeks import iso_week

#: Nothing is told apart that fewer people share (content §4.3, rules 1 and 3).
SMALLEST_GROUP = 10
#: What languages and sources with fewer people are merged into.
OTHER = "other"


#: Rows fetched from the database at a time.
FETCHED_ROWS = 500


@dataclass(frozen=True, slots=True)
class Selection:
    """The answers that staff ask for: all fields unless some are named, all weeks unless `since`.

    Answers carry no day, so `since` selects whole ISO weeks, from the one it lies in.
    """

    fields: tuple[str, ...] = ()
    since: dt.date | None = None

    @property
    def first_week(self) -> str | None:
        """The ISO week from which on answers are selected."""
        return None if self.since is None else iso_week(self.since)

    def conditions(self) -> list[ColumnElement[bool]]:
        """Build what must hold for a row of the table of answers."""
        found: list[ColumnElement[bool]] = []
        if self.fields:
            scopes = [*self.fields, *(needs_scope(field) for field in self.fields)]
            found.append(answer.c.scope.in_(scopes))
        if self.first_week is not None:
            found.append(answer.c.week >= self.first_week)
        return found

    def field_conditions(self) -> list[ColumnElement[bool]]:
        """Build the same, for answers about fields only and never about the person."""
        return [answer.c.scope != PROFILE, *self.conditions()]


def stream(connection: Connection, statement: Select[*tuple[Any, ...]]) -> CursorResult[Any]:
    """Read rows a few at a time, also from a server. Close the result, or use it in a `with`."""
    return connection.execute(statement, execution_options={"yield_per": FETCHED_ROWS})


def load_common_languages(
    connection: Connection, conditions: Collection[ColumnElement[bool]]
) -> frozenset[str]:
    """Load the languages that enough people used in the answers selected."""
    statement = (
        select(answer.c.language)
        .where(*conditions)
        .group_by(answer.c.language)
        .having(func.count(answer.c.pseudonym.distinct()) >= SMALLEST_GROUP)
    )
    return frozenset(connection.execute(statement).scalars())


def load_common_sources(
    connection: Connection, conditions: Collection[ColumnElement[bool]]
) -> frozenset[str]:
    """Load the sources from which enough people came who gave the answers selected."""
    statement = (
        select(respondent.c.source)
        .join(answer, answer.c.pseudonym == respondent.c.pseudonym)
        .where(*conditions)
        .group_by(respondent.c.source)
        .having(func.count(answer.c.pseudonym.distinct()) >= SMALLEST_GROUP)
    )
    return frozenset(connection.execute(statement).scalars())
