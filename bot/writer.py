"""The one thread that writes, and how work that was asked for at the same time shares a commit.

Knows transactions and threads. Must not know what is written.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection

from storage.database import Database

#: How much work one commit may carry.
MOST_TOGETHER = 50

_T = TypeVar("_T")


class _Asked(Generic[_T]):
    """A piece of work that waits for the writer, and what became of it."""

    def __init__(self, work: Callable[[Connection], _T]) -> None:
        self.work = work
        self.result: Future[_T] = Future()
        self._value: list[_T] = []
        self._error: Exception | None = None

    def take(self, connection: Connection) -> None:
        """Do it. What goes wrong undoes the whole transaction."""
        self._value.append(self.work(connection))

    def take_apart(self, connection: Connection) -> None:
        """Do it beside other work. What goes wrong undoes this piece alone."""
        try:
            with connection.begin_nested():
                self.take(connection)
        except Exception as error:
            self._error = error

    def settle(self) -> None:
        """Tell who asked, once the transaction is committed."""
        if self._error is not None:
            self.result.set_exception(self._error)
        else:
            self.result.set_result(self._value[0])


class Writer:
    """The one thread that writes. What is asked for at the same time is committed together.

    A commit waits for the disk, for milliseconds on a busy one. Twenty people at once would wait
    for four commits each; so the work that has gathered meanwhile shares the next one.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="writer")
        self._asked: deque[_Asked[Any]] = deque()

    async def __call__(self, work: Callable[[Connection], _T]) -> _T:
        """Run a function in a transaction and return what it returned, once that is committed."""
        asked = _Asked(work)
        self._asked.append(asked)
        self._thread.submit(self._work_off)
        return await asyncio.wrap_future(asked.result)

    async def run(self, work: Callable[[], _T]) -> _T:
        """Run a function in the writing thread, outside a transaction."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def close(self) -> None:
        """Wait for what is being written, and take nothing more."""
        self._thread.shutdown(wait=True)

    def _work_off(self) -> None:
        """Do what has gathered in one transaction. One call a piece of work, so nothing is left over."""
        group: list[_Asked[Any]] = []
        while self._asked and len(group) < MOST_TOGETHER:
            asked = self._asked.popleft()
            if asked.result.set_running_or_notify_cancel():
                group.append(asked)
        if not group:
            return
        try:
            with self._database.transaction() as connection:
                for asked in group:
                    if len(group) == 1:
                        asked.take(connection)
                    else:
                        asked.take_apart(connection)
        except BaseException as error:
            for asked in group:
                asked.result.set_exception(error)
        else:
            for asked in group:
                asked.settle()
