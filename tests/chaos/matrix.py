"""The runs of the long form: every fault three times, on one broker and on three, and every protection once without.

Each takes a little more than two minutes, all of them about an hour and a half.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.chaos.faults import Fault
from tests.chaos.scenario import Scenario

if TYPE_CHECKING:
    from collections.abc import Sequence


def _on_one(fault: Fault, seed: int, workers: int = 3) -> Scenario:
    return Scenario(fault, seed, workers=workers)


def _on_three(fault: Fault, seed: int) -> Scenario:
    """On three brokers with two workers: more processes than that starve one another on two cores."""
    return Scenario(fault, seed, brokers=3, workers=2)


_FIRST: Sequence[Scenario] = (
    _on_one(Fault.KILL, 1),
    _on_one(Fault.RESTART, 1),
    _on_one(Fault.PAUSE, 1),
    _on_one(Fault.BROKER, 1),
    _on_three(Fault.LEADERS, 1),
    _on_one(Fault.CUT, 1, workers=2),
    _on_three(Fault.PEERS, 1),
    _on_one(Fault.REGISTRY, 1),
    _on_one(Fault.PROVIDER, 1),
    _on_one(Fault.SLOW_DISK, 1, workers=2),
    _on_one(Fault.SCALE, 1),
    _on_one(Fault.MIXED, 1),
    # Sharper forms of faults above, found by thinking of what they would miss.
    _on_one(Fault.CHURN, 1),
    _on_one(Fault.FRESH, 1),
    _on_one(Fault.CUT_LATE, 1, workers=2),
    _on_one(Fault.STALLED_SENDS, 1, workers=2),
)

WITHOUT: Sequence[Scenario] = (
    Scenario(Fault.KILL, 1, load_s=60.0, without="gate"),
    Scenario(Fault.PAUSE, 1, load_s=60.0, without="lease"),
    Scenario(Fault.FRESH, 1, load_s=60.0, without="patch_s"),
    Scenario(Fault.FRESH, 1, load_s=60.0, without="patch_r"),
    Scenario(Fault.KILL, 1, load_s=60.0, without="publish_before_mark"),
)
"""The proof that the checker can fail: each of these must show damage."""

_SECOND: Sequence[Scenario] = (
    _on_one(Fault.KILL, 2),
    _on_one(Fault.RESTART, 2),
    _on_one(Fault.PAUSE, 2),
    _on_three(Fault.BROKER, 2),
    _on_three(Fault.LEADERS, 2),
    _on_three(Fault.CUT, 2),
    _on_three(Fault.PEERS, 2),
    _on_one(Fault.REGISTRY, 2),
    _on_one(Fault.PROVIDER, 2),
    _on_one(Fault.SLOW_DISK, 2, workers=2),
    _on_one(Fault.SCALE, 2),
    _on_three(Fault.MIXED, 2),
)

_THIRD: Sequence[Scenario] = tuple(
    _on_three(fault, 3)
    for fault in (
        Fault.KILL,
        Fault.RESTART,
        Fault.PAUSE,
        Fault.BROKER,
        Fault.LEADERS,
        Fault.CUT,
        Fault.PEERS,
        Fault.REGISTRY,
        Fault.PROVIDER,
        Fault.SLOW_DISK,
        Fault.SCALE,
        Fault.MIXED,
    )
)

MATRIX: Sequence[Scenario] = (*_FIRST, *_SECOND, *_THIRD)
"""What must be without damage."""

ORDER: Sequence[Scenario] = (*_FIRST, *WITHOUT, *_SECOND, *_THIRD)
"""All of them, in an order in which a long form that is broken off has had every fault, and every protection away."""
