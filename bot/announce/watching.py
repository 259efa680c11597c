"""Shows how an announcement goes out: a bar that moves while it is sent.

Must not know the database.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from bot.announce.words import STATE_WORDS, say_span
from storage.mailings import Progress as Mailing
from storage.vocabulary import MailingState

#: How often is looked.
EVERY_SECONDS = 1.0
_OVER = frozenset({MailingState.DONE, MailingState.STOPPED, MailingState.DRAFT})

Load = Callable[[], tuple[Mailing, dt.timedelta | None]]


def watch(load: Load, console: Console, wait: Callable[[float], None]) -> bool:
    """Show a bar until nothing more is sent. False: somebody stopped watching before."""
    with _bar(console) as bar:
        task = bar.add_task("", total=None)
        try:
            while True:
                mailing, remaining = load()
                bar.update(
                    task,
                    total=max(mailing.listed, 1),
                    completed=mailing.settled,
                    description=_describe(mailing, remaining),
                )
                if mailing.state in _OVER:
                    return True
                wait(EVERY_SECONDS)
        except KeyboardInterrupt:
            return False


def show_bar(mailing: Mailing, remaining: dt.timedelta | None, console: Console) -> None:
    """Show the bar once, where there is a terminal to show it on."""
    if not console.is_terminal:
        return
    bar = _bar(console)
    bar.add_task(_describe(mailing, remaining), total=max(mailing.listed, 1), completed=mailing.settled)
    console.print(bar.get_renderable())


def _bar(console: Console) -> Progress:
    return Progress(BarColumn(bar_width=30), TextColumn("{task.description}", markup=False), console=console)


def _describe(mailing: Mailing, remaining: dt.timedelta | None) -> str:
    parts = [f"{mailing.sent} sent", f"{mailing.waiting} waiting"]
    parts += [
        f"{count} {what}"
        for count, what in (
            (mailing.unknown, "unknown"),
            (mailing.unreachable, "unreachable"),
            (mailing.held, "held back"),
        )
        if count
    ]
    if remaining is not None:
        parts.append(f"about {say_span(remaining)} to go")
    return f"{STATE_WORDS[mailing.state]}: {', '.join(parts)}"
