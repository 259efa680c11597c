"""Delivery: every outcome, order, the silence of the whole bot, and a stop or a crash anywhere."""

from __future__ import annotations

import asyncio
import base64
import random
from collections.abc import Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import pytest
import structlog
from sqlalchemy import Connection, select
from telegram.error import BadRequest

from bot.delivery import IN_FLIGHT, LEASE, Delivery, WriteTransaction, safe_description
from bot.preview.faults import FaultKind
from bot.preview.player import Player
from storage import contacts, outbox, sending, tables
from storage.keyring import KeyRing
from storage.outbox import OutboxMessage
from storage.vocabulary import Lane, OutboxKind
from tests.support.telegram_world import World, until
from tests.support.unpaced import Unpaced
from tests.support.world import Clock

BUTTONS = [[["Ja", "m:langs"], ["Nein", "m:menu"]]]


class Crash(BaseException):
    """The process dies here."""


class Shell:
    """A delivery over the local Bot API, and what a turn would put into the outbox."""

    def __init__(self, world: World, write: WriteTransaction, keys: KeyRing, clock: Clock) -> None:
        self.world, self.write, self.keys, self.clock = world, write, keys, clock
        self.lost: list[str] = []
        self.composed: dict[str, dict[str, Any]] = {}
        self.quiet = False
        self.points: list[str] = []
        self.crash_at = -1
        self.delivery = self.new_delivery()

    def new_delivery(self) -> Delivery:
        return Delivery(
            bot=self.world.bot,
            write=self.write,
            keys=self.keys,
            clock=self.clock,
            rng=random.Random(3),
            unreachable=lambda _connection, contact_id: self.lost.append(contact_id),
            set_screen_message=contacts.set_screen_message,
            compose=lambda _connection, row: self.composed.get(row.purpose),
            is_quiet=lambda _now: self.quiet,
            pace=Unpaced(),  # the clock of these tests stands still
            on_point=self._point,
        )

    def _point(self, name: str) -> None:
        if len(self.points) == self.crash_at:
            self.points.append(f"crash {name}")
            raise Crash
        self.points.append(name)

    async def contact_of(self, person: Player) -> contacts.Contact:
        def work(connection: Connection) -> contacts.Contact:
            found = contacts.find_contact(connection, self.keys, person.id)
            return found or contacts.create_contact(
                connection, self.keys, person.id, today=self.clock().date()
            )

        return await self.write(work)

    async def put(
        self, person: Player, kind: OutboxKind, body: dict[str, Any], purpose: str, lane: Lane = Lane.REPLY
    ) -> None:
        contact = await self.contact_of(person)
        message = OutboxMessage(purpose, person.id, contact.id, kind, body, lane)
        await self.write(lambda c: outbox.put(c, self.keys, message, self.clock()))
        self.delivery.wake()

    async def say(self, person: Player, text: str, purpose: str = "", lane: Lane = Lane.REPLY) -> None:
        await self.put(
            person, OutboxKind.MESSAGE, {"text": text, "keyboard": []}, purpose or f"note:{text}", lane
        )

    async def show(
        self, person: Player, text: str, placement: str = "below", message_id: int | None = None
    ) -> None:
        body = {
            "text": text,
            "keyboard": BUTTONS,
            "placement": placement,
            "message_id": message_id,
            "language": "de",
        }
        await self.put(person, OutboxKind.SCREEN, body, f"screen:{person.person.first_name}")

    async def waiting(self) -> int:
        return sum((await self.write(outbox.count_waiting)).values())

    async def leased(self) -> int:
        return await self.write(sending.release_all_leases)

    @asynccontextmanager
    async def running(self) -> Any:
        task = asyncio.create_task(self.delivery.run())
        try:
            yield task
        finally:
            self.delivery.stop()
            await asyncio.wait_for(task, 10)

    async def drain(self) -> None:
        """Deliver until there is nothing to send now."""
        self.delivery = self.new_delivery()
        self.delivery.wake()
        async with self.running():
            await asyncio.wait_for(self.delivery.idle(), 10)

    async def drain_all(self) -> None:
        """Deliver until the outbox is empty, letting time pass where something waits."""
        for _ in range(30):
            await self.drain()
            if not await self.waiting():
                return
            self.clock.forward(minutes=6)
        raise AssertionError("the outbox never empties")


@pytest.fixture
def shell(world: World, write: WriteTransaction, keys: KeyRing, clock: Clock) -> Shell:
    return Shell(world, write, keys, clock)


