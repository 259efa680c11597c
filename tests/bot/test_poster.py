"""The poster: what its code opens, what stands on it, and that it is one page in a real browser.

With MITREDEN_PICTURES=FOLDER the picture of the README is taken on the way.
"""

from __future__ import annotations

import asyncio
import base64
import dataclasses
import itertools
import os
import re
import socket
from collections.abc import AsyncIterator, Sequence
from html.parser import HTMLParser
from importlib import resources
from pathlib import Path

import pytest
import zxingcpp
from hypothesis import given
from hypothesis import strategies as st
from playwright.async_api import Browser, Page, async_playwright
from typer.testing import CliRunner

from bot.cli import cli
from bot.content import SHIPPED_CONTENT, TOWN_FILE, LoadedContent, load_content
from bot.poster.command import (
    find_logo,
    make_poster,
    make_start_word,
    parse_languages,
    parse_username,
    run_poster,
)
from bot.poster.page import TEMPLATE, Edition, Poster, render_poster
from bot.settings import StartError, parse_settings
from conversations.entry import Entry, parse_entry
from conversations.languages import LANGUAGES, Language, find_language
from tests.support.world import BOT_USERNAME, open_world

CHROMIUM = Path("/usr/bin/chromium")
in_browser = pytest.mark.skipif(not CHROMIUM.exists(), reason="no browser: apt install chromium")

