"""The staff area in the chat, told from the phones: of a member of the staff, and of the people.

A deed that begins with ">" is written, every other one is a button of the staff area.
"""

from __future__ import annotations

import datetime as dt
import random
import re
import shutil
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import structlog

from bot.catalogue_gate import BUTTON_MAX_COLUMNS, width
from bot.preview.people import STAFF
from bot.preview.player import Player
from bot.rendering import MESSAGE_MAX_UNITS, Renderer, utf16_units
from bot.staff.words import load_staff_catalogues
from conversations.event_sheets import event_name, when_of
from conversations.languages import LANGUAGES
from conversations.programme import Cancellation, Council, Event, Forum, Meeting, Programme, Reason, Support
from conversations.texts import text
from storage.programme import change_event, load_programme
from tests.support.chat import Chat, Town, open_town, plain, shipped_content
from tests.support.databases import NewUrl
from tests.support.world import START

BERLIN = ZoneInfo("Europe/Berlin")
UTE = frozenset({STAFF.id})
TOPIC = "forum_arbeit"
SUBSCRIBERS = {"Sabine": "de", "Ayşe": "tr", "Omar": "ar"}
TO_EVENT = ("dates", f"event.{TOPIC}")
TO_COUNCIL = ("dates", "event.council")
NEW_DATE = "> 07.10.2027 17:30"
NEW_STARTS = dt.datetime(2027, 10, 7, 17, 30, tzinfo=BERLIN)
REPORT = "https://www.goeppingen.de/fachforum-arbeit"


@pytest.fixture
async def desk(sqlite_template: Path, tmp_path: Path) -> AsyncIterator[Town]:
    """A town on SQLite whose staff is Ute."""
    (tmp_path / "data").mkdir(mode=0o700)
    file = tmp_path / "data" / "mitreden.sqlite"
    shutil.copy(sqlite_template, file)
    async with open_town(tmp_path, f"sqlite:///{file}", durable=False, staff_ids=UTE) as opened:
        yield opened


@pytest.fixture
async def open_date_desk(new_url: NewUrl, tmp_path: Path) -> AsyncIterator[Town]:
    """A town in which the date of the forum was open from the beginning."""
    loaded = shipped_content()
    first = loaded.content.programme
    first = replace(first, forums={**first.forums, "arbeit": replace(first.forums["arbeit"], meeting=None)})
    loaded = replace(loaded, content=replace(loaded.content, programme=first))
    async with open_town(tmp_path, new_url(), staff_ids=UTE, loaded=loaded) as opened:
        yield opened


@pytest.fixture
async def any_desk(new_url: NewUrl, tmp_path: Path) -> AsyncIterator[Town]:
    """The same, once on SQLite and once on PostgreSQL."""
    async with open_town(tmp_path, new_url(), staff_ids=UTE) as opened:
        yield opened


# What the stories are told with


def words(key: str, language: str = "de", **gaps: Any) -> str:
    """Say a text of the staff, without invisible direction signs."""
    loaded = shipped_content()
    renderer = Renderer(loaded.content, load_staff_catalogues(loaded))
    return plain(renderer.say(text(key, **gaps), language))


def people(count: int, language: str = "de") -> str:
    loaded = shipped_content()
    renderer = Renderer(loaded.content, load_staff_catalogues(loaded))
    return plain(renderer.say(text("staff.people", count=count), language))


async def does(chat: Chat, *deeds: str) -> None:
    """Do one thing after the other."""
    for deed in deeds:
        if deed.startswith(">"):
            await chat.says(deed.removeprefix(">").strip())
        else:
            await chat.chooses(meaning_of(chat, deed))


def meaning_of(chat: Chat, deed: str) -> str:
    """Find what a button does. Those under a question carry its mark, which stories leave out."""
    offered = [choice for choice in chat.choices if choice.startswith("staff:")]
    return next((choice for choice in offered if without_mark(choice) == f"staff:{deed}"), f"staff:{deed}")


def without_mark(choice: str) -> str:
    return re.sub(r"\.[0-9a-f]{8}$", "", choice)


def offered(chat: Chat) -> list[str]:
    """What can be tapped, without marks."""
    return [without_mark(choice) for choice in chat.choices]


def data_of(chat: Chat, deed: str) -> str:
    """The data of a button under the current screen."""
    return f"m:{meaning_of(chat, deed)}"


async def opens(chat: Chat, *deeds: str) -> None:
    """Open the staff area and go on from there."""
    await chat.says("/staff")
    await does(chat, *deeds)


async def subscribes(town: Town, name: str, language: str, *meanings: str, topic: str = TOPIC) -> Chat:
    """Let somebody be reminded of a meeting, and do more on its page."""
    chat = await town.chat(name)
    await chat.enters(language)
    await chat.says("/events")
    for meaning in (f"event:{topic}", f"remind:{topic}", f"msgyes:remind.{topic}", *meanings):
        await chat.chooses(meaning)
    return chat


async def subscribers(town: Town) -> dict[str, Chat]:
    """Let three people in three languages be reminded of the forum; the last one comes."""
    chats = {name: await subscribes(town, name, language) for name, language in SUBSCRIBERS.items()}
    await chats["Omar"].chooses(f"come:{TOPIC}")
    return chats


def programme(town: Town) -> Programme:
    found: Programme = town.read(
        lambda connection, _: load_programme(connection, town.loaded.content.programme)
    )
    return found


def forum(town: Town) -> Forum:
    return programme(town).forums["arbeit"]


def council(town: Town) -> Council:
    return programme(town).council


def meeting(town: Town) -> Meeting:
    found = forum(town).meeting
    assert found is not None
    return found


def state(town: Town) -> list[object]:
    """Everything that a change of the programme could touch."""
    return [town.rows("meeting"), town.rows("reminder"), town.rows("attendance"), town.rows("headcount")]


def change_meanwhile(town: Town, topic: str = TOPIC, **values: Any) -> None:
    """Change a meeting as the command line does, in another transaction."""
    with town.database.transaction() as connection:
        event = load_programme(connection, town.loaded.content.programme).events[topic]
        after: Event = replace(event, **values)
        change_event(connection, topic, event, after, town.clock().astimezone(BERLIN))


async def ticks(town: Town) -> None:
    await town.app.tick()
    await town.rest()


def pushes(chat: Chat) -> list[str]:
    """The messages about meetings that somebody has got: under each is the way to stop."""
    return [
        plain(message.text)
        for message in chat.messages
        if any(button.get("callback_data") == "m:alloff" for button in message.buttons)
        and not plain(message.text).startswith(("Worüber", "Erinnerungen"))
    ]


def changed(town: Town, language: str, new: Meeting, old: Meeting) -> str:
    name = event_name(TOPIC)
    return town.words("rem.changed", language, forum_name=name, when=when_of(new), old_when=when_of(old))


# A forum is moved


async def test_a_forum_is_moved_step_by_step_and_everybody_hears_of_it_in_their_language(
    any_desk: Town,
) -> None:
    town = any_desk
    chats = await subscribers(town)
    grace = await subscribes(town, "Grace", "en", f"cannot:{TOPIC}")
    before, old = state(town), meeting(town)
    ute = await town.chat("Ute")
    await ute.says("/staff")
    assert ute.sees == words("staff.menu")
    assert ute.buttons == [
        words(f"staff.btn.{name}") for name in ("events", "schedule", "ann", "sta", "team", "leave")
    ]
    await ute.taps(words("staff.btn.events"))
    assert ute.sees.startswith(words("staff.events.title"))
    assert town.words("rem.when", date_long=old.starts.date(), time=old.starts, place=old.where) in ute.sees
    await ute.taps("Fachforum Arbeit")
    await ute.taps(words("staff.btn.move"))
    assert ute.sees.endswith(words("staff.event.ask_date"))
    await ute.says("07.10.2027 17:30")
    assert ute.sees.endswith(words("staff.event.ask_end"))
    await ute.says("20:00")
    assert ute.sees.endswith(words("staff.event.ask_place"))
    await ute.says("  Bürgerhaus \n Schlossstraße 7 ")
    new = Meeting(NEW_STARTS, "Bürgerhaus", dt.datetime(2027, 10, 7, 20, tzinfo=BERLIN), "Schlossstraße 7")
    assert words("staff.event.change_preview") in ute.sees
    assert words("staff.event.old", when=when_of(old)) in ute.sees
    assert words("staff.event.new", when=when_of(new)) in ute.sees
    assert "Sofort geht an 4 Personen in 4 Sprachen" in ute.sees
    for kind, day, time, count in (
        ("week_before", 30, 10, 3), ("day_before", 6, 17, 3), ("hours_before", 7, 15, 1), ("thanks", 8, 10, 3)
    ):  # fmt: skip
        minute = 30 if kind == "hours_before" else 0
        due = dt.datetime(2027, 9 if day == 30 else 10, day, time, minute, tzinfo=BERLIN)
        what = text(f"staff.what.{kind}")
        line = words("staff.effect.reminder", what=what, date=due.date(), time=due, people=people(count))
        assert line in ute.sees
    assert state(town) == before, "nothing is changed before the confirmation"
    await ute.taps(words("staff.btn.confirm"))
    assert ute.sees.startswith(words("staff.event.saved"))
    assert "Bürgerhaus, Schlossstraße 7" in ute.sees
    assert meeting(town) == new
    await ticks(town)
    for name, chat in [*chats.items(), ("Grace", grace)]:
        language = SUBSCRIBERS.get(name, "en")
        assert pushes(chat) == [changed(town, language, new, old)]
    assert pushes(ute) == []
    await ticks(town)
    assert [len(pushes(chat)) for chat in chats.values()] == [1, 1, 1], "once"


