"""The key of a row as the id of a record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from schemas.connect.shapes import decimal_by_shape
from schemas.text.json_values import scalar_text


def key_text(key: Any) -> str | None:
    """Return a key as text: the value of its one column, or of all of them as "7/42"; None where a part is missing.

    Within several, `/` and `%` are percent-encoded, so that no two keys have one text. Binary keys are told in hex.
    """
    if not isinstance(key, Mapping):
        return _part(key)
    parts = [_part(value) for value in key.values()]
    if not parts or any(part is None for part in parts):
        return None
    if len(parts) == 1:
        return parts[0]
    return "/".join((part or "").replace("%", "%25").replace("/", "%2F") for part in parts)


def _part(value: Any) -> str | None:
    value = decimal_by_shape(value)
    text = value.hex() if isinstance(value, bytes) else scalar_text(value)
    return text if text and text.strip() else None
