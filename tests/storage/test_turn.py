"""A turn, as the bot puts it together: stopped at any point and repeated, it happened once."""

from __future__ import annotations

import datetime as dt

import pytest

from conversations.session import Answer, Asking, Session
from storage import inbox, outbox, sending
from storage.answers import Wording, save_answer, save_wordings
from storage.contacts import create_contact, load_contact, mark_seen
from storage.database import Database
from storage.inbox import ReceivedUpdate
from storage.keyring import KeyRing
from storage.outbox import OutboxMessage
from storage.sessions import create_respondent, find_respondent, save_session
from storage.vocabulary import Lane, OutboxKind
from storage.weeks import iso_week
from tests.support.databases import ANNA, CONSENT, NOW, TODAY, make_session

SHOWN = Wording("arb_now", "de", "Wie finden Sie Arbeit?")


class Killed(BaseException):
    """The process ends here."""


def turn(database: Database, keys: KeyRing) -> bool:
    """Work on the next update, as far as there is one."""
    with database.transaction() as connection:
        waiting = inbox.next_update(connection, keys, NOW)
        if waiting is None:
            return False
        contact = load_contact(connection, keys, ANNA)
        found = find_respondent(connection, keys, ANNA)
        assert contact is not None
        assert found is not None
        session = found[1]
        mark_seen(connection, contact.id, TODAY)
        save_wordings(connection, [SHOWN])
        save_answer(
            connection, keys, ANNA, "arbeit", "arb_now", Answer(("text",), words=waiting.body.decode()),
            language="de", wording=SHOWN.hash, week=iso_week(TODAY), delete_voice_after=TODAY,
        )  # fmt: skip
        after = Session(session.tag, session.seed, Asking("arbeit", "arb_future"), visit=session.visit + 1)
        save_session(connection, keys, ANNA, after)
        screen = OutboxMessage(
            f"screen:{contact.id}", ANNA, contact.id, OutboxKind.SCREEN, {"visit": after.visit}
        )
        outbox.put(connection, keys, screen, NOW)
        assert inbox.finish_update(connection, waiting)
    return True


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_turn_that_is_stopped_anywhere_happens_once(database_url: str, keys: KeyRing, moment: str) -> None:
    stop_at: int | None = None
    steps: list[str] = []

    def listen(step: str) -> None:
        if stop_at is not None and step.startswith(moment):
            steps.append(step)
            if len(steps) > stop_at:
                raise Killed

    database = Database.open(database_url, on_statement=listen)
    with database.transaction() as connection:
        create_contact(connection, keys, ANNA, today=TODAY)
        create_respondent(connection, keys, ANNA, consent=CONSENT, source="", session=make_session())
    turns = kills = 0
    while True:
        # One update more, then stop its turn one step later than the last time, and go on without stopping.
        with database.transaction() as connection:
            update = ReceivedUpdate(100 + turns, ANNA, f"words {turns}".encode())
            assert inbox.store_batch(connection, keys, [update], NOW) == 1
        turns += 1
        steps.clear()
        stop_at = turns - 1
        try:
            turn(database, keys)
            finished = True
        except Killed:
            kills += 1
            finished = False
        stop_at = None
        with database.transaction() as connection:
            # A repeat by Telegram, whether or not the turn was kept.
            assert inbox.store_batch(connection, keys, [update], NOW) == 0
        while turn(database, keys):
            pass
        with database.transaction() as connection:
            found = find_respondent(connection, keys, ANNA)
            assert found is not None
            assert found[1].visit == turns
            assert found[1].answers["arbeit", "arb_now"].words == f"words {turns - 1}"
            assert inbox.count_waiting_updates(connection) == 0
            assert outbox.count_waiting(connection)[Lane.REPLY] == 1
        if finished:
            break
    assert kills >= 12
    with database.transaction() as connection:
        lease = dt.timedelta(seconds=60)
        [sent] = sending.claim_due(connection, keys, lane=Lane.REPLY, now=NOW, lease=lease, limit=9)
        assert (sent.body, sent.revision) == ({"visit": turns}, turns)
    database.close()
