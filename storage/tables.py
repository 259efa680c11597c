"""The tables, in two worlds that share no value.

Contact world (`contact`, `subscription`, `attendance`, `staff_state`, and on their way `inbox` and
`outbox`): sealed and keyed with the contact key. Respondent world (`respondent`, `answer`, `voice`):
found by a pseudonym, dated by ISO week. `wording`, and the programme (`meeting`, `reminder`,
`headcount`), belong to nobody. The tables of people have no row order (no rowid), so that the order of
two inserts says nothing. Rows are not the domain: no module above `storage` may see them.

SQLModel does not validate rows (`table=True`), so what must hold stands in constraints.
"""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from typing import Any, ClassVar

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    Table,
    UniqueConstraint,
    text,
)
from sqlmodel import Field, SQLModel

from conversations.programme import Reply
from storage.vocabulary import InboxState, Lane, OutboxKind, ReminderState, Review, VoiceState

#: Telegram's ids need up to 52 bits (Bot API, "Chat"); SQLite numbers only plain INTEGER keys.
Identity = BigInteger().with_variant(Integer, "sqlite")

_WITHOUT_ROWID = {"sqlite_with_rowid": False}
#: Row numbers are never used twice, so that a late result cannot meet a newer row.
_NEVER_REUSED = {"sqlite_autoincrement": True}


