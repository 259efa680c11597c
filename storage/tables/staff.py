"""The staff: members, who stands in for whom, invitations, and the trail of what they did."""

from __future__ import annotations

import datetime as dt
from typing import Any, ClassVar

from sqlalchemy import ForeignKeyConstraint, UniqueConstraint
from sqlmodel import Field

from storage.tables.base import NEVER_REUSED, WITHOUT_ROWID, Identity, Row, one_of
from storage.vocabulary import StaffOrigin


class StaffStateRow(Row, table=True):
    """Where a member of the staff stands in the staff area, under seal."""

    __tablename__ = "staff_state"
    __table_args__: ClassVar[Any] = (WITHOUT_ROWID,)

    person_mac: bytes = Field(primary_key=True)
    state_sealed: bytes
    seen_at: dt.datetime


class StaffMemberRow(Row, table=True):
    """Somebody of the staff. The id is short and random; `roles` are joined by "|"."""

    __tablename__ = "staff_member"
    __table_args__: ClassVar[Any] = (
        UniqueConstraint("person_mac"),
        one_of("origin", StaffOrigin),
        WITHOUT_ROWID,
    )

    id: str = Field(primary_key=True)
    person_mac: bytes
    chat_sealed: bytes
    origin: str
    roles: str
    language: str
    joined_at: dt.datetime
    reminded_week: str


class StaffDeputyRow(Row, table=True):
    """A member who stands in for another one (Vertretung), with the roles of that one, until a day."""

    __tablename__ = "staff_deputy"
    __table_args__: ClassVar[Any] = (
        ForeignKeyConstraint(["member_id"], ["staff_member.id"], ondelete="CASCADE"),
        WITHOUT_ROWID,
    )

    member_id: str = Field(primary_key=True)
    stands_in_for: str = Field(primary_key=True)
    until: dt.date


class StaffInviteRow(Row, table=True):
    """An invitation to the staff. Its token is not stored, only a hash; it works once."""

    __tablename__ = "staff_invite"
    __table_args__: ClassVar[Any] = (WITHOUT_ROWID,)

    token_hash: bytes = Field(primary_key=True)
    roles: str
    invited_by: str
    expires_at: dt.datetime


class StaffLogRow(Row, table=True):
    """One deed of the staff: who, what, on what, when; never what it says."""

    __tablename__ = "staff_log"
    __table_args__: ClassVar[Any] = (NEVER_REUSED,)

    id: int | None = Field(primary_key=True, sa_type=Identity)
    at: dt.datetime
    who: str
    deed: str
    subject: str
    digest: str
