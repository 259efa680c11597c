"""The real bot on the phone page, in a real browser: what a newcomer does with the first command.

With MITREDEN_PICTURES=FOLDER the pictures of the README are taken on the way.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

from bot.preview_command import run_preview
from bot.settings import parse_settings

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason="no browser: apt install chromium")

#: Who plays, the button of the language, the direction, and the first words of a question.
PLAYERS = [
    ("Sabine", "Deutsch", "de", "ltr", "Frage 2 von 7"),
    ("Lena", "Einfaches Deutsch", "de-LS", "ltr", "Frage 2 von 7"),
    ("Grace", "English", "en", "ltr", "Question 2 of 7"),
    ("Ayşe", "Türkçe", "tr", "ltr", "2"),
    ("Omar", "العربية", "ar", "rtl", "السؤال 2 من 7"),
    ("Farida", "فارسی / دری", "fa", "rtl", "2"),
    ("Selam", "ትግርኛ (Tigrinya)", "ti", "ltr", "2"),
    ("Zmarak", "پښتو (Pashto)", "ps", "rtl", "2"),
]
#: The language of Zmarak's app is another one, and the first page has no room for his own.
MORE = "More languages · Weitere Sprachen"


@asynccontextmanager
async def running_preview(folder: Path, date: str | None = None) -> AsyncIterator[str]:
    """Run `mitreden preview` in this process and yield its address."""
    said: asyncio.Queue[str] = asyncio.Queue()
    stop = asyncio.Event()
    running = asyncio.create_task(
        run_preview(
            parse_settings({}),
            host="127.0.0.1",
            port=0,
            data=folder,
            date=date,
            stop=stop,
            say=said.put_nowait,
        )
    )
    greeting = asyncio.create_task(said.get())
    await asyncio.wait({running, greeting}, return_when=asyncio.FIRST_COMPLETED)
    if not greeting.done():
        await running
    yield next(word for word in greeting.result().split() if word.startswith("http"))
    stop.set()
    await running


@pytest.fixture
async def preview(tmp_path: Path) -> AsyncIterator[str]:
    async with running_preview(tmp_path) as url:
        yield url


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        yield started
        await started.close()


async def open_phone(browser: Browser, url: str, who: str, width: int = 390, height: int = 844) -> Page:
    page = await browser.new_page(
        viewport={"width": width, "height": height}, locale="de-DE", device_scale_factor=2
    )
    await page.goto(url)
    await page.get_by_text(who, exact=True).first.click()
    await page.get_by_role("button", name="Starten").click()
    return page


async def tap(page: Page, label: str | None = None, index: int = 0) -> None:
    """Tap a button of the newest keyboard, and wait until the screen is another one."""
    keyboard = page.locator(".keyboard").last
    before = await page.locator(".message--bot").last.inner_text()
    key = (
        keyboard.get_by_role("button", name=label, exact=True)
        if label
        else keyboard.locator(".key").nth(index)
    )
    await key.click()
    await expect(page.locator(".message--bot").last).not_to_have_text(before, use_inner_text=True)


async def assert_nothing_sticks_out(page: Page) -> None:
    wide = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide == 0


@pytest.mark.parametrize(("who", "language", "tag", "direction", "words"), PLAYERS)
async def test_a_newcomer_reaches_a_question_in_their_language(
    browser: Browser, preview: str, who: str, language: str, tag: str, direction: str, words: str
) -> None:
    page = await open_phone(browser, preview, who)
    await expect(page.locator(".keyboard").last.get_by_role("button", name="Deutsch")).not_to_have_count(0)
    if await page.get_by_role("button", name=language, exact=True).count() == 0:
        await take_picture(page, "languages.png")
        await tap(page, MORE)
    await tap(page, language)
    for index in (0, 0, 1, 2, 0):  # give my opinion, agree, settled, work, I am working
        await tap(page, index=index)
        await assert_nothing_sticks_out(page)
    screen = page.locator(".message--bot").last
    await expect(screen).to_contain_text(words)
    assert await page.locator(".message--bot").count() == 1  # one message, edited in place
    line = screen.locator(".line").first
    assert await line.evaluate("line => getComputedStyle(line).direction") == direction
    folder = os.environ.get("MITREDEN_PICTURES")
    if folder:
        await expect(page.locator(".toast")).to_have_count(0, timeout=10_000)
        await page.screenshot(path=Path(folder) / f"phone-{tag}.png")


async def test_a_whole_dialogue_with_words_and_voice_ends_with_thanks(browser: Browser, preview: str) -> None:
    page = await open_phone(browser, preview, "Sabine", width=360, height=740)
    await tap(page, "Deutsch")
    for label in ("Meinung sagen", "Ja, ich stimme zu", "Ich wohne in Göppingen", "Werte, Regeln und Normen"):
        await tap(page, label)
    await tap(page, "4 – eher gut")
    await tap(page, "Vorurteile")
    await page.get_by_role("textbox").fill("Wenn Nachbarn sich kennen.")
    await page.get_by_role("textbox").press("Enter")
    await expect(page.locator(".message--bot")).to_have_count(2)
    await expect(page.locator(".message--bot").last).to_contain_text("Welche Maßnahmen helfen am meisten?")
    await expect(page.locator(".keyboard")).to_have_count(1)  # the answered question has no buttons any more
    await tap(page, "Treffen und Feste")
    await tap(page, "Fertig (1)")
    await tap(page, "5 – sehr wichtig")
    await tap(page, "Ja, bitte einladen")
    await tap(page, "Ja")
    await expect(page.locator(".message--bot").last).to_contain_text("Danke. Das waren alle Fragen")
    await assert_nothing_sticks_out(page)


async def test_the_preview_is_one_page_for_large_screens_too(browser: Browser, preview: str) -> None:
    page = await browser.new_page(viewport={"width": 1280, "height": 860}, locale="de-DE")
    requested: list[str] = []
    page.on("request", lambda request: requested.append(request.url))
    await page.goto(preview)
    await expect(page.get_by_role("button", name="Starten")).to_be_visible()
    await expect(page.locator("main, .phone").first).to_be_visible()
    await assert_nothing_sticks_out(page)
    assert requested
    assert [
        url for url in requested if not url.replace("ws:", "http:").startswith((preview, "data:", "blob:"))
    ] == []


async def test_the_reminders_of_september_arrive_when_the_clock_is_moved(
    browser: Browser, tmp_path: Path
) -> None:
    async with running_preview(tmp_path, date="20.08.2027") as url:
        page = await open_phone(browser, url, "Sabine", width=1280, height=860)
        await expect(page.locator("#clock-now")).to_contain_text("Fr., 20. August 2027, 12:0")
        for label in ("Deutsch", "Nur Nachrichten", "Ja", "Fachforum Sprache"):
            await tap(page, label)
        await page.locator("#clock").click()
        following = page.get_by_role("button", name="Zur nächsten Nachricht")
        await expect(following).to_contain_text("Di., 31. August 2027, 10:00 Uhr")
        await following.click()
        messages = page.locator(".message--bot")
        await expect(messages).to_have_count(2)
        await expect(messages.last).to_contain_text("Fachforum Sprache")
        await expect(messages.last.locator(".bubble__time")).to_have_text("10:00")
        await page.get_by_label("Anderer Tag, andere Uhrzeit").fill("2027-09-06T17:30")
        await page.get_by_role("button", name="Stellen").click()
        await expect(messages).to_have_count(3)
        await expect(messages.last).to_contain_text("Morgen ist das Fachforum.")
        await expect(messages.last.locator(".bubble__time")).to_have_text("17:30")
        days = await page.locator(".day").all_inner_texts()
        assert days == ["20. August 2027", "31. August 2027", "6. September 2027"]
        await assert_nothing_sticks_out(page)


async def write(page: Page, words: str) -> None:
    """Write to the bot, and wait until its answer stands below."""
    messages = page.locator(".message--bot")
    before = await messages.count()
    await page.get_by_role("textbox").first.fill(words)
    await page.keyboard.press("Enter")
    await expect(messages).to_have_count(before + 1)


async def take_picture(page: Page, name: str) -> None:
    """Take a picture for the README, where one is wanted."""
    folder = os.environ.get("MITREDEN_PICTURES")
    if folder:
        await expect(page.locator(".toast")).to_have_count(0, timeout=10_000)
        await page.locator(".keyboard").last.scroll_into_view_if_needed()
        await page.screenshot(path=Path(folder) / name, animations="disabled")


async def test_the_staff_move_a_forum_and_those_who_come_hear_of_it(browser: Browser, tmp_path: Path) -> None:
    async with running_preview(tmp_path, date="20.08.2027") as url:
        omar = await open_phone(browser, url, "Omar")
        await tap(omar, "العربية")
        await write(omar, "/events")
        for index in (2, 0, 0):  # the forum on work, I am coming, yes, you may write to me
            await tap(omar, index=index)
        await assert_nothing_sticks_out(omar)

        ute = await open_phone(browser, url, "Ute")
        await tap(ute, "Deutsch")
        await write(ute, "/staff")
        for label in ("Termine verwalten", "Fachforum Arbeit", "Termin oder Ort ändern"):
            await tap(ute, label)
        await write(ute, "16.08.2027 18:00")
        await expect(ute.locator(".message--bot").last).to_contain_text("liegt in der Vergangenheit")
        await write(ute, "23.09.2027 18:00")
        await tap(ute, "So lange wie bisher")
        await tap(ute, "Der Ort bleibt")
        screen = ute.locator(".message--bot").last
        await expect(screen).to_contain_text("Sofort geht an 1 Person in 1 Sprache")
        await assert_nothing_sticks_out(ute)
        await take_picture(ute, "staff-de.png")
        await tap(ute, "Ja, so ändern")

        told = omar.locator(".message--bot").last
        await expect(told).to_contain_text("23 أيلول 2027")
        await expect(told).to_contain_text("16 أيلول 2027")
        await assert_nothing_sticks_out(omar)
        await take_picture(omar, "reminder-ar.png")


async def test_two_of_the_staff_send_the_decision_and_it_arrives_in_arabic(
    browser: Browser, tmp_path: Path
) -> None:
    async with running_preview(tmp_path, date="18.11.2027") as url:
        omar = await open_phone(browser, url, "Omar")
        await tap(omar, "العربية")
        for index in (1, 0, 6):  # messages only, yes, the council
            await tap(omar, index=index)

        jan, ute = await open_phone(browser, url, "Jan"), await open_phone(browser, url, "Ute")
        for colleague in (jan, ute):
            await tap(colleague, "Deutsch")
            await write(colleague, "/staff")
        for label in ("Ankündigungen", "Neue Ankündigung", "Entscheidung des Gemeinderats", "Beschlossen"):
            await tap(ute, label)
        await write(ute, "18.11.2027")
        await write(ute, "https://www.goeppingen.de/integrationsplan.pdf")
        await tap(ute, "Leer lassen")
        await write(ute, "https://www.goeppingen.de/beschluss")
        await assert_nothing_sticks_out(ute)
        await take_picture(ute, "announcement-de.png")
        await tap(ute, "Um Freigabe bitten")
        await tap(ute, "Gleich nach der Freigabe")

        await expect(jan.locator(".message--bot").last).to_contain_text("wartet")
        await tap(jan, "Ansehen")
        await tap(jan, "Freigeben")
        await expect(jan.locator(".message--bot").last).to_contain_text("Sekunden zum Abbrechen")
        await assert_nothing_sticks_out(jan)
        answer = await jan.request.post(f"{url.rstrip('/')}/clock", data={"forward_seconds": 120})
        assert answer.ok

        told = omar.locator(".message--bot").last
        await expect(told).to_contain_text("integrationsplan.pdf")
        await expect(told).to_contain_text("18 تشرين الثاني 2027")
        await assert_nothing_sticks_out(omar)
        await take_picture(omar, "decision-ar.png")


async def test_the_staff_say_what_became_of_it_and_everybody_can_read_it(
    browser: Browser, tmp_path: Path
) -> None:
    async with running_preview(tmp_path, date="01.12.2027") as url:
        ute = await open_phone(browser, url, "Ute")
        await tap(ute, "Deutsch")
        await write(ute, "/staff")
        await tap(ute, "Ergebnisse eintragen")
        await tap(ute, "Arbeit")
        await tap(ute, index=0)
        for label in ("begonnen", "Ohne Link", "Eintragen"):
            await tap(ute, label)
        await expect(ute.locator(".message--bot").last).to_contain_text("Eingetragen.")

        omar = await open_phone(browser, url, "Omar")
        await tap(omar, "العربية")
        await write(omar, "/results")
        await tap(omar, index=2)
        await expect(omar.locator(".message--bot").last).to_contain_text("1 كانون الأول 2027")
        await assert_nothing_sticks_out(omar)
        await take_picture(omar, "results-ar.png")
