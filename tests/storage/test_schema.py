"""Migrations: every step runs on both databases and leads to the tables of today."""

from __future__ import annotations

import datetime as dt
import re
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect, text

from storage import schema
from storage.contacts import create_contact, find_contact
from storage.database import Database, DatabaseUnreachableError
from storage.keyring import KeyRing
from storage.tables import METADATA, RESPONDENT_WORLD, contact
from tests.support.databases import ANNA, TODAY, NewUrl, opened


def test_every_step_leads_to_the_tables_of_today(new_url: NewUrl) -> None:
    url = new_url(migrated=False)
    with opened(url) as database:
        assert schema.pending(database) == schema.REVISIONS
        assert schema.schema_drift(database) != ()
    assert schema.migrate(url) == schema.REVISIONS
    with opened(url) as database:
        assert schema.pending(database) == ()
        assert schema.schema_drift(database) == ()
    assert schema.migrate(url) == ()


def test_drift_is_seen_in_columns_indexes_and_checks(database: Database) -> None:
    with database.transaction() as connection:
        connection.exec_driver_sql("ALTER TABLE wording ADD COLUMN surplus VARCHAR")
        connection.exec_driver_sql("DROP INDEX ix_outbox_due")
    drift = " ".join(schema.schema_drift(database))
    assert "surplus" in drift
    assert "ix_outbox_due" in drift


def test_a_missing_check_is_drift(new_url: NewUrl) -> None:
    url = new_url(migrated=False)
    with opened(url) as database:
        with database.transaction() as connection:
            METADATA.create_all(connection)
        assert schema.schema_drift(database) == ()
        with database.transaction() as connection:
            connection.exec_driver_sql("DROP TABLE outbox")
            connection.exec_driver_sql("CREATE TABLE outbox AS SELECT 1 AS id")
        assert "check ck_outbox_kind of outbox" in schema.schema_drift(database)


def test_sqlite_tables_are_word_for_word_those_of_the_models(
    sqlite_database: Database, tmp_path: Path
) -> None:
    """Checks, partial indexes and WITHOUT ROWID, which Alembic does not compare."""
    engine = create_engine(f"sqlite:///{tmp_path / 'models.db'}")
    METADATA.create_all(engine)
    listing = text(
        "SELECT name, sql FROM sqlite_master WHERE name NOT LIKE 'alembic%' AND sql IS NOT NULL ORDER BY name"
    )
    with engine.connect() as connection, sqlite_database.reading() as migrated:
        by_models = {name: _clauses(sql) for name, sql in connection.execute(listing)}
        by_steps = {name: _clauses(sql) for name, sql in migrated.execute(listing)}
    engine.dispose()
    assert len(by_models) > len(METADATA.tables)
    assert by_steps == by_models


def _clauses(sql: str) -> list[str]:
    """Take a statement apart. SQLite writes a column that came later behind the last one."""
    lines = re.sub(r", (?=\w+ [A-Z]+\b)", ",\n", sql.replace("\t", " ")).splitlines()
    return sorted(line.strip().rstrip(", ") for line in lines)


def test_tables_of_people_have_no_row_order(sqlite_database: Database) -> None:
    with sqlite_database.reading() as connection:
        for table in (*RESPONDENT_WORLD, contact):
            sql = connection.execute(
                text("SELECT sql FROM sqlite_master WHERE name = :name"), {"name": table.name}
            ).scalar_one()
            assert sql.rstrip().endswith("WITHOUT ROWID")


def test_every_constraint_has_a_name(database: Database) -> None:
    with database.reading() as connection:
        inspector = inspect(connection)
        names = [
            found["name"]
            for table in METADATA.tables
            for found in (
                inspector.get_pk_constraint(table),
                *inspector.get_foreign_keys(table),
                *inspector.get_unique_constraints(table),
                *inspector.get_check_constraints(table),
            )
            if found.get("constrained_columns") != []
        ]
    assert len(names) > 20
    unnamed_on_sqlite = 6 if database.dialect == "sqlite" else 0  # the six counting keys: AUTOINCREMENT
    assert sum(name is None for name in names) <= unnamed_on_sqlite


