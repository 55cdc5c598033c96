"""Which process a loopback connection comes from: a proxy that cuts one broker off must know who calls."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

# A JVM's sockets are IPv6 sockets that carry IPv4.
_TABLES = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))
_LOCAL, _INODE = 1, 9


def owner_of(port: int, candidates: Iterable[int]) -> int | None:
    """The process among `candidates` (their ids) whose end of a connection has `port`; None if it is no one's.

    Linux only: elsewhere there is no /proc, nobody is found, and a cut between brokers cuts nothing.
    """
    inodes = {f"socket:[{inode}]" for inode in _inodes_of(port)}
    for process in candidates:
        # A process that ends meanwhile takes its directory along.
        with contextlib.suppress(OSError):
            for entry in Path(f"/proc/{process}/fd").iterdir():
                with contextlib.suppress(OSError):
                    if str(entry.readlink()) in inodes:
                        return process
    return None


def _inodes_of(port: int) -> Iterable[str]:
    ending = f":{port:04X}"
    for table in _TABLES:
        with contextlib.suppress(OSError):
            for line in table.read_text("ascii").splitlines()[1:]:
                fields = line.split()
                if fields[_LOCAL].endswith(ending):
                    yield fields[_INODE]
