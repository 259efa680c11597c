"""The trail of the staff: who did what, to what, and when; never what a text says.

Whoever is a member stands here under their id, never under a name or a Telegram id. Nothing is
taken out again. This module must not know what a deed does.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Connection, bindparam, insert, select

from storage.database import Database
from storage.tables import staff_log

#: Who stands in the trail for what was done on the command line, where nobody can be told apart.
COMMAND_LINE = "command line"


class Deed(StrEnum):
    """What was done. The values are stored: never change one."""

    DRAFT = "draft"
    TEXT = "text"
    CHECK = "check"
    TEST_SENT = "test_sent"
    REQUESTED = "requested"
    APPROVED = "approved"
    APPROVED_ALONE = "approved_alone"
    APPROVAL_LOST = "approval_lost"
    HELD_BACK = "held_back"
    RELEASED = "released"
    CANCELLED = "cancelled"
    STARTED = "started"
    PAUSED = "paused"
    RESUMED = "resumed"
    STOPPED = "stopped"
    DONE = "done"
    CORRECTED = "corrected"
    INVITED = "invited"
    JOINED = "joined"
    REVOKED = "revoked"
    DEPUTY = "deputy"
    DEPUTY_ENDED = "deputy_ended"
    DATE_CHANGED = "date_changed"
    STATION = "station"
    EXPORTED = "exported"
    REVIEWED = "reviewed"


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One line of the trail. `subject` is an id or a code, `digest` a hash of what was approved or sent."""

    id: int
    at: dt.datetime
    who: str
    deed: Deed
    subject: str
    digest: str


_LOG = insert(staff_log)
_LIST = select(staff_log).order_by(staff_log.c.id.desc()).limit(bindparam("limit"))


def log(
    connection: Connection, who: str, deed: Deed, subject: str = "", digest: str = "", *, now: dt.datetime
) -> None:
    """Write a deed into the trail, in the transaction that does it."""
    values = {"at": now, "who": who, "deed": deed.value, "subject": subject, "digest": digest}
    connection.execute(_LOG, values)


def log_on_command_line(database: Database, deed: Deed, subject: str, now: dt.datetime) -> None:
    """Write a deed of the command line into the trail, in a transaction of its own."""
    with database.transaction() as connection:
        log(connection, COMMAND_LINE, deed, subject, now=now)


def list_log(connection: Connection, limit: int) -> list[LogEntry]:
    """List the newest deeds, the last one first."""
    return [
        LogEntry(row.id, row.at, row.who, Deed(row.deed), row.subject, row.digest)
        for row in connection.execute(_LIST, {"limit": limit})
    ]
