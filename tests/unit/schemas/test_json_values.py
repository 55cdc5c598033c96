"""JSON from outside is read without losing a digit, and refused without a word of it."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import DataFault
from schemas.text.json_values import read_json, scalar_text


def test_fractions_keep_their_digits() -> None:
    assert scalar_text(read_json(b"125000.50")) == "125000.50"
    assert scalar_text(read_json(b"12345678901234567890.123456789")) == "12345678901234567890.123456789"


def test_large_integers_keep_their_digits() -> None:
    assert scalar_text(read_json(b"123456789012345678901234567890")) == "123456789012345678901234567890"


def test_an_exponent_is_not_written_out_into_kilobytes() -> None:
    assert scalar_text(read_json(b"1e400000")) == "1E+400000"


def test_a_byte_order_mark_is_no_text() -> None:
    assert read_json(b'\xef\xbb\xbf{"a":1.5}') == {"a": Decimal("1.5")}


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"secret",
        b'{"secret":',
        b'{"secret":"\xff"}',
        b'{"secret":NaN}',
        b"9" * 5000,
        b"[" * 100_000,
        b'{"a":' * 100_000,
    ],
)
def test_what_is_no_json_is_undecodable_and_not_quoted(data: bytes) -> None:
    with pytest.raises(DataFault) as caught:
        read_json(data)
    assert "secret" not in str(caught.value)


@given(st.binary(max_size=100))
def test_any_bytes_raise_nothing_but_a_data_fault(data: bytes) -> None:
    try:
        read_json(data)
    except DataFault as fault:
        assert fault.detail  # noqa: PT017 -- every other exception fails the test
