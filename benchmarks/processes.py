"""What a process uses and holds, read from /proc (Linux)."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Held:
    """What a process holds at a moment."""

    resident_mb: float
    files: int
    sockets: int
    threads: int

    @classmethod
    def by(cls, pid: int) -> Held:
        """Look at a process. Raises OSError where it has ended."""
        home = Path(f"/proc/{pid}")
        lines = (home / "status").read_text("utf-8").splitlines()
        status = dict(line.split(":", 1) for line in lines if ":" in line)
        names = [_target(link) for link in (home / "fd").iterdir()]
        return cls(
            resident_mb=int(status["VmRSS"].split()[0]) / 1024,
            files=len(names),
            sockets=sum(name.startswith("socket:") for name in names),
            threads=int(status["Threads"]),
        )


def cpu_s(pid: int) -> float:
    """The processor time of a process and all its threads so far, in seconds, to a hundredth."""
    # The name of the program stands in brackets and may hold blanks: count from behind it.
    fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    user, system = fields[11:13]
    return (int(user) + int(system)) / _TICKS_PER_S


def _target(link: Path) -> str:
    try:
        return str(link.readlink())
    except FileNotFoundError:
        # Closed while we looked.
        return ""
