"""The command `mitreden export`: checks what staff asked for, and shows how far it is.

It writes nothing to the standard output: `bot.cli` prints `render_summary` or `summary_json`.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from conversations.content import Content
from conversations.mistakes import suggest
from storage.database import Database
from storage.export import ExportError, ExportSummary, Selection, write_export
from storage.export.sheet import Progress
from storage.keyring import KeyRing
from storage.schema import REVISIONS, SchemaError, pending

#: The only form of an export so far.
CSV = "csv"
#: How a day may be written: ISO 8601, and the German way.
_DAY_FORMS = ("%Y-%m-%d", "%d.%m.%Y")


def run_export(
    database: Database,
    keys: KeyRing,
    content: Content,
    out: Path,
    *,
    fields: Sequence[str] = (),
    since: str | None = None,
    file_format: str = CSV,
) -> ExportSummary:
    """Write the export into the folder `out`, with a progress bar when somebody is watching.

    `since` is a day; whole ISO weeks are selected, from the one it lies in. Every reason not to
    export is one sentence. Raises: ExportError, SchemaError, DatabaseUnreachableError.
    """
    if file_format != CSV:
        raise ExportError(f"There is no format “{file_format}”; an export is written as {CSV}.")
    selection = parse_selection(content, fields, since)
    require_current(database)
    with _progress_bar() as progress:
        return write_export(database, keys, content, out, selection, progress)


def parse_selection(content: Content, fields: Sequence[str], since: str | None) -> Selection:
    """Read which answers are asked for. Raises: ExportError."""
    for field in fields:
        if field not in content.field_codes:
            known = ", ".join(content.field_codes)
            hint = suggest(field, content.field_codes) or f" Known are {known}."
            raise ExportError(f"There is no field “{field}”.{hint}")
    chosen = tuple(code for code in content.field_codes if code in fields)
    return Selection(chosen, None if since is None else _parse_day(since))


def require_current(database: Database) -> None:
    """Make sure that the database has the form of this version. Raises: SchemaError."""
    missing = pending(database)
    if missing == REVISIONS:
        raise SchemaError("There is no database yet; “mitreden run” or “mitreden preview” makes it.")
    if missing:
        raise SchemaError("The database is not up to date; “mitreden run” brings it up to date.")


def render_summary(summary: ExportSummary) -> str:
    """Say in one line what was written, and in a second one what waits for the review."""
    where = ", ".join(summary.fields) or "all fields"
    when = "" if summary.first_week is None else f", from week {summary.first_week} on"
    line = (
        f"{summary.answers} answers of {summary.respondents} people and {summary.texts} released texts"
        f" written to {summary.folder} ({where}{when})."
    )
    if summary.waiting_texts or summary.waiting_voices:
        line += (
            f"\nNot in it: {summary.waiting_texts} texts and {summary.waiting_voices} voice messages"
            " that nobody has reviewed yet (mitreden review)."
        )
    return line


def summary_json(summary: ExportSummary) -> str:
    """Write the summary for a script."""
    return json.dumps(
        {
            "folder": str(summary.folder),
            "fields": summary.fields,
            "first_week": summary.first_week,
            "respondents": summary.respondents,
            "rows": summary.rows,
            "waiting_texts": summary.waiting_texts,
            "waiting_voices": summary.waiting_voices,
        },
        ensure_ascii=False,
    )


def _parse_day(written: str) -> dt.date:
    for form in _DAY_FORMS:
        with contextlib.suppress(ValueError):
            return dt.datetime.strptime(written.strip(), form).replace(tzinfo=dt.UTC).date()
    raise ExportError(f"“{written}” is not a day; write it like 2027-08-16 or 16.08.2027.")


@contextlib.contextmanager
def _progress_bar() -> Iterator[Progress | None]:
    from rich.console import Console
    from rich.progress import Progress as Bar

    console = Console(stderr=True)
    if not console.is_terminal:
        yield None
        return
    with Bar(console=console, transient=True) as bar:
        task = bar.add_task("Export", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
