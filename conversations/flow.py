"""A dialogue as data: flows of steps with options, frozen and checked.

`conversations.flow_files` reads them from YAML. A flow whose `problems()` are not empty
must not be used: the bot refuses to start with it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from conversations.condition import Condition
from conversations.session import SKIPPED

#: The scope of the answers about the person (role, years, age, district, priority).
PROFILE = "profile"
#: Options that stand alone in a multiple choice: choosing one takes all others away.
LONE_CODES = frozenset({"none", "nothing", "dont_know", "prefer_not"})


class StepKind(StrEnum):
    """What kind of answer a step takes."""

    SINGLE = "single"
    SINGLE_STATEMENTS = "single_statements"
    MULTI = "multi"
    SCALE = "scale"
    OPEN = "open"


class Spine(StrEnum):
    """What a step of a field is for; the same order in all five dialogues."""

    NOW = "now"
    OBSTACLE = "obstacle"
    FUTURE = "future"
    MEASURE = "measure"
    IMPORTANCE = "importance"
    FORUM = "forum"


@dataclass(frozen=True, slots=True)
class Option:
    """One option of a step. `label` and `statement` are keys of texts."""

    code: str
    label: str
    statement: str | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One question. `question` is the key of its text.

    `options` may be shuffled, `tail` stays last and in order. `maximum` is the number of
    options a multiple choice takes. `echo` is the step whose answer is repeated above the
    question, `hint` the key of a text below it. A step that is not `enabled` is never asked.
    """

    id: str
    kind: StepKind
    question: str
    when: Condition
    options: tuple[Option, ...] = ()
    tail: tuple[Option, ...] = ()
    spine: Spine | None = None
    scale: str | None = None
    maximum: int = 1
    echo: str | None = None
    hint: str | None = None
    shuffled: bool = False
    enabled: bool = True

    @property
    def all_options(self) -> tuple[Option, ...]:
        """Every option in the order of the file."""
        return self.options + self.tail

    def find_option(self, code: str) -> Option | None:
        """Find an option by its code."""
        return next((option for option in self.all_options if option.code == code), None)


@dataclass(frozen=True, slots=True)
class Flow:
    """The questions of a field of action (Handlungsfeld), or of the profile.

    `name` and `intro` are keys of texts; the profile has neither. `letter` is the town's own.
    """

    scope: str
    version: int
    steps: tuple[Step, ...]
    name: str | None = None
    intro: str | None = None
    letter: str | None = None

    def find_step(self, step_id: str) -> Step | None:
        """Find a step by its id."""
        return next((step for step in self.steps if step.id == step_id), None)


#: Telegram's limit for the data of a button, in bytes, less what stands around step and option
#: in `q:<8 characters>:<6 digits>:<step>:<option>:1`.
_IDS_MAX_BYTES = 64 - len("q:sessions:123456:::1")
#: More ways through the questions than this are not walked.
_WAYS_MAX = 50_000


@dataclass(frozen=True, slots=True)
class FlowProblem:
    """Something that makes a flow unusable. `step` is the id of the step it is about."""

    step: str
    message: str


def problems(flow: Flow, texts: Collection[str], known_steps: Iterable[Step] = ()) -> list[FlowProblem]:
    """List what is wrong with a flow; an empty list means that it can be used.

    `texts` are the keys that have words, `known_steps` the steps of other flows that are
    always asked before (the role).
    """
    found: list[FlowProblem] = []
    earlier = {step.id: step for step in known_steps}
    later = {step.id for step in flow.steps}
    if not flow.steps:
        found.append(FlowProblem("", "The dialogue has no questions."))
    for key in (flow.name, flow.intro):
        found += (
            [FlowProblem("", f"There is no text “{key}”.")] if key is not None and key not in texts else []
        )
    for step in flow.steps:
        if step.id in earlier:
            found.append(FlowProblem(step.id, f"The id “{step.id}” is used for two questions."))
        messages = (
            *_check_ids(step),
            *_check_options(step),
            *_check_texts(step, texts),
            *_check_references(step, earlier, later),
        )
        found += [FlowProblem(step.id, message) for message in messages]
        earlier[step.id] = step
    return found or [
        FlowProblem(step, f"Nobody can reach “{step}”: its condition never holds.")
        for step in _find_unreachable(flow, known_steps)
    ]


def _check_ids(step: Step) -> Iterator[str]:
    for code in (step.id, *(option.code for option in step.all_options)):
        if not code.isascii():
            yield f"“{code}” must consist of the letters a to z, digits and “_”."
        size = len(step.id.encode()) + len(code.encode())
        if code != step.id and size > _IDS_MAX_BYTES:
            yield f"“{step.id}” and “{code}” are too long for a button by {size - _IDS_MAX_BYTES} letters."


def _check_options(step: Step) -> Iterator[str]:
    codes = [option.code for option in step.all_options]
    for code in sorted({code for code in codes if codes.count(code) > 1}):
        yield f"The code “{code}” stands twice."
    if step.kind is StepKind.OPEN:
        return
    if not step.options:
        yield "The question has no options."
    if step.kind is StepKind.MULTI and not 2 <= step.maximum <= max(2, len(step.options)):
        yield f"“max” is {step.maximum}, but must be from 2 to the number of options."


def _check_texts(step: Step, texts: Collection[str]) -> Iterator[str]:
    keys = [step.question, step.hint]
    for option in step.all_options:
        keys += [option.label, option.statement]
    for key in keys:
        if key is not None and key not in texts:
            yield f"There is no text “{key}”."


def _check_references(step: Step, earlier: dict[str, Step], later: set[str]) -> Iterator[str]:
    mentions = [*step.when.mentions, *([(step.echo, None)] if step.echo else [])]
    for name, code in mentions:
        if name not in earlier:
            where = "comes only later" if name in later else "does not exist"
            yield f"It looks at the answer to “{name}”, which {where}."
        elif code is not None and code != SKIPPED and earlier[name].find_option(code) is None:
            yield f"“{name}” has no option “{code}”."


@dataclass(frozen=True, slots=True)
class _Way:
    """One way through the questions, as far as conditions look at it."""

    chosen: tuple[tuple[str, tuple[str, ...] | None], ...] = ()

    def codes(self, step_id: str) -> tuple[str, ...]:
        return dict(self.chosen).get(step_id) or (SKIPPED,)

    def shown(self, step_id: str) -> bool:
        return dict(self.chosen).get(step_id) is not None

    def then(self, step_id: str, codes: tuple[str, ...] | None) -> _Way:
        return _Way((*self.chosen, (step_id, codes)))


def _find_unreachable(flow: Flow, known_steps: Iterable[Step]) -> list[str]:
    looked_at = frozenset[str]().union(*(step.when.steps for step in flow.steps))
    ways = {_Way()}
    unreachable: list[str] = []
    for step in (*known_steps, *flow.steps):
        asked = {way for way in ways if step.enabled and step.when.holds(way)}
        if not asked and step.enabled:
            unreachable.append(step.id)
        if step.id in looked_at:
            answers: list[tuple[str, ...]] = [(SKIPPED,), *((option.code,) for option in step.all_options)]
            if step.kind is StepKind.MULTI:
                answers.append(tuple(option.code for option in step.options))
            ways = {way.then(step.id, None) for way in ways - asked}
            ways |= {way.then(step.id, answer) for way in asked for answer in answers}
        if len(ways) > _WAYS_MAX:
            break
    return unreachable
