"""Importing a programme: tables and calendars as they really are, and what each mistake is told."""

# ruff: noqa: E501 (one mistake a line)

from __future__ import annotations

import datetime as dt
import shutil
import subprocess
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.calendar_file import calendar_file_name, write_calendar
from bot.content import load_content
from bot.programme.file_import import read_programme_file
from conversations.languages import LANGUAGES
from conversations.mistakes import ContentError, ContentMistake
from conversations.programme import Cancellation, Forum, Meeting, Support, forum_topic

BERLIN = ZoneInfo("Europe/Berlin")
FIELDS = {
    "sprache": "Sprache",
    "bildung": "Bildung",
    "arbeit": "Arbeit",
    "wohnen": "Wohnen",
    "werte": "Werte, Regeln und Normen",
}
NOW = dt.datetime(2027, 8, 1, 12, 0, tzinfo=BERLIN)
ROBUST = settings(derandomize=True, deadline=None, max_examples=300, database=None)

TABLE = """\
Feld;Beginn;Ende;Ort;Adresse;Plätze;Kinderbetreuung;Barrierefrei;Dolmetschen;Karte
Arbeit;07.09.2027 18:00;20:30;Stadthalle Göppingen;Blumenstraße 41;60;ja;x;Arabisch, Türkisch;https://www.goeppingen.example/weg
wohnen;2027-09-21T18:00;21.09.2027 20:00;Rathaus;;;nein;;;
"""
WORK = Forum(
    Meeting(
        dt.datetime(2027, 9, 7, 18, 0, tzinfo=BERLIN),
        "Stadthalle Göppingen",
        dt.datetime(2027, 9, 7, 20, 30, tzinfo=BERLIN),
        "Blumenstraße 41",
    ),
    support=Support(childcare=True, step_free=True, interpreting=("ar", "tr")),
    seats=60,
    map_url="https://www.goeppingen.example/weg",
)
HOUSING = Forum(
    Meeting(
        dt.datetime(2027, 9, 21, 18, 0, tzinfo=BERLIN),
        "Rathaus",
        dt.datetime(2027, 9, 21, 20, 0, tzinfo=BERLIN),
    )
)
CALENDAR = """\
BEGIN:VCALENDAR
PRODID:-//Google Inc//Google Calendar 70.9054//EN
VERSION:2.0
CALSCALE:GREGORIAN
METHOD:PUBLISH
X-WR-CALNAME:Integrationsplan
X-WR-TIMEZONE:Europe/Berlin
BEGIN:VTIMEZONE
TZID:Europe/Berlin
X-LIC-LOCATION:Europe/Berlin
BEGIN:DAYLIGHT
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
TZNAME:CEST
DTSTART:19700329T020000
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU
END:DAYLIGHT
BEGIN:STANDARD
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
TZNAME:CET
DTSTART:19701025T030000
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
END:STANDARD
END:VTIMEZONE
BEGIN:VEVENT
DTSTART;TZID=Europe/Berlin:20270907T180000
DTEND;TZID=Europe/Berlin:20270907T203000
DTSTAMP:20270801T100000Z
UID:0a1b2c3d4e@google.com
CREATED:20270701T100000Z
DESCRIPTION:<p>Kommen Sie vorbei\\, es gibt Tee.</p>
LOCATION:Stadthalle Göppingen\\, Blumenstraße 41
SEQUENCE:1
STATUS:CONFIRMED
SUMMARY:Einladung: Fachforum Arbeit
TRANSP:OPAQUE
BEGIN:VALARM
ACTION:DISPLAY
DESCRIPTION:This is an event reminder
TRIGGER:-P0DT0H30M0S
END:VALARM
END:VEVENT
END:VCALENDAR
"""
WORK_IN_CALENDAR = Forum(WORK.meeting)
GERMAN_PROFILE = """\
<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Setup/L10N">
<prop oor:name="ooSetupSystemLocale" oor:op="fuse"><value>de-DE</value></prop>
</item>
</oor:items>
"""


def read(file: str | bytes, name: str = "programm.csv") -> Mapping[str, Forum]:
    raw = file.encode() if isinstance(file, str) else file
    return read_programme_file(raw, name, FIELDS, BERLIN)


def read_calendar(file: str | bytes) -> Mapping[str, Forum]:
    return read(file, "programm.ics")


def mistakes(file: str | bytes, name: str = "programm.csv") -> list[str]:
    """Read a file with mistakes; return each as `line: sentence`."""
    with pytest.raises(ContentError) as caught:
        read(file, name)
    assert {mistake.file for mistake in caught.value.mistakes} == {name}
    assert all(mistake.line >= 1 for mistake in caught.value.mistakes)
    return [f"{mistake.line}: {mistake.message}" for mistake in caught.value.mistakes]


def row(cells: str, head: str = "field;starts;ends;place") -> str:
    return f"{head}\n{cells}\n"


def event(*changes: tuple[str, str]) -> str:
    """Change lines of the calendar above; an empty line is left out."""
    text = CALENDAR
    for before, after in changes:
        assert text.count(before) == 1, before
        text = text.replace(before, after)
    return "\n".join(line for line in text.split("\n") if line)


def line_of(text: str, part: str) -> int:
    return text[: text.index(part)].count("\n") + 1


# The table


def test_a_table_with_everything() -> None:
    assert read(TABLE) == {"arbeit": WORK, "wohnen": HOUSING}
    assert list(read(TABLE)) == ["arbeit", "wohnen"]


@pytest.mark.parametrize(
    "raw",
    [
        TABLE.encode("utf-8"),
        TABLE.encode("utf-8-sig"),
        TABLE.encode("cp1252"),
        TABLE.replace("\n", "\r\n").encode("utf-8-sig"),
        TABLE.replace("\n", "\r").encode("cp1252"),
        TABLE.replace(";", "\t").encode(),
        ("sep=;\n" + TABLE).encode(),
        ("\n\n" + TABLE + ";;;;;;;;;\n\n").encode(),
        TABLE.replace("Arabisch, Türkisch", '"Arabisch, Türkisch"').replace(";", ",").encode("cp1252"),
    ],
    ids=[
        "utf-8",
        "utf-8 with mark",
        "windows-1252",
        "windows",
        "old mac",
        "tab",
        "excel hint",
        "blank rows",
        "comma",
    ],
)
def test_a_table_as_programs_save_it(raw: bytes) -> None:
    assert read(raw) == {"arbeit": WORK, "wohnen": HOUSING}


