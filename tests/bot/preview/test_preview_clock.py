"""The preview's clock: set, running on, and the desk where people set it over HTTP."""

from __future__ import annotations

import asyncio
import datetime as dt
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.preview.clock import ZONE, ClockDesk, ClockError, PreviewClock, parse_wall_time
from bot.preview.people import STAFF
from bot.preview.player import Player
from bot.preview.server import LocalBotApi
from bot.preview_command import run_preview
from bot.settings import StartError, parse_settings
from tests.support.bot_process import start_bot
from tests.support.world import Clock

#: What the machine's clock shows, at noon in Göppingen.
TODAY = dt.datetime(2026, 9, 1, 10, 0, tzinfo=dt.UTC)
REMINDER = dt.datetime(2027, 9, 6, 15, 0, tzinfo=dt.UTC)


class Plan:
    """What the bot would have planned, and what it was told."""

    def __init__(self) -> None:
        self.due: dt.datetime | None = None
        self.moves: list[dt.datetime] = []


@pytest.fixture
def system() -> Clock:
    return Clock(TODAY)


@pytest.fixture
def clock(system: Clock) -> PreviewClock:
    return PreviewClock(system)


@pytest.fixture
def plan() -> Plan:
    return Plan()


@pytest.fixture
def clock_desk(clock: PreviewClock, plan: Plan) -> ClockDesk:
    async def moved() -> None:
        plan.moves.append(clock())

    async def next_due() -> dt.datetime | None:
        return plan.due

    return ClockDesk(clock, moved, next_due)


async def order(http: aiohttp.ClientSession, url: str, given: Any) -> tuple[int, dict[str, Any]]:
    async with http.post(f"{url}/clock", json=given) as answer:
        return answer.status, await answer.json()


# The clock


def test_a_clock_that_was_never_set_shows_the_real_time(clock: PreviewClock, system: Clock) -> None:
    system.forward(minutes=7)
    assert clock() == TODAY + dt.timedelta(minutes=7)


def test_the_clock_goes_on_running_from_where_it_was_set(clock: PreviewClock, system: Clock) -> None:
    clock.set_to(REMINDER.astimezone(ZONE))
    assert clock() == REMINDER
    assert clock().tzinfo is dt.UTC
    system.forward(hours=2)
    assert clock() == REMINDER + dt.timedelta(hours=2)
    clock.set_to(TODAY)
    system.forward(seconds=1)
    assert clock() == TODAY + dt.timedelta(hours=0, seconds=1)


@pytest.mark.parametrize("year", [1, 2019, 2100, 9999])
def test_a_year_that_no_plan_reaches_is_refused(clock: PreviewClock, year: int) -> None:
    with pytest.raises(ClockError, match="2020 to 2099"):
        clock.set_to(dt.datetime(year, 1, 2, tzinfo=ZONE))
    assert clock() == TODAY


@pytest.mark.parametrize(
    ("words", "moment"),
    [
        ("2027-09-06T17:00", "2027-09-06T17:00:00+02:00"),
        ("2027-11-18T18:30:15", "2027-11-18T18:30:15+01:00"),
        ("2027-10-31T02:30", "2027-10-31T02:30:00+02:00"),  # comes twice: the first of the two
        ("2027-03-28T03:00", "2027-03-28T03:00:00+02:00"),
    ],
)
def test_wall_time_is_that_of_goeppingen(words: str, moment: str) -> None:
    assert parse_wall_time(words).isoformat() == moment


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("", "no_moment"),
        ("2027-09-06", "no_moment"),
        ("2027-02-30T10:00", "no_moment"),
        ("2027-09-06T25:00", "no_moment"),
        ("2027-09-06T17:00+02:00", "no_moment"),
        ("٢٠٢٧-٠٩-٠٦T١٧:٠٠ morgen", "no_moment"),
        ("20270-09-06T17:00", "no_moment"),
        ("0001-01-01T00:00", "out_of_range"),
        ("9999-12-31T23:59", "out_of_range"),
        ("2027-03-28T02:30", "skipped_hour"),
    ],
)
def test_what_is_no_wall_time_is_refused_with_its_reason(words: str, reason: str) -> None:
    with pytest.raises(ClockError) as refused:
        parse_wall_time(words)
    assert refused.value.reason == reason


