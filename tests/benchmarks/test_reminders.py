"""What finding and claiming costs when many people have subscribed, printed. Nothing timed is asserted.

`pytest tests/benchmarks/test_reminders.py -s` fills databases with 10,000, 100,000 and 1,000,000
subscribers, on SQLite and on PostgreSQL, which takes minutes; in a run of all tests, or of all benchmarks,
there are 1,000 and 10,000. All sizes are open side by side and measured in turn, so that a busy machine
slows them alike.

The bound of the issue: the cost of a batch of 100 grows less than 1.3 times. `OVER` stands where it does.
SQLite is measured as Mitreden leaves it, which is without statistics of its own; PostgreSQL after the
`VACUUM ANALYZE` that its autovacuum does.
"""

from __future__ import annotations

import datetime as dt
import os
import random
import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection, insert, text

from conversations.reminders import Due, ReminderKind
from storage import contexts, outbox, sending, tables
from storage.database import Database
from storage.keyring import KeyRing
from storage.outbox import OutboxMessage
from storage.reminders import add_reminders, next_reminder_due_at, put_out_page
from storage.vocabulary import Lane, OutboxKind
from tests.support.databases import NOW, TODAY, NewUrl, make_keys, opened

pytestmark = pytest.mark.benchmark

BERLIN = ZoneInfo("Europe/Berlin")
BATCH = 100
BOUND = 1.3
LEASE = dt.timedelta(seconds=60)
FIRST_ID = 7_000_000_000
#: The meetings whose audience is read, and how many of its people are in between and are passed over.
TOPICS = {
    ReminderKind.DAY_BEFORE: "forum_arbeit",  # one in ten cannot come
    ReminderKind.HOURS_BEFORE: "forum_bildung",  # everybody comes
    ReminderKind.REPORT_TO_OTHERS: "forum_sprache",  # every second one hears of it through the forum
}
#: A reminder begins anew in the middle of its audience after so many pages.
PAGES, LITTLE_PAGES = 24, 2
ROUNDS, LITTLE_ROUNDS = 5, 1
CLAIMS, LITTLE_CLAIMS = 60, 3
PEEKS, LITTLE_PEEKS = 25, 2


@pytest.fixture
def full(request: pytest.FixtureRequest) -> bool:
    """Whether this file was asked for by name."""
    return any("test_reminders" in argument for argument in request.config.args)


@pytest.fixture
def sizes(full: bool) -> tuple[int, ...]:
    return (10_000, 100_000, 1_000_000) if full else (1_000, 10_000)


@dataclass
class Measured:
    """Milliseconds of one kind of work, by the number of subscribers."""

    what: str
    milliseconds: dict[int, list[float]] = field(default_factory=dict)

    @contextmanager
    def timing(self, size: int) -> Iterator[None]:
        """Measure a block."""
        began = time.perf_counter()
        yield
        self.milliseconds.setdefault(size, []).append(1000 * (time.perf_counter() - began))

    def __str__(self) -> str:
        medians = {size: statistics.median(each) for size, each in self.milliseconds.items()}
        sizes = list(medians)
        steps = list(pairwise(sizes))
        if len(sizes) > 2:
            steps.append((sizes[0], sizes[-1]))
        ratios = [f"{_short(b)}/{_short(a)} {medians[b] / medians[a]:.2f}" for a, b in steps]
        over = any(medians[b] / medians[a] >= BOUND for a, b in steps)
        costs = ", ".join(f"{_short(size)} {cost:.3f} ms" for size, cost in medians.items())
        return f"{self.what}: {costs}; {', '.join(ratios)}{'  OVER' if over else ''}"


def _short(size: int) -> str:
    return f"{size // 1_000_000}M" if size >= 1_000_000 else f"{size // 1_000}k"


# Filling


def _contact_rows(keys: KeyRing, size: int, is_read: Callable[[int], bool]) -> Iterator[dict[str, Any]]:
    """Write contacts in the order of their ids. Only chats that will be read are sealed for themselves."""
    rng = random.Random(size)
    shared = keys.seal_contact(b"7000000000", contexts.contact_chat("shared"))
    for number, contact_id in enumerate(sorted(f"{rng.getrandbits(64):016x}" for _ in range(size))):
        chat_id = FIRST_ID + number
        sealed = shared
        if is_read(number):
            sealed = keys.seal_contact(str(chat_id).encode(), contexts.contact_chat(contact_id))
        yield {
            "id": contact_id,
            "person_mac": keys.person_mac(chat_id) if is_read(number) else os.urandom(32),
            "chat_sealed": sealed,
            "language": "de",
            "has_consented": False,
            "message_consent_version": "1",
            "message_consent_language": "de",
            "message_consent_day": TODAY,
            "screen_message_id": number,
            "seen_day": TODAY,
            "has_stopped": False,
            "follow_consent_version": None,
            "follow_consent_language": None,
            "follow_consent_day": None,
            "told_station": 0,
            "told_day": None,
        }


