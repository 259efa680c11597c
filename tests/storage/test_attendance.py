"""Who comes to a forum and what they need there: seats to the last one, numbers when it is over."""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor

import pytest

from conversations.person import NOTHING_SAID, Attendance, Consent
from conversations.programme import Cancellation, Reply
from conversations.session import SKIPPED, Answer
from conversations.topic_sheets import NEEDS, needs_scope
from storage import attendance, contacts
from storage.answers import Wording, save_answer, save_wordings
from storage.attendance import REGISTERED, NoSeatLeftError
from storage.database import Database
from storage.keyring import KeyRing
from storage.programme import load_programme
from storage.sessions import create_respondent, has_respondent
from tests.support.databases import ANNA, BORIS, TODAY, make_session
from tests.support.meetings import DAYS, meeting, on
from tests.support.subscribers import ARBEIT, BILDUNG, Desk

CLARA = 5_000_000_003
COMING, NOT_COMING = Reply.COMING, Reply.NOT_COMING
#: The forum on work ends on 16 September at 20:30.
OVER = on("2027-09-16", "20:30")
SECOND = dt.timedelta(seconds=1)
GONE, GONE_FOR_GOOD = Cancellation(new_date_wanted=True), Cancellation(new_date_wanted=False)


@pytest.fixture
def desk(database: Database, keys: KeyRing) -> Desk:
    return Desk(database, keys)


def reply(
    desk: Desk, contact_id: str, said: Reply | None, seats: int | None = None, topic: str = ARBEIT
) -> None:
    with desk.database.transaction() as connection:
        attendance.save_reply(connection, contact_id, topic, said, seats)


def said(desk: Desk, contact_id: str) -> dict[str, Attendance]:
    with desk.database.reading() as connection:
        return attendance.load_attendance(connection, contact_id)


def registered(desk: Desk) -> dict[str, int]:
    with desk.database.reading() as connection:
        return attendance.count_registered(connection)


def need(desk: Desk, telegram_id: int, *codes: str, field: str = "arbeit") -> None:
    """Let somebody answer what they need at a forum."""
    shown = Wording(NEEDS, "de", "Was brauchen Sie?")
    with desk.database.transaction() as connection:
        if not has_respondent(connection, desk.keys, telegram_id):
            consent = Consent("v1", "de", TODAY)
            create_respondent(
                connection, desk.keys, telegram_id, consent=consent, source="", session=make_session()
            )
        save_wordings(connection, [shown])
        save_answer(
            connection, desk.keys, telegram_id, needs_scope(field), NEEDS, Answer(codes),
            language="de", wording=shown.hash, week="2027-W33", delete_voice_after=TODAY,
        )  # fmt: skip


def heads(desk: Desk, field: str = "arbeit") -> dict[str, int]:
    with desk.database.reading() as connection:
        return dict(attendance.count_heads(connection, f"forum_{field}", field))


def drop(desk: Desk, now: dt.datetime) -> int:
    """Do what the tick does at this time."""
    with desk.database.transaction() as connection:
        programme = load_programme(connection, desk.first)
        return attendance.drop_what_is_over(connection, programme, now)


def needs_of(desk: Desk) -> list[str]:
    return sorted(row["scope"] for row in desk.rows("answer")["answer"] if row["step"] == NEEDS)


# Seats


def test_seats_are_given_to_the_last_one_and_not_beyond(desk: Desk) -> None:
    people = desk.subscribers(4, ARBEIT)
    for person in people[:3]:
        reply(desk, person, COMING, seats=3)
    with pytest.raises(NoSeatLeftError):
        reply(desk, people[3], COMING, seats=3)
    assert registered(desk) == {ARBEIT: 3}
    assert said(desk, people[3]) == {}, "nothing is noted of who got no seat"


def test_who_has_a_seat_keeps_it_however_often_they_say_so(desk: Desk) -> None:
    anna, boris = desk.subscribers(2, ARBEIT)
    reply(desk, anna, COMING, seats=1)
    for _ in range(3):
        reply(desk, anna, COMING, seats=1)
    assert registered(desk) == {ARBEIT: 1}
    with pytest.raises(NoSeatLeftError):
        reply(desk, boris, COMING, seats=1)


