"""Sending: how rows leave the outbox, claimed with a lease and settled by their outcome.

Of one chat and lane only the oldest row can be claimed, and nothing while anything of that
chat is in flight: so order is kept, and a mailing to thousands does not hold up an answer. A
lease that runs out leaves something that may have been sent or not: `was_interrupted` says so.
This module must not know how anything is sent.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, and_, bindparam, case, delete, func, select, update

from storage import contexts
from storage.keyring import KeyRing, SealBrokenError
from storage.outbox import open_body
from storage.tables import outbox
from storage.vocabulary import Lane, OutboxKind, Policy

_other = outbox.alias("other")
# Order is kept in a chat and lane; while anything of the chat is in flight, nothing else is.
_IS_NEXT_OF_CHAT = and_(
    outbox.c.lease_until.is_(None),
    ~select(_other.c.id)
    .where(
        _other.c.chat_mac == outbox.c.chat_mac,
        _other.c.lane == outbox.c.lane,
        _other.c.id < outbox.c.id,
    )
    .exists(),
    ~select(_other.c.id)
    .where(_other.c.chat_mac == outbox.c.chat_mac, _other.c.lease_until.is_not(None))
    .exists(),
)
_DUE = (
    select(outbox.c.id)
    .where(
        outbox.c.lane == bindparam("in_lane"),
        outbox.c.not_before <= bindparam("now"),
        _IS_NEXT_OF_CHAT,
    )
    .order_by(outbox.c.id)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
    .cte("due")
)
_CLAIM = (
    update(outbox)
    .where(outbox.c.id.in_(select(_DUE.c.id)))
    .values(attempts=outbox.c.attempts + 1, lease_until=bindparam("until"))
    .returning(outbox)
)
_IS_CLAIMED = and_(outbox.c.id == bindparam("key"), outbox.c.lease_until == bindparam("lease"))
_FINISH = delete(outbox).where(outbox.c.id == bindparam("key"), outbox.c.revision == bindparam("sent"))
_RELEASE = update(outbox).where(_IS_CLAIMED).values(lease_until=None, was_interrupted=False)
_RETRY = update(outbox).where(_IS_CLAIMED)
_GIVE_BACK = _RETRY.values(attempts=case((outbox.c.attempts > 0, outbox.c.attempts - 1), else_=0))
_EXPIRE = (
    update(outbox)
    .where(outbox.c.lease_until <= bindparam("now"), outbox.c.id.not_in(bindparam("kept", expanding=True)))
    .values(lease_until=None, was_interrupted=True)
)
_EXPIRE_ALL = (
    update(outbox).where(outbox.c.lease_until.is_not(None)).values(lease_until=None, was_interrupted=True)
)
_WAITS = and_(outbox.c.lane == bindparam("in_lane"), _IS_NEXT_OF_CHAT)
#: While a mailing goes out, the first row that is due answers; all that waits is looked at only if none is.
_NEXT_DUE = select(
    func.coalesce(
        select(outbox.c.not_before)
        .where(_WAITS, outbox.c.not_before <= bindparam("now"))
        .order_by(outbox.c.id)
        .limit(1)
        .scalar_subquery(),
        select(func.min(outbox.c.not_before)).where(_WAITS).scalar_subquery(),
    )
)
_DELETE = delete(outbox).where(outbox.c.id == bindparam("key"))


@dataclass(frozen=True, slots=True)
class ClaimedMessage:
    """Something that is being sent until its lease runs out.

    `attempts` counts this one. With `was_interrupted`, an earlier attempt ended without an
    outcome, so it may have been sent already.
    """

    id: int
    revision: int
    purpose: str
    chat_id: int
    contact_id: str | None
    kind: OutboxKind
    lane: Lane
    body: dict[str, Any]
    attempts: int
    was_interrupted: bool
    lease_until: dt.datetime
    created_at: dt.datetime
    reminder_id: int | None = None
    announcement_id: int | None = None
    policy: Policy = Policy.NEVER_MISSED

    @property
    def has_words(self) -> bool:
        """Whether the body says what to send; the words of a mailing are found when it is sent."""
        return self.kind is not OutboxKind.MESSAGE or "text" in self.body


def claim_due(
    connection: Connection,
    keys: KeyRing,
    *,
    lane: Lane,
    now: dt.datetime,
    lease: dt.timedelta,
    limit: int,
) -> tuple[ClaimedMessage, ...]:
    """Claim what is due, the oldest first and of each chat one at most.

    Commit before sending. What cannot be opened with these keys, or is of a kind that this version
    does not know, can never be sent and is deleted.
    """
    parameters = {"in_lane": lane.value, "now": now, "until": now + lease, "most": limit}
    claimed = []
    for row in sorted(connection.execute(_CLAIM, parameters).all(), key=lambda row: int(row.id)):
        try:
            claimed.append(_read(keys, row))
        except (SealBrokenError, ValueError):
            connection.execute(_DELETE, {"key": row.id})
    return tuple(claimed)


def finish(connection: Connection, claimed: ClaimedMessage) -> bool:
    """Delete what has been sent or can never be. False: it was replaced meanwhile and is due again."""
    sent = {"key": claimed.id, "sent": claimed.revision}
    if connection.execute(_FINISH, sent).rowcount == 1:
        return True
    released = connection.execute(_RELEASE, _claim_of(claimed))
    return released.rowcount == 0


def retry(connection: Connection, claimed: ClaimedMessage, not_before: dt.datetime) -> None:
    """Give something back for later, and count the attempt: it failed, or nobody knows its outcome."""
    connection.execute(_RETRY, _claim_of(claimed) | {"not_before": not_before, "lease_until": None})


def give_back(connection: Connection, claimed: ClaimedMessage, not_before: dt.datetime) -> None:
    """Give something back for later without counting the attempt: the whole bot had to wait."""
    connection.execute(_GIVE_BACK, _claim_of(claimed) | {"not_before": not_before, "lease_until": None})


def release_expired_leases(connection: Connection, now: dt.datetime, under_way: Collection[int] = ()) -> int:
    """Take back what somebody claimed and never settled, and say how much.

    `under_way` are the rows that this process is sending: a clock that jumps does not end their lease.
    """
    return connection.execute(_EXPIRE, {"now": now, "kept": sorted(under_way)}).rowcount


def release_all_leases(connection: Connection) -> int:
    """Take everything back at the start of the only process that sends, and say how much."""
    return connection.execute(_EXPIRE_ALL).rowcount


def next_due_at(connection: Connection, lane: Lane, now: dt.datetime) -> dt.datetime | None:
    """Tell when there is something to claim, a moment that has passed if there is something now.

    None when nothing waits or all waits for a sending.
    """
    parameters = {"in_lane": lane.value, "now": now}
    found: dt.datetime | None = connection.execute(_NEXT_DUE, parameters).scalar_one()
    return found


def _read(keys: KeyRing, row: Row[Any]) -> ClaimedMessage:
    return ClaimedMessage(
        id=row.id,
        revision=row.revision,
        purpose=row.purpose,
        chat_id=int(keys.open_contact(row.chat_sealed, contexts.outbox_chat(row.purpose))),
        contact_id=row.contact_id,
        kind=OutboxKind(row.kind),
        lane=Lane(row.lane),
        body=open_body(keys, row.body_sealed, row.purpose),
        attempts=row.attempts,
        was_interrupted=row.was_interrupted,
        lease_until=row.lease_until,
        created_at=row.created_at,
        reminder_id=row.reminder_id,
        announcement_id=row.announcement_id,
        policy=Policy(row.policy),
    )


def _claim_of(claimed: ClaimedMessage) -> dict[str, object]:
    return {"key": claimed.id, "lease": claimed.lease_until}
