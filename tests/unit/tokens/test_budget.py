"""What is lost first when an event's texts are too long, and that what is left is within the limit."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.tokens import Part, Tokenizer, fit, tokenizer_for
from schemas.errors import DataFault
from schemas.outcomes import DeadLetterReason

TOKENIZER = tokenizer_for("gpt-5-mini")
FAMILY = "👨\u200d👩\u200d👧"

contents = st.lists(st.sampled_from([" word", " Ärger", "漢", FAMILY, "🇩🇪", "\n", ". ", "x"]), max_size=40).map("".join)


@st.composite
def events(draw: st.DrawFn) -> list[Part]:
    own = [Part(text, history=False) for text in draw(st.lists(contents, max_size=3))]
    return own + [Part(text, history=True) for text in draw(st.lists(contents, max_size=5))]


def own(text: str) -> Part:
    return Part(text, history=False)


def past(text: str) -> Part:
    return Part(text, history=True)


def words(count: int) -> str:
    """So many tokens: each word is one."""
    return " word" * count


@given(parts=events(), limit=st.integers(-5, 150))
def test_what_is_left_is_within_the_limit_in_order_and_begins_as_it_did(parts: list[Part], limit: int) -> None:
    total = sum(TOKENIZER.count(part.text) for part in parts)
    try:
        fitted = fit(parts, limit, TOKENIZER)
    except DataFault as fault:
        assert fault.reason is DeadLetterReason.CONTEXT_TOO_LONG  # noqa: PT017 - the other outcome is judged below
        assert total > limit
        return
    left = sum(TOKENIZER.count(part.text) for part in fitted.parts if part)
    assert left == fitted.input_tokens <= max(0, limit)
    assert fitted.dropped_tokens == total - left
    assert fitted.truncated == (left < total)
    assert len(fitted.parts) == len(parts)
    for before, after in zip(parts, fitted.parts, strict=True):
        if after is None:
            assert before.history
        else:
            assert before.text.startswith(after.text)
            assert after.history == before.history


@given(parts=events())
def test_nothing_changes_when_everything_fits(parts: list[Part]) -> None:
    limit = sum(TOKENIZER.count(part.text) for part in parts)
    fitted = fit(parts, limit, TOKENIZER)
    assert fitted.parts == tuple(parts)
    assert (fitted.input_tokens, fitted.dropped_tokens, fitted.truncated) == (limit, 0, False)


@given(parts=events(), limit=st.integers(20, 150))
def test_dropped_history_is_older_than_all_that_is_kept_and_the_newest_stays(parts: list[Part], limit: int) -> None:
    try:
        fitted = fit(parts, limit, TOKENIZER)
    except DataFault:
        return
    kept = [after is not None for before, after in zip(parts, fitted.parts, strict=True) if before.history]
    assert kept == sorted(kept)
    assert not kept or kept[-1]


def test_the_oldest_messages_go_first_and_whole() -> None:
    parts = [own(words(10)), past(words(30)), past(words(20)), past(words(5))]
    fitted = fit(parts, 40, TOKENIZER)
    assert fitted.parts == (parts[0], None, parts[2], parts[3])
    assert (fitted.input_tokens, fitted.dropped_tokens) == (35, 30)


def test_nothing_is_cut_while_dropping_history_is_enough() -> None:
    parts = [own(words(100)), past(words(1)), past(words(1))]
    assert fit(parts, 101, TOKENIZER).parts == (parts[0], None, parts[2])


def test_then_the_longest_text_alone_is_cut() -> None:
    parts = [own(words(5)), own(words(100)), past(words(20))]
    assert fit(parts, 60, TOKENIZER).parts == (parts[0], own(words(35)), parts[2])


def test_a_text_is_cut_no_shorter_than_the_next_longest() -> None:
    parts = [own(words(5)), own(words(100)), own(words(80)), past(words(20))]
    fitted = fit(parts, 65, TOKENIZER)
    assert fitted.parts == (parts[0], own(words(20)), own(words(20)), parts[3])


def test_a_newest_message_that_is_the_longest_is_cut_and_not_dropped() -> None:
    assert fit([own(words(5)), past(words(9)), past(words(500))], 50, TOKENIZER).parts == (
        own(words(5)),
        None,
        past(words(45)),
    )


def test_more_texts_than_tokens_keep_what_stands_first_among_equals() -> None:
    fitted = fit([own(f"{n}") for n in range(9)], 3, TOKENIZER)
    assert fitted.input_tokens == 3
    assert sum(bool(part and part.text) for part in fitted.parts) == 3


@pytest.mark.parametrize("limit", [0, -10, 1])
def test_a_budget_that_holds_no_text_at_all_is_a_data_fault_without_the_text(limit: int) -> None:
    with pytest.raises(DataFault) as caught:
        fit([own(FAMILY)], limit, TOKENIZER)
    assert caught.value.reason is DeadLetterReason.CONTEXT_TOO_LONG
    assert caught.value.detail == f"a budget of {limit} tokens holds nothing of a text of 8"


def test_no_text_needs_no_budget() -> None:
    assert fit([], 0, TOKENIZER).parts == ()
    assert fit([own("")], 0, TOKENIZER).parts == (own(""),)


def test_each_part_is_counted_once(monkeypatch: pytest.MonkeyPatch) -> None:
    counted: list[str] = []
    count = Tokenizer.count

    def counting(self: Tokenizer, text: str) -> int:
        counted.append(text)
        return count(self, text)

    monkeypatch.setattr(Tokenizer, "count", counting)
    parts = [own(" a"), past(" b"), past(" c")]
    fit(parts, 2, TOKENIZER)
    assert counted == [" a", " b", " c"]
