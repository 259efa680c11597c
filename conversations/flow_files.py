"""The dialogues of `fields/*.yaml`: steps, options and the German words beside them.

Each file becomes a `Flow`, which holds only keys, and the source texts under these keys:
`q.<id>`, `o.<id>.<code>`, `t.<id>.<code>`, `field.<code>`, `field.<code>.intro`. Whether the
flow makes sense is asked afterwards, by `conversations.flow.problems`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import yaml

from conversations import yaml_nodes
from conversations.condition import ALWAYS, Condition, ConditionError, parse_condition
from conversations.flow import PROFILE, Flow, Option, Spine, Step, StepKind
from conversations.mistakes import Mistakes
from conversations.text_files import read_german
from conversations.texts import SourceText, TextKind
from conversations.yaml_nodes import Section, line_of

#: The codes of every scale, from the worst to the best.
SCALE_CODES = ("s1", "s2", "s3", "s4", "s5")

_FLOW_KEYS = ("field", "letter", "version", "name", "name_note", "intro", "intro_note", "steps")
_STEP_KEYS = (
    "id", "type", "spine", "scale", "max", "when", "enabled", "shuffle",
    "echo", "question", "question_text", "note", "hint", "option_texts", "options", "tail",
)  # fmt: skip
_OPTION_KEYS = ("code", "label", "statement", "note")
_KINDS = tuple(kind.value for kind in StepKind)
_SPINE = tuple(spine.value for spine in Spine)
#: In lists of goals and measures, `none` is not the absence of an obstacle.
_GOAL_KINDS = frozenset({StepKind.SINGLE_STATEMENTS, StepKind.MULTI})


@dataclass(frozen=True, slots=True)
class FlowFile:
    """What a file says: the flow, its German texts by key, and the line of each step by id."""

    file: str
    flow: Flow
    texts: Mapping[str, SourceText]
    lines: Mapping[str, int]


def parse_flow(text: str, filename: str) -> FlowFile:
    """Read the file of a dialogue. Raises: ContentError with every mistake in the file."""
    reader = _Reader(filename)
    flow = reader.read(text)
    reader.mistakes.raise_any()
    assert flow is not None, "a flow is missing only where a mistake was noted"  # noqa: S101  tells mypy what holds
    return FlowFile(filename, flow, reader.texts, reader.lines)


class _Reader:
    """Walks through one file and gathers texts, lines and mistakes on the way."""

    def __init__(self, filename: str) -> None:
        self.mistakes = Mistakes(filename)
        self.texts: dict[str, SourceText] = {}
        self.lines: dict[str, int] = {}

    def read(self, text: str) -> Flow | None:
        root = yaml_nodes.compose(text, self.mistakes)
        if root is None:
            return None
        section = yaml_nodes.read_section(
            root, "The file", self.mistakes, allowed=_FLOW_KEYS, required=("field", "version", "steps")
        )
        if section is None:
            return None
        scope = self._word(section, "field") or ""
        version = self._number(section, "version", 1)
        if scope != PROFILE:
            for key in ("letter", "name", "intro"):
                if key not in section.values:
                    self.mistakes.add(section.line, f"The file lacks the entry “{key}”.")
        self._text(section, "name", f"field.{scope}", TextKind.BUTTON, "name_note")
        self._text(section, "intro", f"field.{scope}.intro", TextKind.MESSAGE, "intro_note")
        nodes = self._list(section, "steps")
        steps = [step for step in map(self._step, nodes) if step is not None]
        if scope == PROFILE:
            return Flow(scope, version, tuple(steps))
        letter = self._word(section, "letter")
        return Flow(scope, version, tuple(steps), f"field.{scope}", f"field.{scope}.intro", letter)

    def _step(self, node: yaml.Node) -> Step | None:
        section = yaml_nodes.read_section(
            node, "A step", self.mistakes, allowed=_STEP_KEYS, required=("id", "type")
        )
        if section is None:
            return None
        step_id = self._word(section, "id")
        kind_name = self._choice(section, "type", _KINDS)
        if step_id is None or kind_name is None:
            self._question(section, step_id or "")  # for the mistakes in it
            self._when(section)
            return None
        if step_id in self.lines:
            first = self.lines[step_id]
            self.mistakes.add(section.line, f"The id “{step_id}” is taken by the step in line {first}.")
        self.lines.setdefault(step_id, section.line)
        kind = StepKind(kind_name)
        spine = self._choice(section, "spine", _SPINE)
        scale = self._scale(section, step_id, kind)
        return Step(
            id=step_id,
            kind=kind,
            question=self._question(section, step_id),
            when=self._when(section),
            options=self._options(section, step_id, kind, scale),
            tail=tuple(Option(code, _tail_label(code, kind)) for code in self._words(section, "tail")),
            spine=None if spine is None else Spine(spine),
            scale=scale,
            maximum=self._maximum(section, step_id, kind),
            echo=self._word(section, "echo"),
            hint=self._plain(section, "hint"),
            shuffled=self._truth(section, "shuffle", otherwise=False),
            enabled=self._truth(section, "enabled", otherwise=True),
        )

    def _question(self, section: Section, step_id: str) -> str:
        if "question_text" in section.values:
            if "question" in section.values:
                self.mistakes.add(section.line, f"“{step_id}” has “question” and “question_text”. Keep one.")
            return self._plain(section, "question_text") or ""
        if "question" not in section.values:
            self.mistakes.add(section.line, f"The step “{step_id}” lacks the entry “question”.")
        self._text(section, "question", f"q.{step_id}", TextKind.MESSAGE, "note")
        return f"q.{step_id}"

    def _when(self, section: Section) -> Condition:
        node = section.values.get("when")
        source = None if node is None else yaml_nodes.read_text(node, "“when”", self.mistakes)
        if node is None or source is None:
            return ALWAYS
        try:
            return parse_condition(source)
        except ConditionError as error:
            self.mistakes.add(line_of(node), f"The condition “{source}” cannot be read. {error}.")
            return ALWAYS

    def _scale(self, section: Section, step_id: str, kind: StepKind) -> str | None:
        if kind is StepKind.SCALE and "scale" not in section.values:
            self.mistakes.add(section.line, f"The step “{step_id}” lacks the entry “scale”.")
        if kind is not StepKind.SCALE and "scale" in section.values:
            self.mistakes.add(section.line, f"“{step_id}” has a scale, but its type is “{kind.value}”.")
        return self._word(section, "scale")

    def _maximum(self, section: Section, step_id: str, kind: StepKind) -> int:
        if kind is StepKind.MULTI and "max" not in section.values:
            self.mistakes.add(section.line, f"The step “{step_id}” lacks the entry “max”.")
        if kind is not StepKind.MULTI and "max" in section.values:
            self.mistakes.add(section.line, f"“{step_id}” has a “max”, but its type is “{kind.value}”.")
        return self._number(section, "max", 1)

    def _options(
        self, section: Section, step_id: str, kind: StepKind, scale: str | None
    ) -> tuple[Option, ...]:
        if kind in (StepKind.SCALE, StepKind.OPEN):
            if "options" in section.values:
                self.mistakes.add(section.line, f"“{step_id}” has options, but its type is “{kind.value}”.")
            if kind is StepKind.OPEN:
                return ()
            return tuple(Option(code, f"scale.{scale}.{code}") for code in SCALE_CODES)
        if "option_texts" in section.values:
            prefix = self._plain(section, "option_texts") or ""
            return tuple(Option(code, f"{prefix}.{code}") for code in self._words(section, "options"))
        options = [self._option(node, step_id, kind) for node in self._list(section, "options")]
        return tuple(option for option in options if option is not None)

    def _option(self, node: yaml.Node, step_id: str, kind: StepKind) -> Option | None:
        wanted = ["code", "label"] + (["statement"] if kind is StepKind.SINGLE_STATEMENTS else [])
        section = yaml_nodes.read_section(
            node, "An option", self.mistakes, allowed=_OPTION_KEYS, required=wanted
        )
        code = None if section is None else self._word(section, "code")
        if section is None or code is None:
            return None
        label, statement = f"o.{step_id}.{code}", f"t.{step_id}.{code}"
        if label in self.texts:
            self.mistakes.add(section.line, f"The code “{code}” stands twice in “{step_id}”.")
            return None
        self._text(section, "label", label, TextKind.BUTTON, "note")
        if "statement" not in section.values:
            return Option(code, label)
        if kind is not StepKind.SINGLE_STATEMENTS:
            self.mistakes.add(section.line, "Only steps of the type “single_statements” have statements.")
        self._text(section, "statement", statement, TextKind.MESSAGE, "note")
        return Option(code, label, statement)

    def _text(self, section: Section, entry: str, key: str, kind: TextKind, note_entry: str) -> None:
        node = section.values.get(entry)
        german = None if node is None else read_german(node, f"“{entry}”", self.mistakes)
        if node is None or german is None:
            return
        note_node = section.values.get(note_entry)
        note = "" if note_node is None else yaml_nodes.read_text(note_node, "The note", self.mistakes) or ""
        self.texts[key] = SourceText(key, kind, {"other": german}, note, self.mistakes.file, line_of(node))

    def _plain(self, section: Section, key: str) -> str | None:
        node = section.values.get(key)
        return None if node is None else yaml_nodes.read_text(node, f"“{key}”", self.mistakes)

    def _word(self, section: Section, key: str) -> str | None:
        node = section.values.get(key)
        return None if node is None else yaml_nodes.read_word(node, f"“{key}”", self.mistakes)

    def _choice(self, section: Section, key: str, choices: tuple[str, ...]) -> str | None:
        node = section.values.get(key)
        return None if node is None else yaml_nodes.read_choice(node, f"“{key}”", choices, self.mistakes)

    def _number(self, section: Section, key: str, otherwise: int) -> int:
        node = section.values.get(key)
        return (
            otherwise
            if node is None
            else yaml_nodes.read_number(node, f"“{key}”", self.mistakes) or otherwise
        )

    def _truth(self, section: Section, key: str, *, otherwise: bool) -> bool:
        node = section.values.get(key)
        read = None if node is None else yaml_nodes.read_truth(node, f"“{key}”", self.mistakes)
        return otherwise if read is None else read

    def _list(self, section: Section, key: str) -> list[yaml.Node]:
        node = section.values.get(key)
        return [] if node is None else yaml_nodes.read_list(node, f"“{key}”", self.mistakes)

    def _words(self, section: Section, key: str) -> list[str]:
        node = section.values.get(key)
        return [] if node is None else yaml_nodes.read_words(node, f"“{key}”", self.mistakes)


def _tail_label(code: str, kind: StepKind) -> str:
    if code == "none" and kind in _GOAL_KINDS:
        return "o.common.none_goal"
    return f"o.common.{code}"
