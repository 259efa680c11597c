"""Announcements in the staff chat, told from the phones: of who writes, of who approves, of the readers.

A deed that begins with ">" is written, every other one is a button of the announcements.
"""

from __future__ import annotations

import datetime as dt
import random
import re
import shutil
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import structlog

from bot.preview.people import STAFF, default_people
from bot.rendering import Renderer
from bot.staff.announce_progress import progress_screen
from bot.staff.announce_words import language_name
from bot.staff.words import load_staff_catalogues, load_staff_texts
from conversations.announcement_templates import AnnouncementKind
from conversations.announcements import Announcement, Audience
from conversations.texts import find_gaps, text
from storage import announcements, mailings
from storage.announcements import Draft
from storage.staff_invites import create_invite
from storage.staff_log import COMMAND_LINE, Deed, list_log
from storage.staff_members import Role
from storage.vocabulary import MailingState, Policy
from tests.support.announcement_samples import in_five_languages
from tests.support.chat import Chat, Town, open_town, plain
from tests.support.databases import NewUrl

BERLIN = ZoneInfo("Europe/Berlin")
SABINE = next(person for person in default_people() if person.first_name == "Sabine")
BOTH = frozenset({STAFF.id, SABINE.id})
PLAN = "https://www.goeppingen.de/plan"
PAGE = "https://www.goeppingen.de/plan/beschluss"
DECIDED = ("ann.new", "ann.kind.decision", "ann.kind.adopted", "> 18.11.2027", f"> {PLAN}")
#: The decision with everything that must be said, nothing that may be left out.
ADOPTED = (*DECIDED, "ann.empty.1.report_url", f"> {PAGE}")
#: A free announcement in German, to those who want to hear of the council.
FREE = (
    "ann.new",
    "ann.kind.free",
    f"> {PAGE}",
    "> Die Stelle zieht um.",
    "ann.aud.1",
    "ann.topic.1.council.1",
)
READERS = {"Ayşe": "tr", "Omar": "ar", "Lena": "de_LS", "Grace": "en"}
MINUTE = dt.timedelta(seconds=61)


@pytest.fixture
async def town(sqlite_template: Path, tmp_path: Path) -> AsyncIterator[Town]:
    """A town on SQLite whose settings name Ute, who writes, and Sabine, who approves."""
    (tmp_path / "data").mkdir(mode=0o700)
    file = tmp_path / "data" / "mitreden.sqlite"
    shutil.copy(sqlite_template, file)
    async with open_town(
        tmp_path, f"sqlite:///{file}", durable=False, loaded=in_five_languages(), staff_ids=BOTH
    ) as opened:
        only_tick_by_hand(opened)
        yield opened


@pytest.fixture
async def any_town(new_url: NewUrl, tmp_path: Path) -> AsyncIterator[Town]:
    """The same, once on SQLite and once on PostgreSQL."""
    async with open_town(tmp_path, new_url(), loaded=in_five_languages(), staff_ids=BOTH) as opened:
        only_tick_by_hand(opened)
        yield opened


# What the stories are told with


def only_tick_by_hand(town: Town) -> None:
    """Let nothing go on by itself: a story says when time passes."""
    town.app.schedule._scheduler.pause()


def words(key: str, language: str = "de", **gaps: Any) -> str:
    """Say a text of the staff, without invisible direction signs."""
    loaded = in_five_languages()
    renderer = Renderer(loaded.content, load_staff_catalogues(loaded))
    return plain(renderer.say(text(key, **gaps), language))


async def does(chat: Chat, *deeds: str) -> None:
    """Do one thing after the other."""
    for deed in deeds:
        if deed.startswith(">"):
            await chat.says(deed.removeprefix(">").strip())
        else:
            await chat.chooses(meaning_of(chat, deed))


def meaning_of(chat: Chat, deed: str) -> str:
    """Find what a button does; the number of the version is left out in stories."""
    wanted = re.compile(rf"staff:{re.escape(deed)}(\.[0-9]+)?")
    return next((choice for choice in chat.choices if wanted.fullmatch(choice)), f"staff:{deed}")


async def opens(chat: Chat, *deeds: str) -> None:
    """Open the announcements and go on from there."""
    await chat.says("/staff")
    await does(chat, "ann", *deeds)


async def presses(chat: Chat, argument: str) -> None:
    """Press a button that may be stale or forged."""
    await chat.presses(f"m:staff:{argument}")


async def subscribes(town: Town, name: str, language: str) -> Chat:
    """Let somebody hear of the council."""
    chat = await town.chat(name)
    await chat.enters(language)
    await chat.says("/events")
    for meaning in ("event:council", "remind:council", "msgyes:remind.council"):
        await chat.chooses(meaning)
    return chat


async def readers(town: Town, *names: str) -> dict[str, Chat]:
    return {name: await subscribes(town, name, READERS[name]) for name in names or READERS}


async def passes(town: Town, time: dt.timedelta = MINUTE) -> None:
    """Let time pass and everything be sent that is due."""
    town.clock.now += time
    for _ in range(4):
        await town.app.tick()
        await town.rest()


async def draws(town: Town) -> None:
    """Let the pages that follow an announcement be drawn again."""
    await town.app.staff.draw_pages()
    await town.rest()


def draft(town: Town, number: int = 1) -> Draft:
    found: Draft = town.read(lambda connection, _: announcements.get(connection, number))
    return found


def state(town: Town, number: int = 1) -> MailingState:
    return draft(town, number).state


def progress(town: Town, number: int = 1) -> mailings.Progress:
    found: mailings.Progress = town.read(lambda connection, _: mailings.load_progress(connection, number))
    return found


