"""Every screen there is can be shown in every language, within Telegram's limits."""

from __future__ import annotations

import datetime as dt
import functools
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TypeVar

import pytest

from bot.buttons import CALLBACK_DATA_MAX_BYTES, decode, encode
from bot.check import check_rendered
from bot.rendering import MESSAGE_MAX_UNITS, Rendered, Renderer, utf16_units
from conversations.content import Content
from conversations.environment import Environment, Scene
from conversations.event_sheets import CONFIRMED, FULL
from conversations.every_screen import list_screens, make_participant
from conversations.flow import PROFILE
from conversations.incoming import Action, ActionButton
from conversations.person import Attendance, Person
from conversations.programme import (
    COUNCIL_TOPIC,
    Cancellation,
    Council,
    Event,
    Forum,
    Meeting,
    Reason,
    Reply,
    Support,
    forum_topic,
)
from conversations.pushes import Push, push_screen
from conversations.reminders import ReminderKind
from conversations.screens import Screen
from conversations.session import Sheet, SheetName
from conversations.topic_sheets import COMMENT, NEEDS, needs_scope
from conversations.town_sheets import MESSAGES_ENDED
from conversations.turn import place_screen
from tests.support.meetings import DAYS, meeting, on, planned, with_council, with_every_forum
from tests.support.play import NOW, language_names, shipped, town

#: What a phone shows of a button on a line of its own, roughly (content design: 40 at most).
LABEL_MAX_CHARS = 64
#: In most languages every seventh combination is tried.
SHARES = 7
T = TypeVar("T")


def screens() -> list[tuple[str, Screen]]:
    return list(list_screens(town(), shipped().catalogues.offered, NOW))


@functools.cache
def looks() -> tuple[tuple[str, Screen], ...]:
    """List one screen of each look: those that differ only in what a button carries are the same to read."""
    found: dict[object, tuple[str, Screen]] = {}
    for name, screen in screens():
        labels = tuple(tuple(button.label for button in row) for row in screen.rows)
        found.setdefault((screen.blocks, labels), (name, screen))
    return tuple(found.values())


def test_the_sweep_finds_every_screen_and_names_each_once() -> None:
    names = [name for name, _ in screens()]
    print(f"\n{len(names)} screens")
    assert len(names) > 200
    assert len(set(names)) == len(names)


def test_every_page_and_every_question_is_among_them() -> None:
    names = [name for name, _ in screens()]
    for sheet in SheetName:
        assert any(name.startswith(f"{sheet.value} ") for name in names), sheet
    for flow in town().fields:
        for step in flow.steps:
            for place in ("Asking (fresh)", "Asking (answered)", "StopAsked (fresh)"):
                assert f"{flow.scope} {step.id} {place}" in names


@pytest.mark.parametrize("language", list(language_names()))
def test_every_screen_can_be_shown_in_every_language(language: str) -> None:
    renderer, count = Renderer(town(), shipped().catalogues), 0
    for name, screen in screens() if language == "de" else looks():
        rendered = renderer.render(screen, language)
        count += 1
        assert rendered.text.strip(), name
        assert not rendered.cut, name
        assert "{" not in rendered.text, name
        assert [len(row) for row in rendered.keyboard] == [len(row) for row in screen.rows], name
        for row in rendered.keyboard:
            for button in row:
                assert button.label.strip(), name
                assert len(button.label) <= LABEL_MAX_CHARS, (name, button.label)
                assert len(button.callback_data.encode()) <= CALLBACK_DATA_MAX_BYTES, name
    assert count > 200


def test_every_button_of_every_screen_comes_back_as_itself() -> None:
    presses = [button.press for _, screen in screens() for row in screen.rows for button in row]
    assert len(presses) > 2000
    assert [decode(encode(press)) for press in presses] == presses


def test_no_screen_but_the_farewell_is_a_dead_end() -> None:
    without = {name.split()[0] for name, screen in screens() if not screen.rows}
    assert without == {SheetName.ERASED.value}


