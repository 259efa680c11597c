"""Logs: canaries in every place where something about a person or the token could slip in."""

from __future__ import annotations

import io
import json
import logging
import warnings
from collections.abc import Iterator
from datetime import UTC, datetime
from enum import StrEnum

import pytest
import structlog
from sqlalchemy import create_engine, text
from sqlalchemy.exc import SQLAlchemyError
from telegram.request import BaseRequest

from bot.delivery import safe_description
from bot.logs import LogFormat, correlated, describe_exception, redact, set_up_logs
from tests.support.telegram_world import World

TOKEN = "987654321:AAcanary-token_0123456789abcdefghijk"
CANARIES = ("Zinnober", "5000000001", "canary-token", "zinnober_name", "+49 7161")


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    """Put the logging of the test run back afterwards."""
    root = logging.getLogger()
    handlers, level, raising = root.handlers[:], root.level, logging.raiseExceptions
    names = list(logging.Logger.manager.loggerDict)
    saved = {name: logging.getLogger(name) for name in names}
    states = {name: (found.handlers[:], found.level, found.propagate) for name, found in saved.items()}
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.raiseExceptions = raising
    for name, found in saved.items():
        found.handlers[:], found.propagate = states[name][0], states[name][2]
        found.setLevel(states[name][1])
    logging.captureWarnings(capture=False)
    structlog.reset_defaults()


def start(form: LogFormat = LogFormat.JSON, level: int = logging.DEBUG) -> io.StringIO:
    stream = io.StringIO()
    set_up_logs(lambda: datetime(2026, 9, 1, tzinfo=UTC), form=form, level=level, stream=stream)
    return stream


def lines(stream: io.StringIO) -> list[dict[str, object]]:
    written = stream.getvalue()
    assert not [canary for canary in CANARIES if canary in written]
    return [json.loads(line) for line in written.splitlines()]


class Colour(StrEnum):
    RED = "red"


def test_counters_and_plain_words_pass() -> None:
    stream = start()
    log = structlog.get_logger("mitreden.test")
    with correlated("k3f9a"):
        log.info("turn_done", count=3, seconds=0.25, outcome=Colour.RED, kind="screen", state=None)
    log.warning("quiet")
    assert lines(stream) == [
        {
            "event": "turn_done", "count": 3, "seconds": 0.25, "outcome": "red", "kind": "screen",
            "state": None, "correlation": "k3f9a", "level": "info", "logger": "mitreden.test",
            "timestamp": "2026-09-01T00:00:00.000+00:00",
        },
        {
            "event": "quiet", "level": "warning", "logger": "mitreden.test",
            "timestamp": "2026-09-01T00:00:00.000+00:00",
        },
    ]  # fmt: skip


def test_everything_else_is_dropped() -> None:
    stream = start()
    log = structlog.get_logger("mitreden.test")
    log.info(f"Zinnober wrote {TOKEN}", text="Zinnober", chat_id=5000000001)
    log.info("x", reason=f"«Zinnober» 5000000001 {TOKEN}", count=5000000001, kind={"name": "Zinnober"})
    log.info("y", reason="chat 5000000001", state="5000000001", error=ValueError("Zinnober"))
    first, second, third = lines(stream)
    assert first["event"] == "unnamed_event"
    assert set(first) == {"event", "level", "logger", "timestamp"}
    assert (second["reason"], second["count"], second["kind"]) == ("[withheld]", "[number]", "[withheld]")
    assert (third["reason"], third["state"], third["error"]) == ("chat [number]", "[number]", "[withheld]")


def fail() -> None:
    try:
        raise KeyError(f"Zinnober {TOKEN}")
    except KeyError as error:
        zinnober_name = "+49 7161"
        raise ValueError(zinnober_name) from error


@pytest.mark.parametrize("form", list(LogFormat))
def test_an_exception_shows_where_and_never_what(form: LogFormat) -> None:
    stream = start(form)
    try:
        fail()
    except ValueError:
        structlog.get_logger("mitreden.test").exception("turn_failed")
        logging.getLogger("somebody.else").exception("Zinnober %s", TOKEN)
    written = stream.getvalue()
    assert not [canary for canary in CANARIES if canary in written]
    assert written.count("builtins.ValueError") == 2
    assert written.count("builtins.KeyError") == 2
    assert "test_logs.py" in written
    assert " fail" in written


def test_chains_of_exceptions_end() -> None:
    error = ValueError("Zinnober")
    error.__cause__ = error
    assert describe_exception(error) == ["builtins.ValueError"]


def test_records_of_libraries_say_only_where_they_come_from() -> None:
    stream = start()
    logging.getLogger("apscheduler.executors").warning("job Zinnober %s", TOKEN)
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn("Zinnober", UserWarning, stacklevel=1)
    assert [(line["event"], line["logger"]) for line in lines(stream)] == [
        ("library_log", "apscheduler.executors"),
        ("library_log", "py.warnings"),
    ]


@pytest.mark.parametrize(
    "name",
    ["httpx", "telegram.ext", "telegram", "aiohttp.client", "sqlalchemy.engine", "sqlalchemy.engine.Engine"],
)
def test_talkative_libraries_are_silent_even_at_debug(name: str) -> None:
    logging.getLogger("telegram.ext").setLevel(logging.DEBUG)
    stream = start()
    logging.getLogger(name).critical("GET /bot%s Zinnober", TOKEN)
    logging.getLogger(f"{name}.newer").critical("Zinnober")
    assert stream.getvalue() == ""


def test_errors_of_the_database_hold_no_values() -> None:
    stream = start()
    engine = create_engine("sqlite://", echo=True, hide_parameters=True)
    with engine.connect() as connection, pytest.raises(SQLAlchemyError) as caught:
        connection.execute(text("SELECT missing FROM nowhere WHERE x = :x"), {"x": "Zinnober"})
    structlog.get_logger("mitreden.test").error("store_failed", exc_info=caught.value)
    engine.dispose()
    assert [line["event"] for line in lines(stream)] == ["store_failed"]


async def test_a_bot_at_work_at_debug_shows_neither_token_nor_text(world: World) -> None:
    stream = start()
    sabine = world.person()
    await world.bot.send_message(sabine.id, "Zinnober")
    try:
        BaseRequest.parse_json_payload(b"Zinnober <html>")
    except Exception as error:
        structlog.get_logger("mitreden.test").error("send_failed", reason=safe_description(error))
    written = stream.getvalue()
    assert "Zinnober" not in written
    assert world.bot.token not in written
    assert str(sabine.id) not in written
    assert written.count("\n") == 1


def test_a_token_in_a_finished_line_is_taken_out() -> None:
    assert redact(f"a {TOKEN} b") == "a [token] b"
    stream = start()
    record = logging.LogRecord("x", logging.ERROR, f"/{TOKEN}/", 1, "m", None, None)
    formatter = logging.getLogger().handlers[0].formatter
    assert formatter is not None
    assert TOKEN not in formatter.format(record)
    assert stream.getvalue() == ""


def test_a_line_that_cannot_be_made_prints_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    start()
    logging.getLogger("somebody").warning("Zinnober %d", TOKEN)
    captured = capsys.readouterr()
    assert "Zinnober" not in captured.out + captured.err
