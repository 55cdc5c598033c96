"""A cheap sign that a text speaks to the model instead of to a person. It flags; nothing is ever dropped for it."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import TYPE_CHECKING, Any

import re2

from processors.kinds.injection_phrases import PATTERNS

if TYPE_CHECKING:
    from collections.abc import Iterable

# Scanned of one text. An injection that starts later is also far from what a budget keeps.
_MAX_CODE_POINTS = 200_000

# Letters of no width, soft hyphens and marks of direction, set between the letters of a word to hide it. One table
# for `translate`: a search for each would cost more than the patterns.
_INVISIBLE = dict.fromkeys((0xAD, 0x34F, 0x61C, 0x180E, 0xFEFF, *range(0x200B, 0x2010), *range(0x202A, 0x202F)))
_INVISIBLE.update(dict.fromkeys((*range(0x2060, 0x2070), *range(0xFE00, 0xFE10))))

# Tag characters are an invisible copy of ASCII: models read them, people cannot. Rightly they only follow a black flag.
_HIDDEN_TAGS = re.compile("(?<![\U0001f3f4\U000e0020-\U000e007f])[\U000e0020-\U000e007e]{2}")

_LONE_SURROGATES = re.compile("[\ud800-\udfff]+")


def injection_suspected(texts: Iterable[str]) -> bool:
    """Whether any of `texts` looks like an attempt to instruct the model.

    A few dozen phrases in the languages that CRMs hold most, after the usual disguises (letters of no width, full-width
    letters, line breaks) are undone. What it misses meets the other defences: text only ever stands as delimited data,
    enums are closed, strings capped. What it flags wrongly costs a flag.
    """
    return any(_suspected(text[:_MAX_CODE_POINTS]) for text in texts if text)


def _suspected(text: str) -> bool:
    if not text.isascii():
        if _HIDDEN_TAGS.search(text):
            return True
        # RE2 takes UTF-8, which has no lone surrogates.
        text = unicodedata.normalize("NFKC", _LONE_SURROGATES.sub(" ", text).translate(_INVISIBLE))
    return _matcher().search(text) is not None


@cache
def _matcher() -> Any:
    """One RE2 program for all patterns: one pass, linear whatever the text is. Compiled at first use."""
    options = re2.Options()
    options.case_sensitive = False
    options.max_mem = 64 << 20  # the default of 8 MB makes it fall back to a slow mode on long texts
    options.log_errors = False
    return re2.compile("|".join(f"(?:{pattern})" for pattern in PATTERNS), options)