def test_no_screen_has_the_same_button_twice() -> None:
    for name, screen in screens():
        presses = [button.press for row in screen.rows for button in row]
        assert len(set(presses)) == len(presses), name


def test_the_participant_has_answered_every_question_of_every_branch() -> None:
    session = make_participant(town(), "de").session
    assert session is not None
    expected = {(flow.scope, step.id) for flow in town().fields for step in flow.steps}
    expected |= {(flow.scope, COMMENT) for flow in town().fields}
    expected |= {(needs_scope(flow.scope), NEEDS) for flow in town().fields}
    shared = [step for step in town().profile.steps if step.enabled and step.id not in (COMMENT, NEEDS)]
    expected |= {(PROFILE, step.id) for step in shared}
    assert set(session.answers) == expected


# The pages about meetings, in every state that staff can bring them into, for everybody who may see them.

NAMED = (*(forum_topic(code) for code in DAYS), COUNCIL_TOPIC)
FIRST = meeting("2027-09-07")
#: As long as staff may write it.
LONG = Meeting(
    on("2027-09-07", "18:00"), "Stadthalle " + "Göppingen " * 10, on("2027-09-07", "20:30"), "Straße " * 14
)
BARE = meeting("2027-09-07", place="Rathaus", address="")
SUPPORT = Support(childcare=True, step_free=True, interpreting=("ar", "tr", "en", "de_LS"))
MAP, REPORT, AGENDA = (f"https://www.goeppingen.de/{what}?id=1,2" for what in ("karte", "bericht", "to"))
CANCELLATIONS = [
    Cancellation(reason, new_date_wanted=wanted) for reason in (None, *Reason) for wanted in (True, False)
]
PLAN = planned()
#: Name, moment, and the programme as it is then. In each all forums stand alike.
STATES: list[tuple[str, dt.datetime, Content]] = [
    ("planned", NOW, with_every_forum(PLAN, meeting=FIRST, support=SUPPORT, seats=60, map_url=MAP)),
    ("long", NOW, with_every_forum(PLAN, meeting=LONG, support=SUPPORT, seats=60, map_url=MAP)),
    ("bare", NOW, with_every_forum(PLAN, meeting=BARE, support=Support(), seats=None)),
    ("one day before", on("2027-09-06", "12:00"), with_every_forum(PLAN, meeting=FIRST)),
    ("today", on("2027-09-07", "12:00"), with_every_forum(PLAN, meeting=FIRST)),
    ("full", NOW, with_every_forum(PLAN, meeting=FIRST, seats=60, taken=60)),
    ("open", NOW, with_council(with_every_forum(PLAN, meeting=None), meeting=None)),
    ("over", on("2027-11-19", "12:00"), with_every_forum(PLAN, meeting=FIRST)),
    ("reported", on("2027-11-19", "12:00"), with_every_forum(PLAN, meeting=FIRST, report_url=REPORT)),
    ("not open yet", NOW, with_every_forum(PLAN, opens=dt.date(2027, 9, 1))),
    ("closed", NOW, with_every_forum(PLAN, closes=dt.date(2027, 8, 1))),
    ("drafted", NOW, with_council(PLAN, draft_day=NOW.date())),
    ("decided", NOW, with_council(PLAN, decided_day=NOW.date())),
    *(
        (f"cancelled {each.reason} {each.new_date_wanted}", NOW, with_every_forum(PLAN, cancellation=each))
        for each in CANCELLATIONS
    ),
]
PAGES = [
    *(
        Sheet(SheetName.EVENT, f"{topic}.{said}" if said else topic)
        for topic in NAMED
        for said in ("", CONFIRMED, FULL)
    ),
    *(Sheet(SheetName.CLOSED, code) for code in DAYS),
    *(Sheet(SheetName.CONSENT_MESSAGES, f"{deed}.{topic}") for deed in ("remind", "come") for topic in NAMED),
    *(Sheet(name) for name in (SheetName.EVENTS, SheetName.TOPICS, SheetName.ABOUT, SheetName.MY_DATA)),
    *(Sheet(name, MESSAGES_ENDED) for name in (SheetName.MENU, SheetName.STOPPED)),
]
PAGES_OF_PARTICIPANTS = [
    *(Sheet(name, code) for name in (SheetName.THANKS, SheetName.REVIEW) for code in DAYS),
]


