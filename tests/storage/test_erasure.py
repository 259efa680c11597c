"""Erasure: what was there, seen first, is nowhere afterwards; others keep everything."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from storage import inbox, outbox, sending
from storage.access import load_everything
from storage.database import Database
from storage.erasure import Erased, erase_person
from storage.keyring import KeyRing, ring_from_keys
from storage.outbox import OutboxMessage
from storage.tables import CONTACT_WORLD, METADATA, RESPONDENT_WORLD
from storage.vocabulary import Lane, OutboxKind
from tests.support.databases import ANNA, BORIS, NOW
from tests.support.people import live

ALWAYS_PLAIN = (
    b"canary-topic",
    b"canary-forum",
    b"canary-theme",
    b"canary-colleague",
    b"canary-source",
    b"canary-code",
)
ALWAYS_SEALED = (
    b"canary offered", b"canary words", b"canary released", b"canary sound", b"canary-file",
    b"canary update", b"canary desk", b"canary message", b"canary-tag", str(ANNA).encode(),
)  # fmt: skip


def rows(database: Database) -> dict[str, list[Any]]:
    with database.reading() as connection:
        return {
            table.name: sorted(connection.execute(select(table)).all(), key=repr)
            for table in METADATA.sorted_tables
        }


def on_disk(folder: Path) -> bytes:
    files = sorted(folder.iterdir())
    assert len(files) >= 2
    return b"".join(file.read_bytes() for file in files)


def test_the_canary_is_seen_sealed_erased_and_nowhere_on_disk(
    sqlite_database: Database, keys: KeyRing
) -> None:
    assert sqlite_database.file is not None
    folder = sqlite_database.file.parent
    with sqlite_database.transaction() as connection:
        live(connection, keys, ANNA)
    with sqlite_database.transaction() as connection:
        live(connection, keys, BORIS, 1, mark="bystander")
    before = on_disk(folder)
    with sqlite_database.reading() as connection:
        shown = str(load_everything(connection, keys, ANNA)).encode()
    traces = [keys.person_mac(ANNA), keys.pseudonym(ANNA)]
    for planted in (*ALWAYS_PLAIN, *traces):
        assert planted in before
    for planted in ALWAYS_SEALED:
        assert planted not in before
        assert planted in shown or planted == b"canary sound"

    with sqlite_database.transaction() as connection:
        erase_person(connection, keys, ANNA)
    assert sqlite_database.truncate_wal()
    after = on_disk(folder)
    assert b"bystander-source" in after
    for planted in (b"canary", *traces, str(ANNA).encode()):
        assert planted not in after
    with sqlite_database.reading() as connection:
        nothing = load_everything(connection, keys, ANNA)
    assert nothing == {
        "format": "mitreden-mydata-1", "contact": None, "respondent": None, "updates": [], "messages": [],
        "staff_state": None, "staff_member": None,
    }  # fmt: skip


def test_one_person_goes_from_every_table_and_nobody_else(database: Database, keys: KeyRing) -> None:
    with database.transaction() as connection:
        live(connection, keys, BORIS, 1, mark="bystander")
    alone = rows(database)
    with database.transaction() as connection:
        live(connection, keys, ANNA)
    both = rows(database)
    for table in (*CONTACT_WORLD, *RESPONDENT_WORLD):
        assert len(both[table.name]) > len(alone[table.name])
    with database.transaction() as connection:
        erased = erase_person(connection, keys, ANNA)
    assert erased == Erased(contacts=1, respondents=1, updates=2, messages=2)
    left = rows(database)
    # Numbers of updates stay for a week, without body or chat, so that a repeat changes nothing.
    assert [row for row in left["inbox"] if row.chat_mac is not None or row.body_sealed is not None] == [
        row for row in alone["inbox"] if row.chat_mac is not None
    ]
    del left["inbox"], alone["inbox"]
    assert left == alone
    with database.transaction() as connection:
        assert erase_person(connection, keys, ANNA) == Erased(0, 0, 0, 0)


def test_the_reply_to_an_erasure_still_goes(database: Database, keys: KeyRing) -> None:
    with database.transaction() as connection:
        live(connection, keys, ANNA)
    with database.transaction() as connection:
        running = inbox.next_update(connection, keys, NOW)
        assert running is not None
        erase_person(connection, keys, ANNA, running_id=running.id)
        reply = OutboxMessage("erased:1", ANNA, None, OutboxKind.MESSAGE, {"text": "gone"})
        outbox.put(connection, keys, reply, NOW)
        assert inbox.finish_update(connection, running)
    with database.transaction() as connection:
        lease = dt.timedelta(seconds=60)
        [sent] = sending.claim_due(connection, keys, lane=Lane.REPLY, now=NOW, lease=lease, limit=9)
        assert (sent.chat_id, sent.contact_id, sent.body) == (ANNA, None, {"text": "gone"})
        assert sending.finish(connection, sent)
    with database.reading() as connection:
        assert outbox.count_waiting(connection) == {Lane.REPLY: 0, Lane.BULK: 0}


def test_after_the_freeze_only_the_contact_can_be_erased(database: Database, keys: KeyRing) -> None:
    frozen = ring_from_keys(contact=b"c" * 32, words=b"w" * 32, respondent=None)
    with database.transaction() as connection:
        live(connection, keys, ANNA)
        assert load_everything(connection, frozen, ANNA)["respondent"] is None
        assert erase_person(connection, frozen, ANNA).respondents == 0
    left = rows(database)
    assert left["contact"] == left["subscription"] == left["outbox"] == []
    assert len(left["answer"]) == 4


@pytest.mark.parametrize("moment", ["before", "after"])
def test_an_erasure_that_is_killed_leaves_all_or_nothing(
    database_url: str, keys: KeyRing, moment: str
) -> None:
    """Stopped before or after each statement, the person is whole or gone."""
    steps: list[str] = []
    stop_at = -1

    def listen(step: str) -> None:
        if step.startswith(moment):
            steps.append(step)
            if len(steps) - 1 == stop_at:
                raise KeyboardInterrupt

    database = Database.open(database_url, on_statement=listen)
    with database.transaction() as connection:
        live(connection, keys, ANNA)
    whole = rows(database)
    outcomes = set()
    while True:
        steps.clear()
        stop_at += 1
        try:
            with database.transaction() as connection:
                erase_person(connection, keys, ANNA)
        except KeyboardInterrupt:
            outcomes.add(steps[-1] == "after COMMIT")
            gone = all(
                not rows(database)[name] for name in ("contact", "respondent", "answer", "voice", "outbox")
            )
            assert gone or rows(database) == whole
            assert gone is (steps[-1] == "after COMMIT")
            if gone:
                break
            continue
        break
    database.close()
    assert stop_at >= 4
    assert outcomes == ({False} if moment == "before" else {False, True})
