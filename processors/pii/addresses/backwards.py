"""Reading a street backwards from its last word: name, and the house before it.

Patterns cannot be anchored at their end: searching for one that ends at a place tries each start before it. Going back
word by word reads each word once.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from processors.pii.addresses import parts

if TYPE_CHECKING:
    from collections.abc import Iterator

_VIEW = 90
_MOST_WORDS = 6
_MOST_CAPITALS = 3
_GAP = re.compile(r"[ \t]{0,2}(?:\r?\n[ \t>]{0,4})?")
_TOKEN = re.compile(r"[^\s>\"(\[{<:|=]+")
_WORD = re.compile(rf"{parts.WORD}\.?")
_CAPITAL = re.compile(parts.CAPITAL)
_NUMBER = re.compile(rf"{parts.NUMBER},?")
_LETTER = re.compile(r"[A-Za-z],?")
_LOWER = re.compile(r"[a-z][a-z'.\-]{1,19}|[0-9]{1,3}(?:st|nd|rd|th)|[nsew]")


class Named(NamedTuple):
    """A street's name that ends at a place: where it begins, and where its house does if a number stands before it."""

    start: int
    house: int | None
    words: tuple[str, ...]

    def __repr__(self) -> str:
        """Without the words."""
        return f"<Named {self.start}, house {self.house}>"


def name_before(text: str, at: int) -> Named | None:
    """Read the name that ends at `at` (blanks between) and the number before it."""
    words: list[str] = []
    start, capitals, first = at, 0, None
    for begin, token in _tokens(text, at):
        if capitals and _NUMBER.fullmatch(token):
            return Named(start, begin, tuple(words))
        if len(words) == _MOST_WORDS or not _WORD.fullmatch(token):
            break
        words.append(token)
        start = begin
        if _CAPITAL.match(token):
            capitals += 1
            if capitals <= _MOST_CAPITALS:
                first = start
    return Named(first, None, tuple(words)) if first is not None else None


def lower_name_before(text: str, at: int) -> Named | None:
    """As `name_before`, in lower case: one or two words and a number before them."""
    words: list[str] = []
    for begin, token in _tokens(text, at):
        if words and _NUMBER.fullmatch(token):
            return Named(begin, begin, tuple(words))
        if len(words) == _MOST_CAPITALS or not _LOWER.fullmatch(token):
            return None
        words.append(token)
    return None


def number_before(text: str, at: int) -> int | None:
    """Give where the number begins that ends at `at`: "12", "12 a", "12 bis,"."""
    for place, (begin, token) in enumerate(_tokens(text, at)):
        if _NUMBER.fullmatch(token):
            return begin
        if place or not (_LETTER.fullmatch(token) or token.lower().rstrip(",") in {"bis", "ter", "quater"}):
            return None
    return None


def house_before(text: str, at: int) -> int | None:
    """Give where a street begins that has a number on either side, or both: "462 Stubengraben 80", "Brisas 6802"."""
    number = number_before(text, at)
    name = name_before(text, at if number is None else number)
    if name is None:
        return None
    return name.house if name.house is not None or number is None else name.start


def _tokens(text: str, at: int) -> Iterator[tuple[int, str]]:
    """Give the words before `at`, the last first, for as long as no more than a blank or a line's end is between."""
    first = max(0, at - _VIEW)
    behind = at
    for token in reversed(list(_TOKEN.finditer(text, first, at))):
        # What stands in an angle bracket is a tag or a placeholder, never a word of a name.
        if (
            token.start() == first > 0
            or text[max(0, token.start() - 1) : token.start()] == "<"
            or not _GAP.fullmatch(text, token.end(), behind)
        ):
            return
        yield token.start(), token.group()
        behind = token.start()