def test_columns_stand_in_any_order_and_language() -> None:
    table = "PLACE,Handlungsfeld,Uhrzeit,Datum,Anschrift,ENDE,step free\nRathaus,werte,18:00,7.9.2027,Am Markt 1,20:30,1\n"

    meeting = Meeting(
        dt.datetime(2027, 9, 7, 18, 0, tzinfo=BERLIN),
        "Rathaus",
        dt.datetime(2027, 9, 7, 20, 30, tzinfo=BERLIN),
        "Am Markt 1",
    )
    assert read(table) == {"werte": Forum(meeting, support=Support(step_free=True))}


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("arbeit", "arbeit"),
        ("ARBEIT", "arbeit"),
        ("Fachforum Arbeit", "arbeit"),
        ("fachforum  arbeit", "arbeit"),
        ("Fachforum: Arbeit", "arbeit"),
        ("fachforum-arbeit", "arbeit"),
        ("forum_arbeit", "arbeit"),
        ("Werte, Regeln und Normen", "werte"),
        ("Fachforum Werte und Regeln", "werte"),
        ("Werte", "werte"),
    ],
)
def test_a_field_by_code_or_name(words: str, code: str) -> None:
    assert list(read(row(f"{words};7.9.2027 18:00;;Rathaus"))) == [code]


@pytest.mark.parametrize(
    ("words", "read_as"),
    [
        ("07.09.2027 18:00", "2027-09-07T18:00+02:00"),
        ("7.9.2027, 18.00 Uhr", "2027-09-07T18:00+02:00"),
        ("7.9.2027 18 Uhr", "2027-09-07T18:00+02:00"),
        ("07.09.2027 18:00:00", "2027-09-07T18:00+02:00"),
        ("2027-09-07 18:00", "2027-09-07T18:00+02:00"),
        ("2027-09-07T18:00:00", "2027-09-07T18:00+02:00"),
        ("2027-09-07T16:00Z", "2027-09-07T18:00+02:00"),
        ("2027-11-07T18:00", "2027-11-07T18:00+01:00"),
        ("2027-10-31T02:30+02:00", "2027-10-31T02:30+02:00"),
        ("2027-10-31T02:30+01:00", "2027-10-31T02:30+01:00"),
    ],
)
def test_a_beginning_in_any_form(words: str, read_as: str) -> None:
    forum = read(row(f"arbeit;{words};;Rathaus"))["arbeit"]

    assert forum.meeting is not None
    assert forum.meeting.starts.isoformat(timespec="minutes") == read_as
    assert forum.meeting.starts.tzinfo is BERLIN
    assert forum.meeting.ends is None


def test_the_repeated_hour_can_be_written_in_a_cell_of_its_own() -> None:
    forum = read(row("arbeit;31.10.2027;02:30+01:00;Rathaus", "field;day;time;place"))["arbeit"]

    assert forum.meeting is not None
    assert forum.meeting.starts.isoformat() == "2027-10-31T02:30:00+01:00"


@pytest.mark.parametrize("word", ["yes", "JA", "true", "WAHR", "1", "x", "X"])
def test_yes(word: str) -> None:
    table = row(f"arbeit;7.9.2027 18:00;Rathaus;{word}", "field;starts;place;childcare")
    assert read(table)["arbeit"].support == Support(childcare=True)


@pytest.mark.parametrize("word", ["no", "NEIN", "false", "FALSCH", "0", "-", "", "  "])
def test_no(word: str) -> None:
    table = row(f"arbeit;7.9.2027 18:00;Rathaus;{word}", "field;starts;place;childcare")
    assert read(table)["arbeit"].support == Support()


@pytest.mark.parametrize(
    ("words", "codes"),
    [
        ("ar", ("ar",)),
        ("ar,tr", ("ar", "tr")),
        ("ar / tr", ("ar", "tr")),
        ("Arabisch Türkisch", ("ar", "tr")),
        ("العربية, Türkçe", ("ar", "tr")),
        ("arabic;english", ("ar", "en")),
        ("tuerkisch", ("tr",)),
        ("Einfaches Deutsch Arabisch", ("de_LS", "ar")),
        ("de_ls", ("de_LS",)),
        ("tr, TR, Türkisch", ("tr",)),
        ("", ()),
    ],
)
def test_languages_by_code_or_name(words: str, codes: tuple[str, ...]) -> None:
    table = row(f'arbeit;7.9.2027 18:00;Rathaus;"{words}"', "field;starts;place;interpreting")
    assert read(table)["arbeit"].support.interpreting == codes


def test_every_language_is_known_by_each_of_its_names() -> None:
    for language in LANGUAGES:
        for words in (language.code, language.own_name, language.latin_name):
            table = row(f"arbeit;7.9.2027 18:00;Rathaus;{words}", "field;starts;place;interpreting")
            assert read(table)["arbeit"].support.interpreting == (language.code,)


