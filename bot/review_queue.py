"""The command `mitreden review`: staff read waiting texts one by one, in a plain terminal.

Every step is a line of words and a typed letter, so it works without colours and with a
screen reader. A text is shown line by line behind a bar, with signs that nobody sees spelt
out, so that no text can pose as part of the queue. Nothing that people wrote is logged.
"""

from __future__ import annotations

import random
import re
import sys
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from bot.export_command import require_current
from conversations.content import Content
from conversations.languages import find_language
from storage import review
from storage.database import Database
from storage.export.codes import Codes
from storage.keyring import KeyRing, SealBrokenError
from storage.review import TextPlace, WaitingText

#: Asks with a prompt and returns the line typed; raises EOFError at the end of the input.
Ask = Callable[[str], str]
#: Shows a line.
Say = Callable[[str], None]

#: Stands for words that staff have taken out. It does not tell how long they were.
REDACTED = "[…]"
#: A shorter word is taken out only where it stands alone: "Ali" must not hit "Qualität".
SHORTEST_PART_CHARS = 4
#: Zero-width joiners are part of ordinary Persian and Hindi words and of emoji.
_JOINERS = "\u200c\u200d"
_LINE = re.compile("\r\n|[\n\r\x0b\x0c\x85\u2028\u2029]")

_WORDS: dict[str, dict[str, str]] = {
    "de": {
        "empty": "Keine offenen Texte.",
        "position": "Text {i} von {n}",
        "field": "Thema: {field}",
        "question": "Frage: {question}",
        "language": "Sprache: {language}",
        "text": "Text:",
        "redacted": "Text mit Schwärzungen:",
        "keys": "[f]reigeben, [s]chwärzen, [l]öschen, [ü]berspringen (oder [n]), [q] beenden: ",
        "keys_redacted": "[f]reigeben, [s]chwärzen, [z]urücksetzen, [l]öschen, [ü]berspringen (oder [n]),"
        " [q] beenden: ",
        "unknown": "Bitte einen der Buchstaben in Klammern eingeben.",
        "which": "Welche Wörter? Mehrere mit Komma trennen, leer lassen zum Abbrechen: ",
        "not_there": "Kommt im Text nicht vor: {words}",
        "nothing_left": "Es ist kein Wort übrig. Bitte löschen Sie den Text oder setzen Sie ihn zurück.",
        "really": "Text endgültig löschen? Die gewählte Antwort bleibt. [j]a, [n]ein: ",
        "yes": "j",
        "released": "Freigegeben.",
        "deleted": "Gelöscht.",
        "skipped": "Übersprungen.",
        "changed": "Die Person hat den Text inzwischen geändert oder gelöscht. Nichts wurde gespeichert.",
        "broken": "Dieser Text lässt sich nicht öffnen: Die Schlüsseldatei passt nicht zur Datenbank.",
        "voices": "Sprachnachrichten, die warten: {n}. Zum Anhören: mitreden review --voices ORDNER",
        "outcome": "Freigegeben: {released}. Gelöscht: {deleted}. Übersprungen: {skipped}. Offen: {left}.",
    },
    "en": {
        "empty": "No texts are waiting.",
        "position": "Text {i} of {n}",
        "field": "Topic: {field}",
        "question": "Question: {question}",
        "language": "Language: {language}",
        "text": "Text:",
        "redacted": "Text as redacted:",
        "keys": "[r]elease, [b]lack out, [d]elete, [s]kip (or [n]), [q]uit: ",
        "keys_redacted": "[r]elease, [b]lack out, [u]ndo, [d]elete, [s]kip (or [n]), [q]uit: ",
        "unknown": "Please type one of the letters in brackets.",
        "which": "Which words? Put commas between several, leave empty to go back: ",
        "not_there": "Not in the text: {words}",
        "nothing_left": "No word is left. Please delete the text or undo.",
        "really": "Delete the text for good? The option chosen stays. [y]es, [n]o: ",
        "yes": "y",
        "released": "Released.",
        "deleted": "Deleted.",
        "skipped": "Skipped.",
        "changed": "The person has changed or deleted the text meanwhile. Nothing was saved.",
        "broken": "This text cannot be opened. The key file belongs to another database.",
        "voices": "Voice messages waiting: {n}. To listen: mitreden review --voices FOLDER",
        "outcome": "Released: {released}. Deleted: {deleted}. Skipped: {skipped}. Waiting: {left}.",
    },
}
LANGUAGES = tuple(_WORDS)