def trail(town: Town) -> list[Deed]:
    entries = town.read(lambda connection, _: list_log(connection, 100))
    return [entry.deed for entry in reversed(entries)]


def member_id(town: Town, name: str) -> str:
    person = next(person for person in default_people() if person.first_name == name)
    mac = town.keys.person_mac(person.id)
    return next(row["id"] for row in town.rows("staff_member") if row["person_mac"] == mac)


def got(chat: Chat) -> list[str]:
    """The announcements that somebody has in their chat."""
    return [
        plain(message.text)
        for message in chat.messages
        if PAGE in message.text and any(b.get("callback_data") == "m:alloff" for b in message.buttons)
    ]


async def written_and_asked(town: Town, *deeds: str) -> tuple[Chat, Chat]:
    """Let Ute write an announcement and ask for approval; Sabine is there to give it."""
    sabine, ute = await town.chat("Sabine"), await town.chat("Ute")
    await sabine.says("/staff")
    await opens(ute, *(deeds or ADOPTED))
    await opens(ute, "ann.show.1", "ann.ask.1", "ann.now.1")
    assert state(town) is MailingState.REQUESTED
    return ute, sabine


async def sent(town: Town, *deeds: str) -> tuple[Chat, Chat]:
    """Let an announcement be written, approved and sent."""
    ute, sabine = await written_and_asked(town, *deeds)
    await opens(sabine, "ann.show.1", "ann.yes.1")
    await passes(town)
    assert state(town) is MailingState.DONE
    return ute, sabine


# Two people


async def test_one_writes_another_approves_and_the_decision_reaches_everybody_in_their_language(
    any_town: Town,
) -> None:
    town = any_town
    chats = await readers(town)
    sabine, ute = await town.chat("Sabine"), await town.chat("Ute")
    await sabine.says("/staff")
    await ute.says("/staff")
    await ute.taps(words("staff.btn.ann"))
    assert words("staff.ann.none") in ute.sees
    await ute.taps(words("staff.ann.btn.new"))
    assert ute.sees == words("staff.bc.choose")
    await ute.taps(words("staff.ann.btn.decision"))
    assert ute.sees == words("staff.bc.decision")
    assert ute.buttons[:4] == [
        words(f"staff.ann.btn.kind_{kind}")
        for kind in ("adopted", "adopted_changes", "postponed", "rejected")
    ]
    assert not any(label.startswith("✓") for label in ute.buttons)
    await ute.taps(words("staff.ann.btn.kind_adopted"))
    assert ute.sees.endswith(words("staff.ann.ask.date"))
    await ute.says("18.11.2027")
    assert ute.sees.endswith(words("staff.ann.ask.plan_url"))
    await ute.says(PLAN)
    assert ute.sees.endswith(words("staff.ann.ask.report_url"))
    await ute.taps(words("staff.btn.nothing"))
    assert ute.sees.endswith(words("staff.ann.ask.page_url"))
    await ute.says(PAGE)
    assert words("staff.ann.no_faults") in ute.sees
    assert "4 Personen, 4 Sprachen" in ute.sees
    await ute.taps(words("staff.ann.btn.ask"))
    assert words("staff.bc.confirm") in ute.sees
    await ute.taps(words("staff.ann.btn.at_once"))
    assert words("staff.bc.second", staff_role=text("staff.btn.role_approver")) in ute.sees
    assert words("staff.ann.btn.look") in sabine.buttons
    await sabine.taps(words("staff.ann.btn.look"))
    assert words("staff.bc.preview") in sabine.sees
    assert "Noch nicht angesehen: 5 Sprachen" in sabine.sees
    await sabine.taps("العربية")
    assert words("staff.ann.preview.rtl") in sabine.sees
    assert town.words("ann.on_page", "ar", page_url=PAGE) in sabine.sees
    await does(sabine, "ann.show.1")
    assert "Noch nicht angesehen: 4 Sprachen" in sabine.sees
    await sabine.taps(words("staff.ann.btn.approve"))
    assert words("staff.bc.undo", seconds=60) in sabine.sees
    assert all(got(chat) == [] for chat in chats.values())
    await passes(town)
    for name, chat in chats.items():
        (message,) = got(chat)
        assert town.words("ann.on_page", READERS[name], page_url=PAGE) in message
        assert (
            town.words("ann.adopted", READERS[name], date_long=dt.date(2027, 11, 18), plan_url=PLAN)
            in message
        )
    assert got(ute) == got(sabine) == []
    assert state(town) is MailingState.DONE
    await opens(ute, "ann.show.1")
    assert words("staff.bc.sent", sent=4, failed=0) in ute.sees
    assert [deed for deed in trail(town) if deed is not Deed.TEXT] == [
        Deed.JOINED, Deed.JOINED, Deed.DRAFT, Deed.REQUESTED, *[Deed.APPROVED] * 5, Deed.STARTED, Deed.DONE,
    ]  # fmt: skip


async def test_whoever_wrote_it_cannot_approve_it(town: Town) -> None:
    await readers(town, "Grace")
    ute, _ = await written_and_asked(town)
    await opens(ute, "ann.show.1")
    assert words("staff.ann.btn.approve") not in ute.buttons
    await presses(ute, f"ann.yes.1.{draft(town).revision}")
    assert ute.sees.startswith(words("staff.ann.same_person"))
    assert state(town) is MailingState.REQUESTED


