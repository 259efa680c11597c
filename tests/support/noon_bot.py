"""The real bot as a process of its own, at a time of day at which it sends: for tests that run at night.

python -m tests.support.noon_bot SECONDS      (how far its clock is ahead of the machine's)
"""

from __future__ import annotations

import asyncio
import datetime as dt
import sys

from bot.app import run_bot, system_clock
from bot.cli import stop_on_signal
from bot.settings import load_settings


async def main(ahead: dt.timedelta) -> None:
    """Run until it is told to stop, as `mitreden run` does."""
    await run_bot(load_settings(), clock=lambda: system_clock() + ahead, stop=stop_on_signal())


if __name__ == "__main__":
    asyncio.run(main(dt.timedelta(seconds=float(sys.argv[1]))))
