"""Ten thousand malformed and hostile updates: every one accounted for, none with an effect.

The updates go the whole way: local Bot API, intake, inbox, turn, outbox, delivery. One seed, printed.
"""

from __future__ import annotations

import asyncio
import json
import logging
import random
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.buttons import decode
from bot.intake import _read_answer, _receive, _UnreadableError
from bot.updates import Kind, Projection, project
from tests.support.chat import PATIENCE_SECONDS, Town

COUNT = 10_000
SEED = 20_270_623
#: Whom the hostile updates name: some of their own, the victim, nobody.
STRANGERS = tuple(range(7_100_000_000, 7_100_000_400))

Json = Any
NASTY_TEXTS = (
    "",
    " ",
    "\x00",
    "a\x00b",
    "\ud800",
    "\udfff\ud800",
    "\u202e\u2066evil\u2069",
    "\u200f" * 50,
    "ä" * 4096,
    "ä" * 4097,
    "x" * 20_000,
    "😀" * 2048,
    "{0.__class__}",
    "%(town)s %s %n",
    "{org} {n}",
    "<b>fett</b>",
    "[link](tg://user?id=1)",
    "'; DROP TABLE answer; --",
    '=HYPERLINK("http://x")',
    "/start",
    "/start " + "x" * 64,
    "/start \u202e",
    "/start news-\x00",
    "/delete",
    "/stop",
    "stop",
    "/mydata@other_bot",
    "/" + "x" * 500,
    "//",
    "/",
    "1e999",
    "NaN",
    "\u0130" * 10,
    "ﷺ" * 100,
    "ͣ" * 3000,
)
NASTY_NUMBERS = (
    0,
    -1,
    1,
    2**31,
    2**53,
    2**63 - 1,
    2**63,
    2**64,
    -(2**63),
    10**400,
    1.5,
    float("1e308"),
    True,
)
NASTY_DATA = (
    "",
    "q",
    "q:",
    "q:::::",
    "m:",
    "m:erase\x00",
    "m:" + "x" * 70,
    "q:a:1:b:c:2",
    "q:a:-1:b:c",
    "m:field:../..",
    "m:sub:all",
    "m:sub:forum_nirgends",
    "m:edit:arbeit.arb_now",
    "m:edit:.",
    "m:restart:arbeit.1",
    "m:thanks:arbeit",
    "m:review:profile",
    "m:lang:xx",
    "m:lang:de.arbeit-x",
    "m:agree:\u202e",
    "m:msgyes:news.nirgends",
    "m:needs:forum_arbeit",
    "m:comment:profile",
    "m:pn:imprint",
    "m:pn:nothing",
    "q:" + "9" * 60,
    "ä" * 40,
    "\ud800",
    "M:ERASE",
    " m:erase",
    "m:staff",
    "m:resume:profile",
    "m:datafile",
    "m:erase",
    "m:question",
    "m:profgo",
    "m:prio",
    "m:alloff",
    "m:unsub:results",
    "m:under16",
    "m:langs",
)