async def test_what_is_as_before_takes_one_tap_each(desk: Town) -> None:
    old = meeting(desk)
    ute = await desk.chat("Ute")
    await opens(ute, *TO_EVENT, f"date.{TOPIC}", NEW_DATE)
    assert ute.buttons == [words(f"staff.btn.{name}") for name in ("same_length", "no_end", "discard")]
    await ute.taps(words("staff.btn.same_length"))
    assert ute.buttons == [words(f"staff.btn.{name}") for name in ("same_place", "discard")]
    await ute.taps(words("staff.btn.same_place"))
    await ute.taps(words("staff.btn.confirm"))
    assert old.ends is not None
    assert meeting(desk) == replace(old, starts=NEW_STARTS, ends=NEW_STARTS + (old.ends - old.starts))


async def test_iso_dates_are_read_too_and_an_end_may_be_missing_or_on_another_day(desk: Town) -> None:
    ute = await desk.chat("Ute")
    await opens(ute, *TO_EVENT, f"date.{TOPIC}", "> 2027-10-07T17:30", "none", "same", "yes")
    assert (meeting(desk).starts, meeting(desk).ends) == (NEW_STARTS, None)
    await does(ute, f"date.{TOPIC}", "> 7.10.2027, 17.30 Uhr", "> 08.10.2027 01:00", "same", "yes")
    assert meeting(desk).ends == dt.datetime(2027, 10, 8, 1, tzinfo=BERLIN)


async def test_a_change_at_night_is_announced_for_the_morning_and_goes_out_then(desk: Town) -> None:
    town = desk
    sabine = await subscribes(town, "Sabine", "de")
    ute = await town.chat("Ute")
    town.clock.now = START.replace(hour=20)  # ten in the evening
    await opens(ute, *TO_EVENT, f"date.{TOPIC}", NEW_DATE, "same", "same")
    later = words(
        "staff.effect.later", date=dt.date(2027, 6, 24), time=dt.datetime(2027, 6, 24, 8, tzinfo=BERLIN),
        people=people(1), languages=text("staff.languages", count=1), what=text("staff.what.changed"),
    )  # fmt: skip
    assert later in ute.sees
    await does(ute, "yes")
    await ticks(town)
    assert pushes(sabine) == []
    town.clock.now = START.replace(day=24, hour=6)
    await ticks(town)
    assert len(pushes(sabine)) == 1


async def test_staff_are_told_when_it_is_too_late_for_a_message(desk: Town) -> None:
    town = desk
    sabine = await subscribes(town, "Sabine", "de")
    ute = await town.chat("Ute")
    town.clock.now = START.replace(hour=20)
    await opens(ute, *TO_EVENT, f"date.{TOPIC}", "> 24.06.2027 07:30", "none", "same")
    assert words("staff.effect.too_late", people=people(1)) in ute.sees
    await does(ute, "yes")
    town.clock.now = START.replace(day=24, hour=7)
    await ticks(town)
    assert pushes(sabine) == []


async def test_an_open_date_is_fixed_and_told(open_date_desk: Town) -> None:
    town = open_date_desk
    ayse = await subscribes(town, "Ayşe", "tr")
    ute = await town.chat("Ute")
    await opens(ute, *TO_EVENT)
    assert words("staff.event.open") in ute.sees
    await ute.taps(words("staff.btn.set_date"))
    await does(ute, NEW_DATE)
    assert ute.buttons == [words("staff.btn.no_end"), words("staff.btn.discard")]
    await ute.taps(words("staff.btn.no_end"))
    assert ute.buttons == [words("staff.btn.discard")], "there is no place yet that could stay"
    await does(ute, "> Bürgerhaus")
    assert "Sofort geht an 1 Person in 1 Sprache" in ute.sees
    await does(ute, "yes")
    assert meeting(town) == Meeting(NEW_STARTS, "Bürgerhaus")
    await ticks(town)
    told = town.words(
        "rem.date_set", "tr", forum_name=event_name(TOPIC), when=when_of(Meeting(NEW_STARTS, "Bürgerhaus"))
    )
    assert pushes(ayse) == [told]


# A forum is cancelled, and takes place after all


@pytest.mark.parametrize(
    ("wanted", "button", "reason"),
    [("new_date", "reason_room", Reason.ROOM), ("no_new_date", "reason_none", None)],
)
async def test_a_forum_is_cancelled_with_and_without_a_new_date_and_a_reason(
    any_desk: Town, wanted: str, button: str, reason: Reason | None
) -> None:
    town = any_desk
    chats, before, old = await subscribers(town), state(town), meeting(town)
    ute = await town.chat("Ute")
    await opens(ute, *TO_EVENT)
    await ute.taps(words("staff.btn.cancel"))
    assert ute.sees.endswith(words("staff.event.cancel_ask"))
    await ute.taps(words(f"staff.btn.{wanted}"))
    assert ute.sees.endswith(words("staff.event.ask_reason"))
    await ute.taps(words(f"staff.btn.{button}"))
    assert "Sofort geht an 3 Personen in 3 Sprachen" in ute.sees
    assert words("staff.effect.no_reminders") in ute.sees
    assert state(town) == before
    await ute.taps(words("staff.btn.confirm"))
    assert ute.sees.startswith(words("staff.event.saved"))
    is_wanted = wanted == "new_date"
    assert forum(town).cancellation == Cancellation(reason, is_wanted)
    await ticks(town)
    for name, language in SUBSCRIBERS.items():
        (told,) = pushes(chats[name])
        assert town.words("rem.cancelled_new" if is_wanted else "rem.cancelled_none", language) in told
        assert town.words("rem.cancelled_none" if is_wanted else "rem.cancelled_new", language) not in told
        assert plain(town.words("rem.when", language, date_long=old.starts.date(), time=old.starts,
                                place=old.where)) in told  # fmt: skip
        if reason is not None:
            assert town.words("rem.reason_room", language) in told


async def test_a_cancelled_forum_gets_a_new_date_and_everybody_hears_of_it(any_desk: Town) -> None:
    town = any_desk
    chats = await subscribers(town)
    ute = await town.chat("Ute")
    await opens(ute, *TO_EVENT, f"cancel.{TOPIC}", f"why.{TOPIC}.1", f"off.{TOPIC}.1.ill", "yes")
    await ticks(town)
    assert ute.buttons == [words(f"staff.btn.{name}") for name in ("reopen", "reopen_same", "back")]
    await ute.taps(words("staff.btn.reopen"))
    await does(ute, NEW_DATE, "same", "same")
    assert "Sofort geht an 3 Personen in 3 Sprachen" in ute.sees
    await does(ute, "yes")
    assert forum(town).cancellation is None
    assert meeting(town).starts == NEW_STARTS
    await ticks(town)
    for name, language in SUBSCRIBERS.items():
        when = when_of(meeting(town))
        told = town.words("rem.date_set", language, forum_name=event_name(TOPIC), when=when)
        assert pushes(chats[name])[-1] == told


async def test_a_cancelled_forum_takes_place_as_planned_after_all(desk: Town) -> None:
    sabine = await subscribes(desk, "Sabine", "de")
    old = meeting(desk)
    ute = await desk.chat("Ute")
    await opens(ute, *TO_EVENT, f"cancel.{TOPIC}", f"why.{TOPIC}.0", f"off.{TOPIC}.0.few", "yes")
    await ticks(desk)
    await ute.taps(words("staff.btn.reopen_same"))
    assert words("staff.event.new", when=when_of(old)) in ute.sees
    await does(ute, "yes")
    assert (forum(desk).meeting, forum(desk).cancellation) == (old, None)
    await ticks(desk)
    told = desk.words("rem.date_set", forum_name=event_name(TOPIC), when=when_of(old))
    assert pushes(sabine)[-1] == told


