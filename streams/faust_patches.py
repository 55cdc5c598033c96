"""Mends faults of faust-streaming 0.15.3 and aiokafka 0.14.0 that lose, repeat or stall events.

Each patch names the failure it prevents and where the fault stands; each has a test that fails without it. They
replace private methods, so they are good for exactly these versions: `apply` refuses any other.
"""

from __future__ import annotations

import importlib.metadata
from typing import TYPE_CHECKING, Any, cast

import structlog
from aiokafka.consumer.group_coordinator import GroupCoordinator
from aiokafka.errors import MessageSizeTooLargeError, RecordListTooLargeError
from aiokafka.producer.sender import SendProduceReqHandler
from faust.tables.recovery import Recovery
from faust.transport.drivers import aiokafka as driver
from faust.types import TP

from schemas.errors import CrmInsightsError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from aiokafka import AIOKafkaConsumer

    from streams.delivery.ownership import Lease

log = structlog.get_logger()

PATCHED_VERSIONS = {"faust-streaming": "0.15.3", "aiokafka": "0.14.0"}

# Faust hard-codes 1,500 ms.
FETCH_MAX_WAIT_MS = 100

# Attributes of an app that the patches call, where it has them:
# `on_inputs_resumed(generation)` once its inputs are rewound, and `on_offset_out_of_range(partition, committed,
# beginning, end)` where a committed offset lies outside of its topic.
INPUTS_RESUMED = "on_inputs_resumed"
OFFSET_OUT_OF_RANGE = "on_offset_out_of_range"


class UnsupportedVersionError(CrmInsightsError):
    """A library has another version than the one whose faults are mended here."""


def check_versions(installed: Callable[[str], str] = importlib.metadata.version) -> None:
    """Raise `UnsupportedVersionError` unless exactly the patched versions are installed."""
    wrong = [
        f"{name} {found} is installed, {wanted} is required"
        for name, wanted in PATCHED_VERSIONS.items()
        if (found := installed(name)) != wanted
    ]
    if wrong:
        raise UnsupportedVersionError(
            f"{'; '.join(wrong)}. crm-insights mends delivery faults of exactly these versions and would lose events "
            "with others. Install the pinned requirements: pip install --require-hashes -r requirements/run.txt"
        )


def apply() -> None:
    """Apply all patches; idempotent. Raises `UnsupportedVersionError` on any other version."""
    check_versions()
    driver.Producer._settings_extra = _idempotent_producer_settings  # noqa: SLF001 - see the module's docstring
    SendProduceReqHandler.handle_response = _handle_response_and_take_numbers_back
    driver.AIOKafkaConsumerThread.seek_to_committed = _seek_to_committed_or_beginning
    driver.AIOKafkaConsumerThread._create_worker_consumer = _create_consumer_with_short_fetch_wait  # noqa: SLF001
    Recovery.on_recovery_completed = _rewind_before_resuming
    Recovery._resume_streams = _rewind_before_resuming  # noqa: SLF001
    Recovery._build_highwaters = _restore_in_bulk_before_highwaters  # noqa: SLF001
    Recovery._wait = _wait_without_a_bound  # noqa: SLF001
    GroupCoordinator._do_heartbeat = _heartbeat_that_renews_the_lease  # noqa: SLF001
    GroupCoordinator._do_rejoin_group = _rejoin_that_renews_the_lease  # noqa: SLF001


# ---- P: idempotent producer -------------------------------------------------------------------------------------


def _idempotent_producer_settings(self: driver.Producer) -> Mapping[str, Any]:
    """P. Without it a retried batch is written twice: faust asks for idempotence in exactly-once mode only.

    faust/transport/drivers/aiokafka.py, `Producer._settings_extra`.
    """
    del self
    return {"acks": "all", "enable_idempotence": True}


# ---- Q: sequence numbers of refused batches ----------------------------------------------------------------------

_handle_response = SendProduceReqHandler.handle_response

# The broker looked at the batch and did not append it.
_REFUSED = (MessageSizeTooLargeError, RecordListTooLargeError)