@pytest.fixture(autouse=True)
def quiet_logs() -> Iterator[None]:
    """Three thousand lines about quarantined updates would hide what matters."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    yield
    structlog.reset_defaults()


class Enemy:
    """Makes updates that break every rule a different way, from one seed."""

    def __init__(self, victim: int, victims_buttons: list[str], seed: int) -> None:
        self.rng = random.Random(seed)
        self.victim = victim
        self.buttons = (*victims_buttons, *NASTY_DATA)
        self.kinds: Counter[str] = Counter()

    def updates(self, count: int) -> Iterator[tuple[str, Json]]:
        """Make so many updates, as kind and payload."""
        ways: list[tuple[str, Callable[[], tuple[str, Json]]]] = [
            ("forged button", self.forged_button),
            ("hostile text", self.hostile_text),
            ("wrong types", self.wrong_types),
            ("lost parts", self.lost_parts),
            ("nested deep", self.nested_deep),
            ("not even an object", self.no_object),
            ("unknown kind", self.unknown_kind),
            ("group", self.group),
            ("membership", self.membership),
            ("edit", self.edit),
            ("voice", self.voice),
            ("impostor", self.impostor),
        ]
        for _ in range(count):
            name, make = self.rng.choice(ways)
            self.kinds[name] += 1
            yield make()

    def person(self, who: int | None = None) -> Json:
        who = self.rng.choice(STRANGERS) if who is None else who
        language = self.rng.choice(("de", "ar", self.text()))
        return {"id": who, "is_bot": False, "first_name": self.text(), "language_code": language}

    def message(self, who: int | None = None, **content: Json) -> Json:
        person = self.person(who)
        chat = {"id": person["id"], "type": "private", "first_name": self.text()}
        return {"message_id": self.rng.randrange(1, 2**31), "date": 1, "from": person, "chat": chat} | content

    def text(self) -> str:
        return self.rng.choice(NASTY_TEXTS)

    def forged_button(self) -> tuple[str, Json]:
        message = self.message()
        person = message.pop("from")
        press = {"id": str(self.rng.getrandbits(60)), "from": person, "chat_instance": "1"}
        return "callback_query", press | {"message": message, "data": self.rng.choice(self.buttons)}

    def hostile_text(self) -> tuple[str, Json]:
        return "message", self.message(text=self.text())

    def edit(self) -> tuple[str, Json]:
        return "edited_message", self.message(text=self.text(), edit_date=2)

    def voice(self) -> tuple[str, Json]:
        voice = {
            "file_id": self.rng.choice(("x" * 60, "../../etc/passwd", self.text(), 7, None)),
            "duration": self.rng.choice((*NASTY_NUMBERS, 3)),
            "file_size": self.rng.choice((*NASTY_NUMBERS, 3000)),
            "mime_type": self.rng.choice(("audio/ogg", "text/html", self.text(), [])),
        }
        return "message", self.message(voice=voice)

    def wrong_types(self) -> tuple[str, Json]:
        kind, payload = self.rng.choice((self.hostile_text, self.forged_button, self.membership))()
        for _ in range(self.rng.randint(1, 3)):
            self._spoil(payload)
        return kind, payload

    def lost_parts(self) -> tuple[str, Json]:
        kind, payload = self.rng.choice((self.hostile_text, self.forged_button, self.membership))()
        for name in self.rng.sample(sorted(payload), self.rng.randint(1, len(payload))):
            del payload[name]
        return kind, payload

    def nested_deep(self) -> tuple[str, Json]:
        deep: Json = "x"
        for _ in range(self.rng.choice((100, 400))):
            deep = [deep] if self.rng.random() < 0.5 else {"reply_to_message": deep}
        return self.rng.choice(
            (("message", self.message(text="x") | {"reply_to_message": deep}), ("message", deep))
        )

    def no_object(self) -> tuple[str, Json]:
        kind = self.rng.choice(("message", "edited_message", "callback_query", "my_chat_member"))
        return kind, self.rng.choice((None, [], "", 7, True, {}, [[]], self.text()))

    def unknown_kind(self) -> tuple[str, Json]:
        kind = self.rng.choice(("poll", "inline_query", "channel_post", "x" * 300, "", "update", "stories"))
        return kind, self.rng.choice((self.message(text=self.text()), {}, None))

    def group(self) -> tuple[str, Json]:
        message = self.message(text=self.rng.choice(("/start", "/delete", self.text())))
        message["chat"] = {
            "id": -self.rng.randrange(1, 2**40),
            "type": self.rng.choice(("group", "supergroup", "channel", "x")),
        }
        return "message", message

    def membership(self) -> tuple[str, Json]:
        person = self.person()
        member = {"status": self.rng.choice(("kicked", "member", "left", "owner", None)), "user": person}
        chat = {"id": person["id"], "type": "private"}
        return "my_chat_member", {"from": person, "chat": chat, "date": 1, "new_chat_member": member}

    def impostor(self) -> tuple[str, Json]:
        """Somebody else in the victim's chat, or the victim's name on somebody else's chat."""
        kind, payload = self.rng.choice((self.hostile_text, self.forged_button))()
        place = payload["message"] if kind == "callback_query" else payload
        if self.rng.random() < 0.5:
            place["chat"] = {"id": self.victim, "type": "private"}
        else:
            payload["from"] = payload["from"] | {"id": self.victim}
        if self.rng.random() < 0.3:
            place["sender_chat"] = {"id": self.victim, "type": "channel"}
        return kind, payload

    def _spoil(self, part: Json) -> None:
        while isinstance(part, dict) and part:
            name = self.rng.choice(sorted(part))
            if isinstance(part[name], dict) and self.rng.random() < 0.7:
                part = part[name]
                continue
            part[name] = self.rng.choice((*NASTY_NUMBERS, *NASTY_TEXTS, None, [], {}, [1], {"id": 1}))
            return


