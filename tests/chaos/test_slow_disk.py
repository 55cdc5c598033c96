"""The slow disk of the suite: slow only when it is switched on, and then for the whole process."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from tests.chaos.world.slow_disk import HANGS_FOR_S, WRITE_S, SlowDisk

if TYPE_CHECKING:
    from pathlib import Path


def test_a_disk_is_slow_while_its_switch_is_there_and_hangs_now_and_then(tmp_path: Path) -> None:
    switch = tmp_path / "slow"
    disk = SlowDisk(switch, seed=1)

    assert {disk.delay_s(WRITE_S) for _ in range(100)} == {0.0}
    switch.touch()
    delays = [disk.delay_s(WRITE_S) for _ in range(1_000)]
    switch.unlink()

    assert WRITE_S / 2 < sorted(delays)[500] < WRITE_S
    assert 1 <= sum(delay >= HANGS_FOR_S[0] for delay in delays) < 30
    assert disk.delay_s(WRITE_S) == 0.0


def test_no_other_thread_runs_while_an_access_stands_still(tmp_path: Path) -> None:
    switch = tmp_path / "slow"
    switch.touch()
    disk = SlowDisk(switch, seed=1)
    over = threading.Event()
    turns = [0]

    def count() -> None:
        while not over.wait(0.001):
            turns[0] += 1

    def access() -> int:
        return turns[0]

    thread = threading.Thread(target=count)
    thread.start()
    try:
        before = turns[0]
        during = disk.under(access, mean_s=0.3)() - before
    finally:
        over.set()
        thread.join()

    # One for the moment between the two looks.
    assert during <= 1
