"""What the native pass looks for before anybody reads words: five number words in a row, or an "at" of an address.

The words are those of the folded bytes, in which a letter of another script is one byte: a trigger may be too eager,
its recogniser decides on the text.
"""

from __future__ import annotations

from processors.pii.folding import fold
from processors.pii.patterns.engine import any_of
from processors.pii.spoken.numbers import TRIGGER_WORDS
from processors.pii.spoken.vocabulary import AT_ALONE, AT_WORDS, DOT_WORDS


def _words_of(words: tuple[str, ...] | frozenset[str]) -> bytes:
    """As `any_of`, where the words begin a word: to the engine, a letter of another script is none."""
    ours = frozenset(word for word in words if fold(word).raw[:1].isalpha() and fold(word).raw[0] < _FIRST_BEYOND_ASCII)
    others = frozenset(words) - ours
    return rb"(?:\b" + any_of(ours) + (b"|" + any_of(others) if others else b"") + b")"


_FIRST_BEYOND_ASCII = 0x80
_BETWEEN = rb"[ \t\n,.;:()/\-]{1,3}(?:(?:y|e|et) )?"
NUMBER_WORDS = (
    b"(?i:"
    + _words_of(TRIGGER_WORDS)
    + _BETWEEN
    + any_of(TRIGGER_WORDS)
    + _BETWEEN
    + b"(?:"
    + any_of(TRIGGER_WORDS)
    + rb"|[0-9]))"
)

_OPEN, _CLOSE = rb"[\[({<_*|][ \t]?", rb"[ \t]?[\])}>_*|]"
_NAME = rb"[a-z0-9\-]+"
AT = b"|".join(
    (
        b"(?i:" + _OPEN + b"(?:" + any_of(AT_WORDS + AT_ALONE) + b"|@)" + _CLOSE,  # ann(at)x.com
        _words_of(AT_ALONE),  # ann arroba x punto com
        rb"\b" + any_of(AT_WORDS) + b"(?:[ ]" + _NAME + rb"){1,4}(?:[ ]?[\[({]?[ ]?" + any_of(DOT_WORDS) + rb"\b",
        rb"\.[a-z]{2,12}\b)",  # ... at gmail.com: only where the words before say that it is one
        b"@[ ]?" + _NAME + rb"[ ]?[\[({ ][ ]?" + any_of(DOT_WORDS) + rb"\b",
        b"[ ]@[ ]" + _NAME + rb"[ ]?\.[ ]?[a-z]{2})",
    )
)
