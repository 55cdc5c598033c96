"""What the identifiers of a million joined records take in memory: a name, an e-mail address and a phone each.

Measured in a process of its own, as the growth of its resident memory.
"""

from __future__ import annotations

import subprocess
import sys

from benchmarks.report import Report, Row

COUNT = 1_000_000
ROUNDS = 2

_PROCESS = """
import pathlib, sys
from schemas.events import CrmEvent, Identifier
from schemas.sources import Directory

def resident_kb():
    for line in pathlib.Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1])

def event(number):
    return CrmEvent(
        event_id=str(number), source="s", entity="Contact", record_id=str(number), occurred_at=0,
        identifiers=(
            Identifier("PERSON", f"Ann Example {number}"),
            Identifier("EMAIL", f"ann.{number}@mail.example"),
            Identifier("PHONE", f"+1 201 {number:07}"),
        ),
    )

directory = Directory()
directory.take("crm.public.contacts", event(0))
before = resident_kb()
for number in range(1, int(sys.argv[1])):
    directory.take("crm.public.contacts", event(number))
print(resident_kb() - before)
"""


def run() -> Report:
    """Measure it."""
    return Report("Memory of joins", "MB", [Row.of("a million records", [_grown_mb() for _ in range(ROUNDS)])])


def _grown_mb() -> float:
    command = [sys.executable, "-c", _PROCESS, str(COUNT)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return int(done.stdout) / 1024