LINK = "https://t.me/mitreden_goeppingen_bot?start=arbeit-vhs"
OTHER_WAY = "Telefon 01234 5678-0, mitreden@example.org, Rathaus, Hauptstraße 1"
LOGO = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 60 80"><script>alert(1)</script>
<path d="M0 0h60v44q0 28-30 36q-30-8-30-36z" fill="#111"/>
<path d="M10 16q10 8 20 0q10-8 20 0v9q-10-8-20 0q-10 8-20 0z" fill="#fff"/>
<path d="M10 36q10 8 20 0q10-8 20 0v9q-10-8-20 0q-10 8-20 0z" fill="#fff"/></svg>"""
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
MM_PER_PIXEL = 25.4 / 96


SHIPPED = load_content()


@pytest.fixture(scope="module")
def loaded() -> LoadedContent:
    """The shipped content of a town that has filled in its file, with every language on offer."""
    shipped = SHIPPED
    facts = {**shipped.content.town.facts, "alt_channel": OTHER_WAY}
    town = dataclasses.replace(shipped.content.town, facts=facts, open_facts=())
    return dataclasses.replace(
        shipped,
        content=dataclasses.replace(shipped.content, town=town),
        catalogues=dataclasses.replace(shipped.catalogues, offered=LANGUAGES),
    )


@pytest.fixture
def town_folder(tmp_path: Path) -> Path:
    """A content folder in which nothing is left to fill in."""
    folder = tmp_path / "town"
    folder.mkdir()
    shipped = (SHIPPED_CONTENT / TOWN_FILE).read_text(encoding="utf-8")
    filled = re.sub("‹[^›]*›", OTHER_WAY, shipped)
    (folder / TOWN_FILE).write_text(filled, encoding="utf-8")
    return folder


def languages_of(*codes: str) -> list[Language]:
    return [language for code in codes if (language := find_language(code)) is not None]


def poster_of(loaded: LoadedContent, *codes: str, field: str | None = "arbeit", **named: object) -> Poster:
    return make_poster(loaded, LINK, languages_of(*codes), field=field, **named)  # type: ignore[arg-type]


# What the code opens


def test_the_link_opens_the_field_and_notes_the_source(loaded: LoadedContent) -> None:
    content = loaded.content
    assert make_start_word(content, "arbeit", "vhs") == "arbeit-vhs"
    assert make_start_word(content, "arbeit", None) == "arbeit"
    assert make_start_word(content, None, "vhs") == "-vhs"
    assert make_start_word(content, None, None) == ""
    assert parse_entry(content, "-vhs") == Entry("", "vhs")


@given(
    number=st.integers(-1, 4),
    source=st.none() | st.text("abcdefghijklmnopqrstuvwxyz0123456789-_", min_size=1, max_size=20),
)
def test_the_bot_reads_back_what_the_poster_says(number: int, source: str | None) -> None:
    content = SHIPPED.content
    field = None if number < 0 else content.field_codes[number]
    word = make_start_word(content, field, source)
    assert re.fullmatch(r"[A-Za-z0-9_-]{0,64}", word), "Telegram takes no other signs"
    assert parse_entry(content, word) == Entry(field or "", source or "")


@pytest.mark.parametrize(
    ("field", "source", "sentence"),
    [
        ("arbiet", None, "There is no field “arbiet”. Did you mean “arbeit”? Known are sprache, bildung,"),
        ("profile", None, "There is no field “profile”. Known are sprache, bildung, arbeit, wohnen, werte."),
        (None, "VHS", "The source “VHS” cannot stand in a link; use a-z, 0-9, “-” and “_”, at most 20"),
        ("arbeit", "x" * 21, "at most 20 characters."),
        ("arbeit", "", "The source “” cannot stand in a link"),
        ("arbeit", "bücherei", "The source “bücherei” cannot stand in a link"),
    ],
)
def test_what_no_link_can_carry_is_one_sentence(field: str | None, source: str | None, sentence: str) -> None:
    with pytest.raises(StartError) as caught:
        make_start_word(SHIPPED.content, field, source)
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_field_that_a_link_would_tear_apart_is_refused() -> None:
    flow = dataclasses.replace(SHIPPED.content.fields[0], scope="beruf-und-alltag")
    content = dataclasses.replace(SHIPPED.content, fields=(flow, *SHIPPED.content.fields))
    with pytest.raises(StartError, match="A link cannot carry “beruf-und-alltag”"):
        make_start_word(content, "beruf-und-alltag", None)


@pytest.mark.parametrize("written", ["mitreden_bot", "@mitreden_bot", " @Mitreden_Bot ", "A1bot"])
def test_the_name_of_a_bot_is_taken_with_or_without_its_sign(written: str) -> None:
    assert parse_username(written) == written.strip().strip("@")


@pytest.mark.parametrize(
    "written",
    ["", "@", "bot", "mitreden", "mit-reden_bot", "mitreden_bot?x", "ümitreden_bot", "x" * 30 + "bot"],
)
def test_what_cannot_be_the_name_of_a_bot_is_refused(written: str) -> None:
    with pytest.raises(StartError, match="is not the name of a bot"):
        parse_username(written)


def test_languages_are_taken_in_the_order_given(loaded: LoadedContent) -> None:
    assert [language.code for language in parse_languages(loaded, "tr, de,ar,tr")] == ["tr", "de", "ar"]
    assert parse_languages(loaded, None) == LANGUAGES


def test_a_language_that_is_not_on_offer_is_one_sentence(loaded: LoadedContent) -> None:
    few = dataclasses.replace(loaded.catalogues, offered=LANGUAGES[:2])
    half = dataclasses.replace(loaded, catalogues=few)
    with pytest.raises(StartError, match=r"“ar” is not offered, .*mitreden check.* Offered are de, de_LS\.$"):
        parse_languages(half, "de,ar")
    with pytest.raises(StartError, match=r"^There is no language “xx”\. Offered are de, de_LS\.$"):
        parse_languages(half, "xx")


# What stands on the page


class Elements(HTMLParser):
    """The elements of a page with their attributes, and the words in each."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None], list[str]]] = []
        self._open: list[list[str]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs), []))
        if tag not in ("meta", "img", "wbr"):
            self._open.append(self.found[-1][2])

    def handle_endtag(self, tag: str) -> None:
        if tag not in ("meta", "img", "wbr"):
            self._open.pop()

    def handle_data(self, data: str) -> None:
        for words in self._open:
            words.append(data)

    def all(self, tag: str) -> list[tuple[dict[str, str | None], str]]:
        return [(attributes, "".join(words)) for name, attributes, words in self.found if name == tag]


def test_each_language_has_a_block_in_its_own_direction(loaded: LoadedContent) -> None:
    page = Elements(render_poster(poster_of(loaded, "de", "ar", "tr")))
    blocks = page.all("section")
    assert [(each["lang"], each["dir"]) for each, _ in blocks] == [
        ("de", "ltr"),
        ("ar-SY", "rtl"),
        ("tr", "ltr"),
    ]
    for language, (_, words) in zip(languages_of("de", "ar", "tr"), blocks, strict=True):
        catalogue = loaded.catalogues.get(language.code)
        for key in ("poster.title", "poster.question", "poster.scan", "field.arbeit"):
            assert catalogue.find(key) in words
        assert language.own_name in words


