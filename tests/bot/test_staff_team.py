"""The team, told from the phones: a link is made and opened, access is taken away, somebody stands in.

A link is opened as a phone does it: what stands behind “?start=” is sent with /start.
"""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.preview.people import STAFF
from bot.preview.player import Player
from bot.rendering import Renderer
from bot.staff.team_area import make_invite_link
from bot.staff.words import load_staff_catalogues
from conversations.texts import text
from storage.staff_log import list_log
from storage.staff_members import Role
from tests.support.chat import Chat, Town, open_town, plain, shipped_content
from tests.support.databases import NewUrl
from tests.support.team import invite, members, rejoin, revoke_now

UTE = frozenset({STAFF.id})


@pytest.fixture
async def office(sqlite_template: Path, tmp_path: Path) -> AsyncIterator[Town]:
    """A town on SQLite whose settings name Ute."""
    (tmp_path / "data").mkdir(mode=0o700)
    file = tmp_path / "data" / "mitreden.sqlite"
    shutil.copy(sqlite_template, file)
    async with open_town(tmp_path, f"sqlite:///{file}", durable=False, staff_ids=UTE) as town:
        yield town


@pytest.fixture
async def any_office(new_url: NewUrl, tmp_path: Path) -> AsyncIterator[Town]:
    """The same, once on SQLite and once on PostgreSQL."""
    async with open_town(tmp_path, new_url(), staff_ids=UTE) as town:
        yield town


def words(key: str, language: str = "de", **gaps: Any) -> str:
    loaded = shipped_content()
    return plain(Renderer(loaded.content, load_staff_catalogues(loaded)).say(text(key, **gaps), language))


def deeds(town: Town) -> list[tuple[str, str, str]]:
    """The trail, the first deed first."""
    return town.read(
        lambda connection, _: [
            (entry.who, entry.deed.value, entry.subject) for entry in reversed(list_log(connection, 100))
        ]
    )


async def opens_team(chat: Chat, *deeds: str) -> None:
    await chat.says("/staff")
    for deed in ("team", *deeds):
        await chat.chooses(f"staff:{deed}")


def link_on(chat: Chat) -> str:
    return next(line for line in chat.sees.splitlines() if line.startswith("https://t.me/"))


def start_of(link: str) -> str:
    return f"/start {link.partition('?start=')[2]}"


async def test_a_colleague_is_invited_opens_the_link_and_may_do_what_was_ticked(any_office: Town) -> None:
    town = any_office
    ute, grace = await town.chat("Ute"), await town.chat("Grace")
    await opens_team(ute, "team.invite")
    assert ute.sees == words("staff.team.ask_roles")
    assert words("staff.btn.make_link") not in ute.buttons, "an invitation to nothing"
    await ute.taps(words("staff.btn.role_author"))
    await ute.taps(words("staff.btn.role_export"))
    await ute.taps(words("staff.btn.role_export"))
    await ute.taps(words("staff.btn.role_approver"))
    assert f"✓ {words('staff.btn.role_author')}" in ute.buttons
    await ute.taps(words("staff.btn.make_link"))
    link = link_on(ute)
    payload = link.partition("?start=")[2]
    assert payload.startswith("team-")
    assert len(payload) <= 64
    assert town.rows("staff_state") == [], "nothing is under way any more"
    await grace.says(start_of(link))
    (member,) = [each for each in members(town) if each.telegram_id == grace.id]
    assert member.roles == {Role.AUTHOR, Role.APPROVER}
    assert words("staff.team.welcome", "en", member=member.id) in grace.sees
    assert "Write texts, Approve texts" in grace.sees
    assert grace.choices == [f"staff:{area}" for area in ("dates", "schedule", "ann", "sta", "leave")]
    await grace.taps(words("staff.btn.events", "en"))
    assert grace.sees.startswith(words("staff.events.title", "en"))
    boss = members(town)[0].id
    assert deeds(town) == [
        (boss, "joined", "settings"), (boss, "invited", "author|approver"), (member.id, "joined", ""),
    ]  # fmt: skip
    invited, accepted = [row["digest"] for row in town.rows("staff_log")][1:]
    assert invited == accepted != "", "the trail tells which invitation was used"
    assert payload not in str(town.rows("staff_log"))