async def test_whoever_leaves_and_comes_back_under_another_id_cannot_approve_their_own_text(
    town: Town,
) -> None:
    await readers(town, "Grace")
    await (await town.chat("Ute")).enters("de")
    ute, _ = await written_and_asked(town)
    first = member_id(town, "Ute")
    await ute.says("/delete")
    await ute.chooses("erase")
    assert (Deed.REVOKED, first) in [(Deed(row["deed"]), row["who"]) for row in town.rows("staff_log")], (
        "the trail says that a member has gone"
    )
    await ute.says("/start")
    await opens(ute, "ann.show.1")
    assert member_id(town, "Ute") != first
    await presses(ute, f"ann.yes.1.{draft(town).revision}")
    assert ute.sees.startswith(words("staff.ann.writer_gone"))
    await passes(town)
    assert state(town) is MailingState.REQUESTED


async def test_words_that_the_town_changes_after_the_approval_do_not_go_out(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The texts of the bot can change with a restart; what was approved is what readers see."""
    chats = await readers(town, "Grace", "Omar")
    _, sabine = await written_and_asked(town)
    await opens(sabine, "ann.show.1")
    await sabine.taps(words("staff.ann.btn.approve"))
    english: Any = town.loaded.catalogues.get("en").entries
    reworded = replace(english["ann.next_adopted"], forms={"other": "What happens next is open."})
    monkeypatch.setitem(english, "ann.next_adopted", reworded)
    await passes(town)
    assert got(chats["Grace"]) == [], "nobody has approved this in English"
    assert len(got(chats["Omar"])) == 1
    assert progress(town).held_languages == ("en",)


async def test_alone_only_where_the_settings_say_so_and_the_trail_says_it(town: Town) -> None:
    await readers(town, "Grace")
    town.world.extra_environment["MITREDEN_ONE_PERSON_MODE"] = "yes"
    await town.restart()
    ute, _ = await written_and_asked(town)
    assert words("staff.ann.alone") in ute.sees
    await does(ute, "ann.yes.1")
    assert state(town) is MailingState.APPROVED
    assert Deed.APPROVED_ALONE in trail(town)
    assert Deed.APPROVED not in trail(town)


async def test_what_is_changed_after_the_approval_loses_it(town: Town) -> None:
    grace = (await readers(town, "Grace"))["Grace"]
    ute, sabine = await written_and_asked(town)
    await opens(sabine, "ann.show.1", "ann.yes.1")
    await presses(ute, "ann.gap.1.plan_url")
    await ute.says(f"{PLAN}/neu")
    assert ute.sees.startswith(words("staff.ann.approval_lost"))
    await passes(town)
    assert state(town) is MailingState.DRAFT
    assert got(grace) == []
    assert Deed.APPROVAL_LOST in trail(town)


async def test_an_approval_of_what_somebody_has_changed_meanwhile_is_none(town: Town) -> None:
    await readers(town, "Grace")
    ute, sabine = await written_and_asked(town)
    looked_at = draft(town).revision
    await opens(ute, "ann.show.1", "ann.cancel.1", "ann.facts.1", "ann.gap.1.plan_url", f"> {PLAN}/neu")
    await opens(ute, "ann.show.1", "ann.ask.1", "ann.now.1")
    await presses(sabine, f"ann.yes.1.{looked_at}")
    assert sabine.sees.startswith(words("staff.ann.changed_meanwhile"))
    assert f"{PLAN}/neu" in sabine.sees, "what it says now"
    assert state(town) is MailingState.REQUESTED


@pytest.mark.parametrize("who", ["Ute", "Sabine"])
async def test_within_a_minute_both_can_think_better_of_it(town: Town, who: str) -> None:
    grace = (await readers(town, "Grace"))["Grace"]
    _, sabine = await written_and_asked(town)
    await opens(sabine, "ann.show.1", "ann.yes.1")
    chat = await town.chat(who)
    await opens(chat, "ann.show.1")
    assert words("staff.bc.undo", seconds=60) in chat.sees
    town.clock.now += dt.timedelta(seconds=35)
    await does(chat, "ann.show.1")
    assert words("staff.bc.undo", seconds=20) in chat.sees
    await does(chat, "ann.cancel.1")
    assert chat.sees.startswith(words("staff.ann.cancelled"))
    await passes(town)
    assert state(town) is MailingState.DRAFT
    assert got(grace) == []


async def test_whoever_watches_the_countdown_sees_that_another_one_has_cancelled(town: Town) -> None:
    await readers(town, "Grace")
    await (await town.chat("Ute")).enters("de")
    ute, sabine = await written_and_asked(town)
    await opens(sabine, "ann.show.1", "ann.yes.1")
    await opens(ute, "ann.show.1")
    assert words("staff.bc.undo", seconds=60) in ute.sees
    await does(sabine, "ann.cancel.1")
    await draws(town)
    assert words("staff.bc.undo", seconds=60) not in ute.sees
    await does(ute, "ann.show.1")
    assert state(town) is MailingState.DRAFT


async def test_only_who_may_approve_it_is_called_and_in_their_language(town: Town) -> None:
    await readers(town, "Grace")
    sabine = await town.chat("Sabine")
    await sabine.enters("en")
    ute, _ = await written_and_asked(town)
    called = words("staff.ann.waits", "en", number="1", kind=text("staff.ann.btn.kind_adopted"))
    assert [plain(message.text) for message in sabine.messages].count(called) == 1
    german = words("staff.ann.waits", number="1", kind=text("staff.ann.btn.kind_adopted"))
    assert german not in [plain(message.text) for message in ute.messages]


async def test_what_nobody_would_get_any_more_is_not_approved(town: Town) -> None:
    grace = (await readers(town, "Grace"))["Grace"]
    _, sabine = await written_and_asked(town)
    await grace.says("/stop")
    await opens(sabine, "ann.show.1", "ann.yes.1")
    assert sabine.sees.startswith(words("staff.ann.not_yet"))
    assert words("staff.ann.fault.nobody", place=text("staff.ann.place.audience")) in sabine.sees
    assert state(town) is MailingState.REQUESTED


async def test_a_second_tap_on_approve_changes_nothing(town: Town) -> None:
    await readers(town, "Grace")
    _, sabine = await written_and_asked(town)
    await opens(sabine, "ann.show.1")
    button = f"m:{meaning_of(sabine, 'ann.yes.1')}"
    await sabine.presses(button)
    before = draft(town)
    await sabine.presses(button)
    assert draft(town) == before
    assert state(town) is MailingState.APPROVED


async def test_planned_for_later_it_goes_out_then(town: Town) -> None:
    grace = (await readers(town, "Grace"))["Grace"]
    sabine, ute = await town.chat("Sabine"), await town.chat("Ute")
    await sabine.says("/staff")
    await opens(ute, *ADOPTED, "ann.ask.1", "ann.when.1")
    for wrong, key in (
        ("bald", "staff.wrong.date"),
        ("01.06.2027 10:00", "staff.ann.wrong.past"),
        ("28.03.2027 02:30", "staff.wrong.skipped"),
        ("31.10.2027 02:30", "staff.ann.wrong.twice"),
    ):
        await ute.says(wrong)
        assert ute.sees.startswith(words(key))
        assert state(town) is MailingState.DRAFT
    await ute.says("24.06.2027 15:00")
    assert state(town) is MailingState.REQUESTED
    await opens(sabine, "ann.show.1", "ann.yes.1")
    assert "24. Juni 2027 um 15:00 Uhr" in sabine.sees
    await passes(town)
    assert got(grace) == []
    town.clock.now = dt.datetime(2027, 6, 24, 15, 0, 1, tzinfo=BERLIN).astimezone(dt.UTC)
    await passes(town, dt.timedelta(0))
    assert len(got(grace)) == 1


# What is asked, and wrong answers


@pytest.mark.parametrize(
    ("way", "wrong", "key"),
    [
        (3, "morgen", "staff.wrong.day"),
        (3, "31.02.2027", "staff.wrong.day"),
        (4, "http://www.goeppingen.de", "staff.wrong.link"),
        (4, "der Plan", "staff.wrong.link"),
        (5, "https://", "staff.wrong.link"),
        (6, "nein", "staff.wrong.link"),
    ],
)
async def test_a_wrong_answer_is_said_in_a_sentence_and_asked_for_again(
    town: Town, way: int, wrong: str, key: str
) -> None:
    ute = await town.chat("Ute")
    await opens(ute, *ADOPTED[:way])
    asked = ute.sees
    before = draft(town)
    await ute.says(wrong)
    assert ute.sees == f"{words(key)}\n\n{asked}"
    assert draft(town) == before
    await ute.speaks()
    assert ute.sees == f"{words('staff.wrong.kind')}\n\n{asked}"


async def test_words_with_braces_or_nothing_to_see_are_refused(town: Town) -> None:
    ute = await town.chat("Ute")
    await opens(ute, *FREE[:3])
    for wrong, key in (
        ("Am {date} ist frei.", "braces"), ("Ein \ue000 Zeichen", "sign"), ("\u200b\u2060", "blank"),
    ):  # fmt: skip
        await ute.says(wrong)
        assert ute.sees.startswith(words(f"staff.ann.wrong.{key}"))
    assert draft(town).announcement.words == {}


async def test_a_choice_awaits_a_button(town: Town) -> None:
    ute = await town.chat("Ute")
    await opens(ute, "ann.new")
    await ute.says("Beschlossen")
    assert ute.sees.startswith(words("staff.ann.wrong.button"))
    assert town.rows("announcement") == []
    await does(ute, "ann.kind.forum_result")
    await ute.says("arbeit und so")
    assert ute.sees.startswith(words("staff.ann.wrong.button"))
    await does(ute, "ann.field.1.arbeit")
    assert ute.sees.endswith(words("staff.ann.ask.report_url"))
    assert draft(town).announcement.audience.topics == {"results", "forum_arbeit"}


async def test_without_anybody_who_may_approve_it_says_so(sqlite_template: Path, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir(mode=0o700)
    file = tmp_path / "data" / "mitreden.sqlite"
    shutil.copy(sqlite_template, file)
    only_ute = frozenset({STAFF.id})
    async with open_town(
        tmp_path, f"sqlite:///{file}", durable=False, loaded=in_five_languages(), staff_ids=only_ute
    ) as town:
        await readers(town, "Grace")
        ute = await town.chat("Ute")
        await opens(ute, *ADOPTED, "ann.ask.1", "ann.now.1")
        assert ute.sees.startswith(words("staff.ann.no_approver"))


async def test_what_makes_no_sense_without_an_empty_gap_is_not_asked_for(town: Town) -> None:
    ute = await town.chat("Ute")
    await opens(ute, "ann.new", "ann.kind.draft_public", f"> {PLAN}", "ann.empty.1.feedback_until")
    await does(ute, "ann.empty.1.report_url", f"> {PAGE}")
    assert words("staff.ann.title", number="1", kind=text("staff.ann.btn.kind_draft_public")) in ute.sees
    assert draft(town).announcement.values == {"draft_url": PLAN}
    await does(ute, "ann.facts.1", "ann.gap.1.feedback_until", "> 30.09.2027")
    await presses(ute, "ann.gap.1.feedback_how.de")
    assert words("staff.btn.nothing") not in ute.buttons, "with a day it has to be said how"


async def test_a_page_of_the_town_is_asked_for_unless_the_settings_waive_it(town: Town) -> None:
    await readers(town, "Grace")
    ute = await town.chat("Ute")
    await opens(ute, *ADOPTED[:-1])
    assert words("staff.btn.nothing") not in ute.buttons
    await opens(ute, "ann.show.1", "ann.ask.1")
    assert words("staff.ann.not_yet") in ute.sees
    assert words("staff.ann.fault.missing", place=text("staff.ann.btn.gap_page_url")) in ute.sees
    town.world.extra_environment["MITREDEN_ANNOUNCE_WITHOUT_PAGE"] = "yes"
    await town.restart()
    await opens(ute, "ann.show.1", "ann.facts.1", "ann.gap.1.page_url")
    assert words("staff.btn.nothing") in ute.buttons
    await opens(ute, "ann.show.1", "ann.ask.1", "ann.now.1")
    assert state(town) is MailingState.REQUESTED


async def test_nobody_is_asked_to_approve_what_nobody_would_get(town: Town) -> None:
    ute = await town.chat("Ute")
    await opens(ute, *ADOPTED)
    assert words("staff.ann.fault.nobody", place=text("staff.ann.place.audience")) in ute.sees
    await does(ute, "ann.ask.1")
    assert words("staff.ann.not_yet") in ute.sees
    await presses(ute, f"ann.now.1.{draft(town).revision}")
    assert state(town) is MailingState.DRAFT


async def test_too_long_in_one_language_is_refused_with_its_name(town: Town) -> None:
    await readers(town, "Grace")
    town.world.extra_environment["MITREDEN_ANNOUNCE_WITHOUT_PAGE"] = "yes"
    await town.restart()
    ute = await town.chat("Ute")
    await opens(ute, "ann.new", "ann.kind.what_next", "ann.empty.1.page_url", f"> {'a' * 4090}")
    assert "Deutsch: Die Nachricht ist zu lang" in ute.sees
    await does(ute, "ann.see.1.de")
    assert words("staff.ann.preview.long") in ute.sees


# Readers


async def test_the_readers_are_chosen_with_toggles_and_counted_at_once(town: Town) -> None:
    await readers(town)
    ute = await town.chat("Ute")
    await opens(ute, *FREE[:4])
    assert words("staff.ann.to_nobody") in ute.sees
    await does(ute, "ann.aud.1", "ann.topic.1.council.1")
    assert "4 Personen, 4 Sprachen" in ute.sees
    assert f"✓ {words('sub.council')}" in ute.buttons
    await does(ute, "ann.audlang.1", "ann.only.1.tr.1", "ann.only.1.ar.1")
    assert "2 Personen, 2 Sprachen" in ute.sees
    await does(ute, "ann.only.1.all.1")
    assert "4 Personen, 4 Sprachen" in ute.sees
    await does(ute, "ann.aud.1", "ann.audreg.1", "ann.reg.1.forum_arbeit.1")
    assert draft(town).announcement.audience == Audience(frozenset({"council"}), coming_to="forum_arbeit")
    await does(ute, "ann.aud.1", "ann.all.1.1")
    assert draft(town).announcement.audience == Audience(everyone=True)


async def test_what_is_done_where_nobody_knows_is_chosen_in_words(town: Town) -> None:
    ute = await town.chat("Ute")
    await opens(ute, *ADOPTED)
    assert words("staff.ann.policy.never_missed") in ute.sees
    await does(ute, "ann.policy.1.never_twice")
    assert words("staff.ann.policy.never_twice") in ute.sees
    assert draft(town).policy is Policy.NEVER_TWICE


# Preview and test


async def test_the_preview_is_the_message_sign_by_sign_and_the_test_too(town: Town) -> None:
    chats = await readers(town, "Omar")
    ute = await town.chat("Ute")
    await opens(ute, *ADOPTED, "ann.see.1.de")
    assert words("staff.ann.preview.ltr") in ute.sees
    assert town.words("menu.results") in ute.sees, "its buttons are named"
    await ute.taps("العربية")
    preview = ute.screen.text
    await does(ute, "ann.test.1.ar")
    test = ute.messages[-1]
    assert preview.endswith(test.text)
    assert f"{len(test.text)} von 4096" in plain(preview)
    assert Deed.TEST_SENT in trail(town)
    assert got(chats["Omar"]) == []
    sabine = await town.chat("Sabine")
    await sabine.says("/staff")
    await opens(ute, "ann.show.1", "ann.ask.1", "ann.now.1")
    await opens(sabine, "ann.show.1", "ann.yes.1")
    await passes(town)
    message = next(message for message in chats["Omar"].messages if PAGE in message.text)
    assert message.text == test.text
    assert [b["callback_data"] for b in message.buttons] == [b["callback_data"] for b in test.buttons]


# Languages that come later


async def test_one_tap_holds_back_every_language_without_a_text(town: Town) -> None:
    """With twenty-two languages nobody holds seventeen back one by one."""
    ute = await town.chat("Ute")
    await opens(ute, *FREE, "ann.show.1", "ann.texts.1")
    await does(ute, "ann.holdall.1")
    written = draft(town).announcement

    assert written.held_back == {"de_LS", "en", "tr", "ar"}
    assert words("staff.ann.lang.held", language_name="Türkçe") in ute.sees
    assert "staff:ann.holdall.1" not in ute.choices, "there is none left"
    assert trail(town).count(Deed.HELD_BACK) == 4
    await ute.presses("m:staff:ann.holdall.1")
    assert draft(town).announcement.held_back == written.held_back
    assert trail(town).count(Deed.HELD_BACK) == 4, "twice changes nothing"


async def test_a_language_without_text_is_held_back_and_gets_it_later_after_an_approval(
    any_town: Town,
) -> None:
    town = any_town
    chats = await readers(town, "Grace", "Ayşe")
    sabine, ute = await town.chat("Sabine"), await town.chat("Ute")
    await sabine.says("/staff")
    await opens(ute, *FREE, "ann.show.1")
    assert words("staff.ann.lang.missing", language_name="Türkçe") in ute.sees
    await does(ute, "ann.texts.1")
    assert words("staff.ann.translators", number="1") in ute.sees
    await does(ute, "ann.lang.1.en", "ann.gap.1.text.en", "> The office moves.")
    for code in ("tr", "ar", "de_LS"):
        await does(ute, "ann.texts.1", f"ann.lang.1.{code}", f"ann.hold.1.{code}.1")
        assert words("staff.ann.lang.held", language_name=language_name(code)) in ute.sees
    await opens(ute, "ann.show.1", "ann.ask.1", "ann.now.1")
    await opens(sabine, "ann.show.1", "ann.yes.1")
    await passes(town)
    assert len(got(chats["Grace"])) == 1
    assert got(chats["Ayşe"]) == []
    await opens(ute, "ann.show.1", "ann.texts.1", "ann.lang.1.tr", "ann.hold.1.tr.0")
    assert ute.sees.startswith(words("staff.ann.not_complete"))
    await does(ute, "ann.gap.1.text.tr", "> Ofis taşınıyor.", "ann.hold.1.tr.0")
    await passes(town)
    assert got(chats["Ayşe"]) == [], "not without an approval"
    await does(sabine, "ann.show.1")
    assert words("staff.ann.late", list="Türkçe") in sabine.sees
    await does(sabine, "ann.see.1.tr", "ann.show.1", "ann.yes.1")
    await passes(town)
    assert "Ofis taşınıyor." in got(chats["Ayşe"])[0]
    assert len(got(chats["Grace"])) == 1
    assert {Deed.HELD_BACK, Deed.RELEASED} <= set(trail(town))


# On its way


async def test_paused_nothing_goes_out_resumed_it_goes_on_and_stopped_it_ends(town: Town) -> None:
    grace = (await readers(town, "Grace"))["Grace"]
    ute, sabine = await written_and_asked(town)
    await opens(sabine, "ann.show.1", "ann.yes.1")
    town.clock.now += MINUTE
    with town.database.transaction() as connection:
        mailings.begin(connection, draft(town), town.clock())
    await opens(ute, "ann.show.1", "ann.pause.1")
    assert words("staff.ann.state.paused") in ute.sees
    assert words("staff.ann.percent", percent="0") in ute.sees
    await passes(town)
    assert got(grace) == []
    await does(ute, "ann.resume.1", "ann.pause.1", "ann.stop.1")
    assert words("staff.ann.ask_stop") in ute.sees
    await does(ute, "ann.show.1", "ann.resume.1")
    await passes(town)
    assert len(got(grace)) == 1
    await presses(ute, "ann.pause.1")
    assert words("staff.ann.wrong_state", state=text("staff.ann.state.done")) in ute.sees
    await presses(ute, "ann.stopyes.1")
    assert state(town) is MailingState.DONE


async def test_stopped_for_good_the_rest_is_never_sent(town: Town) -> None:
    grace = (await readers(town, "Grace"))["Grace"]
    ute, sabine = await written_and_asked(town)
    await opens(sabine, "ann.show.1", "ann.yes.1")
    town.clock.now += MINUTE
    with town.database.transaction() as connection:
        mailings.begin(connection, draft(town), town.clock())
        mailings.pause(connection, 1, "test", town.clock())
    await opens(ute, "ann.show.1", "ann.stop.1", "ann.stopyes.1")
    assert words("staff.ann.state.stopped") in ute.sees
    await passes(town)
    assert got(grace) == []


async def test_the_page_of_what_is_on_its_way_is_drawn_anew_until_it_has_ended(town: Town) -> None:
    await readers(town, "Grace", "Omar")
    ute, sabine = await written_and_asked(town)
    await opens(sabine, "ann.show.1", "ann.yes.1")

    def drawn(later: float = 0) -> str | None:
        now = (town.clock() + dt.timedelta(seconds=later)).astimezone(BERLIN)
        screen = town.read(lambda connection, _: progress_screen(connection, 1, now))
        loaded = in_five_languages()
        renderer = Renderer(loaded.content, load_staff_catalogues(loaded))
        return None if screen is None else plain(renderer.render(screen, "de").text)

    assert words("staff.bc.undo", seconds=60) in str(drawn())
    assert words("staff.bc.undo", seconds=10) in str(drawn(50))
    assert words("staff.ann.begins_now") in str(drawn(70))
    await passes(town)
    assert words("staff.bc.sent", sent=2, failed=0) in str(drawn())
    assert drawn(3600) is None
    await opens(ute, "ann.show.1")
    assert str(drawn()) == ute.sees


async def test_whoever_looks_on_sees_it_go_on_without_a_tap(town: Town) -> None:
    await readers(town, "Grace")
    await (await town.chat("Ute")).enters("de")
    ute, sabine = await written_and_asked(town)
    await opens(sabine, "ann.show.1", "ann.yes.1")
    await opens(ute, "ann.show.1")
    assert words("staff.bc.undo", seconds=60) in ute.sees
    message, shown = ute.screen, len(ute.messages)
    await passes(town, dt.timedelta(seconds=30))
    await draws(town)
    assert words("staff.bc.undo", seconds=30) in ute.sees
    await passes(town)
    await draws(town)
    assert words("staff.bc.sent", sent=1, failed=0) in ute.sees
    assert (ute.screen.message_id, len(ute.messages)) == (message.message_id, shown), "in its place"


# Corrections


async def test_what_was_sent_is_changed_in_place(town: Town) -> None:
    grace = (await readers(town, "Grace"))["Grace"]
    ute, sabine = await sent(town)
    (before,) = got(grace)
    await opens(ute, "ann.show.1", "ann.fix.1", "ann.mend.1.edit")
    assert words("staff.ann.about.edit") in ute.sees
    await does(ute, "ann.facts.2", "ann.gap.2.date", "> 19.11.2027")
    await opens(ute, "ann.show.2", "ann.ask.2", "ann.now.2")
    await opens(sabine, "ann.show.2", "ann.yes.2")
    await passes(town)
    (after,) = got(grace)
    assert after != before
    assert "19 November 2027" in after
    assert town.words("ann.edited", "en", date_long=town.clock().astimezone(BERLIN).date()) in after
    assert state(town, 2) is MailingState.DONE


async def test_what_was_sent_is_taken_away_within_two_days(town: Town) -> None:
    grace = (await readers(town, "Grace"))["Grace"]
    ute, sabine = await sent(town)
    await opens(ute, "ann.show.1", "ann.fix.1")
    assert "im Moment bei 1 Person von 1 Person" in ute.sees
    await does(ute, "ann.mend.1.withdraw")
    await does(ute, "ann.ask.2", "ann.now.2")
    await opens(sabine, "ann.show.2", "ann.yes.2")
    await passes(town)
    assert got(grace) == []
    assert state(town, 2) is MailingState.DONE


async def test_a_mistake_is_taken_away_also_from_somebody_who_said_stop_because_of_it(town: Town) -> None:
    grace = (await readers(town, "Grace"))["Grace"]
    ute, sabine = await sent(town)
    await grace.says("/stop")
    await opens(ute, "ann.show.1", "ann.fix.1")
    await does(ute, "ann.mend.1.withdraw")
    await does(ute, "ann.ask.2", "ann.now.2")
    await opens(sabine, "ann.show.2", "ann.yes.2")
    await passes(town)
    assert got(grace) == []
    assert progress(town, 2).sent == 1


async def test_after_two_days_nothing_can_be_taken_away(town: Town) -> None:
    await readers(town, "Grace")
    ute, _ = await sent(town)
    town.clock.now += dt.timedelta(days=2)
    await opens(ute, "ann.show.1", "ann.fix.1")
    assert words("staff.ann.too_old") in ute.sees
    assert words("staff.ann.btn.withdraw_sent") not in ute.buttons
    await presses(ute, "ann.mend.1.withdraw")
    assert len(town.rows("announcement")) == 1


async def test_a_correction_goes_only_to_those_who_got_it(town: Town) -> None:
    grace = (await readers(town, "Grace"))["Grace"]
    ute, sabine = await sent(town)
    omar = (await readers(town, "Omar"))["Omar"]
    await opens(ute, "ann.show.1", "ann.fix.1", "ann.mend.1.send")
    await presses(ute, "ann.mend.1.send")
    assert len(town.rows("announcement")) == 2, "a second tap makes no second draft"
    await does(ute, "ann.ask.2", "ann.now.2")
    await opens(sabine, "ann.show.2", "ann.yes.2")
    await passes(town)
    assert [town.words("ann.correction", "en") in message for message in got(grace)] == [False, True]
    assert got(omar) == []


# Others


def from_command_line(town: Town) -> int:
    """Write the decision on the command line and hand it over."""
    values = {"date": "2027-11-18", "plan_url": PLAN}
    written = Announcement(
        AnnouncementKind.ADOPTED, values=values, audience=Audience(frozenset({"council"})), page_url=PAGE
    )
    with town.database.transaction() as connection:
        number = announcements.create(connection, written, Policy.NEVER_MISSED, COMMAND_LINE, town.clock())
        new = announcements.get(connection, number)
        announcements.request(connection, new, COMMAND_LINE, town.clock())
    return number


async def test_what_the_command_line_hands_over_is_taken_over_first(town: Town) -> None:
    grace = (await readers(town, "Grace"))["Grace"]
    sabine, ute = await town.chat("Sabine"), await town.chat("Ute")
    await sabine.says("/staff")
    from_command_line(town)
    await opens(sabine, "ann.show.1")
    assert words("staff.ann.no_author") in sabine.sees
    assert words("staff.ann.btn.approve") not in sabine.buttons
    await presses(sabine, f"ann.yes.1.{draft(town).revision}")
    assert sabine.sees.startswith(words("staff.ann.no_author"))
    await opens(ute, "ann.show.1", "ann.take.1")
    assert draft(town).author == member_id(town, "Ute")
    await opens(sabine, "ann.show.1", "ann.yes.1")
    await passes(town)
    assert len(got(grace)) == 1


async def test_who_only_approves_cannot_write_and_who_only_writes_cannot_approve(town: Town) -> None:
    await readers(town, "Grace")
    await written_and_asked(town)
    lena, omar = await town.chat("Lena"), await town.chat("Omar")
    for chat, role in ((lena, Role.APPROVER), (omar, Role.AUTHOR)):
        await chat.enters("de")
        token = f"to-ken_for_{role.value:_<20}"
        with town.database.transaction() as connection:
            create_invite(connection, frozenset({role}), COMMAND_LINE, town.clock(), token)
        await chat.says(f"/start team-{token}")
    await opens(lena)
    assert words("staff.ann.btn.new") not in lena.buttons
    for forged in ("ann.new", "ann.gap.1.date", f"ann.now.1.{draft(town).revision}", "ann.topic.1.council.0"):
        await presses(lena, forged)
        assert lena.sees.startswith(words("staff.ann.not_allowed", staff_role=text("staff.btn.role_author")))
    await opens(omar, "ann.show.1")
    await presses(omar, f"ann.yes.1.{draft(town).revision}")
    assert omar.sees.startswith(words("staff.ann.not_allowed", staff_role=text("staff.btn.role_approver")))
    assert state(town) is MailingState.REQUESTED


async def test_buttons_that_are_stale_or_forged_change_nothing(town: Town) -> None:
    await readers(town, "Grace")
    ute, _ = await sent(town)
    before = draft(town), town.rows("announcement"), town.rows("announcement_copy")
    await opens(ute, "ann.show.1")
    for forged in (
        "ann.kind.adopted", "ann.kind.nothing", "ann.show.9", "ann.show.x", "ann.show", "ann.nothing.1",
        "ann.empty.1.report_url", "ann.field.1.arbeit", "ann.now.1.1", "ann.yes.1.1", "ann.take.1.x",
        "ann.take.1.1", "ann.cancel.1", "ann.pause.1", "ann.resume.1", "ann.stopyes.1", "ann.hold.1.xx.1",
        "ann.lang.1.xx", "ann.see.1.xx", "ann.test.1.xx", "ann.policy.1.never", "ann.policy.1.never_twice",
        "ann.topic.1.nothing.1", "ann.topic.1.results.1", "ann.only.1.xx.1", "ann.reg.1.council.1",
        "ann.mend.1.edit", "ann.when.1", "ann.gap.1.nothing", "ann.ask.1", f"ann.show.{'9' * 30}",
    ):  # fmt: skip
        await presses(ute, forged)
        assert (draft(town), town.rows("announcement"), town.rows("announcement_copy")) == before, forged
    await presses(ute, "ann.gap.1.date")
    await ute.says("19.11.2027")
    assert ute.sees.startswith(words("staff.ann.wrong_state", state=text("staff.ann.state.done")))
    assert draft(town) == before[0]


async def test_a_stranger_finds_no_announcements(town: Town) -> None:
    await readers(town, "Grace")
    await written_and_asked(town)
    grace = await town.chat("Grace")
    before = draft(town)
    for forged in ("ann", "ann.show.1", f"ann.yes.1.{before.revision}", "ann.stopyes.1", "ann.new"):
        await presses(grace, forged)
        assert words("staff.ann.list", "en") not in grace.sees
    assert draft(town) == before


async def test_a_draft_is_thrown_away_after_a_question(town: Town) -> None:
    ute = await town.chat("Ute")
    await opens(ute, *ADOPTED, "ann.stop.1")
    assert words("staff.ann.ask_discard") in ute.sees
    await does(ute, "ann.stopyes.1")
    assert words("staff.ann.discarded") in ute.sees
    await opens(ute)
    assert words("staff.ann.ended") in ute.sees


async def test_a_restart_in_the_middle_of_a_question_loses_nothing(any_town: Town) -> None:
    ute = await any_town.chat("Ute")
    await opens(ute, *ADOPTED[:3], "> 18.11.2027")
    await any_town.restart()
    await ute.says(PLAN)
    assert draft(any_town).announcement.values == {"date": "2027-11-18", "plan_url": PLAN}
    assert ute.sees.endswith(words("staff.ann.ask.report_url"))


async def test_every_page_in_english_has_no_german_word_of_the_bot(town: Town) -> None:
    await readers(town, "Grace")
    ute = await town.chat("Ute")
    await ute.enters("en")
    whole = [key for key, source in load_staff_texts().items() if not find_gaps(source.snapshot)]
    german = {words(key) for key in whole} - {words(key, "en") for key in whole}
    seen: set[str] = set()
    ways: tuple[tuple[str, ...], ...] = (
        (), ("ann.new",), ("ann.kind.decision",), ("ann.kind.adopted",), ADOPTED[3:], ("ann.facts.1",),
        ("ann.show.1", "ann.texts.1", "ann.lang.1.ar"), ("ann.see.1.ar",), ("ann.show.1", "ann.aud.1"),
        ("ann.audlang.1",), ("ann.aud.1", "ann.audreg.1"), ("ann.aud.1", "ann.show.1", "ann.ask.1"),
        ("ann.when.1", "> never"), ("ann.ask.1", "ann.now.1"), ("ann.cancel.1", "ann.stop.1"),
    )  # fmt: skip
    await opens(ute)
    for way in ways:
        await does(ute, *way)
        seen |= {*ute.sees.split("\n"), *(label.removeprefix("✓ ") for label in ute.buttons)}
    assert seen & german == set()
    assert words("staff.ann.btn.approve", "en") not in ute.buttons
    assert words("staff.bc.preview", "en") in seen


@pytest.mark.parametrize("seed", range(3))
async def test_random_buttons_and_texts_never_fail_and_never_send_without_a_second_person(
    town: Town, seed: int
) -> None:
    chance = random.Random(seed)
    grace = (await readers(town, "Grace"))["Grace"]
    sabine, ute = await town.chat("Sabine"), await town.chat("Ute")
    await sabine.says("/staff")
    await opens(ute, *ADOPTED)
    texts = ("18.11.2027", PLAN, "ja", "\u200b", "24.06.2027 15:00", "{date}", "x" * 4000)
    old: list[str] = []
    with structlog.testing.capture_logs() as logs:
        for _ in range(40):
            ours = [choice for choice in ute.choices if choice.startswith("staff:ann")]
            if not ours:
                await opens(ute)
            elif chance.random() < 0.15:
                await ute.says(chance.choice(texts))
            elif old and chance.random() < 0.15:
                await ute.presses(f"m:{chance.choice(old)}")
            else:
                old += ours
                await ute.chooses(chance.choice(ours))
    await passes(town)
    assert [log for log in logs if log["log_level"] == "error"] == []
    assert {row["state"] for row in town.rows("inbox")} == {"done"}
    assert Deed.APPROVED not in trail(town)
    assert got(grace) == []
