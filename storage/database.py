"""The database: one connection that writes, others that only read, on SQLite or PostgreSQL.

A turn is one transaction of `Database.transaction()`; export and report use
`Database.reading()`, which takes no write lock and cannot change anything. Statements are
Core statements on `storage.tables`. This module must not know a table.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import URL, Connection, Engine
from sqlalchemy.exc import DBAPIError

from storage.engines import (
    BUSY_TIMEOUT_SECONDS,
    DatabaseUnreachableError,
    Listener,
    explain,
    make_private_file,
    open_engines,
    parse_url,
    report_statements,
    sqlite_file,
)

__all__ = ["Database", "DatabaseUnreachableError"]


class Database:
    """An open database. Safe to use from several threads; close it when the process ends."""

    def __init__(self, url: URL, writer: Engine, reader: Engine, listener: Listener | None) -> None:
        self.url = url
        self._writer = writer
        self._reader = reader
        self._notice: Listener = listener or (lambda _: None)

    @classmethod
    def open(
        cls,
        url: str,
        *,
        on_statement: Listener | None = None,
        busy_timeout_seconds: float = BUSY_TIMEOUT_SECONDS,
    ) -> Database:
        """Open `sqlite:////absolute/path` or `postgresql+psycopg://…` and reach it once.

        Tests stop a transaction at any point with `on_statement`. Raises: DatabaseUnreachableError.
        """
        parsed = parse_url(url)
        make_private_file(parsed)
        writer, reader = open_engines(parsed, busy_timeout_seconds)
        if on_statement is not None:
            report_statements(writer, on_statement)
        database = cls(parsed, writer, reader, on_statement)
        try:
            with database.transaction(), database.reading():
                pass
        except BaseException:
            database.close()
            raise
        return database

    @property
    def dialect(self) -> str:
        """The kind of database: `sqlite` or `postgresql`."""
        return self._writer.dialect.name

    @property
    def file(self) -> Path | None:
        """The file of the database, where it has one."""
        return sqlite_file(self.url)

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Open a transaction that writes: kept when the block ends, undone when it raises.

        On SQLite there is one at a time, from its first moment. Raises: DatabaseUnreachableError.
        """
        with self._translated(), self._writer.connect() as connection:
            transaction = connection.begin()
            try:
                yield connection
                self._notice("before COMMIT")
                transaction.commit()
            except BaseException:
                transaction.rollback()
                raise
            self._notice("after COMMIT")

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Open a view of one moment that cannot change anything and holds no writer up."""
        with self._translated(), self._reader.connect() as connection, connection.begin():
            yield connection

    def truncate_wal(self) -> bool:
        """Empty SQLite's log, in which erased rows live on, and say whether that succeeded.

        A long reading holds it up: then call again. PostgreSQL recycles its log by itself.
        """
        if self.dialect != "sqlite":
            return True
        with self._translated():
            connection = self._writer.raw_connection()
            try:
                cursor = connection.cursor()
                cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                row = cursor.fetchone()
                cursor.close()
            finally:
                connection.close()
        return row is not None and row[0] == 0

    def close(self) -> None:
        """Close every connection. A second time changes nothing."""
        self._reader.dispose()
        self._writer.dispose()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            sentence = explain(error, self.url)
            if sentence is None:
                raise
            raise DatabaseUnreachableError(sentence) from error
