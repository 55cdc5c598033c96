"""Counts are exact or a close upper bound, cuts are clean, and no text takes long."""

from __future__ import annotations

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from processors.tokens import Tokenizer, tokenizer_for
from processors.tokens import tokenizer as module
from processors.tokens.vocabulary import encoding
from tests.support.cpu_time import least_cpu_seconds

O200K = tokenizer_for("gpt-5-mini")
CL100K = tokenizer_for("gpt-4")
TOKENIZERS = pytest.mark.parametrize("tokenizer", [O200K, CL100K], ids=lambda tokenizer: tokenizer.name)

FAMILY = "👨\u200d👩\u200d👧"
PROSE = [
    "Order",
    " delayed",
    " again",
    ", ",
    "\n\n",
    "  ",
    "don't",
    "漢字",
    "。",
    "Ärger",
    "🧠",
    FAMILY,
    "🇩🇪",
    "=",
    "9",
    "e\u0301",
]
texts = st.one_of(st.text(), st.lists(st.sampled_from(PROSE), max_size=300).map("".join))


def _true_count(tokenizer: Tokenizer, text: str) -> int:
    return len(encoding(tokenizer.name).encode_ordinary(text))


@TOKENIZERS
@given(text=texts)
def test_a_text_of_ordinary_length_is_counted_exactly(tokenizer: Tokenizer, text: str) -> None:
    assert tokenizer.count(text) == _true_count(tokenizer, text)


@TOKENIZERS
@given(text=texts)
def test_counting_in_chunks_never_understates_and_adds_little(tokenizer: Tokenizer, text: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "MAX_CHUNK_CODE_POINTS", 20)
        counted = tokenizer.count(text)
    true = _true_count(tokenizer, text)
    assert true <= counted <= true + 12 * (len(text) // 15)


@TOKENIZERS
def test_a_long_ordinary_text_is_counted_exactly(tokenizer: Tokenizer) -> None:
    text = "The export fails with error 500, again.\nDon't you test?  Ciao -- Ann (support)\n\n" * 1_000
    assert tokenizer.count(text) == _true_count(tokenizer, text)


@TOKENIZERS
@pytest.mark.parametrize(
    ("unit", "times"),
    [
        ("a", 200_000),
        ("漢", 20_000),
        ("^", 1_000_000),
        (" ", 1_000_000),
        ("\n", 1_000_000),
        (" \n\t", 400_000),
        (FAMILY, 200_000),
        ("\u0301", 1_000_000),
        ("\ud83d", 1_000_000),
        ("\0", 1_000_000),
        ("x", 5_000_000),
    ],
    ids=repr,
)
def test_a_huge_run_takes_far_less_than_two_seconds(tokenizer: Tokenizer, unit: str, times: int) -> None:
    text = unit * times
    # The event loop needs 0.5 s; measured 0.003 to 0.35. What grows with the square of its length takes minutes.
    assert least_cpu_seconds(lambda: tokenizer.count(text)) < 2
    assert least_cpu_seconds(lambda: tokenizer.prefix(text, 8_000)) < 2
    assert 0 < tokenizer.count(tokenizer.prefix(text, 8_000)) <= 8_000


@TOKENIZERS
def test_a_run_is_overstated_by_less_than_a_thousandth(tokenizer: Tokenizer) -> None:
    text = "漢" * 200_000
    assert _true_count(tokenizer, text) <= tokenizer.count(text) <= _true_count(tokenizer, text) * 1.001


@TOKENIZERS
def test_special_token_strings_are_ordinary_text(tokenizer: Tokenizer) -> None:
    assert tokenizer.count("My export prints <|endoftext|> after row 9") > tokenizer.count(
        "My export prints after row 9"
    )
    assert tokenizer.count("<|endoftext|>") > 1


@TOKENIZERS
@pytest.mark.parametrize("text", ["bad \ud83d emoji", "\ud83d\ude00", "\0", "\udfff" * 10, ""])
def test_lone_surrogates_and_nul_are_counted(tokenizer: Tokenizer, text: str) -> None:
    assert tokenizer.count(text) == _true_count(tokenizer, regex.sub("[\ud800-\udfff]", "\ufffd", text))


@TOKENIZERS
@given(text=texts, limit=st.integers(-1, 60))
def test_fits_answers_as_counting_would(tokenizer: Tokenizer, text: str, limit: int) -> None:
    assert tokenizer.fits(text, limit) == (tokenizer.count(text) <= limit)


def test_fits_does_not_count_what_is_fewer_bytes_than_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "encoding", lambda _name: pytest.fail("counted"))
    assert O200K.fits("x" * 6_000, 6_000)
    assert not O200K.fits("x" * 6_000, 6_000 // 128)


@TOKENIZERS
@given(text=texts, limit=st.integers(-1, 60), chunk=st.sampled_from([20, 8_192]))
def test_a_cut_text_is_the_beginning_within_the_limit_in_whole_characters(
    tokenizer: Tokenizer, text: str, limit: int, chunk: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "MAX_CHUNK_CODE_POINTS", chunk)
        kept = tokenizer.prefix(text, limit)
    assert text.startswith(kept)
    assert _true_count(tokenizer, kept) <= max(0, limit)
    assert regex.findall(r"\X", kept) == regex.findall(r"\X", text)[: len(regex.findall(r"\X", kept))]


@TOKENIZERS
@given(text=texts, limit=st.integers(0, 60))
def test_a_cut_keeps_as_much_as_fits(tokenizer: Tokenizer, text: str, limit: int) -> None:
    kept = tokenizer.prefix(text, limit)
    if tokenizer.count(text) <= limit:
        assert kept == text
    else:
        # Two clusters more: the next one alone may merge with what stands before it into fewer tokens.
        following = regex.findall(r"\X", text[len(kept) :])[:2]
        assert len(following) < 2 or tokenizer.count(kept + "".join(following)) > limit - 2


@TOKENIZERS
def test_a_cut_leaves_no_half_family_and_no_replacement_character(tokenizer: Tokenizer) -> None:
    text = "ok " + f"🧠{FAMILY}" * 400
    for limit in range(1, 102):
        kept = tokenizer.prefix(text, limit)
        assert "\ufffd" not in kept
        assert kept.removeprefix("ok ").replace(f"🧠{FAMILY}", "") in {"", "🧠", "ok"}


def test_a_forced_cut_hides_no_token() -> None:
    # Blanks are cut from the word that they lead: " abcdefghijklmnop" is more tokens than "abcdefghijklmnop".
    text = " " * 20 + "abcdefghijklmnop漢字:\r"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "MAX_CHUNK_CODE_POINTS", 20)
        halves = _true_count(CL100K, text[:20]) + _true_count(CL100K, text[20:])
        assert halves < _true_count(CL100K, text) <= CL100K.count(text)


def test_a_cut_whose_beginning_alone_is_more_tokens_than_it_was_in_the_whole_is_shortened() -> None:
    text = "abcdefghijklmnopae\u0301'"  # cut before the accented letter, the letters before it merge otherwise
    assert _true_count(CL100K, "abcdefghijklmnopa") == 3
    kept = CL100K.prefix(text, 2)
    assert text.startswith(kept)
    assert 0 < _true_count(CL100K, kept) <= 2
