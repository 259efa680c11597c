"""A person who plays the dialogues: does, taps, says and speaks, and sees what the bot shows.

    player = Player()
    player.does("/start")
    player.taps("Deutsch")
    player.sees         # the text on the screen, in the language of the person

The player stands where the bot stands in real life. Buttons go through their callback data. What a
turn changed is taken from its events alone, as the bot stores it; the session goes through JSON
and the answers through what storage keeps of them, between every two turns.
"""

from __future__ import annotations

import datetime as dt
import functools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, assert_never
from zoneinfo import ZoneInfo

from bot.buttons import decode, encode
from bot.content import LoadedContent, load_content
from bot.rendering import Rendered, Renderer
from bot.updates import parse_command
from conversations.content import Content
from conversations.engine import fold_word, take_turn
from conversations.environment import Environment
from conversations.events import (
    AnswerRecorded,
    AnswersDropped,
    CalendarFileRequested,
    ConsentGiven,
    ContactLost,
    DataFileRequested,
    EverythingErased,
    ForumReplied,
    InterpreterNoted,
    LanguageChosen,
    LanguagesHeard,
    MessagesDeclined,
    Placement,
    PoppedUp,
    RecordingsWanted,
    ScreenShown,
    Subscribed,
    ThemesFollowed,
    ThemesUnfollowed,
    Unsubscribed,
)
from conversations.incoming import (
    Action,
    ActionButton,
    AnswerButton,
    Button,
    Incoming,
    Pressed,
    Refused,
    Reworded,
    Said,
    SentRefused,
    Spoke,
    Voice,
)
from conversations.language_sheets import MORE_LANGUAGES
from conversations.languages import LANGUAGES, presort
from conversations.person import Attendance, Consent, Person, Purpose
from conversations.screens import Screen, ScreenButton
from conversations.session import Answer, AnswerKey, Session, session_from_json, session_to_json
from conversations.stations import Station
from conversations.turn import Turn

BERLIN = ZoneInfo("Europe/Berlin")
#: A Wednesday before the first forum of the shipped town file.
NOW = dt.datetime(2027, 8, 18, 12, 30, tzinfo=BERLIN)
#: The label of the way to the languages that the first page has no room for.
MORE = MORE_LANGUAGES.words
#: What stands before the words of a button: a tick, a number, a direction sign.
_ORNAMENTS = re.compile("^(?:\u200f|✓ |[0-9]+[.] )+")
#: Direction signs, made visible for people who read a transcript.
_SIGNS = str.maketrans({"\u2068": "⁅", "\u2069": "⁆", "\u200f": "⇠"})


@functools.cache
def shipped() -> LoadedContent:
    """Load the shipped content, once."""
    return load_content(None)


@functools.cache
def stop_words() -> frozenset[str]:
    """Gather the stop words of all languages, folded as `bot.turns` does it."""
    catalogues = shipped().catalogues
    return frozenset(
        fold_word(word)
        for language in catalogues.offered
        for word in catalogues.get(language.code).find("stop.words").split(",")
    )


@functools.cache
def town() -> Content:
    """Return the shipped content with the open facts of the town filled in."""
    content = shipped().content
    facts = {
        name: f"({name})" if words.startswith("‹") else words for name, words in content.town.facts.items()
    }
    return replace(content, town=replace(content.town, facts=facts, open_facts=()))


@dataclass(frozen=True)
class Stored:
    """What is kept between two turns: rows and JSON, nothing that lives in memory."""

    language: str | None = None
    message_consent: Consent | None = None
    subscriptions: frozenset[str] = frozenset()
    answer_consent: Consent | None = None
    session: str | None = None
    answers: tuple[tuple[AnswerKey, Answer], ...] = ()
    source: str = ""
    attendance: tuple[tuple[str, Attendance], ...] = ()
    follow_consent: Consent | None = None
    followed: frozenset[str] = frozenset()
    has_stopped: bool = False

    def load(self) -> Person:
        """Join what is kept to the person of one turn."""
        session = None if self.session is None else session_from_json(self.session, dict(self.answers))
        return Person(
            self.language,
            self.message_consent,
            self.subscriptions,
            self.answer_consent,
            session,
            dict(self.attendance),
            self.follow_consent,
            self.followed,
            self.has_stopped,
        )