async def test_cancelled_and_taken_back_in_one_night_nobody_loses_a_seat_unheard(desk: Town) -> None:
    town = desk
    omar = (await subscribers(town))["Omar"]
    ute = await town.chat("Ute")
    town.clock.now = START.replace(hour=20)
    await opens(ute, *TO_EVENT, f"cancel.{TOPIC}", f"why.{TOPIC}.1", f"off.{TOPIC}.1.ill", "yes")
    await does(ute, f"reopen.{TOPIC}", "yes")
    town.clock.now = START.replace(day=24, hour=7)
    await ticks(town)
    assert forum(town).taken == 1
    assert pushes(omar) == [], "there was nothing to tell"


# After the forum


async def test_a_report_is_added_after_the_forum_and_sent(any_desk: Town) -> None:
    town = any_desk
    sabine = await subscribes(town, "Sabine", "de")
    ute = await town.chat("Ute")
    town.clock.now = meeting(town).over_at.astimezone(dt.UTC) + dt.timedelta(hours=15)
    await ticks(town)
    thanked = len(pushes(sabine))
    await opens(ute, *TO_EVENT)
    assert ute.buttons == [words("staff.btn.report"), words("staff.btn.back")]
    await ute.taps(words("staff.btn.report"))
    await does(ute, f"> {REPORT}")
    assert "Sofort geht an 1 Person in 1 Sprache" in ute.sees
    assert words("staff.what.report") in ute.sees
    await does(ute, "yes")
    assert words("staff.event.report", url=REPORT) in ute.sees
    await ticks(town)
    told = pushes(sabine)[-1]
    assert len(pushes(sabine)) == thanked + 1
    assert told == town.words("rem.after", forum_name=event_name(TOPIC), report_url=REPORT)
    await does(ute, f"report.{TOPIC}", f"> {REPORT}-2", "yes")
    await ticks(town)
    assert len(pushes(sabine)) == thanked + 1, "a corrected link is not sent again"


async def test_the_preview_of_a_report_counts_everybody_who_gets_it(desk: Town) -> None:
    town = desk
    await subscribes(town, "Sabine", "de")
    grace = await town.chat("Grace")
    await grace.enters("en")
    await grace.says("/start news")
    await grace.chooses(next(choice for choice in grace.choices if choice.startswith("msgyes")))
    await grace.chooses("sub:results")
    ute = await town.chat("Ute")
    town.clock.now = meeting(town).over_at.astimezone(dt.UTC) + dt.timedelta(hours=15)
    await ticks(town)
    before = [len(pushes(chat)) for chat in (grace, await town.chat("Sabine"))]
    await opens(ute, *TO_EVENT, f"report.{TOPIC}", f"> {REPORT}")
    seen = ute.sees
    await does(ute, "yes")
    await ticks(town)
    after = [len(pushes(chat)) for chat in (grace, await town.chat("Sabine"))]
    assert [new - old for new, old in zip(after, before, strict=True)] == [1, 1]
    assert people(2) in seen or words("staff.what.report_to_others") in seen


# What nobody is told of


async def test_what_is_confirmed_is_toggled_at_once(any_desk: Town) -> None:
    town = any_desk
    sabine = await subscribes(town, "Sabine", "de")
    before = forum(town)
    ute = await town.chat("Ute")
    await opens(ute, *TO_EVENT)
    await ute.taps(words("staff.btn.support"))
    assert ute.sees.endswith(words("staff.event.confirmed", list=_list("childcare", "العربية")))
    shown = {label: label.startswith("✓") for label in ute.buttons}
    assert shown["✓ Kinderbetreuung"]
    assert "Ohne Stufen" in shown
    old_button = ute.screen.buttons[0]["callback_data"]
    await ute.taps(words("staff.btn.step_free"))
    assert forum(town).support == replace(before.support, step_free=True)
    await ute.taps(words("staff.btn.childcare"))
    await ute.taps(words("staff.btn.interpreting", language_name="Türkçe"))
    await ute.taps(words("staff.btn.interpreting", language_name="العربية"))
    wanted = Support(childcare=False, step_free=True, interpreting=("tr",))
    assert forum(town) == replace(before, support=wanted)
    assert "✓ Ohne Stufen" in ute.buttons
    assert "✓ Dolmetschen: Türkçe" in ute.buttons
    await ute.presses(old_button)
    assert forum(town).support == wanted, "an old button leads to the state it names, once"
    if words("staff.btn.done") in ute.buttons:
        await ute.taps(words("staff.btn.done"))
    assert words("staff.event.confirmed", list=_list("step_free", "Türkçe")) in ute.sees
    await ticks(town)
    assert pushes(sabine) == []


def _list(what: str, language: str) -> str:
    return f"{words(f'staff.btn.{what}')} · {words('staff.btn.interpreting', language_name=language)}"


async def test_a_double_tap_on_a_toggle_stays_on_the_page_of_the_toggles(desk: Town) -> None:
    ute = await desk.chat("Ute")
    await opens(ute, *TO_EVENT, f"support.{TOPIC}")
    for _ in range(2):
        await ute.presses(f"m:staff:toggle.{TOPIC}.step_free.1")
    assert forum(desk).support.step_free
    assert words("staff.btn.done") in ute.buttons


async def test_no_form_of_german_is_offered_for_interpreting(desk: Town) -> None:
    ute = await desk.chat("Ute")
    await opens(ute, *TO_EVENT, f"support.{TOPIC}")
    offered = [choice.split(".")[2] for choice in ute.choices if choice.startswith("staff:toggle")]
    assert offered == [
        "childcare",
        "step_free",
        *(language.code for language in LANGUAGES if language.babel_locale != "de"),
    ]


async def test_seats_are_limited_and_the_limit_taken_away(desk: Town) -> None:
    town = desk
    await subscribers(town)
    before = forum(town)
    ute = await town.chat("Ute")
    await opens(ute, *TO_EVENT)
    assert words("staff.event.seats", n=before.seats, taken=1) in ute.sees
    await ute.taps(words("staff.btn.seats"))
    await does(ute, "> 25")
    assert words("staff.effect.nobody") in ute.sees
    await does(ute, "yes")
    assert forum(town) == replace(before, seats=25)
    await does(ute, f"seats.{TOPIC}")
    await ute.taps(words("staff.btn.no_limit"))
    await does(ute, "yes")
    assert forum(town).seats is None
    assert words("staff.event.registered", taken=1) in ute.sees


async def test_fewer_seats_than_people_are_asked_about_and_possible(desk: Town) -> None:
    town = desk
    for name, language in SUBSCRIBERS.items():
        await subscribes(town, name, language, f"come:{TOPIC}")
    ute = await town.chat("Ute")
    await opens(ute, *TO_EVENT, f"seats.{TOPIC}", "> 2")
    assert words("staff.doubt.seats") in ute.sees
    await does(ute, "yes")
    assert (forum(town).seats, forum(town).taken) == (2, 3)
    await opens(ute, *TO_EVENT, f"seats.{TOPIC}", "> 3")
    assert words("staff.doubt.seats") not in ute.sees


async def test_the_link_to_the_map_is_kept_and_taken_away(desk: Town) -> None:
    ute = await desk.chat("Ute")
    await opens(ute, *TO_EVENT, f"map.{TOPIC}", "> https://www.openstreetmap.org/way/1", "yes")
    assert forum(desk).map_url == "https://www.openstreetmap.org/way/1"
    assert words("staff.event.map", url="https://www.openstreetmap.org/way/1") in ute.sees
    await does(ute, f"map.{TOPIC}")
    await ute.taps(words("staff.btn.nothing"))
    await does(ute, "yes")
    assert forum(desk).map_url == ""


