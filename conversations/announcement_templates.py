"""The kinds of announcements (Ankündigungen), and what each of them says: text keys, and gaps to fill.

A template is a value. A gap is filled once for every language (a link, a day, a number, a field), or by
the staff in the words of each language. This module must not know who gets an announcement.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from conversations.programme import COUNCIL_TOPIC, RESULTS_TOPIC

#: The subscription to the draft of the plan.
DRAFT_TOPIC = "plan_draft"


class AnnouncementKind(StrEnum):
    """What an announcement is about. The values are stored: never change one."""

    DRAFT_PUBLIC = "draft_public"
    FEEDBACK_ENDS = "feedback_ends"
    ADOPTED = "adopted"
    ADOPTED_CHANGES = "adopted_changes"
    POSTPONED = "postponed"
    REJECTED = "rejected"
    WHAT_NEXT = "what_next"
    FORUM_RESULT = "forum_result"
    MEASURE_STARTED = "measure_started"
    INCIDENT = "incident"
    BOT_ENDS = "bot_ends"
    FREE = "free"


#: What the council decided. The staff choose exactly one; none is chosen in advance.
DECISIONS = (
    AnnouncementKind.ADOPTED,
    AnnouncementKind.ADOPTED_CHANGES,
    AnnouncementKind.POSTPONED,
    AnnouncementKind.REJECTED,
)


class GapKind(StrEnum):
    """What is filled into a gap. `words` are written in each language, the others once for all."""

    LINK = "link"
    DATE = "date"
    NUMBER = "number"
    FIELD = "field"
    WORDS = "words"


@dataclass(frozen=True, slots=True)
class Gap:
    """A gap that the staff fill. `needs` names another gap, without which this one makes no sense."""

    name: str
    kind: GapKind
    optional: bool = False
    needs: str = ""


@dataclass(frozen=True, slots=True)
class TemplateLine:
    """A text by its key. Without the gap `needs`, or with the gap `unless`, it is left out.

    `counts` names the gap whose number decides the form of the text. A line without a key is the words
    of the gap `needs`.
    """

    key: str = ""
    needs: str = ""
    unless: str = ""
    counts: str = ""


@dataclass(frozen=True, slots=True)
class Template:
    """What an announcement of one kind says. `topics` are those who get it, if nothing else is said.

    With `everyone` it goes to everybody who can be reached, whatever they subscribed to. `shows_results`
    puts the way to what became of everything under it.
    """

    blocks: tuple[tuple[TemplateLine, ...], ...]
    gaps: tuple[Gap, ...]
    topics: frozenset[str] = frozenset()
    everyone: bool = False
    shows_results: bool = False

    def find_gap(self, name: str) -> Gap | None:
        """Find a gap by its name."""
        return next((gap for gap in self.gaps if gap.name == name), None)

    @property
    def words(self) -> tuple[Gap, ...]:
        """The gaps that are written in each language."""
        return tuple(gap for gap in self.gaps if gap.kind is GapKind.WORDS)

    @property
    def values(self) -> tuple[Gap, ...]:
        """The gaps that are the same in every language."""
        return tuple(gap for gap in self.gaps if gap.kind is not GapKind.WORDS)


#: The gap of a free announcement: the whole message.
FREE_TEXT = "text"
#: The gap of the field of action, whose forum is meant.
FIELD_GAP = "field"
#: A number of people below this is not told.
PARTICIPANTS_MIN = 10
PARTICIPANTS = "participants"

_YOUR_INPUT = (
    TemplateLine("ann.your_input", needs="report_url"),
    TemplateLine("pl.participants", needs=PARTICIPANTS, counts=PARTICIPANTS),
)
_YOUR_INPUT_GAPS = (
    Gap("report_url", GapKind.LINK, optional=True),
    Gap(PARTICIPANTS, GapKind.NUMBER, optional=True, needs="report_url"),
)
_DECIDED = Gap("date", GapKind.DATE)
_PLAN = Gap("plan_url", GapKind.LINK)
_DECISION_TOPICS = frozenset({COUNCIL_TOPIC, DRAFT_TOPIC})

TEMPLATES: Mapping[AnnouncementKind, Template] = MappingProxyType(
    {
        AnnouncementKind.DRAFT_PUBLIC: Template(
            ((TemplateLine("ann.draft_public"),), _YOUR_INPUT),
            (
                Gap("draft_url", GapKind.LINK),
                Gap("feedback_until", GapKind.DATE, optional=True, needs="feedback_how"),
                Gap("feedback_how", GapKind.WORDS, optional=True, needs="feedback_until"),
                *_YOUR_INPUT_GAPS,
            ),
            frozenset({DRAFT_TOPIC}),
        ),
        AnnouncementKind.FEEDBACK_ENDS: Template(
            ((TemplateLine("ann.feedback_ends"),),),
            (
                Gap("feedback_until", GapKind.DATE),
                Gap("draft_url", GapKind.LINK),
                Gap("feedback_how", GapKind.WORDS),
            ),
            frozenset({DRAFT_TOPIC}),
        ),
        AnnouncementKind.ADOPTED: Template(
            ((TemplateLine("ann.adopted"),), (TemplateLine("ann.next_adopted"),), _YOUR_INPUT),
            (_DECIDED, _PLAN, *_YOUR_INPUT_GAPS),
            _DECISION_TOPICS,
            shows_results=True,
        ),
        AnnouncementKind.ADOPTED_CHANGES: Template(
            ((TemplateLine("ann.adopted_changes"),), (TemplateLine("ann.next_adopted"),), _YOUR_INPUT),
            (_DECIDED, _PLAN, Gap("changes_url", GapKind.LINK), *_YOUR_INPUT_GAPS),
            _DECISION_TOPICS,
            shows_results=True,
        ),
        AnnouncementKind.POSTPONED: Template(
            ((TemplateLine("ann.postponed"),), (TemplateLine("ann.next_postponed"),)),
            (_DECIDED, Gap("next_date", GapKind.DATE, optional=True)),
            _DECISION_TOPICS,
            shows_results=True,
        ),
        AnnouncementKind.REJECTED: Template(
            (
                (TemplateLine("ann.rejected"),),
                (
                    TemplateLine("ann.next_rejected", unless="next_text"),
                    TemplateLine("ann.what_next", needs="next_text"),
                ),
            ),
            (
                _DECIDED,
                Gap("explain_url", GapKind.LINK),
                Gap("next_text", GapKind.WORDS, optional=True),
            ),
            _DECISION_TOPICS,
            shows_results=True,
        ),
        AnnouncementKind.WHAT_NEXT: Template(
            ((TemplateLine("ann.what_next"),),),
            (Gap("next_text", GapKind.WORDS),),
            frozenset({COUNCIL_TOPIC, DRAFT_TOPIC, RESULTS_TOPIC}),
            shows_results=True,
        ),
        AnnouncementKind.FORUM_RESULT: Template(
            ((TemplateLine("ann.forum_result"),),),
            (
                Gap(FIELD_GAP, GapKind.FIELD),
                Gap("report_url", GapKind.LINK, optional=True),
                Gap("result_text", GapKind.WORDS),
            ),
            frozenset({RESULTS_TOPIC}),  # and those of the forum itself
            shows_results=True,
        ),
        AnnouncementKind.MEASURE_STARTED: Template(
            ((TemplateLine("ann.measure_started"),),),
            (
                Gap("measure_url", GapKind.LINK),
                Gap("measure_title", GapKind.WORDS),
                Gap("measure_text", GapKind.WORDS),
            ),
            frozenset({RESULTS_TOPIC}),
            shows_results=True,
        ),
        AnnouncementKind.INCIDENT: Template(
            ((TemplateLine("ann.incident"),),),
            (Gap("incident_url", GapKind.LINK),),
            everyone=True,
        ),
        AnnouncementKind.BOT_ENDS: Template(
            ((TemplateLine("ann.bot_ends"),),),
            (Gap("end_date", GapKind.DATE),),
            everyone=True,
        ),
        AnnouncementKind.FREE: Template(
            ((TemplateLine(needs=FREE_TEXT),),),
            (Gap(FREE_TEXT, GapKind.WORDS),),
        ),
    }
)
