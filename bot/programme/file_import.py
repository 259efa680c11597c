"""Reads a file with the dates of the forums (Fachforen): a calendar (.ics) or a table (.csv).

Either everything in the file is right, or nothing of it is taken and every mistake is told. This
module must not know what is planned already, nor the clock: `mitreden forum import` compares.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping

from bot.programme.file_csv import read_csv
from bot.programme.file_ics import read_ics
from bot.programme.file_reading import Fields, quote
from conversations.mistakes import Mistakes
from conversations.programme import Forum

_LARGEST_BYTES = 1_000_000
_LINE_BREAK = re.compile(rb"\r\n|\n|\r")
_READERS = {".csv": read_csv, ".ics": read_ics}


def read_programme_file(
    raw: bytes, name: str, fields: Mapping[str, str], zone: dt.tzinfo
) -> Mapping[str, Forum]:
    """Read the forums of a file, by field, in the order of `fields` (code to German name).

    A forum holds what the file says and nothing else. Times without a time zone are taken in `zone`,
    and all are given in it. Raises: ContentError with every mistake in the file.
    """
    mistakes = Mistakes(name)
    found: Mapping[str, Forum] = {}
    read = next((reader for ending, reader in _READERS.items() if name.casefold().endswith(ending)), None)
    if read is None:
        mistakes.add(
            1, f"The name of the file must end in .ics (a calendar) or .csv (a table), not {quote(name)}."
        )
    elif problem := _find_problem(raw):
        mistakes.add(*problem)
    else:
        found = read(raw, Fields(fields, mistakes), zone, mistakes)
    mistakes.raise_any()
    return {code: found[code] for code in fields if code in found}


def _find_problem(raw: bytes) -> tuple[int, str] | None:
    """Find what makes a file unreadable as a whole: the line, and one sentence."""
    if len(raw) > _LARGEST_BYTES:
        return 1, "The file is larger than 1 MB: that cannot be a programme."
    if not raw.strip(b"\xef\xbb\xbf \t\r\n"):
        return 1, "The file is empty."
    if (where := raw.find(0)) >= 0:
        line = len(_LINE_BREAK.findall(raw, 0, where)) + 1
        return line, "This is not a text file. Save a table as “CSV UTF-8”, a calendar as “.ics”."
    return None
