"""Builders of delivered records, and a producer that remembers."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, NamedTuple

from faust.exceptions import ProducerSendError

from streams.delivery.delivered import Delivered
from streams.delivery.offset_gate import Partition

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aiokafka.errors import KafkaError

Header = tuple[str, bytes]


class Record(NamedTuple):
    """What a producer was given."""

    topic: str
    key: bytes | None
    value: bytes | None
    partition: int | None
    headers: list[Header]

    @property
    def named(self) -> dict[str, bytes]:
        """Its headers; fails where a name stands twice."""
        assert len(dict(self.headers)) == len(self.headers)
        return dict(self.headers)


class Metadata(NamedTuple):
    """What the broker says of a record."""

    partition: int
    offset: int


class FakeApp:
    """An app whose producer answers with the next of `answers`, and once they are used up with success.

    An error is raised by the producer itself (`queued`), or by the broker later.
    """

    def __init__(self, answers: Iterable[KafkaError | None] = (), *, queued: bool = True) -> None:
        """Answer like that."""
        self.records: list[Record] = []
        self._answers = iter(answers)
        self._queued = queued
        self.producer = self

    async def send(
        self,
        topic: str,
        key: bytes | None,
        value: bytes | None,
        partition: int | None,
        timestamp: float | None,
        headers: Any,
    ) -> asyncio.Future[Metadata]:
        """Keep the record, as Faust's producer takes it."""
        assert timestamp is None
        assert key is not None or value is not None, "aiokafka sends no record that has neither"
        self.records.append(Record(topic, key, value, partition, headers))
        answer = next(self._answers, None)
        future: asyncio.Future[Metadata] = asyncio.get_running_loop().create_future()
        if answer is None:
            future.set_result(Metadata(partition or 0, len(self.records) - 1))
        elif self._queued:
            future.set_exception(answer)
        else:
            raise ProducerSendError(str(answer)) from answer
        return future


def a_delivered(
    key: bytes | None = b"acme/Ticket/1",
    value: bytes | None = b"value",
    headers: tuple[Header, ...] = (),
    *,
    offset: int = 7,
) -> Delivered:
    """A record of partition 3 of the events topic."""
    return Delivered(Partition("crm.events", 3), offset, 0, key, value, headers, lambda: None)
