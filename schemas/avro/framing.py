"""Confluent's wire format: a zero byte, the writer schema's id in four bytes, the Avro body."""

from __future__ import annotations

import struct
from typing import Final

from schemas.errors import DataFault
from schemas.outcomes import DeadLetterReason

STAGE: Final = "decode"
_MAGIC: Final = 0
_HEADER: Final = struct.Struct(">BI")


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
    """Read the event id out of a framed `CrmInsightKey` without asking for its schema.

    A restart reads the key of every insight within the dedupe horizon (millions), and must do so with the registry
    down. It may, because a record of one string is that string: its length as a zigzag varint, then UTF-8. Raises
    DataFault(UNDECODABLE) for anything else.
    """
    _, body = split_frame(key)
    length, start = _long(body)
    if length != len(body) - start:
        raise undecodable("the key is no CrmInsightKey: the length of its event_id does not match")
    try:
        return body[start:].decode("utf-8")
    except UnicodeDecodeError:
        raise undecodable("the key is no CrmInsightKey: its event_id is not UTF-8") from None


def undecodable(detail: str) -> DataFault:
    """Make the fault for bytes that can never be read; `detail` holds no value."""
    return DataFault(DeadLetterReason.UNDECODABLE, detail, stage=STAGE)


def _long(body: bytes) -> tuple[int, int]:
    """Read one zigzag varint; return it and the index of the byte after it."""
    value = 0
    for index, byte in enumerate(body[:10]):
        value |= (byte & 0x7F) << (7 * index)
        if byte < 0x80:  # noqa: PLR2004 -- the varint's continuation bit
            return (value >> 1) ^ -(value & 1), index + 1
    raise undecodable("the key is no CrmInsightKey: it does not begin with a length")
