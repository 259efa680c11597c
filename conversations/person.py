"""What a turn knows about the person in front of it, joined from both worlds for that turn only.

The contact world gives language, consents to messages, subscriptions and followed themes; the respondent
world gives consent to answers and the session. Nothing stored links the two (DESIGN §7).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from conversations.programme import Reply
from conversations.session import Session


class Purpose(StrEnum):
    """What a consent (Einwilligung) is for. Each is asked for on its own."""

    ANSWERS = "answers"
    MESSAGES = "messages"
    FOLLOWING = "following"


@dataclass(frozen=True, slots=True)
class Consent:
    """A consent (Einwilligung) as it was given: which text, in which language, on which day."""

    version: str
    language: str
    day: dt.date


@dataclass(frozen=True, slots=True)
class Attendance:
    """What somebody said about coming to a forum (Fachforum), and what they need there."""

    reply: Reply | None = None
    wants_interpreter: bool = False


#: Of a forum about which nothing was said.
NOTHING_SAID = Attendance()


@dataclass(frozen=True, slots=True)
class Person:
    """The person of one turn. A stranger has neither language nor consent nor session.

    `attendance` is by topic, such as `forum_arbeit`. `followed` are the themes they want to hear of,
    `has_stopped` says that they ended every message.
    """

    language: str | None = None
    message_consent: Consent | None = None
    subscriptions: frozenset[str] = field(default_factory=frozenset)
    answer_consent: Consent | None = None
    session: Session | None = None
    attendance: Mapping[str, Attendance] = field(default_factory=lambda: MappingProxyType({}))
    follow_consent: Consent | None = None
    followed: frozenset[str] = field(default_factory=frozenset)
    has_stopped: bool = False

    def attendance_of(self, topic: str) -> Attendance:
        """Say what this person said about a forum."""
        return self.attendance.get(topic, NOTHING_SAID)
