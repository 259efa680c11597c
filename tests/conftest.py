"""Fixtures for every test: towns with the real bot in them, on SQLite and on PostgreSQL."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import structlog
from hypothesis import HealthCheck, settings

from tests.support.chat import Town, open_town
from tests.support.databases import NewUrl, kind, new_url, postgresql_server, sqlite_template

__all__ = ["kind", "new_url", "postgresql_server", "sqlite_template"]

# A busy machine is no mistake of what is tested: nothing here may depend on time.
settings.register_profile("steady", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("steady")


@pytest.fixture(autouse=True)
def plain_logs() -> Iterator[None]:
    """Write logs as plain lines: structlog's own tracebacks show every value, which takes seconds each."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.format_exc_info,
            structlog.processors.KeyValueRenderer(key_order=["level", "event"]),
        ]
    )
    yield
    structlog.reset_defaults()


@pytest.fixture
async def town(new_url: NewUrl, tmp_path: Path) -> AsyncIterator[Town]:
    """The bot at work, once on SQLite and once on PostgreSQL."""
    async with open_town(tmp_path, new_url()) as opened:
        yield opened


@pytest.fixture
async def sqlite_town(sqlite_template: Path, tmp_path: Path) -> AsyncIterator[Town]:
    """The bot at work, on SQLite only, for what has nothing to do with the database."""
    (tmp_path / "data").mkdir(mode=0o700)
    file = tmp_path / "data" / "mitreden.sqlite"
    shutil.copy(sqlite_template, file)
    async with open_town(tmp_path, f"sqlite:///{file}", durable=False) as opened:
        yield opened
