"""Random walks: whatever anybody does, in whatever order, these promises hold after every step.

Each walk is a list of numbers that a small machine reads as deeds: tapping what is on the screen,
tapping what was on an older one, forging buttons, commands, texts, voices, edits, another language.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import random
from collections.abc import Sequence
from typing import TypeVar

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.buttons import CALLBACK_DATA_MAX_BYTES, decode, encode
from conversations.actions import COMMANDS
from conversations.content import Content
from conversations.dialogue import find_orphans, question_of
from conversations.engine import take_turn
from conversations.events import (
    AnswerRecorded,
    AnswersDropped,
    ContactLost,
    EverythingErased,
    ScreenShown,
    Subscribed,
    ThemesFollowed,
    ThemesUnfollowed,
)
from conversations.flow import Flow, Step, StepKind
from conversations.incoming import (
    Action,
    ActionButton,
    AnswerButton,
    BlockedBot,
    Button,
    Commanded,
    Incoming,
    Pressed,
    Refused,
    Reworded,
    Said,
    SentRefused,
    Spoke,
    Voice,
    WroteTooFast,
)
from conversations.language_sheets import FIRST_LANGUAGES, MORE_LANGUAGES
from conversations.person import Person
from conversations.session import SKIPPED, Asking, Session, session_from_json, session_to_json
from conversations.stations import Station, StationCode
from conversations.texts import Plain
from conversations.themes import list_every_theme
from conversations.topic_sheets import NEEDS, is_invited, needs_scope
from conversations.turn import Turn
from tests.support.play import Player, Shown, Stored, town, without_voices

WALKS = settings(derandomize=True, deadline=None, max_examples=40, database=None)
DEEDS = st.lists(st.integers(0, 2**24 - 1), min_size=50, max_size=400)
WORDS = (
    "",
    "   ",
    "\n",
    "3",
    "5",
    "٤",
    "²",
    "s3",
    "own",
    "_skip",
    "stop",
    "STOPP!",
    "İPTAL",
    "توقف",
    "hilfe",
    "Ich wünsche mir mehr Kurse.",
    "{org} {n} {}",
    "‮ab\u2067c\u200f",
    "\x00\ud800",
    "👩‍👩‍👧" * 40,
    "x" * 1000,
    "x" * 1001,
    "y" * 5000,
    "<b>&amp;</b> 'OR 1=1; --",
)
ARGUMENTS = ("", "arbeit", "sprache-vhs", "news", "profile", "profile.prof_role", "sprache.spr_now", "de")
FORGED = (
    "q:taganna:0:spr_now:s3",
    "q:taganna:1:prof_role:helper",
    "q:taganna:3:spr_measure:_done",
    "q:tagx:1:spr_now:s3",
    "q:taganna:2:x_comment:_yes",
    "q:taganna:9:spr_measure:own:1",
    "m:restart:sprache.1",
    "m:edit:sprache.arb_now",
    "m:review:gone",
    "m:thanks:werte",
    "m:needs:arbeit",
    "m:comment:gone",
    "m:pn:gone",
    "m:sub:gone",
    "m:follow:gone",
    "m:follow:werte",
    "m:ftick:arb_measure.gone.1",
    "m:ftick:wer_measure.clubs.1",
    "m:ftick:wer_measure.clubs.x",
    "m:fyes:arbeit",
    "m:fno:werte",
    "m:unfollow:wer_measure.clubs",
    "m:unfollall",
    "m:resfield:gone",
    "m:resfield:arbeit.9",
    "m:resfield:arbeit.²",
    "m:msgyes:forum_arbeit.gone",
    "m:lang:xx",
    "m:lang:",
    "nonsense",
    "",
)


#: Every second theme has come somewhere.
STATIONS = {
    theme: Station(theme, StationCode.DONE, None, "", dt.date(2027, 8, 1))
    for theme in list_every_theme(town())[::2]
}
Thing = TypeVar("Thing")


class Walk:
    """Reads numbers as deeds of one person, and checks every promise after each."""

    def __init__(self, content: Content | None = None) -> None:
        self.content, self.is_changed = content or town(), False
        self.player = Player(content=self.content, stations=STATIONS)
        self.seen: list[Button] = [ActionButton(Action.AGREE), ActionButton(Action.ERASE)]
        self.said: list[str] = []
        self.steps = 0
        self.turns: list[Turn] = []

    def go(self, deeds: list[int]) -> Walk:
        for deed in deeds:
            self.take(self.read(deed))
        return self

    def read(self, number: int) -> Incoming:
        """Understand a number as a deed. Most are taps on the screen, so that walks get somewhere."""
        kind, number = number % 100, number // 100
        shown = self.player.shown
        if kind < 62 and shown and shown[-1].presses:
            presses = shown[-1].presses
            calm = [press for press in presses if not _leads_away(press)]
            return Pressed(
                (calm or presses)[number % len(calm or presses)] if kind < 50 else _at(presses, number)
            )
        if kind < 70:
            return Pressed(_at(self.seen, number))
        if kind < 74:
            return Pressed(decode(_at(FORGED, number)))
        if kind < 79:
            name = _at(("start", "stop", "nonsense", *COMMANDS), number)
            return Commanded(name, _at(ARGUMENTS, number // 16))
        if kind < 87:
            self.said.append(f"m{len(self.said)}")
            return Said(_at(WORDS, number), self.said[-1])
        if kind < 91:
            self.said.append(f"m{len(self.said)}")
            mime_type = _at(("audio/ogg", "audio/ogg", "", "video/mp4"), number // 8)
            return Spoke(
                Voice("v", _at((0, 5, 60, 61), number), _at((1, 9**9), number // 4), mime_type), self.said[-1]
            )
        if kind < 94:
            return Reworded(_at(WORDS, number), _at((*self.said, "unknown"), number // 32))
        if kind < 97:
            return Pressed(
                ActionButton(
                    Action.CHOOSE_LANGUAGE, _at(("de", "de_LS", "en", "tr", "ar", "ti", "fa"), number)
                )
            )
        return _at(
            (*(SentRefused(kind) for kind in Refused), WroteTooFast(True), WroteTooFast(False), BlockedBot())
            if number % 7 == 0
            else (SentRefused(Refused.MEDIA),),
            number // 7,
        )

    def take(self, incoming: Incoming) -> Turn:
        player = self.player
        before, stored, environment = player.person, player.stored, player.environment()
        screen = player.shown[-1] if player.shown else None
        turn = player.takes(incoming)
        self.steps += 1
        self.turns.append(turn)
        assert take_turn(player.content, before, incoming, environment) == turn, "the same again"
        self.check_storage(turn)
        self.check_answers(before, incoming, turn, screen)
        self.check_screens(turn)
        self.check_repeat(incoming, turn)
        self.check_languages()
        self.check_consents(turn, stored)
        if player.shown:
            self.seen += player.shown[-1].presses
        return turn

    def load(self) -> Person:
        """Load the person without answers to questions that are gone: they are stored, not looked at."""
        person, content = self.player.person, self.player.content
        if person.session is None:
            return person
        known = [key for key in person.session.answers if content.find_step(key[1])]
        answers = {key: person.session.answers[key] for key in known}
        return dataclasses.replace(person, session=dataclasses.replace(person.session, answers=answers))

    def check_storage(self, turn: Turn) -> None:
        """What the bot stores from the events is what the engine meant."""
        person = self.load()
        assert person == without_voices(turn.person)
        if person.session is not None:
            written = session_to_json(person.session)
            assert session_from_json(written, person.session.answers) == person.session

    def check_answers(self, before: Person, incoming: Incoming, turn: Turn, screen: Shown | None) -> None:
        content = self.player.content
        recorded = [event for event in turn.events if isinstance(event, AnswerRecorded)]
        dropped = [event for event in turn.events if isinstance(event, AnswersDropped)]
        assert len(recorded) <= 1
        for event in recorded:
            assert before.answer_consent is not None
            assert before.answer_consent.version == content.town.notice_version
            assert self.player.now.date() <= content.town.freeze_date
            step = content.find_step(event.step)
            assert step is not None
            if isinstance(incoming, Reworded):
                assert before.session is not None
                assert event.answer.codes == before.session.answers[(event.scope, event.step)].codes
            else:
                assert _is_offered(step, event.answer.codes)
        match incoming:
            case Pressed(AnswerButton() as button) if recorded or dropped:
                assert screen is not None
                assert button in screen.presses, "an answer by a button that was not on the screen"
            case Pressed(ActionButton(Action.RESTART, argument)) if dropped:
                assert before.session is not None
                assert argument.rpartition(".")[2] == str(before.session.visit)
            case Said() | Spoke() | Reworded() | Pressed(AnswerButton()):
                pass
            case Commanded() | SentRefused() | WroteTooFast() | Pressed() | BlockedBot():
                assert not recorded
                assert not dropped
        session = turn.person.session
        self.is_changed = self.is_changed or content is not self.content
        is_settled = not self.is_changed or (recorded and not isinstance(incoming, Reworded))
        if session is not None and is_settled:
            assert _orphans(content, session) == set()

    def check_screens(self, turn: Turn) -> None:
        shown = [event for event in turn.events if isinstance(event, ScreenShown)]
        assert len(shown) <= 1
        if not shown:
            return
        rendered = self.player.screen.rendered
        assert not rendered.cut
        assert rendered.text.strip()
        erased = any(isinstance(event, EverythingErased) for event in turn.events)
        assert bool(rendered.keyboard) != erased, "a screen with no way on"
        for row in rendered.keyboard:
            for button in row:
                assert button.label.strip()
                assert len(button.callback_data.encode()) <= CALLBACK_DATA_MAX_BYTES

    def check_repeat(self, incoming: Incoming, turn: Turn) -> None:
        """The same button pressed twice changes nothing the second time."""
        if not isinstance(incoming, Pressed):
            return
        person, environment = self.load(), self.player.environment()
        again = take_turn(self.player.content, person, incoming, environment)
        assert _apart_from_visits(again.person) == _apart_from_visits(person)
        assert not any(
            isinstance(
                event, AnswerRecorded | AnswersDropped | Subscribed | ThemesFollowed | ThemesUnfollowed
            )
            for event in again.events
        )

    def check_languages(self) -> None:
        """A change of language keeps every answer and comes back to the same question."""
        person, environment = self.load(), self.player.environment()
        if person.language is None or person.session is None:
            return
        question = question_of(person.session.place)
        code = environment.languages[self.steps % len(environment.languages)].code
        chosen = take_turn(
            self.player.content, person, Pressed(ActionButton(Action.CHOOSE_LANGUAGE, code)), environment
        )
        assert chosen.person.language == code
        assert chosen.person.session is not None
        assert chosen.person.session.answers == person.session.answers
        if question is not None and self.player.now.date() <= self.player.content.town.freeze_date:
            assert chosen.person.session.place == question

    def check_consents(self, turn: Turn, before: Stored) -> None:
        person = turn.person
        assert (person.session is None) == (person.answer_consent is None)
        if person.subscriptions:
            assert person.message_consent is not None, "written to without consent 2"
        assert bool(person.followed) == (person.follow_consent is not None), "told without a consent"
        if person.has_stopped:
            assert not person.subscriptions
            assert not person.followed
        if any(isinstance(event, EverythingErased) for event in turn.events):
            assert self.player.stored == Stored()
            assert person == Person()
        if any(isinstance(event, ContactLost) for event in turn.events):
            assert person.subscriptions == frozenset()
            assert self.player.stored.answers == before.answers


def _at(things: Sequence[Thing], number: int) -> Thing:
    return things[number % len(things)]


def _leads_away(press: Button) -> bool:
    if isinstance(press, AnswerButton):
        return press.option in ("_pause", "_back")
    return press.action in (
        Action.ASK_ERASURE,
        Action.ERASE,
        Action.DECLINE,
        Action.UNDER_16,
        Action.LOOK,
        Action.LANGUAGES,
        Action.PRIVACY,
        Action.PRIVACY_SECTION,
    )


def _is_offered(step: Step, codes: tuple[str, ...]) -> bool:
    if codes == (SKIPPED,):
        return True
    if step.kind is StepKind.OPEN:
        return codes in (("text",), ("voice",))
    known = [option.code for option in step.all_options]
    return 0 < len(codes) <= step.maximum and len(set(codes)) == len(codes) and set(codes) <= set(known)


def _orphans(content: Content, session: Session) -> set[tuple[str, str]]:
    found: set[tuple[str, str]] = set()
    for flow in content.fields:
        found |= find_orphans(flow, session)
        needs = (needs_scope(flow.scope), NEEDS)
        if needs in session.answers and not is_invited(flow, session):
            found.add(needs)
    return found


def _apart_from_visits(person: Person) -> Person:
    if person.session is None:
        return person
    return dataclasses.replace(person, session=dataclasses.replace(person.session, visit=0, last_press=""))


@WALKS
@given(DEEDS)
def test_whatever_anybody_does_every_promise_holds(deeds: list[int]) -> None:
    Walk().go(deeds)


def test_long_walks_with_fixed_numbers_get_somewhere() -> None:
    recorded, dropped, erased, subscribed, followed, finished = 0, 0, 0, 0, 0, set()
    for seed in range(10, 18):
        numbers = random.Random(seed)
        walk = Walk().go([numbers.randrange(2**24) for _ in range(600)])
        events = [event for turn in walk.turns for event in turn.events]
        recorded += sum(isinstance(event, AnswerRecorded) for event in events)
        dropped += sum(isinstance(event, AnswersDropped) for event in events)
        erased += sum(isinstance(event, EverythingErased) for event in events)
        subscribed += sum(isinstance(event, Subscribed) for event in events)
        followed += sum(isinstance(event, ThemesFollowed) for event in events)
        finished |= {
            code for turn in walk.turns if turn.person.session for code in turn.person.session.finished
        }
    print(f"{recorded=} {dropped=} {erased=} {subscribed=} {followed=} {finished=}")
    assert recorded > 300
    assert dropped > 5
    assert erased > 0
    assert subscribed > 10
    assert followed > 0
    assert len(finished) >= 3


@settings(WALKS, max_examples=25)
@given(
    st.text(max_size=2000),
    st.text(alphabet="abcdefghijklmnopqrstuvwxyz_:.-0123456789", max_size=64),
    st.text(max_size=100),
    st.integers(0, 2**24 - 1),
)
@example("x" * 5000, "q:taganna:999999:spr_now:s3", "arbeit-" + "ä" * 500, 7)
def test_any_text_any_button_and_any_command_leave_everything_in_order(
    words: str, data: str, argument: str, deed: int
) -> None:
    walk = Walk()
    opening = [Commanded("start", argument)]
    for incoming in (*opening, Pressed(ActionButton(Action.CHOOSE_LANGUAGE, "tr"))):
        walk.take(incoming)
    for action, option in ((Action.SAY, ""), (Action.AGREE, ""), (Action.FIELD, "werte")):
        walk.take(Pressed(ActionButton(action, option)))
    for _ in range(6):
        walk.take(Said(words, "m1"))
        walk.take(Pressed(decode(data)))
        walk.take(Commanded(words[:40], argument))
        walk.take(Reworded(words, "m1"))
        walk.take(walk.read(deed))


@settings(WALKS, max_examples=12)
@given(DEEDS, st.integers(0, 100))
def test_after_the_freeze_no_answer_is_taken_any_more(deeds: list[int], at: int) -> None:
    walk = Walk().go(deeds[:at])
    walk.player.now = dt.datetime.combine(
        town().town.freeze_date + dt.timedelta(days=1), dt.time(9), walk.player.now.tzinfo
    )
    stored = dict(walk.player.stored.answers)
    walk.go(deeds[at : at + 100])
    assert walk.player.stored.answers == () or dict(walk.player.stored.answers) == stored


@settings(WALKS, max_examples=12)
@given(DEEDS, st.integers(0, 150))
def test_a_changed_notice_asks_before_anything_more_is_stored(deeds: list[int], at: int) -> None:
    walk = Walk().go(deeds[:at])
    content = town()
    walk.player.content = dataclasses.replace(
        content, town=dataclasses.replace(content.town, notice_version="2")
    )
    walk.go(deeds[at:])  # check_answers: only with consent to the version in force


@settings(WALKS, max_examples=40)
@given(DEEDS, st.integers(20, 110), st.randoms(use_true_random=False))
def test_a_changed_dialogue_leaves_every_session_usable(
    deeds: list[int], at: int, chance: random.Random
) -> None:
    walk = Walk().go(deeds[:at])
    walk.player.content = change(town(), chance)
    walk.go(deeds[at:])
    walk.player.content = town()
    walk.go(deeds[:40])


def change(content: Content, chance: random.Random) -> Content:
    """Take out, rename, switch off and reorder questions, options and fields at random."""
    fields = tuple(_change_flow(flow, chance) for flow in content.fields if chance.random() > 0.1)
    profile = _change_flow(content.profile, chance)
    fields = fields or content.fields[:1]
    return dataclasses.replace(content, fields=fields, profile=profile)


def _change_flow(flow: Flow, chance: random.Random) -> Flow:
    steps: list[Step] = []
    for step in flow.steps:
        fate = chance.random()
        if fate < 0.15:
            continue
        if fate < 0.25:
            steps.append(dataclasses.replace(step, enabled=not step.enabled))
        elif fate < 0.35:
            steps.append(dataclasses.replace(step, id=f"{step.id}_new"))
        elif fate < 0.5 and len(step.options) > 2:
            kept = tuple(option for option in step.options if chance.random() > 0.5) or step.options[:1]
            steps.append(dataclasses.replace(step, options=kept, tail=()))
        else:
            steps.append(step)
    steps = steps or list(flow.steps[:1])
    return dataclasses.replace(flow, steps=tuple(steps), version=flow.version + 1)


def test_the_changed_dialogues_are_really_different() -> None:
    changed = [change(town(), random.Random(seed)) for seed in range(20)]
    assert sum(content.fields != town().fields for content in changed) == 20
    assert min(len(content.fields) for content in changed) < 5


@pytest.mark.parametrize("seed", range(6))
def test_everybody_can_finish_a_topic_after_the_dialogue_has_changed(seed: int) -> None:
    """Nobody gets stuck: the first option of every question, again and again, leads to the thanks."""
    numbers = random.Random(seed)
    walk = Walk().go([numbers.randrange(2**24) for _ in range(200)])
    walk.player.content = change(town(), numbers)
    walk.take(Commanded("start"))
    walk.take(Pressed(ActionButton(Action.CHOOSE_LANGUAGE, "de")))
    walk.take(Pressed(ActionButton(Action.AGREE)))
    for flow in walk.player.content.fields:
        walk.take(Pressed(ActionButton(Action.FIELD, flow.scope)))
        for _ in range(60):
            session = walk.player.person.session
            assert session is not None
            if flow.scope in session.finished:
                break
            walk.take(_onwards(walk.player))
        assert flow.scope in session.finished


def _onwards(player: Player) -> Incoming:
    place = player.session.place
    if isinstance(place, Asking):
        return Pressed(AnswerButton(player.session.tag, player.session.visit, place.step, "_skip"))
    for press in player.screen.presses:
        if isinstance(press, ActionButton) and press.action in (Action.RESUME, Action.FIELD):
            return Pressed(press)
        if isinstance(press, AnswerButton) and press.option in ("_skip", "_no", "_yes"):
            return Pressed(press)
    return Pressed(ActionButton(Action.TOPICS))


def test_every_button_that_was_ever_shown_can_be_sent() -> None:
    numbers = random.Random(99)
    walk = Walk().go([numbers.randrange(2**24) for _ in range(500)])
    buttons = [button.press for shown in walk.player.shown for row in shown.screen.rows for button in row]
    assert len(buttons) > 2000
    assert [decode(encode(button)) for button in buttons] == buttons


def test_a_screen_never_shows_a_sentence_that_is_not_a_text_of_ours() -> None:
    """The core names texts by key; only names of languages and words of people are given literally."""
    numbers = random.Random(5)
    walk = Walk().go([numbers.randrange(2**24) for _ in range(400)])
    labels = [button.label for shown in walk.player.shown for row in shown.screen.rows for button in row]
    literal = {label.words for label in labels if isinstance(label, Plain)}
    names = {language.menu_name for language in walk.player.environment().languages}
    names |= {label.words for label in (MORE_LANGUAGES, FIRST_LANGUAGES)}
    assert {words for words in literal if words not in names} <= {
        label for said in WORDS for label in (said, said.strip()[:24].strip() + "…", "–")
    }
