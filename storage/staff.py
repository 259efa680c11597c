"""Where the members of the staff stand in the staff area. Nothing is here but what they were at.

It goes when they are done, or a day later. This module must not know who is staff (`storage.staff_members`),
nor what a state means.
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy import Connection, bindparam, delete, select

from storage import contexts
from storage.keyring import KeyRing, SealBrokenError
from storage.tables import staff_state
from storage.upserts import insert_or_update

#: How long a half-done step is kept.
STATE_KEPT = dt.timedelta(days=1)

_LOAD = select(staff_state.c.state_sealed).where(staff_state.c.person_mac == bindparam("mac"))
_SAVE = insert_or_update(
    staff_state,
    ("person_mac",),
    lambda new: {"state_sealed": new["state_sealed"], "seen_at": new["seen_at"]},
)
_DELETE = delete(staff_state).where(staff_state.c.person_mac == bindparam("mac"))
_PRUNE = delete(staff_state).where(staff_state.c.seen_at <= bindparam("before"))


def load_state(connection: Connection, keys: KeyRing, telegram_id: int) -> str | None:
    """Load where somebody stands. None: nowhere, or it cannot be read any more."""
    mac = keys.person_mac(telegram_id)
    sealed = connection.execute(_LOAD, {"mac": mac}).scalar_one_or_none()
    if sealed is None:
        return None
    try:
        return keys.open_contact(sealed, contexts.staff_state(mac)).decode()
    except SealBrokenError:
        return None


def save_state(connection: Connection, keys: KeyRing, telegram_id: int, state: str, now: dt.datetime) -> None:
    """Note where somebody stands."""
    mac = keys.person_mac(telegram_id)
    sealed = keys.seal_contact(state.encode(), contexts.staff_state(mac))
    values = {"person_mac": mac, "state_sealed": sealed, "seen_at": now}
    connection.execute(_SAVE.of(connection), values)


def forget_state(connection: Connection, keys: KeyRing, telegram_id: int) -> int:
    """Forget where somebody stands, and say whether that was known."""
    return connection.execute(_DELETE, {"mac": keys.person_mac(telegram_id)}).rowcount


def prune_states(connection: Connection, now: dt.datetime) -> int:
    """Forget what nobody went on with for a day, and say how much."""
    return connection.execute(_PRUNE, {"before": now - STATE_KEPT}).rowcount
