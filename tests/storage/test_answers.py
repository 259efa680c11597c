"""Answers: replaced whole, words and voice included, and never in plain view."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from conversations.incoming import Voice
from conversations.session import Answer
from storage.answers import (
    Wording,
    delete_answers,
    join_codes,
    load_answers,
    save_answer,
    save_wordings,
    split_codes,
)
from storage.database import Database
from storage.keyring import KeyRing
from storage.sessions import create_respondent
from storage.tables import answer, voice, wording
from storage.weeks import iso_week, last_sunday, monday_of
from tests.support.databases import ANNA, BORIS, CONSENT, TODAY, make_session

VOICE = Voice("file-id", 12, 3456, "audio/ogg")


@pytest.fixture
def answering(database: Database, keys: KeyRing) -> Database:
    with database.transaction() as connection:
        for person in (ANNA, BORIS):
            create_respondent(connection, keys, person, consent=CONSENT, source="", session=make_session())
    return database


def _save(
    database: Database, keys: KeyRing, given_answer: Answer, *, person: int = ANNA, step: str = "s"
) -> None:
    with database.transaction() as connection:
        save_answer(
            connection, keys, person, "arbeit", step, given_answer,
            language="de", wording="h", week="2027-W33", delete_voice_after=TODAY,
        )  # fmt: skip


def test_a_new_answer_replaces_words_and_voice(answering: Database, keys: KeyRing) -> None:
    for given_answer, review, voices in (
        (Answer(("text",), words="erste", message="m1"), "waiting", 0),
        (Answer(("voice",), voice=VOICE, message="m2"), "waiting", 1),
        (Answer(("voice",), has_voice=True, message="m2"), "waiting", 1),
        (Answer(("voice",), voice=VOICE, message="m3"), "waiting", 1),
        (Answer(("a", "b")), None, 0),
    ):
        _save(answering, keys, given_answer)
        with answering.reading() as connection:
            [row] = connection.execute(select(answer)).all()
            assert (row.review, row.released_sealed) == (review, None)
            assert (row.words_sealed is None) == (given_answer.words is None)
            assert len(connection.execute(select(voice)).all()) == voices
            loaded = load_answers(connection, keys, ANNA)
        assert loaded["arbeit", "s"] == Answer(
            given_answer.codes, given_answer.words, has_voice=voices == 1, message=given_answer.message
        )


def test_a_new_voice_waits_with_its_own_seal(answering: Database, keys: KeyRing) -> None:
    _save(answering, keys, Answer(("voice",), voice=VOICE))
    with answering.reading() as connection:
        [row] = connection.execute(select(voice)).all()
    assert (row.state, row.attempts, row.not_before, row.lease_until) == ("waiting", 0, None, None)
    assert row.delete_after == dt.date(2027, 8, 15)
    assert b"file-id" not in row.file_id_sealed


def test_answers_are_deleted_by_place_and_person(answering: Database, keys: KeyRing) -> None:
    for person in (ANNA, BORIS):
        for step in ("s", "t", "u"):
            _save(answering, keys, Answer(("voice",), voice=VOICE), person=person, step=step)
    with answering.transaction() as connection:
        delete_answers(connection, keys, ANNA, {("arbeit", "s"), ("arbeit", "t"), ("arbeit", "never")})
        delete_answers(connection, keys, ANNA, frozenset())
        assert set(load_answers(connection, keys, ANNA)) == {("arbeit", "u")}
        assert len(load_answers(connection, keys, BORIS)) == 3
        assert len(connection.execute(select(voice)).all()) == 4


def test_only_a_respondent_can_answer(database: Database, keys: KeyRing) -> None:
    with pytest.raises(IntegrityError):
        _save(database, keys, Answer(("a",)))


def test_wordings_are_kept_once_and_never_change(database: Database) -> None:
    shown = Wording("arb_now", "de", "Wie finden Sie Arbeit?")
    with database.transaction() as connection:
        save_wordings(connection, [])
        save_wordings(connection, [shown, shown, Wording("arb_now", "en", "How do you find work?")])
        save_wordings(connection, [shown])
        rows = connection.execute(select(wording)).all()
    assert len(rows) == 2
    assert {row.hash for row in rows if row.language == "de"} == {shown.hash}
    assert Wording("a", "b", "c").hash != Wording("ab", "", "c").hash


codes = st.text(st.characters(exclude_characters="|"), min_size=1, max_size=8)


@given(written=st.lists(codes, max_size=5).map(tuple))
def test_codes_come_back(written: tuple[str, ...]) -> None:
    assert split_codes(join_codes(written)) == written


@pytest.mark.parametrize("wrong", [("a|b",), ("",), ("a", "")])
def test_codes_that_would_not_come_back_are_refused(wrong: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="option code"):
        join_codes(wrong)


@given(day=st.dates(min_value=dt.date(2000, 1, 1), max_value=dt.date(2100, 1, 1)))
def test_a_week_holds_its_day(day: dt.date) -> None:
    monday = monday_of(iso_week(day))
    assert monday.isoweekday() == 1
    assert dt.timedelta(0) <= day - monday < dt.timedelta(days=7)
    assert last_sunday(day).isoweekday() == 7
    assert dt.timedelta(0) <= day - last_sunday(day) < dt.timedelta(days=7)


def test_a_voice_that_could_not_be_kept_is_known_to_be_lost(answering: Database, keys: KeyRing) -> None:
    _save(answering, keys, Answer(("voice",), voice=VOICE))
    with answering.transaction() as connection:
        connection.execute(voice.update().values(state="failed"))
        loaded = load_answers(connection, keys, ANNA)
    assert loaded["arbeit", "s"] == Answer(("voice",), has_voice=True, is_voice_lost=True)
