"""Updates: what passes the wall, what a person is taken to have done, and that nothing breaks it."""

from __future__ import annotations

import copy
import json
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.updates import (
    ALIASES,
    MAX_TEXT_CHARS,
    Content,
    GroupWrote,
    Kind,
    Projection,
    parse_command,
    project,
    to_incoming,
)
from conversations.incoming import (
    Action,
    ActionButton,
    AnswerButton,
    BlockedBot,
    Commanded,
    Pressed,
    Refused,
    Reworded,
    Said,
    SentRefused,
    Spoke,
    Voice,
)

ANNA = 5_000_000_001
CANARIES = ("Zinnober", "zinnober_name", "+49 7161 555", "48.70123", "Canaryville", "IBAN77")
VOICE = {
    "file_id": "AwACAgIAAxkBAAI",
    "file_unique_id": "AgADzinnober_name",
    "duration": 12,
    "file_size": 9000,
    "mime_type": "audio/ogg",
}


def person() -> dict[str, Any]:
    return {
        "id": ANNA,
        "is_bot": False,
        "first_name": "Zinnober",
        "last_name": "Canaryville",
        "username": "zinnober_name",
        "language_code": "pt-br",
    }


def private() -> dict[str, Any]:
    return {"id": ANNA, "type": "private", "first_name": "Zinnober", "username": "zinnober_name"}


def message(**content: Any) -> dict[str, Any]:
    return {"message_id": 77, "from": person(), "chat": private(), "date": 1, **content}


def update(kind: str = "message", **content: Any) -> dict[str, Any]:
    return {"update_id": 1000, kind: message(**content)}


def press(data: object, **changes: Any) -> dict[str, Any]:
    under = {"message_id": 70, "from": {"id": 1, "is_bot": True}, "chat": private(), "text": "IBAN77"}
    query = {"id": "4382", "from": person(), "message": under, "chat_instance": "9", "data": data}
    return {"update_id": 1000, "callback_query": query | changes}


def mark(chat_id: int, message_id: int) -> str:
    return f"mark-{chat_id}-{message_id}"


def read(raw: object) -> object:
    """Take an update all the way, through the bytes that would be stored."""
    projection = project(raw)
    assert projection is not None
    written = projection.to_bytes()
    assert not any(canary in written.decode() for canary in CANARIES)
    assert Projection.from_bytes(written) == projection
    return to_incoming(projection, mark)


def test_a_text_is_said() -> None:
    assert read(update(text="  Guten Tag 🙂\n")) == Said("  Guten Tag 🙂\n", f"mark-{ANNA}-77")


def test_an_edit_is_reworded_and_a_command_runs_once() -> None:
    assert read(update("edited_message", text="besser")) == Reworded("besser", f"mark-{ANNA}-77")
    assert read(update("edited_message", text="Sprache")) == Reworded("Sprache", f"mark-{ANNA}-77")
    assert read(update("edited_message", text="/delete")) is None
    assert read(update("edited_message", text="  ")) is None
    assert read(update("edited_message", photo=[])) is None


def test_a_voice_message_is_spoken() -> None:
    expected = Spoke(Voice("AwACAgIAAxkBAAI", 12, 9000, "audio/ogg"), f"mark-{ANNA}-77")
    assert read(update(voice=VOICE)) == expected


@pytest.mark.parametrize(
    "change",
    [{"file_id": "a b"}, {"file_id": None}, {"duration": -1}, {"duration": "12"}, {"duration": 2**63}],
)
def test_a_voice_message_that_is_none_is_refused(change: dict[str, Any]) -> None:
    assert read(update(voice=VOICE | change)) == SentRefused(Refused.MEDIA)


def test_a_voice_message_may_lack_size_and_type() -> None:
    voice = {"file_id": "x", "duration": 1, "mime_type": "Zinnober; +49 7161 555"}
    assert read(update(voice=voice)) == Spoke(Voice("x", 1, 0, ""), f"mark-{ANNA}-77")


