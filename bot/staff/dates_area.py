"""The area of the dates (Termine): joins the desk of the programme to the staff area.

It reads what the desk looks at, and carries out what the desk orders. What a tap or a text does is
`bot.staff.desk`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from bot.staff.area import AreaTurn, Visit
from bot.staff.desk import Order, StaffTurn, press, repeat, say, show_after, show_made
from bot.staff.menu import DATES
from bot.staff.screens import StaffScene, dates_screen
from bot.staff.state import StaffState, state_from_json, state_to_json
from conversations.content import Content
from conversations.languages import GERMAN, LANGUAGES
from conversations.programme import field_of_topic
from conversations.texts import Text, text
from conversations.topic_sheets import NEEDS
from storage import attendance
from storage.audience import count_audience
from storage.programme import ProgrammeChangedError, change_event, load_programme, preview_change
from storage.reminders import list_waiting
from storage.staff_log import Deed, log
from storage.staff_members import Role

#: Into what a forum may be interpreted: every language but forms of German.
_INTERPRETED = tuple(language for language in LANGUAGES if language.babel_locale != GERMAN.babel_locale)


@dataclass
class DatesArea:
    """The programme, for authors and admins."""

    name: str = DATES
    roles: frozenset[Role] = frozenset({Role.AUTHOR, Role.ADMIN})

    def press(self, visit: Visit, argument: str) -> AreaTurn:
        """Do what a button says."""
        return _take(visit, lambda scene, state: press(scene, state, argument))

    def say(self, visit: Visit, words: str) -> AreaTurn:
        """Take a text as the answer to what is awaited."""
        return _take(visit, lambda scene, state: _begin(scene) if state is None else say(scene, state, words))

    def repeat(self, visit: Visit, notice: Text) -> AreaTurn:
        """Ask again for what is awaited."""
        return _take(
            visit, lambda scene, state: _begin(scene) if state is None else repeat(scene, state, notice)
        )


def _take(visit: Visit, deed: Callable[[StaffScene, StaffState | None], StaffTurn]) -> AreaTurn:
    """Ask the desk and carry out what it orders; say so where somebody else was quicker."""
    scene = _scene(visit)
    state = _state(visit, scene)
    try:
        turn = deed(scene, state)
        if turn.order is not None:
            return _make(visit, turn.order)
    except ProgrammeChangedError:
        turn = _changed_meanwhile(_scene(visit), state)
    return AreaTurn(turn.screen, None if turn.state is None else state_to_json(turn.state))


def _begin(scene: StaffScene) -> StaffTurn:
    """Begin anew where the state cannot be read any more: another version wrote it."""
    return StaffTurn(None, dates_screen(scene))


def _make(visit: Visit, order: Order) -> AreaTurn:
    """Carry out an order. Raises: ProgrammeChangedError."""
    change_event(visit.connection, order.topic, order.before, order.after, visit.now)
    log(visit.connection, visit.member.id, Deed.DATE_CHANGED, order.topic, now=visit.now)
    return AreaTurn(show_made(_scene(visit), order), has_news=True)


def _changed_meanwhile(scene: StaffScene, state: StaffState | None) -> StaffTurn:
    """Say that somebody else was quicker, and show how it stands."""
    if state is None:
        return _begin(scene)
    return StaffTurn(None, show_after(scene, state.topic, text("staff.event.changed_meanwhile")))


def _state(visit: Visit, scene: StaffScene) -> StaffState | None:
    if visit.state is None:
        return None
    return state_from_json(visit.state, ZoneInfo(scene.programme.timezone))


def _scene(visit: Visit) -> StaffScene:
    connection, now = visit.connection, visit.now
    programme = load_programme(connection, visit.content.programme)
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
        need_labels=_need_labels(visit.content),
    )


def _need_labels(content: Content) -> dict[str, str]:
    step = content.profile.find_step(NEEDS)
    return {} if step is None else {option.code: option.label for option in step.all_options}
