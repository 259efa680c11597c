"""Reminders: put out page by page, to exactly those who want them, once each, and never too late."""

from __future__ import annotations

import datetime as dt
import itertools
import random
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest
from sqlalchemy import text, update
from sqlalchemy.exc import IntegrityError

from conversations.programme import Reply
from conversations.reminders import ANNOUNCING, FOR_EVERYBODY, TIMED, Due, ReminderKind
from storage import audience, contacts, outbox, reminders, sending
from storage.database import Database
from storage.keyring import KeyRing, ring_from_keys
from storage.reminders import (
    Told,
    add_reminders,
    count_states,
    find_reminder,
    how_far_told,
    list_waiting,
    next_heard_at,
    next_reminder_due_at,
    put_out_page,
    replace_reminders,
)
from storage.tables import contact
from storage.vocabulary import Lane, ReminderState
from tests.support.databases import ANNA, BORIS, NOW
from tests.support.meetings import BERLIN, meeting
from tests.support.subscribers import ARBEIT, BILDUNG, COUNCIL, LEASE, RESULTS, subscribe

CLARA = 5_000_000_003
CHANGED, DAY, HOURS = ReminderKind.CHANGED, ReminderKind.DAY_BEFORE, ReminderKind.HOURS_BEFORE
SECOND = dt.timedelta(seconds=1)
HOUR = dt.timedelta(hours=1)


def plan(
    database: Database,
    kind: ReminderKind = DAY,
    *,
    topic: str = ARBEIT,
    revision: int = 1,
    due: dt.datetime = NOW,
    expires: dt.datetime = NOW + HOUR,
) -> None:
    with database.transaction() as connection:
        add_reminders(connection, topic, revision, [Due(kind, due, expires)])


def people(database: Database, keys: KeyRing, number: int, *topics: str) -> list[str]:
    with database.transaction() as connection:
        return sorted(subscribe(connection, keys, ANNA + each, *topics) for each in range(number))


def put_out(
    database: Database, keys: KeyRing, *, limit: int = 100, now: dt.datetime = NOW
) -> reminders.Page | None:
    with database.transaction() as connection:
        return put_out_page(connection, keys, now, BERLIN, limit=limit)


def put_out_all(
    database: Database, keys: KeyRing, *, limit: int = 100, now: dt.datetime = NOW
) -> list[reminders.Page]:
    pages = []
    while (page := put_out(database, keys, limit=limit, now=now)) is not None:
        pages.append(page)
        assert len(pages) < 1_000, "there is no end"
    return pages


def in_outbox(database: Database) -> list[tuple[str, str]]:
    """List who lies in the outbox, and for what."""
    with database.reading() as connection:
        rows = connection.execute(text("SELECT contact_id, purpose FROM outbox ORDER BY contact_id")).all()
    return [(row.contact_id, row.purpose.removesuffix(f":{row.contact_id}")) for row in rows]


def states(database: Database) -> dict[str, int]:
    with database.reading() as connection:
        return {state.value: number for state, number in count_states(connection).items() if number}


# Page by page


@pytest.mark.parametrize("limit", [1, 3, 4, 7, 12, 13, 100])
def test_pages_reach_everybody_once_whatever_their_size(
    database: Database, keys: KeyRing, limit: int
) -> None:
    everybody = people(database, keys, 12, ARBEIT)
    plan(database, revision=4)
    pages = put_out_all(database, keys, limit=limit)
    assert in_outbox(database) == [(person, "forum_arbeit:r4:day-before") for person in everybody]
    assert [page.count for page in pages[:-1]] == [limit] * (len(pages) - 1)
    assert [page.finished for page in pages] == [False] * (len(pages) - 1) + [True]
    assert pages[-1].reminder.planned_count + pages[-1].count == 12
    assert states(database) == {"done": 1}
    assert put_out(database, keys, now=NOW + HOUR) is None, "what is done is not begun again"


def test_a_reminder_says_nothing_yet_and_goes_at_the_pace_of_mailings(
    database: Database, keys: KeyRing
) -> None:
    people(database, keys, 1, ARBEIT)
    plan(database)
    put_out(database, keys)
    with database.transaction() as connection:
        [row] = sending.claim_due(connection, keys, lane=Lane.BULK, now=NOW, lease=LEASE, limit=9)
        told = find_reminder(connection, row.reminder_id or 0, BERLIN)
    assert (row.chat_id, row.body, row.lane) == (ANNA, {}, Lane.BULK)
    assert told is not None
    assert (told.topic, told.kind) == (ARBEIT, DAY)