def _handle_response_and_take_numbers_back(self: SendProduceReqHandler, response: Any) -> None:
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


# ---- S: seek to the committed offset, else to the beginning ------------------------------------------------------


async def _seek_to_committed_or_beginning(self: driver.AIOKafkaConsumerThread) -> Mapping[TP, int]:
    """S. Without it a partition whose commit is None or 0 is never rewound after a rebalance, and events are lost.

    aiokafka/consumer/consumer.py, `seek_to_committed` (the test `if offset and offset > 0`). 2 to 365 of 3,000 events
    lost under kill -9 (measured).
    """
    result = await self.call_thread(_seek_inputs, self)
    return cast("Mapping[TP, int]", result)


async def _seek_inputs(thread: driver.AIOKafkaConsumerThread) -> dict[TP, int]:
    consumer: AIOKafkaConsumer = thread._ensure_consumer()  # noqa: SLF001
    changelogs = thread.consumer.app.tables.changelog_topics
    inputs = [partition for partition in consumer.assignment() if partition.topic not in changelogs]
    if not inputs:
        return {}
    beginnings = await consumer.beginning_offsets(inputs)
    ends = await consumer.end_offsets(inputs)
    positions: dict[TP, int] = {}
    for partition in inputs:
        committed = await consumer.committed(partition)
        beginning = beginnings[partition]
        if committed is not None and not beginning <= committed <= ends[partition]:
            _report_out_of_range(thread, TP(*partition), committed, beginning, ends[partition])
        position = committed if committed is not None and beginning <= committed <= ends[partition] else beginning
        consumer.seek(partition, position)
        positions[TP(*partition)] = position
    return positions


def _report_out_of_range(
    thread: driver.AIOKafkaConsumerThread, partition: TP, committed: int, beginning: int, end: int
) -> None:
    """Tell that the committed offset lies outside of the topic; without this nobody learns of it.

    Below its beginning, retention has deleted events before they were read. Beyond its end, the topic has been made
    anew or has lost its last records; Faust would drop everything below the old offset.
    """
    on_out_of_range = getattr(thread.consumer.app, OFFSET_OUT_OF_RANGE, None)
    if on_out_of_range is not None:
        on_out_of_range(partition, committed, beginning, end)


# ---- F: short fetch wait -----------------------------------------------------------------------------------------

_create_worker_consumer = driver.AIOKafkaConsumerThread._create_worker_consumer  # noqa: SLF001


def _create_consumer_with_short_fetch_wait(
    self: driver.AIOKafkaConsumerThread, transport: driver.Transport
) -> AIOKafkaConsumer:
    """F. Without it seeks and ListOffsets queue behind a long poll of 1.5 s, and half of the joins take 3 s longer."""
    consumer = _create_worker_consumer(self, transport)
    consumer._fetch_max_wait_ms = FETCH_MAX_WAIT_MS  # noqa: SLF001
    return consumer


# ---- R: rewind before resuming -----------------------------------------------------------------------------------


async def _rewind_before_resuming(self: Recovery, generation_id: int = 0) -> None:
    """R. Without it inputs are resumed before they are rewound, and events of the old position pass as new ones.

    faust/tables/recovery.py, `on_recovery_completed` (issue 596) and, without tables, `_resume_streams`. The order:
    stop the flow, tell the tables, rewind, drop what was fetched from the old position, and only then resume.
    """
    app, consumer = self.app, self.app.consumer
    app.flow_control.suspend()
    consumer.stop_flow()
    self.log.info("Restore complete!")
    await app.on_rebalance_complete.send()
    self._set_recovery_ended()
    for table in self.tables.values():
        await table.on_recovery_completed(self.actives_for_table[table], self.standbys_for_table[table])
    if not await _rewind(self, generation_id):
        return
    self.tables.on_actives_ready()
    if not app.assignor.assigned_standbys():
        self.tables.on_standbys_ready()
    await _resume(self, generation_id)