def test_words_are_put_on_one_line() -> None:
    table = 'field;starts;place;address\narbeit;7.9.2027 18:00;"Stadthalle\n Göppingen";"Blumen­\x07straße\xa041"\n'
    forum = read(table)["arbeit"]

    assert forum.meeting is not None
    assert (forum.meeting.place, forum.meeting.address) == ("Stadthalle Göppingen", "Blumen­straße 41")


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        (row("arbeiten;7.9.2027 18:00;;Rathaus"), "2: In the column “field”: There is no field “arbeiten”. Did you mean “arbeit”?"),
        (row("Werte und Normen;7.9.2027 18:00;;Rathaus"), "2: In the column “field”: There is no field “Werte und Normen”. Did you mean “Werte, Regeln und Normen”?"),
        (row("Sport;7.9.2027 18:00;;Rathaus"), "2: In the column “field”: There is no field “Sport”. Known are: sprache, bildung, arbeit, wohnen, werte."),
        (row(";7.9.2027 18:00;;Rathaus"), "2: In the column “field”: This cell is empty; it must be filled in."),
        (row("arbeit;;;Rathaus"), "2: In the column “starts”: This cell is empty; it must be filled in."),
        (row("arbeit;7.9.2027;;Rathaus"), "2: In the column “starts”: “7.9.2027” is not a day and a time such as 07.09.2027 18:00."),
        (row("arbeit;7.9.27 18:00;;Rathaus"), "2: In the column “starts”: “7.9.27 18:00” is not a day and a time such as 07.09.2027 18:00."),
        (row("arbeit;31.09.2027 18:00;;Rathaus"), "2: In the column “starts”: “31.09.2027 18:00” is not a day and a time such as 07.09.2027 18:00."),
        (row("arbeit;28.03.2027 02:30;;Rathaus"), "2: In the column “starts”: 28.03.2027 02:30 does not exist, because the clock is put forward over it. Write another time."),
        (row("arbeit;31.10.2027 02:30;;Rathaus"), "2: In the column “starts”: 31.10.2027 02:30 exists twice, because the clock is put back. Write 2027-10-31T02:30+02:00 for the first time or 2027-10-31T02:30+01:00 for the second."),
        (row("arbeit;31.10.2027;02:30;Rathaus", "field;day;time;place"), "2: In the column “time”: 31.10.2027 02:30 exists twice, because the clock is put back. Write 02:30+02:00 for the first time or 02:30+01:00 for the second."),
        (row("arbeit;morgen;02:30;Rathaus", "field;day;time;place"), "2: In the column “day”: “morgen” is not a day such as 07.09.2027."),
        (row("arbeit;7.9.2027;abends;Rathaus", "field;day;time;place"), "2: In the column “time”: “abends” is not a time such as 18:00."),
        (row("arbeit;7.9.2027 18:00;17:59;Rathaus"), "2: The end (07.09.2027 17:59) must be later than the beginning (07.09.2027 18:00)."),
        (row("arbeit;7.9.2027 18:00;18:00;Rathaus"), "2: The end (07.09.2027 18:00) must be later than the beginning (07.09.2027 18:00)."),
        (row("arbeit;7.9.2027 18:00;spät;Rathaus"), "2: In the column “ends”: “spät” is neither a time such as 20:30 nor a day and a time such as 07.09.2027 20:30."),
        (row("arbeit;7.9.0027 18:00;;Rathaus"), "2: In the column “starts”: The year 27 cannot be right."),
        (row("arbeit;7.9.2027 18:00;7.9.2207 20:00;Rathaus"), "2: In the column “ends”: The year 2207 cannot be right."),
        (row("arbeit;7.9.2027 18:00;;"), "2: In the column “place”: This cell is empty; it must be filled in."),
        (row("arbeit;7.9.2027 18:00"), "2: In the column “place”: This cell is empty; it must be filled in."),
        (row(f"arbeit;7.9.2027 18:00;;{'a' * 301}"), f"2: In the column “place”: “{'a' * 40}…” is longer than 300 characters."),
        (row("arbeit;7.9.2027 18:00;Rathaus;viele", "field;starts;place;Plätze"), "2: In the column “Plätze”: “viele” is not a whole number from 1 to 10000."),
        (row("arbeit;7.9.2027 18:00;Rathaus;0", "field;starts;place;seats"), "2: In the column “seats”: “0” is not a whole number from 1 to 10000."),
        (row("arbeit;7.9.2027 18:00;Rathaus;٦٠", "field;starts;place;seats"), "2: In the column “seats”: “٦٠” is not a whole number from 1 to 10000."),
        (row("arbeit;7.9.2027 18:00;Rathaus;vielleicht", "field;starts;place;childcare"), "2: In the column “childcare”: “vielleicht” is neither yes (ja, x) nor no (nein, or nothing)."),
        (row("arbeit;7.9.2027 18:00;Rathaus;Arabish", "field;starts;place;interpreting"), "2: In the column “interpreting”: There is no language “Arabish”. Did you mean “arabisch”?"),
        (row("arbeit;7.9.2027 18:00;Rathaus;xx", "field;starts;place;interpreting"), "2: In the column “interpreting”: There is no language “xx”. Known are: " + ", ".join(each.code for each in LANGUAGES) + "."),
        (row("arbeit;7.9.2027 18:00;Rathaus;goeppingen.de", "field;starts;place;Karte"), "2: In the column “Karte”: “goeppingen.de” is not a web address that begins with https://."),
        (row("arbeit;7.9.2027 18:00;;Rathaus;Saal 1"), "2: “Saal 1” stands in a column without a name. Put quotation marks around a text with “;” in it."),
        (row('arbeit;7.9.2027 18:00;;"Rathaus'), "2: A quotation mark is missing or too many in the row that begins here."),
        (row("arbeit;7.9.2027 18:00;;Rathaus\nFachforum Arbeit;8.9.2027 18:00;;Rathaus"), "3: The field “arbeit” stands in line 2 already. Each may come only once."),
        (row(""), "1: There is no row below the head line: one for each forum is needed."),
        ("arbeit;7.9.2027 18:00;20:00;Rathaus\n", "1: The first line must name the columns, such as field;starts;ends;place;address."),
        ("\n\narbeit\n", "3: The first line must name the columns, such as field;starts;ends;place;address."),
        (row("arbeit;7.9.2027 18:00;Rathaus;x", "field;starts;place;chilcare"), "1: There is no column “chilcare”. Did you mean “childcare”?"),
        (row("arbeit;7.9.2027 18:00;Rathaus;x", "field;starts;place;Wetter"), "1: There is no column “Wetter”. Known are: field, starts, day, time, ends, place, address, seats, childcare, step_free, interpreting, map_url."),
        (row("arbeit;7.9.2027 18:00;Rathaus;x", "field;starts;place;Ort"), "1: The column “Ort” comes twice (also as “place”)."),
        (row("7.9.2027 18:00;Rathaus", "starts;place"), "1: The column “field” is missing."),
        (row("arbeit;Rathaus", "field;place"), "1: The column “starts” is missing."),
        (row("arbeit;7.9.2027 18:00", "field;starts"), "1: The column “place” is missing."),
        (row("arbeit;7.9.2027;Rathaus", "field;day;place"), "1: The column “time” is missing."),
        (row("arbeit;7.9.2027 18:00;18:00;Rathaus", "field;starts;time;place"), "1: Write the beginning either as “starts” or as “day” and “time”, not as both."),
        ("", "1: The file is empty."),
        ("\ufeff \r\n\t\n", "1: The file is empty."),
        ("field;starts\x00;place\n", "1: This is not a text file. Save a table as “CSV UTF-8”, a calendar as “.ics”."),
        (TABLE.encode("utf-16"), "1: This is not a text file. Save a table as “CSV UTF-8”, a calendar as “.ics”."),
        (b"field;starts;place\n\n\x81;;\n", "3: This line has letters in another encoding. Save the table as “CSV UTF-8”."),
        (TABLE.encode() + b"\xff", "4: This line has letters in another encoding. Save the table as “CSV UTF-8”."),
        (b" " * 1_000_001, "1: The file is larger than 1 MB: that cannot be a programme."),
    ],
)  # fmt: skip
def test_a_mistake_in_a_table_is_told_in_one_sentence(table: str | bytes, expected: str) -> None:
    assert mistakes(table) == [expected]


