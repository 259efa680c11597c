"""Inserts that meet a row which is already there, in the words of both databases.

SQLAlchemy builds them per database; here both are built once, side by side.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Executable, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.base import ReadOnlyColumnCollection
from sqlalchemy.sql.elements import KeyedColumnElement

#: The columns of the row that was to be inserted.
Excluded = ReadOnlyColumnCollection[str, KeyedColumnElement[Any]]


@dataclass(frozen=True, slots=True)
class Upsert:
    """One insert for both databases."""

    on_sqlite: Executable
    on_postgresql: Executable

    def of(self, connection: Connection) -> Executable:
        """Choose the statement for a connection."""
        return self.on_sqlite if connection.dialect.name == "sqlite" else self.on_postgresql


def insert_or_keep(table: Table, keys: tuple[str, ...]) -> Upsert:
    """Build an insert that leaves a row with the same keys as it is.

    It gives back the keys of what is new, because the drivers count inserted rows differently.
    """
    given_back = [table.c[key] for key in keys]
    return Upsert(
        sqlite.insert(table).on_conflict_do_nothing(index_elements=keys).returning(*given_back),
        postgresql.insert(table).on_conflict_do_nothing(index_elements=keys).returning(*given_back),
    )


def insert_or_update(
    table: Table, keys: tuple[str, ...], update: Callable[[Excluded], Mapping[str, Any]]
) -> Upsert:
    """Build an insert that updates a row with the same keys; `update` is given the new row."""
    on_sqlite, on_postgresql = sqlite.insert(table), postgresql.insert(table)
    return Upsert(
        on_sqlite.on_conflict_do_update(index_elements=keys, set_=dict(update(on_sqlite.excluded))),
        on_postgresql.on_conflict_do_update(index_elements=keys, set_=dict(update(on_postgresql.excluded))),
    )
