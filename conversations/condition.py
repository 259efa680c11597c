"""The `when` language: under which earlier answers a question is asked.

A condition is parsed into a small tree and evaluated on option codes, never with `eval`.
This module must not know flows: whether the steps and codes exist is checked in
`conversations.flow`.

    condition  = either { "or" either }
    either     = part { "and" part }
    part       = "always" | "(" condition ")" | STEP "was" "shown"
               | STEP "=" CODE | STEP "!=" CODE | STEP "in" "(" CODE { "," CODE } ")"

`role` stands for the step `prof_role`, and `skipped` for a question without an answer.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Protocol, assert_never

from conversations.session import SKIPPED

#: Names that read better in a condition than the id of the step.
STEP_ALIASES = {"role": "prof_role"}
#: How a question without an answer is written in a condition.
SKIPPED_WORD = "skipped"
#: Words of the language itself, which are neither steps nor codes.
RESERVED_WORDS = frozenset({"always", "and", "or", "in", "was", "shown"})
#: Parentheses deeper than this are a mistake; it keeps the parser from running out of stack.
MAX_DEPTH = 10

_TOKEN = re.compile(r"\s*(?:(?P<word>[A-Za-z_][A-Za-z0-9_]*)|(?P<sign>!=|[=(),])|(?P<other>\S))")


class AnswerView(Protocol):
    """What a condition may see of the answers given so far."""

    def codes(self, step_id: str) -> tuple[str, ...]:
        """Return the codes chosen for a step; a step without an answer counts as `_skip`."""

    def shown(self, step_id: str) -> bool:
        """Say whether the step belongs to the questions of this person."""


class ConditionError(ValueError):
    """A condition that cannot be read. `column` counts from 1."""

    def __init__(self, sentence: str, column: int) -> None:
        super().__init__(f"{sentence} (column {column})")
        self.sentence = sentence
        self.column = column


@dataclass(frozen=True, slots=True)
class Always:
    """Holds for everybody."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """Holds when one of the codes was chosen."""

    step: str
    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NotChosen:
    """Holds when the code was not chosen, also when the step was passed over."""

    step: str
    code: str


@dataclass(frozen=True, slots=True)
class WasShown:
    """Holds when the step was among the questions of this person."""

    step: str


@dataclass(frozen=True, slots=True)
class AllOf:
    """Holds when every part holds."""

    parts: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Holds when at least one part holds."""

    parts: tuple[Expression, ...]


