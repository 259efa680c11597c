"""The inbox: nothing is lost, nothing is done twice, each chat keeps its order."""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select, text

from storage import inbox as box
from storage.database import Database
from storage.inbox import ReceivedUpdate
from storage.keyring import KeyRing, ring_from_keys
from storage.tables import inbox
from tests.support.databases import ANNA, BORIS, NOW

SECOND = dt.timedelta(seconds=1)


def update(update_id: int, chat_id: int | None = ANNA, *, quarantined: str | None = None) -> ReceivedUpdate:
    return ReceivedUpdate(update_id, chat_id, f"body {update_id}".encode(), quarantined)


def store(database: Database, keys: KeyRing, *updates: ReceivedUpdate, now: dt.datetime = NOW) -> int:
    with database.transaction() as connection:
        return box.store_batch(connection, keys, updates, now)


def work(database: Database, keys: KeyRing, *, now: dt.datetime = NOW) -> int | None:
    """Do the next update and tell which it was."""
    with database.transaction() as connection:
        waiting = box.next_update(connection, keys, now)
        if waiting is None:
            return None
        assert box.finish_update(connection, waiting)
        return waiting.update_id


def test_an_update_comes_back_as_it_was(database: Database, keys: KeyRing) -> None:
    assert store(database, keys, update(2**40)) == 1
    with database.transaction() as connection:
        waiting = box.next_update(connection, keys, NOW)
    assert waiting == box.WaitingUpdate(1, 2**40, f"body {2**40}".encode(), 0, NOW)


def test_a_repeat_changes_nothing_before_and_after_it_is_done(database: Database, keys: KeyRing) -> None:
    assert store(database, keys, update(1), update(1)) == 1
    assert store(database, keys, update(1), update(2)) == 1
    assert [work(database, keys) for _ in range(3)] == [1, 2, None]
    assert store(database, keys, update(1), update(2)) == 0
    assert work(database, keys) is None


def test_ids_that_begin_anew_at_random_are_new(database: Database, keys: KeyRing) -> None:
    store(database, keys, update(9_000_000), update(9_000_001))
    assert store(database, keys, update(17), update(16)) == 2
    assert [work(database, keys) for _ in range(5)] == [9_000_000, 9_000_001, 17, 16, None]


def test_a_done_update_keeps_neither_body_nor_chat(database: Database, keys: KeyRing) -> None:
    store(database, keys, update(1))
    with database.transaction() as connection:
        waiting = box.next_update(connection, keys, NOW)
        assert waiting is not None
        assert box.count_waiting_updates(connection) == 1
        assert box.finish_update(connection, waiting)
        assert not box.finish_update(connection, waiting)
        assert not box.postpone_update(connection, waiting, NOW)
        assert not box.quarantine_update(connection, waiting, "late")
        assert box.count_waiting_updates(connection) == 0
        [row] = connection.execute(select(inbox)).all()
    assert (row.state, row.chat_mac, row.body_sealed) == ("done", None, None)


def test_what_is_undone_is_worked_on_again(database: Database, keys: KeyRing) -> None:
    store(database, keys, update(1))

    def fail() -> None:
        with database.transaction() as connection:
            waiting = box.next_update(connection, keys, NOW)
            assert waiting is not None
            box.finish_update(connection, waiting)
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert work(database, keys) == 1


def test_a_postponed_update_holds_back_its_chat_only(database: Database, keys: KeyRing) -> None:
    store(database, keys, update(1), update(2), update(3, BORIS))
    later = NOW + dt.timedelta(minutes=1)
    with database.transaction() as connection:
        waiting = box.next_update(connection, keys, NOW)
        assert waiting is not None
        assert box.postpone_update(connection, waiting, later)
        assert box.next_update_due_at(connection) == NOW
    assert [work(database, keys) for _ in range(2)] == [3, None]
    with database.reading() as connection:
        assert box.next_update_due_at(connection) == later
    with database.transaction() as connection:
        assert box.next_update(connection, keys, later - SECOND) is None
        again = box.next_update(connection, keys, later)
        assert again is not None
        assert (again.update_id, again.attempts) == (1, 1)
    assert [work(database, keys, now=later) for _ in range(3)] == [1, 2, None]
    with database.reading() as connection:
        assert box.next_update_due_at(connection) is None


def test_a_quarantined_update_lets_the_chat_go_on(database: Database, keys: KeyRing) -> None:
    store(database, keys, update(1), update(2), update(3, None, quarantined="nested too deep"))
    with database.transaction() as connection:
        waiting = box.next_update(connection, keys, NOW)
        assert waiting is not None
        assert box.quarantine_update(connection, waiting, "KeyError")
    assert [work(database, keys) for _ in range(2)] == [2, None]
    with database.reading() as connection:
        rows = connection.execute(
            select(inbox).where(inbox.c.state == "quarantined").order_by(inbox.c.id)
        ).all()
    assert [(row.update_id, row.reason, row.body_sealed is None) for row in rows] == [
        (1, "KeyError", False),
        (3, "nested too deep", False),
    ]


