"""The outbox: each purpose once, each chat in order, each outcome settled."""

from __future__ import annotations

import datetime as dt
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import select, text

from storage import outbox as box
from storage import sending
from storage.database import Database
from storage.keyring import KeyRing, ring_from_keys
from storage.outbox import OutboxMessage
from storage.sending import ClaimedMessage
from storage.tables import outbox
from storage.vocabulary import Lane, OutboxKind
from tests.support.databases import ANNA, BORIS, NOW

LEASE = dt.timedelta(seconds=60)
SECOND = dt.timedelta(seconds=1)


def message(purpose: str, chat_id: int = ANNA, *, lane: Lane = Lane.REPLY, **body: object) -> OutboxMessage:
    return OutboxMessage(purpose, chat_id, "c1", OutboxKind.SCREEN, {"text": "Grüß Gott", **body}, lane)


def put(database: Database, keys: KeyRing, *messages: OutboxMessage, now: dt.datetime = NOW) -> None:
    with database.transaction() as connection:
        for put_out in messages:
            box.put(connection, keys, put_out, now)


def claim(
    database: Database,
    keys: KeyRing,
    *,
    now: dt.datetime = NOW,
    lane: Lane = Lane.REPLY,
    limit: int = 10,
) -> list[ClaimedMessage]:
    with database.transaction() as connection:
        return list(sending.claim_due(connection, keys, lane=lane, now=now, lease=LEASE, limit=limit))


def finish(database: Database, claimed: ClaimedMessage) -> bool:
    with database.transaction() as connection:
        return sending.finish(connection, claimed)


def test_a_message_comes_back_as_it_was(database: Database, keys: KeyRing) -> None:
    put(database, keys, message("screen:c1", n=1))
    [claimed] = claim(database, keys)
    assert claimed == ClaimedMessage(
        id=1, revision=1, purpose="screen:c1", chat_id=ANNA, contact_id="c1", kind=OutboxKind.SCREEN,
        lane=Lane.REPLY, body={"text": "Grüß Gott", "n": 1}, attempts=1, was_interrupted=False,
        lease_until=NOW + LEASE, created_at=NOW,
    )  # fmt: skip
    assert claim(database, keys, now=NOW + 2 * LEASE) == []
    assert finish(database, claimed)
    assert finish(database, claimed)
    with database.reading() as connection:
        assert box.count_waiting(connection) == {Lane.REPLY: 0, Lane.BULK: 0}


def test_a_purpose_is_there_once_and_says_the_newest(database: Database, keys: KeyRing) -> None:
    put(database, keys, message("screen:c1", n=1), message("other"), message("screen:c1", n=2))
    with database.reading() as connection:
        assert box.find_body(connection, keys, "screen:c1") == {"text": "Grüß Gott", "n": 2}
        assert box.find_body(connection, keys, "never") is None
        assert box.count_waiting(connection) == {Lane.REPLY: 2, Lane.BULK: 0}
    [claimed] = claim(database, keys)
    assert (claimed.purpose, claimed.revision, claimed.body["n"]) == ("screen:c1", 2, 2)


def test_a_purpose_that_names_the_chat_is_refused(database: Database, keys: KeyRing) -> None:
    with database.transaction() as connection, pytest.raises(ValueError, match="must not name the chat"):
        box.put(connection, keys, message(f"screen:{ANNA}"), NOW)


def test_one_chat_goes_in_order_and_others_do_not_wait(database: Database, keys: KeyRing) -> None:
    put(database, keys, message("a1"), message("a2"), message("b1", BORIS), message("a3"))
    first = claim(database, keys)
    assert [claimed.purpose for claimed in first] == ["a1", "b1"]
    assert claim(database, keys) == []
    assert finish(database, first[0])
    [second] = claim(database, keys)
    assert second.purpose == "a2"


def test_an_earlier_message_that_must_wait_holds_back_the_later(database: Database, keys: KeyRing) -> None:
    later = NOW + dt.timedelta(minutes=5)
    put(database, keys, replace(message("a1"), not_before=later), message("a2"), message("b1", BORIS))
    assert [claimed.purpose for claimed in claim(database, keys)] == ["b1"]
    with database.reading() as connection:
        assert sending.next_due_at(connection, Lane.REPLY, NOW) == later
    assert claim(database, keys, now=later - SECOND) == []
    assert [claimed.purpose for claimed in claim(database, keys, now=later)] == ["a1"]


