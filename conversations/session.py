"""The session: where a person stands, as a value that survives restarts and changed flows.

A session is written as JSON with the versions of the flows it was made with. Steps that a
flow has lost are dropped when it is read against the current flows (`conversations.dialogue`).
The answers belong to the session but are rows of their own, so they are not in the JSON.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, assert_never

from conversations.incoming import Voice

#: The code stored for a question that was passed over with the skip button.
SKIPPED = "_skip"
#: The code of the option that opens a text or voice step.
OWN = "own"

#: (scope, step id). A scope is the code of a field, `profile`, or `forum_<field>`.
AnswerKey = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it stands: option codes, and the person's own words or voice where there are any.

    An open question has the code `text` or `voice`. `is_voice_lost` says that the sound could not be
    fetched or was none. `message` marks the Telegram message the
    words came in (a keyed hash, never the id itself).
    """

    codes: tuple[str, ...]
    words: str | None = None
    voice: Voice | None = None
    has_voice: bool = False
    is_voice_lost: bool = False
    message: str | None = None

    @property
    def skipped(self) -> bool:
        """Whether the question was passed over."""
        return self.codes == (SKIPPED,)


class SheetName(StrEnum):
    """The pages that are not questions. The values are stored: never change one."""

    LANGUAGES = "languages"
    MORE_LANGUAGES = "more_languages"
    DOORS = "doors"
    CONSENT = "consent"
    CONSENT_CHANGED = "consent_changed"
    DECLINED = "declined"
    UNDER_16 = "under16"
    TOPICS = "topics"
    AGAIN = "again"
    RESUME = "resume"
    PAUSED = "paused"
    THANKS = "thanks"
    REVIEW = "review"
    PROFILE_INTRO = "profile_intro"
    MENU = "menu"
    EVENTS = "events"
    EVENT = "event"
    CONSENT_MESSAGES = "consent_messages"
    REMINDERS = "reminders"
    ABOUT = "about"
    PRIVACY = "privacy"
    PRIVACY_SECTION = "privacy_section"
    MY_DATA = "mydata"
    ASK_ERASURE = "ask_erasure"
    ERASED = "erased"
    STOPPED = "stopped"
    HELP = "help"
    CLOSED = "closed"
    FOLLOW = "follow"
    FOLLOWED = "followed"
    RESULTS = "results"
    RESULTS_FIELD = "results_field"


@dataclass(frozen=True, slots=True)
class Sheet:
    """A page that is not a question; `argument` says of what (a field, a section, a door)."""

    name: SheetName
    argument: str = ""


@dataclass(frozen=True, slots=True)
class Asking:
    """A question is open. `ticked` holds the marks of a multiple choice that is not done yet.

    With `revising`, the question was opened from the review page and leads back to it.
    """

    scope: str
    step: str
    ticked: tuple[str, ...] = ()
    revising: bool = False


@dataclass(frozen=True, slots=True)
class OwnWords:
    """The option `own` was chosen and is stored; the words are still to come, or not."""

    scope: str
    step: str
    revising: bool = False


@dataclass(frozen=True, slots=True)
class OfferedOwn:
    """Something was written or spoken on a closed question: is it the person's own answer?"""

    question: Asking
    words: str | None
    voice: Voice | None
    message: str


@dataclass(frozen=True, slots=True)
class StopAsked:
    """A stop word came on an open question: is it the answer, or a wish?"""

    question: Asking | OwnWords
    words: str
    message: str


Question = Asking | OwnWords
Place = Sheet | Asking | OwnWords | OfferedOwn | StopAsked


@dataclass(frozen=True, slots=True)
class Session:
    """Where a respondent stands.

    `tag` marks the buttons of this session, `visit` counts the showings of questions, `seed`
    fixes the order of shuffled options, `behind` is the question that a page covers,
    `finished` lists the fields in the order in which they were finished, `hinted` the kinds
    of question whose hint has been shown, `wanted` the field to open after the role, `refused`
    marks the message that was refused last, so that an edit of it is taken as the answer, `follow_asked`
    lists the fields after which it was asked of what the person wants to hear again.
    """

    tag: str
    seed: str
    place: Place
    visit: int = 0
    last_press: str = ""
    behind: Question | None = None
    finished: tuple[str, ...] = ()
    hinted: tuple[str, ...] = ()
    wanted: str = ""
    refused: str = ""
    follow_asked: tuple[str, ...] = ()
    versions: Mapping[str, int] = field(default_factory=dict)
    answers: Mapping[AnswerKey, Answer] = field(default_factory=dict)

    def with_answer(self, scope: str, step: str, answer: Answer) -> Session:
        """Return the session with one answer set or replaced."""
        return replace(self, answers={**self.answers, (scope, step): answer})

    def without_answers(self, keys: frozenset[AnswerKey]) -> Session:
        """Return the session without the answers named."""
        return replace(self, answers={k: v for k, v in self.answers.items() if k not in keys})


