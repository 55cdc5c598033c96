"""Offsets that have ended in this process and may be delivered to it once more, because they are not committed yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from streams.delivery.offset_gate import Partition


class EndedHere:
    """Makes a rebalance within one worker free of repeats: of skips and dead letters too, which leave no mark."""

    def __init__(self) -> None:
        """Begin with nothing ended."""
        self._offsets: dict[Partition, set[int]] = {}

    def add(self, partition: Partition, offset: int) -> None:
        """Note that the event at `offset` has ended."""
        self._offsets.setdefault(partition, set()).add(offset)

    def __contains__(self, place: tuple[Partition, int]) -> bool:
        """Whether the event at (partition, offset) has ended here."""
        partition, offset = place
        return offset in self._offsets.get(partition, ())

    def forget_committed(self, partition: Partition, committed: int) -> None:
        """Drop offsets below the committed one: they are not delivered again."""
        offsets = self._offsets.get(partition)
        if offsets:
            self._offsets[partition] = {offset for offset in offsets if offset >= committed}

    def keep_only(self, partitions: Iterable[Partition]) -> None:
        """Drop partitions that went elsewhere."""
        kept = set(partitions)
        self._offsets = {partition: offsets for partition, offsets in self._offsets.items() if partition in kept}
