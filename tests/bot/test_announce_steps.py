"""Answers to the gaps of an announcement: in which order they are asked, and what is kept of a text."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from bot.staff.announce_screens import list_screen
from bot.staff.announce_state import (
    AnnounceState,
    Ask,
    announce_state_from_json,
    announce_state_to_json,
)
from bot.staff.announce_steps import (
    answer_gap,
    fill_gap,
    find_gap,
    find_next,
    list_gaps,
    may_be_empty,
    read_beginning,
    value_of,
)
from bot.staff.steps import WrongAnswerError
from conversations.announcement_templates import AnnouncementKind
from conversations.announcements import Announcement, default_audience

LANGUAGES, FIELDS = ("de", "en"), ("arbeit", "wohnen")
BERLIN = ZoneInfo("Europe/Berlin")
NOW = dt.datetime(2027, 6, 23, 12, 0, tzinfo=BERLIN)


def answered(written: Announcement, name: str, words: str, language: str = "de") -> Announcement:
    gap = find_gap(written, name, needs_page=True)
    assert gap is not None
    return answer_gap(written, gap, language, words, languages=LANGUAGES, fields=FIELDS)


@pytest.mark.parametrize("kind", AnnouncementKind)
def test_every_gap_is_asked_for_once_and_words_come_last(kind: AnnouncementKind) -> None:
    written, asked = Announcement(kind), []
    while gap := find_next(written, asked[-1] if asked else "", needs_page=True):
        asked.append(gap.name)
        filled = {"date": "2027-11-18", "number": "12", "field": "arbeit"}.get(
            gap.kind.value, "https://a.de/b"
        )
        written = fill_gap(written, gap, "de", filled)
    assert asked == [gap.name for gap in list_gaps(written, needs_page=True)]
    assert all(value_of(written, name) for name in asked)


def test_a_day_is_kept_as_iso_and_a_link_without_blanks_around_it() -> None:
    written = answered(Announcement(AnnouncementKind.ADOPTED), "date", " 18.11.2027 ")
    written = answered(written, "plan_url", " https://www.goeppingen.de/plan\n")
    assert written.values == {"date": "2027-11-18", "plan_url": "https://www.goeppingen.de/plan"}


@pytest.mark.parametrize("wrong", ["-5", "zwölf", "1.5", "٣", "1" * 20])
def test_what_is_no_number_is_refused(wrong: str) -> None:
    written = answered(Announcement(AnnouncementKind.ADOPTED), "report_url", "https://a.de/b")
    with pytest.raises(WrongAnswerError) as caught:
        answered(written, "participants", wrong)
    assert caught.value.key == "staff.ann.wrong.number"


def test_a_gap_that_another_one_needs_must_not_be_empty() -> None:
    written = Announcement(AnnouncementKind.DRAFT_PUBLIC)
    how = find_gap(written, "feedback_how", needs_page=True)
    assert how is not None
    assert may_be_empty(written, how)
    assert not may_be_empty(answered(written, "feedback_until", "30.09.2027"), how)


def test_the_readers_follow_the_field_as_long_as_nobody_has_chosen_them() -> None:
    kind = AnnouncementKind.FORUM_RESULT
    written = Announcement(kind, audience=default_audience(kind, {}))
    arbeit = answered(written, "field", "arbeit")
    assert arbeit.audience.topics == {"results", "forum_arbeit"}
    assert answered(arbeit, "field", "wohnen").audience.topics == {"results", "forum_wohnen"}
    chosen = Announcement(kind, audience=default_audience(kind, {"field": "arbeit"}))
    assert answered(chosen, "field", "wohnen").audience == chosen.audience


def test_a_mistake_elsewhere_keeps_nobody_from_answering() -> None:
    broken = Announcement(AnnouncementKind.ADOPTED, values={"date": "gestern", "old": "x"})
    assert answered(broken, "plan_url", "https://a.de/b").values["plan_url"] == "https://a.de/b"


def test_words_of_a_language_taken_out_leave_nothing_behind() -> None:
    written = answered(Announcement(AnnouncementKind.FREE), "text", "Hallo", "en")
    gap = find_gap(written, "text", needs_page=True)
    assert gap is not None
    assert fill_gap(written, gap, "en", "") == Announcement(AnnouncementKind.FREE)


def test_a_moment_that_is_over_by_a_second_is_refused() -> None:
    assert read_beginning("23.06.2027 12:01", NOW) > NOW
    with pytest.raises(WrongAnswerError) as caught:
        read_beginning("23.06.2027 12:00", NOW)
    assert caught.value.key == "staff.ann.wrong.past"


def test_a_state_outlives_a_restart_and_one_of_another_version_is_none() -> None:
    state = AnnounceState(Ask.READ, 7, "text", "ar", walks=True, revision=3, seen=("de", "ar"))
    assert announce_state_from_json(announce_state_to_json(state)) == state
    for other in (None, "", "{}", "[]", '{"ask": "dance"}', "not json"):
        assert announce_state_from_json(other) is None


def test_the_list_offers_a_new_one_only_to_authors() -> None:
    labels = {len(list_screen((), is_author=is_author).rows) for is_author in (True, False)}
    assert labels == {1, 2}
