"""Announcements (Ankündigungen), who approved them, and the copy of each person."""

from __future__ import annotations

import datetime as dt
from typing import Any, ClassVar

from sqlalchemy import BigInteger, CheckConstraint, ForeignKeyConstraint, Index, text
from sqlmodel import Field

from storage.tables.base import NEVER_REUSED, WITHOUT_ROWID, Identity, Row, one_of
from storage.vocabulary import CopyState, MailingState, Policy


class AnnouncementRow(Row, table=True):
    """An announcement (Ankündigung): what it says, to whom, and how far it is.

    `facts` is `conversations.announcements` as JSON. `author`, `approver` and `editors` are ids of staff
    members, or `command line`. `corrects` is the announcement that this one mends. `cursor` is the last
    contact for whom a copy has been listed. The counts outlive the copies.
    """

    __tablename__ = "announcement"
    __table_args__: ClassVar[Any] = (
        one_of("state", MailingState),
        one_of("policy", Policy),
        CheckConstraint("revision >= 1", name="revision"),
        Index(
            "ix_announcement_active",
            "id",
            sqlite_where=text("state IN ('approved', 'listing', 'sending')"),
            postgresql_where=text("state IN ('approved', 'listing', 'sending')"),
        ),
        NEVER_REUSED,
    )

    id: int | None = Field(primary_key=True, sa_type=Identity)
    facts: str
    state: str
    policy: str
    revision: int
    author: str | None
    approver: str | None
    editors: str
    corrects: int | None = Field(sa_type=BigInteger)
    begins_at: dt.datetime | None
    started_at: dt.datetime | None
    ended_at: dt.datetime | None
    cursor: str
    listed_count: int
    sent_count: int
    unknown_count: int
    unreachable_count: int
    failed_count: int
    dropped_count: int


class ApprovalRow(Row, table=True):
    """That a second person approved the text of one language; `digest` is a hash of all that is sent."""

    __tablename__ = "approval"
    __table_args__: ClassVar[Any] = (
        ForeignKeyConstraint(["announcement_id"], ["announcement.id"], ondelete="CASCADE"),
        WITHOUT_ROWID,
    )

    announcement_id: int = Field(primary_key=True, sa_type=BigInteger)
    language: str = Field(primary_key=True)
    digest: str


class AnnouncementCopyRow(Row, table=True):
    """One person's copy of an announcement; it goes with the person."""

    __tablename__ = "announcement_copy"
    __table_args__: ClassVar[Any] = (
        ForeignKeyConstraint(["contact_id"], ["contact.id"], ondelete="CASCADE"),
        one_of("state", CopyState),
        Index(None, "contact_id"),
        Index(None, "announcement_id", "state", "contact_id"),
        WITHOUT_ROWID,
    )

    announcement_id: int = Field(primary_key=True, sa_type=BigInteger)
    contact_id: str = Field(primary_key=True)
    state: str
    language: str | None
    message_id: int | None = Field(sa_type=BigInteger)
    sent_at: dt.datetime | None
