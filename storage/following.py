"""Followed themes (`FollowedTheme`): who wants to hear what becomes of a measure or goal.

They hang on the contact, by a consent of their own, and say nothing about what else somebody answered.
This module must not know any word, nor a pseudonym.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sqlalchemy import Connection, and_, bindparam, delete, func, select, update

from conversations.person import Consent
from storage.stations import newest_id
from storage.tables import contact, followed_theme, station
from storage.upserts import insert_or_keep

_THEMES = select(followed_theme.c.theme).where(followed_theme.c.contact_id == bindparam("key"))
_FOLLOW = insert_or_keep(followed_theme, ("contact_id", "theme"))
_UNFOLLOW = delete(followed_theme).where(
    followed_theme.c.contact_id == bindparam("key"),
    followed_theme.c.theme.in_(bindparam("unwanted", expanding=True)),
)
_FORGET = delete(followed_theme).where(followed_theme.c.contact_id == bindparam("key"))
_CHANGE = update(contact).where(contact.c.id == bindparam("key"))
# The newest station of what somebody follows, next to the last one they were told of.
_PENDING = (
    select(func.max(station.c.id) > contact.c.told_station)
    .select_from(
        contact.join(followed_theme, followed_theme.c.contact_id == contact.c.id).join(
            station, station.c.theme == followed_theme.c.theme
        )
    )
    .where(contact.c.id == bindparam("key"))
    .group_by(contact.c.id, contact.c.told_station)
)
_COUNTS = (
    select(followed_theme.c.theme, func.count().label("people"))
    .select_from(followed_theme.join(contact, contact.c.id == followed_theme.c.contact_id))
    .where(and_(contact.c.language.is_not(None), contact.c.has_stopped.is_(False)))
    .group_by(followed_theme.c.theme)
)


def load_followed(connection: Connection, contact_id: str) -> frozenset[str]:
    """Load what a contact follows."""
    return frozenset(connection.execute(_THEMES, {"key": contact_id}).scalars())


def set_follow_consent(connection: Connection, contact_id: str, consent: Consent | None) -> None:
    """Note the consent (Einwilligung) to be told of followed themes."""
    _change(
        connection,
        contact_id,
        follow_consent_version=None if consent is None else consent.version,
        follow_consent_language=None if consent is None else consent.language,
        follow_consent_day=None if consent is None else consent.day,
    )


def follow(connection: Connection, contact_id: str, themes: Collection[str]) -> None:
    """Add themes; a second time changes nothing.

    What is known already is told to nobody, unless something else is still to be told.
    """
    if not connection.execute(_PENDING, {"key": contact_id}).scalar():
        _change(connection, contact_id, told_station=newest_id(connection))
    rows = [{"contact_id": contact_id, "theme": theme} for theme in sorted(themes)]
    for row in rows:
        connection.execute(_FOLLOW.of(connection), row)


def unfollow(connection: Connection, contact_id: str, themes: Collection[str]) -> None:
    """Take themes away, also such as were never there. With the last one everything about it goes."""
    connection.execute(_UNFOLLOW, {"key": contact_id, "unwanted": sorted(themes)})
    if not load_followed(connection, contact_id):
        end_following(connection, contact_id)


def end_following(connection: Connection, contact_id: str) -> None:
    """Take every theme away, the consent with it, and which news they know.

    The day of the last message stays: whoever begins anew gets no second one within the month.
    """
    connection.execute(_FORGET, {"key": contact_id})
    set_follow_consent(connection, contact_id, None)
    _change(connection, contact_id, told_station=0)


def count_followers(connection: Connection) -> Mapping[str, int]:
    """Count the people who would hear of each theme; those whom nobody follows are left out."""
    return {row.theme: int(row.people) for row in connection.execute(_COUNTS)}


def _change(connection: Connection, contact_id: str, **values: object) -> None:
    connection.execute(_CHANGE, {"key": contact_id, **values})
