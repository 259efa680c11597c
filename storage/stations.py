"""Stations (Stand einer Maßnahme) as the staff have recorded them. They belong to nobody.

The one recorded last is how a theme stands, whatever its day: so a mistake is mended by recording anew.
This module must not know who wants to hear of them (`storage.following`), nor any word.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, Row, bindparam, func, insert, select

from conversations.stations import Station, StationCode, StationReason
from storage.tables import station

_CREATE = insert(station).returning(station.c.id)
_ALL = select(station).order_by(station.c.id.desc())
_NEWEST_OF_EACH = select(station).where(
    station.c.id.in_(select(func.max(station.c.id)).group_by(station.c.theme))
)
_NEWEST_ID = select(func.max(station.c.id))
_NEWEST_ID_OF = _NEWEST_ID.where(station.c.theme == bindparam("of_theme"))


def record(connection: Connection, new: Station) -> int:
    """Record how a theme stands, and return the number of the station."""
    values = {
        "theme": new.theme,
        "code": new.code.value,
        "reason": None if new.reason is None else new.reason.value,
        "url": new.url,
        "day": new.day,
    }
    return int(connection.execute(_CREATE, values).scalar_one())


def list_stations(connection: Connection) -> tuple[Station, ...]:
    """List everything that was ever recorded, the newest first."""
    return tuple(_read(row) for row in connection.execute(_ALL))


def load_newest(connection: Connection) -> Mapping[str, Station]:
    """Load how each theme stands that has a station, by theme."""
    return {row.theme: _read(row) for row in connection.execute(_NEWEST_OF_EACH)}


def newest_id(connection: Connection) -> int:
    """Return the number of the station recorded last; 0 where there is none."""
    return int(connection.execute(_NEWEST_ID).scalar_one() or 0)


def newest_id_of(connection: Connection, theme: str) -> int:
    """Return the number of the newest station of a theme; 0 where it has none."""
    return int(connection.execute(_NEWEST_ID_OF, {"of_theme": theme}).scalar_one() or 0)


def _read(row: Row[tuple[object, ...]]) -> Station:
    reason = None if row.reason is None else StationReason(row.reason)
    return Station(row.theme, StationCode(row.code), reason, row.url, row.day)
