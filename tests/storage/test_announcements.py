"""Announcements: written, approved by somebody else, and never sent in words nobody approved."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from conversations.announcements import digest_of
from storage import announcements, mailings
from storage.announcements import (
    ChangedMeanwhileError,
    NoAuthorError,
    NoSuchAnnouncementError,
    SamePersonError,
    WriterGoneError,
    WrongStateError,
)
from storage.database import Database
from storage.keyring import KeyRing
from storage.staff_log import COMMAND_LINE, Deed, list_log
from storage.vocabulary import MailingState, Policy
from tests.support.announced import ANNE, BERND, LANGUAGES, MEMBERS, Announcing, adopted
from tests.support.databases import ANNA, NOW
from tests.support.subscribers import subscribe

MINUTE = dt.timedelta(minutes=1)


@pytest.fixture
def town(database: Database, keys: KeyRing) -> Announcing:
    return Announcing(database, keys)


def approve(
    town: Announcing,
    number: int,
    who: str = BERND,
    *,
    alone: bool = False,
    languages: tuple[str, ...] = LANGUAGES,
) -> None:
    with town.database.transaction() as connection:
        draft = announcements.get(connection, number)
        announcements.approve(
            connection, draft, who, town.now, languages=languages, alone_allowed=alone, members=MEMBERS
        )


def request(town: Announcing, number: int, who: str = ANNE, begins_at: dt.datetime | None = None) -> None:
    with town.database.transaction() as connection:
        announcements.request(connection, announcements.get(connection, number), who, town.now, begins_at)


def change(town: Announcing, number: int, who: str = ANNE, **values: str) -> None:
    draft = town.get(number)
    written = draft.announcement
    with town.database.transaction() as connection:
        announcements.change(
            connection, draft, replace(written, values={**written.values, **values}), who, town.now
        )


def deeds(town: Announcing) -> list[tuple[str, Deed, str]]:
    with town.database.reading() as connection:
        return [(entry.who, entry.deed, entry.subject) for entry in reversed(list_log(connection, 100))]


def test_a_draft_is_kept_as_it_was_written(town: Announcing) -> None:
    number = town.draft(adopted("council"), Policy.NEVER_TWICE)
    draft = town.get(number)
    assert draft.announcement == adopted("council")
    assert (draft.state, draft.policy, draft.editors) == (MailingState.DRAFT, Policy.NEVER_TWICE, (ANNE,))
    with town.database.reading() as connection:
        assert [each.id for each in announcements.list_all(connection)] == [number]
        with pytest.raises(NoSuchAnnouncementError):
            announcements.get(connection, number + 1)


def test_two_people_and_a_minute_for_second_thoughts(town: Announcing) -> None:
    number = town.draft()
    request(town, number)
    approve(town, number)
    draft = town.get(number)
    assert (draft.author, draft.approver, draft.state) == (ANNE, BERND, MailingState.APPROVED)
    assert draft.begins_at == NOW + MINUTE
    with town.database.reading() as connection:
        assert mailings.list_active(connection, NOW + MINUTE - dt.timedelta(seconds=1)) == ()
        assert [each.id for each in mailings.list_active(connection, NOW + MINUTE)] == [number]
        approvals = announcements.load_approvals(connection, number)
    assert approvals == {code: digest_of(draft.announcement, code) for code in LANGUAGES}


def test_the_trail_holds_who_and_which_text_and_when(town: Announcing) -> None:
    number = town.approved()
    with town.database.reading() as connection:
        trail = [entry for entry in list_log(connection, 100) if entry.deed is Deed.APPROVED]
    assert {entry.subject for entry in trail} == {f"{number}:{code}" for code in LANGUAGES}
    for entry in trail:
        code = entry.subject.partition(":")[2]
        assert (entry.who, entry.digest, entry.at) == (BERND, digest_of(adopted(), code), NOW)


def test_a_plan_for_later_is_kept(town: Announcing) -> None:
    number = town.draft()
    request(town, number, begins_at=NOW + dt.timedelta(days=2))
    approve(town, number)
    assert town.get(number).begins_at == NOW + dt.timedelta(days=2)


def test_who_wrote_it_cannot_approve_it(town: Announcing) -> None:
    number = town.draft()
    request(town, number)
    with pytest.raises(SamePersonError):
        approve(town, number, ANNE)
    assert town.get(number).state is MailingState.REQUESTED


def test_who_only_changed_a_word_cannot_approve_it_either(town: Announcing) -> None:
    number = town.draft()
    change(town, number, BERND, date="2027-11-19")
    request(town, number)
    with pytest.raises(SamePersonError):
        approve(town, number, BERND)


def test_alone_only_where_the_town_says_so_and_the_trail_shows_it(town: Announcing) -> None:
    number = town.draft()
    request(town, number)
    approve(town, number, ANNE, alone=True)
    assert town.get(number).state is MailingState.APPROVED
    assert (ANNE, Deed.APPROVED_ALONE, f"{number}:de") in deeds(town)
    assert Deed.APPROVED not in {deed for _, deed, _ in deeds(town)}


def test_handed_over_from_the_command_line_it_needs_an_author_who_is_known(town: Announcing) -> None:
    number = town.draft()
    request(town, number, COMMAND_LINE)
    with pytest.raises(NoAuthorError):
        approve(town, number)
    request(town, number, ANNE)
    approve(town, number)
    assert town.get(number).state is MailingState.APPROVED


def test_a_change_takes_the_approval_back(town: Announcing) -> None:
    number = town.draft()
    request(town, number)
    approve(town, number)
    change(town, number, date="2027-11-19")
    draft = town.get(number)
    assert (draft.state, draft.author, draft.approver) == (MailingState.DRAFT, None, None)
    with town.database.reading() as connection:
        assert announcements.load_approvals(connection, number) == {}
        assert mailings.list_active(connection, NOW + dt.timedelta(days=1)) == ()
    assert (ANNE, Deed.APPROVAL_LOST, str(number)) in deeds(town)


def test_two_changes_at_once_do_not_overwrite_each_other(town: Announcing) -> None:
    number = town.draft()
    seen = town.get(number)
    change(town, number, BERND, date="2027-11-19")
    with pytest.raises(ChangedMeanwhileError), town.database.transaction() as connection:
        announcements.change(connection, seen, adopted("council"), ANNE, NOW)
    assert town.get(number).announcement.values["date"] == "2027-11-19"


def test_what_somebody_looked_at_is_what_they_approve(town: Announcing) -> None:
    number = town.draft()
    request(town, number)
    seen = town.get(number)
    change(town, number, date="2027-11-19")
    request(town, number)
    with pytest.raises(ChangedMeanwhileError), town.database.transaction() as connection:
        announcements.approve(
            connection, seen, BERND, NOW, languages=LANGUAGES, alone_allowed=False, members=MEMBERS
        )


def test_within_the_minute_it_can_be_taken_back(town: Announcing) -> None:
    number = town.draft()
    request(town, number)
    approve(town, number)
    with town.database.transaction() as connection:
        announcements.cancel(connection, number, ANNE, NOW)
    assert town.get(number).state is MailingState.DRAFT
    town.now += dt.timedelta(hours=1)
    assert town.run() == 0


def test_what_has_begun_cannot_be_cancelled_but_stopped(town: Announcing) -> None:
    with town.database.transaction() as connection:
        subscribe(connection, town.keys, ANNA, "council")
    number = town.approved()
    town.run()
    with pytest.raises(WrongStateError), town.database.transaction() as connection:
        announcements.cancel(connection, number, ANNE, NOW)
    with town.database.transaction() as connection:
        mailings.stop(connection, number, ANNE, town.now)
    assert town.get(number).state is MailingState.STOPPED


@pytest.mark.parametrize("after", ["requested", "approved", "sending", "stopped"])
def test_deeds_out_of_turn_change_nothing(town: Announcing, after: str) -> None:
    with town.database.transaction() as connection:
        subscribe(connection, town.keys, ANNA, "council")
    number = town.draft() if after == "requested" else town.approved()
    if after == "requested":
        request(town, number)
    if after in ("sending", "stopped"):
        town.run()
    if after == "stopped":
        with town.database.transaction() as connection:
            mailings.stop(connection, number, ANNE, town.now)
    before = town.get(number)
    refused = 0
    for deed in (mailings.pause, mailings.resume, announcements.cancel, mailings.stop):
        try:
            with town.database.transaction() as connection:
                deed(connection, number, ANNE, town.now)
                raise InterruptedError
        except WrongStateError:
            refused += 1
        except InterruptedError:
            continue
    assert refused == {"requested": 2, "approved": 2, "sending": 2, "stopped": 4}[after]
    assert town.get(number) == before


def test_who_left_and_came_back_under_another_id_cannot_approve_what_they_wrote(town: Announcing) -> None:
    number = town.draft()
    request(town, number)
    draft = town.get(number)
    with pytest.raises(WriterGoneError), town.database.transaction() as connection:
        announcements.approve(
            connection,
            draft,
            "anew",
            NOW,
            languages=LANGUAGES,
            members=(BERND, "anew"),
            alone_allowed=False,
        )
    assert town.get(number).state is MailingState.REQUESTED


def test_words_of_the_town_that_change_after_the_approval_need_another_one(town: Announcing) -> None:
    """The digest holds a hash of the words a reader sees; a change by the staff is told apart from it."""
    number = town.draft()
    request(town, number)
    with town.database.transaction() as connection:
        draft = announcements.get(connection, number)
        draft = announcements.approve(
            connection,
            draft,
            BERND,
            NOW,
            languages=("de",),
            members=MEMBERS,
            alone_allowed=False,
            seals={"de": "5ea1"},
        )
    with town.database.reading() as connection:
        approved = announcements.load_approvals(connection, number)
    assert approved["de"] == announcements.join_digest(draft.announcement, "de", "5ea1")
    assert approved["de"] != announcements.join_digest(draft.announcement, "de", "0000")
