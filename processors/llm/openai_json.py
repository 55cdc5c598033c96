"""What can be made of a provider's bytes, which may be anything: JSON as lenient as can be, words, counts, texts.

Answers are paid for. Compatible servers fill the fields beside the answer as they like, and none of that is worth
throwing one away; so nothing here raises, and what makes no sense is None, empty or 0.
"""

from __future__ import annotations

import json
import re
from typing import Any, Final

import msgspec

from schemas.text import clean_text

_PLAIN: Final = re.compile(r"[A-Za-z0-9_.:/-]{1,128}")
# No call uses more; and a counter, a long column and a price can all hold a few of it.
_MOST_TOKENS: Final = 1_000_000_000
_TEXT_PARTS: Final = frozenset({"text", "output_text"})


def read_json(content: bytes) -> Any:
    """Parse `content`; None for what is no JSON, or is nested deeper than any answer.

    What strict JSON forbids and Python's own writer produces all the same is read: half an emoji (a lone surrogate),
    NaN, a byte order mark; so are bytes that are not UTF-8, at the price of a character each.
    """
    try:
        return msgspec.json.decode(content)
    except RecursionError:
        return None
    except (msgspec.DecodeError, UnicodeDecodeError):
        pass
    try:
        return json.loads(content.decode("utf-8-sig", "replace"))
    except (ValueError, RecursionError):
        return None


def field_of(value: Any, name: str) -> Any:
    """Take `name` out of what may be an object."""
    return value.get(name) if isinstance(value, dict) else None


def plain(word: Any) -> str | None:
    """Pass on what looks like an identifier; anything else may be quoted text and is dropped."""
    return word if isinstance(word, str) and _PLAIN.fullmatch(word) else None


def count_of(value: Any) -> int:
    """Read a number of tokens; some servers write 10.0, null or a negative one."""
    is_count = isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= _MOST_TOKENS
    return int(value) if is_count else 0


def text_of(content: Any) -> str | None:
    """Read a text, or one in parts (a list of `{"type": "text", "text": ...}`); None if there is none."""
    if isinstance(content, str):
        return clean_text(content)
    parts = content if isinstance(content, list) else ()
    texts = [part["text"] for part in parts if _is_text(part)]
    return clean_text("".join(texts)) if texts else None


def refusal_of(message: Any) -> str | None:
    """Read why the model said no, in a field of its own or as a part of the content; None if it did not."""
    refusal, content = field_of(message, "refusal"), field_of(message, "content")
    parts = content if isinstance(content, list) else ()
    for told in (refusal, *(field_of(part, "refusal") for part in parts)):
        if isinstance(told, str) and told.strip():
            return clean_text(told)
    return None


def _is_text(part: Any) -> bool:
    # Others are no answer: a model's thinking, an image, a refusal.
    return field_of(part, "type") in _TEXT_PARTS and isinstance(field_of(part, "text"), str)
