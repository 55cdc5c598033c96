"""Starts the product's command on a state store whose disk can be made slow while it runs.

`python -m tests.chaos.world.slow_disk SWITCH worker ...`. While the file SWITCH exists, every access of the process to
its RocksDB store first stands still for a drawn time.

What it models: what the worker sees of a disk that other tenants use up, of a network volume that hangs. The product
calls RocksDB from its event loop, and RocksDB's binding keeps the interpreter's lock meanwhile (measured: no other
thread runs during a write), so a slow access stops the whole process, heartbeats too. The delay keeps the lock as well.
Reads, writes and the opening of a table are slow, in the loop and in the restore; now and then one hangs for longer
than the heartbeat lease, and for longer than the session.

What it does not model: a disk that fails or is full, torn writes, slow fsync (the store never asks for one), RocksDB's
own background work, and slow disks under the brokers. Slowing the device itself needs dm-delay or cgroups with rights
that a container of CI does not have.
"""

from __future__ import annotations

import ctypes
import functools
import os
import random
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from streams.cli import main
from streams.delivery.dedupe.rocks_table import RocksTable

if TYPE_CHECKING:
    from collections.abc import Callable

# Means of an exponential draw: a busy spinning disk, a write behind other tenants' writes.
READ_S = 0.010
WRITE_S = 0.030
OPEN_S = 0.3

# One access in this many hangs. A worker of the suite has about 40 a second.
HANGS_ONE_IN = 150
# From within the heartbeat lease (two thirds of 6 s) to beyond the session.
HANGS_FOR_S = (1.0, 8.0)

# `PyDLL`, unlike `CDLL` and `time.sleep`, keeps the interpreter's lock.
_sleep_us: Callable[[int], int] = ctypes.PyDLL(None).usleep


class SlowDisk:
    """What an access waits for, drawn from a seed, for as long as the file `switch` exists."""

    def __init__(self, switch: Path, seed: int) -> None:
        """Take the switch; to look for a file that is not there takes a microsecond."""
        self._switch = switch
        self._rng = random.Random(seed)

    def delay_s(self, mean_s: float) -> float:
        """How long the next access stands still; 0 while the disk is sound."""
        if not self._switch.exists():
            return 0.0
        if self._rng.randrange(HANGS_ONE_IN) == 0:
            return self._rng.uniform(*HANGS_FOR_S)
        return self._rng.expovariate(1 / mean_s)

    def under(self, access: Callable[..., Any], mean_s: float) -> Callable[..., Any]:
        """`access`, with the delay before it."""

        @functools.wraps(access)
        def slow(*args: Any, **named: Any) -> Any:
            _sleep_us(int(self.delay_s(mean_s) * 1_000_000))
            return access(*args, **named)

        return slow


def slow_down(disk: SlowDisk) -> None:
    """Put `disk` under every table that this process opens."""
    for name, mean_s in (("_open", OPEN_S), ("has", READ_S), ("record", READ_S), ("write", WRITE_S)):
        setattr(RocksTable, name, disk.under(getattr(RocksTable, name), mean_s))


if __name__ == "__main__":
    # Another draw for each incarnation, or a worker that hangs at its start would hang at every start.
    slow_down(SlowDisk(Path(sys.argv[1]), seed=os.getpid()))
    sys.exit(main(sys.argv[2:]))
