"""`mitreden forum` and `mitreden council` as the staff meet them: the effect, the question, what is changed.

Every refusal is one sentence and changes nothing. The data come from a bot that has run, with three people
in three languages who want to be reminded of the forum about work; two of them come. A fourth one reads
results only.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from click.testing import Result
from typer.testing import CliRunner

from bot.cli import cli
from bot.preview.people import STAFF
from conversations.programme import Cancellation, Council, Event, Forum, Meeting, Programme, Reason, Support
from storage.keys import create_key_file
from storage.programme import change_event, load_programme
from tests.support.bot_process import start_bot
from tests.support.chat import open_town, shipped_content
from tests.support.databases import opened
from tests.support.world import START, open_world

BERLIN = ZoneInfo("Europe/Berlin")
PEOPLE = {"Sabine": ("de", ""), "Ayşe": ("tr", "come"), "Omar": ("ar", "come")}
NEW = "07.10.2027 17:30"
STARTS = dt.datetime(2027, 10, 7, 17, 30, tzinfo=BERLIN)
REPORT = "https://www.goeppingen.de/fachforum-arbeit"
#: What a refused change must leave as it was.
TABLES = ("meeting", "reminder", "attendance", "headcount", "outbox", "contact", "subscription")


@dataclass
class Office:
    """A terminal in the folder of a bot that has run. `now` is what its clock says."""

    folder: Path
    now: dt.datetime = START
    settings: dict[str, str] = field(default_factory=dict)

    def run(self, *arguments: str, typed: str | None = None) -> Result:
        """Run a command to its end; nothing may go wrong in an unforeseen way."""
        settings = {
            "MITREDEN_DATA_DIR": str(self.folder / "data"),
            "MITREDEN_KEY_FILE": str(self.folder / "mitreden.key"),
            **self.settings,
        }
        done: Result = CliRunner().invoke(cli, arguments, env=settings, input=typed, prog_name="mitreden")
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise AssertionError(f"a traceback: {done.exception!r}") from done.exception
        return done

    def does(self, *arguments: str, typed: str | None = None) -> str:
        """Run a command that works, and return what it says."""
        done = self.run(*arguments, typed=typed)
        assert (done.exit_code, done.stderr) == (0, ""), done.output
        return str(done.stdout)

    def refuses(self, *arguments: str, typed: str | None = None) -> str:
        """Run a command that is refused: exit code 1, one sentence on stderr, nothing changed."""
        before = self.state()
        done = self.run(*arguments, typed=typed)
        assert done.exit_code == 1, done.output
        (sentence,) = done.stderr.splitlines()
        assert self.state() == before
        print(sentence)
        return str(sentence)

    def state(self) -> dict[str, list[tuple[Any, ...]]]:
        """Read every row that a change could touch."""
        with closing(sqlite3.connect(self.folder / "data" / "mitreden.sqlite")) as connection:
            return {name: connection.execute(f"SELECT * FROM {name}").fetchall() for name in TABLES}

    def sql(self, statement: str) -> None:
        """Change a row behind everybody's back."""
        with closing(sqlite3.connect(self.folder / "data" / "mitreden.sqlite")) as connection, connection:
            connection.execute(statement)

    @property
    def url(self) -> str:
        return f"sqlite:///{self.folder / 'data' / 'mitreden.sqlite'}"

    @property
    def programme(self) -> Programme:
        with opened(self.url) as database, database.reading() as connection:
            return load_programme(connection, shipped_content().content.programme)

    @property
    def forum(self) -> Forum:
        return self.programme.forums["arbeit"]

    @property
    def meeting(self) -> Meeting:
        assert self.forum.meeting is not None
        return self.forum.meeting

    @property
    def council(self) -> Council:
        return self.programme.council

    def change(self, topic: str, **values: Any) -> None:
        """Change a meeting as somebody else does."""
        with opened(self.url) as database, database.transaction() as connection:
            event = load_programme(connection, shipped_content().content.programme).events[topic]
            after: Event = replace(event, **values)
            change_event(connection, topic, event, after, self.now.astimezone(BERLIN))

    def cancel(self) -> None:
        self.does("forum", "cancel", "arbeit", "--new-date", "--reason", "room", "--yes")

    def let_it_pass(self) -> None:
        """Go on to the day after the forum."""
        self.now = self.meeting.over_at.astimezone(dt.UTC) + dt.timedelta(hours=15)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Path:
    """The folder that a bot leaves behind which was started, used by three people and ended."""
    folder = tmp_path_factory.mktemp("office")
    (folder / "data").mkdir(mode=0o700)
    file = folder / "data" / "mitreden.sqlite"
    shutil.copy(sqlite_template, file)

    async def live() -> None:
        async with open_town(folder, f"sqlite:///{file}", durable=False) as town:
            for name, (language, reply) in PEOPLE.items():
                chat = await town.chat(name)
                await chat.enters(language)
                await chat.says("/events")
                await chat.chooses("event:forum_arbeit")
                await chat.chooses("remind:forum_arbeit")
                await chat.chooses("msgyes:remind.forum_arbeit")
                if reply:
                    await chat.chooses(f"{reply}:forum_arbeit")
            grace = await town.chat("Grace")
            await grace.enters("en")
            await grace.says("/start news")
            await grace.chooses(next(choice for choice in grace.choices if choice.startswith("msgyes")))
            await grace.chooses("sub:results")

    asyncio.run(live())
    return folder


