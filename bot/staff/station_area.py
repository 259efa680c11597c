"""The area of the staff chat in which it is said what became of a measure or goal.

Field, theme, status, reason where there is one, link, and a last look with the number of people who hear of
it. A stale button changes nothing, and neither does a second tap. Must not know how the area is reached.
"""

from __future__ import annotations

from dataclasses import replace

from bot.staff.area import AreaTurn, Visit
from bot.staff.station_screens import (
    NAME,
    fields_screen,
    make_station,
    step_screen,
    themes_screen,
)
from bot.staff.station_state import (
    StationState,
    StationStep,
    station_state_from_json,
    station_state_to_json,
    station_tag,
)
from conversations.screens import Screen
from conversations.stations import URL_MAX_CHARS, StationCode, StationReason
from conversations.texts import Text, text
from conversations.themes import field_of
from conversations.town_file import is_web_address
from storage.following import count_followers
from storage.staff_log import Deed, log
from storage.staff_members import Role
from storage.stations import load_newest, newest_id_of, record


class StationArea:
    """Records stations, for authors."""

    name = NAME
    roles = frozenset({Role.AUTHOR})

    def press(self, visit: Visit, argument: str) -> AreaTurn:
        """Do what a button says; one that belongs to another step shows the step that is at hand."""
        verb, _, rest = argument.partition(".")
        if verb == "field" and rest in visit.content.field_codes:
            return AreaTurn(_themes(visit, rest))
        if verb == "theme" and field_of(visit.content, rest) is not None:
            return _ask(visit, StationState(StationStep.CODE, rest, newest_id_of(visit.connection, rest)))
        if verb in _IN_STEPS:
            return _press_in_step(visit, verb, rest)
        return AreaTurn(fields_screen(visit.content))

    def say(self, visit: Visit, words: str) -> AreaTurn:
        """Take a text as the link, if that is awaited; otherwise ask again."""
        state = _read(visit)
        if state is None:
            return AreaTurn(fields_screen(visit.content))
        if state.step is not StationStep.LINK:
            return _ask(visit, state, text("staff.sta.tap"))
        url = words.strip()
        if not is_web_address(url):
            return _ask(visit, state, text("staff.wrong.link"))
        if len(url) > URL_MAX_CHARS:
            return _ask(visit, state, text("staff.wrong.long"))
        return _ask(visit, replace(state, step=StationStep.CONFIRM, url=url))


#: Buttons under a question; they carry the mark of the state they belong to.
_IN_STEPS = frozenset({"code", "reason", "skip", "back", "save", "drop"})


def _press_in_step(visit: Visit, verb: str, rest: str) -> AreaTurn:
    state = _read(visit)
    if state is None:
        return AreaTurn(None)
    value, _, tag = rest.rpartition(".")
    if tag != station_tag(state):
        return _ask(visit, state)
    match state.step, verb:
        case StationStep.CODE, "code" if value in list(StationCode):
            code = StationCode(value)
            step = StationStep.REASON if code is StationCode.NOT_TAKEN else StationStep.LINK
            return _ask(visit, replace(state, step=step, code=code, reason=None, url=""))
        case StationStep.REASON, "reason" if value in list(StationReason):
            return _ask(visit, replace(state, step=StationStep.LINK, reason=StationReason(value)))
        case StationStep.LINK, "skip":
            return _ask(visit, replace(state, step=StationStep.CONFIRM, url=""))
        case _, "back":
            return _ask(visit, _step_back(state))
        case StationStep.CONFIRM, "save":
            return _save(visit, state)
        case StationStep.CONFIRM, "drop":
            return AreaTurn(_themes_around(visit, state.theme, text("staff.sta.discarded")))
        case _:
            return _ask(visit, state)


def _step_back(state: StationState) -> StationState:
    """Go to the question before; what was answered after it is asked anew."""
    match state.step:
        case StationStep.CONFIRM:
            return replace(state, step=StationStep.LINK, url="")
        case StationStep.LINK if state.code is StationCode.NOT_TAKEN:
            return replace(state, step=StationStep.REASON, reason=None)
        case _:
            return replace(state, step=StationStep.CODE, code=None, reason=None)


def _save(visit: Visit, state: StationState) -> AreaTurn:
    """Record the station, unless somebody recorded another one of the theme meanwhile."""
    station = make_station(state, visit.now.date())
    newest = newest_id_of(visit.connection, state.theme)
    if newest != state.before:
        return _ask(visit, replace(state, before=newest), text("staff.sta.changed_meanwhile"))
    record(visit.connection, station)
    subject = f"{station.theme} {station.code.value}"
    log(visit.connection, visit.member.id, Deed.STATION, subject, now=visit.now)
    return AreaTurn(_themes_around(visit, state.theme, text("staff.sta.saved")), has_news=True)


def _ask(visit: Visit, state: StationState, notice: Text | None = None) -> AreaTurn:
    if field_of(visit.content, state.theme) is None:  # gone from the content since
        return AreaTurn(fields_screen(visit.content))
    screen = step_screen(
        visit.content,
        state,
        load_newest(visit.connection),
        count_followers(visit.connection),
        visit.now.date(),
    )
    return AreaTurn(_with_notice(screen, notice), station_state_to_json(state))


def _themes(visit: Visit, field_code: str) -> Screen:
    newest, followers = load_newest(visit.connection), count_followers(visit.connection)
    return themes_screen(visit.content, field_code, newest, followers)


def _themes_around(visit: Visit, theme: str, notice: Text) -> Screen:
    field_code = field_of(visit.content, theme)
    screen = fields_screen(visit.content) if field_code is None else _themes(visit, field_code)
    return _with_notice(screen, notice)


def _read(visit: Visit) -> StationState | None:
    return None if visit.state is None else station_state_from_json(visit.state)


def _with_notice(screen: Screen, notice: Text | None) -> Screen:
    return screen if notice is None else replace(screen, blocks=((notice,), *screen.blocks))
