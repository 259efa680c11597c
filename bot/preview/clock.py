"""The preview's own time: a clock that can be set and goes on running, and the desk that sets it.

Everything in the preview reads this one clock, the local Bot API as well as the bot. Knows no HTTP,
and nothing of what becomes due: it is told whom to ask and whom to tell.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.preview.messages import Json

TIMEZONE = "Europe/Berlin"
ZONE = ZoneInfo(TIMEZONE)
#: Dates of the preview lie in these years: far enough for any plan, and every program can count so far.
FIRST_YEAR, LAST_YEAR = 2020, 2099
_WALL_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?")
_UNCLEAR = 'Send one of {"to": "2027-09-06T17:00"}, {"forward_seconds": 3600} and {"next": true}.'


class ClockError(Exception):
    """The clock is not set. The message is one sentence; `reason` names it for the page."""

    def __init__(self, reason: str, sentence: str) -> None:
        super().__init__(sentence)
        self.reason = reason


class PreviewClock:
    """The system's clock, moved by as much as it was last set; in UTC."""

    def __init__(self, system: Callable[[], datetime]) -> None:
        self._system = system
        self._offset = timedelta(0)

    def __call__(self) -> datetime:
        """Read the clock."""
        return self._system().astimezone(UTC) + self._offset

    def set_to(self, moment: datetime) -> None:
        """Show this moment now, and go on from there. Raises: ClockError outside the years it knows."""
        there = check_moment(moment)
        self._offset += there - self()


async def _nothing_to_do() -> None:
    pass


async def _nothing_planned() -> datetime | None:
    return None


class ClockDesk:
    """Where people read and set the clock. `moved` and `next_due` are joined with the bot when it runs."""

    def __init__(
        self,
        clock: PreviewClock,
        moved: Callable[[], Awaitable[None]] = _nothing_to_do,
        next_due: Callable[[], Awaitable[datetime | None]] = _nothing_planned,
    ) -> None:
        self._clock = clock
        self.moved = moved
        self.next_due = next_due

    def view(self) -> Json:
        """Return what the clock shows, without asking anybody."""
        return {"now": self._clock().astimezone(ZONE).isoformat(), "timezone": TIMEZONE}

    async def view_plan(self) -> Json:
        """Return what the clock shows, and when the bot has something planned."""
        due = await self.next_due()
        return self.view() | {"next": due and due.astimezone(ZONE).isoformat()}

    async def carry_out(self, order: Json) -> None:
        """Set the clock as ordered and tell who goes by it.

        Raises: ClockError, and nothing has changed.
        """
        self._clock.set_to(await self._parse_order(order))
        await self.moved()

    async def _parse_order(self, order: Json) -> datetime:
        if len(order) == 1:
            match order:
                case {"to": str(words)}:
                    return parse_wall_time(words)
                case {"forward_seconds": int(seconds)} if seconds > 0 and seconds is not True:
                    return self._after(seconds)
                case {"next": True}:
                    return await self._next_moment()
        raise ClockError("unclear", _UNCLEAR)

    def _after(self, seconds: int) -> datetime:
        try:
            return self._clock() + timedelta(seconds=seconds)
        except OverflowError:
            raise _out_of_range() from None

    async def _next_moment(self) -> datetime:
        """Return when the next thing is due; what is due already must not put the clock back."""
        due = await self.next_due()
        if due is None:
            raise ClockError("nothing_planned", "The bot has nothing planned.")
        return max(due, self._clock())


def parse_wall_time(words: str) -> datetime:
    """Read a day and a time of Göppingen, such as `2027-09-06T17:00`.

    Of an hour that comes twice when summer time ends, the first is taken.
    Raises: ClockError.
    """
    try:
        if not _WALL_TIME.fullmatch(words):
            raise ValueError("another form")
        wall = datetime.fromisoformat(words)
    except ValueError:
        raise ClockError("no_moment", "Give a day and a time, such as 2027-09-06T17:00.") from None
    moment = check_moment(wall.replace(tzinfo=ZONE)).astimezone(ZONE)
    if moment.replace(tzinfo=None) != wall:
        raise ClockError("skipped_hour", "This hour does not exist: summer time begins that night.")
    return moment


def check_moment(moment: datetime) -> datetime:
    """Return the moment in UTC. Raises: ClockError if its year is none that the preview knows."""
    if moment.tzinfo is None:
        raise ValueError("a moment has a time zone")
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise _out_of_range()
    return moment.astimezone(UTC)


def _out_of_range() -> ClockError:
    return ClockError("out_of_range", f"Give a day in the years {FIRST_YEAR} to {LAST_YEAR}.")
