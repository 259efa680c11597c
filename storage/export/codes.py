"""What the stored codes mean, in German, and in which order questions and options stand.

The German labels are the source texts in force. A question or option that the content no
longer has keeps its code and has no label. This module must not know a database.
"""

from __future__ import annotations

from conversations.content import Content
from conversations.flow import PROFILE, Step, StepKind
from conversations.questions import SPOKEN, WRITTEN
from conversations.session import SKIPPED
from conversations.topic_sheets import COMMENT, NEEDS, needs_scope

#: Stands between the labels of a multiple choice.
LABEL_SEPARATOR = " | "
SKIPPED_LABEL = "(übersprungen)"
#: What stands for words and voices, which are not in the table of answers.
OPEN_LABELS = {WRITTEN: "(Freitext)", SPOKEN: "(Sprachnachricht)"}
#: The field of a question that is asked after every field.
EVERY_FIELD = "*"
#: After everything that the content knows.
_UNKNOWN = 1_000_000


class Codes:
    """The questions of the content in their order, with their options."""

    def __init__(self, content: Content) -> None:
        self._texts = content.texts
        self._field_of_scope = {needs_scope(field): field for field in content.field_codes}
        self._field_rank = {field: rank for rank, field in enumerate((*content.field_codes, PROFILE))}
        shared = [step for step in content.profile.steps if step.id in (NEEDS, COMMENT)]
        about_people = [step for step in content.profile.steps if step not in shared]
        self.profile_steps = tuple(about_people)
        self.steps = (
            *((flow.scope, step) for flow in content.fields for step in flow.steps),
            *((EVERY_FIELD, step) for step in shared),
            *((PROFILE, step) for step in about_people),
        )
        self._steps = {step.id: step for _, step in self.steps}
        self._step_rank = {step_id: rank for rank, step_id in enumerate(self._steps)}

    def field_of(self, scope: str) -> str:
        """Name the field that a scope belongs to: `forum_arbeit` belongs to `arbeit`."""
        if scope in self._field_rank:
            return scope
        return self._field_of_scope.get(scope, scope.removeprefix(needs_scope("")))

    def field_rank(self, field: str) -> int:
        """Say where a field stands in the official order; unknown ones come last."""
        return self._field_rank.get(field, _UNKNOWN)

    def step_rank(self, step_id: str) -> int:
        """Say where a question stands; unknown ones come last."""
        return self._step_rank.get(step_id, _UNKNOWN)

    def field_of_step(self, step_id: str) -> str:
        """Name the field to which a question belongs, or '' for one that is gone."""
        return next((field for field, step in self.steps if step.id == step_id), "")

    def kind(self, step_id: str) -> str:
        """Name the kind of a question, or '' for one that is gone."""
        step = self._steps.get(step_id)
        return "" if step is None else step.kind.value

    def question(self, step_id: str) -> str:
        """Word a question in German; one that is gone is named by its id."""
        step = self._steps.get(step_id)
        return step_id if step is None else self.german(step.question)

    def label(self, step_id: str, code: str) -> str:
        """Word a code in German, or '' for one that is gone."""
        step = self._steps.get(step_id)
        if code == SKIPPED:
            return SKIPPED_LABEL
        option = None if step is None else step.find_option(code)
        if option is not None:
            return self.german(option.label)
        if step is not None and step.kind is StepKind.OPEN:
            return OPEN_LABELS.get(code, "")
        return ""

    def labels(self, step_id: str, codes: tuple[str, ...]) -> str:
        """Word the codes of an answer in German, in their order."""
        return LABEL_SEPARATOR.join(self.label(step_id, code) for code in codes)

    def codes_of(self, step: Step) -> tuple[str, ...]:
        """List the codes that an answer to a question can have, without the skipped one."""
        if step.kind is StepKind.OPEN:
            return tuple(OPEN_LABELS)
        return tuple(option.code for option in step.all_options)

    def german(self, key: str) -> str:
        """Find the German words of a text."""
        return self._texts[key].snapshot
