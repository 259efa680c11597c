"""Sessions: where a person stands comes back exactly, or with an error that has a name."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update

from conversations.incoming import Voice
from conversations.person import Consent
from conversations.session import (
    Answer,
    Asking,
    OfferedOwn,
    OwnWords,
    Session,
    Sheet,
    SheetName,
    StopAsked,
    session_from_json,
    session_to_json,
)
from storage import contexts
from storage.answers import save_answer
from storage.database import Database
from storage.keyring import KeyRing, ring_from_keys
from storage.sessions import (
    RespondentMissingError,
    SessionUnreadableError,
    create_respondent,
    find_respondent,
    find_without_session,
    has_respondent,
    renew_consent,
    save_session,
)
from storage.tables import respondent
from tests.support.databases import ANNA, BORIS, CONSENT, TODAY, make_session

words = st.text(max_size=20)
voices = st.builds(Voice, words, st.integers(0, 60), st.integers(0, 10**9), words)
askings = st.builds(Asking, words, words, st.lists(words, max_size=3).map(tuple), st.booleans())
questions = askings | st.builds(OwnWords, words, words, st.booleans())
places = (
    st.builds(Sheet, st.sampled_from(SheetName), words)
    | questions
    | st.builds(OfferedOwn, askings, st.none() | words, st.none() | voices, words)
    | st.builds(StopAsked, questions, words, words)
)
sessions = st.builds(
    Session,
    tag=words,
    seed=words,
    place=places,
    visit=st.integers(0, 10**6),
    last_press=words,
    behind=st.none() | questions,
    finished=st.lists(words, max_size=3).map(tuple),
    hinted=st.lists(words, max_size=3).map(tuple),
    wanted=words,
    versions=st.dictionaries(words, st.integers(1, 99), max_size=3),
)


@given(session=sessions)
def test_a_session_comes_back_from_json(session: Session) -> None:
    assert session_from_json(session_to_json(session), {}) == session


def _create(database: Database, keys: KeyRing, session: Session) -> None:
    with database.transaction() as connection:
        create_respondent(connection, keys, ANNA, consent=CONSENT, source="vhs", session=session)


def test_a_respondent_comes_back_with_the_answers(database: Database, keys: KeyRing) -> None:
    voice = Voice("file-id", 12, 3456, "audio/ogg")
    given_answers = {
        ("arbeit", "arb_now"): Answer(("a", "b")),
        ("arbeit", "arb_future"): Answer(("text",), words="Mehr Deutschkurse 🙂", message="m1"),
        ("wohnen", "woh_future"): Answer(("voice",), voice=voice, message="m2"),
        ("wohnen", "woh_now"): Answer(("_skip",)),
        ("werte", "wer_now"): Answer(()),
    }
    stands = make_session()
    _create(database, keys, stands)
    with database.transaction() as connection:
        for (scope, step), answer in given_answers.items():
            save_answer(
                connection, keys, ANNA, scope, step, answer,
                language="de", wording="h", week="2027-W33", delete_voice_after=TODAY,
            )  # fmt: skip
    expected = dict(given_answers)
    expected["wohnen", "woh_future"] = Answer(("voice",), has_voice=True, message="m2")
    with database.transaction() as connection:
        found = find_respondent(connection, keys, ANNA)
        assert find_respondent(connection, keys, BORIS) is None
    assert found is not None
    consent, session = found
    assert consent == Consent("v1", "de", dt.date(2027, 8, 16))
    assert session.answers == expected
    assert session_to_json(session) == session_to_json(stands)


def test_a_session_is_replaced(database: Database, keys: KeyRing) -> None:
    _create(database, keys, make_session("old"))
    later = Session("new", "s", Asking("arbeit", "arb_now", ("a",)), visit=3, behind=OwnWords("x", "y"))
    with database.transaction() as connection:
        save_session(connection, keys, ANNA, later)
        renew_consent(connection, keys, ANNA, Consent("v2", "fa", TODAY + dt.timedelta(days=7)))
        assert find_respondent(connection, keys, ANNA) == (Consent("v2", "fa", dt.date(2027, 8, 23)), later)


def test_there_is_nobody_to_change(database: Database, keys: KeyRing) -> None:
    with database.transaction() as connection:
        with pytest.raises(RespondentMissingError):
            save_session(connection, keys, BORIS, make_session())
        with pytest.raises(RespondentMissingError):
            renew_consent(connection, keys, BORIS, CONSENT)


@pytest.mark.parametrize(
    "written",
    [
        "",
        "canary",
        "[]",
        "{}",
        '{"canary":1}',
        session_to_json(make_session()).replace("sheet", "canary"),
        "7",
    ],
)
def test_what_is_no_session_has_a_named_error(database: Database, keys: KeyRing, written: str) -> None:
    _create(database, keys, make_session())
    pseudonym = keys.pseudonym(ANNA)
    _overwrite(database, keys.seal_session(written.encode(), contexts.session(pseudonym)))
    with database.transaction() as connection, pytest.raises(SessionUnreadableError) as caught:
        find_respondent(connection, keys, ANNA)
    assert "canary" not in str(caught.value)


def test_what_other_keys_sealed_has_a_named_error(database: Database, keys: KeyRing) -> None:
    _create(database, keys, make_session())
    other = ring_from_keys(contact=b"1" * 32, words=b"2" * 32, respondent=b"3" * 32)
    _overwrite(database, other.seal_session(b"{}", contexts.session(keys.pseudonym(ANNA))))
    with database.transaction() as connection, pytest.raises(SessionUnreadableError):
        find_respondent(connection, keys, ANNA)


def _overwrite(database: Database, sealed: bytes) -> None:
    values: dict[str, Any] = {"session_sealed": sealed}
    with database.transaction() as connection:
        connection.execute(update(respondent).values(values))


def test_somebody_whose_session_cannot_be_read_keeps_consent_and_answers(
    database: Database, keys: KeyRing
) -> None:
    with database.transaction() as connection:
        create_respondent(connection, keys, ANNA, consent=CONSENT, source="", session=make_session())
        connection.execute(respondent.update().values(session_sealed=b"\x01broken"))
    fresh = make_session()
    with database.transaction() as connection:
        with pytest.raises(SessionUnreadableError):
            find_respondent(connection, keys, ANNA)
        found = find_without_session(connection, keys, ANNA, fresh)
        assert has_respondent(connection, keys, ANNA)
    assert found is not None
    assert (found[0].version, found[1].tag) == (CONSENT.version, fresh.tag)


def test_a_stranger_has_no_respondent(database: Database, keys: KeyRing) -> None:
    with database.transaction() as connection:
        assert not has_respondent(connection, keys, ANNA)
        assert find_without_session(connection, keys, ANNA, make_session()) is None
