"""A sheet: rows of neutralised cells as CSV, in the form that a German spreadsheet opens."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable

from storage.export.cells import neutralise
from storage.export.drafts import Draft

#: What German spreadsheets expect between two cells and at the end of a line.
SEPARATOR, LINE_END = ";", "\r\n"

#: Told after every few rows how many have been worked on, and of how many.
Progress = Callable[[int, int], None]


class Sheet:
    """One file of an export, row by row."""

    def __init__(self, draft: Draft, columns: tuple[str, ...]) -> None:
        self._writer = csv.writer(draft.file, delimiter=SEPARATOR, lineterminator=LINE_END)
        self._writer.writerow(columns)
        self.rows = 0

    def add(self, cells: Iterable[str]) -> None:
        """Write a row. Each cell that looks like a formula is marked as text."""
        self._writer.writerow([neutralise(cell) for cell in cells])
        self.rows += 1


class Meter:
    """Counts rows on behalf of a progress bar."""

    def __init__(self, total: int, progress: Progress | None, *, every: int = 500) -> None:
        self._total, self._progress, self._every = total, progress, every
        self._done = 0

    def step(self) -> None:
        """Count a row."""
        self._done += 1
        if self._progress is not None and (self._done % self._every == 0 or self._done == self._total):
            self._progress(self._done, self._total)