@pytest.mark.parametrize(
    ("content", "refused"),
    [
        ({"photo": [{"file_id": "zinnober_name"}], "caption": "IBAN77"}, Refused.MEDIA),
        ({"document": {"file_name": "IBAN77.pdf"}}, Refused.MEDIA),
        ({"sticker": {}}, Refused.MEDIA),
        ({"something_of_2030": {"text": "IBAN77"}}, Refused.MEDIA),
        ({"contact": {"phone_number": "+49 7161 555", "first_name": "Zinnober"}}, Refused.CONTACT),
        ({"location": {"latitude": 48.70123, "longitude": 9.6}}, Refused.CONTACT),
        ({"venue": {"title": "Canaryville", "location": {"latitude": 48.70123}}}, Refused.CONTACT),
        ({"text": " \n\t"}, Refused.EMPTY),
        ({"text": "\0\ud800"}, Refused.EMPTY),
    ],
)
def test_what_is_never_stored_is_refused(content: dict[str, Any], refused: Refused) -> None:
    assert read(update(**content)) == SentRefused(refused)


@pytest.mark.parametrize("name", ["pinned_message", "new_chat_members", "video_chat_ended", "gift"])
def test_messages_about_the_chat_are_passed_over(name: str) -> None:
    raw: dict[str, Any] = {"update_id": 1, "message": message() | {name: {"text": "IBAN77"}}}
    projection = project(raw)
    assert projection is not None
    assert projection.content is Content.SERVICE
    assert read(raw) is None


def test_buttons_are_decoded() -> None:
    assert read(press("m:langs")) == Pressed(ActionButton(Action.LANGUAGES))
    assert read(press("q:k3f9:7:arb_now:working:1")) == Pressed(
        AnswerButton("k3f9", 7, "arb_now", "working", switched_on=True)
    )


@pytest.mark.parametrize(
    "data", ["", "m:erase:all:now", "x" * 65, "ü" * 40, "\0", "\ud800", None, 7, ["m:langs"], "m:unknown"]
)
def test_forged_buttons_are_pressed_without_meaning(data: object) -> None:
    assert read(press(data)) == Pressed(None)


def test_a_button_under_a_message_too_old_to_see_counts() -> None:
    raw = press("m:langs", message={"chat": private(), "message_id": 70, "date": 0})
    assert read(raw) == Pressed(ActionButton(Action.LANGUAGES))
    projection = project(raw)
    assert projection is not None
    assert (projection.message_id, projection.callback_id) == (70, "4382")


def test_a_block_is_noticed_and_its_end_is_not_an_act() -> None:
    def membership(status: str) -> dict[str, Any]:
        member = {"user": person(), "status": status}
        return {
            "update_id": 1,
            "my_chat_member": {"chat": private(), "from": person(), "new_chat_member": member},
        }

    assert read(membership("kicked")) == BlockedBot()
    assert read(membership("member")) is None


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("/start", Commanded("start")),
        ("/start arbeit-plakat", Commanded("start", "arbeit-plakat")),
        ("/Start@Mitreden_bot  news ", Commanded("start", "news")),
        ("/events\nmorgen", Commanded("events", "morgen")),
        ("/löschen", Commanded("delete")),
        ("/stopp", Commanded("stop")),
        (" Termine ", Commanded("events")),
        ("LÖSCHEN", Commanded("delete")),
        ("/unbekannt", Commanded("unbekannt")),
        ("stopp", None),
        ("Hilfe bitte", None),
        ("/", None),
        ("/ start", None),
        ("1/2", None),
        (f"/{'a' * 33}", None),
    ],
)
def test_commands_and_the_words_for_them(text: str, command: Commanded | None) -> None:
    assert parse_command(text) == command


def test_every_alias_works_with_a_slash() -> None:
    assert {parse_command(f"/{word}") for word in ALIASES} == {Commanded(name) for name in ALIASES.values()}


def test_what_is_forwarded_is_said_and_never_commands() -> None:
    origin = {"type": "user", "sender_user": person(), "date": 1}
    for text in ("/delete", "Termine"):
        assert read(update(text=text, forward_origin=origin)) == Said(text, f"mark-{ANNA}-77")


