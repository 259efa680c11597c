"""Contacts: everything a person chose is there again, and nobody else's."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from conversations.person import Consent
from storage import contacts
from storage.database import Database
from storage.keyring import KeyRing, ring_from_keys
from storage.tables import subscription
from tests.support.databases import ANNA, BORIS, CONSENT, TODAY


def test_a_stranger_is_nobody(database: Database, keys: KeyRing) -> None:
    with database.transaction() as connection:
        assert contacts.load_contact(connection, keys, ANNA) is None
        assert contacts.find_contact(connection, keys, ANNA) is None


def test_a_new_contact_has_chosen_nothing(database: Database, keys: KeyRing) -> None:
    with database.transaction() as connection:
        made = contacts.create_contact(connection, keys, ANNA, today=TODAY)
    assert made == contacts.Contact(
        id=made.id,
        telegram_id=ANNA,
        language=None,
        has_consented=False,
        message_consent=None,
        subscriptions=frozenset(),
        screen_message_id=None,
    )
    assert len(made.id) == 16
    with database.reading() as connection:
        assert contacts.find_contact(connection, keys, ANNA) == made


def test_everything_chosen_is_there_again(database: Database, keys: KeyRing) -> None:
    with database.transaction() as connection:
        anna = contacts.create_contact(connection, keys, ANNA, today=TODAY).id
        boris = contacts.create_contact(connection, keys, BORIS, today=TODAY).id
        contacts.set_language(connection, anna, "uk")
        contacts.mark_consented(connection, anna)
        contacts.set_message_consent(connection, anna, CONSENT)
        contacts.set_screen_message(connection, anna, 2**40)
        contacts.mark_seen(connection, anna, TODAY + dt.timedelta(days=1))
        for topic in ("forum_arbeit", "council", "council"):
            contacts.subscribe(connection, anna, topic)
    with database.transaction() as connection:
        loaded = contacts.load_contact(connection, keys, ANNA)
        assert loaded == contacts.find_contact(connection, keys, ANNA)
        other = contacts.find_contact(connection, keys, BORIS)
    assert loaded == contacts.Contact(
        id=anna,
        telegram_id=ANNA,
        language="uk",
        has_consented=True,
        message_consent=Consent("v1", "de", TODAY),
        subscriptions=frozenset({"forum_arbeit", "council"}),
        screen_message_id=2**40,
    )
    assert other is not None
    assert (other.id, other.language, other.subscriptions) == (boris, None, frozenset())


def test_subscriptions_and_consent_can_be_taken_back(database: Database, keys: KeyRing) -> None:
    with database.transaction() as connection:
        anna = contacts.create_contact(connection, keys, ANNA, today=TODAY).id
        boris = contacts.create_contact(connection, keys, BORIS, today=TODAY).id
        for contact_id in (anna, boris):
            contacts.subscribe(connection, contact_id, "council")
            contacts.subscribe(connection, contact_id, "results")
        contacts.unsubscribe(connection, anna, {"council", "never_there"})
        contacts.unsubscribe(connection, anna, ())
        contacts.set_message_consent(connection, anna, CONSENT)
        contacts.set_message_consent(connection, anna, None)
        contacts.set_screen_message(connection, anna, 5)
        contacts.set_screen_message(connection, anna, None)
    with database.reading() as connection:
        found = contacts.find_contact(connection, keys, ANNA)
        assert found is not None
        assert found.subscriptions == {"results"}
        assert found.message_consent is None
        assert found.screen_message_id is None
        other = contacts.find_contact(connection, keys, BORIS)
        assert other is not None
        assert other.subscriptions == {"council", "results"}


def test_a_deleted_contact_takes_its_subscriptions_along(database: Database, keys: KeyRing) -> None:
    with database.transaction() as connection:
        anna = contacts.create_contact(connection, keys, ANNA, today=TODAY).id
        contacts.subscribe(connection, anna, "council")
        contacts.delete_contact(connection, anna)
        contacts.delete_contact(connection, anna)
        assert contacts.find_contact(connection, keys, ANNA) is None
        assert connection.execute(select(subscription)).all() == []


def test_a_person_is_there_once(database: Database, keys: KeyRing) -> None:
    with database.transaction() as connection:
        contacts.create_contact(connection, keys, ANNA, today=TODAY)
    with pytest.raises(IntegrityError), database.transaction() as connection:
        contacts.create_contact(connection, keys, ANNA, today=TODAY)


def test_other_keys_are_noticed(database: Database, keys: KeyRing) -> None:
    other = ring_from_keys(contact=b"x" * 32, words=b"y" * 32, respondent=None)
    with database.transaction() as connection:
        assert contacts.keys_fit(connection, other)
        contacts.create_contact(connection, keys, ANNA, today=TODAY)
        assert contacts.keys_fit(connection, keys)
        assert not contacts.keys_fit(connection, other)
