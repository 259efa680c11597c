"""`mitreden station` as the staff meet it: what people will read, the question, one sentence on a mistake."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from bot.cli import cli
from conversations.person import Consent
from conversations.stations import Station, StationCode, StationReason
from storage import contacts, following, stations
from storage.keyring import KeyRing
from storage.keys import create_key_file
from storage.staff_log import COMMAND_LINE, Deed, list_log
from tests.support.chat import shipped_content
from tests.support.databases import ANNA, opened
from tests.support.meetings import on

MENTORS = "arb_measure.job_mentors"
NOW = on("2027-11-19", "12:00")
URL = "https://www.goeppingen.de/plan"


@dataclass
class Office:
    """A terminal in the folder of a bot that has run, with one person who follows a measure."""

    folder: Path

    @property
    def url(self) -> str:
        return f"sqlite:///{self.folder / 'data' / 'mitreden.sqlite'}"

    @property
    def recorded(self) -> tuple[Station, ...]:
        with opened(self.url) as database, database.reading() as connection:
            return stations.list_stations(connection)

    def run(self, *arguments: str, typed: str | None = None) -> Result:
        settings = {
            "MITREDEN_DATA_DIR": str(self.folder / "data"),
            "MITREDEN_KEY_FILE": str(self.folder / "mitreden.key"),
        }
        done: Result = CliRunner().invoke(
            cli, ("station", *arguments), env=settings, input=typed, prog_name="mitreden"
        )
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise AssertionError(f"a traceback: {done.exception!r}") from done.exception
        return done

    def does(self, *arguments: str, typed: str | None = None) -> str:
        done = self.run(*arguments, typed=typed)
        assert (done.exit_code, done.stderr) == (0, ""), done.output
        return str(done.stdout)

    def refuses(self, *arguments: str, typed: str | None = None) -> str:
        """Run a command that is refused: exit code 1, one sentence, nothing recorded."""
        before = self.recorded
        done = self.run(*arguments, typed=typed)
        assert done.exit_code == 1, done.output
        (sentence,) = done.stderr.splitlines()
        assert self.recorded == before
        print(sentence)
        return str(sentence)


@pytest.fixture
def office(sqlite_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    (tmp_path / "data").mkdir(mode=0o700)
    shutil.copy(sqlite_template, tmp_path / "data" / "mitreden.sqlite")
    keys: KeyRing = create_key_file(tmp_path / "mitreden.key")
    office = Office(tmp_path)
    with opened(office.url) as database, database.transaction() as connection:
        contact_id = contacts.create_contact(connection, keys, ANNA, today=NOW.date()).id
        contacts.set_language(connection, contact_id, "de")
        following.set_follow_consent(connection, contact_id, Consent("1", "de", NOW.date()))
        following.follow(connection, contact_id, [MENTORS])
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("bot.programme.desk.system_clock", lambda: NOW.astimezone(dt.UTC))
    monkeypatch.setattr("bot.programme.desk.load_content", lambda folder: shipped_content())
    return office


def test_the_effect_is_shown_and_asked_about_before_anything_is_recorded(office: Office) -> None:
    said = office.does("add", MENTORS, "decided", "--link", URL, typed="y\n")
    for line in (
        "Patenschaften für Arbeitssuchende",
        f"  will: vom Gemeinderat beschlossen (since 19.11.2027, {URL})",
        "  1 person follows it; each is written to at most once a month, not at night.",
        "Recorded.",
    ):
        assert line in said
    assert office.recorded == (Station(MENTORS, StationCode.DECIDED, None, URL, NOW.date()),)
    with opened(office.url) as database, database.reading() as connection:
        (entry,) = list_log(connection, 9)
    assert (entry.who, entry.deed, entry.subject) == (COMMAND_LINE, Deed.STATION, f"{MENTORS} decided")


@pytest.mark.parametrize("typed", ["n\n", "", "\n"])
def test_without_a_yes_nothing_is_recorded(office: Office, typed: str) -> None:
    assert office.refuses("add", MENTORS, "decided", typed=typed) == "Nothing was changed."


def test_a_day_a_reason_and_what_was_there_before(office: Office) -> None:
    office.does("add", MENTORS, "discussed", "--day", "16.09.2027", "--yes")
    said = office.does("add", MENTORS, "not_taken", "--reason", "money", "--day", "2027-11-18", "--yes")
    assert "was:  im Fachforum besprochen (since 16.09.2027)" in said
    assert "nicht aufgenommen. Grund: dafür gibt es kein Geld (since 18.11.2027)" in said
    newest = office.recorded[0]
    assert (newest.reason, newest.day) == (StationReason.MONEY, dt.date(2027, 11, 18))
    same = office.does("add", MENTORS, "not_taken", "--reason", "money", "--day", "2027-11-18", "--yes")
    assert same == "That is how it is already; nothing was changed.\n"
    assert len(office.recorded) == 2


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("arb_measure.job_mentor", "done"), "Did you mean “arb_measure.job_mentors”?"),
        (("job_mentors", "done"), "Did you mean “arb_measure.job_mentors”?"),
        (("zzz", "done"), "There is no theme “zzz”. All of them: mitreden station themes"),
        ((MENTORS, "finished"), "There is no status “finished”. Known are: discussed, drafted,"),
        ((MENTORS, "not_taken"), "Say why it is not taken up: --reason money|other_body|exists|later."),
        ((MENTORS, "not_taken", "--reason", "x"), "There is no reason “x”. Known are: money, other_body,"),
        ((MENTORS, "done", "--reason", "money"), "Only not_taken has a reason; leave --reason out."),
        ((MENTORS, "done", "--link", "goeppingen.de"), "“goeppingen.de” is no web address."),
        ((MENTORS, "done", "--link", URL + "x" * 200), "The link has 230 letters; at most 200."),
        ((MENTORS, "done", "--day", "20.11.2027"), "The day 20.11.2027 has not come yet."),
        ((MENTORS, "done", "--day", "31.02.2027"), "“31.02.2027” is no date."),
    ],
)
def test_a_mistake_is_named_in_one_sentence(
    office: Office, arguments: tuple[str, ...], sentence: str
) -> None:
    assert sentence in office.refuses("add", *arguments, "--yes")


def test_the_list_has_the_newest_first_and_can_be_read_by_a_script(office: Office) -> None:
    assert office.does("list") == "No station is recorded.\n"
    office.does("add", MENTORS, "drafted", "--yes")
    office.does("add", "wer_measure.clubs", "not_taken", "--reason", "exists", "--yes")
    lines = office.does("list").splitlines()
    assert [line.partition(":")[0] for line in lines[::2]] == ["wer_measure.clubs", MENTORS]
    assert office.does("list", "--field", "arbeit").splitlines() == lines[2:]
    read = json.loads(office.does("list", "--json"))
    assert read[1] == {
        "theme": MENTORS, "field": "arbeit", "code": "drafted", "reason": None, "link": "",
        "day": "2027-11-19",
    }  # fmt: skip
    assert "There is no field “gone”." in office.refuses("list", "--field", "gone")


def test_the_themes_have_codes_german_words_followers_and_status(office: Office) -> None:
    office.does("add", MENTORS, "started", "--yes")
    said = office.does("themes", "--field", "arbeit")
    assert f"  {MENTORS}: Patenschaften für Arbeitssuchende\n    1 person follows it; begonnen (since" in said
    assert "    0 people follow it; no station yet" in said
    assert "wohnen" not in said
    assert len(office.does("themes").splitlines()) > len(said.splitlines())


@pytest.mark.parametrize("command", ["add", "list", "themes"])
def test_the_help_has_an_example(office: Office, command: str) -> None:
    assert f"Example: mitreden station {command}" in office.does(command, "--help")
