"""Every test of storage that takes `database` runs on SQLite and on PostgreSQL."""

from tests.support.databases import (
    database,
    database_url,
    keys,
    kind,
    new_url,
    postgresql_database,
    postgresql_server,
    sqlite_database,
    sqlite_template,
)

__all__ = [
    "database",
    "database_url",
    "keys",
    "kind",
    "new_url",
    "postgresql_database",
    "postgresql_server",
    "sqlite_database",
    "sqlite_template",
]
