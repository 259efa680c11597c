"""Retention (Aufbewahrung): what is deleted because its time is over, not because somebody asked.

Called once an hour or once a day; each call does all that is due. Afterwards the caller
empties SQLite's log with `Database.truncate_wal`.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import Connection, and_, bindparam, delete, select, text

from storage.copies import forget_copies
from storage.inbox import prune_inbox
from storage.outbox import prune_outbox
from storage.staff import prune_states
from storage.staff_deputies import prune_deputies
from storage.staff_invites import prune_invites
from storage.tables import RESPONDENT_WORLD, contact, outbox
from storage.voices import delete_expired_voices

#: How long the contact of somebody is kept who agreed to nothing (DESIGN §7).
UNDECIDED_KEPT = dt.timedelta(days=30)

_IS_UNDECIDED = and_(
    contact.c.has_consented.is_(False),
    contact.c.message_consent_day.is_(None),
    contact.c.follow_consent_day.is_(None),
    contact.c.seen_day <= bindparam("last_day"),
)
_DROP_TO_UNDECIDED = delete(outbox).where(outbox.c.contact_id.in_(select(contact.c.id).where(_IS_UNDECIDED)))
_DELETE_UNDECIDED = delete(contact).where(_IS_UNDECIDED)


@dataclass(frozen=True, slots=True)
class RetentionCounts:
    """How much went, for the log."""

    contacts: int
    voices: int
    update_bodies: int
    update_numbers: int
    messages: int
    staff_states: int = 0
    staff_invites: int = 0
    copies: int = 0
    staff_deputies: int = 0

    @property
    def total(self) -> int:
        """How much went in all."""
        return sum(
            (
                self.contacts,
                self.voices,
                self.update_bodies,
                self.update_numbers,
                self.messages,
                self.staff_states,
                self.staff_invites,
                self.copies,
                self.staff_deputies,
            )
        )


def apply_retention(connection: Connection, now: dt.datetime) -> RetentionCounts:
    """Delete everything whose time is over. Days begin at midnight UTC."""
    today = now.astimezone(dt.UTC).date()
    last_day = {"last_day": today - UNDECIDED_KEPT}
    dropped = connection.execute(_DROP_TO_UNDECIDED, last_day).rowcount
    contacts = connection.execute(_DELETE_UNDECIDED, last_day).rowcount
    update_bodies, update_numbers = prune_inbox(connection, now)
    return RetentionCounts(
        contacts=contacts,
        voices=delete_expired_voices(connection, today),
        update_bodies=update_bodies,
        update_numbers=update_numbers,
        messages=dropped + prune_outbox(connection, now),
        staff_states=prune_states(connection, now),
        staff_invites=prune_invites(connection, now),
        copies=forget_copies(connection, now),
        staff_deputies=prune_deputies(connection, today),
    )


def blur_row_versions(connection: Connection) -> int:
    """Write the respondent world anew on PostgreSQL, and count the rows.

    PostgreSQL keeps with each row the number of the transaction that wrote it (`xmin`), which
    would match the answers of a turn with the contact of the same turn. To be called once a day;
    it holds all these rows for a moment.
    """
    if connection.dialect.name != "postgresql":
        return 0
    count = 0
    for table in RESPONDENT_WORLD:
        column = table.primary_key.columns[0].name
        count += connection.execute(text(f"UPDATE {table.name} SET {column} = {column}")).rowcount  # noqa: S608 (our own names)
    return count
