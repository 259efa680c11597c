"""Opening what is stored: the database and its keys, for the bot and for commands beside it.

Only the bot brings a database into today's form; a command says what to do. Must not know Telegram.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from bot.settings import DATABASE_FILE, Settings, StartError
from storage import contacts
from storage.database import Database
from storage.keyring import KeyRing
from storage.keys import KeyFileError, check_key_place, create_key_file, load_key_file
from storage.schema import is_empty, migrate, pending


def open_keys(settings: Settings, database: Database) -> KeyRing:
    """Load the key file, or make it for a new installation.

    Raises: KeyFileError, also where there are data but not the keys they were sealed with.
    """
    check_key_place(settings.key_file, settings.data_dir)
    if not settings.key_file.exists():
        if not is_empty(database):
            raise KeyFileError(
                f"The database has data, but the key file {settings.key_file} is missing."
                " Put the right file back; a new one could not read them."
            )
        return create_key_file(settings.key_file)
    keys = load_key_file(settings.key_file)
    check_keys_fit(database, keys, settings.key_file)
    return keys


def check_keys_fit(database: Database, keys: KeyRing, key_file: Path) -> None:
    """Refuse keys that cannot open what is stored. Raises: KeyFileError."""
    with database.reading() as connection:
        if not contacts.keys_fit(connection, keys):
            raise KeyFileError(f"The key file {key_file} does not belong to this database.")


def open_database(settings: Settings) -> Database:
    """Open the database, brought up to date, with private files.

    Raises: StartError, DatabaseUnreachableError, SchemaError.
    """
    try:
        settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        reason = (error.strerror or "unknown reason").lower()
        raise StartError(f"The data folder {settings.data_dir} cannot be made: {reason}.") from None
    migrate(settings.get_database_url())
    return Database.open(settings.get_database_url())


@contextlib.contextmanager
def open_data(settings: Settings) -> Iterator[tuple[Database, KeyRing]]:
    """Open what a running bot has stored, for a command of the staff that must not change its form.

    Raises: StartError, KeyFileError, DatabaseUnreachableError.
    """
    file = settings.data_dir / DATABASE_FILE
    if settings.database_url is None and not file.exists():
        raise StartError(f"There is no database at {file}. The bot makes it when it starts: mitreden run")
    keys = load_key_file(settings.key_file)
    with closing(Database.open(settings.get_database_url())) as database:
        if pending(database):
            raise StartError("The database is of an older version. Start the bot once: mitreden run")
        check_keys_fit(database, keys, settings.key_file)
        yield database, keys


@contextlib.contextmanager
def closing(database: Database) -> Iterator[Database]:
    """Close a database at the end of a block."""
    try:
        yield database
    finally:
        database.close()
