"""Addresses and postcodes that a form, a JSON field or a sentence calls by that name."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from processors.pii.addresses import parts, triggers, vocabulary
from processors.pii.addresses.growing import grow
from processors.pii.spans import SHAPED

if TYPE_CHECKING:
    from processors.pii.page import Page

# Between the colon, or the "is", that the trigger ends in and the value.
_LINK = re.compile(r"(?:[ ]?:)?[ \t]{0,8}\n?[ \t>*|]{0,8}[\"']?")
_NAMES_TOWN = re.compile(triggers.TOWN_LABEL.decode())
_TOWN_BEHIND = re.compile(rf"[ \t]{{1,2}}{parts.TOWN}")
_NO_POSTAL_LABEL = re.compile(
    r"(?:ip|e-?mail|mail|mac|web|url|wallet|btc|eth|site|memory|network|ipv[46]|return|smtp|http)[ _\-]?\Z"
)
_ANY_WORD = rf"(?:[^\W\d_][\w'.\-]{{0,29}}|{parts.CAPITAL})"
_NO_TIME = r"(?![0-9]{1,2}[ ]?(?i:am|pm|a\.m|p\.m|uhr|h|cet|utc|gmt|est|pst)(?!\w))"
_VALUE = re.compile(rf"{_NO_TIME}(?:{parts.NUMBER},?[ ])?{_ANY_WORD}(?:[ ]{_ANY_WORD}){{0,5}}(?:,?[ ]{parts.NUMBER})?")
# "Address: line 5", "lives at 5 pm": a name has a capital and three letters.
_NAMED = re.compile(r"(?<!\w)[^\W\d_a-z][\w'.\-]{2,}")
_POSTCODE_VALUE = re.compile(
    rf"(?:[A-Z]{{1,2}}-)?[0-9][0-9A-Z]{{2,4}}(?:[ \-]?[0-9A-Z]{{2,4}})?(?![\w.])|{vocabulary.BRITISH_POSTCODE}(?!\w)"
)


def judge_postcode_label(page: Page, start: int, end: int) -> int:
    """Note a postcode that a label names. The trigger ends in its first character."""
    text = page.folded.text
    code = _POSTCODE_VALUE.match(text, end - 1)
    if code is None or text[max(0, start - 1) : start] in {".", "-", "/"}:
        return end
    town = _TOWN_BEHIND.match(text, code.end()) if _NAMES_TOWN.search(text, start, end) is not None else None
    last = code.end() if town is None else town.end()
    page.found(code.start(), last, "ADDRESS", SHAPED)
    return max(end, last)


def judge_label(page: Page, start: int, end: int) -> int:
    """Note what a label calls an address. The trigger ends behind the colon, or what stands for it."""
    link = _LINK.match(page.folded.text, end)
    return _judge_value(page, start, end, end if link is None else link.end())


def judge_phrase(page: Page, start: int, end: int) -> int:
    """Note what words such as "lives at" call an address. The trigger ends in its first character."""
    return _judge_value(page, start, end, end - 1)


def _judge_value(page: Page, start: int, end: int, begin: int) -> int:
    """Note the value that begins at `begin`, if it looks like an address at all: words, and a number beside them."""
    text, lower = page.folded.text, page.folded.lower
    value = _VALUE.match(text, begin)
    if value is None or _NO_POSTAL_LABEL.search(lower[max(0, start - 12) : start]) is not None:
        return end
    grown = grow(text, value.start(), value.end())
    last = text[grown.end : grown.end + 1]
    numbered = any(char.isdigit() for char in value.group())
    if not numbered or _NAMED.search(value.group()) is None or last in {"@", "/", "_", "="}:
        return end
    page.found(value.start(), grown.end, "ADDRESS", SHAPED)
    return end