def test_every_mistake_of_a_table_is_told_and_nothing_is_taken() -> None:
    table = TABLE + 'sprache;7.9.2027 18:00;17:00;"Volks-\nhochschule";;wenige;;;;\narbeit;7.9.2027;;;;;;;;\n'

    assert mistakes(table) == [
        "4: In the column “Plätze”: “wenige” is not a whole number from 1 to 10000.",
        "4: The end (07.09.2027 17:00) must be later than the beginning (07.09.2027 18:00).",
        "6: In the column “Beginn”: “7.9.2027” is not a day and a time such as 07.09.2027 18:00.",
        "6: In the column “Ort”: This cell is empty; it must be filled in.",
        "6: The field “arbeit” stands in line 2 already. Each may come only once.",
    ]


def test_an_end_in_the_repeated_hour_is_later_than_its_beginning() -> None:
    forum = read(row("arbeit;2027-10-31T02:30+02:00;2027-10-31T02:15+01:00;Rathaus"))["arbeit"]

    assert forum.meeting is not None
    assert forum.meeting.ends is not None
    assert forum.meeting.ends.utcoffset() == dt.timedelta(hours=1)


def test_two_fields_with_the_same_first_word_are_told_apart() -> None:
    fields = {"a": "Arbeit und Beruf", "b": "Arbeit und Familie", "c": "Bildung"}
    table = row("Arbeit und Familie;7.9.2027 18:00;;Rathaus\nBildung;8.9.2027 18:00;;Rathaus")

    assert list(read_programme_file(table.encode(), "x.csv", fields, BERLIN)) == ["b", "c"]
    with pytest.raises(ContentError, match="There is no field “Arbeit”"):
        read_programme_file(row("Arbeit;7.9.2027 18:00;;Rathaus").encode(), "x.csv", fields, BERLIN)


@pytest.mark.parametrize("name", ["programm.xlsx", "programm", "csv", ""])
def test_another_kind_of_file_is_refused(name: str) -> None:
    assert mistakes(TABLE, name) == [
        f"1: The name of the file must end in .ics (a calendar) or .csv (a table), not “{name}”."
    ]


def test_the_ending_may_be_in_capitals() -> None:
    assert read(TABLE, "PROGRAMM.CSV") == read(TABLE)


def test_a_long_list_ends_with_one_sentence() -> None:
    found = mistakes("field;starts;place\n" + "x;;\n" * 5000)

    assert found[-1] == "202: The table has more than 200 rows; they are read only up to here."
    assert len(found) == 601


def run_libreoffice(folder: Path, file: Path, *arguments: str) -> None:
    """Convert a file as a German LibreOffice does."""
    profile = folder / "profile" / "user"
    profile.mkdir(parents=True, exist_ok=True)
    (profile / "registrymodifications.xcu").write_text(GERMAN_PROFILE, encoding="utf-8")
    subprocess.run(
        ["soffice", f"-env:UserInstallation=file://{folder}/profile", "--headless", *arguments, str(file)],
        check=True, capture_output=True, timeout=180,
    )  # fmt: skip


@pytest.mark.skipif(
    shutil.which("soffice") is None,
    reason="LibreOffice is missing: apt-get install --no-install-recommends libreoffice-calc",
)
def test_a_table_that_libreoffice_saved(tmp_path: Path) -> None:
    """Dates, times and numbers become real cells, and are written as the program shows them."""
    (tmp_path / "table.csv").write_text(TABLE, encoding="utf-8")
    recognise = "--infilter=CSV:59,34,76,1,,1031,false,true"
    run_libreoffice(
        tmp_path, tmp_path / "table.csv", recognise, "--convert-to", "ods", "--outdir", str(tmp_path)
    )
    for form in ("59,34,76", "44,34,1"):  # separator, quotation mark, encoding
        target = f"csv:Text - txt - csv (StarCalc):{form},1,,0,false,true,false"
        run_libreoffice(
            tmp_path, tmp_path / "table.ods", "--convert-to", target, "--outdir", str(tmp_path / "saved")
        )
        saved = (tmp_path / "saved" / "table.csv").read_bytes()

        assert b"07.09.2027 18:00:00" in saved
        assert b"20:30:00" in saved
        assert read(saved) == {"arbeit": WORK, "wohnen": HOUSING}


# The calendar