async def test_ten_thousand_hostile_updates_are_all_accounted_for_and_change_nothing(
    sqlite_town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    town = sqlite_town
    victim = await town.chat("Sabine")
    await victim.takes_part("de", "sprache")
    await victim.chooses("s2")
    answers, respondents = town.rows("answer"), town.rows("respondent")
    enemy = Enemy(victim.id, [button["callback_data"] for button in victim.screen.buttons], SEED)
    seen, before = victim.sees, len(town.rows("inbox"))

    failures: list[BaseException] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: failures.append(context["exception"]))
    set_back: list[BaseException | str] = []
    take = type(town.app.worker.turns).take

    def watched(self: Any, *given: Any) -> Any:
        try:
            return take(self, *given)
        except BaseException as error:
            set_back.append(error)
            raise

    monkeypatch.setattr(type(town.app.worker.turns), "take", watched)
    queue = town.world.api.world.updates
    first_id = 2_000_000_000
    for number, (kind, payload) in enumerate(enemy.updates(COUNT)):
        queue.put_again(first_id + number, kind, payload)
        if number % 500 == 499:
            await let_the_bot_take(town)
    await let_the_bot_take(town)
    town.clock.forward(minutes=1)
    await town.rest()

    states: Counter[str] = Counter()
    for row in town.rows("inbox"):
        if row["update_id"] >= first_id:
            states[row["state"]] += 1
    print(f"seed {SEED}: {COUNT} updates {dict(enemy.kinds)} -> {dict(states)}, {len(set_back)} turns failed")
    assert states.total() == COUNT
    assert states["waiting"] == 0
    assert len(town.rows("inbox")) == before + COUNT
    assert set_back == []
    assert failures == []
    assert states["quarantined"] > 500
    assert states["done"] > 5_000
    assert town.rows("answer") == answers
    consented = {row["pseudonym"] for row in town.rows("respondent")} - {
        row["pseudonym"] for row in respondents
    }
    assert consented <= {town.keys.pseudonym(stranger) for stranger in STRANGERS}
    assert town.rows("voice") == []
    assert victim.sees == seen
    assert town.app.delivery.counters["refused"] == 0, "nothing was sent that Telegram refuses"

    town.clock.forward(minutes=5)
    await victim.chooses("course")
    assert town.answers(victim)["sprache/spr_learn"] == "course"
    normal = await town.chat("Grace")
    await normal.takes_part("en", "werte")
    await normal.finishes()
    assert town.words("end.thanks", "en") in normal.sees


async def let_the_bot_take(town: Town) -> None:
    """Let the bot work off what waits, however long that takes."""
    updates = town.world.api.world.updates
    async with asyncio.timeout(10 * PATIENCE_SECONDS):
        while updates.pending_count:
            await asyncio.sleep(0)
            await updates.wait_for_poll()
        await town.app.worker.idle()


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"null",
        b"[]",
        b'{"ok":true}',
        b'{"ok":true,"result":{}}',
        b'{"ok":true,"result":[' + b"[" * 100_000,
        b'{"ok":true,"result":[{"update_id":1,"message":' + b'{"a":' * 100_000,
        b"\xff\xfe",
        b'{"ok":true,"result":[' + b"9" * 100_000 + b"]}",
    ],
    ids=lambda answer: repr(answer[:40]),
)
def test_an_answer_that_is_no_list_of_updates_is_told_apart(answer: bytes) -> None:
    with pytest.raises(_UnreadableError):
        _read_answer(answer)


@pytest.mark.parametrize("depth", [100, 900])
def test_an_update_of_a_thousand_levels_is_projected_or_set_aside(depth: int) -> None:
    deep = '{"a":' * depth + "1" + "}" * depth
    body = f'{{"ok":true,"result":[{{"update_id":7,"message":{deep}}}]}}'.encode()
    (raw,) = _read_answer(body)
    projection = project(raw)
    assert projection is not None
    assert projection.kind is Kind.UNDECODABLE


async def test_updates_nested_too_deep_or_with_too_large_an_id_do_not_stop_the_others(
    sqlite_town: Town,
) -> None:
    town = sqlite_town
    chat = await town.chat("Sabine")
    await chat.enters("de")
    poll, answered = town.app.intake.poll, iter((1, 2, 3, 4, 5, 6, 7, 8))

    async def poisoned(offset: int | None, limit: int, timeout_seconds: int) -> bytes:
        body = await poll(offset, limit, timeout_seconds)
        if b'"poison"' in body and next(answered, None) is not None:
            return body.replace(b'"poison"', b'{"a":' * 100_000 + b"1" + b"}" * 100_000)
        return body

    town.app.intake.poll = poisoned
    town.app.intake.sleep = lambda seconds: asyncio.sleep(0)
    await chat.says("/help")  # the poll under way is the old one
    queue, first = town.world.api.world.updates, town.world.api.world.updates._next_id
    queue.put_again(first, "message", "poison")  # type: ignore[arg-type]
    queue.put_again(first + 1, "message", {"message_id": 2**63, "chat": {"id": 2**63, "type": "private"}})
    chat.player.sends_text("/topics")
    await town.rest()
    assert town.words("consent.answers") in chat.sees or "agree" in chat.choices
    states = {row["update_id"]: (row["state"], row["reason"]) for row in town.rows("inbox")}
    assert states[first] == ("quarantined", "unreadable")
    assert states[first + 1] == ("quarantined", "message:chat")