async def test_the_period_for_answers_is_set_and_holds_for_the_people(desk: Town) -> None:
    town = desk
    ute, sabine = await town.chat("Ute"), await town.chat("Sabine")
    await opens(ute, *TO_EVENT, f"answers.{TOPIC}", "> 01.05.2027", "> 22.06.2027", "yes")
    assert (forum(town).opens, forum(town).closes) == (dt.date(2027, 5, 1), dt.date(2027, 6, 22))
    await sabine.takes_part("de")
    await sabine.says("/topics")
    assert "field:arbeit" not in sabine.choices or town.words("topics.field_closed")[:20] in sabine.sees
    closed = sabine.sees
    await does(ute, f"answers.{TOPIC}")
    await ute.taps(words("staff.btn.nothing"))
    await ute.taps(words("staff.btn.nothing"))
    await does(ute, "yes")
    assert (forum(town).opens, forum(town).closes) == (None, None)
    await sabine.says("/topics")
    assert "field:arbeit" in sabine.choices
    assert sabine.sees != closed
    await does(ute, f"answers.{TOPIC}", "> 2027-08-01", "none", "yes")
    await sabine.says("/topics")
    await sabine.presses("m:field:arbeit")
    assert "1. August 2027" in sabine.sees


# The council


async def test_the_council_gets_a_date_an_agenda_and_a_question_time(any_desk: Town) -> None:
    town = any_desk
    omar = await subscribes(town, "Omar", "ar", topic="council")
    old = council(town).meeting
    ute = await town.chat("Ute")
    await opens(ute, *TO_COUNCIL, "agenda.council", "> https://www.goeppingen.de/to", "yes")
    assert council(town).agenda_url == "https://www.goeppingen.de/to"
    await ute.taps(words("staff.btn.question_time"))
    assert council(town).has_question_time
    assert words("staff.event.question_time") in ute.sees
    assert f"✓ {words('staff.btn.question_time')}" in ute.buttons
    await ticks(town)
    assert pushes(omar) == []
    await ute.taps(words("staff.btn.move"))
    await does(ute, "> 16.12.2027 17:00", "none", "same")
    assert "Sofort geht an 1 Person in 1 Sprache" in ute.sees
    await does(ute, "yes")
    await ticks(town)
    new = council(town).meeting
    assert new is not None
    assert new.starts == dt.datetime(2027, 12, 16, 17, tzinfo=BERLIN)
    told = town.words("ann.council_date_changed", "ar", when=when_of(new), old_when=when_of(old))
    assert pushes(omar) == [told]
    await ute.taps(words("staff.btn.question_time"))
    await does(ute, "agenda.council", "none", "yes")
    assert (council(town).has_question_time, council(town).agenda_url) == (False, "")


async def test_an_open_date_of_the_council_is_fixed(desk: Town) -> None:
    change_meanwhile(desk, "council", meeting=None)
    ute = await desk.chat("Ute")
    await opens(ute, *TO_COUNCIL)
    await ute.taps(words("staff.btn.set_date"))
    await does(ute, "> 16.12.2027 17:00", "> 20:00", "> Rathaus", "yes")
    assert council(desk).meeting == Meeting(
        dt.datetime(2027, 12, 16, 17, tzinfo=BERLIN), "Rathaus", dt.datetime(2027, 12, 16, 20, tzinfo=BERLIN)
    )


async def test_draft_and_decision_lead_the_texts_to_the_next_phase(any_desk: Town) -> None:
    town = any_desk
    ute, sabine = await town.chat("Ute"), await town.chat("Sabine")
    await sabine.enters("de")

    async def phase() -> str:
        await sabine.says("/about")
        names = ("before", "between", "council", "decided")
        (found,) = [name for name in names if town.words(f"phase.{name}") in sabine.sees]
        return found

    assert await phase() == "before"
    await opens(ute, *TO_COUNCIL, "draft.council", "> 23.06.2027", "yes")
    assert council(town).draft_day == dt.date(2027, 6, 23)
    assert await phase() == "council"
    await does(ute, "decided.council", "> 23.06.2027", "yes")
    assert await phase() == "decided"
    await does(ute, "decided.council", "none", "yes")
    assert await phase() == "council"
    await does(ute, "draft.council", "none", "yes")
    assert await phase() == "before"


# What cannot be read, or cannot be


def asked(chat: Chat) -> tuple[str, list[str]]:
    """The question and its buttons, without the sentence that may stand above."""
    return chat.sees.split("\n\n")[-1], chat.buttons


async def is_refused(town: Town, chat: Chat, written: str, sentence: str) -> None:
    """Write something that is no answer: one sentence, the same question, nothing changed."""
    question, before = asked(chat), state(town)
    await chat.says(written)
    assert chat.sees.split("\n\n") == [sentence, question[0]], written
    assert chat.buttons == question[1]
    assert state(town) == before


TO_DATE = (*TO_EVENT, f"date.{TOPIC}")
TO_END = (*TO_DATE, NEW_DATE)
TO_PLACE = (*TO_END, "same")
TO_CLOSES = (*TO_EVENT, f"answers.{TOPIC}", "> 01.07.2027")


@pytest.mark.parametrize(
    ("way", "wrong"),
    [
        (TO_DATE, {
            "wrong.date": (
                "morgen", "31.02.2027 18:00", "07.10.2027", "18:00", "07.10.2027 24:00", "07.10.27 17:30",
                "07.10.2027 17:30 abends", "2027-13-01T18:00", "𝟎𝟕.𝟏𝟎.2027", "01.01.0001 0:10", "🙂",
                "x" * 4096,
            ),
            "doubt.past": ("16.09.2020 18:00", "23.06.2027 11:59"),
            "wrong.skipped": ("26.03.2028 02:30",),
        }),
        (TO_END, {
            "wrong.time": ("spät", "25:00", "20", "20:60", "31.02.2027 18:00"),
            "doubt.ends_before": ("17:29", "17:30", "06.10.2027 20:00"),
            "wrong.skipped": ("26.03.2028 02:30",),
        }),
        (TO_PLACE, {"wrong.long": ("x" * 201, "x" * 300, "Rathaus\n" + "x" * 201)}),
        ((*TO_EVENT, f"seats.{TOPIC}"), {
            "wrong.number": (
                "viele", "0", "-5", "1.5", "10001", "9" * 4000, "²", "٣", "60 Plätze", "1e3"
            ),
        }),
        ((*TO_EVENT, f"map.{TOPIC}"), {
            "wrong.link": (
                "www.goeppingen.de", "https://", "ftp://goeppingen.de/x", "https://goeppingen de",
                "javascript:x", "https://www.goeppingen.de/<b>", "das Rathaus",
            ),
        }),
        ((*TO_EVENT, f"answers.{TOPIC}"), {
            "wrong.day": ("bald", "31.02.2027", "01.07.2027 18:00", "1.7.", "32.07.2027"),
        }),
        (TO_CLOSES, {"wrong.day": ("irgendwann",), "doubt.closes_before": ("30.06.2027",)}),
        ((*TO_COUNCIL, "agenda.council"), {"wrong.link": ("Tagesordnung",)}),
        ((*TO_COUNCIL, "draft.council"), {"wrong.day": ("gestern",)}),
        ((*TO_COUNCIL, "decided.council"), {"wrong.day": ("29.02.2027",)}),
        ((*TO_COUNCIL, "date.council"), {"wrong.date": ("31.11.2027 17:00",)}),
    ],
    ids=["date", "end", "place", "seats", "map", "opens", "closes", "agenda", "draft", "decided", "council"],
)  # fmt: skip
async def test_what_is_no_answer_is_said_in_one_sentence_and_asked_again(
    desk: Town, way: tuple[str, ...], wrong: Mapping[str, tuple[str, ...]]
) -> None:
    ute = await desk.chat("Ute")
    await opens(ute, *way)
    for key, texts in wrong.items():
        for written in texts:
            await is_refused(desk, ute, written, words(f"staff.{key}"))
    await does(ute, "no")
    assert ute.sees.startswith(words("staff.event.discarded"))


async def test_after_wrong_answers_the_right_one_goes_on(desk: Town) -> None:
    ute = await desk.chat("Ute")
    await opens(ute, *TO_DATE, "> morgen", "> 31.02.2027 18:00", "> 16.09.2020 18:00", NEW_DATE)
    await does(ute, "> nie", "> 12:00", "> 20:00", f"> {'x' * 300}", "> Bürgerhaus", "yes")
    assert meeting(desk).where == "Bürgerhaus"
    assert meeting(desk).starts == NEW_STARTS


async def test_a_place_that_nobody_can_see_is_empty(desk: Town) -> None:
    ute = await desk.chat("Ute")
    await opens(ute, *TO_PLACE)
    for written in ("\u2800", "…", "- -"):
        await is_refused(desk, ute, written, words("staff.doubt.no_place"))


