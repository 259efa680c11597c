"""The preview's clock on the page, in a real browser: a newcomer moves the date and a message arrives."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from bot.preview.clock import ClockDesk, PreviewClock
from bot.preview.player import Player
from bot.preview.server import LocalBotApi
from tests.support.world import Clock

Open = Callable[..., Awaitable[Page]]

#: A Friday, at noon in Göppingen.
BEGIN = dt.datetime(2027, 8, 20, 10, 0, tzinfo=dt.UTC)
REMINDER = dt.datetime(2027, 9, 6, 15, 0, tzinfo=dt.UTC)
COLOURS = (Path(__file__).parent / "contrast.js").read_text("utf-8")
REFUSED = "400 (Bad Request)"


@pytest.fixture
def clock() -> PreviewClock:
    return PreviewClock(Clock(BEGIN))


@pytest.fixture
def clock_desk(clock: PreviewClock) -> ClockDesk:
    return ClockDesk(clock)


@pytest.fixture
def reminded(api: LocalBotApi, clock: PreviewClock, clock_desk: ClockDesk) -> Player:
    """Sabine, whom the bot will remind once of a forum."""
    sabine = api.world.person("Sabine")
    sabine.starts()
    planned = [REMINDER]

    async def moved() -> None:
        if planned and planned[0] <= clock():
            planned.clear()
            api.world.post(sabine.chat, None, {"text": "Morgen ist das Fachforum."})

    async def next_due() -> dt.datetime | None:
        return planned[0] if planned else None

    clock_desk.moved, clock_desk.next_due = moved, next_due
    return sabine


async def assert_nothing_sticks_out(page: Page) -> None:
    wide = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide == 0
    sticking = await page.evaluate(
        "[...document.querySelectorAll('#clock-box, #clock-box *, #clock, .menu, .menu *')]"
        ".filter((node) => node.checkVisibility() && !node.closest('.hidden-words'))"
        ".filter((node) => { const at = node.getBoundingClientRect();"
        " return at.left < 0 || at.right > innerWidth || at.top < 0 || at.bottom > innerHeight"
        " || node.scrollWidth > node.clientWidth + 1 && getComputedStyle(node).display !== 'inline'; })"
        ".map((node) => node.outerHTML)"
    )
    assert sticking == []


async def test_the_reminder_of_september_arrives_while_the_newcomer_watches(
    open_page: Open, reminded: Player
) -> None:
    page = await open_page("Sabine")
    control = page.get_by_role("button", name="Uhr der Vorschau")
    await expect(control).to_contain_text("Fr., 20. August 2027, 12:00 Uhr")
    await control.click()
    box = page.get_by_role("dialog", name="Uhr der Vorschau")
    following = box.get_by_role("button", name="Zur nächsten Nachricht")
    await expect(following).to_contain_text("Mo., 6. September 2027, 17:00 Uhr")
    await expect(following).to_have_attribute("aria-disabled", "false")
    await following.click()
    await expect(page.locator(".message--bot")).to_contain_text("Morgen ist das Fachforum.")
    await expect(page.locator(".message--bot .bubble__time")).to_have_text("17:00")
    assert await page.locator(".day").all_inner_texts() == ["20. August 2027", "6. September 2027"]
    await expect(following).to_have_attribute("aria-disabled", "true")
    await expect(following).to_contain_text("Der Bot hat nichts geplant.")
    await expect(following).to_be_focused()
    assert await page.locator("#clock-said").inner_text() == (
        "Die Uhr der Vorschau zeigt Mo., 6. September 2027, 17:00 Uhr."
    )
    await box.get_by_role("button", name="Schließen").click()
    await expect(control).to_contain_text("Mo., 6. September 2027, 17:00 Uhr")


async def test_an_hour_a_day_another_date_and_back(open_page: Open, clock: PreviewClock) -> None:
    page = await open_page("Grace", locale="en-GB")
    shown = page.locator("#clock-now")
    await expect(shown).to_have_text("Fri, 20 August 2027, 12:00")
    await page.get_by_role("button", name="Clock of the preview").click()
    box = page.get_by_role("dialog", name="Clock of the preview")
    await box.get_by_role("button", name="+1 hour").click()
    await box.get_by_role("button", name="+1 day").dblclick()
    await expect(page.locator("#clock-box-now")).to_have_text("Sun, 22 August 2027, 13:00")
    field = box.get_by_label("Another day, another time")
    await expect(field).to_have_value("2027-08-22T13:00")
    for wall, name in (
        ("2027-11-18T18:30", "Thu, 18 November 2027, 18:30"),
        ("2026-02-01T00:05", "Sun, 1 February 2026, 00:05"),
    ):
        await field.fill(wall)
        await field.press("Enter")
        await expect(shown).to_have_text(name)
    await box.get_by_role("button", name="Close").click()
    await page.locator("#start").click()
    await expect(page.locator(".day")).to_have_text("1 February 2026")
    await expect(page.locator(".bubble__time")).to_have_text("00:05")
    assert clock() == dt.datetime(2026, 1, 31, 23, 5, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("wall", "sentence"),
    [
        ("", "Bitte geben Sie Tag und Uhrzeit ganz an."),
        ("1999-12-31T23:00", "Bitte wählen Sie ein Jahr von 2020 bis 2099."),
        ("2027-03-28T02:30", "Diese Uhrzeit gibt es nicht: In dieser Nacht beginnt die Sommerzeit."),
    ],
)
async def test_bad_input_is_said_in_one_sentence_and_changes_nothing(
    open_page: Open, clock: PreviewClock, wall: str, sentence: str
) -> None:
    page = await open_page("Sabine", expected=REFUSED)
    await page.locator("#clock").click()
    field = page.get_by_label("Anderer Tag, andere Uhrzeit")
    await field.fill(wall)
    await page.get_by_role("button", name="Stellen").click()
    await expect(page.get_by_role("alert")).to_have_text(sentence)
    await expect(field).to_have_attribute("aria-invalid", "true")
    await expect(field).to_be_focused()
    await expect(page.locator("#clock-box-now")).to_have_text("Fr., 20. August 2027, 12:00 Uhr")
    assert clock() == BEGIN
    await page.get_by_role("button", name="+1 Stunde").click()
    await expect(page.get_by_role("alert")).to_have_text("")
    await expect(field).to_have_attribute("aria-invalid", "false")


async def test_nothing_planned_is_said_in_words_and_the_button_does_nothing(
    open_page: Open, clock: PreviewClock
) -> None:
    page = await open_page("Sabine")
    await page.locator("#clock").click()
    following = page.get_by_role("button", name="Zur nächsten Nachricht")
    await expect(following).to_have_attribute("aria-disabled", "true")
    await expect(following).to_have_accessible_name("Zur nächsten Nachricht Der Bot hat nichts geplant.")
    await following.focus()
    await page.keyboard.press("Enter")
    await page.get_by_role("button", name="+1 Stunde").click()
    await expect(page.locator("#clock-box-now")).to_contain_text("13:00")
    assert clock() == BEGIN + dt.timedelta(hours=1)


async def test_the_clock_is_set_with_keys_alone(open_page: Open, reminded: Player) -> None:
    page = await open_page("Sabine")
    await expect(page.locator("#composer")).to_be_focused()
    await page.locator("#new-person").focus()
    await page.keyboard.press("Tab")
    await expect(page.locator("#clock")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.locator("#clock-next")).to_be_focused()
    await expect(page.locator("#clock-next")).to_have_attribute("aria-disabled", "false")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Tab")
    await expect(page.locator("#clock-day")).to_be_focused()
    await page.keyboard.press("Space")
    await expect(page.locator("#clock-box-now")).to_have_text("Sa., 21. August 2027, 12:00 Uhr")
    await page.keyboard.press("Shift+Tab")
    await page.keyboard.press("Shift+Tab")
    await page.keyboard.press("Enter")
    await expect(page.locator("#clock-box-now")).to_have_text("Mo., 6. September 2027, 17:00 Uhr")
    await page.keyboard.press("Escape")
    await expect(page.locator("#clock-box")).to_be_hidden()
    await expect(page.locator("#clock")).to_be_focused()


@pytest.mark.parametrize("locale", ["de-DE", "en-GB"])
@pytest.mark.parametrize("width", [320, 360])
async def test_on_a_small_phone_the_clock_is_at_hand_and_nothing_sticks_out(
    open_page: Open, reminded: Player, width: int, locale: str
) -> None:
    page = await open_page("Sabine", width, 640, has_touch=True, is_mobile=True, locale=locale)
    await page.locator("#chat-menu").click()
    await assert_nothing_sticks_out(page)
    await page.locator(".menu__item").first.click()
    await expect(page.locator("#clock-next")).to_have_attribute("aria-disabled", "false")
    await page.locator("#clock-to").fill("")
    await page.locator("#clock-form .box__main").click()
    await expect(page.locator("#clock-problem")).not_to_have_text("")
    await assert_nothing_sticks_out(page)
    await page.locator("#clock-next").click()
    message = page.locator(".message--bot")
    await expect(message).to_be_visible()
    behind = await page.locator("#clock-box").evaluate("box => box.getBoundingClientRect().bottom")
    assert await message.evaluate("one => one.getBoundingClientRect().top") > behind, "the message is seen"
    await page.keyboard.press("Escape")
    await expect(page.locator("#chat-menu")).to_be_focused()
    await page.locator("#back").click()
    await expect(page.locator("#clock")).to_be_visible()
    await assert_nothing_sticks_out(page)


async def test_the_shown_time_follows_the_minutes_and_the_language(open_page: Open) -> None:
    async def stop_time(page: Page) -> None:
        await page.clock.install()

    page = await open_page("Sabine", before=stop_time)
    shown = page.locator("#clock-now")
    await expect(shown).to_have_text("Fr., 20. August 2027, 12:00 Uhr")
    for minutes in (1, 2, 3):
        await page.clock.run_for(60_000)
        await expect(shown).to_have_text(f"Fr., 20. August 2027, 12:0{minutes} Uhr")
    await page.get_by_role("button", name="English", exact=True).click()
    await expect(shown).to_have_text("Fri, 20 August 2027, 12:03")


async def test_a_browser_elsewhere_shows_the_time_of_the_town(open_page: Open, api: LocalBotApi) -> None:
    page = await open_page("Sabine", timezone_id="America/Los_Angeles")
    await expect(page.locator("#clock-now")).to_have_text("Fr., 20. August 2027, 12:00 Uhr")
    await page.locator("#start").click()
    await expect(page.locator(".bubble__time")).to_have_text("12:00")
    await page.locator("#clock").click()
    await expect(page.locator("#clock-to")).to_have_value("2027-08-20T12:00")


async def test_a_second_window_follows_and_the_list_tells_old_days(
    open_page: Open, clock: PreviewClock
) -> None:
    first, second = await open_page("Sabine"), await open_page("Sabine")
    await first.locator("#start").click()
    when = second.locator(".person__when").nth(2)
    await expect(when).to_have_text("12:00")
    await first.locator("#clock").click()
    await first.get_by_role("button", name="+1 Tag").click()
    await expect(second.locator("#clock-now")).to_have_text("Sa., 21. August 2027, 12:00 Uhr")
    await expect(when).to_have_text("20.8.27")


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_clock_has_contrast_and_names(open_page: Open, scheme: str) -> None:
    page = await open_page("Sabine", color_scheme=scheme)
    await page.locator("#clock").click()
    await page.locator("#clock-to").fill("")
    await page.get_by_role("button", name="Stellen").click()
    await expect(page.get_by_role("alert")).not_to_have_text("")
    _, faults = await page.evaluate(COLOURS)
    assert faults == []
    tree = await page.locator("#clock-box").aria_snapshot()
    for name in ("Zur nächsten Nachricht", "+1 Stunde", "+1 Tag", "Anderer Tag, andere Uhrzeit", "Stellen"):
        assert name in tree


class TestWithoutADesk:
    @pytest.fixture
    def clock_desk(self) -> None:
        return None

    async def test_the_page_has_no_clock(self, open_page: Open) -> None:
        page = await open_page("Sabine")
        await page.locator("#start").click()
        await expect(page.locator("#clock")).to_be_hidden()
        await page.set_viewport_size({"width": 360, "height": 640})
        await page.locator("#chat-menu").click()
        await expect(page.get_by_role("menuitem")).to_have_count(2)


async def test_a_day_written_while_the_clock_is_still_being_set_is_kept(
    open_page: Open, reminded: Player, clock_desk: ClockDesk
) -> None:
    """The answer to the first order comes late; it must not overwrite the second one."""
    may_answer = asyncio.Event()
    moved = clock_desk.moved

    async def moved_late() -> None:
        await moved()
        await may_answer.wait()

    clock_desk.moved = moved_late
    page = await open_page("Sabine")
    await page.get_by_role("button", name="Uhr der Vorschau").click()
    box = page.get_by_role("dialog", name="Uhr der Vorschau")
    await box.get_by_role("button", name="Zur nächsten Nachricht").click()
    await expect(page.locator(".message--bot")).to_contain_text("Morgen ist das Fachforum.")
    field = box.get_by_label("Anderer Tag, andere Uhrzeit")
    await field.fill("2027-11-05T09:30")
    may_answer.set()
    await expect(page.locator("#clock-said")).to_contain_text("6. September 2027")
    await expect(field).to_have_value("2027-11-05T09:30")
    await box.get_by_role("button", name="Stellen").click()
    await expect(page.locator("#clock-said")).to_contain_text("5. November 2027, 09:30")
