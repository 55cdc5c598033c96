"""The headers of an insight: what every sink can take, and what a restart reads back."""

from __future__ import annotations

from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.delivery.dedupe.insight_headers import (
    EVENTS_TOPIC_ID,
    FINGERPRINT,
    KIND,
    OCCURRED_AT,
    RECORD,
    SOURCE_OFFSET,
    LastInsight,
    header_record,
)
from tests.unit.delivery.insights import a_last

# Lone surrogates too: a key that is no UTF-8 is ordered under them.
ANY_TEXT = st.text(st.characters(codec=None))


def test_a_name_in_ascii_stands_as_it_is() -> None:
    assert header_record("acme/Ticket/4711 (old)") == "acme/Ticket/4711 (old)"


def test_a_name_that_is_not_ascii_is_percent_encoded() -> None:
    assert header_record("acme/Kunde/Jörg") == "acme/Kunde/J%C3%B6rg"


def test_a_name_that_looks_encoded_is_not_taken_for_the_one_it_looks_like() -> None:
    assert header_record("acme/Page/Caf%C3%A9") != header_record("acme/Page/Café")


@given(name=ANY_TEXT, other=ANY_TEXT)
def test_every_record_has_a_name_of_its_own_that_sinks_can_take(name: str, other: str) -> None:
    stands = header_record(name)
    assert stands.isascii()
    assert stands.isprintable()
    assert unquote(stands, errors="surrogatepass") == name
    assert (stands == header_record(other)) is (name == other)


def test_an_insight_carries_what_a_restart_must_know() -> None:
    assert a_last("acme/Ticket/1", source_offset=7, occurred_at=1_700_000_000_000).headers() == [
        (RECORD, b"acme/Ticket/1"),
        (KIND, b"interaction_summary"),
        (FINGERPRINT, b"f1"),
        (OCCURRED_AT, b"1700000000000"),
        (SOURCE_OFFSET, b"7"),
        (EVENTS_TOPIC_ID, b"topic-1"),
    ]


@given(
    record=ANY_TEXT,
    kind=ANY_TEXT,
    fingerprint=ANY_TEXT,
    topic_id=ANY_TEXT,
    numbers=st.tuples(st.integers(-(2**63), 2**63 - 1), st.integers(0, 2**63 - 1)),
)
def test_what_is_written_is_read_back(
    record: str, kind: str, fingerprint: str, topic_id: str, numbers: tuple[int, int]
) -> None:
    last = LastInsight(header_record(record), kind, fingerprint, *numbers, topic_id)
    headers = last.headers()
    assert all(value.isascii() for _, value in headers)
    assert LastInsight.of_headers(dict(headers)) == last


@given(forwarded=st.lists(st.tuples(st.sampled_from(["traceparent", "ce_id", RECORD, KIND]), st.binary())))
def test_each_name_stands_once_is_never_null_and_ours_win(forwarded: list[tuple[str, bytes]]) -> None:
    headers = a_last().headers([*forwarded, ("correlation_id", None)])  # type: ignore[list-item]
    names = [name for name, _ in headers]
    assert len(names) == len(set(names))
    assert {name for name, _ in forwarded} <= set(names)
    assert "correlation_id" not in names
    assert LastInsight.of_headers(dict(headers)) == a_last()


@pytest.mark.parametrize("name", [RECORD, KIND, FINGERPRINT, OCCURRED_AT, SOURCE_OFFSET])
@pytest.mark.parametrize("value", [None, b"\xff", "missing"])
def test_a_record_whose_headers_are_not_ours_has_no_last_insight(name: str, value: bytes | str | None) -> None:
    headers: dict[str, bytes | None] = dict(a_last().headers())
    if isinstance(value, str):
        del headers[name]
    else:
        headers[name] = value
    assert LastInsight.of_headers(headers) is None


@pytest.mark.parametrize("value", [None, b"", "missing"])
def test_an_insight_of_a_broker_without_topic_ids_is_read(value: bytes | str | None) -> None:
    headers: dict[str, bytes | None] = dict(a_last().headers())
    del headers[EVENTS_TOPIC_ID]
    if not isinstance(value, str):
        headers[EVENTS_TOPIC_ID] = value
    assert LastInsight.of_headers(headers) == a_last(events_topic_id="")


@given(
    st.dictionaries(
        st.sampled_from([RECORD, KIND, FINGERPRINT, OCCURRED_AT, SOURCE_OFFSET, EVENTS_TOPIC_ID]),
        st.none() | st.binary() | st.from_regex(rb"[0-9]+"),
    )
)
def test_any_bytes_in_the_headers_are_read_or_refused(headers: dict[str, bytes | None]) -> None:
    assert isinstance(LastInsight.of_headers(headers), LastInsight | None)
