"""Copies that have arrived, by their age; and the choice of what is done where nobody knows."""

from __future__ import annotations

import datetime as dt

import pytest

from storage import announcements
from storage.announcements import ChangedMeanwhileError, WrongStateError
from storage.copies import count_sent_since
from storage.database import Database
from storage.keyring import KeyRing
from storage.staff_log import Deed, list_log
from storage.vocabulary import CopyState, Policy
from tests.support.announced import ANNE, BERND, Announcing
from tests.support.databases import ANNA, BORIS
from tests.support.subscribers import COUNCIL, subscribe

CLARA = 5_000_000_003
HOUR = dt.timedelta(hours=1)


@pytest.fixture
def town(database: Database, keys: KeyRing) -> Announcing:
    return Announcing(database, keys)


def test_only_copies_that_arrived_since_are_counted(town: Announcing) -> None:
    with town.database.transaction() as connection:
        for telegram_id in (ANNA, BORIS, CLARA):
            subscribe(connection, town.keys, telegram_id, COUNCIL, language="de")
    number = town.approved()
    town.run()
    first, second, third = town.claim()
    town.settle(first)
    early = town.now
    town.now += HOUR
    town.settle(second)
    town.settle(third, CopyState.FAILED)

    def since(moment: dt.datetime) -> int:
        with town.database.reading() as connection:
            return count_sent_since(connection, number, moment)

    assert [since(early), since(early + HOUR / 2), since(town.now), since(town.now + HOUR)] == [2, 1, 1, 0]


def test_the_policy_is_chosen_in_a_draft_and_never_later(town: Announcing) -> None:
    number = town.draft()
    before = town.get(number)
    with town.database.transaction() as connection:
        chosen = announcements.choose_policy(connection, before, Policy.NEVER_TWICE, ANNE, town.now)
        assert chosen.policy is Policy.NEVER_TWICE
        assert list_log(connection, 1)[0].deed is Deed.TEXT
        with pytest.raises(ChangedMeanwhileError):
            announcements.choose_policy(connection, before, Policy.NEVER_MISSED, BERND, town.now)
        asked = announcements.request(connection, chosen, ANNE, town.now)
        with pytest.raises(WrongStateError):
            announcements.choose_policy(connection, asked, Policy.NEVER_MISSED, BERND, town.now)
    assert town.get(number).policy is Policy.NEVER_TWICE
