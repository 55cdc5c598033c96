"""A worker that dies soon after each start waits longer before the next one.

Each start is a rebalance of its whole group, and a supervisor that starts it again at once would keep the others from
working. What a start needs to know of the one before stands in a small file that outlives the process.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

# A worker that has been ready for so long is no crash loop, however it ends: what kills it at once has done so by then.
STEADY_AFTER_S = 10.0

# One or two kills in a row are a deploy, a node that drains, a person: no wait. Then 1, 2, 4 ... seconds.
FREE_STARTS = 2
LONGEST_WAIT_S = 60.0


def wait_before_start_s(short_lives: int) -> float:
    """Seconds to wait after `short_lives` starts in a row, none of which became steady or was stopped cleanly."""
    if short_lives <= FREE_STARTS:
        return 0.0
    # The exponent is bounded: the count is not, and 2.0 ** 1024 overflows.
    return min(LONGEST_WAIT_S, 2.0 ** min(short_lives - FREE_STARTS - 1, 10))


class StartRecord:
    """Counts the starts in a row that came to nothing, in a file."""

    def __init__(self, directory: Path) -> None:
        """Keep the count below `directory`, which is this process's own."""
        self._path = directory / "short-lives.json"

    def begin(self) -> int:
        """Note a start; return how many before it came to nothing. Raises OSError."""
        short_lives = self._read()
        self._write(short_lives + 1)
        return short_lives

    def settled(self) -> None:
        """Note that this start was steady, or has ended as it was asked to. Raises OSError."""
        self._write(0)

    def _read(self) -> int:
        try:
            found = json.loads(self._path.read_text("utf-8"))
        except (OSError, ValueError):
            # None yet, or a torn write: a count that is lost costs a few early starts.
            return 0
        return found if isinstance(found, int) and found > 0 else 0

    def _write(self, count: int) -> None:
        whole = self._path.with_suffix(".new")
        whole.write_text(json.dumps(count), "utf-8")
        whole.replace(self._path)