def test_a_calendar_as_google_writes_it() -> None:
    assert read_calendar(CALENDAR) == {"arbeit": WORK_IN_CALENDAR}


@pytest.mark.parametrize(
    "raw",
    [
        CALENDAR.encode("utf-8"),
        CALENDAR.encode("utf-8-sig"),
        CALENDAR.encode("cp1252"),
        CALENDAR.replace("\n", "\r\n").encode(),
        CALENDAR.replace("\n", "\r").encode(),
        ("\n\n" + CALENDAR.replace("\n", "\n\n")).encode(),
        CALENDAR.replace("BEGIN:", "begin:").replace("END:", "End:").replace("DTSTART", "dtstart").encode(),
        CALENDAR.replace("LOCATION:Stadt", "LOC\r\n\tATION\n :Stadt\n \r\n ").encode(),
    ],
    ids=[
        "utf-8",
        "utf-8 with mark",
        "windows-1252",
        "windows",
        "old mac",
        "blank lines",
        "small letters",
        "folded",
    ],
)
def test_a_calendar_as_programs_save_it(raw: bytes) -> None:
    assert read_calendar(raw) == {"arbeit": WORK_IN_CALENDAR}


def test_a_fold_within_a_letter_is_mended() -> None:
    raw = CALENDAR.encode().replace("ö".encode(), b"\xc3\r\n \xb6")
    assert read_calendar(raw) == {"arbeit": WORK_IN_CALENDAR}


@pytest.mark.parametrize(
    ("starts", "ends"),
    [
        (":20270907T160000Z", ":20270907T183000Z"),
        (":20270907T180000", ":20270907T203000"),
        (";VALUE=DATE-TIME:20270907T180000", ";TZID=UTC:20270907T183000"),
        (";TZID=W. Europe Standard Time:20270907T180000", ";TZID=America/New_York:20270907T143000"),
        (";TZID=/freeassociation.sourceforge.net/Europe/Berlin:20270907T180000", ":20270907T183000Z"),
        (';TZID="Europe/Vienna";X-SOURCE="a:b;c":20270907T180000', ":20270907T183000Z"),
    ],
)
def test_times_in_any_zone(starts: str, ends: str) -> None:
    text = event(
        ("DTSTART;TZID=Europe/Berlin:20270907T180000", f"DTSTART{starts}"),
        ("DTEND;TZID=Europe/Berlin:20270907T203000", f"DTEND{ends}"),
    )
    forum = read_calendar(text)["arbeit"]

    assert forum == WORK_IN_CALENDAR
    assert forum.meeting is not None
    assert forum.meeting.starts.tzinfo is BERLIN


OUTLOOK_ZONE = """\
BEGIN:VTIMEZONE
TZID:(UTC+01:00) Amsterdam\\, Berlin\\, Bern
BEGIN:STANDARD
DTSTART:16010101T030000
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=10
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:16010101T020000
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=3
END:DAYLIGHT
END:VTIMEZONE
"""


def outlook(starts: str, zone: str = OUTLOOK_ZONE) -> str:
    named = 'TZID="(UTC+01:00) Amsterdam, Berlin, Bern"'
    text = event(
        ("DTSTART;TZID=Europe/Berlin:20270907T180000", f"DTSTART;{named}:{starts}"),
        ("DTEND;TZID=Europe/Berlin:20270907T203000", ""),
    )
    return text.replace("BEGIN:VEVENT", zone + "BEGIN:VEVENT")


@pytest.mark.parametrize(
    ("starts", "read_as"),
    [
        ("20270907T180000", "2027-09-07T18:00:00+02:00"),
        ("20271207T180000", "2027-12-07T18:00:00+01:00"),
        ("20270328T030000", "2027-03-28T03:00:00+02:00"),
        ("20271031T030000", "2027-10-31T03:00:00+01:00"),
    ],
)
def test_a_time_zone_that_the_file_defines_itself(starts: str, read_as: str) -> None:
    forum = read_calendar(outlook(starts))["arbeit"]

    assert forum.meeting is not None
    assert forum.meeting.starts.isoformat() == read_as


def test_a_time_zone_is_forgotten_with_its_file() -> None:
    assert read_calendar(outlook("20270907T180000"))
    assert mistakes(outlook("20270907T180000", zone=""), "programm.ics") == [
        "27: The time zone “(UTC+01:00) Amsterdam, Berlin, Bern” is unknown. Use “Europe/Berlin”."
    ]


@pytest.mark.parametrize(
    "rule", ["FREQ=SECONDLY", "FREQ=YEARLY;INTERVAL=0", "FREQ=YEARLY;BYSECOND=1,2,3", ""]
)
def test_a_hostile_time_zone_does_not_keep_the_program_busy(rule: str) -> None:
    zone = OUTLOOK_ZONE.replace("FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=3", rule)
    assert len(mistakes(outlook("20270907T180000", zone), "programm.ics")) == 1


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ([("UID:0a1b2c3d4e@google.com", "UID:forum_wohnen@goeppingen.example")], "wohnen"),
        ([("UID:0a1b2c3d4e@google.com", "UID:fachforum-wohnen")], "wohnen"),
        ([("UID:0a1b2c3d4e@google.com", "UID:forum_garten@x"), ("TRANSP:OPAQUE", "CATEGORIES:Termine,Wohnen")], "wohnen"),
        ([("TRANSP:OPAQUE", "CATEGORIES:Termine\nCATEGORIES:Fachforum Wohnen")], "wohnen"),
        ([("TRANSP:OPAQUE", "CATEGORIES:Werte\\, Regeln und Normen")], "werte"),
        ([("TRANSP:OPAQUE", "CATEGORIES:Wohnen,Bildung")], "arbeit"),
        ([("TRANSP:OPAQUE", "CATEGORIES:Termine")], "arbeit"),
        ([("Einladung: Fachforum Arbeit", "FACHFORUM – WERTE UND REGELN (Göppingen)")], "werte"),
        ([("UID:0a1b2c3d4e@google.com", "")], "arbeit"),
    ],
)  # fmt: skip
def test_the_field_is_told_by_uid_then_category_then_title(changes: list[tuple[str, str]], code: str) -> None:
    assert list(read_calendar(event(*changes))) == [code]


