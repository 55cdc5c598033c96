"""A cut falls between what a reader sees as characters."""

from __future__ import annotations

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from processors.tokens import grapheme_floor

FAMILY = "👨\u200d👩\u200d👧"


@pytest.mark.parametrize(
    ("text", "index", "floor"),
    [
        ("abc", 2, 2),
        ("abc", 99, 3),
        ("abc", -1, 0),
        ("", 0, 0),
        ("ok e\u0301", 4, 3),
        ("a\r\nb", 2, 1),
        (f"x{FAMILY}y", 3, 1),
        (f"x{FAMILY}y", 6, 6),
        ("🇩🇪🇫🇷", 3, 2),
        ("x" + "🇩🇪" * 500, 1 + 2 * 300 + 1, 1 + 2 * 300),
        ("👍🏽", 1, 0),
        ("\u1112\u1161\u11ab", 2, 0),
    ],
    ids=repr,
)
def test_the_boundary_before_a_cluster_is_found(text: str, index: int, floor: int) -> None:
    assert grapheme_floor(text, index) == floor


@given(
    parts=st.lists(st.one_of(st.characters(), st.sampled_from(["🇩🇪", FAMILY, "e\u0301", "\r\n", "👍🏽"])), max_size=40),
    index=st.integers(0, 60),
)
def test_it_is_the_boundary_that_a_scan_of_the_whole_text_finds(parts: list[str], index: int) -> None:
    text = "".join(parts)
    boundaries = [0, *(cluster.end() for cluster in regex.finditer(r"\X", text))]
    assert grapheme_floor(text, index) == max(boundary for boundary in boundaries if boundary <= index)


def test_stacked_accents_without_end_are_cut_between_code_points() -> None:
    assert grapheme_floor("a" + "\u0301" * 100_000, 50_000) == 50_000
