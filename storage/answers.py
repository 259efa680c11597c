"""Answers: option codes with the wording they answer, and own words under seal.

An answer belongs to a pseudonym and a week. A new answer replaces the old one with its words
and its voice. This module must not know a contact.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import secrets
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, and_, bindparam, delete, insert, select

from conversations.incoming import Voice
from conversations.session import Answer, AnswerKey
from storage import contexts
from storage.keyring import KeyRing
from storage.tables import answer as answers
from storage.tables import voice as voices
from storage.tables import wording as wordings_table
from storage.upserts import insert_or_keep, insert_or_update
from storage.vocabulary import Review, VoiceState
from storage.weeks import last_sunday

#: Stands between the codes of a multiple choice, and in no code.
CODE_SEPARATOR = "|"
#: Random bytes in the id of a voice message.
VOICE_ID_BYTES = 8

_REPLACED = (
    "codes",
    "language",
    "wording",
    "week",
    "words_sealed",
    "message_mark",
    "review",
    "released_sealed",
)
_SAVE = insert_or_update(
    answers, ("pseudonym", "scope", "step"), lambda new: {name: new[name] for name in _REPLACED}
)
_DELETE = delete(answers).where(
    answers.c.pseudonym == bindparam("whose"),
    answers.c.scope == bindparam("of_scope"),
    answers.c.step == bindparam("of_step"),
)
_DELETE_VOICE = delete(voices).where(
    voices.c.pseudonym == bindparam("whose"),
    voices.c.scope == bindparam("of_scope"),
    voices.c.step == bindparam("of_step"),
)
_SAVE_VOICE = insert(voices)
_LOAD = (
    select(
        answers.c.scope,
        answers.c.step,
        answers.c.codes,
        answers.c.words_sealed,
        answers.c.message_mark,
        voices.c.state.label("voice_state"),
    )
    .select_from(
        answers.outerjoin(
            voices,
            and_(
                voices.c.pseudonym == answers.c.pseudonym,
                voices.c.scope == answers.c.scope,
                voices.c.step == answers.c.step,
            ),
        )
    )
    .where(answers.c.pseudonym == bindparam("whose"))
    .order_by(answers.c.scope, answers.c.step)
)
_SAVE_WORDING = insert_or_keep(wordings_table, ("hash",))


@dataclass(frozen=True, slots=True)
class Wording:
    """What a person saw when they answered: the question with its options, in their language."""

    step: str
    language: str
    text: str

    @property
    def hash(self) -> str:
        """The name under which an answer refers to this wording."""
        parts = json.dumps([self.step, self.language, self.text], ensure_ascii=False)
        return hashlib.sha256(parts.encode()).hexdigest()[:32]


def save_answer(
    connection: Connection,
    keys: KeyRing,
    telegram_id: int,
    scope: str,
    step: str,
    answer: Answer,
    *,
    language: str,
    wording: str,
    week: str,
    delete_voice_after: dt.date,
) -> None:
    """Save an answer in place of the one before it, whose words and voice are gone.

    `wording` is `Wording.hash`. A voice message is deleted after the last Sunday up to
    `delete_voice_after`, so that its date does not tell the day of the answer. The voice that
    is there stays when `answer.has_voice` without a new one. Raises: ValueError, KeyDestroyedError.
    """
    pseudonym = keys.pseudonym(telegram_id)
    place = {"pseudonym": pseudonym, "scope": scope, "step": step}
    words = answer.words
    has_own = words is not None or answer.voice is not None or answer.has_voice
    values = {
        **place,
        "codes": join_codes(answer.codes),
        "language": language,
        "wording": wording,
        "week": week,
        "words_sealed": None
        if words is None
        else keys.seal_respondent(words.encode(), contexts.words(pseudonym, scope, step)),
        "message_mark": answer.message,
        "review": Review.WAITING.value if has_own else None,
        "released_sealed": None,
    }
    connection.execute(_SAVE.of(connection), values)
    if answer.voice is not None or not answer.has_voice:
        connection.execute(_DELETE_VOICE, {"whose": pseudonym, "of_scope": scope, "of_step": step})
    if answer.voice is not None:
        connection.execute(_SAVE_VOICE, place | _new_voice(keys, answer.voice, delete_voice_after))


def delete_answers(
    connection: Connection, keys: KeyRing, telegram_id: int, answer_keys: Collection[AnswerKey]
) -> None:
    """Delete answers with their words and voices, also such as were never there."""
    pseudonym = keys.pseudonym(telegram_id)
    gone = [{"whose": pseudonym, "of_scope": scope, "of_step": step} for scope, step in answer_keys]
    if gone:
        connection.execute(_DELETE, gone)


def load_answers(connection: Connection, keys: KeyRing, telegram_id: int) -> Mapping[AnswerKey, Answer]:
    """Load every answer of a person, own words opened. Raises: SealBrokenError."""
    pseudonym = keys.pseudonym(telegram_id)
    found: dict[AnswerKey, Answer] = {}
    for row in connection.execute(_LOAD, {"whose": pseudonym}):
        found[row.scope, row.step] = Answer(
            codes=split_codes(row.codes),
            words=open_words(keys, row.words_sealed, contexts.words(pseudonym, row.scope, row.step)),
            has_voice=row.voice_state is not None,
            is_voice_lost=row.voice_state == VoiceState.FAILED.value,
            message=row.message_mark,
        )
    return found


def save_wordings(connection: Connection, wordings: Iterable[Wording]) -> None:
    """Keep wordings that have been shown; those already kept stay as they are."""
    values = [
        {"hash": shown.hash, "step": shown.step, "language": shown.language, "text": shown.text}
        for shown in wordings
    ]
    if values:
        connection.execute(_SAVE_WORDING.of(connection), values)


def open_words(keys: KeyRing, sealed: bytes | None, context: str) -> str | None:
    """Open own words where there are any; `context` is one of `storage.contexts`."""
    return None if sealed is None else keys.open_respondent(sealed, context).decode()


def join_codes(codes: tuple[str, ...]) -> str:
    """Write the codes of an answer as one column. Raises: ValueError."""
    if any(not code or CODE_SEPARATOR in code for code in codes):
        raise ValueError(f"an option code must not be empty nor hold {CODE_SEPARATOR!r}")
    return CODE_SEPARATOR.join(codes)


def split_codes(written: str) -> tuple[str, ...]:
    """Read what `join_codes` wrote."""
    return tuple(written.split(CODE_SEPARATOR)) if written else ()


def _new_voice(keys: KeyRing, voice: Voice, delete_after: dt.date) -> dict[str, Any]:
    voice_id = secrets.token_hex(VOICE_ID_BYTES)
    announced = json.dumps([voice.file_id, voice.size_bytes, voice.mime_type])
    return {
        "id": voice_id,
        "file_id_sealed": keys.seal_respondent(announced.encode(), contexts.voice_file(voice_id)),
        "duration_seconds": voice.duration_seconds,
        "state": VoiceState.WAITING.value,
        "attempts": 0,
        "delete_after": last_sunday(delete_after),
    }
