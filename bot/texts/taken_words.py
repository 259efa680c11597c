"""What an import says on the command line: what was refused, what changes, how many texts stay."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import typer

from bot.check import say_count
from bot.texts.taking import Taken

#: So much of the old and of the new words stands in a line; the places that differ should be among them.
_SHOWN_LETTERS = 40
#: Letters that are shown before the first one that differs.
_LEAD_LETTERS = 10


def say_taken(file: Path, taken: Taken) -> None:
    """Print what came of a file, before anything is written."""
    for refusal in taken.refused:
        typer.echo(f"{file}:{refusal.line}: refused: {refusal.message}", err=True)
    for doubt in taken.doubts:
        typer.echo(f"{file}:{doubt.line}: look at this: {doubt.message}", err=True)
    for line in list_changes(taken):
        typer.echo(line)
    typer.echo(
        f"{say_count(len(taken.changed), 'text')} to take over, {taken.unchanged} as before, "
        f"{taken.unsure} marked as unsure and left as they are, {len(taken.refused)} refused."
    )
    if taken.absent:
        typer.echo(f"{say_count(taken.absent, 'text')} not in the file, left as they are.")
    if taken.confirmed:
        confirmed = say_count(len(taken.confirmed), "outdated text")
        typer.echo(f"Of these, {confirmed} confirmed without a new word.")


def list_changes(taken: Taken) -> Iterator[str]:
    """Say of each text that changes what stood there and what will, shortened."""
    for key, entry in taken.changed.items():
        if key in taken.confirmed:
            yield f"{key}: confirmed as it is"
            continue
        before = taken.before.get(key, {})
        for form, words in entry.forms.items():
            old = before.get(form, "")
            if words != old:
                name = key if len(entry.forms) == 1 else f"{key} ({form})"
                yield f"{name}: {_shorten(old, words)} → {_shorten(words, old)}"


def _shorten(words: str, other: str) -> str:
    """Show the part of some words where they begin to differ from others."""
    if not words:
        return "nothing"
    same = next(
        (place for place, (one, two) in enumerate(zip(words, other, strict=False)) if one != two),
        min(len(words), len(other)),
    )
    start = max(same - _LEAD_LETTERS, 0) if len(words) > _SHOWN_LETTERS else 0
    shown = " ".join(words[start : start + _SHOWN_LETTERS].split())
    return f"“{'…' if start else ''}{shown}{'…' if start + _SHOWN_LETTERS < len(words) else ''}”"
