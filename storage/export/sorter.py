"""Sorting more rows than fit into memory, by a database of SQLite's without a name.

SQLite keeps it in a temporary file that is deleted while still open, so that it is gone with
the process. What goes in lies there in plain view for that time: no words of people.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from types import TracebackType

#: Rows written and read at a time.
BATCH_ROWS = 500

Value = str | int | bytes


class Sorter:
    """Takes rows of a fixed width in any order and gives them back by their first columns."""

    def __init__(self, *, columns: int, sorted_by: int) -> None:
        names = [f"c{number}" for number in range(columns)]
        self._insert = f"INSERT INTO row VALUES ({', '.join('?' * columns)})"  # noqa: S608 (question marks)
        self._select = f"SELECT * FROM row ORDER BY {', '.join(names[:sorted_by])}"  # noqa: S608 (numbered names)
        self._waiting: list[Sequence[Value]] = []
        self._store = sqlite3.connect("", isolation_level=None)
        self._store.execute(f"CREATE TABLE row ({', '.join(names)})")
        self._store.execute("BEGIN")

    def __enter__(self) -> Sorter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._store.close()

    def add(self, row: Sequence[Value]) -> None:
        """Take a row."""
        self._waiting.append(row)
        if len(self._waiting) >= BATCH_ROWS:
            self._write()

    def __iter__(self) -> Iterator[tuple[Value, ...]]:
        self._write()
        cursor = self._store.execute(self._select)
        cursor.arraysize = BATCH_ROWS
        yield from cursor

    def _write(self) -> None:
        self._store.executemany(self._insert, self._waiting)
        self._waiting.clear()
