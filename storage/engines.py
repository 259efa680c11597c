"""Engines: how a connection to SQLite or PostgreSQL is opened, and what is said when it fails.

`storage.database` and `storage.schema` stand on this module, nothing else does. It must not
know a table.

    DatabaseUnreachableError
        every reason why the database cannot be used, as one sentence for the operator
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, ExceptionContext, create_engine, event, make_url
from sqlalchemy.exc import (
    ArgumentError,
    DBAPIError,
    InterfaceError,
    NoSuchModuleError,
    OperationalError,
)

#: How long a writer waits for another process that holds the SQLite file.
BUSY_TIMEOUT_SECONDS = 10.0
#: How long to wait for a PostgreSQL server to answer at all.
CONNECT_TIMEOUT_SECONDS = 5
#: Connections for export and report, and on PostgreSQL for workers that write.
POOL_SIZE = 8

#: Told of each step of a transaction: "before …" and "after …", with the statement or COMMIT.
Listener = Callable[[str], None]

_EVERY_SQLITE_CONNECTION = (
    "PRAGMA synchronous=FULL",
    "PRAGMA secure_delete=ON",
    "PRAGMA trusted_schema=OFF",
    "PRAGMA temp_store=MEMORY",
)
#: PostgreSQL, appendix A "Error Codes": connection, authorisation, no such database, resources, shutdown.
_UNREACHABLE_CLASSES = ("08", "28", "3D", "53", "57P")


class DatabaseUnreachableError(Exception):
    """The database cannot be used; the message is one sentence without any password."""


def parse_url(url: str) -> URL:
    """Read a database URL and refuse what Mitreden cannot use. Raises: DatabaseUnreachableError."""
    try:
        parsed = make_url(url)
        kind, driver = parsed.get_backend_name(), parsed.get_driver_name()
    except (ArgumentError, NoSuchModuleError):
        raise DatabaseUnreachableError("The database URL is not understood.") from None
    if kind == "sqlite":
        if not parsed.database or parsed.database == ":memory:" or parsed.query:
            raise DatabaseUnreachableError("A SQLite database needs a file: sqlite:////folder/name.db")
        return parsed
    if (kind, driver) != ("postgresql", "psycopg"):
        raise DatabaseUnreachableError("The database URL must begin with sqlite:/// or postgresql+psycopg://")
    return parsed


def is_sqlite(url: URL) -> bool:
    """Tell whether a URL leads to a file."""
    return url.get_backend_name() == "sqlite"


def sqlite_file(url: URL) -> Path | None:
    """Find the file of a SQLite database."""
    return Path(url.database) if is_sqlite(url) and url.database else None


def make_private_file(url: URL) -> None:
    """Make the SQLite file, for the owner only, where there is none. Raises: DatabaseUnreachableError."""
    file = sqlite_file(url)
    if file is None:
        return
    try:
        os.close(os.open(file, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        reason = (error.strerror or "unknown reason").lower()
        raise DatabaseUnreachableError(f"The database file {file} cannot be opened: {reason}.") from None


def explain(error: DBAPIError, url: URL) -> str | None:
    """Say in one sentence why the database cannot be used, or None where that is not the fault."""
    cause = str(error.orig)
    if is_sqlite(url):
        for sign, reason in (
            ("locked", "another process is writing to it"),
            ("unable to open", "it cannot be opened"),
            ("not a database", "it is not a SQLite database"),
            ("malformed", "it is damaged; restore a backup"),
            ("disk is full", "the disk is full"),
            ("disk I/O", "the disk does not answer"),
            ("readonly", "it may not be written to"),
        ):
            if sign in cause:
                return f"The database file {url.database} cannot be used: {reason}."
        return None
    state = getattr(error.orig, "sqlstate", None)
    lost = isinstance(error, OperationalError | InterfaceError) and (
        state is None or state.startswith(_UNREACHABLE_CLASSES)
    )
    if lost or error.connection_invalidated:
        place = url.host or url.query.get("host") or "this machine"
        return f"The database server on {place} cannot be reached or refuses the connection."
    return None


def open_engines(url: URL, busy_timeout_seconds: float) -> tuple[Engine, Engine]:
    """Make the engine that writes and the one that can only read."""
    if not is_sqlite(url):
        reader = _postgresql_engine(url).execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )
        return _postgresql_engine(url), reader
    return (
        _sqlite_engine(
            url,
            busy_timeout_seconds,
            pool_size=1,
            begin="BEGIN IMMEDIATE",
            pragmas=("PRAGMA journal_mode=WAL", "PRAGMA foreign_keys=ON"),
        ),
        _sqlite_engine(
            url, busy_timeout_seconds, pool_size=POOL_SIZE, begin="BEGIN", pragmas=("PRAGMA query_only=ON",)
        ),
    )


def open_migrating_engine(url: URL) -> Engine:
    """Make the engine for a migration, which may rebuild tables that others refer to."""
    if not is_sqlite(url):
        return _postgresql_engine(url)
    return _sqlite_engine(
        url,
        BUSY_TIMEOUT_SECONDS,
        pool_size=1,
        begin="BEGIN IMMEDIATE",
        pragmas=("PRAGMA journal_mode=WAL", "PRAGMA foreign_keys=OFF"),
    )


def report_statements(engine: Engine, listener: Listener) -> None:
    """Tell a listener before and after each statement."""

    @event.listens_for(engine, "before_cursor_execute")
    def before(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        listener(f"before {statement}")

    @event.listens_for(engine, "after_cursor_execute")
    def after(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        listener(f"after {statement}")


def _sqlite_engine(
    url: URL, timeout_seconds: float, *, pool_size: int, begin: str, pragmas: tuple[str, ...]
) -> Engine:
    engine = create_engine(
        url,
        hide_parameters=True,
        pool_size=pool_size,
        max_overflow=0,
        connect_args={"timeout": timeout_seconds},
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in (*pragmas, *_EVERY_SQLITE_CONNECTION):
            cursor.execute(pragma)
        cursor.close()

    # SQLAlchemy drops a connection in which Ctrl-C or a cancellation came up. Its open cursor would
    # hold the lock of the file until it is collected; undoing the transaction is enough.
    @event.listens_for(engine, "handle_error")
    def keep_when_interrupted(context: ExceptionContext) -> None:
        if not isinstance(context.original_exception, Exception):
            context.is_disconnect = False

    @event.listens_for(engine, "begin")
    def start(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


def _postgresql_engine(url: URL) -> Engine:
    return create_engine(
        url,
        hide_parameters=True,
        pool_size=POOL_SIZE,
        max_overflow=0,
        pool_pre_ping=True,
        connect_args={"connect_timeout": CONNECT_TIMEOUT_SECONDS},
    )
