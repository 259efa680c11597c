"""The chat client of the tests: people who write, tap and speak to the real bot, and see its screen.

A `Town` is the real App in the event loop of the test, talking HTTP to a local Bot API. Every deed
of a `Chat` returns once everything that it caused has been done: received, worked on, sent and
fetched. That is waited for by conditions, never by time.

    chat = await town.chat("Sabine")
    await chat.says("/start")
    await chat.taps("Deutsch")
    assert "Willkommen" in chat.sees
"""

from __future__ import annotations

import asyncio
import functools
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select
from telegram import Bot

from bot.app import App, build_app
from bot.buttons import decode
from bot.content import LoadedContent, load_content
from bot.opening import open_keys
from bot.preview.messages import Message
from bot.preview.player import Player
from bot.rendering import Renderer
from bot.transport import AiohttpRequest
from conversations.incoming import ActionButton, AnswerButton
from conversations.texts import text
from storage import sending, voices
from storage.database import Database
from storage.inbox import next_update_due_at
from storage.keyring import KeyRing
from storage.tables import METADATA
from storage.vocabulary import Lane
from tests.support.unpaced import Unpaced
from tests.support.world import Clock, World, open_world

#: A guard against hanging, not a measure.
PATIENCE_SECONDS = 30.0
#: What passes on the clock with every deed, so that nobody is taken for a flood.
PACE = timedelta(seconds=2)

_INVISIBLE = dict.fromkeys(map(ord, "\u2068\u2069\u200e\u200f"))
Rest = Callable[[], Awaitable[None]]
Rows = list[Mapping[str, Any]]


@functools.cache
def shipped_content() -> LoadedContent:
    """Load the shipped content, once."""
    return load_content(None)


def plain(words: str) -> str:
    """Take the invisible direction signs out, so that words can be compared."""
    return words.translate(_INVISIBLE)


def make_sound(seconds: float = 3.0) -> bytes:
    """Make a voice message as Telegram's apps do: one stream of Opus in Ogg (of silence)."""
    head = b"OpusHead\x01\x01" + (312).to_bytes(2, "little") + (48_000).to_bytes(4, "little") + bytes(3)
    tags = b"OpusTags" + (4).to_bytes(4, "little") + b"test" + bytes(4)
    end = int(seconds * 48_000) + 312
    packets = ((head, 0, 2), (tags, 0, 0), (b"\xf8\xff\xfe" * 20, end, 4))
    return b"".join(
        b"OggS\0" + bytes([flags]) + granule.to_bytes(8, "little") + b"test"
        + number.to_bytes(4, "little") + bytes(4) + bytes([1, len(packet)]) + packet
        for number, (packet, granule, flags) in enumerate(packets)
    )  # fmt: skip