def test_a_mailing_does_not_hold_up_an_answer(database: Database, keys: KeyRing) -> None:
    put(database, keys, message("mail", lane=Lane.BULK), message("answer"))
    [answer] = claim(database, keys)
    assert answer.purpose == "answer"
    assert claim(database, keys, lane=Lane.BULK) == []
    assert finish(database, answer)
    [mail] = claim(database, keys, lane=Lane.BULK)
    assert (mail.purpose, mail.lane) == ("mail", Lane.BULK)


def test_as_many_are_claimed_as_asked_for_the_oldest_first(database: Database, keys: KeyRing) -> None:
    put(database, keys, *(message(f"m{number}", ANNA + number) for number in range(7)))
    assert [claimed.purpose for claimed in claim(database, keys, limit=3)] == ["m0", "m1", "m2"]
    assert [claimed.purpose for claimed in claim(database, keys, limit=9)] == ["m3", "m4", "m5", "m6"]


def test_a_newer_revision_follows_the_one_in_flight(database: Database, keys: KeyRing) -> None:
    put(database, keys, message("screen:c1", n=1))
    [old] = claim(database, keys)
    put(database, keys, message("screen:c1", n=2), now=NOW + SECOND)
    assert claim(database, keys, now=NOW + SECOND) == []
    assert not finish(database, old)
    [new] = claim(database, keys, now=NOW + SECOND)
    assert (new.id, new.revision, new.attempts, new.body["n"]) == (old.id, 2, 1, 2)
    assert not new.was_interrupted
    assert finish(database, new)


def test_a_late_outcome_does_not_touch_a_newer_claim(database: Database, keys: KeyRing) -> None:
    put(database, keys, message("screen:c1", n=1))
    [old] = claim(database, keys)
    put(database, keys, message("screen:c1", n=2))
    with database.transaction() as connection:
        assert sending.release_expired_leases(connection, NOW + LEASE) == 1
    [new] = claim(database, keys, now=NOW + LEASE)
    with database.transaction() as connection:
        assert sending.finish(connection, old)
        sending.retry(connection, old, NOW)
        sending.give_back(connection, old, NOW)
    assert claim(database, keys, now=NOW + LEASE) == []
    assert finish(database, new)


def test_a_row_made_anew_under_the_same_purpose_is_another(database: Database, keys: KeyRing) -> None:
    put(database, keys, message("screen:c1", n=1))
    [old] = claim(database, keys)
    with database.transaction() as connection:
        assert box.drop_for_contact(connection, "c1") == 1
    put(database, keys, message("screen:c1", n=2))
    assert finish(database, old)
    [new] = claim(database, keys)
    assert new.body["n"] == 2


def test_a_retry_waits_and_counts(database: Database, keys: KeyRing) -> None:
    put(database, keys, message("a1"))
    later = NOW + dt.timedelta(seconds=30)
    [claimed] = claim(database, keys)
    with database.transaction() as connection:
        sending.retry(connection, claimed, later)
    assert claim(database, keys, now=later - SECOND) == []
    [again] = claim(database, keys, now=later)
    assert (again.attempts, again.was_interrupted) == (2, False)
    with database.transaction() as connection:
        sending.give_back(connection, again, later)
    [third] = claim(database, keys, now=later)
    assert third.attempts == 2


def test_a_message_replaced_in_flight_can_be_given_back(database: Database, keys: KeyRing) -> None:
    put(database, keys, message("a1"))
    [claimed] = claim(database, keys)
    put(database, keys, message("a1"))
    with database.transaction() as connection:
        sending.give_back(connection, claimed, NOW)
    [again] = claim(database, keys)
    assert again.attempts == 1


def test_an_interrupted_sending_is_told_apart(database: Database, keys: KeyRing) -> None:
    put(database, keys, message("a1"), message("b1", BORIS))
    claim(database, keys, limit=1)
    with database.transaction() as connection:
        assert sending.release_expired_leases(connection, NOW + LEASE - SECOND) == 0
        assert sending.release_expired_leases(connection, NOW + LEASE) == 1
    again = claim(database, keys)
    assert [(claimed.purpose, claimed.was_interrupted) for claimed in again] == [("a1", True), ("b1", False)]
    with database.transaction() as connection:
        assert sending.release_all_leases(connection) == 2
    put(database, keys, message("a1"))
    again = claim(database, keys)
    assert [(claimed.purpose, claimed.was_interrupted) for claimed in again] == [("a1", False), ("b1", True)]


