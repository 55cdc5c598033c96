"""Records as Kafka Connect's converters write them: Avro, JSON, JSON with its schema; keys too."""

from __future__ import annotations

from schemas.connect.reader import ConnectReader
from schemas.connect.semantics import INFINITY, NEGATIVE_INFINITY, meaning

__all__ = ["INFINITY", "NEGATIVE_INFINITY", "ConnectReader", "meaning"]
