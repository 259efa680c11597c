"""Reads the cells of a table with the dates of the forums (Fachforen): times, yes and no, numbers, languages.

Each function takes the words of one cell. Must not know columns and lines (`bot.programme.file_csv`).
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Mapping

from babel import Locale

from bot.programme.file_reading import LONGEST_WORDS, fold, quote
from conversations.languages import LANGUAGES
from conversations.mistakes import suggest
from conversations.moments import (
    MomentError,
    OddYearError,
    RepeatedHourError,
    SkippedHourError,
    parse_day,
    parse_end,
    parse_moment,
)
from conversations.town_file import is_web_address

#: Also WAHR and FALSCH, as a German Excel writes what was ticked.
_YES = frozenset({"yes", "ja", "true", "wahr", "1", "x"})
_NO = frozenset({"no", "nein", "false", "falsch", "0", "-", ""})
#: More seats than any hall of the town has.
_SEATS_MAX = 10_000
_NUMBER = re.compile(r"[0-9]{1,5}")
_ZERO_SECONDS = re.compile(r"(\d:\d\d):00(?!\d)")
_BARE_HOUR = re.compile(r"(?<![\d:.])(\d{1,2})\s*Uhr$", re.IGNORECASE)
_TIME_WITH_OFFSET = re.compile(r"\d\d:\d\d(?:[+-]\d\d:\d\d|Z)")


class CellError(ValueError):
    """A cell that cannot be read. The message is one sentence for staff."""


def read_words(words: str) -> str:
    """Read the name of a place or an address. Raises: CellError."""
    if len(words) > LONGEST_WORDS:
        raise CellError(f"{quote(words)} is longer than {LONGEST_WORDS} characters.")
    return words


def read_moment(words: str, zone: dt.tzinfo) -> dt.datetime:
    """Read a day and a time. Raises: CellError."""
    written = _simplify_time(words)
    return _settle(
        lambda: parse_moment(written, zone),
        f"{quote(words)} is not a day and a time such as 07.09.2027 18:00.",
    )


def read_day(words: str) -> dt.date:
    """Read a day. Raises: CellError."""
    try:
        return parse_day(words)
    except MomentError:
        raise CellError(f"{quote(words)} is not a day such as 07.09.2027.") from None


def read_time(words: str, day: dt.date, zone: dt.tzinfo) -> dt.datetime:
    """Read the time of a day, which may carry an offset. Raises: CellError."""
    written = _simplify_time(words)
    if _TIME_WITH_OFFSET.fullmatch(written):
        moment = f"{day.isoformat()}T{written}"
    else:
        moment = f"{day.day}.{day.month}.{day.year:04} {written}"
    return _settle(
        lambda: parse_moment(moment, zone),
        f"{quote(words)} is not a time such as 18:00.",
        lambda choice: choice.isoformat("T", "minutes").partition("T")[2],
    )


def read_end(words: str, starts: dt.datetime) -> dt.datetime:
    """Read the end: a time of the same day, or a day and a time. Raises: CellError."""
    written = _simplify_time(words)
    return _settle(
        lambda: parse_end(written, starts),
        f"{quote(words)} is neither a time such as 20:30 nor a day and a time such as 07.09.2027 20:30.",
    )


def read_yes_or_no(words: str) -> bool:
    """Read a tick; nothing is no. Raises: CellError."""
    folded = fold(words)
    if folded not in _YES | _NO:
        raise CellError(f"{quote(words)} is neither yes (ja, x) nor no (nein, or nothing).")
    return folded in _YES


def read_seats(words: str) -> int | None:
    """Read how many can come; None for no limit. Raises: CellError."""
    if not words:
        return None
    if _NUMBER.fullmatch(words) and 1 <= int(words) <= _SEATS_MAX:
        return int(words)
    raise CellError(f"{quote(words)} is not a whole number from 1 to {_SEATS_MAX}.")


def read_web_address(words: str) -> str:
    """Read a web address, or nothing. Raises: CellError."""
    if words and (len(words) > LONGEST_WORDS or not is_web_address(words)):
        raise CellError(f"{quote(words)} is not a web address that begins with https://.")
    return words


def read_languages(words: str) -> tuple[str, ...]:
    """Read languages by code or name, between commas, slashes or spaces, as our codes. Raises: CellError."""
    codes: list[str] = []
    for part in re.split(r"[,;/]", words):
        codes += _read_spaced_languages(part.split())
    return tuple(dict.fromkeys(codes))


def _read_spaced_languages(words: list[str]) -> Iterable[str]:
    """Take the longest name each time: “Einfaches Deutsch” is one language."""
    start = 0
    while start < len(words):
        for end in range(min(len(words), start + _LONGEST_NAME), start, -1):
            if code := _LANGUAGE_CODES.get(fold(" ".join(words[start:end]))):
                yield code
                start = end
                break
        else:
            known = ", ".join(language.code for language in LANGUAGES)
            hint = suggest(words[start][:LONGEST_WORDS], _LANGUAGE_CODES) or f" Known are: {known}."
            raise CellError(f"There is no language {quote(words[start])}.{hint}")


def _name_languages() -> Mapping[str, str]:
    """Give every name of a language its code: own, Latin, German and English."""
    codes: dict[str, str] = {}
    for language in LANGUAGES:
        locale = Locale.parse(language.babel_locale)
        names = [language.code, language.own_name, language.latin_name]
        names += [locale.get_language_name(reader) or "" for reader in ("de", "en")]
        names += [*language.own_name.split(" / "), *language.latin_name.split(" / ")]  # one text, two names
        for name in filter(None, names):
            codes.setdefault(fold(name), language.code)
    return codes


_LANGUAGE_CODES = _name_languages()
_LONGEST_NAME = max(len(name.split()) for name in _LANGUAGE_CODES)


def _simplify_time(words: str) -> str:
    """Leave out the seconds that spreadsheets add, and write “18 Uhr” in full."""
    return _BARE_HOUR.sub(r"\1:00 Uhr", _ZERO_SECONDS.sub(r"\1", words))


def _settle(
    parse: Callable[[], dt.datetime],
    refusal: str,
    write: Callable[[dt.datetime], str] = lambda moment: moment.isoformat("T", "minutes"),
) -> dt.datetime:
    """Parse a moment and explain why there is none. Raises: CellError."""
    try:
        return parse()
    except SkippedHourError as error:
        raise CellError(
            f"{error.wall:%d.%m.%Y %H:%M} does not exist, because the clock is put forward over it."
            " Write another time."
        ) from None
    except RepeatedHourError as error:
        raise CellError(
            f"{error.first:%d.%m.%Y %H:%M} exists twice, because the clock is put back."
            f" Write {write(error.first)} for the first time or {write(error.second)} for the second."
        ) from None
    except OddYearError as error:
        raise CellError(f"The year {error.year} cannot be right.") from None
    except (MomentError, OverflowError):
        raise CellError(refusal) from None