@pytest.mark.parametrize("written", ["31.12.9999 23:30", "31.12.9999 12:00"])
async def test_the_end_of_the_calendar_is_no_trap(desk: Town, written: str) -> None:
    ute = await desk.chat("Ute")
    await opens(ute, *TO_DATE)
    with structlog.testing.capture_logs() as logs:
        await ute.says(written)
        if "staff:none" in offered(ute):
            await does(ute, "none", "same")
    assert [log for log in logs if log["event"] == "turn_failed"] == []


async def test_of_an_hour_that_exists_twice_it_is_asked_which(desk: Town) -> None:
    town = desk
    ute = await town.chat("Ute")
    for button, hours in (("first", 2), ("second", 1)):
        before = state(town)
        await opens(ute, *TO_DATE, "> 31.10.2027 02:30")
        assert ute.sees.endswith(words("staff.twice.ask"))
        assert ute.buttons == [
            words("staff.twice.first"), words("staff.twice.second"), words("staff.btn.discard")
        ]  # fmt: skip
        await does(ute, "> die erste")
        assert ute.sees.endswith(words("staff.twice.ask")), "a text is no choice"
        assert state(town) == before
        await ute.taps(words(f"staff.twice.{button}"))
        await does(ute, "none", "same", "yes")
        assert meeting(town).starts.utcoffset() == dt.timedelta(hours=hours)


async def test_moved_from_the_first_such_hour_to_the_second_people_are_told(desk: Town) -> None:
    town = desk
    sabine = await subscribes(town, "Sabine", "de")
    ute = await town.chat("Ute")
    await opens(ute, *TO_DATE, "> 31.10.2027 02:30", "first", "none", "same", "yes")
    await ticks(town)
    told = len(pushes(sabine))
    await does(ute, f"date.{TOPIC}", "> 31.10.2027 02:30", "second", "none", "same", "yes")
    await ticks(town)
    assert len(pushes(sabine)) == told + 1


async def test_a_clash_is_said_before_the_confirmation_and_possible(desk: Town) -> None:
    other = programme(desk).forums["bildung"].meeting
    assert other is not None
    ute = await desk.chat("Ute")
    await opens(ute, *TO_DATE, f"> {other.starts:%d.%m.%Y %H:%M}", "same", "same")
    assert words("staff.doubt.clash", name=event_name("forum_bildung")) in ute.sees
    await does(ute, "yes")
    assert meeting(desk).starts == other.starts
    await does(ute, f"seats.{TOPIC}", "> 20")
    assert words("staff.doubt.clash", name=event_name("forum_bildung")) not in ute.sees, "said once"


def _sends_sticker(player: Player) -> object:
    return player.sends_other(sticker={"file_id": "x"})


@pytest.mark.parametrize("deed", [Player.sends_contact, Player.sends_location, _sends_sticker])
async def test_what_is_no_text_is_said_in_one_sentence_and_asked_again(
    desk: Town, deed: Callable[[Player], object]
) -> None:
    ute = await desk.chat("Ute")
    await ute.enters("de")
    await opens(ute, *TO_END)
    question = asked(ute)
    await ute.sends(deed)
    assert asked(ute) == question


async def test_a_voice_message_in_a_step_is_no_answer_and_nothing_is_lost(desk: Town) -> None:
    ute = await desk.chat("Ute")
    await ute.enters("de")
    await opens(ute, *TO_END)
    question = asked(ute)
    await ute.speaks()
    assert asked(ute) == question
    assert desk.rows("voice") == []


async def test_a_text_that_is_corrected_by_editing_it_counts(desk: Town) -> None:
    ute = await desk.chat("Ute")
    await ute.enters("de")
    await opens(ute, *TO_DATE)
    wrong = await ute.says("07.10.2072 17:3o")
    await ute.edits(wrong, "07.10.2027 17:30")
    await does(ute, "> 20:00" if ute.sees.endswith(words("staff.event.ask_end")) else NEW_DATE)
    assert "staff:no" in offered(ute)


async def test_who_is_too_fast_does_not_lose_the_change(desk: Town) -> None:
    ute = await desk.chat("Ute")
    await ute.enters("de")
    await opens(ute, *TO_DATE)
    for _ in range(40):
        ute.player.sends_text("so schnell ich kann")
    await desk.rest()
    desk.clock.forward(minutes=5)
    await does(ute, NEW_DATE)
    assert ute.sees.endswith(words("staff.event.ask_end"))


# What the confirmation has to show


async def test_the_confirmation_shows_what_is_being_changed(desk: Town) -> None:
    ute = await desk.chat("Ute")
    missing = []
    for way, written, shown in (
        ((*TO_EVENT, f"seats.{TOPIC}"), "> 1234", "1234"),
        ((*TO_EVENT, f"map.{TOPIC}"), "> https://goeppingen.de/weg", "https://goeppingen.de/weg"),
        (TO_CLOSES, "> 11.08.2027", "11. August 2027"),
        ((*TO_COUNCIL, "agenda.council"), "> https://goeppingen.de/to", "https://goeppingen.de/to"),
        ((*TO_COUNCIL, "draft.council"), "> 21.06.2027", "21. Juni 2027"),
        ((*TO_COUNCIL, "decided.council"), "> 22.06.2027", "22. Juni 2027"),
    ):
        await opens(ute, *way, written)
        assert "staff:yes" in offered(ute)
        if shown not in ute.sees.replace("1.234", "1234"):
            missing.append(written)
    assert missing == []


async def test_the_confirmation_shows_another_end(desk: Town) -> None:
    old = meeting(desk)
    ute = await desk.chat("Ute")
    await opens(ute, *TO_DATE, f"> {old.starts:%d.%m.%Y %H:%M}", "> 21:45", "same")
    assert "21:45" in ute.sees


async def test_the_confirmation_and_the_page_show_the_reason_of_a_cancellation(desk: Town) -> None:
    ute = await desk.chat("Ute")
    await opens(ute, *TO_EVENT, f"cancel.{TOPIC}", f"why.{TOPIC}.1", f"off.{TOPIC}.1.room")
    seen = ute.sees
    await does(ute, "yes")
    assert words("staff.btn.reason_room") in seen
    assert words("staff.btn.reason_room") in ute.sees


async def test_after_a_change_the_page_shows_who_is_registered_now(desk: Town) -> None:
    await subscribers(desk)
    ute = await desk.chat("Ute")
    await opens(ute, *TO_EVENT, f"cancel.{TOPIC}", f"why.{TOPIC}.1", f"off.{TOPIC}.1.room", "yes")
    await does(ute, f"date.{TOPIC}", NEW_DATE, "same", "same", "yes")
    assert forum(desk).taken == 0, "with another date everybody is asked anew"
    assert words("staff.event.seats", n=forum(desk).seats, taken=0) in ute.sees


async def test_another_place_does_not_keep_the_way_to_the_old_one_unseen(desk: Town) -> None:
    ute = await desk.chat("Ute")
    await opens(ute, *TO_EVENT, f"map.{TOPIC}", "> https://osm.org/stadthalle", "yes")
    await does(ute, f"date.{TOPIC}", NEW_DATE, "same", "> Bürgerhaus\nSchlossstraße 7")
    seen = ute.sees
    await does(ute, "yes")
    assert forum(desk).map_url == "" or "https://osm.org/stadthalle" in seen


# Buttons


async def test_a_confirmation_that_is_repeated_changes_once(any_desk: Town) -> None:
    town = any_desk
    sabine = await subscribes(town, "Sabine", "de")
    ute = await town.chat("Ute")
    await opens(ute, *TO_PLACE, "same")
    screen, confirm = ute.screen, data_of(ute, "yes")
    for _ in range(3):
        ute.player.presses(screen.message_id, confirm)
    await town.rest()
    assert forum(town).revision == 2
    await ticks(town)
    assert len(pushes(sabine)) == 1


async def test_a_double_tap_on_the_confirmation_leaves_the_word_that_it_is_saved(desk: Town) -> None:
    ute = await desk.chat("Ute")
    await opens(ute, *TO_PLACE, "same")
    confirm = data_of(ute, "yes")
    await ute.presses(confirm)
    await ute.presses(confirm)
    assert ute.sees.startswith(words("staff.event.saved"))


@pytest.mark.parametrize(
    ("way", "verb", "key"),
    [
        (TO_END, "same", "ask_place"),
        ((*TO_EVENT, f"answers.{TOPIC}"), "none", "ask_closes"),
    ],
    ids=["same", "none"],
)
async def test_a_double_tap_in_a_step_does_not_answer_the_next_one(
    desk: Town, way: tuple[str, ...], verb: str, key: str
) -> None:
    ute = await desk.chat("Ute")
    await opens(ute, *way)
    tapped = data_of(ute, verb)
    await ute.presses(tapped)
    await ute.presses(tapped)
    assert ute.sees.endswith(words(f"staff.event.{key}"))


