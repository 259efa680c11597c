"""`mitreden staff` as operators meet it: a link that phones open, a list, access taken away, the trail."""

from __future__ import annotations

import datetime as dt
import io
import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import segno
import zxingcpp
from click.testing import Result
from typer.testing import CliRunner

from bot.app import system_clock
from bot.cli import cli
from bot.review_queue import ReviewOutcome
from bot.staff.invite_code import draw_code
from storage.keyring import KeyRing
from storage.keys import create_key_file, load_key_file
from storage.staff_invites import accept_invite
from storage.staff_members import Member, join_from_settings
from tests.support.databases import ANNA, BORIS, opened

TABLES = ("staff_member", "staff_deputy", "staff_invite", "staff_log")
#: Pixels a module, as a camera would see them.
SCALE = 6
LINK = "https://t.me/goeppingen_bot?start=team-"


@dataclass
class Office:
    """A terminal in the folder of a bot that has run."""

    folder: Path
    staff_ids: str = ""

    def run(self, *arguments: str, command: str = "staff") -> Result:
        settings = {
            "MITREDEN_DATA_DIR": str(self.folder / "data"),
            "MITREDEN_KEY_FILE": str(self.folder / "mitreden.key"),
            "MITREDEN_STAFF_IDS": self.staff_ids,
        }
        done: Result = CliRunner().invoke(cli, [command, *arguments], env=settings, prog_name="mitreden")
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise AssertionError(f"a traceback: {done.exception!r}") from done.exception
        return done

    def does(self, *arguments: str) -> str:
        done = self.run(*arguments)
        assert (done.exit_code, done.stderr) == (0, ""), done.output
        return str(done.stdout)

    def refuses(self, *arguments: str) -> str:
        """Run a command that is refused: exit code 1, one sentence, nothing changed."""
        before = self.rows()
        done = self.run(*arguments)
        assert done.exit_code == 1, done.output
        (sentence,) = done.stderr.splitlines()
        assert self.rows() == before
        return str(sentence)

    def rows(self) -> dict[str, list[tuple[Any, ...]]]:
        with closing(sqlite3.connect(self.folder / "data" / "mitreden.sqlite")) as connection:
            return {name: connection.execute(f"SELECT * FROM {name}").fetchall() for name in TABLES}

    def opens_link(self, link: str, who: int) -> Member | None:
        """Open a link as the bot does it."""

        def accept(connection: Any, keys: KeyRing, now: Any) -> Member | None:
            token = link.removeprefix(LINK)
            return accept_invite(connection, keys, who, token, (), language="de", now=now)

        return self.writes(accept)

    def writes(self, work: Callable[..., Any]) -> Any:
        url = f"sqlite:///{self.folder / 'data' / 'mitreden.sqlite'}"
        with opened(url) as database, database.transaction() as connection:
            return work(connection, load_key_file(self.folder / "mitreden.key"), system_clock())

    @property
    def today(self) -> dt.date:
        return system_clock().astimezone(ZoneInfo("Europe/Berlin")).date()

    def member(self, *roles: str, who: int = ANNA) -> str:
        """Invite somebody, let them join, and return their id."""
        options = [word for role in roles for word in ("--role", role)]
        made = json.loads(self.does("invite", *options, "--bot", "goeppingen_bot", "--json"))
        joined = self.opens_link(made["link"], who)
        assert joined is not None
        return joined.id


@pytest.fixture
def office(tmp_path: Path, sqlite_template: Path) -> Office:
    (tmp_path / "data").mkdir(mode=0o700)
    shutil.copy(sqlite_template, tmp_path / "data" / "mitreden.sqlite")
    create_key_file(tmp_path / "mitreden.key")
    return Office(tmp_path)


def read_blocks(lines: list[str]) -> str:
    """Read a code drawn in a terminal as a phone does: a picture with a square for each module."""
    light = {"█": (1, 1), "▀": (1, 0), "▄": (0, 1), " ": (0, 0)}
    rows = [[light[sign][half] for sign in line] for line in lines for half in (0, 1)]
    pixels = [bytes(255 * module for module in row for _ in range(SCALE)) for row in rows]
    picture = b"".join(line * SCALE for line in pixels)
    shape = (SCALE * len(rows), SCALE * len(rows[0]))
    (code,) = zxingcpp.read_barcodes(memoryview(picture).cast("B", shape))
    return str(code.text)


