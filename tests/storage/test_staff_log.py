"""The trail of the staff: everything that was done, in its order, with nothing of what was said."""

from __future__ import annotations

import datetime as dt

import pytest

from storage.database import Database
from storage.staff_log import COMMAND_LINE, Deed, list_log, log
from tests.support.databases import NOW

LATER = NOW + dt.timedelta(minutes=1)


def test_the_last_deed_stands_first_with_who_what_and_when(database: Database) -> None:
    with database.transaction() as connection:
        log(connection, "k7m2", Deed.REQUESTED, "7", "ab12", now=NOW)
        log(connection, COMMAND_LINE, Deed.EXPORTED, now=LATER)
    with database.reading() as connection:
        last, first = list_log(connection, 10)
        assert [entry.id for entry in list_log(connection, 1)] == [last.id]
    assert (first.who, first.deed, first.subject, first.digest) == ("k7m2", Deed.REQUESTED, "7", "ab12")
    assert (first.at, last.at) == (NOW, LATER)
    assert (last.who, last.deed, last.subject, last.digest) == ("command line", Deed.EXPORTED, "", "")


def test_a_deed_that_is_undone_leaves_no_line(database: Database) -> None:
    def fail_after_writing() -> None:
        with database.transaction() as connection:
            log(connection, "k7m2", Deed.REVOKED, "p3q8", now=NOW)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_after_writing()
    with database.reading() as connection:
        assert list_log(connection, 10) == []
