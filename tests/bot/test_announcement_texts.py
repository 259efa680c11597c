"""Announcements in words: every kind in every language, its length, its buttons, and who may not read it."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from bot.announcement_texts import find_long, preview_announcement, render_announcement
from bot.check import check_rendered
from bot.rendering import MESSAGE_MAX_UNITS, Renderer, utf16_units
from conversations.announcement_templates import TEMPLATES, AnnouncementKind
from conversations.announcements import Announcement, Audience, Fault, FaultCode, Mode
from conversations.languages import Direction
from conversations.texts import text
from tests.support.announcement_samples import LANGUAGES, PAGE, in_five_languages, make_announcement
from tests.support.chat import plain

TODAY = dt.date(2027, 11, 19)
RTL_MARK = "\u200f"


@pytest.fixture(scope="module")
def renderer() -> Renderer:
    loaded = in_five_languages()
    assert {language.code for language in loaded.catalogues.offered} == set(LANGUAGES)
    return Renderer(loaded.content, loaded.catalogues)


def free(**words: str) -> Announcement:
    made = make_announcement(AnnouncementKind.FREE)
    return replace(made, words={code: {"text": words.get(code, "…")} for code in LANGUAGES})


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", AnnouncementKind)
def test_every_kind_can_be_sent_in_every_language(
    renderer: Renderer, kind: AnnouncementKind, language: str
) -> None:
    stop_all = renderer.say(text("rem.btn.stop_all"), language)
    for short in (True, False):
        announcement = make_announcement(kind, short=short)
        for sent in (
            announcement,
            replace(announcement, audience=Audience(got=1)),
            replace(announcement, mode=Mode.EDIT, audience=Audience(got=1)),
        ):
            message = render_announcement(sent, language, renderer, TODAY)
            assert list(check_rendered(message)) == []
            assert utf16_units(message.text) < MESSAGE_MAX_UNITS
            assert plain(message.keyboard[-1][-1].label) == plain(stop_all)
            assert message.keyboard[-1][-1].callback_data == "m:alloff"
            assert PAGE in message.text
            assert "‹" not in message.text
            for gap in TEMPLATES[kind].words:
                is_said = not (short and gap.optional)
                assert (f"{gap.name} in {language}." in message.text) is is_said
        assert find_long(announcement, renderer, LANGUAGES) == ()


@pytest.mark.parametrize("kind", AnnouncementKind)
def test_what_is_still_open_shows_its_name_in_every_language(
    renderer: Renderer, kind: AnnouncementKind
) -> None:
    for language in LANGUAGES:
        message = render_announcement(Announcement(kind), language, renderer, TODAY)
        for gap in TEMPLATES[kind].gaps:
            assert (f"‹{gap.name}›" in message.text) is not gap.optional


def test_the_preview_says_length_direction_and_buttons(renderer: Renderer) -> None:
    adopted = make_announcement(AnnouncementKind.ADOPTED)
    turkish, arabic = (preview_announcement(adopted, code, renderer, TODAY) for code in ("tr", "ar"))
    assert (turkish.direction, arabic.direction) == (Direction.LTR, Direction.RTL)
    assert turkish.units == utf16_units(turkish.text)
    assert arabic.units == utf16_units(arabic.text)
    assert len(turkish.buttons) == 3
    assert "18 Kasım 2027" in turkish.text
    assert "18 تشرين الثاني 2027" in arabic.text
    assert turkish.fits
    assert arabic.fits


def test_a_message_may_be_as_long_as_telegram_takes_and_no_longer(renderer: Renderer) -> None:
    around = preview_announcement(free(tr=""), "tr", renderer, TODAY).units - len("‹text›")
    longest = "😀" * ((MESSAGE_MAX_UNITS - around) // 2) + "x" * ((MESSAGE_MAX_UNITS - around) % 2)
    fits = preview_announcement(free(tr=longest), "tr", renderer, TODAY)
    assert (fits.units, fits.fits) == (MESSAGE_MAX_UNITS, True)
    assert find_long(free(tr=longest), renderer, LANGUAGES) == ()
    too_long = free(tr=f"{longest}x")
    shown = preview_announcement(too_long, "tr", renderer, TODAY)
    assert (shown.units, shown.fits) == (MESSAGE_MAX_UNITS + 1, False)
    assert find_long(too_long, renderer, LANGUAGES) == (
        Fault("tr", FaultCode.TOO_LONG, str(MESSAGE_MAX_UNITS + 1)),
    )


@pytest.mark.parametrize("kind", [kind for kind in AnnouncementKind if TEMPLATES[kind].words])
def test_words_that_are_too_long_are_found_in_every_gap(renderer: Renderer, kind: AnnouncementKind) -> None:
    made = make_announcement(kind)
    for gap in TEMPLATES[kind].words:
        long = replace(made, words={**made.words, "ar": {**made.words["ar"], gap.name: "كلمة " * 1000}})
        (fault,) = find_long(long, renderer, LANGUAGES)
        assert (fault.place, fault.code) == ("ar", FaultCode.TOO_LONG)
        assert int(fault.detail) > MESSAGE_MAX_UNITS


def test_length_does_not_matter_where_nobody_gets_it_yet(renderer: Renderer) -> None:
    long = free(tr="x" * 5000)
    assert find_long(replace(long, held_back=frozenset({"tr"})), renderer, LANGUAGES) == ()
    others = replace(long, audience=Audience(topics=frozenset({"results"}), languages=frozenset({"de"})))
    assert find_long(others, renderer, LANGUAGES) == ()
    gone = replace(long, mode=Mode.WITHDRAW, audience=Audience(got=1))
    assert find_long(gone, renderer, LANGUAGES) == ()


def test_words_cannot_turn_the_direction_of_the_rest(renderer: Renderer) -> None:
    arabic = render_announcement(free(ar="Termin\u202e um 18 Uhr\u2067\nزيارة"), "ar", renderer, TODAY).text
    assert "\u202e" not in arabic
    assert "\u2067" not in arabic
    assert "Termin um 18 Uhr" in arabic
    assert all(line[0] in RTL_MARK or line[0] > "\u0590" for line in arabic.split("\n") if line)
