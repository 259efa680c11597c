"""The QR code of an invitation: drawn in a terminal, or as a file to be shown to one person.

Two rows of modules share a line. Colours are said outright, so that the code is dark on light
whatever the colours of the terminal are.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from bot.settings import StartError

_WHITE_ON_BLACK, _PLAIN = "\x1b[97;40m", "\x1b[0m"
#: Light modules around a QR code, which the standard asks for.
_QUIET_ZONE = 4
#: Pixels a module, so that a phone reads the picture on a screen.
_SCALE = 8
#: Which sign shows two modules above each other, where True is light.
_SIGNS = {(True, True): "█", (True, False): "▀", (False, True): "▄", (False, False): " "}
FORMS = ("svg", "png")


def draw_code(link: str, *, coloured: bool) -> Iterator[str]:
    """Draw the code of a link, a line of a terminal at a time."""
    import segno

    rows = [
        [module == 0 for module in row]
        for row in segno.make(link, error="m", micro=False).matrix_iter(border=_QUIET_ZONE)
    ]
    if len(rows) % 2:
        rows.append([True] * len(rows[0]))
    for upper, lower in zip(rows[::2], rows[1::2], strict=True):
        line = "".join(_SIGNS[pair] for pair in zip(upper, lower, strict=True))
        yield f"{_WHITE_ON_BLACK}{line}{_PLAIN}" if coloured else line


def check_code_file(file: Path) -> None:
    """Refuse a file that cannot become a picture of the code. Raises: StartError."""
    if file.suffix.lower().removeprefix(".") not in FORMS:
        raise StartError(f"The code is written as .svg or .png, not as “{file.name}”.")
    if not file.parent.is_dir():
        raise StartError(f"There is no folder {file.parent}; make it first, or name another file.")


def write_code(link: str, file: Path) -> None:
    """Write the code of a link as a picture that only this user can open. Raises: StartError."""
    import segno

    try:
        file.touch(mode=0o600)
        segno.make(link, error="m", micro=False).save(
            str(file), kind=file.suffix.lower().removeprefix("."), scale=_SCALE, border=_QUIET_ZONE
        )
    except OSError as error:
        reason = (error.strerror or "unknown reason").lower()
        raise StartError(f"The file {file} cannot be written: {reason}.") from None
