"""A change of a primary key: Debezium writes a delete and a create, and says in their headers that they are one.

Source: postgresql.adoc, "Primary key updates".
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from schemas.events import Operation
from schemas.sources.mapping.keys import key_text

if TYPE_CHECKING:
    from schemas.sources.base import SourceRecord
    from schemas.sources.debezium.change import RowChange

_NEW_KEY: Final = "__debezium.newkey"
_OLD_KEY: Final = "__debezium.oldkey"


def is_delete_half(change: RowChange, record: SourceRecord) -> bool:
    """Whether the record says that a row has gone which goes on under another key."""
    return change.operation is Operation.DELETE and record.header(_NEW_KEY) is not None


def old_key(change: RowChange, record: SourceRecord) -> str | None:
    """Return the key that the row had before, as a record id; None where the key has not changed.

    A header that cannot be read still says that it has: "" then.
    """
    header = record.header(_OLD_KEY)
    if header is None or change.operation is Operation.DELETE:
        return None
    return key_text(_parsed(header)) or ""


def _parsed(header: str) -> Any:
    try:
        value = json.loads(header)
    except (ValueError, RecursionError):
        return header
    if isinstance(value, dict) and value.keys() == {"schema", "payload"}:
        return value["payload"]
    return value