def test_without_a_field_it_speaks_of_the_whole_plan(loaded: LoadedContent) -> None:
    ((_, words),) = Elements(render_poster(poster_of(loaded, "de", field=None))).all("section")
    assert "Meinung sagen zum Integrationsplan Göppingen" in words


@pytest.mark.parametrize("codes", [["de", "ar", "tr"], ["ar"], [each.code for each in LANGUAGES]])
def test_the_way_without_telegram_is_there_in_german_at_least(
    loaded: LoadedContent, codes: Sequence[str]
) -> None:
    paragraphs = Elements(render_poster(poster_of(loaded, *codes))).all("p")
    ways = [(each["lang"], words) for each, words in paragraphs if OTHER_WAY in words]
    assert ("de", f"Mitmachen ohne Telegram: {OTHER_WAY}") in ways
    if len(codes) < 4:  # with more languages there is room for German only
        assert {"ar-SY", "de"} <= {language for language, _ in ways}


def test_a_long_way_without_telegram_is_told_in_german_only_where_there_is_no_room(
    loaded: LoadedContent,
) -> None:
    town = dataclasses.replace(
        loaded.content.town, facts={**loaded.content.town.facts, "alt_channel": "Büro " * 99}
    )
    wordy = dataclasses.replace(loaded, content=dataclasses.replace(loaded.content, town=town))
    page = Elements(render_poster(poster_of(wordy, "ar", "tr")))
    assert [each["lang"] for each, words in page.all("p") if "Büro Büro" in words] == ["de"]


def test_inserted_words_stand_apart_in_a_text_from_right_to_left(loaded: LoadedContent) -> None:
    page = render_poster(poster_of(loaded, "ar"))
    inserted = [words for _, words in Elements(page).all("bdi")]
    assert inserted == ["Stadt Göppingen", "https://www.goeppingen.de", OTHER_WAY]
    assert not re.search("[\u2066-\u2069]", page)


def test_words_of_the_town_are_words_and_never_markup(loaded: LoadedContent) -> None:
    facts = {**loaded.content.town.facts, "org": "<b>A & B</b>", "alt_channel": "<script>x</script>"}
    town = dataclasses.replace(loaded.content.town, facts=facts)
    hostile = dataclasses.replace(loaded, content=dataclasses.replace(loaded.content, town=town))
    page = Elements(render_poster(poster_of(hostile, "de", "ar")))
    assert page.all("script") == page.all("b") == []
    assert page.all("strong") == [({}, "<b>A & B</b>")]


def test_the_page_stands_alone(loaded: LoadedContent, tmp_path: Path) -> None:
    (tmp_path / "logo.svg").write_text(LOGO, encoding="utf-8")
    page = render_poster(poster_of(loaded, "de", "ar", logo=find_logo(tmp_path)))
    elements = Elements(page)
    assert {tag for tag, _, _ in elements.found}.isdisjoint({"script", "link", "iframe", "object", "base"})
    addresses = [
        str(attributes[name])
        for _, attributes, _ in elements.found
        for name in ("src", "href", "srcset", "data", "action", "xlink:href")
        if name in attributes
    ]
    assert [address[:26] for address in addresses] == ["data:image/svg+xml;base64,", LINK[:26]]
    assert not re.search(r"url\(|@import", page)
    (policy,) = [each["content"] for each, _ in elements.all("meta") if "http-equiv" in each]
    assert str(policy).startswith("default-src 'none'")


def test_the_link_stands_below_the_code_in_letters(loaded: LoadedContent) -> None:
    ((attributes, words),) = Elements(render_poster(poster_of(loaded, "ar"))).all("a")
    assert (attributes["href"], f"https://{words}") == (LINK, LINK)


def test_a_draft_is_marked_and_a_final_poster_is_not(loaded: LoadedContent) -> None:
    assert "ENTWURF / Beispiel" in render_poster(poster_of(loaded, "de", edition=Edition.DRAFT))
    assert "ENTWURF" not in render_poster(poster_of(loaded, "de"))


def test_more_than_a_page_holds_is_one_sentence(loaded: LoadedContent) -> None:
    with pytest.raises(StartError, match="do not fit on one page; choose fewer languages"):
        render_poster(poster_of(loaded, *["de", "ar"] * 30))