@pytest.mark.parametrize(
    ("location", "place", "address"),
    [
        ("Rathaus", "Rathaus", ""),
        ("Rathaus\\, Hauptstraße 1\\, 73033 Göppingen", "Rathaus", "Hauptstraße 1, 73033 Göppingen"),
        ("Rathaus\\nHauptstraße 1\\n73033 Göppingen", "Rathaus", "Hauptstraße 1, 73033 Göppingen"),
        ("Rathaus, Hauptstraße 1", "Rathaus", "Hauptstraße 1"),
        ("Haus \\; Hof ", "Haus ; Hof", ""),
    ],
)
def test_the_location_is_split_at_the_first_comma(location: str, place: str, address: str) -> None:
    text = event(("LOCATION:Stadthalle Göppingen\\, Blumenstraße 41", f"LOCATION:{location}"))
    meeting = read_calendar(text)["arbeit"].meeting

    assert meeting is not None
    assert (meeting.place, meeting.address) == (place, address)


def test_a_length_instead_of_an_end() -> None:
    text = event(("DTEND;TZID=Europe/Berlin:20270907T203000", "DURATION:PT2H30M"))
    assert read_calendar(text) == {"arbeit": WORK_IN_CALENDAR}


def test_an_end_may_be_missing() -> None:
    text = event(("DTEND;TZID=Europe/Berlin:20270907T203000", ""))
    meeting = read_calendar(text)["arbeit"].meeting

    assert meeting is not None
    assert meeting.ends is None


START, END = "DTSTART;TZID=Europe/Berlin:20270907T180000", "DTEND;TZID=Europe/Berlin:20270907T203000"
TITLE, ROOM = "SUMMARY:Einladung: Fachforum Arbeit", "LOCATION:Stadthalle Göppingen\\, Blumenstraße 41"


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (START, "DTSTART;VALUE=DATE:20270907", "The event “Einladung: Fachforum Arbeit” lasts all day. A forum needs a time: give the event one."),
        (START, "DTSTART:20270907", "The event “Einladung: Fachforum Arbeit” lasts all day. A forum needs a time: give the event one."),
        (START, "DTSTART:morgen", "DTSTART cannot be read here: “DTSTART:morgen”."),
        (START, "DTSTART:20270931T180000", "DTSTART cannot be read here: “DTSTART:20270931T180000”."),
        (START, "DTSTART:P1D", "“DTSTART:P1D” is not a day and a time."),
        (START, "DTSTART;TZID=Europe/Göppingen:20270907T180000", "The time zone “Europe/Göppingen” is unknown. Use “Europe/Berlin”."),
        (START, "DTSTART;TZID=Europe/Berlin:20270907T180000Z", "The time is given both in UTC (Z) and in the time zone “Europe/Berlin”."),
        (START, "DTSTART:00010101T000000Z", "The year 1 cannot be right."),
        (START, "DTSTART:00010101T000000", "“DTSTART:00010101T000000” is not a day and a time."),
        (START, "DTSTART;TZID=Europe/Berlin:20270328T023000", "28.03.2027 02:30 does not exist, because the clock is changed in that night. Choose another time."),
        (START, "DTSTART:20271031T023000", "31.10.2027 02:30 exists twice, because the clock is changed in that night. Choose another time."),
        (START, START + "\n" + START, "This event says DTSTART twice."),
        (END, "DTEND;TZID=Europe/Berlin:20270907T173000", "The end (07.09.2027 17:30) must be later than the beginning (07.09.2027 18:00)."),
        (END, "DTEND;VALUE=DATE:20270908", "The event “Einladung: Fachforum Arbeit” lasts all day. A forum needs a time: give the event one."),
        (END, "DURATION:-PT1H", "The end (07.09.2027 17:00) must be later than the beginning (07.09.2027 18:00)."),
        (END, "DURATION:P99999999W", "“DURATION:P99999999W” is no length of time."),
        (END, "DURATION:lange", "DURATION cannot be read here: “DURATION:lange”."),
        (TITLE, "SUMMARY:Bürgerfest", "The event “Bürgerfest” names no field. Call it “Fachforum”, followed by the field. Known are: sprache, bildung, arbeit, wohnen, werte."),
        (TITLE, "SUMMARY:Fachforum Arbeitsmarkt", "The event “Fachforum Arbeitsmarkt” names no field. Call it “Fachforum”, followed by the field. Known are: sprache, bildung, arbeit, wohnen, werte."),
        (TITLE, "SUMMARY:Fachforum Arbeit und Fachforum Wohnen", "The event “Fachforum Arbeit und Fachforum Wohnen” names no field. Call it “Fachforum”, followed by the field. Known are: sprache, bildung, arbeit, wohnen, werte."),
        (TITLE, "", "This event without a title names no field. Call it “Fachforum”, followed by the field. Known are: sprache, bildung, arbeit, wohnen, werte."),
        (ROOM, "", "The event “Einladung: Fachforum Arbeit” has no place. Fill in its location."),
        (ROOM, "LOCATION: ", "The event “Einladung: Fachforum Arbeit” has no place. Fill in its location."),
        (ROOM, "LOCATION:" + "a" * 301, "The location is longer than 300 characters."),
        ("STATUS:CONFIRMED", "STATUS:CANCELLED", "This event is cancelled. Cancel the forum with “mitreden forum cancel arbeit”."),
        ("METHOD:PUBLISH", "METHOD:CANCEL", "This event is cancelled. Cancel the forum with “mitreden forum cancel arbeit”."),
        ("TRANSP:OPAQUE", "RRULE:FREQ=WEEKLY;COUNT=3", "This event repeats. Enter each forum as an event of its own."),
        ("TRANSP:OPAQUE", "RDATE:20270914T160000Z", "This event repeats. Enter each forum as an event of its own."),
        ("TRANSP:OPAQUE", "Das ist ein Satz", "This line of the event cannot be read: “Das ist ein Satz”."),
        ("VERSION:2.0", "VERSION:1.0", "This is the old format vCalendar 1.0. Export it as iCalendar (.ics)."),
    ],
)  # fmt: skip
def test_a_mistake_in_a_calendar_is_told_in_one_sentence(before: str, after: str, expected: str) -> None:
    text = event((before, after))
    line = line_of(text, after or "BEGIN:VEVENT")
    if "names no field" in expected or after == "METHOD:CANCEL":
        line = line_of(text, "BEGIN:VEVENT")
    elif "says DTSTART twice" in expected:
        line += 1

    assert mistakes(text, "programm.ics") == [f"{line}: {expected}"]