def session_to_json(session: Session) -> str:
    """Write a session, without its answers, as JSON."""
    return json.dumps(
        {
            "tag": session.tag,
            "seed": session.seed,
            "place": _place_to_data(session.place),
            "visit": session.visit,
            "last_press": session.last_press,
            "behind": None if session.behind is None else _place_to_data(session.behind),
            "finished": session.finished,
            "hinted": session.hinted,
            "wanted": session.wanted,
            "refused": session.refused,
            "follow_asked": session.follow_asked,
            "versions": dict(session.versions),
        },
        ensure_ascii=False,
        separators=(",", ":"),
    )


def session_from_json(written: str, answers: Mapping[AnswerKey, Answer]) -> Session:
    """Read a session that `session_to_json` wrote, and join it with its answers.

    Raises: ValueError, KeyError or TypeError where the JSON is not a session.
    """
    data = json.loads(written)
    behind = None if data["behind"] is None else _place_from_data(data["behind"])
    if behind is not None and not isinstance(behind, Asking | OwnWords):
        raise ValueError("only a question can lie behind a page")
    return Session(
        tag=data["tag"],
        seed=data["seed"],
        place=_place_from_data(data["place"]),
        visit=data["visit"],
        last_press=data["last_press"],
        behind=behind,
        finished=tuple(data["finished"]),
        hinted=tuple(data["hinted"]),
        wanted=data["wanted"],
        refused=data["refused"],
        follow_asked=tuple(data.get("follow_asked", ())),  # a session of an earlier version has none
        versions=data["versions"],
        answers=answers,
    )


def _place_to_data(place: Place) -> dict[str, Any]:
    match place:
        case Sheet(name, argument):
            return {"at": "sheet", "name": name.value, "argument": argument}
        case Asking(scope, step, ticked, revising):
            return {"at": "asking", "scope": scope, "step": step, "ticked": ticked, "revising": revising}
        case OwnWords(scope, step, revising):
            return {"at": "own", "scope": scope, "step": step, "revising": revising}
        case OfferedOwn(question, words, voice, message):
            return {
                "at": "offered",
                "question": _place_to_data(question),
                "words": words,
                "voice": None if voice is None else _voice_to_data(voice),
                "message": message,
            }
        case StopAsked(question, words, message):
            return {"at": "stop", "question": _place_to_data(question), "words": words, "message": message}
        case _:
            assert_never(place)


def _place_from_data(data: dict[str, Any]) -> Place:
    match data["at"]:
        case "sheet":
            return Sheet(SheetName(data["name"]), data["argument"])
        case "asking":
            return Asking(data["scope"], data["step"], tuple(data["ticked"]), data["revising"])
        case "own":
            return OwnWords(data["scope"], data["step"], data["revising"])
        case "offered":
            question = _place_from_data(data["question"])
            voice = data["voice"]
            if not isinstance(question, Asking):
                raise ValueError("an own answer can be offered on a question only")
            return OfferedOwn(
                question, data["words"], None if voice is None else Voice(**voice), data["message"]
            )
        case "stop":
            question = _place_from_data(data["question"])
            if not isinstance(question, Asking | OwnWords):
                raise ValueError("a stop word can be asked about on a question only")
            return StopAsked(question, data["words"], data["message"])
        case other:
            raise ValueError(f"unknown place {other!r}")


def _voice_to_data(voice: Voice) -> dict[str, Any]:
    return {
        "file_id": voice.file_id,
        "duration_seconds": voice.duration_seconds,
        "size_bytes": voice.size_bytes,
        "mime_type": voice.mime_type,
    }