@pytest.mark.parametrize("seed", range(6))
def test_a_kill_between_or_within_pages_repeats_nobody_and_leaves_nobody_out(
    database: Database, keys: KeyRing, seed: int
) -> None:
    everybody = people(database, keys, 25, ARBEIT)
    plan(database)
    rng = random.Random(seed)
    kills = finished = 0

    def page_that_may_die() -> bool:
        with database.transaction() as connection:
            page = put_out_page(connection, keys, NOW, BERLIN, limit=rng.randint(1, 6))
            if rng.random() < 0.5:
                raise InterruptedError
            return page is not None

    while not finished:
        try:
            finished = not page_that_may_die()
        except InterruptedError:
            kills += 1
            assert kills < 1_000, "there is no end"
    assert kills, "otherwise this test says nothing"
    assert Counter(person for person, _ in in_outbox(database)) == Counter(everybody)


def test_several_processes_put_out_the_same_reminder_once(database: Database, keys: KeyRing) -> None:
    everybody = people(database, keys, 60, ARBEIT, BILDUNG)
    plan(database)
    plan(database, topic=BILDUNG)

    def drain() -> int:
        count = 0
        while True:
            page = put_out(database, keys, limit=5)
            count += 0 if page is None else page.count
            assert count <= 1_000, "there is no end"
            if page is None and states(database).get("waiting", 0) == 0:
                return count

    with ThreadPoolExecutor(4) as pool:
        counts = [worker.result(timeout=60) for worker in [pool.submit(drain) for _ in range(4)]]
    assert sum(counts) == 120
    assert Counter(person for person, _ in in_outbox(database)) == Counter(everybody * 2)


def test_the_earliest_reminder_is_put_out_first_and_to_its_end(database: Database, keys: KeyRing) -> None:
    people(database, keys, 3, ARBEIT, BILDUNG)
    plan(database, topic=BILDUNG, due=NOW)
    plan(database, topic=ARBEIT, due=NOW - SECOND)
    order = [page.reminder.topic for page in put_out_all(database, keys, limit=2)]
    assert order == [ARBEIT, ARBEIT, BILDUNG, BILDUNG]


@pytest.mark.parametrize(("after", "is_due"), [(-SECOND, False), (dt.timedelta(0), True), (SECOND, True)])
def test_nothing_is_put_out_before_its_time(
    database: Database, keys: KeyRing, after: dt.timedelta, is_due: bool
) -> None:
    people(database, keys, 1, ARBEIT)
    plan(database)
    assert (put_out(database, keys, now=NOW + after) is not None) is is_due
    assert len(in_outbox(database)) == is_due


def test_who_wants_it_between_two_pages_may_get_it_and_who_does_not_any_more_does_not(
    database: Database, keys: KeyRing
) -> None:
    everybody = people(database, keys, 6, ARBEIT)
    plan(database)
    put_out(database, keys, limit=2)
    with database.transaction() as connection:
        contacts.unsubscribe(connection, everybody[4], [ARBEIT])
        contacts.delete_contact(connection, everybody[5])
        contacts.delete_contact(connection, everybody[1])  # the one the cursor stands on
    put_out_all(database, keys, limit=2)
    assert {person for person, _ in in_outbox(database)} == set(everybody[:4])


# Planning


def test_what_is_planned_already_is_left_as_it_is(database: Database, keys: KeyRing) -> None:
    people(database, keys, 3, ARBEIT)
    plan(database)
    put_out(database, keys, limit=2)
    plan(database, due=NOW + HOUR, expires=NOW + 2 * HOUR)
    with database.reading() as connection:
        [waiting] = list_waiting(connection, BERLIN)
    assert (waiting.due_at, waiting.planned_count) == (NOW, 2)
    put_out_all(database, keys)
    plan(database)
    assert states(database) == {"done": 1}, "what was sent is not planned again"


def test_what_is_overtaken_is_neither_put_out_nor_found_valid(database: Database, keys: KeyRing) -> None:
    people(database, keys, 3, ARBEIT, BILDUNG)
    for kind in ReminderKind:
        plan(database, kind)
        plan(database, kind, topic=BILDUNG)
    put_out(database, keys, limit=1)
    with database.transaction() as connection:
        replace_reminders(connection, ARBEIT, TIMED)
    pages = put_out_all(database, keys)
    assert {page.reminder.kind for page in pages if page.reminder.topic == ARBEIT} == set(
        ReminderKind
    ) - TIMED
    assert {page.reminder.kind for page in pages if page.reminder.topic == BILDUNG} == set(ReminderKind)
    assert states(database) == {"replaced": len(TIMED), "done": 2 * len(ReminderKind) - len(TIMED)}


