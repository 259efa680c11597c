"""Stations in words for the command line: English sentences around the German words that people read.

Must not know the database.
"""

from __future__ import annotations

import datetime as dt
import difflib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bot.settings import StartError
from conversations.content import Content
from conversations.stations import URL_MAX_CHARS, Station, StationCode, StationReason
from conversations.themes import field_of, list_every_theme, list_themes, theme_words
from conversations.town_file import is_web_address


def read_theme(content: Content, words: str) -> str:
    """Read the code of a theme. Raises: StartError, with the nearest code there is."""
    themes = list_every_theme(content)
    if words in themes:
        return words
    options = {theme.partition(".")[2]: theme for theme in reversed(themes)}
    near = difflib.get_close_matches(words, themes, 1) or [
        options[code] for code in difflib.get_close_matches(words, options, 1)
    ]
    meant = f" Did you mean “{near[0]}”?" if near else ""
    raise StartError(f"There is no theme “{words}”.{meant} All of them: mitreden station themes")


def read_station(
    theme: str, code: str, *, reason: str | None, link: str, day: dt.date, today: dt.date
) -> Station:
    """Put a station together from what is given. Raises: StartError."""
    if code not in list(StationCode):
        raise StartError(f"There is no status “{code}”. Known are: {', '.join(StationCode)}.")
    if reason is not None and reason not in list(StationReason):
        raise StartError(f"There is no reason “{reason}”. Known are: {', '.join(StationReason)}.")
    is_refused = code == StationCode.NOT_TAKEN
    if is_refused and reason is None:
        raise StartError(f"Say why it is not taken up: --reason {'|'.join(StationReason)}.")
    if not is_refused and reason is not None:
        raise StartError(f"Only {StationCode.NOT_TAKEN} has a reason; leave --reason out.")
    link = link.strip()
    if link and not is_web_address(link):
        raise StartError(f"“{link}” is no web address. It begins with https://")
    if len(link) > URL_MAX_CHARS:
        raise StartError(f"The link has {len(link)} letters; at most {URL_MAX_CHARS}.")
    if day > today:
        raise StartError(f"The day {day:%d.%m.%Y} has not come yet.")
    return Station(theme, StationCode(code), None if reason is None else StationReason(reason), link, day)


def read_fields(content: Content, field_code: str | None) -> tuple[str, ...]:
    """Read the code of a field; without one all are meant. Raises: StartError."""
    if field_code is None:
        return content.field_codes
    if field_code not in content.field_codes:
        raise StartError(f"There is no field “{field_code}”. Known are: {', '.join(content.field_codes)}.")
    return (field_code,)


def say_theme(content: Content, theme: str) -> str:
    """Say a theme in German; by its code where it is gone from the content."""
    if field_of(content, theme) is None:
        return f"({theme} is no theme any more)"
    return content.texts[theme_words(content, theme).key].snapshot


def say_station(content: Content, station: Station) -> str:
    """Say how a theme stands, in the German words that people read."""
    reason = "" if station.reason is None else content.texts[f"station.reason_{station.reason}"].snapshot
    words = content.texts[f"station.{station.code}"].snapshot.replace("{reason}", reason)
    link = f", {station.url}" if station.url else ""
    return f"{words} (since {station.day:%d.%m.%Y}{link})"


def say_followers(count: int) -> str:
    """Say how many people hear of it."""
    return "1 person follows it" if count == 1 else f"{count} people follow it"


def station_lines(content: Content, stations: Sequence[Station]) -> Iterator[str]:
    """Write stations, a theme and its status on two lines each."""
    for station in stations:
        yield f"{station.theme}: {say_theme(content, station.theme)}"
        yield f"  {say_station(content, station)}"
    if not stations:
        yield "No station is recorded."


def theme_lines(
    content: Content,
    fields: Sequence[str],
    newest: Mapping[str, Station],
    followers: Mapping[str, int],
) -> Iterator[str]:
    """Write the themes of fields, with how many follow each and how it stands."""
    for code in fields:
        flow = content.find_field(code)
        name = "" if flow is None or flow.name is None else content.texts[flow.name].snapshot
        yield f"{code}: {name}"
        for theme in list_themes(content, code):
            stands = say_station(content, newest[theme]) if theme in newest else "no station yet"
            yield f"  {theme}: {say_theme(content, theme)}"
            yield f"    {say_followers(followers.get(theme, 0))}; {stands}"


def station_json(content: Content, station: Station) -> dict[str, Any]:
    """Write a station for a script."""
    return {
        "theme": station.theme,
        "field": field_of(content, station.theme),
        "code": station.code.value,
        "reason": None if station.reason is None else station.reason.value,
        "link": station.url,
        "day": station.day.isoformat(),
    }
