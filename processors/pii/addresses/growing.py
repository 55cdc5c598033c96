"""From the first part of an address to its last: units, postcode, town and country that stand beside it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from processors.pii.addresses import parts, vocabulary

if TYPE_CHECKING:
    from collections.abc import Iterator

_MOST_PARTS = 8
_MOST_TOWN_LINES = 2
_BLANK_LINE = re.compile(r"[ \t]*\r?\n[ \t>]*\r?\n[ \t>]*")
_LEFT_VIEW = 48
_UNIT_LEFT = re.compile(rf"(?<![\w.])(?:{parts.UNIT.pattern})[ ]?,?{parts.GAP}(?:{parts.NAME},{parts.GAP})?\Z")
_NUMBER_LEFT = re.compile(rf"(?<![\w.,\-/#:])[0-9]{{1,6}}[A-Za-z]?[ ]?,?{parts.GAP}\Z")
_UNIT_WORD_LEFT = re.compile(rf"(?<![\w.]){parts.any_of(vocabulary.UNITS)}\.?[ ]\Z")  # Studio |95O, Brandon Courts
_HOUSE_LEFT = re.compile(rf"(?:\A|[:\n\"]|\b(?:at|is|to|in|from|of)[ ])[ ]?(?P<house>{parts.NAME},{parts.GAP})\Z")


class Grown(NamedTuple):
    """An address, as far as its parts go."""

    start: int
    end: int
    parts: int
    """How many parts were found beside the first."""
    placed: bool
    """A postcode is among them, or a state or country: nothing but an address has that."""


def grow(text: str, start: int, end: int) -> Grown:
    """Take in what stands beside the part `start` to `end` and belongs to the same address."""
    count, placed = 0, False
    for found, places in _to_the_right(text, end):
        end, count, placed = found, count + 1, placed or places
    first, units = _to_the_left(text, start)
    end -= text[end - 1] == "."  # of an abbreviation or of the sentence: no part of the value either way
    return Grown(first, end, count + units, placed)


def house_name_before(text: str, start: int) -> int:
    """Give where the name of a house begins that stands before a street without a number: "The Old Rectory, "."""
    first = max(0, start - _LEFT_VIEW)
    house = _HOUSE_LEFT.search(text[first:start])
    return start if house is None else first + house.start("house")


def _to_the_right(text: str, position: int) -> Iterator[tuple[int, bool]]:
    """Give the end of each part that follows, and whether it says where in the world that is."""
    for _ in range(_MOST_PARTS):
        separator = parts.SEPARATOR.match(text, position)
        at = position if separator is None else separator.end()
        if at == position:
            return
        found = _part(text, at)
        if found is None:
            return
        position = found[0]
        yield found


def _part(text: str, at: int) -> tuple[int, bool] | None:
    for pattern, places in (
        (parts.UNIT, False),
        (parts.POSTCODE_TOWN, True),
        (parts.DISTRICT_POSTCODE_TOWN, True),
        (parts.TOWN_POSTCODE, True),
        (parts.TOWN_STATE, True),
        (parts.COUNTRY, True),
    ):
        if (match := pattern.match(text, at)) is not None:
            return match.end(), places
    for _ in range(_MOST_TOWN_LINES):
        town = parts.TOWN_LINE.match(text, at)
        if town is None:
            return None
        blank = _BLANK_LINE.match(text, town.end())
        if blank is not None:
            country = parts.COUNTRY.match(text, blank.end())
            return None if country is None else (country.end(), True)
        separator = parts.SEPARATOR.match(text, town.end())
        at = town.end() if separator is None else separator.end()
        for pattern in (parts.POSTCODE_TOWN, parts.TOWN_POSTCODE, parts.POSTCODE, parts.COUNTRY):
            if (match := pattern.match(text, at)) is not None:
                return match.end(), True
    return None


def _to_the_left(text: str, start: int) -> tuple[int, int]:
    """Give where the address begins with the units before it, and how many these are."""
    units = 0
    for pattern in (_UNIT_LEFT, _NUMBER_LEFT, _UNIT_WORD_LEFT):
        first = max(0, start - _LEFT_VIEW)
        if (match := pattern.search(text[first:start])) is not None:
            start = first + match.start()
            units += pattern is _UNIT_LEFT
    return start, units
