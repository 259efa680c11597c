"""What an announcement says and to whom; every fault has a place, and the digest misses nothing."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conversations.announcement_json import announcement_from_json, announcement_to_json
from conversations.announcement_templates import DECISIONS, TEMPLATES, AnnouncementKind, Gap, GapKind
from conversations.announcements import (
    Announcement,
    Audience,
    Fault,
    FaultCode,
    Mode,
    announcement_screen,
    default_audience,
    digest_of,
    find_faults,
    tidy_value,
)
from conversations.incoming import Action, ActionButton
from conversations.screens import Screen
from conversations.texts import Plain, Text
from tests.support.announcement_samples import LANGUAGES, PAGE, make_announcement

LIGHTLY = settings(derandomize=True, deadline=None, max_examples=150, database=None)
FIELDS = ("sprache", "bildung", "arbeit", "wohnen", "werte")
TODAY = dt.date(2027, 11, 19)
KINDS = pytest.mark.parametrize("kind", AnnouncementKind)
WORDS = st.text(max_size=20)
NAMES = st.sampled_from(sorted({gap.name for template in TEMPLATES.values() for gap in template.gaps}))
CODES = st.sampled_from(LANGUAGES)
TOPICS = st.frozensets(st.sampled_from(["council", "plan_draft", "results", "forum_arbeit"]))
AUDIENCES = st.builds(
    Audience,
    TOPICS,
    st.frozensets(CODES),
    st.sampled_from(["", "forum_arbeit", "forum_werte"]),
    st.booleans(),
    st.none() | st.integers(1, 10**6),
)
ANNOUNCEMENTS = st.builds(
    Announcement,
    st.sampled_from(AnnouncementKind),
    st.sampled_from(Mode),
    values=st.dictionaries(NAMES, WORDS, max_size=4),
    words=st.dictionaries(CODES, st.dictionaries(NAMES, WORDS, max_size=3), max_size=4),
    held_back=st.frozensets(CODES),
    audience=AUDIENCES,
    page_url=WORDS,
)


def faults(announcement: Announcement, *, needs_page: bool = True) -> list[tuple[str, FaultCode, str]]:
    found = find_faults(announcement, LANGUAGES, needs_page=needs_page, fields=FIELDS)
    return [(fault.place, fault.code, fault.detail) for fault in found]


def keys(screen: Screen) -> list[str]:
    """Name the texts of a screen; words of the staff stand as they are."""
    lines = [line for block in screen.blocks for line in block]
    return [
        line.key if isinstance(line, Text) else line.words for line in lines if isinstance(line, Text | Plain)
    ]


def say(announcement: Announcement, language: str = "de") -> Screen:
    return announcement_screen(announcement, language, today=TODAY)


def buttons(announcement: Announcement) -> list[tuple[Action, str]]:
    rows = say(announcement).rows
    presses = [button.press for row in rows for button in row]
    return [(press.action, press.argument) for press in presses if isinstance(press, ActionButton)]


def with_values(announcement: Announcement, **values: str) -> Announcement:
    return replace(announcement, values={**announcement.values, **values})


def with_words(announcement: Announcement, language: str, **words: str) -> Announcement:
    changed = {**announcement.words, language: {**announcement.words.get(language, {}), **words}}
    return replace(announcement, words=changed)


# What each kind says


@KINDS
@pytest.mark.parametrize("short", [True, False], ids=["short", "full"])
def test_an_announcement_with_its_gaps_filled_has_no_fault(kind: AnnouncementKind, short: bool) -> None:
    assert faults(make_announcement(kind, short=short)) == []


@pytest.mark.parametrize(
    ("kind", "full", "short"),
    [
        ("draft_public", ["ann.draft_public", "ann.your_input", "pl.participants"], ["ann.draft_public"]),
        ("feedback_ends", ["ann.feedback_ends"], None),
        ("adopted", ["ann.adopted", "ann.next_adopted", "ann.your_input", "pl.participants"],
         ["ann.adopted", "ann.next_adopted"]),
        ("adopted_changes",
         ["ann.adopted_changes", "ann.next_adopted", "ann.your_input", "pl.participants"],
         ["ann.adopted_changes", "ann.next_adopted"]),
        ("postponed", ["ann.postponed", "ann.next_postponed"], None),
        ("rejected", ["ann.rejected", "ann.what_next"], ["ann.rejected", "ann.next_rejected"]),
        ("what_next", ["ann.what_next"], None),
        ("forum_result", ["ann.forum_result"], None),
        ("measure_started", ["ann.measure_started"], None),
        ("incident", ["ann.incident"], None),
        ("bot_ends", ["ann.bot_ends"], None),
        ("free", ["text in de.\nZweite Zeile."], None),
    ],
)  # fmt: skip
def test_each_kind_says_its_texts_and_ends_with_the_page(
    kind: str, full: list[str], short: list[str] | None
) -> None:
    of_kind = AnnouncementKind(kind)
    assert keys(say(make_announcement(of_kind))) == [*full, "ann.on_page"]
    assert keys(say(make_announcement(of_kind, short=True))) == [*(short or full), "ann.on_page"]
    assert keys(say(replace(make_announcement(of_kind), page_url=""))) == full


def test_few_participants_are_not_counted_before_everybody() -> None:
    draft = make_announcement(AnnouncementKind.DRAFT_PUBLIC)
    assert "pl.participants" in keys(say(with_values(draft, participants="10")))
    assert "pl.participants" not in keys(say(with_values(draft, participants="9")))
    assert faults(with_values(draft, participants="9")) == []


def test_days_and_counts_are_left_to_the_reader_s_language() -> None:
    (postponed,), _, _ = say(make_announcement(AnnouncementKind.POSTPONED)).blocks
    assert isinstance(postponed, Text)
    gaps = dict(postponed.gaps)
    assert gaps["date_long"] == dt.date(2027, 11, 18)
    assert gaps["next_date_line"] == Text("ann.next_date_known", (("next_date_long", dt.date(2027, 11, 18)),))
    (participants,) = [
        line
        for block in say(make_announcement(AnnouncementKind.ADOPTED)).blocks
        for line in block
        if isinstance(line, Text) and line.key == "pl.participants"
    ]
    assert participants.count == 1234


def test_who_gets_it_if_the_staff_say_nothing_else() -> None:
    def topics(kind: AnnouncementKind) -> set[str]:
        return set(default_audience(kind, {"field": "arbeit"}).topics)

    assert topics(AnnouncementKind.DRAFT_PUBLIC) == topics(AnnouncementKind.FEEDBACK_ENDS) == {"plan_draft"}
    for decision in DECISIONS:
        assert topics(decision) == {"council", "plan_draft"}
    assert topics(AnnouncementKind.FORUM_RESULT) == {"forum_arbeit", "results"}
    assert topics(AnnouncementKind.MEASURE_STARTED) == {"results"}
    assert default_audience(AnnouncementKind.INCIDENT, {}).everyone
    assert default_audience(AnnouncementKind.BOT_ENDS, {}).everyone
    assert default_audience(AnnouncementKind.FREE, {}).is_empty


@KINDS
def test_the_last_button_stops_everything(kind: AnnouncementKind) -> None:
    for short in (True, False):
        assert buttons(make_announcement(kind, short=short))[-1] == (Action.ALL_OFF, "")


def test_one_meeting_can_be_stopped_alone_and_what_became_of_it_is_near() -> None:
    free = make_announcement(AnnouncementKind.FREE)
    of_forum = replace(free, audience=Audience(topics=frozenset({"forum_arbeit"})))
    coming = replace(free, audience=Audience(coming_to="forum_arbeit"))
    for one in (of_forum, coming):
        assert buttons(one) == [(Action.STOP_TOPIC, "forum_arbeit"), (Action.ALL_OFF, "")]
    assert buttons(free) == [(Action.REMINDERS, ""), (Action.ALL_OFF, "")]
    decided = make_announcement(AnnouncementKind.ADOPTED)
    assert buttons(decided) == [(Action.RESULTS, ""), (Action.REMINDERS, ""), (Action.ALL_OFF, "")]


@KINDS
def test_a_correction_says_so_first_and_an_edited_message_last(kind: AnnouncementKind) -> None:
    said = keys(say(make_announcement(kind)))
    correction = replace(make_announcement(kind), audience=Audience(got=7))
    assert faults(correction) == []
    assert keys(say(correction)) == ["ann.correction", *said]
    edited = replace(correction, mode=Mode.EDIT)
    assert faults(edited) == []
    assert keys(say(edited)) == [*said, "ann.edited"]
    assert say(edited).blocks[-1] == (Text("ann.edited", (("date_long", TODAY),)),)


def test_what_is_taken_away_has_no_text_and_only_needs_those_who_got_it() -> None:
    gone = Announcement(AnnouncementKind.FREE, Mode.WITHDRAW)
    assert faults(gone) == [("audience", FaultCode.NOTHING_TO_CORRECT, "")]
    assert faults(replace(gone, audience=Audience(got=7))) == []
    with pytest.raises(ValueError, match="says nothing"):
        say(gone)
    edited = replace(make_announcement(AnnouncementKind.FREE), mode=Mode.EDIT)
    assert faults(edited) == [("audience", FaultCode.NOTHING_TO_CORRECT, "")]


# Faults, each with its place


@KINDS
def test_every_gap_that_must_be_filled_is_missed_by_its_name(kind: AnnouncementKind) -> None:
    full = make_announcement(kind, short=True)
    for gap in (gap for gap in TEMPLATES[kind].gaps if not gap.optional):
        if gap.kind is GapKind.WORDS:
            for blank in ("", "  ", "\u200f\u2068\u2069", "\x00"):
                assert (("tr", FaultCode.WORDS_MISSING, gap.name)) in faults(
                    with_words(full, "tr", **{gap.name: blank})
                )
        else:
            assert faults(with_values(full, **{gap.name: " "})) == [(gap.name, FaultCode.MISSING, "")]


@pytest.mark.parametrize(
    "link",
    [
        "http://www.goeppingen.de", "www.goeppingen.de", "https://", "https://goeppingen", "goeppingen",
        "https://www.goeppingen.de/ein plan", "javascript:alert(1)", "https://www.goeppingen.de\nx", "tg://x.de",
    ],
)  # fmt: skip
def test_a_broken_link_is_found_in_every_place_for_one(link: str) -> None:
    draft = make_announcement(AnnouncementKind.DRAFT_PUBLIC)
    assert faults(with_values(draft, report_url=link)) == [("report_url", FaultCode.BROKEN_LINK, link)]
    assert faults(replace(draft, page_url=link)) == [("page_url", FaultCode.BROKEN_LINK, link)]


@pytest.mark.parametrize("day", ["bald", "18.11.2027", "2027-02-30", "0027-11-18", "2027-W46-4", "20271118"])
def test_a_day_that_cannot_be_read_is_found(day: str) -> None:
    adopted = make_announcement(AnnouncementKind.ADOPTED)
    assert faults(with_values(adopted, date=day)) == [("date", FaultCode.BAD_DATE, day)]


@pytest.mark.parametrize("number", ["viele", "-3", "1.000", "12 34", "٣٤", "1" * 10])
def test_a_number_of_people_that_is_none_is_found(number: str) -> None:
    adopted = make_announcement(AnnouncementKind.ADOPTED)
    assert faults(with_values(adopted, participants=number)) == [
        ("participants", FaultCode.BAD_NUMBER, number)
    ]


def test_what_the_staff_write_as_a_day_is_kept_as_an_iso_date() -> None:
    gap = Gap("date", GapKind.DATE)
    assert [tidy_value(gap, day) for day in ("18.11.2027", " 2027-11-18 ", "bald")] == [
        "2027-11-18", "2027-11-18", "bald",
    ]  # fmt: skip


def test_a_field_that_does_not_exist_is_found() -> None:
    result = make_announcement(AnnouncementKind.FORUM_RESULT)
    found = faults(with_values(result, field="sport"))
    assert found == [("field", FaultCode.UNKNOWN_FIELD, "sport")]


def test_a_gap_that_the_kind_does_not_have_is_found() -> None:
    free = make_announcement(AnnouncementKind.FREE)
    assert faults(with_values(free, plan_url=PAGE)) == [("plan_url", FaultCode.UNKNOWN_GAP, "")]
    assert faults(with_words(free, "tr", title="x")) == [("tr", FaultCode.UNKNOWN_GAP, "title")]


def test_feedback_needs_its_last_day_and_how_it_is_given() -> None:
    draft = make_announcement(AnnouncementKind.DRAFT_PUBLIC, short=True)
    until = with_values(draft, feedback_until="2027-10-01")
    assert faults(until) == [(code, FaultCode.WORDS_MISSING, "feedback_how") for code in LANGUAGES]
    how = replace(draft, words={code: {"feedback_how": "…"} for code in LANGUAGES})
    assert faults(how) == [("feedback_until", FaultCode.MISSING, "")]
    assert faults(with_values(draft, participants="20")) == [("report_url", FaultCode.MISSING, "")]


def test_words_that_may_be_left_out_are_written_in_every_language_or_in_none() -> None:
    rejected = make_announcement(AnnouncementKind.REJECTED, short=True)
    said = with_words(rejected, "de", next_text="Am 2. Dezember berät der Gemeinderat noch einmal.")
    assert faults(said) == [
        (code, FaultCode.WORDS_MISSING, "next_text") for code in ("de_LS", "en", "tr", "ar")
    ]
    assert faults(replace(said, held_back=frozenset({"de_LS", "en", "tr", "ar"}))) == []


def test_a_language_that_is_held_back_may_lack_its_words() -> None:
    free = with_words(make_announcement(AnnouncementKind.FREE), "ar", text="")
    assert faults(free) == [("ar", FaultCode.WORDS_MISSING, "text")]
    assert faults(replace(free, held_back=frozenset({"ar"}))) == []
    assert faults(replace(free, audience=replace(free.audience, languages=frozenset({"de", "tr"})))) == []


def test_not_all_languages_can_be_held_back() -> None:
    free = make_announcement(AnnouncementKind.FREE)
    assert faults(replace(free, held_back=frozenset(LANGUAGES))) == [
        ("languages", FaultCode.ALL_HELD_BACK, "")
    ]
    only = replace(free.audience, languages=frozenset({"ar"}))
    assert faults(replace(free, audience=only, held_back=frozenset({"ar"}))) == [
        ("languages", FaultCode.ALL_HELD_BACK, "")
    ]


def test_a_language_that_is_not_on_offer_is_found_wherever_it_stands() -> None:
    free = make_announcement(AnnouncementKind.FREE)
    unknown = [("xx", FaultCode.UNKNOWN_LANGUAGE, "")]
    assert faults(with_words(free, "xx", text="…")) == unknown
    assert faults(replace(free, held_back=frozenset({"xx"}))) == unknown
    assert (
        faults(replace(free, audience=replace(free.audience, languages=frozenset({"de", "xx"})))) == unknown
    )


def test_somebody_must_be_meant_and_every_topic_must_exist() -> None:
    free = make_announcement(AnnouncementKind.FREE)
    assert faults(replace(free, audience=Audience())) == [("audience", FaultCode.NO_AUDIENCE, "")]
    for audience in (Audience(everyone=True), Audience(coming_to="forum_werte"), Audience(got=3)):
        assert faults(replace(free, audience=audience)) == []
    for topic in ("council ", "forum_", "forum_sport", "sport"):
        unknown = [("audience", FaultCode.UNKNOWN_TOPIC, topic)]
        assert faults(replace(free, audience=Audience(topics=frozenset({topic})))) == unknown
        assert faults(replace(free, audience=Audience(coming_to=topic))) == unknown
    assert ("audience", FaultCode.UNKNOWN_TOPIC, "council") in faults(
        replace(free, audience=Audience(coming_to="council"))
    )


def test_the_page_is_needed_unless_the_town_waives_it() -> None:
    free = replace(make_announcement(AnnouncementKind.FREE), page_url="")
    assert faults(free) == [("page_url", FaultCode.MISSING, "")]
    assert faults(free, needs_page=False) == []


def test_words_that_readers_would_stumble_over_are_found() -> None:
    free = make_announcement(AnnouncementKind.FREE)
    assert faults(with_words(free, "tr", text="Mehr: {page_url}")) == [
        ("tr", FaultCode.STRAY_GAP, "{page_url}")
    ]
    assert faults(with_words(free, "tr", text="a\ue000b")) == [("tr", FaultCode.ODD_SIGN, "text")]
    assert faults(with_words(free, "tr", text="a\u202eb\u2067 {x Y}")) == []


# JSON and digest


@LIGHTLY
@given(ANNOUNCEMENTS)
def test_what_is_written_as_json_is_read_as_it_was(announcement: Announcement) -> None:
    written = announcement_to_json(announcement)
    assert announcement_from_json(written) == announcement
    assert announcement_to_json(announcement_from_json(written)) == written


def test_json_of_an_older_version_is_read() -> None:
    assert announcement_from_json(json.dumps({"kind": "free"})) == Announcement(AnnouncementKind.FREE)


@LIGHTLY
@given(ANNOUNCEMENTS, CODES)
def test_faults_screen_and_digest_take_anything(announcement: Announcement, language: str) -> None:
    for fault in find_faults(announcement, LANGUAGES, needs_page=True, fields=FIELDS):
        assert isinstance(fault, Fault)
    assert len(digest_of(announcement, language)) == 64
    if announcement.mode is not Mode.WITHDRAW:
        screen = say(announcement, language)
        assert screen.rows[-1][0].press == ActionButton(Action.ALL_OFF)


@LIGHTLY
@given(ANNOUNCEMENTS, ANNOUNCEMENTS, CODES)
def test_what_reads_differently_has_another_digest(
    one: Announcement, other: Announcement, language: str
) -> None:
    """Two that share everything but one part: if their messages differ, their digests differ."""
    for name in ("kind", "mode", "values", "words", "audience", "page_url"):
        changes: Mapping[str, Any] = {name: getattr(other, name)}
        mixed = replace(one, **changes)
        if Mode.WITHDRAW in (one.mode, mixed.mode) and one.mode is mixed.mode:
            continue
        if one.mode is not mixed.mode or say(one, language) != say(mixed, language):
            assert digest_of(one, language) != digest_of(mixed, language)


@KINDS
def test_the_digest_changes_with_everything_that_reaches_a_reader(kind: AnnouncementKind) -> None:
    full = make_announcement(kind)
    before = digest_of(full, "tr")
    others = [
        *(with_values(full, **{gap.name: "2027-12-01"}) for gap in TEMPLATES[kind].values),
        *(with_words(full, "tr", **{gap.name: "Başka"}) for gap in TEMPLATES[kind].words),
        replace(full, page_url=f"{PAGE}/2"),
        replace(full, mode=Mode.EDIT),
        replace(full, audience=replace(full.audience, everyone=not full.audience.everyone)),
        replace(full, audience=replace(full.audience, topics=frozenset({"forum_werte"}))),
        replace(full, audience=replace(full.audience, languages=frozenset({"tr"}))),
        replace(full, audience=replace(full.audience, coming_to="forum_werte")),
        replace(full, audience=replace(full.audience, got=8)),
    ]
    digests = [digest_of(other, "tr") for other in others]
    assert before not in digests
    assert len(set(digests)) == len(digests)


@KINDS
def test_the_digest_of_a_language_stays_when_others_change(kind: AnnouncementKind) -> None:
    full = make_announcement(kind)
    before = digest_of(full, "tr")
    assert digest_of(replace(full, held_back=frozenset({"ar", "tr"})), "tr") == before
    for gap in TEMPLATES[kind].words:
        assert digest_of(with_words(full, "ar", **{gap.name: "أخرى"}), "tr") == before
        assert digest_of(with_words(full, "ar", **{gap.name: "أخرى"}), "ar") != digest_of(full, "ar")
