"""A town in which reminders arrive on phones: the bot's clock and Telegram's, and what people were told.

    async with open_reminded(folder, url) as town:
        sabine = await town.reader("Sabine", "de")
        await town.at(on("2027-09-09", "10:00"))
        assert town.heard(sabine) == [("rem.d7", "de")]

The programme is that of `tests.support.meetings`. The bot's clock can be set wrong while Telegram's goes on.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from conversations.reminders import is_quiet
from storage import sending
from storage.inbox import next_update_due_at
from storage.programme import Effect, change_event, load_programme
from storage.vocabulary import Lane
from tests.support.chat import Chat, Town, open_town, plain, shipped_content
from tests.support.meetings import BERLIN, planned
from tests.support.subscribers import ARBEIT
from tests.support.world import Clock

#: Every text that is sent about a meeting; each begins with a line of its own.
PUSHES = (
    "rem.date_set", "rem.d7", "rem.d1", "rem.h2", "rem.changed", "rem.cancelled", "rem.after",
    "ann.council_date", "ann.council_date_changed",
)  # fmt: skip


@dataclass
class RemindedTown:
    """The bot at work, and people who subscribed."""

    town: Town
    telegram: Clock

    # Time

    @property
    def now(self) -> dt.datetime:
        """What the bot takes for the time, on the wall in Göppingen."""
        return self.town.clock().astimezone(BERLIN)

    def set_clocks(self, moment: dt.datetime) -> None:
        """Let it be a moment, for the bot and for Telegram."""
        self.town.clock.now = self.telegram.now = moment.astimezone(dt.UTC)

    async def at(self, moment: dt.datetime) -> None:
        """Let it be a moment for everybody, and the bot do what is due."""
        self.set_clocks(moment)
        await self.tick()

    async def tick(self) -> None:
        """Let the bot do what it takes for due."""
        await self.town.app.tick()
        await self.rest()

    async def rest(self) -> None:
        """Wait until everything is done that can be now; at night mailings stay where they are."""
        if not is_quiet(self.now):
            await self.town.rest()
            return
        updates, app = self.town.world.api.world.updates, self.town.app
        while True:
            while updates.pending_count:
                await asyncio.sleep(0)
                await updates.wait_for_poll()
            for part in (app.worker, app.delivery):
                part.wake()
                await part.idle()
            if not updates.pending_count and not await asyncio.to_thread(self._is_answer_due):
                return

    def _is_answer_due(self) -> bool:
        now = self.town.clock()
        with self.town.database.reading() as connection:
            dues = [next_update_due_at(connection), sending.next_due_at(connection, Lane.REPLY, now)]
        return any(due is not None and due <= now for due in dues)

    async def stop(self) -> None:
        """End the bot cleanly."""
        await self.town.stop()

    async def start(self) -> None:
        """Start the bot again, and let it do all that it does at a start."""
        await self.town.start()
        await self.come_up()

    async def come_up(self) -> None:
        """Wait until no answer of Telegram's is on its way: it would name the time of before."""
        await self.rest()
        for task in asyncio.all_tasks():
            if task.get_name() == "Profile":
                await asyncio.wait({task})
        await self.tick()

    # People

    async def reader(
        self, name: str, language: str, topic: str = ARBEIT, *, comes: bool = False, code: str | None = None
    ) -> Chat:
        """Let somebody come, choose a language and ask to be reminded, or say that they come."""
        known = await self.town.chat(name, code)
        chat = Chat(known.player, self.town.clock, self.rest)
        await chat.enters(language)
        await chat.says("/events")
        await chat.chooses(f"event:{topic}")
        deed = "come" if comes else "remind"
        await chat.chooses(f"{deed}:{topic}")
        await chat.chooses(f"msgyes:{deed}.{topic}")
        return chat

    def heard(self, chat: Chat) -> list[tuple[str, str]]:
        """List what somebody was told about meetings, with the language it was told in."""
        catalogues = self.town.loaded.catalogues
        beginnings = {
            catalogues.get(language.code).find(key).partition("\n")[0]: (key, language.code)
            for key in PUSHES
            for language in catalogues.offered
        }
        found = (
            beginnings.get(plain(message.text).partition("\n")[0])
            for message in chat.messages
            if not message.content_edited
        )
        return [told for told in found if told is not None]

    # Staff and tables

    async def change(self, topic: str = ARBEIT, **changes: Any) -> Effect:
        """Let the staff change a meeting now."""
        first, now = self.town.loaded.content.programme, self.now

        def work(connection: Any) -> Effect:
            before = load_programme(connection, first).events[topic]
            return change_event(connection, topic, before, replace(before, **changes), now)

        return await self.town.app.schedule.write(work)

    def mailings(self) -> int:
        """Count what is put out and not sent."""
        return sum(row["lane"] == Lane.BULK for row in self.town.rows("outbox"))


@asynccontextmanager
async def open_reminded(
    folder: Path, url: str, *, start: dt.datetime | None = None
) -> AsyncIterator[RemindedTown]:
    """Open the town, with the bot's clock at `start` and Telegram's at the usual one."""
    clock, telegram = Clock(), Clock()
    if start is not None:
        clock.now = start.astimezone(dt.UTC)
    loaded = replace(shipped_content(), content=planned())
    async with open_town(folder, url, loaded=loaded, durable=False, clock=clock, api_clock=telegram) as town:
        reminded = RemindedTown(town, telegram)
        await reminded.come_up()
        yield reminded
