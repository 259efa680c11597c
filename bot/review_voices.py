"""`mitreden review --voices`: the voice messages that wait, as files to listen to.

Only field, question and language stand in the names, and the numbers are drawn anew each time.
"""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path

from bot.export_command import require_current
from bot.settings import StartError
from storage import review
from storage.database import Database
from storage.keyring import KeyRing


def write_voices(database: Database, keys: KeyRing, folder: Path) -> tuple[Path, ...]:
    """Write the waiting voice messages, for the owner of the folder only. They go on waiting.

    Raises: StartError where nothing can be written, SchemaError, DatabaseUnreachableError.
    """
    require_current(database)
    written: list[Path] = []
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with database.reading() as connection:
            for number, spoken in enumerate(review.load_spoken(connection, keys), 1):
                path = folder / f"{number:03}-{spoken.scope}-{spoken.step}-{spoken.language}.ogg"
                with open(path, "wb", opener=partial(os.open, mode=0o600)) as file:
                    file.write(spoken.sound)
                written.append(path)
    except OSError as error:
        reason = (error.strerror or "unknown reason").lower()
        raise StartError(f"The voice messages cannot be written to {folder}: {reason}.") from None
    return tuple(written)
