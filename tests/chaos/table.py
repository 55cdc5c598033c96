"""Results as tables: a line for the terminal after each run, and markdown for docs/guarantees.md."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.chaos.check.calls import FORBIDDEN, PaidAgain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

_AT_KILL = (PaidAgain.IN_FLIGHT_AT_KILL, PaidAgain.WAITING_AT_KILL, PaidAgain.FREE_AT_KILL)
_REST = (PaidAgain.MOVED, PaidAgain.AT_EXIT, PaidAgain.GIVEN_UP)

Record = dict[str, Any]


def _again(record: Record, reasons: Iterable[PaidAgain]) -> str:
    counted: Mapping[str, int] = record["verdict"]["paid_again"]
    return str(sum(counted.get(str(reason), 0) for reason in reasons))


def _number(name: str) -> Callable[[Record], str]:
    return lambda record: str(record["verdict"][name])


def _seconds(name: str) -> Callable[[Record], str]:
    def text(record: Record) -> str:
        value = record["verdict"][name]
        return "never" if value is None else f"{value:.1f}"

    return text


def _size(record: Record) -> str:
    scenario = record["scenario"]
    return f"{scenario['brokers']} / {scenario['workers']}"


COLUMNS: Sequence[tuple[str, Callable[[Record], str]]] = (
    ("run", lambda record: record["scenario"]["name"]),
    ("brokers / workers", _size),
    ("faults", lambda record: str(len(record["scenario"]["steps"]))),
    ("events", _number("events")),
    ("copies", _number("copies")),
    ("insights", _number("insights")),
    ("lost", _number("lost")),
    ("duplicates", _number("duplicates")),
    ("out of order", _number("order_violations")),
    ("committed too early", _number("passed_unfinished")),
    ("commits that went back", _number("went_back")),
    ("dead letters", _number("dead_letters")),
    ("troubles", lambda record: str(len(record["troubles"]))),
    ("paid again: answered before", lambda record: _again(record, FORBIDDEN)),
    ("at a kill", lambda record: _again(record, _AT_KILL)),
    ("at a SIGTERM", lambda record: _again(record, (PaidAgain.AT_STOP,))),
    ("moved, left or given up", lambda record: _again(record, _REST)),
    ("longest stop, s", _seconds("longest_stop_s")),
    ("of a partition, s", _seconds("longest_stop_of_a_partition_s")),
    ("lag zero after, s", _seconds("lag_zero_s")),
)


def markdown(records: Iterable[Record]) -> str:
    """One row a run."""
    lines = [
        [name for name, _ in COLUMNS],
        ["---"] * len(COLUMNS),
        *([text(record) for _, text in COLUMNS] for record in records),
    ]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def summary(record: Record) -> str:
    """A few lines on one run for whoever waits for it."""
    verdict = record["verdict"]
    facts = ", ".join(f"{name} {text(record)}" for name, text in COLUMNS[2:])
    damage = ", ".join(f"{count} {name}" for name, count in verdict["damage"].items())
    again = ", ".join(f"{count} {why}" for why, count in verdict["paid_again"].items() if count)
    lines = [f"{record['scenario']['name']}: {'DAMAGE: ' + damage if damage else 'sound'}", f"  {facts}"]
    lines += [f"  paid again: {again}"] if again else []
    lines += [f"  stopped within {', '.join(f'{one:.1f}' for one in record['stops_s'])} s"] if record["stops_s"] else []
    lines += [f"  trouble: {trouble}" for trouble in record["troubles"]]
    for name, cases in verdict["cases"].items():
        lines += [f"  {name}: {case}" for case in cases]
    return "\n".join(lines)
