"""A round trip with the real `telegram.Bot` for every implemented method."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import telegram
from telegram import BotCommand, InlineKeyboardButton, InlineKeyboardMarkup, ReplyParameters
from telegram.constants import ChatAction

import bot.preview.page as page
from bot.preview.parameters import METHODS
from bot.preview.player import Player
from bot.preview.server import LocalBotApi

SAMPLE = (Path(page.__file__).parent / "page" / "sample.ogg").read_bytes()
KEYBOARD = InlineKeyboardMarkup([[InlineKeyboardButton("Ja", callback_data="x")]])


async def test_every_method_works_from_python_telegram_bot(
    bot: telegram.Bot, api: LocalBotApi, sabine: Player
) -> None:
    assert (await bot.get_me()).username == "mitreden_preview_bot"
    assert await bot.delete_webhook()
    assert (await bot.get_webhook_info()).pending_update_count == 1
    with pytest.raises(telegram.error.BadRequest, match=r"(?i)getUpdates only"):
        await bot.set_webhook("https://example.org")
    await _messages(bot, sabine)
    await _files(bot, sabine)
    await _profile(bot)
    await _chats(bot, api, sabine)
    assert {entry.method for entry in api.ledger.entries} >= set(METHODS)


async def _messages(bot: telegram.Bot, sabine: Player) -> None:
    sent = await bot.send_message(
        sabine.id, "Hallo <b>Sie</b> /help", parse_mode="HTML", reply_markup=KEYBOARD
    )
    assert (sent.text, [entity.type for entity in sent.entities]) == (
        "Hallo Sie /help",
        ["bold", "bot_command"],
    )
    reply = await bot.send_message(sabine.id, "Antwort", reply_parameters=ReplyParameters(sent.message_id))
    assert reply.reply_to_message is not None
    assert reply.reply_to_message.message_id == sent.message_id
    sabine.taps("Ja")
    updates = await bot.get_updates(
        offset=0, timeout=0, allowed_updates=["message", "callback_query", "my_chat_member"]
    )
    query = updates[-1].callback_query
    assert query is not None
    assert query.data == "x"
    assert query.message == sent
    assert await query.answer("Danke", show_alert=True)
    assert sabine.answers[-1].show_alert
    edited = await sent.edit_text("Neu", reply_markup=KEYBOARD)
    assert isinstance(edited, telegram.Message)
    assert edited.edit_date is not None
    await edited.edit_reply_markup(None)
    assert sabine.chat.find(sent.message_id).buttons == []  # type: ignore[union-attr]
    assert await bot.send_chat_action(sabine.id, ChatAction.TYPING)
    assert await reply.delete()
    assert reply.message_id not in [message.message_id for message in sabine.messages]


async def _files(bot: telegram.Bot, sabine: Player) -> None:
    document = (
        await bot.send_document(sabine.id, b"{}", filename="daten.json", caption="Ihre Daten")
    ).document
    assert document is not None
    assert (document.file_name, document.mime_type) == (
        "daten.json",
        "application/json",
    )
    voice = (await bot.send_voice(sabine.id, SAMPLE)).voice
    assert voice is not None
    assert voice.duration == 3
    again = await bot.send_voice(sabine.id, voice.file_id)
    assert again.voice == voice
    heard = sabine.sends_voice(SAMPLE).content["voice"]
    file = await bot.get_file(heard["file_id"])
    assert bytes(await file.download_as_bytearray()) == SAMPLE
    assert file.file_size == len(SAMPLE) < 20_000
    no_voice = await bot.send_voice(sabine.id, b"no ogg at all")
    assert no_voice.voice is None
    assert no_voice.document is not None


async def _profile(bot: telegram.Bot) -> None:
    start, hilfe = BotCommand("start", "Anfangen"), BotCommand("help", "Hilfe")
    await bot.set_my_commands([start, hilfe])
    await bot.set_my_commands([hilfe], language_code="de", scope=telegram.BotCommandScopeAllPrivateChats())
    assert await bot.get_my_commands() == (start, hilfe)
    assert await bot.get_my_commands(language_code="de") == (), "no fallback here, as with Telegram"
    await bot.delete_my_commands()
    assert await bot.get_my_commands() == ()
    await bot.set_my_name("Mitreden")
    await bot.set_my_name("شارك", language_code="ar")
    assert [(await bot.get_my_name(code)).name for code in ("", "ar", "tr")] == [
        "Mitreden",
        "شارك",
        "Mitreden",
    ]
    await bot.set_my_description("Lang")
    assert (await bot.get_my_description("de")).description == "Lang"
    await bot.set_my_short_description("Kurz")
    assert (await bot.get_my_short_description()).short_description == "Kurz"
    await bot.set_my_short_description("")
    assert (await bot.get_my_short_description()).short_description == ""


async def _chats(bot: telegram.Bot, api: LocalBotApi, sabine: Player) -> None:
    assert (await bot.get_chat(sabine.id)).first_name == "Sabine"
    group = sabine.adds_bot_to_group("Sprachkurs")
    assert (await bot.send_message(group.id, "Bitte schreiben Sie mir allein.")).chat.title == "Sprachkurs"
    assert await bot.leave_chat(group.id)
    with pytest.raises(telegram.error.Forbidden, match="kicked"):
        await bot.send_message(group.id, "a")


def names(update: telegram.Update) -> list[str]:
    return [kind for kind in telegram.Update.ALL_TYPES if getattr(update, kind)]


async def test_what_people_do_arrives_as_telegram_sends_it(bot: telegram.Bot, sabine: Player) -> None:
    message = sabine.sends_text("Guten Tag https://goeppingen.de.")
    sabine.edits_text(message.message_id, "Guten Abend")
    sabine.sends_photo(b"jpeg", "Foto")
    sabine.sends_contact()
    sabine.sends_location()
    sabine.blocks()
    sabine.sends_other(dice={"emoji": "🎲", "value": 4})
    updates = await bot.get_updates(timeout=0)
    expected = ["message"] * 2 + ["edited_message"] + ["message"] * 3 + ["my_chat_member"] * 2 + ["message"]
    assert [names(update) for update in updates] == [[kind] for kind in expected]
    start, text, edited, photo, contact, location, blocked, unblocked, dice = updates
    assert dice.message.dice.value == 4
    assert start.effective_user is not None
    assert start.effective_user.language_code == "de"
    assert sabine.id > 2**31
    assert start.message.entities[0].type == "bot_command"
    assert start.message.entities[0].length == len("/start")
    url = text.message.entities[0]
    assert text.message.parse_entity(url) == "https://goeppingen.de"
    assert edited.edited_message.message_id == message.message_id
    assert edited.edited_message.edit_date
    assert photo.message.photo
    assert photo.message.caption == "Foto"
    assert contact.message.contact.user_id == sabine.id
    assert round(location.message.location.latitude) == 49
    assert (
        blocked.my_chat_member.new_chat_member.status,
        unblocked.my_chat_member.new_chat_member.status,
    ) == (
        "kicked",
        "member",
    )


async def test_groups_send_commands_only(bot: telegram.Bot, sabine: Player) -> None:
    group = sabine.adds_bot_to_group()
    sabine.writes_in_group(group, "unter uns")
    sabine.writes_in_group(group, "/start@mitreden_preview_bot")
    sabine.removes_bot_from_group(group)
    _, added, service, command, removed = await bot.get_updates(timeout=0)
    assert group.id < 0
    assert added.my_chat_member.chat.type == "group"
    assert service.message.new_chat_members[0].is_bot
    assert command.message.text == "/start@mitreden_preview_bot"
    assert command.message.entities[0].length == len("/start@mitreden_preview_bot")
    assert removed.my_chat_member.new_chat_member.status == "kicked"


async def test_a_forged_or_stale_press_arrives_all_the_same(bot: telegram.Bot, sabine: Player) -> None:
    sabine.presses(1, "forged")
    update = (await bot.get_updates(timeout=0))[-1]
    assert update.callback_query.data == "forged"
    assert not update.callback_query.message.is_accessible


@pytest.mark.parametrize("how", ["json", "form", "query"])
async def test_parameters_arrive_in_every_form(url: str, http: Any, sabine: Player, how: str) -> None:
    address = f"{url}/bot123456:preview/sendMessage"
    given = {"chat_id": str(sabine.id), "text": "ä", "reply_markup": '{"inline_keyboard": []}'}
    sending = {
        "json": lambda: http.post(address, json=given),
        "form": lambda: http.post(address, data=given),
        "query": lambda: http.get(address, params=given),
    }[how]
    async with sending() as answer:
        assert (await answer.json())["ok"]
    assert sabine.last.text == "ä"


async def test_json_that_cannot_be_read_is_refused(url: str, http: Any) -> None:
    for body in (b"{", b"[" * 100_000, b"[1]"):
        headers = {"Content-Type": "application/json"}
        async with http.post(f"{url}/bot123456:preview/getMe", data=body, headers=headers) as answer:
            assert answer.status == 400
            assert not (await answer.json())["ok"]
