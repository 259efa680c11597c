"""Voice files: fetched once and sealed, refused where they are no short sound, never lost."""

from __future__ import annotations

import asyncio
import datetime as dt
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection

from bot.delivery import WriteTransaction
from bot.preview.faults import FaultKind
from bot.sound import NotASoundError, check_sound
from bot.voice_files import MAX_SOUND_SECONDS, REFUSED_TRIES, VoiceFiles
from conversations.answering import MAX_VOICE_BYTES
from conversations.incoming import Voice
from conversations.person import Consent
from conversations.session import Answer
from storage import answers, sessions, voices
from storage.keyring import KeyRing
from tests.support.databases import ANNA, make_session
from tests.support.telegram_world import World, until
from tests.support.world import Clock

SERIAL = b"\x07\x00\x00\x00"


def page(payload: bytes, granule: int, *, serial: bytes = SERIAL, flags: int = 0) -> bytes:
    """Write one page of Ogg (RFC 3533 §6), without a checksum."""
    segments = bytes([255] * (len(payload) // 255) + [len(payload) % 255])
    head = b"OggS" + bytes([0, flags]) + granule.to_bytes(8, "little") + serial + bytes(8)
    return head + bytes([len(segments)]) + segments + payload


def opus(seconds: float = 2.0, *, pre_skip: int = 312, channels: int = 1) -> bytes:
    """Write an Opus stream that lasts so long."""
    head = b"OpusHead" + bytes([1, channels]) + pre_skip.to_bytes(2, "little") + bytes(7)
    pages = [page(head, 0, flags=2), page(b"OpusTags" + bytes(8), 0)]
    pages.append(page(b"sound" * 50, 2**64 - 1))
    pages.append(page(b"sound" * 40, int(seconds * 48_000) + pre_skip, flags=4))
    return b"".join(pages)


def test_a_sound_of_a_minute_is_one() -> None:
    for seconds in (0.02, 1, 60, 61):
        check_sound(opus(seconds), MAX_SOUND_SECONDS)
    check_sound(opus(channels=2), MAX_SOUND_SECONDS)


SOUND = opus()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"OggS",
        b"RIFF" + SOUND[4:],
        SOUND[:-1],
        SOUND + b"x",
        SOUND + b"PK\x03\x04" + bytes(60),
        SOUND.replace(b"OpusHead", b"\x01vorbis_"),
        b"OggS\x01" + SOUND[5:],
        opus(61.1),
        opus(0),
        opus(10**9),
        opus(channels=0),
        page(b"OpusHead", 0),
        page(b"OpusHead\x01\x01" + bytes(9), 2**64 - 1),
        SOUND + page(b"more", 96_000, serial=b"\x08\x00\x00\x00"),
    ],
)
def test_what_is_no_sound_of_a_minute_is_refused(data: bytes) -> None:
    with pytest.raises(NotASoundError):
        check_sound(data, MAX_SOUND_SECONDS)


@given(st.binary(max_size=300), st.integers(0, len(SOUND)), st.integers(0, len(SOUND)))
def test_any_bytes_are_survived(noise: bytes, begin: int, end: int) -> None:
    for data in (noise, b"OggS" + noise, SOUND[:begin] + noise + SOUND[end:]):
        try:
            check_sound(data, MAX_SOUND_SECONDS)
        except NotASoundError:
            continue


class Job:
    """A job over the local Bot API, with a voice answer of Anna's that waits."""

    def __init__(self, world: World, write: WriteTransaction, keys: KeyRing, clock: Clock) -> None:
        self.world, self.write, self.keys, self.clock = world, write, keys, clock
        self.files = self.new_files()

    def new_files(self) -> VoiceFiles:
        return VoiceFiles(
            self.world.bot, self.world.request, self.write, self.keys, self.clock, random.Random(1)
        )

    async def speak(
        self, data: bytes, *, duration: int = 2, size: int | None = None, file_id: str = ""
    ) -> str:
        stored = self.world.api.world.files.add("voice", data, "audio/ogg")
        announced = len(data) if size is None else size
        voice = Voice(file_id or stored.file_id, duration, announced, "audio/ogg")
        today = self.clock().date()

        def work(connection: Connection) -> None:
            consent = Consent("v1", "de", today)
            sessions.create_respondent(
                connection,
                self.keys,
                ANNA,
                consent=consent,
                source="",
                session=make_session(),
            )
            answers.save_answer(
                connection,
                self.keys,
                ANNA,
                "arbeit",
                "arb_open",
                Answer(("voice",), voice=voice, has_voice=True, message="m"),
                language="de",
                wording="h",
                week="2026-W36",
                delete_voice_after=today + dt.timedelta(days=90),
            )

        await self.write(work)
        return stored.file_id

    async def drain(self) -> None:
        self.files = self.new_files()
        task = asyncio.create_task(self.files.run())
        await asyncio.wait_for(self.files.idle(), 10)
        self.files.stop()
        await asyncio.wait_for(task, 10)

    async def sound(self) -> bytes | None:
        pseudonym = self.keys.pseudonym(ANNA)
        return await self.write(
            lambda c: voices.find_voice_data(c, self.keys, pseudonym, "arbeit", "arb_open")
        )

    async def waits(self) -> bool:
        return await self.write(lambda c: voices.next_voice_due_at(c, self.clock())) is not None


