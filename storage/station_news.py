"""News of stations on their way into the outbox: who is to be told that something is new.

A page costs the same however many people there are: it goes on behind the last contact of the page before,
and asks for the themes of all its people at once. Nobody is told more than once a calendar month. The words
come later, when each message is sent (`bot.station_pushes`). This module must not know any word.
"""

from __future__ import annotations

import calendar
import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass

from sqlalchemy import Connection, and_, bindparam, func, or_, select, update

from conversations.reminders import after_quiet
from storage import contexts
from storage.keyring import KeyRing, SealBrokenError
from storage.outbox import OutboxMessage, put_new
from storage.stations import newest_id
from storage.tables import contact, followed_theme, station
from storage.vocabulary import Lane, OutboxKind

#: The entry of the body by which such a message is known; its value are the themes with news.
STATIONS = "stations"

# A scalar subquery and no EXISTS, which PostgreSQL makes a join of: see `storage.audience`.
_NEWEST_FOLLOWED = (
    select(func.max(station.c.id))
    .select_from(followed_theme.join(station, station.c.theme == followed_theme.c.theme))
    .where(followed_theme.c.contact_id == contact.c.id)
    .scalar_subquery()
)
_WANTS_NEWS = and_(
    contact.c.follow_consent_day.is_not(None),
    contact.c.language.is_not(None),
    contact.c.has_stopped.is_(False),
)
_A_MONTH_AGO = or_(contact.c.told_day.is_(None), contact.c.told_day <= bindparam("month_ago"))
_DUE = (
    select(contact.c.id, contact.c.chat_sealed, contact.c.told_station)
    .where(
        contact.c.id > bindparam("behind"),
        _WANTS_NEWS,
        _A_MONTH_AGO,
        contact.c.told_station < _NEWEST_FOLLOWED,
    )
    .order_by(contact.c.id)
    .limit(bindparam("most"))
)
_WAITING = select(
    func.count().label("people"),
    func.count(contact.c.told_day).label("told_before"),
    func.min(contact.c.told_day).label("first_day"),
).where(_WANTS_NEWS, contact.c.told_station < _NEWEST_FOLLOWED)
_NEWS = (
    select(followed_theme.c.contact_id, followed_theme.c.theme, func.max(station.c.id).label("newest"))
    .select_from(followed_theme.join(station, station.c.theme == followed_theme.c.theme))
    .where(followed_theme.c.contact_id.in_(bindparam("whose", expanding=True)))
    .group_by(followed_theme.c.contact_id, followed_theme.c.theme)
)
_TELL = update(contact).where(contact.c.id.in_(bindparam("whose", expanding=True)))


@dataclass(frozen=True, slots=True)
class DueForNews:
    """Somebody who is to be told, with the themes of which there is something new."""

    contact_id: str
    chat_sealed: bytes
    themes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NewsPage:
    """What one step of putting out has done. `behind` is where the next one goes on."""

    count: int
    behind: str
    finished: bool


def due_for_news(
    connection: Connection, now: dt.datetime, limit: int, behind: str = ""
) -> tuple[DueForNews, ...]:
    """Load the next people behind a contact id who are to be told. `now` is in the programme's time zone."""
    parameters = {"behind": behind, "most": limit, "month_ago": month_before(now.date())}
    people = connection.execute(_DUE, parameters).all()
    if not people:
        return ()
    news: dict[str, dict[str, int]] = defaultdict(dict)
    for row in connection.execute(_NEWS, {"whose": [person.id for person in people]}):
        news[row.contact_id][row.theme] = row.newest
    return tuple(
        DueForNews(
            person.id,
            person.chat_sealed,
            tuple(sorted(theme for theme, newest in news[person.id].items() if newest > person.told_station)),
        )
        for person in people
    )


def mark_told(connection: Connection, contact_ids: Iterable[str], station_id: int, day: dt.date) -> None:
    """Note that people know of every station up to this one, since a day."""
    connection.execute(_TELL, {"whose": sorted(contact_ids), "told_station": station_id, "told_day": day})


def put_out_news(
    connection: Connection, keys: KeyRing, now: dt.datetime, limit: int, behind: str = ""
) -> NewsPage:
    """Put the next page of news into the outbox, and note in the same transaction that it is told."""
    people = due_for_news(connection, now, limit, behind)
    if people:
        newest = newest_id(connection)
        put_new(connection, keys, _messages(keys, people, newest), now)
        mark_told(connection, (person.contact_id for person in people), newest, now.date())
    last = people[-1].contact_id if people else behind
    return NewsPage(len(people), last, finished=len(people) < limit)


def next_news_at(connection: Connection, now: dt.datetime) -> dt.datetime | None:
    """Tell when somebody is told something next, as of now. None: there is no news for anybody.

    Looks at everybody; `now` is in the programme's time zone.
    """
    waiting = connection.execute(_WAITING).one()
    if not waiting.people:
        return None
    if waiting.people > waiting.told_before or waiting.first_day <= month_before(now.date()):
        return after_quiet(now)
    day = max(waiting.first_day, now.date())
    while month_before(day) < waiting.first_day:
        day += dt.timedelta(days=1)
    return after_quiet(dt.datetime.combine(day, dt.time(), now.tzinfo))


def month_before(day: dt.date) -> dt.date:
    """Go back a calendar month; to its last day where it is shorter.

    >>> month_before(dt.date(2028, 3, 31)).isoformat(), month_before(dt.date(2028, 1, 5)).isoformat()
    ('2028-02-29', '2027-12-05')
    """
    year, month = (day.year, day.month - 1) if day.month > 1 else (day.year - 1, 12)
    return dt.date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def _messages(keys: KeyRing, people: Iterable[DueForNews], newest: int) -> Iterator[OutboxMessage]:
    """Address the news. Whose chat cannot be opened with these keys cannot be reached."""
    for person in people:
        with suppress(SealBrokenError):
            opened = keys.open_contact(person.chat_sealed, contexts.contact_chat(person.contact_id))
            yield OutboxMessage(
                purpose=f"{STATIONS}:{person.contact_id}:{newest}",
                chat_id=int(opened),
                contact_id=person.contact_id,
                kind=OutboxKind.MESSAGE,
                body={STATIONS: list(person.themes)},
                lane=Lane.BULK,
            )
