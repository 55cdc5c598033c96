"""The JSON body of a web hook: read once, bounded in depth, and looked into without trusting its shape."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from schemas.avro.framing import undecodable
from schemas.text.json_values import read_json, scalar_text
from schemas.text.times import epoch_ms, epoch_ms_of_seconds

if TYPE_CHECKING:
    from collections.abc import Callable

    from schemas.sources.base import SourceRecord

# Web hooks nest some ten levels. Python reads a thousand, and what walks over the values later would stop at fewer.
_MAX_DEPTH: Final = 64


def json_body(data: bytes) -> Any:
    """Return the JSON value of a body, fractions as Decimal.

    Raises DataFault(UNDECODABLE), without a word of the body, for what is no JSON and what nests deeper than 64 levels.
    """
    body = read_json(data)
    level = [body]
    for _ in range(_MAX_DEPTH):
        level = [inner for value in level for inner in _inner(value) if isinstance(inner, dict | list)]
        if not level:
            return body
    raise undecodable(f"the JSON is nested deeper than {_MAX_DEPTH} levels")


def json_object(data: bytes) -> dict[str, Any]:
    """Return the JSON object of a body. Raises DataFault(UNDECODABLE) as `json_body`, and for any other value."""
    body = json_body(data)
    if not isinstance(body, dict):
        raise undecodable("the body is no JSON object")
    return body


def at(value: Any, *path: str) -> Any:
    """Return what stands at the end of a path of names, None where it leads nowhere."""
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def text_at(value: Any, *path: str) -> str:
    """Return the text, number or truth value at the end of a path as text, "" where there is none."""
    return (scalar_text(at(value, *path)) or "").strip()


def time_at(value: Any, *path: str, record: SourceRecord) -> int:
    """Return the time at the end of a path in epoch milliseconds; where there is none, that of the record on Kafka.

    Raises DataFault(UNDECODABLE), naming the path, for what is no time: the time of producing in its place would let an
    old change pass for the newest of its record.
    """
    return _moment_at(value, path, record, epoch_ms)


def seconds_at(value: Any, *path: str, record: SourceRecord) -> int:
    """As `time_at`, where the source counts seconds."""
    return _moment_at(value, path, record, epoch_ms_of_seconds)


def _moment_at(value: Any, path: tuple[str, ...], record: SourceRecord, read: Callable[[Any], int]) -> int:
    found = at(value, *path)
    if found is None:
        return record.timestamp_ms
    try:
        return read(found)
    except ValueError as error:
        raise undecodable(f"{'.'.join(path)} is {error}") from None


def _inner(value: Any) -> Any:
    return value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
