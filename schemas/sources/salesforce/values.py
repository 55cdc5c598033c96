"""Values of Salesforce's fields, as a person reads them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from schemas.connect.calendar import iso_date
from schemas.text.html import without_markup
from schemas.text.times import iso_utc

_MS_A_DAY: Final = 86_400_000
_DATE: Final = re.compile(r"date(?:__p?c)?\Z", re.IGNORECASE)
_TIME: Final = re.compile(r"(?:time|stamp)(?:__p?c)?\Z", re.IGNORECASE)
_EARLIEST_TIME: Final = 100_000_000_000
"""March 1973. A smaller number in a field called a time is a time of day or a duration."""
_EXACT: Final = 2**53
"""Up to here a double holds every whole number."""
_DIFF_BEGINS: Final = re.compile(r"--- ?\n\+\+\+ [0-9a-f]{64}\s*\n@@")


def is_difference(value: Any) -> bool:
    """Whether a value is only what changed in a long text, as a unified diff under the text's hash.

    Salesforce may send it in place of a text of 1,000 characters or more; the Streaming API wraps it. It is not the
    text, and a reader would take what was deleted for what the customer says.
    """
    if isinstance(value, Mapping):
        return value.keys() == {"diff"}
    return isinstance(value, str) and _DIFF_BEGINS.match(value) is not None


def told(name: str, value: Any) -> Any:
    """Return a value in words: rich text as its text, counts of milliseconds as ISO 8601 where a time is meant.

    Pub/Sub API and connectors count, the Streaming API writes ISO 8601, and neither says which fields are times.
    Midnight is told as a date: fields that hold only a date come so.
    """
    if isinstance(value, str):
        return without_markup(value)
    if isinstance(value, float | Decimal) and -_EXACT < value < _EXACT and value == int(value):
        # 40000.0 in one form is 40000 in another.
        return int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not _is_time(name, value):
        return value
    days, rest = divmod(value, _MS_A_DAY)
    return str(iso_utc(value)) if rest else iso_date(days)


def _is_time(name: str, count: int) -> bool:
    if _DATE.search(name):
        return abs(count) >= _MS_A_DAY
    return _TIME.search(name) is not None and count >= _EARLIEST_TIME