async def test_a_second_tap_on_the_button_makes_no_second_link(office: Town) -> None:
    ute = await office.chat("Ute")
    await opens_team(ute, "team.invite", "team.invite.a")
    data = next(choice for choice in ute.choices if choice.startswith("staff:team.link"))
    screen = ute.screen.message_id
    await ute.presses(f"m:{data}", screen)
    link = ute.sees
    await ute.presses(f"m:{data}", screen)
    assert ute.sees == link
    assert len(office.rows("staff_invite")) == 1
    await opens_team(ute, "team.invite")
    await ute.presses(f"m:{data}", ute.screen.message_id)
    assert len(office.rows("staff_invite")) == 1, "a button of an earlier page asks again"


async def test_a_link_of_ones_own_changes_nothing_and_still_works_for_the_other(office: Town) -> None:
    ute, grace = await office.chat("Ute"), await office.chat("Grace")
    await ute.enters("de")
    await opens_team(ute, "team.invite", "team.invite.a")
    await ute.taps(words("staff.btn.make_link"))
    link = link_on(ute)
    await ute.says(start_of(link))
    assert not any(choice.startswith("staff:") for choice in ute.choices)
    await grace.says(start_of(link))
    assert any(choice.startswith("staff:") for choice in grace.choices)


async def test_a_link_adds_roles_to_a_member(office: Town) -> None:
    grace = await office.chat("Grace")
    await grace.says(f"/start team-{invite(office, Role.AUTHOR)}")
    await grace.says(f"/start team-{invite(office, Role.ADMIN)}")
    (member,) = members(office)
    assert member.roles == {Role.AUTHOR, Role.ADMIN}
    assert "staff:team" in grace.choices


async def test_the_menu_shows_only_what_the_roles_allow(office: Town) -> None:
    grace = await office.chat("Grace")
    await grace.says(f"/start team-{invite(office, Role.REVIEWER)}")
    assert grace.choices == ["staff:leave"]
    await grace.says("/staff")
    assert grace.choices == ["staff:leave"]


async def test_access_is_taken_away_at_once_in_the_middle_of_a_step(any_office: Town) -> None:
    town = any_office
    ute, grace = await town.chat("Ute"), await town.chat("Grace")
    await grace.enters("en")
    await grace.says(f"/start team-{invite(town, Role.AUTHOR)}")
    for deed in ("dates", "event.forum_arbeit", "seats.forum_arbeit"):
        await grace.chooses(f"staff:{deed}")
    assert len(town.rows("staff_state")) == 1
    await ute.says("/staff")
    gone = next(each.id for each in members(town) if each.telegram_id == grace.id)
    await opens_team(ute, f"team.show.{gone}", f"team.revoke.{gone}")
    assert ute.sees == words("staff.team.ask_revoke", member=gone)
    assert len(members(town)) == 2
    await ute.taps(words("staff.btn.revoke_yes"))
    assert ute.sees.startswith(words("staff.team.revoked", member=gone))
    assert town.rows("staff_state") == []
    await grace.says("60")
    assert not any(choice.startswith("staff:") for choice in grace.choices)
    assert deeds(town)[-1] == (members(town)[0].id, "revoked", gone)


async def test_who_is_named_in_the_settings_and_oneself_cannot_be_taken_out_here(office: Town) -> None:
    ute, grace = await office.chat("Ute"), await office.chat("Grace")
    await ute.says("/staff")
    boss = members(office)[0].id
    await opens_team(ute, f"team.show.{boss}", f"team.revoke.{boss}")
    assert ute.sees.startswith(words("staff.team.not_settings", member=boss))
    await ute.presses(f"m:staff:team.gone.{boss}")
    assert [each.id for each in members(office)] == [boss]
    await grace.says(f"/start team-{invite(office, Role.ADMIN)}")
    me = next(each.id for each in members(office) if each.telegram_id == grace.id)
    await grace.presses(f"m:staff:team.gone.{me}")
    assert grace.sees.startswith(words("staff.team.not_self", "en"))
    assert len(members(office)) == 2


async def test_the_last_admin_stays(sqlite_town: Town) -> None:
    """Omar stands in for the only admin, and could shut everybody out."""
    town = sqlite_town
    grace, omar = await town.chat("Grace"), await town.chat("Omar")
    await grace.says(f"/start team-{invite(town, Role.ADMIN)}")
    await omar.says(f"/start team-{invite(town, Role.EXPORT)}")
    boss, other = (each.id for each in members(town))
    await opens_team(grace, f"team.show.{other}", f"team.deputy.{other}", f"team.for.{other}.{boss}")
    await grace.taps(words("staff.btn.one_week", "en"))
    await opens_team(omar, f"team.show.{boss}", f"team.revoke.{boss}")
    assert omar.sees.startswith(words("staff.team.not_last", member=boss))
    assert len(members(town)) == 2