# The desk over HTTP


async def test_a_newcomer_goes_to_september_and_the_bot_is_told(
    url: str, http: aiohttp.ClientSession, clock: PreviewClock, plan: Plan, sabine: Player
) -> None:
    async with http.get(f"{url}/clock") as answer:
        assert await answer.json() == {
            "now": "2026-09-01T12:00:00+02:00",
            "timezone": "Europe/Berlin",
            "next": None,
        }
    plan.due = REMINDER
    status, state = await order(http, url, {"to": "2027-08-30T17:00"})
    assert status == 200
    assert state["now"] == "2027-08-30T17:00:00+02:00"
    assert state["next"] == "2027-09-06T17:00:00+02:00"
    assert plan.moves == [REMINDER - dt.timedelta(days=7)]
    assert sabine.sends_text("Ich bin da").date == clock()


async def test_the_clock_is_moved_by_an_hour_by_a_day_and_back(
    url: str, http: aiohttp.ClientSession, clock: PreviewClock, plan: Plan
) -> None:
    for given in ({"forward_seconds": 3600}, {"forward_seconds": 86400}, {"to": "2026-09-01T12:00"}):
        status, _ = await order(http, url, given)
        assert status == 200
    assert [moment - TODAY for moment in plan.moves] == [
        dt.timedelta(hours=1),
        dt.timedelta(days=1, hours=1),
        dt.timedelta(0),
    ]


async def test_the_next_message_is_gone_to_and_never_backwards(
    url: str, http: aiohttp.ClientSession, clock: PreviewClock, plan: Plan
) -> None:
    plan.due = REMINDER
    assert (await order(http, url, {"next": True}))[0] == 200
    assert clock() == REMINDER
    plan.due = REMINDER - dt.timedelta(days=1)  # due already, and not sent yet
    assert (await order(http, url, {"next": True}))[0] == 200
    assert clock() == REMINDER
    assert plan.moves == [REMINDER, REMINDER]


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"next": True}, "nothing_planned"),
        ({"to": "gestern"}, "no_moment"),
        ({"to": "2027-03-28T02:30"}, "skipped_hour"),
        ({"to": 20270906}, "unclear"),
        ({"forward_seconds": 10**30}, "out_of_range"),
        ({"forward_seconds": 10**10}, "out_of_range"),
        ({"forward_seconds": 0}, "unclear"),
        ({"forward_seconds": -3600}, "unclear"),
        ({"forward_seconds": True}, "unclear"),
        ({"forward_seconds": 0.5}, "unclear"),
        ({"forward_seconds": float("nan")}, "unclear"),
        ({"next": False}, "unclear"),
        ({"next": True, "to": "2027-09-06T17:00"}, "unclear"),
        ({}, "unclear"),
        ([], "unclear"),
    ],
)
async def test_a_bad_order_is_one_sentence_and_changes_nothing(
    url: str, http: aiohttp.ClientSession, clock: PreviewClock, plan: Plan, given: Any, reason: str
) -> None:
    status, answer = await order(http, url, given)
    assert (status, answer["reason"]) == (400, reason)
    assert answer["problem"]
    assert "\n" not in answer["problem"]
    assert clock() == TODAY
    assert plan.moves == []


@pytest.mark.parametrize("body", [b"", b"{", b"[" * 100_000, b"\xff"])
async def test_what_is_no_json_is_a_bad_order_too(
    url: str, http: aiohttp.ClientSession, clock: PreviewClock, body: bytes
) -> None:
    headers = {"Content-Type": "application/json"}
    async with http.post(f"{url}/clock", data=body, headers=headers) as answer:
        assert answer.status == 400
        assert (await answer.json())["problem"]
    assert clock() == TODAY


async def test_another_site_cannot_set_the_clock(
    url: str, http: aiohttp.ClientSession, clock: PreviewClock
) -> None:
    async with http.post(f"{url}/clock", data='{"forward_seconds": 3600}') as answer:
        assert answer.status == 415, "a form of another site cannot send application/json"
    assert clock() == TODAY


