"""Bank accounts by checksum."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from processors.pii.patterns import checks
from processors.pii.spans import CHECKED

if TYPE_CHECKING:
    from processors.pii.page import Page

_LETTERS_AND_DIGITS = re.compile(rb"[A-Za-z0-9]+")
_COUNTRY_LETTERS = 2


def judge_iban(page: Page, start: int, end: int) -> int:
    """Note an IBAN that begins at `start`, in groups or without. Gives where the search goes on.

    Where it is none, the digits behind the two letters may be something else: the search goes on there.
    """
    raw = page.folded.raw
    country = raw[start : start + _COUNTRY_LETTERS].decode("ascii").upper()
    length = checks.IBAN_LENGTHS.get(country)
    if length is None:
        return start + _COUNTRY_LETTERS
    value, position = b"", start
    while len(value) < length:
        part = _LETTERS_AND_DIGITS.match(raw, position, position + length - len(value))
        if part is None:
            return start + _COUNTRY_LETTERS
        value += part.group()
        position = part.end()
        if len(value) < length and raw[position : position + 1] in (b" ", b"-"):
            position += 1
    if raw[position : position + 1].isalnum() or not checks.iban(value.decode("ascii")):
        return start + _COUNTRY_LETTERS
    page.found(start, position, "IBAN", CHECKED)
    return max(end, position)