def test_who_keeps_a_seat_when_staff_take_seats_away_is_not_thrown_out(desk: Desk) -> None:
    people = desk.subscribers(3, ARBEIT)
    for person in people:
        reply(desk, person, COMING, seats=3)
    reply(desk, people[0], COMING, seats=1)
    assert registered(desk) == {ARBEIT: 3}


@pytest.mark.parametrize("now_says", [NOT_COMING, None])
def test_who_takes_it_back_leaves_a_seat_for_the_next(desk: Desk, now_says: Reply | None) -> None:
    anna, boris = desk.subscribers(2, ARBEIT)
    reply(desk, anna, COMING, seats=1)
    reply(desk, anna, now_says, seats=1)
    reply(desk, boris, COMING, seats=1)
    assert registered(desk) == {ARBEIT: 1}
    assert said(desk, boris)[ARBEIT].reply is COMING
    with pytest.raises(NoSeatLeftError):
        reply(desk, anna, COMING, seats=1)


def test_everybody_may_say_that_they_cannot_come_to_a_full_forum(desk: Desk) -> None:
    anna, boris = desk.subscribers(2, ARBEIT)
    reply(desk, anna, COMING, seats=1)
    reply(desk, boris, NOT_COMING, seats=1)
    assert said(desk, boris)[ARBEIT].reply is NOT_COMING


def test_without_a_limit_everybody_comes_and_without_a_seat_nobody(desk: Desk) -> None:
    people = desk.subscribers(3, ARBEIT)
    for person in people:
        reply(desk, person, COMING, seats=None)
    assert registered(desk) == {ARBEIT: 3}
    with pytest.raises(NoSeatLeftError):
        reply(desk, people[0], COMING, seats=0, topic=BILDUNG)


def test_the_seats_of_one_forum_are_not_those_of_another(desk: Desk) -> None:
    anna, boris = desk.subscribers(2, ARBEIT)
    reply(desk, anna, COMING, seats=1)
    reply(desk, boris, COMING, seats=1, topic=BILDUNG)
    assert registered(desk) == {ARBEIT: 1, BILDUNG: 1}


def test_of_eight_people_who_tap_at_once_three_get_the_last_three_seats(desk: Desk) -> None:
    people = desk.subscribers(8, ARBEIT)

    def tap(person: str) -> bool:
        try:
            reply(desk, person, COMING, seats=3)
        except NoSeatLeftError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        got_one = [tapped.result(timeout=60) for tapped in [pool.submit(tap, person) for person in people]]
    assert sum(got_one) == 3
    assert registered(desk) == {ARBEIT: 3}


def test_a_reply_and_a_need_do_not_touch_each_other(desk: Desk) -> None:
    [anna] = desk.subscribers(1, ARBEIT)
    with desk.database.transaction() as connection:
        attendance.note_interpreter(connection, anna, ARBEIT, wanted=True)
        assert attendance.load_attendance(connection, anna) == {ARBEIT: Attendance(None, True)}
    reply(desk, anna, COMING)
    assert said(desk, anna) == {ARBEIT: Attendance(COMING, True)}
    with desk.database.transaction() as connection:
        attendance.note_interpreter(connection, anna, ARBEIT, wanted=False)
    assert said(desk, anna) == {ARBEIT: Attendance(COMING, False)}
    assert Attendance(None, False) == NOTHING_SAID


def test_who_ends_all_messages_or_is_erased_frees_their_seats(desk: Desk) -> None:
    anna, boris = desk.subscribers(2, ARBEIT)
    for person in (anna, boris):
        reply(desk, person, COMING)
    with desk.database.transaction() as connection:
        attendance.forget_attendance(connection, anna)
        contacts.delete_contact(connection, boris)
    assert registered(desk) == {}
    assert desk.rows("attendance") == {"attendance": []}


# Numbers for the staff


