"""Voice answers: fetching their files, some time after the turn that stored the answer.

A durable job: what is to be fetched lies in the database and is claimed with a lease, so a kill
delays it and loses nothing. Size and length are checked before the download, the sound itself
after it. Must not know whose voice it is, nor on which question.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection
from telegram import Bot

from bot.delivery import WriteTransaction
from bot.sound import NotASoundError, check_sound
from bot.transport import AiohttpRequest, AnswerTooLongError, Outcome, RequestFailed, classify, hold_time
from conversations.answering import MAX_VOICE_BYTES, MAX_VOICE_SECONDS
from storage import voices
from storage.keyring import KeyRing
from storage.voices import ClaimedVoice

#: The file may run on for a moment after the length that the app announced.
MAX_SOUND_SECONDS = 61
LEASE = timedelta(minutes=3)
FETCH_LIMIT_SECONDS = 60.0
BATCH = 4
LOOK_SECONDS = 30.0
MAX_BACKOFF = timedelta(hours=1)
#: What the server refuses is asked for again a few times: a link of getFile lasts an hour only.
REFUSED_TRIES = 3

_log = structlog.get_logger("mitreden.voice_files")


@dataclass
class VoiceFiles:
    """Fetches the files of voice answers until it is stopped. `counters` counts outcomes."""

    bot: Bot
    request: AiohttpRequest
    write: WriteTransaction
    keys: KeyRing
    clock: Callable[[], datetime]
    rng: random.Random
    counters: Counter[str] = field(default_factory=Counter)
    _woken: asyncio.Event = field(default_factory=asyncio.Event, init=False)
    _idle: asyncio.Event = field(default_factory=asyncio.Event, init=False)
    _stopped: asyncio.Event = field(default_factory=asyncio.Event, init=False)

    async def run(self) -> None:
        """Fetch until `stop`. What is being fetched then goes back at once."""
        while not self._stopped.is_set():
            self._woken.clear()
            seconds = await self._fetch_due()
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._woken.wait()

    def wake(self) -> None:
        """Say that there may be something to fetch."""
        self._idle.clear()
        self._woken.set()

    def stop(self) -> None:
        """Give up what is being fetched and put it back; `run` returns soon."""
        self._stopped.set()
        self._woken.set()

    async def idle(self) -> None:
        """Wait until there is nothing to fetch now."""
        await self._idle.wait()

    async def _fetch_due(self) -> float:
        """Fetch what is due; return in how many seconds to look again."""
        now = self.clock()
        try:
            claimed, next_due = await self.write(lambda connection: self._claim(connection, now))
            await asyncio.gather(*(self._fetch(voice) for voice in claimed))
        except Exception as error:
            _log.error("voices_failed", error=type(error).__name__)
            return LOOK_SECONDS
        if claimed:
            return 0.0
        if not self._woken.is_set():
            self._idle.set()
        seconds = LOOK_SECONDS if next_due is None else (next_due - now).total_seconds()
        return min(LOOK_SECONDS, max(1.0, seconds))

    def _claim(
        self, connection: Connection, now: datetime
    ) -> tuple[tuple[ClaimedVoice, ...], datetime | None]:
        claimed = voices.claim_voices(connection, self.keys, now=now, lease=LEASE, limit=BATCH)
        return claimed, None if claimed else voices.next_voice_due_at(connection, now)

    async def _fetch(self, claimed: ClaimedVoice) -> None:
        """Fetch one file and write down what became of it."""
        download = asyncio.ensure_future(self._download(claimed))
        stopped = asyncio.ensure_future(self._stopped.wait())
        try:
            await asyncio.wait(
                (download, stopped), timeout=FETCH_LIMIT_SECONDS, return_when=asyncio.FIRST_COMPLETED
            )
            if not download.done():
                await self._put_back(claimed, self._backoff(claimed.attempts), "timed_out")
                return
            data = download.result()
        except NotASoundError:
            await self._give_up(claimed, "not_a_sound")
        except Exception as error:
            await self._note_failure(claimed, error)
        else:
            await self.write(lambda c: voices.mark_fetched(c, self.keys, claimed, data))
            self.counters["fetched"] += 1
        finally:
            download.cancel()
            stopped.cancel()

    async def _download(self, claimed: ClaimedVoice) -> bytes:
        announced = claimed.voice
        if announced.size_bytes > MAX_VOICE_BYTES or announced.duration_seconds > MAX_VOICE_SECONDS:
            raise NotASoundError
        file = await self.bot.get_file(announced.file_id)
        if file.file_path is None or (file.file_size or 0) > MAX_VOICE_BYTES:
            raise NotASoundError
        data = await self.request.fetch(file.file_path, MAX_VOICE_BYTES)
        check_sound(data, MAX_SOUND_SECONDS)
        return data

    async def _note_failure(self, claimed: ClaimedVoice, error: Exception) -> None:
        outcome = classify(error)
        if isinstance(error, RequestFailed) and isinstance(error.cause, AnswerTooLongError):
            await self._give_up(claimed, "too_large")
        elif outcome is Outcome.HELD:
            await self._put_back(claimed, hold_time(error), "held")
        elif outcome in (Outcome.REFUSED, Outcome.UNREACHABLE) and claimed.attempts >= REFUSED_TRIES:
            await self._give_up(claimed, "refused")
        else:
            await self._put_back(claimed, self._backoff(claimed.attempts), type(error).__name__)

    async def _give_up(self, claimed: ClaimedVoice, reason: str) -> None:
        _log.warning("voice_given_up", reason=reason)
        self.counters["failed"] += 1
        await self.write(lambda c: voices.mark_failed(c, claimed))

    async def _put_back(self, claimed: ClaimedVoice, wait: timedelta, reason: str) -> None:
        _log.info("voice_put_back", reason=reason, count=claimed.attempts)
        self.counters["put_back"] += 1
        not_before = self.clock() + (timedelta() if self._stopped.is_set() else wait)
        await self.write(lambda c: voices.retry_voice(c, claimed, not_before))

    def _backoff(self, attempts: int) -> timedelta:
        seconds = 5 * 2.0 ** min(max(attempts - 1, 0), 20)
        return min(MAX_BACKOFF, timedelta(seconds=seconds)) * self.rng.uniform(0.5, 1.0)
