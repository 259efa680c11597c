"""`mitreden preview`: the local Bot API, the real bot talking to it over HTTP, and the chat page.

One process, one port. Data and keys lie in a temporary folder that goes at the end, unless a
folder is named. Must not know what the page looks like, nor what the bot says.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import random
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from pydantic import SecretStr

from bot.app import App, run_bot, system_clock
from bot.preview.people import default_people
from bot.preview.server import LocalBotApi
from bot.settings import Settings, StartError

#: Not a secret: it opens nothing but the server of this process.
PREVIEW_TOKEN = "100200300:preview-of-mitreden"  # noqa: S105  a fixed name, not a password
PREVIEW_USERNAME = "mitreden_preview_bot"


async def run_preview(
    settings: Settings,
    *,
    host: str,
    port: int,
    data: Path | None,
    stop: asyncio.Event,
    say: Callable[[str], None],
) -> None:
    """Serve the preview until `stop`. Raises: StartError where the port is taken."""
    api = LocalBotApi(
        token=PREVIEW_TOKEN,
        clock=system_clock,
        rng=random.SystemRandom(),
        bot_username=PREVIEW_USERNAME,
        people=default_people(),
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
                }
            )

            def greet(_: App) -> None:
                say(f"Mitreden can be tried at {url} (Ctrl+C ends it).")

            await run_bot(inside, stop=stop, started=greet)
    finally:
        await api.stop()


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
