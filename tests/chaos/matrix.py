"""The runs of the long form: every fault three times, and every protection once without it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.chaos.faults import Fault
from tests.chaos.scenario import Scenario

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def _on_three(fault: Fault, seed: int) -> Scenario:
    """On three brokers with two workers: more processes than that starve one another on two cores."""
    return Scenario(fault, seed, brokers=3, workers=2)


MATRIX: Sequence[Scenario] = (
    *(
        Scenario(fault, seed)
        for fault in (Fault.KILL, Fault.RESTART, Fault.PAUSE, Fault.SCALE, Fault.CHURN)
        for seed in (1, 2)
    ),
    *(
        _on_three(fault, 3)
        for fault in (Fault.KILL, Fault.RESTART, Fault.PAUSE, Fault.SCALE, Fault.CHURN, Fault.REGISTRY, Fault.PROVIDER)
    ),
    *(Scenario(fault, seed) for fault in (Fault.REGISTRY, Fault.PROVIDER) for seed in (1, 2)),
    Scenario(Fault.BROKER, 1),
    *(_on_three(Fault.BROKER, seed) for seed in (2, 3)),
    *(_on_three(Fault.LEADERS, seed) for seed in (1, 2, 3)),
    *(_on_three(Fault.PEERS, seed) for seed in (1, 2, 3)),
    Scenario(Fault.CUT, 1, workers=2),
    *(_on_three(Fault.CUT, seed) for seed in (2, 3)),
    Scenario(Fault.CUT_LATE, 1, workers=2),
    *(_on_three(Fault.CUT_LATE, seed) for seed in (2, 3)),
    Scenario(Fault.STALLED_SENDS, 1, workers=2),
    *(_on_three(Fault.STALLED_SENDS, seed) for seed in (2, 3)),
    *(Scenario(Fault.SLOW_DISK, seed, workers=2) for seed in (1, 2, 3)),
    Scenario(Fault.MIXED, 1),
    *(_on_three(Fault.MIXED, seed) for seed in (2, 3)),
)

WITHOUT: Sequence[Scenario] = (
    Scenario(Fault.KILL, 1, without="gate"),
    Scenario(Fault.PAUSE, 1, without="lease"),
    Scenario(Fault.CHURN, 1, without="patch_s"),
    Scenario(Fault.CHURN, 1, without="patch_r"),
    Scenario(Fault.KILL, 1, without="publish_before_mark"),
)
"""The proof that the checker can fail: each of these must show damage."""

PENDING: Mapping[Fault, str] = {Fault.SLOW_DISK: "needs STATE__STORE=rocksdb, which the worker does not have yet"}
"""Faults that cannot be had yet, and why; their runs are passed over and named."""
