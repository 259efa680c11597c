"""How the state of the languages is shown on the command line: a table, the details of one, JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from bot.texts.signatures import NEEDED_PARTS, Part
from bot.texts.status import LanguageStatus, SignedPart
from conversations.languages import Language

_NOBODY, _NOTHING = "nobody yet", "–"
#: Narrower, a line for each language would become several.
_TABLE_WIDTH = 120


def say_table(found: Iterable[LanguageStatus]) -> None:
    """Print a line for each language."""
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    parts = [part.value.capitalize() for part in NEEDED_PARTS]
    for head in ("Language", "Complete", "Outdated", "Translated by", "Read by", *parts, "Recorded"):
        table.add_column(head, overflow="fold")
    for each in found:
        table.add_row(
            f"{each.language.code}  {each.language.own_name}",
            f"{each.texts - len(each.missing)}/{each.texts}" + ("" if each.offered else ", not offered"),
            str(len(each.outdated)),
            each.translated_by or _NOTHING,
            each.read_by or _NOTHING,
            *(_NOTHING if part.signature is None else _say_signature(part) for part in each.signed),
            f"{each.recorded}/{each.recorded + len(each.unrecorded)}",
        )
    console = Console(highlight=False, markup=False)
    console.width = max(console.width, _TABLE_WIDTH)
    console.print(table)
    console.print(f"{_NOTHING} under {', '.join(parts)}: nobody has signed off these texts as they are now.")


def say_details(status: LanguageStatus) -> Iterator[str]:
    """Say everything about one language, with the keys of what is not in order."""
    yield f"{status.language.code}  {status.language.menu_name}"
    yield f"Offered: {'yes' if status.offered else 'no'}"
    yield f"Translated by: {status.translated_by or _NOTHING}"
    yield f"Read by: {status.read_by or _NOTHING}"
    for part in status.signed:
        yield f"Signed off, {part.part.value}: {_say_signature(part)}"
    yield from _say_keys("Missing", status.missing)
    yield from _say_keys("Outdated", status.outdated)
    yield from _say_keys("Not recorded", status.unrecorded)


def say_unsigned(found: Iterable[tuple[Language, tuple[Part, ...]]]) -> Iterator[str]:
    """Say for each language what nobody has signed off."""
    for language, parts in found:
        what = ", ".join(part.value for part in parts)
        yield (
            f"Warning: nobody has signed off {what} in {language.latin_name} ({language.code}) as it is now; "
            f"see “mitreden texts status -l {language.code}”."
        )


def as_dict(status: LanguageStatus) -> dict[str, Any]:
    """Return the same as plain values."""
    return {
        "language": status.language.code,
        "name": status.language.own_name,
        "offered": status.offered,
        "texts": status.texts,
        "missing": list(status.missing),
        "outdated": list(status.outdated),
        "translated_by": status.translated_by,
        "read_by": status.read_by,
        "signed": {
            part.part.value: None
            if part.signature is None
            else {"by": part.signature.by, "on": part.signature.on.isoformat(), "counts": part.counts}
            for part in status.signed
        },
        "recorded": status.recorded,
        "unrecorded": list(status.unrecorded),
    }


def _say_signature(part: SignedPart) -> str:
    if part.signature is None:
        return _NOBODY
    said = f"{part.signature.by}, {part.signature.on.isoformat()}"
    return said if part.counts else f"{said}, but a text has changed since"


def _say_keys(head: str, keys: tuple[str, ...]) -> Iterator[str]:
    yield f"{head}: {len(keys) or 'none'}"
    yield from (f"  {key}" for key in keys)
