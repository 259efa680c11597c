"""Voice answers: fetching their files later, keeping them sealed, deleting them in time.

A turn stores only what Telegram announced. A job claims it with a lease, fetches, and says
how that went; after a crash the lease runs out and the file is fetched again, which does no
harm. This module must not know how a file is fetched.
"""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, and_, bindparam, delete, func, literal_column, or_, select, update

from conversations.incoming import Voice
from storage import contexts
from storage.keyring import KeyRing, SealBrokenError
from storage.tables import answer as answers
from storage.tables import voice as voices
from storage.vocabulary import Review, VoiceState

# A constant in the statement, or the partial index would not be used.
_IS_WAITING = voices.c.state == literal_column("'waiting'")
_IS_DUE = and_(
    _IS_WAITING,
    or_(voices.c.not_before.is_(None), voices.c.not_before <= bindparam("now")),
    or_(voices.c.lease_until.is_(None), voices.c.lease_until <= bindparam("now")),
)
_DUE = (
    select(voices.c.id)
    .where(_IS_DUE)
    .order_by(voices.c.id)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
    .cte("due")
)
_CLAIM = (
    update(voices)
    .where(voices.c.id.in_(select(_DUE.c.id)))
    .values(attempts=voices.c.attempts + 1, lease_until=bindparam("until"))
    .returning(
        voices.c.id,
        voices.c.file_id_sealed,
        voices.c.duration_seconds,
        voices.c.attempts,
        voices.c.lease_until,
    )
)
_SETTLE = update(voices).where(voices.c.id == bindparam("key"), _IS_WAITING)
_RETRY = _SETTLE.where(voices.c.lease_until == bindparam("lease"))
_NEXT_DUE = select(
    func.min(
        func.coalesce(
            voices.c.lease_until, voices.c.not_before, bindparam("at_once", type_=voices.c.not_before.type)
        )
    )
).where(_IS_WAITING)
_DATA = select(voices.c.id, voices.c.data_sealed).where(
    voices.c.pseudonym == bindparam("whose"),
    voices.c.scope == bindparam("of_scope"),
    voices.c.step == bindparam("of_step"),
)
_IS_EXPIRED = voices.c.delete_after < bindparam("today")
_NOTHING_LEFT_TO_REVIEW = (
    update(answers)
    .where(
        answers.c.review == Review.WAITING.value,
        answers.c.words_sealed.is_(None),
        select(voices.c.id)
        .where(
            voices.c.pseudonym == answers.c.pseudonym,
            voices.c.scope == answers.c.scope,
            voices.c.step == answers.c.step,
            _IS_EXPIRED,
        )
        .exists(),
    )
    .values(review=None)
)
_DELETE_EXPIRED = delete(voices).where(_IS_EXPIRED)


@dataclass(frozen=True, slots=True)
class ClaimedVoice:
    """A voice message that somebody is fetching until the lease runs out."""

    id: str
    voice: Voice
    attempts: int
    lease_until: dt.datetime


def claim_voices(
    connection: Connection, keys: KeyRing, *, now: dt.datetime, lease: dt.timedelta, limit: int
) -> tuple[ClaimedVoice, ...]:
    """Claim voice messages to fetch, in no order that says anything about people.

    One that cannot be opened is marked as failed and not claimed.
    """
    rows = connection.execute(_CLAIM, {"now": now, "until": now + lease, "most": limit}).all()
    claimed = []
    for row in rows:
        try:
            announced = json.loads(keys.open_respondent(row.file_id_sealed, contexts.voice_file(row.id)))
        except SealBrokenError:
            _settle(connection, row.id, VoiceState.FAILED, None)
            continue
        file_id, size_bytes, mime_type = announced
        voice = Voice(file_id, row.duration_seconds, size_bytes, mime_type)
        claimed.append(ClaimedVoice(row.id, voice, row.attempts, row.lease_until))
    return tuple(claimed)


def mark_fetched(connection: Connection, keys: KeyRing, claimed: ClaimedVoice, data: bytes) -> bool:
    """Keep the sound under seal and forget the file id. False: the answer is gone by now."""
    sealed = keys.seal_respondent(data, contexts.voice_data(claimed.id))
    return _settle(connection, claimed.id, VoiceState.FETCHED, sealed)


def mark_failed(connection: Connection, claimed: ClaimedVoice) -> bool:
    """Give a voice message up. False: the answer is gone by now."""
    return _settle(connection, claimed.id, VoiceState.FAILED, None)


def retry_voice(connection: Connection, claimed: ClaimedVoice, not_before: dt.datetime) -> bool:
    """Give a voice message back for later. False: it is gone, or somebody else has claimed it."""
    values = {"key": claimed.id, "lease": claimed.lease_until, "not_before": not_before, "lease_until": None}
    return connection.execute(_RETRY, values).rowcount == 1


def next_voice_due_at(connection: Connection, now: dt.datetime) -> dt.datetime | None:
    """Tell when there is a voice message to fetch; None when nothing waits."""
    found: dt.datetime | None = connection.execute(_NEXT_DUE, {"at_once": now}).scalar_one()
    return found


def find_voice_data(
    connection: Connection, keys: KeyRing, pseudonym: bytes, scope: str, step: str
) -> bytes | None:
    """Find the sound of an answer. Raises: SealBrokenError."""
    place = {"whose": pseudonym, "of_scope": scope, "of_step": step}
    row = connection.execute(_DATA, place).first()
    if row is None or row.data_sealed is None:
        return None
    return keys.open_respondent(row.data_sealed, contexts.voice_data(row.id))


def delete_expired_voices(connection: Connection, today: dt.date) -> int:
    """Delete the voice messages whose last day is over, and say how many.

    An answer that had only its voice, not yet written down, has nothing left to review.
    """
    connection.execute(_NOTHING_LEFT_TO_REVIEW, {"today": today})
    return connection.execute(_DELETE_EXPIRED, {"today": today}).rowcount


def _settle(connection: Connection, voice_id: str, state: VoiceState, data: bytes | None) -> bool:
    values: dict[str, Any] = {
        "key": voice_id,
        "state": state.value,
        "data_sealed": data,
        "file_id_sealed": None,
        "not_before": None,
        "lease_until": None,
    }
    return connection.execute(_SETTLE, values).rowcount == 1
