"""Text that every system downstream can hold, and the change event made of it."""

from __future__ import annotations

import re
from enum import Enum
from typing import Any

import msgspec

# PostgreSQL refuses NUL in any text ("invalid byte sequence for encoding UTF8: 0x00"), which fails the sink's whole
# batch; UTF-8 has no lone surrogates, so that fastavro, the tokenizer and the provider's client raise on them. Both
# come out of valid JSON ("\u0000", "\ud83d").
_UNHOLDABLE = re.compile("[\x00\ud800-\udfff]")


def clean_text(text: str) -> str:
    """Replace each NUL and each lone surrogate by U+FFFD; the length in code points stays the same."""
    # Nearly every text is clean. The pattern takes 20 ms to say so of 5 MB, and nothing else runs meanwhile.
    return text if "\0" not in text and _is_utf_8(text) else _UNHOLDABLE.sub("\ufffd", text)


def _is_utf_8(text: str) -> bool:
    try:
        return text.isascii() or bool(text.encode())
    except UnicodeEncodeError:  # a lone surrogate
        return False


def clean_value(value: Any) -> Any:
    """Turn structs into plain dicts, lists and scalars as fastavro writes them, with every string cleaned.

    Tuples become lists: fastavro takes a tuple in a union for (branch name, value).
    """
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, msgspec.Struct):
        return {name: clean_value(getattr(value, name)) for name in value.__struct_fields__}
    if isinstance(value, dict):
        return {clean_text(key): clean_value(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [clean_value(item) for item in value]
    return value
