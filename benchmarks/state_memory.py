"""What a million marks, and the last states of a million records, take in memory, by store.

Each is measured in a process of its own, as the growth of its resident memory.
"""

from __future__ import annotations

import subprocess
import sys

from benchmarks.report import Report, Row

COUNT = 1_000_000
ROUNDS = 2

_PROCESS = """
import itertools, pathlib, sys, tempfile
from streams.delivery.dedupe.mark_table import Entry, MemoryTable
from streams.delivery.dedupe.rocks_table import RocksTable

store, what, count = sys.argv[1], sys.argv[2], int(sys.argv[3])

def resident_kb():
    for line in pathlib.Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1])

def entry(number):
    name = number.to_bytes(16, "big")
    if what == "marks":
        return Entry(name, 1_764_000_000_000)
    # One mark for all: only the records grow.
    return Entry(bytes(16), 1_764_000_000_000, name, b"kind", name, number, number, b"t" * 8)

with tempfile.TemporaryDirectory() as directory:
    table = MemoryTable() if store == "memory" else RocksTable(pathlib.Path(directory) / "table")
    table.write([entry(0)], 0)
    before = resident_kb()
    for begin in range(1, count, 20_000):
        table.write((entry(number) for number in range(begin, min(begin + 20_000, count))), begin)
    print(resident_kb() - before)
    table.close()
"""


def run() -> Report:
    """Measure both stores."""
    rows = [
        Row.of(f"{store}: a million {what}", [_grown_mb(store, what) for _ in range(ROUNDS)])
        for store in ("memory", "rocksdb")
        for what in ("marks", "records")
    ]
    return Report("Memory of the dedupe state", "MB", rows)


def _grown_mb(store: str, what: str) -> float:
    command = [sys.executable, "-c", _PROCESS, store, what, str(COUNT)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return int(done.stdout) / 1024
