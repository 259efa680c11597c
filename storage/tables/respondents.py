"""Respondents: what people answered, under a pseudonym, dated by ISO week."""

from __future__ import annotations

import datetime as dt
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlmodel import Field

from storage.tables.base import WITHOUT_ROWID, Row, one_of
from storage.vocabulary import Review, VoiceState


class RespondentRow(Row, table=True):
    """Somebody who answers, under a pseudonym. `source` is '' where none is known."""

    __tablename__ = "respondent"
    __table_args__: ClassVar[Any] = (WITHOUT_ROWID,)

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
        one_of("review", Review),
        WITHOUT_ROWID,
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
        one_of("state", VoiceState),
        CheckConstraint("duration_seconds >= 0", name="duration_seconds"),
        CheckConstraint("attempts >= 0", name="attempts"),
        Index(
            "ix_voice_waiting",
            "id",
            sqlite_where=text("state = 'waiting'"),
            postgresql_where=text("state = 'waiting'"),
        ),
        WITHOUT_ROWID,
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
    __table_args__: ClassVar[Any] = (WITHOUT_ROWID,)

    hash: str = Field(primary_key=True)
    step: str
    language: str
    text: str
