"""The way in and the way out: updates from Telegram, and what is to be sent."""

from __future__ import annotations

import datetime as dt
from typing import Any, ClassVar

from sqlalchemy import BigInteger, CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field

from storage.tables.base import NEVER_REUSED, Identity, Row, one_of
from storage.vocabulary import InboxState, Lane, OutboxKind, Policy


class InboxRow(Row, table=True):
    """An update that Telegram has been told we have. Body and chat go when it is done."""

    __tablename__ = "inbox"
    __table_args__: ClassVar[Any] = (
        UniqueConstraint("update_id"),
        one_of("state", InboxState),
        CheckConstraint("attempts >= 0", name="attempts"),
        CheckConstraint("state <> 'done' OR (body_sealed IS NULL AND chat_mac IS NULL)", name="emptied"),
        Index(
            "ix_inbox_waiting",
            "id",
            sqlite_where=text("state = 'waiting'"),
            postgresql_where=text("state = 'waiting'"),
        ),
        Index(
            "ix_inbox_chat",
            "chat_mac",
            "id",
            sqlite_where=text("state = 'waiting'"),
            postgresql_where=text("state = 'waiting'"),
        ),
        Index(None, "received_at"),
        NEVER_REUSED,
    )

    id: int | None = Field(primary_key=True, sa_type=Identity)
    update_id: int = Field(sa_type=BigInteger)
    chat_mac: bytes | None
    body_sealed: bytes | None
    state: str
    reason: str | None
    attempts: int
    not_before: dt.datetime
    received_at: dt.datetime


class OutboxRow(Row, table=True):
    """Something to be sent. The chat lies in the row, so that the reply to an erasure still goes."""

    __tablename__ = "outbox"
    __table_args__: ClassVar[Any] = (
        UniqueConstraint("purpose"),
        one_of("kind", OutboxKind),
        one_of("lane", Lane),
        CheckConstraint("attempts >= 0", name="attempts"),
        CheckConstraint("revision >= 1", name="revision"),
        Index("ix_outbox_chat", "chat_mac", "lane", "id"),
        Index(
            "ix_outbox_reminder",
            "reminder_id",
            sqlite_where=text("reminder_id IS NOT NULL"),
            postgresql_where=text("reminder_id IS NOT NULL"),
        ),
        Index(
            "ix_outbox_announcement",
            "announcement_id",
            sqlite_where=text("announcement_id IS NOT NULL"),
            postgresql_where=text("announcement_id IS NOT NULL"),
        ),
        Index(
            "ix_outbox_due",
            "lane",
            "id",
            sqlite_where=text("lease_until IS NULL"),
            postgresql_where=text("lease_until IS NULL"),
        ),
        Index(
            "ix_outbox_leased",
            "chat_mac",
            sqlite_where=text("lease_until IS NOT NULL"),
            postgresql_where=text("lease_until IS NOT NULL"),
        ),
        NEVER_REUSED,
    )

    id: int | None = Field(primary_key=True, sa_type=Identity)
    purpose: str
    chat_mac: bytes
    chat_sealed: bytes
    contact_id: str | None
    kind: str
    lane: str
    body_sealed: bytes
    revision: int
    attempts: int
    was_interrupted: bool
    not_before: dt.datetime
    lease_until: dt.datetime | None
    created_at: dt.datetime
    reminder_id: int | None = Field(sa_type=BigInteger)
    announcement_id: int | None = Field(sa_type=BigInteger)
    policy: str = Field(sa_column_kwargs={"server_default": Policy.NEVER_MISSED.value})
