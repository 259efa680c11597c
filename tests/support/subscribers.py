"""People who want to hear of meetings, and the staff who change them, straight in the database.

    desk = Desk(database, keys)
    anna = desk.subscriber(ANNA, "forum_arbeit")
    desk.change("forum_arbeit", meeting=meeting("2027-09-23"))
    assert desk.deliver() == [(anna, ReminderKind.CHANGED, ["09-16"])]

What is put out is sent as `bot.delivery` and `bot.pushes` do it: row by row, and not where a reminder
was overtaken or is not wanted any more. Only the words are missing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Connection, select

from conversations.person import Consent
from conversations.programme import Event, Forum, Programme, Reply
from conversations.reminders import ReminderKind
from storage import attendance, audience, contacts, sending
from storage.database import Database
from storage.keyring import KeyRing
from storage.programme import Effect, change_event, load_programme, preview_change, seed_programme
from storage.reminders import Page, Reminder, find_reminder, list_waiting, put_out_page
from storage.tables import METADATA
from storage.vocabulary import Lane, ReminderState
from tests.support.meetings import BERLIN, on, planned

ARBEIT, BILDUNG, COUNCIL, RESULTS = "forum_arbeit", "forum_bildung", "council", "results"
LEASE = dt.timedelta(seconds=60)
#: What somebody was sent: who, what, and the days of the meetings named as no longer valid.
Sent = tuple[str, ReminderKind, list[str]]


def subscribe(
    connection: Connection,
    keys: KeyRing,
    telegram_id: int,
    *topics: str,
    language: str | None = "de",
    agreed: bool = True,
    replies: Mapping[str, Reply] | None = None,
) -> str:
    """Make somebody who wants to hear of these topics, and return the contact's id."""
    day = dt.date(2027, 8, 18)
    contact_id = contacts.create_contact(connection, keys, telegram_id, today=day).id
    if language is not None:
        contacts.set_language(connection, contact_id, language)
    if agreed:
        contacts.set_message_consent(connection, contact_id, Consent("1", language or "de", day))
    for topic in topics:
        contacts.subscribe(connection, contact_id, topic)
    for topic, reply in (replies or {}).items():
        attendance.save_reply(connection, contact_id, topic, reply, seats=None)
    return contact_id


@dataclass
class Desk:
    """The programme of `tests.support.meetings` in a database, at a time that is set by hand."""

    database: Database
    keys: KeyRing
    now: dt.datetime = field(default_factory=lambda: on("2027-08-18", "14:30"))
    first: Programme = field(default_factory=lambda: planned().programme)

    def __post_init__(self) -> None:
        with self.database.transaction() as connection:
            seed_programme(connection, self.first, self.now)

    # People

    def subscriber(self, telegram_id: int, *topics: str, **more: Any) -> str:
        """Make somebody who wants to hear of these topics."""
        with self.database.transaction() as connection:
            return subscribe(connection, self.keys, telegram_id, *topics, **more)

    def subscribers(self, number: int, *topics: str) -> list[str]:
        """Make many people alike."""
        return [self.subscriber(7_000_000_000 + each, *topics) for each in range(number)]

    # Staff

    def event(self, topic: str) -> Event:
        """Look at a meeting as it stands."""
        with self.database.reading() as connection:
            return load_programme(connection, self.first).events[topic]

    def forum(self, topic: str = ARBEIT) -> Forum:
        """Look at a forum as it stands."""
        found = self.event(topic)
        assert isinstance(found, Forum)
        return found

    def change(self, topic: str = ARBEIT, **changes: Any) -> Effect:
        """Change a meeting now."""
        before = self.event(topic)
        with self.database.transaction() as connection:
            return change_event(connection, topic, before, replace(before, **changes), self.now)

    def preview(self, topic: str = ARBEIT, **changes: Any) -> Effect:
        """Ask what a change would do now."""
        before = self.event(topic)
        with self.database.transaction() as connection:
            return preview_change(connection, topic, before, replace(before, **changes), self.now)

    # What is planned and sent

    def waiting(self, topic: str = ARBEIT, kinds: Iterable[ReminderKind] = ReminderKind) -> list[Reminder]:
        """List what is still to be put out about a topic."""
        wanted = frozenset(kinds)
        with self.database.reading() as connection:
            found = list_waiting(connection, BERLIN)
        return [each for each in found if each.topic == topic and each.kind in wanted]

    def put_out_page(self, limit: int = 100) -> Page | None:
        """Put one page of what is due now into the outbox."""
        with self.database.transaction() as connection:
            return put_out_page(connection, self.keys, self.now, BERLIN, limit=limit)

    def put_out(self, limit: int = 100) -> list[Page]:
        """Put everything that is due now into the outbox."""
        pages = []
        while (page := self.put_out_page(limit)) is not None:
            pages.append(page)
            assert len(pages) < 1_000, "there is no end"
        return pages

    def claim(self, most: int = 100) -> list[sending.ClaimedMessage]:
        """Begin to send what lies in the outbox, to each person one message at most."""
        with self.database.transaction() as connection:
            return list(
                sending.claim_due(
                    connection, self.keys, lane=Lane.BULK, now=self.now, lease=LEASE, limit=most
                )
            )

    def send(self, claimed: Iterable[sending.ClaimedMessage]) -> list[Sent]:
        """Send what was claimed, and say what people got."""
        sent: list[Sent] = []
        with self.database.transaction() as connection:
            for row in claimed:
                told = find_reminder(connection, row.reminder_id or 0, BERLIN)
                assert told is not None
                assert row.contact_id is not None
                is_valid = told.state is not ReminderState.REPLACED and self.now < told.expires_at
                if is_valid and audience.is_wanted(connection, told.topic, told.kind, row.contact_id):
                    sent.append(
                        (row.contact_id, told.kind, [f"{each.starts:%m-%d}" for each in told.earlier])
                    )
                assert sending.finish(connection, row)
        return sent

    def send_all(self) -> list[Sent]:
        """Send everything that lies in the outbox."""
        sent: list[Sent] = []
        while claimed := self.claim():
            sent += self.send(claimed)
        return sent

    def deliver(self) -> list[Sent]:
        """Put out and send everything that is due now."""
        self.put_out()
        return self.send_all()

    def rows(self, *tables: str) -> dict[str, list[dict[str, Any]]]:
        """Read every row of these tables."""
        with self.database.reading() as connection:
            return {
                name: sorted(
                    (dict(row) for row in connection.execute(select(METADATA.tables[name])).mappings()),
                    key=repr,
                )
                for name in tables
            }