def _one_of(column: str, values: type[StrEnum]) -> CheckConstraint:
    listed = ", ".join(f"'{value.value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


class Row(SQLModel):
    """What all tables share: one catalogue of tables, in which every constraint has a name."""

    metadata: ClassVar[MetaData] = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class ContactRow(Row, table=True):
    """Somebody who can be reached."""

    __tablename__ = "contact"
    __table_args__: ClassVar[Any] = (
        UniqueConstraint("person_mac"),
        CheckConstraint(
            "(message_consent_version IS NULL) = (message_consent_day IS NULL)"
            " AND (message_consent_version IS NULL) = (message_consent_language IS NULL)",
            name="message_consent",
        ),
        _WITHOUT_ROWID,
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


class SubscriptionRow(Row, table=True):
    """A topic about which a contact wants to be written to."""

    __tablename__ = "subscription"
    __table_args__: ClassVar[Any] = (
        ForeignKeyConstraint(["contact_id"], ["contact.id"], ondelete="CASCADE"),
        Index(None, "topic", "contact_id"),
        _WITHOUT_ROWID,
    )

    contact_id: str = Field(primary_key=True)
    topic: str = Field(primary_key=True)


class AttendanceRow(Row, table=True):
    """What a contact said about coming to a forum. `reply` is empty where only a need is known."""

    __tablename__ = "attendance"
    __table_args__: ClassVar[Any] = (
        ForeignKeyConstraint(["contact_id"], ["contact.id"], ondelete="CASCADE"),
        _one_of("reply", Reply),
        Index(None, "topic", "reply", "contact_id"),
        _WITHOUT_ROWID,
    )

    contact_id: str = Field(primary_key=True)
    topic: str = Field(primary_key=True)
    reply: str | None
    wants_interpreter: bool


class RespondentRow(Row, table=True):
    """Somebody who answers, under a pseudonym. `source` is '' where none is known."""

    __tablename__ = "respondent"
    __table_args__: ClassVar[Any] = (_WITHOUT_ROWID,)

    pseudonym: bytes = Field(primary_key=True)
    session_sealed: bytes
    consent_version: str
    consent_language: str
    consent_week: str
    source: str


class AnswerRow(Row, table=True):
    """One answer as it stands. `codes` are joined by "|"; `wording` is a hash of what was shown."""

    __tablename__ = "answer"
    __table_args__: ClassVar[Any] = (
        ForeignKeyConstraint(["pseudonym"], ["respondent.pseudonym"], ondelete="CASCADE"),
        _one_of("review", Review),
        _WITHOUT_ROWID,
    )

    pseudonym: bytes = Field(primary_key=True)
    scope: str = Field(primary_key=True)
    step: str = Field(primary_key=True)
    codes: str
    language: str
    wording: str
    week: str
    words_sealed: bytes | None
    message_mark: str | None
    review: str | None
    released_sealed: bytes | None


class VoiceRow(Row, table=True):
    """The voice message of an answer. `not_before` is empty until a first try has failed."""

    __tablename__ = "voice"
    __table_args__: ClassVar[Any] = (
        ForeignKeyConstraint(
            ["pseudonym", "scope", "step"],
            ["answer.pseudonym", "answer.scope", "answer.step"],
            ondelete="CASCADE",
        ),
        UniqueConstraint("pseudonym", "scope", "step"),
        _one_of("state", VoiceState),
        CheckConstraint("duration_seconds >= 0", name="duration_seconds"),
        CheckConstraint("attempts >= 0", name="attempts"),
        Index(
            "ix_voice_waiting",
            "id",
            sqlite_where=text("state = 'waiting'"),
            postgresql_where=text("state = 'waiting'"),
        ),
        _WITHOUT_ROWID,
    )

    id: str = Field(primary_key=True)
    pseudonym: bytes
    scope: str
    step: str
    file_id_sealed: bytes | None
    duration_seconds: int
    state: str
    attempts: int
    not_before: dt.datetime | None
    lease_until: dt.datetime | None
    data_sealed: bytes | None
    delete_after: dt.date


class WordingRow(Row, table=True):
    """A wording that has been shown, so that an answer can be read years later."""

    __tablename__ = "wording"
    __table_args__: ClassVar[Any] = (_WITHOUT_ROWID,)

    hash: str = Field(primary_key=True)
    step: str
    language: str
    text: str


class StaffStateRow(Row, table=True):
    """Where a member of the staff stands in the staff area, under seal."""

    __tablename__ = "staff_state"
    __table_args__: ClassVar[Any] = (_WITHOUT_ROWID,)

    person_mac: bytes = Field(primary_key=True)
    state_sealed: bytes
    seen_at: dt.datetime


class MeetingRow(Row, table=True):
    """A forum or the council as the staff have planned it, and what people know about it, as JSON."""

    __tablename__ = "meeting"
    __table_args__: ClassVar[Any] = (_WITHOUT_ROWID,)

    topic: str = Field(primary_key=True)
    facts: str
    known: str


class ReminderRow(Row, table=True):
    """One message to all who want it. `cursor` is the last contact for whom it was put out."""

    __tablename__ = "reminder"
    __table_args__: ClassVar[Any] = (
        UniqueConstraint("topic", "kind", "revision"),
        _one_of("state", ReminderState),
        CheckConstraint("expires_at > due_at", name="expires_at"),
        Index(
            "ix_reminder_waiting",
            "due_at",
            sqlite_where=text("state = 'waiting'"),
            postgresql_where=text("state = 'waiting'"),
        ),
        _NEVER_REUSED,
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
    __table_args__: ClassVar[Any] = (CheckConstraint("count >= 0", name="count"), _WITHOUT_ROWID)

    topic: str = Field(primary_key=True)
    what: str = Field(primary_key=True)
    count: int


class InboxRow(Row, table=True):
    """An update that Telegram has been told we have. Body and chat go when it is done."""

    __tablename__ = "inbox"
    __table_args__: ClassVar[Any] = (
        UniqueConstraint("update_id"),
        _one_of("state", InboxState),
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
        _NEVER_REUSED,
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
        _one_of("kind", OutboxKind),
        _one_of("lane", Lane),
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
        _NEVER_REUSED,
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


METADATA = Row.metadata

contact: Table = METADATA.tables["contact"]
subscription: Table = METADATA.tables["subscription"]
attendance: Table = METADATA.tables["attendance"]
respondent: Table = METADATA.tables["respondent"]
answer: Table = METADATA.tables["answer"]
voice: Table = METADATA.tables["voice"]
wording: Table = METADATA.tables["wording"]
staff_state: Table = METADATA.tables["staff_state"]
meeting: Table = METADATA.tables["meeting"]
reminder: Table = METADATA.tables["reminder"]
headcount: Table = METADATA.tables["headcount"]
inbox: Table = METADATA.tables["inbox"]
outbox: Table = METADATA.tables["outbox"]

#: Everything keyed with the contact key; `inbox` and `outbox` are its way in and out.
CONTACT_WORLD = (contact, subscription, attendance, staff_state, inbox, outbox)
#: Everything keyed with the respondent key.
RESPONDENT_WORLD = (respondent, answer, voice)