def test_an_update_sealed_with_other_keys_is_set_aside(database: Database, keys: KeyRing) -> None:
    other = ring_from_keys(contact=b"x" * 32, words=b"y" * 32, respondent=None)
    store(database, other, update(1))
    store(database, keys, update(2))
    assert [work(database, keys) for _ in range(2)] == [2, None]
    with database.reading() as connection:
        [row] = connection.execute(select(inbox).where(inbox.c.state == "quarantined")).all()
    assert row.reason == box.UNREADABLE


def test_a_chat_that_is_worked_on_holds_back_its_later_updates(
    postgresql_database: Database, keys: KeyRing
) -> None:
    database = postgresql_database
    store(database, keys, update(1), update(2), update(3, BORIS))
    with database.transaction() as first:
        one = box.next_update(first, keys, NOW)
        with database.transaction() as second:
            other = box.next_update(second, keys, NOW)
            with database.transaction() as third:
                assert box.next_update(third, keys, NOW) is None
    assert one is not None
    assert other is not None
    assert (one.update_id, other.update_id) == (1, 3)


def test_eight_workers_do_each_update_once_and_in_order(database: Database, keys: KeyRing) -> None:
    chats = [ANNA + number for number in range(10)]
    store(database, keys, *(update(number, chats[number % 10]) for number in range(100)))
    done: list[int] = []

    def drain() -> None:
        misses = 0
        while misses < 200:
            with database.transaction() as connection:
                waiting = box.next_update(connection, keys, NOW)
                if waiting is None:
                    misses = 200 if box.count_waiting_updates(connection) == 0 else misses + 1
                    continue
                assert box.finish_update(connection, waiting)
                # Appended before the commit: the next of this chat cannot be found until then.
                done.append(waiting.update_id)

    with ThreadPoolExecutor(8) as pool:
        for worker in [pool.submit(drain) for _ in range(8)]:
            worker.result(timeout=60)
    assert sorted(done) == list(range(100))
    for number in range(10):
        own = [update_id for update_id in done if update_id % 10 == number]
        assert own == sorted(own)


def test_forgetting_a_chat_leaves_the_running_update_to_its_turn(database: Database, keys: KeyRing) -> None:
    store(database, keys, update(1), update(2), update(3, quarantined="x"), update(4, BORIS))
    with database.transaction() as connection:
        running = box.next_update(connection, keys, NOW)
        assert running is not None
        assert box.forget_chat(connection, keys, ANNA, running_id=running.id) == 2
        assert box.finish_update(connection, running)
        assert box.forget_chat(connection, keys, ANNA) == 0
        left = (
            connection.execute(select(inbox.c.update_id).where(inbox.c.body_sealed.is_not(None)))
            .scalars()
            .all()
        )
    assert left == [4]
    assert store(database, keys, update(2)) == 0


@pytest.mark.parametrize(("after", "emptied"), [(-SECOND, 0), (dt.timedelta(0), 1), (SECOND, 1)])
def test_a_quarantined_body_goes_after_a_day(
    database: Database, keys: KeyRing, after: dt.timedelta, emptied: int
) -> None:
    store(database, keys, update(1, quarantined="x"))
    with database.transaction() as connection:
        assert box.prune_inbox(connection, NOW + dt.timedelta(hours=24) + after) == (emptied, 0)
        assert box.prune_inbox(connection, NOW + dt.timedelta(hours=24) + after) == (0, 0)
        [row] = connection.execute(select(inbox)).all()
    assert (row.body_sealed is None) == (row.chat_mac is None) == bool(emptied)


@pytest.mark.parametrize(("after", "deleted"), [(-SECOND, 0), (dt.timedelta(0), 2), (SECOND, 2)])
def test_a_number_goes_after_a_week_but_nothing_that_waits(
    database: Database, keys: KeyRing, after: dt.timedelta, deleted: int
) -> None:
    store(database, keys, update(1), update(2), update(3, quarantined="x"))
    assert work(database, keys) == 1
    with database.transaction() as connection:
        assert box.prune_inbox(connection, NOW + dt.timedelta(days=7) + after) == (1, deleted)
    assert store(database, keys, update(1)) == (1 if deleted else 0)
    assert work(database, keys) == 2


def test_the_next_update_is_found_by_index(sqlite_database: Database, keys: KeyRing) -> None:
    """A week of done updates must not slow a turn down."""
    with sqlite_database.reading() as connection:
        compiled = box._NEXT.compile(connection, compile_kwargs={"literal_binds": False})
        plan = connection.execute(text(f"EXPLAIN QUERY PLAN {compiled}".replace("?", "0"))).all()
    shown = " ".join(row[3] for row in plan)
    assert "ix_inbox_waiting" in shown
    assert "ix_inbox_chat" in shown
    assert "SCAN inbox USING INDEX ix_inbox_waiting" in shown