def test_nothing_is_due_while_everything_is_in_flight(database: Database, keys: KeyRing) -> None:
    put(database, keys, message("a1"), message("a2"))
    with database.reading() as connection:
        assert sending.next_due_at(connection, Lane.REPLY, NOW) == NOW
        assert sending.next_due_at(connection, Lane.BULK, NOW) is None
    claim(database, keys)
    with database.reading() as connection:
        assert sending.next_due_at(connection, Lane.REPLY, NOW) is None


def test_what_other_keys_sealed_does_not_stop_the_rest(database: Database, keys: KeyRing) -> None:
    other = ring_from_keys(contact=b"x" * 32, words=b"y" * 32, respondent=None)
    put(database, other, message("foreign"))
    put(database, keys, message("own", BORIS))
    assert [claimed.purpose for claimed in claim(database, keys)] == ["own"]
    with database.reading() as connection:
        assert connection.execute(select(outbox.c.purpose)).scalars().all() == ["own"]


def test_dropping_takes_everything_to_one_chat_or_contact(database: Database, keys: KeyRing) -> None:
    put(database, keys, message("a1"), message("a2"), message("b1", BORIS))
    with database.transaction() as connection:
        assert box.drop_for_chat(connection, keys, ANNA) == 2
    put(database, keys, message("a3"), replace(message("b2", BORIS), contact_id="c2"))
    with database.transaction() as connection:
        assert box.drop_for_contact(connection, "c1") == 2
    assert [claimed.purpose for claimed in claim(database, keys)] == ["b2"]


@pytest.mark.parametrize(("after", "deleted"), [(-SECOND, 0), (dt.timedelta(0), 1), (SECOND, 1)])
def test_what_could_not_be_sent_for_a_week_goes(
    database: Database, keys: KeyRing, after: dt.timedelta, deleted: int
) -> None:
    put(database, keys, message("old"), message("replaced"), now=NOW)
    put(database, keys, message("replaced"), now=NOW + dt.timedelta(days=1))
    with database.transaction() as connection:
        assert box.prune_outbox(connection, NOW + dt.timedelta(days=7) + after) == deleted


def test_eight_senders_claim_each_message_once_and_in_order(database: Database, keys: KeyRing) -> None:
    chats = [ANNA + number for number in range(20)]
    put(database, keys, *(message(f"{number % 20}:{number}", chats[number % 20]) for number in range(200)))
    sent: list[str] = []
    lock = threading.Lock()
    in_flight: set[int] = set()
    collisions: list[str] = []

    def drain() -> None:
        while True:
            for claimed in claim(database, keys, limit=5):
                with lock:
                    if claimed.chat_id in in_flight:
                        collisions.append(claimed.purpose)
                    in_flight.add(claimed.chat_id)
                    sent.append(claimed.purpose)
                with lock:
                    in_flight.remove(claimed.chat_id)
                finish(database, claimed)
            with database.reading() as connection:
                if box.count_waiting(connection)[Lane.REPLY] == 0:
                    return

    with ThreadPoolExecutor(8) as pool:
        for worker in [pool.submit(drain) for _ in range(8)]:
            worker.result(timeout=60)
    assert len(sent) == len(set(sent)) == 200
    assert collisions == []
    for number in range(20):
        own = [int(purpose.split(":")[1]) for purpose in sent if purpose.startswith(f"{number}:")]
        assert own == sorted(own)


def test_a_claim_uses_its_indexes(sqlite_database: Database) -> None:
    with sqlite_database.reading() as connection:
        compiled = str(sending._CLAIM.compile(connection)).replace("?", "0")
        plan = connection.execute(text(f"EXPLAIN QUERY PLAN {compiled}")).all()
    shown = " ".join(row[3] for row in plan)
    for index in ("ix_outbox_due", "ix_outbox_chat", "ix_outbox_leased"):
        assert index in shown