def test_the_list_of_steps_is_the_folder_of_steps() -> None:
    scripts = ScriptDirectory.from_config(schema.alembic_config())
    steps = [script.revision for script in scripts.walk_revisions()]
    assert tuple(reversed(steps)) == schema.REVISIONS


def test_steps_do_not_need_the_models() -> None:
    for step in Path(schema.__file__).with_name("migrations").glob("versions/*.py"):
        written = step.read_text(encoding="utf-8")
        assert "sqlmodel" not in written
        assert "storage" not in written.replace("(`storage.schema`)", "")


def test_a_newer_database_is_refused(database: Database) -> None:
    with database.transaction() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(schema.SchemaError, match="newer than this version"):
        schema.pending(database)


def test_an_existing_file_is_copied_and_the_copy_deleted(
    sqlite_database: Database, keys: KeyRing, monkeypatch: pytest.MonkeyPatch
) -> None:
    with sqlite_database.transaction() as connection:
        create_contact(connection, keys, ANNA, today=TODAY)
    url = sqlite_database.url.render_as_string()
    newest = schema.REVISIONS[-1]
    monkeypatch.setattr(schema, "REVISIONS", (*schema.REVISIONS, "next"))
    monkeypatch.setattr(schema, "_upgrade", _take_a_step)
    assert schema.migrate(url) == ("next",)

    [copy] = schema.migration_copies(url)
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    with closing(sqlite3.connect(copy)) as old:
        assert old.execute("SELECT version_num FROM alembic_version").fetchall() == [(newest,)]
        assert old.execute("SELECT count(*) FROM contact").fetchall() == [(1,)]
    assert schema.drop_migration_copy(url) == (copy,)
    assert not copy.exists()
    assert schema.drop_migration_copy(url) == ()
    with sqlite_database.reading() as connection:
        assert find_contact(connection, keys, ANNA) is not None


def _take_a_step(connection: object) -> None:
    connection.execute(text("UPDATE alembic_version SET version_num = 'next'"))  # type: ignore[attr-defined]


def test_a_failed_step_changes_nothing(
    database: Database, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(connection: object) -> None:
        connection.execute(text("DROP TABLE wording"))  # type: ignore[attr-defined]
        raise RuntimeError("half way")

    monkeypatch.setattr(schema, "REVISIONS", (*schema.REVISIONS, "next"))
    monkeypatch.setattr(schema, "_upgrade", fail)
    with pytest.raises(RuntimeError, match="half way"):
        schema.migrate(database_url)
    monkeypatch.undo()
    assert schema.schema_drift(database) == ()


def test_a_step_that_leaves_orphans_is_undone(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def orphan(connection: object) -> None:
        connection.execute(text("INSERT INTO subscription VALUES ('nobody', 'council')"))  # type: ignore[attr-defined]

    monkeypatch.setattr(schema, "REVISIONS", (*schema.REVISIONS, "next"))
    monkeypatch.setattr(schema, "_upgrade", orphan)
    with pytest.raises(schema.SchemaError, match="subscription"):
        schema.migrate(sqlite_database.url.render_as_string())
    with sqlite_database.reading() as connection:
        assert connection.execute(text("SELECT count(*) FROM subscription")).scalar_one() == 0


def test_a_folder_that_is_not_there_is_said_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(DatabaseUnreachableError, match="cannot be opened: no such file or directory"):
        schema.migrate(f"sqlite:///{tmp_path / 'nowhere' / 'a.db'}")


def test_what_is_not_a_database_is_said_in_one_sentence(tmp_path: Path) -> None:
    file = tmp_path / "a.db"
    file.write_text("a shopping list, long enough to be read as something" * 50)
    with pytest.raises(DatabaseUnreachableError, match="it is not a SQLite database"):
        schema.migrate(f"sqlite:///{file}")


def test_two_processes_migrate_once(new_url: NewUrl) -> None:
    from concurrent.futures import ThreadPoolExecutor

    url = new_url(migrated=False)
    with ThreadPoolExecutor(2) as pool:
        taken = list(pool.map(schema.migrate, [url, url], timeout=dt.timedelta(seconds=30).total_seconds()))
    assert sorted(taken) == [(), schema.REVISIONS]