def texts(person: Player) -> list[str]:
    return [message.text for message in person.bot_messages]


async def test_a_screen_below_is_sent_and_its_message_remembered(shell: Shell) -> None:
    sabine = shell.world.person()
    await shell.show(sabine, "Frage 1 https://goeppingen.de")
    await shell.drain()
    assert texts(sabine) == ["Frage 1 https://goeppingen.de"]
    assert [button["callback_data"] for button in sabine.last.buttons] == ["m:langs", "m:menu"]
    assert (await shell.contact_of(sabine)).screen_message_id == sabine.last.message_id
    assert await shell.waiting() == 0
    sent = shell.world.api.ledger.of("sendMessage")[-1].params
    assert sent["link_preview_options"] == {"is_disabled": True}
    assert "parse_mode" not in sent


async def test_a_screen_in_place_changes_the_message(shell: Shell) -> None:
    sabine = shell.world.person()
    await shell.show(sabine, "Frage 1")
    await shell.drain()
    await shell.show(sabine, "Frage 2", "in_place", sabine.last.message_id)
    await shell.drain()
    assert texts(sabine) == ["Frage 2"]
    assert len(shell.world.api.ledger.of("sendMessage")) == 1


async def test_not_modified_is_success(shell: Shell) -> None:
    sabine = shell.world.person()
    await shell.show(sabine, "Frage 1")
    await shell.drain()
    await shell.show(sabine, "Frage 1", "in_place", sabine.last.message_id)
    await shell.drain()
    assert texts(sabine) == ["Frage 1"]
    assert await shell.waiting() == 0
    assert shell.delivery.counters["applied"] == 1


async def test_a_screen_whose_message_is_gone_is_sent_anew(shell: Shell) -> None:
    sabine = shell.world.person()
    await shell.show(sabine, "Frage 2", "in_place", 999_999)
    await shell.drain()
    assert texts(sabine) == ["Frage 2"]
    assert (await shell.contact_of(sabine)).screen_message_id == sabine.last.message_id


async def test_a_screen_in_place_without_a_message_is_sent(shell: Shell) -> None:
    sabine = shell.world.person()
    await shell.show(sabine, "Frage 1", "in_place")
    await shell.drain()
    assert texts(sabine) == ["Frage 1"]


async def test_an_old_screen_loses_its_buttons_once_or_not_at_all(shell: Shell) -> None:
    sabine = shell.world.person()
    await shell.show(sabine, "Frage 1")
    await shell.drain()
    for message_id in (sabine.last.message_id, sabine.last.message_id, 999_999):
        await shell.put(sabine, OutboxKind.RETIRE, {"message_id": message_id}, f"retire:{message_id}")
        await shell.drain()
    assert sabine.last.buttons == []
    assert await shell.waiting() == 0
    assert shell.lost == []


async def test_a_file_is_sent(shell: Shell) -> None:
    sabine = shell.world.person()
    body = {
        "file_name": "mitreden.json",
        "content_base64": base64.b64encode(b'{"a": 1}').decode(),
        "caption": "Das haben wir gespeichert.",
    }
    await shell.put(sabine, OutboxKind.DOCUMENT, body, "file:a")
    await shell.drain()
    assert sabine.last.content["document"]["file_name"] == "mitreden.json"
    assert sabine.last.text == "Das haben wir gespeichert."


@pytest.mark.parametrize("leave", [Player.blocks, Player.deactivates])
async def test_who_cannot_be_reached_is_noted_and_the_row_dropped(
    shell: Shell, leave: Callable[[Player], None]
) -> None:
    sabine = shell.world.person()
    leave(sabine)
    await shell.say(sabine, "Guten Tag")
    await shell.drain()
    assert shell.lost == [(await shell.contact_of(sabine)).id]
    assert await shell.waiting() == 0