def test_mistakes_of_several_events_stand_with_their_lines() -> None:
    second = "BEGIN:VEVENT\nUID:fachforum-arbeit\nSUMMARY:Zweites\nDTSTART;VALUE=DATE:20270908\nLOCATION:\nEND:VEVENT\n"
    text = CALENDAR.replace("END:VCALENDAR\n", second * 2 + "END:VCALENDAR\n")
    begun = line_of(text, second)

    assert mistakes(text, "programm.ics") == [
        f"{begun}: The field “arbeit” stands in line {line_of(text, 'BEGIN:VEVENT')} already. Each may come only once.",
        f"{begun + 3}: The event “Zweites” lasts all day. A forum needs a time: give the event one.",
        f"{begun + 4}: The event “Zweites” has no place. Fill in its location.",
        f"{begun + 6}: The field “arbeit” stands in line {line_of(text, 'BEGIN:VEVENT')} already. Each may come only once.",
        f"{begun + 9}: The event “Zweites” lasts all day. A forum needs a time: give the event one.",
        f"{begun + 10}: The event “Zweites” has no place. Fill in its location.",
    ]


def test_a_beginning_is_needed() -> None:
    text = event((START, ""), (END, ""))
    assert mistakes(text, "programm.ics") == [
        f"{line_of(text, 'BEGIN:VEVENT')}: The event “Einladung: Fachforum Arbeit” has no beginning."
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "1: The file is empty."),
        ("Feld;Beginn\n", "1: This is not a calendar: the file must begin with BEGIN:VCALENDAR."),
        ("\n\n<html>\n", "3: This is not a calendar: the file must begin with BEGIN:VCALENDAR."),
        ("BEGIN:VCARD\nEND:VCARD\n", "1: This is not a calendar: the file must begin with BEGIN:VCALENDAR."),
        (" BEGIN:VEVENT\n", "1: This is not a calendar: the file must begin with BEGIN:VCALENDAR."),
        ("BEGIN:VCALENDAR\nVERSION:2.0\nEND:VCALENDAR\n", "1: There is no event in this calendar."),
        ("BEGIN:VCALENDAR\nBEGIN:VTODO\nEND:VTODO\nEND:VCALENDAR\n", "1: There is no event in this calendar."),
        ("BEGIN:VCALENDAR\nBEGIN:VEVENT\nEND:VCALENDAR\n", "3: The end of “VCALENDAR” stands here, but “VEVENT” of line 2 is not closed."),
        ("BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:x\n", "3: The file ends too early: “VEVENT” of line 2 is not closed."),
        ("BEGIN:VCALENDAR\nEND:VCALENDAR\nEND:VCALENDAR\n", "3: The end of “VCALENDAR” stands here without its beginning."),
        ("BEGIN:VCALENDAR\x00\n", "1: This is not a text file. Save a table as “CSV UTF-8”, a calendar as “.ics”."),
        (b"BEGIN:VCALENDAR\nX-A:\n  b\nX-B:\x81\n", "4: This line has letters in another encoding. Export the calendar as “UTF-8”."),
    ],
)  # fmt: skip
def test_what_is_no_calendar_is_told_in_one_sentence(text: str | bytes, expected: str) -> None:
    assert mistakes(text, "programm.ics") == [expected]


def test_a_truncated_calendar_is_never_taken() -> None:
    raw = CALENDAR.encode()
    for length in range(1, len(raw) - len("\n")):
        assert len(mistakes(raw[:length], "programm.ics")) == 1


def test_the_calendar_of_a_whole_town_ends_with_one_sentence() -> None:
    one = "BEGIN:VEVENT\nSUMMARY:Bürgerfest\nDTSTART:20270907T160000Z\nLOCATION:Markt\nEND:VEVENT\n"
    found = mistakes(f"BEGIN:VCALENDAR\n{one * 500}END:VCALENDAR\n", "programm.ics")

    assert len(found) == 201
    assert found[-1] == "1002: The calendar has more than 200 events; they are read only up to here."


# Both ways


def as_calendar(code: str, forum: Forum, summary: str = "منتدى العمل") -> bytes:
    return write_calendar(
        forum_topic(code), forum, summary=summary, description="", url="", host="goeppingen.example", now=NOW
    )


def as_imported(forum: Forum) -> Forum:
    """Reduce a forum to what its calendar file says."""
    assert forum.meeting is not None
    return Forum(replace(forum.meeting, ends=forum.meeting.over_at))


def same_instants(one: Forum, other: Forum) -> bool:
    """Compare in UTC: times of one zone are compared by the wall, and the repeated hour is lost."""
    assert one.meeting is not None
    assert other.meeting is not None
    return (one.meeting.starts.astimezone(dt.UTC), one.meeting.over_at.astimezone(dt.UTC)) == (
        other.meeting.starts.astimezone(dt.UTC),
        other.meeting.over_at.astimezone(dt.UTC),
    )


def test_what_the_bot_writes_is_read_back() -> None:
    forums = load_content().content.programme.forums
    assert len(forums) == len(FIELDS)
    for code, forum in forums.items():
        moved = replace(forum, revision=7, taken=12)
        raw = as_calendar(code, moved)
        assert read_programme_file(raw, calendar_file_name(forum_topic(code)), FIELDS, BERLIN) == {
            code: as_imported(forum)
        }


