"""The review in a terminal: what staff see, what they type, and what is stored then."""

from __future__ import annotations

import io
import random
import sys
from collections.abc import Callable

import pytest
from sqlalchemy import select

from bot.review_queue import ReviewOutcome, redact, run_review, show_safely
from storage import contexts
from storage.database import Database
from storage.keyring import KeyRing, ring_from_keys
from storage.review import ReviewCounts, count_reviews
from storage.schema import SchemaError
from storage.tables import answer
from tests.storage.export.world import VOICE, World, make_content
from tests.support import databases
from tests.support.databases import ANNA, BORIS, NewUrl, opened

database = databases.database
database_url = databases.database_url

CONTENT = make_content()
CHANGED = "Die Person hat den Text inzwischen geändert oder gelöscht. Nichts wurde gespeichert."
BROKEN = "Dieser Text lässt sich nicht öffnen: Die Schlüsseldatei passt nicht zur Datenbank."


@pytest.fixture
def world(database: Database, keys: KeyRing) -> World:
    world = World(database, keys)
    world.come(ANNA, BORIS)
    return world


class Terminal:
    """Types the given lines, one a question, and keeps everything that is seen.

    A line that is a function is called at that moment, and nothing but the next one is typed.
    """

    def __init__(self, *typed: str | Callable[[], None]) -> None:
        self._typed = list(typed)
        self.seen: list[str] = []

    def ask(self, prompt: str) -> str:
        self.seen.append(prompt)
        while self._typed:
            line = self._typed.pop(0)
            if isinstance(line, str):
                return line
            line()
        raise EOFError

    def review(self, world: World, language: str = "de") -> ReviewOutcome:
        outcome = run_review(
            world.database, world.keys, CONTENT,
            language=language, ask=self.ask, say=self.seen.append, rng=random.Random(1),
        )  # fmt: skip
        assert not self._typed, "the queue did not ask for everything"
        return outcome


def counts(world: World) -> ReviewCounts:
    with world.database.reading() as connection:
        return count_reviews(connection)


def released_words(world: World) -> list[str]:
    with world.database.reading() as connection:
        found = connection.execute(select(answer).where(answer.c.released_sealed.is_not(None))).all()
    return sorted(
        world.keys.open_respondent(
            row.released_sealed, contexts.released(row.pseudonym, row.scope, row.step)
        ).decode()
        for row in found
    )


def test_one_text_read_and_released(world: World) -> None:
    words = "Ruhe\nund Frieden"
    world.answer(ANNA, scope="werte", step="wer_future", codes=("text",), words=words, language="tr")
    terminal = Terminal("f")
    assert terminal.review(world) == ReviewOutcome(released=1)
    assert terminal.seen == [
        "",
        "Text 1 von 1",
        "Thema: Werte",
        "Frage: Was ist Ihnen wichtig?",
        "Sprache: Türkçe",
        "Text:",
        "  | Ruhe",
        "  | und Frieden",
        "[f]reigeben, [s]chwärzen, [l]öschen, [ü]berspringen (oder [n]), [q] beenden: ",
        "Freigegeben.",
        "Freigegeben: 1. Gelöscht: 0. Übersprungen: 0. Offen: 0.",
    ]
    assert released_words(world) == ["Ruhe\nund Frieden"]


def test_words_are_taken_out_and_the_result_is_shown_before_it_is_released(world: World) -> None:
    world.answer(ANNA, codes=("own",), words="Frau Meier aus der Meiergasse, 07161 123, hilft")
    terminal = Terminal("s", "meier, 07161 123, Schulz", "s", "hilft", "z", "s", "Meier,,123", "f")
    assert terminal.review(world) == ReviewOutcome(released=1)
    assert "Kommt im Text nicht vor: Schulz" in terminal.seen
    assert "  | Frau […] aus der […], […], hilft" in terminal.seen
    assert "  | Frau […] aus der […], […], […]" in terminal.seen
    assert terminal.seen.count("  | Frau Meier aus der Meiergasse, 07161 123, hilft") == 2
    assert terminal.seen.count("Text mit Schwärzungen:") == 3
    assert released_words(world) == ["Frau […] aus der […], 07161 […], hilft"]


def test_a_text_without_any_word_left_is_not_released(world: World) -> None:
    world.answer(ANNA, codes=("own",), words="Meier")
    terminal = Terminal("s", "Meier", "f", "l", "j")
    assert terminal.review(world) == ReviewOutcome(deleted=1)
    assert "Es ist kein Wort übrig. Bitte löschen Sie den Text oder setzen Sie ihn zurück." in terminal.seen


def test_deleting_asks_once(world: World) -> None:
    world.answer(ANNA, codes=("own",), words="weg")
    assert Terminal("l", "n", "l", "", "q").review(world) == ReviewOutcome()
    assert counts(world).texts == 1
    assert Terminal("L", "J").review(world) == ReviewOutcome(deleted=1)
    assert counts(world) == ReviewCounts(0, 0, 0)


@pytest.mark.parametrize("letter", ["ü", "u\u0308", "Ü", "n"])
def test_a_text_passed_over_waits_for_the_next_time(world: World, letter: str) -> None:
    world.answer(ANNA, codes=("own",), words="eins")
    world.answer(BORIS, codes=("own",), words="zwei")
    terminal = Terminal(letter, "f")
    assert terminal.review(world) == ReviewOutcome(released=1, skipped=1)
    assert [line for line in terminal.seen if line.startswith("Text ")] == ["Text 1 von 2", "Text 2 von 2"]
    assert terminal.seen[-1] == "Freigegeben: 1. Gelöscht: 0. Übersprungen: 1. Offen: 1."


