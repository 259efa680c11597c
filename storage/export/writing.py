"""Writes the four files of an export from one view of the database, or none of them.

Every reason why an export cannot be made is an `ExportError`.
"""

from __future__ import annotations

import sqlite3
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection

from conversations.content import Content
from storage.database import Database
from storage.export import answers_sheet, codebook_sheet, profile_sheet, texts_sheet
from storage.export.codes import Codes
from storage.export.drafts import Draft, publish_all
from storage.export.selection import Selection
from storage.export.sheet import Meter, Progress, Sheet
from storage.keyring import KeyRing, SealBrokenError
from storage.review import count_reviews

ANSWERS, PROFILE, TEXTS, CODEBOOK = "answers.csv", "profile.csv", "texts.csv", "codebook.csv"
_COLUMNS = {
    ANSWERS: answers_sheet.COLUMNS,
    PROFILE: profile_sheet.COLUMNS,
    TEXTS: texts_sheet.COLUMNS,
    CODEBOOK: codebook_sheet.COLUMNS,
}
#: The folder is for the owner, like the files in it.
_PRIVATE_FOLDER = 0o700


class ExportError(Exception):
    """An export cannot be made; the message is one sentence for staff."""


@dataclass(frozen=True, slots=True)
class ExportSummary:
    """What was written. `rows` gives the rows of each file without its heading.

    `first_week` is the first week selected, `waiting_texts` and `waiting_voices` count what staff
    have not released yet, in all fields.
    """

    folder: Path
    fields: tuple[str, ...]
    first_week: str | None
    respondents: int
    rows: dict[str, int]
    waiting_texts: int
    waiting_voices: int

    @property
    def answers(self) -> int:
        """How many answers were written."""
        return self.rows[ANSWERS]

    @property
    def texts(self) -> int:
        """How many released texts were written."""
        return self.rows[TEXTS]


def write_export(
    database: Database,
    keys: KeyRing,
    content: Content,
    folder: Path,
    selection: Selection,
    progress: Progress | None = None,
) -> ExportSummary:
    """Write `answers.csv`, `profile.csv`, `texts.csv` and `codebook.csv` into a folder.

    All four take the place of earlier ones when the last of them is done; until then, and
    when anything goes wrong, the folder stays as it was. Raises: ExportError, DatabaseUnreachableError.
    """
    try:
        folder.mkdir(mode=_PRIVATE_FOLDER, parents=True, exist_ok=True)
        with ExitStack() as stack:
            drafts: list[Draft] = []
            sheets: dict[str, Sheet] = {}
            for name, columns in _COLUMNS.items():
                drafts.append(Draft(folder, name))
                stack.callback(drafts[-1].discard)
                sheets[name] = Sheet(drafts[-1], columns)
            with database.reading() as connection:
                summary = _write(connection, keys, Codes(content), folder, selection, sheets, progress)
            publish_all(folder, drafts)
    except OSError as error:
        reason = (error.strerror or "unknown reason").lower()
        raise ExportError(f"The folder {folder} cannot be written to: {reason}.") from None
    except sqlite3.Error as error:
        raise ExportError(f"The answers cannot be sorted in the temporary folder: {error}.") from None
    except SealBrokenError:
        raise ExportError(
            "A released text cannot be opened: the key file belongs to another database."
        ) from None
    return summary


def _write(
    connection: Connection,
    keys: KeyRing,
    codes: Codes,
    folder: Path,
    selection: Selection,
    sheets: dict[str, Sheet],
    progress: Progress | None,
) -> ExportSummary:
    # Each answer is read once and written once.
    total = 2 * answers_sheet.count_answers(connection, selection)
    meter = Meter(total + texts_sheet.count_texts(connection, selection), progress)
    people = answers_sheet.write_answers(connection, sheets[ANSWERS], codes, selection, meter)
    profile_sheet.write_profile(connection, sheets[PROFILE], codes)
    texts_sheet.write_texts(connection, keys, sheets[TEXTS], codes, selection, meter)
    codebook_sheet.write_codebook(connection, sheets[CODEBOOK], codes)
    waiting = count_reviews(connection)
    return ExportSummary(
        folder=folder,
        fields=selection.fields,
        first_week=selection.first_week,
        respondents=people,
        rows={name: sheet.rows for name, sheet in sheets.items()},
        waiting_texts=waiting.texts,
        waiting_voices=waiting.voices,
    )