def test_an_invitation_is_a_link_and_a_code_that_phones_read_and_lets_one_person_in(office: Office) -> None:
    said = office.does("invite", "--role", "author", "--role", "approver", "--bot", "@goeppingen_bot")
    drawn = [line for line in said.splitlines() if line and set(line) <= set("█▀▄ ")]
    (link,) = [line for line in said.splitlines() if line.startswith("https://")]
    assert link.startswith(LINK)
    assert read_blocks(drawn) == link
    assert "\x1b" not in said, "no colours where nobody looks at them"
    joined = office.opens_link(link, ANNA)
    assert joined is not None
    assert joined.own_roles == {"author", "approver"}
    assert office.opens_link(link, BORIS) is None
    assert link.removeprefix(LINK) not in str(office.rows())


def test_in_a_terminal_the_colours_of_the_code_are_said_outright() -> None:
    lines = list(draw_code(LINK, coloured=True))
    assert all(line.startswith("\x1b[97;40m") and line.endswith("\x1b[0m") for line in lines)
    bare = [line.removeprefix("\x1b[97;40m").removesuffix("\x1b[0m") for line in lines]
    assert read_blocks(bare) == LINK


@pytest.mark.parametrize("form", ["svg", "png"])
def test_the_code_is_written_as_a_picture_that_only_the_operator_can_open(office: Office, form: str) -> None:
    file = office.folder / f"code.{form}"
    link = json.loads(
        office.does("invite", "--role", "admin", "--bot", "x_bot", "--qr", str(file), "--json")
    )["link"]
    assert file.stat().st_mode & 0o777 == 0o600
    data = file.read_bytes()
    assert data.startswith(b"\x89PNG") if form == "png" else b"<svg" in data
    expected = io.BytesIO()
    segno.make(link, error="m", micro=False).save(expected, kind=form, scale=8, border=4)
    assert data == expected.getvalue()


def test_json_of_an_invitation_has_what_a_script_needs(office: Office) -> None:
    made = json.loads(office.does("invite", "--role", "export", "--bot", "x_bot", "--json"))
    assert set(made) == {"link", "roles", "expires_at"}
    assert made["roles"] == ["export"]


def test_the_list_shows_members_with_roles_and_deputies_and_no_telegram_id(office: Office) -> None:
    assert "Nobody has joined yet" in office.does("list")
    anna, boris = office.member("author"), office.member("approver", who=BORIS)
    office.does("invite", "--role", "admin", "--bot", "x_bot")
    office.does("deputy", anna, "--for", boris, "--until", f"{office.today}")
    said = office.does("list")
    assert f"{anna}  author  (invited, since " in said
    assert f"stands in for {boris} until " in said
    assert "Open invitations: 1" in said
    listed = json.loads(office.does("list", "--json"))
    by_id = {member["id"]: member for member in listed["members"]}
    assert by_id[anna]["roles"] == ["author", "approver"]
    assert by_id[anna]["own_roles"] == ["author"]
    assert [each["id"] for each in by_id[anna]["stands_in_for"]] == [boris]
    assert str(ANNA) not in said + json.dumps(listed)


def test_revoked_is_gone_and_the_last_admin_is_missed(office: Office) -> None:
    anna, boris = office.member("admin"), office.member("author", who=BORIS)
    assert office.does("revoke", boris) == f"{boris} has no access any more, from this moment on.\n"
    assert "mitreden staff invite --role admin" in office.does("revoke", anna)
    assert office.rows()["staff_member"] == []
    assert "Nobody has joined yet" in office.refuses("revoke", anna)


def test_who_is_named_in_the_settings_is_told_how_to_be_taken_out(office: Office) -> None:
    office.staff_ids = str(ANNA)
    member = office.writes(
        lambda connection, keys, now: join_from_settings(connection, keys, ANNA, language="de", now=now)
    )
    sentence = office.refuses("revoke", member.id)
    assert "MITREDEN_STAFF_IDS" in sentence
    assert str(ANNA)[-3:] in sentence
    assert str(ANNA) not in sentence


