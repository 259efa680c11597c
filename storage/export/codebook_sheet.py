"""`codebook.csv`: what every sign in the other files means, and how questions were worded.

The column `entry` tells what a row explains: `sign` and `missing` (signs and codes of every
question), `step` (a question), `code` (one of its options), `wording` (a question with its options
as it was shown in one language; `wording` in answers.csv names the row). It does not depend on
what is selected.
"""

from __future__ import annotations

from sqlalchemy import Connection, select

from conversations.flow import Step
from conversations.languages import GERMAN
from storage.export.codes import LABEL_SEPARATOR, SKIPPED_LABEL, Codes
from storage.export.profile_sheet import HIDDEN_WITH_IT, TOO_SMALL
from storage.export.selection import OTHER, stream
from storage.export.sheet import Sheet
from storage.tables import wording

COLUMNS = ("entry", "field", "step", "type", "code", "label_de", "wording", "language", "text")

_MISSING = (
    ("_skip", SKIPPED_LABEL, "Die Person hat die Frage mit der Taste „Überspringen“ übergangen."),
    (
        "_nr",
        "(nicht erreicht)",
        "Die Person ist nicht bis zu dieser Frage gekommen. Steht nicht in answers.csv: die Zeile fehlt.",
    ),
    (
        "_na",
        "(trifft nicht zu)",
        "Die Frage gehört zu einem anderen Zweig und wurde dieser Person nicht gestellt."
        " Steht nicht in answers.csv: die Zeile fehlt.",
    ),
)
_SIGNS = (
    (OTHER, "Andere", "Sprache oder Quelle, die weniger als 10 Personen gemeinsam haben."),
    (TOO_SMALL, "Weniger als 10", "Kleine Zahl in profile.csv, auch null; wird nicht gezeigt."),
    (
        HIDDEN_WITH_IT,
        "10 oder mehr",
        "Zahl in profile.csv, die nicht gezeigt wird, weil sich sonst eine kleine Zahl ausrechnen ließe.",
    ),
    (
        "'",
        "Apostroph am Anfang",
        "Vor einem Text, den ein Programm für eine Formel halten könnte. Genau ein Apostroph am Anfang"
        " einer Zelle gehört nicht zum Text. Zeilenumbrüche im Text sind Leerzeichen.",
    ),
    ("*", "Jedes Handlungsfeld", "In der Spalte field: Diese Frage wird nach jedem Handlungsfeld gestellt."),
)


def write_codebook(connection: Connection, sheet: Sheet, codes: Codes) -> None:
    """Write every sign, question, code and wording."""
    for entry, explained in (("sign", _SIGNS), ("missing", _MISSING)):
        for code, label, meaning in explained:
            sheet.add((entry, "", "", "", code, label, "", GERMAN.code, meaning))
    for field, step in codes.steps:
        _write_step(sheet, codes, field, step)
    _write_wordings(connection, sheet, codes)


def _write_step(sheet: Sheet, codes: Codes, field: str, step: Step) -> None:
    place = (field, step.id, step.kind.value)
    sheet.add(("step", *place, "", codes.question(step.id), "", "", ""))
    for code in codes.codes_of(step):
        option = step.find_option(code)
        statement = None if option is None or option.statement is None else codes.german(option.statement)
        more = ("", "") if statement is None else (GERMAN.code, statement)
        sheet.add(("code", *place, code, codes.label(step.id, code), "", *more))


def _write_wordings(connection: Connection, sheet: Sheet, codes: Codes) -> None:
    statement = select(wording).order_by(wording.c.step, wording.c.language, wording.c.hash)
    with stream(connection, statement) as rows:
        for row in rows:
            place = (codes.field_of_step(row.step), row.step, codes.kind(row.step))
            worded = LABEL_SEPARATOR.join(row.text.splitlines())
            sheet.add(("wording", *place, "", "", row.hash, row.language, worded))
