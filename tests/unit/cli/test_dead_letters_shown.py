"""What `dlq` makes of the letters that it reads; the reading itself is tested on a real broker."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.cli.dead_letter_log import Letter, LetterEntry, newest
from streams.cli.dlq import Moment


def an_entry(offset: int = 0, *, event_id: str = "e1", timestamp_ms: int = 1_000) -> LetterEntry:
    return LetterEntry(
        partition=0,
        offset=offset,
        timestamp_ms=timestamp_ms,
        event_id=event_id,
        reason="undecodable",
        stage="decode",
        origin_topic="crm.events",
        origin_partition="3",
        origin_offset="14",
        exception="DataFault",
        message="4 bytes are no frame",
        attempts="0",
        value_bytes=4,
    )


def test_letters_of_one_event_are_folded_into_the_newest() -> None:
    early, late = an_entry(1, timestamp_ms=1_000), an_entry(2, timestamp_ms=2_000)
    assert newest([late, early], 10) == [replace(late, copies=2)]


def test_letters_without_an_event_id_stand_alone() -> None:
    entries = [an_entry(1, event_id=""), an_entry(2, event_id="")]
    assert newest(entries, 10) == entries


def test_the_limit_keeps_the_newest_and_shows_them_oldest_first() -> None:
    entries = [an_entry(n, event_id=f"e{n}", timestamp_ms=n) for n in (5, 1, 9, 3)]
    assert [entry.event_id for entry in newest(entries, 2)] == ["e5", "e9"]


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 1000)), max_size=40))
def test_no_letter_is_counted_twice_or_lost(letters: list[tuple[int, int]]) -> None:
    entries = [an_entry(n, event_id=f"e{e}", timestamp_ms=t) for n, (e, t) in enumerate(letters)]
    folded = newest(entries, 100)
    assert sum(entry.copies for entry in folded) == len(entries)
    assert len({entry.event_id for entry in folded}) == len(folded)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, "null"),
        (b"\x00\x00\x00\x00\x07rest", "Avro with schema id 7"),
        (b' {"a": 1}', "JSON"),
        (b"\x00\x01", "bytes"),
        (b"", "bytes"),
    ],
)
def test_the_type_of_a_value_is_told_without_showing_it(value: bytes | None, expected: str) -> None:
    assert Letter(an_entry(), None, value, ()).value_type == expected


def test_since_is_a_time_or_a_span() -> None:
    convert = Moment().convert
    assert convert("2026-11-01T12:00:00Z", None, None) == datetime(2026, 11, 1, 12, tzinfo=UTC)
    assert convert("2026-11-01", None, None) == datetime(2026, 11, 1, tzinfo=UTC)
    assert abs(convert("2h", None, None) - (datetime.now(UTC) - timedelta(hours=2))) < timedelta(seconds=5)


@pytest.mark.parametrize("value", ["yesterday", "2 hours", "12x", "", "999999d"])
def test_anything_else_is_used_wrongly(value: str) -> None:
    with pytest.raises(click.BadParameter, match="neither a time"):
        Moment().convert(value, None, None)
