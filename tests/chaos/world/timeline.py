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

    @property
    def happenings(self) -> tuple[Happening, ...]:
        """All of them, oldest first."""
        with self._lock:
            return tuple(sorted(self._happenings, key=lambda one: one.at_s))