def people() -> dict[str, Person]:
    """Who may look at a meeting: those with nothing, and those with everything, by what they said."""
    participant = make_participant(town(), "de")
    return {
        "newcomer": Person("de"),
        "participant": participant,
        **{
            str(reply): replace(
                participant, attendance=dict.fromkeys(NAMED, Attendance(reply, wants_interpreter=True))
            )
            for reply in (None, *Reply)
        },
    }


@functools.cache
def meeting_pages() -> tuple[tuple[str, Screen], ...]:
    """Build every page, once. Languages are chosen when it is rendered; no text here depends on one."""
    made = []
    for (state, now, content), (who, person) in itertools.product(STATES, people().items()):
        environment = Environment(now, shipped().catalogues.offered, frozenset(), "x" * 8, "x")
        scene = Scene(content, person, environment)
        pages = PAGES if who == "newcomer" else [*PAGES, *PAGES_OF_PARTICIPANTS]
        for sheet in pages:
            name = f"{sheet.name.value} {sheet.argument} ({state}, {who})"
            made.append((name, place_screen(scene, sheet)))
    return tuple(made)


# Everything that is sent about a meeting.


def forums_of(kind: ReminderKind) -> Iterator[Forum]:
    """Every form of a forum that a message of this kind may be about."""
    if kind is ReminderKind.CANCELLED:
        for each, date in itertools.product(CANCELLATIONS, (FIRST, BARE, None)):
            yield Forum(date, cancellation=each)
        return
    reports = ("", REPORT) if kind in AFTERWARDS else ("",)
    for date, support, map_url, report_url in itertools.product(
        (FIRST, LONG, BARE), (SUPPORT, Support()), (MAP, ""), reports
    ):
        yield Forum(date, support=support, map_url=map_url, report_url=report_url)


AFTERWARDS = (ReminderKind.THANKS, ReminderKind.REPORT, ReminderKind.REPORT_TO_OTHERS)
EARLIER = (
    (),
    (meeting("2027-09-01", "09:30"),),
    (meeting("2027-09-01", "09:30"), meeting("2027-12-24", place="Rathaus", address="")),
)


def earlier_of(kind: ReminderKind) -> tuple[tuple[Meeting, ...], ...]:
    """The dates that people may have in mind: none, one, or more than one."""
    return {ReminderKind.CHANGED: EARLIER[1:], ReminderKind.CANCELLED: EARLIER}.get(kind, EARLIER[:1])


@functools.cache
def pushes() -> tuple[tuple[str, Push], ...]:
    """Every kind × forum or council × with and without each thing that may be missing.

    All forms are tried with the forum that has the longest name; the others differ in the name alone.
    """
    councils = [
        Council(FIRST, agenda_url=agenda, has_question_time=has_questions)
        for agenda, has_questions in itertools.product((AGENDA, ""), (True, False))
    ]
    made: list[Push] = []
    for kind, topic in itertools.product(ReminderKind, NAMED):
        events: list[Event] = [*councils] if topic == COUNCIL_TOPIC else [*forums_of(kind)]
        attendances = [
            Attendance(reply, wants_interpreter=wants) for reply in (None, *Reply) for wants in (True, False)
        ]
        if topic not in (COUNCIL_TOPIC, LONGEST_NAME):
            events, attendances = events[:1], attendances[:1]
        for event, earlier, said in itertools.product(events, earlier_of(kind), attendances):
            made.append(Push(topic, kind, event, earlier, said))
    return tuple((f"{number} {push.kind.value} {push.topic}", push) for number, push in enumerate(made))


LONGEST_NAME = "forum_werte"


