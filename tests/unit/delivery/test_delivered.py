"""A delivered record: its size, and the name under which it is ordered."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.events import CrmEvent
from tests.unit.delivery.records import a_delivered

EVENT = CrmEvent(event_id="e1", source="test", tenant="acme", entity="Ticket", record_id="1", occurred_at=0)


@pytest.mark.parametrize(("key", "value", "size"), [(b"abc", b"12345", 8), (None, b"1", 1), (b"a", None, 1)])
def test_its_size_is_that_of_key_and_value(key: bytes | None, value: bytes | None, size: int) -> None:
    assert a_delivered(key, value).size_bytes == size


def test_an_event_is_ordered_by_its_key() -> None:
    assert a_delivered(EVENT.key).ordered_as(EVENT) == "acme/Ticket/1"


def test_an_event_under_another_key_is_ordered_by_that_key() -> None:
    """What is concluded from the order must be kept by what decides the order."""
    assert a_delivered(b"customer-7").ordered_as(EVENT) == "customer-7"


def test_an_event_without_a_key_is_ordered_by_its_record_apart_from_those_with_one() -> None:
    assert a_delivered(None).ordered_as(EVENT) not in ("", a_delivered(EVENT.key).ordered_as(EVENT))


@given(key=st.binary(), other=st.binary())
def test_every_key_has_a_name_of_its_own_in_ascii(key: bytes, other: bytes) -> None:
    name = a_delivered(key).ordered_as(EVENT)
    assert name.isascii()
    assert (name == a_delivered(other).ordered_as(EVENT)) is (key == other)
