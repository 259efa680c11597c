"""The town file `town.toml`: contacts, names, dates, and the first programme of forums and council.

Facts that only the town can give start as open placeholders in the marks ‹…›; `Town.open_facts`
names those still open. Python's reader of TOML gives no lines, so they are looked up in the
text. This module must not know what the facts are used for.
"""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from conversations.languages import LANGUAGES
from conversations.mistakes import Mistakes, suggest
from conversations.programme import Council, Forum, Meeting, Programme, Support, Town

#: Facts in words, by their table. Each is the name of a gap in the texts.
TOWN_FACTS = ("org", "official_url", "alt_channel", "youth_contact", "contact_line", "advice_line")
PRIVACY_FACTS = (
    "change_line",
    "controller_name",
    "controller_address",
    "controller_email",
    "controller_phone",
    "dpo_contact",
    "unit_name",
    "processor_name",
    "telegram_entity",
    "lfdi_contact",
    "imprint",
)
PRIVACY_DATES = ("pn_date", "freeze_date", "delete_date")
PRIVACY_NUMBERS = ("voice_days", "backup_days")
#: Every gap that the town file fills.
TOWN_GAPS = frozenset({*TOWN_FACTS, *PRIVACY_FACTS, *PRIVACY_DATES, *PRIVACY_NUMBERS, "pn_version"})
#: Facts that may be empty.
OPTIONAL_FACTS = frozenset({"change_line"})
#: The marks of a fact that is still to be filled in.
OPEN_MARKS = ("‹", "›")

_TABLES = ("town", "privacy", "forums", "council")
_PRIVACY_KEYS = ("pn_version", *PRIVACY_FACTS, *PRIVACY_DATES, *PRIVACY_NUMBERS)
_MEETING_KEYS = ("starts", "ends", "place", "address")
_FORUM_KEYS = (
    *_MEETING_KEYS,
    "seats",
    "childcare",
    "step_free",
    "interpreting",
    "map_url",
    "opens",
    "closes",
)
_COUNCIL_KEYS = (*_MEETING_KEYS, "agenda_url", "question_time", "draft_day", "decided_day")
_TIMEZONE = "Europe/Berlin"
_WEB_ADDRESS = re.compile(r"https?://[\w.-]+\.[a-z]{2,}(?::\d+)?(?:/[^\s<>\"]*)?", re.IGNORECASE)
_SYNTAX_LINE = re.compile(r"\(at line (\d+), column \d+\)|\(at end of document\)")
_TABLE = re.compile(r"\s*\[\s*([\w.\"-]+)\s*\]")
_KEY = re.compile(r"\s*([\w\"-]+)\s*=")
_NUMBER_MAX = 365
#: More seats than any hall of the town has.
_SEATS_MAX = 10_000


def parse_town(text: str, filename: str) -> tuple[Town, Programme]:
    """Read the town file. Raises: ContentError with every mistake in the file."""
    mistakes = Mistakes(filename)
    try:
        data = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
        found = _SYNTAX_LINE.search(str(error))
        line = int(found[1]) if found and found[1] else max(1, text.count("\n"))
        reason = _SYNTAX_LINE.sub("", str(error)).strip() or "too deep"
        mistakes.add(line, f"The file cannot be read here: {reason}. Check quotation marks and dates.")
        mistakes.raise_any()
        raise
    reader = _Reader(data, find_lines(text), mistakes)
    town, programme = reader.town(), reader.programme()
    mistakes.raise_any()
    return town, programme