async def test_the_confirmation_of_an_older_screen_does_not_confirm_another_change(desk: Town) -> None:
    ute = await desk.chat("Ute")
    await opens(ute, *TO_PLACE, "same")
    old_screen, confirm = ute.screen, data_of(ute, "yes")
    await opens(ute, *TO_EVENT, f"cancel.{TOPIC}", f"why.{TOPIC}.0", f"off.{TOPIC}.0.few")
    before = state(desk)
    await ute.presses(confirm, old_screen.message_id)
    assert state(desk) == before


async def test_stale_buttons_of_other_pages_change_nothing(desk: Town) -> None:
    town = desk
    ute = await town.chat("Ute")
    await opens(ute, *TO_EVENT)
    stale = [button["callback_data"] for button in ute.screen.buttons]
    await does(ute, f"cancel.{TOPIC}", f"why.{TOPIC}.1")
    stale += [button["callback_data"] for button in ute.screen.buttons]
    await does(ute, f"off.{TOPIC}.1.ill", "yes")
    before = state(town)
    for data in stale:
        await ute.presses(data)
        assert ute.sees
        assert state(town) == before, data
    assert forum(town).cancellation == Cancellation(Reason.ILL)


async def test_forged_buttons_change_nothing_and_lead_somewhere(desk: Town) -> None:
    ute = await desk.chat("Ute")
    await opens(ute)
    before = state(desk)
    with structlog.testing.capture_logs() as logs:
        for argument in FORGED:
            await ute.presses(f"m:staff:{argument}" if argument else "m:staff")
            assert state(desk) == before, argument
            assert ute.choices
            assert all(choice.startswith("staff:") for choice in ute.choices)
            await ute.presses("m:staff:menu")
    assert [log for log in logs if log["event"] == "turn_failed"] == []


FORGED = [
    "", "yes", "no", "same", "none", "first", "twice.7", "event.forum_x", "event", "date.forum_x", "date",
    "off.forum_arbeit.2.ill", "off.forum_arbeit.1.weather", "off.forum_arbeit", "why.forum_arbeit.5",
    "toggle.forum_arbeit.xx.1", "toggle.forum_arbeit", "toggle.council.childcare.1", "report.forum_arbeit",
    "agenda.forum_arbeit", "decided.forum_arbeit", "seats.council", "cancel.council", "reopen.forum_arbeit",
    "off.council.1.ill", "drop.everything", "..", "yes.forum_arbeit.now",
]  # fmt: skip


@pytest.mark.parametrize("step", [TO_DATE, TO_END, TO_PLACE, (*TO_EVENT, f"seats.{TOPIC}")])
async def test_a_button_of_another_step_changes_nothing(desk: Town, step: tuple[str, ...]) -> None:
    ute = await desk.chat("Ute")
    before = state(desk)
    for argument in ("yes", "same", "none", "first", "second"):
        await opens(ute, *step)
        await ute.presses(f"m:staff:{argument}")
        assert state(desk) == before, argument
        assert "staff:no" in offered(ute), "the change is still under way"


async def test_who_confirms_what_somebody_else_has_changed_meanwhile_is_told(any_desk: Town) -> None:
    town = any_desk
    sabine = await subscribes(town, "Sabine", "de")
    ute = await town.chat("Ute")
    await opens(ute, *TO_PLACE, "same")
    change_meanwhile(town, seats=7)
    before = state(town)
    await does(ute, "yes")
    assert ute.sees.startswith(words("staff.event.changed_meanwhile"))
    assert words("staff.event.seats", n=7, taken=0) in ute.sees, "what holds now is shown"
    assert state(town) == before
    await ticks(town)
    assert pushes(sabine) == []
    await does(ute, f"date.{TOPIC}", NEW_DATE, "same", "same", "yes")
    assert (meeting(town).starts, forum(town).seats) == (NEW_STARTS, 7)


@pytest.mark.parametrize("deed", ["same", "> Bürgerhaus"])
async def test_what_somebody_else_changes_during_the_steps_is_said_at_the_latest_at_the_end(
    desk: Town, deed: str
) -> None:
    ute = await desk.chat("Ute")
    await opens(ute, *TO_PLACE)
    change_meanwhile(desk, seats=7)
    before = state(desk)
    with structlog.testing.capture_logs() as logs:
        await does(ute, deed)
    assert [log for log in logs if log["event"] == "turn_failed"] == []
    assert words("staff.event.changed_meanwhile") in ute.sees
    assert state(desk) == before


async def test_a_text_at_the_confirmation_after_somebody_elses_change(desk: Town) -> None:
    ute = await desk.chat("Ute")
    await opens(ute, *TO_PLACE, "same")
    change_meanwhile(desk, seats=7)
    with structlog.testing.capture_logs() as logs:
        await does(ute, "> ja")
    assert [log for log in logs if log["event"] == "turn_failed"] == []


async def test_a_text_at_the_confirmation_is_no_yes(desk: Town) -> None:
    ute = await desk.chat("Ute")
    await opens(ute, *TO_PLACE, "same")
    before = state(desk)
    for written in ("ja", "Ja, so ändern", "yes"):
        await ute.says(written)
        assert words("staff.event.change_preview") in ute.sees
    assert state(desk) == before


async def test_a_date_that_has_passed_until_the_confirmation_is_refused(desk: Town) -> None:
    town = desk
    ute = await town.chat("Ute")
    await opens(ute, *TO_DATE, "> 23.06.2027 14:00", "none", "same")
    town.clock.forward(hours=5)
    before = state(town)
    await does(ute, "yes")
    assert state(town) == before
    assert words("staff.doubt.past") in ute.sees


async def test_reopened_as_planned_from_an_old_button_the_past_is_refused(desk: Town) -> None:
    town = desk
    ute = await town.chat("Ute")
    await opens(ute, *TO_EVENT, f"cancel.{TOPIC}", f"why.{TOPIC}.1", f"off.{TOPIC}.1.ill", "yes")
    town.clock.now = meeting(town).starts.astimezone(dt.UTC) + dt.timedelta(hours=1)
    before = state(town)
    await does(ute, f"reopen.{TOPIC}")
    assert words("staff.doubt.past") in ute.sees
    await ute.presses("m:staff:yes")
    assert state(town) == before


async def test_discarding_changes_nothing_and_says_so(desk: Town) -> None:
    ute = await desk.chat("Ute")
    for way in (TO_DATE, TO_END, TO_PLACE, (*TO_PLACE, "same"), (*TO_EVENT, f"map.{TOPIC}")):
        await opens(ute, *way)
        before = state(desk)
        await ute.taps(words("staff.btn.discard"))
        assert ute.sees.startswith(words("staff.event.discarded"))
        assert state(desk) == before
        await ute.says("20:00")
        assert "staff:yes" not in offered(ute), "no step is open any more"


# Leaving, and coming back


async def test_a_restart_in_the_middle_of_the_steps_loses_nothing(any_desk: Town) -> None:
    town = any_desk
    ute = await town.chat("Ute")
    await opens(ute, *TO_DATE, NEW_DATE)
    await town.restart()
    await does(ute, "> 20:00")
    await town.abandon()
    await town.start()
    await does(ute, "> Bürgerhaus")
    await town.restart()
    assert words("staff.event.change_preview") in ute.sees
    await does(ute, "yes")
    assert meeting(town) == Meeting(NEW_STARTS, "Bürgerhaus", dt.datetime(2027, 10, 7, 20, tzinfo=BERLIN))


async def test_the_hour_that_exists_twice_survives_a_restart(desk: Town) -> None:
    ute = await desk.chat("Ute")
    await opens(ute, *TO_DATE, "> 31.10.2027 02:30")
    await desk.restart()
    await does(ute, "second", "none", "same", "yes")
    assert meeting(desk).starts.utcoffset() == dt.timedelta(hours=1)


@pytest.mark.parametrize("command", ["/start", "/about", "/events", "/help", "/stop"])
async def test_a_command_leaves_the_steps_and_changes_nothing(desk: Town, command: str) -> None:
    ute = await desk.chat("Ute")
    await ute.enters("de")
    await opens(ute, *TO_PLACE)
    before = state(desk)
    await ute.says(command)
    assert not any(choice.startswith("staff:") for choice in ute.choices)
    await ute.says("Bürgerhaus")
    assert state(desk) == before
    assert not any(choice.startswith("staff:") for choice in ute.choices), "the steps are left"
    assert desk.rows("staff_state") == []


