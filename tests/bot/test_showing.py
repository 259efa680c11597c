"""What a turn puts out: one row for the screen, which goes in place or below, and old buttons that go."""

from __future__ import annotations

from typing import Any

import pytest

from bot.rendering import Rendered, RenderedButton
from bot.showing import Chat, show_document, show_message, show_screen
from conversations.events import Placement
from storage import contacts, outbox
from storage.database import Database
from storage.keyring import KeyRing
from tests.support.databases import ANNA, NOW, TODAY

SCREEN = Rendered("Frage 1", ((RenderedButton("Ja", "m:menu"),),))


class Shown:
    """Calls `show_screen` for Anna, whose current screen is a given message."""

    def __init__(self, database: Database, keys: KeyRing, current: int | None) -> None:
        self.database, self.keys = database, keys
        with database.transaction() as connection:
            contacts.create_contact(connection, keys, ANNA, today=TODAY)
            found = contacts.load_contact(connection, keys, ANNA)
            assert found is not None
            contacts.set_screen_message(connection, found.id, current)

    def screen(
        self, placement: Placement, pressed: int | None, rendered: Rendered = SCREEN
    ) -> dict[str, Any]:
        with self.database.transaction() as connection:
            chat = Chat(ANNA, "mark", contacts.load_contact(connection, self.keys, ANNA), "de")
            show_screen(connection, self.keys, chat, rendered, placement, pressed, NOW)
            body = outbox.find_body(connection, self.keys, "screen:mark")
        assert body is not None
        return body

    def retired(self, message_id: int) -> bool:
        with self.database.transaction() as connection:
            return outbox.find_body(connection, self.keys, f"retire:mark:{message_id}") is not None

    @property
    def current(self) -> int | None:
        with self.database.transaction() as connection:
            found = contacts.load_contact(connection, self.keys, ANNA)
        assert found is not None
        return found.screen_message_id


@pytest.mark.parametrize(
    ("current", "pressed", "placement", "goes_to", "retired", "current_after"),
    [
        (5, 5, Placement.IN_PLACE, 5, None, 5),
        (5, 5, Placement.BELOW, 5, None, 5),  # an old button on the current message: in place is enough
        (5, 3, Placement.IN_PLACE, 3, 5, 3),  # an older copy was pressed: it becomes the screen
        (5, 3, Placement.BELOW, None, 5, 5),
        (5, None, Placement.BELOW, None, 5, 5),
        (None, 3, Placement.IN_PLACE, 3, None, 3),
        (None, None, Placement.BELOW, None, None, None),
    ],
)
def test_where_a_screen_goes_and_what_loses_its_buttons(
    sqlite_database: Database,
    keys: KeyRing,
    current: int | None,
    pressed: int | None,
    placement: Placement,
    goes_to: int | None,
    retired: int | None,
    current_after: int | None,
) -> None:
    shown = Shown(sqlite_database, keys, current)
    body = shown.screen(placement, pressed)
    assert body["message_id"] == goes_to
    assert body["placement"] == ("below" if goes_to is None else "in_place")
    assert body["text"] == "Frage 1"
    assert body["keyboard"] == [[["Ja", "m:menu"]]]
    assert retired is None or shown.retired(retired)
    assert shown.current == current_after


def test_a_newer_screen_takes_the_place_of_one_that_has_not_gone_out(
    sqlite_database: Database, keys: KeyRing
) -> None:
    shown = Shown(sqlite_database, keys, 5)
    shown.screen(Placement.IN_PLACE, 5)
    assert shown.screen(Placement.IN_PLACE, 5, Rendered("Frage 2"))["text"] == "Frage 2"
    with sqlite_database.transaction() as connection:
        assert sum(outbox.count_waiting(connection).values()) == 1


def test_a_note_and_a_file_go_once(sqlite_database: Database, keys: KeyRing) -> None:
    with sqlite_database.transaction() as connection:
        chat = Chat(ANNA, "mark", None, "de")
        for _ in range(2):
            show_message(connection, keys, chat, "Hinweis", NOW)
            show_document(connection, keys, chat, "x.json", b"\x00{}", "Datei", NOW)
        assert sum(outbox.count_waiting(connection).values()) == 2
        assert outbox.find_body(connection, keys, "file:mark:x.json") == {
            "file_name": "x.json",
            "content_base64": "AHt9",
            "caption": "Datei",
        }
