"""The publisher: what was sent, what was not, and what nobody knows."""

from __future__ import annotations

from typing import Any, cast

import pytest
from aiokafka.errors import (
    KafkaConnectionError,
    KafkaTimeoutError,
    MessageSizeTooLargeError,
    NotEnoughReplicasError,
    OutOfOrderSequenceNumber,
    RecordListTooLargeError,
)

from schemas.errors import DataFault, Dependency, DependencyFault
from schemas.outcomes import DeadLetterReason
from streams.delivery.publisher import Acknowledged, Publisher, Sending, UnknownDeliveryError
from tests.unit.delivery.records import FakeApp, Record

TOO_LARGE = [MessageSizeTooLargeError, RecordListTooLargeError]


async def send(app: FakeApp) -> Sending:
    publisher = Publisher(cast("Any", app))
    return await publisher.send("crm.insights", key=b"k", value=b"v", headers=(("h", b"1"),), partition=2)


async def test_a_record_is_sent_to_its_partition_and_its_place_is_told() -> None:
    app = FakeApp()
    sending = await send(app)
    assert app.records == [Record("crm.insights", b"k", b"v", 2, [("h", b"1")])]
    assert await sending.wait() == Acknowledged(partition=2, offset=0)


@pytest.mark.parametrize("error", TOO_LARGE)
async def test_a_record_too_large_for_the_producer_is_the_events_fault(error: type[Exception]) -> None:
    with pytest.raises(DataFault) as raised:
        await send(FakeApp([error()], queued=False))
    assert raised.value.reason is DeadLetterReason.OVERSIZED


@pytest.mark.parametrize("error", TOO_LARGE)
async def test_a_record_too_large_for_the_broker_is_the_events_fault(error: type[Exception]) -> None:
    sending = await send(FakeApp([error()]))
    with pytest.raises(DataFault) as raised:
        await sending.wait()
    assert raised.value.reason is DeadLetterReason.OVERSIZED


@pytest.mark.parametrize("error", [KafkaTimeoutError, KafkaConnectionError])
async def test_a_record_that_could_not_be_queued_was_not_sent_and_waits_for_the_broker(error: type[Exception]) -> None:
    with pytest.raises(DependencyFault, match=error.__name__) as raised:
        await send(FakeApp([error()], queued=False))
    assert raised.value.dependency is Dependency.BROKER


@pytest.mark.parametrize("error", [KafkaTimeoutError, NotEnoughReplicasError, OutOfOrderSequenceNumber])
async def test_the_fate_of_a_record_that_was_sent_without_an_answer_is_unknown(error: type[Exception]) -> None:
    sending = await send(FakeApp([error()]))
    with pytest.raises(UnknownDeliveryError, match=error.__name__):
        await sending.wait()


async def test_no_error_holds_what_was_sent() -> None:
    sending = await send(FakeApp([KafkaTimeoutError("the value was v")]))
    with pytest.raises(UnknownDeliveryError) as raised:
        await sending.wait()
    assert str(raised.value) == "a record to crm.insights: KafkaTimeoutError"