@pytest.fixture
def office(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    folder = tmp_path / "office"
    shutil.copytree(made, folder)
    office = Office(folder)
    monkeypatch.chdir(folder)
    monkeypatch.setattr("bot.programme.desk.system_clock", lambda: office.now)
    # The shipped content is read once for all tests; the last test runs commands as they are.
    monkeypatch.setattr("bot.programme.desk.load_content", lambda folder: shipped_content())
    yield office
    assert sorted(path.name for path in folder.iterdir() if path.suffix not in (".csv", ".ics")) in (
        ["data", "mitreden.key"], ["data", "mitreden.key", "other.key"], ["data"],
    ), "nothing is left lying about"  # fmt: skip


# Looking


def test_the_list_shows_every_date_and_what_is_known_about_it(office: Office) -> None:
    office.change("forum_werte", meeting=None)
    office.change("forum_wohnen", cancellation=Cancellation(Reason.ILL, False))
    office.change("council", agenda_url="https://goeppingen.de/to", draft_day=dt.date(2027, 6, 1))
    said = office.does("forum", "list")
    for code, forum in office.programme.forums.items():
        assert f"{code}: Fachforum " in said
        if forum.meeting is not None:
            assert f"{forum.meeting.starts:%a %d.%m.%Y %H:%M}" in said
            assert forum.meeting.where in said
    for line in (
        "date open", "cancelled (ill); there is no new date", "seats: 2 of 60 taken", "people: registered 2",
        "agenda: https://goeppingen.de/to", "draft public since 01.06.2027", "council: Gemeinderat",
    ):  # fmt: skip
        assert line in said


def test_the_list_as_json_can_be_read_by_a_script(office: Office) -> None:
    read = json.loads(office.does("forum", "list", "--json"))
    assert [each["topic"] for each in read] == list(office.programme.events)
    work = next(each for each in read if each["topic"] == "forum_arbeit")
    assert work["people"] == {"registered": 2}
    assert dt.datetime.fromisoformat(work["meeting"]["starts"]) == office.meeting.starts
    assert work["meeting"]["place"] == office.meeting.place
    assert work["cancelled"] is None


def test_the_schedule_shows_what_goes_out_when_to_how_many(office: Office) -> None:
    office.does("forum", "move", "arbeit", NEW, "--yes")
    said = office.does("forum", "schedule").splitlines()
    for line in (
        "Wed 23.06.2027 12:00  Fachforum Arbeit: “the date has changed” to 3 people",
        "Thu 30.09.2027 10:00  Fachforum Arbeit: “in 7 days” to 3 people",
        "Wed 06.10.2027 17:00  Fachforum Arbeit: “tomorrow” to 3 people",
        "Fri 08.10.2027 10:00  Fachforum Arbeit: “thanks” to 3 people",
    ):
        assert line in said
    assert "Thu 07.10.2027 15:30  Fachforum Arbeit: “in 2 hours” to 2 people" in said
    times = [dt.datetime.strptime(line[4:20], "%d.%m.%Y %H:%M").replace(tzinfo=BERLIN) for line in said]
    assert times == sorted(times)


def test_the_schedule_as_json_can_be_read_by_a_script(office: Office) -> None:
    read = json.loads(office.does("forum", "schedule", "--json"))
    assert read["too_late"] == 0
    of_work = [each for each in read["planned"] if each["topic"] == "forum_arbeit"]
    assert [(each["kind"], each["people"]) for each in of_work] == [
        ("week-before", 3), ("day-before", 3), ("hours-before", 2), ("thanks", 3)
    ]  # fmt: skip
    for each in read["planned"]:
        assert dt.datetime.fromisoformat(each["due"]) < dt.datetime.fromisoformat(each["expires"])
        assert each["put_out"] == 0


def test_an_empty_schedule_says_so(office: Office) -> None:
    for topic in office.programme.events:
        office.change(topic, meeting=None)
    assert office.does("forum", "schedule") == "Nothing is planned.\n"
    assert json.loads(office.does("forum", "schedule", "--json")) == {"planned": [], "too_late": 0}


def test_the_schedule_counts_what_came_too_late(office: Office) -> None:
    office.sql("UPDATE reminder SET state = 'expired' WHERE topic = 'forum_werte' AND kind = 'week-before'")
    assert "1 came too late to be sent" in office.does("forum", "schedule")
    assert json.loads(office.does("forum", "schedule", "--json"))["too_late"] == 1


# The effect, the question, the answer


def test_the_effect_stands_before_the_question_and_yes_changes(office: Office) -> None:
    old = office.meeting
    said = office.does("forum", "move", "arbeit", NEW, typed="y\n")
    shown, asked, after = said.partition("Change it? [y/N]:")
    assert asked
    assert f"was:   {old.starts:%a %d.%m.%Y %H:%M}" in shown
    assert "will:  Thu 07.10.2027 17:30–20:00" in shown
    assert "“the date has changed” goes to 3 people in 3 languages (Arabic, Deutsch, Türkçe), now." in shown
    assert "Reminder “in 7 days” on Thu 30.09.2027 10:00, as of now to 3 people." in shown
    assert "Reminder “in 2 hours” on Thu 07.10.2027 15:30, as of now to 2 people." in shown
    assert after.split() == ["y", "Changed."]
    assert old.ends is not None
    assert office.meeting == replace(old, starts=STARTS, ends=STARTS + (old.ends - old.starts))


@pytest.mark.parametrize(
    "arguments",
    [
        ("forum", "move", "arbeit", NEW),
        ("forum", "set", "arbeit", "--seats", "10"),
        ("forum", "cancel", "arbeit", "--no-new-date"),
        ("council", "set", "--date-open"),
    ],
    ids=lambda arguments: " ".join(arguments[:2]),
)
def test_no_and_no_answer_change_nothing(office: Office, arguments: tuple[str, ...]) -> None:
    for typed in ("n\n", "\n", "", None, "N\n", "maybe\nn\n", "maybe\n"):
        assert office.refuses(*arguments, typed=typed) == "Nothing was changed."


def test_control_c_at_the_question_changes_nothing(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(question: str) -> bool:
        raise KeyboardInterrupt

    monkeypatch.setattr("typer.confirm", interrupt)
    assert office.refuses("forum", "move", "arbeit", NEW) == "Stopped."


def test_yes_does_not_ask(office: Office) -> None:
    said = office.does("forum", "move", "arbeit", NEW, "--yes")
    assert "Change it?" not in said
    assert "goes to 3 people" in said
    assert office.meeting.starts == STARTS


def test_as_json_the_effect_can_be_read_by_a_script(office: Office) -> None:
    read = json.loads(office.does("forum", "move", "arbeit", NEW, "--yes", "--json"))
    effect = read["forum_arbeit"]
    assert (effect["message"], effect["people"], effect["languages"]) == ("changed", 3, ["ar", "de", "tr"])
    assert dt.datetime.fromisoformat(effect["first_at"]) == office.now
    assert [each["kind"] for each in effect["reminders"]] == [
        "week-before", "day-before", "hours-before", "thanks"
    ]  # fmt: skip


def test_as_json_without_yes_nothing_is_asked_blindly(office: Office) -> None:
    before = office.state()
    done = office.run("forum", "move", "arbeit", NEW, "--json", typed="y\n")
    if done.exit_code == 0:
        json.loads(done.stdout)
    else:
        assert office.state() == before
        assert len(done.stderr.splitlines()) == 1


def test_at_night_the_effect_names_the_morning(office: Office) -> None:
    office.now = START.replace(hour=20)
    said = office.does("forum", "move", "arbeit", NEW, "--yes")
    assert "on Thu 24.06.2027 08:00 (not at night)" in said
    office.now = START.replace(hour=20)
    said = office.does("forum", "move", "arbeit", "24.06.2027 07:30", "--yes")
    assert "Too late for a message: 3 people" in said


def test_what_somebody_else_changes_before_the_answer_is_told(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def meanwhile(question: str) -> bool:
        office.change("forum_arbeit", seats=7)
        return True

    monkeypatch.setattr("bot.programme.cli._ask", meanwhile)
    done = office.run("forum", "move", "arbeit", NEW)
    assert done.exit_code == 1
    assert done.stderr.splitlines() == [
        "Somebody else has changed it in the meantime. Nothing was changed; please look again."
    ]
    assert (office.meeting.starts == STARTS, office.forum.seats) == (False, 7)


# Each command


def test_set_notes_what_nobody_is_told_of(office: Office) -> None:
    before = office.forum
    said = office.does(
        "forum", "set", "arbeit", "--seats", "25", "--no-childcare", "--step-free", "--interpreting",
        "ar, tr",
        "--map", "https://goeppingen.de/weg", "--opens", "01.07.2027", "--closes", "2027-09-10", "--yes",
    )  # fmt: skip
    assert "Nobody is written to at once." in said
    assert office.forum == replace(
        before,
        seats=25,
        support=Support(childcare=False, step_free=True, interpreting=("ar", "tr")),
        map_url="https://goeppingen.de/weg",
        opens=dt.date(2027, 7, 1),
        closes=dt.date(2027, 9, 10),
    )
    emptied = ("--seats", "0", "--interpreting", "", "--map", "", "--opens", "", "--closes", "")
    office.does("forum", "set", "arbeit", *emptied, "--yes")
    after = office.forum
    assert (after.seats, after.support.interpreting, after.map_url) == (None, (), "")
    assert (after.opens, after.closes) == (None, None)


def test_set_fixes_an_open_date(office: Office) -> None:
    office.change("forum_arbeit", meeting=None)
    said = office.does(
        "forum", "set", "arbeit", NEW, "--ends", "20:00", "--place", " Bürger  haus ", "--address", "Weg 1",
        "--yes",
    )  # fmt: skip
    assert "was:   date open" in said
    ends = dt.datetime(2027, 10, 7, 20, tzinfo=BERLIN)
    assert office.meeting == Meeting(STARTS, "Bürger haus", ends, "Weg 1")


def test_set_changes_place_and_end_alone(office: Office) -> None:
    old = office.meeting
    assert "goes to 3 people" in office.does("forum", "set", "arbeit", "--place", "Rathaus", "--yes")
    assert (office.meeting.place, office.meeting.address, office.meeting.starts) == (
        "Rathaus",
        "",
        old.starts,
    )
    said = office.does("forum", "set", "arbeit", "--ends", "21:45", "--yes")
    assert "–21:45" in said
    assert office.meeting.ends == old.starts.replace(hour=21, minute=45)


@pytest.mark.parametrize(
    "when", ["2027-10-07T17:30", "2027-10-07 17:30", "2027-10-07T15:30Z", "7.10.2027 17:30"]
)
def test_move_reads_dates_as_people_and_programs_write_them(office: Office, when: str) -> None:
    office.does("forum", "move", "arbeit", when, "--yes")
    assert office.meeting.starts == STARTS


def test_a_clash_is_said_before_the_question_and_possible(office: Office) -> None:
    other = office.programme.forums["bildung"].meeting
    assert other is not None
    said = office.does("forum", "move", "arbeit", f"{other.starts:%d.%m.%Y %H:%M}", typed="y\n")
    assert "Please check: At the same time: Fachforum Bildung." in said.partition("Change it?")[0]
    assert office.meeting.starts == other.starts


def test_fewer_seats_than_people_are_said_before_the_question(office: Office) -> None:
    said = office.does("forum", "set", "arbeit", "--seats", "1", typed="y\n")
    assert "Please check: More people are registered already" in said.partition("Change it?")[0]
    assert office.forum.seats == 1


@pytest.mark.parametrize(
    ("options", "cancellation"),
    [
        (("--new-date", "--reason", "room"), Cancellation(Reason.ROOM, True)),
        (("--no-new-date",), Cancellation(None, False)),
    ],
)
def test_cancel(office: Office, options: tuple[str, ...], cancellation: Cancellation) -> None:
    said = office.does("forum", "cancel", "arbeit", *options, "--yes")
    assert "“the meeting is cancelled” goes to 3 people in 3 languages" in said
    assert "will:  cancelled" in said
    assert "Reminder" not in said
    assert office.forum.cancellation == cancellation


def test_reopen_with_another_date_and_as_planned(office: Office) -> None:
    old = office.meeting
    office.cancel()
    office.sql("UPDATE reminder SET state = 'done', planned_count = 3 WHERE kind = 'cancelled'")
    said = office.does("forum", "reopen", "arbeit", NEW, "--place", "Rathaus", "--yes")
    assert "“the date is fixed” goes to 3 people" in said
    assert (office.meeting.starts, office.meeting.place) == (STARTS, "Rathaus")
    assert office.forum.cancellation is None
    office.cancel()
    office.does("forum", "reopen", "arbeit", "--yes")
    assert (office.meeting.starts, office.meeting.place) == (STARTS, "Rathaus")
    assert old.starts != STARTS


def test_result_of_a_forum_that_is_over(office: Office) -> None:
    office.let_it_pass()
    said = office.does("forum", "result", "arbeit", "--report", REPORT, "--yes")
    assert "“the report” goes to 4 people in 4 languages" in said
    assert office.forum.report_url == REPORT
    kinds = {(row[1], row[2]) for row in office.state()["reminder"] if row[1] == "forum_arbeit"}
    assert {("forum_arbeit", "report"), ("forum_arbeit", "report-others")} <= kinds
    said = office.does("forum", "result", "arbeit", "--report", f"{REPORT}-2", "--yes")
    assert "Nobody is written to at once." in said


def test_the_effect_of_a_result_names_the_readers_of_results_too(office: Office) -> None:
    office.let_it_pass()
    said = office.does("forum", "result", "arbeit", "--report", REPORT, "--yes")
    assert "4 people" in said or "readers of results" in said


def test_the_council_is_fixed_moved_and_opened_again(office: Office) -> None:
    said = office.does(
        "council", "set", "--agenda", "https://goeppingen.de/to", "--question-time", "--draft-day",
        "01.06.2027", "--decided-day", "2027-06-20", "--yes",
    )  # fmt: skip
    assert "Nobody is written to at once." in said
    council = office.council
    assert (council.agenda_url, council.has_question_time) == ("https://goeppingen.de/to", True)
    assert (council.draft_day, council.decided_day) == (dt.date(2027, 6, 1), dt.date(2027, 6, 20))
    office.does("council", "move", "16.12.2027 17:00", "--yes")
    assert office.council.meeting is not None
    assert office.council.meeting.starts == dt.datetime(2027, 12, 16, 17, tzinfo=BERLIN)
    assert "will:  date open" in office.does("council", "set", "--date-open", "--yes")
    assert office.council.meeting is None
    assert "has no date to move" in office.refuses("council", "move", "16.12.2027 17:00", "--yes")
    office.does("council", "set", "16.12.2027 17:00", "--place", "Rathaus", "--no-question-time", "--yes")
    emptied = ("--agenda", "", "--draft-day", "", "--decided-day", "")
    office.does("council", "set", *emptied, "--yes")
    meeting = Meeting(dt.datetime(2027, 12, 16, 17, tzinfo=BERLIN), "Rathaus")
    assert replace(office.council, revision=0) == Council(meeting, 0)


# The clock changes


def test_of_an_hour_that_exists_twice_both_forms_are_named_and_each_works(office: Office) -> None:
    said = office.refuses("forum", "move", "arbeit", "31.10.2027 02:30", "--yes")
    forms = ("2027-10-31T02:30+02:00", "2027-10-31T02:30+01:00")
    assert all(form in said for form in forms)
    for form, hours in zip(forms, (2, 1), strict=True):
        office.does("forum", "move", "arbeit", NEW, "--yes")
        office.does("forum", "move", "arbeit", form, "--yes")
        assert office.meeting.starts.utcoffset() == dt.timedelta(hours=hours)
        assert office.meeting.starts.isoformat(timespec="minutes") == form


def test_both_forms_work_for_the_end_too(office: Office) -> None:
    said = office.refuses("forum", "move", "arbeit", "31.10.2027 01:00", "--ends", "02:30", "--yes")
    for form in ("2027-10-31T02:30+02:00", "2027-10-31T02:30+01:00"):
        assert form in said
        office.does("forum", "move", "arbeit", "31.10.2027 01:00", "--ends", form, "--yes")
        assert office.meeting.ends is not None
        assert office.meeting.ends.isoformat(timespec="minutes") == form


def test_from_the_first_such_hour_to_the_second_is_a_move(office: Office) -> None:
    office.does("forum", "move", "arbeit", "2027-10-31T02:30+02:00", "--yes")
    office.sql("UPDATE reminder SET state = 'done', planned_count = 3 WHERE kind = 'changed'")
    said = office.does("forum", "move", "arbeit", "2027-10-31T02:30+01:00", "--yes")
    assert "goes to 3 people" in said


# Refusals


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("move", "arbeit", "16.09.2020 18:00"), "past"),
        (("move", "arbeit", "23.06.2027 11:59"), "past"),
        (("move", "arbeit", "morgen"), "“morgen” is no date with a time. Write for example 16.09.2027 18:00"),
        (("move", "arbeit", "31.02.2027 18:00"), "“31.02.2027 18:00” is no date"),
        (("move", "arbeit", "07.10.2027"), "is no date"),
        (("move", "arbeit", ""), "is no date"),
        (("move", "arbeit", "x" * 500), "is no date"),
        (("move", "arbeit", "26.03.2028 02:30"), "02:30 does not exist on 26.03.2028"),
        (("move", "arbeit", "31.10.2027 02:30"), "exists twice on 31.10.2027"),
        (("move", "arbeit", NEW, "--ends", "17:00"), "end must be later"),
        (("move", "arbeit", NEW, "--ends", "17:30"), "end must be later"),
        (("move", "arbeit", NEW, "--ends", "spät"), "“spät”"),
        (("move", "arbeit", NEW, "--place", "  "), "needs a place"),
        (("move", "Arbeit und mehr", NEW), "no field “Arbeit und mehr”. Known are: sprache, bildung,"),
        (("set", "xyz", "--seats", "3"), "no field “xyz”"),
        (("set", "arbeit", "--place", ""), "needs a place"),
        (("set", "arbeit", "--opens", "bald"), "“bald” is no date"),
        (("set", "arbeit", "--opens", "02.08.2027", "--closes", "01.08.2027"), "last day to answer"),
        (("set", "arbeit", "--interpreting", "ar,klingonisch"), "“klingonisch” is no language of Mitreden"),
        (("set", "arbeit", "--map", "www.goeppingen.de"), "no web address. It begins with https://"),
        (("set", "arbeit", "--map", "https://"), "no web address"),
        (("cancel", "arbeit"), "--new-date or --no-new-date"),
        (("cancel", "xyz", "--new-date"), "no field “xyz”"),
        (("reopen", "arbeit", NEW), "not cancelled. To move it: mitreden forum move arbeit"),
        (("reopen", "xyz"), "no field “xyz”"),
        (("result", "arbeit", "--report", REPORT), "not taken place yet"),
        (("result", "xyz", "--report", REPORT), "no field “xyz”"),
        (("import", "nowhere.csv"), "nowhere.csv cannot be read: no such file"),
        (("import", "data"), "cannot be read"),
    ],
    ids=lambda value: " ".join(value)[:40] if isinstance(value, tuple) else "",
)  # fmt: skip
def test_what_cannot_be_is_refused(office: Office, arguments: tuple[str, ...], words: str) -> None:
    yes = () if arguments[0] in ("list", "schedule") else ("--yes",)
    assert words in office.refuses("forum", *arguments, *yes)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("move", "16.09.2020 17:00"), "past"),
        (("move", "31.11.2027 17:00"), "is no date"),
        (("set", "18.11.2027 17:00", "--ends", "16:00"), "end must be later"),
        (("set", "--place", ""), "needs a place"),
        (("set", "--agenda", "Tagesordnung"), "no web address"),
        (("set", "--draft-day", "gestern"), "“gestern” is no date"),
        (("set", "--decided-day", "31.02.2027"), "“31.02.2027” is no date"),
    ],
    ids=lambda value: " ".join(value)[:40] if isinstance(value, tuple) else "",
)
def test_what_cannot_be_is_refused_for_the_council(
    office: Office, arguments: tuple[str, ...], words: str
) -> None:
    assert words in office.refuses("council", *arguments, "--yes")


