"""Measures each shape under each load, round by round, and sums up."""

from __future__ import annotations

import statistics
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.order.stage import Stage
from benchmarks.order.traffic import SHAPES, UNIFORM
from benchmarks.report import Report, Row

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from benchmarks.order.stage import Found

IN_FLIGHT = 256
# Seconds of a call, and events of a run: some 10 seconds of work.
LOADS = ((0.2, 12_000), (1.0, 3_000))
ROUNDS = 3

# By seconds of a call and shape; one for each round.
Rounds = dict[tuple[float, str], list["Found"]]


def run() -> Report:
    """Measure. The shapes take turns, so that a busy machine hits all of them alike."""
    found: Rounds = {(call_s, shape): [] for call_s, _ in LOADS for shape in SHAPES}
    with tempfile.TemporaryDirectory() as directory, ExitStack() as stack:
        stage = Stage(Path(directory), stack, in_flight=IN_FLIGHT)
        for number in range(ROUNDS):
            for call_s, count in LOADS:
                for shape in SHAPES:
                    found[call_s, shape].append(stage.measure(shape, call_s, count, seed=number))
    rows = [Row.of(_name(call_s, shape), [one.per_s for one in ones]) for (call_s, shape), ones in found.items()]
    return Report(f"Insights in order, {IN_FLIGHT} calls in flight", "insights/s", rows, beside=dict(beside(found)))


def beside(found: Mapping[tuple[float, str], Sequence[Found]]) -> Iterator[tuple[str, float]]:
    """What to know beside the rates: the damage of all runs, and what each rate is a share of."""
    runs = [one for ones in found.values() for one in ones]
    for name in runs[0].damage:
        yield name.replace("_", " "), sum(one.damage[name] for one in runs)
    for (call_s, shape), ones in found.items():
        name = _name(call_s, shape)
        yield f"{name}: of the ceiling", round(statistics.median(one.per_s for one in ones) * call_s / IN_FLIGHT, 3)
        if shape != UNIFORM:
            # Round by round: what else the machine did hit both.
            pairs = zip(ones, found[call_s, UNIFORM], strict=True)
            yield f"{name}: of uniform keys", round(statistics.median(a.per_s / b.per_s for a, b in pairs), 3)
        yield f"{name}: CPU ms per event", round(statistics.median(one.cpu_ms for one in ones), 3)
        yield f"{name}: cores in use", round(statistics.median(one.cores for one in ones), 2)


def _name(call_s: float, shape: str) -> str:
    return f"calls of {call_s:g} s, {shape}"
