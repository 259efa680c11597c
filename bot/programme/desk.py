"""The desk of the command line: a change of the programme is shown, asked about, and made.

What follows from a change is `storage.programme`, the words are `bot.programme.words`. Must not know
the names of options.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from bot.app import system_clock
from bot.content import load_content
from bot.opening import open_data
from bot.programme.words import (
    effect_json,
    effect_lines,
    event_json,
    event_lines,
    name_of,
    say_objection,
)
from bot.settings import Settings, StartError
from conversations.content import Content
from conversations.moments import (
    NoSuchDateError,
    NoSuchDayError,
    NoSuchTimeError,
    OddYearError,
    RepeatedHourError,
    SkippedHourError,
)
from conversations.planning import Objection, find_objections
from conversations.programme import Event, Forum, Programme, forum_topic
from storage import attendance
from storage.database import Database
from storage.keyring import KeyRing
from storage.programme import (
    Effect,
    ProgrammeChangedError,
    change_event,
    load_programme,
    preview_change,
)
from storage.staff_log import COMMAND_LINE, Deed, log

#: Asks a question and says whether the answer was yes.
Ask = Callable[[str], bool]


@dataclass(frozen=True)
class Desk:
    """The programme as it stands, and the way to change it. `say` prints a line, `ask` asks."""

    database: Database
    keys: KeyRing
    content: Content
    programme: Programme
    now: dt.datetime
    say: Callable[[str], None]
    ask: Ask

    @property
    def zone(self) -> dt.tzinfo:
        """The time zone of the programme."""
        return ZoneInfo(self.programme.timezone)

    @property
    def names(self) -> Mapping[str, str]:
        """The German names of the fields, by their codes."""
        texts = self.content.texts
        return {flow.scope: texts[flow.name].snapshot for flow in self.content.fields if flow.name}

    @property
    def heads(self) -> Mapping[str, Mapping[str, int]]:
        """Who comes and what is needed, by topic."""
        with self.database.reading() as connection:
            return {
                forum_topic(code): attendance.count_heads(connection, forum_topic(code), code)
                for code in self.programme.forums
            }

    def get_forum(self, field_code: str) -> Forum:
        """Return the forum of a field. Raises: StartError."""
        forum = self.programme.forums.get(field_code)
        if forum is None:
            known = ", ".join(self.programme.forums)
            raise StartError(f"There is no field “{field_code}”. Known are: {known}.")
        return forum

    def change(self, changes: Mapping[str, Event], *, sure: bool, as_json: bool) -> None:
        """Show what changes do, ask, and make them all or none.

        `sure` does not ask. Raises: StartError where a change cannot be, or nobody said yes.
        """
        if as_json and not sure:
            raise StartError("With --json nobody can be asked. Say --yes to be sure.")
        if all(self.programme.events[topic] == after for topic, after in changes.items()):
            self.say("{}" if as_json else "That is how it is already; nothing was changed.")
            return
        objections = {topic: self._find_objections(changes, topic) for topic in changes}
        for topic, found in objections.items():
            if found and found[0].blocks:
                raise StartError(f"{name_of(topic, self.names)}: {say_objection(found[0], self.names)}")
        effects = self._preview(changes)
        if not as_json:
            for topic, after in changes.items():
                self._show(topic, after, effects[topic], objections[topic])
        if not sure and not self.ask("Change it?"):
            raise StartError("Nothing was changed.")
        self._make(changes)
        if as_json:
            self.say(json.dumps({topic: effect_json(effect) for topic, effect in effects.items()}, indent=2))
        else:
            self.say("Changed.")

    def _find_objections(self, changes: Mapping[str, Event], topic: str) -> tuple[Objection, ...]:
        """Judge one change beside the others, as they will stand together."""
        others = {other: event for other, event in changes.items() if other != topic}
        return find_objections(self.programme.changed(others), topic, changes[topic], self.now)

    def _preview(self, changes: Mapping[str, Event]) -> dict[str, Effect]:
        with self.database.transaction() as connection:
            return {
                topic: preview_change(connection, topic, self.programme.events[topic], after, self.now)
                for topic, after in changes.items()
            }

    def _show(self, topic: str, after: Event, effect: Effect, objections: tuple[Objection, ...]) -> None:
        before = self.programme.events[topic]
        self.say(name_of(topic, self.names))
        old, new = list(event_lines(before)), list(event_lines(after))
        for line in old:
            if line not in new:
                self.say(f"  was:   {line}")
        for line in new:
            self.say(f"  {'stays' if line in old else 'will'}: {'' if line in old else ' '}{line}")
        for line in effect_lines(effect, self.now):
            self.say(f"  {line}")
        for objection in objections:
            self.say(f"  Please check: {say_objection(objection, self.names)}")

    def _make(self, changes: Mapping[str, Event]) -> None:
        try:
            with self.database.transaction() as connection:
                for topic, after in changes.items():
                    change_event(connection, topic, self.programme.events[topic], after, self.now)
                    log(connection, COMMAND_LINE, Deed.DATE_CHANGED, topic, now=self.now)
        except ProgrammeChangedError:
            raise StartError(
                "Somebody else has changed it in the meantime. Nothing was changed; please look again."
            ) from None


@contextlib.contextmanager
def open_desk(settings: Settings, say: Callable[[str], None], ask: Ask) -> Iterator[Desk]:
    """Open the programme of a bot that has run at least once.

    Raises: StartError, KeyFileError, DatabaseUnreachableError, ContentError.
    """
    content = load_content(settings.content).content
    now = system_clock().astimezone(ZoneInfo(content.programme.timezone))
    with open_data(settings) as (database, keys):
        with database.reading() as connection:
            programme = load_programme(connection, content.programme)
        yield Desk(database, keys, content, programme, now, say, ask)


@contextlib.contextmanager
def plain_moments() -> Iterator[None]:
    """Say in one sentence what is wrong with a day or a time. Raises: StartError."""
    try:
        yield
    except SkippedHourError as error:
        raise StartError(
            f"{error.wall:%H:%M} does not exist on {error.wall:%d.%m.%Y}: the clock is put forward then."
            " Please choose another time."
        ) from None
    except RepeatedHourError as error:
        raise StartError(
            f"{error.first:%H:%M} exists twice on {error.first:%d.%m.%Y}: the clock is put back then."
            f" Which one? Write {error.first.isoformat(timespec='minutes')}"
            f" or {error.second.isoformat(timespec='minutes')}."
        ) from None
    except OddYearError as error:
        raise StartError(f"The year {error.year} cannot be right.") from None
    except NoSuchDateError as error:
        raise StartError(
            f"“{error}” is no date with a time. Write for example 16.09.2027 18:00 or 2027-09-16T18:00."
        ) from None
    except NoSuchDayError as error:
        raise StartError(f"“{error}” is no date. Write for example 16.09.2027 or 2027-09-16.") from None
    except NoSuchTimeError as error:
        raise StartError(f"“{error}” is no time. Write for example 20:30.") from None


def all_json(desk: Desk) -> list[dict[str, Any]]:
    """Write the whole programme for a script."""
    heads = desk.heads
    return [event_json(topic, event, heads.get(topic, {})) for topic, event in desk.programme.events.items()]
