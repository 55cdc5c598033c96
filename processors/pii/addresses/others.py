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
_TITLE = re.compile(r"(?<!\w)[A-Z][a-z]{2,}[a-z'\-]*,?\s{1,2}\Z")
_UK_AREA = frozenset(vocabulary.UK_AREAS)
_UK_BEFORE = re.compile(rf"(?:(?<![\w'])(?:{parts.NUMBER}[ ])?{parts.NAME},?{parts.GAP}){{1,5}}\Z")


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


def judge_uk_postcode(page: Page, start: int, end: int) -> int:
    """Note a British postcode with the town, street and house before it."""
    text = page.folded.text
    area = re.match(r"[A-Z]{1,2}", text[start:end])
    if area is None or area.group() not in _UK_AREA:
        return end
    first = max(0, start - _VIEW)
    before = _UK_BEFORE.search(text[first:start])
    if before is None or cues.reference_follows(page.folded.lower, start):
        return end
    segments = before.group()
    street = re.search(rf"[0-9]|(?<!\w){parts.any_of(vocabulary.BEHIND + vocabulary.BEHIND_DOUBTFUL)}(?!\w)", segments)
    begin = first + before.start() if street is not None else start
    if street is None and not _TITLE.search(segments):
        return end
    page.found(begin, end, "ADDRESS", CHECKED if street is not None else SHAPED)
    return end
