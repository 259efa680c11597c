"""`mitreden station …`: the staff record what became of measures and goals, from the command line.

What people will read and how many hear of it is shown before anything is written, and asked about. Only
options and arguments are read here; the words are `bot.station_words`.
"""

from __future__ import annotations

import json
from typing import Annotated

import typer

from bot.programme.cli import open_programme

station_cli = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Record what became of measures and goals."
)

_FieldOption = Annotated[str | None, typer.Option(help="Only this field, such as arbeit.")]
_Json = Annotated[bool, typer.Option("--json", help="Say it as JSON.")]


@station_cli.command("add")
def add_station(
    theme: Annotated[str, typer.Argument(metavar="THEME", help="Code, such as arb_measure.job_mentors.")],
    code: Annotated[
        str,
        typer.Argument(
            metavar="CODE", help="discussed, drafted, in_plan, decided, started, done or not_taken."
        ),
    ],
    reason: Annotated[
        str | None, typer.Option(help="With not_taken: money, other_body, exists or later.")
    ] = None,
    link: Annotated[str, typer.Option(help="Where people can read more.")] = "",
    day: Annotated[
        str | None, typer.Option(help="Day since when it holds: 2027-11-18; without it today.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask; for scripts.")] = False,
) -> None:
    """Record how a measure or goal stands. Its followers are told, each at most once a month.

    Example: mitreden station add arb_measure.job_mentors decided --link https://www.goeppingen.de/plan
    """
    with open_programme() as desk:
        from bot.settings import StartError
        from bot.station_words import read_station, read_theme, say_followers, say_station, say_theme
        from conversations.moments import parse_day
        from storage.following import count_followers
        from storage.staff_log import COMMAND_LINE, Deed, log
        from storage.stations import load_newest, record

        known, today = read_theme(desk.content, theme), desk.now.date()
        since = today if day is None else parse_day(day)
        station = read_station(known, code, reason=reason, link=link, day=since, today=today)
        with desk.database.reading() as connection:
            before = load_newest(connection).get(known)
            followers = count_followers(connection).get(known, 0)
        if station == before:
            desk.say("That is how it is already; nothing was changed.")
            return
        desk.say(say_theme(desk.content, known))
        if before is not None:
            desk.say(f"  was:  {say_station(desk.content, before)}")
        desk.say(f"  will: {say_station(desk.content, station)}")
        desk.say(f"  {say_followers(followers)}; each is written to at most once a month, not at night.")
        if not yes and not desk.ask("Record it?"):
            raise StartError("Nothing was changed.")
        with desk.database.transaction() as connection:
            record(connection, station)
            log(connection, COMMAND_LINE, Deed.STATION, f"{known} {station.code.value}", now=desk.now)
        desk.say("Recorded.")


@station_cli.command("list")
def list_all(field: _FieldOption = None, as_json: _Json = False) -> None:
    """List what was recorded, the newest first.

    Example: mitreden station list --field arbeit
    """
    with open_programme() as desk:
        from bot.station_words import read_fields, station_json, station_lines
        from conversations.themes import field_of
        from storage.stations import list_stations

        fields = read_fields(desk.content, field)
        with desk.database.reading() as connection:
            every = list_stations(connection)
        found = [each for each in every if field is None or field_of(desk.content, each.theme) in fields]
        if as_json:
            rows = [station_json(desk.content, station) for station in found]
            desk.say(json.dumps(rows, ensure_ascii=False, indent=2))
            return
        for line in station_lines(desk.content, found):
            desk.say(line)


@station_cli.command("themes")
def list_codes(field: _FieldOption = None) -> None:
    """List the codes of all measures and goals, with how many people follow each and how it stands.

    Example: mitreden station themes --field arbeit
    """
    with open_programme() as desk:
        from bot.station_words import read_fields, theme_lines
        from storage.following import count_followers
        from storage.stations import load_newest

        fields = read_fields(desk.content, field)
        with desk.database.reading() as connection:
            newest, followers = load_newest(connection), count_followers(connection)
        for line in theme_lines(desk.content, fields, newest, followers):
            desk.say(line)
