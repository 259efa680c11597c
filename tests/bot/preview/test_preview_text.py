"""Text as Telegram's server treats it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.preview.errors import ApiError
from bot.preview.files import is_ogg_opus, ogg_seconds
from bot.preview.formatting import parse_html
from bot.preview.text import clean, find_entities, trim, utf16_length


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_utf16_length_is_the_encoded_length(text: str) -> None:
    assert utf16_length(text) == len(text.encode("utf-16-le")) // 2


@given(st.text())
def test_cleaning_twice_changes_nothing_more(text: str) -> None:
    assert clean(clean(text)) == clean(text)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("/start arbeit", [("bot_command", "/start")]),
        ("😀 /help", [("bot_command", "/help")]),
        ("und/oder 1/2 a//b", []),
        (
            "siehe www.goeppingen.de, oder https://x.org/a?b=1.",
            [("url", "www.goeppingen.de"), ("url", "https://x.org/a?b=1")],
        ),
        ("an info@goeppingen.de schreiben", [("email", "info@goeppingen.de")]),
        ("Das ist gut.Das auch", []),
    ],
)
def test_links_and_commands_are_found(text: str, found: list[tuple[str, str]]) -> None:
    units = text.encode("utf-16-le")
    entities = find_entities(text)
    pieces = [units[2 * e["offset"] : 2 * (e["offset"] + e["length"])].decode("utf-16-le") for e in entities]
    assert list(zip([e["type"] for e in entities], pieces, strict=True)) == found


def test_html_becomes_text_and_entities() -> None:
    text, entities = parse_html('a &lt;<b>b<i>c</i></b> <a href="https://x.org/?a=1&amp;b=2">d</a>')
    assert text == "a <bc d"
    assert {(e["type"], e["offset"], e["length"], e.get("url")) for e in entities} == {
        ("bold", 3, 2, None),
        ("italic", 4, 1, None),
        ("text_link", 6, 1, "https://x.org/?a=1&b=2"),
    }


@pytest.mark.parametrize("source", ["<b>a</i>", "a</b>", "1 < 2", "<script>"])
def test_html_that_telegram_refuses(source: str) -> None:
    with pytest.raises(ApiError, match="can't parse entities"):
        parse_html(source)


def test_trimming_moves_entities() -> None:
    bold = {"type": "bold", "offset": 1, "length": 4}
    assert trim(" \nabc ", [bold]) == ("abc", [{"type": "bold", "offset": 0, "length": 3}])
    assert trim("  ", [bold]) == ("", [])


def test_files_that_are_no_voice_are_known() -> None:
    assert not is_ogg_opus(b"OggS but no Opus")
    assert ogg_seconds(b"no pages") == 0
