"""Are offsets moving? The lag of each partition, and a watchdog for one that stands still while others wait."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

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
        self._looked_s = 0.0

    def observe(
        self,
        progress: Mapping[Partition, Progress],
        now_s: float,
        *,
        paused: bool,
        excused: Collection[Partition] = (),
    ) -> None:
        """Note where all partitions of this worker stand. While events are not taken on purpose, nothing is late.

        For those in `excused` the time since the last look does not count. What counted before does: waits that are
        excused come now and then on a good day, and a partition that is stuck must not look new after each.
        """
        moved: dict[Partition, tuple[int, float]] = {}
        for partition, seen in progress.items():
            position, since_s = self._moved.get(partition, (None, now_s))
            if position != seen.position or seen.lag == 0 or paused:
                since_s = now_s
            elif partition in excused:
                since_s += now_s - self._looked_s
            moved[partition] = (seen.position, since_s)
        self._moved, self._looked_s = moved, now_s

    def stuck(self, now_s: float) -> dict[Partition, float]:
        """The partitions that stand still for longer than the patience, with the seconds that they do."""
        return {
            partition: now_s - since
            for partition, (_, since) in self._moved.items()
            if now_s - since > self._patience_s
        }
