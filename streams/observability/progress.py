"""Are offsets moving? The lag of each partition, and a watchdog for one that stands still while others wait."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from streams.delivery.offset_gate import Partition


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a partition stands: `position` is the first offset that has not ended, `end` the next one to be written."""

    position: int
    end: int

    @property
    def lag(self) -> int:
        """How many records have not ended."""
        return max(0, self.end - self.position)


class LagWatchdog:
    """Notices a consumer that dies slowly: it is a member, it heartbeats, and its offsets do not move.

    (faust-streaming issues 175, 523, 532 and 640 are such deaths; nothing else in the process can tell.)
    """

    def __init__(self, patience_s: float) -> None:
        """Take how long a partition may stand still with work to do, in seconds."""
        self._patience_s = patience_s
        self._moved: dict[Partition, tuple[int, float]] = {}

    def observe(self, progress: Mapping[Partition, Progress], now_s: float, *, paused: bool) -> None:
        """Note where all partitions of this worker stand. While events are not taken on purpose, nothing is late."""
        moved: dict[Partition, tuple[int, float]] = {}
        for partition, seen in progress.items():
            before = self._moved.get(partition)
            still = before is not None and before[0] == seen.position and seen.lag > 0 and not paused
            moved[partition] = before if still and before is not None else (seen.position, now_s)
        self._moved = moved

    def stuck(self, now_s: float) -> dict[Partition, float]:
        """The partitions that stand still for longer than the patience, with the seconds that they do."""
        return {
            partition: now_s - since
            for partition, (_, since) in self._moved.items()
            if now_s - since > self._patience_s
        }