Expression = Always | Chosen | NotChosen | WasShown | AllOf | AnyOf


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition as it was written and as it was understood. Equal trees are equal conditions."""

    expression: Expression
    source: str = field(compare=False)

    def holds(self, view: AnswerView) -> bool:
        """Say whether the question is asked."""
        return _holds(self.expression, view)

    @property
    def steps(self) -> frozenset[str]:
        """The ids of all steps that the condition looks at."""
        return frozenset(step for step, _ in self.mentions)

    @property
    def mentions(self) -> tuple[tuple[str, str | None], ...]:
        """Every step with a code that it is compared with; None where it only has to be shown."""
        return tuple(_mentions(self.expression))


ALWAYS = Condition(Always(), "always")


def parse_condition(source: str) -> Condition:
    """Read a condition.

    Raises: ConditionError with one sentence and the column.

    >>> parse_condition("role in (helper, skipped) and arb_now != employer").mentions
    (('prof_role', 'helper'), ('prof_role', '_skip'), ('arb_now', 'employer'))
    """
    parser = _Parser(source)
    expression = parser.condition(depth=0)
    parser.end()
    return Condition(expression, source)


def render_condition(condition: Condition) -> str:
    """Write a condition so that parsing it gives the same condition again."""
    return _render(condition.expression)


def _holds(expression: Expression, view: AnswerView) -> bool:
    match expression:
        case Always():
            return True
        case Chosen(step, codes):
            return any(code in codes for code in view.codes(step))
        case NotChosen(step, code):
            return code not in view.codes(step)
        case WasShown(step):
            return view.shown(step)
        case AllOf(parts):
            return all(_holds(part, view) for part in parts)
        case AnyOf(parts):
            return any(_holds(part, view) for part in parts)
        case _:
            assert_never(expression)


def _mentions(expression: Expression) -> list[tuple[str, str | None]]:
    match expression:
        case Always():
            return []
        case Chosen(step, codes):
            return [(step, code) for code in codes]
        case NotChosen(step, code):
            return [(step, code)]
        case WasShown(step):
            return [(step, None)]
        case AllOf(parts) | AnyOf(parts):
            return [mention for part in parts for mention in _mentions(part)]
        case _:
            assert_never(expression)


def _render(expression: Expression) -> str:
    match expression:
        case Always():
            return "always"
        case Chosen(step, (code,)):
            return f"{step} = {_render_code(code)}"
        case Chosen(step, codes):
            return f"{step} in ({', '.join(map(_render_code, codes))})"
        case NotChosen(step, code):
            return f"{step} != {_render_code(code)}"
        case WasShown(step):
            return f"{step} was shown"
        case AllOf(parts):
            return " and ".join(
                f"({_render(part)})" if isinstance(part, AllOf | AnyOf) else _render(part) for part in parts
            )
        case AnyOf(parts):
            return " or ".join(
                f"({_render(part)})" if isinstance(part, AnyOf) else _render(part) for part in parts
            )
        case _:
            assert_never(expression)


def _render_code(code: str) -> str:
    return SKIPPED_WORD if code == SKIPPED else code


class _Parser:
    """Recursive descent over the tokens; each method reads one rule of the grammar above."""

    def __init__(self, source: str) -> None:
        self._tokens = [
            (match.lastgroup or "", match[match.lastgroup or 0], match.start(match.lastgroup or 0) + 1)
            for match in _TOKEN.finditer(source)
        ]
        self._tokens.append(("end", "", len(source.rstrip()) + 1))
        self._at = 0

    def condition(self, depth: int) -> Expression:
        parts = [self._all_of(depth)]
        while self._took("or"):
            parts.append(self._all_of(depth))
        return parts[0] if len(parts) == 1 else AnyOf(tuple(parts))

    def end(self) -> None:
        kind, word, _ = self._tokens[self._at]
        if kind != "end":
            raise self._error(f"“and” or “or” is expected before “{word}”")

    def _all_of(self, depth: int) -> Expression:
        parts = [self._part(depth)]
        while self._took("and"):
            parts.append(self._part(depth))
        return parts[0] if len(parts) == 1 else AllOf(tuple(parts))

    def _part(self, depth: int) -> Expression:
        if self._took("always"):
            return Always()
        if self._took("("):
            if depth == MAX_DEPTH:
                raise self._error("There are too many parentheses inside one another")
            inside = self.condition(depth + 1)
            self._expect(")")
            return inside
        return self._comparison(self._name("the id of a question"))

    def _comparison(self, name: str) -> Expression:
        step = STEP_ALIASES.get(name, name)
        if self._took("="):
            return Chosen(step, (self._code(),))
        if self._took("!="):
            return NotChosen(step, self._code())
        if self._took("was"):
            self._expect("shown")
            return WasShown(step)
        if self._took("in"):
            self._expect("(")
            codes = [self._code()]
            while self._took(","):
                codes.append(self._code())
            self._expect(")")
            return Chosen(step, tuple(codes))
        raise self._error(f"After “{name}” one of  =  !=  in (…)  “was shown” is expected")

    def _code(self) -> str:
        name = self._name("the code of an option")
        return SKIPPED if name == SKIPPED_WORD else name

    def _name(self, expected: str) -> str:
        kind, word, _ = self._tokens[self._at]
        if kind != "word" or word in RESERVED_WORDS or word.startswith("_"):
            raise self._error(f"Here {expected} is expected" + (f", not “{word}”" if word else ""))
        self._at += 1
        return word

    def _took(self, word: str) -> bool:
        if self._tokens[self._at][1] != word:
            return False
        self._at += 1
        return True

    def _expect(self, word: str) -> None:
        if not self._took(word):
            found = self._tokens[self._at][1]
            raise self._error(f"Here “{word}” is expected" + (f", not “{found}”" if found else ""))

    def _error(self, sentence: str) -> ConditionError:
        return ConditionError(sentence, self._tokens[self._at][2])
