"""Records of Debezium that tell of no row: recognised by what they hold, because their topics can be renamed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

_HEARTBEAT_TOPIC: Final = "__debezium-heartbeat"
_TRANSACTION_STATES: Final = frozenset({"BEGIN", "END"})
_SIGNALS: Final = frozenset(
    {"execute-snapshot", "stop-snapshot", "pause-snapshot", "resume-snapshot", "snapshot-window-open"}
    | {"snapshot-window-close", "log", "schema-changes", "set-offsets"}
)


def control_kind(value: Any, topic: str) -> str | None:
    """Return which kind of control record this is ("heartbeat", "transaction", ...), None if it is none.

    A table that the connector is told what to do through counts as well, as do the connector's own notifications.
    """
    if not isinstance(value, Mapping):
        return None
    if topic.startswith(_HEARTBEAT_TOPIC) and "ts_ms" in value:
        return "heartbeat"
    return next((kind for kind, recognises in _KINDS if recognises(value)), None)


def is_debezium(value: Any) -> bool:
    """Whether a value looks like one of Debezium's: an envelope, or a control record that nobody else writes."""
    if not isinstance(value, Mapping):
        return False
    envelope = "op" in value and "source" in value
    return envelope or any(name.startswith("__") for name in value) or control_kind(value, "") is not None


def _is_heartbeat(value: Mapping[str, Any]) -> bool:
    return value.keys() == {"ts_ms"}


def _is_transaction(value: Mapping[str, Any]) -> bool:
    return _text(value.get("status")) in _TRANSACTION_STATES and {"id", "data_collections"} <= value.keys()


def _is_schema_change(value: Mapping[str, Any]) -> bool:
    return "ddl" in value and ("databaseName" in value or "tableChanges" in value)


def _is_notification(value: Mapping[str, Any]) -> bool:
    """Avro's names have underscores, JSON's have capitals."""
    return {"aggregate_type", "additional_data"} <= value.keys() or {"aggregateType", "additionalData"} <= value.keys()


def _has_operation(operation: str) -> Callable[[Mapping[str, Any]], bool]:
    return lambda value: value.get("op") == operation and not isinstance(value.get("after"), Mapping)


def _is_signal(row: Any) -> bool:
    return isinstance(row, Mapping) and row.keys() == {"id", "type", "data"} and _text(row["type"]) in _SIGNALS


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


_KINDS: Final[tuple[tuple[str, Callable[[Mapping[str, Any]], bool]], ...]] = (
    ("truncate", _has_operation("t")),
    ("message", _has_operation("m")),
    ("heartbeat", _is_heartbeat),
    ("transaction", _is_transaction),
    ("schema_change", _is_schema_change),
    ("notification", _is_notification),
    ("signal", lambda value: _is_signal(value) or _is_signal(value.get("after"))),
)