def store(before: Stored, turn: Turn) -> Stored:
    """Store what happened in a turn, looking at its events only, as `bot.turns` does."""
    kept = before
    for event in turn.events:
        answers = dict(kept.answers)
        match event:
            case LanguageChosen(language):
                kept = replace(kept, language=language)
            case ConsentGiven(Purpose.ANSWERS, _, source):
                is_new = kept.answer_consent is None
                consent = turn.person.answer_consent
                kept = replace(kept, answer_consent=consent, source=source if is_new else kept.source)
            case ConsentGiven(Purpose.FOLLOWING):
                kept = replace(kept, follow_consent=turn.person.follow_consent)
            case ConsentGiven():
                kept = replace(kept, message_consent=turn.person.message_consent, has_stopped=False)
            case AnswerRecorded(scope, step, answer):
                answers[(scope, step)] = as_stored(answer)
                kept = replace(kept, answers=tuple(answers.items()))
            case AnswersDropped(keys):
                left = {key: answer for key, answer in answers.items() if key not in keys}
                kept = replace(kept, answers=tuple(left.items()))
            case Subscribed(topic):
                kept = replace(kept, subscriptions=kept.subscriptions | {topic})
            case Unsubscribed(topics):
                kept = replace(kept, subscriptions=kept.subscriptions - topics)
            case ForumReplied(topic, reply):
                kept = _said(kept, topic, reply=reply)
            case InterpreterNoted(topic, wanted):
                kept = _said(kept, topic, wants_interpreter=wanted)
            case ThemesFollowed(themes):
                kept = replace(kept, followed=kept.followed | themes, has_stopped=False)
            case ThemesUnfollowed(themes):
                left = kept.followed - themes
                kept = replace(kept, followed=left, follow_consent=kept.follow_consent if left else None)
            case MessagesDeclined():
                kept = replace(
                    kept,
                    message_consent=None,
                    attendance=(),
                    followed=frozenset(),
                    follow_consent=None,
                    has_stopped=True,
                )
            case EverythingErased():
                kept = Stored()
            case ContactLost():
                kept = Stored(
                    answer_consent=kept.answer_consent,
                    session=kept.session,
                    answers=kept.answers,
                    source=kept.source,
                )
            case (
                ScreenShown()
                | PoppedUp()
                | DataFileRequested()
                | CalendarFileRequested()
                | LanguagesHeard()
                | RecordingsWanted()
            ):
                pass
            case _:
                assert_never(event)
    session = turn.person.session
    if session is not None:
        kept = replace(kept, session=session_to_json(session))
    return kept


def _said(kept: Stored, topic: str, **what: Any) -> Stored:
    said = dict(kept.attendance)
    said[topic] = replace(said.get(topic, Attendance()), **what)
    return replace(kept, attendance=tuple(said.items()))


def as_stored(answer: Answer) -> Answer:
    """Return an answer as it comes back from storage: the voice is a row of its own."""
    return replace(answer, voice=None, has_voice=answer.has_voice or answer.voice is not None)


def without_voices(person: Person) -> Person:
    """Return a person as they come back from storage."""
    if person.session is None:
        return person
    answers = {key: as_stored(answer) for key, answer in person.session.answers.items()}
    return replace(person, session=replace(person.session, answers=answers))


@dataclass(frozen=True)
class Shown:
    """A screen as the person had it before their eyes."""

    screen: Screen
    rendered: Rendered
    placement: Placement

    @property
    def presses(self) -> list[Button]:
        """What can be pressed."""
        return [button.press for row in self.screen.rows for button in row]


