"""What became of it: the stations (Stand einer Maßnahme) of followed themes first, and those of all fields.

For everybody, also without any consent and when the answers are closed. A message has room for so much: how
long a station is in any language is estimated, generously, and what does not fit goes to another page.
"""

from __future__ import annotations

from collections.abc import Iterable

from conversations.content import Content
from conversations.environment import Scene
from conversations.incoming import Action
from conversations.screens import Block, Screen, ScreenButton, action, menu_row
from conversations.stations import station_block, waiting_block
from conversations.texts import Joined, text
from conversations.themes import in_order, list_themes, theme_words

#: Room for stations on a page, and for one of them without its link. Telegram takes 4096 units.
_ROOM_UNITS, _STATION_UNITS = 3600, 230
_LINK_UNITS = 40


def results_screen(scene: Scene) -> Screen:
    """Show how the followed themes stand, and lead to the stations of each field."""
    stations, content = scene.environment.stations, scene.content
    blocks: list[Block] = [(text("results.title"),)]
    followed = in_order(content, scene.person.followed)
    if followed:
        blocks.append((text("results.yours"),))
        shown = _first_page(scene, followed)
        for theme in shown:
            words = theme_words(content, theme)
            station = stations.get(theme)
            blocks.append(waiting_block(words) if station is None else station_block(words, station))
        if len(shown) < len(followed):
            blocks.append((text("results.more_left"),))
    rows: list[tuple[ScreenButton, ...]] = []
    if in_order(content, stations):
        blocks.append((text("results.choose"),))
        rows += [
            (action(flow.name, Action.RESULTS_FIELD, flow.scope),) for flow in content.fields if flow.name
        ]
    else:
        blocks.append((text("results.none"),))
        rows.append((action("menu.events", Action.EVENTS),))
    if scene.person.followed:
        rows.append((action("follow.btn.list", Action.FOLLOWED),))
    return Screen(tuple(blocks), (*rows, menu_row()))


def results_field_screen(scene: Scene, argument: str) -> Screen:
    """Show the newest station of every theme of a field that has one. An unknown field: the first page."""
    field_code, _, page = argument.partition(".")
    flow = scene.content.find_field(field_code)
    if flow is None or flow.name is None:
        return results_screen(scene)
    pages = _paginate(scene, [t for t in list_themes(scene.content, field_code) if _has_station(scene, t)])
    number = int(page) if page.isascii() and page.isdigit() and int(page) < len(pages) else 0
    stations = scene.environment.stations
    blocks: list[Block] = [(text(flow.name),)]
    blocks += [station_block(theme_words(scene.content, theme), stations[theme]) for theme in pages[number]]
    if not pages[number]:
        blocks.append((text("results.none_field"),))
    rows: list[tuple[ScreenButton, ...]] = []
    if number + 1 < len(pages):
        rows.append((action("ui.btn.more", Action.RESULTS_FIELD, f"{field_code}.{number + 1}"),))
    return Screen(tuple(blocks), (*rows, (action("ui.btn.back", Action.RESULTS),), menu_row()))


def station_push_screen(content: Content, field_codes: Iterable[str]) -> Screen:
    """Tell a follower that there is something new: the field only, so that a lock screen shows no opinion.

    It stands beside the current screen. The ways to stop are the last buttons.
    """
    names = tuple(text(f"field.{code}") for code in content.field_codes if code in field_codes)
    return Screen(
        ((text("station.push", field_name=Joined(names)),),),
        (
            (action("station.btn.show", Action.RESULTS),),
            (action("follow.btn.list", Action.FOLLOWED),),
            (action("rem.btn.stop_all", Action.ALL_OFF),),
        ),
    )


def _has_station(scene: Scene, theme: str) -> bool:
    return theme in scene.environment.stations


def _first_page(scene: Scene, themes: Iterable[str]) -> tuple[str, ...]:
    return _paginate(scene, themes)[0]


def _paginate(scene: Scene, themes: Iterable[str]) -> list[tuple[str, ...]]:
    """Spread themes over pages, as many as fit on each. There is always one page."""
    pages: list[tuple[str, ...]] = [()]
    room = _ROOM_UNITS
    for theme in themes:
        units = _units_of(scene, theme)
        if units > room:
            pages.append(())
            room = _ROOM_UNITS
        pages[-1] = (*pages[-1], theme)
        room -= units
    return pages


def _units_of(scene: Scene, theme: str) -> int:
    station = scene.environment.stations.get(theme)
    return (
        _STATION_UNITS
        if station is None or not station.url
        else _STATION_UNITS + _LINK_UNITS + len(station.url)
    )
