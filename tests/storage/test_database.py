"""The database: transactions that hold or leave nothing, readers that cannot write, clear errors."""

from __future__ import annotations

import stat
import threading
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from storage.contacts import create_contact, find_contact, subscribe
from storage.database import Database, DatabaseUnreachableError
from storage.keyring import KeyRing
from tests.support.databases import ANNA, TODAY, opened


def _count(database: Database) -> int:
    with database.reading() as connection:
        return int(connection.execute(text("SELECT count(*) FROM contact")).scalar_one())


def test_pragmas_hold_on_every_connection(sqlite_database: Database) -> None:
    wanted = {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "secure_delete": 1,
        "trusted_schema": 0,
        "temp_store": 2,
    }
    with sqlite_database.transaction() as connection:
        found = {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in wanted}
    assert found == wanted
    with sqlite_database.reading() as connection:
        assert connection.exec_driver_sql("PRAGMA query_only").scalar_one() == 1


def test_the_file_is_private(tmp_path: Path) -> None:
    with opened(f"sqlite:///{tmp_path / 'a.db'}") as database, database.transaction() as connection:
        connection.exec_driver_sql("CREATE TABLE t (x)")
        files = sorted(tmp_path.iterdir())
        assert [file.name for file in files] == ["a.db", "a.db-shm", "a.db-wal"]
        assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
        assert database.file == files[0]


def test_a_transaction_is_kept_or_undone_whole(database: Database, keys: KeyRing) -> None:
    def fail() -> None:
        with database.transaction() as connection:
            create_contact(connection, keys, ANNA, today=TODAY)
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert _count(database) == 0
    with database.transaction() as connection:
        create_contact(connection, keys, ANNA, today=TODAY)
    assert _count(database) == 1


def test_a_reader_cannot_write(database: Database) -> None:
    with pytest.raises((DBAPIError, DatabaseUnreachableError)), database.reading() as connection:
        connection.execute(text("INSERT INTO wording VALUES ('a', 'b', 'c', 'd')"))
    with database.reading() as connection:
        assert connection.execute(text("SELECT count(*) FROM wording")).scalar_one() == 0


def test_a_reader_sees_one_moment_and_holds_nobody_up(database: Database, keys: KeyRing) -> None:
    with database.reading() as connection:
        assert connection.execute(text("SELECT count(*) FROM contact")).scalar_one() == 0
        with database.transaction() as writing:
            create_contact(writing, keys, ANNA, today=TODAY)
        assert connection.execute(text("SELECT count(*) FROM contact")).scalar_one() == 0
    assert _count(database) == 1


def test_references_are_checked(database: Database) -> None:
    with pytest.raises(IntegrityError), database.transaction() as connection:
        subscribe(connection, "nobody", "council")


def test_errors_do_not_show_what_was_stored(database: Database, keys: KeyRing) -> None:
    with pytest.raises(IntegrityError) as caught, database.transaction() as connection:
        subscribe(connection, "canary-contact", "canary-topic")
    shown = "".join(line for line in str(caught.value).splitlines() if "DETAIL" not in line)
    assert "canary" not in shown


def test_two_turns_on_sqlite_never_read_the_same_state(sqlite_database: Database) -> None:
    """Without BEGIN IMMEDIATE, both read 0 and both write 1."""
    with sqlite_database.transaction() as connection:
        connection.exec_driver_sql("CREATE TABLE counter (n INTEGER)")
        connection.exec_driver_sql("INSERT INTO counter VALUES (0)")
    url = sqlite_database.url.render_as_string()

    def count() -> None:
        with opened(url) as own:
            for _ in range(5):
                with own.transaction() as connection:
                    seen = connection.exec_driver_sql("SELECT n FROM counter").scalar_one()
                    connection.exec_driver_sql("UPDATE counter SET n = ?", (seen + 1,))

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with sqlite_database.reading() as connection:
        assert connection.exec_driver_sql("SELECT n FROM counter").scalar_one() == 20


def test_each_step_of_a_transaction_is_told(database_url: str) -> None:
    told: list[str] = []
    database = Database.open(database_url, on_statement=told.append)
    told.clear()
    with database.transaction() as connection:
        connection.execute(text("SELECT 1"))
    database.close()
    statements = [line for line in told if "BEGIN" not in line]
    assert statements == ["before SELECT 1", "after SELECT 1", "before COMMIT", "after COMMIT"]


