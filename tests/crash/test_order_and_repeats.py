"""Updates come more than once and mixed between people; presses come again under new ids.

Telegram repeats what it was not told of in time, and an app repeats a press whose answer it missed
(telegram-bot-api #699), with another update id and another callback id. None of it may change an answer.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from bot.content import LoadedContent, load_content
from bot.preview.server import LocalBotApi
from storage.database import Database
from tests.support import checker
from tests.support.crowd import Seen, Visitor, answer_in_turn, make_crowd
from tests.support.databases import NewUrl, make_keys, opened
from tests.support.kill_harness import SteppedBot
from tests.support.world import BOT_USERNAME, TOKEN, Clock

SEED = 4711
PEOPLE = 20
MOST_COPIES = 5
KEYS = make_keys()


@dataclass
class Postman:
    """Delivers each update one to five times, now and later, people mixed, each person in order."""

    rng: random.Random
    delivered: int = 0
    copies: int = 0
    _seen: list[Any] = field(default_factory=list)

    def __call__(self, updates: list[Any]) -> list[Any]:
        """Return what arrives in place of these updates."""
        queues: dict[int, list[Any]] = defaultdict(list)
        for update in updates:
            queues[_sender(update)] += [update] * self.rng.randint(1, MOST_COPIES)
        arriving = []
        while queues:
            who = self.rng.choice(sorted(queues))
            arriving.append(queues[who].pop(0))
            if not queues[who]:
                del queues[who]
        for late in self.rng.sample(self._seen, min(len(self._seen), len(updates) // 2)):
            arriving.insert(self.rng.randrange(len(arriving)), late)
        self._seen += updates
        self.delivered += len(updates)
        self.copies += len(arriving)
        return arriving


@dataclass
class Impatient(Visitor):
    """Somebody whose presses arrive again: twice at once, or once more when all is done."""

    again: int = 0
    _late: list[tuple[int, str]] = field(default_factory=list)

    def act(self, seen: Seen) -> None:
        """Do the next thing, and some of the things before again."""
        luck = self.rng.random()
        if self._late and luck < 0.3:
            self.again += 1
            self.player.presses(*self._late[-1])
        if self._late and luck < 0.1:
            self.again += 1
            self.player.presses(*self.rng.choice(self._late))
        super().act(seen)

    def _press(self, seen: Seen, data: str) -> None:
        super()._press(seen, data)
        # A mark set again much later, or a page opened again, is a new wish and not a repeat.
        if data.startswith("q:") and not data.endswith((":0", ":1")):
            self._late.append((seen.message_id, data))
        if self.rng.random() < 0.3:
            self.again += 1
            self.player.presses(seen.message_id, data)


def _sender(update: Any) -> int:
    inside = next(part for name, part in update.items() if name != "update_id")
    return int(inside["from"]["id"])


@pytest.fixture(scope="module")
def loaded() -> LoadedContent:
    return load_content(None)


@dataclass
class Place:
    """A Bot API, a database, a clock."""

    api: LocalBotApi
    url: str
    database: Database
    clock: Clock
    loaded: LoadedContent

    async def answer(self, crowd: list[Visitor], postman: Postman | None = None) -> checker.Comparison:
        """Let the crowd answer, and compare what is stored with what each did."""
        bot = await SteppedBot.begin(self.database, self.api, self.url, self.loaded, KEYS, self.clock)
        if postman is not None:
            bot.arrive = postman

        async def pump() -> None:
            self.clock.forward(seconds=3)
            await bot.work()

        try:
            await answer_in_turn(crowd, pump)
        finally:
            await bot.abandon()
        left = checker.count_left_over(self.database)
        assert set(left.values()) == {0}, left
        return checker.compare(self.database, KEYS, crowd)


@pytest.fixture
async def place(new_url: NewUrl, loaded: LoadedContent) -> AsyncIterator[Place]:
    clock = Clock()
    api = LocalBotApi(TOKEN, clock, random.Random(SEED), BOT_USERNAME)
    url = await api.start("127.0.0.1", 0)
    with opened(new_url()) as database:
        yield Place(api, url, database, clock, loaded)
    await api.stop()


async def test_a_single_delivery_is_stored_as_given(place: Place) -> None:
    compared = await place.answer(make_crowd(place.api, PEOPLE, SEED))
    assert compared.is_exact, compared
    assert compared.given > 5 * PEOPLE


async def test_repeated_and_mixed_updates_change_nothing(place: Place) -> None:
    once, postman = make_crowd(place.api, PEOPLE, SEED), Postman(random.Random(SEED))
    compared = await place.answer(once, postman)
    print(f"\n{postman.delivered} updates came {postman.copies} times; {compared.stored} answers")
    assert postman.copies > 2 * postman.delivered
    assert compared.is_exact, compared
    assert checker.repeated_messages(place.api.ledger).total() == 0


async def test_presses_that_come_again_change_nothing(place: Place) -> None:
    crowd: list[Visitor] = [
        Impatient(one.player, one.rng, one.language, one.field_code, one.role, one.extras)
        for one in make_crowd(place.api, PEOPLE, SEED)
    ]
    compared = await place.answer(crowd, Postman(random.Random(SEED)))
    again = sum(one.again for one in crowd if isinstance(one, Impatient))
    print(f"\n{again} presses came again under new ids; {compared.stored} answers")
    assert again > PEOPLE
    assert compared.is_exact, compared
    assert checker.unanswered_presses(place.api) == 0
    assert not checker.refusals(place.api.ledger)


async def _at_the_next_question(place: Place, bot: SteppedBot) -> tuple[Visitor, Seen, str]:
    """Bring one person to the question behind an own answer; return it, too, and an old button."""
    visitor = make_crowd(place.api, 1, SEED)[0]
    visitor.player.starts()
    ways = ("m:lang:de", "m:say", "m:agree", "settled", "m:field:werte", "wer_now:s2", "wer_obstacle:own")
    pressed = [await _press(place, bot, visitor, way) for way in ways]
    visitor.player.sends_text("Zu wenig Zeit")
    await _pump(place, bot)
    seen = visitor.look()
    assert seen is not None
    return visitor, seen, pressed[-2]


async def _press(place: Place, bot: SteppedBot, visitor: Visitor, way: str) -> str:
    await _pump(place, bot)
    seen = visitor.look()
    assert seen is not None
    data = next(data for _, data in seen.buttons if way in data)
    visitor.player.presses(seen.message_id, data)
    await _pump(place, bot)
    return data


async def _pump(place: Place, bot: SteppedBot) -> None:
    place.clock.forward(seconds=3)
    await bot.work()


@pytest.fixture
async def bot(place: Place) -> AsyncIterator[SteppedBot]:
    stepped = await SteppedBot.begin(place.database, place.api, place.url, place.loaded, KEYS, place.clock)
    yield stepped
    await stepped.abandon()


async def test_a_press_again_on_a_second_copy_shows_the_current_question(
    place: Place, bot: SteppedBot
) -> None:
    """A crash can leave a question in the chat twice. Pressing the same on the other copy is no dead end."""
    visitor, _, _ = await _at_the_next_question(place, bot)
    await _press(place, bot, visitor, "_skip")
    shown = visitor.player.last
    copy = place.api.world.post(visitor.player.chat, None, shown.content, shown.reply_markup)
    pressed = next(data for _, data in (visitor.look() or pytest.fail("no screen")).buttons)
    visitor.player.presses(shown.message_id, pressed)
    visitor.player.presses(copy.message_id, pressed)
    await _pump(place, bot)
    assert shown.text != copy.text or shown.buttons != copy.buttons
    assert any(button["callback_data"] == pressed[:-1] + "0" for button in copy.buttons)


async def test_the_screen_that_comes_back_to_a_message_keeps_its_buttons(
    place: Place, bot: SteppedBot
) -> None:
    """An old button and one of the current screen, pressed together: the current one must stay usable."""
    visitor, seen, old_data = await _at_the_next_question(place, bot)
    first_message = visitor.player.bot_messages[0].message_id
    assert first_message != seen.message_id
    visitor.player.presses(first_message, old_data)
    visitor.player.presses(seen.message_id, seen.find("q:") or "")
    await _pump(place, bot)
    now = visitor.look()
    assert now is not None
    assert (now.message_id, now.text) != (seen.message_id, seen.text)
