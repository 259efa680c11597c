"""Review (Durchsicht): staff read an own answer before anybody else does, and release it or not.

A text is shown with field, question and language only, in random order: nothing leads to the
person, the profile or the other answers. What staff decide holds for the words they saw; if
the person has changed or deleted them meanwhile, nothing happens. This module must not know
how a text is shown.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field

from sqlalchemy import Connection, bindparam, func, select, update

from storage import contexts, voices
from storage.keyring import KeyRing
from storage.tables import answer, voice
from storage.vocabulary import Review, VoiceState

_IS_WAITING = answer.c.review == Review.WAITING.value
_HAS_WORDS = answer.c.words_sealed.is_not(None)
_PLACES = select(answer.c.pseudonym, answer.c.scope, answer.c.step).where(_IS_WAITING, _HAS_WORDS)
_AT_PLACE = (
    answer.c.pseudonym == bindparam("whose"),
    answer.c.scope == bindparam("of_scope"),
    answer.c.step == bindparam("of_step"),
)
_LOAD = select(answer.c.words_sealed, answer.c.language).where(*_AT_PLACE, _IS_WAITING, _HAS_WORDS)
_SETTLE = update(answer).where(*_AT_PLACE, _IS_WAITING, answer.c.words_sealed == bindparam("seen"))
_COUNT_TEXTS = (
    select(answer.c.review, func.count().label("texts")).where(_HAS_WORDS).group_by(answer.c.review)
)
_WITH_VOICE = answer.join(
    voice,
    (voice.c.pseudonym == answer.c.pseudonym)
    & (voice.c.scope == answer.c.scope)
    & (voice.c.step == answer.c.step),
)
_IS_SPOKEN = (_IS_WAITING, answer.c.words_sealed.is_(None))
_COUNT_VOICES = select(func.count()).select_from(_WITH_VOICE).where(*_IS_SPOKEN)
_SPOKEN = (
    select(answer.c.pseudonym, answer.c.scope, answer.c.step, answer.c.language)
    .select_from(_WITH_VOICE)
    .where(*_IS_SPOKEN, voice.c.state == VoiceState.FETCHED.value)
)


@dataclass(frozen=True, slots=True)
class TextPlace:
    """Where a text lies. It names a person, so it is never shown."""

    _pseudonym: bytes = field(repr=False)
    scope: str
    step: str

    def parameters(self) -> dict[str, object]:
        """Name the place for a statement."""
        return {"whose": self._pseudonym, "of_scope": self.scope, "of_step": self.step}

    def words_context(self) -> str:
        """Name the place of the words for their seal."""
        return contexts.words(self._pseudonym, self.scope, self.step)

    def released_context(self) -> str:
        """Name the place of the released words for their seal."""
        return contexts.released(self._pseudonym, self.scope, self.step)


@dataclass(frozen=True, slots=True)
class WaitingText:
    """A text that waits to be read. `seen` is the seal that the words had when they were loaded."""

    place: TextPlace
    language: str
    words: str = field(repr=False)
    seen: bytes = field(repr=False)

    @property
    def scope(self) -> str:
        """The field, or what else the text is about."""
        return self.place.scope

    @property
    def step(self) -> str:
        """The question that the text answers."""
        return self.place.step


@dataclass(frozen=True, slots=True)
class ReviewCounts:
    """How many texts and voice messages wait, and how many texts are released."""

    texts: int
    voices: int
    released: int


def list_waiting(connection: Connection, rng: random.Random | None = None) -> list[TextPlace]:
    """List where texts wait, in random order. `rng` is for tests."""
    found = [TextPlace(*row) for row in connection.execute(_PLACES)]
    (rng or random.SystemRandom()).shuffle(found)
    return found


@dataclass(frozen=True, slots=True)
class SpokenAnswer:
    """A voice message that waits to be listened to, without anything about the person."""

    scope: str
    step: str
    language: str
    sound: bytes = field(repr=False)


def load_spoken(
    connection: Connection, keys: KeyRing, rng: random.Random | None = None
) -> Iterator[SpokenAnswer]:
    """Load the voice messages that wait and have been fetched, in random order, one at a time."""
    found = list(connection.execute(_SPOKEN))
    (rng or random.SystemRandom()).shuffle(found)
    for row in found:
        sound = voices.find_voice_data(connection, keys, row.pseudonym, row.scope, row.step)
        if sound is not None:
            yield SpokenAnswer(row.scope, row.step, row.language, sound)


def find_waiting(connection: Connection, keys: KeyRing, place: TextPlace) -> WaitingText | None:
    """Find a waiting text. None: it is gone or settled by now. Raises: SealBrokenError."""
    row = connection.execute(_LOAD, place.parameters()).first()
    if row is None:
        return None
    words = keys.open_respondent(row.words_sealed, place.words_context()).decode()
    return WaitingText(place, row.language, words, row.words_sealed)


def release(connection: Connection, keys: KeyRing, text: WaitingText, words: str) -> bool:
    """Release words for the export: those of the person, or what staff left of them.

    The person's own words stay beside them, so that `/mydata` shows what they wrote. False:
    the text was changed, deleted or settled meanwhile. Raises: ValueError without any words.
    """
    if not words.strip():
        raise ValueError("there are no words to release")
    sealed = keys.seal_respondent(words.encode(), text.place.released_context())
    return _settle(connection, text, {"review": Review.RELEASED.value, "released_sealed": sealed})


def delete_words(connection: Connection, text: WaitingText) -> bool:
    """Delete the words of an answer, which keeps its code.

    The caller then empties SQLite's log with `Database.truncate_wal`. False: the text was
    changed, deleted or settled meanwhile.
    """
    return _settle(connection, text, {"review": None, "words_sealed": None, "released_sealed": None})


def count_reviews(connection: Connection) -> ReviewCounts:
    """Count what waits and what is released."""
    texts = {row.review: row.texts for row in connection.execute(_COUNT_TEXTS)}
    voices = connection.execute(_COUNT_VOICES).scalar_one()
    return ReviewCounts(texts.get(Review.WAITING, 0), voices, texts.get(Review.RELEASED, 0))


def _settle(connection: Connection, text: WaitingText, values: dict[str, object]) -> bool:
    parameters = {**text.place.parameters(), "seen": text.seen}
    return connection.execute(_SETTLE.values(values), parameters).rowcount == 1
