"""Builds the parts of the bot and joins them: the clock, chance, database and bot are made here, once.

The way of an update: intake → inbox → worker (one turn, one transaction) → outbox → delivery.
`run_bot` is the whole life of the process, from the first check to a clean end.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import random
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from zoneinfo import ZoneInfo

import structlog
from telegram import Bot
from telegram.error import InvalidToken, TelegramError

from bot.announcement_pushes import AnnouncementPushes
from bot.changes import forget_contact
from bot.clock_check import ClockCheck
from bot.content import LoadedContent, load_content
from bot.delivery import Delivery
from bot.intake import Intake, TokenRefusedError, poll_with
from bot.mailing_run import EVERY_SECONDS as MAILINGS_EVERY_SECONDS
from bot.mailing_run import MailingRun
from bot.mailing_words import MailingWords
from bot.opening import closing, open_database, open_keys
from bot.pace import Pace
from bot.profile import Profile
from bot.profile_texts import profile_texts
from bot.pushes import Pushes
from bot.rendering import Renderer
from bot.schedule import RETENTION_EVERY_SECONDS, Schedule
from bot.settings import Settings, StartError
from bot.staff.announce_area import AnnounceArea
from bot.staff.area import Area
from bot.staff.dates_area import DatesArea
from bot.staff.door import SETTINGS, StaffDoor
from bot.staff.rounds import StaffRounds
from bot.staff.station_area import StationArea
from bot.staff.team_area import INVITE_TOKEN_BYTES, TeamArea
from bot.staff.watch import EVERY_SECONDS as PAGES_EVERY_SECONDS
from bot.staff.watch import ProgressPages
from bot.staff.words import load_staff_catalogues
from bot.station_pushes import StationPushes
from bot.texts.status import list_unsigned
from bot.texts.status_words import say_unsigned
from bot.transport import AiohttpRequest
from bot.turns import Outcome, Turns
from bot.voice_files import VoiceFiles
from bot.wordings import Wordings
from bot.worker import Worker
from bot.writer import Writer
from conversations.mistakes import ContentError
from conversations.reminders import is_quiet
from storage import answers, contacts, inbox, sending, staff_log
from storage.copies import reconsider
from storage.database import Database
from storage.keyring import KeyRing
from storage.programme import seed_programme
from storage.schema import drop_migration_copy
from storage.staff_log import Deed
from storage.staff_members import revoke_unnamed

#: How long a clean end may take, below the 10 s that operators are promised.
STOP_SECONDS = 9.0
#: How long the farewell of an erasure is waited for, before SQLite's log is emptied behind it.
FAREWELL_SECONDS = 30.0
#: The longest wait between two tries to reach Telegram at the start.
MAX_START_PAUSE_SECONDS = 30.0

Clock = Callable[[], dt.datetime]
_log = structlog.get_logger("mitreden.app")


def system_clock() -> dt.datetime:
    """Read the clock of the machine, aware and in UTC."""
    return dt.datetime.now(dt.UTC)  # noqa: TID251  the one clock (DESIGN §6)


@dataclass
class App:
    """The running bot. Built by `build_app`; `run` lives until `stop`."""

    bot: Bot
    database: Database
    writer: Writer
    keys: KeyRing
    clock: Clock
    intake: Intake
    worker: Worker
    delivery: Delivery
    voice_files: VoiceFiles
    profile: Profile
    mailings: MailingRun
    staff: StaffRounds
    schedule: Schedule = field(init=False)
    _stopped: asyncio.Event = field(default_factory=asyncio.Event, init=False)
    _erased: asyncio.Event = field(default_factory=asyncio.Event, init=False)

    async def run(self) -> None:
        """Work until `stop`, or until a part fails for good; then end cleanly.

        Raises: StartError when Telegram no longer accepts the token.
        """
        tasks = [
            asyncio.create_task(part.run(), name=type(part).__name__)
            for part in (self.intake, self.worker, self.delivery, self.voice_files)
        ]
        profile = asyncio.create_task(self.profile.run(), name="Profile")
        stopped = asyncio.create_task(self._stopped.wait(), name="stop")
        emptying = asyncio.create_task(self._empty_log_after_farewells(), name="empty log")
        self.schedule.start()
        try:
            await self.tick()
            await asyncio.wait([*tasks, stopped], return_when=asyncio.FIRST_COMPLETED)
        finally:
            self.schedule.stop()
            for part in (self.intake, self.worker, self.delivery, self.voice_files):
                part.stop()
            await self._end(tasks, [profile, stopped, emptying])
        for task in tasks:
            if task.done() and not task.cancelled() and (error := task.exception()) is not None:
                if isinstance(error, TokenRefusedError):
                    raise StartError(str(error))
                raise error

    def stop(self) -> None:
        """End: take nothing new, finish what is at hand."""
        self._stopped.set()

    async def tick(self) -> None:
        """Do at once what is due by time alone, and look for everything that waits."""
        await self.schedule.put_out_reminders()
        await self.mailings.go_on()
        await self.schedule.put_out_station_news()
        await self.staff.draw_pages()
        await self.staff.remind()
        await self.schedule.tidy()

    async def next_message_at(self) -> dt.datetime | None:
        """Tell when somebody gets the next reminder; None when nothing is planned for anybody."""
        return await self.schedule.next_heard_at()

    async def tidied(self) -> None:
        """Empty the log behind what was deleted, and let every part look for what is due."""
        await self._empty_log()
        for part in (self.worker, self.delivery, self.voice_files):
            part.wake()

    async def settle(self, outcome: Outcome) -> None:
        """Do what is left after a turn: send what it put out, answer the press, empty the log."""
        self.delivery.wake()
        if outcome.has_voice:
            self.voice_files.wake()
        if outcome.press is not None:
            with contextlib.suppress(TelegramError):
                await self.bot.answer_callback_query(outcome.press.callback_id, outcome.press.notice or None)
        if outcome.programme_changed:
            await self.schedule.put_out_reminders()
            await self.mailings.go_on()
        if outcome.erased:
            await self._empty_log()
            self._erased.set()

    async def _empty_log(self) -> None:
        """Empty SQLite's log, in which erased rows live on. What fails is made up for at the next tick."""
        try:
            await self.writer.run(self.database.truncate_wal)
        except Exception as error:
            _log.error("log_not_emptied", error=type(error).__name__)

    async def _empty_log_after_farewells(self) -> None:
        """Empty SQLite's log once more when the farewell is out, for its row went through it too.

        What comes later still, after a failure, is left to the next tick.
        """
        while True:
            await self._erased.wait()
            self._erased.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(FAREWELL_SECONDS):
                    await self.delivery.idle()
            await self._empty_log()

    async def _end(self, tasks: list[asyncio.Task[None]], others: list[asyncio.Task[object]]) -> None:
        for task in others:
            task.cancel()
        await asyncio.wait(tasks, timeout=STOP_SECONDS)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, *others, return_exceptions=True)


