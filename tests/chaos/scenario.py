"""One run, described."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from tests.chaos.faults import Fault, Ground, Step, Verb, schedule
from tests.chaos.world.network import Healing

if TYPE_CHECKING:
    from collections.abc import Sequence

PARTITIONS = 6

# Services and workers start, the lag goes to zero, workers end, and the topics are read.
AROUND_THE_LOAD_S = 38.0


@dataclass(frozen=True, slots=True)
class Scenario:
    """A run: what goes wrong, on how many brokers and workers, under which load. `without`: see `world.entry`."""

    fault: Fault
    seed: int
    brokers: int = 1
    workers: int = 3
    load_s: float = 90.0
    rate_per_s: float = 30.0
    without: str | None = None

    @property
    def name(self) -> str:
        """Names the run's files."""
        nodes = "one" if self.brokers == 1 else f"{self.brokers}"
        spoiled = f"without_{self.without}-" if self.without else ""
        return f"{spoiled}{self.fault}-{nodes}-{self.seed}"

    @property
    def expected_s(self) -> float:
        """About how long it takes, on two cores."""
        return self.load_s + AROUND_THE_LOAD_S

    @property
    def steps(self) -> Sequence[Step]:
        """What is done when."""
        return schedule(self.fault, self.seed, Ground(self.workers, self.brokers, self.load_s))

    @property
    def healing(self) -> Healing:
        """How cuts heal."""
        return Healing.LATE if self.fault is Fault.CUT_LATE else Healing.LOST

    @property
    def store(self) -> str:
        """STATE__STORE of the workers: the one with a disk where a disk is slow, else the default."""
        return "rocksdb" if any(step.verb is Verb.SLOW_DISK for step in self.steps) else "memory"

    @property
    def is_wired(self) -> bool:
        """Whether a worker must be behind wires."""
        return any(step.verb in {Verb.CUT_WORKER, Verb.STALL_SENDS} for step in self.steps)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {"name": self.name, **asdict(self), "store": self.store, "steps": [str(step) for step in self.steps]}
