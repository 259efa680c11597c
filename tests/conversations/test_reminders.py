"""What is sent about a meeting and when: wall times, quiet hours, what makes no sense any more, news."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from conversations.programme import Cancellation, Council, Event, Forum, Meeting, Reason, Support
from conversations.reminders import (
    ANNOUNCING,
    FOR_EVERYBODY,
    TIMED,
    Due,
    Known,
    News,
    ReminderKind,
    after_quiet,
    find_news,
    is_quiet,
    known_of,
    list_reminded,
    list_timed,
    plan_news,
    plan_report,
    revise,
)
from tests.support.meetings import BERLIN, meeting, on

WEEK, DAY, HOURS, THANKS = (
    ReminderKind.WEEK_BEFORE,
    ReminderKind.DAY_BEFORE,
    ReminderKind.HOURS_BEFORE,
    ReminderKind.THANKS,
)
BEFORE = {WEEK, DAY, HOURS}
#: Long before every meeting of these tests.
EARLY = on("2026-12-01", "12:00")
MINUTE = dt.timedelta(minutes=1)

LIGHTLY = settings(derandomize=True, deadline=None, max_examples=150, database=None)
#: The nights in which the clock changes, in UTC.
CHANGES = [dt.datetime(2027, 3, 28, 1, tzinfo=dt.UTC), dt.datetime(2027, 10, 31, 1, tzinfo=dt.UTC)]


def utc(moment: dt.datetime) -> dt.datetime:
    """Leave the wall clock: two moments of one zone are otherwise compared by what clocks show."""
    return moment.astimezone(dt.UTC)


def in_berlin(moment: dt.datetime) -> dt.datetime:
    return moment.astimezone(BERLIN)


def near(change: dt.datetime) -> st.SearchStrategy[dt.datetime]:
    return st.integers(-12 * 24 * 60, 12 * 24 * 60).map(lambda minutes: change + minutes * MINUTE)


#: Moments of two years as people in Göppingen read them, many of them around the changes of the clock.
ANYTIME = st.datetimes(dt.datetime(2027, 1, 1), dt.datetime(2028, 12, 31), timezones=st.just(dt.UTC))  # noqa: DTZ001  the zone follows
MOMENTS = st.one_of(ANYTIME, *map(near, CHANGES)).map(in_berlin)
LENGTHS = st.none() | st.integers(15, 14 * 60).map(lambda minutes: dt.timedelta(minutes=minutes))


def make_meeting(starts: dt.datetime, length: dt.timedelta | None) -> Meeting:
    return Meeting(starts, "Stadthalle", None if length is None else in_berlin(utc(starts) + length))


MEETINGS = st.builds(make_meeting, MOMENTS, LENGTHS)


def timed(event: Event, now: dt.datetime = EARLY) -> dict[ReminderKind, Due]:
    return {due.kind: due for due in list_timed(event, now)}


def forum_at(day: str, time: str = "18:00", end: str | None = None) -> Forum:
    return Forum(meeting(day, time, end))


# When


def test_a_forum_on_an_ordinary_thursday_is_told_of_three_times_and_thanked_for_once() -> None:
    assert list_timed(Forum(meeting("2027-09-16", "18:00", "20:30")), EARLY) == (
        Due(WEEK, on("2027-09-09", "10:00"), on("2027-09-09", "21:00")),
        Due(DAY, on("2027-09-15", "17:00"), on("2027-09-15", "21:00")),
        Due(HOURS, on("2027-09-16", "16:00"), on("2027-09-16", "17:00")),
        Due(THANKS, on("2027-09-17", "10:00"), on("2027-10-01", "10:00")),
    )


def test_of_the_council_only_the_day_before_is_told_again() -> None:
    council = Council(meeting("2027-11-18", "17:00", None))
    assert list_timed(council, EARLY) == (Due(DAY, on("2027-11-17", "17:00"), on("2027-11-17", "21:00")),)


@pytest.mark.parametrize(
    ("day", "time", "expected"),
    [
        # The clock is put forward on Sunday, 28 March 2027.
        ("2027-03-29", "18:00", {WEEK: "03-22 09:00", DAY: "03-28 15:00", HOURS: "03-29 14:00"}),
        ("2027-03-28", "11:00", {WEEK: "03-21 09:00", DAY: "03-27 16:00", HOURS: "03-28 07:00"}),
        ("2027-04-04", "18:00", {WEEK: "03-28 08:00", DAY: "04-03 15:00", HOURS: "04-04 14:00"}),
        ("2027-04-03", "18:00", {WEEK: "03-27 09:00", DAY: "04-02 15:00", HOURS: "04-03 14:00"}),
        # It is put back on Sunday, 31 October 2027.
        ("2027-11-01", "18:00", {WEEK: "10-25 08:00", DAY: "10-31 16:00", HOURS: "11-01 15:00"}),
        ("2027-10-31", "10:00", {WEEK: "10-24 08:00", DAY: "10-30 15:00", HOURS: "10-31 07:00"}),
        ("2027-11-07", "18:00", {WEEK: "10-31 09:00", DAY: "11-06 16:00", HOURS: "11-07 15:00"}),
        ("2027-11-06", "18:00", {WEEK: "10-30 08:00", DAY: "11-05 16:00", HOURS: "11-06 15:00"}),
    ],
)
def test_calendar_days_and_wall_times_hold_across_a_change_of_the_clock(
    day: str, time: str, expected: dict[ReminderKind, str]
) -> None:
    due = {
        kind: f"{utc(due.due):%m-%d %H:%M}"
        for kind, due in timed(forum_at(day, time)).items()
        if kind in BEFORE
    }
    assert due == expected


@pytest.mark.parametrize(
    ("time", "is_told"), [("09:59", False), ("10:00", True), ("22:59", True), ("23:00", False)]
)
def test_two_hours_before_is_dropped_in_the_quiet_hours_and_not_put_off(time: str, is_told: bool) -> None:
    found = timed(forum_at("2027-09-16", time))
    assert (HOURS in found) is is_told
    assert {WEEK, DAY, THANKS} <= set(found)


@pytest.mark.parametrize(
    ("day", "thanks"),
    [
        ("2027-09-16", "2027-09-17"),  # Thursday, Friday
        ("2027-09-17", "2027-09-20"),  # Friday, Monday
        ("2027-09-18", "2027-09-20"),
        ("2027-09-19", "2027-09-20"),
        ("2027-10-29", "2027-11-01"),  # the clock changes on that Sunday
    ],
)
def test_thanks_come_at_ten_on_the_next_working_day(day: str, thanks: str) -> None:
    assert timed(forum_at(day))[THANKS].due == on(thanks, "10:00")


def test_thanks_wait_for_the_real_end_of_a_long_night() -> None:
    night = Forum(Meeting(on("2027-09-16", "20:00"), "Stadthalle", on("2027-09-17", "01:00")))
    assert timed(night)[THANKS].due == on("2027-09-20", "10:00"), "it ends on Friday"


@pytest.mark.parametrize(
    ("starts", "over"),
    [
        (on("2027-09-16", "18:00"), on("2027-09-16", "21:00")),
        (on("2027-03-27", "23:30"), on("2027-03-28", "03:30")),
        (on("2027-10-30", "23:30"), on("2027-10-31", "02:30")),
        (on("2027-10-31", "00:30"), on("2027-10-31", "02:30").replace(fold=1)),
    ],
)
def test_a_meeting_without_an_end_lasts_three_real_hours(starts: dt.datetime, over: dt.datetime) -> None:
    assert utc(Meeting(starts, "Stadthalle").over_at) == utc(over)
    assert Meeting(starts, "Stadthalle").over_at.tzinfo is BERLIN


@LIGHTLY
@given(MEETINGS)
def test_nothing_is_ever_due_in_the_quiet_hours(planned: Meeting) -> None:
    for event in (Forum(planned), Council(planned)):
        for due in list_timed(event, EARLY):
            assert 8 <= in_berlin(utc(due.due)).hour < 21, f"{due.kind} would wake people up"


@LIGHTLY
@given(MEETINGS)
@example(make_meeting(on("2027-03-29", "00:30"), None))
@example(make_meeting(on("2027-10-31", "23:30"), None))
def test_what_is_said_before_a_meeting_can_only_go_out_while_it_is_true(planned: Meeting) -> None:
    starts = utc(planned.starts)
    days = {WEEK: 7, DAY: 1}
    for event in (Forum(planned), Council(planned)):
        for kind, due in timed(event).items():
            assert utc(due.due) < utc(due.expires)
            if kind in BEFORE:
                assert utc(due.expires) < starts, "never after the event"
            if kind in days:
                last = in_berlin(utc(due.expires) - dt.timedelta(microseconds=1))
                for moment in (in_berlin(utc(due.due)), last):
                    said_on = moment.date() + dt.timedelta(days=days[kind])
                    assert said_on == planned.starts.date(), "“tomorrow” is only true on the day before"


@LIGHTLY
@given(MEETINGS)
@example(make_meeting(on("2027-03-28", "03:30"), None))
@example(make_meeting(on("2027-10-31", "03:30"), None))
@example(make_meeting(on("2027-10-31", "10:00"), None))
def test_two_hours_are_two_real_hours_and_true_for_one(planned: Meeting) -> None:
    two_before = utc(planned.starts) - dt.timedelta(hours=2)
    found = timed(Forum(planned)).get(HOURS)
    assert (found is None) == is_quiet(in_berlin(two_before))
    if found is not None:
        assert utc(found.due) == two_before
        assert utc(found.expires) == two_before + dt.timedelta(hours=1)


@LIGHTLY
@given(MEETINGS)
def test_thanks_come_after_the_end_within_five_days_and_never_on_a_weekend(planned: Meeting) -> None:
    thanks = in_berlin(utc(timed(Forum(planned))[THANKS].due))
    assert utc(thanks) > utc(planned.over_at)
    assert thanks.date() - in_berlin(utc(planned.over_at)).date() <= dt.timedelta(days=3)
    assert thanks.weekday() < 5
    assert thanks.time() == dt.time(10)


@LIGHTLY
@given(MEETINGS, MOMENTS)
def test_what_is_past_is_not_planned_any_more_and_the_rest_stands_in_order(
    planned: Meeting, now: dt.datetime
) -> None:
    whole, left = list_timed(Forum(planned), EARLY), list_timed(Forum(planned), now)
    assert left == tuple(due for due in whole if utc(due.due) > utc(now))
    assert list(left) == sorted(left, key=lambda due: utc(due.due))


@pytest.mark.parametrize(
    "event",
    [
        Forum(),
        Forum(meeting("2027-09-16"), cancellation=Cancellation()),
        Forum(meeting("2027-09-16"), cancellation=Cancellation(Reason.ILL, new_date_wanted=False)),
        Council(),
    ],
)
def test_nothing_follows_from_an_open_date_or_a_cancelled_meeting(event: Event) -> None:
    assert list_timed(event, EARLY) == ()
    assert list_reminded(event, EARLY, coming=True) == ()


def test_other_facts_change_no_time() -> None:
    plain = forum_at("2027-09-16")
    rich = replace(
        plain, revision=7, support=Support(childcare=True), seats=3, taken=3, map_url="https://x.de"
    )
    assert list_timed(rich, EARLY) == list_timed(plain, EARLY)


# Who subscribes late


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (on("2027-09-08", "12:00"), ["09-09 10:00", "09-15 17:00", "09-16 16:00"]),
        (on("2027-09-09", "09:59"), ["09-09 10:00", "09-15 17:00", "09-16 16:00"]),
        (on("2027-09-09", "10:00"), ["09-15 17:00", "09-16 16:00"]),
        (on("2027-09-13", "18:00"), ["09-15 17:00", "09-16 16:00"]),  # three days before
        (on("2027-09-15", "17:30"), ["09-16 16:00"]),
        (on("2027-09-16", "17:00"), []),  # an hour before
        (on("2027-09-16", "19:00"), []),
        (on("2027-09-18", "12:00"), []),
    ],
)
def test_who_subscribes_late_is_told_the_times_that_still_come(now: dt.datetime, expected: list[str]) -> None:
    event = forum_at("2027-09-16")
    coming = [f"{moment:%m-%d %H:%M}" for moment in list_reminded(event, now, coming=True)]
    assert coming == expected
    undecided = [f"{moment:%m-%d %H:%M}" for moment in list_reminded(event, now, coming=False)]
    assert undecided == [moment for moment in expected if moment != "09-16 16:00"], "only who comes"


def test_the_times_named_are_those_of_reminders_and_not_of_the_thanks() -> None:
    named = list_reminded(forum_at("2027-09-16"), EARLY, coming=True)
    assert len(named) == 3
    assert max(named) < on("2027-09-16", "18:00")


def test_who_subscribes_to_the_council_is_told_of_the_day_before() -> None:
    council = Council(meeting("2027-11-18", "17:00", None))
    for coming in (True, False):
        assert list_reminded(council, EARLY, coming=coming) == (on("2027-11-17", "17:00"),)


# Quiet hours


@pytest.mark.parametrize(
    ("time", "quiet"),
    [("07:59", True), ("08:00", False), ("12:00", False), ("20:59", False), ("21:00", True), ("00:00", True)],
)
def test_nobody_is_written_to_from_nine_in_the_evening_to_eight_in_the_morning(
    time: str, quiet: bool
) -> None:
    assert is_quiet(on("2027-09-16", time)) is quiet


@pytest.mark.parametrize(
    ("now", "then"),
    [
        (on("2027-09-16", "20:59"), on("2027-09-16", "20:59")),
        (on("2027-09-16", "21:00"), on("2027-09-17", "08:00")),
        (on("2027-09-17", "00:00"), on("2027-09-17", "08:00")),
        (on("2027-09-17", "07:59"), on("2027-09-17", "08:00")),
        (on("2027-09-17", "08:00"), on("2027-09-17", "08:00")),
        (on("2027-12-31", "23:00"), on("2028-01-01", "08:00")),
        (on("2027-03-27", "22:00"), on("2027-03-28", "08:00")),
        (on("2027-10-30", "22:00"), on("2027-10-31", "08:00")),
        (on("2027-10-31", "02:30").replace(fold=1), on("2027-10-31", "08:00")),
    ],
)
def test_what_happens_at_night_is_told_at_eight(now: dt.datetime, then: dt.datetime) -> None:
    assert after_quiet(now) == then


@LIGHTLY
@given(MOMENTS)
def test_the_night_puts_off_to_its_end_and_no_further(now: dt.datetime) -> None:
    then = after_quiet(now)
    assert not is_quiet(in_berlin(utc(then)))
    assert dt.timedelta(0) <= utc(then) - utc(now) <= dt.timedelta(hours=12)
    assert after_quiet(then) == then
    if is_quiet(now):
        assert then.time() == dt.time(8)
        assert in_berlin(utc(then)).time() == dt.time(8)
    else:
        assert then is now


# News

A = meeting("2027-09-16", "18:00", "20:30")
B = meeting("2027-09-23", "18:00", "20:30")
C = meeting("2027-09-30", "18:00", "20:30")
A_LONGER = replace(A, ends=on("2027-09-16", "21:30"))
A_WITHOUT_END = replace(A, ends=None)
A_ELSEWHERE = replace(A, place="Rathaus")
A_NEXT_DOOR = replace(A, address="Blumenstraße 43")
A_LATER = replace(A, starts=on("2027-09-16", "18:30"))
#: In the night in which the clock shows half past two twice.
AT_HALF_PAST_TWO = meeting("2027-10-31", "02:30", None)
AN_HOUR_LATER = replace(AT_HALF_PAST_TWO, starts=AT_HALF_PAST_TWO.starts.replace(fold=1))
GONE, GONE_FOR_GOOD = Cancellation(Reason.ROOM), Cancellation(new_date_wanted=False)
CANCELLED = Forum(A, cancellation=GONE)


def date_set() -> News:
    return News(ReminderKind.DATE_SET)


def changed(*earlier: Meeting) -> News:
    return News(ReminderKind.CHANGED, earlier)


def cancelled(*earlier: Meeting) -> News:
    return News(ReminderKind.CANCELLED, earlier)


@pytest.mark.parametrize(
    ("known", "event", "news"),
    [
        # One thing is known, and it holds: silence.
        (["open"], Forum(), None),
        ([A], Forum(A), None),
        (["cancelled"], CANCELLED, None),
        ([A], Forum(A_LONGER), None),
        ([A_LONGER], Forum(A_WITHOUT_END), None),
        ([A], Council(A), None),
        # One thing is known, and another holds.
        (["open"], Forum(A), date_set()),
        (["open"], Council(A), date_set()),
        (["open"], Forum(cancellation=GONE), None),
        (["open"], Forum(cancellation=GONE_FOR_GOOD), None),
        ([A], Forum(), None),
        ([A], Council(), None),
        ([A], Forum(B), changed(A)),
        ([A], Council(B), changed(A)),
        ([A], Forum(A_LATER), changed(A)),
        ([A], Forum(A_ELSEWHERE), changed(A)),
        ([A], Forum(A_NEXT_DOOR), changed(A)),
        ([A_NEXT_DOOR], Forum(A), changed(A_NEXT_DOOR)),
        ([A], CANCELLED, cancelled(A)),
        ([A], Forum(A, cancellation=GONE_FOR_GOOD), cancelled(A)),
        ([A], Forum(B, cancellation=GONE), cancelled(A)),
        (["cancelled"], Forum(), None),
        (["cancelled"], Forum(A), date_set()),
        ([AT_HALF_PAST_TWO], Forum(AT_HALF_PAST_TWO), None),
        ([AT_HALF_PAST_TWO], Forum(AN_HOUR_LATER), changed(AT_HALF_PAST_TWO)),
        # People know different things: some were told of a change that is no more.
        (["open", A], Forum(A), date_set()),
        (["open", A], Forum(B), changed(A)),
        (["open", A], CANCELLED, cancelled(A)),
        (["open", A], Forum(), None),
        (["open", "cancelled"], CANCELLED, None),
        (["open", "cancelled"], Forum(A), date_set()),
        ([A, B], Forum(C), changed(A, B)),
        ([A, B], Forum(A), changed(B)),
        ([A, B], Forum(A_LONGER), changed(B)),
        ([A, B], Forum(B), changed(A)),
        ([A, B], CANCELLED, cancelled(A, B)),
        ([A, "cancelled"], Forum(A), date_set()),
        ([A, "cancelled"], Forum(B), date_set()),
        ([A, "cancelled"], CANCELLED, cancelled(A)),
        ([A, B, "cancelled"], CANCELLED, cancelled(A, B)),
        # Nobody knows anything.
        ([], Forum(A), None),
        ([], CANCELLED, None),
    ],
)
def test_people_are_told_what_they_do_not_know_yet(
    known: list[Known], event: Event, news: News | None
) -> None:
    assert find_news(event, known) == news


KNOWN: st.SearchStrategy[list[Known]] = st.lists(
    st.sampled_from(["open", "cancelled", A, B, C, A_LONGER, A_ELSEWHERE, A_LATER]), max_size=4
)
EVENTS = st.builds(
    Forum, st.sampled_from([None, A, B, A_LONGER]), cancellation=st.sampled_from([None, GONE, GONE_FOR_GOOD])
) | st.builds(Council, st.sampled_from([None, A, B]))


def where_and_when(meetings: Iterable[Meeting]) -> list[tuple[dt.datetime, str]]:
    return [(each.starts, each.where) for each in meetings]


@LIGHTLY
@given(EVENTS, KNOWN)
def test_news_are_told_only_where_somebody_may_not_know(event: Event, known: list[Known]) -> None:
    news = find_news(event, known)
    if news is not None:
        assert known, "nobody is told anything without a reason"
        assert set(where_and_when(news.earlier)) <= set(
            where_and_when(each for each in known if isinstance(each, Meeting))
        )
    if news is not None and news.kind is ReminderKind.CHANGED:
        assert news.earlier, "without the old date nobody could compare"
        assert event.date is not None
        assert not set(where_and_when([event.date])) & set(where_and_when(news.earlier)), "old and new differ"
    assert find_news(event, [known_of(event)]) is None, "who has heard the latest hears nothing"


@LIGHTLY
@given(EVENTS, KNOWN)
def test_who_knows_another_date_hears_of_every_date_and_of_every_cancellation(
    event: Event, known: list[Known]
) -> None:
    others = {
        place
        for place in where_and_when(each for each in known if isinstance(each, Meeting))
        if event.date is None or place not in where_and_when([event.date])
    }
    if others and known_of(event) != "open":
        assert find_news(event, known) is not None


def test_what_is_known_of_a_meeting_is_its_date_or_that_there_is_none() -> None:
    assert known_of(Forum()) == known_of(Council()) == "open"
    assert known_of(Forum(A)) == known_of(Council(A)) == A
    assert known_of(CANCELLED) == known_of(Forum(cancellation=GONE_FOR_GOOD)) == "cancelled"


# When news are told


def test_by_day_a_change_is_told_at_once_and_until_the_meeting_begins() -> None:
    now = on("2027-09-10", "14:31")
    assert plan_news(changed(A), Forum(B), now) == Due(ReminderKind.CHANGED, now, B.starts)
    assert plan_news(date_set(), Forum(A), now) == Due(ReminderKind.DATE_SET, now, A.starts)
    assert plan_news(changed(A), Council(B), now) == Due(ReminderKind.CHANGED, now, B.starts)


def test_a_change_of_the_night_is_told_at_eight() -> None:
    for now in (on("2027-09-10", "22:00"), on("2027-09-11", "03:00")):
        planned = plan_news(changed(A), Forum(B), now)
        assert planned is not None
        assert planned.due == on("2027-09-11", "08:00")


@pytest.mark.parametrize(
    ("news", "event", "now"),
    [
        (changed(A), Forum(B), B.starts),
        (changed(A), Forum(B), on("2027-09-23", "19:00")),
        (date_set(), Forum(A), on("2027-09-17", "09:00")),
        (cancelled(A), CANCELLED, A.starts),
        (cancelled(A), CANCELLED, on("2027-09-17", "09:00")),
        # It begins before the night is over.
        (changed(A), Forum(meeting("2027-09-11", "07:30", None)), on("2027-09-10", "22:00")),
        (changed(A), Forum(meeting("2027-09-11", "08:00", None)), on("2027-09-10", "22:00")),
    ],
)
def test_a_change_that_would_come_after_the_meeting_is_not_told_at_all(
    news: News, event: Event, now: dt.datetime
) -> None:
    assert plan_news(news, event, now) is None


def test_a_cancellation_is_told_as_long_as_anybody_might_still_go_there() -> None:
    now = on("2027-09-17", "09:00")
    planned = plan_news(cancelled(A, B), Forum(A, cancellation=GONE), now)
    assert planned == Due(ReminderKind.CANCELLED, now, B.starts)
    assert plan_news(cancelled(A), Forum(B, cancellation=GONE), now) == planned, "some may know B only"


@LIGHTLY
@given(MOMENTS, MEETINGS, st.sampled_from(sorted(ANNOUNCING)))
def test_news_are_never_due_at_night_nor_after_the_meeting(
    now: dt.datetime, planned: Meeting, kind: ReminderKind
) -> None:
    cancellation = GONE if kind is ReminderKind.CANCELLED else None
    due = plan_news(News(kind), Forum(planned, cancellation=cancellation), now)
    if due is None:
        assert utc(after_quiet(now)) >= utc(planned.starts)
    else:
        assert not is_quiet(in_berlin(utc(due.due)))
        assert utc(due.due) < utc(due.expires) == utc(planned.starts)


def test_a_report_is_told_at_once_by_day_and_at_eight_after_a_night_and_kept_two_weeks() -> None:
    noon, night = on("2027-09-20", "12:00"), on("2027-09-20", "22:00")
    assert plan_report(noon) == Due(ReminderKind.REPORT, noon, on("2027-10-04", "12:00"))
    morning = on("2027-09-21", "08:00")
    assert plan_report(night) == Due(ReminderKind.REPORT, morning, on("2027-10-05", "08:00"))


# Revisions


@pytest.mark.parametrize(
    ("before", "after", "grows"),
    [
        (Forum(), Forum(A), True),
        (Forum(A), Forum(), True),
        (Forum(A), Forum(B), True),
        (Forum(A), Forum(A_LATER), True),
        (Forum(A), Forum(A_LONGER), True),
        (Forum(A), Forum(A_ELSEWHERE), True),
        (Forum(A), Forum(A_NEXT_DOOR), True),
        (Forum(AT_HALF_PAST_TWO), Forum(AN_HOUR_LATER), True),
        (Forum(A), CANCELLED, True),
        (CANCELLED, Forum(A), True),
        (CANCELLED, Forum(A, cancellation=GONE_FOR_GOOD), True),
        (Council(A), Council(B), True),
        (Council(), Council(A), True),
        (Forum(A), Forum(A), False),
        (CANCELLED, CANCELLED, False),
        (Forum(A), Forum(A, seats=3, map_url="https://x.de", report_url="https://y.de"), False),
        (Forum(A), Forum(A, support=Support(True, True, ("ar",)), taken=5), False),
        (Forum(A), Forum(A, opens=dt.date(2027, 8, 1), closes=dt.date(2027, 9, 1)), False),
        (Council(A), Council(A, agenda_url="https://x.de", has_question_time=True), False),
        (Council(A), Council(A, draft_day=dt.date(2027, 10, 1), decided_day=dt.date(2027, 11, 18)), False),
    ],
)
def test_the_revision_grows_with_date_time_place_and_cancellation_only(
    before: Event, after: Event, grows: bool
) -> None:
    assert revise(replace(before, revision=4), after) == (5 if grows else 4)


# What is stored


def test_the_names_of_kinds_are_stored_and_so_never_change() -> None:
    assert [kind.value for kind in ReminderKind] == [
        "date-set",
        "changed",
        "cancelled",
        "week-before",
        "day-before",
        "hours-before",
        "thanks",
        "report",
        "report-others",
    ]
    assert not ANNOUNCING & TIMED
    assert {ReminderKind.CHANGED, ReminderKind.CANCELLED} <= FOR_EVERYBODY, "also who cannot come"
    assert not FOR_EVERYBODY & TIMED, "who cannot come is not reminded"


def test_every_time_stands_in_the_zone_of_the_programme() -> None:
    tokyo = ZoneInfo("Asia/Tokyo")
    there = Forum(Meeting(dt.datetime(2027, 9, 16, 18, tzinfo=tokyo), "Stadthalle"))
    now = dt.datetime(2027, 9, 1, tzinfo=tokyo)
    assert [f"{due.due:%d %H:%M%z}" for due in list_timed(there, now)] == [
        "09 10:00+0900",
        "15 17:00+0900",
        "16 16:00+0900",
        "17 10:00+0900",
    ]