def test_what_was_put_out_is_overtaken_as_well(database: Database, keys: KeyRing) -> None:
    people(database, keys, 1, ARBEIT)
    plan(database)
    page = put_out(database, keys)
    assert page is not None
    with database.transaction() as connection:
        replace_reminders(connection, ARBEIT, TIMED)
        told = find_reminder(connection, page.reminder.id, BERLIN)
    assert told is not None
    assert told.state is ReminderState.REPLACED, "its rows in the outbox are not sent"


def test_old_dates_are_kept_with_the_reminder_that_names_them(database: Database) -> None:
    earlier = [meeting("2027-09-16"), meeting("2027-10-31", "02:30", None)]
    with database.transaction() as connection:
        add_reminders(connection, ARBEIT, 2, [Due(CHANGED, NOW, NOW + HOUR)], earlier)
        [waiting] = list_waiting(connection, BERLIN)
    assert waiting.earlier == tuple(earlier)
    assert {each.starts.tzinfo for each in waiting.earlier} == {BERLIN}


def test_a_reminder_that_expires_before_it_is_due_is_a_mistake_that_the_database_refuses(
    database: Database,
) -> None:
    with pytest.raises(IntegrityError):
        plan(database, due=NOW, expires=NOW)


def test_a_reminder_that_is_none_is_not_found(database: Database) -> None:
    with database.reading() as connection:
        assert find_reminder(connection, 7, BERLIN) is None


def test_what_waits_is_listed_and_counted_the_earliest_first(database: Database, keys: KeyRing) -> None:
    with database.reading() as connection:
        assert next_reminder_due_at(connection) is None
        assert next_heard_at(connection, BERLIN) is None
        assert count_states(connection) == dict.fromkeys(ReminderState, 0)
    plan(database, topic=BILDUNG, due=NOW + HOUR, expires=NOW + 2 * HOUR)
    plan(database, HOURS, due=NOW - HOUR)
    plan(database, topic=COUNCIL)
    people(database, keys, 1, BILDUNG, ARBEIT)
    with database.reading() as connection:
        assert [each.topic for each in list_waiting(connection, BERLIN)] == [ARBEIT, COUNCIL, BILDUNG]
        assert next_reminder_due_at(connection) == NOW - HOUR
        assert next_heard_at(connection, BERLIN) == NOW + HOUR, (
            "nobody comes, and nobody reads of the council"
        )
    put_out_all(database, keys)
    assert states(database) == {"done": 2, "waiting": 1}


# Too late


@pytest.mark.parametrize(("after", "is_dropped"), [(-SECOND, False), (dt.timedelta(0), True), (HOUR, True)])
def test_what_is_due_too_late_is_dropped_and_counted(
    database: Database, keys: KeyRing, after: dt.timedelta, is_dropped: bool
) -> None:
    people(database, keys, 2, ARBEIT)
    plan(database)
    [page] = put_out_all(database, keys, now=NOW + HOUR + after)
    assert (page.expired, page.finished, page.count) == (is_dropped, True, 0 if is_dropped else 2)
    assert len(in_outbox(database)) == (0 if is_dropped else 2)
    assert states(database) == ({"expired": 1} if is_dropped else {"done": 1})


def test_what_expires_between_two_pages_is_dropped_for_the_rest(database: Database, keys: KeyRing) -> None:
    people(database, keys, 5, ARBEIT)
    plan(database)
    put_out(database, keys, limit=2)
    [page] = put_out_all(database, keys, limit=2, now=NOW + HOUR)
    assert page.expired
    assert len(in_outbox(database)) == 2
    assert states(database) == {"expired": 1}


def test_what_is_too_late_does_not_hold_up_what_is_not(database: Database, keys: KeyRing) -> None:
    people(database, keys, 1, ARBEIT)
    for number in range(3):
        plan(database, revision=number + 1, due=NOW - 2 * HOUR, expires=NOW - HOUR)
    plan(database, revision=9)
    assert [page.expired for page in put_out_all(database, keys)] == [True, True, True, False]
    assert [purpose for _, purpose in in_outbox(database)] == ["forum_arbeit:r9:day-before"]


# Who cannot be reached


