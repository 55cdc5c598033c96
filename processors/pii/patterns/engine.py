"""How patterns are given to google-re2: for folded bytes as Latin-1, to the longest match at a place."""

from __future__ import annotations

import re2

# Its table of states must hold what a text leads to, or the engine falls back to a way that is fifty times slower.
_MOST_MEMORY_BYTES = 32 << 20


def compiled(pattern: str) -> re2.Pattern:
    """Compile an ASCII pattern, best without groups: which of them matched costs more than to find the match."""
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    options.log_errors = False
    options.longest_match = True
    options.max_mem = _MOST_MEMORY_BYTES
    return re2.compile(pattern.encode("ascii"), options)
