"""Dead letters: the original untouched, our words beside it, and never one that cannot be written."""

from __future__ import annotations

from typing import Any, cast

import pytest
from aiokafka.errors import KafkaTimeoutError, MessageSizeTooLargeError, RecordListTooLargeError
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import DependencyFault
from schemas.identity import MAX_ID_CHARS
from schemas.outcomes import DeadLetter, DeadLetterReason
from streams.delivery import dead_letters
from streams.delivery.dead_letters import OURS, dead_letter_headers, send_dead_letter
from streams.delivery.publisher import Publisher, UnknownDeliveryError
from tests.unit.delivery.records import FakeApp, Record, a_delivered

LETTER = DeadLetter(DeadLetterReason.UNDECODABLE, "decode", "no magic byte", "DataFault", 2)
TRACE = ("traceparent", b"00-1-1-01")


def headers_of(
    original: list[tuple[str, bytes | None]], letter: DeadLetter = LETTER, event_id: str = "e1"
) -> list[tuple[str, bytes | None]]:
    return dead_letter_headers(letter, topic="crm.events", partition=3, offset=7, event_id=event_id, original=original)


async def sent(app: FakeApp, **record: Any) -> list[Record]:
    delivered = a_delivered(**record)
    publisher = Publisher(cast("Any", app))
    await send_dead_letter(publisher, "crm.events.dlq", LETTER, delivered, event_id="e1")
    return app.records


def test_a_dead_letter_says_what_why_and_where_from() -> None:
    assert dict(headers_of([])) == {
        "__streams.errors.topic": b"crm.events",
        "__streams.errors.partition": b"3",
        "__streams.errors.offset": b"7",
        "__streams.errors.exception": b"DataFault",
        "__streams.errors.message": b"no magic byte",
        "__streams.errors.stage": b"decode",
        "crm_insights.event_id": b"e1",
        "crm_insights.reason": b"undecodable",
        "crm_insights.attempts": b"2",
    }


def test_headers_of_the_original_stand_first_in_their_order_repeated_ones_too() -> None:
    assert headers_of([("b", b"1"), ("a", b"2"), ("b", b"3")])[:3] == [("b", b"1"), ("a", b"2"), ("b", b"3")]


def test_a_null_header_stays_null() -> None:
    assert headers_of([("a", None)])[0] == ("a", None)


def test_a_letter_that_dies_again_carries_the_newest_reason_only() -> None:
    first = [*headers_of([TRACE]), (dead_letters.OMITTED_VALUE_BYTES, b"5")]
    newer = DeadLetter(DeadLetterReason.POISON, "scrub", "killed twice", "", 0)
    again = headers_of(list(first), newer)
    assert again == headers_of([TRACE], newer)


def test_a_long_detail_is_cut_and_an_id_is_not() -> None:
    letter = DeadLetter(DeadLetterReason.UNDECODABLE, "s" * 9_999, "d" * 9_999, "E" * 9_999)
    found = dict(headers_of([], letter, event_id="i" * MAX_ID_CHARS))
    assert sum(len(value or b"") for name, value in found.items() if name != dead_letters.EVENT_ID) < 2_000
    assert found[dead_letters.EVENT_ID] == b"i" * MAX_ID_CHARS, "cut to the same, two ids were folded into one letter"


@given(
    original=st.lists(st.tuples(st.text() | st.sampled_from(OURS), st.none() | st.binary())),
    texts=st.tuples(*[st.text(st.characters(codec=None))] * 4),
)
def test_whatever_the_original_holds_ours_stand_once_and_none_of_them_is_null(
    original: list[tuple[str, bytes | None]], texts: tuple[str, str, str, str]
) -> None:
    stage, detail, exception, event_id = texts
    headers = headers_of(original, DeadLetter(DeadLetterReason.INTERNAL_ERROR, stage, detail, exception), event_id)
    foreign = [(name, value) for name, value in original if name not in OURS]
    assert headers[: len(foreign)] == foreign
    ours = [name for name, _ in headers[len(foreign) :]]
    assert sorted(ours) == sorted(set(OURS) - {dead_letters.OMITTED_VALUE_BYTES})
    assert all(isinstance(value, bytes) for _, value in headers[len(foreign) :])


async def test_a_dead_letter_is_the_original_record() -> None:
    (record,) = await sent(FakeApp(), key=b"\xffkey", value=b"\x00raw", headers=(TRACE,))
    assert (record.topic, record.key, record.value, record.partition) == (
        "crm.events.dlq",
        b"\xffkey",
        b"\x00raw",
        None,
    )
    assert record.headers[0] == TRACE
    assert record.named["crm_insights.event_id"] == b"e1"


@pytest.mark.parametrize("queued", [True, False], ids=["the broker", "the producer"])
@pytest.mark.parametrize("error", [MessageSizeTooLargeError, RecordListTooLargeError])
async def test_a_record_that_is_refused_for_its_size_goes_without_its_value(
    error: type[Exception], *, queued: bool
) -> None:
    app = FakeApp([error()], queued=queued)
    _, second = await sent(app, value=b"large" * 10, headers=(TRACE,))
    assert (second.key, second.value) == (b"acme/Ticket/1", b"")
    assert second.named == {**app.records[0].named, "crm_insights.omitted_value_bytes": b"50"}


async def test_a_record_whose_key_or_headers_are_the_large_ones_leaves_only_the_word_where_it_is() -> None:
    app = FakeApp([MessageSizeTooLargeError(), MessageSizeTooLargeError()])
    *_, last = await sent(app, key=b"k" * 1_000, headers=(TRACE,))
    assert (last.key, last.value) == (None, b"")
    assert set(last.named) == set(OURS)
    assert last.named["__streams.errors.offset"] == b"7"


async def test_a_topic_that_takes_nothing_is_a_fault_of_the_broker_and_of_no_event() -> None:
    app = FakeApp([MessageSizeTooLargeError()] * 3)
    with pytest.raises(DependencyFault):
        await sent(app)
    assert len(app.records) == 3


async def test_a_dead_letter_whose_fate_is_unknown_is_not_written_again() -> None:
    app = FakeApp([KafkaTimeoutError()])
    with pytest.raises(UnknownDeliveryError):
        await sent(app)
    assert len(app.records) == 1


@pytest.mark.parametrize(
    ("key", "value", "written"), [(b"k", None, None), (None, b"v", b"v"), (None, None, b"")], ids=str
)
async def test_a_tombstone_and_a_record_without_a_key_can_die(
    key: bytes | None, value: bytes | None, written: bytes | None
) -> None:
    (record,) = await sent(FakeApp(), key=key, value=value)
    assert (record.key, record.value) == (key, written)