async def test_who_never_started_cannot_be_reached(shell: Shell) -> None:
    omar = shell.world.api.world.person("Omar")
    await shell.say(omar, "Guten Tag")
    await shell.drain()
    assert len(shell.lost) == 1
    assert await shell.waiting() == 0


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (OutboxKind.MESSAGE, {"text": "", "keyboard": []}),
        (OutboxKind.MESSAGE, {"text": "z" * 5000, "keyboard": []}),
        (OutboxKind.MESSAGE, {"text": "a", "keyboard": [[["x", "y" * 65]]]}),
        (OutboxKind.MESSAGE, {"text": "a", "keyboard": [["x"]]}),
        (OutboxKind.SCREEN, {"text": "a"}),
        (OutboxKind.DOCUMENT, {"file_name": "a", "content_base64": "?"}),
        (OutboxKind.RETIRE, {}),
    ],
)
async def test_what_will_never_be_taken_is_dropped_and_holds_nothing_up(
    shell: Shell, kind: OutboxKind, body: dict[str, Any]
) -> None:
    sabine = shell.world.person()
    await shell.put(sabine, kind, body, "note:bad")
    await shell.say(sabine, "danach")
    await shell.drain()
    assert texts(sabine) == ["danach"]
    assert shell.delivery.counters["refused"] == 1
    assert shell.lost == []


@pytest.mark.parametrize("kind", [FaultKind.REJECT_500, FaultKind.RESET])
async def test_what_did_not_arrive_is_sent_again_later(shell: Shell, kind: FaultKind) -> None:
    sabine = shell.world.person()
    shell.world.api.faults.order(kind, "sendMessage", times=3)
    await shell.say(sabine, "Guten Tag")
    await shell.drain()
    assert texts(sabine) == []
    await shell.drain_all()
    assert texts(sabine) == ["Guten Tag"]


@pytest.mark.parametrize(
    "kind", [FaultKind.APPLY_THEN_500, FaultKind.APPLY_THEN_RESET, FaultKind.APPLY_THEN_GARBAGE]
)
async def test_an_unknown_outcome_repeats_a_message_and_never_a_screen_in_place(
    shell: Shell, kind: FaultKind
) -> None:
    sabine = shell.world.person()
    shell.world.api.faults.order(kind, "sendMessage", times=1)
    await shell.say(sabine, "Guten Tag")
    await shell.drain_all()
    assert texts(sabine) == ["Guten Tag", "Guten Tag"]
    shell.world.api.faults.order(kind, "editMessageText", times=2)
    await shell.show(sabine, "Frage 2", "in_place", sabine.last.message_id)
    await shell.drain_all()
    assert texts(sabine) == ["Guten Tag", "Frage 2"]


async def test_a_429_silences_the_whole_bot_and_costs_no_attempt(shell: Shell) -> None:
    people = [shell.world.person(name) for name in ("Sabine", "Omar", "Grace")]
    shell.world.api.faults.reject_429(30, "sendMessage", times=1)
    await shell.say(people[0], "eins")
    async with shell.running():
        await shell.delivery.idle()
        for person in people:
            await shell.say(person, "zwei", f"two:{person.person.first_name}")
        await shell.delivery.idle()
        assert len(shell.world.api.ledger.of("sendMessage")) == 1
        attempts = select(tables.outbox.c.attempts)
        assert await shell.write(lambda c: list(c.execute(attempts).scalars())) == [0] * 4
        shell.clock.forward(seconds=29)
        shell.delivery.wake()
        await shell.delivery.idle()
        assert len(shell.world.api.ledger.of("sendMessage")) == 1
        shell.clock.forward(seconds=1)
        shell.delivery.wake()
        await shell.delivery.idle()
    assert texts(people[0]) == ["eins", "zwei"]
    assert [texts(person) for person in people[1:]] == [["zwei"], ["zwei"]]


async def test_a_429_gives_back_what_was_claimed_beside_it(shell: Shell) -> None:
    people = [shell.world.api.world.invent_person(f"P{number}", "de") for number in range(12)]
    for person in people:
        person.starts()
        await shell.say(person, "Guten Tag", f"note:{person.person.first_name}")
    shell.world.api.faults.reject_429(30, "sendMessage", times=4)
    await shell.drain()
    await shell.drain_all()
    assert [texts(person) for person in people] == [["Guten Tag"]] * 12


async def test_a_refused_token_keeps_the_row_and_asks_seldom(shell: Shell) -> None:
    sabine = shell.world.person()
    shell.world.api.faults.order(FaultKind.REJECT_401, "sendMessage", times=2)
    await shell.say(sabine, "Guten Tag")
    await shell.drain()
    assert len(shell.world.api.ledger.of("sendMessage")) == 1
    await shell.drain_all()
    assert texts(sabine) == ["Guten Tag"]


