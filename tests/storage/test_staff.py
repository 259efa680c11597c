"""Where the staff stand: sealed, one place for each person, and soon gone."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from sqlalchemy import select

from storage import contacts
from storage.database import Database
from storage.erasure import erase_person
from storage.keyring import KeyRing, ring_from_keys
from storage.retention import apply_retention
from storage.staff import STATE_KEPT, forget_state, load_state, prune_states, save_state
from storage.tables import staff_state
from tests.support.databases import ANNA, BORIS, NOW, TODAY

SECOND = dt.timedelta(seconds=1)
#: What must never be readable on the disk.
CANARY = "canary-Stadthalle-kanarienvogel"


def save(database: Database, keys: KeyRing, telegram_id: int, state: str, now: dt.datetime = NOW) -> None:
    with database.transaction() as connection:
        save_state(connection, keys, telegram_id, state, now)


def load(database: Database, keys: KeyRing, telegram_id: int) -> str | None:
    with database.reading() as connection:
        return load_state(connection, keys, telegram_id)


def test_a_half_done_step_is_found_again_as_it_was(database: Database, keys: KeyRing) -> None:
    assert load(database, keys, ANNA) is None
    save(database, keys, ANNA, '{"step": "date", "place": "Großer Saal ‹?›"}')
    save(database, keys, BORIS, '{"step": "end"}')
    assert load(database, keys, ANNA) == '{"step": "date", "place": "Großer Saal ‹?›"}'
    assert load(database, keys, BORIS) == '{"step": "end"}'


def test_each_of_the_staff_stands_in_one_place_the_last(database: Database, keys: KeyRing) -> None:
    for step in ("date", "end", "place"):
        save(database, keys, ANNA, step)
    assert load(database, keys, ANNA) == "place"
    with database.reading() as connection:
        assert len(connection.execute(select(staff_state)).all()) == 1


def test_who_is_done_leaves_nothing_behind(database: Database, keys: KeyRing) -> None:
    save(database, keys, ANNA, "date")
    save(database, keys, BORIS, "end")
    with database.transaction() as connection:
        assert forget_state(connection, keys, ANNA) == 1
        assert forget_state(connection, keys, ANNA) == 0
    assert load(database, keys, ANNA) is None
    assert load(database, keys, BORIS) == "end"


@pytest.mark.parametrize(("after", "gone"), [(-SECOND, 0), (dt.timedelta(0), 1), (SECOND, 1)])
def test_what_nobody_went_on_with_for_a_day_goes(
    database: Database, keys: KeyRing, after: dt.timedelta, gone: int
) -> None:
    assert dt.timedelta(days=1) == STATE_KEPT
    save(database, keys, ANNA, "date")
    save(database, keys, BORIS, "end", NOW + dt.timedelta(hours=2))
    with database.transaction() as connection:
        assert prune_states(connection, NOW + STATE_KEPT + after) == gone
    assert load(database, keys, ANNA) == (None if gone else "date")
    assert load(database, keys, BORIS) == "end"


def test_who_goes_on_begins_the_day_anew(database: Database, keys: KeyRing) -> None:
    save(database, keys, ANNA, "date")
    save(database, keys, ANNA, "end", NOW + dt.timedelta(hours=23))
    with database.transaction() as connection:
        assert prune_states(connection, NOW + dt.timedelta(hours=46)) == 0
        assert prune_states(connection, NOW + dt.timedelta(hours=47)) == 1


def test_retention_takes_it_along_and_counts_it(database: Database, keys: KeyRing) -> None:
    save(database, keys, ANNA, "date")
    with database.transaction() as connection:
        assert apply_retention(connection, NOW + STATE_KEPT - SECOND).total == 0
        counts = apply_retention(connection, NOW + STATE_KEPT)
    assert (counts.staff_states, counts.total) == (1, 1)


def test_delete_takes_it_along(database: Database, keys: KeyRing) -> None:
    save(database, keys, ANNA, "date")
    save(database, keys, BORIS, "end")
    with database.transaction() as connection:
        contacts.create_contact(connection, keys, ANNA, today=TODAY)
        erase_person(connection, keys, ANNA, running_id=None)
    assert load(database, keys, ANNA) is None
    assert load(database, keys, BORIS) == "end"


def test_it_is_sealed_on_the_disk_and_names_nobody(sqlite_database: Database, keys: KeyRing) -> None:
    save(sqlite_database, keys, ANNA, CANARY)
    file = sqlite_database.file
    assert file is not None
    on_disk = b"".join(path.read_bytes() for path in sorted(Path(file.parent).iterdir()))
    assert keys.person_mac(ANNA) in on_disk, "otherwise this looks at the wrong place"
    assert CANARY.encode() not in on_disk
    assert str(ANNA).encode() not in on_disk


def test_what_other_keys_sealed_or_somebody_moved_is_as_good_as_nothing(
    database: Database, keys: KeyRing
) -> None:
    other = ring_from_keys(contact=b"x" * 32, words=b"y" * 32, respondent=None)
    save(database, keys, ANNA, "date")
    save(database, keys, BORIS, "end")
    assert load(database, other, ANNA) is None
    with database.transaction() as connection:
        sealed = connection.execute(
            select(staff_state.c.state_sealed).where(staff_state.c.person_mac == keys.person_mac(ANNA))
        ).scalar_one()
        connection.execute(
            staff_state.update()
            .where(staff_state.c.person_mac == keys.person_mac(BORIS))
            .values(state_sealed=sealed)
        )
    assert load(database, keys, BORIS) is None, "a state opens for the one it was sealed for"
    assert load(database, keys, ANNA) == "date"
