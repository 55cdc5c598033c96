"""Sends records through an app's producer, and knows when they are durable."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aiokafka.errors import KafkaError, MessageSizeTooLargeError, RecordListTooLargeError
from faust.exceptions import ProducerSendError

from schemas.errors import CrmInsightsError, DataFault, Dependency, DependencyFault
from schemas.outcomes import DeadLetterReason

if TYPE_CHECKING:
    from collections.abc import Awaitable, Sequence

    import faust


# The broker, or the producer before it, looked at the record and did not take it.
_TOO_LARGE = (MessageSizeTooLargeError, RecordListTooLargeError)


class MustLeaveError(CrmInsightsError):
    """This process no longer knows what is published; it leaves, and the restore of the next owner reads it."""


class MarkNotKeptError(MustLeaveError):
    """An insight is published and its mark could not be kept: the disk is full, or fails."""


class UnknownDeliveryError(MustLeaveError):
    """A record was sent and the broker never said whether it has it.

    To send it again could publish it twice, to go on could lose it. The process leaves, and the restore of the next
    owner reads which of the two happened.
    """


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """Where a record stands, durably."""

    partition: int
    offset: int


class Publisher:
    """Sends pipelined: `send` returns when the record is in the producer's order, `Sending.wait` when it is durable."""

    def __init__(self, app: faust.App) -> None:
        """Take the app whose producer (idempotent, acks=all, by patch P) sends."""
        self._app = app
        self._under_way = 0

    @property
    def under_way(self) -> int:
        """How many records the broker has not answered for, whatever they are."""
        return self._under_way

    async def send(
        self,
        topic: str,
        *,
        key: bytes | None,
        value: bytes | None,
        headers: Sequence[tuple[str, bytes | None]],
        partition: int | None = None,
    ) -> Sending:
        """Put a record into the producer's order.

        Raises DataFault(oversized) where the record is too large for the producer, DependencyFault(broker) where it
        could not be queued; in both cases it has not been sent.
        """
        try:
            future = await self._app.producer.send(topic, key, value, partition, None, list(headers))
        except ProducerSendError as error:
            raise _not_sent(error.__cause__ or error, topic) from error
        self._under_way += 1
        future.add_done_callback(self._answered)
        return Sending(future, topic)

    def _answered(self, _: object) -> None:
        self._under_way -= 1


class Sending:
    """A record on its way."""

    def __init__(self, future: Awaitable[Any], topic: str) -> None:
        """Take the producer's future."""
        self._future = future
        self._topic = topic

    async def wait(self) -> Acknowledged:
        """Wait until the broker has the record. Raises DataFault(oversized), UnknownDeliveryError."""
        try:
            metadata = await self._future
        except _TOO_LARGE as error:
            raise _oversized(self._topic) from error
        except KafkaError as error:
            raise UnknownDeliveryError(f"a record to {self._topic}: {type(error).__name__}") from error
        return Acknowledged(metadata.partition, metadata.offset)


def _not_sent(error: BaseException, topic: str) -> CrmInsightsError:
    if isinstance(error, _TOO_LARGE):
        return _oversized(topic)
    return DependencyFault(Dependency.BROKER, f"a record to {topic} could not be queued: {type(error).__name__}")


def _oversized(topic: str) -> DataFault:
    return DataFault(
        DeadLetterReason.OVERSIZED, f"the record is larger than {topic} or the producer accepts", stage="publish"
    )