@pytest.fixture
def job(world: World, write: WriteTransaction, keys: KeyRing, clock: Clock) -> Job:
    return Job(world, write, keys, clock)


async def test_a_sound_is_fetched_and_kept(job: Job) -> None:
    await job.speak(SOUND)
    await job.drain()
    assert await job.sound() == SOUND
    assert not await job.waits()
    assert job.files.counters == {"fetched": 1}


@pytest.mark.parametrize(("duration", "size"), [(61, None), (2, MAX_VOICE_BYTES + 1)])
async def test_what_is_announced_too_long_is_never_asked_for(
    job: Job, duration: int, size: int | None
) -> None:
    await job.speak(SOUND, duration=duration, size=size)
    await job.drain()
    assert job.world.api.ledger.of("getFile", "file") == []
    assert await job.sound() is None
    assert not await job.waits()


async def test_what_turns_out_too_large_is_not_downloaded(job: Job) -> None:
    await job.speak(b"OggS" + bytes(MAX_VOICE_BYTES), size=0)
    await job.drain()
    assert job.world.api.ledger.of("file") == []
    assert not await job.waits()


async def test_what_is_no_sound_is_not_kept(job: Job) -> None:
    await job.speak(b"PK\x03\x04 an archive")
    await job.drain()
    assert await job.sound() is None
    assert not await job.waits()
    assert job.files.counters == {"failed": 1}


@pytest.mark.parametrize("kind", [FaultKind.REJECT_500, FaultKind.RESET])
@pytest.mark.parametrize("method", ["getFile", "file"])
async def test_a_failure_on_the_way_is_tried_again(job: Job, kind: FaultKind, method: str) -> None:
    await job.speak(SOUND)
    job.world.api.faults.order(kind, method, times=8)
    await job.drain()
    assert await job.waits()
    for _ in range(8):
        job.clock.forward(hours=2)
        await job.drain()
    assert await job.sound() == SOUND


async def test_a_429_is_obeyed(job: Job) -> None:
    await job.speak(SOUND)
    job.world.api.faults.reject_429(600, "getFile")
    await job.drain()
    job.clock.forward(seconds=599)
    await job.drain()
    assert len(job.world.api.ledger.of("getFile")) == 1
    job.clock.forward(seconds=1)
    await job.drain()
    assert await job.sound() == SOUND


async def test_a_file_that_telegram_no_longer_has_is_given_up(job: Job) -> None:
    file_id = await job.speak(SOUND)
    job.world.api.world.files.forget(file_id)
    for _ in range(REFUSED_TRIES):
        assert await job.waits()
        await job.drain()
        job.clock.forward(hours=2)
    assert not await job.waits()
    assert await job.sound() is None


async def test_a_stop_gives_back_what_is_being_fetched(job: Job) -> None:
    await job.speak(SOUND)
    hang = job.world.api.faults.order(FaultKind.APPLY_THEN_HANG, "getFile")
    task = asyncio.create_task(job.files.run())
    await until(lambda: hang.hits)
    job.files.stop()
    await asyncio.wait_for(task, 10)
    await job.drain()
    assert await job.sound() == SOUND


async def test_a_kill_while_fetching_loses_nothing(job: Job) -> None:
    await job.speak(SOUND)
    hang = job.world.api.faults.order(FaultKind.APPLY_THEN_HANG, "getFile")
    task = asyncio.create_task(job.files.run())
    await until(lambda: hang.hits)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await job.drain()
    assert await job.sound() is None
    job.clock.forward(minutes=4)
    await job.drain()
    assert await job.sound() == SOUND
