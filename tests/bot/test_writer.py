"""Work that is committed together: a piece that fails takes no other with it, none is told early."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from bot.writer import Writer
from storage.database import Database
from tests.support.databases import NewUrl


def _add(value: int) -> object:
    def work(connection: Connection) -> int:
        connection.execute(text("INSERT INTO noted (value) VALUES (:value)"), {"value": value})
        if value % 5 == 0:
            raise ValueError(value)
        return value

    return work


async def test_one_failure_undoes_itself_alone(new_url: NewUrl, tmp_path: Path) -> None:
    steps: list[str] = []
    database = Database.open(new_url(), on_statement=steps.append)
    writer = Writer(database)
    await writer(lambda c: c.execute(text("CREATE TABLE noted (value INTEGER PRIMARY KEY)")))
    steps.clear()
    found = await asyncio.gather(*(writer(_add(value)) for value in range(1, 101)), return_exceptions=True)
    assert [value for value in found if isinstance(value, int)] == [v for v in range(1, 101) if v % 5]
    assert sum(isinstance(value, ValueError) for value in found) == 20
    with database.reading() as connection:
        kept = connection.execute(text("SELECT value FROM noted ORDER BY value")).scalars().all()
    assert kept == [value for value in range(1, 101) if value % 5]
    assert steps.count("after COMMIT") < 50
    writer.close()
    database.close()


async def test_a_commit_that_fails_is_told_to_everybody(new_url: NewUrl) -> None:
    class DiskIsFull(BaseException):
        pass

    fails = [False]

    def break_commit(step: str) -> None:
        if fails[0] and step == "before COMMIT":
            raise DiskIsFull

    database = Database.open(new_url(), on_statement=break_commit)
    writer = Writer(database)
    await writer(lambda c: c.execute(text("CREATE TABLE noted (value INTEGER PRIMARY KEY)")))
    fails[0] = True
    found = await asyncio.gather(*(writer(_add(value)) for value in (1, 2, 3)), return_exceptions=True)
    fails[0] = False
    assert all(isinstance(value, DiskIsFull) for value in found)
    with database.reading() as connection:
        assert connection.execute(text("SELECT count(*) FROM noted")).scalar_one() == 0
    with pytest.raises(ValueError, match="5"):
        await writer(_add(5))
    writer.close()
    database.close()
