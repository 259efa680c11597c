"""A session is written as JSON and read again; what is no session is refused."""

from __future__ import annotations

import dataclasses
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conversations.incoming import Voice
from conversations.session import (
    Answer,
    Asking,
    OfferedOwn,
    OwnWords,
    Place,
    Session,
    Sheet,
    SheetName,
    StopAsked,
    session_from_json,
    session_to_json,
)

WORD = st.text(max_size=20)
SHEETS = st.builds(Sheet, st.sampled_from(SheetName), WORD)
ASKING = st.builds(Asking, WORD, WORD, st.lists(WORD, max_size=3).map(tuple), st.booleans())
OWN = st.builds(OwnWords, WORD, WORD, st.booleans())
VOICES = st.builds(Voice, WORD, st.integers(0, 60), st.integers(0, 10**6), WORD)
OFFERED = st.builds(OfferedOwn, ASKING, WORD, st.none(), WORD) | st.builds(
    OfferedOwn, ASKING, st.none(), VOICES, WORD
)
STOPS = st.builds(StopAsked, ASKING | OWN, WORD, WORD)
SESSIONS = st.builds(
    Session,
    tag=WORD,
    seed=WORD,
    place=SHEETS | ASKING | OWN | OFFERED | STOPS,
    visit=st.integers(0, 10**6),
    last_press=WORD,
    behind=st.none() | ASKING | OWN,
    finished=st.lists(WORD, max_size=5).map(tuple),
    hinted=st.lists(WORD, max_size=5).map(tuple),
    wanted=WORD,
    versions=st.dictionaries(WORD, st.integers(1, 99), max_size=5),
)


@settings(derandomize=True, deadline=None, max_examples=200, database=None)
@given(SESSIONS)
def test_a_session_comes_back_as_it_was_written(session: Session) -> None:
    answers = {("arbeit", "arb_now"): Answer(("working",))}
    written = session_to_json(session)
    read = session_from_json(written, answers)
    assert read == dataclasses.replace(session, answers=answers)
    assert session_to_json(read) == written


def test_the_answers_are_not_in_the_json() -> None:
    answers = {("arbeit", "arb_now"): Answer(("own",), "KANARIENVOGEL")}
    written = session_to_json(Session("t", "s", Sheet(SheetName.MENU), answers=answers))
    assert "KANARIENVOGEL" not in written
    assert "arb_now" not in written


@pytest.mark.parametrize(
    "change",
    [
        {"place": {"at": "nowhere"}},
        {"place": {"at": "sheet", "name": "gone", "argument": ""}},
        {"behind": {"at": "sheet", "name": "menu", "argument": ""}},
        {
            "place": {
                "at": "offered",
                "question": {"at": "own", "scope": "a", "step": "b", "revising": False},
                "words": "",
                "voice": None,
                "message": "",
            }
        },
        {
            "place": {
                "at": "stop",
                "question": {"at": "sheet", "name": "menu", "argument": ""},
                "words": "",
                "message": "",
            }
        },
    ],
)
def test_what_is_no_session_is_refused(change: dict[str, object]) -> None:
    data = json.loads(session_to_json(Session("t", "s", Sheet(SheetName.MENU)))) | change
    with pytest.raises(ValueError, match=r"."):
        session_from_json(json.dumps(data), {})


@pytest.mark.parametrize("written", ["", "{", "[]", "null", "{}", '{"place": {}}'])
def test_broken_json_is_refused_with_one_of_the_errors_that_are_expected(written: str) -> None:
    with pytest.raises((ValueError, KeyError, TypeError)):
        session_from_json(written, {})


def test_an_answer_knows_whether_it_was_passed_over() -> None:
    assert Answer(("_skip",)).skipped
    assert not Answer(("s1",)).skipped


def test_answers_are_set_replaced_and_taken_away_without_touching_the_session_before() -> None:
    place: Place = Sheet(SheetName.MENU)
    empty = Session("t", "s", place)
    one = empty.with_answer("arbeit", "arb_now", Answer(("working",)))
    two = one.with_answer("arbeit", "arb_now", Answer(("looking",)))
    assert dict(empty.answers) == {}
    assert dict(one.answers) == {("arbeit", "arb_now"): Answer(("working",))}
    assert dict(two.answers) == {("arbeit", "arb_now"): Answer(("looking",))}
    assert dict(two.without_answers(frozenset({("arbeit", "arb_now")})).answers) == {}