def test_staff_see_who_is_registered_and_what_is_needed_in_numbers_only(desk: Desk) -> None:
    anna, boris = desk.subscribers(2, ARBEIT)
    reply(desk, anna, COMING)
    reply(desk, boris, NOT_COMING)
    need(desk, ANNA, "childcare", "interpreter")
    need(desk, BORIS, "interpreter")
    need(desk, CLARA, SKIPPED)
    need(desk, ANNA, "step_free", field="bildung")
    assert heads(desk) == {REGISTERED: 1, "childcare": 1, "interpreter": 2}
    assert heads(desk, "bildung") == {REGISTERED: 0, "step_free": 1}
    assert heads(desk, "werte") == {REGISTERED: 0}


def test_who_changes_their_mind_is_counted_as_they_said_last(desk: Desk) -> None:
    need(desk, ANNA, "childcare", "interpreter")
    need(desk, ANNA, "step_free")
    assert heads(desk) == {REGISTERED: 0, "step_free": 1}


# When the forum is over


@pytest.mark.parametrize(("after", "is_over"), [(-SECOND, False), (dt.timedelta(0), True), (SECOND, True)])
def test_needs_become_numbers_and_go_when_the_forum_is_over(
    desk: Desk, after: dt.timedelta, is_over: bool
) -> None:
    anna, boris = desk.subscribers(2, ARBEIT)
    reply(desk, anna, COMING)
    with desk.database.transaction() as connection:
        attendance.note_interpreter(connection, boris, ARBEIT, wanted=True)
    need(desk, ANNA, "childcare", "interpreter")
    need(desk, BORIS, "interpreter")
    need(desk, ANNA, "interpreter", field="werte")
    before = heads(desk)

    assert drop(desk, OVER + after) == (3 if is_over else 0), "two answers and one note"
    assert needs_of(desk) == ([] if is_over else [ARBEIT, ARBEIT]) + ["forum_werte"]
    assert said(desk, boris)[ARBEIT].wants_interpreter is not is_over
    assert said(desk, anna)[ARBEIT].reply is COMING, "the thanks still have to find them"
    assert heads(desk) == before == {REGISTERED: 1, "childcare": 1, "interpreter": 2}


def test_the_numbers_stay_as_they_were_when_the_forum_was_over(desk: Desk) -> None:
    [anna] = desk.subscribers(1, ARBEIT)
    reply(desk, anna, COMING)
    need(desk, ANNA, "childcare")
    drop(desk, OVER)
    with desk.database.transaction() as connection:
        contacts.delete_contact(connection, anna)
    for later in (dt.timedelta(hours=1), dt.timedelta(days=29), dt.timedelta(days=400)):
        drop(desk, OVER + later)
        assert heads(desk) == {REGISTERED: 1, "childcare": 1}


def test_a_second_tick_changes_nothing(desk: Desk) -> None:
    need(desk, ANNA, "childcare")
    assert drop(desk, OVER) == 1
    before = desk.rows("headcount", "attendance", "answer")
    assert drop(desk, OVER + SECOND) == 0
    assert desk.rows("headcount", "attendance", "answer") == before


@pytest.mark.parametrize(("after", "kept"), [(-SECOND, True), (dt.timedelta(0), False), (SECOND, False)])
def test_what_was_said_about_coming_goes_after_thirty_days(
    desk: Desk, after: dt.timedelta, kept: bool
) -> None:
    people = desk.subscribers(2, ARBEIT)
    reply(desk, people[0], COMING)
    reply(desk, people[1], NOT_COMING)
    reply(desk, people[0], COMING, topic="forum_werte")
    drop(desk, OVER)
    drop(desk, OVER + dt.timedelta(days=30) + after)
    topics = sorted(row["topic"] for row in desk.rows("attendance")["attendance"])
    assert topics == [ARBEIT] * (2 if kept else 0) + ["forum_werte"]
    assert heads(desk) == {REGISTERED: 1}, "the number stays"


def test_a_need_that_is_answered_after_the_forum_goes_as_well(desk: Desk) -> None:
    need(desk, ANNA, "childcare")
    drop(desk, OVER)
    need(desk, BORIS, "interpreter")
    drop(desk, OVER + SECOND)
    assert needs_of(desk) == []


# Cancelled, and another date


