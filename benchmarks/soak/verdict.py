"""From samples and faults to what they say: does memory stay, does anything else grow, did the lag return?

Plain data in, text and numbers out.
"""

from __future__ import annotations

import math
import statistics
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# What a mark takes in memory (`python -m benchmarks state_memory`). Marks stay for the horizon, which is far longer
# than a soak: to that extent memory must grow.
MARK_MB = 93.4 / 1_000_000

# The first third warms up: caches, the allocator's arenas, RocksDB or the record table.
WARM_UP_SHARE = 1 / 3

# How often the worker renews the gauge of its lag.
GAUGE_EVERY_S = 1.0

COUNTED = ("files", "sockets", "threads", "tasks")


@dataclass(frozen=True, slots=True)
class Sample:
    """What the worker held at a moment, `at_s` seconds after the load began; `insights` since then."""

    at_s: float
    resident_mb: float
    files: int
    sockets: int
    threads: int
    tasks: int
    lag: int
    insights: int


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault, from when to when it was there."""

    name: str
    began_s: float
    ended_s: float


@dataclass(frozen=True, slots=True)
class Ended:
    """What stands in Kafka once the load has ended and `waited_s` have passed."""

    events: int
    insights: int
    dead_letters: int
    uncommitted: int
    waited_s: float

    @property
    def well(self) -> bool:
        """Whether each event has its insight and everything is committed."""
        return self.insights == self.events and not self.dead_letters and not self.uncommitted


def settled(samples: Sequence[Sample]) -> Sequence[Sample]:
    """The samples after the warm-up."""
    return samples[int(len(samples) * WARM_UP_SHARE) :]


def slope_per_min(samples: Sequence[Sample], what: str) -> float:
    """The slope of the straight line through a field of the samples (least squares), for a minute."""
    times_s, values = [one.at_s for one in samples], [float(getattr(one, what)) for one in samples]
    return 60 * statistics.linear_regression(times_s, values).slope


def usual_lag(samples: Sequence[Sample], before_s: float, within_s: float = 30.0) -> int:
    """The highest lag in the time before a fault: the events that are under way at any moment."""
    return max((one.lag for one in samples if before_s - within_s <= one.at_s < before_s), default=0)


def lag_back_after_s(samples: Sequence[Sample], fault: Fault, until_s: float = math.inf) -> float | None:
    """Seconds from the end of a fault until the lag was what it was before, and stayed there until `until_s`.

    None where it did not return. Under load it is never zero: events whose calls are running count. Half as much again
    as before is still usual: events come in batches.
    """
    limit = 1.5 * usual_lag(samples, fault.began_s)
    # The gauge may be a second old: what it says in the first moment is from before the fault.
    after = [one for one in samples if fault.ended_s + GAUGE_EVERY_S < one.at_s < until_s]
    above = [number for number, one in enumerate(after) if one.lag > limit]
    first_back = above[-1] + 1 if above else 0
    return round(after[first_back].at_s - fault.ended_s, 1) if first_back < len(after) else None


def lags_back_s(samples: Sequence[Sample], faults: Sequence[Fault]) -> list[float | None]:
    """`lag_back_after_s` of each fault, until the next one begins."""
    next_begins_s = (*(fault.began_s for fault in faults[1:]), math.inf)
    # Not strict: without any fault there is still an end.
    return [lag_back_after_s(samples, *pair) for pair in zip(faults, next_begins_s, strict=False)]


def verdict(samples: Sequence[Sample], faults: Sequence[Fault], ended: Ended) -> Iterator[str]:
    """The lines that answer what the soak asks."""
    after = settled(samples)
    slope, marks = slope_per_min(after, "resident_mb"), slope_per_min(after, "insights") * MARK_MB
    yield (
        f"memory flat: {slope:+.2f} MB/min after warm-up, {marks:.2f} of it the marks of new events "
        f"({after[0].resident_mb:.0f} to {after[-1].resident_mb:.0f} MB)"
    )
    for what in COUNTED:
        values = [getattr(one, what) for one in after]
        # The middle of the last tenth: at any one moment a connection may just be opening.
        first, last = values[: max(1, len(values) // 10)], values[-max(1, len(values) // 10) :]
        yield (
            f"{what}: {statistics.median(first):g} after warm-up, {statistics.median(last):g} at the end, "
            f"{max(values)} at most"
        )
    for fault, back_s in zip(faults, lags_back_s(samples, faults), strict=True):
        said = "never" if back_s is None else f"{back_s:g} s after it ended"
        yield f"lag back after {fault.name} ({fault.ended_s - fault.began_s:.0f} s): {said}"
    yield (
        f"lag back to zero at the end: {'yes' if ended.well else 'NO'}, {ended.waited_s:.1f} s after the last event; "
        f"{ended.events} events, {ended.insights} insights, {ended.dead_letters} dead letters, "
        f"{ended.uncommitted} not committed"
    )


def passed(samples: Sequence[Sample], faults: Sequence[Fault], ended: Ended) -> bool:
    """Whether the lag returned each time and every event has its insight. Figures are not judged here."""
    return ended.well and None not in lags_back_s(samples, faults)


def table(samples: Sequence[Sample], faults: Sequence[Fault]) -> Iterator[str]:
    """A line a minute, with what went wrong in it."""
    yield "  min     MB  files sockets threads  tasks    lag  insights"
    for minute in range(int(samples[-1].at_s // 60) + 1):
        inside = [one for one in samples if minute * 60 <= one.at_s < (minute + 1) * 60]
        if not inside:
            continue
        one = inside[-1]
        wrong = ", ".join(fault.name for fault in faults if minute * 60 <= fault.began_s < (minute + 1) * 60)
        yield (
            f"  {minute + 1:3} {one.resident_mb:6.0f} {one.files:6} {one.sockets:7} {one.threads:7} {one.tasks:6} "
            f"{max(sample.lag for sample in inside):6} {one.insights:9}  {wrong}"
        ).rstrip()


def as_json(samples: Sequence[Sample], faults: Sequence[Fault], ended: Ended) -> dict[str, Any]:
    """Everything that was seen, a sample for each five seconds."""
    thinned = [one for number, one in enumerate(samples) if number % 5 == 0]
    return {
        "memory_mb_per_min": round(slope_per_min(settled(samples), "resident_mb"), 3),
        "faults": [
            asdict(fault) | {"lag_back_after_s": back_s}
            for fault, back_s in zip(faults, lags_back_s(samples, faults), strict=True)
        ],
        "ended": asdict(ended),
        "samples": [asdict(one) for one in thinned],
    }