async def test_every_open_page_hears_of_the_new_time(url: str, http: aiohttp.ClientSession) -> None:
    async with http.ws_connect(f"{url}/ws") as socket:
        snapshot = await socket.receive_json(timeout=5)
        assert snapshot["clock"] == {"now": "2026-09-01T12:00:00+02:00", "timezone": "Europe/Berlin"}
        await order(http, url, {"to": "2027-09-06T17:00"})
        event = await socket.receive_json(timeout=5)
        assert (event["type"], event["clock"]["now"]) == ("clock", "2027-09-06T17:00:00+02:00")


class TestWithoutADesk:
    @pytest.fixture
    def clock_desk(self) -> None:
        return None

    async def test_there_is_no_clock_to_set(self, url: str, http: aiohttp.ClientSession) -> None:
        async with http.get(f"{url}/clock") as answer:
            assert answer.status == 404
        async with http.post(f"{url}/clock", json={"next": True}) as answer:
            assert answer.status == 404
        async with http.ws_connect(f"{url}/ws") as socket:
            assert "clock" not in await socket.receive_json(timeout=5)


# The clock as the bot meets it


async def test_every_answer_of_the_bot_api_is_dated_by_its_own_clock(
    api: LocalBotApi, url: str, http: aiohttp.ClientSession, clock: PreviewClock
) -> None:
    clock.set_to(REMINDER)
    api.faults.reject_429(3, "getMe")
    paths = [f"bot{api.token}/getMe", f"bot{api.token}/getMe", f"bot{api.token}/fly", "bot9:z/getMe"]
    paths.append(f"file/bot{api.token}/voice/none.oga")
    seen = []
    for path in paths:
        async with http.get(f"{url}/{path}") as answer:
            seen.append(answer.status)
            assert answer.headers.getall("Date") == ["Mon, 06 Sep 2027 15:00:00 GMT"]
            assert parsedate_to_datetime(answer.headers["Date"]) == REMINDER
    assert seen == [429, 200, 404, 401, 404]


# The command


@pytest.mark.parametrize("date", ["2027-13-01", "31.02.2027", "morgen", "1999-12-31", "9999-12-31"])
async def test_a_preview_of_no_day_does_not_begin(tmp_path: Path, date: str) -> None:
    async with start_bot("preview", "--port", "0", "--date", date, environment={}, folder=tmp_path) as bot:
        assert await bot.ended() == 1
    assert bot.out == []
    assert len(bot.err) == 1
    assert bot.err[0].startswith(date)


@pytest.mark.parametrize("date", ["2027-08-20", "20.08.2027"])
async def test_a_preview_of_a_day_begins_at_noon(
    tmp_path: Path, http: aiohttp.ClientSession, date: str
) -> None:
    async with start_bot("preview", "--port", "0", "--date", date, environment={}, folder=tmp_path) as bot:
        line = await bot.says("can be tried at")
        url = next(word for word in line.split() if word.startswith("http"))
        async with http.ws_connect(f"{url}/ws") as socket:
            clock = (await socket.receive_json(timeout=5))["clock"]
        assert clock["now"].startswith("2027-08-20T12:0")
        bot.terminate()
        assert await bot.ended() == 0
    assert bot.err == []


async def test_a_wrong_date_is_refused_before_anything_is_opened(tmp_path: Path) -> None:
    settings, folder = parse_settings({}), tmp_path / "data"
    stop = asyncio.Event()
    with pytest.raises(
        StartError, match=r"^gestern is not a day\. Write it like 2027-08-20 or 20\.08\.2027\.$"
    ):
        await run_preview(
            settings, host="127.0.0.1", port=0, data=folder, date="gestern", stop=stop, say=print
        )
    assert not folder.exists()


def test_the_town_hall_has_somebody_in_the_preview() -> None:
    assert (STAFF.first_name, STAFF.note, STAFF.language_code) == ("Ute", "Verwaltung", "de")