async def test_staff_again_begins_anew(desk: Town) -> None:
    ute = await desk.chat("Ute")
    await opens(ute, *TO_PLACE)
    await ute.says("/staff")
    assert ute.sees == words("staff.menu")
    assert desk.rows("staff_state") == []


async def test_a_question_that_was_open_is_still_there_after_the_staff_area(any_desk: Town) -> None:
    town = any_desk
    ute = await town.chat("Ute")
    await ute.takes_part("de", "arbeit")
    question = ute.sees
    first = next(choice for choice in ute.choices if not choice.startswith("_"))
    await opens(ute, *TO_PLACE)
    await does(ute, "no", *TO_EVENT[:1], "menu")
    await ute.taps(words("staff.btn.leave"))
    await ute.chooses("question")
    assert ute.sees.endswith(question.split("\n\n")[-1])
    await ute.chooses(first)
    assert set(town.answers(ute)) == {"profile/prof_role", "arbeit/arb_now"}
    await ute.finishes()
    assert town.words("end.thanks") in ute.sees


async def test_a_button_of_an_open_question_in_the_middle_leaves_and_answers(desk: Town) -> None:
    town = desk
    ute = await town.chat("Ute")
    await ute.takes_part("de", "arbeit")
    question = ute.screen
    answer = next(b["callback_data"] for b in question.buttons if ":_" not in b["callback_data"])
    await opens(ute, *TO_PLACE)
    before = state(town)
    await ute.presses(answer, question.message_id)
    assert "arbeit/arb_now" in town.answers(ute)
    assert state(town) == before
    assert town.rows("staff_state") == []
    await ute.says("Bürgerhaus")
    assert state(town) == before


async def test_a_change_that_nobody_went_on_with_is_forgotten_after_a_day(desk: Town) -> None:
    ute = await desk.chat("Ute")
    await ute.enters("de")
    await opens(ute, *TO_PLACE)
    desk.clock.forward(hours=25)
    await ticks(desk)
    assert desk.rows("staff_state") == []
    await ute.says("Bürgerhaus")
    assert not any(choice.startswith("staff:") for choice in ute.choices)


async def test_who_is_staff_takes_part_like_everybody(any_desk: Town) -> None:
    town = any_desk
    ute = await subscribes(town, "Ute", "de", f"come:{TOPIC}")
    await opens(ute, *TO_PLACE, "same", "yes")
    await ticks(town)
    assert len(pushes(ute)) == 1, "the own forum has moved for Ute too"
    await ute.says("/mydata")
    assert "datafile" in ute.choices
    await ute.says("/delete")
    await ute.chooses("erase")
    assert town.rows("contact") == []
    await ute.says("/staff")
    assert ute.sees == words("staff.menu")


# Wrong hands


async def test_for_a_stranger_there_is_no_staff_area(any_desk: Town) -> None:
    town = any_desk
    sabine = await town.chat("Sabine")
    await sabine.enters("de")
    await sabine.says("/nowhere")
    unknown = sabine.sees
    before = state(town)
    await sabine.says("/staff")
    assert sabine.sees == unknown
    await sabine.says("/staff event.forum_arbeit")
    assert sabine.sees == unknown
    await sabine.presses("m:nowhere:yes")
    old = (sabine.sees, sabine.buttons, sabine.popups)
    for argument in ("dates", f"date.{TOPIC}", f"toggle.{TOPIC}.step_free.1", "yes", f"off.{TOPIC}.1.ill"):
        await sabine.presses(f"m:staff:{argument}")
        seen = (sabine.sees, sabine.buttons, sabine.popups[: len(old[2])])
        assert seen == old
        assert not any(choice.startswith("staff:") for choice in sabine.choices)
    await sabine.says("07.10.2027 17:30")
    assert state(town) == before
    assert town.rows("staff_state") == []


async def test_for_somebody_who_never_came_there_is_no_staff_area(desk: Town) -> None:
    grace = await desk.chat("Grace")
    await grace.says("/staff")
    first = grace.sees
    omar = await desk.chat("Omar")
    await omar.says("/nowhere")
    assert "Choose language" in first, "the same as for any word: the page of languages"
    assert [choice.partition(":")[0] for choice in grace.choices] == [
        choice.partition(":")[0] for choice in omar.choices
    ]


async def test_in_a_group_there_is_no_staff_area_even_for_staff(desk: Town) -> None:
    town = desk
    ute = await town.chat("Ute")
    group = ute.player.adds_bot_to_group()
    await town.rest()
    ute.player.writes_in_group(group, "/staff")
    await town.rest()
    (said,) = [message for message in group.visible if message.is_from_bot]
    assert not said.buttons
    assert "t.me/" in said.text
    before = state(town)
    for argument in (f"toggle.{TOPIC}.step_free.1", "dates", "yes"):
        ute.player.presses_in_group(group, said.message_id, f"m:staff:{argument}")
    await town.rest()
    assert state(town) == before
    assert [message for message in group.visible if message.is_from_bot] == [said]
    assert ute.messages == []


async def test_who_is_no_longer_staff_can_do_nothing_after_the_restart(any_desk: Town) -> None:
    town = any_desk
    ute, grace = await town.chat("Ute"), await town.chat("Grace")
    await ute.enters("de")
    await opens(ute, *TO_PLACE, "same")
    screen = ute.screen
    town.staff_ids = frozenset({grace.id})
    await town.restart()
    before = state(town)
    for argument in ("yes", f"toggle.{TOPIC}.step_free.1", f"off.{TOPIC}.1.ill", "dates", f"date.{TOPIC}"):
        await ute.presses(f"m:staff:{argument}", screen.message_id)
    await ute.says("/staff")
    await ute.says("07.10.2027 17:30")
    assert state(town) == before
    assert not any(choice.startswith("staff:") for choice in ute.choices)
    await grace.says("/staff")
    assert grace.sees == words("staff.menu", "en")


async def test_without_staff_ids_nobody_is_staff(sqlite_town: Town) -> None:
    ute = await sqlite_town.chat("Ute")
    await ute.enters("de")
    await ute.says("/staff")
    assert not any(choice.startswith("staff:") for choice in ute.choices)


async def test_the_answer_to_staff_stands_in_no_list_of_commands(desk: Town) -> None:
    offered = str(desk.world.api.ledger.of("setMyCommands"))
    assert "events" in offered
    assert '"staff"' not in offered


# Languages


@pytest.mark.parametrize(
    ("language", "reads"), [("en", "en"), ("de", "de"), ("de_LS", "de"), ("tr", "de"), ("ar", "de")]
)
async def test_english_is_for_who_reads_english_and_german_for_everybody_else(
    desk: Town, language: str, reads: str
) -> None:
    ute = await desk.chat("Ute")
    await ute.enters(language)
    await opens(ute)
    assert ute.sees == words("staff.menu", reads)
    await does(ute, *TO_PLACE, "same")
    assert words("staff.event.change_preview", reads) in ute.sees
    await does(ute, "yes")
    assert ute.sees.startswith(words("staff.event.saved", reads))
    assert words("staff.btn.move", reads) in ute.buttons
    assert ("7 October 2027" if reads == "en" else "7. Oktober 2027") in ute.sees


async def test_every_page_and_step_in_english_has_no_german_word_of_the_bot(desk: Town) -> None:
    ute = await desk.chat("Ute")
    await ute.enters("en")
    german = {words(key) for key in STAFF_KEYS}
    both = {words(key, "en") for key in STAFF_KEYS} & german
    for way in (
        (), ("dates",), ("schedule",), TO_EVENT, TO_DATE, TO_END, TO_PLACE, (*TO_PLACE, "same"), TO_CLOSES,
        TO_COUNCIL, (*TO_EVENT, f"support.{TOPIC}"), (*TO_EVENT, f"cancel.{TOPIC}", f"why.{TOPIC}.1"),
    ):  # fmt: skip
        await opens(ute, *way)
        seen = {*ute.sees.split("\n"), *ute.buttons}
        assert seen & german <= both


