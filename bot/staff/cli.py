"""`mitreden staff …`: who may use the staff area, from the command line.

Only options and arguments are read here; the work is `bot.staff.command`. A running bot follows at once.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.plain_errors import plain_errors

if TYPE_CHECKING:
    from bot.staff.command import Team

staff_cli = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Invite staff, list them, take their access away."
)

_Member = Annotated[str, typer.Argument(metavar="ID", help="Short code of the member, such as k7m2.")]
_Json = Annotated[bool, typer.Option("--json", help="Say it as JSON.")]


@staff_cli.command("invite")
def invite(
    role: Annotated[
        list[str] | None,
        typer.Option(help="author, approver, reviewer, export or admin; may be repeated."),
    ] = None,
    bot: Annotated[
        str | None, typer.Option(help="Name of the bot; without it Telegram is asked, with the token.")
    ] = None,
    qr: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the code as a picture too: .svg or .png.")
    ] = None,
    as_json: _Json = False,
) -> None:
    """Make a link and a QR code that let one person into the team, once, within 24 hours.

    Example: mitreden staff invite --role author --role approver
    """
    with plain_errors():
        from bot.poster.command import ask_username, parse_username
        from bot.settings import load_settings
        from bot.staff.command import invitation_json, open_team, parse_roles
        from bot.staff.invite_code import check_code_file, draw_code

        settings, roles = load_settings(), parse_roles(role or ())
        if qr is not None:
            check_code_file(qr)
        with open_team(settings) as team:
            username = asyncio.run(ask_username(settings)) if bot is None else parse_username(bot)
            made = team.invite(roles, username, qr)
        if as_json:
            typer.echo(json.dumps(invitation_json(made), indent=2))
            return
        for line in draw_code(made.link, coloured=sys.stdout.isatty()):
            typer.echo(line)
        typer.echo(made.link)
        typer.echo(
            f"Works once, until {made.expires_at:%d.%m.%Y %H:%M}. Whoever opens it first belongs to the team."
        )


@staff_cli.command("list")
def list_staff(as_json: _Json = False) -> None:
    """Show who belongs to the team, what they may do, and who stands in for whom.

    Example: mitreden staff list
    """
    with _team() as team:
        from bot.staff.command import list_json, list_lines

        found = team.list_all()
        if as_json:
            typer.echo(json.dumps(list_json(*found), indent=2))
            return
        for line in list_lines(*found, team.now.tzinfo):
            typer.echo(line)


@staff_cli.command("revoke")
def revoke(member: _Member) -> None:
    """Take somebody's access away, at once, with their invitations and whom they stand in for.

    Example: mitreden staff revoke k7m2
    """
    with _team() as team:
        typer.echo(team.revoke(member))


@staff_cli.command("deputy")
def deputy(
    member: _Member,
    other: Annotated[str, typer.Option("--for", metavar="ID", help="Whom the member stands in for.")],
    until: Annotated[str | None, typer.Option(help="Last day of it, such as 17.09.2027.")] = None,
    end: Annotated[bool, typer.Option("--end", help="It ends now.")] = False,
) -> None:
    """Give a member the roles of another one as well, until a day.

    Example: mitreden staff deputy k7m2 --for p3q8 --until 17.09.2027
    """
    with _team() as team:
        from bot.programme.desk import plain_moments
        from bot.settings import StartError
        from conversations.moments import parse_day

        if (until is None) is not end:
            raise StartError("Say until when (--until 17.09.2027), or that it ends now (--end).")
        with plain_moments():
            day = None if until is None else parse_day(until)
        typer.echo(team.end_deputy(member, other) if day is None else team.set_deputy(member, other, day))


@staff_cli.command("log")
def show_log(
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="How many deeds, the newest first.")] = 50,
    as_json: _Json = False,
) -> None:
    """Show what the staff did: when, who, what, to what; never what a text says.

    Example: mitreden staff log --limit 20
    """
    with _team() as team:
        from bot.staff.command import log_json, log_line

        entries = team.list_log(limit)
        if as_json:
            typer.echo(json.dumps([log_json(entry) for entry in entries], indent=2))
            return
        for entry in entries:
            typer.echo(log_line(entry, team.now.tzinfo))
        if not entries:
            typer.echo("Nobody has done anything yet.")


@contextmanager
def _team() -> Iterator[Team]:
    with plain_errors():
        from bot.settings import load_settings
        from bot.staff.command import open_team

        with open_team(load_settings()) as team:
            yield team
