"""`mitreden preview`: the local Bot API, the real bot talking to it over HTTP, and the chat page.

One process, one port. Data and keys lie in a temporary folder that goes at the end, unless a
folder is named. Must not know what the page looks like, nor what the bot says.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import errno
import random
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from pydantic import SecretStr

from bot.app import App, run_bot, system_clock
from bot.preview.clock import ZONE, ClockDesk, ClockError, PreviewClock, check_moment
from bot.preview.people import STAFF_MEMBERS, default_people
from bot.preview.server import LocalBotApi
from bot.settings import Settings, StartError
from conversations.moments import MomentError, parse_day

#: Not a secret: it opens nothing but the server of this process.
PREVIEW_TOKEN = "100200300:preview-of-mitreden"  # noqa: S105  a fixed name, not a password
PREVIEW_USERNAME = "mitreden_preview_bot"
#: When a preview begins that is given a day.
START_OF_DAY = dt.time(12, 0)


async def run_preview(
    settings: Settings,
    *,
    host: str,
    port: int,
    data: Path | None,
    date: str | None = None,
    stop: asyncio.Event,
    say: Callable[[str], None],
) -> None:
    """Serve the preview until `stop`, from noon of a day on if one is given.

    Raises: StartError where the date is none or the port is taken.
    """
    clock = PreviewClock(system_clock)
    if date is not None:
        clock.set_to(_parse_start(date))
    desk = ClockDesk(clock)
    api = LocalBotApi(
        token=PREVIEW_TOKEN,
        clock=clock,
        rng=random.SystemRandom(),
        bot_username=PREVIEW_USERNAME,
        people=default_people(),
        clock_desk=desk,
    )
    url = await _listen(api, host, port)
    try:
        with _data_folder(data) as folder:
            inside = settings.model_copy(
                update={
                    "telegram_token": SecretStr(PREVIEW_TOKEN),
                    "telegram_api_url": url,
                    "data_dir": folder / "data",
                    "key_file": folder / "mitreden.key",
                    "database_url": None,
                    "staff_ids": frozenset(member.id for member in STAFF_MEMBERS),
                }
            )

            def greet(app: App) -> None:
                desk.moved, desk.next_due = app.tick, app.next_message_at
                say(f"Mitreden can be tried at {url} (Ctrl+C ends it).")

            await run_bot(inside, clock=clock, stop=stop, started=greet)
    finally:
        await api.stop()


def _parse_start(date: str) -> dt.datetime:
    try:
        return check_moment(dt.datetime.combine(parse_day(date), START_OF_DAY, ZONE))
    except MomentError:
        raise StartError(f"{date} is not a day. Write it like 2027-08-20 or 20.08.2027.") from None
    except ClockError as error:
        raise StartError(f"{date} is too far away. {error}") from None


async def _listen(api: LocalBotApi, host: str, port: int) -> str:
    try:
        return await api.start(host, port)
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise StartError(f"The address {host} cannot be listened on.") from None
        raise StartError(
            f"Port {port} is taken by another program. Choose another one: mitreden preview --port {port + 1}"
        ) from None


@contextlib.contextmanager
def _data_folder(named: Path | None) -> Iterator[Path]:
    if named is not None:
        named.mkdir(mode=0o700, parents=True, exist_ok=True)
        yield named
        return
    with tempfile.TemporaryDirectory(prefix="mitreden-preview-") as folder:
        yield Path(folder)
