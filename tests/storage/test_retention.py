"""Retention: there a second before the deadline, gone at it."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from sqlalchemy import select, text

from storage import contacts, inbox, outbox
from storage.database import Database
from storage.keyring import KeyRing
from storage.outbox import OutboxMessage
from storage.retention import RetentionCounts, apply_retention, blur_row_versions
from storage.tables import METADATA, contact
from storage.vocabulary import OutboxKind
from tests.support.databases import ANNA, BORIS, CONSENT, NOW, TODAY
from tests.support.people import live

SECOND = dt.timedelta(seconds=1)
NOTHING = RetentionCounts(contacts=0, voices=0, update_bodies=0, update_numbers=0, messages=0)
THIRTY_DAYS = dt.datetime(2027, 9, 17, tzinfo=dt.UTC)
AROUND = pytest.mark.parametrize(("after", "gone"), [(-SECOND, 0), (dt.timedelta(0), 1), (SECOND, 1)])


@AROUND
def test_who_agreed_to_nothing_goes_after_thirty_days(
    database: Database, keys: KeyRing, after: dt.timedelta, gone: int
) -> None:
    with database.transaction() as connection:
        undecided = contacts.create_contact(connection, keys, ANNA, today=TODAY).id
        contacts.set_language(connection, undecided, "fa")
        contacts.subscribe(connection, undecided, "council")
        answering = contacts.create_contact(connection, keys, BORIS, today=TODAY).id
        contacts.mark_consented(connection, answering)
        reading = contacts.create_contact(connection, keys, BORIS + 1, today=TODAY).id
        contacts.set_message_consent(connection, reading, CONSENT)
        later = THIRTY_DAYS - dt.timedelta(days=1)
        for chat, contact_id in ((ANNA, undecided), (BORIS, answering)):
            message = OutboxMessage(f"screen:{contact_id}", chat, contact_id, OutboxKind.SCREEN, {})
            outbox.put(connection, keys, message, later)
    with database.transaction() as connection:
        counts = apply_retention(connection, THIRTY_DAYS + after)
        left = set(connection.execute(select(contact.c.id)).scalars())
    assert counts == replace(NOTHING, contacts=gone, messages=gone)
    assert counts.total == 2 * gone
    assert left == {answering, reading} | (set() if gone else {undecided})


def test_who_comes_back_starts_anew(database: Database, keys: KeyRing) -> None:
    with database.transaction() as connection:
        undecided = contacts.create_contact(connection, keys, ANNA, today=TODAY).id
        contacts.mark_seen(connection, undecided, TODAY + dt.timedelta(days=1))
        assert apply_retention(connection, THIRTY_DAYS).contacts == 0
        assert apply_retention(connection, THIRTY_DAYS + dt.timedelta(days=1)).contacts == 1


@AROUND
def test_voices_go_when_their_last_day_is_over(
    database: Database, keys: KeyRing, after: dt.timedelta, gone: int
) -> None:
    """Fourteen days from Wednesday 18 August are Wednesday 1 September; the Sunday before is the 29th."""
    with database.transaction() as connection:
        live(connection, keys, ANNA)
        counts = apply_retention(connection, dt.datetime(2027, 8, 30, tzinfo=dt.UTC) + after)
    assert counts.voices == 2 * gone


def test_the_way_in_and_out_is_cleared(database: Database, keys: KeyRing) -> None:
    with database.transaction() as connection:
        live(connection, keys, ANNA)
    week = NOW + dt.timedelta(days=7)
    for now, expected in (
        (NOW + dt.timedelta(hours=24) - SECOND, NOTHING),
        (NOW + dt.timedelta(hours=24), replace(NOTHING, update_bodies=1, staff_states=1, staff_invites=1)),
        (week - SECOND, NOTHING),
        # Of two messages one is in flight; the done and the quarantined number go.
        (week, replace(NOTHING, update_numbers=2, messages=1)),
        (week + SECOND, NOTHING),
    ):
        with database.transaction() as connection:
            assert apply_retention(connection, now) == expected
    with database.transaction() as connection:
        assert inbox.count_waiting_updates(connection) == 1


def test_days_begin_at_midnight_utc_wherever_now_is_told(database: Database, keys: KeyRing) -> None:
    with database.transaction() as connection:
        contacts.create_contact(connection, keys, ANNA, today=TODAY)
        berlin = dt.timezone(dt.timedelta(hours=2))
        early = dt.datetime(2027, 9, 17, 1, 59, 59, tzinfo=berlin)
        assert apply_retention(connection, early) == NOTHING
        assert apply_retention(connection, early + SECOND).contacts == 1


def test_row_versions_no_longer_tell_which_turn_wrote_a_row(database: Database, keys: KeyRing) -> None:
    with database.transaction() as connection:
        live(connection, keys, ANNA)
    with database.transaction() as connection:
        live(connection, keys, BORIS, 1)
    with database.reading() as connection:
        before = {table.name: connection.execute(select(table)).all() for table in METADATA.sorted_tables}

    def versions(*tables: str) -> set[str]:
        with database.reading() as connection:
            return {
                version
                for table in tables
                for version in connection.execute(text(f"SELECT xmin::text FROM {table}")).scalars()
            }

    if database.dialect == "sqlite":
        with database.transaction() as connection:
            assert blur_row_versions(connection) == 0
        return
    assert versions("contact") & versions("respondent", "answer", "voice")
    with database.transaction() as connection:
        assert blur_row_versions(connection) == 2 + 8 + 4
    assert not versions("contact") & versions("respondent", "answer", "voice")
    assert len(versions("respondent", "answer", "voice")) == 1
    with database.reading() as connection:
        for table in METADATA.sorted_tables:
            assert sorted(connection.execute(select(table)).all(), key=repr) == sorted(
                before[table.name], key=repr
            )