async def test_somebody_stands_in_until_a_day_that_is_tapped_or_written(office: Town) -> None:
    town = office
    ute, grace = await town.chat("Ute"), await town.chat("Grace")
    await ute.says("/staff")
    await grace.says(f"/start team-{invite(town, Role.REVIEWER)}")
    boss, deputy = (each.id for each in members(town))
    way = (f"team.show.{deputy}", f"team.deputy.{deputy}", f"team.for.{deputy}.{boss}")
    await opens_team(ute, *way)
    await ute.says("morgen")
    assert ute.sees.startswith(words("staff.wrong.day"))
    await ute.says("01.01.2020")
    assert ute.sees.startswith(words("staff.team.wrong_until"))
    await ute.sends(Player.sends_contact)
    assert ute.sees.startswith(words("staff.wrong.kind"))
    day = town.clock().date() + dt.timedelta(days=3)
    await ute.says(f"{day:%d.%m.%Y}")
    assert ute.sees.startswith(words("staff.team.deputy_set", member=deputy, other=boss, date=day))
    await grace.says("/staff")
    assert "staff:team" in grace.choices
    await opens_team(ute, *way)
    await ute.taps(words("staff.btn.two_weeks"))
    assert len(town.rows("staff_deputy")) == 1
    await opens_team(ute, f"team.show.{deputy}", f"team.end.{deputy}")
    assert ute.sees.startswith(words("staff.team.deputy_ended", member=deputy))
    await grace.says("/staff")
    assert grace.choices == ["staff:leave"]
    assert [deed for _, deed, _ in deeds(town)][2:] == ["deputy", "deputy", "deputy_ended"]


async def test_standing_in_ends_with_its_day(office: Town) -> None:
    town = office
    ute, grace = await town.chat("Ute"), await town.chat("Grace")
    await ute.says("/staff")
    await grace.says(f"/start team-{invite(town, Role.REVIEWER)}")
    boss, deputy = (each.id for each in members(town))
    await opens_team(ute, f"team.show.{deputy}", f"team.deputy.{deputy}", f"team.for.{deputy}.{boss}")
    await ute.taps(words("staff.btn.one_week"))
    town.clock.forward(days=7)
    await grace.says("/staff")
    assert "staff:team" in grace.choices
    town.clock.forward(days=1)
    await grace.says("/staff")
    assert grace.choices == ["staff:leave"]


async def test_a_change_of_a_date_stands_in_the_trail_without_what_was_changed(office: Town) -> None:
    ute = await office.chat("Ute")
    await ute.says("/staff")
    await ute.presses("m:staff:toggle.forum_arbeit.step_free.0")
    boss = members(office)[0].id
    assert deeds(office)[-1] == (boss, "date_changed", "forum_arbeit")


async def test_who_is_taken_out_of_the_settings_is_out_after_the_restart_with_all_that_hung_on_them(
    office: Town,
) -> None:
    town = office
    ute, grace = await town.chat("Ute"), await town.chat("Grace")
    await opens_team(ute, "team.invite", "team.invite.a", "team.invite.am")
    await ute.taps(words("staff.btn.make_link"))
    link, boss = link_on(ute), members(town)[0].id
    town.staff_ids = frozenset()
    await town.restart()
    assert town.rows("staff_member") == town.rows("staff_invite") == []
    assert deeds(town)[-1] == ("settings", "revoked", boss)
    await grace.says(start_of(link))
    assert town.rows("staff_member") == []


async def test_delete_takes_a_member_out_of_the_team(office: Town) -> None:
    grace = await office.chat("Grace")
    await grace.enters("en")
    await grace.says(f"/start team-{invite(office, Role.AUTHOR)}")
    await grace.says("/delete")
    await grace.chooses("erase")
    assert office.rows("staff_member") == []
    await grace.says("/staff")
    assert not any(choice.startswith("staff:") for choice in grace.choices)


async def test_who_comes_back_after_access_was_taken_away_is_somebody_new_to_the_trail(office: Town) -> None:
    grace = await office.chat("Grace")
    await grace.says(f"/start team-{invite(office, Role.AUTHOR)}")
    first = members(office)[0].id
    revoke_now(office, first)
    await rejoin(office, grace, Role.AUTHOR)
    assert members(office)[0].id != first


def test_a_link_is_short_enough_for_telegram() -> None:
    assert make_invite_link("https://t.me/x_bot", "t" * 32).endswith("?start=team-" + "t" * 32)
