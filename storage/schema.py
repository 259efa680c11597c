"""The form of the database: bringing it up to date, and telling whether it is.

Only `mitreden run` and `mitreden preview` call `migrate`; other commands say what is
`pending`. Alembic is slow to import, so it is imported where it is used. Before a SQLite file
is changed it is copied, because there is no way back; the copy holds people's data, so
`drop_migration_copy` deletes it after the first good start.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, Connection, inspect, select, text
from sqlalchemy.exc import DBAPIError

from storage.database import Database
from storage.engines import (
    DatabaseUnreachableError,
    explain,
    make_private_file,
    open_migrating_engine,
    parse_url,
    sqlite_file,
)
from storage.tables import CONTACT_WORLD, METADATA, RESPONDENT_WORLD

if TYPE_CHECKING:
    from alembic.config import Config

#: Every step in its order. A test compares this with the folder `migrations/versions`.
REVISIONS = ("0001", "0002", "0003")
#: Any number, the same for all processes: only one of them migrates (PostgreSQL, advisory locks).
MIGRATION_LOCK = 6_734_201


class SchemaError(Exception):
    """The database has a form that this version cannot use; the message is one sentence."""


def pending(database: Database) -> tuple[str, ...]:
    """List the steps that the database still lacks.

    Raises: SchemaError where a newer version has been at work.
    """
    with database.reading() as connection:
        return _pending(connection)


def migrate(database_url: str) -> tuple[str, ...]:
    """Take every pending step in one transaction and list them; a second time changes nothing.

    A SQLite file that already has a form is copied first. Raises: DatabaseUnreachableError,
    SchemaError.
    """
    url = parse_url(database_url)
    make_private_file(url)
    engine = open_migrating_engine(url)
    try:
        with engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
            steps = _pending(connection)
            if steps and steps != REVISIONS:
                _copy_file(sqlite_file(url), steps[0])
            if steps:
                _upgrade(connection)
                _check_references(connection)
    except DBAPIError as error:
        sentence = explain(error, url)
        if sentence is None:
            raise
        raise DatabaseUnreachableError(sentence) from error
    finally:
        engine.dispose()
    return steps


def migration_copies(database_url: str) -> tuple[Path, ...]:
    """List the copies made before migrations."""
    file = sqlite_file(parse_url(database_url))
    return () if file is None else tuple(sorted(file.parent.glob(f"{file.name}.before-*")))


def drop_migration_copy(database_url: str) -> tuple[Path, ...]:
    """Delete the copies made before migrations and list them."""
    copies = migration_copies(database_url)
    for copy in copies:
        copy.unlink(missing_ok=True)
    return copies


def is_empty(database: Database) -> bool:
    """Tell whether nobody is stored, in either world. Only with nothing `pending`."""
    with database.reading() as connection:
        return not any(
            connection.execute(select(table).limit(1)).first()
            for table in (*CONTACT_WORLD, *RESPONDENT_WORLD)
        )


def schema_drift(database: Database) -> tuple[str, ...]:
    """List what differs between the database and `storage.tables`; empty when they agree."""
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    with database.reading() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        differences = [str(difference) for difference in compare_metadata(context, METADATA)]
        return (*differences, *_missing_checks(connection))


def _pending(connection: Connection) -> tuple[str, ...]:
    if not inspect(connection).has_table("alembic_version"):
        return REVISIONS
    current = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()
    if current is None:
        return REVISIONS
    if current not in REVISIONS:
        raise SchemaError(
            f"The database has the form {current}, which is newer than this version of Mitreden;"
            " install the newer version again."
        )
    return REVISIONS[REVISIONS.index(current) + 1 :]


def _upgrade(connection: Connection) -> None:
    from alembic import command

    config = alembic_config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def alembic_config() -> Config:
    """Make the configuration of Alembic, which finds the steps in the installed package."""
    from alembic.config import Config

    config = Config()
    folder = str(Path(__file__).with_name("migrations"))
    config.set_main_option("script_location", folder.replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def _copy_file(file: Path | None, step: str) -> None:
    if file is None:
        return
    copy = file.with_name(f"{file.name}.before-{step}")
    copy.unlink(missing_ok=True)
    os.close(os.open(copy, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)


def _check_references(connection: Connection) -> None:
    if connection.dialect.name != "sqlite":
        return
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
    if broken is not None:
        raise SchemaError(f"The database was not changed: rows of {broken[0]} refer to rows that are gone.")


def _missing_checks(connection: Connection) -> tuple[str, ...]:
    inspector = inspect(connection)
    there = {
        (table, constraint["name"])
        for table in inspector.get_table_names()
        for constraint in inspector.get_check_constraints(table)
    }
    name_of = connection.dialect.identifier_preparer.format_constraint
    wanted = {
        (table.name, name_of(constraint))
        for table in METADATA.sorted_tables
        for constraint in table.constraints
        if isinstance(constraint, CheckConstraint)
    }
    return tuple(f"check {name} of {table}" for table, name in sorted(there ^ wanted, key=str))
