"""The staff area in the wrong hands: no effect, and an answer that gives nothing away.

Every button of every area is collected from the screens themselves. It is then pressed by a stranger,
by somebody whose access was taken away a second ago, by a member without the role, and in a group.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bot.preview.people import STAFF
from bot.preview.player import Player
from storage.staff_members import Role
from storage.tables import METADATA
from tests.support.chat import Chat, Town, open_town
from tests.support.databases import NewUrl
from tests.support.team import invite, members, revoke_now

UTE = frozenset({STAFF.id})
#: What must be collected at least, for the sweep to mean anything.
FEWEST_BUTTONS = 30
#: Buttons that lead out of the walk, or do what cannot be undone; they are collected, not followed.
NOT_FOLLOWED = re.compile(
    r"m:staff:(?:leave|yes\..*|toggle\..*|team\.(?:gone|link|until|end)\..*|team\.invite\.\w{2,})"
)
#: The way in and out, which every member has.
FOR_EVERY_MEMBER = frozenset({"m:staff:menu", "m:staff:leave"})
#: Buttons of places that no walk without a change comes to.
FORGED = (
    "m:staff", "m:staff:yes.00000000", "m:staff:no.00000000", "m:staff:toggle.forum_arbeit.step_free.0",
    "m:staff:off.forum_arbeit.1.ill", "m:staff:team.link.apm.00000000", "m:staff:team.invite.apm",
    "m:staff:ann", "m:staff:ann.new", "m:staff:sta", "m:staff:x.y.z", "m:staff:dates.menu",
)  # fmt: skip
Rows = dict[str, list[Any]]


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


def everything(town: Town) -> Rows:
    """Every row of every table but the way in and out."""
    with town.database.reading() as connection:
        return {
            table.name: sorted(map(str, connection.execute(select(table))))
            for table in METADATA.sorted_tables
            if table.name not in ("inbox", "outbox")
        }


def changed_tables(before: Rows, after: Rows) -> set[str]:
    return {name for name in before if before[name] != after[name]}


def shown(chat: Chat) -> tuple[str, list[str], list[str]]:
    return chat.sees, chat.buttons, chat.choices


def data_under(chat: Chat) -> list[str]:
    return [button["callback_data"] for button in chat.screen.buttons]


async def collect(chat: Chat) -> list[str]:
    """Walk through every page of the staff area and collect what its buttons send."""
    await chat.says("/staff")
    found = {without_mark(data): data for data in data_under(chat)}
    open_ends = list(found.values())
    while open_ends:
        data = open_ends.pop(0)
        if NOT_FOLLOWED.fullmatch(data):
            continue
        await chat.presses(data)
        for each in data_under(chat):
            bare = without_mark(each)
            if each.startswith("m:staff") and bare not in found:
                found[bare] = each
                if bare == each:  # a marked one belongs to a question that is gone by then
                    open_ends.append(each)
    return list(dict.fromkeys([*found.values(), *FORGED]))


def without_mark(data: str) -> str:
    return re.sub(r"\.[0-9a-f]{8}$", "", data)


async def staffed(town: Town) -> tuple[Chat, Chat, list[str]]:
    """Let Ute and Grace belong to the staff, Grace with every role that a link gives."""
    ute, grace = await town.chat("Ute"), await town.chat("Grace")
    await ute.enters("de")
    await grace.enters("en")
    await grace.says(f"/start team-{invite(town, *Role)}")
    buttons = await collect(ute)
    print(f"{len(buttons)} buttons")
    assert len(buttons) > FEWEST_BUTTONS
    for area in ("dates", "schedule", "event.council", "team", "team.invite", "team.revoke."):
        assert any(button.startswith(f"m:staff:{area}") for button in buttons), area
    return ute, grace, buttons


async def sweep(town: Town, chat: Chat, buttons: list[str]) -> None:
    """Press every button, and compare with a button that never was and a command that never was."""
    await chat.says("/nowhere")
    unknown = shown(chat)
    await chat.presses("m:nowhere:yes")
    await chat.presses("m:nowhere:yes")
    old, notice, count = shown(chat), chat.popups[-1], len(chat.popups)
    before = everything(town)
    for number, button in enumerate(buttons, start=1):
        await chat.presses(button)
        assert shown(chat) == old, button
        assert (len(chat.popups), chat.popups[-1]) == (count + number, notice), button
        assert everything(town) == before, button
    for command in ("/staff", "/staff team", "/staff event.forum_arbeit", "/STAFF", "/Staff@mitreden_bot"):
        await chat.says(command)
        assert shown(chat) == unknown, command
    assert changed_tables(before, everything(town)) <= {"contact"}, "only where the screen stands"


async def test_a_stranger_presses_every_button_of_the_staff(any_office: Town) -> None:
    town = any_office
    _, _, buttons = await staffed(town)
    sabine = await town.chat("Sabine")
    await sabine.enters("de")
    await sweep(town, sabine, buttons)


async def test_whose_access_was_taken_away_a_second_ago_presses_every_button(any_office: Town) -> None:
    town = any_office
    _, grace, buttons = await staffed(town)
    await grace.says("/staff")
    await grace.chooses("staff:team")
    mine = next(member.id for member in members(town) if member.telegram_id == grace.id)
    revoke_now(town, mine)
    on_her_phone = data_under(grace)
    before = everything(town)
    await grace.chooses("staff:team.invite")
    assert not any(choice.startswith("staff:") for choice in grace.choices), "already the next tap"
    assert everything(town) == before
    await sweep(town, grace, [*buttons, *on_her_phone])


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.EXPORT, Role.APPROVER])
async def test_a_member_without_the_role_presses_every_button(office: Town, role: Role) -> None:
    town = office
    _, _, buttons = await staffed(town)
    omar = await town.chat("Omar")
    await omar.enters("ar")
    await omar.says(f"/start team-{invite(town, role)}")
    await omar.chooses("staff:leave")
    allowed = FOR_EVERY_MEMBER | {"m:staff"}
    if role is Role.APPROVER:  # what approvers may do with announcements: test_announce_chat
        allowed |= {button for button in buttons if button.startswith("m:staff:ann")}
    forbidden = [button for button in buttons if button not in allowed]
    assert len(forbidden) > 30
    await omar.presses("m:nowhere:yes")
    await omar.presses("m:nowhere:yes")
    old, before = shown(omar), everything(town)
    for button in forbidden:
        await omar.presses(button)
        assert shown(omar) == old, button
        assert everything(town) == before, button


async def test_an_author_cannot_manage_the_team_and_an_admin_sees_what_an_admin_may(office: Town) -> None:
    town = office
    _, grace, buttons = await staffed(town)
    omar = await town.chat("Omar")
    await omar.enters("ar")
    await omar.says(f"/start team-{invite(town, Role.AUTHOR)}")
    await omar.chooses("staff:leave")
    before = everything(town)
    for button in (each for each in buttons if each.startswith("m:staff:team")):
        await omar.presses(button)
        assert not any(choice.startswith("staff:") for choice in omar.choices), button
    assert changed_tables(before, everything(town)) <= {"contact"}
    mine = next(member.id for member in members(town) if member.telegram_id == omar.id)
    await grace.says("/staff")
    await grace.presses(f"m:staff:team.gone.{mine}")
    assert len(members(town)) == 2, "in the right hands the same button works"


async def test_a_role_that_was_lent_is_gone_in_the_middle_of_a_step(office: Town) -> None:
    from storage.staff_deputies import end_deputy, set_deputy

    town = office
    ute, omar = await town.chat("Ute"), await town.chat("Omar")
    await ute.says("/staff")
    await omar.enters("ar")
    await omar.says(f"/start team-{invite(town, Role.EXPORT)}")
    boss, deputy = (member.id for member in members(town))
    with town.database.transaction() as connection:
        set_deputy(connection, deputy, boss, town.clock().date())
    await omar.says("/staff")
    for deed in ("dates", "event.forum_arbeit", "seats.forum_arbeit"):
        await omar.chooses(f"staff:{deed}")
    with town.database.transaction() as connection:
        end_deputy(connection, deputy, boss)
    before = everything(town)
    await omar.says("60")
    assert changed_tables(before, everything(town)) <= {"contact", "staff_state"}
    assert town.rows("staff_state") == []
    assert not any(choice.startswith("staff:") for choice in omar.choices)


async def test_in_a_group_no_button_and_no_command_does_anything(office: Town) -> None:
    town = office
    ute, _, buttons = await staffed(town)
    group = ute.player.adds_bot_to_group()
    await town.rest()
    ute.player.writes_in_group(group, "/nowhere")
    await town.rest()
    (said,) = [message for message in group.visible if message.is_from_bot]
    before, token = everything(town), invite(town, Role.EXPORT)
    before["staff_invite"] = everything(town)["staff_invite"]
    for button in buttons:
        ute.player.presses_in_group(group, said.message_id, button)
    await town.rest()
    assert everything(town) == before
    town.clock.forward(minutes=10)
    for command in ("/staff", f"/start team-{token}"):
        ute.player.writes_in_group(group, command)
        await town.rest()
    answers = [message for message in group.visible if message.is_from_bot]
    assert {message.text for message in answers} == {said.text}
    assert not any(message.buttons for message in answers)
    assert everything(town) == before


def forward(words: str, player: Player) -> None:
    origin = {"type": "user", "date": 0, "sender_user": {"id": 1, "is_bot": False, "first_name": "x"}}
    player.sends_other(text=words, forward_origin=origin, forward_date=0)


async def test_what_is_forwarded_or_edited_opens_nothing(office: Town) -> None:
    town = office
    ute, sabine = await town.chat("Ute"), await town.chat("Sabine")
    token = invite(town, Role.AUTHOR)
    for chat in (ute, sabine):
        await chat.enters("de")
        for command in ("/staff", f"/start team-{token}"):
            before = everything(town)
            await chat.sends(partial(forward, command))
            assert not any(choice.startswith("staff:") for choice in chat.choices)
            written = await chat.says("Guten Tag")
            await chat.edits(written, command)
            assert not any(choice.startswith("staff:") for choice in chat.choices)
            assert changed_tables(before, everything(town)) <= {"contact"}
    assert len(town.rows("staff_invite")) == 1
    assert town.rows("staff_member") == []
    await sabine.says(f"/start team-{token}")
    assert len(town.rows("staff_member")) == 1, "in the right hands it works"


async def test_a_button_with_an_answer_of_another_person_under_it_is_of_no_use(office: Town) -> None:
    """A stranger has got hold of the marked button under a question that Ute is answering."""
    town = office
    ute, sabine = await town.chat("Ute"), await town.chat("Sabine")
    await sabine.enters("de")
    await ute.says("/staff")
    for deed in ("dates", "event.forum_arbeit", "seats.forum_arbeit"):
        await ute.chooses(f"staff:{deed}")
    await ute.says("61")
    confirm = next(data for data in data_under(ute) if data.startswith("m:staff:yes"))
    before = town.rows("meeting")
    await sabine.presses(confirm)
    assert town.rows("meeting") == before
    await ute.presses(confirm)
    assert town.rows("meeting") != before


@pytest.mark.parametrize("language_code", ["de", "ar"])
async def test_a_used_a_stale_and_an_invented_link_are_an_ordinary_start_and_leave_no_trace(
    any_office: Town, language_code: str
) -> None:
    town = any_office
    used, stale = invite(town, Role.ADMIN), invite(town, Role.ADMIN)
    grace = await town.chat("Grace")
    await grace.says(f"/start team-{used}")
    assert len(members(town)) == 1
    town.clock.forward(hours=24)
    staff_before = {name: rows for name, rows in everything(town).items() if name.startswith("staff")}
    plain_start = await town.chat("Plain", language_code)
    await plain_start.says("/start nowhere")
    wanted = shown(plain_start)
    payloads = [f"team-{used}", f"team-{stale}", "team-", "team-x", f"Team-{stale}", f"team-{stale} x"]
    for number, payload in enumerate(payloads):
        chat = await town.chat(f"Guest {number}", language_code)
        await chat.says(f"/start {payload}")
        assert shown(chat) == wanted, payload
        assert not any("team" in data or "To-ken" in data for data in data_under(chat))
        await chat.chooses(
            next(choice for choice in chat.choices if choice.split(":")[1].split(".")[0] == "de")
        )
        await chat.chooses("say")
        await chat.chooses("agree")
    staff_after = {name: rows for name, rows in everything(town).items() if name.startswith("staff")}
    assert staff_after == staff_before
    assert {row["source"] or "" for row in town.rows("respondent")} == {""}, "no part of a token is kept"
    assert len(town.rows("respondent")) == len(payloads)
