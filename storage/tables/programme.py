"""The programme, its reminders, and how measures and goals stand."""

from __future__ import annotations

import datetime as dt
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field

from storage.tables.base import NEVER_REUSED, WITHOUT_ROWID, Identity, Row, one_of
from storage.vocabulary import ReminderState


class MeetingRow(Row, table=True):
    """A forum or the council as the staff have planned it, and what people know about it, as JSON."""

    __tablename__ = "meeting"
    __table_args__: ClassVar[Any] = (WITHOUT_ROWID,)

    topic: str = Field(primary_key=True)
    facts: str
    known: str


class ReminderRow(Row, table=True):
    """One message to all who want it. `cursor` is the last contact for whom it was put out."""

    __tablename__ = "reminder"
    __table_args__: ClassVar[Any] = (
        UniqueConstraint("topic", "kind", "revision"),
        one_of("state", ReminderState),
        CheckConstraint("expires_at > due_at", name="expires_at"),
        Index(
            "ix_reminder_waiting",
            "due_at",
            sqlite_where=text("state = 'waiting'"),
            postgresql_where=text("state = 'waiting'"),
        ),
        NEVER_REUSED,
    )

    id: int | None = Field(primary_key=True, sa_type=Identity)
    topic: str
    kind: str
    revision: int
    due_at: dt.datetime
    expires_at: dt.datetime
    earlier: str
    state: str
    cursor: str
    planned_count: int


class HeadcountRow(Row, table=True):
    """How many were registered for a forum, or needed something there, after the rows of people went."""

    __tablename__ = "headcount"
    __table_args__: ClassVar[Any] = (CheckConstraint("count >= 0", name="count"), WITHOUT_ROWID)

    topic: str = Field(primary_key=True)
    what: str = Field(primary_key=True)
    count: int


class StationRow(Row, table=True):
    """How a measure or goal stands since a day (`Station`), as the staff have recorded it."""

    __tablename__ = "station"
    __table_args__: ClassVar[Any] = (
        CheckConstraint("(code = 'not_taken') = (reason IS NOT NULL)", name="reason"),
        Index(None, "theme", "id"),
        NEVER_REUSED,
    )

    id: int | None = Field(primary_key=True, sa_type=Identity)
    theme: str
    code: str
    reason: str | None
    url: str
    day: dt.date