def test_who_was_sealed_with_other_keys_does_not_keep_the_others_from_hearing(
    database: Database, keys: KeyRing
) -> None:
    everybody = people(database, keys, 4, ARBEIT)
    other = ring_from_keys(contact=b"x" * 32, words=b"y" * 32, respondent=None)
    with database.transaction() as connection:
        strange = other.seal_contact(b"1", f"contact.chat:{everybody[1]}")
        connection.execute(update(contact).where(contact.c.id == everybody[1]).values(chat_sealed=strange))
        moved = keys.seal_contact(b"1", f"contact.chat:{everybody[0]}")
        connection.execute(update(contact).where(contact.c.id == everybody[2]).values(chat_sealed=moved))
    plan(database)
    put_out_all(database, keys, limit=2)
    assert [person for person, _ in in_outbox(database)] == [everybody[0], everybody[3]]


# Who is told what


@dataclass(frozen=True)
class Somebody:
    """One of everybody who can be: what they agreed to, want and said."""

    agreed: bool
    has_language: bool
    topics: tuple[str, ...]
    reply: Reply | None
    other_reply: Reply | None

    def is_told(self, kind: ReminderKind) -> bool:
        """Tell from the rules alone whether they hear of the forum on work."""
        if not (self.agreed and self.has_language):
            return False
        hears_of_forum = ARBEIT in self.topics
        if kind is ReminderKind.HOURS_BEFORE:
            return hears_of_forum and self.reply is Reply.COMING
        if kind is ReminderKind.REPORT_TO_OTHERS:
            return RESULTS in self.topics and not (hears_of_forum and self.reply is not Reply.NOT_COMING)
        if kind in (ReminderKind.DATE_SET, ReminderKind.CHANGED, ReminderKind.CANCELLED):
            return hears_of_forum
        return hears_of_forum and self.reply is not Reply.NOT_COMING


def everybody_who_can_be() -> Iterator[Somebody]:
    topics = [(), (ARBEIT,), (RESULTS,), (ARBEIT, RESULTS), (BILDUNG, COUNCIL)]
    replies = [None, Reply.COMING, Reply.NOT_COMING]
    for agreed, has_language, wanted, reply in itertools.product(
        [True, False], [True, False], topics, replies
    ):
        for other in replies if agreed and has_language else [None]:
            yield Somebody(agreed, has_language, wanted, reply, other)


@pytest.fixture
def town(database: Database, keys: KeyRing) -> dict[str, Somebody]:
    found: dict[str, Somebody] = {}
    with database.transaction() as connection:
        for number, who in enumerate(everybody_who_can_be()):
            said = {ARBEIT: who.reply, BILDUNG: who.other_reply}
            contact_id = subscribe(
                connection,
                keys,
                ANNA + number,
                *who.topics,
                language=("ar", "de", "tr")[number % 3] if who.has_language else None,
                agreed=who.agreed,
                replies={topic: reply for topic, reply in said.items() if reply is not None},
            )
            found[contact_id] = who
    return found


def test_each_reminder_goes_to_exactly_those_whom_the_rules_name(
    database: Database, keys: KeyRing, town: dict[str, Somebody]
) -> None:
    for kind in ReminderKind:
        expected = sorted(contact_id for contact_id, who in town.items() if who.is_told(kind))
        assert expected, "otherwise this says nothing"
        with database.reading() as connection:
            told: list[str] = []
            while page := audience.load_page(
                connection, ARBEIT, kind, behind=told[-1] if told else "", limit=7
            ):
                told += [recipient.contact_id for recipient in page]
            counted = audience.count_audience(connection, ARBEIT, kind)
            wanted = sorted(each for each in town if audience.is_wanted(connection, ARBEIT, kind, each))
            found = [contacts.find_by_id(connection, keys, contact_id) for contact_id in expected]
            spoken = {each.language for each in found if each is not None}
        assert told == expected, kind
        assert wanted == expected, f"{kind}: the same at the moment of sending"
        assert counted.count == len(expected), f"{kind}: the preview promises neither more nor less"
        assert counted.languages == tuple(sorted(spoken, key=str))


def test_the_report_reaches_each_reader_of_results_once(
    database: Database, town: dict[str, Somebody]
) -> None:
    for who in town.values():
        both = who.is_told(ReminderKind.REPORT) and who.is_told(ReminderKind.REPORT_TO_OTHERS)
        assert not both, "the rules of this test"
    told: Counter[str] = Counter()
    for kind in (ReminderKind.REPORT, ReminderKind.REPORT_TO_OTHERS):
        with database.reading() as connection:
            told += Counter(
                each.contact_id for each in audience.load_page(connection, ARBEIT, kind, behind="", limit=999)
            )
    assert set(told.values()) == {1}
    readers = {
        each for each, who in town.items() if who.agreed and who.has_language and RESULTS in who.topics
    }
    assert readers <= set(told), "nobody who asked for results is left out"


