"""What a piece of work costs this thread: the measure of tests that guard against work that grows too fast.

Wall time tells how busy the machine is, and the time of the process tells what its other threads did (a Kafka client
of an earlier test) and what the collector walked through. Only the thread's own time, without the collector, says
something of the work.
"""

from __future__ import annotations

import gc
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

FLOOR_S = 0.02
"""Less than this is too little to be compared with."""

MOST_GROWTH = {2: 3, 4: 6, 8: 20}
"""The time for so many times as much, at most: linear time with room. Quadratic time takes 4, 16 and 64 times."""


def cpu_seconds(work: Callable[[], object]) -> float:
    """Run `work` once and return what it took of this thread's CPU time, in seconds."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        started = time.thread_time()
        work()
        return time.thread_time() - started
    finally:
        if collecting:
            gc.enable()


def least_cpu_seconds(work: Callable[[], object], runs: int = 3) -> float:
    """Return the least of several runs: the cost of the work, without what a shared core adds to one of them."""
    return min(cpu_seconds(work) for _ in range(runs))


def grows_no_faster_than_its_size(seconds: Callable[[int], float], size: int, times: int = 2) -> bool:
    """Tell whether `times` the size costs about `times` the time; a busy machine gets a second and a third chance."""
    for _ in range(3):
        small = min(seconds(size), seconds(size))
        if seconds(times * size) <= MOST_GROWTH[times] * max(small, FLOOR_S):
            return True
    return False
