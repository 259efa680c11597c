"""What a turn knows about the person in front of it, joined from both worlds for that turn only.

The contact world gives language, consent to messages and subscriptions; the respondent
world gives consent to answers and the session. Nothing stored links the two (DESIGN §7).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from enum import StrEnum

from conversations.session import Session


class Purpose(StrEnum):
    """What a consent (Einwilligung) is for. Each is asked for on its own."""

    ANSWERS = "answers"
    MESSAGES = "messages"


@dataclass(frozen=True, slots=True)
class Consent:
    """A consent (Einwilligung) as it was given: which text, in which language, on which day."""

    version: str
    language: str
    day: dt.date


@dataclass(frozen=True, slots=True)
class Person:
    """The person of one turn. A stranger has neither language nor consent nor session."""

    language: str | None = None
    message_consent: Consent | None = None
    subscriptions: frozenset[str] = field(default_factory=frozenset)
    answer_consent: Consent | None = None
    session: Session | None = None
