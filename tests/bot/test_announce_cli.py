"""`mitreden announce` as the staff meet it: what is said, what is stored, and that nothing is sent.

Every refusal has the place in one sentence, and changes nothing. The data come from a bot that has run:
Sabine (German), Ayşe (Turkish) and Omar (Arabic) want to hear of the council, Omar of results too, and
nobody of the draft. Anne and Bernd, who write and approve in the chat, are played here.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import io
import itertools
import json
import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from rich.console import Console
from typer.testing import CliRunner

from bot.announce.watching import show_bar, watch
from bot.cli import cli
from conversations.announcement_templates import TEMPLATES, AnnouncementKind
from conversations.announcements import Announcement, Audience, Mode
from storage import announcements, staff_log
from storage.announcements import Draft
from storage.keys import load_key_file
from storage.mailings import Progress
from storage.staff_log import COMMAND_LINE, Deed
from storage.vocabulary import CopyState, MailingState, Policy
from tests.support.announced import Announcing
from tests.support.announcement_samples import LANGUAGES, PAGE, in_five_languages
from tests.support.chat import open_town, plain
from tests.support.databases import opened
from tests.support.world import START

TOPICS = {
    "Sabine": ("de", ("council",)), "Ayşe": ("tr", ("council",)), "Omar": ("ar", ("council", "results")),
}  # fmt: skip
PLAN = "https://www.goeppingen.de/plan"
ADOPTED = (
    "announce",
    "new",
    "adopted",
    "--set",
    "date=18.11.2027",
    "--set",
    f"plan_url={PLAN}",
    "--page",
    PAGE,
)
#: What a refused command must leave as it was.
TABLES = ("announcement", "approval", "announcement_copy", "outbox", "contact", "subscription")


@dataclass
class Office:
    """A terminal in the folder of a bot that has run. `now` is what its clock says."""

    folder: Path
    now: dt.datetime = START
    settings: dict[str, str] = field(default_factory=dict)

    @property
    def file(self) -> Path:
        return self.folder / "data" / "mitreden.sqlite"

    def run(self, *arguments: str) -> Result:
        """Run a command to its end; nothing may go wrong in an unforeseen way."""
        settings = {
            "MITREDEN_DATA_DIR": str(self.folder / "data"),
            "MITREDEN_KEY_FILE": str(self.folder / "mitreden.key"),
            **self.settings,
        }
        done: Result = CliRunner().invoke(cli, arguments, env=settings, prog_name="mitreden")
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise AssertionError(f"a traceback: {done.exception!r}") from done.exception
        return done

    def does(self, *arguments: str) -> str:
        """Run a command that works, and return what it says; nobody is written to by a command."""
        before = self.state()["outbox"]
        done = self.run(*arguments)
        assert (done.exit_code, done.stderr) == (0, ""), done.output
        assert len(self.state()["outbox"]) <= len(before)
        return plain(str(done.stdout))

    def refuses(self, *arguments: str) -> list[str]:
        """Run a command that is refused: exit code 1, its sentences on stderr, nothing changed."""
        before = self.state()
        done = self.run(*arguments)
        assert done.exit_code == 1, done.output
        assert self.state() == before
        return [plain(line) for line in done.stderr.splitlines()]

    def state(self) -> dict[str, list[tuple[Any, ...]]]:
        """Read every row that a command could touch."""
        with closing(sqlite3.connect(self.file)) as connection:
            return {name: connection.execute(f"SELECT * FROM {name}").fetchall() for name in TABLES}

    def draft(self, number: int) -> Draft:
        with opened(f"sqlite:///{self.file}") as database, database.reading() as connection:
            return announcements.get(connection, number)

    def deeds(self) -> list[tuple[str, Deed, str]]:
        """Read the trail, the oldest first."""
        with opened(f"sqlite:///{self.file}") as database, database.reading() as connection:
            return [
                (each.who, each.deed, each.subject) for each in reversed(staff_log.list_log(connection, 99))
            ]

    def approve(self, number: int) -> None:
        """Take a draft over and approve it, as Anne and Bernd do in the chat; a minute passes."""
        with opened(f"sqlite:///{self.file}") as database, database.transaction() as connection:
            draft = announcements.request(connection, announcements.get(connection, number), "anne", self.now)
            codes = set(LANGUAGES) - draft.announcement.held_back
            announcements.approve(
                connection,
                draft,
                "brnd",
                self.now,
                languages=codes,
                members=("anne", "brnd", draft.author or ""),
                alone_allowed=False,
            )
        self.now += dt.timedelta(minutes=1)

    def send(self, *states: CopyState, number: int = 1) -> None:
        """Let the bot send so many copies, with what became of each; the others lie ready."""
        with opened(f"sqlite:///{self.file}") as database:
            bot = Announcing(database, load_key_file(self.folder / "mitreden.key"), self.now)
            bot.run()
            rows = [row for row in bot.claim(len(states)) if row.announcement_id == number]
            for row, state in zip(rows, states, strict=True):
                bot.settle(row, state)

    def finish(self) -> None:
        """Let the bot send what lies ready, and notice that nothing is left."""
        with opened(f"sqlite:///{self.file}") as database:
            bot = Announcing(database, load_key_file(self.folder / "mitreden.key"), self.now)
            for row in bot.claim():
                bot.settle(row)
            bot.run()

    def write(self, *arguments: str) -> int:
        """Begin an announcement and return its number."""
        return int(json.loads(self.does(*arguments, "--json"))["id"])

    def adopted(self) -> int:
        """Write the decision, ready to be handed over."""
        return self.write(*ADOPTED)

    def measure(self, **words: str) -> int:
        """Write of a measure to readers of the council, with the words of some languages."""
        number = self.write(
            "announce", "new", "measure_started", "--set", f"measure_url={PLAN}", "--topic", "council",
            "--page", PAGE,
        )  # fmt: skip
        for code, written in words.items():
            self.does(
                "announce", "text", str(number), code, "--set", f"measure_title={written}",
                "--set", f"measure_text={written}, ausführlich",
            )  # fmt: skip
        return number


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Path:
    """The folder that a bot leaves behind which was started, used by three people and ended."""
    folder = tmp_path_factory.mktemp("office")
    (folder / "data").mkdir(mode=0o700)
    file = folder / "data" / "mitreden.sqlite"
    shutil.copy(sqlite_template, file)

    async def live() -> None:
        async with open_town(folder, f"sqlite:///{file}", loaded=in_five_languages(), durable=False) as town:
            for name, (language, topics) in TOPICS.items():
                chat = await town.chat(name)
                await chat.enters(language)
                await chat.says("/start news")
                await chat.chooses(next(choice for choice in chat.choices if choice.startswith("msgyes")))
                for topic in topics:
                    await chat.chooses(f"sub:{topic}")

    asyncio.run(live())
    return folder


@pytest.fixture
def office(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    folder = tmp_path / "office"
    shutil.copytree(made, folder)
    office = Office(folder)
    monkeypatch.chdir(folder)
    monkeypatch.setattr("bot.announce.desk.system_clock", lambda: office.now)
    # The shipped content is read once for all tests.
    monkeypatch.setattr("bot.announce.desk.load_content", lambda folder: in_five_languages())
    return office


# Writing


def test_a_decision_is_written_with_three_facts(office: Office) -> None:
    said = office.does(*ADOPTED)
    assert said.splitlines() == [
        "Announcement 1 is a draft: adopted",
        "  date: 2027-11-18",
        f"  plan_url: {PLAN}",
        f"  page: {PAGE}",
        "  to: subscribers of council, plan_draft",
        "  To look at it: mitreden announce preview 1",
    ]
    draft = office.draft(1)
    assert draft.announcement == Announcement(
        AnnouncementKind.ADOPTED,
        values={"date": "2027-11-18", "plan_url": PLAN},
        audience=Audience(frozenset({"council", "plan_draft"})),
        page_url=PAGE,
    )
    assert (draft.state, draft.policy, draft.editors) == (
        MailingState.DRAFT, Policy.NEVER_MISSED, (COMMAND_LINE,)
    )  # fmt: skip


def test_what_is_still_open_is_said_and_may_come_later(office: Office) -> None:
    said = office.does("announce", "new", "adopted", "--policy", "never_twice")
    assert "  Still open: “date” is not filled in: --set date=…" in said
    assert "  Still open: The page of the town with the same text is missing: --page https://…" in said
    assert office.draft(1).policy is Policy.NEVER_TWICE
    said = office.does(
        "announce", "change", "1", "--set", "date=2027-11-18", "--set", f"plan_url={PLAN}", "--page", PAGE
    )
    assert "Still open" not in said
    assert office.draft(1).announcement == office.draft(office.adopted()).announcement


def test_who_gets_it_can_be_narrowed_down(office: Office) -> None:
    office.does("announce", "new", "free", "--coming-to", "arbeit", "--language", "ar", "--language", "tr")
    assert office.draft(1).announcement.audience == Audience(
        languages=frozenset({"ar", "tr"}), coming_to="forum_arbeit"
    )
    office.does("announce", "change", "1", "--language", "")
    said = office.does("announce", "change", "1", "--topic", "council", "--topic", "results")
    assert "to: subscribers of council, results" in said
    assert office.draft(1).announcement.audience == Audience(frozenset({"council", "results"}))


def test_the_result_of_a_forum_goes_to_those_of_the_forum(office: Office) -> None:
    office.does("announce", "new", "forum_result", "--set", "field=arbeit")
    assert office.draft(1).announcement.audience.topics == {"forum_arbeit", "results"}
    office.does("announce", "change", "1", "--set", "field=werte")
    assert office.draft(1).announcement.audience.topics == {"forum_werte", "results"}


def test_words_are_written_language_by_language_also_from_a_file(office: Office) -> None:
    number = office.measure()
    (office.folder / "ar.txt").write_bytes("\ufeffمنذ يوم الاثنين\r\n\r\nأهلا\n".encode())
    said = office.does(
        "announce", "text", str(number), "ar", "--set", "measure_title=دورات", "--file", "measure_text=ar.txt"
    )
    assert "measure_title, ar: دورات" in said
    assert "Still open: Arabic (ar): “measure_text” is not written yet." not in said
    assert "Still open: Türkçe (tr): “measure_text” is not written yet." in said
    words = office.draft(number).announcement.words["ar"]
    assert words["measure_title"] == "دورات"
    assert words["measure_text"] == "منذ يوم الاثنين\n\nأهلا"
    office.does("announce", "text", str(number), "ar", "--set", "measure_title=")
    assert "measure_title" not in office.draft(number).announcement.words["ar"]
    office.does("announce", "new", "free", "--topic", "council")
    office.does("announce", "text", "2", "ar", "--file", "ar.txt")
    assert "أهلا" in office.draft(2).announcement.words["ar"]["text"]


def test_every_kind_is_listed_with_its_gaps(office: Office) -> None:
    said = office.does("announce", "kinds")
    assert "adopted: date, plan_url, [report_url], [participants]\n" in said
    assert "rejected: date, explain_url, [next_text]*\n" in said
    assert [line.partition(":")[0] for line in said.splitlines()] == [kind.value for kind in TEMPLATES]


def test_the_list_shows_the_newest_first(office: Office) -> None:
    assert "There is none yet" in office.does("announce", "list")
    office.adopted()
    office.measure(de="Mehr Kurse")
    office.does("announce", "hold", "2", "ar", "tr")
    office.does("announce", "send", "1", "--at", "18.11.2027 19:30")
    assert office.does("announce", "list").splitlines() == [
        "   2  measure_started: draft, held back: ar, tr",
        "   1  adopted: waits for approval in the chat, begins Thu 18.11.2027 19:30",
    ]
    read = json.loads(office.does("announce", "list", "--json"))
    assert [(each["id"], each["state"], each["held_back"]) for each in read] == [
        (2, "draft", ["ar", "tr"]), (1, "requested", []),
    ]  # fmt: skip
    assert read[0]["words"]["de"]["measure_title"] == "Mehr Kurse"


# Translators


def test_words_go_to_the_translators_and_come_back(office: Office) -> None:
    office.measure(de="Mehr Kurse")
    assert office.does("announce", "texts", "1", "--out", "texts.csv") == "wrote texts.csv\n"
    table = (office.folder / "texts.csv").read_text(encoding="utf-8-sig")
    assert "measure_title;tr;Mehr Kurse;;" in table
    filled = table.replace("measure_title;tr;Mehr Kurse;;", "measure_title;tr;Mehr Kurse;;Kurslar")
    (office.folder / "texts.csv").write_text(filled, encoding="utf-8")
    assert office.does("announce", "texts", "1", "--in", "texts.csv") == "tr: 1 taken\n"
    assert office.draft(1).announcement.words["tr"] == {"measure_title": "Kurslar"}
    assert len(office.does("announce", "texts", "1", "--out", "texts.po").splitlines()) == 4


def test_a_file_with_a_mistake_is_refused_with_its_line_and_nothing_is_taken(office: Office) -> None:
    office.measure(de="Mehr Kurse")
    office.does("announce", "texts", "1", "--out", "texts.csv")
    table = (office.folder / "texts.csv").read_text(encoding="utf-8-sig")
    for before, after, found in (
        (
            "measure_title;tr;Mehr Kurse;;",
            "measure_title;tr;Weniger Kurse;;Kurslar",
            "texts.csv:6: The German of",
        ),
        ("measure_title;tr;", "title;tr;", "texts.csv:6: There is no gap “title”."),
        ("measure_title;tr;", "measure_title;fr;", "texts.csv:6: There is no language “fr”."),
    ):
        (office.folder / "texts.csv").write_text(table.replace(before, after), encoding="utf-8")
        assert office.refuses("announce", "texts", "1", "--in", "texts.csv")[0].startswith(found)
    (office.folder / "texts.csv").write_text(table, encoding="utf-8")
    assert office.refuses("announce", "texts", "1", "--in", "texts.csv") == [
        "Nothing is filled in in texts.csv; nothing was changed."
    ]
    long = table.replace("measure_title;tr;Mehr Kurse;;", f"measure_title;tr;Mehr Kurse;;{'x' * 4100}")
    (office.folder / "texts.csv").write_text(long, encoding="utf-8")
    (sentence,) = office.refuses("announce", "texts", "1", "--in", "texts.csv")
    assert sentence.startswith("Türkçe (tr): the message has 4")


# Checking and looking


def test_a_check_says_who_gets_it_and_how_long_it_takes(office: Office) -> None:
    office.adopted()
    assert office.does("announce", "check", "1").splitlines() == [
        "It goes to 3 people in 3 languages (Arabic, Deutsch, Türkçe).",
        "That takes about 1 s; nothing is sent between 21 and 8.",
        "Nothing is missing. To hand it over: mitreden announce send 1",
    ]
    read = json.loads(office.does("announce", "check", "1", "--json"))
    assert read == {"faults": [], "people": {"ar": 1, "de": 1, "tr": 1}, "seconds": 0}
    assert office.deeds()[-1] == (COMMAND_LINE, Deed.CHECK, "1")


def test_a_check_names_everything_that_is_missing_with_its_place(office: Office) -> None:
    office.measure(de="Mehr Kurse", en="More courses", de_LS="Mehr Kurse", ar="دورات")
    office.does("announce", "change", "1", "--set", "measure_url=", "--page", "")
    expected = [
        "“measure_url” is not filled in: --set measure_url=…",
        "Türkçe (tr): “measure_title” is not written yet.",
        "Türkçe (tr): “measure_text” is not written yet.",
        "The page of the town with the same text is missing: --page https://…",
    ]
    assert office.refuses("announce", "check", "1") == expected
    assert office.refuses("announce", "send", "1") == expected
    done = office.run("announce", "check", "1", "--json")
    assert done.exit_code == 1
    read = json.loads(done.stdout)["faults"]
    assert [(each["place"], each["code"], each["detail"]) for each in read] == [
        ("measure_url", "missing", ""), ("tr", "words_missing", "measure_title"),
        ("tr", "words_missing", "measure_text"), ("page_url", "missing", ""),
    ]  # fmt: skip
    assert [each["says"] for each in read] == expected


def test_the_town_can_waive_the_page(office: Office) -> None:
    office.does("announce", "new", "adopted", "--set", "date=18.11.2027", "--set", f"plan_url={PLAN}")
    assert len(office.refuses("announce", "send", "1")) == 1
    office.settings["MITREDEN_ANNOUNCE_WITHOUT_PAGE"] = "yes"
    assert "Handed over." in office.does("announce", "send", "1")


def test_the_preview_shows_every_language_with_length_direction_and_buttons(office: Office) -> None:
    office.adopted()
    said = office.does("announce", "preview", "1")
    heads = [line for line in said.splitlines() if line.startswith("── ")]
    assert [head.split(",")[0] for head in heads] == [
        "── Deutsch (de)", "── Einfaches Deutsch (de_LS)", "── English (en)", "── Türkçe (tr)",
        "── Arabic (ar)",
    ]  # fmt: skip
    arabic = office.does("announce", "preview", "1", "--language", "ar")
    assert " characters" in arabic.splitlines()[0]
    assert "right to left, " in arabic.splitlines()[0]
    assert "18 تشرين الثاني 2027" in arabic
    assert PAGE in arabic
    assert arabic.splitlines()[-1] == "[ إيقاف كل الرسائل ]"
    assert "Donnerstag, 18. November 2027" not in arabic


def test_a_preview_of_what_is_not_finished_names_the_gaps(office: Office) -> None:
    office.does("announce", "new", "rejected")
    assert "Erklärung der Stadt: ‹explain_url›" in office.does("announce", "preview", "1", "--language", "de")


# Handing over, and what the chat does


def test_what_is_handed_over_waits_for_two_people_in_the_chat(office: Office) -> None:
    office.adopted()
    said = office.does("announce", "send", "1", "--at", "24.06.2027 10:00")
    assert "It goes to 3 people in 3 languages" in said
    assert (
        "Handed over. It is taken over and approved in the chat: /staff. It goes out on Thu 24.06.2027 10:00"
        in said
    )
    draft = office.draft(1)
    assert (draft.state, draft.author, draft.approver) == (MailingState.REQUESTED, None, None)
    assert draft.begins_at == dt.datetime(2027, 6, 24, 8, 0, tzinfo=dt.UTC)
    with (
        opened(f"sqlite:///{office.file}") as database,
        database.transaction() as connection,
        pytest.raises(announcements.NoAuthorError),
    ):
        announcements.approve(
            connection, draft, "brnd", office.now, languages=LANGUAGES, members=(), alone_allowed=True
        )
    office.send()
    assert office.state()["outbox"] == []
    assert office.deeds()[-1] == (COMMAND_LINE, Deed.REQUESTED, "1")


def test_nothing_on_the_command_line_approves(office: Office) -> None:
    assert not any("approve" in str(command.name) for command in cli.registered_commands)
    assert office.run("announce", "approve", "1").exit_code == 2


def test_what_is_taken_back_is_a_draft_again(office: Office) -> None:
    office.adopted()
    office.does("announce", "send", "1")
    assert "draft again" in office.does("announce", "cancel", "1")
    assert office.draft(1).state is MailingState.DRAFT
    assert office.refuses("announce", "cancel", "1") == [
        "This cannot be done now: the announcement is in the state “draft”."
    ]


def test_a_change_after_the_approval_takes_the_approval_away(office: Office) -> None:
    office.adopted()
    office.approve(1)
    office.does("announce", "change", "1", "--set", f"plan_url={PLAN}/2")
    assert office.draft(1).state is MailingState.DRAFT
    assert (COMMAND_LINE, Deed.APPROVAL_LOST, "1") in office.deeds()
    office.send()
    assert office.state()["outbox"] == []


def test_a_language_that_is_held_back_gets_it_later(office: Office) -> None:
    number = str(office.measure(de="Mehr Kurse", de_LS="Mehr Kurse", en="More courses", tr="Kurslar"))
    assert "held back: ar" in office.does("announce", "hold", number, "ar")
    assert "1 of them get it later: ar held back." in office.does("announce", "check", number)
    office.does(
        "announce", "text", number, "ar", "--set", "measure_title=دورات", "--set", "measure_text=أهلا"
    )
    said = office.does("announce", "release", number, "ar")
    assert "held back" not in said
    assert office.draft(int(number)).announcement.held_back == frozenset()
    assert [deed for _, deed, subject in office.deeds() if subject == f"{number}:ar"] == [
        Deed.HELD_BACK, Deed.RELEASED
    ]  # fmt: skip


def test_the_words_of_a_held_back_language_can_come_when_the_others_have_it(office: Office) -> None:
    number = office.measure(de="Mehr Kurse", de_LS="Mehr Kurse", en="More courses", tr="Kurslar")
    office.does("announce", "hold", "1", "ar")
    office.approve(number)
    office.send(CopyState.SENT, CopyState.SENT)
    office.does("announce", "text", "1", "ar", "--set", "measure_title=دورات", "--set", "measure_text=أهلا")
    said = office.does("announce", "release", "1", "ar")
    assert "has to be approved in the chat before it goes out" in said
    assert office.draft(1).state is MailingState.SENDING
    for changed in (("--set", f"measure_url={PLAN}/2"), ("--topic", "results")):
        assert office.refuses("announce", "change", "1", *changed) == [
            "This cannot be done now: the announcement is in the state “being sent”."
        ]


# Watching and steering


def test_the_status_counts_what_became_of_every_copy(office: Office) -> None:
    office.adopted()
    assert "draft" in office.does("announce", "status", "1")
    office.approve(1)
    office.send(CopyState.SENT, CopyState.UNKNOWN)
    said = office.does("announce", "status", "1")
    assert "About 1 s to go." in said
    assert "       1  sent\n" in said
    assert "       1  unknown: nobody knows whether it arrived\n" in said
    read = json.loads(office.does("announce", "status", "1", "--json"))
    assert read == {
        "id": 1, "state": "sending", "listed": 3, "sent": 1, "waiting": 1, "held": 0, "held_languages": [],
        "unknown": 1, "unreachable": 0, "failed": 0, "dropped": 0, "remaining_seconds": 0,
    }  # fmt: skip


def test_at_night_the_rest_takes_till_the_morning(office: Office) -> None:
    office.adopted()
    office.approve(1)
    office.send(CopyState.SENT)
    office.now = START.replace(hour=20)  # 22 o'clock in Göppingen
    assert "About 10 h 0 min to go." in office.does("announce", "status", "1")


def test_watching_ends_with_the_announcement(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    office.adopted()
    office.approve(1)
    looks = []

    def wait(seconds: float) -> None:
        looks.append(seconds)
        assert len(looks) <= 2, "it is over"
        office.send(CopyState.SENT) if len(looks) < 2 else office.finish()

    monkeypatch.setattr("time.sleep", wait)
    said = office.does("announce", "status", "1", "--watch")
    assert len(looks) == 2
    assert "       3  sent\n" in said
    assert "done" in said


def test_the_bar_moves_on_a_terminal() -> None:
    """Three looks: half of it, all but one, done."""
    looks = [
        (Progress(MailingState.SENDING, 10, waiting=5, held=0, sent=4, unknown=1, unreachable=0, failed=0,
                  dropped=0), dt.timedelta(minutes=61)),
        (Progress(MailingState.PAUSED, 10, 1, 0, 8, 1, 0, 0, 0), None),
        (Progress(MailingState.DONE, 10, 0, 0, 8, 1, 1, 0, 0), None),
    ]  # fmt: skip
    seen, waits = io.StringIO(), []
    left = iter(looks)
    assert watch(lambda: next(left), Console(file=seen, force_terminal=True, width=120), waits.append)
    assert waits == [1.0, 1.0]
    assert "done: 8 sent, 0 waiting, 1 unknown, 1 unreachable" in seen.getvalue()
    once = io.StringIO()
    show_bar(*looks[0], Console(file=once, force_terminal=True, width=120))
    assert "━━━" in once.getvalue()
    assert "being sent: 4 sent, 5 waiting, 1 unknown, about 1 h 1 min to go" in once.getvalue()


def test_who_stops_watching_stops_nothing(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    office.adopted()
    office.approve(1)
    office.send()

    def interrupt(seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("time.sleep", interrupt)
    assert "goes on by itself" in office.does("announce", "status", "1", "--watch")
    assert office.draft(1).state is MailingState.SENDING


def test_it_can_be_paused_and_resumed_and_stopped(office: Office) -> None:
    office.adopted()
    office.approve(1)
    office.send(CopyState.SENT)
    assert len(office.state()["outbox"]) == 2
    office.does("announce", "pause", "1")
    assert (office.draft(1).state, office.state()["outbox"]) == (MailingState.PAUSED, [])
    office.does("announce", "resume", "1")
    assert office.draft(1).state is MailingState.SENDING
    office.send()
    assert office.does("announce", "stop", "1").splitlines() == [
        "Stopped. Sent: 1.", "To correct what was sent: mitreden announce correct 1 --edit",
    ]  # fmt: skip
    assert (office.draft(1).state, office.state()["outbox"]) == (MailingState.STOPPED, [])
    office.send()
    assert office.state()["outbox"] == []
    for steer in ("pause", "resume", "stop", "cancel"):
        assert office.refuses("announce", steer, "1") == [
            "This cannot be done now: the announcement is in the state “stopped”."
        ]
    deeds = [deed for who, deed, _ in office.deeds() if who == COMMAND_LINE]
    assert deeds[-3:] == [Deed.PAUSED, Deed.RESUMED, Deed.STOPPED]


# Correcting


@pytest.mark.parametrize(
    ("option", "mode"), [("--edit", Mode.EDIT), ("--withdraw", Mode.WITHDRAW), ("--new", Mode.SEND)]
)
def test_a_mistake_is_corrected_for_those_who_got_it(office: Office, option: str, mode: Mode) -> None:
    office.adopted()
    office.approve(1)
    office.send(CopyState.SENT, CopyState.SENT)
    office.does("announce", "stop", "1")
    said = office.does("announce", "correct", "1", option)
    assert said.startswith("Announcement 2 corrects 1 and is a draft: adopted (")
    assert "to: those who got announcement 1" in said
    draft = office.draft(2)
    assert (draft.corrects, draft.announcement.mode) == (1, mode)
    assert draft.announcement.audience == Audience(got=1)
    assert draft.announcement.values == office.draft(1).announcement.values
    assert (COMMAND_LINE, Deed.CORRECTED, "1") in office.deeds()
    assert "It goes to 2 people" in office.does("announce", "send", "2")
    if mode is Mode.WITHDRAW:
        assert office.refuses("announce", "preview", "2") == [
            "This one takes a message back; there is nothing to read."
        ]
    else:
        shown = office.does("announce", "preview", "2", "--language", "en")
        assert ("Correction" in shown.splitlines()[1]) is (mode is Mode.SEND)
        assert ("changed this message" in shown) is (mode is Mode.EDIT)


def test_what_cannot_be_corrected_is_told(office: Office) -> None:
    office.adopted()
    assert office.refuses("announce", "correct", "1", "--edit") == [
        "Announcement 1 has gone to nobody yet. Change it instead."
    ]
    office.approve(1)
    office.send(CopyState.SENT)
    assert office.refuses("announce", "correct", "1", "--edit") == [
        "Announcement 1 has not ended yet. Stop it first."
    ]
    office.does("announce", "stop", "1")
    for options in ((), ("--edit", "--new")):
        assert office.refuses("announce", "correct", "1", *options) == [
            "Say one of --edit, --withdraw or --new."
        ]
    office.now += dt.timedelta(hours=49)
    (sentence,) = office.refuses("announce", "correct", "1", "--withdraw")
    assert "48 hours only" in sentence


# Refused, with the place, and nothing sent


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("new", "adoptd"), "There is no kind “adoptd”. Did you mean “adopted”?"),
        (("new", "adopted", "--set", "plan=x"),
         "There is no gap “plan” in adopted. Did you mean “plan_url”?"),
        (("new", "adopted", "--set", "plan_url"), "“plan_url” must be written as GAP=VALUE."),
        (("new", "adopted", "--set", "plan_url=http://goeppingen.de"),
         "“plan_url” must be a whole link that begins with https://, not “http://goeppingen.de”."),
        (("new", "adopted", "--page", "goeppingen"),
         "“page_url” must be a whole link that begins with https://, not “goeppingen”."),
        (("new", "adopted", "--set", "date=31.02.2027"),
         "“date” must be a day such as 18.11.2027, not “31.02.2027”."),
        (("new", "adopted", "--set", "participants=viele"),
         "“participants” must be a whole number, not “viele”."),
        (("new", "forum_result", "--set", "field=sport"),
         "There is no field “sport”. Known are: sprache, bildung, arbeit, wohnen, werte."),
        (("new", "what_next", "--set", "next_text=Bald"),
         "“next_text” is written in each language: mitreden announce text ID LANGUAGE --set next_text=…"),
        (("new", "free", "--topic", "counsil"),
         "There is nothing to subscribe to that is called “counsil”. Did you mean “council”?"),
        (("new", "free", "--coming-to", "sport"),
         "There is no field “sport”. Known are: sprache, bildung, arbeit, wohnen, werte."),
        (("new", "free", "--topic", "council", "--language", "fr"), "“fr” is no language on offer."),
        (("new", "adopted", "--page", "\udcfc"),
         "There are letters that cannot be read. Is the terminal set to UTF-8?"),
        (("text", "1", "fr", "--set", "text=x"),
         "“fr” is no language on offer. Possible are: de, de_LS, en, tr, ar."),
        (("text", "1", "de"), "Say what is written: --set GAP=WORDS or --file FILE."),
        (("text", "1", "de", "--set", "date=x"), "There is no gap “date” in free. Known are: text."),
        (("text", "1", "de", "--set", "text=a", "--set", "text=b"), "“text” is given twice."),
        (("text", "1", "de", "--file", "gone.txt"), "gone.txt cannot be read: No such file or directory."),
        (("text", "1", "de", "--set", "text=Mehr: {page_url}"),
         "Deutsch (de): the words hold {page_url}, which nothing fills."),
        (("text", "1", "tr", "--set", f"text={'x' * 5000}"),
         "Türkçe (tr): the message has 5075 characters; Telegram takes 4096."),
        (("text", "1", "de", "--set", "text=Hallo"), "That is how it is already; nothing was changed."),
        (("hold", "1", "fr"), "“fr” is no language on offer. Possible are: de, de_LS, en, tr, ar."),
        (("release", "1", "ar"), "That is how it is already; nothing was changed."),
        (("texts", "1"), "Say either --out FILE or --in FILE."),
        (("texts", "1", "--in", "gone.csv"), "gone.csv cannot be read: No such file or directory."),
        (("texts", "1", "--out", "texts.xlsx"),
         "The name of the file must end in .csv or .po, not “texts.xlsx”."),
        (("preview", "1", "--language", "fr"),
         "“fr” is no language on offer. Possible are: de, de_LS, en, tr, ar."),
        (("send", "1", "--at", "bald"),
         "“bald” is no date with a time. Write for example 16.09.2027 18:00 or 2027-09-16T18:00."),
        (("send", "1", "--at", "22.06.2027 18:00"),
         "22.06.2027 18:00 is past. Without --at it goes out as soon as it is approved."),
        (("change", "1"), "That is how it is already; nothing was changed."),
    ],
    ids=itertools.count(),
)  # fmt: skip
def test_bad_input_is_told_in_one_sentence_with_its_place(
    office: Office, arguments: tuple[str, ...], sentence: str
) -> None:
    office.does("announce", "new", "free", "--topic", "council", "--page", PAGE)
    office.does("announce", "text", "1", "de", "--set", "text=Hallo")
    assert office.refuses("announce", *arguments) == [sentence]


@pytest.mark.parametrize(
    "arguments",
    [
        ("change", "--page", PAGE), ("text", "de", "--set", "text=x"), ("texts", "--out", "x.csv"),
        ("hold", "ar"), ("release", "ar"), ("check",), ("preview",), ("send",), ("status",), ("pause",),
        ("resume",), ("stop",), ("cancel",), ("correct", "--edit"),
    ],
    ids=lambda arguments: str(arguments[0]),
)  # fmt: skip
def test_a_number_that_does_not_exist_is_told(office: Office, arguments: tuple[str, ...]) -> None:
    command, *rest = arguments
    assert office.refuses("announce", command, "99", *rest) == [
        "There is no announcement 99. To see them: mitreden announce list"
    ]


def test_an_audience_of_zero_is_refused(office: Office) -> None:
    for topic in (("--topic", "forum_werte"), ("--coming-to", "arbeit"), ("--language", "en")):
        number = office.write(*ADOPTED, *topic)
        for command in ("check", "send"):
            assert office.refuses("announce", command, str(number)) == [
                "Nobody would get it: there is nobody in this audience."
            ]
    office.does("announce", "new", "free", "--page", PAGE, "--language", "de")
    office.does("announce", "text", "4", "de", "--set", "text=Hallo")
    assert office.refuses("announce", "send", "4") == ["Nobody is chosen to get it: --topic or --coming-to."]


def test_an_audience_that_is_held_back_altogether_is_refused(office: Office) -> None:
    office.adopted()
    office.does("announce", "hold", "1", "ar", "tr", "de")
    assert office.refuses("announce", "send", "1") == [
        "Nobody would get it yet: everybody in this audience reads ar, de, tr, held back."
    ]
    office.does("announce", "hold", "1", "en", "de_LS")
    assert "Every language is held back; at least one must go out." in office.refuses(
        "announce", "check", "1"
    )


def test_what_somebody_else_changes_meanwhile_is_told(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.adopted()
    stale = office.draft(1)
    office.does("announce", "change", "1", "--set", f"plan_url={PLAN}/2")
    monkeypatch.setattr("bot.announce.desk.Desk.get", lambda desk, number: stale)
    assert office.refuses("announce", "change", "1", "--set", f"plan_url={PLAN}/3") == [
        "Somebody else has changed it in the meantime. Nothing was changed; please look again."
    ]


def test_every_command_has_an_example(office: Office) -> None:
    listed = office.does("announce", "--help")
    names = [
        "kinds", "new", "change", "text", "texts", "hold", "release", "check", "preview", "list", "send",
        "status", "pause", "resume", "stop", "cancel", "correct",
    ]  # fmt: skip
    for name in names:
        assert f"\n  {name} " in listed
        assert f"Example: mitreden announce {name}" in office.does("announce", name, "--help")
