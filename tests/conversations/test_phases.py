"""Where the integration plan stands, which topics are open, and whether a forum is still asked about."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from conversations.content import Content
from conversations.flow import Spine
from conversations.phases import FieldState, Phase, field_state, find_phase, fit_to_phase
from conversations.programme import Cancellation, Council, Forum, Programme
from tests.support.meetings import (
    COUNCIL_DAY,
    DAYS,
    meeting,
    on,
    planned,
    with_council,
    with_every_forum,
    with_forum,
)

#: When the last forum of the programme of these tests is over.
LAST_END = on("2027-09-28", "20:30")
SECOND = dt.timedelta(seconds=1)
WANTED, FOR_GOOD = Cancellation(new_date_wanted=True), Cancellation(new_date_wanted=False)


def phase(content: Content, now: dt.datetime) -> Phase:
    return find_phase(content.programme, now)


# The phase


def test_the_process_goes_from_the_forums_to_the_decision() -> None:
    content = with_council(planned(), draft_day=dt.date(2027, 10, 20), decided_day=COUNCIL_DAY)
    told = [
        (on("2027-06-23", "12:00"), Phase.BEFORE),
        (on("2027-09-20", "12:00"), Phase.BEFORE),
        (LAST_END - SECOND, Phase.BEFORE),
        (LAST_END, Phase.BETWEEN),
        (on("2027-10-19", "23:59"), Phase.BETWEEN),
        (on("2027-10-20", "00:00"), Phase.COUNCIL),
        (on("2027-11-17", "23:59"), Phase.COUNCIL),
        (on("2027-11-18", "00:00"), Phase.DECIDED),
        (on("2029-01-01", "00:00"), Phase.DECIDED),
    ]
    assert [phase(content, now) for now, _ in told] == [expected for _, expected in told]


def test_the_phase_follows_a_forum_that_moves_by_five_months() -> None:
    content = with_forum(planned(), "werte", meeting=meeting("2028-02-29"))
    assert phase(content, LAST_END) is Phase.BEFORE
    assert phase(content, on("2028-02-29", "20:30")) is Phase.BETWEEN


def test_neither_the_draft_nor_the_decision_follows_from_a_date_alone() -> None:
    long_after_the_sitting = on("2028-03-01", "12:00")
    assert phase(planned(), long_after_the_sitting) is Phase.BETWEEN
    assert phase(with_council(planned(), draft_day=dt.date(2027, 10, 20)), long_after_the_sitting) is (
        Phase.COUNCIL
    )


def test_a_decision_counts_even_where_nobody_recorded_the_draft() -> None:
    assert phase(with_council(planned(), decided_day=COUNCIL_DAY), on("2027-11-19", "09:00")) is Phase.DECIDED


def test_a_forum_whose_new_date_is_looked_for_holds_the_process_up() -> None:
    content = with_forum(planned(), "bildung", cancellation=WANTED)
    assert phase(content, on("2027-10-05", "12:00")) is Phase.BEFORE


def test_a_forum_that_is_cancelled_for_good_does_not() -> None:
    content = with_forum(planned(), "werte", cancellation=FOR_GOOD)
    assert phase(content, on("2027-09-21", "20:30")) is Phase.BETWEEN


def test_a_forum_without_a_date_holds_the_process_up() -> None:
    assert phase(with_forum(planned(), "sprache", meeting=None), on("2027-10-05", "12:00")) is Phase.BEFORE


@pytest.mark.parametrize(
    "content",
    [
        with_every_forum(planned(), meeting=None),
        with_every_forum(planned(), cancellation=WANTED),
    ],
)
def test_as_long_as_no_forum_took_place_nothing_is_between(content: Content) -> None:
    assert phase(content, on("2027-12-24", "12:00")) is Phase.BEFORE


def test_a_forum_without_an_end_is_over_three_hours_after_it_began() -> None:
    programme = Programme({"arbeit": Forum(meeting("2027-09-16", "18:00", None))}, Council())
    assert find_phase(programme, on("2027-09-16", "20:59")) is Phase.BEFORE
    assert find_phase(programme, on("2027-09-16", "21:00")) is Phase.BETWEEN


@pytest.mark.parametrize(
    ("now", "is_over"),
    [
        (on("2027-10-31", "02:10"), False),
        (on("2027-10-31", "02:30"), True),
        (on("2027-10-31", "02:10").replace(fold=1), True),
        (on("2027-10-31", "03:00"), True),
    ],
)
def test_the_hour_that_comes_twice_does_not_begin_a_forum_anew(now: dt.datetime, is_over: bool) -> None:
    night = Forum(meeting("2027-10-31", "01:00", "02:30"))
    assert night.is_over(now) is is_over
    assert night.is_to_come(now) is not is_over


# When a topic can be answered


@pytest.mark.parametrize(
    ("forum", "today", "state"),
    [
        (None, "2027-09-01", FieldState.OPEN),
        (Forum(), "2027-09-01", FieldState.OPEN),
        (Forum(opens=dt.date(2027, 8, 1)), "2027-07-31", FieldState.NOT_YET),
        (Forum(opens=dt.date(2027, 8, 1)), "2027-08-01", FieldState.OPEN),
        (Forum(closes=dt.date(2027, 9, 30)), "2027-09-30", FieldState.OPEN),
        (Forum(closes=dt.date(2027, 9, 30)), "2027-10-01", FieldState.CLOSED),
        (Forum(opens=dt.date(2027, 8, 1), closes=dt.date(2027, 8, 1)), "2027-08-01", FieldState.OPEN),
        # Its forum is over, or will never be: the topic stays open all the same.
        (Forum(meeting("2027-09-16")), "2027-10-01", FieldState.OPEN),
        (Forum(meeting("2027-09-16"), cancellation=FOR_GOOD), "2027-10-01", FieldState.OPEN),
    ],
)
def test_a_topic_is_open_from_its_first_to_its_last_day(
    forum: Forum | None, today: str, state: FieldState
) -> None:
    assert field_state(forum, dt.date.fromisoformat(today)) is state


# The question about the forum


def asks_about_forum(content: Content) -> dict[str, bool]:
    return {
        flow.scope: any(step.spine is Spine.FORUM and step.enabled for step in flow.steps)
        for flow in content.fields
    }


def fitted(content: Content, now: dt.datetime) -> Content:
    return fit_to_phase(content, content.programme, now)


def test_before_the_forums_every_topic_asks_about_its_own_and_nothing_is_changed() -> None:
    content = planned()
    assert fitted(content, on("2027-08-18", "12:00")) is content
    assert asks_about_forum(content) == dict.fromkeys(DAYS, True)


def test_the_question_goes_when_the_forum_is_over_and_the_others_stay() -> None:
    content = planned()
    assert asks_about_forum(fitted(content, on("2027-09-07", "20:29"))) == dict.fromkeys(DAYS, True)
    assert asks_about_forum(fitted(content, on("2027-09-07", "20:30"))) == {
        code: code != "sprache" for code in DAYS
    }


def test_only_the_question_about_the_forum_goes() -> None:
    content = planned()
    after = fitted(content, on("2027-12-01", "12:00"))
    for before_flow, flow in zip(content.fields, after.fields, strict=True):
        assert replace(flow, steps=()) == replace(before_flow, steps=())
        for before_step, step in zip(before_flow.steps, flow.steps, strict=True):
            if step.spine is Spine.FORUM:
                assert step == replace(before_step, enabled=False), "answers given to it stay"
            else:
                assert step == before_step


@pytest.mark.parametrize(
    ("changes", "asks"),
    [
        ({"cancellation": WANTED}, True),
        ({"cancellation": FOR_GOOD}, False),
        ({"meeting": None}, True),
        ({"meeting": meeting("2028-02-29")}, True),
    ],
)
def test_what_is_asked_follows_what_staff_decide(changes: dict[str, object], asks: bool) -> None:
    content = with_forum(planned(), "arbeit", **changes)
    assert asks_about_forum(fitted(content, on("2027-09-17", "12:00")))["arbeit"] is asks


def test_a_topic_that_the_programme_does_not_know_keeps_its_question() -> None:
    content = planned()
    assert fit_to_phase(content, Programme({}), on("2027-12-01", "12:00")) is content