# The town's logo


def test_a_logo_is_found_by_its_name(tmp_path: Path) -> None:
    assert find_logo(tmp_path) == ""
    (tmp_path / "logo.png").write_bytes(PNG)
    assert base64.b64decode(find_logo(tmp_path).removeprefix("data:image/png;base64,")) == PNG
    (tmp_path / "logo.svg").write_text(LOGO, encoding="utf-8")
    assert find_logo(tmp_path).startswith("data:image/svg+xml;base64,")


@pytest.mark.parametrize("name", ["logo.svg", "logo.png"])
def test_a_logo_that_is_something_else_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"GIF89a")
    with pytest.raises(StartError, match=f"{name} is not a picture of the kind"):
        find_logo(tmp_path)
    (tmp_path / name).unlink()
    (tmp_path / name).mkdir()
    with pytest.raises(StartError, match=f"{name} cannot be read"):
        find_logo(tmp_path)


# The command


def test_the_command_replaces_the_file_and_says_what_it_opens(tmp_path: Path, town_folder: Path) -> None:
    out = tmp_path / "poster.html"
    out.write_text("an older one", encoding="utf-8")
    settings = parse_settings({"MITREDEN_CONTENT": str(town_folder)})
    said = run_poster(settings, out, field="werte", source="vhs", languages="de,en", username="@mitreden_bot")
    assert said == f"wrote {out} (de, en): https://t.me/mitreden_bot?start=werte-vhs"
    assert "Values, rules and norms" in out.read_text(encoding="utf-8")
    assert run_poster(settings, out, languages="de", username="mitreden_bot").endswith(
        "https://t.me/mitreden_bot"
    )


def test_open_placeholders_are_refused_but_for_a_draft(tmp_path: Path) -> None:
    out = tmp_path / "poster.html"
    with pytest.raises(StartError, match=r"open placeholders of the town file: alt_channel\..* --draft\.$"):
        run_poster(parse_settings({}), out, username="mitreden_bot")
    assert not out.exists()
    run_poster(parse_settings({}), out, username="mitreden_bot", edition=Edition.DRAFT)
    assert "ENTWURF / Beispiel" in out.read_text(encoding="utf-8")


def test_a_fact_that_the_poster_does_not_show_may_be_open(tmp_path: Path, town_folder: Path) -> None:
    town = town_folder / TOWN_FILE
    filled = town.read_text(encoding="utf-8")
    town.write_text(re.sub('imprint = ".*"', 'imprint = "‹…›"', filled), encoding="utf-8")
    settings = parse_settings({"MITREDEN_CONTENT": str(town_folder)})
    assert "wrote" in run_poster(settings, tmp_path / "poster.html", username="mitreden_bot")


def test_a_place_that_cannot_be_written_is_one_sentence(tmp_path: Path, town_folder: Path) -> None:
    settings = parse_settings({"MITREDEN_CONTENT": str(town_folder)})
    for out, sentence in [
        (tmp_path / "posters" / "p.html", f"There is no folder {tmp_path / 'posters'};"),
        (tmp_path, f"The file {tmp_path} cannot be written: is a directory."),
        (tmp_path / ("x" * 300), "cannot be written: file name too long."),
    ]:
        with pytest.raises(StartError, match=re.escape(sentence)):
            run_poster(settings, out, username="mitreden_bot")


async def test_telegram_is_asked_for_the_name_of_the_bot(tmp_path: Path, town_folder: Path) -> None:
    async with open_world(tmp_path) as world:
        settings = parse_settings({**world.environment, "MITREDEN_CONTENT": str(town_folder)})
        said = await asyncio.to_thread(run_poster, settings, tmp_path / "p.html", field="arbeit")
        assert said.endswith(f": https://t.me/{BOT_USERNAME}?start=arbeit")
        token = {"MITREDEN_TELEGRAM_TOKEN": "123456:another-token-than-that-one"}
        stranger = parse_settings({**world.environment, "MITREDEN_CONTENT": str(town_folder), **token})
        with pytest.raises(StartError, match="does not accept the token in MITREDEN_TELEGRAM_TOKEN"):
            await asyncio.to_thread(run_poster, stranger, tmp_path / "p.html")


