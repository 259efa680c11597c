"""The command line: `mitreden run`, `preview`, `check`, `init`, `export`, `review`.

Each command does its slow imports itself, so that `--help` answers at once. What goes wrong is
said in one sentence, without a traceback, with an exit code other than 0.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

cli = typer.Typer(
    name="mitreden",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    add_completion=False,
    help="Mitreden: the Telegram channel of the Göppingen integration plan.",
)

#: One line, and the exit code of a command that could not do its work.
FAILED = 1


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
            await run_bot(settings, stop=stop_on_signal(), started=greet)

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
) -> None:
    """Try the real bot in a browser: no token, no server, nothing from the internet.

    Example: mitreden preview --port 8090
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
                settings, host=host, port=port, data=data, stop=stop_on_signal(), say=typer.echo
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
        from bot.app import open_data
        from bot.content import load_content
        from bot.review_queue import run_review
        from bot.review_voices import write_voices
        from bot.settings import StartError, load_settings

        if language not in ("de", "en"):
            raise StartError(f"The queue speaks de and en, not {language}.")
        settings = load_settings()
        content = load_content(settings.content).content
        with open_data(settings) as (database, keys):
            if voices is None:
                run_review(database, keys, content, language=language)
                return
            written = write_voices(database, keys, voices)
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
        from bot.app import open_data
        from bot.content import load_content
        from bot.export_command import render_summary, run_export, summary_json
        from bot.settings import load_settings

        settings = load_settings()
        content = load_content(settings.content).content
        with open_data(settings) as (database, keys):
            summary = run_export(
                database, keys, content, out, fields=field or (), since=since, file_format=file_format
            )
        typer.echo(summary_json(summary) if as_json else render_summary(summary))


def main() -> None:
    """Run the command line."""
    cli(prog_name="mitreden")


@contextlib.contextmanager
def plain_errors() -> Iterator[None]:
    """Say what went wrong in one sentence and end with an exit code; nothing is swallowed."""
    from bot.content import ContentFolderError
    from bot.settings import SettingsError, StartError
    from conversations.mistakes import ContentError
    from storage.database import DatabaseUnreachableError
    from storage.export import ExportError
    from storage.keys import KeyFileError
    from storage.schema import SchemaError

    try:
        yield
    except (
        StartError,
        SettingsError,
        ContentFolderError,
        KeyFileError,
        DatabaseUnreachableError,
        SchemaError,
        ExportError,
    ) as error:
        typer.echo(str(error), err=True)
    except ContentError as error:
        for mistake in error.mistakes:
            typer.echo(f"{mistake.file}:{mistake.line}: {mistake.message}", err=True)
    except KeyboardInterrupt:
        typer.echo("Stopped.", err=True)
    else:
        return
    raise typer.Exit(FAILED)


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