class Choice(StrEnum):
    """What staff can do with a text."""

    RELEASE = "release"
    REDACT = "redact"
    UNDO = "undo"
    DELETE = "delete"
    SKIP = "skip"
    QUIT = "quit"


_LETTERS: dict[str, dict[str, Choice]] = {
    "de": {
        "f": Choice.RELEASE,
        "s": Choice.REDACT,
        "z": Choice.UNDO,
        "l": Choice.DELETE,
        "ü": Choice.SKIP,
        "n": Choice.SKIP,
        "q": Choice.QUIT,
    },
    "en": {
        "r": Choice.RELEASE,
        "b": Choice.REDACT,
        "u": Choice.UNDO,
        "d": Choice.DELETE,
        "s": Choice.SKIP,
        "n": Choice.SKIP,
        "q": Choice.QUIT,
    },
}


@dataclass(slots=True)
class ReviewOutcome:
    """What was done with the texts."""

    released: int = 0
    deleted: int = 0
    skipped: int = 0


class _QuitError(Exception):
    """Staff want to stop."""


def run_review(
    database: Database,
    keys: KeyRing,
    content: Content,
    *,
    language: str = "de",
    ask: Ask = input,
    say: Say | None = None,
    rng: random.Random | None = None,
) -> ReviewOutcome:
    """Go through the waiting texts until there are none left or staff stop.

    `language` is `de` or `en`. What is decided is stored at once. Raises: SchemaError,
    DatabaseUnreachableError.
    """
    require_current(database)
    return _Queue(database, keys, content, language, ask, say or _say).run(rng)


