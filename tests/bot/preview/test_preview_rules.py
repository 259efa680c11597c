"""Each refusal, in Telegram's wording."""

from __future__ import annotations

from typing import Any

import pytest

from bot.preview.parameters import METHODS
from bot.preview.player import Player
from bot.preview.server import LocalBotApi

BUTTON = {"text": "Ja", "callback_data": "x"}
NOT_MODIFIED = (
    "Bad Request: message is not modified: specified new message content and reply markup are exactly "
    "the same as a current content and reply markup of the message"
)
TOO_OLD = "Bad Request: query is too old and response timeout expired or query ID is invalid"


def keyboard(*buttons: dict[str, Any]) -> dict[str, Any]:
    return {"inline_keyboard": [[button] for button in buttons]}


def refused(answer: dict[str, Any]) -> tuple[int, str]:
    assert answer["ok"] is False
    return answer["error_code"], answer["description"]


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"text": ""}, "message text is empty"),
        ({"text": " \n\t\x00 "}, "message text is empty"),
        ({}, "message text is empty"),
        ({"text": "x" * 4097}, "message is too long"),
        ({"text": "😀" * 2049}, "message is too long"),
        ({"text": "a", "chat_id": 42}, "chat not found"),
        ({"text": "a", "chat_id": ""}, "chat_id is empty"),
        ({"text": "a", "reply_markup": keyboard({"text": "Ja", "callback_data": ""})}, "BUTTON_DATA_INVALID"),
        (
            {"text": "a", "reply_markup": keyboard({"text": "Ja", "callback_data": "ä" * 33})},
            "BUTTON_DATA_INVALID",
        ),
        (
            {"text": "a", "reply_markup": keyboard({"text": " ", "callback_data": "x"})},
            "inline keyboard button text must be non-empty",
        ),
        (
            {"text": "a", "reply_markup": keyboard({"text": "Ja"})},
            "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard",
        ),
        ({"text": "a", "reply_markup": keyboard(*[BUTTON] * 101)}, "reply markup is too long"),
        (
            {"text": "a", "reply_markup": {"inline_keyboard": [BUTTON]}},
            'field "inline_keyboard" must be an Array of Arrays of InlineKeyboardButton',
        ),
        ({"text": "a", "reply_markup": "{"}, "can't parse reply_markup JSON object"),
        ({"text": "a", "reply_parameters": {"message_id": 5}}, "message to be replied not found"),
        (
            {"text": "<b>a", "parse_mode": "HTML"},
            "can't parse entities: Can't find end tag corresponding to start tag \"b\"",
        ),
        (
            {"text": "a<br>", "parse_mode": "HTML"},
            'can\'t parse entities: Unsupported start tag "br" at byte offset 1',
        ),
        ({"text": "a", "parse_mode": "MarkdownV3"}, "unsupported parse_mode"),
        (
            {"text": "a", "entities": [{"type": "bold", "offset": 0, "length": 2}]},
            "entity beginning at UTF-16 offset 0 ends after the end of the text",
        ),
        ({"text": "a", "disable_web_page_preview": True}, None),
    ],
)
async def test_send_message_refuses(
    call: Any, sabine: Player, given: dict[str, Any], reason: str | None
) -> None:
    code, description = refused(await call("sendMessage", **{"chat_id": sabine.id, **given}))
    assert code == 400
    if reason is None:
        assert "unknown parameter" in description
    else:
        assert description == f"Bad Request: {reason}"
    assert not sabine.bot_messages


@pytest.mark.parametrize("text", ["x" * 4096, "😀" * 2048, " " * 5000 + "a", "\u2068Göppingen\u2069"])
async def test_the_longest_text_is_accepted(call: Any, sabine: Player, text: str) -> None:
    assert (await call("sendMessage", chat_id=sabine.id, text=text))["ok"]
    assert sabine.last.text == text.strip()


async def test_text_is_cleaned_as_tdlib_does(call: Any, sabine: Player) -> None:
    await call("sendMessage", chat_id=sabine.id, text="a\x00b\r\nc\u2028\u202ed\u2066e\u2069")
    assert sabine.last.text == "a b\ncd\u2066e\u2069"


async def test_unknown_parameters_pass_where_the_server_is_not_strict(
    call: Any, api: LocalBotApi, sabine: Player
) -> None:
    api.strict = False
    assert (await call("sendMessage", chat_id=sabine.id, text="a", nonsense=1))["ok"]


async def test_edits_are_checked(call: Any, sabine: Player) -> None:
    sent = (await call("sendMessage", chat_id=sabine.id, text="a", reply_markup=keyboard(BUTTON)))["result"]
    target = {"chat_id": sabine.id, "message_id": sent["message_id"]}
    same = await call("editMessageText", **target, text=" a ", reply_markup=keyboard(BUTTON))
    assert refused(same) == (400, NOT_MODIFIED)
    assert refused(await call("editMessageReplyMarkup", **target, reply_markup=keyboard(BUTTON))) == (
        400,
        NOT_MODIFIED,
    )
    missing = await call("editMessageText", chat_id=sabine.id, message_id=1, text="b")
    assert refused(missing) == (400, "Bad Request: message to edit not found")
    own = await call("editMessageText", chat_id=sabine.id, message_id=sabine.messages[0].message_id, text="b")
    assert refused(own) == (400, "Bad Request: message can't be edited")
    nameless = await call("editMessageText", chat_id=sabine.id, text="b")
    assert refused(nameless) == (400, "Bad Request: message identifier is not specified")
    assert (await call("editMessageText", **target, text="a"))["ok"], "the keyboard went away: a change"
    assert sabine.last.buttons == []


