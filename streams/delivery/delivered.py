"""One record as the consumer handed it over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from streams.delivery.dedupe.insight_headers import header_record
from streams.delivery.offset_gate import Partition

if TYPE_CHECKING:
    from collections.abc import Callable

    from faust.types import EventT

    from schemas.events import CrmEvent


@dataclass(frozen=True, slots=True)
class Delivered:
    """A record, where it stood, and how to acknowledge it (which the offset gate does, in order)."""

    partition: Partition
    offset: int
    timestamp_ms: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]
    acknowledge: Callable[[], Any]

    @classmethod
    def of(cls, event: EventT[Any]) -> Self:
        """Take over what Faust delivers (with `noack`: nothing is acknowledged by it)."""
        message = event.message
        return cls(
            partition=Partition(message.topic, message.partition),
            offset=message.offset,
            timestamp_ms=int((message.timestamp or 0) * 1000),
            key=message.key,
            value=message.value,
            headers=tuple(message.headers or ()),
            acknowledge=event.ack,
        )

    @property
    def size_bytes(self) -> int:
        """What it holds in memory, roughly."""
        headers = sum(len(name) + len(value or b"") for name, value in self.headers)
        return len(self.key or b"") + len(self.value or b"") + headers

    @property
    def place(self) -> str:
        """Names this very record, also across restarts and a topic that was made anew."""
        return place_name(self.partition, self.offset, self.timestamp_ms)

    def taken_in(self, generation: int) -> tuple[Partition, int, int]:
        """Names this delivery in the window: the same offset may be delivered again in the next generation."""
        return self.partition, self.offset, generation

    def ordered_as(self, event: CrmEvent) -> str:
        """The name, in header form, under which its endings are ordered: its key.

        That is the record's name with every producer that follows the contract. With others the key decides what
        runs in order, so what is concluded from that order must be kept by key too: otherwise an event would be taken
        for ended because another one of its record, under another key, has overtaken it.
        """
        if self.key is None:
            return header_record("\0" + event.record)
        return header_record(self.key.decode("utf-8", "surrogateescape"))


def place_name(partition: Partition, offset: int, timestamp_ms: int) -> str:
    """Return what names one record for `PoisonWatch`: equal after a restart, another in a topic that was made anew."""
    return f"{partition.topic}/{partition.partition}/{offset}@{timestamp_ms}"
