"""Debezium's stand-in for a large value that did not change and was not sent, in every form that it takes.

Source: UnchangedToastedPlaceholder.java and PostgresValueConverter.java of debezium/debezium, and the option
`binary.handling.mode`. It is not the value, and must never be read as one: a customer's transcript would "become" it.
"""

from __future__ import annotations

import base64
import hashlib
import json
import uuid
from collections.abc import Mapping
from typing import Any, Final

_TEXT: Final = "__debezium_unavailable_value"
_BYTES: Final = _TEXT.encode()
# Java's UUID.nameUUIDFromBytes: an MD5 with the bits of version 3.
_UUID: Final = str(uuid.UUID(bytes=hashlib.md5(_BYTES, usedforsecurity=False).digest(), version=3))
_TEXTS: Final = frozenset(
    {
        _TEXT,
        base64.b64encode(_BYTES).decode(),
        base64.urlsafe_b64encode(_BYTES).decode(),
        base64.b64encode(_BYTES).decode().rstrip("="),
        _BYTES.hex(),
        _BYTES.hex().upper(),
        _UUID,
        json.dumps({_TEXT: _TEXT}),
        json.dumps({_TEXT: _TEXT}, separators=(",", ":")),
        json.dumps([_TEXT]),
    }
)
_NUMBERS: Final = list(_BYTES)
_MAX_DEPTH: Final = 8


def is_unavailable(value: Any, depth: int = 0) -> bool:
    """Whether `value` is the stand-in: as text, bytes, base64, hex, JSON, UUID, or within an array or a map.

    An array of numbers stands for it with a number for each of its bytes.
    """
    if isinstance(value, str):
        return value in _TEXTS
    if isinstance(value, bytes):
        return value == _BYTES
    if isinstance(value, list) and depth < _MAX_DEPTH:
        return value == _NUMBERS or any(is_unavailable(item, depth + 1) for item in value)
    if isinstance(value, Mapping) and depth < _MAX_DEPTH:
        return _TEXT in value or any(is_unavailable(item, depth + 1) for item in value.values())
    return False
