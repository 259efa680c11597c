"""One answer after the other: how a text or a button fills in the change that is being made.

Pure. A text that cannot be read raises `WrongAnswerError` with the key of a sentence that says how to
write it; nothing is lost by that.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from bot.staff.state import StaffState, Step
from conversations.moments import (
    MomentError,
    RepeatedHourError,
    SkippedHourError,
    parse_day,
    parse_end,
    parse_moment,
)
from conversations.planning import PLACE_MAX_CHARS, SEATS_MAX, moved
from conversations.programme import Council, Event, Forum, Meeting
from conversations.town_file import is_web_address


class WrongAnswerError(ValueError):
    """A text that is no answer to what was asked. `key` names the sentence that says why."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


def answer_step(state: StaffState, words: str, now: dt.datetime) -> StaffState:
    """Fill in a text. Raises: WrongAnswerError."""
    words = words.strip()
    match state.step:
        case Step.DATE:
            return _answer_date(state, words, now)
        case Step.END:
            return _with_meeting(state, Step.PLACE, ends=_read_end(words, _meeting(state).starts))
        case Step.PLACE:
            place, address = _read_place(words)
            return _with_meeting(state, Step.CONFIRM, place=place, address=address)
        case Step.SEATS:
            return _with(state, Step.CONFIRM, seats=_read_seats(words))
        case Step.MAP:
            return _with(state, Step.CONFIRM, map_url=_read_link(words))
        case Step.REPORT:
            return _with(state, Step.CONFIRM, report_url=_read_link(words))
        case Step.AGENDA:
            return _with(state, Step.CONFIRM, agenda_url=_read_link(words))
        case Step.OPENS:
            return _with(state, Step.CLOSES, opens=_read_day(words))
        case Step.CLOSES:
            return _with(state, Step.CONFIRM, closes=_read_day(words))
        case Step.DRAFT_DAY:
            return _with(state, Step.CONFIRM, draft_day=_read_day(words))
        case Step.DECIDED_DAY:
            return _with(state, Step.CONFIRM, decided_day=_read_day(words))
        case Step.TWICE | Step.CONFIRM:
            return state


def press_step(state: StaffState, verb: str) -> StaffState | None:
    """Fill in what a button under the question says. None: the button does not belong here."""
    match state.step, verb:
        case Step.TWICE, "first" | "second" if len(state.twice) == len(("first", "second")):
            return _started(state, state.twice[verb == "second"])
        case Step.END, "none":
            return _with_meeting(state, Step.PLACE, ends=None)
        case Step.END, "same":
            return _with_meeting(state, Step.PLACE, ends=moved(state.before.meeting, _meeting(state).starts))
        case Step.PLACE, "same" if state.before.meeting is not None:
            before = state.before.meeting
            return _with_meeting(state, Step.CONFIRM, place=before.place, address=before.address)
        case Step.SEATS, "none":
            return _with(state, Step.CONFIRM, seats=None)
        case Step.MAP, "none":
            return _with(state, Step.CONFIRM, map_url="")
        case Step.AGENDA, "none":
            return _with(state, Step.CONFIRM, agenda_url="")
        case Step.OPENS, "none":
            return _with(state, Step.CLOSES, opens=None)
        case Step.CLOSES, "none":
            return _with(state, Step.CONFIRM, closes=None)
        case Step.DRAFT_DAY, "none":
            return _with(state, Step.CONFIRM, draft_day=None)
        case Step.DECIDED_DAY, "none":
            return _with(state, Step.CONFIRM, decided_day=None)
        case _:
            return None


def _answer_date(state: StaffState, words: str, now: dt.datetime) -> StaffState:
    if now.tzinfo is None:
        raise ValueError("the time zone of the programme is missing")
    try:
        return _started(state, parse_moment(words, now.tzinfo))
    except RepeatedHourError as error:
        return replace(state, step=Step.TWICE, twice=(error.first, error.second))
    except SkippedHourError:
        raise WrongAnswerError("staff.wrong.skipped") from None
    except MomentError:
        raise WrongAnswerError("staff.wrong.date") from None


def _started(state: StaffState, starts: dt.datetime) -> StaffState:
    """Note the beginning; place and address stay what they were until they are asked for."""
    before = state.before.meeting
    meeting = Meeting(
        starts,
        "" if before is None else before.place,
        None,
        "" if before is None else before.address,
    )
    return replace(_with(state, Step.END, meeting=meeting), twice=())


def _read_end(words: str, starts: dt.datetime) -> dt.datetime:
    try:
        return parse_end(words, starts)
    except SkippedHourError:
        raise WrongAnswerError("staff.wrong.skipped") from None
    except RepeatedHourError as error:
        return error.first if error.first > starts else error.second
    except MomentError:
        raise WrongAnswerError("staff.wrong.time") from None


def _read_place(words: str) -> tuple[str, str]:
    lines = [" ".join(line.split()) for line in words.splitlines() if line.strip()]
    if not lines or not any(sign.isalnum() for sign in lines[0]):
        raise WrongAnswerError("staff.doubt.no_place")
    place, address = lines[0], ", ".join(lines[1:])
    if max(len(place), len(address)) > PLACE_MAX_CHARS:
        raise WrongAnswerError("staff.wrong.long")
    return place, address


def _read_seats(words: str) -> int:
    if not words.isascii() or not words.isdigit() or not 1 <= int(words[:9]) <= SEATS_MAX:
        raise WrongAnswerError("staff.wrong.number")
    return int(words)


def _read_link(words: str) -> str:
    if not is_web_address(words):
        raise WrongAnswerError("staff.wrong.link")
    return words


def _read_day(words: str) -> dt.date:
    try:
        return parse_day(words)
    except MomentError:
        raise WrongAnswerError("staff.wrong.day") from None


def _meeting(state: StaffState) -> Meeting:
    if state.after.meeting is None:
        raise LookupError("the beginning comes first")
    return state.after.meeting


def _with_meeting(state: StaffState, step: Step, **values: object) -> StaffState:
    return _with(state, step, meeting=replace(_meeting(state), **values))  # type: ignore[arg-type]  # checked by the callers above


def _with(state: StaffState, step: Step, **values: object) -> StaffState:
    after: Event = state.after
    match after:
        case Forum():
            return replace(state, step=step, after=replace(after, **values))  # type: ignore[arg-type]  # likewise
        case Council():
            return replace(state, step=step, after=replace(after, **values))  # type: ignore[arg-type]  # likewise
