"""Mailings: everybody who wants it gets it once, and it stops when it has to."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from sqlalchemy import select, text, update

from conversations.announcements import Audience, Mode
from conversations.programme import Reply
from storage import announcements, contacts, copies, mailings, outbox, readers
from storage.announcements import WrongStateError
from storage.database import Database
from storage.keyring import KeyRing
from storage.tables import announcement_copy, contact
from storage.tables import outbox as outbox_table
from storage.vocabulary import CopyState, MailingState, Policy
from tests.support.announced import ANNE, BERND, MEMBERS, Announcing, adopted
from tests.support.databases import ANNA, BORIS
from tests.support.subscribers import ARBEIT, COUNCIL, RESULTS, subscribe

CLARA, DAVID, EMMA = 5_000_000_003, 5_000_000_004, 5_000_000_005


@pytest.fixture
def town(database: Database, keys: KeyRing) -> Announcing:
    return Announcing(database, keys)


def person(
    town: Announcing,
    telegram_id: int,
    *topics: str,
    language: str | None = "de",
    agreed: bool = True,
    replies: dict[str, Reply] | None = None,
) -> str:
    with town.database.transaction() as connection:
        return subscribe(
            connection,
            town.keys,
            telegram_id,
            *topics,
            language=language,
            agreed=agreed,
            replies=replies,
        )


def states(town: Announcing, number: int) -> dict[str, str]:
    with town.database.reading() as connection:
        rows = connection.execute(
            select(announcement_copy).where(announcement_copy.c.announcement_id == number)
        )
        return {row.contact_id: row.state for row in rows}


def test_everybody_who_wants_it_gets_it_once(town: Announcing) -> None:
    both = person(town, ANNA, COUNCIL, "plan_draft")
    one = person(town, BORIS, COUNCIL, language="ar")
    person(town, CLARA, RESULTS)
    number = town.approved()
    assert sorted(town.send_all()) == sorted([both, one])
    progress = town.progress(number)
    assert (progress.state, progress.listed, progress.sent, progress.waiting) == (MailingState.DONE, 2, 2, 0)
    assert town.run() == 0


def test_nobody_who_stopped_never_agreed_or_has_no_language(town: Announcing) -> None:
    person(town, ANNA, COUNCIL, agreed=False)
    person(town, BORIS, COUNCIL, language=None)
    stopped = person(town, CLARA, COUNCIL)
    with town.database.transaction() as connection:
        connection.execute(update(contact).where(contact.c.id == stopped).values(has_stopped=True))
    wanted = person(town, DAVID, COUNCIL)
    town.approved()
    assert town.send_all() == [wanted]


def test_an_incident_goes_to_everybody_but_those_who_said_stop(town: Announcing) -> None:
    silent = person(town, ANNA, agreed=False)
    subscriber = person(town, BORIS, COUNCIL)
    stopped = person(town, CLARA, agreed=False)
    with town.database.transaction() as connection:
        connection.execute(update(contact).where(contact.c.id == stopped).values(has_stopped=True))
    town.approved(adopted(audience=Audience(everyone=True)))
    assert sorted(town.send_all()) == sorted([silent, subscriber])


@pytest.mark.parametrize(
    ("audience", "expected"),
    [
        (Audience(frozenset({COUNCIL})), {"anna", "boris"}),
        (Audience(frozenset({COUNCIL}), languages=frozenset({"ar"})), {"boris"}),
        (Audience(coming_to=ARBEIT), {"david"}),
        (Audience(frozenset({COUNCIL}), coming_to=ARBEIT), {"anna", "boris", "david"}),
        (Audience(), set()),
    ],
)
def test_the_audience_is_counted_as_it_is_sent(
    town: Announcing, audience: Audience, expected: set[str]
) -> None:
    ids = {
        person(town, ANNA, COUNCIL): "anna",
        person(town, BORIS, COUNCIL, language="ar"): "boris",
        person(town, CLARA, ARBEIT, replies={ARBEIT: Reply.NOT_COMING}): "clara",
        person(town, DAVID, ARBEIT, replies={ARBEIT: Reply.COMING}): "david",
    }
    with town.database.reading() as connection:
        by_language = readers.count_by_language(connection, audience)
        found = {name for key, name in ids.items() if readers.is_reader(connection, audience, key)}
    town.approved(adopted(audience=audience))
    sent = {ids[key] for key in town.send_all()}
    assert sent == expected == found
    assert sum(by_language.values()) == len(expected)


def test_only_a_few_lie_in_the_outbox_and_a_kill_between_pages_loses_nobody(town: Announcing) -> None:
    everybody = [person(town, ANNA + number, COUNCIL) for number in range(7)]
    number = town.approved()
    assert town.run(page=3, most=2) == 2
    assert town.run(page=3, most=2) == 0
    got = []
    for _ in range(len(everybody)):
        for row in town.claim():
            town.settle(row)
            got.append(row.contact_id)
        town.run(page=3, most=2)
    assert sorted(str(each) for each in got) == sorted(everybody)
    assert town.get(number).state is MailingState.DONE


def test_listing_goes_on_where_it_was_cut(town: Announcing) -> None:
    everybody = [person(town, ANNA + number, COUNCIL) for number in range(5)]
    number = town.approved()
    with town.database.transaction() as connection:
        draft = mailings.begin(connection, announcements.get(connection, number), town.now)
        assert mailings.list_page(connection, draft, 2) == 2
    assert town.progress(number).listed == 2
    with town.database.transaction() as connection:
        assert mailings.list_page(connection, draft, 2) == 2
        assert mailings.list_page(connection, draft, 2) == 1
        assert mailings.list_page(connection, draft, 2) == 0
    assert sorted(states(town, number)) == sorted(everybody)
    assert town.progress(number).listed == len(everybody)


def test_a_pause_takes_back_what_lies_unsent_and_leaves_what_is_in_flight(town: Announcing) -> None:
    for number in range(5):
        person(town, ANNA + number, COUNCIL)
    number = town.approved()
    town.run(most=4)
    (flying,) = town.claim(limit=1)
    with town.database.transaction() as connection:
        mailings.pause(connection, number, ANNE, town.now)
    assert town.claim() == ()
    assert town.progress(number).waiting == 5
    town.settle(flying)
    assert town.run() == 0
    with town.database.transaction() as connection:
        mailings.resume(connection, number, ANNE, town.now)
    assert len(town.send_all()) == 4
    assert town.progress(number).sent == 5


def test_a_stop_is_for_good(town: Announcing) -> None:
    for number in range(4):
        person(town, ANNA + number, COUNCIL)
    number = town.approved()
    town.run(most=3)
    first = town.claim(limit=1)[0]
    town.settle(first)
    with town.database.transaction() as connection:
        mailings.stop(connection, number, ANNE, town.now)
    assert town.claim() == ()
    assert town.run() == 0
    with pytest.raises(WrongStateError), town.database.transaction() as connection:
        mailings.resume(connection, number, ANNE, town.now)
    progress = town.progress(number)
    assert (progress.state, progress.sent, progress.waiting) == (MailingState.STOPPED, 1, 3)


def test_a_second_word_about_a_copy_counts_nothing(town: Announcing) -> None:
    person(town, ANNA, COUNCIL)
    number = town.approved()
    town.run()
    (row,) = town.claim()
    town.settle(row)
    town.settle(row, CopyState.UNKNOWN)
    assert (town.progress(number).sent, town.progress(number).unknown) == (1, 0)


def test_who_is_unreachable_is_counted_and_gone(town: Announcing) -> None:
    anna = person(town, ANNA, COUNCIL)
    number = town.approved()
    town.run()
    (row,) = town.claim()
    with town.database.transaction() as connection:
        copies.count_unreachable(connection, row)
        contacts.delete_contact(connection, anna)
        outbox.drop_for_contact(connection, anna)
    town.run()
    progress = town.progress(number)
    assert (progress.unreachable, progress.dropped, progress.state) == (1, 0, MailingState.DONE)


def test_who_leaves_while_it_goes_out_is_counted_as_dropped(town: Announcing) -> None:
    anna, boris = person(town, ANNA, COUNCIL), person(town, BORIS, COUNCIL)
    number = town.approved()
    town.run()
    with town.database.transaction() as connection:
        contacts.delete_contact(connection, anna)
        outbox.drop_for_contact(connection, anna)
    assert [row.contact_id for row in town.claim()] == [boris]
    assert town.progress(number).dropped == 1


def test_unknown_copies_are_listed(town: Announcing) -> None:
    anna = person(town, ANNA, COUNCIL)
    number = town.approved(policy=Policy.NEVER_TWICE)
    town.run()
    (row,) = town.claim()
    assert row.policy is Policy.NEVER_TWICE
    town.settle(row, CopyState.UNKNOWN)
    with town.database.reading() as connection:
        assert copies.list_unknown(connection, number) == (anna,)


def test_a_row_that_was_lost_does_not_keep_a_mailing_open(town: Announcing) -> None:
    """What could not be sent for a week is deleted from the outbox; its copy counts as failed."""
    person(town, ANNA, COUNCIL)
    number = town.approved()
    town.run()
    with town.database.transaction() as connection:
        connection.execute(outbox_table.delete())
    town.run()
    progress = town.progress(number)
    assert (progress.state, progress.failed, progress.waiting) == (MailingState.DONE, 1, 0)


def test_people_of_a_held_language_get_it_when_it_is_released(town: Announcing) -> None:
    anna, boris = person(town, ANNA, COUNCIL), person(town, BORIS, COUNCIL, language="ar")
    number = town.approved(adopted(held_back=frozenset({"ar"})))
    town.run()
    for row in town.claim():
        if row.contact_id == boris:
            with town.database.transaction() as connection:
                copies.put_back(connection, number, boris, CopyState.HELD)
                outbox.drop_for_contact(connection, boris)
        else:
            town.settle(row)
    town.run()
    progress = town.progress(number)
    assert (progress.state, progress.held, progress.held_languages) == (MailingState.DONE, 1, ("ar",))
    draft = town.get(number)
    with town.database.transaction() as connection:
        released = replace(draft.announcement, held_back=frozenset())
        draft = announcements.change(connection, draft, released, ANNE, town.now)
        draft = announcements.approve(
            connection, draft, BERND, town.now, languages=("ar",), members=MEMBERS, alone_allowed=False
        )
        assert copies.release_held(connection, draft, ["ar"], town.now) == 1
    assert town.send_all() == [boris]
    assert (town.progress(number).sent, states(town, number)[anna]) == (2, "sent")


def test_what_people_got_cannot_be_changed_behind_their_backs(town: Announcing) -> None:
    person(town, ANNA, COUNCIL)
    number = town.approved()
    town.send_all()
    draft = town.get(number)
    changed = replace(draft.announcement, values={**draft.announcement.values, "date": "2027-11-19"})
    wider = replace(draft.announcement, audience=Audience(everyone=True))
    for written in (changed, wider):
        with pytest.raises(WrongStateError), town.database.transaction() as connection:
            announcements.change(connection, draft, written, ANNE, town.now)


def test_a_correction_goes_to_those_who_got_it_and_knows_their_message(town: Announcing) -> None:
    anna = person(town, ANNA, COUNCIL)
    boris = person(town, BORIS, COUNCIL)
    first = town.approved()
    town.run()
    rows = {row.contact_id: row for row in town.claim()}
    town.settle(rows[anna], message_id=41)
    town.settle(rows[boris], CopyState.UNKNOWN)
    late = person(town, CLARA, COUNCIL)
    mended = adopted(mode=Mode.EDIT, audience=Audience(got=first))
    second = town.approved(mended, corrects=first)
    town.run()
    assert set(states(town, second)) == {anna}
    assert late not in states(town, second)
    with town.database.reading() as connection:
        copy = copies.find_copy(connection, second, anna)
    assert copy is not None
    assert (copy.message_id, copy.sent_at is not None) == (41, True)


def test_who_got_what_is_forgotten_after_ninety_days(town: Announcing) -> None:
    person(town, ANNA, COUNCIL)
    number = town.approved()
    town.send_all()
    for days, left in ((89, 1), (91, 0)):
        with town.database.transaction() as connection:
            copies.forget_copies(connection, town.now + dt.timedelta(days=days))
        assert len(states(town, number)) == left
    assert town.progress(number).sent == 1


def hold(town: Announcing, number: int, contact_id: str) -> None:
    """Let a copy wait for its language, as composing does."""
    with town.database.transaction() as connection:
        copies.put_back(connection, number, contact_id, CopyState.HELD)
        outbox.drop_for_contact(connection, contact_id)


def test_who_chooses_another_language_does_not_wait_for_the_one_held_back(town: Announcing) -> None:
    anna, boris = person(town, ANNA, COUNCIL, language="ar"), person(town, BORIS, COUNCIL, language="ar")
    number = town.approved(adopted(held_back=frozenset({"ar"})))
    town.run()
    for contact_id in (anna, boris):
        hold(town, number, contact_id)
    town.run()
    assert town.progress(number).state is MailingState.DONE
    with town.database.transaction() as connection:
        contacts.set_language(connection, anna, "de")
        assert copies.reconsider(connection, anna) == 1
        assert copies.reconsider(connection, anna) == 0
    assert town.send_all() == [anna]
    assert town.progress(number).held == 1


def test_what_was_stopped_is_not_reconsidered(town: Announcing) -> None:
    anna = person(town, ANNA, COUNCIL, language="ar")
    number = town.approved(adopted(held_back=frozenset({"ar"})))
    town.run()
    hold(town, number, anna)
    with town.database.transaction() as connection:
        mailings.stop(connection, number, ANNE, town.now)
        assert copies.reconsider(connection) == 0
    assert town.send_all() == []


def test_a_page_that_is_listed_after_a_stop_changes_nothing(town: Announcing) -> None:
    for number in range(3):
        person(town, ANNA + number, COUNCIL)
    number = town.approved()
    with town.database.transaction() as connection:
        draft = mailings.begin(connection, announcements.get(connection, number), town.now)
        mailings.stop(connection, number, ANNE, town.now)
        assert mailings.list_page(connection, draft, 10) == 0
        assert mailings.feed(connection, town.keys, draft, town.now, most=10) == 0
    assert town.progress(number).state is MailingState.STOPPED


def test_what_was_cancelled_and_approved_anew_does_not_begin_at_the_old_time(town: Announcing) -> None:
    person(town, ANNA, COUNCIL)
    number = town.approved()
    with town.database.transaction() as connection:
        (due,) = mailings.list_active(connection, town.now)
        announcements.cancel(connection, number, ANNE, town.now)
        again = announcements.request(connection, announcements.get(connection, number), ANNE, town.now)
        announcements.approve(
            connection, again, BERND, town.now, languages=["de"], members=MEMBERS, alone_allowed=False
        )
        with pytest.raises(WrongStateError):
            mailings.begin(connection, due, town.now)
    assert town.run() == 0


def test_copies_stay_in_the_outbox_however_long_the_network_is_away(town: Announcing) -> None:
    anna = person(town, ANNA, COUNCIL)
    number = town.approved()
    town.run()
    town.now += dt.timedelta(days=9)
    with town.database.transaction() as connection:
        outbox.prune_outbox(connection, town.now)
    assert [row.contact_id for row in town.claim()] == [anna]
    assert town.progress(number).failed == 0


def test_a_message_that_was_changed_is_as_old_as_it_was(town: Announcing) -> None:
    anna = person(town, ANNA, COUNCIL)
    first = town.approved()
    town.run()
    (row,) = town.claim()
    town.settle(row, message_id=41)
    sent_at = town.now
    town.now += dt.timedelta(hours=47)
    second = town.approved(adopted(mode=Mode.EDIT, audience=Audience(got=first)), corrects=first)
    town.run()
    (row,) = town.claim()
    town.settle(row, message_id=41)
    with town.database.reading() as connection:
        copy = copies.find_copy(connection, second, anna)
    assert copy is not None
    assert (copy.state, copy.sent_at, copy.message_id) == (CopyState.SENT, sent_at, 41)


def test_a_mistake_is_taken_away_from_those_who_said_stop_as_well(town: Announcing) -> None:
    anna = person(town, ANNA, COUNCIL)
    first = town.approved()
    town.send_all()
    with town.database.transaction() as connection:
        contacts.set_stopped(connection, anna, stopped=True)
    for mode, expected in ((Mode.EDIT, []), (Mode.SEND, []), (Mode.WITHDRAW, [anna])):
        town.approved(adopted(mode=mode, audience=Audience(got=first)), corrects=first)
        assert town.send_all() == expected, mode


def test_a_language_that_is_held_back_after_all_needs_a_new_approval(town: Announcing) -> None:
    person(town, ANNA, COUNCIL)
    number = town.approved()
    town.run()
    draft = town.get(number)
    assert draft.state is MailingState.SENDING
    with town.database.transaction() as connection:
        held = replace(draft.announcement, held_back=frozenset({"ar"}))
        announcements.change(connection, draft, held, ANNE, town.now)
        assert set(announcements.load_approvals(connection, number)) == {"de", "de_LS", "en", "tr"}


def test_a_stop_does_not_wait_for_what_somebody_is_claiming(town: Announcing) -> None:
    """On PostgreSQL both would hold what the other one needs; on SQLite only one can write at a time."""
    if town.database.dialect == "sqlite":
        pytest.skip("SQLite lets one transaction write at a time, so nothing can be held up here")
    for number in range(2):
        person(town, ANNA + number, COUNCIL)
    number = town.approved()
    town.run()
    with town.database.transaction() as claiming:
        claiming.execute(select(outbox_table.c.id).order_by(outbox_table.c.id).limit(1).with_for_update())
        with town.database.transaction() as connection:
            connection.execute(text("SET LOCAL lock_timeout = '2s'"))
            mailings.stop(connection, number, ANNE, town.now)
    assert town.progress(number).state is MailingState.STOPPED
    assert sorted(states(town, number).values()) == ["queued", "waiting"]
