"""Stations (Stand einer Maßnahme): what became of a measure or goal since a day, in codes of every language.

Must not know which themes there are (`conversations.themes`), who wants to hear of one, nor the database.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

from conversations.screens import Block
from conversations.texts import Text, text

#: A longer link would take the room of other stations on a page.
URL_MAX_CHARS = 200


class StationCode(StrEnum):
    """How a theme stands. The values are stored: never change one."""

    DISCUSSED = "discussed"
    DRAFTED = "drafted"
    IN_PLAN = "in_plan"
    DECIDED = "decided"
    STARTED = "started"
    DONE = "done"
    NOT_TAKEN = "not_taken"


class StationReason(StrEnum):
    """Why a theme is not taken up. The values are stored: never change one."""

    MONEY = "money"
    OTHER_BODY = "other_body"
    EXISTS = "exists"
    LATER = "later"


@dataclass(frozen=True, slots=True)
class Station:
    """How a theme stands since a day. A reason stands with `not_taken`, and only there.

    Raises: ValueError where that does not hold.
    """

    theme: str
    code: StationCode
    reason: StationReason | None
    url: str
    day: dt.date

    def __post_init__(self) -> None:
        if (self.code is StationCode.NOT_TAKEN) != (self.reason is not None):
            raise ValueError("not_taken needs a reason, and nothing else has one")


def station_words(code: StationCode, reason: StationReason | None) -> Text:
    """Say how something stands, in the words of people."""
    if reason is None:
        return text(f"station.{code.value}")
    return text(f"station.{code.value}", reason=text(f"station.reason_{reason.value}"))


def station_block(theme: Text, station: Station) -> Block:
    """Show a theme, in its words, and how it stands, since when, and where to read more."""
    words = station_words(station.code, station.reason)
    lines = (
        text("station.title", theme=theme, station=words),
        text("results.since", date=station.day),
    )
    return lines if not station.url else (*lines, text("results.more", url=station.url))


def waiting_block(theme: Text) -> Block:
    """Show a followed theme of which nothing is known yet."""
    return (text("results.waiting", theme=theme),)
