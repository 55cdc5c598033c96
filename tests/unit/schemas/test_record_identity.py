"""Two different records never share a key, two different changes never share an id."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from schemas.identity import derived_event_id
from tests.unit.schemas.builders import an_event

awkward = st.text("a/%2F5", max_size=6)
record = st.tuples(awkward, awkward, awkward)
parts = st.lists(st.text(max_size=3), max_size=4)


@given(record, record)
def test_the_key_of_a_record_is_injective(one: tuple[str, str, str], other: tuple[str, str, str]) -> None:
    keys = [an_event(tenant=t, entity=e, record_id=r).key for t, e, r in (one, other)]
    assert (keys[0] == keys[1]) == (one == other)


def test_the_key_is_plain_text_that_any_producer_can_make() -> None:
    event = an_event(tenant="a/b%", entity="Ticket", record_id="5/0")
    assert event.key == b"a%2Fb%25/Ticket/5/0"


@given(parts, parts)
def test_derived_ids_are_equal_only_for_equal_parts(one: list[str], other: list[str]) -> None:
    assert (derived_event_id("ce", *one) == derived_event_id("ce", *other)) == (one == other)


def test_a_derived_id_stays_what_it_is_between_versions() -> None:
    # A change of the rule would read every event within the retention again, and pay for it.
    assert derived_event_id("ce", "/crm/eu/cases", "case-310-17") == "ce-13c2e6423ab3370a31b0269a2c6d3e65"