class _Reader:
    """Takes typed values out of the tables and notes what is wrong with them."""

    def __init__(self, data: Mapping[str, Any], lines: Mapping[str, int], mistakes: Mistakes) -> None:
        self._data = data
        self._lines = lines
        self._mistakes = mistakes
        for name in data:
            if name not in _TABLES:
                self._add(name, f"There is no block “{name}”.{suggest(name, _TABLES)}")

    def town(self) -> Town:
        town = self._table("town", TOWN_FACTS, TOWN_FACTS)
        privacy = self._table("privacy", _PRIVACY_KEYS, _PRIVACY_KEYS)
        facts = {name: self._words(town, "town", name) for name in TOWN_FACTS}
        facts |= {name: self._words(privacy, "privacy", name) for name in PRIVACY_FACTS}
        notice, freeze, delete = (self._date(privacy, name) for name in PRIVACY_DATES)
        if dt.date.min < delete < freeze:
            self._add("privacy.delete_date", "“delete_date” lies before “freeze_date”.")
        voice_days, backup_days = (self._number(privacy, name) for name in PRIVACY_NUMBERS)
        return Town(
            facts=MappingProxyType(facts),
            freeze_date=freeze,
            delete_date=delete,
            notice_date=notice,
            notice_version=self._words(privacy, "privacy", "pn_version"),
            voice_days=voice_days,
            backup_days=backup_days,
            open_facts=tuple(
                name for name, words in facts.items() if any(mark in words for mark in OPEN_MARKS)
            ),
        )

    def programme(self) -> Programme:
        forums = self._data.get("forums", {})
        if not isinstance(forums, dict):
            self._add("forums", "“forums” must consist of blocks such as [forums.arbeit].")
            forums = {}
        found = {name: self._forum(value, f"forums.{name}") for name, value in forums.items()}
        return Programme(MappingProxyType(found), self._council(self._data.get("council", {})), _TIMEZONE)

    def _forum(self, value: object, path: str) -> Forum:
        table = self._block(value, path, _FORUM_KEYS)
        opens, closes = (self._optional_date(table, path, key) for key in ("opens", "closes"))
        if opens is not None and closes is not None and closes < opens:
            self._add(f"{path}.closes", "“closes” lies before “opens”.")
        return Forum(
            self._meeting(table, path),
            support=Support(
                self._yes_or_no(table, path, "childcare"),
                self._yes_or_no(table, path, "step_free"),
                self._languages(table, path),
            ),
            seats=self._seats(table, path),
            map_url=self._address(table, path, "map_url"),
            opens=opens,
            closes=closes,
        )

    def _council(self, value: object) -> Council:
        path = "council"
        table = self._block(value, path, _COUNCIL_KEYS)
        return Council(
            self._meeting(table, path),
            agenda_url=self._address(table, path, "agenda_url"),
            has_question_time=self._yes_or_no(table, path, "question_time"),
            draft_day=self._optional_date(table, path, "draft_day"),
            decided_day=self._optional_date(table, path, "decided_day"),
        )

    def _block(self, value: object, path: str, known: Sequence[str]) -> Mapping[str, Any]:
        if not isinstance(value, dict):
            self._add(path, f"“{path}” must be a block: [{path}].")
            return {}
        self._refuse_unknown(value, path, known)
        return value

    def _meeting(self, table: Mapping[str, Any], path: str) -> Meeting | None:
        """Read when and where. None while the date is open: then none of it is given."""
        if not any(key in table for key in _MEETING_KEYS):
            return None
        starts = self._moment(table, path, "starts")
        ends = self._moment(table, path, "ends") if "ends" in table else None
        place = self._words(table, path, "place")
        address = self._words(table, path, "address") if "address" in table else ""
        if starts is None:
            return None
        if ends is not None and ends <= starts:
            self._add(f"{path}.ends", "“ends” must be later than “starts”.")
        return Meeting(starts, place, ends, address)

    def _yes_or_no(self, table: Mapping[str, Any], path: str, key: str) -> bool:
        value = table.get(key, False)
        if not isinstance(value, bool):
            self._add(f"{path}.{key}", f"“{key}” must be true or false, without quotation marks.")
            return False
        return value

    def _seats(self, table: Mapping[str, Any], path: str) -> int | None:
        value = table.get("seats")
        if value is None:
            return None
        if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= _SEATS_MAX:
            return value
        self._add(f"{path}.seats", f"“seats” must be a whole number from 1 to {_SEATS_MAX}.")
        return None

    def _languages(self, table: Mapping[str, Any], path: str) -> tuple[str, ...]:
        value = table.get("interpreting", [])
        known = [language.code for language in LANGUAGES]
        if not isinstance(value, list) or any(code not in known for code in value):
            message = '“interpreting” must be a list of codes such as ["ar"]. Known are: '
            self._add(f"{path}.interpreting", f"{message}{', '.join(known)}.")
            return ()
        return tuple(value)

    def _address(self, table: Mapping[str, Any], path: str, key: str) -> str:
        value = table.get(key, "")
        if not isinstance(value, str) or (value and not is_web_address(value)):
            self._add(f"{path}.{key}", f"“{key}” must be a web address that begins with https://.")
            return ""
        return value

    def _optional_date(self, table: Mapping[str, Any], path: str, key: str) -> dt.date | None:
        value = table.get(key)
        if value is None or (isinstance(value, dt.date) and not isinstance(value, dt.datetime)):
            return value
        self._add(f"{path}.{key}", f"“{key}” must be a date without quotation marks, such as 2027-09-07.")
        return None

    def _table(self, name: str, known: Sequence[str], required: Sequence[str]) -> Mapping[str, Any]:
        table = self._data.get(name)
        if not isinstance(table, dict):
            self._add(name, f"The block [{name}] is missing.")
            return {}
        self._refuse_unknown(table, name, known)
        for key in required:
            if key not in table:
                self._add(name, f"The block [{name}] lacks the entry “{key}”.")
        return table

    def _refuse_unknown(self, table: Mapping[str, Any], path: str, known: Sequence[str]) -> None:
        for key in table:
            if key not in known:
                hint = suggest(key, known) or f" Known are: {', '.join(known)}."
                self._add(f"{path}.{key}", f"The block [{path}] has no entry “{key}”.{hint}")

    def _words(self, table: Mapping[str, Any], path: str, key: str) -> str:
        value = table.get(key)
        if value is None and path in _TABLES[:2]:
            return ""  # noted as missing already
        if not isinstance(value, str):
            self._add(f"{path}.{key}", f"“{key}” must be a text in quotation marks.")
            return ""
        if not value.strip() and key not in OPTIONAL_FACTS:
            self._add(f"{path}.{key}", f"“{key}” is empty. If it is not known yet, write ‹…›.")
        return value.strip()

    def _date(self, table: Mapping[str, Any], key: str) -> dt.date:
        value = table.get(key)
        if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
            return value
        if key in table:
            self._add(
                f"privacy.{key}", f"“{key}” must be a date without quotation marks, such as 2027-09-07."
            )
        return dt.date.min

    def _number(self, table: Mapping[str, Any], key: str) -> int:
        value = table.get(key)
        if isinstance(value, int) and not isinstance(value, bool) and 1 < value <= _NUMBER_MAX:
            return value
        if key in table:
            self._add(f"privacy.{key}", f"“{key}” must be a whole number from 2 to {_NUMBER_MAX}.")
        return _NUMBER_MAX

    def _moment(self, table: Mapping[str, Any], path: str, key: str) -> dt.datetime | None:
        value = table.get(key)
        if not isinstance(value, dt.datetime) or value.tzinfo is not None:
            where = f"{path}.{key}" if key in table else path
            self._add(where, f"“{key}” must be a day with a time, such as 2027-09-07T18:00:00.")
            return None
        if not 2000 <= value.year < 2100:
            self._add(f"{path}.{key}", f"“{key}” has a year that cannot be meant: {value.year}.")
            return None
        there = value.replace(tzinfo=ZoneInfo(_TIMEZONE))
        if there.astimezone(dt.UTC).astimezone(there.tzinfo) != there:
            self._add(f"{path}.{key}", f"“{key}” falls into the hour that summer time skips.")
        return there

    def _add(self, path: str, message: str) -> None:
        while path not in self._lines and "." in path:
            path = path.rpartition(".")[0]
        self._mistakes.add(self._lines.get(path, 1), message)


def is_web_address(words: str) -> bool:
    """Tell whether words are a web address that a phone can open."""
    return _WEB_ADDRESS.fullmatch(words) is not None


def find_lines(text: str) -> dict[str, int]:
    """Find the line of each block and each entry, by names such as `forums.arbeit.starts`."""
    lines: dict[str, int] = {}
    table, closing = "", ""
    for number, line in enumerate(text.split("\n"), start=1):
        if closing:
            closing = "" if closing in line else closing
        elif heading := _TABLE.match(line):
            table = heading[1].replace('"', "")
            lines.setdefault(table, number)
            lines.setdefault(table.partition(".")[0], number)
        elif key := _KEY.match(line):
            lines.setdefault(f"{table}.{key[1]}".strip(".").replace('"', ""), number)
            closing = next((sign for sign in ('"""', "'''") if line.count(sign) == 1), "")
    return lines
