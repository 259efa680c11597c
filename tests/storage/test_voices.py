"""Voice answers: fetched once or given up, deleted in time, never in plain view."""

from __future__ import annotations

import datetime as dt
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select, update

from conversations.incoming import Voice
from conversations.session import Answer
from storage.answers import delete_answers, save_answer
from storage.database import Database
from storage.keyring import KeyRing
from storage.sessions import create_respondent
from storage.tables import answer, voice
from storage.voices import (
    ClaimedVoice,
    claim_voices,
    delete_expired_voices,
    find_voice_data,
    mark_failed,
    mark_fetched,
    next_voice_due_at,
    retry_voice,
)
from tests.support.databases import ANNA, CONSENT, NOW, TODAY, make_session

LEASE = dt.timedelta(seconds=60)
SECOND = dt.timedelta(seconds=1)


def speak(database: Database, keys: KeyRing, *steps: str, person: int = ANNA) -> None:
    with database.transaction() as connection:
        create_respondent(connection, keys, person, consent=CONSENT, source="", session=make_session())
        for step in steps:
            given = Answer(("voice",), voice=Voice(f"file-{step}", 12, 3456, "audio/ogg"))
            save_answer(
                connection, keys, person, "arbeit", step, given,
                language="de", wording="h", week="2027-W33", delete_voice_after=TODAY,
            )  # fmt: skip


def claim(database: Database, keys: KeyRing, *, now: dt.datetime = NOW, limit: int = 9) -> list[ClaimedVoice]:
    with database.transaction() as connection:
        return list(claim_voices(connection, keys, now=now, lease=LEASE, limit=limit))


def test_a_voice_is_fetched_and_its_file_id_forgotten(database: Database, keys: KeyRing) -> None:
    speak(database, keys, "s")
    pseudonym = keys.pseudonym(ANNA)
    with database.transaction() as connection:
        assert next_voice_due_at(connection, NOW) == NOW
        assert find_voice_data(connection, keys, pseudonym, "arbeit", "s") is None
    [claimed] = claim(database, keys)
    assert claimed.voice == Voice("file-s", 12, 3456, "audio/ogg")
    assert (claimed.attempts, claimed.lease_until) == (1, NOW + LEASE)
    assert claim(database, keys) == []
    with database.transaction() as connection:
        assert next_voice_due_at(connection, NOW) == NOW + LEASE
        assert mark_fetched(connection, keys, claimed, b"OggS sound")
        assert not mark_fetched(connection, keys, claimed, b"again")
        assert not mark_failed(connection, claimed)
        assert not retry_voice(connection, claimed, NOW)
        assert next_voice_due_at(connection, NOW) is None
        assert find_voice_data(connection, keys, pseudonym, "arbeit", "s") == b"OggS sound"
        assert find_voice_data(connection, keys, pseudonym, "arbeit", "other") is None
        [row] = connection.execute(select(voice)).all()
    assert (row.state, row.file_id_sealed, row.not_before, row.lease_until) == ("fetched", None, None, None)
    assert b"sound" not in row.data_sealed


def test_a_voice_that_failed_is_given_up(database: Database, keys: KeyRing) -> None:
    speak(database, keys, "s")
    [claimed] = claim(database, keys)
    with database.transaction() as connection:
        assert mark_failed(connection, claimed)
        [row] = connection.execute(select(voice)).all()
    assert (row.state, row.file_id_sealed, row.data_sealed) == ("failed", None, None)
    assert claim(database, keys, now=NOW + 9 * LEASE) == []


def test_a_retry_waits_and_a_lost_lease_runs_out(database: Database, keys: KeyRing) -> None:
    speak(database, keys, "s")
    later = NOW + dt.timedelta(minutes=5)
    [first] = claim(database, keys)
    with database.transaction() as connection:
        assert retry_voice(connection, first, later)
        assert next_voice_due_at(connection, NOW) == later
    assert claim(database, keys, now=later - SECOND) == []
    [second] = claim(database, keys, now=later)
    assert claim(database, keys, now=later + LEASE - SECOND) == []
    [third] = claim(database, keys, now=later + LEASE)
    assert [claimed.attempts for claimed in (first, second, third)] == [1, 2, 3]
    with database.transaction() as connection:
        assert not retry_voice(connection, second, NOW)
        assert retry_voice(connection, third, NOW)


def test_an_answer_that_is_gone_takes_its_voice_along(database: Database, keys: KeyRing) -> None:
    speak(database, keys, "s")
    [claimed] = claim(database, keys)
    with database.transaction() as connection:
        delete_answers(connection, keys, ANNA, {("arbeit", "s")})
        assert not mark_fetched(connection, keys, claimed, b"late")


def test_what_cannot_be_opened_is_given_up_and_the_rest_goes_on(database: Database, keys: KeyRing) -> None:
    speak(database, keys, "s", "t")
    with database.transaction() as connection:
        connection.execute(update(voice).where(voice.c.step == "s").values(file_id_sealed=b"broken"))
    [claimed] = claim(database, keys)
    assert claimed.voice.file_id == "file-t"
    with database.reading() as connection:
        states = {row.step: row.state for row in connection.execute(select(voice.c.step, voice.c.state))}
    assert states == {"s": "failed", "t": "waiting"}


@pytest.mark.parametrize(("after", "deleted"), [(-SECOND, 0), (dt.timedelta(0), 1), (SECOND, 1)])
def test_a_voice_goes_when_its_last_day_is_over(
    database: Database, keys: KeyRing, after: dt.timedelta, deleted: int
) -> None:
    """`delete_voice_after` is a Wednesday; the last day is the Sunday before it."""
    speak(database, keys, "s")
    monday = dt.datetime(2027, 8, 16, tzinfo=dt.UTC) + after
    with database.transaction() as connection:
        assert delete_expired_voices(connection, monday.date()) == deleted
        assert len(connection.execute(select(voice)).all()) == 1 - deleted
        assert connection.execute(select(answer.c.review)).scalars().all() == [None if deleted else "waiting"]


def test_what_was_written_down_outlives_its_voice(database: Database, keys: KeyRing) -> None:
    speak(database, keys, "s")
    with database.transaction() as connection:
        connection.execute(update(answer).values(review="released", released_sealed=b"x"))
        assert delete_expired_voices(connection, TODAY) == 1
        assert connection.execute(select(answer.c.review)).scalars().all() == ["released"]


def test_eight_workers_claim_each_voice_once(database: Database, keys: KeyRing) -> None:
    for number in range(5):
        speak(database, keys, *(f"s{number}{step}" for step in range(10)), person=ANNA + number)
    found: list[str] = []
    start = threading.Barrier(8)

    def drain() -> None:
        start.wait(timeout=10)
        while claimed := claim(database, keys, limit=3):
            found.extend(one.voice.file_id for one in claimed)

    with ThreadPoolExecutor(8) as pool:
        for worker in [pool.submit(drain) for _ in range(8)]:
            worker.result(timeout=60)
    found.extend(one.voice.file_id for one in claim(database, keys, limit=50))
    assert len(found) == len(set(found)) == 50
