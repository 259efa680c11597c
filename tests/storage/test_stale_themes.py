"""Themes that many chose and of which nobody has said what became of them: counted after the forum."""

from __future__ import annotations

import datetime as dt

from conversations.programme import Cancellation, Programme
from conversations.stations import Station, StationCode
from storage import stations
from storage.database import Database
from storage.keyring import KeyRing
from storage.stale_themes import list_stale
from tests.support.chosen import answers
from tests.support.databases import TODAY
from tests.support.meetings import on, planned, with_forum

MENTORS, COURSES, GOAL = "arb_measure.job_mentors", "arb_measure.work_courses", "arb_future.skills_used"
AFTER, BEFORE = on("2027-09-20", "09:00"), on("2027-09-10", "09:00")


def stale(
    database: Database, now: dt.datetime = AFTER, programme: Programme | None = None
) -> list[tuple[str, int]]:
    content = planned()
    with database.reading() as connection:
        return list_stale(connection, content, programme or content.programme, now)


def test_what_ten_people_chose_is_listed_and_what_nine_did_is_not(database: Database, keys: KeyRing) -> None:
    answers(database, keys, 9, "job_mentors", "work_courses")
    assert stale(database) == []
    answers(database, keys, 3, "work_courses", "own", first=20)
    answers(database, keys, 15, "skills_used", step="arb_future", first=40)
    answers(database, keys, 15, "none", first=60)
    assert stale(database) == [(GOAL, 15), (COURSES, 12)], "the ends of lists are no themes"


def test_before_the_forum_and_without_one_nobody_is_reminded(database: Database, keys: KeyRing) -> None:
    answers(database, keys, 12, "job_mentors")
    assert stale(database) == [(MENTORS, 12)]
    assert stale(database, BEFORE) == []
    cancelled = with_forum(planned(), "arbeit", cancellation=Cancellation(new_date_wanted=False))
    assert stale(database, programme=cancelled.programme) == []


def test_a_theme_with_a_station_is_not_listed(database: Database, keys: KeyRing) -> None:
    answers(database, keys, 12, "job_mentors", "work_courses")
    with database.transaction() as connection:
        stations.record(connection, Station(MENTORS, StationCode.DISCUSSED, None, "", TODAY))
    assert stale(database) == [(COURSES, 12)]


def test_the_same_code_of_another_question_is_not_counted(database: Database, keys: KeyRing) -> None:
    answers(database, keys, 12, "job_mentors", step="arb_now")
    assert stale(database) == []
