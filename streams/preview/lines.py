"""The lines that `preview` reads: source records as JSON, in the forms that a person can write down."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any

from schemas.sources import SOURCE_HEADER, SourceRecord, SourceRules, adapter, source_of_post
from streams.errors import CommandFailed

POSTED_EVENTS = "events"
"""The web hook that is POST /v1/events, as WEBHOOKS__SECRETS names it."""


def json_line(text: bytes) -> dict[str, Any]:
    """Read the JSON object of one line. Raises CommandFailed, which quotes nothing of it."""
    try:
        line = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise CommandFailed("not JSON") from error
    if not isinstance(line, dict):
        raise CommandFailed("not a JSON object")
    return line


def source_record(line: Mapping[str, Any], webhooks_topic: str) -> SourceRecord:
    """Turn an input line into the record that it describes. Raises CommandFailed naming the field that is wrong."""
    if "webhook" in line:
        return _webhook(line, webhooks_topic)
    if "topic" not in line:
        raise CommandFailed("a record needs `topic` (with `key` and `value`), or `webhook` (with `headers` and `body`)")
    if not isinstance(line["topic"], str):
        raise CommandFailed("topic must be a text")
    return SourceRecord(
        topic=line["topic"],
        partition=_int(line, "partition"),
        offset=_int(line, "offset"),
        timestamp_ms=_int(line, "timestamp"),
        key=_bytes(line, "key"),
        value=_bytes(line, "value"),
        headers=_headers(line),
    )


def _webhook(line: Mapping[str, Any], topic: str) -> SourceRecord:
    if (encoded := line.get("body_base64")) is not None:
        try:
            body: bytes | None = base64.b64decode(str(encoded), validate=True)
        except (binascii.Error, ValueError) as error:
            raise CommandFailed("body_base64 is not base64") from error
    else:
        body = _bytes(line, "body")
    headers = _headers(line)
    source = _webhook_source(line["webhook"], headers, body or b"")
    return SourceRecord(topic, 0, 0, _int(line, "timestamp"), None, body, (*headers, (SOURCE_HEADER, source.encode())))


def _webhook_source(name: Any, headers: tuple[tuple[str, bytes], ...], body: bytes) -> str:
    """Tell which adapter reads a web hook; what is posted to /v1/events is told by its body, as the worker does."""
    if name == POSTED_EVENTS:
        return source_of_post({name: value.decode("utf-8", "replace") for name, value in headers}, body)
    try:
        return adapter(str(name), None, SourceRules()).name
    except ValueError as error:
        raise CommandFailed(f"`webhook` is `{POSTED_EVENTS}` (POST /v1/events) or an adapter: {error}") from error


def _headers(line: Mapping[str, Any]) -> tuple[tuple[str, bytes], ...]:
    headers = line.get("headers") or {}
    if not isinstance(headers, Mapping):
        raise CommandFailed("headers must be an object of texts")
    return tuple(
        (name, _encoded(value) if isinstance(value, str) else json.dumps(value).encode())
        for name, value in headers.items()
        if value is not None
    )


def _int(line: Mapping[str, Any], name: str) -> int:
    value = line.get(name)
    if value is None:
        return 0
    if isinstance(value, bool) or not isinstance(value, int):
        raise CommandFailed(f"{name} must be a whole number")
    return value


def _bytes(line: Mapping[str, Any], name: str) -> bytes | None:
    """The bytes of a key or value: as hex, as text, or as the JSON that it is."""
    if (digits := line.get(f"{name}_hex")) is not None:
        try:
            return bytes.fromhex(digits)
        except (TypeError, ValueError) as error:
            raise CommandFailed(f"{name}_hex is not hexadecimal") from error
    value = line.get(name)
    if value is None or isinstance(value, str):
        return None if value is None else _encoded(value)
    return json.dumps(value).encode()


def _encoded(text: str) -> bytes:
    # A lone surrogate becomes bytes that are no UTF-8, as a careless producer would write it: the adapter judges it.
    return text.encode("utf-8", "surrogatepass")