def build_app(
    loaded: LoadedContent,
    database: Database,
    keys: KeyRing,
    clock: Clock,
    bot: Bot,
    request: AiohttpRequest,
    poll_request: AiohttpRequest,
    staff_ids: frozenset[int] = frozenset(),
    pace: Pace | None = None,
    *,
    one_person_mode: bool = False,
    announce_without_page: bool = False,
) -> App:
    """Join the parts around an initialised bot. Polling has a transport of its own.

    `pace` is that of mailings, for a clock that stands still.
    """
    writer = Writer(database)
    rng = random.SystemRandom()
    renderer = Renderer(loaded.content, loaded.catalogues, loaded.recordings)
    staff_renderer = Renderer(loaded.content, load_staff_catalogues(loaded))
    announce = AnnounceArea(staff_renderer, staff_ids, one_person_mode, not announce_without_page)
    zone = ZoneInfo(loaded.content.programme.timezone)
    turns = Turns(
        content=loaded.content,
        catalogues=loaded.catalogues,
        renderer=renderer,
        wordings=Wordings(loaded.content, loaded.catalogues),
        recordings=loaded.recordings,
        keys=keys,
        clock=clock,
        new_token=partial(secrets.token_hex, 16),
        group_link=f"https://t.me/{bot.username}",
        staff=StaffDoor(
            content=loaded.content,
            catalogues=loaded.catalogues,
            renderer=renderer,
            staff_renderer=staff_renderer,
            keys=keys,
            staff_ids=staff_ids,
            areas={area.name: area for area in _staff_areas(bot, staff_ids, announce)},
        ),
    )
    with database.transaction() as connection:
        for member_id in revoke_unnamed(connection, keys, staff_ids):
            staff_log.log(connection, SETTINGS, Deed.REVOKED, member_id, now=clock())
        answers.save_wordings(connection, turns.wordings)
        sending.release_all_leases(connection)
        reconsider(connection)
        seed_programme(connection, loaded.content.programme, clock().astimezone(zone))
    clock_check = ClockCheck(clock, bot.get_me)
    for each in (request, poll_request):
        each.on_date = clock_check.hear
    reminders = Pushes(loaded.content, loaded.catalogues, renderer, keys, clock)
    stations = StationPushes(loaded.content, loaded.catalogues, renderer, keys, clock)
    copies = AnnouncementPushes(loaded.content, loaded.catalogues, renderer, keys, clock)
    delivery = Delivery(
        bot=bot,
        write=writer,
        keys=keys,
        clock=clock,
        rng=rng,
        unreachable=forget_contact,
        set_screen_message=contacts.set_screen_message,
        compose=MailingWords(reminders, copies, stations).compose,
        record=copies.record,
        recordings=loaded.recordings,
        pace=pace or Pace(),
        is_quiet=lambda now: is_quiet(now.astimezone(zone)) or not clock_check.agrees(),
    )
    voice_files = VoiceFiles(bot=bot, request=request, write=writer, keys=keys, clock=clock, rng=rng)
    worker = Worker(turns, writer, clock, _not_settled)
    intake = Intake(
        poll=poll_with(poll_request, bot),
        store=lambda updates: writer(
            lambda connection: inbox.store_batch(connection, keys, updates, clock())
        ),
        wake=worker.wake,
        rng=rng,
    )
    profile = Profile(bot, profile_texts(loaded.catalogues), rng)
    mailings = MailingRun(writer, keys, clock, clock_check, delivery.wake)
    pages = ProgressPages(keys, staff_renderer, staff_ids)
    staff = StaffRounds(writer, keys, clock, loaded.content, pages, staff_ids, delivery.wake)
    app = App(
        bot, database, writer, keys, clock, intake, worker, delivery, voice_files, profile, mailings, staff
    )
    worker.settled = app.settle
    app.schedule = Schedule(
        write=writer,
        keys=keys,
        clock=clock,
        clock_check=clock_check,
        first=loaded.content.programme,
        sent_out=delivery.wake,
        tidied=app.tidied,
        others=(
            (mailings.go_on, MAILINGS_EVERY_SECONDS),
            (staff.draw_pages, PAGES_EVERY_SECONDS),
            (staff.remind, RETENTION_EVERY_SECONDS),
        ),
    )
    return app