@dataclass
class Chat:
    """One person at their phone. `rest` returns once the bot has done everything it was asked."""

    player: Player
    clock: Clock
    rest: Rest

    # What the person sees

    @property
    def screen(self) -> Message:
        """The newest message of the bot that has a text; notes and files do not count."""
        texts = [message for message in self.player.bot_messages if "text" in message.content]
        if not texts:
            raise LookupError(f"{self.player.person.first_name} sees no text of the bot")
        return texts[-1]

    @property
    def sees(self) -> str:
        """The text of the current screen, without invisible direction signs."""
        return plain(self.screen.text)

    @property
    def buttons(self) -> list[str]:
        """The labels of the current screen, without invisible direction signs."""
        return [plain(button["text"]) for button in self.screen.buttons]

    @property
    def choices(self) -> list[str]:
        """What the buttons of the current screen do: option codes, or actions with their argument."""
        return [_meaning(button["callback_data"]) for button in self.screen.buttons]

    @property
    def popups(self) -> list[str]:
        """Every notice that popped up over the chat, oldest first; silent answers are not among them."""
        return [plain(answer.text) for answer in self.player.answers if answer.text]

    @property
    def messages(self) -> list[Message]:
        """Every visible message of the bot, oldest first."""
        return self.player.bot_messages

    @property
    def id(self) -> int:
        """The Telegram id of the person."""
        return self.player.id

    # What the person does

    async def says(self, words: str) -> Message:
        """Send a text or a command."""
        return await self._wait_after(self.player.sends_text(words))

    async def taps(self, label: str) -> str:
        """Tap the button with this label on the current screen, tick and number left out.

        Raises: LookupError naming the labels there are.
        """
        for button in self.screen.buttons:
            shown = plain(button["text"])
            if label in (shown, shown.removeprefix("✓ "), shown.partition(". ")[2]):
                return await self.presses(button["callback_data"])
        raise LookupError(f"no button {label!r} on screen, only {self.buttons}")

    async def chooses(self, meaning: str) -> str:
        """Tap the button that does this: an option code such as `no_time`, or an action such as
        `agree` or `field:arbeit`; so a story can be told in every language.
        """  # fmt: skip
        for button in self.screen.buttons:
            if _meaning(button["callback_data"]) == meaning:
                return await self.presses(button["callback_data"])
        raise LookupError(f"no button does {meaning!r}, only {self.choices}: {self.sees!r}")

    async def presses(self, callback_data: str, message_id: int | None = None) -> str:
        """Press a button with this data, even a forged one; by default under the current screen."""
        target = self.screen.message_id if message_id is None else message_id
        return await self._wait_after(self.player.presses(target, callback_data))

    async def speaks(self, seconds: float = 3.0, sound: bytes | None = None) -> Message:
        """Send a voice message."""
        recorded = make_sound(seconds) if sound is None else sound
        return await self._wait_after(self.player.sends_voice(recorded, round(seconds)))

    async def edits(self, message: Message, words: str) -> Message:
        """Edit an own text message that was sent before."""
        return await self._wait_after(self.player.edits_text(message.message_id, words))

    async def sends(self, deed: Callable[[Player], Any]) -> Any:
        """Do anything else a person can do: `await chat.sends(Player.sends_contact)`."""
        return await self._wait_after(deed(self.player))

    # Longer ways, the same in every language

    async def enters(self, language: str, payload: str = "") -> None:
        """Press START and choose a language."""
        await self.says(f"/start {payload}".strip())
        wanted = re.compile(rf"lang:{language}(\..*)?")
        if not any(wanted.fullmatch(choice) for choice in self.choices):
            await self.chooses(next(choice for choice in self.choices if choice.startswith("langs2")))
        await self.chooses(next(choice for choice in self.choices if wanted.fullmatch(choice)))

    async def takes_part(self, language: str, field: str = "", role: str = "settled") -> None:
        """Go from START through consent and role, to a field if one is named."""
        await self.enters(language)
        for meaning in ("say", "agree", role):
            await self.chooses(meaning)
        if field:
            await self.chooses(f"field:{field}")

    async def finishes(self, *, until: str = "", most: int = 20) -> list[str]:
        """Answer one question after the other, each with its first option, to the thanks.

        With `until`, stop at the question that offers this. Returns the choices made.
        """
        made: list[str] = []
        while not any(choice.startswith("review:") for choice in self.choices):
            if until and until in self.choices:
                return made
            if len(made) > most:
                raise AssertionError(f"no end after {made}")
            made.append(hurried_choice(self.choices, self.buttons))
            await self.chooses(made[-1])
        return made

    async def _wait_after(self, done: Any) -> Any:
        self.clock.now += PACE
        await self.rest()
        return done


def _meaning(callback_data: str) -> str:
    match decode(callback_data):
        case AnswerButton(option=option):
            return option
        case ActionButton(action, argument):
            return f"{action.value}:{argument}" if argument else action.value
        case _:
            return callback_data


def hurried_choice(choices: list[str], labels: list[str]) -> str:
    """Choose as somebody in a hurry does: one mark and done, no reminders, the first option."""
    if "_done" in choices and any(label.startswith("✓") for label in labels):
        return "_done"
    refusal = next((choice for choice in choices if choice.startswith("msgno")), None)
    is_open = all(choice.startswith("_") for choice in choices)
    return refusal or ("_skip" if is_open else choices[0])


