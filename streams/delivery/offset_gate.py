"""The in-order gate: an offset is acknowledged only when everything before it has finished.

Faust commits over a gap when offsets are acknowledged out of order (faust-streaming issue 606; measured: offset 10
committed while 0 was in flight), and an event behind such a commit is lost at the next crash. Events run concurrently
here, so they finish in any order; the gate turns that back into offset order.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T")


class Partition(NamedTuple):
    """A topic partition; compares equal to Faust's `TP` and aiokafka's `TopicPartition`, which are tuples alike."""

    topic: str
    partition: int


@dataclass(slots=True)
class _Entry(Generic[T]):
    offset: int
    item: T
    finished: bool = False


@dataclass(slots=True)
class PartitionGate(Generic[T]):
    """The gate of one partition in one group generation. `T` is what the caller needs to acknowledge an offset."""

    _taken: deque[_Entry[T]] = field(default_factory=deque)
    _by_offset: dict[int, _Entry[T]] = field(default_factory=dict)
    _next: int | None = None

    def take(self, offset: int, item: T) -> None:
        """Note that `offset` is being worked on.

        An offset at or below the last one taken means that the consumer was rewound: what was taken from there on is
        delivered again, so it is forgotten. What stands before it is not delivered again and still holds the gate.
        """
        while self._taken and self._taken[-1].offset >= offset:
            del self._by_offset[self._taken.pop().offset]
        entry = _Entry(offset, item)
        self._taken.append(entry)
        self._by_offset[offset] = entry
        self._next = offset + 1

    def finish(self, offset: int) -> list[T]:
        """Note that `offset` has ended; return the items that may be acknowledged now, in offset order."""
        entry = self._by_offset.get(offset)
        if entry is None:
            return []
        entry.finished = True
        ready: list[T] = []
        while self._taken and self._taken[0].finished:
            head = self._taken.popleft()
            del self._by_offset[head.offset]
            ready.append(head.item)
        return ready

    @property
    def pending(self) -> int:
        """How many offsets are taken and not yet acknowledgeable."""
        return len(self._taken)

    @property
    def next_offset(self) -> int | None:
        """The offset behind the last one taken; None before any."""
        return self._next

    @property
    def position(self) -> int | None:
        """The first offset that has not ended: the one that holds the gate, else the next to come; None before any."""
        return self._taken[0].offset if self._taken else self._next


class OffsetGates(Generic[T]):
    """All gates of one consumer; only those of the current generation let anything through.

    After a rebalance the unacknowledged events are delivered again under the new generation. An acknowledgement of
    the old one would count against offsets that the consumer has been rewound to, so it is dropped.
    """

    def __init__(self) -> None:
        """Begin without any partition."""
        self._generation = -1
        self._gates: dict[Partition, PartitionGate[T]] = {}

    @property
    def generation(self) -> int:
        """The group generation whose acknowledgements pass."""
        return self._generation

    def begin(self, generation: int) -> None:
        """Start `generation`: forget all that was taken before it."""
        self._generation = generation
        self._gates = {}

    def take(self, partition: Partition, offset: int, item: T) -> int:
        """Note an offset of the current generation as taken; return that generation, to be given to `finish`."""
        self._gates.setdefault(partition, PartitionGate()).take(offset, item)
        return self._generation

    def finish(self, partition: Partition, generation: int, offset: int) -> list[T]:
        """Note that an offset has ended; return what may be acknowledged now. Empty for another generation."""
        gate = self._gates.get(partition)
        if gate is None or generation != self._generation:
            return []
        return gate.finish(offset)

    def pending(self) -> dict[Partition, int]:
        """How many offsets are taken and not acknowledgeable, by partition."""
        return {partition: gate.pending for partition, gate in self._gates.items()}

    def next_offset(self, partition: Partition) -> int | None:
        """The offset behind the last one taken of `partition`; None where none was taken in this generation."""
        gate = self._gates.get(partition)
        return None if gate is None else gate.next_offset

    def position(self, partition: Partition) -> int | None:
        """The first offset of `partition` that has not ended; None where none was taken in this generation."""
        gate = self._gates.get(partition)
        return None if gate is None else gate.position