async def test_a_button_press_is_answered_once_and_soon(call: Any, sabine: Player, clock: Any) -> None:
    message = (await call("sendMessage", chat_id=sabine.id, text="a", reply_markup=keyboard(BUTTON)))[
        "result"
    ]
    first = sabine.taps("Ja")
    too_long = await call("answerCallbackQuery", callback_query_id=first, text="x" * 201)
    assert refused(too_long) == (400, "Bad Request: MESSAGE_TOO_LONG")
    assert (await call("answerCallbackQuery", callback_query_id=first, text="Gespeichert"))["ok"]
    assert [answer.text for answer in sabine.answers] == ["Gespeichert"]
    assert refused(await call("answerCallbackQuery", callback_query_id=first)) == (400, TOO_OLD)
    late = sabine.presses(message["message_id"], "x")
    clock.forward(seconds=16)
    assert refused(await call("answerCallbackQuery", callback_query_id=late)) == (400, TOO_OLD)
    assert refused(await call("answerCallbackQuery", callback_query_id="9")) == (400, TOO_OLD)


async def test_who_cannot_be_reached(call: Any, api: LocalBotApi, sabine: Player) -> None:
    sabine.blocks()
    blocked = await call("sendMessage", chat_id=sabine.id, text="a")
    assert refused(blocked) == (403, "Forbidden: bot was blocked by the user")
    sabine.unblocks()
    assert (await call("sendMessage", chat_id=sabine.id, text="a"))["ok"]
    sabine.deactivates()
    gone = await call("sendMessage", chat_id=sabine.id, text="a")
    assert refused(gone) == (403, "Forbidden: user is deactivated")
    stranger = await call("sendMessage", chat_id=api.world.person("Omar").id, text="a")
    assert refused(stranger) == (400, "Bad Request: chat not found")


async def test_messages_can_be_deleted_for_48_hours(call: Any, sabine: Player, clock: Any) -> None:
    sent = [
        (await call("sendMessage", chat_id=sabine.id, text=text))["result"]["message_id"] for text in "ab"
    ]
    clock.forward(hours=48)
    assert (await call("deleteMessage", chat_id=sabine.id, message_id=sent[0]))["ok"]
    clock.forward(seconds=1)
    late = await call("deleteMessage", chat_id=sabine.id, message_id=sent[1])
    assert refused(late) == (400, "Bad Request: message can't be deleted for everyone")
    again = await call("deleteMessage", chat_id=sabine.id, message_id=sent[0])
    assert refused(again) == (400, "Bad Request: message to delete not found")


async def test_token_and_method_are_checked(call: Any) -> None:
    assert refused(await call("getMe", _token="123456:wrong")) == (401, "Unauthorized")
    assert refused(await call("sendNonsense")) == (404, "Not Found: method not found")
    assert (await call("GETME"))["ok"], "Telegram ignores the case of method names"


@pytest.mark.parametrize(
    ("method", "given", "reason"),
    [
        ("setMyCommands", {"commands": [{"command": "Start", "description": "a"}]}, "BOT_COMMAND_INVALID"),
        (
            "setMyCommands",
            {"commands": [{"command": "s" * 33, "description": "a"}]},
            "command length must not exceed 32",
        ),
        ("setMyCommands", {"commands": [{"command": "", "description": "a"}]}, "command must be non-empty"),
        (
            "setMyCommands",
            {"commands": [{"command": "a", "description": ""}]},
            "command description must be non-empty",
        ),
        (
            "setMyCommands",
            {"commands": [{"command": "a", "description": "d" * 257}]},
            "command description length must not exceed 256",
        ),
        (
            "setMyCommands",
            {"commands": [{"command": "a", "description": "d"}] * 101},
            "BOT_COMMANDS_TOO_MUCH",
        ),
        ("setMyCommands", {"commands": [], "language_code": "de-LS"}, "invalid language code specified"),
        ("setMyName", {"name": "n", "language_code": "kmr"}, "invalid language code specified"),
        ("setMyName", {"name": "n" * 65}, "bot name must not exceed 64 characters"),
        ("setMyDescription", {"description": "d" * 513}, "bot description must not exceed 512 characters"),
        (
            "setMyShortDescription",
            {"short_description": "d" * 121},
            "bot short_description must not exceed 120 characters",
        ),
        (
            "setWebhook",
            {"url": "https://example.org"},
            "bad webhook: the local preview delivers by getUpdates only",
        ),
        ("getFile", {"file_id": "nonsense"}, "invalid file_id"),
        ("getUpdates", {"offset": "x"}, 'parameter "offset" must be of type int'),
    ],
)
async def test_other_methods_refuse(call: Any, method: str, given: dict[str, Any], reason: str) -> None:
    assert refused(await call(method, **given)) == (400, f"Bad Request: {reason}")


async def test_files_are_checked(call: Any, sabine: Player) -> None:
    nothing = await call("sendVoice", chat_id=sabine.id)
    assert refused(nothing) == (400, "Bad Request: there is no voice in the request")
    unknown = await call("sendDocument", chat_id=sabine.id, document="nonsense")
    assert refused(unknown) == (400, "Bad Request: wrong file identifier/HTTP URL specified")
    file_id = sabine.sends_document(b"{}", "a.json").content["document"]["file_id"]
    long = await call("sendDocument", chat_id=sabine.id, document=file_id, caption="c" * 1025)
    assert refused(long) == (400, "Bad Request: message caption is too long")
    voice = await call("sendVoice", chat_id=sabine.id, voice=file_id)
    assert refused(voice) == (400, "Bad Request: can't use file of type document as voice")


async def test_every_method_refuses_a_parameter_it_does_not_have(call: Any) -> None:
    assert len(METHODS) >= 25
    for method in METHODS:
        code, description = refused(await call(method, no_such_parameter=1))
        assert code == 400
        assert "no_such_parameter" in description
