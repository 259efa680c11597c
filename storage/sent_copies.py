"""The copies of an announcement that have arrived, by their age: Telegram lets only young ones be taken away.

This module must not know how long that is, nor the clock.
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy import Connection, bindparam, func, select

from storage.tables import announcement_copy
from storage.vocabulary import CopyState

_SENT_SINCE = select(func.count()).where(
    announcement_copy.c.announcement_id == bindparam("number"),
    announcement_copy.c.state == CopyState.SENT.value,
    announcement_copy.c.message_id.is_not(None),
    announcement_copy.c.sent_at >= bindparam("since"),
)


def count_sent_since(connection: Connection, number: int, since: dt.datetime) -> int:
    """Count the people whose copy was sent at a moment or later."""
    return int(connection.execute(_SENT_SINCE, {"number": number, "since": since}).scalar_one())