def test_without_a_date_there_is_nothing_to_move_and_no_place_to_note(office: Office) -> None:
    office.change("forum_arbeit", meeting=None)
    said = office.refuses("forum", "move", "arbeit", NEW, "--yes")
    assert "no date to move. To give it one: mitreden forum set arbeit" in said
    assert "needs a date" in office.refuses("forum", "set", "arbeit", "--place", "Rathaus", "--yes")
    assert "needs a date" in office.refuses("forum", "set", "arbeit", "--ends", "20:00", "--yes")
    assert "needs a place" in office.refuses("forum", "set", "arbeit", NEW, "--yes")


def test_a_forum_that_is_over_cannot_be_cancelled(office: Office) -> None:
    office.let_it_pass()
    assert "over" in office.refuses("forum", "cancel", "arbeit", "--no-new-date", "--yes")
    assert "link" in office.refuses("forum", "result", "arbeit", "--report", "", "--yes")
    assert "no web address" in office.refuses("forum", "result", "arbeit", "--report", "bald", "--yes")


def test_a_cancelled_forum_whose_date_has_passed_needs_a_new_one(office: Office) -> None:
    office.cancel()
    office.let_it_pass()
    assert "past" in office.refuses("forum", "reopen", "arbeit", "--yes")
    assert "not taken place" in office.refuses("forum", "result", "arbeit", "--report", REPORT, "--yes")
    when = f"{office.now + dt.timedelta(days=30):%d.%m.%Y} 18:00"
    office.does("forum", "reopen", "arbeit", when, "--yes")


