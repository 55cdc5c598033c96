"""`python -m tests.chaos`: the long form. Runs whatever has no result yet; Ctrl-C and a new start go on from there."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tests.chaos.matrix import ORDER
from tests.chaos.pace import Pace
from tests.chaos.run import run
from tests.chaos.table import markdown, summary
from tests.support.jars import fetch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.chaos.scenario import Scenario

RESULTS = Path(__file__).with_name("results")
WORK = Path(__file__).resolve().parents[2] / ".cache" / "chaos"


@click.command()
@click.option(
    "--only", multiple=True, help="Runs whose name matches this pattern, such as 'kill-*'; several times for several."
)
@click.option("--list", "listing", is_flag=True, help="List the runs and whether they have a result.")
@click.option("--table", is_flag=True, help="Print the results as markdown, for docs/guarantees.md.")
@click.option("--again", is_flag=True, help="Do runs again that have a result.")
@click.option("--load-s", type=float, help="Another length of the load: a try, which leaves no result.")
@click.option("--rate", "rate_per_s", type=float, help="Another rate of events a second: a try as well.")
def main(*, only: tuple[str, ...], listing: bool, table: bool, again: bool, **tried: float | None) -> None:
    """Kill, stop and cut what there is while events flow, and count what is lost, doubled or out of order.

    Exits with 1 where a run has shown damage, one without a protection has shown none, a worker has hung, or a fault
    could not be done.
    """
    chosen = [one for one in ORDER if not only or any(fnmatch(one.name, pattern) for pattern in only)]
    if listing:
        for one in chosen:
            click.echo(f"{one.name:40} {_state(one)}")
    elif table:
        click.echo(_tables(chosen))
    else:
        sys.exit(_run_all(chosen, again=again, tried={name: value for name, value in tried.items() if value}))


def _run_all(chosen: Sequence[Scenario], *, again: bool, tried: dict[str, Any]) -> int:
    files = fetch(say=click.echo)
    due = [replace(one, **tried) for one in chosen if tried or again or not _result(one).exists()]
    click.echo(f"{len(due)} of {len(chosen)} runs to do, the others have a result.")
    pace = Pace([one.expected_s for one in due])
    wrong = 0
    for one in due:
        click.echo(f"[{pace}] {one.name}")
        result = run(one, files, WORK / one.name)
        click.echo(summary(result.record))
        # A worker that hangs is damage too, and a fault that could not be done as drawn has proven nothing.
        wrong += bool(result.verdict.damage) is (one.without is None) or bool(result.troubles)
        if not tried:
            RESULTS.mkdir(exist_ok=True)
            _result(one).write_text(json.dumps(result.record, indent=1) + "\n", "utf-8")
        pace.step()
    click.echo(f"[{pace}] {wrong} of {len(due)} runs are not as they must be.")
    return 1 if wrong else 0


def _tables(chosen: Sequence[Scenario]) -> str:
    """Two tables: what must be without damage, and what must show it."""
    parts = []
    for heading, spoiled in (("With every protection", False), ("With one protection switched off", True)):
        there = [one for one in chosen if (one.without is not None) is spoiled and _result(one).exists()]
        if there:
            records = [json.loads(_result(one).read_text("utf-8")) for one in there]
            parts.append(f"### {heading}\n\n{markdown(records)}\n")
    return "\n".join(parts)


def _state(one: Scenario) -> str:
    if not _result(one).exists():
        return "to be run"
    record = json.loads(_result(one).read_text("utf-8"))
    found = {**record["verdict"]["damage"], **({"troubles": len(record["troubles"])} if record["troubles"] else {})}
    return f"damage: {found}" if found else "sound"


def _result(one: Scenario) -> Path:
    return RESULTS / f"{one.name}.json"


if __name__ == "__main__":
    main()
