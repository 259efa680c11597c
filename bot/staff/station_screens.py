"""The pages on which the staff say what became of a theme. Every one leads back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from bot.staff.station_state import StationState, StationStep, station_tag
from conversations.content import Content
from conversations.incoming import Action
from conversations.screens import Block, Line, Numbered, Screen, ScreenButton, action
from conversations.stations import Station, StationCode, StationReason, station_block, station_words
from conversations.texts import Plain, Text, text
from conversations.themes import field_of, list_themes, theme_label, theme_words

#: What the arguments of all buttons begin with; see `bot.staff.area`.
NAME = "sta"


def fields_screen(content: Content) -> Screen:
    """Ask for the field."""
    rows = tuple((_button(flow.name, f"field.{flow.scope}"),) for flow in content.fields if flow.name)
    back = (action("staff.btn.back", Action.STAFF, "menu"),)
    return Screen(((text("staff.sta.fields"),),), (*rows, back))


def themes_screen(
    content: Content, field_code: str, newest: Mapping[str, Station], followers: Mapping[str, int]
) -> Screen:
    """List the themes of a field, how each stands and how many follow it, and ask for one."""
    themes = list_themes(content, field_code)
    blocks: list[Block] = [(text(f"field.{field_code}"), text("staff.sta.themes"))]
    for number, theme in enumerate(themes, 1):
        words = theme_words(content, theme)
        blocks.append((Numbered(number, words), _standing(newest.get(theme)), _followers(followers, theme)))
    rows = tuple(
        (_button(theme_label(content, theme), f"theme.{theme}", number),)
        for number, theme in enumerate(themes, 1)
    )
    return Screen(tuple(blocks), (*rows, (_button("staff.btn.back", ""),)))


def step_screen(
    content: Content,
    state: StationState,
    newest: Mapping[str, Station],
    followers: Mapping[str, int],
    today: dt.date,
) -> Screen:
    """Ask for what is awaited now."""
    if state.step is StationStep.CONFIRM and state.code is not None:
        return _confirm_screen(content, state, followers, today)
    tag = station_tag(state)
    head: list[Line] = [theme_words(content, state.theme)]
    rows: list[tuple[ScreenButton, ...]] = []
    match state.step:
        case StationStep.REASON:
            ask = text("staff.sta.ask_reason")
            rows = [
                (_button(f"staff.sta.btn.reason_{reason.value}", f"reason.{reason.value}.{tag}"),)
                for reason in StationReason
            ]
        case StationStep.LINK:
            ask = text("staff.sta.ask_link")
            rows = [(_button("staff.sta.btn.no_link", f"skip.{tag}"),)]
        case _:
            ask = text("staff.sta.ask_code")
            head += [_standing(newest.get(state.theme)), _followers(followers, state.theme)]
            rows = [(_button(_code_label(code), f"code.{code.value}.{tag}"),) for code in StationCode]
    back = _back_of(content, state, tag)
    return Screen((tuple(head), (ask,)), (*rows, (back,)))


def _confirm_screen(
    content: Content, state: StationState, followers: Mapping[str, int], today: dt.date
) -> Screen:
    """Show what people will read, and how many of them hear of it, before it is recorded."""
    tag = station_tag(state)
    blocks = (
        (text("staff.sta.confirm"),),
        station_block(theme_words(content, state.theme), make_station(state, today)),
        (text("staff.sta.hear", people=text("staff.people", count=followers.get(state.theme, 0))),),
    )
    rows = (
        (_button("staff.sta.btn.save", f"save.{tag}"),),
        (_back_of(content, state, tag),),
        (_button("staff.sta.btn.discard", f"drop.{tag}"),),
    )
    return Screen(blocks, rows)


def make_station(state: StationState, today: dt.date) -> Station:
    """Make the station that a finished state describes. Raises: ValueError where something is missing."""
    if state.code is None:
        raise ValueError("a station needs a code")
    return Station(state.theme, state.code, state.reason, state.url, today)


def _back_of(content: Content, state: StationState, tag: str) -> ScreenButton:
    """Lead one step back; from the first one to the themes of the field."""
    if state.step is StationStep.CODE:
        field_code = field_of(content, state.theme)
        return _button("staff.btn.back", f"field.{field_code}" if field_code else "")
    return _button("staff.btn.back", f"back.{tag}")


def _code_label(code: StationCode) -> str:
    """Name a code on a button; the one that needs a reason has words of its own without it."""
    return "staff.sta.btn.not_taken" if code is StationCode.NOT_TAKEN else f"station.{code.value}"


def _standing(station: Station | None) -> Text:
    if station is None:
        return text("staff.sta.nothing")
    return text("staff.sta.newest", station=station_words(station.code, station.reason), date=station.day)


def _followers(followers: Mapping[str, int], theme: str) -> Text:
    return text("staff.sta.followers", people=text("staff.people", count=followers.get(theme, 0)))


def _button(label: str | Text | Plain, argument: str, number: int | None = None) -> ScreenButton:
    pressed = action(label, Action.STAFF, f"{NAME}.{argument}" if argument else NAME)
    return ScreenButton(pressed.label, pressed.press, number=number)