def test_what_is_said_about_a_cancelled_forum_leads_on(office: Office) -> None:
    office.cancel()
    assert "mitreden forum reopen arbeit" in office.refuses("forum", "set", "arbeit", NEW, "--yes")
    assert "mitreden forum reopen arbeit" in office.refuses("forum", "move", "arbeit", NEW, "--yes")


@pytest.mark.parametrize(
    "arguments",
    [
        ("forum", "set", "arbeit", "--seats", "-1"),
        ("forum", "set", "arbeit", "--seats", "viele"),
        ("forum", "set", "arbeit", "--seats", "2.5"),
        ("forum", "cancel", "arbeit", "--new-date", "--reason", "weather"),
        ("forum", "move", "arbeit"),
        ("forum", "result", "arbeit"),
        ("forum", "nothing"),
        ("council", "move"),
    ],
    ids=lambda arguments: " ".join(arguments),
)
def test_what_the_command_line_itself_refuses_changes_nothing(
    office: Office, arguments: tuple[str, ...]
) -> None:
    """The parser says this: usage, and what is wrong in the last line; the exit code is 2."""
    before = office.state()
    done = office.run(*arguments)
    assert done.exit_code == 2
    assert "Error: " in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.output
    assert office.state() == before


@pytest.mark.parametrize("when", ["31.12.9999 23:30", "31.12.9999 12:00", "9999-12-31T23:00-10:00"])
def test_the_end_of_the_calendar_is_no_trap(office: Office, when: str) -> None:
    office.refuses("forum", "move", "arbeit", when, "--ends", "31.12.9999 23:59", "--yes")
    office.refuses("forum", "set", "arbeit", when, "--place", "Rathaus", "--yes")


