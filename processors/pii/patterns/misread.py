"""Phones that a scanner has misread: "+44 7873 8543Ol", "2l2-883-O58l", with letters that look like digits."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from processors.pii.folding import is_edge
from processors.pii.patterns import cues
from processors.pii.patterns.phones import cued_phone_key, phone_key
from processors.pii.spans import KNOWN, SHAPED

if TYPE_CHECKING:
    from processors.pii.page import Page

MISREAD = rb"[0-9][ .\-)]?[OoIl|][ .\-]?[0-9OoIl|]|[OoIl|][ .\-()]?[0-9][0-9OoIl|]"
"""Where a digit and a letter that looks like one stand beside one another."""

_LOOKS = str.maketrans("OoIl|", "00111")
_VIEW = 24
_OF_NUMBER = frozenset("0123456789OoIl|+() .-/")
_RIGHT = re.compile(r"[0-9OoIl|+() .\-/]{0,24}+")
_GROUP = re.compile(r"(?P<number>(?:\+[lI|]|[+(]{0,2}[OoIl|]{0,3}[0-9])(?:[0-9OoIl|./)\-]{0,20}[0-9OoIl|])?)|[^ ]+")
_DIGIT = re.compile(r"[0-9OoIl|]")
_FEWEST_DIGITS, _MOST_DIGITS = 8, 15
_MOST_LETTERS = 0.5


def judge_misread(page: Page, start: int, end: int) -> int:
    """Note a phone that reads as one once its letters are digits, and that the words before call one."""
    first, last = _number(page.folded.text, start, end)
    text = page.folded.text[first:last]
    digits = "".join(_DIGIT.findall(text))
    letters = sum(1 for digit in digits if not digit.isdigit())
    if not _FEWEST_DIGITS <= len(digits) <= _MOST_DIGITS or letters > _MOST_LETTERS * len(digits):
        return end
    plus, read = "+" in text, digits.translate(_LOOKS)
    if page.known_phones and (known := page.known_phones.covering(read, plus=plus)) is not None:
        page.found(first, last, "PHONE", KNOWN, known.key_of(read))
        return last
    if plus or cues.phone_follows(page.folded.lower, first):
        key = page.phone_key(phone_key, text.translate(_LOOKS)) or page.phone_key(cued_phone_key, read)
        if key is not None:
            page.found(first, last, "PHONE", SHAPED, key)
            return last
    return end


def _number(text: str, start: int, end: int) -> tuple[int, int]:
    """Widen a candidate to all of the number; nothing (a span of no length) where it is part of a word or a code."""
    first = start
    while first > 0 and start - first < _VIEW and text[first - 1] in _OF_NUMBER:
        first -= 1
    right = _RIGHT.match(text, end)
    last = end if right is None else right.end()
    # "Tel 2l2 ... Item": what has no digit of its own is the end or the beginning of the word beside.
    groups = [group for group in _GROUP.finditer(text, first, last) if group["number"]]
    if not groups or not is_edge(text, groups[0].start() - 1) or not is_edge(text, groups[-1].end()):
        return start, start
    return groups[0].start(), groups[-1].end()
