"""`mitreden forum …` and `mitreden council …`: the staff keep the programme from the command line.

Every change is shown with its effect before anything is written, and asks. A running bot follows at
once. Only options and arguments are read here; the work is `bot.programme.desk`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from bot.plain_errors import plain_errors
from conversations.programme import COUNCIL_TOPIC, Cancellation, Meeting, Reason, forum_topic

if TYPE_CHECKING:
    from bot.programme.desk import Desk

forum_cli = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Keep the dates of the forums (Fachforen)."
)
council_cli = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Keep the date of the council (Gemeinderat)."
)

_Field = Annotated[str, typer.Argument(metavar="FIELD", help="Code of the field, such as arbeit.")]
_When = Annotated[str, typer.Argument(metavar="WHEN", help="16.09.2027 18:00, or 2027-09-16T18:00.")]
_MaybeWhen = Annotated[
    str | None, typer.Argument(metavar="[WHEN]", help="16.09.2027 18:00, or 2027-09-16T18:00.")
]
_Ends = Annotated[str | None, typer.Option(help="End: 20:30 on the same day, or a day and a time.")]
_Place = Annotated[str | None, typer.Option(help="Name of the place, as people know it.")]
_Address = Annotated[str | None, typer.Option(help="Street and number; “” takes it away.")]
_Yes = Annotated[bool, typer.Option("--yes", help="Do not ask; for scripts.")]
_Json = Annotated[bool, typer.Option("--json", help="Say it as JSON.")]


@forum_cli.command("list")
def list_forums(as_json: _Json = False) -> None:
    """Show every forum and the council: date, place, what is confirmed, who comes, what is needed.

    Example: mitreden forum list
    """
    with open_programme() as desk:
        from bot.programme.desk import all_json
        from bot.programme.words import list_lines

        if as_json:
            typer.echo(json.dumps(all_json(desk), ensure_ascii=False, indent=2))
            return
        for line in list_lines(desk.programme, desk.names, desk.heads):
            typer.echo(line)


@forum_cli.command("set")
def set_forum(
    field: _Field,
    when: _MaybeWhen = None,
    place: _Place = None,
    address: _Address = None,
    ends: _Ends = None,
    seats: Annotated[int | None, typer.Option(min=0, help="Number of seats; 0 means no limit.")] = None,
    childcare: Annotated[bool | None, typer.Option(help="Childcare is confirmed.")] = None,
    step_free: Annotated[bool | None, typer.Option(help="Checked on site: no steps.")] = None,
    interpreting: Annotated[
        str | None, typer.Option(help="Confirmed languages, such as ar,tr; “” takes them away.")
    ] = None,
    map_url: Annotated[str | None, typer.Option("--map", help="Link to the way; “” takes it away.")] = None,
    opens: Annotated[str | None, typer.Option(help="First day to answer; “” takes it away.")] = None,
    closes: Annotated[str | None, typer.Option(help="Last day to answer; “” takes it away.")] = None,
    yes: _Yes = False,
    as_json: _Json = False,
) -> None:
    """Fix the date of a forum, or note what is confirmed, seats, map, and when people can answer.

    Example: mitreden forum set arbeit "16.09.2027 18:00" --ends 20:30 --place Stadthalle --childcare
    """
    with open_programme() as desk:
        from bot.programme.options import read_day, read_languages, read_link, read_seats

        forum = desk.get_forum(field)
        if forum.cancellation is not None and when is not None:
            _refuse(f"This forum is cancelled. To give it a new date: mitreden forum reopen {field} …")
        meeting = _meeting(desk, forum.meeting, when, ends, place, address)
        support = forum.support
        if childcare is not None:
            support = replace(support, childcare=childcare)
        if step_free is not None:
            support = replace(support, step_free=step_free)
        if interpreting is not None:
            support = replace(support, interpreting=read_languages(interpreting))
        after = replace(
            forum,
            meeting=meeting,
            support=support,
            seats=forum.seats if seats is None else read_seats(seats),
            map_url=forum.map_url if map_url is None else read_link(map_url),
            opens=forum.opens if opens is None else read_day(opens),
            closes=forum.closes if closes is None else read_day(closes),
        )
        desk.change({forum_topic(field): after}, sure=yes, as_json=as_json)


@forum_cli.command("move")
def move_forum(
    field: _Field,
    when: _When,
    place: _Place = None,
    address: _Address = None,
    ends: _Ends = None,
    yes: _Yes = False,
    as_json: _Json = False,
) -> None:
    """Move a forum; it lasts as long as before, unless --ends says otherwise. Everybody is told.

    Example: mitreden forum move arbeit "23.09.2027 18:00"
    """
    with open_programme() as desk:
        forum = desk.get_forum(field)
        if forum.date is None:
            how = "set" if forum.cancellation is None else "reopen"
            _refuse(f"This forum has no date to move. To give it one: mitreden forum {how} {field} …")
        meeting = _meeting(desk, forum.meeting, when, ends, place, address)
        desk.change({forum_topic(field): replace(forum, meeting=meeting)}, sure=yes, as_json=as_json)


@forum_cli.command("cancel")
def cancel_forum(
    field: _Field,
    new_date: Annotated[
        bool | None,
        typer.Option("--new-date/--no-new-date", help="Whether a new date is looked for."),
    ] = None,
    reason: Annotated[Reason | None, typer.Option(help="Why, in words of every language.")] = None,
    yes: _Yes = False,
    as_json: _Json = False,
) -> None:
    """Cancel a forum. Everybody who subscribed is told; with another date, all register anew.

    Example: mitreden forum cancel arbeit --new-date --reason room
    """
    with open_programme() as desk:
        forum = desk.get_forum(field)
        if new_date is None:
            _refuse("Say whether a new date is looked for: --new-date or --no-new-date.")
        if forum.is_over(desk.now):
            _refuse("This forum is over; there is nothing to cancel.")
        after = replace(forum, cancellation=Cancellation(reason, bool(new_date)))
        desk.change({forum_topic(field): after}, sure=yes, as_json=as_json)


@forum_cli.command("reopen")
def reopen_forum(
    field: _Field,
    when: _MaybeWhen = None,
    place: _Place = None,
    address: _Address = None,
    ends: _Ends = None,
    yes: _Yes = False,
    as_json: _Json = False,
) -> None:
    """Give a cancelled forum a date again; without WHEN it takes place as planned before.

    Example: mitreden forum reopen arbeit "07.10.2027 18:00"
    """
    with open_programme() as desk:
        forum = desk.get_forum(field)
        if forum.cancellation is None:
            _refuse(f"This forum is not cancelled. To move it: mitreden forum move {field} …")
        meeting = _meeting(desk, forum.meeting, when, ends, place, address)
        after = replace(forum, meeting=meeting, cancellation=None)
        desk.change({forum_topic(field): after}, sure=yes, as_json=as_json)


@forum_cli.command("result")
def forum_result(
    field: _Field,
    report: Annotated[str, typer.Option(help="Link to the short report.")],
    yes: _Yes = False,
    as_json: _Json = False,
) -> None:
    """Note the report of a forum that is over. It goes to those of the forum and to readers of results.

    Example: mitreden forum result arbeit --report https://www.goeppingen.de/fachforum-arbeit
    """
    with open_programme() as desk:
        from bot.programme.options import read_link

        forum = desk.get_forum(field)
        if not forum.is_over(desk.now):
            _refuse("This forum has not taken place yet.")
        after = replace(forum, report_url=read_link(report))
        if not after.report_url:
            _refuse("The report needs a link: --report https://…")
        desk.change({forum_topic(field): after}, sure=yes, as_json=as_json)


@forum_cli.command("import")
def import_forums(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A calendar (.ics) or a table (.csv).")],
    yes: _Yes = False,
    as_json: _Json = False,
) -> None:
    """Read dates of forums from a calendar or a table; all of them, or none where anything is wrong.

    Columns of a table: field;starts;ends;place;address;seats;childcare;step_free;interpreting;map_url

    Example: mitreden forum import forums.csv
    """
    with open_programme() as desk:
        from bot.programme.file_import import read_programme_file
        from bot.programme.options import joined_with, read_file

        found = read_programme_file(read_file(file), file.name, desk.names, desk.zone)
        changes = {
            forum_topic(code): joined_with(desk.get_forum(code), forum, code) for code, forum in found.items()
        }
        desk.change(changes, sure=yes, as_json=as_json)


@forum_cli.command("schedule")
def show_schedule(as_json: _Json = False) -> None:
    """Show what goes out when, to how many people as of now.

    Example: mitreden forum schedule
    """
    with open_programme() as desk:
        from bot.programme.options import list_schedule, schedule_json
        from bot.programme.words import schedule_line

        planned, missed = list_schedule(desk)
        if as_json:
            typer.echo(json.dumps(schedule_json(planned, missed), ensure_ascii=False, indent=2))
            return
        for reminder, people in planned:
            typer.echo(schedule_line(reminder, people, desk.names, desk.zone))
        if not planned:
            typer.echo("Nothing is planned.")
        if missed:
            typer.echo(f"{missed} came too late to be sent, because the bot was not running.")


@council_cli.command("set")
def set_council(
    when: _MaybeWhen = None,
    place: _Place = None,
    address: _Address = None,
    ends: _Ends = None,
    agenda: Annotated[str | None, typer.Option(help="Link to the agenda; “” takes it away.")] = None,
    question_time: Annotated[bool | None, typer.Option(help="There is a public question time.")] = None,
    draft_day: Annotated[str | None, typer.Option(help="Day on which the draft was made public.")] = None,
    decided_day: Annotated[str | None, typer.Option(help="Day of the decision.")] = None,
    date_open: Annotated[bool, typer.Option("--date-open", help="The date is open again.")] = False,
    yes: _Yes = False,
    as_json: _Json = False,
) -> None:
    """Fix the sitting of the council, or note the agenda, that the draft is public, that it is decided.

    Example: mitreden council set "18.11.2027 17:00" --place "Rathaus, Großer Sitzungssaal"
    """
    with open_programme() as desk:
        from bot.programme.options import read_day, read_link

        council = desk.programme.council
        if date_open and (when or place or address or ends):
            _refuse("Either the date is open again (--date-open), or it is fixed; not both.")
        meeting = None if date_open else _meeting(desk, council.meeting, when, ends, place, address)
        after = replace(
            council,
            meeting=meeting,
            agenda_url=council.agenda_url if agenda is None else read_link(agenda),
            has_question_time=council.has_question_time if question_time is None else question_time,
            draft_day=council.draft_day if draft_day is None else read_day(draft_day),
            decided_day=council.decided_day if decided_day is None else read_day(decided_day),
        )
        desk.change({COUNCIL_TOPIC: after}, sure=yes, as_json=as_json)


@council_cli.command("move")
def move_council(
    when: _When,
    place: _Place = None,
    address: _Address = None,
    ends: _Ends = None,
    yes: _Yes = False,
    as_json: _Json = False,
) -> None:
    """Move the sitting of the council. Everybody who subscribed to it is told.

    Example: mitreden council move "16.12.2027 17:00"
    """
    with open_programme() as desk:
        council = desk.programme.council
        if council.meeting is None:
            _refuse("The council has no date to move. To fix one: mitreden council set …")
        meeting = _meeting(desk, council.meeting, when, ends, place, address)
        desk.change({COUNCIL_TOPIC: replace(council, meeting=meeting)}, sure=yes, as_json=as_json)


@contextmanager
def open_programme() -> Iterator[Desk]:
    """Open the desk of the programme for a command; what goes wrong is said in one sentence."""
    with plain_errors():
        from bot.programme.desk import open_desk, plain_moments
        from bot.settings import load_settings

        with open_desk(load_settings(), typer.echo, _ask) as desk, plain_moments():
            yield desk


def _ask(question: str) -> bool:
    """Ask for a yes. An answer may come through a pipe; where there is none, nothing is changed."""
    try:
        return typer.confirm(question)
    except typer.Abort:
        return False


def _meeting(
    desk: Desk,
    before: Meeting | None,
    when: str | None,
    ends: str | None,
    place: str | None,
    address: str | None,
) -> Meeting | None:
    """Put a meeting together from what is given and what it was before. None: its date stays open."""
    from bot.programme.options import read_meeting

    return read_meeting(before, desk.zone, when=when, ends=ends, place=place, address=address)


def _refuse(sentence: str) -> NoReturn:
    from bot.settings import StartError

    raise StartError(sentence)
