"""News of stations become words when they are sent: neutral, in the language of then, or not at all."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Connection

from bot.rendering import Renderer
from bot.station_pushes import StationPushes
from conversations.person import Consent
from storage import contacts, following
from storage.database import Database
from storage.keyring import KeyRing
from storage.sending import ClaimedMessage
from storage.station_news import STATIONS
from storage.vocabulary import Lane, OutboxKind
from tests.support.chat import plain, shipped_content
from tests.support.databases import ANNA, NOW, TODAY

MENTORS, HOMES, CLUBS = "arb_measure.job_mentors", "woh_measure.new_homes", "wer_measure.clubs"


@pytest.fixture
def pushes(keys: KeyRing) -> StationPushes:
    loaded = shipped_content()
    renderer = Renderer(loaded.content, loaded.catalogues)
    return StationPushes(loaded.content, loaded.catalogues, renderer, keys, lambda: NOW)


@pytest.fixture
def anna(sqlite_database: Database, keys: KeyRing) -> str:
    with sqlite_database.transaction() as connection:
        contact_id = contacts.create_contact(connection, keys, ANNA, today=TODAY).id
        contacts.set_language(connection, contact_id, "tr")
        following.set_follow_consent(connection, contact_id, Consent("1", "tr", TODAY))
        following.follow(connection, contact_id, [MENTORS, HOMES])
    return contact_id


def row(contact_id: str | None, *themes: str) -> ClaimedMessage:
    lease = NOW + dt.timedelta(minutes=1)
    return ClaimedMessage(
        1, 1, "stations:x:1", ANNA, contact_id, OutboxKind.MESSAGE, Lane.BULK, {STATIONS: list(themes)},
        1, False, lease, NOW,
    )  # fmt: skip


def compose(database: Database, pushes: StationPushes, claimed: ClaimedMessage) -> dict[str, Any] | None:
    with database.transaction() as connection:
        return pushes.compose(connection, claimed)


def test_the_fields_are_named_in_the_official_order_and_nothing_else(
    sqlite_database: Database, pushes: StationPushes, anna: str
) -> None:
    body = compose(sqlite_database, pushes, row(anna, HOMES, MENTORS, CLUBS))
    assert body is not None
    catalogue = shipped_content().catalogues.get("tr")
    names = f"{catalogue.find('field.arbeit')} · {catalogue.find('field.wohnen')}"
    assert plain(body["text"]) == catalogue.find("station.push").replace("{field_name}", names)
    assert catalogue.find("field.werte") not in body["text"], "that is not followed"
    assert [[data for _, data in each] for each in body["keyboard"]] == [
        ["m:results"], ["m:followed"], ["m:alloff"],
    ]  # fmt: skip


Deed = Callable[[Connection, str], object]
DEEDS: dict[str, Deed] = {
    "stopped": lambda connection, who: contacts.set_stopped(connection, who, stopped=True),
    "unfollowed": lambda connection, who: following.unfollow(connection, who, [MENTORS]),
    "gone": contacts.delete_contact,
    "a language that is not offered": lambda connection, who: contacts.set_language(connection, who, "xx"),
}


@pytest.mark.parametrize("deed", DEEDS)
def test_what_nobody_wants_any_more_is_not_sent(
    sqlite_database: Database, pushes: StationPushes, anna: str, deed: str
) -> None:
    assert compose(sqlite_database, pushes, row(anna, MENTORS)) is not None
    with sqlite_database.transaction() as connection:
        DEEDS[deed](connection, anna)
    assert compose(sqlite_database, pushes, row(anna, MENTORS)) is None
    assert pushes.dropped.total() == 1


def test_a_row_that_belongs_to_nobody_or_names_themes_that_are_gone_is_dropped(
    sqlite_database: Database, pushes: StationPushes, anna: str
) -> None:
    for odd in (row(None, MENTORS), row("nobody", MENTORS), row(anna, "gone.gone"), row(anna)):
        assert compose(sqlite_database, pushes, odd) is None
