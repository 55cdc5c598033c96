"""What a value means that Kafka Connect names a type for: decimals, times, JSON, bits.

Sources: the type tables of Debezium's documentation (postgresql.adoc, mysql.adoc, sqlserver.adoc, oracle.adoc), the
logical types of Kafka Connect (org.apache.kafka.connect.data) and of Avro's specification. Each is told in the form in
which a person writes it down, with every digit: a decimal as decimal text, a time as ISO 8601.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Mapping
from decimal import Context, Decimal
from typing import Any, Final

from schemas.connect.calendar import (
    INFINITY,
    NEGATIVE_INFINITY,
    SECOND_MS,
    SECOND_NS,
    SECOND_US,
    iso_date,
    iso_duration,
    iso_time,
    iso_timestamp,
)

__all__ = ["INFINITY", "NEGATIVE_INFINITY", "Meaning", "meaning", "variable_decimal"]

Meaning = Callable[[Any], Any]
"""Turns a value as it was written into the value that is meant. Never raises: what does not fit its type stays."""

# PostgreSQL allows 16,383 digits behind the point. More would be zeros out of nothing.
_LARGEST_SCALE: Final = 20_000
_UNBOUNDED: Final = Context(prec=100_000)
_LONGEST_JSON: Final = 1_000_000


def meaning(name: str, parameters: Mapping[str, Any]) -> Meaning | None:
    """Return what a type of that name does to its values; None where they are what they seem.

    `name` is a Connect name ("io.debezium.time.Date") or a logical type of Avro ("timestamp-micros"), `parameters` the
    type's, such as its scale.
    """
    if name in _DECIMALS:
        return functools.partial(_decimal, scale=_int(parameters.get("scale")))
    if name == "io.debezium.data.Bits":
        return functools.partial(_bits, length=_int(parameters.get("length")))
    return _MEANINGS.get(name)


def decimal_text(data: bytes, scale: int) -> str | None:
    """Return the big-endian two's complement `data` over 10**scale in plain digits; None for a scale beyond reason."""
    if abs(scale) > _LARGEST_SCALE or len(data) > _LARGEST_SCALE:
        return None
    return format(Decimal(int.from_bytes(data, "big", signed=True)).scaleb(-scale, _UNBOUNDED), "f")


def variable_decimal(value: Any) -> Any:
    """Return a VariableScaleDecimal, {scale, value}, as decimal text; anything else as it is."""
    if isinstance(value, Mapping) and value.keys() == {"scale", "value"}:
        data, scale = value["value"], _int(value["scale"])
        if isinstance(data, bytes) and scale is not None:
            return decimal_text(data, scale) or value
    return value


def _decimal(value: Any, scale: int | None) -> Any:
    if not isinstance(value, bytes) or scale is None:
        return value
    return decimal_text(value, scale) or value


def _bits(value: Any, length: int | None) -> Any:
    """Bit strings come as bytes, the last one first."""
    if not isinstance(value, bytes):
        return value
    return format(int.from_bytes(value, "little"), f"0{min(length or 1, 8 * len(value) or 1)}b")


def _counted(tell: Callable[..., str], *arguments: int) -> Meaning:
    def told(value: Any) -> Any:
        # Some connectors write texts ("infinity") where others count.
        return tell(value, *arguments) if isinstance(value, int) and not isinstance(value, bool) else value

    return told


def _json(value: Any) -> Any:
    """A JSON column is text on the wire; its content is what counts. Text that is no JSON stays text."""
    if not isinstance(value, str) or len(value) > _LONGEST_JSON:
        return value
    try:
        return json.loads(value, parse_float=Decimal)
    except (ValueError, ArithmeticError, RecursionError):
        return value


def _nothing(_: Any) -> None:
    """An embedding tells a reader nothing, and costs a thousand tokens."""


def _int(value: Any) -> int | None:
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError):
        return None


_DECIMALS: Final = frozenset({"org.apache.kafka.connect.data.Decimal", "decimal"})
_DAYS = _counted(iso_date)
_TIMES = {digits: _counted(iso_time, digits) for digits in (SECOND_MS, SECOND_US, SECOND_NS)}
_TIMESTAMPS = {digits: _counted(iso_timestamp, digits) for digits in (SECOND_MS, SECOND_US, SECOND_NS)}

_MEANINGS: Final[dict[str, Meaning]] = {
    # Debezium, time.precision.mode adaptive and its kin
    "io.debezium.time.Date": _DAYS,
    "io.debezium.time.Time": _TIMES[SECOND_MS],
    "io.debezium.time.MicroTime": _TIMES[SECOND_US],
    "io.debezium.time.NanoTime": _TIMES[SECOND_NS],
    "io.debezium.time.Timestamp": _TIMESTAMPS[SECOND_MS],
    "io.debezium.time.MicroTimestamp": _TIMESTAMPS[SECOND_US],
    "io.debezium.time.NanoTimestamp": _TIMESTAMPS[SECOND_NS],
    "io.debezium.time.MicroDuration": _counted(iso_duration, SECOND_US),
    "io.debezium.time.NanoDuration": _counted(iso_duration, SECOND_NS),
    # time.precision.mode connect
    "org.apache.kafka.connect.data.Date": _DAYS,
    "org.apache.kafka.connect.data.Time": _TIMES[SECOND_MS],
    "org.apache.kafka.connect.data.Timestamp": _TIMESTAMPS[SECOND_MS],
    # Avro's own
    "date": _DAYS,
    "time-millis": _TIMES[SECOND_MS],
    "time-micros": _TIMES[SECOND_US],
    "timestamp-millis": _TIMESTAMPS[SECOND_MS],
    "timestamp-micros": _TIMESTAMPS[SECOND_US],
    "timestamp-nanos": _TIMESTAMPS[SECOND_NS],
    "local-timestamp-millis": _TIMESTAMPS[SECOND_MS],
    "local-timestamp-micros": _TIMESTAMPS[SECOND_US],
    "local-timestamp-nanos": _TIMESTAMPS[SECOND_NS],
    # What is no time
    "io.debezium.data.VariableScaleDecimal": variable_decimal,
    "io.debezium.data.Json": _json,
    "io.debezium.data.FloatVector": _nothing,
    "io.debezium.data.DoubleVector": _nothing,
    "io.debezium.data.SparseVector": _nothing,
}