async def _rewind(recovery: Recovery, generation_id: int) -> bool:
    app, consumer = recovery.app, recovery.app.consumer
    assignment = consumer.assignment()
    if app.consumer_generation_id != generation_id:
        recovery.log.warning("Another rebalance has begun before the inputs were rewound")
        return False
    if assignment:
        await recovery._wait(consumer.perform_seek(), timeout=app.conf.broker_request_timeout)  # noqa: SLF001
    if app.consumer_generation_id != generation_id:
        recovery.log.warning("Another rebalance has begun while the inputs were rewound")
        return False
    app.flow_control.clear()
    consumer.resume_partitions({tp for tp in assignment if not recovery._is_changelog_tp(tp)})  # noqa: SLF001
    return True


async def _resume(recovery: Recovery, generation_id: int) -> None:
    app, consumer = recovery.app, recovery.app.consumer
    recovery.completed.set()
    on_resumed = getattr(app, INPUTS_RESUMED, None)
    if on_resumed is not None:
        on_resumed(generation_id)
    app.flow_control.resume()
    consumer.resume_flow()
    await app._fetcher.maybe_start()  # noqa: SLF001
    app.on_rebalance_end()


# ---- B: bulk restore ---------------------------------------------------------------------------------------------

_build_highwaters = Recovery._build_highwaters  # noqa: SLF001
_wait = Recovery._wait  # noqa: SLF001


async def _restore_in_bulk_before_highwaters(
    self: Recovery, consumer: Any, tps: set[TP], destination: Any, title: str
) -> None:
    """B. Without it 300,000 insights take 68 s to restore, in which nothing is read (measured; 5 s with it).

    Here, because Faust reads the ends of the changelog next and compares them with what the store says; and not in
    `on_rebalance`, where no heartbeats are sent (9 s in it got the member kicked).
    """
    if title == "active":
        for table in self.tables.values():
            restore = getattr(table.data, "restore_in_bulk", None)
            mine = {tp for tp in tps if self.tp_to_table.get(tp) is table}
            if restore is not None and mine:
                await restore(mine)
                for tp in mine:
                    # One by one: this is a Counter, whose update adds.
                    self.active_offsets[tp] = table.persisted_offset(tp)
    await _build_highwaters(self, consumer, tps, destination, title)


async def _wait_without_a_bound(self: Recovery, coro: Any, timeout: Any = None) -> None:  # noqa: ASYNC109 - Faust's
    """B, too. Faust gives each step of a recovery 90 s, takes a longer one for a stop, and never recovers again.

    What is waited for has bounds of its own (request timeouts); a restore of many millions of marks takes longer.
    """
    del timeout
    await _wait(self, coro)


# ---- L: the heartbeat lease --------------------------------------------------------------------------------------

_do_heartbeat = GroupCoordinator._do_heartbeat  # noqa: SLF001
_do_rejoin_group = GroupCoordinator._do_rejoin_group  # noqa: SLF001
_leases: dict[str, Lease] = {}


def watch_lease(group_id: str, lease: Lease) -> None:
    """Let the heartbeats of this process in `group_id` renew `lease`."""
    _leases[group_id] = lease


async def _heartbeat_that_renews_the_lease(self: GroupCoordinator) -> bool:
    """L. Without it nobody knows when the coordinator last answered, and a stalled worker publishes twice."""
    return await _renewing(self, _do_heartbeat)


async def _rejoin_that_renews_the_lease(self: GroupCoordinator, subscription: Any) -> bool:
    """L, for the join before the first heartbeat."""
    return await _renewing(self, lambda coordinator: _do_rejoin_group(coordinator, subscription))


async def _renewing(coordinator: GroupCoordinator, call: Callable[[GroupCoordinator], Awaitable[bool]]) -> bool:
    lease = _leases.get(coordinator.group_id)
    sent_at = lease.now() if lease is not None else 0.0
    answered = await call(coordinator)
    if answered and lease is not None:
        lease.renew(sent_at)
    return answered
