"""Reading the German source texts."""

# ruff: noqa: E501 (one mistake a line)

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conversations.mistakes import ContentError, ContentMistake
from conversations.text_files import parse_texts
from conversations.texts import TextKind

GOOD = """\
# Comments stay out.
ui.btn.skip:
  kind: button
  de: Überspringen
  note: "A verb, not 'ignore'."

pl.topics_done:
  kind: message
  de:
    one: "{n} Thema"
    other: "{n} Themen"

sys.about:
  kind: message
  de: |-
    Worum geht es?

    Um {org}.
"""


def list_mistakes(text: str) -> tuple[ContentMistake, ...]:
    """Read a file and return its mistakes, none for a good one."""
    try:
        parse_texts(text, "t.yaml")
    except ContentError as error:
        return error.mistakes or (ContentMistake("", 0, "an error without a mistake"),)
    return ()


def test_texts_are_read_by_key() -> None:
    texts = parse_texts(GOOD, "t.yaml")

    assert list(texts) == ["ui.btn.skip", "pl.topics_done", "sys.about"]
    assert texts["ui.btn.skip"].kind is TextKind.BUTTON
    assert texts["ui.btn.skip"].note == "A verb, not 'ignore'."
    assert texts["ui.btn.skip"].german == {"other": "Überspringen"}
    assert texts["pl.topics_done"].german == {"one": "{n} Thema", "other": "{n} Themen"}
    assert texts["pl.topics_done"].counts
    assert texts["sys.about"].snapshot == "Worum geht es?\n\nUm {org}."
    assert (texts["sys.about"].file, texts["sys.about"].line) == ("t.yaml", 13)


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("a.b:\n  kind: buton\n  de: A\n", "t.yaml:2: The kind of “a.b” cannot be “buton”. Did you mean “button”?"),
        ("a.b:\n  kind: button\n", "t.yaml:2: The text “a.b” lacks the entry “de”."),
        ("a.b:\n  kind: button\n  en: A\n  de: B\n", "t.yaml:3: The text “a.b” has no entry “en”. Known are: kind, de, note."),
        ("a.b:\n  kind: button\n  de: ja\n  note: no\n", 't.yaml:4: The note on “a.b” is written as no, which is read as yes or no. Put it in quotes: "no".'),
        ("a.b:\n  kind: button\n  de: 2027-09-07\n", 't.yaml:3: The text “a.b” is written as 2027-09-07, which is read as a date. Put it in quotes: "2027-09-07".'),
        ("a.b:\n  kind: message\n  de:\n    one: A\n", "t.yaml:4: The text “a.b” lacks the entry “other”."),
        ("a.b:\n  kind: message\n  de:\n    one: A\n    many: B\n    other: C\n", "t.yaml:5: The text “a.b” has no entry “many”. Known are: one, other."),
        ("Skip:\n  kind: button\n  de: A\n", "t.yaml:1: “Skip” is not a key. A key has small letters and a point, like ui.btn.skip."),
        ("a.b: Hallo\n", "t.yaml:1: The text “a.b” needs lines of the form “key: value”."),
        ("a.b:\n  kind: button\n  de: A\na.b:\n  kind: button\n  de: B\n", "t.yaml:4: “a.b” stands here a second time. Keep one of the two."),
        ("a.b:\n  kind: button\n  de: A {n\n", "t.yaml:3: The text “a.b” has a brace that is not part of a gap. A gap looks like {org}."),
        ("8: A\n", "t.yaml:1: “8” cannot be a key. A key is a plain word; put it in quotes."),
        ("? [a]\n: b\n", "t.yaml:1: “this” cannot be a key. A key is a plain word; put it in quotes."),
        ("a.b:\n  kind: button\n\tde: A\n", "t.yaml:3: The file cannot be read here: found character '\\t' that cannot start any token. Check the spaces at the start of the line and the quotation marks."),
    ],
)  # fmt: skip
def test_mistakes_are_told_with_their_line(text: str, mistake: str) -> None:
    with pytest.raises(ContentError) as caught:
        parse_texts(text, "t.yaml")

    assert mistake in str(caught.value).splitlines()


@given(st.text(max_size=80) | st.text(alphabet="ab.:-[]{}&*!|>'\"\n ", max_size=80))
def test_any_text_is_read_or_refused(text: str) -> None:
    assert all(mistake.line for mistake in list_mistakes(text))
