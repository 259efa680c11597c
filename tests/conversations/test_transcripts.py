"""Whole conversations on paper: what a person did and what the bot showed, compared word for word.

Each file in `transcripts/` is one way through one field, or to a forum (Fachforum), in one language. A
file that is missing fails. To write them anew after a change that was meant, run with
MITREDEN_WRITE_TRANSCRIPTS=1, read the difference, and run again without: a run that writes always fails.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from conversations.incoming import Action
from conversations.programme import Reply
from conversations.stations import Station, StationCode
from tests.support.meetings import planned
from tests.support.play import Player, answer, language_names, town

FOLDER = Path(__file__).parent / "transcripts"
IS_WRITING = os.getenv("MITREDEN_WRITE_TRANSCRIPTS") == "1"

Deed = str | Callable[[Player], object]


@dataclass(frozen=True)
class Way:
    """A way through a field, told by option codes, so that it is the same in every language."""

    field: str
    name: str
    about: str
    role: str
    deeds: tuple[Deed, ...]
    languages: tuple[str, ...] = ("de",)


def says(words: str) -> Deed:
    return lambda player: player.says(words)


def speaks(seconds: int) -> Deed:
    return lambda player: player.speaks(seconds=seconds)


def does(command: str) -> Deed:
    return lambda player: player.does(command)


def opens(what: Action, argument: str | None = None) -> Deed:
    return lambda player: player.opens(what, argument)


def learns(theme: str, code: StationCode) -> Deed:
    """Let the staff record what became of a theme."""

    def record(player: Player) -> None:
        url = "https://www.goeppingen.de/massnahmen"
        player.stations = {theme: Station(theme, code, None, url, player.now.date())}
        player.log.append(f"\n▶ The town records: {theme} is {code.value}")

    return record


FULL = tuple(language_names())

WAYS = (
    Way(
        "sprache",
        "lernt",
        "New in Germany, learns in a course; wants to be invited and says what they need.",
        "new_arrival",
        (
            "s2",
            "course",
            "no_time",
            "everyday_german",
            "evening_courses+buddies",
            "s5",
            "invite",
            opens(Action.AGREE_MESSAGES),
            opens(Action.NEEDS),
            "childcare+interpreter",
        ),
    ),
    Way(
        "sprache",
        "deutsch-reicht",
        "Long here, German is enough, so the obstacle is an estimate for others; changes it afterwards.",
        "settled",
        (
            "s4",
            "enough",
            "no_practice",
            "practice_places",
            "talk_meetups!",
            "s3",
            "decline",
            opens(Action.REVIEW),
            opens(Action.EDIT, "sprache.spr_learn"),
            "course",
            "childcare",
        ),
    ),
    Way(
        "sprache",
        "beobachtet",
        "Lives here and tells what they see; writes on closed questions, pauses and comes back.",
        "resident",
        (
            says("4"),
            says("Die Kurse sind zu weit weg."),
            "_yes",
            "_pause",
            opens(Action.BACK_TO_QUESTION),
            "multilingual",
            "interpreters!",
            "dont_know",
            "info_only",
            opens(Action.DECLINE_MESSAGES),
        ),
    ),
    Way(
        "bildung",
        "kita",
        "Thinks of small children.",
        "settled",
        ("kita", "s2", "no_place", "early_support", "early_language+parent_guides", "s5", "decline"),
    ),
    Way(
        "bildung",
        "erwachsene",
        "Thinks of adults; goes back and chooses another area, so an answer goes.",
        "helper",
        (
            "school",
            "s3",
            "learning_help",
            "_back",
            "_back",
            "_back",
            "adult",
            "recognition",
            "lifelong",
            "evening_classes+none!",
            "s4",
            "info_only",
            opens(Action.AGREE_MESSAGES),
        ),
    ),
    Way(
        "bildung",
        "allgemein",
        "Passes the area over, and almost everything else.",
        "_skip",
        ("_skip", "_skip", "system_unclear", "_skip", "_skip", "_skip", "_skip"),
    ),
    Way(
        "arbeit",
        "arbeitet",
        "Has work; gives answers of their own, in writing and by voice; follows a measure. In all languages.",
        "settled",
        (
            "working",
            "s3",
            "own",
            says("Schichten und Kita passen nicht zusammen."),
            "own",
            speaks(12),
            "recognition_advice+own",
            "_skip",
            "s5",
            "invite",
            opens(Action.AGREE_MESSAGES),
            opens(Action.COMMENT),
            says("Danke, dass Sie fragen."),
            opens(Action.REVIEW),
            opens(Action.THANKS),
            opens(Action.FOLLOW_TICK),
            opens(Action.FOLLOW_YES),
            does("/reminders"),
            opens(Action.FOLLOWED),
            learns("arb_measure.recognition_advice", StationCode.DECIDED),
            does("/results"),
            opens(Action.RESULTS_FIELD, "arbeit"),
        ),
        FULL,
    ),
    Way(
        "arbeit",
        "sucht",
        "Looks for work.",
        "new_arrival",
        ("looking", "s1", "recognition", "skills_used", "job_mentors+internships", "s5", "decline"),
    ),
    Way(
        "arbeit",
        "betrieb",
        "Employs people.",
        "resident",
        ("employer", "s2", "paperwork", "training_paths", "employer_meetings!", "s4", "decline"),
    ),
    Way(
        "arbeit",
        "ausbildung",
        "In training, so there is one question less.",
        "descendant",
        ("training", "none", "fair_access", "none!", "s3", "decline"),
    ),
    Way(
        "wohnen",
        "sucht",
        "Looks for a home; stops all messages on the way with a word.",
        "new_arrival",
        (
            "looking",
            "s1",
            "price",
            "affordable",
            "new_homes+search_help",
            says("Stopp!"),
            opens(Action.BACK_TO_QUESTION),
            "s5",
            "decline",
        ),
    ),
    Way(
        "wohnen",
        "wohnt-gut",
        "Does not look for a home; changes the language in the middle.",
        "resident",
        (
            "not_looking",
            "s4",
            does("/language"),
            opens(Action.CHOOSE_LANGUAGE, "en"),
            "little_contact",
            "good_neighbours",
            "meet_neighbours!",
            "s3",
            "decline",
        ),
    ),
    Way(
        "wohnen",
        "vermietet",
        "Lets homes, so there is one question less.",
        "resident",
        ("landlord", "rent_security", "fair_chance", "landlord_contact+mediation", "s4", "decline"),
    ),
    Way(
        "werte",
        "offen",
        "The same questions for everybody; the open one is answered in writing.",
        "prefer_not",
        (
            "s4",
            "different_values",
            says("Wenn man sich grüßt und einander hilft."),
            "dialogue_groups+clubs",
            "s5",
            "invite",
            opens(Action.AGREE_MESSAGES),
        ),
    ),
)

#: Ways that answer no question: to the forums. Told with a programme of the tests, not the shipped example.
VISITS = (
    Way(
        "events",
        "anmelden",
        "Looks at the dates, registers for a forum and looks at what is stored. Answers no question.",
        "",
        (
            opens(Action.LOOK),
            opens(Action.EVENTS),
            opens(Action.EVENT, "forum_arbeit"),
            opens(Action.COME),
            opens(Action.AGREE_MESSAGES),
            opens(Action.MENU),
            opens(Action.MY_DATA),
        ),
        ("de", "ar"),
    ),
)

CASES = [(way, language) for way in (*WAYS, *VISITS) for language in way.languages]


def file_of(way: Way, language: str) -> Path:
    return FOLDER / f"{way.field}.{way.name}.{language}.txt"


def write(way: Way, language: str) -> str:
    """Play a way and write down everything that was done and shown."""
    is_visit = way in VISITS
    content = planned() if is_visit else town()
    player = Player(content, language.partition("_")[0]).does("/start").taps(language_names()[language])
    if not is_visit:
        player.opens(Action.SAY).opens(Action.AGREE).picks(way.role).opens(Action.FIELD, way.field)
    for deed in way.deeds:
        if isinstance(deed, str):
            answer(player, deed)
        else:
            deed(player)
    if is_visit:
        assert player.person.attendance_of("forum_arbeit").reply is Reply.COMING
        assert player.stored.answers == ()
    else:
        assert way.field in player.session.finished
    head = f"{way.field} · {way.name} · {language}\n{way.about}\n"
    return head + "\n".join(player.log) + "\n"


@pytest.mark.parametrize(("way", "language"), CASES, ids=[f"{w.field}-{w.name}-{c}" for w, c in CASES])
def test_the_conversation_is_as_written_down(way: Way, language: str) -> None:
    path, written = file_of(way, language), write(way, language)
    if IS_WRITING:
        path.write_text(written, encoding="utf-8")
        pytest.fail(f"{path.name} was written anew. Read it, and run again without the variable.")
    assert path.is_file(), f"{path.name} is missing: see the top of this module"
    assert written == path.read_text(encoding="utf-8")


def test_every_transcript_belongs_to_a_way() -> None:
    assert sorted(path.name for path in FOLDER.iterdir()) == sorted(
        file_of(way, language).name for way, language in CASES
    )


def test_every_field_has_its_ways_and_one_way_is_told_in_every_language() -> None:
    german = [way.field for way in WAYS]
    assert {field: german.count(field) for field in german} == {
        "sprache": 3,
        "bildung": 3,
        "arbeit": 4,
        "wohnen": 3,
        "werte": 1,
    }
    assert [way.languages for way in WAYS if len(way.languages) > 1] == [tuple(language_names())]
