"""What a benchmark answers: rows of figures with what they were measured on, as text, JSON and a bar chart."""

from __future__ import annotations

import json
import os
import platform
import statistics
import time
from dataclasses import asdict, dataclass, field
from html import escape
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

_BAR_HEIGHT = 26
_LABEL_WIDTH = 260
_CHART_WIDTH = 860


@dataclass(frozen=True, slots=True)
class Row:
    """One figure: the median of its rounds, with the lowest and the highest beside it."""

    label: str
    median: float
    lowest: float
    highest: float

    @classmethod
    def of(cls, label: str, rounds: list[float]) -> Row:
        """Sum up the figures of all rounds."""
        return cls(label, statistics.median(rounds), min(rounds), max(rounds))


def machine() -> dict[str, Any]:
    """What the figures hold for. The load at the start tells whether something else was using the machine."""
    return {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "cores": os.cpu_count(),
        "load_1_min": round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
        "crm_insights": version("crm-insights"),
    }


@dataclass(frozen=True, slots=True)
class Report:
    """The result of one benchmark. `unit` is that of every figure, such as "events/s".

    `beside` is what else there is to know, in units of its own, by its name.
    """

    title: str
    unit: str
    rows: list[Row]
    beside: Mapping[str, float | str] = field(default_factory=dict)
    measured_on: dict[str, Any] = field(default_factory=machine)

    def as_text(self) -> str:
        """A table for a terminal."""
        width = max(len(row.label) for row in self.rows)
        lines = [f"\n{self.title} ({self.unit}: median, lowest to highest)"]
        lines += [
            f"  {row.label:{width}}  {row.median:>12,.0f}   {row.lowest:,.0f} to {row.highest:,.0f}"
            for row in self.rows
        ]
        lines += [f"  {name}: {value}" for name, value in self.beside.items()]
        lines.append("  " + ", ".join(f"{name} {value}" for name, value in self.measured_on.items()))
        return "\n".join(lines)

    def write(self, directory: Path, name: str) -> Iterator[Path]:
        """Write NAME.json and NAME.svg into `directory` and answer their paths."""
        directory.mkdir(parents=True, exist_ok=True)
        for suffix, text in ((".json", json.dumps(asdict(self), indent=2) + "\n"), (".svg", self._as_svg())):
            path = directory / (name + suffix)
            path.write_text(text, "utf-8")
            yield path

    def _as_svg(self) -> str:
        top = max(row.highest for row in self.rows) or 1
        scale = (_CHART_WIDTH - _LABEL_WIDTH - 110) / top
        parts = []
        for number, row in enumerate(self.rows):
            y = 40 + number * _BAR_HEIGHT
            length = row.median * scale
            low, high = _LABEL_WIDTH + row.lowest * scale, _LABEL_WIDTH + row.highest * scale
            parts.append(
                f'<text x="{_LABEL_WIDTH - 8}" y="{y + 14}" text-anchor="end">{escape(row.label)}</text>'
                f'<rect x="{_LABEL_WIDTH}" y="{y}" width="{length:.1f}" height="18" fill="#4c78a8"/>'
                f'<line x1="{low:.1f}" x2="{high:.1f}" y1="{y + 9}" y2="{y + 9}" stroke="#222"/>'
                f'<text x="{high + 6:.1f}" y="{y + 14}">{row.median:,.0f}</text>'
            )
        height = 50 + len(self.rows) * _BAR_HEIGHT
        title = f"{escape(self.title)} ({escape(self.unit)})"
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{_CHART_WIDTH}" height="{height}" '
            f'font-family="sans-serif" font-size="13"><rect width="100%" height="100%" fill="#fff"/>'
            f'<text x="12" y="24" font-weight="bold">{title}</text>{"".join(parts)}</svg>\n'
        )


def rates(work: Callable[[int], Any], *, rounds: int = 7, round_s: float = 0.3) -> list[float]:
    """Times a second that `work(count)` does its thing, one figure a round.

    The count is grown until a round takes `round_s`, which also warms up caches; that first part is not counted.
    """
    count = 1
    while (took := _seconds(work, count)) < round_s:
        count = max(count + 1, int(count * min(10.0, 1.2 * round_s / max(took, 1e-6))))
    return [count / _seconds(work, count) for _ in range(rounds)]


def _seconds(work: Callable[[int], Any], count: int) -> float:
    start = time.perf_counter()
    work(count)
    return time.perf_counter() - start
