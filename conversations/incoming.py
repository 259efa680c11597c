"""What a person did, in words of this project: the closed union `Incoming`.

`bot.updates` makes these from Telegram's updates. Nothing here says who the person is.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Action(StrEnum):
    """What a button outside a dialogue does. The values stand in buttons already sent: never change one."""

    CHOOSE_LANGUAGE = "lang"
    LANGUAGES = "langs"
    MORE_LANGUAGES = "langs2"
    HEAR_LANGUAGES = "langears"
    HEAR_MORE_LANGUAGES = "langears2"
    LISTEN = "listen"
    SAY = "say"
    NEWS = "news"
    LOOK = "look"
    AGREE = "agree"
    DECLINE = "decline"
    UNDER_16 = "under16"
    AGREE_MESSAGES = "msgyes"
    DECLINE_MESSAGES = "msgno"
    TOPICS = "topics"
    FIELD = "field"
    RESUME = "resume"
    RESTART = "restart"
    REVIEW = "review"
    EDIT = "edit"
    THANKS = "thanks"
    COMMENT = "comment"
    NEEDS = "needs"
    PRIORITY = "prio"
    PROFILE = "profile"
    PROFILE_START = "profgo"
    MENU = "menu"
    EVENTS = "events"
    EVENT = "event"
    REMIND = "remind"
    COME = "come"
    CANNOT_COME = "cannot"
    CALENDAR = "ics"
    STOP_TOPIC = "stopit"
    STAFF = "staff"
    REMINDERS = "rem"
    SUBSCRIBE = "sub"
    UNSUBSCRIBE = "unsub"
    ALL_OFF = "alloff"
    FOLLOW = "follow"
    FOLLOW_TICK = "ftick"
    FOLLOW_YES = "fyes"
    FOLLOW_NO = "fno"
    FOLLOWED = "followed"
    UNFOLLOW = "unfollow"
    UNFOLLOW_ALL = "unfollall"
    RESULTS = "results"
    RESULTS_FIELD = "resfield"
    ABOUT = "about"
    HELP = "help"
    PRIVACY = "privacy"
    PRIVACY_SECTION = "pn"
    MY_DATA = "mydata"
    DATA_FILE = "datafile"
    ASK_ERASURE = "delete"
    ERASE = "erase"
    BACK_TO_QUESTION = "question"


@dataclass(frozen=True, slots=True)
class AnswerButton:
    """A button of a dialogue. It carries the state it leads to, so that a repeat changes nothing.

    `option` is an option code or one of the controls `_skip`, `_back`, `_pause`, `_done`,
    `_yes`, `_no`. `switched_on` is set on the ticks of a multiple choice only.
    """

    session: str
    visit: int
    step: str
    option: str
    switched_on: bool | None = None


@dataclass(frozen=True, slots=True)
class ActionButton:
    """A button outside a dialogue."""

    action: Action
    argument: str = ""


Button = AnswerButton | ActionButton


@dataclass(frozen=True, slots=True)
class Voice:
    """A voice message as Telegram announces it: nothing has been fetched yet."""

    file_id: str
    duration_seconds: int
    size_bytes: int
    mime_type: str


class Refused(StrEnum):
    """Kinds of content that are never stored."""

    MEDIA = "media"
    CONTACT = "contact"
    EMPTY = "empty"


@dataclass(frozen=True, slots=True)
class Pressed:
    """A button was pressed. `button` is None when its data is not one of ours."""

    button: Button | None


@dataclass(frozen=True, slots=True)
class Said:
    """A text was sent. `message` marks the message, so that a later edit finds its answer."""

    words: str
    message: str


@dataclass(frozen=True, slots=True)
class Spoke:
    """A voice message was sent."""

    voice: Voice
    message: str


@dataclass(frozen=True, slots=True)
class Reworded:
    """A text that was sent before has been edited."""

    words: str
    message: str


@dataclass(frozen=True, slots=True)
class Commanded:
    """A slash command, or a word that stands for one. `argument` is the rest of the line."""

    name: str
    argument: str = ""


@dataclass(frozen=True, slots=True)
class SentRefused:
    """A photo, a file, a contact, a place or an empty message was sent."""

    kind: Refused


@dataclass(frozen=True, slots=True)
class WroteTooFast:
    """A message beyond what one person may send in a short time. `notice` says whether to tell them."""

    notice: bool


@dataclass(frozen=True, slots=True)
class BlockedBot:
    """The bot was blocked: nothing reaches the person any more."""


Incoming = Pressed | Said | Spoke | Reworded | Commanded | SentRefused | WroteTooFast | BlockedBot
