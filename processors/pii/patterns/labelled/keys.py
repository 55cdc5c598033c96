"""Keys and tokens behind a label: what is no word behind a sign, what looks random within a few words."""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING

from processors.pii.patterns.labelled import links
from processors.pii.patterns.labelled.births import DATE
from processors.pii.patterns.labelled.passwords import is_odd
from processors.pii.spans import CHECKED

if TYPE_CHECKING:
    from processors.pii.page import Page

_KEY = re.compile(r"[A-Za-z0-9+/=_\-.~:%]{8,2000}")
_KEY_GAP = re.compile(r"(?:[^\n<>]{0,40}?|[ \t]{0,4}\n)(?<![A-Za-z0-9+/=_\-.~])(?=[A-Za-z0-9+/=_\-.~]{16})")
_SOMETHING_ELSE = re.compile(
    r"commit|hash|sha|md5|checksum|digest|uuid|guid|request|trace|order|ticket|build|version|rev|branch|http|www|page|id\b"
)
_KEY_OF_SOMETHING_ELSE = re.compile(
    r"(?:idempotency|public|primary|foreign|cache|partition|sort|object|project|issue|host|registry|routing|row|answer)"
    r"[ _\-]?\Z"
)
# "License: BSD-3-clause", "Key: PROJ-123".
_OF_MANY_MEANINGS = frozenset({"key", "license", "licence"})
_KEY_VIEW = 16
_FEWEST_RANDOM_SIGNS, _FEWEST_RANDOM_DIGITS, _FEWEST_DIFFERENT = 16, 2, 8
_FEWEST_UNBROKEN = 10
_LONG_WORD, _NOT_ALPHANUMERIC = re.compile(r"[a-z]{20}|[A-Z]{20}"), re.compile(r"[^A-Za-z0-9]+")
_FILE = re.compile(r".*\.[a-z]{1,5}\Z", re.IGNORECASE)


def read_key(page: Page, start: int, end: int) -> bool:
    """Note a key or token: what is no word behind a sign, what looks random within a few words."""
    text, lower = page.folded.text, page.folded.lower
    if _KEY_OF_SOMETHING_ELSE.search(lower[max(0, start - _KEY_VIEW) : start]):
        return False
    announced = links.announced(lower, end)
    if announced is not None and announced.by_sign:
        at = announced.at + (text[announced.at : announced.at + 1] in ("'", '"', "`"))
        if _note_key(page, at, random=lower[start:end] in _OF_MANY_MEANINGS):
            return True
    for place in (end, links.answered(lower, end)):
        gap = None if place is None else _KEY_GAP.match(text, place)
        if gap is not None and _SOMETHING_ELSE.search(gap.group().lower()) is None:
            return _note_key(page, gap.end(), random=True)
    return False


def _note_key(page: Page, at: int, *, random: bool) -> bool:
    key = _KEY.match(page.folded.text, at)
    if key is None:
        return False
    value = key.group().rstrip(".:%")
    if not (_is_random(value) if random else is_odd(value)) or DATE.match(value.lower()):
        return False
    page.found(at, at + len(value), "SECRET", CHECKED)
    return True


def _is_random(value: str) -> bool:
    """Tell whether `value` is long and mixed enough to be no word, no date and no name of a file."""
    if len(value) < _FEWEST_RANDOM_SIGNS or _FILE.match(value) is not None:
        return False
    digits = sum(char.isdigit() for char in value) + (value.lower() != value != value.upper())
    parts = _NOT_ALPHANUMERIC.split(value)
    # Words between dashes are a name; groups of capitals and digits are a licence key.
    grouped = max(map(len, parts)) >= _FEWEST_UNBROKEN or (value.isupper() and "_" not in value)
    mixed = digits >= _FEWEST_RANDOM_DIGITS and len(set(value)) >= _FEWEST_DIFFERENT and grouped
    return (mixed and _LONG_WORD.search(value) is None) or _is_basic_authorization(value)


def _is_basic_authorization(value: str) -> bool:
    """Tell whether `value` is `user:password` in base64."""
    try:
        return b":" in base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return False
