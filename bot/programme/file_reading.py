"""What both kinds of programme file share: how they are decoded, and which field (Handlungsfeld) words name.

Must not know how a table or a calendar is built (`bot.programme.file_csv`, `bot.programme.file_ics`).
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Iterable, Mapping

from conversations.mistakes import Mistakes, suggest
from conversations.moments import YEARS

#: So many rows or events are read; a town has far fewer fields.
MOST_ENTRIES = 200
#: Longer names of places are a slip, such as a whole invitation in one cell.
LONGEST_WORDS = 300

_LONGEST_QUOTE = 40
#: Umlauts as UTF-8 has them. As Windows-1252 they would be “Ã¶”, which nobody writes.
_UTF8_UMLAUT = re.compile(rb"[\xc2\xc3][\x80-\xbf]")
_TRANSCRIPTIONS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})
_FORUM = "fachforum"
_PREFIX = re.compile(rf"^(?:{_FORUM}[\s:–-]+|forum_)", re.IGNORECASE)


def decode(raw: bytes) -> str:
    """Read UTF-8 or else Windows-1252, as Excel writes it. Raises: UnicodeDecodeError."""
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        if _UTF8_UMLAUT.search(raw):
            raise
    return raw.decode("cp1252")


def fold(words: str) -> str:
    """Make words comparable: case, spaces and the two ways to write an umlaut do not count.

    >>> fold(" Plätze ") == fold("PLAETZE")
    True
    """
    return " ".join(unicodedata.normalize("NFKC", words).casefold().split()).translate(_TRANSCRIPTIONS)


def tidy(words: str) -> str:
    """Put words on one line, without control characters."""
    spaced = " ".join(words.split())
    return "".join(sign for sign in spaced if unicodedata.category(sign) not in {"Cc", "Cs"})


def quote(words: str) -> str:
    """Quote words in a sentence, shortened.

    >>> quote("Stadthalle")
    '“Stadthalle”'
    """
    words = tidy(words)
    return f"“{words if len(words) <= _LONGEST_QUOTE else words[:_LONGEST_QUOTE] + '…'}”"


def find_time_problem(starts: dt.datetime, ends: dt.datetime | None) -> str:
    """Say what is wrong with the times of a meeting; '' when nothing is."""
    for moment in (starts, ends):
        if moment is not None and moment.year not in YEARS:
            return f"The year {moment.year} cannot be right."
    if ends is not None and ends.astimezone(dt.UTC) <= starts.astimezone(dt.UTC):
        return f"The end ({ends:%d.%m.%Y %H:%M}) must be later than the beginning ({starts:%d.%m.%Y %H:%M})."
    return ""


class Fields:
    """The fields by code and German name, and which of them the file has named so far."""

    def __init__(self, names: Mapping[str, str], mistakes: Mistakes) -> None:
        self._names = names
        self._mistakes = mistakes
        self._lines: dict[str, int] = {}
        self._codes = {fold(code): code for code in names}
        for code, name in names.items():
            self._codes.setdefault(fold(name), code)
        for word, code in _find_first_words(names):
            self._codes.setdefault(word, code)
        words = "|".join(re.escape(key) for key in sorted(self._codes, key=len, reverse=True))
        self._title = re.compile(rf"\b{_FORUM}[\s:–-]+({words})(?!\w)")

    @property
    def known(self) -> str:
        """The codes, as the end of a sentence."""
        return f" Known are: {', '.join(self._names)}."

    def find(self, words: str) -> str:
        """Find the field that words name, with or without “Fachforum”; '' when they name none."""
        words = tidy(words)
        found = self._codes.get(fold(words)) or self._codes.get(fold(_PREFIX.sub("", words)))
        return found or self.find_in_title(words)

    def find_in_title(self, title: str) -> str:
        """Find the one field whose forum a title names; '' for none, or for more than one."""
        found = {self._codes[match[1]] for match in self._title.finditer(fold(title))}
        return found.pop() if len(found) == 1 else ""

    def suggest(self, words: str) -> str:
        """Offer the field that misspelt words stand for, or all, as the end of a sentence."""
        words = _PREFIX.sub("", tidy(words))[:LONGEST_WORDS]
        return suggest(words, [*self._names, *self._names.values()]) or self.known

    def claim(self, code: str, line: int) -> None:
        """Note that a line names a field; a second one for the same field is a mistake."""
        first = self._lines.setdefault(code, line)
        if first != line:
            message = f"The field {quote(code)} stands in line {first} already. Each may come only once."
            self._mistakes.add(line, message)


def _find_first_words(names: Mapping[str, str]) -> Iterable[tuple[str, str]]:
    """Find the first word of each name, unless two names begin with the same."""
    firsts: dict[str, list[str]] = {}
    for code, name in names.items():
        if words := re.findall(r"\w+", fold(name)):
            firsts.setdefault(words[0], []).append(code)
    return [(word, codes[0]) for word, codes in firsts.items() if len(codes) == 1]
