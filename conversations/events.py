"""What happened in a turn: the closed union `Event`.

The engine only says what happened. `bot.turns` stores the changes in the transaction of the
turn and puts what is shown into the outbox.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from conversations.person import Purpose
from conversations.programme import Reply
from conversations.screens import Screen
from conversations.session import Answer, AnswerKey
from conversations.texts import Text


@dataclass(frozen=True, slots=True)
class LanguageChosen:
    """The person chose the language of every later message."""

    language: str


@dataclass(frozen=True, slots=True)
class ConsentGiven:
    """The person agreed (Einwilligung) to a purpose, on the text of this version.

    With the consent to answers, `source` notes the poster or course the person came from.
    """

    purpose: Purpose
    version: str
    source: str = ""


@dataclass(frozen=True, slots=True)
class AnswerRecorded:
    """An answer was given or replaced. The answer before it, with its words and voice, is gone."""

    scope: str
    step: str
    answer: Answer


@dataclass(frozen=True, slots=True)
class AnswersDropped:
    """Answers no longer apply, or the topic was started again."""

    keys: frozenset[AnswerKey]


@dataclass(frozen=True, slots=True)
class Subscribed:
    """The person asked to be written to about a topic."""

    topic: str


@dataclass(frozen=True, slots=True)
class Unsubscribed:
    """The person no longer wants to be written to about these topics."""

    topics: frozenset[str]


@dataclass(frozen=True, slots=True)
class ForumReplied:
    """The person said whether they come to a forum (Fachforum). Coming takes a seat; None: undecided."""

    topic: str
    reply: Reply | None


@dataclass(frozen=True, slots=True)
class InterpreterNoted:
    """The person needs interpreting at a forum to which they subscribed, or no longer does."""

    topic: str
    wanted: bool


@dataclass(frozen=True, slots=True)
class ThemesFollowed:
    """The person wants to hear what becomes of these measures and goals (`FollowedTheme`)."""

    themes: frozenset[str]


@dataclass(frozen=True, slots=True)
class ThemesUnfollowed:
    """The person no longer wants to hear of these themes. With the last one the consent is taken back."""

    themes: frozenset[str]


@dataclass(frozen=True, slots=True)
class MessagesDeclined:
    """The person ended every message: the consent to them is taken back, and with it every seat.

    Nothing is sent to them any more that they do not ask for, not even what goes to everybody.
    """


@dataclass(frozen=True, slots=True)
class EverythingErased:
    """The person had everything erased (Löschung)."""


@dataclass(frozen=True, slots=True)
class ContactLost:
    """The bot was blocked: subscriptions end and the contact is erased, the answers stay."""


class Placement(StrEnum):
    """Where the current screen goes."""

    IN_PLACE = "in_place"
    BELOW = "below"


@dataclass(frozen=True, slots=True)
class ScreenShown:
    """The current screen of the chat is this one now."""

    screen: Screen
    placement: Placement


@dataclass(frozen=True, slots=True)
class PoppedUp:
    """A short notice over the chat, in answer to a pressed button."""

    text: Text


@dataclass(frozen=True, slots=True)
class DataFileRequested:
    """The person wants everything stored about them as a file."""


@dataclass(frozen=True, slots=True)
class CalendarFileRequested:
    """The person wants the date of a forum or of the council as a file for their calendar."""

    topic: str


@dataclass(frozen=True, slots=True)
class LanguagesHeard:
    """The person wants to hear what these languages are called; `entry` is the door they came to."""

    codes: tuple[str, ...]
    entry: str


@dataclass(frozen=True, slots=True)
class RecordingsWanted:
    """The person wants to hear texts read aloud; each named by a mark that the button carried."""

    marks: tuple[str, ...]


Change = (
    LanguageChosen
    | ConsentGiven
    | AnswerRecorded
    | AnswersDropped
    | Subscribed
    | Unsubscribed
    | ForumReplied
    | InterpreterNoted
    | ThemesFollowed
    | ThemesUnfollowed
    | MessagesDeclined
    | EverythingErased
    | ContactLost
)
Event = (
    Change
    | ScreenShown
    | PoppedUp
    | DataFileRequested
    | CalendarFileRequested
    | LanguagesHeard
    | RecordingsWanted
)