def test_a_forum_cancelled_for_good_counts_as_over(desk: Desk) -> None:
    [anna] = desk.subscribers(1, ARBEIT)
    reply(desk, anna, COMING)
    need(desk, ANNA, "childcare")
    desk.change(cancellation=GONE_FOR_GOOD)
    drop(desk, desk.now)
    assert needs_of(desk) == []
    assert heads(desk)["childcare"] == 1
    drop(desk, OVER + dt.timedelta(days=30))
    assert desk.rows("attendance") == {"attendance": []}


def test_without_a_date_a_forum_cancelled_for_good_keeps_nothing_of_anybody(desk: Desk) -> None:
    [anna] = desk.subscribers(1, ARBEIT)
    need(desk, ANNA, "childcare")
    reply(desk, anna, COMING)
    desk.change(meeting=None)
    desk.change(cancellation=GONE_FOR_GOOD)
    drop(desk, desk.now)
    assert needs_of(desk) == []
    assert desk.rows("attendance") == {"attendance": []}


@pytest.mark.parametrize("changes", [{"cancellation": GONE}, {"meeting": None}])
def test_needs_stay_while_a_new_date_is_looked_for(desk: Desk, changes: dict[str, object]) -> None:
    need(desk, ANNA, "childcare")
    desk.change(**changes)
    assert drop(desk, OVER + dt.timedelta(days=400)) == 0
    assert needs_of(desk) == [ARBEIT]


def test_a_forum_that_gets_another_date_after_all_is_counted_anew(desk: Desk) -> None:
    people = desk.subscribers(2, ARBEIT)
    for person in people:
        reply(desk, person, COMING)
    need(desk, ANNA, "childcare")
    desk.change(cancellation=GONE_FOR_GOOD)
    drop(desk, desk.now)
    assert heads(desk) == {REGISTERED: 2, "childcare": 1}
    desk.change(cancellation=None, meeting=meeting("2027-10-05"))
    assert heads(desk) == {REGISTERED: 0}
    reply(desk, people[0], COMING)
    need(desk, BORIS, "interpreter")
    assert heads(desk) == {REGISTERED: 1, "interpreter": 1}
    drop(desk, on("2027-10-05", "20:30"))
    assert heads(desk) == {REGISTERED: 1, "interpreter": 1}
    assert needs_of(desk) == []


def test_a_forum_that_moves_is_not_over_on_its_old_day(desk: Desk) -> None:
    need(desk, ANNA, "childcare")
    desk.change(meeting=meeting("2027-10-05"))
    assert drop(desk, OVER) == 0
    assert needs_of(desk) == [ARBEIT]


def test_the_end_decides_and_without_one_three_hours(desk: Desk) -> None:
    need(desk, ANNA, "childcare")
    desk.change(meeting=meeting("2027-09-16", "18:00", None))
    assert drop(desk, OVER) == 0
    assert drop(desk, on("2027-09-16", "21:00")) == 1


def test_what_belongs_to_other_questions_is_never_dropped(desk: Desk) -> None:
    need(desk, ANNA, "childcare")
    with desk.database.transaction() as connection:
        for scope, step in (("arbeit", "arb_now"), (needs_scope("arbeit"), "another"), ("profile", NEEDS)):
            save_answer(
                connection, desk.keys, ANNA, scope, step, Answer(("a",)),
                language="de", wording=Wording(NEEDS, "de", "Was brauchen Sie?").hash,
                week="2027-W33", delete_voice_after=TODAY,
            )  # fmt: skip
    drop(desk, OVER)
    left = {(row["scope"], row["step"]) for row in desk.rows("answer")["answer"]}
    assert left == {("arbeit", "arb_now"), (needs_scope("arbeit"), "another"), ("profile", NEEDS)}


def test_every_forum_is_dropped_in_its_own_time(database: Database, keys: KeyRing) -> None:
    desk = Desk(database, keys)
    for number, code in enumerate(desk.first.forums):
        need(desk, ANNA + number, "childcare", field=code)
    for day in range(7, 31):
        now = on(f"2027-09-{day:02}", "23:00")
        drop(desk, now)
        left = sorted(f"forum_{code}" for code, planned in DAYS.items() if planned.day > day)
        assert needs_of(desk) == left
    assert needs_of(desk) == []