#: Texts of the staff without a gap: they read the same wherever they stand.
STAFF_KEYS = [
    "staff.menu", "staff.events.title", "staff.btn.back", "staff.btn.move", "staff.btn.support",
    "staff.btn.seats", "staff.btn.cancel", "staff.btn.discard", "staff.btn.confirm", "staff.event.ask_date",
    "staff.event.ask_end", "staff.event.ask_place", "staff.event.change_preview", "staff.event.ask_closes",
    "staff.event.ask_reason", "staff.btn.new_date", "staff.btn.no_new_date", "staff.schedule.title",
    "staff.btn.agenda", "staff.btn.answers", "staff.btn.step_free", "staff.btn.childcare",
    "staff.effect.nobody", "staff.btn.same_place",
]  # fmt: skip


async def test_who_has_not_chosen_a_language_reads_that_of_the_phone(
    sqlite_template: Path, tmp_path: Path
) -> None:
    (tmp_path / "data").mkdir(mode=0o700)
    file = tmp_path / "data" / "mitreden.sqlite"
    shutil.copy(sqlite_template, file)
    async with open_town(tmp_path, f"sqlite:///{file}", durable=False) as town:
        grace, omar = await town.chat("Grace"), await town.chat("Omar")
        town.staff_ids = frozenset({grace.id, omar.id})
        await town.restart()
        await grace.says("/staff")
        assert grace.sees == words("staff.menu", "en")
        await omar.says("/staff")
        assert omar.sees == words("staff.menu")


# The schedule


async def test_the_schedule_shows_what_goes_out_when_to_how_many(desk: Town) -> None:
    await subscribers(desk)
    ute = await desk.chat("Ute")
    await opens(ute, "schedule")
    assert ute.sees.startswith(words("staff.schedule.title"))
    when = meeting(desk).starts - dt.timedelta(hours=2)
    line = words(
        "staff.schedule.line", date=when.date(), time=when, name=event_name(TOPIC),
        what=text("staff.what.hours_before"), people=people(1),
    )  # fmt: skip
    assert line in ute.sees
    for topic in programme(desk).events:
        change_meanwhile(desk, topic, meeting=None)
    await opens(ute, "schedule")
    assert ute.sees == words("staff.schedule.none")


# Everything at once


FRAGMENTS = [
    "yes", "no", "same", "none", "first", "second", "menu", "dates", "schedule", "event.council",
    "date.council", "draft.council", "decided.council", "agenda.council", "toggle.council.question_time.1",
    *(f"{verb}.{topic}" for topic in ("forum_arbeit", "forum_werte", "forum_x") for verb in (
        "event", "date", "support", "seats", "map", "report", "answers", "cancel", "reopen", "why",
        "why.1", "off",
    )),
    "why.forum_arbeit.0", "why.forum_werte.1", "off.forum_arbeit.1.ill", "off.forum_werte.0.none",
    "toggle.forum_arbeit.tr.1", "toggle.forum_arbeit.childcare.0", "toggle.forum_x.childcare.1", "x.y.z", "-",
]  # fmt: skip
TEXTS = [
    "16.10.2027 18:00", "14.09.2027 18:00", "2027-12-01T10:00", "31.10.2027 02:30", "26.03.2028 02:30",
    "31.02.2027 18:00", "01.01.2020 10:00", "20:30", "17:00", "23:59", "01.12.2027 12:00", "Rathaus",
    "Bürgerhaus\nSchlossstraße 7", "ق" * 200, "😀" * 100, "x" * 201, "ä" * 4096, "60", "0", "1", "zwei",
    "https://www.goeppingen.de/x", "https://" + "a" * 60 + ".de/" + "b" * 4000, "kein Link", "01.08.2027",
    "15.07.2027", "{place} {n} %s", "\u202eRathaus", "m:staff:yes", "ja",
]  # fmt: skip
COMMANDS = ["/staff", "/staff", "/staff", "/start", "/about"]


def right_answer(rng: random.Random, chat: Chat, now: dt.datetime, language: str) -> str:
    """Write what the question on the screen asks for; any text where it asks for none."""
    day = now + dt.timedelta(days=rng.randrange(1, 200))
    link = "https://www.goeppingen.de/seite"
    answers = {
        "ask_date": f"{day:%d.%m.%Y} {rng.randrange(8, 20)}:{rng.choice(('00', '30'))}",
        "ask_end": rng.choice(("21:00", "22:30")),
        "ask_place": rng.choice(("Rathaus", "Bürgerhaus\nSchlossstraße 7")),
        "ask_seats": str(rng.randrange(1, 90)),
        "ask_closes": f"{day:%d.%m.%Y}",
        **dict.fromkeys(("ask_opens", "ask_draft_day", "ask_decided_day"), f"{now:%d.%m.%Y}"),
        **dict.fromkeys(("ask_map", "ask_report", "ask_agenda"), link),
    }
    fitting = [
        answer for key, answer in answers.items() if chat.sees.endswith(words(f"staff.event.{key}", language))
    ]
    return rng.choice(fitting or TEXTS)


def next_deed(rng: random.Random, chat: Chat, seen: list[str], now: dt.datetime, language: str) -> str:
    """Choose what to do next: the data of a button, or a text behind ">"."""
    datas, chance = [button["callback_data"] for button in chat.screen.buttons], rng.random()
    bare = {without_mark(data): data for data in datas}
    outward = ("m:staff:leave", "m:staff:menu", "m:staff:no", "m:staff:team")
    inward = [data for data in datas if without_mark(data) not in outward]
    if "m:staff:no" in bare and chance < 0.5:
        return bare.get("m:staff:yes", f"> {right_answer(rng, chat, now, language)}")
    if chance < 0.8:
        return rng.choice(inward if inward and rng.random() < 0.8 else datas)
    if chance < 0.87:
        return rng.choice(seen)
    if chance < 0.92:
        return f"m:staff:{rng.choice(FRAGMENTS)}"
    return f"> {rng.choice(TEXTS if rng.random() < 0.9 else COMMANDS)}"


def _without_toggles(rows: Mapping[str, Event]) -> dict[str, Event]:
    return {
        topic: replace(event, support=Support()) if isinstance(event, Forum)
        else replace(event, has_question_time=False)
        for topic, event in rows.items()
    }  # fmt: skip


def check_screen(chat: Chat) -> None:
    """Hold a screen against the limits of Telegram and of phones."""
    assert 0 < utf16_units(chat.screen.text) <= MESSAGE_MAX_UNITS
    buttons = chat.screen.buttons
    datas = [button["callback_data"] for button in buttons]
    assert 0 < len(datas) <= 100
    assert len(set(datas)) == len(datas), "two buttons do the same"
    assert len(set(chat.buttons)) == len(chat.buttons), "two buttons read the same"
    assert all(len(data.encode()) <= 64 for data in datas)
    labels = [re.sub(r"^(?:✓ )?\d+\. ", "", label) for label in chat.buttons]  # without marks and numbers
    too_wide = [label for label in labels if width(label) > BUTTON_MAX_COLUMNS]
    assert not too_wide


@pytest.mark.parametrize(("seed", "language"), [(1, "de"), (2, "en"), (3, "de"), (4, "en")])
async def test_random_buttons_and_texts_never_fail_and_never_change_without_a_yes(
    desk: Town, seed: int, language: str
) -> None:
    town, rng = desk, random.Random(seed)
    await subscribers(town)
    ute = await town.chat("Ute")
    await ute.enters(language)
    await opens(ute)
    seen, changes, steps = ["m:staff:dates"], {"yes": 0, "toggle": 0}, 260
    with structlog.testing.capture_logs() as logs:
        for _ in range(steps):
            before, choices = programme(town).events, offered(ute)
            deed = next_deed(rng, ute, seen, town.clock().astimezone(BERLIN), language)
            if deed.startswith(">"):
                await ute.says(deed.removeprefix("> "))
            else:
                seen = [*seen, deed][-60:]
                await ute.presses(deed)
            if rng.random() < 0.02:
                town.clock.forward(days=rng.randrange(60))
            after = programme(town).events
            if after != before:
                verb = deed.removeprefix("m:staff:").split(".")[0]
                assert verb in changes, (deed, before, after)
                changes[verb] += 1
                if verb == "toggle":
                    assert _without_toggles(after) == _without_toggles(before)
                else:
                    assert "staff:yes" in choices, "confirmed without a confirmation"
            if all(choice.startswith("staff:") for choice in ute.choices):
                check_screen(ute)
            elif not any(choice.startswith("staff:") for choice in ute.choices) and rng.random() < 0.7:
                await ute.says("/staff")
    print(f"seed {seed}: {steps} steps, {changes} changes")
    failed = [log for log in logs if log["log_level"] == "error"]
    assert failed == []
    assert {row["state"] for row in town.rows("inbox")} == {"done"}
    assert changes["yes"] >= 3
    assert changes["toggle"] > 0
