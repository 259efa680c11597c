"""Deputies (Vertretungen): a member who has the roles of another one as well, until a day.

What that means for the roles of a member is `storage.staff_members`.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, delete, select

from storage.tables import staff_deputy
from storage.upserts import insert_or_update


@dataclass(frozen=True, slots=True)
class Deputyship:
    """Somebody stands in for somebody, to the end of the day `until`."""

    member_id: str
    stands_in_for: str
    until: dt.date


_SET = insert_or_update(staff_deputy, ("member_id", "stands_in_for"), lambda new: {"until": new["until"]})
_END = delete(staff_deputy).where(
    staff_deputy.c.member_id == bindparam("deputy"), staff_deputy.c.stands_in_for == bindparam("other")
)
_LIST = (
    select(staff_deputy)
    .where(staff_deputy.c.until >= bindparam("today"))
    .order_by(staff_deputy.c.member_id, staff_deputy.c.stands_in_for)
)
_PRUNE = delete(staff_deputy).where(staff_deputy.c.until < bindparam("today"))


def set_deputy(connection: Connection, member_id: str, stands_in_for: str, until: dt.date) -> None:
    """Let a member stand in for another one; a second time moves the day.

    Raises: ValueError where somebody would stand in for themselves.
    """
    if member_id == stands_in_for:
        raise ValueError("nobody stands in for themselves")
    values = {"member_id": member_id, "stands_in_for": stands_in_for, "until": until}
    connection.execute(_SET.of(connection), values)


def end_deputy(connection: Connection, member_id: str, stands_in_for: str) -> bool:
    """Let a member stand in for another one no longer, and say whether they did."""
    return connection.execute(_END, {"deputy": member_id, "other": stands_in_for}).rowcount > 0


def list_deputies(connection: Connection, *, today: dt.date) -> list[Deputyship]:
    """List who stands in for whom today."""
    rows = connection.execute(_LIST, {"today": today})
    return [Deputyship(row.member_id, row.stands_in_for, row.until) for row in rows]


def prune_deputies(connection: Connection, today: dt.date) -> int:
    """Delete what has ended before a day, and say how much."""
    return connection.execute(_PRUNE, {"today": today}).rowcount