@pytest.mark.parametrize(
    "changes",
    [
        {"from": None},
        {"from": {"id": ANNA}},
        {"from": {"id": ANNA, "is_bot": True}},
        {"from": {"id": ANNA + 1, "is_bot": False}},
        {"from": {"id": True, "is_bot": False}},
        {"from": {"id": 777000, "is_bot": False}, "chat": {"id": 777000, "type": "private"}},
        {"sender_chat": {"id": -100}},
        {"chat": {"id": -100, "type": "channel"}},
    ],
)
def test_nobody_in_particular_is_passed_over(changes: dict[str, Any]) -> None:
    assert read(update(text="/start", **changes)) is None


def test_other_kinds_are_passed_over() -> None:
    for kind in ("channel_post", "inline_query", "poll", "message_reaction", "business_message"):
        assert read({"update_id": 5, kind: message(text="IBAN77")}) is None


def test_a_command_in_a_group_is_answered_with_a_link_and_nothing_else_is_heard() -> None:
    group = {"id": -42, "type": "supergroup", "title": "Canaryville"}
    assert read(update(text="/start", chat=group)) == GroupWrote(-42)
    assert read(update(text="hallo", chat=group)) is None
    assert read(update("edited_message", text="/start", chat=group)) is None
    raw = press("m:langs")
    raw["callback_query"]["message"]["chat"] = group
    assert read(raw) is None


def test_the_language_of_the_app_is_a_short_tag_or_nothing() -> None:
    for tag, kept in (
        ("pt-br", "pt-br"),
        ("zh-hans", "zh-hans"),
        ("Zinnober lives", ""),
        (7, ""),
        ("", ""),
    ):
        raw = update(text="x")
        raw["message"]["from"]["language_code"] = tag
        projection = project(raw)
        assert projection is not None
        assert projection.language == kept


def test_texts_are_cut_and_cleaned() -> None:
    projection = project(update(text="a\0\ud800b" + "ü" * 5000))
    assert projection is not None
    assert projection.text == "ab" + "ü" * (MAX_TEXT_CHARS - 2)
    exact = project(update(text="\u202egro\u2066ß" * 600))
    assert exact is not None
    assert exact.text is not None
    assert "\u202e" in exact.text


@pytest.mark.parametrize(
    "raw",
    [
        {"update_id": 1000, "message": None},
        {"update_id": 1000, "message": []},
        update(text=5),
        update(text=None),
        update(chat={"id": 2**63, "type": "private"}),
        update(chat={"id": ANNA, "type": ["private"]}),
        update(chat={"id": True, "type": "private"}),
        update(message_id="77"),
        update(message_id=2**63),
        press("m:langs", id=None),
        press("m:langs", id="IBAN77 and more"),
        press("m:langs", message=None),
        {"update_id": 1000, "my_chat_member": {"chat": private(), "new_chat_member": {"status": []}}},
    ],
)
def test_what_cannot_be_read_keeps_its_id_and_a_reason(raw: dict[str, Any]) -> None:
    projection = project(raw)
    assert projection is not None
    assert projection.kind is Kind.UNDECODABLE
    assert projection.reason
    assert projection == Projection(update_id=1000, kind=Kind.UNDECODABLE, reason=projection.reason)
    assert read(raw) is None


@pytest.mark.parametrize("update_id", [None, "5", True, -1, 1.0, 2**63, 10**400, [], {}])
def test_without_an_id_there_is_nothing(update_id: object) -> None:
    assert project({"update_id": update_id, "message": message(text="x")}) is None


@pytest.mark.parametrize("raw", [None, [], "x", 5, b"", object()])
def test_what_is_no_object_is_nothing(raw: object) -> None:
    assert project(raw) is None


@pytest.mark.parametrize(
    "written", [b"", b"[]", b"5", b"{}", b'{"kind":"x"}', b'{"kind":"press"}', b"[" * 3000, b"\xff"]
)
def test_bytes_that_are_no_projection_are_refused(written: bytes) -> None:
    with pytest.raises(ValueError, match=r".*"):
        Projection.from_bytes(written)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=3),
    max_leaves=12,
)