def test_who_cannot_come_hears_of_changes_and_cancellations_only(database: Database, keys: KeyRing) -> None:
    with database.transaction() as connection:
        anna = subscribe(connection, keys, ANNA, ARBEIT, replies={ARBEIT: Reply.NOT_COMING})
        told = {kind for kind in ReminderKind if audience.is_wanted(connection, ARBEIT, kind, anna)}
    assert told == ANNOUNCING
    assert FOR_EVERYBODY - told == {ReminderKind.REPORT_TO_OTHERS}, "that goes to readers of results"


def test_who_has_said_stop_is_told_nothing_at_all(database: Database, keys: KeyRing) -> None:
    with database.transaction() as connection:
        anna = subscribe(connection, keys, ANNA, ARBEIT, RESULTS, replies={ARBEIT: Reply.COMING})
        boris = subscribe(connection, keys, BORIS, ARBEIT, RESULTS, replies={ARBEIT: Reply.COMING})
        clara = subscribe(connection, keys, CLARA, ARBEIT, RESULTS, replies={ARBEIT: Reply.COMING})
        contacts.unsubscribe(connection, anna, [ARBEIT, RESULTS])
        contacts.set_message_consent(connection, boris, None)
    for kind in ReminderKind:
        with database.reading() as connection:
            page = audience.load_page(connection, ARBEIT, kind, behind="", limit=9)
            wanted = {each: audience.is_wanted(connection, ARBEIT, kind, each) for each in (anna, boris)}
        assert {each.contact_id for each in page} <= {clara}
        assert not any(wanted.values()), kind


# How far an announcement has come


def told(database: Database) -> Told:
    with database.reading() as connection:
        return how_far_told(connection, ARBEIT)


def send(database: Database, keys: KeyRing, most: int = 100) -> int:
    with database.transaction() as connection:
        claimed = sending.claim_due(connection, keys, lane=Lane.BULK, now=NOW, lease=LEASE, limit=most)
        return sum(sending.finish(connection, row) for row in claimed)


def test_an_announcement_comes_from_nobody_over_some_to_all(database: Database, keys: KeyRing) -> None:
    people(database, keys, 3, ARBEIT)
    assert told(database) is Told.NOBODY, "there is nothing to tell"
    plan(database, CHANGED)
    assert told(database) is Told.NOBODY, "it waits for its time"
    put_out(database, keys, limit=2)
    assert told(database) is Told.NOBODY, "it lies in the outbox"
    send(database, keys, 1)
    assert told(database) is Told.SOME
    put_out_all(database, keys)
    assert told(database) is Told.SOME
    send(database, keys)
    assert told(database) is Told.ALL


def test_an_announcement_that_nobody_had_to_hear_has_reached_all(database: Database, keys: KeyRing) -> None:
    plan(database, CHANGED)
    put_out_all(database, keys)
    assert told(database) is Told.ALL


@pytest.mark.parametrize(("limit", "expected"), [(2, Told.SOME), (0, Told.NOBODY)])
def test_an_announcement_that_expired_on_its_way_has_reached_some(
    database: Database, keys: KeyRing, limit: int, expected: Told
) -> None:
    people(database, keys, 3, ARBEIT)
    plan(database, CHANGED)
    if limit:
        put_out(database, keys, limit=limit)
        send(database, keys)
    put_out_all(database, keys, now=NOW + HOUR)
    assert states(database) == {"expired": 1}
    assert told(database) is expected


def test_a_reminder_of_the_day_before_is_no_announcement(database: Database, keys: KeyRing) -> None:
    people(database, keys, 1, ARBEIT)
    plan(database)
    put_out_all(database, keys)
    send(database, keys)
    assert told(database) is Told.NOBODY


# With the rest of the outbox


def test_erasing_somebody_takes_their_reminders_out_of_the_outbox(database: Database, keys: KeyRing) -> None:
    everybody = people(database, keys, 2, ARBEIT)
    plan(database)
    put_out_all(database, keys)
    with database.transaction() as connection:
        assert outbox.drop_for_contact(connection, everybody[0]) == 1
    assert [person for person, _ in in_outbox(database)] == everybody[1:]


def test_finding_what_is_due_uses_its_index(sqlite_database: Database) -> None:
    with sqlite_database.reading() as connection:
        for statement in (reminders._NEXT, reminders._NEXT_DUE):
            compiled = str(statement.compile(connection)).replace("?", "0")
            plan_rows = connection.execute(text(f"EXPLAIN QUERY PLAN {compiled}")).all()
            assert "ix_reminder_waiting" in " ".join(row[3] for row in plan_rows)
