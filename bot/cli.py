"""The command line: one function for each command; more are in `bot.programme.cli` and `bot.staff.cli`.

Each command does its slow imports itself, so that `--help` answers at once. What goes wrong is
said in one sentence, without a traceback, with an exit code other than 0.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Coroutine
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from bot.announce.cli import announce_cli
from bot.plain_errors import FAILED, plain_errors
from bot.programme.cli import council_cli, forum_cli
from bot.staff.cli import staff_cli
from bot.station_cli import station_cli
from bot.texts.cli import texts_cli

cli = typer.Typer(
    name="mitreden",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    add_completion=False,
    help="Mitreden: the Telegram channel of the Göppingen integration plan.",
)
cli.add_typer(forum_cli, name="forum")
cli.add_typer(council_cli, name="council")
cli.add_typer(station_cli, name="station")
cli.add_typer(staff_cli, name="staff")
cli.add_typer(announce_cli, name="announce")
cli.add_typer(texts_cli, name="texts")


@cli.command()
def run(
    debug: Annotated[bool, typer.Option("--debug", help="Log more. Never logs texts or ids.")] = False,
) -> None:
    """Run the bot on Telegram, until it is told to stop.

    Settings come from the environment and from .env in this folder; see README, "Settings".

    Example: MITREDEN_TELEGRAM_TOKEN=123:abc MITREDEN_CONTENT=./town mitreden run
    """
    with plain_errors():
        import logging

        from bot.app import App, run_bot, system_clock
        from bot.logs import set_up_logs
        from bot.settings import load_settings

        settings = load_settings()
        set_up_logs(system_clock, level=logging.DEBUG if debug else logging.INFO)

        def greet(app: App) -> None:
            typer.echo(f"@{app.bot.username} is ready. Ctrl+C ends it.")

        async def work() -> None:
            await run_bot(settings, stop=stop_on_signal(), started=greet, warn=partial(typer.echo, err=True))

        run_async(work())


@cli.command()
def preview(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes a free one.")
    ] = 8080,
    data: Annotated[
        Path | None, typer.Option(help="Folder that keeps the data; without it they go when you stop.")
    ] = None,
    date: Annotated[
        str | None,
        typer.Option(help="Day on which the preview begins, such as 2027-08-20; without it today."),
    ] = None,
) -> None:
    """Try the real bot in a browser: no token, no server, nothing from the internet.

    The date can be moved on the page too, so that reminders arrive while you watch.

    Example: mitreden preview --port 8090 --date 2027-08-20
    """
    with plain_errors():
        import logging

        from bot.app import system_clock
        from bot.logs import LogFormat, set_up_logs
        from bot.preview_command import run_preview
        from bot.settings import load_settings

        settings = load_settings()
        set_up_logs(system_clock, form=LogFormat.CONSOLE, level=logging.WARNING)

        async def work() -> None:
            await run_preview(
                settings, host=host, port=port, data=data, date=date, stop=stop_on_signal(), say=typer.echo
            )

        run_async(work())


@cli.command()
def check(
    content: Annotated[
        Path | None, typer.Option(help="Folder to check; without it the one in MITREDEN_CONTENT.")
    ] = None,
) -> None:
    """Check settings, town file, dialogues, translations and every screen; name each mistake.

    Example: mitreden check --content ./town
    """
    with plain_errors():
        from bot.app import system_clock
        from bot.catalogue_gate import Severity
        from bot.check import check_content
        from bot.settings import load_settings
        from conversations.every_screen import list_screens
        from conversations.languages import LANGUAGES

        settings = load_settings()
        report = check_content(
            content or settings.content,
            lambda checked: list_screens(checked, LANGUAGES, system_clock()),
        )
        for finding in report.findings:
            word = "mistake" if finding.severity is Severity.BLOCKS else "warning"
            typer.echo(f"{finding.file}:{finding.line}: {word}: {finding.message}")
        typer.echo(report.summary)
    if not report.passed:
        raise typer.Exit(FAILED)


@cli.command()
def init(
    folder: Annotated[Path, typer.Argument(help="A new or empty folder.")],
) -> None:
    """Copy dialogues, texts and the town file to a folder of the town's, to be reworded there.

    Example: mitreden init ./town
    """
    with plain_errors():
        from bot.content import init_content

        written = init_content(folder)
        for path in written:
            typer.echo(f"wrote {path}")
        typer.echo(
            f"Fill in the places marked ‹…› in {folder / 'town.toml'}, set MITREDEN_CONTENT={folder},"
            " and check it all with: mitreden check"
        )


@cli.command()
def review(
    language: Annotated[str, typer.Option(help="Language of the questions to you: de or en.")] = "de",
    voices: Annotated[
        Path | None, typer.Option(help="Write the waiting voice messages into this folder, to listen to.")
    ] = None,
) -> None:
    """Read free texts one by one: release them, black out words first, or delete them.

    Example: mitreden review --language en
    """
    with plain_errors():
        from bot.app import system_clock
        from bot.content import load_content
        from bot.opening import open_data
        from bot.review_queue import run_review
        from bot.review_voices import write_voices
        from bot.settings import StartError, load_settings
        from storage.staff_log import Deed, log_on_command_line

        if language not in ("de", "en"):
            raise StartError(f"The queue speaks de and en, not {language}.")
        settings = load_settings()
        content = load_content(settings.content).content
        with open_data(settings) as (database, keys):
            if voices is None:
                done = run_review(database, keys, content, language=language)
                if done.released or done.deleted:
                    subject = f"{done.released} released, {done.deleted} deleted"
                    log_on_command_line(database, Deed.REVIEWED, subject, system_clock())
                return
            written = write_voices(database, keys, voices)
            log_on_command_line(database, Deed.EXPORTED, "voices", system_clock())
            for path in written:
                typer.echo(f"wrote {path}")
            typer.echo(f"{len(written)} voice messages. Delete the files when you have listened to them.")


@cli.command()
def export(
    out: Annotated[Path, typer.Option(help="Folder for the files; files of an earlier export are replaced.")],
    file_format: Annotated[str, typer.Option("--format", help="Form of the files.")] = "csv",
    field: Annotated[list[str] | None, typer.Option(help="Only this field; may be repeated.")] = None,
    since: Annotated[
        str | None, typer.Option(help="Only answers from the week of this day on, such as 2027-09-01.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Say what was written as JSON.")] = False,
) -> None:
    """Write answers, profile counts, released texts and the codebook as tables.

    Example: mitreden export --format csv --out ./export --field arbeit --since 2027-09-01
    """
    with plain_errors():
        from bot.app import system_clock
        from bot.content import load_content
        from bot.export_command import render_summary, run_export, summary_json
        from bot.opening import open_data
        from bot.settings import load_settings
        from storage.staff_log import Deed, log_on_command_line

        settings = load_settings()
        content = load_content(settings.content).content
        with open_data(settings) as (database, keys):
            summary = run_export(
                database, keys, content, out, fields=field or (), since=since, file_format=file_format
            )
            log_on_command_line(database, Deed.EXPORTED, ",".join(summary.fields), system_clock())
        typer.echo(summary_json(summary) if as_json else render_summary(summary))


@cli.command()
def poster(
    out: Annotated[Path, typer.Option(help="File of the page; an existing one is replaced.")],
    field: Annotated[
        str | None, typer.Option(help="Field that the code opens, such as arbeit; without it the whole plan.")
    ] = None,
    source: Annotated[
        str | None, typer.Option(help="Where the poster hangs, such as vhs; stands in the export.")
    ] = None,
    languages: Annotated[
        str | None, typer.Option(help="Codes with commas between them; without it all that are offered.")
    ] = None,
    bot: Annotated[
        str | None, typer.Option(help="Name of the bot; without it Telegram is asked, with the token.")
    ] = None,
    draft: Annotated[
        bool, typer.Option("--draft", help="Make a sample while the town file has open placeholders.")
    ] = False,
) -> None:
    """Make a poster with a QR code that opens the bot: one A4 page, to be printed from a browser.

    Example: mitreden poster --field arbeit --source vhs --languages de,ar,tr --out poster.html
    """
    with plain_errors():
        from bot.poster.command import run_poster
        from bot.poster.page import Edition
        from bot.settings import load_settings

        said = run_poster(
            load_settings(),
            out,
            field=field,
            source=source,
            languages=languages,
            username=bot,
            edition=Edition.DRAFT if draft else Edition.FINAL,
        )
        typer.echo(said)


def main() -> None:
    """Run the command line."""
    cli(prog_name="mitreden")


def stop_on_signal() -> asyncio.Event:
    """Make an event that Ctrl+C and SIGTERM set. Only in a running loop."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    return stop


def run_async(work: Coroutine[Any, Any, None]) -> None:
    """Run a coroutine to its end. A broken pipe of the terminal does not matter then."""
    asyncio.run(work)
    sys.stdout.flush()