def test_a_cancelled_forum_is_not_read_back() -> None:
    raw = as_calendar("arbeit", Forum(WORK.meeting, cancellation=Cancellation()))
    assert len(mistakes(raw, "fachforum-arbeit.ics")) == 1


MOMENTS = st.datetimes(
    dt.datetime.fromisoformat("2000-01-02"),
    dt.datetime.fromisoformat("2099-12-30"),
    timezones=st.just(dt.UTC),
).map(lambda moment: moment.replace(microsecond=0).astimezone(BERLIN))
PLACES = st.text(
    st.characters(exclude_categories=("C", "Z"), exclude_characters=",\\"), min_size=1, max_size=80
)


@ROBUST
@given(
    code=st.sampled_from(list(FIELDS)),
    starts=MOMENTS,
    hours=st.none() | st.integers(1, 12),
    place=PLACES,
    address=st.just("") | PLACES,
    summary=st.text(),
)
@example("arbeit", dt.datetime(2027, 10, 31, 0, 30, tzinfo=dt.UTC).astimezone(BERLIN), 1, "Rathaus", "", "")
@example("arbeit", dt.datetime(2027, 3, 28, 0, 30, tzinfo=dt.UTC).astimezone(BERLIN), 1, "Rathaus", "", "")
def test_any_forum_is_read_back(
    code: str, starts: dt.datetime, hours: int | None, place: str, address: str, summary: str
) -> None:
    ends = (
        None if hours is None else (starts.astimezone(dt.UTC) + dt.timedelta(hours=hours)).astimezone(BERLIN)
    )
    forum = Forum(Meeting(starts, place, ends, address))
    found = read_calendar(as_calendar(code, forum, summary))

    assert found == {code: as_imported(forum)}
    assert same_instants(found[code], forum)


# Nonsense


def survive(raw: bytes, name: str) -> None:
    """Read a file: it gives forums or mistakes, soon."""
    began = time.monotonic()
    forums: Mapping[str, Forum] = {}
    found: tuple[ContentMistake, ...] = ()
    try:
        forums = read(raw, name)
    except ContentError as error:
        found = error.mistakes
    assert bool(forums) != bool(found)
    assert time.monotonic() - began < 30
    for mistake in found:
        assert "\n" not in str(mistake)
        assert mistake.message.endswith((".", "?"))


@ROBUST
@given(raw=st.binary(max_size=2000), name=st.sampled_from(["x.csv", "x.ics"]))
def test_any_bytes(raw: bytes, name: str) -> None:
    survive(raw, name)


@st.composite
def damaged(draw: st.DrawFn, good: bytes) -> bytes:
    """A good file with some places overwritten, left out or doubled."""
    raw = good
    for _ in range(draw(st.integers(1, 6))):
        start = draw(st.integers(0, len(raw)))
        length = draw(st.sampled_from([0, 1, 2, 8, 40]))
        junk = draw(
            st.binary(max_size=4)
            | st.sampled_from(
                [
                    b"\n",
                    b";",
                    b":",
                    b",",
                    b'"',
                    b"\\",
                    b"\n ",
                    b"TZID=",
                    b"Z",
                    b"VALUE=DATE",
                    b"\xc3",
                    b"0",
                    b"31.10.2027 02:30",
                ]
            )
            | st.just(raw[start : start + length] * 2)
        )
        raw = raw[:start] + junk + raw[start + length :]
    return raw


@ROBUST
@given(damaged(TABLE.encode()) | damaged(TABLE.encode("cp1252")))
def test_any_damage_to_a_table(raw: bytes) -> None:
    survive(raw, "x.csv")


@ROBUST
@given(
    damaged(CALENDAR.encode())
    | damaged(outlook("20270907T180000").encode())
    | damaged(as_calendar("arbeit", WORK))
)
def test_any_damage_to_a_calendar(raw: bytes) -> None:
    survive(raw, "x.ics")


@ROBUST
@given(
    st.lists(st.lists(st.text(st.sampled_from("0123456789.:- TZ+;,/xäÄéأ\n\t\"'")), max_size=6), max_size=4)
)
def test_any_cells(rows: list[list[str]]) -> None:
    head = "field;starts;ends;place;interpreting;seats\n"
    survive((head + "\n".join("arbeit;" + ";".join(cells) for cells in rows)).encode(), "x.csv")


LARGE = 990_000


@pytest.mark.parametrize(
    ("name", "before", "unit"),
    [
        ("x.csv", "", ";"),
        ("x.csv", "field;starts;place\n", "\n"),
        ("x.csv", "field;starts;place\n", "x;y;z\n"),
        ("x.csv", "field;starts;place\n", '"'),
        ("x.csv", "field;starts;place;", "a;"),
        ("x.ics", "BEGIN:VCALENDAR\n", "BEGIN:VCALENDAR\n"),
        ("x.ics", "BEGIN:VCALENDAR\nBEGIN:VEVENT\n", "a b\n"),
        ("x.ics", "BEGIN:VCALENDAR\nBEGIN:VEVENT\n", "CATEGORIES:a,b\n"),
        ("x.ics", "BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:", '\\"'),
        ("x.ics", "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART", ";A=B"),
        ("x.ics", "BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:a", "\n b"),
        ("x.ics", "BEGIN:VCALENDAR\n", "BEGIN:VEVENT\nRRULE:x\nEND:VEVENT\n"),
        ("x.ics", "BEGIN:VCALENDAR\n", "BEGIN:VTIMEZONE\nTZID:x\nEND:VTIMEZONE\n"),
    ],
)
def test_a_large_file_is_read_in_bounded_time(name: str, before: str, unit: str) -> None:
    after = (
        "\nEND:VEVENT\nEND:VCALENDAR\n"
        if before.count("BEGIN:") == 2
        else "END:VCALENDAR\n" * name.endswith("ics")
    )
    survive((before + unit * (LARGE // len(unit)) + after).encode(), name)
