"""Confluent's wire format: a zero byte, the writer schema's id in four bytes, the Avro body."""

from __future__ import annotations

import struct
from typing import Final

from schemas.errors import DataFault
from schemas.outcomes import DeadLetterReason

STAGE: Final = "decode"
_MAGIC: Final = 0
_HEADER: Final = struct.Struct(">BI")
_MORE: Final = 0x80
"""A byte of a varint from here on says that another one follows."""


def split_frame(data: bytes) -> tuple[int, bytes]:
    """Return the writer schema's id and the Avro body. Raises DataFault(UNDECODABLE) if `data` is not framed."""
    if len(data) < _HEADER.size:
        raise undecodable(f"{len(data)} bytes are too few for a schema id; expected Avro in Confluent's wire format")
    magic, schema_id = _HEADER.unpack_from(data)
    if magic != _MAGIC:
        hint = " (that looks like JSON)" if magic in b"{[" else ""
        raise undecodable(f"the first byte is 0x{magic:02x}, not 0x00{hint}; expected Avro in Confluent's wire format")
    return schema_id, data[_HEADER.size :]


def frame(schema_id: int, body: bytes) -> bytes:
    """Put the id of the schema that `body` was written with in front of it."""
    return _HEADER.pack(_MAGIC, schema_id) + body


def event_id_of_key(key: bytes) -> str:
    """Read the event id out of a framed `CrmInsightKey`; see `event_id_bytes_of_key`.

    Raises DataFault(UNDECODABLE) for anything else.
    """
    try:
        return event_id_bytes_of_key(key).decode("utf-8")
    except UnicodeDecodeError:
        raise undecodable("the key is no CrmInsightKey: its event_id is not UTF-8") from None


def event_id_bytes_of_key(key: bytes) -> bytes:
    """Read the event id, as UTF-8, out of a framed `CrmInsightKey` without asking for its schema.

    A restart reads the key of every insight within the dedupe horizon (millions), and must do so with the registry
    down. It may, because a record of one string is that string: its length as a zigzag varint, then UTF-8. Whether that
    is UTF-8 is not looked at. Raises DataFault(UNDECODABLE) for anything else.
    """
    # Nearly every id has fewer than 64 bytes, so its length takes one byte; four times as fast as what follows.
    if len(key) > _HEADER.size and key[0] == _MAGIC and key[_HEADER.size] == 2 * (len(key) - _HEADER.size - 1) < _MORE:
        return key[_HEADER.size + 1 :]
    _, body = split_frame(key)
    length, start = _long(body)
    if length != len(body) - start:
        raise undecodable("the key is no CrmInsightKey: the length of its event_id does not match")
    return body[start:]


def undecodable(detail: str) -> DataFault:
    """Make the fault for bytes that can never be read; `detail` holds no value."""
    return DataFault(DeadLetterReason.UNDECODABLE, detail, stage=STAGE)


def _long(body: bytes) -> tuple[int, int]:
    """Read one zigzag varint; return it and the index of the byte after it."""
    value = 0
    for index, byte in enumerate(body[:10]):
        value |= (byte & 0x7F) << (7 * index)
        if byte < _MORE:
            return (value >> 1) ^ -(value & 1), index + 1
    raise undecodable("the key is no CrmInsightKey: it does not begin with a length")
