"""Logs: counters and correlation ids, and nothing about anybody.

Three walls stand one behind the other. Only keys on a list pass, with short plain values; an
event is a word and not a sentence. Of an exception its class and the places in the code pass,
never its message. Of other libraries' records only their origin passes. The finished line is
searched for bot tokens once more. So a careless log call loses detail, not somebody's privacy.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from enum import StrEnum
from types import TracebackType
from typing import TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

#: The only keys a line can have, beside those this module makes itself.
ALLOWED_KEYS = frozenset(
    {
        "event",
        "level",
        "logger",
        "timestamp",
        "correlation",
        "exception",
        "count",
        "error",
        "kind",
        "language",
        "lane",
        "milliseconds",
        "outcome",
        "port",
        "reason",
        "revision",
        "seconds",
        "size_bytes",
        "state",
        "version",
    }
)
#: Loggers that put addresses, parameters or whole updates into their messages.
SILENCED = ("httpx", "httpcore", "telegram", "aiohttp", "sqlalchemy", "alembic", "urllib3")
MAX_VALUE_CHARS = 120

_EVENT = re.compile(r"[a-z][a-z0-9_]{0,63}")
_TOKEN = re.compile(r"\d+:[\w-]{30,}")
#: Words, punctuation of descriptions and versions; no line breaks, quotes or long numbers.
_PLAIN = re.compile(r"[A-Za-z0-9 _.,:;'()+#/-]*")
_LONG_NUMBER = re.compile(r"\d{6,}")
_LARGEST_COUNT = 10**9


class LogFormat(StrEnum):
    """How lines look: for machines, or for somebody at a terminal."""

    JSON = "json"
    CONSOLE = "console"


def set_up_logs(
    clock: Callable[[], datetime],
    *,
    form: LogFormat = LogFormat.JSON,
    level: int = logging.INFO,
    stream: TextIO | None = None,
) -> None:
    """Send every log line of the process through the walls, to standard error unless told."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        _strip_exception,
        keep_allowed,
        _stamp(clock),
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    renderer: Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=True)
        if form is LogFormat.JSON
        else structlog.dev.ConsoleRenderer(colors=False)
    )
    formatter = _RedactingFormatter(
        foreign_pre_chain=[_reduce_foreign, *shared],
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
    )
    handler = logging.StreamHandler(stream if stream is not None else sys.stderr)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    logging.captureWarnings(capture=True)
    logging.raiseExceptions = False  # a failed handler would print the whole record
    for name in SILENCED:
        _silence(name)


@contextmanager
def correlated(identifier: str) -> Iterator[None]:
    """Put a random id on every line logged inside, so that the lines of one turn can be found."""
    with structlog.contextvars.bound_contextvars(correlation=identifier):
        yield


def redact(text: str) -> str:
    """Take bot tokens out of a text.

    >>> redact("GET /bot12345:" + "x" * 35 + "/getMe")
    'GET /bot[token]/getMe'
    """
    return _TOKEN.sub("[token]", text)


def keep_allowed(_logger: WrappedLogger, _method: str, line: EventDict) -> EventDict:
    """Drop every key that is not on the list, and every value that is not short and plain."""
    event = line.get("event")
    kept = {
        name: _plain(value)
        for name, value in line.items()
        if name in ALLOWED_KEYS and name not in ("event", "exception")
    }
    kept["event"] = event if isinstance(event, str) and _EVENT.fullmatch(event) else "unnamed_event"
    if "exception" in line:
        kept["exception"] = line["exception"]
    # What ProcessorFormatter needs of a record that came from elsewhere; it takes them off again.
    kept.update({name: value for name, value in line.items() if name in ("_record", "_from_structlog")})
    return kept


def describe_exception(error: BaseException) -> list[str]:
    """List classes and places of an exception and its causes, the newest first; never a message."""
    described: list[str] = []
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen and len(seen) < 8:
        seen.add(id(current))
        described.append(f"{type(current).__module__}.{type(current).__qualname__}")
        described.extend(_places(current.__traceback__))
        following = None if current.__suppress_context__ else current.__context__
        current = current.__cause__ or following
    return described


def _places(traceback: TracebackType | None) -> list[str]:
    places = []
    while traceback is not None:
        code = traceback.tb_frame.f_code
        places.append(f"  {code.co_filename}:{traceback.tb_lineno} {code.co_name}")
        traceback = traceback.tb_next
    return places[-20:]


def _strip_exception(_logger: WrappedLogger, _method: str, line: EventDict) -> EventDict:
    given = line.pop("exc_info", None)
    line.pop("exception", None)
    if given is True:
        given = sys.exc_info()
    if isinstance(given, tuple):
        given = given[1]
    if isinstance(given, BaseException):
        line["exception"] = "\n".join(describe_exception(given))
    return line


def _reduce_foreign(_logger: WrappedLogger, _method: str, line: EventDict) -> EventDict:
    """Keep only where a record of another library came from: its message may hold anything."""
    record = line.get("_record")
    if isinstance(record, logging.LogRecord) and record.exc_info:
        line["exc_info"] = record.exc_info
    line["event"] = "library_log"
    return line


def _stamp(clock: Callable[[], datetime]) -> Processor:
    def stamp(_logger: WrappedLogger, _method: str, line: EventDict) -> EventDict:
        line["timestamp"] = clock().isoformat(timespec="milliseconds")
        return line

    return stamp


def _plain(value: object) -> object:
    if value is None or isinstance(value, (bool, float)):
        return value
    if isinstance(value, int):
        return value if abs(value) <= _LARGEST_COUNT else "[number]"
    text = value.value if isinstance(value, StrEnum) else value
    if not isinstance(text, str) or len(text) > MAX_VALUE_CHARS or not _PLAIN.fullmatch(text):
        return "[withheld]"
    return _LONG_NUMBER.sub("[number]", text)


def _silence(name: str) -> None:
    """Close a library's logger and every logger below it, also where one sets its own level."""
    manager = logging.Logger.manager
    for other in [name, *(found for found in manager.loggerDict if found.startswith(f"{name}."))]:
        logger = logging.getLogger(other)
        logger.handlers[:] = [logging.NullHandler()]
        logger.propagate = False
        logger.setLevel(logging.CRITICAL + 1)


class _RedactingFormatter(structlog.stdlib.ProcessorFormatter):
    """Writes a line and searches it for tokens, whatever came before."""

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))
