"""What happened when, by the wall clock: faults, starts and ends of workers."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that happened to `target` at `at_s` (seconds since the epoch). `detail` is for people."""

    at_s: float
    what: str
    target: str = ""
    detail: str = ""


class Timeline:
    """Happenings in the order of noting them; every thread may note."""

    def __init__(self) -> None:
        """Begin empty."""
        self._lock = threading.Lock()
        self._happenings: list[Happening] = []

    def note(self, what: str, target: str = "", detail: str = "", *, at_s: float | None = None) -> None:
        """Note something that happens now, or happened at `at_s`."""
        with self._lock:
            self._happenings.append(Happening(time.time() if at_s is None else at_s, what, target, detail))

    def lines(self, *, since: str) -> list[str]:
        """All of them, oldest first, as "12.3 killed worker-1": seconds after the first one named `since`."""
        with self._lock:
            happenings = sorted(self._happenings, key=lambda one: one.at_s)
        zero_s = next((one.at_s for one in happenings if one.what == since), 0.0)
        return [
            " ".join(filter(None, (f"{one.at_s - zero_s:.1f}", one.what, one.target, one.detail))) for one in happenings
        ]
