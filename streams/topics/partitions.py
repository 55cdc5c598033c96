"""Which partition a key belongs to: the one rule that producers of every language must share."""

from __future__ import annotations

from typing import cast

from aiokafka.partitioner import murmur2


def partition_for(key: bytes, partitions: int) -> int:
    """The partition of `key` among `partitions`, as Java's default partitioner and librdkafka's murmur2_random say.

    (BuiltInPartitioner.partitionForKey: murmur2 of the key, sign bit cleared, modulo the count.)
    """
    return cast("int", murmur2(key) & 0x7FFFFFFF) % partitions