@dataclass
class Player:
    """One person and their chat. `phone` is the language of their Telegram app."""

    content: Content = field(default_factory=town)
    phone: str = "de"
    now: dt.datetime = NOW
    seed: str = "anna"
    stored: Stored = Stored()
    shown: list[Shown] = field(default_factory=list)
    popups: list[str] = field(default_factory=list)
    turn: Turn | None = None
    log: list[str] = field(default_factory=list)
    stations: Mapping[str, Station] = field(default_factory=dict)
    _messages: int = 0
    _pressed: Button | None = None

    # What the person does.

    def does(self, command: str) -> Player:
        """Send a command such as `/start arbeit-vhs`."""
        parsed = parse_command(command)
        assert parsed is not None, f"{command!r} is not a command"
        return self._act(f"{command}", parsed)

    def taps(self, label: str, *, on: Shown | None = None) -> Player:
        """Tap the button with these words, on the current screen or on one seen earlier."""
        screen = on or self.screen
        found = [
            (button, words) for button, words in _label(screen) if label in (words, _ORNAMENTS.sub("", words))
        ]
        assert len(found) == 1, f"{label!r} is there {len(found)} times among {_labels(screen)}"
        return self._tap(found[0][0].press, found[0][1])

    def offers(self, label: str) -> bool:
        """Tell whether the current screen has a button with these words."""
        return any(label in (words, _ORNAMENTS.sub("", words)) for _, words in _label(self.screen))

    def picks(self, option: str) -> Player:
        """Tap the button of an option by its code, in whatever language it is shown."""

        def matches(button: Button) -> bool:
            return isinstance(button, AnswerButton) and button.option == option

        return self._tap_the_one(matches, option)

    def opens(self, what: Action, argument: str | None = None) -> Player:
        """Tap a button outside a dialogue by what it does."""

        def matches(button: Button) -> bool:
            is_it = isinstance(button, ActionButton) and button.action is what
            return is_it and argument in (None, getattr(button, "argument", None))

        return self._tap_the_one(matches, f"{what.value} {argument or ''}")

    def taps_again(self) -> Player:
        """Tap the same button once more, before the screen has changed."""
        assert self._pressed is not None
        return self._act("taps the same button again", Pressed(decode(encode(self._pressed))))

    def presses(self, callback_data: str) -> Player:
        """Send any callback data, as somebody could who talks to Telegram without its app."""
        return self._act(f"forges a button: {callback_data}", Pressed(decode(callback_data)))

    def says(self, words: str) -> Player:
        """Write a message."""
        self._messages += 1
        shown = words if len(words) < 200 else f"{words[:20]}… ({len(words)} characters)"
        return self._act(f"writes: {shown}", parse_command(words) or Said(words, self.message))

    def speaks(self, *, seconds: int = 8, size_bytes: int = 20_000, mime_type: str = "audio/ogg") -> Player:
        """Send a voice message."""
        self._messages += 1
        voice = Voice(f"voice-{self._messages}", seconds, size_bytes, mime_type)
        return self._act(f"speaks for {seconds} seconds", Spoke(voice, self.message))

    def edits(self, message: str, words: str) -> Player:
        """Change a message that was sent earlier."""
        return self._act(f"changes an earlier message to: {words}", Reworded(words, message))

    def sends(self, kind: Refused) -> Player:
        """Send a photo, a contact, or nothing at all."""
        return self._act(f"sends: {kind.value}", SentRefused(kind))

    def meets(self, incoming: Incoming) -> Player:
        """Do anything else."""
        return self._act(type(incoming).__name__, incoming)

    # What the person sees, and what is stored.

    @property
    def message(self) -> str:
        """The mark of the last message of this person."""
        return f"message-{self._messages}"

    @property
    def screen(self) -> Shown:
        """The current screen."""
        return self.shown[-1]

    @property
    def sees(self) -> str:
        """The text on the current screen."""
        return self.screen.rendered.text

    @property
    def buttons(self) -> list[str]:
        """The labels of the current screen, row by row."""
        return _labels(self.screen)

    @property
    def popup(self) -> str:
        """The notice over the chat after the last turn, if there was one."""
        return self.popups[-1]

    @property
    def person(self) -> Person:
        """The person as the next turn would load them."""
        return self.stored.load()

    @property
    def session(self) -> Session:
        """The stored session."""
        session = self.person.session
        assert session is not None
        return session

    @property
    def answers(self) -> dict[str, tuple[str, ...]]:
        """The stored codes by step."""
        return {step: answer.codes for (_, step), answer in self.stored.answers}

    @property
    def words(self) -> dict[str, str | None]:
        """The stored own words by step."""
        return {step: answer.words for (_, step), answer in self.stored.answers if answer.words is not None}

    def environment(self) -> Environment:
        """The world of the next turn."""
        offered = presort(self.phone, shipped().catalogues.offered)
        tag = f"tag{self.seed:.5}"
        return Environment(self.now, offered, stop_words(), tag, self.seed, stations=self.stations)

    # Inside.

    def _tap_the_one(self, matches: Callable[[Button], bool], what: str) -> Player:
        found = [(button.press, words) for button, words in _label(self.screen) if matches(button.press)]
        assert len(found) == 1, f"{what!r} is there {len(found)} times among {self.buttons}"
        return self._tap(*found[0])

    def _tap(self, press: Button, label: str) -> Player:
        self._pressed = press
        return self._act(f"taps [{label}]", Pressed(decode(encode(press))))

    def _act(self, what: str, incoming: Incoming) -> Player:
        self.log.append(f"\n▶ The person {what}\n" if what[0] != "/" else f"\n▶ The person sends {what}\n")
        self.takes(incoming)
        return self

    def takes(self, incoming: Incoming) -> Turn:
        """Take a turn and store it."""
        before = self.person
        environment = self.environment()
        turn = take_turn(self.content, before, incoming, environment)
        language = turn.person.language or before.language or environment.languages[0].code
        self.turn, popup = turn, ""
        renderer = Renderer(self.content, shipped().catalogues)
        self.stored = store(self.stored, turn)
        for event in turn.events:
            match event:
                case ScreenShown(screen, placement):
                    rendered = renderer.render(screen, language)
                    self.shown.append(Shown(screen, rendered, placement))
                    self.log.append(_write(self.shown[-1]))
                case PoppedUp(said):
                    if before.language is not None:
                        popup = renderer.say(said, language)
                        self.log.append(f"  (notice: {popup})".translate(_SIGNS))
                case DataFileRequested():
                    self.log.append("  (a file with everything stored is sent)")
                case _:
                    pass
        if not turn.events:
            self.log.append("  (nothing happens)")
        self.popups.append(popup)
        return turn


