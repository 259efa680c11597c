"""The page in a real browser, with a small scripted bot behind it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
import telegram
from playwright.async_api import Page, expect
from telegram import BotCommand, InlineKeyboardButton, InlineKeyboardMarkup

from bot.preview.files import is_ogg_opus, ogg_seconds
from bot.preview.server import LocalBotApi

pytestmark = pytest.mark.usefixtures("scripted_bot")

ARABIC = "أهلاً وسهلاً بك!\n\nGöppingen, Rathaus\n\nالسؤال 1 من 8: ما أهمّ ما تحتاجه؟"
Open = Callable[..., Awaitable[Page]]


def keys(*labels: str) -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup([[InlineKeyboardButton(label, callback_data=label)] for label in labels])


async def answer(bot: telegram.Bot, update: telegram.Update) -> None:
    """What the scripted bot does."""
    if query := update.callback_query:
        match query.data:
            case "Warnung":
                await query.answer("Wirklich?", show_alert=True)
            case _:
                await query.answer("Gespeichert")
                await query.edit_message_text(f"Gewählt: {query.data}", reply_markup=keys("Weiter", "Zurück"))
        return
    if edited := update.edited_message:
        await bot.send_message(edited.chat.id, f"Geändert: {edited.text}")
        return
    message = update.message
    if message is None:
        return
    if message.voice:
        await bot.send_message(message.chat.id, f"Sprachnachricht, {message.voice.duration} s")
    elif message.photo or message.contact or message.location:
        await bot.send_message(message.chat.id, "Bitte kein Bild, kein Kontakt, kein Standort.")
    elif message.text and message.text.startswith("/mydata"):
        await bot.send_document(message.chat.id, b'{"a": 1}', filename="daten.json")
    elif message.from_user and message.from_user.language_code == "ar":
        await bot.send_message(message.chat.id, ARABIC, reply_markup=keys("دورات مسائية"))
    else:
        await bot.send_message(
            message.chat.id, "Guten Tag /help", reply_markup=keys("Arbeit", "Wohnen", "Warnung")
        )


@pytest.fixture
async def scripted_bot(bot: telegram.Bot) -> AsyncIterator[None]:
    await bot.set_my_name("Mitreden")
    await bot.set_my_name("شارك برأيك", language_code="ar")
    await bot.set_my_description("Reden Sie mit.\nFreiwillig.")
    await bot.set_my_commands([BotCommand("start", "Anfangen"), BotCommand("mydata", "Meine Daten")])

    async def run() -> None:
        offset = 0
        while True:
            for update in await bot.get_updates(offset=offset, timeout=20):
                offset = update.update_id + 1
                await answer(bot, update)

    running = asyncio.create_task(run())
    yield
    running.cancel()


async def test_start_tap_edit_and_toast(open_page: Open) -> None:
    page = await open_page("Sabine")
    await expect(page.locator("#card")).to_contain_text("Was kann dieser Bot?")
    await expect(page.locator("#card-text")).to_contain_text("Freiwillig.")
    await page.get_by_role("button", name="Starten", exact=True).click()
    question = page.locator(".message--bot")
    await expect(question).to_contain_text("Guten Tag")
    await page.get_by_role("button", name="Arbeit", exact=True).click()
    await expect(question).to_have_count(1)
    await expect(question).to_contain_text("Gewählt: Arbeit")
    await expect(question).to_contain_text("bearbeitet")
    await expect(page.locator(".toast")).to_have_text("Gespeichert")
    await expect(page.get_by_role("button", name="Wohnen", exact=True)).to_have_count(0)
    await page.locator("#composer").fill("/start")
    await page.keyboard.press("Enter")
    await page.get_by_role("button", name="Warnung", exact=True).click()
    await expect(page.get_by_role("dialog")).to_contain_text("Wirklich?")
    await page.get_by_role("button", name="OK", exact=True).click()
    await page.get_by_role("button", name="/help", exact=True).click()
    await expect(page.locator(".message--own").last).to_contain_text("/help")


async def test_voice_sample_and_recording(open_page: Open, api: LocalBotApi) -> None:
    page = await open_page("Grace")
    await page.locator("#start").click()
    await page.locator("#voice").click()
    await page.get_by_role("menuitem", name="Beispiel senden").click()
    await expect(page.locator(".message--bot").last).to_contain_text("Sprachnachricht, 3 s")
    await page.get_by_role("button", name="Sprachnachricht abspielen", exact=True).click()
    await expect(page.locator(".voice__wave .is-played").first).to_be_attached()
    await page.locator("#voice").click()
    await page.get_by_role("menuitem", name="Aufnehmen").click()
    await expect(page.locator("#recording-time")).to_have_text("0:01")
    await page.locator("#recording-send").click()
    voices = page.locator(".voice")
    await expect(voices).to_have_count(2)
    recorded = (
        api.world.person("Grace").messages[-2].content.get("voice")
        or api.world.person("Grace").messages[-1].content["voice"]
    )
    stored = api.world.files.find(recorded["file_id"])
    assert stored is not None
    assert is_ogg_opus(stored.content)
    assert 1 <= ogg_seconds(stored.content) <= 3


async def test_attachments_documents_and_commands(open_page: Open) -> None:
    page = await open_page("Sabine")
    await page.locator("#start").click()
    for name in ("Foto", "Kontakt", "Standort"):
        await page.locator("#attach").click()
        await page.get_by_role("menuitem", name=name).click()
    await expect(page.locator("#log").get_by_text("Bitte kein Bild")).to_have_count(3)
    await page.locator("#commands").click()
    await page.get_by_role("menuitem", name="/mydata").click()
    async with page.expect_download() as download:
        await page.locator(".file").click()
    assert (await download.value).suggested_filename == "daten.json"


async def test_editing_an_own_message(open_page: Open) -> None:
    page = await open_page("Lena")
    await page.locator("#start").click()
    await page.locator("#composer").fill("Mehr Kurse")
    await page.keyboard.press("Enter")
    own = page.locator(".message--own").last
    await expect(own).to_contain_text("Mehr Kurse")
    await own.locator(".bubble__text").click()
    await page.get_by_role("menuitem", name="Bearbeiten").click()
    await expect(page.locator("#composer")).to_have_value("Mehr Kurse")
    await page.locator("#composer").fill("Mehr Abendkurse")
    await page.keyboard.press("Enter")
    await expect(own).to_contain_text("Mehr Abendkurse")
    await expect(page.locator(".message--bot").last).to_contain_text("Geändert: Mehr Abendkurse")


async def test_right_to_left_by_paragraph(open_page: Open) -> None:
    page = await open_page("Omar")
    await expect(page.locator("#bot-name")).to_have_text("شارك برأيك")
    await page.locator("#start").click()
    lines = page.locator(".message--bot .line")
    await expect(lines).to_have_count(5)
    directions = await lines.evaluate_all("all => all.map(line => getComputedStyle(line).direction)")
    assert [directions[index] for index in (0, 2, 4)] == ["rtl", "ltr", "rtl"]


@pytest.mark.parametrize("width", [320, 360, 390])
async def test_small_phones_have_no_horizontal_overflow(open_page: Open, width: int) -> None:
    page = await open_page("Sabine", width, 640, has_touch=True, is_mobile=True)
    await expect(page.locator("#people")).to_be_hidden()
    await page.locator("#start").click()
    await page.locator("#composer").fill("Donaudampfschifffahrtsgesellschaft" * 4)
    await page.locator("#send").click()
    await expect(page.locator(".message--own")).to_have_count(2)
    for _ in range(2):
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        inside = await page.evaluate(
            "[...document.querySelectorAll('.bubble, .key')]"
            ".every((node) => node.getBoundingClientRect().right <= innerWidth)"
        )
        assert inside
        await page.evaluate("document.getElementById('commands').click()")
    await page.evaluate("document.activeElement.blur()")
    await page.locator("#back").click()
    await expect(page.locator("#people")).to_be_visible()
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")


async def test_keyboard_only(open_page: Open) -> None:
    page = await open_page("Sabine")
    await expect(page.locator("#start")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.locator("#composer")).to_be_focused()
    await expect(page.get_by_role("button", name="Arbeit", exact=True)).to_be_visible()
    for _ in range(10):
        await page.keyboard.press("Shift+Tab")
        if await page.evaluate("document.activeElement.textContent") == "Wohnen":
            break
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("button", name="Weiter", exact=True)).to_be_focused()
    await page.locator("#composer").focus()
    await page.keyboard.press("ArrowUp")
    await expect(page.locator("#composer")).to_have_value("/start")
    await page.keyboard.press("Escape")
    await expect(page.locator("#composer")).to_have_value("")
    await page.keyboard.press("Shift+Tab")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("menuitem", name="/start")).to_be_focused()
    await page.keyboard.press("ArrowDown")
    await expect(page.get_by_role("menuitem", name="/mydata")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(page.locator("#commands")).to_be_focused()


async def test_block_unblock_and_delete(open_page: Open, api: LocalBotApi) -> None:
    page = await open_page("Sabine")
    await page.locator("#start").click()
    await page.locator("#chat-menu").click()
    await page.get_by_role("menuitem", name="Bot blockieren").click()
    await expect(page.locator("#composer-form")).to_be_hidden()
    assert api.world.person("Sabine").chat.blocked
    await page.get_by_role("button", name="Blockierung aufheben", exact=True).click()
    await expect(page.locator("#composer-form")).to_be_visible()
    await page.locator("#chat-menu").click()
    await page.get_by_role("menuitem", name="Chat löschen").click()
    await page.get_by_role("dialog").get_by_role("button", name="Chat löschen", exact=True).click()
    await expect(page.locator("#start")).to_have_text("Starten")


async def test_people_language_and_theme_can_be_changed(open_page: Open) -> None:
    page = await open_page("Sabine")
    await page.get_by_role("button", name="English", exact=True).click()
    await expect(page.locator("#start")).to_have_text("Start")
    await expect(page.locator("html")).to_have_attribute("lang", "en")
    light = await page.evaluate("getComputedStyle(document.body).backgroundColor")
    await page.get_by_role("button", name="Dark", exact=True).click()
    assert await page.evaluate("getComputedStyle(document.body).backgroundColor") != light
    await page.get_by_role("button", name="New person", exact=True).click()
    await page.get_by_label("Name", exact=True).fill("Олена")
    await page.get_by_label("Language of the app").select_option("uk")
    await page.get_by_role("button", name="Add", exact=True).click()
    await expect(page.locator("#people-list [aria-current]")).to_contain_text("Олена")
    await expect(page.locator("#people-list [aria-current]")).to_contain_text("Ukrainian")


async def test_a_lost_connection_is_shown_and_mended(open_page: Open, api: LocalBotApi) -> None:
    page = await open_page("Sabine")
    await page.locator("#start").click()
    await page.get_by_role("button", name="Arbeit", exact=True).wait_for()
    await page.evaluate(
        """() => {
            let seen = 0;
            window.mended = new Promise((done) => {
                const watcher = new MutationObserver(() => ++seen === 2 && done());
                watcher.observe(document.getElementById("connection"), { attributeFilter: ["hidden"] });
            });
        }"""
    )
    await api._page.close()
    await asyncio.wait_for(page.evaluate("() => window.mended"), 10)
    await expect(page.locator("#connection")).to_be_hidden()
    await page.get_by_role("button", name="Wohnen", exact=True).click()
    await expect(page.locator(".message--bot")).to_contain_text("Gewählt: Wohnen")


COLOURS = (Path(__file__).parent / "contrast.js").read_text("utf-8")


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_text_has_contrast_and_controls_have_names(open_page: Open, scheme: str) -> None:
    page = await open_page("Sabine", color_scheme=scheme)
    await page.locator("#start").click()
    await page.get_by_role("button", name="Arbeit", exact=True).click()
    await page.locator(".toast").wait_for()
    await page.locator("#composer").fill("/mydata")
    await page.keyboard.press("Enter")
    await page.locator(".file").wait_for()
    await page.evaluate(
        "() => Promise.all(document.getAnimations().map((one) => one.finished.catch(() => 0)))"
    )
    seen, faults = await page.evaluate(COLOURS)
    assert seen > 8
    assert faults == []
    nameless = await page.evaluate(
        "[...document.querySelectorAll('button, a, input, textarea, select')]"
        ".filter((n) => n.checkVisibility())"
        ".filter((n) => !(n.getAttribute('aria-label') || n.textContent.trim() || n.labels?.length))"
        ".map((n) => n.outerHTML)"
    )
    assert nameless == []
    tree = await page.locator("body").aria_snapshot()
    assert all(re.search(rf"- {role}\b", tree) for role in ("navigation", "main", "log", "textbox"))
