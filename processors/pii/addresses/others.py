"""Addresses that are told by a box, a unit, a military post office, a corner or a British postcode."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from processors.pii.addresses import parts, vocabulary
from processors.pii.addresses.backwards import house_before
from processors.pii.addresses.growing import grow
from processors.pii.patterns import cues
from processors.pii.spans import CHECKED, SHAPED

if TYPE_CHECKING:
    from processors.pii.page import Page

_VIEW = 90
_MILITARY_BEFORE = re.compile(
    r"(?<!\w)(?:(?:PSC|CMR|Unit|UNIT|psc|unit|cmr)[ ][0-9]{1,5},?[ ](?:Box|BOX|box)[ ][0-9]{1,6}|"
    rf"(?i:USS|USNS|USNV|USCGC|HMS)[ ]{parts.CAPITAL}(?:[ ]{parts.CAPITAL})?),?[ \t]?\n?[ \t>]{{0,6}}\Z"
)
_CORNER = re.compile(
    rf"(?:{parts.NUMBER}[ ])?(?P<one>{parts.NAME}(?:[ ][0-9]{{1,4}})?)[ ](?:and|&)[ ]"
    rf"(?P<other>{parts.CAPITAL}(?:[ ]{parts.WORD}){{0,4}})"
)
_UK_AREA = frozenset(vocabulary.UK_AREAS)
_STATES = frozenset(vocabulary.US_STATES)
_AREA = re.compile(r"[A-Z]{1,3}")
_TITLE = re.compile(r"(?<!\w)[A-Z][a-z]{2,}[a-z'\-]*,?\s{1,2}\Z")
_HOUSE = rf"(?:{parts.NUMBER},?[ ]|{parts.UNIT.pattern}(?:,?{parts.GAP}|,))"
_SEGMENTS_BEFORE = re.compile(
    rf"(?<![\w'.#])(?P<house>{_HOUSE}(?:{_HOUSE})?)?{parts.NAME},?{parts.GAP}(?:{parts.NAME},?{parts.GAP}){{0,4}}\Z"
)
_STREET_WORD = re.compile(rf"(?<!\w){parts.any_of(vocabulary.BEHIND + vocabulary.BEHIND_DOUBTFUL)}(?!\w)")


def judge_unit(page: Page, start: int, end: int) -> int:
    """Note a home by its unit and what stands before it: "462 Stubengraben 80 Apt. 608"."""
    text = page.folded.text
    unit = parts.UNIT.match(text, start)
    if unit is None:
        return end
    name = house_before(text, start)
    grown = grow(text, start if name is None else name, unit.end())
    if name is not None or grown.parts or text[start:end].lower().startswith(vocabulary.UNITS_ALONE):
        page.found(grown.start, grown.end, "ADDRESS", SHAPED)
        return max(end, grown.end)
    return end


def judge_box(page: Page, start: int, end: int) -> int:
    """Note a post office box with its number, and the place behind it."""
    grown = grow(page.folded.text, start, end)
    page.found(grown.start, grown.end, "ADDRESS", CHECKED)
    return max(end, grown.end)


def judge_military(page: Page, start: int, end: int) -> int:
    """Note mail to a unit or a ship: "PSC 3294, Box 9168", and "APO AA 61487" on the next line."""
    text = page.folded.text
    first = max(0, start - _VIEW)
    box = _MILITARY_BEFORE.search(text[first:start])
    page.found(start if box is None else first + box.start(), end, "ADDRESS", CHECKED)
    return end


def judge_corner(page: Page, start: int, end: int) -> int:
    """Note a corner of two streets."""
    corner = _CORNER.match(page.folded.text, end)
    if corner is None:
        return end
    grown = grow(page.folded.text, start, corner.end())
    page.found(grown.start, grown.end, "ADDRESS", SHAPED)
    return grown.end


def judge_postcode_behind(page: Page, start: int, end: int) -> int:
    """Note a postcode that closes an address, with the town, street and house before it: "..., Leeds LS1 4DY".

    It needs a house or a word for a street; a British one with its town counts alone, for it means a dozen houses.
    """
    text = page.folded.text
    area = _AREA.match(text, start)
    british = text[end - 1].isalpha()
    if area is None or area.group() not in (_UK_AREA if british else _STATES):
        return end
    if cues.reference_follows(page.folded.lower, start):
        return end
    segments = _segments_before(text, start)
    if segments is not None:
        page.found(segments, end, "ADDRESS", CHECKED)
    elif british and _TITLE.search(text, max(0, start - _VIEW), start) is not None:
        page.found(start, end, "ADDRESS", SHAPED)
    return end


def _segments_before(text: str, start: int) -> int | None:
    """Give where the address begins that goes on at `start`: at its house, or at a street that needs none."""
    first = max(0, start - _VIEW)
    street: int | None = None
    for segments in _SEGMENTS_BEFORE.finditer(text, first, start):
        if segments["house"] is not None:
            return segments.start()
        if street is None and _STREET_WORD.search(segments.group()) is not None:
            street = segments.start()
    return street
