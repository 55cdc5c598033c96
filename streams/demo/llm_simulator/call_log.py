"""A line for each call, with its times: whoever checks a system under faults needs more than counts."""

from __future__ import annotations

import hashlib
import json
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType
    from typing import Self

    from streams.demo.llm_simulator.stats import Call


class CallLog:
    """Appends `{"marker", "caller", "started", "ended", "status", "paid"}` to a file when a call ends, however it ends.

    Times are of the wall clock in seconds, for they are compared with those of other processes; `status` is null
    where the client went away first. `caller` stands for the key that came with the call and is not the key.
    """

    def __init__(self, path: Path) -> None:
        """Open `path` for appending; a line is in the file before the next call ends."""
        self._file = path.open("a", buffering=1, encoding="utf-8")

    def __enter__(self) -> Self:
        """Nothing more to do."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the file."""
        self._file.close()

    def write(self, call: Call) -> None:
        """Append one call that ends now."""
        line = {
            "marker": call.marker,
            "caller": call.caller,
            "started": round(call.started, 3),
            "ended": round(time.time(), 3),
            "status": call.status,
            "paid": call.paid,
        }
        self._file.write(json.dumps(line) + "\n")


def caller_of(authorization: str) -> str:
    """A short hash of an Authorization header's key: the same for all calls of one key."""
    key = authorization.removeprefix("Bearer ").strip()
    return hashlib.sha256(key.encode()).hexdigest()[:12]
