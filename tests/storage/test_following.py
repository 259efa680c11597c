"""Followed themes, stations, and who is told of them: never twice, and at most once a calendar month."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

import pytest

from conversations.person import Consent
from conversations.stations import Station, StationCode, StationReason
from storage import contacts, following, sending, station_news, stations
from storage.database import Database
from storage.keyring import KeyRing, ring_from_keys
from storage.retention import apply_retention
from storage.station_news import NewsPage, due_for_news, month_before, next_news_at, put_out_news
from storage.vocabulary import Lane
from tests.support.databases import ANNA, BORIS, NOW, TODAY
from tests.support.meetings import on

MENTORS, ADVICE, CLUBS = "arb_measure.job_mentors", "arb_measure.recognition_advice", "wer_measure.clubs"
LATER = on("2027-11-19", "12:00")


def station(theme: str = MENTORS, code: StationCode = StationCode.DECIDED, url: str = "") -> Station:
    return Station(theme, code, None, url, TODAY)


def record(database: Database, theme: str = MENTORS) -> int:
    with database.transaction() as connection:
        return stations.record(connection, station(theme))


def follower(
    database: Database, keys: KeyRing, person: int, *themes: str, language: str | None = "tr"
) -> str:
    with database.transaction() as connection:
        contact_id = contacts.create_contact(connection, keys, person, today=TODAY).id
        if language is not None:
            contacts.set_language(connection, contact_id, language)
        following.set_follow_consent(connection, contact_id, Consent("1", language or "de", TODAY))
        following.follow(connection, contact_id, themes)
        return contact_id


def put_out(database: Database, keys: KeyRing, now: dt.datetime = LATER) -> list[tuple[str, list[str]]]:
    """Put all news out and take them as they would be sent: to whom, and of which themes."""
    behind, finished = "", False
    while not finished:
        with database.transaction() as connection:
            page = put_out_news(connection, keys, now, 2, behind)
        behind, finished = page.behind, page.finished
    sent = []
    with database.transaction() as connection:
        for row in sending.claim_due(
            connection, keys, lane=Lane.BULK, now=now, lease=dt.timedelta(minutes=1), limit=99
        ):
            assert "text" not in row.body
            sent.append((row.contact_id or "", row.body[station_news.STATIONS]))
            sending.finish(connection, row)
    return sorted(sent)


# Stations


def test_the_station_recorded_last_is_how_a_theme_stands(database: Database) -> None:
    refused = Station(
        MENTORS, StationCode.NOT_TAKEN, StationReason.MONEY, "https://example.org", dt.date(2026, 1, 1)
    )
    with database.transaction() as connection:
        assert stations.newest_id(connection) == 0
        first = stations.record(connection, station())
        assert stations.record(connection, station(CLUBS)) > first
        last = stations.record(connection, refused)
        assert stations.load_newest(connection) == {MENTORS: refused, CLUBS: station(CLUBS)}
        assert stations.list_stations(connection) == (refused, station(CLUBS), station())
        assert (stations.newest_id(connection), stations.newest_id_of(connection, CLUBS)) == (last, last - 1)
        assert stations.newest_id_of(connection, ADVICE) == 0


@pytest.mark.parametrize(
    ("code", "reason"),
    [(StationCode.NOT_TAKEN, None), (StationCode.DONE, StationReason.MONEY)],
)
def test_a_reason_stands_with_not_taken_and_only_there(code: StationCode, reason: StationReason) -> None:
    with pytest.raises(ValueError, match="reason"):
        Station(MENTORS, code, reason, "", TODAY)


# Following


def test_what_is_followed_hangs_on_the_contact_and_goes_with_the_last_theme(
    database: Database, keys: KeyRing
) -> None:
    contact_id = follower(database, keys, ANNA, MENTORS, ADVICE)
    with database.transaction() as connection:
        following.follow(connection, contact_id, [MENTORS])
        loaded = contacts.load_contact(connection, keys, ANNA)
        assert loaded is not None
        assert loaded.followed == {MENTORS, ADVICE}
        assert loaded.follow_consent == Consent("1", "tr", TODAY)
        following.unfollow(connection, contact_id, [MENTORS, "gone.gone"])
        loaded = contacts.load_contact(connection, keys, ANNA)
        assert loaded is not None
        assert loaded.followed == {ADVICE}
        assert loaded.follow_consent is not None
        following.unfollow(connection, contact_id, [ADVICE])
        loaded = contacts.load_contact(connection, keys, ANNA)
        assert loaded is not None
        assert loaded.followed == frozenset()
        assert loaded.follow_consent is None


def test_followers_who_would_hear_of_it_are_counted(database: Database, keys: KeyRing) -> None:
    stopped = follower(database, keys, ANNA, MENTORS)
    follower(database, keys, BORIS, MENTORS, CLUBS)
    follower(database, keys, BORIS + 1, MENTORS, language=None)
    with database.transaction() as connection:
        contacts.set_stopped(connection, stopped, stopped=True)
        assert following.count_followers(connection) == {MENTORS: 1, CLUBS: 1}


def test_a_follower_is_kept_although_they_agreed_to_nothing_else(database: Database, keys: KeyRing) -> None:
    follower(database, keys, ANNA, MENTORS)
    with database.transaction() as connection:
        apply_retention(connection, NOW + dt.timedelta(days=400))
        assert contacts.load_contact(connection, keys, ANNA) is not None


# Being told


def test_a_new_station_is_told_to_those_who_follow_it_once(database: Database, keys: KeyRing) -> None:
    anna = follower(database, keys, ANNA, MENTORS, ADVICE)
    boris = follower(database, keys, BORIS, ADVICE, CLUBS)
    follower(database, keys, BORIS + 1, "arb_measure.internships")
    for theme in (MENTORS, ADVICE, CLUBS):
        record(database, theme)
    assert put_out(database, keys) == sorted(
        [(anna, sorted([MENTORS, ADVICE])), (boris, sorted([ADVICE, CLUBS]))]
    )
    assert put_out(database, keys) == []
    assert put_out(database, keys, LATER + dt.timedelta(days=400)) == []


def test_nobody_is_told_what_was_known_when_they_began_to_follow(database: Database, keys: KeyRing) -> None:
    record(database)
    anna = follower(database, keys, ANNA, MENTORS)
    assert put_out(database, keys) == []
    record(database)
    assert put_out(database, keys) == [(anna, [MENTORS])]


def test_another_theme_brings_no_old_news_and_loses_no_new_ones(database: Database, keys: KeyRing) -> None:
    anna = follower(database, keys, ANNA, MENTORS)
    record(database, CLUBS)
    with database.transaction() as connection:
        following.follow(connection, anna, [CLUBS])
    assert put_out(database, keys) == []
    record(database, MENTORS)
    with database.transaction() as connection:
        following.follow(connection, anna, [ADVICE])
    assert put_out(database, keys) == [(anna, [MENTORS])]


@pytest.mark.parametrize(
    ("told", "silent", "due"),
    [
        ("2027-11-19", "2027-12-18", "2027-12-19"),
        ("2028-01-31", "2028-02-29", "2028-03-01"),
        ("2028-03-31", "2028-04-30", "2028-05-01"),
        ("2027-12-31", "2028-01-30", "2028-01-31"),
    ],
)
def test_nobody_is_told_twice_within_a_calendar_month(
    database: Database, keys: KeyRing, told: str, silent: str, due: str
) -> None:
    anna = follower(database, keys, ANNA, MENTORS, CLUBS)
    record(database)
    assert put_out(database, keys, on(told, "08:00")) == [(anna, [MENTORS])]
    record(database, CLUBS)
    record(database, ADVICE)
    assert put_out(database, keys, on(silent, "20:59")) == []
    assert put_out(database, keys, on(due, "08:00")) == [(anna, [CLUBS])], "what waited is not lost"


def test_the_next_news_are_known_before_they_are_due(database: Database, keys: KeyRing) -> None:
    follower(database, keys, ANNA, MENTORS)

    def news_at(now: dt.datetime) -> dt.datetime | None:
        with database.reading() as connection:
            return next_news_at(connection, now)

    assert news_at(LATER) is None
    record(database)
    assert news_at(LATER) == LATER
    assert news_at(on("2027-11-19", "22:00")) == on("2027-11-20", "08:00")
    put_out(database, keys)
    assert news_at(LATER) is None
    record(database)
    assert news_at(LATER) == on("2027-12-19", "08:00")
    assert news_at(on("2027-12-19", "09:30")) == on("2027-12-19", "09:30")


def test_whoever_stopped_or_has_no_language_is_not_told(database: Database, keys: KeyRing) -> None:
    stopped = follower(database, keys, ANNA, MENTORS)
    follower(database, keys, BORIS, MENTORS, language=None)
    unfollowed = follower(database, keys, BORIS + 1, MENTORS)
    record(database)
    with database.transaction() as connection:
        contacts.set_stopped(connection, stopped, stopped=True)
        following.unfollow(connection, unfollowed, [MENTORS])
    assert put_out(database, keys) == []


def test_whose_chat_cannot_be_opened_holds_nobody_up(database: Database, keys: KeyRing) -> None:
    follower(database, ring_from_keys(contact=b"o" * 32, words=b"w" * 32, respondent=None), ANNA, MENTORS)
    boris = follower(database, keys, BORIS, MENTORS)
    record(database)
    assert put_out(database, keys) == [(boris, [MENTORS])]


def test_a_kill_between_two_pages_tells_nobody_twice_and_leaves_nobody_out(
    database: Database, keys: KeyRing
) -> None:
    everybody = {follower(database, keys, ANNA + number, MENTORS) for number in range(5)}
    record(database)
    with database.transaction() as connection:
        first = put_out_news(connection, keys, LATER, 2)
    assert (first.count, first.finished) == (2, False)

    def be_killed() -> None:
        with database.transaction() as connection:
            assert put_out_news(connection, keys, LATER, 2, first.behind).count == 2
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        be_killed()
    with database.transaction() as connection:  # a new process begins at the front
        assert put_out_news(connection, keys, LATER, 100) == NewsPage(3, max(everybody), finished=True)
    told = put_out(database, keys)
    assert len(told) == 5
    assert {contact_id for contact_id, _ in told} == everybody


@pytest.mark.parametrize("people", [3, 90])
def test_a_page_costs_the_same_number_of_statements(
    sqlite_template: Path, tmp_path: Path, keys: KeyRing, people: int
) -> None:
    steps: list[str] = []
    file = tmp_path / "news.sqlite"
    shutil.copy(sqlite_template, file)
    database = Database.open(f"sqlite:///{file}", on_statement=steps.append)
    for number in range(people):
        follower(database, keys, ANNA + number, MENTORS, CLUBS)
    record(database)
    steps.clear()
    with database.transaction() as connection:
        assert len(due_for_news(connection, LATER, 100)) == people
        assert put_out_news(connection, keys, LATER, 100).count == people
    database.close()
    assert len([step for step in steps if step.startswith("before")]) <= 10


def test_a_calendar_month_ends_with_the_shorter_month() -> None:
    assert month_before(dt.date(2027, 3, 31)) == dt.date(2027, 2, 28)
    assert month_before(dt.date(2028, 1, 15)) == dt.date(2027, 12, 15)