def newcomer(language: str = "Deutsch", **more: object) -> Player:
    """Somebody who has chosen a language and stands before the three doors."""
    player = Player(**more).does("/start")  # type: ignore[arg-type]
    return player.taps(language) if player.offers(language) else player.taps(MORE).taps(language)


def participant(role: str = "resident", **more: object) -> Player:
    """Somebody who has agreed, said their role and stands before the topics."""
    player = newcomer(**more).opens(Action.SAY).opens(Action.AGREE)  # type: ignore[arg-type]
    return player.picks(role)


def in_topic(field_code: str, *answers: str, role: str = "resident", **more: object) -> Player:
    """Somebody who is in the middle of a topic, after these answers."""
    player = participant(role, **more).opens(Action.FIELD, field_code)
    return answer(player, *answers)


def answer(player: Player, *options: str) -> Player:
    """Pick options one after the other; `a+b` ticks two and is done."""
    for option in options:
        if "+" in option or option.endswith("!"):
            for code in option.rstrip("!").split("+"):
                player.picks(code)
            player.picks("_done")
        else:
            player.picks(option)
    return player


def walk_to_thanks(player: Player, last: str = "decline") -> Player:
    """Answer what is left of a topic with the first option of each question, and `last` at the forum."""
    for _ in range(20):
        place = player.session.place
        step = player.content.find_step(getattr(place, "step", ""))
        if step is None:
            return player
        if step.find_option("invite") is not None:
            player.picks(last)
        elif step.maximum > 1:
            player.picks(step.options[0].code).picks("_done")
        elif step.options:
            player.picks(step.options[0].code)
        else:
            player.says("Alle grüßen sich.")
    raise AssertionError("the topic does not end")


def _label(shown: Shown) -> list[tuple[ScreenButton, str]]:
    rows = zip(shown.screen.rows, shown.rendered.keyboard, strict=True)
    return [
        (button, drawn.label) for row, drawn_row in rows for button, drawn in zip(row, drawn_row, strict=True)
    ]


def _labels(shown: Shown) -> list[str]:
    return [words for _, words in _label(shown)]


def _write(shown: Shown) -> str:
    """Write a screen as it stands in a transcript."""
    head = "edits its message" if shown.placement is Placement.IN_PLACE else "sends"
    text = "\n".join(f"  │ {line}".rstrip() for line in shown.rendered.text.split("\n"))
    rows = ["    " + "  ".join(f"[{button.label}]" for button in row) for row in shown.rendered.keyboard]
    return "\n".join([f"  Bot {head}:", text, *rows]).translate(_SIGNS)


def language_names() -> dict[str, str]:
    """The own names of all languages by code, as they stand on the first screen."""
    return {language.code: language.menu_name for language in LANGUAGES}
