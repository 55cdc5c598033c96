"""Confluent's wire format, and the keys of insights that are read without a schema."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.avro import insight_key_schema
from schemas.avro.reader import AvroReader
from schemas.codec import InsightWriter, StaticSchemas, clean_text, event_id_of_key, frame, split_frame
from schemas.errors import DataFault
from schemas.outcomes import DeadLetterReason
from tests.unit.schemas.builders import INSIGHT_ID, KEY_ID, any_text

KEYS = InsightWriter(KEY_ID, INSIGHT_ID)


def test_a_frame_is_a_zero_byte_and_the_id_in_four_bytes() -> None:
    assert frame(258, b"body") == b"\x00\x00\x00\x01\x02body"


@given(st.integers(0, 2**32 - 1), st.binary(max_size=50))
def test_a_frame_splits_into_what_it_was_made_of(schema_id: int, body: bytes) -> None:
    assert split_frame(frame(schema_id, body)) == (schema_id, body)


@pytest.mark.parametrize(
    ("data", "detail"),
    [
        (b"", "0 bytes are too few for a schema id"),
        (b"\x00\x00\x00\x01", "4 bytes are too few for a schema id"),
        (b'{"id":1}', "the first byte is 0x7b, not 0x00 (that looks like JSON)"),
        (b"\x01" + b"g" * 16, "the first byte is 0x01, not 0x00"),
    ],
)
def test_bytes_without_a_frame_are_undecodable_and_say_why(data: bytes, detail: str) -> None:
    with pytest.raises(DataFault) as caught:
        split_frame(data)
    assert caught.value.reason is DeadLetterReason.UNDECODABLE
    assert caught.value.stage == "decode"
    assert caught.value.detail.startswith(detail)


@given(any_text)
async def test_the_event_id_of_a_key_is_read_as_avro_reads_it(event_id: str) -> None:
    key = KEYS.key(event_id)
    reader = AvroReader(StaticSchemas({KEY_ID: insight_key_schema()}))
    assert event_id_of_key(key) == (await reader.decode(key))["event_id"] == clean_text(event_id)


def test_a_long_event_id_takes_a_length_of_several_bytes() -> None:
    assert event_id_of_key(KEYS.key("é" * 70_000)) == "é" * 70_000


@given(st.binary(max_size=30))
def test_any_other_key_is_undecodable(body: bytes) -> None:
    # A body that is a key by chance holds its text at the end; any other raises a DataFault, and nothing else.
    with contextlib.suppress(DataFault):
        assert body.endswith(event_id_of_key(frame(KEY_ID, body)).encode())


@pytest.mark.parametrize("body", [b"", b"\x80" * 10, b"\x04a", b"\x02ab", b"\x01a", b"\x02\xff"])
def test_a_key_whose_length_or_text_is_wrong_is_undecodable(body: bytes) -> None:
    with pytest.raises(DataFault):
        event_id_of_key(frame(KEY_ID, body))
