"""Two worlds: nothing stored links who can be reached with what somebody answered.

And the data inventory names every column, with why it is there and when it goes.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import Table, select, update

from storage.database import Database
from storage.keyring import KeyRing
from storage.tables import (
    CONTACT_WORLD,
    METADATA,
    RESPONDENT_WORLD,
    announcement,
    approval,
    headcount,
    meeting,
    reminder,
    staff_log,
    station,
    wording,
)
from tests.support.databases import ANNA
from tests.support.people import live

INVENTORY = Path(__file__).with_name("data_inventory.yml")
#: Values by which up to so many of twenty people stand out are compared.
FEW = 5


def test_every_table_belongs_to_one_world_or_to_nobody() -> None:
    nobodys = (wording, meeting, reminder, headcount, station, announcement, approval, staff_log)
    worlds = [*CONTACT_WORLD, *RESPONDENT_WORLD, *nobodys]
    assert sorted(table.name for table in worlds) == sorted(METADATA.tables)
    assert len(worlds) == len(set(worlds))


def test_no_reference_leads_from_one_world_to_the_other() -> None:
    seen = 0
    for world in (CONTACT_WORLD, RESPONDENT_WORLD):
        for table in world:
            for reference in table.foreign_keys:
                seen += 1
                assert reference.column.table in world
    assert seen >= 3


def test_no_value_by_which_a_person_stands_out_is_in_both_worlds(database: Database, keys: KeyRing) -> None:
    """Twenty people with a row everywhere: whatever few of them share in one world is not in the other."""
    for number in range(20):
        with database.transaction() as connection:
            live(connection, keys, ANNA + number, number)
    contact_values, respondent_values = (
        values_of(database, CONTACT_WORLD),
        values_of(database, RESPONDENT_WORLD),
    )
    columns = {"contact.person_mac", "outbox.chat_mac", "inbox.update_id"}
    assert columns <= set().union(*contact_values.values())
    assert {"respondent.pseudonym", "answer.message_mark"} <= set().union(*respondent_values.values())
    assert set(contact_values) & set(respondent_values) == set()


def test_a_link_would_be_noticed(database: Database, keys: KeyRing) -> None:
    with database.transaction() as connection:
        contact_id = live(connection, keys, ANNA)
        connection.execute(update(METADATA.tables["respondent"]).values(source=contact_id))
    shared = set(values_of(database, CONTACT_WORLD)) & set(values_of(database, RESPONDENT_WORLD))
    assert contact_id in shared


def values_of(database: Database, world: Iterable[Table]) -> dict[Any, set[str]]:
    """List the values by which people stand out, with the columns that hold them."""
    places: dict[Any, set[str]] = defaultdict(set)
    counts: Counter[tuple[str, Any]] = Counter()
    with database.reading() as connection:
        for table in world:
            for row in connection.execute(select(table)).mappings():
                for name, value in row.items():
                    # Switches and counters of attempts are the same for everybody.
                    if value is None or isinstance(value, bool) or name in ("attempts", "revision"):
                        continue
                    key = bytes(value) if isinstance(value, bytes | memoryview) else value
                    places[key].add(f"{table.name}.{name}")
                    counts[f"{table.name}.{name}", key] += 1
    return {
        value: columns
        for value, columns in places.items()
        if any(counts[column, value] <= FEW for column in columns)
    }


def test_respondents_have_no_day_and_no_hour(database: Database, keys: KeyRing) -> None:
    """After a voice has been fetched, the only date left is a Sunday on which it goes."""
    dated = {
        column.name: column.table.name
        for table in RESPONDENT_WORLD
        for column in table.columns
        if "DATE" in str(column.type.compile()).upper()
    }
    assert dated == {"not_before": "voice", "lease_until": "voice", "delete_after": "voice"}
    with database.transaction() as connection:
        live(connection, keys, ANNA)
        voice = METADATA.tables["voice"]
        fetched = connection.execute(select(voice).where(voice.c.state == "fetched")).one()
    assert (fetched.not_before, fetched.lease_until) == (None, None)
    assert fetched.delete_after.isoweekday() == 7


inventory: dict[str, dict[str, dict[str, str]]] = yaml.safe_load(INVENTORY.read_text(encoding="utf-8"))


def test_the_inventory_lists_exactly_the_columns_there_are() -> None:
    listed = {(table, column) for table, columns in inventory.items() for column in columns}
    there = {(table.name, column.name) for table in METADATA.tables.values() for column in table.columns}
    assert len(there) > 50
    assert listed - there == set()
    assert there - listed == set()


@pytest.mark.parametrize("table", sorted(METADATA.tables))
def test_the_inventory_says_everything_about_each_column(table: str) -> None:
    for column, entry in inventory[table].items():
        assert set(entry) == {"purpose", "basis", "form", "kept", "erased"}, (table, column)
        assert all(isinstance(value, str) and len(value) > 3 for value in entry.values()), (table, column)
        assert entry["form"] in {"plain", "sealed", "keyed hash", "random id", "number"}
        if column.endswith("_sealed"):
            assert entry["form"] == "sealed"
        if column.endswith("_mac") or column in ("pseudonym", "message_mark"):
            assert entry["form"] == "keyed hash"