def test_a_place_that_is_no_text_is_refused(office: Office) -> None:
    office.refuses("forum", "set", "arbeit", "--place", "B\udcfcrgerhaus", "--yes")


def test_a_place_is_as_long_here_as_elsewhere(office: Office) -> None:
    office.refuses("forum", "set", "arbeit", "--place", "x" * 5000, "--yes")


def test_more_seats_than_elsewhere_are_refused(office: Office) -> None:
    office.refuses("forum", "set", "arbeit", "--seats", "99999999999999999999", "--yes")


def test_a_language_that_is_named_twice_is_noted_once(office: Office) -> None:
    office.does("forum", "set", "arbeit", "--interpreting", "ar,tr,ar", "--yes")
    assert office.forum.support.interpreting == ("ar", "tr")


def test_a_date_that_is_open_and_fixed_at_once_is_refused(office: Office) -> None:
    office.refuses("council", "set", "18.11.2027 17:00", "--date-open", "--yes")


def test_the_example_in_a_refusal_is_accepted_where_it_was_refused(office: Office) -> None:
    """Whoever follows the sentence must get further."""
    said = office.refuses("forum", "set", "arbeit", "--opens", "31.02.2027", "--yes")
    example = said.partition("for example ")[2].partition(" or ")[0]
    office.does("forum", "set", "arbeit", "--opens", example, "--yes")


