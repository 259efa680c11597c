"""Cells that look like formulas: every one is marked, and every text comes back."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.export.cells import MARK, neutralise, recover
from tests.storage.export.payloads import FORMULAS, PAYLOADS, PREFIXES


def test_the_sweep_has_something_to_sweep() -> None:
    assert len(PREFIXES) >= 20
    assert len(PAYLOADS) == len(set(PAYLOADS)) >= 200


@pytest.mark.parametrize("prefix", ["", *PREFIXES], ids=ascii)
def test_a_formula_is_marked_and_comes_back(prefix: str) -> None:
    for formula in FORMULAS:
        cell = neutralise(prefix + formula)
        assert cell.startswith(MARK), ascii(formula)
        assert recover(cell) == _without_breaks(prefix + formula)


@pytest.mark.parametrize(
    "plain",
    [
        "",
        "Kita",
        "1",
        "12,5",
        "a=b",
        "1-2",
        "x@y.de",
        "مرحبا",
        "\u200fمرحبا",
        "„Ja“ – sagt sie",
        " a",
        "…",
        "🙂",
    ],
)
def test_ordinary_text_stays_as_it_is(plain: str) -> None:
    assert neutralise(plain) == plain


@pytest.mark.parametrize(
    ("written", "cell"),
    [
        ("a\nb", "a b"),
        ("a\r\nb\rc\td", "a b c d"),
        ("a\u2028=b", "a =b"),
        ("\0=1", "'=1"),
        ("a\0b\x07c", "abc"),
        ("\ud800x", "x"),
        ("'quoted'", "''quoted'"),
        ("\tx", "' x"),
        ("\n\nx", "'  x"),
        (" \r\nx", "'  x"),
    ],
    ids=ascii,
)
def test_breaks_and_meaningless_characters(written: str, cell: str) -> None:
    assert neutralise(written) == cell


@given(st.text(alphabet=st.characters() | st.sampled_from("=+-@'\t\r\n\0 \u200b\ufeff＝\u202e"), max_size=12))
def test_any_text_comes_back_and_stands_on_one_line(text: str) -> None:
    cell = neutralise(text)
    assert recover(cell) == _without_breaks(text)
    assert len(cell.splitlines()) <= 1
    assert neutralise(recover(cell)).removeprefix(MARK) == recover(cell)
    assert not cell.lstrip().startswith(tuple("=+-@")) or cell.startswith(MARK)


def test_formulas_are_marked_without_any_prefix_too() -> None:
    assert [neutralise(formula) for formula in FORMULAS] == [MARK + formula for formula in FORMULAS]


def _without_breaks(text: str) -> str:
    kept = re.sub("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff]", "", text)
    return re.sub("\r\n|[\t\n\x0b\x0c\r\x85\u2028\u2029]", " ", kept)
