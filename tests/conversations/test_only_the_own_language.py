"""Nobody sees a language that they did not choose: every switch, and ten thousand messages at random.

The judge of the messages does not ask the renderer. It knows the lines of every catalogue, with
anything in their gaps, and says which languages a line can be of.
"""

from __future__ import annotations

import itertools
import random
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cache

import pytest
from babel.dates import format_date

from bot.rendering import Renderer
from conversations.dialogue import is_asked
from conversations.engine import take_turn
from conversations.environment import Environment, Scene
from conversations.events import AnswerRecorded, AnswersDropped, LanguageChosen, ScreenShown
from conversations.every_screen import make_participant
from conversations.flow import PROFILE
from conversations.incoming import Action, ActionButton, Button, Pressed, Refused
from conversations.languages import LANGUAGES, Language, presort
from conversations.person import Consent, Person
from conversations.session import (
    OWN,
    Answer,
    Asking,
    OwnWords,
    Question,
    Session,
    Sheet,
    SheetName,
)
from conversations.texts import GAP
from conversations.turn import place_screen
from tests.support.play import NOW, Player, Shown, shipped, stop_words, town

CONSENT = Consent(town().town.notice_version, "de", town().town.notice_date)
CODES = tuple(language.code for language in LANGUAGES)
PAIRS = tuple(itertools.permutations(CODES, 2))
MESSAGES = 10_000
SIGNS = str.maketrans("", "", "\u2068\u2069\u200f")


# Switching


def list_places() -> Iterator[Question]:
    """List every step of every flow, and the other states that a question can be in."""
    flows = (*town().fields, town().profile)
    for flow in flows:
        for step in flow.steps:
            if not step.enabled:
                continue
            asking = Asking(flow.scope, step.id)
            yield asking
            if step.maximum > 1:
                yield replace(
                    asking, ticked=tuple(option.code for option in step.all_options)[: step.maximum]
                )
            if step.find_option(OWN) is not None:
                yield OwnWords(flow.scope, step.id)


def environment(phone: str = "de") -> Environment:
    return Environment(NOW, presort(phone, LANGUAGES), stop_words(), "fresh", "seed")


#: Steps whose answer decides which others are asked.
BRANCHES = ("prof_role", "spr_now", "spr_learn", "bil_area", "arb_now", "woh_now")


@cache
def session_at(question: Question) -> Session:
    """Make the session of somebody who has answered everything, on a way on which this is asked."""
    session = make_participant(town(), "de").session
    assert session is not None
    keys = [key for key in session.answers if key[1] in BRANCHES and key[0] in (PROFILE, question.scope)]
    steps = [town().find_step(step) for _, step in keys]
    for codes in itertools.product(*([option.code for option in step.options] for step in steps if step)):
        chosen = {key: Answer((code,)) for key, code in zip(keys, codes, strict=True)}
        tried = replace(session, answers={**session.answers, **chosen}, place=question)
        if is_asked(town(), tried, question):
            return replace(tried, place=Sheet(SheetName.LANGUAGES), behind=question)
    raise AssertionError(f"nobody is ever asked {question}")


def at(question: Question, language: str) -> Person:
    """Make somebody who chooses another language while a question is open."""
    return Person(language, answer_consent=CONSENT, session=session_at(question))


def test_a_switch_at_every_step_between_every_two_languages_keeps_all_and_redraws() -> None:
    """From every step × every ordered pair of languages: 0 failures."""
    renderer, world, failures, count = Renderer(town(), shipped().catalogues), environment(), [], 0
    questions = list(list_places())
    for question in questions:
        looks = set()
        for before, after in PAIRS:
            person = at(question, before)
            turn = take_turn(town(), person, Pressed(ActionButton(Action.CHOOSE_LANGUAGE, after)), world)
            count += 1
            changed = [event for event in turn.events if isinstance(event, LanguageChosen)]
            (shown,) = [event for event in turn.events if isinstance(event, ScreenShown)]
            (notice,), *blocks = shown.screen.blocks
            kept = turn.person.session
            if not (
                changed == [LanguageChosen(after)]
                and not any(isinstance(event, AnswersDropped | AnswerRecorded) for event in turn.events)
                and turn.person.language == after
                and kept is not None
                and person.session is not None
                and kept.answers == person.session.answers
                and kept.finished == person.session.finished
                and kept.place == question
                and replace(shown.screen, blocks=tuple(blocks))
                == place_screen(Scene(town(), turn.person, world), question)
                and getattr(notice, "key", "") == "lang.changed"
            ):
                failures.append((question, before, after))
            if before == CODES[0] or after == CODES[0]:  # once for each language
                looks.add(renderer.render(shown.screen, after).text)
        assert len(looks) == len(CODES), f"{question} is not drawn anew in every language"
    print(f"{len(questions)} places × {len(PAIRS)} pairs = {count} switches, {len(failures)} failures")
    assert failures == []
    asked = {step.id for flow in (*town().fields, town().profile) for step in flow.steps if step.enabled}
    assert {question.step for question in questions} == asked
    assert len(questions) > 70
    assert len(PAIRS) == 22 * 21


