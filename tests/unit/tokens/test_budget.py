"""What is lost first when an event's texts are too long, and that what is left is within the limit."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from processors.tokens import Part, Rank, Tokenizer, fit, tokenizer_for
from schemas.errors import DataFault
from schemas.outcomes import DeadLetterReason

TOKENIZER = tokenizer_for("gpt-5-mini")
FAMILY = "👨\u200d👩\u200d👧"

contents = st.lists(st.sampled_from([" word", " Ärger", "漢", FAMILY, "🇩🇪", "\n", ". ", "x"]), max_size=40).map("".join)


@st.composite
def events(draw: st.DrawFn) -> list[Part]:
    ranks = [(Rank.OWN, 3), (Rank.FIELD, 5), (Rank.HISTORY, 5)]
    return [
        Part(text, rank, heading="=== x\n" if headed else "", ending="\n" if headed else "")
        for rank, most in ranks
        for text, headed in draw(st.lists(st.tuples(contents, st.booleans()), max_size=most))
    ]


def own(text: str) -> Part:
    return Part(text, Rank.OWN)


def field(text: str) -> Part:
    return Part(text, Rank.FIELD)


def past(text: str) -> Part:
    return Part(text, Rank.HISTORY)


def words(count: int) -> str:
    """So many tokens: each word is one."""
    return " word" * count


@given(parts=events(), limit=st.integers(-5, 150))
def test_what_is_left_is_within_the_limit_in_order_and_begins_as_it_did(parts: list[Part], limit: int) -> None:
    total = sum(TOKENIZER.count(part.whole) for part in parts)
    try:
        fitted = fit(parts, limit, TOKENIZER)
    except DataFault as fault:
        assert fault.reason is DeadLetterReason.CONTEXT_TOO_LONG  # noqa: PT017 - the other outcome is judged below
        assert total > limit
        return
    left = sum(TOKENIZER.count(part.whole) for part in fitted.parts if part)
    assert left == fitted.input_tokens <= max(0, limit)
    assert fitted.dropped_tokens == total - left
    assert fitted.truncated == (left < total)
    assert len(fitted.parts) == len(parts)
    for before, after in zip(parts, fitted.parts, strict=True):
        if after is not None:
            assert before.text.startswith(after.text)
            assert (after.rank, after.heading, after.ending) == (before.rank, before.heading, before.ending)


@given(parts=events())
def test_nothing_changes_when_everything_fits(parts: list[Part]) -> None:
    limit = sum(TOKENIZER.count(part.whole) for part in parts)
    fitted = fit(parts, limit, TOKENIZER)
    assert fitted.parts == tuple(parts)
    assert (fitted.input_tokens, fitted.dropped_tokens, fitted.truncated) == (limit, 0, False)


@given(parts=events(), limit=st.integers(60, 150))
def test_dropped_history_is_older_than_all_that_is_kept_and_the_newest_stays(parts: list[Part], limit: int) -> None:
    fitted = fit(parts, limit, TOKENIZER)
    kept = [after is not None for before, after in zip(parts, fitted.parts, strict=True) if before.rank is Rank.HISTORY]
    assert kept == sorted(kept)
    assert not kept or kept[-1]


@given(parts=events(), limit=st.integers(60, 150))
def test_a_longer_field_is_not_kept_whole_where_a_shorter_one_is_dropped(parts: list[Part], limit: int) -> None:
    fitted = fit(parts, limit, TOKENIZER)
    fields = [(before, after) for before, after in zip(parts, fitted.parts, strict=True) if before.rank is Rank.FIELD]
    whole = [TOKENIZER.count(before.whole) for before, after in fields if after == before]
    dropped = [TOKENIZER.count(before.whole) for before, after in fields if after is None]
    assert max(whole, default=0) <= min(dropped, default=1_000)


@given(parts=events(), limit=st.integers(60, 150))
@example(parts=[Part(" word" * 20 + FAMILY * 5, Rank.OWN), Part(" word", Rank.FIELD)], limit=60)
def test_fields_cost_title_and_text_nothing(parts: list[Part], limit: int) -> None:
    def own_parts(given: list[Part]) -> list[Part | None]:
        fitted = fit(given, limit, TOKENIZER)
        return [after for before, after in zip(given, fitted.parts, strict=True) if before.rank is Rank.OWN]

    assert own_parts(parts) == own_parts([part for part in parts if part.rank is not Rank.FIELD])


def test_the_oldest_messages_go_first() -> None:
    parts = [own(words(10)), past(words(30)), past(words(20)), past(words(5))]
    fitted = fit(parts, 35, TOKENIZER)
    assert fitted.parts == (parts[0], None, parts[2], parts[3])
    assert (fitted.input_tokens, fitted.dropped_tokens) == (35, 30)


def test_the_newest_message_that_went_comes_back_as_far_as_there_is_room() -> None:
    parts = [own(words(10)), past(words(30)), past(words(20)), past(words(5))]
    assert fit(parts, 40, TOKENIZER).parts == (parts[0], past(words(5)), parts[2], parts[3])
    assert fit(parts, 34, TOKENIZER).parts == (parts[0], None, past(words(19)), parts[3])


def test_fields_go_when_history_is_not_enough_the_longest_first() -> None:
    parts = [own(words(10)), field(words(7)), field(words(9)), field(words(8)), past(words(20)), past(words(5))]
    assert fit(parts, 30, TOKENIZER).parts == (parts[0], parts[1], None, parts[3], None, parts[5])


def test_of_equally_long_fields_the_last_goes_first() -> None:
    assert fit([field(" a"), field(" b"), field(" c")], 2, TOKENIZER).parts == (field(" a"), field(" b"), None)


def test_the_field_that_went_last_comes_back_as_far_as_there_is_room() -> None:
    parts = [own(words(10)), field(words(100)), field(words(5)), past(words(3)), past(words(5))]
    assert fit(parts, 50, TOKENIZER).parts == (parts[0], field(words(30)), parts[2], None, parts[4])


def test_a_form_of_eight_hundred_columns_costs_neither_title_nor_text() -> None:
    own_texts = [Part(words(5), Rank.OWN, "=== title\n", "\n"), Part(words(30), Rank.OWN, "=== text\n", "\n")]
    columns = [Part(" some value", Rank.FIELD, f"=== custom_field_{n}__c\n", "\n") for n in range(800)]
    fitted = fit(own_texts + columns, 1_000, TOKENIZER)
    assert list(fitted.parts[:2]) == own_texts
    assert fitted.input_tokens > 980


def test_an_event_of_nothing_but_one_field_is_cut_and_not_dropped() -> None:
    assert fit([field(words(100))], 50, TOKENIZER).parts == (field(words(50)),)


def test_headings_are_never_cut() -> None:
    parts = [Part(words(50), rank, heading="=== a heading of some words\n") for rank in (Rank.OWN, Rank.OWN)]
    fitted = fit(parts, 40, TOKENIZER)
    assert [part and part.heading for part in fitted.parts] == [part.heading for part in parts]
    assert [part and len(part.text.split()) for part in fitted.parts] == [13, 13]


def test_where_not_even_the_headings_fit_the_first_text_is_sent() -> None:
    parts = [Part(words(50), Rank.OWN, heading=f"=== {words(10)}\n") for _ in range(2)]
    assert fit(parts, 20, TOKENIZER).parts == (Part(words(7), Rank.OWN, heading=f"=== {words(10)}\n"), None)


def test_a_text_of_which_nothing_fits_gives_its_room_to_the_other() -> None:
    family = own(FAMILY * 20)
    assert fit([family, own(words(20))], 5, TOKENIZER).parts == (None, own(words(5)))


@pytest.mark.parametrize("room", range(3, 8))
def test_a_cut_leaves_no_part_of_a_placeholder(room: int) -> None:
    fitted = fit([own("Call <PERSON_12> now or never")], room, TOKENIZER)
    assert fitted.parts[0] is not None
    assert fitted.parts[0].text in {"Call ", "Call <PERSON_12>", "Call <PERSON_12> now"}


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
