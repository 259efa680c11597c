"""A small town for tests of the export: two fields, a profile, and people who answer."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Iterable
from pathlib import Path

from sqlalchemy import insert

from conversations.content import Content
from conversations.flow_files import parse_flow
from conversations.incoming import Voice
from conversations.programme import Programme, Town
from conversations.session import Answer
from conversations.texts import SourceText, TextKind
from storage import contexts, review
from storage.answers import Wording, save_answer, save_wordings
from storage.database import Database
from storage.keyring import KeyRing
from storage.sessions import create_respondent
from storage.tables import answer, respondent
from tests.support.databases import CONSENT, TODAY, make_session

WEEK = "2027-W33"
VOICE = Voice("file-id", 12, 3456, "audio/ogg")

_ARBEIT = """\
field: arbeit
letter: c
version: 1
name: Arbeit
intro: "Thema Arbeit."
steps:
  - id: arb_now
    type: single
    spine: now
    question: Was passt am besten?
    options:
      - code: working
        label: Ich arbeite
      - code: looking
        label: "Ich suche; Arbeit"
    tail: [own, prefer_not]
  - id: arb_measure
    type: multi
    max: 2
    spine: measure
    question: Was hilft am meisten?
    options:
      - code: mentors
        label: Patenschaften
      - code: courses
        label: "+ Kurse"
      - code: internships
        label: Praktika
    tail: [own]
"""
_WERTE = """\
field: werte
letter: e
version: 1
name: Werte
intro: "Thema Werte."
steps:
  - id: wer_future
    type: open
    spine: future
    question: |-
      Was ist Ihnen
      wichtig?
  - id: wer_goal
    type: single_statements
    question: Welches Ziel?
    options:
      - code: respect
        label: Respekt
        statement: Alle gehen gut miteinander um.
      - code: law
        label: Recht
        statement: Alle halten sich an Gesetze.
"""
_PROFILE = """\
field: profile
version: 1
steps:
  - id: prof_role
    type: single
    question: Was passt zu Ihnen?
    options:
      - code: new_arrival
        label: Neu hier
      - code: settled
        label: Lange hier
      - code: helper
        label: Ich helfe
    tail: [prefer_not]
  - id: forum_needs
    type: multi
    max: 2
    question: Was brauchen Sie?
    options:
      - code: childcare
        label: Kinderbetreuung
      - code: evening
        label: Ein Termin am Abend
  - id: prio_field
    type: single
    question: Welches Thema zuerst?
    option_texts: field
    options: [arbeit, werte]
    tail: [dont_know]
  - id: x_comment
    type: open
    question: Was möchten Sie noch sagen?
"""
_SHARED = {
    "o.common.own": "Eigene Antwort",
    "o.common.prefer_not": "Keine Angabe",
    "o.common.dont_know": "Weiß nicht",
}


def make_content() -> Content:
    """Make the content of the town, in the form in which the bot loads it."""
    files = [parse_flow(text, "test.yaml") for text in (_ARBEIT, _WERTE, _PROFILE)]
    texts = {key: SourceText(key, TextKind.BUTTON, {"other": words}) for key, words in _SHARED.items()}
    for file in files:
        texts.update(file.texts)
    day = dt.date(2027, 12, 31)
    town = Town({}, day, day, day, "v1", 90, 30)
    arbeit, werte, profile = (file.flow for file in files)
    return Content((arbeit, werte), profile, texts, town, Programme({}, None))


class World:
    """The people of the town. They are numbered, and asked in one transaction where many."""

    def __init__(self, database: Database, keys: KeyRing) -> None:
        self.database, self.keys = database, keys
        self.wordings: dict[tuple[str, str], str] = {}

    def word(self, step: str, language: str, text: str) -> str:
        """Keep a wording and return its hash, which later answers refer to."""
        wording = Wording(step, language, text)
        with self.database.transaction() as connection:
            save_wordings(connection, [wording])
        self.wordings[step, language] = wording.hash
        return wording.hash

    def come(self, *people: int, source: str = "") -> None:
        """Let people begin."""
        with self.database.transaction() as connection:
            for person in people:
                create_respondent(
                    connection, self.keys, person, consent=CONSENT, source=source, session=make_session()
                )

    def answer(
        self,
        *people: int,
        scope: str = "arbeit",
        step: str = "arb_now",
        codes: tuple[str, ...] = ("working",),
        words: str | None = None,
        voice: Voice | None = None,
        language: str = "de",
        week: str = WEEK,
    ) -> None:
        """Let people give the same answer."""
        with self.database.transaction() as connection:
            for person in people:
                save_answer(
                    connection,
                    self.keys,
                    person,
                    scope,
                    step,
                    Answer(codes, words, voice),
                    language=language,
                    wording=self.wordings.get((step, language), f"{step}.{language}"),
                    week=week,
                    delete_voice_after=TODAY,
                )

    def crowd(self, people: Iterable[int], *, answers_each: int) -> None:
        """Put many people in at once, each with some answers, the last of them a released text."""
        words = ("Ein Satz, wie ihn viele schreiben. " * 5).encode()
        pseudonyms = [self.keys.pseudonym(person) for person in people]
        begun = {"session_sealed": b"", "consent_version": "v1", "consent_language": "de",
                 "consent_week": WEEK, "source": ""}  # fmt: skip
        with self.database.transaction() as connection:
            connection.execute(insert(respondent), [{"pseudonym": whose, **begun} for whose in pseudonyms])
            for number in range(answers_each):
                step, is_text = f"step{number}", number == answers_each - 1
                rows = [
                    {
                        "pseudonym": whose, "scope": "arbeit", "step": step, "codes": "own", "language": "de",
                        "wording": "h", "week": WEEK, "review": "released" if is_text else None,
                        "released_sealed": self.keys.seal_respondent(
                            words, contexts.released(whose, "arbeit", step)
                        ) if is_text else None,
                    }
                    for whose in pseudonyms
                ]  # fmt: skip
                connection.execute(insert(answer), rows)

    def release_everything(self) -> None:
        """Let staff release every text as it is."""
        with self.database.transaction() as connection:
            for place in review.list_waiting(connection):
                text = review.find_waiting(connection, self.keys, place)
                assert text is not None
                assert review.release(connection, self.keys, text, text.words)


def read_rows(file: Path) -> list[list[str]]:
    """Read a file of the export the way a spreadsheet does, heading first."""
    written = file.read_bytes()
    assert written.startswith(b"\xef\xbb\xbf")
    assert written.count(b"\n") == written.count(b"\r\n") == written.count(b"\r")
    return list(csv.reader(written.decode("utf-8-sig").splitlines(), delimiter=";"))