@pytest.mark.parametrize(("stop", "kept"), [("before COMMIT", False), ("after COMMIT", True)])
def test_stopping_before_or_after_commit_is_a_difference(
    database_url: str, keys: KeyRing, stop: str, kept: bool
) -> None:
    armed: list[bool] = []

    def listen(step: str) -> None:
        if step == stop and armed:
            raise KeyboardInterrupt

    database = Database.open(database_url, on_statement=listen)
    armed.append(True)
    with pytest.raises(KeyboardInterrupt), database.transaction() as connection:
        create_contact(connection, keys, ANNA, today=TODAY)
    database.close()
    with opened(database_url) as again, again.reading() as connection:
        assert (find_contact(connection, keys, ANNA) is not None) is kept


@pytest.mark.parametrize("point", ["before BEGIN", "after BEGIN", "before SELECT", "after SELECT"])
def test_an_interruption_leaves_no_lock_behind(sqlite_database: Database, point: str) -> None:
    def listen(step: str) -> None:
        if step.startswith(point) and armed:
            armed.clear()
            raise KeyboardInterrupt

    armed: list[bool] = []
    url = sqlite_database.url.render_as_string()
    database = Database.open(url, on_statement=listen, busy_timeout_seconds=0.01)
    armed.append(True)
    with pytest.raises(KeyboardInterrupt) as kept, database.transaction() as connection:
        connection.execute(text("SELECT name FROM sqlite_master")).all()
    with database.transaction() as connection:
        connection.execute(text("DELETE FROM wording"))
    database.close()
    assert kept.type is KeyboardInterrupt


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("sqlite://", "needs a file"),
        ("sqlite:///:memory:", "needs a file"),
        ("mysql://x/y", "must begin with sqlite"),
        ("postgresql+asyncpg://x/y", "must begin with sqlite"),
        ("nothing", "is not understood"),
        ("what+ever://x", "must begin with sqlite"),
        ("what://x", "is not understood"),
        ("sqlite:////nowhere/at/all.db", "cannot be opened: no such file"),
        ("postgresql+psycopg://u:hunter2@127.0.0.1:1/x", "server on 127.0.0.1 cannot be reached"),
    ],
)
def test_what_cannot_be_opened_is_said_in_one_sentence(url: str, sentence: str) -> None:
    with pytest.raises(DatabaseUnreachableError, match=sentence) as caught:
        Database.open(url)
    assert "hunter2" not in str(caught.value)


def test_a_missing_postgresql_database_is_said_in_one_sentence(postgresql_server: object) -> None:
    url = postgresql_server._url_of("nowhere")  # type: ignore[attr-defined]
    with pytest.raises(DatabaseUnreachableError, match="cannot be reached or refuses"):
        Database.open(url)


def test_a_file_held_by_another_process_is_said_in_one_sentence(sqlite_database: Database) -> None:
    url = sqlite_database.url.render_as_string()
    with (
        sqlite_database.transaction(),
        pytest.raises(DatabaseUnreachableError, match="another process is writing"),
    ):
        Database.open(url, busy_timeout_seconds=0.01)


def test_a_lost_connection_is_said_and_the_next_transaction_works(postgresql_database: Database) -> None:
    database = postgresql_database

    def lose() -> None:
        with database.transaction() as connection:
            pid = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
            with database.transaction() as other:
                other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
            connection.execute(text("SELECT 1"))

    with pytest.raises(DatabaseUnreachableError):
        lose()
    with database.transaction() as connection:
        assert connection.execute(text("SELECT 1")).scalar_one() == 1


def test_the_log_is_emptied_unless_somebody_reads(sqlite_database: Database, keys: KeyRing) -> None:
    wal = Path(f"{sqlite_database.file}-wal")
    url = sqlite_database.url.render_as_string()
    database = Database.open(url, busy_timeout_seconds=0.01)
    with database.transaction() as connection:
        create_contact(connection, keys, ANNA, today=TODAY)
    assert wal.stat().st_size > 0
    with database.reading() as connection:
        connection.execute(text("SELECT count(*) FROM contact"))
        assert not database.truncate_wal()
    assert database.truncate_wal()
    assert wal.stat().st_size == 0
    database.close()
    database.close()


def test_postgresql_looks_after_its_own_log(database: Database) -> None:
    assert database.truncate_wal()
