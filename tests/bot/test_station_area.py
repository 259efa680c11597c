"""The area in which the staff say what became of a measure: step by step, and nothing by stale taps."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from sqlalchemy import Connection

from bot.buttons import CALLBACK_DATA_MAX_BYTES, encode
from bot.check import check_rendered
from bot.rendering import Rendered, Renderer
from bot.staff.area import AreaTurn, Visit
from bot.staff.stale_reminder import reminded_from, write_stale_reminders
from bot.staff.station_area import StationArea
from bot.staff.words import load_staff_catalogues
from conversations.incoming import ActionButton
from conversations.person import Consent
from conversations.stations import Station, StationCode, StationReason
from conversations.themes import list_every_theme
from storage import contacts, following, stations
from storage.database import Database
from storage.keyring import KeyRing
from storage.staff_log import Deed, list_log
from storage.staff_members import ALL_ROLES, Member, Role
from storage.vocabulary import StaffOrigin
from tests.support.chat import plain, shipped_content
from tests.support.databases import ANNA, TODAY
from tests.support.meetings import on

MENTORS, COURSES = "arb_measure.job_mentors", "arb_measure.work_courses"
NOW = on("2027-11-19", "12:00")
MEMBER = Member("k7m2", 7, StaffOrigin.INVITATION, ALL_ROLES, ALL_ROLES, "de", NOW.astimezone(dt.UTC))


@dataclass
class Staff:
    """A member of the staff in the area, with the state that the door keeps for them."""

    connection: Connection
    keys: KeyRing
    language: str = "de"
    state: str | None = None
    turn: AreaTurn = field(default_factory=lambda: AreaTurn(None))
    rendered: Rendered = field(default_factory=lambda: Rendered(""))
    area: StationArea = field(default_factory=StationArea)

    def visit(self) -> Visit:
        loaded = shipped_content()
        renderer = Renderer(loaded.content, loaded.catalogues)
        return Visit(
            self.connection, self.keys, loaded.content, loaded.catalogues, renderer, MEMBER, NOW, self.state
        )

    def presses(self, argument: str) -> Staff:
        return self._keep(self.area.press(self.visit(), argument))

    def says(self, words: str) -> Staff:
        return self._keep(self.area.say(self.visit(), words))

    def taps(self, verb: str) -> Staff:
        """Tap the button of the screen whose argument begins like this."""
        found = [each for each in self.arguments if each == verb or each.startswith(f"{verb}.")]
        assert len(found) == 1, (verb, self.arguments)
        return self.presses(found[0])

    @property
    def sees(self) -> str:
        return plain(self.rendered.text)

    @property
    def arguments(self) -> list[str]:
        assert self.turn.screen is not None
        presses = [button.press for row in self.turn.screen.rows for button in row]
        return [
            press.argument.removeprefix("sta").removeprefix(".")
            for press in presses
            if isinstance(press, ActionButton)
        ]

    @property
    def recorded(self) -> tuple[Station, ...]:
        return stations.list_stations(self.connection)

    def _keep(self, turn: AreaTurn) -> Staff:
        self.turn, self.state = turn, turn.state
        if turn.screen is not None:
            loaded = shipped_content()
            self.rendered = Renderer(loaded.content, load_staff_catalogues(loaded)).render(
                turn.screen, self.language
            )
            assert not self.rendered.cut
            for row in turn.screen.rows:
                for button in row:
                    assert len(encode(button.press).encode()) <= CALLBACK_DATA_MAX_BYTES
        return self


@pytest.fixture
def staff(sqlite_database: Database, keys: KeyRing) -> Iterator[Staff]:
    with sqlite_database.transaction() as connection:
        yield Staff(connection, keys)


def follow(staff: Staff, person: int, theme: str) -> None:
    contact_id = contacts.create_contact(staff.connection, staff.keys, person, today=TODAY).id
    contacts.set_language(staff.connection, contact_id, "de")
    following.set_follow_consent(staff.connection, contact_id, Consent("1", "de", TODAY))
    following.follow(staff.connection, contact_id, [theme])


def test_a_station_is_recorded_step_by_step(staff: Staff) -> None:
    follow(staff, ANNA, MENTORS)
    follow(staff, ANNA + 1, MENTORS)
    staff.presses("").taps("field.arbeit")
    assert "Patenschaften für Arbeitssuchende\nStand: noch nichts eingetragen" in staff.sees
    assert "Davon hören möchten: 2 Personen" in staff.sees
    staff.taps(f"theme.{MENTORS}").taps("code.decided")
    staff.says("https://www.goeppingen.de/plan")
    assert "Stand: vom Gemeinderat beschlossen\nSeit: 19. November 2027" in staff.sees
    assert "Davon hören: 2 Personen" in staff.sees
    assert staff.recorded == (), "nothing before the last look"
    staff.taps("save")
    expected = Station(
        MENTORS, StationCode.DECIDED, None, "https://www.goeppingen.de/plan", dt.date(2027, 11, 19)
    )
    assert staff.recorded == (expected,)
    assert staff.turn.has_news
    assert staff.state is None
    assert staff.sees.startswith("Eingetragen.")
    assert "Stand seit 19. November 2027: vom Gemeinderat beschlossen" in staff.sees
    (entry,) = list_log(staff.connection, 9)
    assert (entry.who, entry.deed, entry.subject) == ("k7m2", Deed.STATION, f"{MENTORS} decided")


def test_what_is_not_taken_up_needs_a_reason(staff: Staff) -> None:
    staff.presses(f"theme.{MENTORS}").taps("code.not_taken").taps("reason.money").taps("skip").taps("save")
    (station,) = staff.recorded
    assert (station.code, station.reason, station.url) == (StationCode.NOT_TAKEN, StationReason.MONEY, "")


def test_every_step_leads_back(staff: Staff) -> None:
    staff.presses(f"theme.{MENTORS}").taps("code.not_taken").taps("reason.money").taps("skip")
    for shown in ("ask_link", "ask_reason", "ask_code"):
        staff.taps("back")
        assert staff.sees.endswith(say(f"staff.sta.{shown}")), shown
    staff.taps("field.arbeit")
    assert staff.state is None
    staff.taps("")
    assert staff.arguments[-1] == "menu"
    assert staff.recorded == ()


def say(key: str) -> str:
    return load_staff_catalogues(shipped_content()).get("de").find(key)


def test_another_code_after_a_step_back_has_no_reason_left(staff: Staff) -> None:
    staff.presses(f"theme.{MENTORS}").taps("code.not_taken").taps("reason.money").taps("back").taps("back")
    staff.taps("code.done").taps("skip").taps("save")
    assert [station.code for station in staff.recorded] == [StationCode.DONE]


def test_a_wrong_link_is_asked_for_again(staff: Staff) -> None:
    staff.presses(f"theme.{MENTORS}").taps("code.done")
    for wrong in ("goeppingen.de", "javascript:x", "https://", "https://a b.de", "http s"):
        staff.says(wrong)
        assert staff.sees.startswith(say("staff.wrong.link")), wrong
    staff.says("https://www.goeppingen.de/" + "x" * 200)
    assert staff.sees.startswith(say("staff.wrong.long"))
    staff.taps("skip").says("https://www.goeppingen.de")
    assert staff.sees.startswith(say("staff.sta.tap")), "a text where a tap is awaited"
    assert staff.recorded == ()


def test_a_second_tap_and_a_stale_button_change_nothing(staff: Staff) -> None:
    staff.presses(f"theme.{MENTORS}").taps("code.done")
    stale = next(each for each in staff.arguments if each.startswith("skip"))
    staff.taps("skip")
    save = next(each for each in staff.arguments if each.startswith("save"))
    staff.presses(stale)
    assert "save" in " ".join(staff.arguments), "the step at hand is shown again"
    staff.presses(save)
    assert len(staff.recorded) == 1
    staff.presses(save)
    assert (staff.turn.screen, len(staff.recorded)) == (None, 1)
    staff.presses(f"theme.{COURSES}").presses(save)
    assert len(staff.recorded) == 1, "a button of another theme"


@pytest.mark.parametrize(
    "forged", ["theme.gone.gone", "field.gone", "save", "save.x", "code.gone.x", "back", "x", "theme", "..."]
)
def test_a_forged_argument_changes_nothing(staff: Staff, forged: str) -> None:
    staff.presses(forged)
    staff.presses(f"theme.{MENTORS}").presses(forged)
    assert staff.recorded == ()


def test_what_a_colleague_recorded_meanwhile_is_not_passed_over(staff: Staff) -> None:
    staff.presses(f"theme.{MENTORS}").taps("code.done").taps("skip")
    stations.record(staff.connection, Station(COURSES, StationCode.DONE, None, "", TODAY))
    stations.record(staff.connection, Station(MENTORS, StationCode.STARTED, None, "", TODAY))
    staff.taps("save")
    assert staff.sees.startswith(say("staff.sta.changed_meanwhile"))
    assert len(staff.recorded) == 2
    staff.taps("save")
    assert staff.recorded[0].code is StationCode.DONE


def test_a_theme_that_is_gone_leads_to_the_fields(staff: Staff) -> None:
    staff.presses(f"theme.{MENTORS}")
    assert staff.state is not None
    staff.state = staff.state.replace(MENTORS, "gone.gone")
    assert staff.says("https://www.goeppingen.de").sees == say("staff.sta.fields")
    staff.state = "{}"
    assert staff.says("x").sees == say("staff.sta.fields")


def test_only_authors_come_in() -> None:
    assert StationArea.roles == {Role.AUTHOR}


@pytest.mark.parametrize("language", ["de", "en"])
def test_every_screen_fits_with_the_longest_theme_and_the_longest_link(staff: Staff, language: str) -> None:
    staff.language = language
    url = "https://www.goeppingen.de/" + "x" * 170
    loaded = shipped_content()
    for theme in list_every_theme(loaded.content):
        stations.record(
            staff.connection, Station(theme, StationCode.NOT_TAKEN, StationReason.OTHER_BODY, url, TODAY)
        )
        staff.presses(f"theme.{theme}").taps("code.not_taken").taps("reason.other_body").says(url)
        assert list(check_rendered(staff.rendered)) == []
    for code in loaded.content.field_codes:
        assert staff.presses(f"field.{code}").sees


# The weekly reminder


@pytest.mark.parametrize(
    ("now", "due"),
    [
        (on("2027-09-20", "08:59"), None),
        (on("2027-09-20", "09:00"), on("2027-09-20", "09:00")),
        (on("2027-09-22", "15:00"), on("2027-09-20", "09:00")),
        (on("2027-09-22", "21:00"), None),
        (on("2027-09-26", "20:59"), on("2027-09-20", "09:00")),
    ],
)
def test_the_week_begins_on_monday_at_nine_and_nothing_comes_at_night(
    now: dt.datetime, due: dt.datetime | None
) -> None:
    assert reminded_from(now) == due


def test_each_member_reads_in_their_language_what_nobody_has_said_yet() -> None:
    loaded = shipped_content()
    renderer = Renderer(loaded.content, load_staff_catalogues(loaded))
    members = [MEMBER, replace(MEMBER, id="en", language="en"), replace(MEMBER, id="ar", language="ar")]
    assert write_stale_reminders(members, [], loaded.content, renderer) == []
    written: dict[str, Any] = {
        member.id: rendered.text
        for member, rendered in write_stale_reminders(
            members, [(MENTORS, 31), (COURSES, 10), ("gone.gone", 99)], loaded.content, renderer
        )
    }
    assert "Arbeit: Patenschaften für Arbeitssuchende (gewählt: 31)" in written["k7m2"]
    assert "Work: " in written["en"]
    assert written["ar"] == written["k7m2"], "whoever reads neither reads German"
    many = [(theme, 12) for theme in list_every_theme(loaded.content)]
    [(_, rendered)] = write_stale_reminders([MEMBER], many, loaded.content, renderer)
    words = rendered.text
    assert [button.callback_data for row in rendered.keyboard for button in row] == ["m:staff:sta"]
    assert len(words) < 4096
    assert f"Anzahl: {len(many) - 20}" in words