@dataclass
class Town:
    """The bot at work in this process, and the people around it."""

    world: World
    loaded: LoadedContent
    open_database: Callable[[], Database]
    staff_ids: frozenset[int] = frozenset()
    app: App = field(init=False)
    database: Database = field(init=False)
    keys: KeyRing = field(init=False)
    _running: asyncio.Task[None] = field(init=False)
    _open: AsyncExitStack = field(init=False)

    @property
    def clock(self) -> Clock:
        """The clock of the bot and of the people."""
        return self.world.clock

    async def chat(self, name: str, language_code: str | None = None) -> Chat:
        """Return the chat of somebody of the preview, or invent somebody with this language."""
        people = self.world.api.world
        player = people.person(name) if language_code is None else people.invent_person(name, language_code)
        return Chat(player, self.clock, self.rest)

    # Its life

    async def start(self) -> None:
        """Start the bot, with what lies in the database and the key file."""
        async with AsyncExitStack() as opening:
            self.database = self.open_database()
            opening.callback(self.database.close)
            self.keys = open_keys(self.world.settings, self.database)
            request, poll_request = AiohttpRequest(), AiohttpRequest(connections=2)
            bot = await opening.enter_async_context(
                Bot(
                    self.world.api.token,
                    base_url=f"{self.world.url}/bot",
                    base_file_url=f"{self.world.url}/file/bot",
                    request=request,
                    get_updates_request=poll_request,
                )
            )
            self.app = build_app(
                self.loaded,
                self.database,
                self.keys,
                self.clock,
                bot,
                request,
                poll_request,
                self.staff_ids,
                one_person_mode=self.world.settings.one_person_mode,
                announce_without_page=self.world.settings.announce_without_page,
                pace=Unpaced(),  # its clock stands still unless a test moves it
            )
            # Two hundred requests for the profile in every language would cost each story a second; one
            # language is enough here, and tests/bot/test_profile.py brings all of them up to date.
            self.app.profile.wanted = {"": self.app.profile.wanted[""]}
            opening.callback(self.app.writer.close)
            self._running = asyncio.create_task(self.app.run(), name="App")
            self._open = opening.pop_all()

    async def stop(self) -> None:
        """End the bot cleanly, as SIGTERM does. What people do then waits at Telegram."""
        self.app.stop()
        async with self._open:
            await self._running

    async def abandon(self) -> None:
        """End the bot without letting it finish anything: every task is cancelled where it stands."""
        async with self._open:
            for task in asyncio.all_tasks():
                if task.get_name() in ("App", "Intake", "Worker", "Delivery", "VoiceFiles", "Profile"):
                    task.cancel()
            with suppress(asyncio.CancelledError):
                await self._running

    async def restart(self) -> None:
        """End the bot cleanly and start another one on the same data."""
        await self.stop()
        await self.start()
        await self.rest()

    # Rest

    async def rest(self) -> None:
        """Wait until everything is received, worked on, sent and fetched that can be now.

        Raises whatever the bot failed with; AssertionError where it never comes to rest.
        """
        resting = asyncio.ensure_future(self._come_to_rest())
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await asyncio.wait((resting, self._running), return_when=asyncio.FIRST_COMPLETED)
        except TimeoutError:
            raise AssertionError(f"the bot does not come to rest: {self.due()}") from None
        finally:
            resting.cancel()
        if not resting.done():
            await self._running
            raise AssertionError("the bot has ended")
        resting.result()

    async def _come_to_rest(self) -> None:
        updates = self.world.api.world.updates
        parts = (self.app.worker, self.app.delivery, self.app.voice_files)
        while True:
            while updates.pending_count:  # confirmed only once they are stored
                await asyncio.sleep(0)
                await updates.wait_for_poll()
            for part in parts:
                part.wake()
            for part in parts:
                await part.idle()
            if not updates.pending_count and not any((await asyncio.to_thread(self.due)).values()):
                return

    def due(self) -> dict[str, bool]:
        """Tell what could be done now and is not. What waits behind something put off cannot."""
        now = self.clock()
        held = self.app.delivery._held_until(now) is not None
        lanes = [Lane.REPLY] if self.app.delivery.is_quiet(now) else list(Lane)
        with self.database.reading() as connection:
            times = {
                "updates": [next_update_due_at(connection)],
                "messages": [] if held else [sending.next_due_at(connection, lane, now) for lane in lanes],
                "voices": [voices.next_voice_due_at(connection, now)],
            }
        return {name: any(due is not None and due <= now for due in found) for name, found in times.items()}

    # What the bot keeps and says

    def rows(self, table_name: str) -> Rows:
        """Read every row of a table."""
        with self.database.reading() as connection:
            return [dict(row) for row in connection.execute(select(METADATA.tables[table_name])).mappings()]

    def answers(self, who: Chat) -> dict[str, str]:
        """Read the answers of a person: `scope/step` to codes."""
        mine = self.keys.pseudonym(who.id)
        return {
            f"{row['scope']}/{row['step']}": row["codes"]
            for row in self.rows("answer")
            if row["pseudonym"] == mine
        }

    def read(self, work: Callable[[Connection, KeyRing], Any]) -> Any:
        """Call a function of `storage` on a connection that cannot write."""
        with self.database.reading() as connection:
            return work(connection, self.keys)

    def words(self, key: str, language: str = "de", **gaps: Any) -> str:
        """Say a text of the content as a screen would show it, without invisible direction signs."""
        return plain(Renderer(self.loaded.content, self.loaded.catalogues).say(text(key, **gaps), language))


@asynccontextmanager
async def open_town(
    folder: Path,
    database_url: str,
    *,
    loaded: LoadedContent | None = None,
    durable: bool = True,
    on_statement: Callable[[str], None] | None = None,
    **world_options: Any,
) -> AsyncIterator[Town]:
    """Start a town on a migrated database, and end everything afterwards.

    Not `durable`, SQLite does not wait for the disk, which is slow where many tests use it.
    """
    async with open_world(folder, database_url=database_url, **world_options) as world:

        def open_database() -> Database:
            database = Database.open(database_url, on_statement=on_statement)
            if not durable:
                connection = database._writer.raw_connection()
                connection.cursor().execute("PRAGMA synchronous=OFF")
                connection.close()
            return database

        town = Town(world, loaded or shipped_content(), open_database, world.staff_ids)
        await town.start()
        try:
            await town.rest()
            yield town
        finally:
            with suppress(asyncio.CancelledError):
                await town.stop()
