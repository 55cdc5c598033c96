"""Dates of birth: any date, behind a word that says that somebody was born. All other dates stay."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from processors.pii.folding import fold
from processors.pii.patterns.labelled import links
from processors.pii.patterns.labelled.words import MONTHS
from processors.pii.spans import CHECKED

if TYPE_CHECKING:
    from processors.pii.page import Page

_NAMES = "|".join(sorted({fold(name).lower for name in MONTHS.split("|")}, key=len, reverse=True))
_MONTH = rf"(?:{_NAMES})(?![^\W\d_])\.?"
_YEAR = r"(?:(?:18|19|20)[0-9]{2}|'?[0-9]{2})(?![0-9])"
_DAY = r"(?:0?[1-9]|[12][0-9]|3[01])(?![0-9])"
_NUMBER = r"(?:0?[1-9]|1[0-2])(?![0-9])"
_OF = r"(?:[ ,.\-/]|\b(?:de|del|of|the)\b){0,6}+"
_UNITS = "one|two|three|four|five|six|seven|eight|nine"
_TENS = "twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety"
_TEENS = "ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen"
_ORDINALS = (
    "first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|eleventh|twelfth|thirteenth|fourteenth|fifteenth|"
    "sixteenth|seventeenth|eighteenth|nineteenth|twentieth|thirtieth"
)
_SPOKEN_DAY = rf"(?:the )?(?:(?:twenty|thirty)[ \-])?(?:{_ORDINALS}|(?<=y[ \-])(?:{_UNITS}))"
_SPOKEN_YEAR = (
    rf"(?:nineteen|twenty)(?:[ \-](?:hundred|oh|o|{_TENS}|{_TEENS}|{_UNITS})(?![a-z])){{1,3}}"
    rf"|two thousand(?: and)?(?: (?:{_TEENS}|{_UNITS}|twenty)(?![a-z])){{0,2}}"
)
# As speech recognition writes it: "the third of april nineteen eighty two".
SPOKEN = rf"(?:{_SPOKEN_DAY} (?:of )?{_MONTH}|{_MONTH} {_SPOKEN_DAY})(?:[ ,]{{1,2}}(?:{_SPOKEN_YEAR}|{_YEAR}))?"
DATE = re.compile(
    rf"(?:[0-9]{{4}}\s?[年년/.\-]\s?{_NUMBER}\s?[月월/.\-]\s?{_DAY}[日일]?"
    rf"|(?:{_DAY}(?P<joint>[/.\-]|\. | / | - | ){_NUMBER}|{_NUMBER}(?P<other>[/.\-]| / | - | ){_DAY})"
    rf"(?:(?P=joint)|(?P=other)){_YEAR}"
    rf"|(?:{_DAY}(?:st|nd|rd|th|er|o|ª|º|°|\.)?{_OF}{_MONTH}|{_MONTH}{_OF}{_DAY}(?:st|nd|rd|th)?)(?:{_OF}{_YEAR})?"
    rf"|{_MONTH}{_OF}(?:18|19|20)[0-9]{{2}}(?![0-9])"
    rf"|{SPOKEN}"
    rf"|(?:(?:0[1-9]|[12][0-9]|3[01])(?:0[1-9]|1[0-2])|(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01]))(?:19|20)[0-9]{{2}}(?![0-9])"
    rf"|(?:19|20)[0-9]{{2}}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])(?![0-9]))"
)
"""A date in any order and many languages, at the place where it is matched. Folded, lower case."""

_GAP = re.compile(r"[^<>\n0-9!?;]{0,40}+")
_DATE_IN_WORDS = re.compile(rf"(?<![^\W\d_])(?:{_MONTH}|{_SPOKEN_DAY} )")
# What is dated there is something else than the birth that was spoken of.
_SOMETHING_ELSE = re.compile(
    r"sale|ends|until|gift|voucher|rabatt|gultig|bis\b|offer|party|celebrat|see you|issued|expir|since|contract|"
    r"vertrag|register|joined|member|order|invoice|company|product|founded|\. [a-z]"
)
_TO_LABEL = re.compile(r"\s?[(\[,\-]{1,2}\s?")
_AND = re.compile(r"\s?(?:to|instead of|not|->|→|statt|nicht|au lieu du|en lugar de)\s")
_ARTICLE = "the "
_OPENERS = ("(", "[", ",", "-")
_MOST_BACK = 32


def read(page: Page, start: int, end: int) -> bool:
    """Note the date of birth that a label at `start` to `end` speaks of: behind it, in the answer, or before it."""
    lower = page.folded.lower
    return any(_note(page, DATE.match(lower, at)) for at in _places(lower, end)) or _note_before(page, start)


def _places(lower: str, end: int) -> list[int]:
    """Give where a date may begin: at once, in the answer, or within a few words that speak of nothing else."""
    places = list(links.places(lower, end))
    for at in (end, *places[1:2]):
        gap = _GAP.match(lower, at)
        if gap is None or _SOMETHING_ELSE.search(gap.group()) is not None:
            continue
        in_words = _DATE_IN_WORDS.search(lower, at, gap.end())
        places += (gap.end(),) if in_words is None else (gap.end(), in_words.start())
    return places


def _note_before(page: Page, start: int) -> bool:
    """Note the date of `12/28/77 (DOB)`."""
    lower = page.folded.lower
    if not lower[max(0, start - 2) : start].strip().endswith(_OPENERS):
        return False
    dates = DATE.finditer(lower, max(0, start - _MOST_BACK), start)
    return any(_note(page, date) for date in dates if _TO_LABEL.fullmatch(lower, date.end(), start) is not None)


def _note(page: Page, date: re.Match[str] | None) -> bool:
    if date is None:
        return False
    lower = page.folded.lower
    # "the third of april" was read as a link and a date.
    spoken = date.group()[0].isalpha() and lower.endswith(_ARTICLE, 0, date.start())
    start = date.start() - len(_ARTICLE) if spoken else date.start()
    page.found(start, date.end(), "DATE_OF_BIRTH", CHECKED)
    # "changed from 04/17/1988 to 04/18/1988"
    other = _AND.match(lower, date.end())
    if other is not None:
        _note(page, DATE.match(lower, other.end()))
    return True
