"""Reading dialogues: what a good file gives, and what each mistake is told."""

# ruff: noqa: E501 (one mistake a line)

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conversations.flow import Spine, StepKind
from conversations.flow_files import parse_flow
from conversations.mistakes import ContentError, ContentMistake
from conversations.texts import TextKind

HEAD = """\
field: arbeit
letter: c
version: 1
name: Arbeit
intro: Das Thema Arbeit.
steps:
"""
GOOD = (
    HEAD
    + """\
  - id: arb_now
    type: single
    spine: now
    question: Was passt zu Ihnen?
    note: For translators.
    options:
      - code: working
        label: Ich arbeite
      - code: employer
        label: Ich stelle ein
        note: Staff managers too.
    tail: [prefer_not]
  - id: arb_fit
    type: scale
    scale: quality
    when: arb_now = working
    question: Wie gut passt es?
    tail: [dont_know]
  - id: arb_future
    type: single_statements
    shuffle: true
    question: Welches Ziel?
    options:
      - code: fair
        label: Gleiche Chancen
        statement: Alle haben gleiche Chancen.
    tail: [own, none]
  - id: arb_why
    type: open
    enabled: false
    echo: arb_now
    hint: ui.hint.open
    question: |-
      Warum?
      Ein Satz reicht.
  - id: arb_more
    type: multi
    max: 2
    question_text: q.arb_future
    option_texts: o.forum
    options: [invite, decline]
    tail: [none]
  - id: arb_obstacle
    type: single
    question_text: q.arb_future
    option_texts: o.forum
    options: [invite]
    tail: [none]
"""
)


def read_step(lines: str) -> list[str]:
    """Read one step put behind a good head, and list its mistakes without the file name."""
    with pytest.raises(ContentError) as caught:
        parse_flow(HEAD + lines, "f.yaml")
    return [f"{mistake.line}: {mistake.message}" for mistake in caught.value.mistakes]


def list_mistakes(text: str) -> tuple[ContentMistake, ...]:
    """Read a file and return its mistakes, none for a good one."""
    try:
        parse_flow(text, "f.yaml")
    except ContentError as error:
        return error.mistakes or (ContentMistake("", 0, "an error without a mistake"),)
    return ()


def test_a_file_becomes_a_flow_of_keys() -> None:
    flow = parse_flow(GOOD, "arbeit.yaml").flow
    now, fit, future, why, more, obstacle = flow.steps

    assert (flow.scope, flow.letter, flow.version) == ("arbeit", "c", 1)
    assert (flow.name, flow.intro) == ("field.arbeit", "field.arbeit.intro")
    assert (now.question, now.kind, now.spine) == ("q.arb_now", StepKind.SINGLE, Spine.NOW)
    assert [option.label for option in now.all_options] == [
        "o.arb_now.working",
        "o.arb_now.employer",
        "o.common.prefer_not",
    ]
    assert [option.code for option in fit.options] == ["s1", "s2", "s3", "s4", "s5"]
    assert fit.options[4].label == "scale.quality.s5"
    assert fit.when.source == "arb_now = working"
    assert future.shuffled
    assert future.options[0].statement == "t.arb_future.fair"
    assert [option.label for option in future.tail] == ["o.common.own", "o.common.none_goal"]
    assert (why.enabled, why.echo, why.hint, why.options) == (False, "arb_now", "ui.hint.open", ())
    assert (more.maximum, more.question) == (2, "q.arb_future")
    assert [option.label for option in more.all_options] == [
        "o.forum.invite",
        "o.forum.decline",
        "o.common.none_goal",
    ]
    assert obstacle.tail[0].label == "o.common.none"


def test_a_file_gives_the_german_texts_with_notes_and_lines() -> None:
    file = parse_flow(GOOD, "arbeit.yaml")
    texts = file.texts

    assert texts["q.arb_now"].snapshot == "Was passt zu Ihnen?"
    assert texts["q.arb_now"].note == "For translators."
    assert texts["q.arb_now"].kind is TextKind.MESSAGE
    assert (texts["q.arb_now"].file, texts["q.arb_now"].line) == ("arbeit.yaml", 10)
    assert texts["o.arb_now.employer"].kind is TextKind.BUTTON
    assert texts["o.arb_now.employer"].note == "Staff managers too."
    assert texts["t.arb_future.fair"].kind is TextKind.MESSAGE
    assert texts["field.arbeit"].kind is TextKind.BUTTON
    assert texts["q.arb_why"].snapshot == "Warum?\nEin Satz reicht."
    assert set(file.lines.values()) == {7, 19, 25, 34, 42, 49}


STEP = "  - id: arb_now\n    type: single\n    question: Was?\n"