async def test_the_order_of_a_chat_is_kept_through_failures(shell: Shell) -> None:
    people = [shell.world.person(name) for name in ("Sabine", "Omar", "Grace")]
    wanted = [f"Nachricht {number}" for number in range(10)]
    for fault in (FaultKind.REJECT_500, FaultKind.RESET, FaultKind.REJECT_429):
        shell.world.api.faults.order(fault, "sendMessage", times=6, probability=0.3, seconds=2)
    for text in wanted:
        for person in people:
            await shell.say(person, text, f"{text}:{person.person.first_name}")
    await shell.drain_all()
    assert [texts(person) for person in people] == [wanted] * 3


async def test_chats_go_side_by_side_but_never_too_many(shell: Shell) -> None:
    people = [shell.world.api.world.invent_person(f"P{number}", "de") for number in range(IN_FLIGHT + 5)]
    hang = shell.world.api.faults.order(FaultKind.APPLY_THEN_HANG, "sendMessage", times=None)
    for person in people:
        person.starts()
        await shell.say(person, "Guten Tag", f"note:{person.person.first_name}")
    task = asyncio.create_task(shell.delivery.run())
    await until(lambda: hang.hits == IN_FLIGHT)
    assert len(shell.delivery._tasks) == IN_FLIGHT
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert hang.hits == IN_FLIGHT


async def test_answers_go_before_mailings(shell: Shell) -> None:
    people = [shell.world.api.world.invent_person(f"P{number}", "de") for number in range(60)]
    for person in people:
        person.starts()
        await shell.say(person, "Rundbrief", f"bulk:{person.person.first_name}", Lane.BULK)
    sabine = shell.world.person()
    await shell.say(sabine, "Antwort")
    task = asyncio.create_task(shell.delivery.run())
    await shell.world.api.world.wait_for(lambda: len(shell.world.api.ledger.of("sendMessage")) >= 20)
    sent = [entry.params["text"] for entry in shell.world.api.ledger.of("sendMessage")]
    assert "Antwort" in sent[:11]
    shell.delivery.stop()
    await task
    shell.clock.forward(seconds=1)
    await shell.drain_all()
    assert sorted(entry.params["chat_id"] for entry in shell.world.api.ledger.of("sendMessage")) == sorted(
        person.id for person in [*people, sabine]
    )


async def test_a_screen_replaced_in_flight_is_shown_in_the_new_message(shell: Shell) -> None:
    sabine = shell.world.person()
    held = shell.world.api.faults.delay(0.05, "sendMessage")
    await shell.show(sabine, "Frage 1")
    async with shell.running():
        await until(lambda: held.hits)
        await shell.show(sabine, "Frage 2", "in_place", None)
        await shell.delivery.idle()
    assert texts(sabine) == ["Frage 2"]
    assert (await shell.contact_of(sabine)).screen_message_id == sabine.last.message_id


async def test_a_screen_that_follows_below_takes_the_buttons_off_the_unknown_one(shell: Shell) -> None:
    sabine = shell.world.person()
    held = shell.world.api.faults.delay(0.05, "sendMessage")
    await shell.show(sabine, "Frage 1")
    async with shell.running():
        await until(lambda: held.hits)
        await shell.show(sabine, "Frage 2")
        await shell.delivery.idle()
    assert texts(sabine) == ["Frage 1", "Frage 2"]
    assert [bool(message.buttons) for message in sabine.bot_messages] == [False, True]


async def test_a_stop_waits_for_what_is_under_way_and_leaves_nothing_leased(shell: Shell) -> None:
    sabine = shell.world.person()
    held = shell.world.api.faults.delay(0.05, "sendMessage")
    await shell.say(sabine, "Guten Tag")
    async with shell.running():
        await until(lambda: held.hits)
    assert texts(sabine) == ["Guten Tag"]
    assert await shell.waiting() == 0


