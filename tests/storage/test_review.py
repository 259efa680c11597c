"""Review: each text waits once, and what staff decide holds only for the words they saw."""

from __future__ import annotations

import random

import pytest
from sqlalchemy import select

from conversations.session import Answer
from storage import review
from storage.access import load_everything
from storage.answers import load_answers
from storage.database import Database
from storage.keyring import KeyRing, SealBrokenError, ring_from_keys
from storage.review import ReviewCounts, WaitingText
from storage.tables import answer
from tests.storage.export.world import VOICE, World
from tests.support.databases import ANNA, BORIS


@pytest.fixture
def world(database: Database, keys: KeyRing) -> World:
    world = World(database, keys)
    world.come(ANNA, BORIS)
    return world


def waiting(world: World) -> list[WaitingText]:
    with world.database.reading() as connection:
        places = review.list_waiting(connection)
        found = [review.find_waiting(connection, world.keys, place) for place in places]
    return [text for text in found if text is not None]


def counts(world: World) -> ReviewCounts:
    with world.database.reading() as connection:
        return review.count_reviews(connection)


def release(world: World, text: WaitingText, words: str) -> bool:
    with world.database.transaction() as connection:
        return review.release(connection, world.keys, text, words)


def delete_words(world: World, text: WaitingText) -> bool:
    with world.database.transaction() as connection:
        return review.delete_words(connection, text)


def test_a_text_waits_with_its_question_and_language_and_nothing_else(world: World) -> None:
    world.answer(ANNA, codes=("own",), words="Ich lerne", language="tr")
    world.answer(ANNA, step="arb_measure", codes=("mentors",))
    world.answer(BORIS, scope="werte", step="wer_future", codes=("voice",), voice=VOICE)
    [text] = waiting(world)
    assert (text.scope, text.step, text.language, text.words) == ("arbeit", "arb_now", "tr", "Ich lerne")
    assert "lerne" not in repr(text)
    assert world.keys.pseudonym(ANNA).hex()[:6] not in repr(text)
    assert repr(world.keys.pseudonym(ANNA))[2:10] not in repr(text)
    assert counts(world) == ReviewCounts(texts=1, voices=1, released=0)


def test_texts_come_in_random_order(world: World) -> None:
    for number in range(20):
        world.answer(ANNA, step=f"step{number:02}", codes=("own",), words="x")
    with world.database.reading() as connection:
        orders = [
            [place.step for place in review.list_waiting(connection, random.Random(seed))]
            for seed in (1, 2, 1)
        ]
        assert review.list_waiting(connection) != review.list_waiting(connection)
    assert orders[0] == orders[2] != orders[1]
    assert sorted(orders[0]) == sorted(orders[1]) == [f"step{number:02}" for number in range(20)]


def test_released_words_stand_beside_those_of_the_person(world: World) -> None:
    world.answer(ANNA, codes=("own",), words="Frau Meier hilft")
    [text] = waiting(world)
    assert release(world, text, "Frau […] hilft")
    assert waiting(world) == []
    assert counts(world) == ReviewCounts(texts=0, voices=0, released=1)
    with world.database.reading() as connection:
        assert load_answers(connection, world.keys, ANNA)["arbeit", "arb_now"].words == "Frau Meier hilft"
        [mine] = load_everything(connection, world.keys, ANNA)["respondent"]["answers"]
        [row] = connection.execute(select(answer)).all()
    assert (mine["words"], mine["released"]) == ("Frau Meier hilft", "Frau […] hilft")
    assert b"Meier" not in row.words_sealed + row.released_sealed


def test_deleted_words_are_gone_and_the_code_stays(world: World) -> None:
    world.answer(ANNA, codes=("own",), words="weg damit")
    [text] = waiting(world)
    assert delete_words(world, text)
    assert counts(world) == ReviewCounts(texts=0, voices=0, released=0)
    with world.database.reading() as connection:
        assert load_answers(connection, world.keys, ANNA)["arbeit", "arb_now"] == Answer(("own",))
        [row] = connection.execute(select(answer)).all()
    assert (row.review, row.words_sealed, row.released_sealed) == (None, None, None)


@pytest.mark.parametrize(
    "meanwhile", ["the same words again", "other words", "no words", "erased", "released"]
)
def test_what_the_person_or_a_colleague_did_meanwhile_holds(world: World, meanwhile: str) -> None:
    world.answer(ANNA, codes=("own",), words="alt")
    [text] = waiting(world)
    match meanwhile:
        case "the same words again":
            world.answer(ANNA, codes=("own",), words="alt")
        case "other words":
            world.answer(ANNA, codes=("own",), words="neu")
        case "no words":
            world.answer(ANNA, codes=("working",))
        case "erased":
            with world.database.transaction() as connection:
                connection.execute(answer.delete())
        case "released":
            assert release(world, text, "vom Kollegen")
    with world.database.reading() as connection:
        before = connection.execute(select(answer)).all()
    assert not release(world, text, "alt")
    assert not delete_words(world, text)
    with world.database.reading() as connection:
        assert connection.execute(select(answer)).all() == before
        if meanwhile in ("no words", "erased", "released"):
            assert review.find_waiting(connection, world.keys, text.place) is None


def test_nothing_is_not_released(world: World) -> None:
    world.answer(ANNA, codes=("own",), words="alt")
    [text] = waiting(world)
    with pytest.raises(ValueError, match="no words"):
        release(world, text, " \n")


def test_other_keys_do_not_open_a_text_and_the_freeze_changes_nothing(world: World) -> None:
    world.answer(ANNA, codes=("own",), words="alt")
    other = ring_from_keys(contact=b"c" * 32, words=b"x" * 32, respondent=b"r" * 32)
    frozen = ring_from_keys(contact=b"c" * 32, words=b"w" * 32, respondent=None)
    with world.database.reading() as connection:
        [place] = review.list_waiting(connection)
        with pytest.raises(SealBrokenError):
            review.find_waiting(connection, other, place)
        text = review.find_waiting(connection, frozen, place)
    assert text is not None
    with world.database.transaction() as connection:
        assert review.release(connection, frozen, text, text.words)