async def test_a_button_of_somebody_elses_session_changes_nothing_for_anybody(town: Town) -> None:
    victim, enemy = await town.chat("Sabine"), await town.chat("Grace")
    await victim.takes_part("de", "sprache")
    await enemy.takes_part("en", "sprache")
    answers = town.rows("answer")
    seen = victim.sees
    for button in list(victim.screen.buttons):
        await enemy.presses(button["callback_data"])
        assert enemy.popups[-1] == town.words("err.old_button", "en")
        await enemy.presses(button["callback_data"], victim.screen.message_id)
    assert town.rows("answer") == answers
    assert victim.sees == seen


async def test_forged_presses_write_nothing_and_get_a_neutral_reply(sqlite_town: Town) -> None:
    town = sqlite_town
    chat = await town.chat("Sabine")
    await chat.takes_part("de", "sprache")
    tag = chat.screen.buttons[0]["callback_data"].split(":")[1]
    visit = int(chat.screen.buttons[0]["callback_data"].split(":")[2])
    answers = town.rows("answer")
    forged = [
        f"q:{tag}:{visit}:spr_now:s6",
        f"q:{tag}:{visit}:spr_now:_done",
        f"q:{tag}:{visit}:spr_now:_yes",
        f"q:{tag}:{visit}:spr_now:_stop",
        f"q:{tag}:{visit}:spr_learn:course",
        f"q:{tag}:{visit}:arb_now:working",
        f"q:{tag}:{visit + 1}:spr_now:s1",
        f"q:{tag}:999999:spr_now:s1",
        f"q:{tag}x:{visit}:spr_now:s1",
        "q:1:2:3:4",
        "nonsense",
        "m:staff",
    ]
    known = {town.words("err.old_button"), town.words("err.use_buttons")}
    for data in forged:
        popups = len(chat.popups)
        await chat.presses(data)
        assert set(chat.popups[popups:]) <= known, data
        assert town.rows("answer") == answers, data
        assert "s1" in chat.choices, data
    print(f"{len(forged)} forged presses")


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=30),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                [
                    "update_id",
                    "message",
                    "callback_query",
                    "edited_message",
                    "my_chat_member",
                    "chat",
                    "from",
                    "id",
                    "type",
                    "text",
                    "data",
                    "voice",
                    "message_id",
                    "new_chat_member",
                    "status",
                    "file_id",
                ]
            ),
            inner,
            max_size=6,
        )
    ),
    max_leaves=25,
)


@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@given(JSON_VALUES)
def test_whatever_comes_is_received_or_left_and_comes_back_as_it_was_stored(raw: Any) -> None:
    received = _receive(raw)
    if received is None:
        assert project(raw) is None
        return
    assert Projection.from_bytes(received.body).to_bytes() == received.body
    received.body.decode("utf-8")
    assert json.loads(received.body)["update_id"] == received.update_id


@settings(max_examples=400, deadline=None)
@given(st.text(max_size=80) | st.from_regex(r"[qm]:[a-z0-9_:.-]{0,70}", fullmatch=True))
def test_callback_data_is_one_of_ours_or_nothing(data: str) -> None:
    from bot.buttons import encode

    button = decode(data)
    assert button is None or encode(button) == data


async def test_each_hostile_text_is_answered_or_let_pass_and_shown_as_it_is(sqlite_town: Town) -> None:
    """What a person writes is shown back literally: no markup, no gap, no turned direction."""
    town = sqlite_town
    chat = await town.chat("Omar")
    await chat.takes_part("ar", "sprache")
    await chat.finishes(until="own")
    shown = 0
    for words in NASTY_TEXTS:
        stripped = words.replace("\u200f", "").strip()
        if not 0 < len(stripped) <= 1000 or stripped[0] in "/\x00\ud800\udfff" or words == "stop":
            continue
        await chat.says(words)
        if "_yes" in chat.choices:
            shown += 1
            assert set("\u202e\u2066\u2067\u202d").isdisjoint(chat.screen.text)
            assert "entities" not in chat.screen.content or "bold" not in str(chat.screen.content["entities"])
            assert chat.screen.text.count("\u2068") == chat.screen.text.count("\u2069")
            await chat.chooses("_no")
    print(f"{shown} hostile texts shown back")
    assert shown > 5
