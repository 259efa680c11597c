"""The members of the staff: who they are, what they may do, who stands in for whom, invitations.

A member has a short random id, by which the town names them; Telegram ids are sealed and hashed. This
module must not know settings nor what an area of the staff does.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

from storage.vocabulary import StaffOrigin


class Role(StrEnum):
    """What a member may do. The values are stored: never change one."""

    AUTHOR = "author"
    APPROVER = "approver"
    REVIEWER = "reviewer"
    EXPORT = "export"
    ADMIN = "admin"


ALL_ROLES = frozenset(Role)


@dataclass(frozen=True, slots=True)
class Member:
    """A member as of now. `roles` are their own and those of the people they stand in for today."""

    id: str
    telegram_id: int
    origin: StaffOrigin
    own_roles: frozenset[Role]
    roles: frozenset[Role]
    language: str
    joined_at: dt.datetime