def test_the_refusal_of_an_end_says_how_to_write_a_time(office: Office) -> None:
    said = office.refuses("forum", "move", "arbeit", NEW, "--ends", "25:00", "--yes")
    assert "20:30" in said


def test_the_effect_shows_what_is_being_changed(office: Office) -> None:
    said = office.does("forum", "set", "arbeit", "--seats", "25", "--opens", "01.07.2027", typed="y\n")
    shown = said.partition("Change it?")[0]
    assert "25" in shown.replace("2025", "")
    assert "01.07.2027" in shown


# Files


CSV = (
    "field;starts;ends;place;address;seats;childcare\n"
    "arbeit;07.10.2027 17:30;20:00;Bürgerhaus;Schlossstraße 7;40;ja\n"
    "werte;2027-10-12 18:00;;Rathaus;;;\n"
)
ICS = "\r\n".join((
    "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//DE",
    "BEGIN:VEVENT", "UID:a@example", "DTSTAMP:20270601T100000Z", "SUMMARY:Fachforum Arbeit",
    "DTSTART;TZID=Europe/Berlin:20271007T173000", "DTEND;TZID=Europe/Berlin:20271007T200000",
    "LOCATION:Bürgerhaus\\, Schlossstraße 7", "END:VEVENT", "END:VCALENDAR", "",
))  # fmt: skip


def test_a_table_is_imported_after_one_question_for_all_of_it(office: Office) -> None:
    (office.folder / "foren.csv").write_text(CSV, encoding="utf-8")
    before = office.programme
    office.refuses("forum", "import", "foren.csv", typed="n\n")
    said = office.does("forum", "import", "foren.csv", typed="y\n")
    shown = said.partition("Change it?")[0]
    assert said.count("Change it?") == 1
    assert "Fachforum Arbeit" in shown
    assert "Fachforum Werte" in shown
    assert "goes to 3 people in 3 languages" in shown
    ends = dt.datetime(2027, 10, 7, 20, tzinfo=BERLIN)
    assert office.meeting == Meeting(STARTS, "Bürgerhaus", ends, "Schlossstraße 7")
    assert office.forum.seats == 40
    assert office.forum.support == Support(childcare=True), "what the file says of support holds as a whole"
    values = office.programme.forums["werte"].meeting
    assert values == Meeting(dt.datetime(2027, 10, 12, 18, tzinfo=BERLIN), "Rathaus")
    for code in ("sprache", "bildung", "wohnen"):
        assert office.programme.forums[code] == before.forums[code], "what the file is silent about stays"