class _Queue:
    def __init__(
        self, database: Database, keys: KeyRing, content: Content, language: str, ask: Ask, say: Say
    ) -> None:
        self._database, self._keys, self._ask, self._print = database, keys, ask, say
        self._content, self._codes = content, Codes(content)
        self._words, self._letters = _WORDS[language], _LETTERS[language]
        self._outcome = ReviewOutcome()

    def run(self, rng: random.Random | None) -> ReviewOutcome:
        with self._database.reading() as connection:
            places = review.list_waiting(connection, rng)
            voices = review.count_reviews(connection).voices
        if voices:
            self._say("voices", n=voices)
        if not places:
            self._say("empty")
            return self._outcome
        try:
            for number, place in enumerate(places, start=1):
                self._show_next(place, number, len(places))
        except (_QuitError, EOFError, KeyboardInterrupt):
            self._print("")
        with self._database.reading() as connection:
            left = review.count_reviews(connection).texts
        done = self._outcome
        self._say("outcome", released=done.released, deleted=done.deleted, skipped=done.skipped, left=left)
        return done

    def _show_next(self, place: TextPlace, number: int, count: int) -> None:
        try:
            with self._database.reading() as connection:
                text = review.find_waiting(connection, self._keys, place)
        except SealBrokenError:
            self._say("broken")
            self._outcome.skipped += 1
            return
        self._print("")
        self._say("position", i=number, n=count)
        if text is None:
            self._say("changed")
            return
        language = find_language(text.language)
        self._say("field", field=self._field_name(text.scope))
        self._say("question", question=" ".join(self._codes.question(text.step).split()))
        self._say("language", language=text.language if language is None else language.latin_name)
        self._show("text", text.words)
        self._decide(text)

    def _decide(self, text: WaitingText) -> None:
        """Ask until the text is released, deleted or passed over."""
        words = text.words
        while True:
            is_redacted = words != text.words
            choice = self._letters.get(self._read("keys_redacted" if is_redacted else "keys"))
            match choice:
                case Choice.RELEASE if words.replace(REDACTED, "").strip() == "":
                    self._say("nothing_left")
                case Choice.RELEASE:
                    return self._release(text, words)
                case Choice.REDACT:
                    words = self._redact(words)
                case Choice.UNDO if is_redacted:
                    words = text.words
                    self._show("text", words)
                case Choice.DELETE:
                    if self._read("really") == self._words["yes"]:
                        return self._delete(text)
                case Choice.SKIP:
                    self._outcome.skipped += 1
                    return self._say("skipped")
                case Choice.QUIT:
                    raise _QuitError
                case _:
                    self._say("unknown")

    def _release(self, text: WaitingText, words: str) -> None:
        with self._database.transaction() as connection:
            is_done = review.release(connection, self._keys, text, words)
        self._outcome.released += is_done
        self._say("released" if is_done else "changed")

    def _delete(self, text: WaitingText) -> None:
        with self._database.transaction() as connection:
            is_done = review.delete_words(connection, text)
        self._database.truncate_wal()
        self._outcome.deleted += is_done
        self._say("deleted" if is_done else "changed")

    def _redact(self, words: str) -> str:
        asked = [part.strip() for part in self._ask(self._words["which"]).split(",")]
        missing = []
        for phrase in filter(None, asked):
            redacted = redact(words, phrase)
            if redacted == words:
                missing.append(phrase)
            words = redacted
        if missing:
            self._say("not_there", words=", ".join(missing))
        self._show("redacted", words)
        return words

    def _field_name(self, scope: str) -> str:
        field = self._codes.field_of(scope)
        flow = self._content.find_field(field)
        return field if flow is None or flow.name is None else self._codes.german(flow.name)

    def _show(self, heading: str, words: str) -> None:
        self._say(heading)
        for line in show_safely(words):
            self._print(f"  | {line}")

    def _read(self, prompt: str) -> str:
        # Some keyboards send the umlaut in two parts.
        return unicodedata.normalize("NFC", self._ask(self._words[prompt])).strip().lower()

    def _say(self, key: str, **gaps: str | int) -> None:
        self._print(self._words[key].format(**gaps))


def redact(words: str, phrase: str) -> str:
    """Take every occurrence of a phrase out of a text, and the whole words it stands in.

    Capitals do not matter. A phrase of less than four characters is taken out only where it
    stands alone.

    >>> redact("Frau Meier wohnt bei Meiers.", "meier")
    'Frau […] wohnt bei […].'
    """
    wanted = r"\s+".join(re.escape(part) for part in phrase.split())
    if not wanted:
        return words
    around = r"\w*" if len(phrase.strip()) >= SHORTEST_PART_CHARS else ""
    pattern = rf"(?<!\w){around}{wanted}{around}(?!\w)"
    return re.sub(pattern, REDACTED, words, flags=re.IGNORECASE)


def show_safely(words: str) -> list[str]:
    r"""Split a text into lines, with signs that steer a terminal or the eye spelt out.

    >>> show_safely("a\nb\x1b[2J\u202e")
    ['a', 'b<U+001B>[2J<U+202E>']
    """
    return ["".join(map(_spell, line)) for line in _LINE.split(words)]


def _spell(character: str) -> str:
    if unicodedata.category(character).startswith("C") and character not in _JOINERS:
        return f"<U+{ord(character):04X}>"
    return character


def _say(line: str) -> None:
    """Write a line, in whatever characters the terminal knows."""
    encoding = sys.stdout.encoding or "utf-8"
    sys.stdout.write(line.encode(encoding, "backslashreplace").decode(encoding) + "\n")
    sys.stdout.flush()