@pytest.mark.parametrize("typed", [("q",), ()])
def test_staff_stop_whenever_they_like(world: World, typed: tuple[str, ...]) -> None:
    world.answer(ANNA, codes=("own",), words="eins")
    world.answer(BORIS, codes=("own",), words="zwei")
    terminal = Terminal(*typed)
    assert terminal.review(world) == ReviewOutcome()
    assert terminal.seen[-1] == "Freigegeben: 0. Gelöscht: 0. Übersprungen: 0. Offen: 2."


def test_what_is_not_a_letter_of_the_queue_is_asked_again(world: World) -> None:
    world.answer(ANNA, codes=("own",), words="eins")
    terminal = Terminal("", "ja", "z", "f")
    assert terminal.review(world) == ReviewOutcome(released=1)
    assert terminal.seen.count("Bitte einen der Buchstaben in Klammern eingeben.") == 3


@pytest.mark.parametrize("letters", [("f",), ("l", "j")])
def test_a_text_changed_meanwhile_stays_as_it_is(world: World, letters: tuple[str, ...]) -> None:
    world.answer(ANNA, codes=("own",), words="alt")
    terminal = Terminal(lambda: world.answer(ANNA, codes=("own",), words="neu"), *letters)
    assert terminal.review(world) == ReviewOutcome()
    assert CHANGED in terminal.seen
    assert counts(world) == ReviewCounts(texts=1, voices=0, released=0)


def test_a_text_that_goes_before_its_turn_is_passed(world: World) -> None:
    world.answer(ANNA, codes=("own",), words="eins")
    world.answer(BORIS, codes=("own",), words="zwei")

    def both_think_again() -> None:
        world.answer(ANNA, BORIS, codes=("working",))

    terminal = Terminal(both_think_again, "f")
    assert terminal.review(world) == ReviewOutcome()
    assert terminal.seen.count(CHANGED) == 2


def test_voice_messages_are_counted_only(world: World) -> None:
    world.answer(ANNA, scope="werte", step="wer_future", codes=("voice",), voice=VOICE)
    terminal = Terminal()
    assert terminal.review(world) == ReviewOutcome()
    assert terminal.seen == [
        "Sprachnachrichten, die warten: 1. Zum Anhören: mitreden review --voices ORDNER",
        "Keine offenen Texte.",
    ]


def test_the_queue_speaks_english(world: World) -> None:
    world.answer(ANNA, codes=("own",), words="Ich lerne")
    world.answer(BORIS, codes=("own",), words="Ich lehre")
    terminal = Terminal("b", "lerne,lehre", "u", "r", "d", "y")
    assert terminal.review(world, "en") == ReviewOutcome(released=1, deleted=1)
    assert "Text 1 of 2" in terminal.seen
    assert terminal.seen[-1] == "Released: 1. Deleted: 1. Skipped: 0. Waiting: 0."
    assert Terminal().review(world, "en") == ReviewOutcome()


def test_a_text_of_another_key_does_not_end_the_queue(world: World) -> None:
    world.answer(ANNA, codes=("own",), words="eins")
    world.keys = ring_from_keys(contact=b"c" * 32, words=b"x" * 32, respondent=b"r" * 32)
    terminal = Terminal()
    assert terminal.review(world) == ReviewOutcome(skipped=1)
    assert BROKEN in terminal.seen


def test_a_database_without_tables_is_one_sentence(new_url: NewUrl, keys: KeyRing) -> None:
    with opened(new_url(migrated=False)) as empty, pytest.raises(SchemaError, match="no database yet"):
        run_review(empty, keys, CONTENT)


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("Freigegeben.\r\nText 2 von 3", ["Freigegeben.", "Text 2 von 3"]),
        ("a\x1b[2Jb\x00\x07", ["a<U+001B>[2Jb<U+0000><U+0007>"]),
        ("a\u202eb\u2066c\u200bd\ufeff", ["a<U+202E>b<U+2066>c<U+200B>d<U+FEFF>"]),
        ("می\u200cخواهم 👩\u200d🏫", ["می\u200cخواهم 👩\u200d🏫"]),
        ("a\x0bb\x0cc\x85d\u2028e\u2029f\rg", list("abcdefg")),
        ("\t- x\U000e0041\ud800", ["<U+0009>- x<U+E0041><U+D800>"]),
        ("", [""]),
    ],
    ids=ascii,
)
def test_no_text_can_steer_the_terminal(words: str, shown: list[str]) -> None:
    assert show_safely(words) == shown


@pytest.mark.parametrize(
    ("words", "phrase", "left"),
    [
        ("Frau Meier, MEIER und Meiers Hund", "meier", "Frau […], […] und […] Hund"),
        ("in der Obermeierstraße", "Meier", "in der […]"),
        ("Anna\nMeier", "Anna  Meier", "[…]"),
        ("Ali mag Qualität", "Ali", "[…] mag Qualität"),
        ("a.b axb", "a.b", "[…] axb"),
        ("mail: x@y.de!", "x@y.de", "mail: […]!"),
        ("السيد أحمد هنا", "أحمد", "السيد […] هنا"),
        ("nichts", "Meier", "nichts"),
        ("nichts", "  ", "nichts"),
    ],
)
def test_redacting(words: str, phrase: str, left: str) -> None:
    assert redact(words, phrase) == left


def test_a_terminal_with_few_characters_shows_all(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.answer(ANNA, codes=("own",), words="مرحبا")
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding="ascii"))
    run_review(world.database, world.keys, CONTENT, ask=Terminal("f").ask)
    sys.stdout.flush()
    assert rb"  | \u0645\u0631\u062d\u0628\u0627" in written.getvalue()