def _load(connection: Connection, rows: Iterator[dict[str, Any]]) -> None:
    """Write contacts as quickly as the database can take them."""
    names = list(tables.contact.c.keys())
    if connection.dialect.name == "postgresql":
        raw = connection.connection.cursor()
        with raw.copy(f"COPY contact ({', '.join(names)}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row([row[name] for name in names])
        return
    statement = str(insert(tables.contact).compile(dialect=connection.dialect))
    raw = connection.connection.cursor()
    raw.executemany(
        statement,
        (
            tuple(
                value.isoformat() if isinstance(value, dt.date) else value
                for value in (row[name] for name in names)
            )
            for row in rows
        ),
    )
    raw.close()


def _fill_people(database: Database, keys: KeyRing, size: int, is_read: Callable[[int], bool]) -> list[str]:
    """Give every contact its subscriptions and replies, and return the ids in their order."""
    ids: list[str] = []

    def rows() -> Iterator[dict[str, Any]]:
        for row in _contact_rows(keys, size, is_read):
            ids.append(row["id"])
            yield row

    with database.transaction() as connection:
        _load(connection, rows())
        for statement in (
            "INSERT INTO subscription (contact_id, topic) SELECT id, 'forum_arbeit' FROM contact ORDER BY id",
            "INSERT INTO subscription (contact_id, topic)"
            " SELECT id, 'forum_bildung' FROM contact ORDER BY id",
            "INSERT INTO subscription (contact_id, topic) SELECT id, 'results' FROM contact ORDER BY id",
            "INSERT INTO subscription (contact_id, topic)"
            " SELECT id, 'forum_sprache' FROM contact WHERE screen_message_id % 2 = 0 ORDER BY id",
            "INSERT INTO attendance (contact_id, topic, reply, wants_interpreter)"
            " SELECT id, 'forum_arbeit',"
            " CASE WHEN screen_message_id % 10 = 0 THEN 'not_coming' ELSE 'coming' END, FALSE"
            " FROM contact WHERE screen_message_id % 3 <> 1 ORDER BY id",
            "INSERT INTO attendance (contact_id, topic, reply, wants_interpreter)"
            " SELECT id, 'forum_bildung', 'coming', FALSE FROM contact ORDER BY id",
        ):
            connection.execute(text(statement))
    return ids


def _fill_outbox(
    database: Database, keys: KeyRing, ids: list[str], reminder_id: int, first: int, opened_count: int
) -> None:
    """Put a reminder out for everybody in `ids`, the first ones with what `put_new` writes.

    The rest is what `put_new` writes too, but for one sealed value that all share, as nobody opens it.
    """
    purpose = "forum_arbeit:r1:day-before:"
    messages = [
        OutboxMessage(
            f"{purpose}{contact_id}", first + number, contact_id, OutboxKind.MESSAGE, {}, Lane.BULK,
            reminder_id=reminder_id,
        )
        for number, contact_id in enumerate(ids[:opened_count])
    ]  # fmt: skip
    with database.transaction() as connection:
        outbox.put_new(connection, keys, messages, NOW)
        if len(ids) > opened_count:
            connection.execute(
                text(
                    "INSERT INTO outbox (purpose, chat_mac, chat_sealed, contact_id, kind, lane, body_sealed,"
                    " revision, attempts, was_interrupted, not_before, created_at, reminder_id)"
                    " SELECT :purpose || contact.id, contact.person_mac, one.chat_sealed, contact.id,"
                    " one.kind,"
                    " one.lane, one.body_sealed, one.revision, one.attempts, one.was_interrupted,"
                    " one.not_before, one.created_at, one.reminder_id"
                    " FROM contact CROSS JOIN (SELECT * FROM outbox ORDER BY id LIMIT 1) AS one"
                    " WHERE contact.id > :behind AND contact.id <= :last ORDER BY contact.id"
                ),
                {"purpose": purpose, "behind": ids[opened_count - 1], "last": ids[-1]},
            )
        kept = connection.execute(text("SELECT count(*) FROM outbox")).scalar_one()
    assert kept == len(ids)


def _tend(database: Database) -> None:
    """Do what autovacuum does on PostgreSQL; empty SQLite's log, as the bot does after deletions."""
    if database.dialect == "sqlite":
        assert database.truncate_wal()
        return
    engine = database._writer.execution_options(isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("VACUUM ANALYZE"))


@contextmanager
def _filled(
    new_url: NewUrl, sizes: tuple[int, ...], fill: Callable[[Database, int], None]
) -> Iterator[dict[int, Database]]:
    """Open a database for each size and fill it."""
    with ExitStack() as stack:
        databases = {}
        for size in sizes:
            databases[size] = database = stack.enter_context(opened(new_url()))
            began = time.perf_counter()
            fill(database, size)
            _tend(database)
            print(f"({_short(size)} filled in {time.perf_counter() - began:.0f} s)", end=" ", flush=True)
        print()
        yield databases


# Measuring


def _begin_in_the_middle(connection: Connection, kind: ReminderKind, revision: int, middle: str) -> None:
    """Plan a reminder that has been put out for one half of its audience."""
    due = Due(kind, NOW, NOW + dt.timedelta(hours=4))
    add_reminders(connection, TOPICS[kind], revision, [due])
    connection.execute(
        text("UPDATE reminder SET cursor = :middle WHERE topic = :topic AND revision = :revision"),
        {"middle": middle, "topic": TOPICS[kind], "revision": revision},
    )


def test_putting_out_a_page(new_url: NewUrl, kind: str, sizes: tuple[int, ...], full: bool) -> None:
    keys, middles = make_keys(), dict[int, str]()
    pages, rounds = (PAGES, ROUNDS) if full else (LITTLE_PAGES, LITTLE_ROUNDS)

    def fill(database: Database, size: int) -> None:
        ids = _fill_people(
            database, keys, size, lambda number: size // 2 <= number < size // 2 + 2 * BATCH * (pages + 1)
        )
        middles[size] = ids[size // 2 - 1]
        # What was put out before the middle lies in the outbox: sending takes hours.
        _fill_outbox(database, keys, ids[: size // 2], 1_000, FIRST_ID, 1)

    print(f"\n{kind}: ", end="")
    with _filled(new_url, sizes, fill) as databases:
        for reminder_kind in TOPICS:
            took = Measured(f"{kind}, {reminder_kind.value}, look and put out a page of {BATCH}")
            for revision in range(1, rounds + 1):
                for size, database in databases.items():
                    with database.transaction() as connection:
                        _begin_in_the_middle(connection, reminder_kind, revision, middles[size])
                for _ in range(pages):
                    for size, database in databases.items():
                        with took.timing(size), database.transaction() as connection:
                            due = next_reminder_due_at(connection)
                            page = put_out_page(connection, keys, NOW, BERLIN, limit=BATCH)
                        assert due == NOW
                        assert page is not None
                        assert page.count == BATCH
                        assert page.reminder.kind is reminder_kind
                for database in databases.values():
                    with database.transaction() as connection:
                        connection.execute(text("UPDATE reminder SET state = 'done'"))
            print(took)
        for database in databases.values():
            _check_put_out(database, pages * rounds)


def _check_put_out(database: Database, pages: int) -> None:
    """Everybody of these pages lies in the outbox, each once: nobody was passed over for a broken seal."""
    with database.reading() as connection:
        found = connection.execute(text("SELECT count(*) FROM outbox WHERE reminder_id < 1000")).scalar_one()
    assert found == len(TOPICS) * pages * BATCH


def test_claiming_a_batch(new_url: NewUrl, kind: str, sizes: tuple[int, ...], full: bool) -> None:
    keys = make_keys()
    claims, peeks = (CLAIMS, PEEKS) if full else (LITTLE_CLAIMS, LITTLE_PEEKS)

    def fill(database: Database, size: int) -> None:
        ids = _fill_people(database, keys, size, lambda _: False)
        _fill_outbox(database, keys, ids, 1_000, FIRST_ID, min(size, (claims + 1) * BATCH))

    print(f"\n{kind}: ", end="")
    with _filled(new_url, sizes, fill) as databases:
        took = Measured(f"{kind}, claim a batch of {BATCH}")
        settled = Measured(f"{kind}, finish one")
        for _ in range(claims):
            for size, database in databases.items():
                with took.timing(size), database.transaction() as connection:
                    claimed = _claim(connection, keys)
                assert len(claimed) == BATCH
                assert claimed[0].reminder_id == 1_000
                for one in claimed:
                    with settled.timing(size), database.transaction() as connection:
                        assert sending.finish(connection, one)
        print(took)
        print(settled)
        _print_looks(kind, databases, keys, peeks)


def _claim(connection: Connection, keys: KeyRing) -> tuple[sending.ClaimedMessage, ...]:
    return sending.claim_due(connection, keys, lane=Lane.BULK, now=NOW, lease=LEASE, limit=BATCH)


def _print_looks(kind: str, databases: Mapping[int, Database], keys: KeyRing, peeks: int) -> None:
    """Print what the rest of a look costs: taking back old leases, and when something is due.

    Delivery asks for the latter whenever it could claim nothing, so also while a mailing waits for the next
    second: many times in each second of a mailing.
    """
    back = Measured(f"{kind}, take back expired leases (none)")
    for lane in Lane:
        looked = Measured(f"{kind}, when is something due, {lane.value}")
        for _ in range(peeks):
            for size, database in databases.items():
                with looked.timing(size), database.transaction() as connection:
                    due = sending.next_due_at(connection, lane, NOW)
                assert (due == NOW) is (lane is Lane.BULK)
                with back.timing(size), database.transaction() as connection:
                    assert sending.release_expired_leases(connection, NOW) == 0
        print(looked)
    print(back)
