"""Where a text may be cut so that what a reader sees as one character stays whole."""

from __future__ import annotations

import regex

_CLUSTER = regex.compile(r"\X")

# The longest cluster that a person writes is a flag of a region (tag sequence, 7 code points) or a family of emoji with
# skin tones (11). Longer ones are stacked accents made to break things: cutting them at a code point loses nothing,
# while stepping back over 100,000 of them would lose the text.
MAX_CLUSTER_CODE_POINTS = 64

# How far back a place is looked for at which a cluster is sure to begin. Two flags in a row are four regional
# indicators that pair from the first on, so a scan that starts in the middle of them pairs them wrongly.
_MAX_LOOK_BACK_CODE_POINTS = 2_000


def grapheme_floor(text: str, index: int) -> int:
    """The last boundary between grapheme clusters (Unicode UAX 29) of `text` that is not after `index`.

    Falls back to `index` itself, a code-point boundary, inside a cluster of over 64 code points.
    """
    if index <= 0:
        return 0
    if index >= len(text):
        return len(text)
    start = _sure_start(text, index)
    floor = start
    for cluster in _CLUSTER.finditer(text, start, min(len(text), index + MAX_CLUSTER_CODE_POINTS)):
        if cluster.end() > index:
            floor = cluster.start()
            break
        floor = cluster.end()
    return floor if index - floor <= MAX_CLUSTER_CODE_POINTS else index


def _sure_start(text: str, index: int) -> int:
    """A place at or before `index` where a cluster begins: between two ASCII characters that are not CR LF."""
    lowest = max(0, index - _MAX_LOOK_BACK_CODE_POINTS)
    for place in range(index, lowest, -1):
        if text[place].isascii() and text[place - 1].isascii() and text[place - 1] != "\r":
            return place
    return lowest
