"""The budget of a chat, as arithmetic and as a property."""

from __future__ import annotations

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from bot.flood import BURST, MAX_CHATS, PER_SECOND, FloodGate, Verdict

NOW = dt.datetime(2027, 6, 23, tzinfo=dt.UTC)
SECOND = dt.timedelta(seconds=1)


def test_a_burst_is_let_through_and_the_flooder_told_once() -> None:
    gate = FloodGate()
    verdicts = [gate.judge(1, NOW) for _ in range(100)]
    assert verdicts[: int(BURST)] == [Verdict.WITHIN] * int(BURST)
    assert verdicts[int(BURST)] is Verdict.TOO_FAST
    assert set(verdicts[int(BURST) + 1 :]) == {Verdict.TOO_FAST_AND_TOLD}


def test_a_flooder_does_not_cost_anybody_else() -> None:
    gate = FloodGate()
    for _ in range(1000):
        gate.judge(1, NOW)
    assert gate.judge(2, NOW) is Verdict.WITHIN


def test_the_budget_comes_back_and_so_does_the_notice() -> None:
    gate = FloodGate()
    for _ in range(50):
        gate.judge(1, NOW)
    assert gate.judge(1, NOW + SECOND) is Verdict.WITHIN
    later = NOW + dt.timedelta(minutes=5)
    verdicts = [gate.judge(1, later) for _ in range(40)]
    assert verdicts.count(Verdict.WITHIN) == BURST
    assert verdicts.count(Verdict.TOO_FAST) == 1


def test_a_clock_set_back_punishes_nobody() -> None:
    gate = FloodGate()
    gate.judge(1, NOW)
    assert gate.judge(1, NOW - dt.timedelta(days=1)) is Verdict.WITHIN


def test_it_remembers_no_more_chats_than_it_may() -> None:
    gate = FloodGate()
    for chat in range(MAX_CHATS + 500):
        gate.judge(chat, NOW)
    assert len(gate._budgets) == MAX_CHATS


@given(st.lists(st.integers(min_value=0, max_value=5000), max_size=300))
def test_in_any_time_nobody_gets_more_than_a_burst_and_the_pace(pauses_milliseconds: list[int]) -> None:
    gate, now, within = FloodGate(), NOW, 0
    for pause in pauses_milliseconds:
        now += dt.timedelta(milliseconds=pause)
        within += gate.judge(1, now) is Verdict.WITHIN
    assert within <= BURST + PER_SECOND * (now - NOW).total_seconds() + 1e-6