async def test_a_stop_cuts_off_what_hangs_and_puts_it_back(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.delivery.STOP_GRACE_SECONDS", 0.0)
    sabine = shell.world.person()
    hang = shell.world.api.faults.order(FaultKind.APPLY_THEN_HANG, "sendMessage")
    await shell.say(sabine, "Guten Tag")
    async with shell.running():
        await until(lambda: hang.hits)
    assert await shell.waiting() == 1
    assert await shell.leased() == 0


async def test_a_database_that_fails_is_waited_out(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.delivery.LOOK_SECONDS", 0.01)
    sabine = shell.world.person()
    await shell.say(sabine, "Guten Tag")
    healthy, failures = shell.write, iter(range(3))

    async def failing(work: Callable[[Connection], Any], /) -> Any:
        if next(failures, None) is not None:
            raise OSError("disk full")
        return await healthy(work)

    shell.write = failing
    shell.delivery = shell.new_delivery()
    async with shell.running():
        await shell.delivery.idle()
    assert texts(sabine) == ["Guten Tag"]


@contextmanager
def crashing(shell: Shell, point: int) -> Iterator[None]:
    shell.points, shell.crash_at = [], point
    try:
        yield
    finally:
        shell.crash_at = -1


async def life(shell: Shell) -> None:
    """Deliver a screen, its change and a message to one person, and a message to another."""
    sabine, omar = shell.world.api.world.person("Sabine"), shell.world.api.world.person("Omar")
    shell.delivery = shell.new_delivery()
    async with asyncio.timeout(10):
        task = asyncio.create_task(shell.delivery.run())
        try:
            await shell.show(sabine, "Frage 1")
            await shell.say(omar, "Guten Tag")
            await shell.say(sabine, "Danke")
            idle = asyncio.create_task(shell.delivery.idle())
            await asyncio.wait((idle, task), return_when=asyncio.FIRST_COMPLETED)
            idle.cancel()
            shell.delivery.stop()
            await task
        except Crash:
            return


async def test_a_crash_at_any_point_loses_nothing_and_repeats_only_what_was_in_flight(shell: Shell) -> None:
    sabine, omar = shell.world.person("Sabine"), shell.world.person("Omar")
    point = 0
    while True:
        for person in (sabine, omar):
            person.clears_chat()
        with crashing(shell, point):
            await life(shell)
        has_crashed = any(name.startswith("crash") for name in shell.points)
        in_flight = shell.points.count("before request") - shell.points.count("after settle")
        await shell.drain_all()
        for person, wanted in ((sabine, {"Frage 1", "Danke"}), (omar, {"Guten Tag"})):
            assert set(texts(person)) == wanted, (point, shell.points)
            assert len(texts(person)) - len(wanted) <= max(in_flight, 0), (point, shell.points)
        if not has_crashed:
            break
        point += 1
    assert point >= 15


async def test_a_lease_that_ran_out_is_taken_back_while_running(shell: Shell) -> None:
    sabine = shell.world.person()
    async with shell.running():
        await shell.delivery.idle()
        shell.delivery._idle.clear()
        contact = await shell.contact_of(sabine)
        message = OutboxMessage(
            "note:x", sabine.id, contact.id, OutboxKind.MESSAGE, {"text": "Guten Tag", "keyboard": []}
        )

        def strand(connection: Connection) -> None:
            now = shell.clock()
            outbox.put(connection, shell.keys, message, now)
            sending.claim_due(connection, shell.keys, lane=Lane.REPLY, now=now, lease=LEASE, limit=1)

        await shell.write(strand)
        shell.delivery.wake()
        await shell.delivery.idle()
        assert texts(sabine) == []
        shell.clock.forward(seconds=61)
        shell.delivery.wake()
        await shell.delivery.idle()
    assert texts(sabine) == ["Guten Tag"]


def test_a_description_is_logged_without_what_it_quotes() -> None:
    described = safe_description(BadRequest("Bad Request: chat 5000000001 said \"Zinnober\" to 'Anna'"))
    assert described == "Chat ########## said"
    assert safe_description(KeyError("Zinnober")) == "KeyError"


class _NoWords(dict[str, dict[str, Any]]):
    """Words that cannot be found."""

    def get(self, key: str, default: Any = None) -> Any:
        raise LookupError(key)


async def test_a_row_whose_words_cannot_be_found_holds_nobody_up(shell: Shell) -> None:
    """A town may take out what an old mailing speaks of; people are answered nevertheless."""
    sabine = shell.world.person()
    shell.composed = _NoWords()
    await shell.say(sabine, "Antwort")
    contact = await shell.contact_of(sabine)

    def put(connection: Connection) -> None:
        message = OutboxMessage("ann:1:x", sabine.id, contact.id, OutboxKind.MESSAGE, {}, Lane.BULK)
        outbox.put(connection, shell.keys, message, shell.clock())

    await shell.write(put)
    with structlog.testing.capture_logs() as logs:
        await shell.drain_all()
    assert [log["event"] for log in logs if log["log_level"] == "error"] == ["words_failed"]
    assert [entry.params["text"] for entry in shell.world.api.ledger.of("sendMessage")] == ["Antwort"]