# Ten thousand messages


@cache
def lines_of(code: str) -> tuple[frozenset[str], re.Pattern[str]]:
    """Return what a line may be in a language: as it stands, and with anything in its gaps."""
    plain, open_lines = set(), set()
    catalogue = shipped().catalogues.get(code)
    for key in shipped().content.texts:
        forms = (catalogue.entries.get(key) or catalogue.german[key]).forms.values()
        for line in itertools.chain.from_iterable(form.split("\n") for form in forms):
            for piece in _pieces(line):
                (open_lines if GAP.search(piece) else plain).add(piece)
    patterns = [_with_gaps(line) for line in open_lines if _has_words(GAP.sub("", line))]
    return frozenset(plain), re.compile("|".join(sorted(patterns, key=len, reverse=True)), re.DOTALL)


def _pieces(line: str) -> Iterator[str]:
    """A line, and what is left of it once the commands at its end have a line of their own."""
    yield line.strip()
    yield re.sub(r"(?:\s*(?:/[a-z]+|https?://\S+|\{[a-z_]*url\}))+[.،؛]?$", "", line).strip()


def _with_gaps(line: str) -> str:
    return "".join(
        ".*?" if GAP.fullmatch(part) else re.escape(part) for part in re.split(r"(\{[a-z_]+\})", line)
    )


def _has_words(line: str) -> bool:
    return sum(sign.isalpha() for sign in line) >= 3


def is_of(line: str, code: str) -> bool:
    """Judge whether a line can be one of a language."""
    plain, pattern = lines_of(code)
    return line in plain or pattern.fullmatch(line) is not None


def strange_lines(text: str, code: str, own: frozenset[str]) -> list[str]:
    """List the lines of a message that no text of the language explains, and that say something."""
    found = []
    for line in text.translate(SIGNS).split("\n"):
        bare = re.sub(r"^(?:✓ |[0-9]+[.] |[•–] )+", "", line).strip()
        said = _FACTS.sub("", bare)
        for day in dates_of(code):
            said = said.replace(day, "")
        if not _has_words(said) or bare in own:
            continue
        bare = _PLACES.sub("", bare).strip()
        if not any(is_of(each, code) for each in (bare, line.strip(), *_without_label(bare))):
            found.append(line)
    return found


def _without_label(line: str) -> Iterator[str]:
    """A line of the review is a question and its answer; a list has several texts in one line."""
    for separator in (": ", " · "):
        if separator in line:
            yield line.partition(separator)[0]


MEETINGS = tuple(event.date for event in town().programme.events.values() if event.date is not None)


@cache
def dates_of(code: str) -> frozenset[str]:
    """Write the days of the programme in a language, as they stand beside a place."""
    language = next(each for each in LANGUAGES if each.code == code)
    days = {meeting.starts.date() for meeting in MEETINGS}
    return frozenset(format_date(day, "full", locale=language.babel_locale) for day in days)


def _any_of(words: Iterable[str]) -> str:
    return "|".join(re.escape(each) for each in sorted(words, key=len, reverse=True) if each)


