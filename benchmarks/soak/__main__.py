"""`python -m benchmarks.soak --minutes 15`: one worker under steady load and small faults; does anything grow?

40 events a second. Every 100 seconds something goes wrong for some seconds: a second worker joins and leaves, the
provider answers 500, the broker stands still, is killed and started, the registry is cut off. Memory, open files,
sockets, threads, tasks and lag of the worker are sampled every second. Figures are reported and not judged; exit
1 where the lag did not return after a fault, or an event has not exactly one insight in the end.
"""

from __future__ import annotations

import argparse
import itertools
import json
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.report import machine
from benchmarks.soak.verdict import Fault, Sample, as_json, passed, table, verdict
from benchmarks.soak.world import World

if TYPE_CHECKING:
    from collections.abc import Sequence
    from concurrent.futures import Future

FAULT_EVERY_S = 100.0
FIRST_FAULT_S = 60.0
# After the last fault the lag must have time to return, and what it left behind time to show.
QUIET_AT_THE_END_S = 60.0
SAMPLE_EVERY_S = 1.0
RESULTS = Path(__file__).parents[1] / "results"


def main() -> int:
    """Parse the command line, run; answers the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--minutes", type=float, default=15.0, help="how long (15)")
    parser.add_argument("--fault-every-s", type=float, default=FAULT_EVERY_S, help="from fault to fault (100)")
    parser.add_argument("--output", type=Path, default=RESULTS, help="directory of the JSON file")
    options = parser.parse_args()
    return run(options.minutes * 60, options.fault_every_s, options.output)


def run(for_s: float, fault_every_s: float, output: Path) -> int:
    """Run for so many seconds, print what was seen, write soak.json; answers the exit code."""
    samples: list[Sample] = []
    measured_on = machine()
    with tempfile.TemporaryDirectory() as directory, ExitStack() as stage:
        world = World(Path(directory), stage)
        fed, looked_at = threading.Event(), threading.Event()
        pool = stage.enter_context(ThreadPoolExecutor(2))
        for ended in (fed, looked_at):
            stage.callback(ended.set)
        work = [pool.submit(world.feed, fed), pool.submit(_sample_until, world, samples, looked_at)]
        faults = _go_through_faults(world, for_s, fault_every_s, work)
        _rest(world, for_s, work)
        looked_at.set()
        fed.set()
        for one in work:
            one.result()
        found = world.end()
        log = world.log
    _say(*table(samples, faults), *verdict(samples, faults, found))
    output.mkdir(parents=True, exist_ok=True)
    everything = {"measured_on": measured_on, **as_json(samples, faults, found)}
    (output / "soak.json").write_text(json.dumps(everything, indent=1) + "\n", "utf-8")
    if passed(samples, faults, found):
        return 0
    (output / "soak-worker.log").write_text(log, "utf-8")
    return 1


def _go_through_faults(world: World, for_s: float, every_s: float, work: Sequence[Future[None]]) -> list[Fault]:
    """One fault after the other, until it is quiet towards the end."""
    faults = []
    for number, (name, harm) in enumerate(itertools.cycle(world.faults().items())):
        due_s = FIRST_FAULT_S + number * every_s
        if due_s > for_s - QUIET_AT_THE_END_S:
            break
        _rest(world, due_s, work)
        began_s = world.now_s
        harm()
        faults.append(Fault(name, round(began_s, 1), round(world.now_s, 1)))
        _say(f"{began_s:6.0f} s: {name}")
    return faults


def _rest(world: World, until_s: float, work: Sequence[Future[None]]) -> None:
    """Wait until a moment of the soak. Raises what the load or the sampling raised meanwhile."""
    while world.now_s < until_s:
        for one in work:
            if one.done():
                one.result()
        time.sleep(min(1.0, max(0.0, until_s - world.now_s)))


def _sample_until(world: World, samples: list[Sample], ended: threading.Event) -> None:
    while not ended.wait(SAMPLE_EVERY_S):
        # A moment without an answer is a moment without a sample; a worker that ended shows in the count of insights.
        with suppress(OSError):
            samples.append(world.sample())


def _say(*lines: str) -> None:
    print(*lines, sep="\n", flush=True)


if __name__ == "__main__":
    sys.exit(main())
