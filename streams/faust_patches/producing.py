"""P, Q and W: what is sent is written once, in sequence, and only by who may still write it."""

from __future__ import annotations

import asyncio
import socket
import struct
from typing import TYPE_CHECKING, Any

from aiokafka.errors import KafkaError, MessageSizeTooLargeError, RecordListTooLargeError
from aiokafka.producer.sender import SendProduceReqHandler
from faust.transport.drivers import aiokafka as driver

from streams.delivery.ownership import Writing
from streams.faust_patches.hooks import WRITING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import faust


def idempotent_producer_settings(self: driver.Producer) -> Mapping[str, Any]:
    """P. Without it a retried batch is written twice: faust asks for idempotence in exactly-once mode only.

    faust/transport/drivers/aiokafka.py, `Producer._settings_extra`.
    """
    del self
    return {"acks": "all", "enable_idempotence": True}


_handle_response = SendProduceReqHandler.handle_response

# The broker looked at the batch and did not append it.
_REFUSED = (MessageSizeTooLargeError, RecordListTooLargeError)


def handle_response_and_take_numbers_back(self: SendProduceReqHandler, response: Any) -> None:
    """Q. Without it one record that the broker refuses makes every later one to its partition out of sequence.

    The batch has used up sequence numbers that the broker has never seen, so the next batch fails with
    OutOfOrderSequenceNumber, the process leaves, and meets the same record at its next start: a dead letter at the
    size limit stopped a worker for good (seen). Only one batch of a partition is under way at a time (the sender mutes
    it), so nobody has numbers behind the refused ones yet. aiokafka/producer/message_accumulator.py, `_pop_batch`.
    """
    _handle_response(self, response)
    transactions = self._sender._txn_manager  # noqa: SLF001
    if transactions is None:
        return
    for partition, batch in self._batches.items():
        if batch.future.done() and isinstance(batch.future.exception(), _REFUSED):
            transactions.increment_sequence_number(partition, -batch.record_count)


_new_producer = driver.Producer._new_producer  # noqa: SLF001
_write = SendProduceReqHandler.do


class NoLongerWrittenError(KafkaError):  # type: ignore[misc]  # aiokafka has no types
    """A record waited in the producer until this process gave its partitions up; it is not written."""


def new_producer_that_asks(self: driver.Producer, *args: Any, **kwargs: Any) -> Any:
    """W, first part: let the sender know whom to ask."""
    producer = _new_producer(self, *args, **kwargs)
    producer._sender.writing = getattr(self.app, WRITING, None)  # noqa: SLF001
    return producer


async def write_only_what_may_be_written(self: SendProduceReqHandler, node_id: int) -> None:
    """W. Without it a record that waits in the producer while the process is stopped is written when it wakes up.

    By then another worker may own the partition, have found no such insight, and have published its own: one duplicate
    in seven stops of some seconds on three brokers (seen). The question is asked here again, because between this and
    the system call that writes there is no other turn of the event loop while the connection is open.
    aiokafka/producer/sender.py, `SendProduceReqHandler.do`.
    """
    ask: Callable[[str], Writing] | None = getattr(self._sender, "writing", None)
    if ask is None:
        await _write(self, node_id)
        return
    now, later = {}, []
    for partition, batch in self._batches.items():
        match ask(partition.topic):
            case Writing.NOW:
                now[partition] = batch
            case Writing.LATER:
                later.append(batch)
            case Writing.NEVER:
                # Its sequence numbers are used up, so nothing can follow it; the process is leaving anyway.
                batch.failure(exception=NoLongerWrittenError())
    # A dictionary of its own: the sender unmutes the partitions of the one that it has given us.
    self._batches = now
    if now:
        await _write(self, node_id)
    if later:
        await asyncio.sleep(self._default_backoff)
        for batch in later:
            self._sender._message_accumulator.reenqueue(batch)  # noqa: SLF001


def hang_up(app: faust.App) -> None:
    """W, third part: drop the producer's connections, and what the kernel has not delivered of them.

    To be called when the coordinator has not answered for too long. A connection that is cut keeps its bytes and
    delivers them when it heals, after another worker has taken over (9 duplicates in 401 events, one cut of 11 s).
    A reset takes them back; what is sent again carries the same sequence numbers, so nothing is written twice.
    """
    producer = getattr(app.producer, "_producer", None)
    connections = producer.client._conns.values() if producer is not None else ()  # noqa: SLF001
    for connection in list(connections):
        if not connection.connected():
            continue
        transport = connection._writer.transport  # noqa: SLF001
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
        connection.close()