def test_a_calendar_is_imported(office: Office) -> None:
    (office.folder / "foren.ics").write_text(ICS, encoding="utf-8", newline="")
    before = office.forum
    read = json.loads(office.does("forum", "import", "foren.ics", "--yes", "--json"))
    assert read["forum_arbeit"]["people"] == 3
    assert office.meeting.starts == STARTS
    assert "Bürgerhaus" in office.meeting.where
    assert (office.forum.seats, office.forum.support) == (before.seats, before.support)


def test_the_same_file_twice_changes_nothing_more(office: Office) -> None:
    (office.folder / "foren.csv").write_text(CSV, encoding="utf-8")
    office.does("forum", "import", "foren.csv", "--yes")
    before = office.state()
    said = office.does("forum", "import", "foren.csv", "--yes")
    assert said == "That is how it is already; nothing was changed.\n"
    assert office.state() == before


@pytest.mark.parametrize(
    ("name", "content", "where", "words"),
    [
        ("foren.csv", CSV.replace("07.10.2027", "31.02.2027"), "foren.csv:2: ", "31.02.2027"),
        ("foren.csv", CSV.replace("werte", "werten"), "foren.csv:3: ", "werten"),
        ("foren.csv", CSV.replace("Rathaus", ""), "foren.csv:3: ", "place"),
        ("foren.csv", CSV.replace("20:00", "17:00"), "foren.csv:2: ", "later than the beginning"),
        ("foren.csv", CSV + "arbeit;08.10.2027 17:30;;Rathaus;;;\n", "foren.csv:4: ", "stands in line 2"),
        ("foren.csv", "", "foren.csv:1: ", "empty"),
        ("foren.csv", "Name;Tag\nx;y\n", "foren.csv:1: ", "field"),
        ("foren.ics", ICS.replace("20271007T173000", "2027"), "foren.ics:8: ", ""),
        ("foren.ics", ICS.replace("Fachforum Arbeit", "Sommerfest"), "foren.ics:", "names no field"),
        ("foren.ics", "kein Kalender", "foren.ics:1: ", ""),
        ("foren.ics", ICS.replace("END:VEVENT\r\n", ""), "foren.ics:", ""),
    ],
    ids=range(11),
)
def test_a_broken_file_is_told_with_its_line_and_changes_nothing(
    office: Office, name: str, content: str, where: str, words: str
) -> None:
    (office.folder / name).write_text(content, encoding="utf-8", newline="")
    before = office.state()
    done = office.run("forum", "import", name, "--yes")
    assert (done.exit_code, done.stdout) == (1, "")
    lines = done.stderr.splitlines()
    print(done.stderr)
    assert any(line.startswith(where) and words in line for line in lines)
    assert all(line.startswith(f"{name}:") for line in lines), "a line for each mistake, nothing else"
    assert office.state() == before


def test_every_mistake_in_a_file_is_told_at_once(office: Office) -> None:
    broken = CSV.replace("07.10.2027", "31.02.2027").replace("Rathaus", "")
    (office.folder / "foren.csv").write_text(broken, encoding="utf-8")
    done = office.run("forum", "import", "foren.csv", "--yes")
    assert [line.split(": ")[0] for line in done.stderr.splitlines()] == ["foren.csv:2", "foren.csv:3"]


def test_one_impossible_date_in_a_file_changes_none(office: Office) -> None:
    (office.folder / "foren.csv").write_text(CSV.replace("2027-10-12", "2026-10-12"), encoding="utf-8")
    assert "Fachforum Werte" in office.refuses("forum", "import", "foren.csv", "--yes")
    (office.folder / "foren.csv").write_text(CSV, encoding="utf-8")
    office.change("forum_werte", cancellation=Cancellation())
    assert "mitreden forum reopen werte" in office.refuses("forum", "import", "foren.csv", "--yes")


def test_a_file_that_is_too_large_or_of_another_kind_is_refused(office: Office) -> None:
    (office.folder / "gross.csv").write_bytes(b"x" * (1024 * 1024 + 1))
    assert "too large" in office.refuses("forum", "import", "gross.csv", "--yes")
    (office.folder / "foren.csv").write_text(CSV, encoding="utf-8")
    shutil.move(office.folder / "foren.csv", office.folder / "data" / "foren.xlsx")
    assert ".ics" in office.refuses("forum", "import", "data/foren.xlsx", "--yes")


def test_two_forums_of_one_file_at_the_same_time_are_said(office: Office) -> None:
    same = CSV.replace("2027-10-12 18:00", "07.10.2027 18:00")
    (office.folder / "foren.csv").write_text(same, encoding="utf-8")
    shown = office.does("forum", "import", "foren.csv", typed="y\n").partition("Change it?")[0]
    assert "At the same time" in shown


def test_forums_that_change_places_in_one_file_do_not_clash(office: Office) -> None:
    work, values = office.meeting, office.programme.forums["werte"].meeting
    assert values is not None
    lines = [
        f"arbeit;{values.starts:%d.%m.%Y %H:%M};20:30;Rathaus",
        f"werte;{work.starts:%d.%m.%Y %H:%M};20:30;Rathaus"
    ]  # fmt: skip
    table = "\n".join(["field;starts;ends;place", *lines])
    (office.folder / "foren.csv").write_text(table, encoding="utf-8")
    shown = office.does("forum", "import", "foren.csv", typed="y\n").partition("Change it?")[0]
    assert "At the same time" not in shown


