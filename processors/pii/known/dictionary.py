"""Many words at once: which of them begin at a place of a text.

A record can know thousands of people: each message of a public channel is by another. To look for each of them in
each message is quadratic (4,000 authors and messages took 7 s of the event loop); to look up what it says is not.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

FEW = 24
"""Up to so many words, a search for each in C (1 µs for 6 KB) is cheaper than looking at each word of the text."""

_SHORTEST_STEM = 2
# Only words that are beginnings of one another, in scores, could need more looks at one place: no record has them, and
# a text made of their letters would pay for all of them at each of its own.
_MOST_LOOKS = 64


class Dictionary:
    """Finds the words of a set that begin at a place, in a time that depends neither on their number nor their length.

    Each word is kept under a stem, its first 2, 4, 8, ... characters: the longest of these that it holds. A place is
    compared with few lengths, and with those of long words only if it begins as they do.
    """

    def __init__(self, words: Iterable[str]) -> None:
        """Take words of at least two characters."""
        self._words = frozenset(words)
        stems: dict[str, set[int]] = {}
        for word in self._words:
            size = _SHORTEST_STEM
            while size * 2 <= len(word):
                stems.setdefault(word[:size], set())
                size *= 2
            stems.setdefault(word[:size], set()).add(len(word))
        self._lengths = {stem: sorted(lengths, reverse=True) for stem, lengths in stems.items()}

    def at(self, text: str, start: int) -> Iterator[str]:
        """Give the words that begin at `start` of `text`, the longest first."""
        found: list[list[int]] = []
        size = _SHORTEST_STEM
        while start + size <= len(text) and (lengths := self._lengths.get(text[start : start + size])) is not None:
            found.append(lengths)
            size *= 2
        looks = (length for lengths in reversed(found) for length in lengths)
        for length in islice(looks, _MOST_LOOKS):
            if (word := text[start : start + length]) in self._words and len(word) == length:
                yield word