def _staff_areas(bot: Bot, staff_ids: frozenset[int], announce: AnnounceArea) -> tuple[Area, ...]:
    """Build the areas of the staff chat, in the order of the menu."""
    return (
        DatesArea(),
        announce,
        StationArea(),
        TeamArea(
            staff_ids, f"https://t.me/{bot.username}", partial(secrets.token_urlsafe, INVITE_TOKEN_BYTES)
        ),
    )


async def run_bot(
    settings: Settings,
    *,
    clock: Clock = system_clock,
    stop: asyncio.Event,
    started: Callable[[App], None] = lambda _: None,
    warn: Callable[[str], object] = lambda _: None,
) -> None:
    """Check everything, run the bot until `stop`, and end cleanly. `started` is told when it works.

    `warn` is told, in sentences, what should not be so while the bot reaches people.
    Raises: StartError, ContentError, KeyFileError, DatabaseUnreachableError or SchemaError before
    anything has been sent.
    """
    token = settings.telegram_token
    if token is None:
        raise StartError(NO_TOKEN)
    loaded = load_content(settings.content)
    _check_startable(settings, loaded)
    if settings.reaches_people:
        try:
            for sentence in say_unsigned(list_unsigned(loaded, settings.content)):
                warn(sentence)
        except ContentError as error:  # only a warning depends on it
            for mistake in error.mistakes:
                warn(f"Warning: {mistake.file}: {mistake.message}")
    with closing(open_database(settings)) as database:
        keys = open_keys(settings, database)
        request, poll_request = AiohttpRequest(), AiohttpRequest()
        base = settings.telegram_api_url
        bot = Bot(
            token.get_secret_value(),
            base_url=f"{base}/bot",
            base_file_url=f"{base}/file/bot",
            request=request,
            get_updates_request=poll_request,
        )
        try:
            if not await _reach_telegram(bot, stop):
                return
            app = build_app(
                loaded,
                database,
                keys,
                clock,
                bot,
                request,
                poll_request,
                settings.staff_ids,
                one_person_mode=settings.one_person_mode,
                announce_without_page=settings.announce_without_page,
            )
            stopping = asyncio.create_task(_stop_when(stop, app))
            drop_migration_copy(settings.get_database_url())
            started(app)
            _log.info("ready")
            try:
                await app.run()
            finally:
                stopping.cancel()
                app.writer.close()
        finally:
            await bot.shutdown()
    _log.info("stopped")


NO_TOKEN = (
    "There is no token. Get one from @BotFather in Telegram and set MITREDEN_TELEGRAM_TOKEN,"  # noqa: S105  a sentence, not a password
    " or try the bot without one: mitreden preview"
)


def _check_startable(settings: Settings, loaded: LoadedContent) -> None:
    """Refuse what must not reach people: a town file with open placeholders."""
    open_facts = loaded.content.town.open_facts
    if settings.reaches_people and open_facts:
        raise StartError(
            "The town file still has open placeholders: "
            + ", ".join(open_facts)
            + ". Make a folder of your own with `mitreden init FOLDER`, fill them in there,"
            " and set MITREDEN_CONTENT to it."
        )


async def _reach_telegram(bot: Bot, stop: asyncio.Event) -> bool:
    """Introduce the bot to Telegram, again and again while the network is away. False: told to stop."""
    pause = 1.0
    while not stop.is_set():
        try:
            await bot.initialize()
        except InvalidToken:
            raise StartError("Telegram does not accept the token in MITREDEN_TELEGRAM_TOKEN.") from None
        except TelegramError as error:
            _log.warning("telegram_unreachable", error=type(error).__name__)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), pause)
            pause = min(2 * pause, MAX_START_PAUSE_SECONDS)
        else:
            return True
    return False


async def _stop_when(stop: asyncio.Event, app: App) -> None:
    await stop.wait()
    app.stop()


async def _not_settled(_: Outcome) -> None:
    raise RuntimeError("the worker has not been joined with the app")
