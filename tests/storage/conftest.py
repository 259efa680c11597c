"""Every test of storage that takes `database` runs on SQLite and on PostgreSQL."""

from tests.support.databases import (
    database,
    database_url,
    keys,
    postgresql_database,
    sqlite_database,
)

__all__ = ["database", "database_url", "keys", "postgresql_database", "sqlite_database"]
