"""Fixtures for tests of the shell: the local Bot API, a bot, a database, a writer."""

from tests.support.databases import keys, sqlite_database, sqlite_template
from tests.support.telegram_world import clock, world, write

__all__ = ["clock", "keys", "sqlite_database", "sqlite_template", "world", "write"]
