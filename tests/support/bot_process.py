"""The bot as a process of its own: `python -m bot …`, to be killed, stopped and read."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
#: A guard against hanging, not a measure.
PATIENCE_SECONDS = 60.0


@dataclass
class BotProcess:
    """A running command. What it says is collected line by line."""

    process: asyncio.subprocess.Process
    out: list[str] = field(default_factory=list)
    err: list[str] = field(default_factory=list)
    _readers: list[asyncio.Task[None]] = field(default_factory=list)
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)

    @property
    def pid(self) -> int:
        """The id of the process."""
        return self.process.pid

    async def says(self, words: str) -> str:
        """Wait for a line on standard output that holds these words and return it."""
        async with asyncio.timeout(PATIENCE_SECONDS), self._news:
            while True:
                for line in self.out:
                    if words in line:
                        return line
                if all(reader.done() for reader in self._readers):
                    raise AssertionError(f"ended with {self.process.returncode}: {self.out} {self.err}")
                await self._news.wait()

    async def ready(self) -> None:
        """Wait until the bot says that it is ready."""
        await self.says("is ready")

    def kill(self) -> None:
        """End it at once, as a power cut would."""
        with suppress(ProcessLookupError):
            self.process.kill()

    def terminate(self) -> None:
        """Ask it to end."""
        self.process.send_signal(signal.SIGTERM)

    async def ended(self) -> int:
        """Wait for its end and return the exit code."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            code = await self.process.wait()
            await asyncio.gather(*self._readers)
        return code

    async def _read(self, stream: asyncio.StreamReader, lines: list[str]) -> None:
        while raw := await stream.readline():
            lines.append(raw.decode(errors="replace").rstrip("\n"))
            await self._tell()
        await self._tell()

    async def _tell(self) -> None:
        async with self._news:
            self._news.notify_all()


@asynccontextmanager
async def start_bot(
    *arguments: str, environment: Mapping[str, str], folder: Path, code: str | None = None
) -> AsyncIterator[BotProcess]:
    """Start `mitreden ARGUMENTS` in a folder, with these settings only; killed at the end if need be.

    With `code`, run that Python program instead, in the same surroundings.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *(("-c", code) if code is not None else ("-m", "bot")),
        *arguments,
        cwd=folder,
        env=clean_environment(environment),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        limit=2**22,
    )
    running = BotProcess(process)
    assert process.stdout is not None
    assert process.stderr is not None
    running._readers += [
        asyncio.create_task(running._read(process.stdout, running.out)),
        asyncio.create_task(running._read(process.stderr, running.err)),
    ]
    try:
        yield running
    finally:
        if process.returncode is None:
            running.kill()
        await running.ended()


def clean_environment(settings: Mapping[str, str]) -> dict[str, str]:
    """Make the environment of a command: this one without our settings, with the given ones."""
    ours = dict(os.environ)
    inherited = {name: value for name, value in ours.items() if not name.startswith("MITREDEN_")}
    inherited |= {"PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "error", "COLUMNS": "100", "NO_COLOR": "1"}
    return inherited | dict(settings)
