"""Kill what the tests started when the tests themselves are gone.

Fixtures stop their services, also on Ctrl-C. A test run that is killed with SIGKILL, or by a CI system's time limit,
runs no fixture: it would leave a JVM of 400 MB behind for each run. This little process reads the ids of process groups
from its standard input (`+1234` started, `-1234` gone). The kernel closes that pipe when the test run ends, however it
ends, and then the groups that are left are killed.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def survivors(lines: Iterable[str]) -> set[int]:
    """The process groups that are still registered when `lines` end."""
    groups: set[int] = set()
    for line in lines:
        sign, number = line[:1], line[1:].strip()
        if sign == "+":
            groups.add(int(number))
        elif sign == "-":
            groups.discard(int(number))
    return groups


def main() -> None:
    """Wait until the test run is gone, then kill what it left."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    for group in survivors(sys.stdin):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGKILL)


if __name__ == "__main__":
    main()
