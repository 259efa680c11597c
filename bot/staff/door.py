"""The door of the staff area: who is let in, checked on every update, and what a turn there stores.

To everybody else it does not exist: `/staff` is an unknown command and a forged button an old one.
Runs in the transaction of the turn. Must not know what the area shows (`bot.staff.desk`).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import Enum
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from bot.rendering import Renderer
from bot.showing import Chat, show_screen
from bot.staff.desk import Order, StaffTurn, open_desk, press, repeat, say, show_after, show_made
from bot.staff.screens import StaffScene, dates_screen
from bot.staff.state import StaffState, state_from_json, state_to_json
from bot.staff.words import staff_language
from conversations.content import Content
from conversations.events import Placement
from conversations.incoming import (
    Action,
    ActionButton,
    Commanded,
    Incoming,
    Pressed,
    Reworded,
    Said,
    SentRefused,
    Spoke,
    WroteTooFast,
)
from conversations.languages import GERMAN, LANGUAGES
from conversations.programme import field_of_topic
from conversations.texts import text
from conversations.topic_sheets import NEEDS
from storage import attendance
from storage.audience import count_audience
from storage.keyring import KeyRing
from storage.programme import ProgrammeChangedError, change_event, load_programme, preview_change
from storage.reminders import list_waiting
from storage.staff import forget_state, load_state, save_state

#: The command that opens the staff area.
STAFF_COMMAND = "staff"
#: Into what a forum may be interpreted: every language but forms of German.
_INTERPRETED = tuple(language for language in LANGUAGES if language.babel_locale != GERMAN.babel_locale)


class Passage(Enum):
    """What became of a turn at the door: it is for the people, was of the staff, or changed the programme."""

    OUTSIDE = "outside"
    INSIDE = "inside"
    CHANGED = "changed"


@dataclass(frozen=True)
class StaffDoor:
    """Lets the staff in. `staff_ids` are their Telegram ids; nothing here writes one down."""

    content: Content
    renderer: Renderer
    keys: KeyRing
    staff_ids: frozenset[int]

    def admits(self, telegram_id: int) -> bool:
        """Tell whether somebody belongs to the staff."""
        return telegram_id in self.staff_ids

    def take(
        self, connection: Connection, chat: Chat, incoming: Incoming, pressed_id: int | None, now: dt.datetime
    ) -> Passage:
        """Take a turn in the staff area, if it is one.

        Whoever does something else leaves a change behind that was under way.
        """
        if not self.admits(chat.telegram_id):
            return Passage.OUTSIDE
        if isinstance(incoming, Reworded | WroteTooFast):
            return Passage.OUTSIDE  # neither an answer nor a reason to drop a change
        scene = self._scene(connection, now)
        state = self._load(connection, chat, scene)
        try:
            turn = _take(scene, state, incoming)
            if turn is not None and turn.order is not None:
                turn = self._make(connection, turn.order, now)
        except ProgrammeChangedError:
            turn = _changed_meanwhile(self._scene(connection, now), state)
        if turn is None or turn.left:
            forget_state(connection, self.keys, chat.telegram_id)
            return Passage.OUTSIDE
        self._save(connection, chat, turn.state, now)
        if turn.screen is not None:
            placement = Placement.IN_PLACE if isinstance(incoming, Pressed) else Placement.BELOW
            rendered = self.renderer.render(turn.screen, staff_language(chat.language))
            show_screen(connection, self.keys, chat, rendered, placement, pressed_id, now)
        return Passage.INSIDE if turn.order is None else Passage.CHANGED

    def _make(self, connection: Connection, order: Order, now: dt.datetime) -> StaffTurn:
        """Carry out an order. Raises: ProgrammeChangedError."""
        change_event(connection, order.topic, order.before, order.after, now)
        return StaffTurn(None, show_made(self._scene(connection, now), order), order)

    def _scene(self, connection: Connection, now: dt.datetime) -> StaffScene:
        programme = load_programme(connection, self.content.programme)
        zone = ZoneInfo(programme.timezone)
        return StaffScene(
            programme,
            now,
            _INTERPRETED,
            preview=lambda topic, before, after: preview_change(connection, topic, before, after, now),
            heads=lambda topic: attendance.count_heads(connection, topic, field_of_topic(topic)),
            schedule=lambda: [
                (reminder, count_audience(connection, reminder.topic, reminder.kind).count)
                for reminder in list_waiting(connection, zone)
            ],
            need_labels=self._need_labels(),
        )

    def _need_labels(self) -> dict[str, str]:
        step = self.content.profile.find_step(NEEDS)
        return {} if step is None else {option.code: option.label for option in step.all_options}

    def _load(self, connection: Connection, chat: Chat, scene: StaffScene) -> StaffState | None:
        written = load_state(connection, self.keys, chat.telegram_id)
        zone = ZoneInfo(scene.programme.timezone)
        return None if written is None else state_from_json(written, zone)

    def _save(self, connection: Connection, chat: Chat, state: StaffState | None, now: dt.datetime) -> None:
        if state is None:
            forget_state(connection, self.keys, chat.telegram_id)
        else:
            save_state(connection, self.keys, chat.telegram_id, state_to_json(state), now)


def _take(scene: StaffScene, state: StaffState | None, incoming: Incoming) -> StaffTurn | None:
    """Find out what a turn is about. None: nothing of the staff area."""
    match incoming:
        case Commanded(name) if name == STAFF_COMMAND:
            return open_desk(scene)
        case Pressed(ActionButton(Action.STAFF, argument)):
            return press(scene, state, argument)
        case Said(words) if state is not None:
            return say(scene, state, words)
        case Spoke() | SentRefused() if state is not None:
            return repeat(scene, state, text("staff.wrong.kind"))
        case _:
            return None


def _changed_meanwhile(scene: StaffScene, state: StaffState | None) -> StaffTurn:
    """Say that somebody else was quicker, and show how it stands."""
    if state is None:
        return StaffTurn(None, dates_screen(scene))
    return StaffTurn(None, show_after(scene, state.topic, text("staff.event.changed_meanwhile")))
