"""The page of an announcement on its way: the same numbers as words, as a bar, and as a time that is left."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.rendering import Renderer
from bot.staff.announce_approval_screens import approved_screen
from bot.staff.announce_progress import ended_screen, running_screen
from bot.staff.words import load_staff_catalogues
from conversations.announcement_templates import AnnouncementKind
from conversations.announcements import Announcement, Mode
from conversations.screens import Screen
from conversations.texts import text
from storage.announcements import Draft
from storage.mailings import Progress
from storage.vocabulary import MailingState, Policy
from tests.support.chat import plain, shipped_content

BERLIN = ZoneInfo("Europe/Berlin")
NOW = dt.datetime(2027, 6, 23, 12, 0, tzinfo=BERLIN)
RENDERER = Renderer(shipped_content().content, load_staff_catalogues(shipped_content()))


def shown(screen: Screen, language: str = "de") -> str:
    return plain(RENDERER.render(screen, language).text)


def words(key: str, **gaps: Any) -> str:
    return plain(RENDERER.say(text(key, **gaps), "de"))


def labels(screen: Screen) -> list[str]:
    return [plain(button.label) for row in RENDERER.render(screen, "de").keyboard for button in row]


def draft(state: MailingState, mode: Mode = Mode.SEND) -> Draft:
    return Draft(
        7, Announcement(AnnouncementKind.ADOPTED, mode), state, Policy.NEVER_MISSED, 3, "anne", "brnd",
        ("anne",), None, NOW, NOW, NOW,
    )  # fmt: skip


def progress(state: MailingState = MailingState.SENDING, **numbers: Any) -> Progress:
    nothing = dict.fromkeys(
        ("listed", "waiting", "held", "sent", "unknown", "unreachable", "failed", "dropped"), 0
    )
    return Progress(state, **{**nothing, **numbers})


def test_how_far_it_is_stands_there_in_words_and_in_numbers() -> None:
    numbers = progress(
        listed=10_000, waiting=5_400, held=100, sent=4_000, unknown=20, unreachable=430, failed=40,
        dropped=10, held_languages=("ar", "tr"),
    )  # fmt: skip
    seen = shown(running_screen(draft(MailingState.SENDING), numbers, NOW))
    assert words("staff.ann.percent", percent="45") in seen
    assert "█" * 9 + "░" * 11 in seen
    assert words("staff.bc.sent", sent=4_000, failed=430) in seen
    assert words("staff.ann.still_waiting", people=5_400) in seen
    assert words("staff.ann.unknown", people=20) in seen
    assert words("staff.ann.failed", people=40) in seen
    assert words("staff.ann.dropped", people=10) in seen
    assert "100 (العربية · Türkçe)" in seen
    assert "Noch etwa 4 Minuten, bis 23. Juni 2027, 12:03 Uhr" in seen


@pytest.mark.parametrize(
    "numbers", [{}, {"listed": 1, "waiting": 1}, {"listed": 1000, "waiting": 1, "sent": 999}]
)
def test_before_the_last_one_is_settled_it_is_never_whole(numbers: dict[str, int]) -> None:
    seen = shown(running_screen(draft(MailingState.SENDING), progress(**numbers), NOW))
    assert words("staff.ann.percent", percent="100") not in seen
    assert "░" in seen


def test_paused_it_goes_on_or_ends_and_says_no_time() -> None:
    screen = running_screen(draft(MailingState.PAUSED), progress(listed=9, waiting=9), NOW)
    assert words("staff.ann.btn.resume") in labels(screen)
    assert words("staff.ann.btn.pause") not in labels(screen)
    assert "Noch etwa" not in shown(screen)


def test_ended_it_says_of_how_many_nobody_knows_and_can_be_mended() -> None:
    screen = ended_screen(draft(MailingState.DONE), progress(MailingState.DONE, listed=3, sent=2, unknown=1))
    assert "Bei 1 Person weiß niemand, ob die Nachricht angekommen ist." in shown(screen)
    assert words("staff.ann.btn.correct") in labels(screen)


@pytest.mark.parametrize("mode", [Mode.SEND, Mode.WITHDRAW])
def test_what_reached_nobody_or_took_something_away_cannot_be_mended(mode: Mode) -> None:
    sent = 2 if mode is Mode.WITHDRAW else 0
    screen = ended_screen(draft(MailingState.DONE, mode), progress(MailingState.DONE, listed=2, sent=sent))
    assert words("staff.ann.btn.correct") not in labels(screen)


@pytest.mark.parametrize(("left", "seconds"), [(60, 60), (59.5, 60), (50, 50), (41, 50), (10, 10), (0.5, 10)])
def test_the_countdown_goes_in_steps_of_ten_and_never_says_none(left: float, seconds: int) -> None:
    screen = approved_screen(7, (), NOW + dt.timedelta(seconds=left), NOW)
    assert words("staff.bc.undo", seconds=seconds) in shown(screen)