@given(JSON, st.sampled_from(["message", "edited_message", "callback_query", "my_chat_member"]))
def test_any_json_is_survived(raw: object, kind: str) -> None:
    read({"update_id": 3, kind: raw})
    project(raw)


@given(st.text(st.characters()))
def test_any_text_is_survived_and_kept_whole_where_it_can_be_stored(text: str) -> None:
    projection = project(update(text=text))
    assert projection is not None
    assert projection.text == "".join(c for c in text if not "\ud800" <= c <= "\udfff" and c != "\0")
    read(update(text=text))


def nested(depth: int) -> object:
    value: object = "x"
    for level in range(depth):
        value = [value] if level % 2 else {"text": value}
    return value


HOSTILE: list[object] = [
    None, True, False, 0, -1, 1, 1.5, float("nan"), float("inf"), 2**31, 2**63 - 1, 2**63, -(2**63), 10**500,
    "", "x", "/start", "\0", "\ud800", "\udfff\ud800", "\u202e\u2066evil", "ü" * 4096, "z" * 4097,
    "x" * 100_000,
    "m:erase", "q:a:999999:b:c:1", "m:" + "y" * 62, "m:" + "y" * 63, "private", "kicked",
    [], {}, [[]], {"id": 5}, {"id": ANNA, "is_bot": False}, {"id": ANNA, "type": "private"}, nested(1000),
    {"file_id": "f", "duration": 2**63}, {"status": "kicked"}, {None: 1}, {"\ud800": "\ud800"},
]  # fmt: skip


def places(value: object) -> list[tuple[Any, Any]]:
    """List every place in a nested value as its container and key."""
    found: list[tuple[Any, Any]] = []
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        found.append((value, key))
        found.extend(places(inner))
    return found


def test_ten_thousand_hostile_updates_are_survived() -> None:
    rng = random.Random(20261123)
    shapes = [
        update(text="Guten Tag", entities=[{"type": "bold", "offset": 0, "length": 5}]),
        update("edited_message", text="besser"),
        update(voice=VOICE),
        update(contact={"phone_number": "+49 7161 555", "first_name": "Zinnober"}),
        update(location={"latitude": 48.70123, "longitude": 9.6}),
        press("q:k3f9:7:arb_now:working"),
        {
            "update_id": 9,
            "my_chat_member": {
                "chat": private(), "from": person(), "new_chat_member": {"status": "kicked"},
            },
        },
    ]  # fmt: skip
    decided = {"read": 0, "undecodable": 0, "nothing": 0}
    for _ in range(10_000):
        raw = copy.deepcopy(rng.choice(shapes))
        for container, key in rng.sample(places(raw), rng.randint(1, 3)):
            change = rng.random()
            if change < 0.7:
                container[key] = rng.choice(HOSTILE)
            elif isinstance(container, dict) and change < 0.85:
                container.pop(key, None)
            elif isinstance(container, dict):
                container[rng.choice(["text", "voice", "contact", "chat", "from", "data", "sender_chat"])] = (
                    rng.choice(HOSTILE)
                )
        projection = project(raw)
        if projection is None:
            decided["nothing"] += 1
            continue
        written = projection.to_bytes()
        assert len(written) <= 4 * MAX_TEXT_CHARS + 1000
        assert not any(canary in written.decode() for canary in CANARIES)
        assert Projection.from_bytes(written) == projection
        to_incoming(projection, mark)
        decided["undecodable" if projection.kind is Kind.UNDECODABLE else "read"] += 1
    assert sum(decided.values()) == 10_000
    assert min(decided.values()) > 100, decided


def test_json_as_it_comes_over_the_wire_is_survived() -> None:
    for text in ('{"update_id":1,"message":{"a":NaN}}', '{"update_id":1e3}', '{"update_id":-0}'):
        project(json.loads(text))
