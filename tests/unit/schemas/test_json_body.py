"""Bodies of web hooks: JSON that is bounded in depth, and looked into whatever its shape."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import DataFault
from schemas.outcomes import DeadLetterReason
from schemas.sources.hooks.json_body import at, json_body, json_object, text_at, time_at
from tests.support.cpu_time import cpu_seconds
from tests.unit.schemas.builders import a_record

BODY = {"detail": {"id": 7, "open": True, "tags": ["a"], "subject": " Down ", "none": None, "amount": Decimal("1.50")}}


def the_fault(data: bytes) -> DataFault:
    with pytest.raises(DataFault) as caught:
        json_object(data)
    return caught.value


def test_a_body_comes_without_losing_a_digit() -> None:
    assert json_body(b'[{"a": 1.50}]') == [{"a": Decimal("1.50")}]


@pytest.mark.parametrize(
    "data",
    [b"", b"[]", b"1", b"{", b"a=b&c=d", b"\xff{}", b'{"a":' * 65 + b"1" + b"}" * 65, b"[" * 100_000],
    ids=["empty", "array", "number", "cut", "form", "no UTF-8", "deep", "too deep to read"],
)
def test_what_is_no_object_or_too_deep_is_undecodable(data: bytes) -> None:
    assert the_fault(data).reason is DeadLetterReason.UNDECODABLE


def test_sixty_four_levels_can_be_read() -> None:
    assert json_object(b'{"a":' * 64 + b"1" + b"}" * 64)


def test_a_wide_body_is_looked_over_in_linear_time() -> None:
    data = b'{"a":[' + b"[[],{}]," * 200_000 + b"1]}"
    assert cpu_seconds(lambda: json_object(data)) < 3


def test_a_path_leads_to_a_value_or_nowhere() -> None:
    assert at(BODY, "detail", "tags") == ["a"]
    assert at(BODY, "detail", "id", "deeper") is None
    assert at([], "detail") is None


@pytest.mark.parametrize(
    ("name", "text"),
    [("id", "7"), ("open", "true"), ("subject", "Down"), ("amount", "1.50"), ("none", ""), ("tags", ""), ("no", "")],
)
def test_a_value_at_a_path_is_told_as_text(name: str, text: str) -> None:
    assert text_at(BODY, "detail", name) == text


def test_a_missing_time_is_the_record_s_and_a_wrong_one_is_a_fault_that_names_it() -> None:
    record = a_record({})
    assert time_at({"time": "2025-11-25T01:00:00.304701605Z"}, "time", record=record) == 1764032400304
    assert time_at({}, "time", record=record) == record.timestamp_ms
    with pytest.raises(DataFault) as caught:
        time_at({"detail": {"at": "tomorrow"}}, "detail", "at", record=record)
    assert "detail.at" in caught.value.detail
    assert "tomorrow" not in caught.value.detail


@given(
    st.recursive(
        st.none() | st.text() | st.integers(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_looking_into_anything_never_raises(value: Any) -> None:
    text_at(value, "a", "b")
    text_at(value)
