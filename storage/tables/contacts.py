"""Contacts and what hangs on them: the people who can be reached."""

from __future__ import annotations

import datetime as dt
from typing import Any, ClassVar

from sqlalchemy import BigInteger, CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlmodel import Field

from conversations.programme import Reply
from storage.tables.base import WITHOUT_ROWID, Row, one_of


class ContactRow(Row, table=True):
    """Somebody who can be reached.

    `has_stopped` says that they ended every message; `told_station` is the last station they know of.
    """

    __tablename__ = "contact"
    __table_args__: ClassVar[Any] = (
        UniqueConstraint("person_mac"),
        CheckConstraint(
            "(message_consent_version IS NULL) = (message_consent_day IS NULL)"
            " AND (message_consent_version IS NULL) = (message_consent_language IS NULL)",
            name="message_consent",
        ),
        WITHOUT_ROWID,
    )

    id: str = Field(primary_key=True)
    person_mac: bytes
    chat_sealed: bytes
    language: str | None
    has_consented: bool
    message_consent_version: str | None
    message_consent_language: str | None
    message_consent_day: dt.date | None
    screen_message_id: int | None = Field(sa_type=BigInteger)
    seen_day: dt.date
    has_stopped: bool = Field(sa_column_kwargs={"server_default": text("false")})
    follow_consent_version: str | None
    follow_consent_language: str | None
    follow_consent_day: dt.date | None
    told_station: int = Field(sa_type=BigInteger, sa_column_kwargs={"server_default": text("0")})
    told_day: dt.date | None


class SubscriptionRow(Row, table=True):
    """A topic about which a contact wants to be written to."""

    __tablename__ = "subscription"
    __table_args__: ClassVar[Any] = (
        ForeignKeyConstraint(["contact_id"], ["contact.id"], ondelete="CASCADE"),
        Index(None, "topic", "contact_id"),
        WITHOUT_ROWID,
    )

    contact_id: str = Field(primary_key=True)
    topic: str = Field(primary_key=True)


class AttendanceRow(Row, table=True):
    """What a contact said about coming to a forum. `reply` is empty where only a need is known."""

    __tablename__ = "attendance"
    __table_args__: ClassVar[Any] = (
        ForeignKeyConstraint(["contact_id"], ["contact.id"], ondelete="CASCADE"),
        one_of("reply", Reply),
        Index(None, "topic", "reply", "contact_id"),
        WITHOUT_ROWID,
    )

    contact_id: str = Field(primary_key=True)
    topic: str = Field(primary_key=True)
    reply: str | None
    wants_interpreter: bool


class FollowedThemeRow(Row, table=True):
    """A measure or goal of which a contact wants to hear what becomes (`FollowedTheme`)."""

    __tablename__ = "followed_theme"
    __table_args__: ClassVar[Any] = (
        ForeignKeyConstraint(["contact_id"], ["contact.id"], ondelete="CASCADE"),
        Index(None, "theme", "contact_id"),
        WITHOUT_ROWID,
    )

    contact_id: str = Field(primary_key=True)
    theme: str = Field(primary_key=True)