@pytest.mark.parametrize(
    ("lines", "mistake"),
    [
        (STEP + "    shufle: true\n    options: [a]\n", "10: A step has no entry “shufle”. Did you mean “shuffle”?"),
        ("  - id: arb_now\n    question: Was?\n", "7: A step lacks the entry “type”."),
        ("  - id: arb_now\n    type: single\n", "7: The step “arb_now” lacks the entry “question”."),
        ("  - id: no\n    type: open\n    question: W?\n", '7: “id” is written as no, which is read as yes or no. Put it in quotes: "no".'),
        ("  - id: Arb Now\n    type: open\n    question: W?\n", "7: “id” is “Arb Now”. Use only the letters a to z, digits and “_”, with a letter first."),
        ("  - id: arb_now\n    type: sinngle\n    question: W?\n", "8: “type” cannot be “sinngle”. Did you mean “single”?"),
        ("  - id: arb_now\n    type: open\n    question: 8:30\n", '9: “question” is written as 8:30, which is read as a number. Put it in quotes: "8:30".'),
        ("  - id: arb_now\n    type: open\n    question:\n", "9: “question” is empty."),
        ("  - id: arb_now\n    type: open\n    question: Hallo { name }\n", "9: “question” has a brace that is not part of a gap. A gap looks like {org}."),
        ("  - id: arb_now\n    type: open\n    question: [a]\n", "9: “question” must be a text."),
        ("  - id: arb_now\n    type: open\n    question: !!python/name:os.system x\n", "9: “question” has a type mark (“!…” or “<<”). Write plain text."),
        ("  - id: arb_now\n    type: open\n    question: W?\n    question: X?\n", "10: “question” stands here a second time. Keep one of the two."),
        ("  - id: a\n    type: open\n    question: W?\n    when: b = \n", "10: The condition “b =” cannot be read. Here the code of an option is expected (column 4)."),
        ("  - id: a\n    type: open\n    question: W?\n    enabled: yes\n", "10: “enabled” must be true or false."),
        ("  - id: a\n    type: multi\n    question: W?\n    max: two\n", "10: “max” must be a whole number such as 2, without quotes."),
        ("  - id: a\n    type: multi\n    question: W?\n    max: 010\n", "10: “max” must be a whole number such as 2, without quotes."),
        ("  - id: a\n    type: multi\n    question: W?\n", "7: The step “a” lacks the entry “max”."),
        ("  - id: a\n    type: single\n    question: W?\n    max: 2\n", "7: “a” has a “max”, but its type is “single”."),
        ("  - id: a\n    type: scale\n    question: W?\n", "7: The step “a” lacks the entry “scale”."),
        ("  - id: a\n    type: open\n    question: W?\n    scale: ease\n", "7: “a” has a scale, but its type is “open”."),
        ("  - id: a\n    type: open\n    question: W?\n    options: [b]\n", "7: “a” has options, but its type is “open”."),
        (STEP + "    options: working\n", "10: “options” must be a list: lines that begin with “-”, or [a, b]."),
        (STEP + "    options: []\n", "10: “options” is empty."),
        (STEP + "    options:\n      - code: yes\n        label: Ja\n", '11: “code” is written as yes, which is read as yes or no. Put it in quotes: "yes".'),
        (STEP + "    options:\n      - code: a\n        label: A\n      - code: a\n        label: B\n", "13: The code “a” stands twice in “arb_now”."),
        (STEP + "    options:\n      - code: a\n        lable: A\n", "12: An option has no entry “lable”. Did you mean “label”?"),
        (STEP + "    options:\n      - code: a\n        label: A\n        statement: B\n", "11: Only steps of the type “single_statements” have statements."),
        (STEP + "    question_text: q.other\n", "7: “arb_now” has “question” and “question_text”. Keep one."),
        (STEP + STEP, "10: The id “arb_now” is taken by the step in line 7."),
        ("  - id: a\n    type: open\n    question: \"W\n", "10: The file cannot be read here: found unexpected end of stream. Check the spaces at the start of the line and the quotation marks."),
        ("  - id: &x a\n    type: open\n    question: *x\n", "9: References (“*name”) are not allowed. Write it out."),
        ("  - id: a\n    type: open\n    question: a\x07b\n", "9: There is a character here that must not be in a text file. Type the line again."),
        ("  - id: a\n    type: open\n    question: \u202eW\n", "9: “question” has an invisible character for the writing direction. Type it again."),
    ],
)  # fmt: skip
def test_mistakes_are_told_with_their_line(lines: str, mistake: str) -> None:
    assert mistake in read_step(lines)


def test_all_mistakes_of_a_file_are_told_at_once() -> None:
    found = read_step("  - id: no\n    type: opn\n  - id: b\n    tipe: open\n    question: 3\n")

    assert [line.partition(":")[0] for line in found] == ["7", "7", "8", "9", "10", "11"]


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("", "f.yaml:1: The file is empty."),
        ("- a\n", "f.yaml:1: The file needs lines of the form “key: value”."),
        ("field: arbeit\n", "f.yaml:1: The file lacks the entry “steps”."),
        ("field: arbeit\nversion: 1\nsteps: [a]\n", "f.yaml:3: A step needs lines of the form “key: value”."),
        ("a: 1\n---\nb: 2\n", "f.yaml:2: The file cannot be read here: but found another document."),
        ("[" * 5000, "f.yaml:1: The file cannot be read"),
        ('"\\U7fffffff": 1', "f.yaml:1: The file cannot be read"),
    ],
)
def test_a_file_without_the_right_shape_is_refused(text: str, mistake: str) -> None:
    with pytest.raises(ContentError) as caught:
        parse_flow(text, "f.yaml")

    assert mistake in str(caught.value)


@given(st.text(max_size=80) | st.text(alphabet="abc:-[]{}&*!|>'\"%@`,?#<\n \t0yn", max_size=80))
def test_any_text_is_a_flow_or_a_list_of_mistakes(text: str) -> None:
    for source in (text, HEAD + text):
        lines = range(1, source.count("\n") + 3)
        assert all(mistake.line in lines for mistake in list_mistakes(source))


@given(st.data())
def test_a_file_that_lost_or_doubled_a_line_never_breaks_the_reader(data: st.DataObject) -> None:
    lines = GOOD.splitlines(keepends=True)
    index = data.draw(st.integers(0, len(lines) - 1))
    changed = lines[:index] + data.draw(st.sampled_from([[], [lines[index]] * 2])) + lines[index + 1 :]
    assert all(mistake.line for mistake in list_mistakes("".join(changed)))