def test_without_the_name_of_the_bot_it_says_how_to_give_it(tmp_path: Path, town_folder: Path) -> None:
    given = {"MITREDEN_CONTENT": str(town_folder)}
    with pytest.raises(StartError, match=r"needs the name of the bot: give it with --bot NAME"):
        run_poster(parse_settings(given), tmp_path / "p.html")
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # nobody listens here
        given["MITREDEN_TELEGRAM_API_URL"] = f"http://127.0.0.1:{closed.getsockname()[1]}"
        given["MITREDEN_TELEGRAM_TOKEN"] = "123456:a-token-that-nobody-may-see"
        with pytest.raises(StartError) as caught:
            run_poster(parse_settings(given), tmp_path / "p.html")
    assert "give it with --bot NAME" in str(caught.value)
    assert "nobody-may-see" not in str(caught.value)


def test_on_the_command_line_a_mistake_is_one_line_and_exit_code_1(
    tmp_path: Path, town_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MITREDEN_PICTURES", raising=False)  # not a setting
    monkeypatch.setenv("MITREDEN_CONTENT", str(town_folder))
    named = ["poster", "--bot", "mitreden_bot", "--out", "p.html"]
    wrong = CliRunner().invoke(cli, [*named, "--field", "arbiet"])
    assert (wrong.exit_code, wrong.stdout, wrong.stderr.count("\n")) == (1, "", 1)
    right = CliRunner().invoke(cli, [*named, "--field", "arbeit", "--languages", "de,en", "--draft"])
    assert (right.exit_code, right.stderr) == (0, "")
    assert right.stdout == "wrote p.html (de, en): https://t.me/mitreden_bot?start=arbeit\n"


def test_the_template_lies_in_the_package() -> None:
    assert resources.files("bot.poster").joinpath(TEMPLATE).is_file()


# In a real browser


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(
            executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-background-networking"]
        )
        yield started
        await started.close()


async def print_poster(browser: Browser, poster: Poster, folder: Path) -> Page:
    """Open a poster as a file, as it looks on paper, and see that it is one page with nothing cut off."""
    file = folder / "poster.html"
    file.write_text(render_poster(poster), encoding="utf-8")
    page = await browser.new_page(viewport={"width": 794, "height": 1123})
    requested: list[str] = []
    page.on("request", lambda request: requested.append(request.url))
    await page.emulate_media(media="print")
    await page.goto(file.as_uri())
    pdf = await page.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == 1
    box = re.search(rb"/MediaBox\s*\[0 0 ([\d.]+) ([\d.]+)\]", pdf)
    assert box is not None
    assert [round(float(points) / 72 * 25.4) for points in box.groups()] == [210, 297]
    assert await page.evaluate(STICKING_OUT) == []
    assert [url for url in requested if not url.startswith(("data:", file.as_uri()))] == []
    return page


#: What is larger than the place it has.
STICKING_OUT = """[...document.querySelectorAll("main, header, .block, .code, .other-ways")]
    .filter(each => each.scrollHeight > each.clientHeight + 1 || each.scrollWidth > each.clientWidth + 1)
    .map(each => each.className || each.tagName)"""
#: The light of each point of a picture, in base64.
POINTS = """async picture => {
    const image = await createImageBitmap(await (await fetch(picture)).blob());
    const canvas = new OffscreenCanvas(image.width, image.height).getContext("2d");
    canvas.drawImage(image, 0, 0);
    const points = canvas.getImageData(0, 0, image.width, image.height).data.filter((_, at) => at % 4 == 1);
    let letters = "";
    for (let at = 0; at < points.length; at += 4096)
        letters += String.fromCharCode(...points.subarray(at, at + 4096));
    return [image.height, image.width, btoa(letters)];
}"""


async def read_codes(browser: Browser, page: Page) -> list[str]:
    """Read the codes in a picture of a page, as a phone does."""
    picture = base64.b64encode(await page.screenshot(full_page=True)).decode()
    blank = await browser.new_page()
    height, width, points = await blank.evaluate(POINTS, f"data:image/png;base64,{picture}")
    image = memoryview(base64.b64decode(points)).cast("B", shape=[height, width])
    return [code.text for code in zxingcpp.read_barcodes(image)]


async def title_points(page: Page) -> float:
    size: str = await page.locator("h2").first.evaluate("title => getComputedStyle(title).fontSize")
    return float(size.removesuffix("px")) * 0.75


@in_browser
@pytest.mark.parametrize("codes", ["de", "ar", "de ar tr", "de de_LS en tr ar"])
async def test_it_is_one_page_and_its_code_can_be_read(
    browser: Browser, loaded: LoadedContent, tmp_path: Path, codes: str
) -> None:
    for field in ("werte", None):
        page = await print_poster(browser, poster_of(loaded, *codes.split(), field=field), tmp_path)
        assert await read_codes(browser, page) == [LINK]
        assert await page.locator("section").count() == len(codes.split())
        if len(codes.split()) <= 3:
            assert await title_points(page) >= 20


@in_browser
async def test_twenty_two_languages_still_fit_on_one_page(
    browser: Browser, loaded: LoadedContent, tmp_path: Path
) -> None:
    codes = [language.code for language in LANGUAGES]
    assert len(codes) == 22
    for field, edition in itertools.product(("werte", "sprache"), Edition):
        poster = poster_of(loaded, *codes, field=field, edition=edition)
        page = await print_poster(browser, poster, tmp_path)
        assert await read_codes(browser, page) == [LINK]
        blocks = page.locator("section")
        assert await blocks.count() == 22
        lefts = await blocks.evaluate_all("all => all.map(each => each.getBoundingClientRect().left)")
        assert len(set(lefts)) == 2, "two columns"


def test_without_a_choice_the_last_languages_give_way_and_are_named(
    tmp_path: Path, town_folder: Path
) -> None:
    settings = parse_settings({"MITREDEN_CONTENT": str(town_folder)})
    out = tmp_path / "poster.html"
    said = run_poster(settings, out, username="mitreden_bot")
    shown = said.partition("(")[2].partition(")")[0].split(", ")

    assert len(shown) >= 20
    assert shown == [language.code for language in LANGUAGES][: len(shown)]
    left_out = [language.code for language in LANGUAGES][len(shown) :]
    assert said.endswith(f"no room for {', '.join(left_out)}; --languages chooses others") == bool(left_out)
    every = ",".join(language.code for language in LANGUAGES)
    if left_out:
        with pytest.raises(StartError, match="choose fewer languages"):
            run_poster(settings, out, username="mitreden_bot", languages=every)


@in_browser
@pytest.mark.parametrize("count", [1, 22])
async def test_the_code_is_large_enough_and_has_its_quiet_zone(
    browser: Browser, loaded: LoadedContent, tmp_path: Path, count: int
) -> None:
    longest = f"https://t.me/{'w' * 29}bot?start=bildung-{'m' * 20}"
    for link in ("https://t.me/a1bot", longest):
        poster = dataclasses.replace(poster_of(loaded, *["de"] * count), link=link)
        page = await print_poster(browser, poster, tmp_path)
        assert await read_codes(browser, page) == [link]
        drawn = page.locator(".code svg")
        whole = await drawn.bounding_box()
        assert whole is not None
        dark: float = await drawn.locator("path").last.evaluate(
            "path => path.getBBox().width * path.getScreenCTM().a"
        )
        modules = await drawn.evaluate("svg => svg.viewBox.baseVal.width")
        assert dark * MM_PER_PIXEL >= 44.9
        assert (whole["width"] - dark) / 2 == pytest.approx(4 * whole["width"] / modules, rel=0.01)


@in_browser
async def test_a_block_from_right_to_left_stands_at_the_right(
    browser: Browser, loaded: LoadedContent, tmp_path: Path
) -> None:
    (tmp_path / "logo.svg").write_text(LOGO, encoding="utf-8")
    poster = poster_of(loaded, "de", "ar", "tr", logo=find_logo(tmp_path))
    page = await print_poster(browser, poster, tmp_path)
    edges = await page.locator("section").evaluate_all(
        """all => all.map(block => {
            const words = document.createRange();
            words.selectNodeContents(block.querySelector("h2"));
            const [inner, outer] = [words.getBoundingClientRect(), block.getBoundingClientRect()];
            return [inner.left - outer.left, outer.right - inner.right].map(Math.round);
        })"""
    )
    assert [(left == 0, right == 0) for left, right in edges] == [(True, False), (False, True), (True, False)]
    logo = await page.locator("header img").bounding_box()
    assert logo is not None
    assert logo["height"] > 50
    folder = os.environ.get("MITREDEN_PICTURES")
    if folder:
        await page.screenshot(path=Path(folder) / "poster.png")
