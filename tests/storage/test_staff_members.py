"""Who belongs to the staff, and what they may do: by the settings, by a link, for somebody else."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from storage.database import Database
from storage.erasure import erase_person
from storage.keyring import KeyRing
from storage.outbox import OutboxMessage, put
from storage.retention import apply_retention
from storage.staff import load_state, save_state
from storage.staff_deputies import end_deputy, list_deputies, set_deputy
from storage.staff_invites import (
    INVITE_LASTS,
    accept_invite,
    count_invites,
    create_invite,
    hash_token,
    prune_invites,
)
from storage.staff_log import COMMAND_LINE, Deed, log
from storage.staff_members import (
    ALL_ROLES,
    Member,
    Role,
    find_member,
    find_members_with,
    is_last_admin,
    join_from_settings,
    list_members,
    revoke,
    revoke_unnamed,
    set_member_language,
)
from storage.tables import METADATA
from storage.vocabulary import OutboxKind, StaffOrigin
from tests.support.databases import ANNA, BORIS, NOW, TODAY

CLARA = 5_000_000_003
SECOND = dt.timedelta(seconds=1)
DAY = dt.timedelta(days=1)
AUTHOR, APPROVER = frozenset({Role.AUTHOR}), frozenset({Role.APPROVER})
STAFF_TABLES = ("staff_member", "staff_deputy", "staff_invite", "staff_state")


def find(
    database: Database, keys: KeyRing, who: int, named: frozenset[int] = frozenset(), today: dt.date = TODAY
) -> Member | None:
    with database.reading() as connection:
        return find_member(connection, keys, who, named, today=today)


def get(database: Database, keys: KeyRing, who: int, named: frozenset[int] = frozenset()) -> Member:
    found = find(database, keys, who, named)
    assert found is not None
    return found


def invite(database: Database, roles: frozenset[Role] = AUTHOR, by: str = COMMAND_LINE) -> str:
    token = f"Token-{count_rows(database, 'staff_invite')}_x"
    with database.transaction() as connection:
        create_invite(connection, roles, by, NOW, token)
    return token


def accept(
    database: Database, keys: KeyRing, who: int, token: str, now: dt.datetime = NOW,
    named: frozenset[int] = frozenset(),
) -> Member | None:  # fmt: skip
    with database.transaction() as connection:
        return accept_invite(connection, keys, who, token, named, language="en", now=now)


def joined(database: Database, keys: KeyRing, who: int, roles: frozenset[Role] = AUTHOR) -> Member:
    member = accept(database, keys, who, invite(database, roles))
    assert member is not None
    return member


def named_in_settings(database: Database, keys: KeyRing, who: int) -> Member:
    with database.transaction() as connection:
        return join_from_settings(connection, keys, who, language="de", now=NOW)


def stand_in(database: Database, deputy: Member, other: Member, until: dt.date = TODAY) -> None:
    with database.transaction() as connection:
        set_deputy(connection, deputy.id, other.id, until)


def rows(database: Database, name: str) -> list[Any]:
    with database.reading() as connection:
        return list(connection.execute(select(METADATA.tables[name])))


def count_rows(database: Database, name: str) -> int:
    return len(rows(database, name))


def test_who_is_named_in_the_settings_may_everything_and_only_as_long_as_they_are(
    database: Database, keys: KeyRing
) -> None:
    made = named_in_settings(database, keys, ANNA)
    assert made.roles == made.own_roles == ALL_ROLES
    assert find(database, keys, ANNA, frozenset({ANNA})) == made
    assert find(database, keys, ANNA) is None
    assert find(database, keys, BORIS, frozenset({ANNA})) is None
    with database.reading() as connection:
        assert list_members(connection, keys, (), today=TODAY) == []


def test_an_id_is_short_can_be_read_out_and_is_given_once(database: Database, keys: KeyRing) -> None:
    made = {joined(database, keys, 6_000_000_000 + number).id for number in range(40)}
    assert len(made) == 40
    assert all(len(each) == 4 and each.isascii() and each.isalnum() for each in made)


def test_an_id_that_stands_in_the_trail_is_not_given_again(
    database: Database, keys: KeyRing, monkeypatch: pytest.MonkeyPatch
) -> None:
    signs = iter("k7m2" + "p3q8" + "b2c3")
    monkeypatch.setattr("storage.staff_members.secrets.choice", lambda _: next(signs))
    assert named_in_settings(database, keys, ANNA).id == "k7m2"
    with database.transaction() as connection:
        log(connection, "p3q8", Deed.JOINED, now=NOW)
    assert named_in_settings(database, keys, BORIS).id == "b2c3"


def test_a_link_works_once_and_leaves_nothing_of_itself(database: Database, keys: KeyRing) -> None:
    token = invite(database, AUTHOR | {Role.EXPORT})
    member = accept(database, keys, ANNA, token)
    assert member is not None
    assert (member.roles, member.origin, member.language) == (
        AUTHOR | {Role.EXPORT}, StaffOrigin.INVITATION, "en",
    )  # fmt: skip
    assert get(database, keys, ANNA) == member
    assert rows(database, "staff_invite") == []
    assert accept(database, keys, BORIS, token) is None
    assert find(database, keys, BORIS) is None


@pytest.mark.parametrize(("after", "works"), [(INVITE_LASTS - SECOND, True), (INVITE_LASTS, False)])
def test_a_link_is_valid_for_a_day(
    database: Database, keys: KeyRing, after: dt.timedelta, works: bool
) -> None:
    assert dt.timedelta(hours=24) == INVITE_LASTS
    token = invite(database)
    with database.reading() as connection:
        assert count_invites(connection, NOW + after) == works
    assert (accept(database, keys, ANNA, token, NOW + after) is not None) is works
    with database.transaction() as connection:
        assert prune_invites(connection, NOW + after) == (not works)


def test_the_token_of_a_link_is_not_stored_and_its_case_counts(
    sqlite_database: Database, keys: KeyRing
) -> None:
    token = "Canary_Kanarienvogel-1"
    with sqlite_database.transaction() as connection:
        create_invite(connection, AUTHOR, COMMAND_LINE, NOW, token)
    assert sqlite_database.file is not None
    on_disk = b"".join(path.read_bytes() for path in Path(sqlite_database.file.parent).iterdir())
    assert hash_token(token) in on_disk, "otherwise this looks at the wrong place"
    assert token.encode() not in on_disk
    assert accept(sqlite_database, keys, ANNA, token.lower()) is None
    assert accept(sqlite_database, keys, ANNA, token) is not None


def test_an_invitation_to_nothing_cannot_be_made(database: Database) -> None:
    with pytest.raises(ValueError, match="nothing"):
        invite(database, frozenset())


def test_a_second_link_adds_its_roles(database: Database, keys: KeyRing) -> None:
    first = joined(database, keys, ANNA)
    second = joined(database, keys, ANNA, APPROVER)
    assert (second.id, second.roles) == (first.id, AUTHOR | APPROVER)


def test_nobody_can_use_a_link_of_their_own(database: Database, keys: KeyRing) -> None:
    admin = joined(database, keys, ANNA, frozenset({Role.ADMIN}))
    token = invite(database, ALL_ROLES, by=admin.id)
    assert accept(database, keys, ANNA, token) is None
    assert get(database, keys, ANNA).roles == {Role.ADMIN}
    assert accept(database, keys, BORIS, token) is not None


def test_a_link_outlives_the_settings_and_the_settings_count_for_more(
    database: Database, keys: KeyRing
) -> None:
    named_in_settings(database, keys, ANNA)
    member = accept(database, keys, ANNA, invite(database), named=frozenset({ANNA}))
    assert member is not None
    assert (member.roles, member.origin) == (ALL_ROLES, StaffOrigin.SETTINGS)
    left = get(database, keys, ANNA)
    assert (left.roles, left.origin) == (AUTHOR, StaffOrigin.INVITATION)


def test_who_was_in_the_settings_once_gets_by_a_link_what_the_link_says(
    database: Database, keys: KeyRing
) -> None:
    named_in_settings(database, keys, ANNA)
    member = accept(database, keys, ANNA, invite(database))
    assert member is not None
    assert member.roles == AUTHOR


def test_a_deputy_has_the_roles_of_the_other_to_the_end_of_the_day(database: Database, keys: KeyRing) -> None:
    anna, boris = joined(database, keys, ANNA), joined(database, keys, BORIS, APPROVER)
    stand_in(database, anna, boris, TODAY + DAY)
    for today, roles in (
        (TODAY, AUTHOR | APPROVER),
        (TODAY + DAY, AUTHOR | APPROVER),
        (TODAY + 2 * DAY, AUTHOR),
    ):
        found = find(database, keys, ANNA, today=today)
        assert found is not None
        assert (found.roles, found.own_roles) == (roles, AUTHOR)
        with database.reading() as connection:
            listed = list_members(connection, keys, (), today=today)
            assert found in listed
            with_role = find_members_with(connection, keys, Role.APPROVER, (), today=today)
        assert {member.id for member in with_role} == (
            {anna.id, boris.id} if roles >= APPROVER else {boris.id}
        )
    assert get(database, keys, BORIS).roles == APPROVER
    stand_in(database, anna, boris, TODAY - DAY)
    assert get(database, keys, ANNA).roles == AUTHOR, "the day was moved"


def test_a_deputy_of_a_deputy_gets_only_what_that_one_has_alone(database: Database, keys: KeyRing) -> None:
    anna, boris = joined(database, keys, ANNA), joined(database, keys, BORIS, frozenset({Role.EXPORT}))
    clara = joined(database, keys, CLARA, APPROVER)
    stand_in(database, boris, clara)
    stand_in(database, anna, boris)
    assert get(database, keys, ANNA).roles == {Role.AUTHOR, Role.EXPORT}


def test_who_stands_in_for_somebody_of_the_settings_loses_it_with_the_settings(
    database: Database, keys: KeyRing
) -> None:
    anna, boris = joined(database, keys, ANNA), named_in_settings(database, keys, BORIS)
    stand_in(database, anna, boris)
    assert get(database, keys, ANNA, frozenset({BORIS})).roles == ALL_ROLES
    assert get(database, keys, ANNA).roles == AUTHOR


def test_standing_in_can_be_ended_and_nobody_stands_in_for_themselves(
    database: Database, keys: KeyRing
) -> None:
    anna, boris = joined(database, keys, ANNA), joined(database, keys, BORIS, APPROVER)
    stand_in(database, anna, boris)
    with database.transaction() as connection:
        assert [each.stands_in_for for each in list_deputies(connection, today=TODAY)] == [boris.id]
        assert list_deputies(connection, today=TODAY + DAY) == []
        assert end_deputy(connection, anna.id, boris.id)
        assert not end_deputy(connection, anna.id, boris.id)
    assert get(database, keys, ANNA).roles == AUTHOR
    with pytest.raises(ValueError, match="themselves"):
        stand_in(database, anna, anna)


def test_who_is_revoked_is_gone_at_once_with_everything_that_could_lead_back(
    database: Database, keys: KeyRing
) -> None:
    anna, boris = joined(database, keys, ANNA), joined(database, keys, BORIS, APPROVER)
    clara = joined(database, keys, CLARA, frozenset({Role.EXPORT}))
    stand_in(database, anna, boris)
    stand_in(database, clara, anna)
    token, other = invite(database, by=anna.id), invite(database, by=clara.id)
    with database.transaction() as connection:
        save_state(connection, keys, ANNA, "{}", NOW)
        save_state(connection, keys, CLARA, "{}", NOW)
        assert revoke(connection, anna.id)
        assert not revoke(connection, anna.id)
    assert find(database, keys, ANNA) is None
    assert rows(database, "staff_deputy") == []
    assert get(database, keys, CLARA).roles == {Role.EXPORT}
    assert accept(database, keys, ANNA, token) is None
    assert accept(database, keys, ANNA, other) is not None
    with database.reading() as connection:
        assert load_state(connection, keys, ANNA) is None
        assert load_state(connection, keys, CLARA) == "{}"


def test_who_is_named_no_more_is_taken_out_when_the_bot_starts(database: Database, keys: KeyRing) -> None:
    anna, boris = named_in_settings(database, keys, ANNA), named_in_settings(database, keys, BORIS)
    clara = joined(database, keys, CLARA)
    stand_in(database, clara, boris)
    with database.transaction() as connection:
        assert revoke_unnamed(connection, keys, {ANNA}) == [boris.id]
        assert revoke_unnamed(connection, keys, {ANNA}) == []
    assert {row.id for row in rows(database, "staff_member")} == {anna.id, clara.id}
    assert rows(database, "staff_deputy") == []


def test_the_last_admin_is_known(database: Database, keys: KeyRing) -> None:
    anna = joined(database, keys, ANNA, frozenset({Role.ADMIN}))
    boris = joined(database, keys, BORIS)
    stand_in(database, boris, anna)
    with database.transaction() as connection:
        assert is_last_admin(connection, keys, anna.id, ())
        assert not is_last_admin(connection, keys, boris.id, ())
        join_from_settings(connection, keys, CLARA, language="de", now=NOW)
        assert is_last_admin(connection, keys, anna.id, ()), "nobody names the other one any more"
        assert not is_last_admin(connection, keys, anna.id, {CLARA})


def test_the_list_opens_the_chat_of_each(database: Database, keys: KeyRing) -> None:
    anna, boris = joined(database, keys, ANNA), named_in_settings(database, keys, BORIS)
    with database.transaction() as connection:
        set_member_language(connection, anna.id, "de")
    with database.reading() as connection:
        listed = list_members(connection, keys, {BORIS}, today=TODAY)
    assert {(each.id, each.telegram_id, each.language) for each in listed} == {
        (anna.id, ANNA, "de"), (boris.id, BORIS, "de"),
    }  # fmt: skip


def test_no_telegram_id_is_readable_on_the_disk(sqlite_database: Database, keys: KeyRing) -> None:
    joined(sqlite_database, keys, ANNA)
    assert sqlite_database.file is not None
    on_disk = b"".join(path.read_bytes() for path in Path(sqlite_database.file.parent).iterdir())
    assert keys.person_mac(ANNA) in on_disk
    assert str(ANNA).encode() not in on_disk


def test_delete_takes_a_member_out(database: Database, keys: KeyRing) -> None:
    anna, boris = joined(database, keys, ANNA), joined(database, keys, BORIS)
    stand_in(database, boris, anna)
    invite(database, by=anna.id)
    with database.transaction() as connection:
        erase_person(connection, keys, ANNA)
    assert find(database, keys, ANNA) is None
    assert [count_rows(database, name) for name in STAFF_TABLES] == [1, 0, 0, 0]


def test_retention_takes_along_what_is_over(database: Database, keys: KeyRing) -> None:
    anna, boris = joined(database, keys, ANNA), joined(database, keys, BORIS)
    stand_in(database, boris, anna)
    invite(database, by=anna.id)
    with database.transaction() as connection:
        assert apply_retention(connection, NOW).total == 0
        counts = apply_retention(connection, NOW + INVITE_LASTS)
    assert (counts.staff_invites, counts.staff_deputies, counts.total) == (1, 1, 2)


def test_what_waits_for_a_member_as_staff_goes_when_they_are_revoked(
    database: Database, keys: KeyRing
) -> None:
    """Drafts and numbers are in it; what they get as one of the people stays."""
    anna, boris = joined(database, keys, ANNA), joined(database, keys, BORIS)
    as_staff = ("stale:w", "annask:1", "anntest:1")
    with database.transaction() as connection:
        for member in (anna, boris):
            for what in (*as_staff, "note"):
                contact_id = "c1" if what == "note" else None
                message = OutboxMessage(
                    f"{what}:{member.id}", member.telegram_id, contact_id, OutboxKind.MESSAGE, {"text": "…"}
                )
                put(connection, keys, message, NOW)
        assert revoke(connection, anna.id)
    with database.reading() as connection:
        left = set(connection.execute(select(METADATA.tables["outbox"].c.purpose)).scalars())
    assert left == {f"note:{anna.id}", *(f"{what}:{boris.id}" for what in (*as_staff, "note"))}


def test_a_link_whose_maker_was_revoked_at_the_same_moment_leads_nowhere(
    database: Database, keys: KeyRing
) -> None:
    """The revocation could not see the link yet; it stays, and nobody gets in with it."""
    anna = joined(database, keys, ANNA)
    with database.transaction() as connection:
        assert revoke(connection, anna.id)
    token = invite(database, by=anna.id)
    assert accept(database, keys, CLARA, token) is None
    assert accept(database, keys, ANNA, token) is None