#: Commands, addresses, places and what the town has filled in: the same in every language.
_PLACES = re.compile(
    _any_of(each for meeting in MEETINGS for each in (f"{meeting.place}, {meeting.address}", meeting.place))
)
_FACTS = re.compile(rf"/[a-z]+|https?://\S+|{_PLACES.pattern}|{_any_of(town().town.facts.values())}")
#: What belongs to no language: names of languages, places, what the person wrote.
COMMANDS = (
    "/start", "/start arbeit-vhs", "/start news", "/topics", "/events", "/reminders", "/results", "/about",
    "/language", "/privacy", "/mydata", "/delete", "/help", "/stop", "/unknown",
)  # fmt: skip
WORDS = frozenset({"7", "مرحبا", "Ich wünsche mir Kurse.", "stop", "kraj", "ደው ኣብሉ"})
NAMES = frozenset(language.menu_name for language in LANGUAGES)


class Wanderer:
    """Somebody who does anything at any time, with screens of every language still in the chat."""

    def __init__(self, number: int) -> None:
        self.rng = random.Random(number)
        self.player = Player(phone=self.rng.choice(CODES), seed=f"w{number}")
        self.old_presses: list[Button] = []

    def act(self) -> None:
        rng, player = self.rng, self.player
        shown = player.shown[-1] if player.shown else None
        match rng.randrange(20):
            case 0 | 1 if self.old_presses:
                player.meets(Pressed(rng.choice(self.old_presses)))
            case 2:
                player.does(rng.choice(COMMANDS))
            case 3:
                player.says(
                    rng.choice(("7", "مرحبا", "Ich wünsche mir Kurse.", "stop", "kraj", "ደው ኣብሉ", "x" * 1001))
                )
            case 4:
                player.speaks(seconds=rng.choice((3, 61)))
            case 5:
                player.sends(rng.choice(list(Refused)))
            case 6:
                player.meets(Pressed(ActionButton(Action.CHOOSE_LANGUAGE, rng.choice(CODES))))
            case _ if shown is not None and shown.presses:
                player.meets(Pressed(rng.choice(shown.presses)))
            case _:
                player.does("/start")
        if player.shown:
            self.old_presses = [*self.old_presses[-200:], *player.shown[-1].presses]


def test_ten_thousand_messages_in_random_states_are_in_the_language_of_the_person() -> None:
    """Also where old buttons of another language are pressed: 0 in another language."""
    judged, strange, per_language = 0, [], dict.fromkeys(CODES, 0)
    own = NAMES | WORDS
    for number in itertools.count():
        if judged >= MESSAGES:
            break
        wanderer = Wanderer(number)
        for _ in range(60):
            seen, before = len(wanderer.player.shown), wanderer.player.stored.language
            wanderer.act()
            language = wanderer.player.stored.language or before
            if language is None:
                continue  # the page on which it is chosen has all of them
            new = wanderer.player.shown[seen:]
            texts = [screen.rendered.text for screen in new]
            texts += [button.label for screen in new for row in screen.rendered.keyboard for button in row]
            texts += wanderer.player.popups[-1:]
            judged += len(new)
            per_language[language] += len(new)
            place = wanderer.player.person.session
            for text in texts:
                found = strange_lines(text, language, own)
                if found and not _is_choosing(new):
                    strange.append((number, language, found, str(place and place.place)))
    print(f"{judged} messages, {min(per_language.values())} to {max(per_language.values())} in a language")
    assert strange == []
    assert judged >= MESSAGES
    assert min(per_language.values()) > 50


def _is_choosing(shown: list[Shown]) -> bool:
    presses = [press for screen in shown for press in screen.presses]
    return any(isinstance(each, ActionButton) and each.action is Action.CHOOSE_LANGUAGE for each in presses)


def test_the_judge_sees_a_line_of_another_language() -> None:
    """Otherwise the test above could not fail."""
    catalogues = shipped().catalogues
    for code, other in zip(CODES, (*CODES[1:], CODES[0]), strict=True):
        for key in ("sys.welcome", "q.arb_now", "consent.declined", "end.thanks", "menu.topics"):
            words = catalogues.get(other).find(key)
            mine = catalogues.get(code).find(key)
            if words != mine:
                assert strange_lines(words, code, NAMES), (code, other, key)
            assert strange_lines(mine, code, NAMES) == [], (code, key)


@pytest.mark.parametrize("language", LANGUAGES, ids=lambda language: language.code)
def test_no_language_falls_back_to_german(language: Language) -> None:
    catalogue = shipped().catalogues.get(language.code)
    assert set(catalogue.entries) == set(shipped().content.texts)