def test_standing_in_is_entered_and_ended(office: Office) -> None:
    anna, boris = office.member("author"), office.member("approver", who=BORIS)
    assert "stands in for" in office.does("deputy", anna, "--for", boris, "--until", f"{office.today}")
    assert "no longer" in office.does("deputy", anna, "--for", boris, "--end")
    assert "does not stand in" in office.refuses("deputy", anna, "--for", boris, "--end")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("invite", "--bot", "x_bot"), "--role"),
        (("invite", "--role", "aprover", "--bot", "x_bot"), "Did you mean “approver”?"),
        (("invite", "--role", "author", "--bot", "me"), "not the name of a bot"),
        (("invite", "--role", "author"), "--bot NAME"),
        (("invite", "--role", "author", "--bot", "x_bot", "--qr", "code.pdf"), ".svg or .png"),
        (("invite", "--role", "author", "--bot", "x_bot", "--qr", "/nowhere/code.svg"), "no folder /nowhere"),
        (("revoke", "xxxx"), "There is no member “xxxx”"),
        (("deputy", "{anna}", "--for", "{anna}", "--until", "2027-01-01"), "themselves"),
        (("deputy", "{anna}", "--for", "xxxx", "--until", "2027-01-01"), "no member “xxxx”"),
        (("deputy", "{anna}", "--for", "{boris}"), "--until"),
        (("deputy", "{anna}", "--for", "{boris}", "--until", "2020-01-01", "--end"), "--until"),
        (("deputy", "{anna}", "--for", "{boris}", "--until", "2020-01-01"), "today or later"),
        (("deputy", "{anna}", "--for", "{boris}", "--until", "31.02.2027"), "no date"),
    ],
)
def test_bad_input_is_refused_in_one_sentence(office: Office, arguments: tuple[str, ...], says: str) -> None:
    anna, boris = office.member("author"), office.member("approver", who=BORIS)
    sentence = office.refuses(*(word.format(anna=anna, boris=boris) for word in arguments))
    assert says in sentence


def test_a_picture_that_cannot_be_written_leaves_no_invitation(office: Office) -> None:
    (office.folder / "code.svg").mkdir()
    assert "cannot be written" in office.refuses(
        "invite", "--role", "author", "--bot", "x_bot", "--qr", str(office.folder / "code.svg")
    )


def test_the_trail_says_who_what_and_when_the_last_first(office: Office) -> None:
    assert "Nobody has done anything yet" in office.does("log")
    anna = office.member("author")
    office.does("revoke", anna)
    entries = json.loads(office.does("log", "--json"))
    assert [(entry["who"], entry["deed"], entry["subject"]) for entry in entries] == [
        ("command line", "revoked", anna), ("command line", "invited", "author"),
    ]  # fmt: skip
    lines = office.does("log", "--limit", "1").splitlines()
    assert len(lines) == 1
    assert lines[0].endswith(f"command line  revoked  {anna}")


def deeds(office: Office) -> list[tuple[str, str]]:
    return [(entry["deed"], entry["subject"]) for entry in json.loads(office.does("log", "--json"))]


def test_an_export_and_a_review_stand_in_the_trail(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    out = str(office.folder / "export")
    assert office.run("--out", out, "--field", "arbeit", command="export").exit_code == 0
    assert office.run("--out", out, "--format", "xlsx", command="export").exit_code == 1
    assert deeds(office) == [("exported", "arbeit")]
    assert office.run(command="review").exit_code == 0
    assert len(deeds(office)) == 1, "nothing was waiting, so nothing was done"
    monkeypatch.setattr("bot.review_queue.run_review", lambda *_, **__: ReviewOutcome(released=2, deleted=1))
    assert office.run(command="review").exit_code == 0
    assert deeds(office)[0] == ("reviewed", "2 released, 1 deleted")
    assert office.run("--voices", str(office.folder / "voices"), command="review").exit_code == 0
    assert deeds(office)[0] == ("exported", "voices")
