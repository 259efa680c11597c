"""The programme of the staff: taken over once, changed with everything that follows, previewed truly."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest

from conversations.programme import (
    Cancellation,
    Council,
    Event,
    Forum,
    Meeting,
    Programme,
    Reason,
    Reply,
    Support,
)
from conversations.reminders import ANNOUNCING, TIMED, ReminderKind
from storage import audience, sending
from storage.database import Database
from storage.keyring import KeyRing
from storage.programme import (
    Effect,
    PlannedReminder,
    ProgrammeChangedError,
    change_event,
    load_programme,
    plan_again,
    preview_change,
    seed_programme,
)
from storage.reminders import Reminder
from storage.vocabulary import ReminderState
from tests.support.databases import ANNA, BORIS
from tests.support.meetings import BERLIN, meeting, on, planned
from tests.support.subscribers import ARBEIT, BILDUNG, COUNCIL, RESULTS, Desk

DATE_SET, CHANGED, CANCELLED = ReminderKind.DATE_SET, ReminderKind.CHANGED, ReminderKind.CANCELLED
WEEK, DAY, HOURS = ReminderKind.WEEK_BEFORE, ReminderKind.DAY_BEFORE, ReminderKind.HOURS_BEFORE
THANKS, REPORT, OTHERS = ReminderKind.THANKS, ReminderKind.REPORT, ReminderKind.REPORT_TO_OTHERS
CLARA = 5_000_000_003
NIGHT, LATER_THAT_NIGHT, MORNING = (
    on("2027-08-18", "22:00"),
    on("2027-08-18", "23:00"),
    on("2027-08-19", "08:00"),
)
#: The forum on work as it stands at first, and days to which it may move.
A, B, C = meeting("2027-09-16"), meeting("2027-09-23"), meeting("2027-09-30")
A_LONGER = replace(A, ends=on("2027-09-16", "21:30"))
GONE, GONE_FOR_GOOD = Cancellation(Reason.ROOM), Cancellation(new_date_wanted=False)
TABLES = ("meeting", "reminder", "attendance", "headcount", "outbox", "contact", "subscription")


@pytest.fixture
def desk(database: Database, keys: KeyRing) -> Desk:
    return Desk(database, keys)


def due(reminders: list[Reminder]) -> list[tuple[ReminderKind, str, int]]:
    """Write reminders as kind, time in Göppingen and revision."""
    return [(each.kind, f"{each.due_at.astimezone(BERLIN):%m-%d %H:%M}", each.revision) for each in reminders]


# Taken over from the town file


def test_the_first_programme_is_taken_over_once_with_what_follows_from_it(
    database: Database, keys: KeyRing
) -> None:
    first, now = planned().programme, on("2027-08-18", "14:30")
    with database.transaction() as connection:
        assert seed_programme(connection, first, now) == 6
    desk = Desk(database, keys)
    assert {topic: desk.event(topic) for topic in first.events} == dict(first.events)
    assert due(desk.waiting(ARBEIT)) == [
        (WEEK, "09-09 10:00", 1),
        (DAY, "09-15 17:00", 1),
        (HOURS, "09-16 16:00", 1),
        (THANKS, "09-17 10:00", 1),
    ]
    assert due(desk.waiting(COUNCIL)) == [(DAY, "11-17 17:00", 1)]


def test_what_staff_have_changed_is_never_taken_over_again(desk: Desk) -> None:
    desk.change(meeting=B, seats=3)
    before = desk.rows("meeting", "reminder")
    for now in (desk.now, on("2027-09-20", "12:00")):
        with desk.database.transaction() as connection:
            assert seed_programme(connection, desk.first, now) == 0
    assert desk.rows("meeting", "reminder") == before
    assert (desk.forum().meeting, desk.forum().seats) == (B, 3)


def test_a_field_that_the_town_adds_later_is_taken_over_alone(desk: Desk) -> None:
    desk.change(meeting=B)
    before = desk.rows("reminder")["reminder"]
    more = replace(desk.first, forums={**desk.first.forums, "sport": Forum(meeting("2027-10-05"))})
    with desk.database.transaction() as connection:
        assert seed_programme(connection, more, desk.now) == 1
    added = [row for row in desk.rows("reminder")["reminder"] if row not in before]
    assert {row["topic"] for row in added} == {"forum_sport"}
    assert len(added) == 4


def test_nothing_is_announced_of_a_programme_that_is_new(desk: Desk) -> None:
    desk.subscriber(ANNA, ARBEIT)
    assert desk.deliver() == []
    assert not any(row["kind"] in ANNOUNCING for row in desk.rows("reminder")["reminder"])


def test_what_is_past_when_the_bot_first_starts_is_not_reminded_of(database: Database, keys: KeyRing) -> None:
    desk = Desk(database, keys, now=on("2027-09-16", "09:00"))
    assert due(desk.waiting(ARBEIT)) == [(HOURS, "09-16 16:00", 1), (THANKS, "09-17 10:00", 1)]
    assert desk.waiting(BILDUNG) == [], (
        "that forum was two days ago, and thanks would have gone on the day after"
    )


# Loading


def test_a_programme_that_was_never_taken_over_is_that_of_the_town_file(database: Database) -> None:
    first = planned().programme
    with database.reading() as connection:
        assert load_programme(connection, first) == first


def test_a_field_that_the_town_has_given_up_is_not_shown_any_more(desk: Desk) -> None:
    fewer = Programme({"arbeit": desk.first.forums["arbeit"]}, Council())
    with desk.database.reading() as connection:
        loaded = load_programme(connection, fewer)
    assert list(loaded.forums) == ["arbeit"]
    assert loaded.council == desk.first.council, "the council stands as the staff have it"


def test_a_forum_is_loaded_with_the_seats_that_are_taken(desk: Desk) -> None:
    desk.change(seats=2)
    desk.subscriber(ANNA, ARBEIT, replies={ARBEIT: Reply.COMING, BILDUNG: Reply.COMING})
    desk.subscriber(BORIS, ARBEIT, replies={ARBEIT: Reply.NOT_COMING})
    assert (desk.forum().taken, desk.forum().is_full) == (1, False)
    desk.subscriber(CLARA, replies={ARBEIT: Reply.COMING})
    assert (desk.forum().taken, desk.forum().is_full) == (2, True), "a seat is taken with or without messages"


# Changing


def test_a_move_is_told_at_once_and_every_reminder_follows(desk: Desk) -> None:
    anna = desk.subscriber(ANNA, ARBEIT)
    effect = desk.change(meeting=B)
    assert effect == Effect(
        news=CHANGED,
        people=1,
        languages=("de",),
        first_at=desk.now,
        too_late=False,
        reminders=(
            PlannedReminder(WEEK, on("2027-09-16", "10:00"), 1),
            PlannedReminder(DAY, on("2027-09-22", "17:00"), 1),
            PlannedReminder(HOURS, on("2027-09-23", "16:00"), 0),
            PlannedReminder(THANKS, on("2027-09-24", "10:00"), 1),
        ),
    )
    assert desk.deliver() == [(anna, CHANGED, ["09-16"])]
    assert due(desk.waiting(ARBEIT)) == [
        (WEEK, "09-16 10:00", 2),
        (DAY, "09-22 17:00", 2),
        (HOURS, "09-23 16:00", 2),
        (THANKS, "09-24 10:00", 2),
    ]
    desk.now = on("2027-12-24", "12:00")
    desk.put_out()
    kept = {
        (row["kind"], row["revision"]) for row in desk.rows("reminder")["reminder"] if row["topic"] == ARBEIT
    }
    assert kept >= {("day-before", 1), ("day-before", 2)}
    assert {row["state"] for row in desk.rows("reminder")["reminder"]} <= {"done", "expired", "replaced"}


@pytest.mark.parametrize("breaks", ["after it", "in its middle"])
def test_a_change_is_kept_as_a_whole_or_not_at_all(
    desk: Desk, breaks: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.subscriber(ANNA, ARBEIT, replies={ARBEIT: Reply.COMING})
    before, current = desk.rows(*TABLES), desk.forum()

    def change_and_fail() -> None:
        with desk.database.transaction() as connection:
            change_event(connection, ARBEIT, current, replace(current, meeting=B), desk.now)
            raise ZeroDivisionError

    with monkeypatch.context() as patch:
        if breaks == "in its middle":  # the facts are written and the old reminders overtaken by then
            patch.setattr("storage.programme.list_timed", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            change_and_fail()
    assert desk.rows(*TABLES) == before


def test_two_topics_do_not_disturb_each_other(desk: Desk) -> None:
    desk.subscriber(ANNA, BILDUNG, COUNCIL)
    before = {
        topic: (desk.event(topic), desk.waiting(topic)) for topic in desk.first.events if topic != ARBEIT
    }
    desk.change(meeting=B)
    desk.change(cancellation=GONE)
    assert {topic: (desk.event(topic), desk.waiting(topic)) for topic in before} == before
    assert desk.deliver() == []
    desk.change(BILDUNG, meeting=C)
    assert {kind for _, kind, _ in desk.deliver()} == {CHANGED}
    assert desk.waiting(ARBEIT) == [], "the cancelled forum stays without reminders"


def test_the_council_moves_like_a_forum(desk: Desk) -> None:
    anna = desk.subscriber(ANNA, COUNCIL)
    boris = desk.subscriber(BORIS, ARBEIT)
    later = meeting("2028-04-13", "17:00", None, place="Rathaus")
    assert desk.change(COUNCIL, meeting=later).people == 1
    assert desk.deliver() == [(anna, CHANGED, ["11-18"])]
    assert due(desk.waiting(COUNCIL)) == [(DAY, "04-12 17:00", 2)]
    assert desk.change(COUNCIL, decided_day=dt.date(2027, 11, 18)).news is None
    assert boris not in {who for who, _, _ in desk.deliver()}


def test_a_date_that_becomes_known_is_told_to_who_subscribed_before(
    database: Database, keys: KeyRing
) -> None:
    first = planned().programme
    open_forum = replace(first, forums={**first.forums, "arbeit": Forum()})
    desk = Desk(database, keys, first=open_forum)
    anna = desk.subscriber(ANNA, ARBEIT)
    assert desk.waiting(ARBEIT) == []
    desk.change(meeting=A)
    assert desk.deliver() == [(anna, DATE_SET, [])]
    desk.subscriber(BORIS, ARBEIT)
    assert desk.deliver() == [], "who comes later saw the date when they subscribed"


def test_what_changes_neither_date_nor_place_is_told_to_nobody(desk: Desk) -> None:
    desk.subscriber(ANNA, ARBEIT)
    before = desk.waiting(ARBEIT)
    effect = desk.change(
        map_url="https://example.org", seats=5, support=Support(childcare=True), opens=dt.date(2027, 8, 1)
    )
    assert (effect.news, effect.people, effect.first_at, effect.too_late) == (None, 0, None, False)
    assert desk.waiting(ARBEIT) == before
    assert desk.forum().revision == 1


@pytest.mark.parametrize(
    ("changes", "revision"),
    [
        ({"meeting": B}, 2),
        ({"meeting": replace(A, starts=on("2027-09-16", "18:30"))}, 2),
        ({"meeting": A_LONGER}, 2),
        ({"meeting": replace(A, place="Rathaus")}, 2),
        ({"meeting": replace(A, address="Hauptstraße 1")}, 2),
        ({"meeting": None}, 2),
        ({"cancellation": GONE}, 2),
        ({"meeting": A, "seats": 3}, 1),
        ({"map_url": "https://example.org"}, 1),
        ({"support": Support(interpreting=("uk",))}, 1),
        ({"closes": dt.date(2027, 9, 1)}, 1),
        ({"revision": 99}, 1),
    ],
)
def test_the_revision_counts_dates_places_and_cancellations(
    desk: Desk, changes: dict[str, Any], revision: int
) -> None:
    desk.change(**changes)
    assert desk.forum().revision == revision
    desk.change(**changes)
    assert desk.forum().revision == revision, "the same once more is no change"


def test_who_looks_at_an_old_state_changes_nothing(desk: Desk) -> None:
    seen = desk.forum()
    desk.change(meeting=B)
    before = desk.rows(*TABLES)
    for work in (change_event, preview_change):
        with pytest.raises(ProgrammeChangedError), desk.database.transaction() as connection:
            work(connection, ARBEIT, seen, replace(seen, meeting=C), desk.now)
    assert desk.rows(*TABLES) == before


def test_a_change_that_somebody_else_made_counts_even_where_no_date_moved(desk: Desk) -> None:
    seen = desk.forum()
    desk.change(seats=10)
    with pytest.raises(ProgrammeChangedError), desk.database.transaction() as connection:
        change_event(connection, ARBEIT, seen, replace(seen, seats=20), desk.now)


def test_a_seat_taken_meanwhile_is_no_change_of_the_programme(desk: Desk) -> None:
    seen = desk.forum()
    desk.subscriber(ANNA, ARBEIT, replies={ARBEIT: Reply.COMING})
    with desk.database.transaction() as connection:
        assert change_event(connection, ARBEIT, seen, replace(seen, meeting=B), desk.now).news is CHANGED


def test_a_topic_that_is_none_and_a_time_without_a_zone_are_refused(desk: Desk) -> None:
    seen = desk.forum()
    with desk.database.transaction() as connection, pytest.raises(LookupError):
        change_event(connection, "forum_nowhere", seen, seen, desk.now)
    with desk.database.transaction() as connection, pytest.raises(LookupError):
        change_event(connection, ARBEIT, seen, seen, desk.now.replace(tzinfo=None))


# A preview


AFTER_THE_FORUM, THAT_EVENING = on("2027-09-17", "14:00"), on("2027-09-16", "22:00")
PREVIEWED: list[tuple[dt.datetime, dict[str, Any]]] = [
    (on("2027-08-18", "14:30"), {"meeting": B}),
    (NIGHT, {"meeting": B}),
    (NIGHT, {"meeting": meeting("2027-08-19", "07:30", None)}),
    (on("2027-09-13", "12:00"), {"meeting": B}),
    (on("2027-09-13", "12:00"), {"meeting": meeting("2027-09-14", "11:00", None)}),
    (on("2027-08-18", "14:30"), {"meeting": A_LONGER}),
    (on("2027-08-18", "14:30"), {"meeting": replace(A, place="Rathaus")}),
    (on("2027-08-18", "14:30"), {"meeting": None}),
    (on("2027-08-18", "14:30"), {"cancellation": GONE}),
    (NIGHT, {"cancellation": GONE_FOR_GOOD}),
    (on("2027-08-18", "14:30"), {"map_url": "https://example.org", "seats": 3}),
    (on("2027-08-18", "14:30"), {}),
    (AFTER_THE_FORUM, {"support": Support(childcare=True)}),
]


def people(desk: Desk) -> None:
    desk.subscriber(ANNA, ARBEIT, language="ar", replies={ARBEIT: Reply.COMING})
    desk.subscriber(BORIS, ARBEIT, language="de", replies={ARBEIT: Reply.NOT_COMING})
    desk.subscriber(CLARA, ARBEIT, RESULTS, language="de")
    desk.subscriber(CLARA + 1, BILDUNG, RESULTS, language="tr")


def check_effect(desk: Desk, effect: Effect) -> None:
    """Compare what an effect says with what is planned, and with who will get it."""
    waiting = [each for each in desk.waiting(ARBEIT) if each.due_at > desk.now or each.kind not in TIMED]
    with desk.database.reading() as connection:
        heard = [audience.count_audience(connection, ARBEIT, each.kind) for each in waiting]
    planned_reminders = [
        (each.kind, each.due_at, told.count)
        for each, told in zip(waiting, heard, strict=True)
        if each.kind in TIMED
    ]
    assert [(each.kind, each.due, each.people) for each in effect.reminders] == planned_reminders
    news = [(each, told) for each, told in zip(waiting, heard, strict=True) if each.kind not in TIMED]
    if effect.first_at is None:
        assert news == []
        return
    assert {each.due_at for each, _ in news} == {effect.first_at}
    assert effect.news in {each.kind for each, _ in news}
    assert effect.people == sum(told.count for _, told in news)
    assert set(effect.languages) == {language for _, told in news for language in told.languages}


@pytest.mark.parametrize(("now", "changes"), PREVIEWED)
def test_a_preview_changes_nothing_and_says_exactly_what_then_happens(
    desk: Desk, now: dt.datetime, changes: dict[str, Any]
) -> None:
    people(desk)
    desk.now = now
    before = desk.rows(*TABLES)
    effect = desk.preview(**changes)
    assert desk.rows(*TABLES) == before
    assert desk.change(**changes) == effect
    check_effect(desk, effect)


def test_a_preview_of_a_cancelled_forum_that_reopens_is_true_as_well(desk: Desk) -> None:
    people(desk)
    desk.change(cancellation=GONE)
    desk.deliver()
    for changes in ({"cancellation": None}, {"cancellation": None, "meeting": B}):
        before = desk.rows(*TABLES)
        effect = desk.preview(**changes)
        assert desk.rows(*TABLES) == before
        assert effect.news is DATE_SET
    assert desk.change(**changes) == effect
    check_effect(desk, effect)


def test_a_change_that_comes_too_late_says_so_and_tells_nobody(desk: Desk) -> None:
    people(desk)
    desk.now = NIGHT
    effect = desk.change(meeting=meeting("2027-08-19", "07:30", None))
    assert (effect.news, effect.first_at, effect.too_late) == (CHANGED, None, True)
    assert desk.waiting(ARBEIT, ANNOUNCING) == []
    desk.now = MORNING
    assert desk.deliver() == [], "never after the event"


# Changed again before everybody was told


def test_moved_twice_in_a_night_is_told_once_with_the_date_that_people_know(desk: Desk) -> None:
    anna = desk.subscriber(ANNA, ARBEIT)
    desk.now = NIGHT
    desk.change(meeting=B)
    desk.now = LATER_THAT_NIGHT
    desk.change(meeting=C)
    assert due(desk.waiting(ARBEIT, ANNOUNCING)) == [(CHANGED, "08-19 08:00", 3)]
    assert desk.deliver() == [], "nothing is due at night"
    desk.now = MORNING
    assert desk.deliver() == [(anna, CHANGED, ["09-16"])]
    assert desk.deliver() == []


def test_moved_and_moved_back_in_a_night_is_told_to_nobody(desk: Desk) -> None:
    desk.subscriber(ANNA, ARBEIT)
    desk.now = NIGHT
    desk.change(meeting=B)
    desk.now = LATER_THAT_NIGHT
    effect = desk.change(meeting=A)
    assert (effect.news, effect.too_late) == (None, False)
    desk.now = MORNING
    assert desk.deliver() == []
    assert due(desk.waiting(ARBEIT))[0] == (WEEK, "09-09 10:00", 3), "the reminders of the old date are back"


def test_cancelled_and_reopened_with_the_same_date_in_a_night_is_told_to_nobody(desk: Desk) -> None:
    anna = desk.subscriber(ANNA, ARBEIT, replies={ARBEIT: Reply.COMING})
    desk.now = NIGHT
    desk.change(cancellation=GONE)
    assert [each.kind for each in desk.waiting(ARBEIT)] == [CANCELLED]
    desk.now = LATER_THAT_NIGHT
    assert desk.change(cancellation=None).news is None
    desk.now = MORNING
    assert desk.deliver() == []
    desk.now = on("2027-09-16", "16:00")
    assert (anna, HOURS, []) in desk.deliver(), "a slip costs nobody their registration"


def test_cancelled_and_reopened_with_another_end_in_a_night_costs_nobody_a_registration(desk: Desk) -> None:
    anna = desk.subscriber(ANNA, ARBEIT, replies={ARBEIT: Reply.COMING})
    desk.now = NIGHT
    desk.change(cancellation=GONE)
    assert desk.change(cancellation=None, meeting=A_LONGER).news is None
    desk.now = on("2027-09-16", "16:00")
    assert (anna, HOURS, []) in desk.deliver()


def test_cancelled_and_reopened_with_another_date_in_a_night_is_told_as_news(desk: Desk) -> None:
    anna = desk.subscriber(ANNA, ARBEIT)
    desk.now = NIGHT
    desk.change(cancellation=GONE)
    desk.change(cancellation=None, meeting=B)
    desk.now = MORNING
    assert desk.deliver() == [(anna, CHANGED, ["09-16"])], "nobody heard that it was cancelled"


def test_moved_and_cancelled_in_a_night_is_told_as_cancelled_with_the_date_that_people_know(
    desk: Desk,
) -> None:
    anna = desk.subscriber(ANNA, ARBEIT)
    desk.now = NIGHT
    desk.change(meeting=B)
    desk.change(cancellation=GONE)
    desk.now = MORNING
    assert desk.deliver() == [(anna, CANCELLED, ["09-16"])]


def test_cancelled_told_and_reopened_is_told_as_a_new_date(desk: Desk) -> None:
    anna = desk.subscriber(ANNA, ARBEIT)
    desk.change(cancellation=GONE)
    assert desk.deliver() == [(anna, CANCELLED, ["09-16"])]
    assert desk.waiting(ARBEIT) == []
    desk.change(cancellation=None)
    assert desk.deliver() == [(anna, DATE_SET, [])]
    assert [each.kind for each in desk.waiting(ARBEIT)] == [WEEK, DAY, HOURS, THANKS]


def test_moved_back_after_everybody_was_told_is_told_again(desk: Desk) -> None:
    anna = desk.subscriber(ANNA, ARBEIT)
    desk.change(meeting=B)
    assert desk.deliver() == [(anna, CHANGED, ["09-16"])]
    desk.change(meeting=A)
    assert desk.deliver() == [(anna, CHANGED, ["09-23"])]


def test_a_date_that_became_open_is_compared_when_there_is_a_new_one(desk: Desk) -> None:
    anna = desk.subscriber(ANNA, ARBEIT)
    assert desk.change(meeting=None).news is None
    assert desk.waiting(ARBEIT) == []
    assert desk.preview(meeting=A).news is None, "people never learned that it was open"
    desk.change(meeting=B)
    assert desk.deliver() == [(anna, CHANGED, ["09-16"])]


def test_an_end_that_moves_is_told_to_nobody_and_keeps_what_waits_to_be_told(desk: Desk) -> None:
    anna = desk.subscriber(ANNA, ARBEIT)
    assert desk.change(meeting=A_LONGER).news is None
    assert desk.deliver() == []
    desk.now = NIGHT
    desk.change(meeting=B)
    desk.change(meeting=replace(B, ends=on("2027-09-23", "21:00")))
    desk.now = MORNING
    assert desk.deliver() == [(anna, CHANGED, ["09-16"])]
    desk.change(meeting=C)
    assert desk.deliver() == [(anna, CHANGED, ["09-23"])]


def test_an_end_that_moves_lets_the_thanks_follow(desk: Desk) -> None:
    desk.change(meeting=replace(A, ends=on("2027-09-17", "01:00")))
    assert due(desk.waiting(ARBEIT, [THANKS])) == [(THANKS, "09-20 10:00", 2)]


def test_what_was_put_out_but_not_sent_when_the_date_moves_is_not_sent(desk: Desk) -> None:
    anna = desk.subscriber(ANNA, ARBEIT)
    desk.now = on("2027-09-09", "10:00")
    assert (WEEK, ARBEIT) in {(page.reminder.kind, page.reminder.topic) for page in desk.put_out()}
    desk.change(meeting=C)
    assert desk.deliver() == [(anna, CHANGED, ["09-16"])], "“in 7 days” would be wrong"


def test_where_some_were_told_of_a_date_that_is_no_more_both_old_dates_are_named(desk: Desk) -> None:
    people = desk.subscribers(5, ARBEIT)
    desk.change(meeting=B)
    page = desk.put_out_page(limit=2)
    assert page is not None
    assert not page.finished
    told = desk.send(desk.claim(most=1))
    assert [(kind, earlier) for _, kind, earlier in told] == [(CHANGED, ["09-16"])]
    desk.change(meeting=C)
    sent = desk.deliver()
    assert sorted(sent) == sorted((person, CHANGED, ["09-16", "09-23"]) for person in people)


def test_where_some_were_told_of_a_date_moving_back_is_told_with_that_date(desk: Desk) -> None:
    people = desk.subscribers(3, ARBEIT)
    desk.change(meeting=B)
    desk.put_out_page(limit=2)
    assert len(desk.send(desk.claim(most=1))) == 1
    desk.change(meeting=A)
    assert sorted(desk.deliver()) == sorted((person, CHANGED, ["09-23"]) for person in people)


def test_a_page_that_was_put_out_but_not_sent_has_told_nobody(desk: Desk) -> None:
    people = desk.subscribers(3, ARBEIT)
    desk.change(meeting=B)
    desk.put_out_page(limit=2)
    desk.change(meeting=C)
    assert sorted(desk.deliver()) == sorted((person, CHANGED, ["09-16"]) for person in people)


def test_a_move_that_was_put_out_but_not_sent_has_told_nobody(desk: Desk) -> None:
    desk.subscribers(3, ARBEIT)
    desk.change(meeting=B)
    assert [page.finished for page in desk.put_out()] == [True]
    assert desk.change(meeting=A).news is None
    assert desk.send_all() == []


def test_what_is_being_sent_at_this_moment_counts_as_told(desk: Desk) -> None:
    people = desk.subscribers(3, ARBEIT)
    desk.change(meeting=B)
    desk.put_out_page(limit=1)
    in_flight = desk.claim()
    assert len(in_flight) == 1
    desk.change(meeting=A)
    with desk.database.transaction() as connection:
        assert all(sending.finish(connection, row) for row in in_flight), "its words were written before"
    assert sorted(desk.deliver()) == sorted((person, CHANGED, ["09-23"]) for person in people)


def test_an_old_date_is_named_once_however_often_something_else_changed_meanwhile(desk: Desk) -> None:
    people = desk.subscribers(3, ARBEIT)
    desk.change(meeting=B)
    desk.put_out_page(limit=2)
    desk.send(desk.claim(most=1))
    for number in range(3):
        desk.change(map_url=f"https://example.org/{number}")
    desk.change(meeting=C)
    assert sorted(desk.deliver()) == sorted((person, CHANGED, ["09-16", "09-23"]) for person in people)


@pytest.mark.parametrize("put_out", [False, True])
def test_an_end_that_moves_while_a_reminder_is_on_its_way_costs_nobody_that_reminder(
    desk: Desk, put_out: bool
) -> None:
    anna, boris = desk.subscriber(ANNA, ARBEIT), desk.subscriber(BORIS, ARBEIT)
    desk.now = on("2027-09-15", "17:00")
    if put_out:
        desk.put_out_page(limit=1)
    desk.change(meeting=A_LONGER)
    assert sorted(desk.deliver()) == sorted([(anna, DAY, []), (boris, DAY, [])])


@pytest.mark.parametrize("put_out", [False, True])
def test_planning_again_after_an_end_that_moved_reminds_nobody_twice(desk: Desk, put_out: bool) -> None:
    anna = desk.subscriber(ANNA, ARBEIT)
    desk.now = on("2027-09-15", "16:59")
    if put_out:
        desk.now = on("2027-09-15", "17:00")
        desk.put_out()
    desk.change(meeting=A_LONGER)
    with desk.database.transaction() as connection:
        plan_again(connection, desk.first, desk.now)
    desk.now = on("2027-09-15", "17:01")
    assert desk.deliver() == [(anna, DAY, [])]


def test_a_message_that_was_put_off_has_not_been_told(desk: Desk) -> None:
    desk.subscriber(ANNA, ARBEIT)
    desk.change(meeting=B)
    desk.put_out()
    (row,) = desk.claim()
    with desk.database.transaction() as connection:
        sending.retry(connection, row, desk.now)
    effect = desk.preview(meeting=A)
    assert effect.news is None, "nobody knows of the date that is taken back"


def test_an_announcement_that_expired_has_told_nobody(desk: Desk) -> None:
    anna = desk.subscriber(ANNA, ARBEIT)
    soon = meeting("2027-08-19", "09:00", None)
    desk.now = NIGHT
    desk.change(meeting=soon)
    desk.now = on("2027-08-19", "12:00")  # the bot was away in between
    assert [(page.reminder.kind, page.expired) for page in desk.put_out()] == [(CHANGED, True)]
    desk.change(meeting=C)
    assert desk.deliver() == [(anna, CHANGED, ["09-16"])]


def test_who_was_told_of_a_cancellation_that_others_missed_hears_of_it_with_the_next_news(desk: Desk) -> None:
    people = desk.subscribers(3, ARBEIT)
    desk.change(cancellation=GONE)
    desk.put_out_page(limit=2)
    desk.send(desk.claim(most=1))
    desk.change(cancellation=None)
    assert sorted(desk.deliver()) == sorted((person, DATE_SET, []) for person in people)


# The report


def held(desk: Desk, now: dt.datetime = AFTER_THE_FORUM) -> Desk:
    """Let the forum on work take place, with everything sent until then."""
    desk.now = now
    desk.deliver()
    return desk


def test_the_report_goes_once_to_people_of_the_forum_and_once_to_other_readers_of_results(desk: Desk) -> None:
    comes = desk.subscriber(ANNA, ARBEIT, RESULTS, replies={ARBEIT: Reply.COMING})
    refused = desk.subscriber(BORIS, ARBEIT, RESULTS, replies={ARBEIT: Reply.NOT_COMING})
    desk.subscriber(CLARA, ARBEIT, replies={ARBEIT: Reply.NOT_COMING})
    reader = desk.subscriber(CLARA + 1, RESULTS)
    held(desk)
    desk.change(report_url="https://example.org/report")
    assert sorted(desk.deliver()) == sorted(
        [(comes, REPORT, []), (refused, OTHERS, []), (reader, OTHERS, [])]
    )
    desk.change(report_url="https://example.org/report-2")
    desk.change(report_url="")
    desk.change(report_url="https://example.org/report")
    desk.now += dt.timedelta(days=1)
    assert desk.deliver() == [], "a report is told once, however often its link is mended"


def test_a_report_that_is_there_before_the_thanks_takes_their_place(desk: Desk) -> None:
    anna = desk.subscriber(ANNA, ARBEIT)
    held(desk, THAT_EVENING)
    desk.change(report_url="https://example.org/report")
    assert due(desk.waiting(ARBEIT)) == [(REPORT, "09-17 08:00", 1), (OTHERS, "09-17 08:00", 1)]
    desk.now = AFTER_THE_FORUM
    assert desk.deliver() == [(anna, REPORT, [])]


def test_a_report_after_the_thanks_is_told_as_well(desk: Desk) -> None:
    anna = desk.subscriber(ANNA, ARBEIT)
    held(desk, on("2027-09-16", "21:00"))
    desk.now = AFTER_THE_FORUM
    assert desk.deliver() == [(anna, THANKS, [])]
    desk.change(report_url="https://example.org/report")
    assert desk.deliver() == [(anna, REPORT, [])]


@pytest.mark.parametrize(
    ("now", "changes"),
    [
        (on("2027-09-16", "20:29"), {}),
        (AFTER_THE_FORUM, {"cancellation": GONE}),
        (AFTER_THE_FORUM, {"meeting": None}),
    ],
)
def test_no_report_is_told_of_a_forum_that_has_not_taken_place(
    desk: Desk, now: dt.datetime, changes: dict[str, Any]
) -> None:
    desk.subscriber(ANNA, ARBEIT, RESULTS)
    if changes:
        desk.change(**changes)
    held(desk, now)
    assert desk.change(report_url="https://example.org/report").news is None
    assert desk.waiting(ARBEIT, [REPORT, OTHERS]) == []


@pytest.mark.parametrize("now", [AFTER_THE_FORUM, THAT_EVENING])
def test_the_preview_of_a_report_says_exactly_what_then_happens(desk: Desk, now: dt.datetime) -> None:
    people(desk)
    held(desk, now)
    effect = desk.preview(report_url="https://example.org/report")
    assert desk.change(report_url="https://example.org/report") == effect
    assert effect.news is REPORT
    check_effect(desk, effect)


def test_the_preview_of_a_report_that_was_told_already_announces_nothing(desk: Desk) -> None:
    people(desk)
    held(desk)
    desk.change(report_url="https://example.org/report")
    desk.deliver()
    desk.change(report_url="")
    assert desk.preview(report_url="https://example.org/report").first_at is None


def test_what_was_replaced_stays_replaced(desk: Desk) -> None:
    people(desk)
    held(desk, THAT_EVENING)
    desk.change(report_url="https://example.org/report")
    desk.change(map_url="https://example.org/map")
    desk.now = AFTER_THE_FORUM
    assert THANKS not in {kind for _, kind, _ in desk.deliver()}
    states = {
        row["state"]
        for row in desk.rows("reminder")["reminder"]
        if row["kind"] == THANKS and row["topic"] == ARBEIT
    }
    assert states == {ReminderState.REPLACED}


# Registrations


def test_registrations_go_with_a_date_that_is_cancelled_and_told_and_then_set_anew(desk: Desk) -> None:
    desk.subscriber(ANNA, ARBEIT, replies={ARBEIT: Reply.COMING})
    desk.subscriber(BORIS, ARBEIT, replies={ARBEIT: Reply.NOT_COMING})
    desk.change(cancellation=GONE)
    desk.deliver()
    desk.change(cancellation=None, meeting=B)
    assert desk.forum().taken == 0
    desk.deliver()
    desk.now = on("2027-09-22", "17:00")
    assert sorted(kind for _, kind, _ in desk.deliver()) == [DAY, DAY], (
        "on the new day both may be able to come"
    )


def test_a_date_that_moves_keeps_what_people_said(desk: Desk) -> None:
    desk.subscriber(ANNA, ARBEIT, replies={ARBEIT: Reply.COMING})
    desk.change(meeting=B)
    assert desk.forum().taken == 1


def test_the_events_of_the_staff_are_read_back_as_they_were_written(desk: Desk) -> None:
    full: dict[str, Event] = {
        ARBEIT: Forum(
            Meeting(on("2027-10-05", "18:00"), "Rathaus", on("2027-10-05", "20:00"), "Hauptstraße 1"),
            support=Support(childcare=True, step_free=True, interpreting=("ar", "tr")),
            seats=12,
            map_url="https://example.org/map",
            opens=dt.date(2027, 8, 1),
            closes=dt.date(2027, 9, 30),
        ),
        COUNCIL: Council(
            meeting("2027-12-01", "17:00", None), agenda_url="https://example.org", has_question_time=True
        ),
    }
    for topic, event in full.items():
        with desk.database.transaction() as connection:
            change_event(connection, topic, desk.event(topic), event, desk.now)
        assert desk.event(topic) == replace(event, revision=2)
