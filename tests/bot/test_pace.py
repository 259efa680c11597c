"""The pace of a mailing: everything Telegram allows, never more, and people first."""

from __future__ import annotations

import datetime as dt
import itertools
import random

from bot.pace import Pace
from conversations.mailing_pace import MESSAGES_PER_SECOND
from storage.vocabulary import Lane

BEGIN = dt.datetime(2027, 11, 18, 12, 0, tzinfo=dt.UTC)
SECOND = dt.timedelta(seconds=1)
Start = tuple[dt.datetime, Lane]


def run(pace: Pace, seconds: int, replies_per_second: float, seed: int = 1) -> list[Start]:
    """Send a mailing as the delivery does, while people are answered; list what was started when."""
    chance = random.Random(seed)
    starts: list[Start] = []
    now, end = BEGIN, BEGIN + seconds * SECOND
    next_reply = now + SECOND * chance.expovariate(replies_per_second) if replies_per_second else end
    while now < end:
        while next_reply <= now:
            pace.started(Lane.REPLY, next_reply)
            starts.append((next_reply, Lane.REPLY))
            next_reply += SECOND * chance.expovariate(replies_per_second)
        for _ in range(pace.room(now)):
            pace.started(Lane.BULK, now)
            starts.append((now, Lane.BULK))
        now = min(max(pace.next_at(now), now + SECOND / 1000), next_reply)
        now += SECOND * chance.uniform(0, 0.002)  # a loop is never exact
    return sorted(starts, key=lambda start: start[0])


def most_in_a_second(starts: list[Start]) -> int:
    """Count the starts of the fullest second there is, wherever it begins."""
    most = first = 0
    for index, (moment, _) in enumerate(starts):
        while moment - starts[first][0] >= SECOND:
            first += 1
        most = max(most, index - first + 1)
    return most


def test_alone_a_mailing_uses_almost_all_that_is_allowed() -> None:
    starts = run(Pace(), 60, 0)
    assert most_in_a_second(starts) <= MESSAGES_PER_SECOND
    assert len(starts) / 60 >= 0.95 * MESSAGES_PER_SECOND


def test_people_are_never_held_up_and_the_sum_stays_below_the_limit() -> None:
    for rate in (0.5, 2.0, 4.0):
        starts = run(Pace(), 60, rate)
        replies = sum(lane is Lane.REPLY for _, lane in starts)
        assert abs(replies - 60 * rate) < 5 * (60 * rate) ** 0.5 + 1
        crowded = sum(
            most_in_a_second([s for s in starts if BEGIN + k * SECOND <= s[0] < BEGIN + (k + 2) * SECOND])
            > MESSAGES_PER_SECOND
            for k in range(59)
        )
        assert crowded <= 4, rate  # people who all write in the same instant are answered nevertheless
        assert len(starts) / 60 >= 0.75 * MESSAGES_PER_SECOND


def test_a_mailing_is_spread_over_the_second() -> None:
    pace = Pace()
    starts = [moment for moment, _ in run(pace, 20, 0) if moment > BEGIN + 5 * SECOND]
    gaps = [later - earlier for earlier, later in itertools.pairwise(starts)]
    assert max(gaps) < SECOND / 10


def test_a_clock_set_back_does_not_silence_a_mailing() -> None:
    pace = Pace()
    for _ in range(MESSAGES_PER_SECOND):
        pace.started(Lane.BULK, BEGIN)
    assert pace.room(BEGIN) == 0
    assert pace.room(BEGIN - dt.timedelta(hours=2)) > 0


def test_a_full_window_says_when_it_moves_on() -> None:
    pace = Pace()
    for _ in range(MESSAGES_PER_SECOND):
        pace.started(Lane.BULK, BEGIN)
    assert pace.next_at(BEGIN) > BEGIN + SECOND
    assert pace.room(pace.next_at(BEGIN)) > 0
