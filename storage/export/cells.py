"""Cells: what people wrote must stay text when a spreadsheet opens the file.

The rule, which whoever reads a file by program can undo with `recover`:

1. Control characters without a meaning in text (NUL and others) and halves of characters go.
2. A cell gets an apostrophe in front when a spreadsheet could take it for a formula: its first
   visible character is one of = + - @ (also full-width and small forms, and the minus sign), or a
   tab or line break stands before that. Characters that nobody sees do not count as visible:
   spaces of any width, zero-width and direction signs, byte order marks, blank letters.
3. A cell that begins with an apostrophe gets one more. So whoever takes exactly one away from
   each cell that begins with one has the text again.
4. Each tab and line break becomes a space: one answer is one line of the file, however a
   program cuts lines, and no line can begin with words of a person.
"""

from __future__ import annotations

import re
import unicodedata

#: What is put in front of a cell that is not a formula but looks like one.
MARK = "'"

_MEANINGLESS = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff]")
_BREAK = re.compile("\r\n|[\t\n\x0b\x0c\r\x85\u2028\u2029]")
_FORMULA_SIGNS = frozenset("=+-@")
#: The minus sign, which compatibility normalisation keeps apart from the hyphen.
_MINUS = "\u2212"
#: Letters and signs that are blank, though Unicode counts them as visible.
_BLANK = frozenset("\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
#: Other, separator, and marks that combine with nothing (Unicode general categories).
_UNSEEN_CATEGORIES = ("C", "Z", "Mn", "Me")


def neutralise(text: str) -> str:
    """Write a text so that no spreadsheet takes it for anything but text.

    >>> neutralise("=1+1"), neutralise("1 + 1"), neutralise("'tis")
    ("'=1+1", '1 + 1', "''tis")
    """
    readable = _MEANINGLESS.sub("", text)
    mark = MARK if _looks_like_formula(readable) else ""
    return mark + _BREAK.sub(" ", readable)


def recover(cell: str) -> str:
    """Read a cell that `neutralise` wrote; tabs and line breaks stay spaces.

    >>> recover("'=1+1")
    '=1+1'
    """
    return cell.removeprefix(MARK)


def _looks_like_formula(text: str) -> bool:
    if text.startswith(MARK):
        return True
    for character in text:
        if _BREAK.fullmatch(character):
            return True
        if not _is_unseen(character):
            return character == _MINUS or unicodedata.normalize("NFKC", character)[0] in _FORMULA_SIGNS
    return False


def _is_unseen(character: str) -> bool:
    return character in _BLANK or unicodedata.category(character).startswith(_UNSEEN_CATEGORIES)
