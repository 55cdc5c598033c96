"""How patterns are given to google-re2: for folded bytes as Latin-1."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import re2

from processors.pii.folding import fold

if TYPE_CHECKING:
    from collections.abc import Iterable

# Its table of states must hold what a text leads to, or the engine falls back to a way that is fifty times slower.
_MOST_MEMORY_BYTES = 32 << 20


def latin1_options() -> re2.Options:
    """Make options for patterns of folded bytes; change them as the pattern needs."""
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    options.log_errors = False
    return options


def compiled(pattern: str) -> re2.Pattern:
    """Compile an ASCII pattern to the longest match at a place.

    Best without groups: which of them matched costs more than to find the match.
    """
    options = latin1_options()
    options.longest_match = True
    options.max_mem = _MOST_MEMORY_BYTES
    return re2.compile(pattern.encode("ascii"), options)


def any_of(words: Iterable[str]) -> bytes:
    """Give the words, as they are folded, as alternatives of a pattern, the longest first."""
    forms = sorted({fold(word).raw for word in words}, key=lambda form: (-len(form), form))
    return b"(?:" + b"|".join(map(re.escape, forms)) + b")"
