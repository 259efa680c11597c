"""The gallery in a real browser: every letter is there, nothing is wider than a phone, all runs its own way.

Letters need fonts: on Debian fonts-noto-core (Noto Sans, Noto Sans Arabic, Noto Sans Ethiopic).
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, async_playwright

from bot.content import load_content
from bot.texts.gallery import list_chapters, save_gallery, tag_of
from conversations.languages import LANGUAGES, Script, find_language

NOW = dt.datetime(2027, 5, 4, 12, 0, tzinfo=dt.UTC)
CHROMIUM = Path("/usr/bin/chromium")
LOADED = load_content(None)
in_browser = pytest.mark.skipif(not CHROMIUM.exists(), reason="no browser: apt install chromium")

#: Opens one chapter and lays all of it out; returns what is wider than its place.
_TOO_WIDE = """tag => {
  for (const details of document.querySelectorAll("details")) details.open = details.id === tag;
  const wide = [];
  for (const each of document.getElementById(tag).querySelectorAll(".message, .keys span, h3"))
    if (each.scrollWidth > each.clientWidth + 1) wide.push(each.textContent);
  return { page: document.documentElement.scrollWidth, wide };
}"""
#: Draws each letter of a chapter and one that no font has; returns those that look like it.
_BOXES = """tag => {
  const chapter = document.getElementById(tag), canvas = document.createElement("canvas");
  canvas.width = canvas.height = 48;
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  const look = letter => {
    pen.clearRect(0, 0, 48, 48);
    pen.font = "24px " + getComputedStyle(chapter).fontFamily;
    pen.fillText(letter, 12, 32);
    return pen.getImageData(0, 0, 48, 48).data.join();
  };
  const missing = look("\\u0378"), letters = new Set();
  for (const each of chapter.querySelectorAll(".message, .keys span"))
    for (const letter of each.textContent) if (/\\p{L}/u.test(letter)) letters.add(letter);
  return { sure: look("\\u0379") === missing && look("a") !== missing, count: letters.size,
           boxes: [...letters].filter(letter => look(letter) === missing) };
}"""
_DIRECTIONS = """tag => [...document.getElementById(tag).querySelectorAll("[lang]")].slice(1).map(each => [
  each.lang, getComputedStyle(each).direction])"""


@pytest.fixture(scope="module")
def gallery(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write every screen in every language to one page."""
    path = tmp_path_factory.mktemp("gallery") / "gallery.html"
    save_gallery(list_chapters(LOADED, LANGUAGES, NOW), "Stadt Göppingen", NOW.date(), path)
    return path


@pytest.fixture
async def page(gallery: Path) -> AsyncIterator[Page]:
    """Open the page on a phone 360 pixels wide, with nothing put off until somebody scrolls."""
    async with async_playwright() as playwright:
        browser: Browser = await playwright.chromium.launch(
            executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-quic"]
        )
        opened = await browser.new_page(viewport={"width": 360, "height": 740})
        asked: list[str] = []
        opened.on("request", lambda request: asked.append(request.url))
        await opened.goto(gallery.as_uri())
        await opened.add_style_tag(content="article { content-visibility: visible !important }")
        assert [url for url in asked if not url.startswith("file:")] == [], "nothing is loaded"
        yield opened
        await browser.close()


@in_browser
async def test_no_screen_of_any_language_is_wider_than_a_phone(page: Page) -> None:
    for language in LANGUAGES:
        found = await page.evaluate(_TOO_WIDE, tag_of(language))
        assert found == {"page": 360, "wide": []}, language.code


@in_browser
async def test_every_letter_has_a_glyph(page: Page) -> None:
    counts = {}
    for language in LANGUAGES:
        found = await page.evaluate(_BOXES, tag_of(language))
        assert found["sure"], "a letter that no font has must be seen as one"
        assert found["boxes"] == [], language.code
        counts[language.script] = max(counts.get(language.script, 0), found["count"])
    print({script.value: count for script, count in counts.items()})
    assert all(count > 30 for count in counts.values())
    assert set(counts) == set(Script)


@in_browser
async def test_every_language_runs_in_its_direction(page: Page) -> None:
    for language in LANGUAGES:
        found = await page.evaluate(_DIRECTIONS, tag_of(language))
        assert len(found) > 500
        assert {tuple(each) for each in found} == {(tag_of(language), language.direction.value)}


def test_the_page_is_whole_and_the_same_screen_has_the_same_number(gallery: Path) -> None:
    text = gallery.read_text(encoding="utf-8")
    numbers = {
        language.code: re.findall(rf'<article id="{re.escape(tag_of(language))}\.(\d+)">', text)
        for language in LANGUAGES
    }

    assert text.rstrip().endswith("</html>")
    assert len(numbers["de"]) > 500
    assert set(map(tuple, numbers.values())) == {tuple(numbers["de"])}
    assert "<script" not in text
    assert "http-equiv" in text
    for name in ("Noto Sans Arabic", "Noto Sans Ethiopic"):
        assert name in text


def test_every_screen_of_a_turn_is_in_the_gallery_and_none_twice() -> None:
    german = find_language("de")
    assert german is not None
    (chapter,) = list_chapters(LOADED, [german], NOW)
    looks = [
        (card.rendered.text, card.rendered.keyboard and str(card.rendered.keyboard)) for card in chapter.cards
    ]
    names = {card.name.split()[0] for card in chapter.cards}

    assert len({(look[0], re.sub(r"callback_data='[^']*'", "", str(look[1]))) for look in looks}) == len(
        looks
    )
    assert {"languages", "more_languages", "doors", "consent", "menu", "help", "stopped", "erased"} <= names
    assert {"adopted", "postponed", "rejected", "week-before", "day-before", "results"} <= names


def test_every_language_has_a_tag_of_its_own() -> None:
    tags = {tag_of(language) for language in LANGUAGES}
    assert {"de-simple", "sr-Latn", "ar", "ti"} <= tags
    assert len(tags) == len(LANGUAGES)