@functools.cache
def push_screens(language: str) -> tuple[tuple[str, Push, Screen], ...]:
    return tuple(
        (name, push, push_screen(push))
        for name, push in (
            (name, replace(push, language=language)) for name, push in share(pushes(), language)
        )
    )


def share(things: Sequence[T], language: str) -> Sequence[T]:
    """Take everything in German and Arabic, and in each other language a seventh, a different one each.

    The thousands of combinations differ in what is left out of a text, which is the same in every language.
    """
    if language in ("de", "ar"):
        return things
    return things[list(language_names()).index(language) % SHARES :: SHARES]


def find_flaws(rendered: Rendered) -> list[str]:
    """Say what a person would stumble over."""
    flaws = list(check_rendered(rendered))
    lines = [line.strip("\u200f\u2068\u2069 ") for line in rendered.text.split("\n")]
    if utf16_units(rendered.text) > MESSAGE_MAX_UNITS:
        flaws.append("is too long")
    if not lines[0] or not lines[-1]:
        flaws.append("begins or ends with an empty line")
    if "\n\n\n" in rendered.text:
        flaws.append("has two empty lines in a row")
    for line, following in itertools.pairwise([*lines, ""]):
        if (
            line.endswith((":", "：", "፡")) and not following and line != lines[0]
        ):  # a heading may stand alone
            flaws.append(f"has nothing behind {line!r}")
        if line.endswith((" .", ": .", ":.")) or "None" in line or "\ue000" in line:
            flaws.append(f"has a gap that nothing fills: {line!r}")
    labels = [button.label for row in rendered.keyboard for button in row]
    if len(set(labels)) < len(labels):
        flaws.append("has two buttons with the same label")
    flaws += [f"has a long label: {label!r}" for label in labels if len(label) > LABEL_MAX_CHARS]
    flaws += [
        f"has too long a button: {button.callback_data!r}"
        for row in rendered.keyboard
        for button in row
        if len(button.callback_data.encode()) > CALLBACK_DATA_MAX_BYTES
    ]
    return flaws


@pytest.mark.parametrize("language", list(language_names()))
def test_every_page_about_a_meeting_can_be_shown_in_every_language(language: str) -> None:
    renderer = Renderer(planned(), shipped().catalogues)
    pages = share(meeting_pages(), language)
    found = {name: find_flaws(renderer.render(screen, language)) for name, screen in pages}
    print(f"\n{language}: {len(found)} pages about meetings")
    assert len(found) == len(pages) > 400
    assert len(meeting_pages()) > 3000
    assert {name: flaws for name, flaws in found.items() if flaws} == {}


@pytest.mark.parametrize("language", list(language_names()))
def test_everything_that_is_sent_can_be_shown_in_every_language(language: str) -> None:
    renderer = Renderer(planned(), shipped().catalogues)
    found = {
        name: find_flaws(renderer.render(screen, language)) for name, _, screen in push_screens(language)
    }
    print(f"\n{language}: {len(found)} messages about meetings")
    assert len(found) == len(share(pushes(), language)) > 140
    assert len(pushes()) > 1000
    assert {name: flaws for name, flaws in found.items() if flaws} == {}