# A folder that does not fit


COMMANDS = [
    ("forum", "list"), ("forum", "schedule", "--json"), ("forum", "move", "arbeit", NEW, "--yes"),
    ("forum", "import", "foren.csv", "--yes"), ("council", "set", "--date-open", "--yes"),
]  # fmt: skip
each_command = pytest.mark.parametrize("arguments", COMMANDS, ids=lambda arguments: " ".join(arguments[:2]))


@each_command
def test_a_folder_without_a_database_is_told(
    office: Office, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    office.settings["MITREDEN_DATA_DIR"] = str(tmp_path / "empty")
    said = office.refuses(*arguments)
    assert "There is no database at" in said
    assert "mitreden run" in said
    assert not (tmp_path / "empty").exists(), "nothing has been made"


@each_command
def test_a_database_of_another_version_is_told(office: Office, arguments: tuple[str, ...]) -> None:
    office.sql("UPDATE alembic_version SET version_num = '0001'")
    assert "older version. Start the bot once: mitreden run" in office.refuses(*arguments)
    office.sql("UPDATE alembic_version SET version_num = '9999'")
    assert "newer" in office.refuses(*arguments)


def test_what_is_no_database_is_told(office: Office, tmp_path: Path) -> None:
    (tmp_path / "odd").mkdir()
    (tmp_path / "odd" / "mitreden.sqlite").write_text("not a database, but long enough" * 50)
    office.settings["MITREDEN_DATA_DIR"] = str(tmp_path / "odd")
    for arguments in COMMANDS:
        assert "mitreden.sqlite" in office.refuses(*arguments)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda file: None, "no key file"),
        (lambda file: file.write_text("not a key"), "key file"),
        (lambda file: file.write_bytes(b"\xff\x00"), "key file"),
        (lambda file: (file.write_text("contact = x\nwords = y\n"), file.chmod(0o600)), "key"),
        (lambda file: (create_key_file(file), file.chmod(0o644)), "chmod 600"),
    ],
    ids=["missing", "text", "bytes", "nonsense", "readable"],
)
def test_a_key_file_that_cannot_be_used_is_told(
    office: Office, make: Callable[[Path], object], words: str
) -> None:
    file = office.folder / "other.key"
    make(file)
    office.settings["MITREDEN_KEY_FILE"] = str(file)
    assert words in office.refuses("forum", "move", "arbeit", NEW, "--yes")
    assert words in office.refuses("forum", "list")


def test_the_key_file_of_another_bot_is_told(office: Office) -> None:
    create_key_file(office.folder / "other.key")
    office.settings["MITREDEN_KEY_FILE"] = str(office.folder / "other.key")
    assert "does not belong to this database" in office.refuses("forum", "move", "arbeit", NEW, "--yes")


def test_a_misspelt_setting_is_told(office: Office) -> None:
    office.settings["MITREDEN_DATA_DIRR"] = "x"
    assert "Did you mean MITREDEN_DATA_DIR" in office.refuses("forum", "list")


# Beside a running bot


async def test_a_running_bot_shows_what_was_changed_in_its_next_turn(tmp_path: Path) -> None:
    async with open_world(tmp_path, staff_ids=frozenset({STAFF.id})) as world:
        settings = world.environment
        async with start_bot("run", environment=settings, folder=tmp_path) as bot:
            await bot.ready()
            sabine = world.api.world.person("Sabine")
            sabine.starts()
            await world.api.world.wait_for(lambda: sabine.bot_messages, 60)
            sabine.taps("Deutsch")
            await world.api.world.wait_for(lambda: "Meinung sagen" in str(sabine.last.buttons), 60)
            change = ("forum", "set", "werte", "16.09.2099 18:00", "--place", "Marktplatz", "--yes")
            async with start_bot(*change, environment=settings, folder=tmp_path) as command:
                assert await command.ended() == 0, command.err
                assert command.out[-1] == "Changed."
            sabine.sends_text("/events")
            await world.api.world.wait_for(lambda: "16. September 2099" in sabine.last.text, 60)
            assert "Marktplatz" in sabine.last.text
            ute = world.api.world.person("Ute")
            ute.sends_text("/staff")
            await world.api.world.wait_for(lambda: ute.bot_messages, 60)
            ute.taps("Termine verwalten")
            await world.api.world.wait_for(lambda: "16. September 2099" in ute.last.text, 60)
            async with start_bot(
                "forum", "move", "werte", NEW, environment=settings, folder=tmp_path
            ) as asked:
                assert await asked.ended() == 1, "without a terminal nobody can say yes"
                assert asked.err == ["Nothing was changed."]
            sabine.sends_text("/events")
            await world.api.world.wait_for(lambda: "2099" in sabine.last.text, 60)
            bot.terminate()
            assert await bot.ended() == 0
        assert not any("Traceback" in line for line in bot.err), bot.err


def test_a_change_stands_in_the_trail_and_one_that_was_refused_does_not(office: Office) -> None:
    office.refuses("forum", "move", "arbeit", NEW, typed="n\n")
    office.does("forum", "move", "arbeit", NEW, "--yes")
    with closing(sqlite3.connect(office.folder / "data" / "mitreden.sqlite")) as connection:
        found = connection.execute("SELECT who, deed, subject, digest FROM staff_log").fetchall()
    assert found == [("command line", "date_changed", "forum_arbeit", "")]
