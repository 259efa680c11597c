"""What goes wrong in a command is one sentence and an exit code, never a traceback.

Imports are local: the command line must answer `--help` at once.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import typer

#: The exit code of a command that could not do its work.
FAILED = 1


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
    except OSError as error:
        if error.filename is None:  # of the network, not of a file: that is for whoever runs the program
            raise
        typer.echo(f"{error.filename} cannot be read or written: {error.strerror}.", err=True)
    except KeyboardInterrupt:
        typer.echo("Stopped.", err=True)
    else:
        return
    raise typer.Exit(FAILED)