@pytest.mark.parametrize("language", list(language_names()))
def test_what_is_sent_says_everything_that_is_known_and_nothing_else(language: str) -> None:
    renderer = Renderer(planned(), shipped().catalogues)
    catalogue = shipped().catalogues.get(language)
    say = {
        key: catalogue.find(key)
        for key in (
            "rem.support_childcare",
            "rem.support_step_free",
            "rem.no_interpreter",
            "ann.question_time",
        )
    }
    for name, push, screen in push_screens(language):
        words = renderer.render(screen, language).text
        event, kind = push.event, push.kind
        if isinstance(event, Council):
            assert (AGENDA in words) == (bool(event.agenda_url) and kind is not ReminderKind.CHANGED), name
            told = event.has_question_time and kind is not ReminderKind.CHANGED
            assert (say["ann.question_time"].split("\n")[0] in words) == told, name
            continue
        supported = kind is ReminderKind.WEEK_BEFORE and event.support.childcare
        assert (say["rem.support_childcare"] in words) == supported, name
        assert (say["rem.support_step_free"] in words) == supported, name
        shows_map = kind is ReminderKind.DAY_BEFORE
        assert (MAP in words) == (shows_map and event.map_url == MAP), name
        assert (REPORT in words) == (kind in AFTERWARDS and event.report_url == REPORT), name
        lacks = push.attendance.wants_interpreter and language not in event.support.interpreting
        told = lacks and kind in (ReminderKind.WEEK_BEFORE, ReminderKind.DAY_BEFORE)
        assert (say["rem.no_interpreter"] in words) == told, name
        for reason in Reason:
            is_reason = event.cancellation is not None and event.cancellation.reason is reason
            assert (catalogue.find(f"rem.reason_{reason.value}") in words) == is_reason, name
        if kind in (ReminderKind.CHANGED, ReminderKind.CANCELLED):
            for earlier in push.earlier:
                assert earlier.starts.strftime("%H:%M") in words, name
                assert earlier.where in words, name
        if kind not in (ReminderKind.CANCELLED, *AFTERWARDS):
            assert event.meeting is not None
            assert event.meeting.where.strip() in words, name


def test_under_everything_that_is_sent_the_last_two_buttons_end_messages_the_very_last_all_of_them() -> None:
    for name, push, screen in push_screens("de"):
        *rows, before_last, last = screen.rows
        assert [button.press for button in last] == [ActionButton(Action.ALL_OFF)], name
        ends = ActionButton(Action.STOP_TOPIC, push.topic)
        if push.kind is ReminderKind.REPORT_TO_OTHERS:  # they did not subscribe to this forum
            ends = ActionButton(Action.REMINDERS)
        assert [button.press for button in before_last] == [ends], name
        offered = {button.press.action for row in rows for button in row}  # type: ignore[union-attr]
        is_ahead = push.kind not in (ReminderKind.CANCELLED, *AFTERWARDS)
        if push.topic == COUNCIL_TOPIC:
            assert not {Action.COME, Action.CANNOT_COME} & offered, name
        elif is_ahead:
            said = push.attendance.reply
            expected = {Reply.COMING: {Action.CANNOT_COME}, Reply.NOT_COMING: {Action.COME}}
            assert offered - {Action.CALENDAR} == expected.get(
                said,  # type: ignore[arg-type]
                {Action.COME, Action.CANNOT_COME},
            ), name
            assert Action.CALENDAR in offered, name
        else:
            assert not {Action.COME, Action.CANNOT_COME} & offered, name


def test_the_buttons_of_pages_and_messages_come_back_as_themselves() -> None:
    screens = [*(screen for _, screen in meeting_pages()), *(screen for *_, screen in push_screens("de"))]
    presses = {button.press for screen in screens for row in screen.rows for button in row}
    assert len(presses) > 80
    assert {decode(encode(press)) for press in presses} == presses


def test_no_page_about_a_meeting_is_a_dead_end() -> None:
    assert [name for name, screen in meeting_pages() if not screen.rows] == []
    for name, screen in meeting_pages():
        offered = [button.press for row in screen.rows for button in row]
        is_consent = name.startswith(SheetName.CONSENT_MESSAGES.value)
        assert is_consent or ActionButton(Action.MENU) in offered or name.startswith("menu"), name


@pytest.mark.parametrize("language", list(language_names()))
def test_where_a_sentence_is_left_out_nothing_of_it_remains(language: str) -> None:
    renderer = Renderer(planned(), shipped().catalogues)
    for name, push, screen in push_screens(language):
        words = renderer.render(screen, language).text
        assert [line for line in words.split("\n") if line != line.rstrip(" ")] == [], name
        if push.topic == COUNCIL_TOPIC and push.kind is not ReminderKind.CHANGED:
            assert words.count("\n\n") == 2, name
