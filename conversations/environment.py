"""What a turn may know of the world beside the person: one instant, the languages, fresh marks.

The clock and chance are read once, outside the core, and arrive here as plain values.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from conversations.content import Content
from conversations.languages import Language
from conversations.person import Person
from conversations.programme import Programme
from conversations.stations import Station


@dataclass(frozen=True, slots=True)
class Environment:
    """The world of one turn.

    `languages` are those on offer, the best guess for this person first. `stop_words` are
    those of every language, folded for comparison. `fresh_tag` and `fresh_seed` are random
    and used only if a session begins in this turn. `are_answers_linked` is False once nobody can
    find the answers of one person any more: the respondent key has been destroyed. `programme` is
    what the staff have planned; None stands for the first programme of the town file. `stations` has
    the newest station of each theme that has one; it is empty where no page of this turn shows them.
    `heard_languages` are those whose name can be listened to where the language is chosen.
    """

    now: dt.datetime
    languages: tuple[Language, ...]
    stop_words: frozenset[str]
    fresh_tag: str
    fresh_seed: str
    are_answers_linked: bool = True
    programme: Programme | None = None
    stations: Mapping[str, Station] = field(default_factory=lambda: MappingProxyType({}))
    heard_languages: frozenset[str] = frozenset()

    @property
    def today(self) -> dt.date:
        """The calendar day of this turn, in the time zone of `now`."""
        return self.now.date()


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything a turn looks at: the content, the person in front, the world around."""

    content: Content
    person: Person
    environment: Environment

    @property
    def programme(self) -> Programme:
        """What is planned when, as it stands now."""
        return self.environment.programme or self.content.programme

    @property
    def now(self) -> dt.datetime:
        """The instant of this turn, in the time zone of the programme."""
        return self.environment.now

    @property
    def closed(self) -> bool:
        """Whether answers can no longer be given (`freeze_date` has passed)."""
        return self.environment.today > self.content.town.freeze_date
