"""The patches, as far as they can be seen without a broker. Each test fails where its patch is not applied."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import faust
import pytest
from aiokafka import TopicPartition
from aiokafka.consumer.group_coordinator import GroupCoordinator
from aiokafka.errors import CommitFailedError, KafkaConnectionError, TopicAuthorizationFailedError
from aiokafka.producer.sender import SendProduceReqHandler
from aiokafka.producer.transaction_manager import TransactionManager
from faust.tables.manager import TableManager
from faust.tables.recovery import RebalanceAgain, Recovery
from faust.transport.drivers import aiokafka as driver
from faust.types import TP

from streams import faust_patches
from streams.delivery.ownership import Lease, Writing
from streams.faust_patches import (
    PATCHED_VERSIONS,
    NoLongerWrittenError,
    UnsupportedVersionError,
    check_versions,
    heartbeats,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from aiokafka.errors import KafkaError

OWNERS: list[tuple[Any, str]] = [
    (driver.Producer, "_settings_extra"),
    (SendProduceReqHandler, "handle_response"),
    (SendProduceReqHandler, "do"),
    (driver.Producer, "_new_producer"),
    (driver.AIOKafkaConsumerThread, "seek_to_committed"),
    (driver.AIOKafkaConsumerThread, "_create_worker_consumer"),
    (Recovery, "on_recovery_completed"),
    (Recovery, "_resume_streams"),
    (GroupCoordinator, "_do_heartbeat"),
    (GroupCoordinator, "_do_rejoin_group"),
    (GroupCoordinator, "_do_commit_offsets"),
    (GroupCoordinator, "commit_offsets"),
    (TableManager, "on_start"),
]


@pytest.fixture
def patched(monkeypatch: pytest.MonkeyPatch) -> None:
    """Apply the patches for one test."""
    for owner, name in OWNERS:
        monkeypatch.setattr(owner, name, getattr(owner, name))
    faust_patches.apply()


def an_app() -> faust.App:
    return faust.App("patches-test", broker="aiokafka://127.0.0.1:1", store="memory://")


# ---- versions -------------------------------------------------------------------------------------------------------


def test_the_installed_versions_are_the_patched_ones() -> None:
    check_versions()


@pytest.mark.parametrize("name", PATCHED_VERSIONS)
def test_any_other_version_is_refused_with_what_to_do(name: str) -> None:
    installed = PATCHED_VERSIONS | {name: "9.9.9"}
    with pytest.raises(UnsupportedVersionError) as raised:
        check_versions(installed.__getitem__)
    assert f"{name} 9.9.9 is installed, {PATCHED_VERSIONS[name]} is required" in str(raised.value)
    assert "pip install --require-hashes -r requirements/run.txt" in str(raised.value)


def test_all_wrong_versions_are_named_at_once() -> None:
    with pytest.raises(UnsupportedVersionError) as raised:
        check_versions(lambda _: "9.9.9")
    assert all(name in str(raised.value) for name in PATCHED_VERSIONS)


def test_nothing_is_patched_on_another_version(monkeypatch: pytest.MonkeyPatch) -> None:
    def stock() -> None:
        """Stand for what the other version has there."""

    def refuse() -> None:
        raise UnsupportedVersionError

    for owner, name in OWNERS:
        monkeypatch.setattr(owner, name, stock)
    monkeypatch.setattr(faust_patches, "check_versions", refuse)
    with pytest.raises(UnsupportedVersionError):
        faust_patches.apply()
    assert all(getattr(owner, name) is stock for owner, name in OWNERS)


@pytest.mark.usefixtures("patched")
def test_applying_twice_is_applying_once() -> None:
    before = [getattr(owner, name) for owner, name in OWNERS]
    faust_patches.apply()
    assert [getattr(owner, name) for owner, name in OWNERS] == before


def test_a_library_that_is_missing_is_not_taken_for_a_right_one() -> None:
    def missing(name: str) -> str:
        raise PackageNotFoundError(name)

    with pytest.raises(PackageNotFoundError):
        check_versions(missing)


# ---- P and F --------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("patched")
async def test_the_producer_is_idempotent_and_waits_for_all_replicas() -> None:
    producer = an_app().transport.create_producer()._new_producer()
    assert producer._txn_manager is not None
    assert producer._txn_manager.transactional_id is None
    assert producer._sender._acks == -1
    await producer.stop()


@pytest.mark.usefixtures("patched")
async def test_the_consumer_waits_a_tenth_of_a_second_for_a_fetch() -> None:
    transport = an_app().transport
    unused = cast("Any", object())
    consumer = transport.create_consumer(unused, on_partitions_revoked=unused, on_partitions_assigned=unused)
    worker_consumer = consumer._thread._create_worker_consumer(transport)
    assert worker_consumer._fetch_max_wait_ms == 100
    await worker_consumer.stop()
    consumer._thread.thread_loop.close()


# ---- Q --------------------------------------------------------------------------------------------------------------


class Batch:
    """A produced batch of two records, whose sequence numbers are taken."""

    record_count = 2

    def __init__(self) -> None:
        """Be under way."""
        self.future: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    def expired(self) -> bool:
        return False

    def done(self, offset: int, *_: Any) -> None:
        self.future.set_result(offset)

    def failure(self, exception: KafkaError) -> None:
        self.future.set_exception(exception)


NO_ERROR, NOT_LEADER, MESSAGE_TOO_LARGE, RECORD_LIST_TOO_LARGE, NOT_AUTHORIZED = 0, 6, 10, 18, 29


async def next_sequence_number(code: int, *, idempotent: bool = True) -> int:
    """The number of the next record of a partition whose numbers 5 and 6 the broker has answered with `code`."""
    partition = TopicPartition("crm.events.dlq", 0)
    transactions = TransactionManager(None, 1_000)
    transactions.increment_sequence_number(partition, 7)
    sender = SimpleNamespace(
        _retry_backoff=0.1,
        _txn_manager=transactions if idempotent else None,
        client=SimpleNamespace(force_metadata_update=lambda: None),
    )
    batch = Batch()
    response = SimpleNamespace(API_VERSION=7, topics=[("crm.events.dlq", [(0, code, 12, -1, 0)])])
    SendProduceReqHandler(sender, {partition: batch}).handle_response(response)
    if batch.future.done():
        batch.future.exception()
    return int(transactions.sequence_number(partition))


@pytest.mark.usefixtures("patched")
@pytest.mark.parametrize("code", [MESSAGE_TOO_LARGE, RECORD_LIST_TOO_LARGE])
async def test_a_batch_that_the_broker_refuses_for_its_size_gives_its_numbers_back(code: int) -> None:
    assert await next_sequence_number(code) == 5


@pytest.mark.usefixtures("patched")
@pytest.mark.parametrize("code", [NO_ERROR, NOT_LEADER, NOT_AUTHORIZED], ids=["written", "tried again", "unknown"])
async def test_any_other_batch_keeps_its_numbers(code: int) -> None:
    assert await next_sequence_number(code) == 7


@pytest.mark.usefixtures("patched")
async def test_a_producer_without_numbers_has_none_to_give_back() -> None:
    assert await next_sequence_number(MESSAGE_TOO_LARGE, idempotent=False) == 7


# ---- W --------------------------------------------------------------------------------------------------------------

INSIGHTS_0, DEAD_LETTERS_0 = TopicPartition("crm.insights", 0), TopicPartition("crm.events.dlq", 0)


class Sender:
    """A sender whose requests are kept, and whose broker has everything at once."""

    def __init__(self, writing: Callable[[str], Writing] | None) -> None:
        """Ask `writing`; None asks nobody, as in an app that guards nothing."""
        self.writing = writing
        self.written: list[TopicPartition] = []
        self.put_back: list[Batch] = []
        self.client = self
        self._retry_backoff = 0.001
        self._message_accumulator = SimpleNamespace(reenqueue=self.put_back.append)

    async def send(self, _: int, request: list[TopicPartition]) -> None:
        self.written += request


async def sent_by(sender: Sender, *partitions: TopicPartition, monkeypatch: pytest.MonkeyPatch) -> dict[Any, Batch]:
    batches = {partition: Batch() for partition in partitions}
    handler = SendProduceReqHandler(sender, dict(batches))
    monkeypatch.setattr(handler, "handle_response", lambda _: [batch.done(7) for batch in handler._batches.values()])
    # The stock code asks the request for its acknowledgements.
    monkeypatch.setattr(handler, "create_request", lambda: Request(handler._batches))
    await handler.do(1)
    return batches


class Request(list[TopicPartition]):
    required_acks = -1


@pytest.mark.usefixtures("patched")
@pytest.mark.parametrize("writing", [None, lambda _: Writing.NOW], ids=["nobody is asked", "now"])
async def test_what_may_be_written_is_written(
    monkeypatch: pytest.MonkeyPatch, writing: Callable[[str], Writing] | None
) -> None:
    sender = Sender(writing)
    batches = await sent_by(sender, INSIGHTS_0, monkeypatch=monkeypatch)
    assert sender.written == [INSIGHTS_0]
    assert batches[INSIGHTS_0].future.result() == 7


@pytest.mark.usefixtures("patched")
async def test_a_record_that_waited_while_the_process_stood_still_waits_on_until_it_is_ours_for_sure(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sender = Sender(lambda topic: Writing.LATER if topic == "crm.insights" else Writing.NOW)
    batches = await sent_by(sender, INSIGHTS_0, DEAD_LETTERS_0, monkeypatch=monkeypatch)
    assert sender.written == [DEAD_LETTERS_0]
    assert sender.put_back == [batches[INSIGHTS_0]]
    assert not batches[INSIGHTS_0].future.done()


@pytest.mark.usefixtures("patched")
async def test_a_record_of_partitions_that_are_given_up_is_never_written(monkeypatch: pytest.MonkeyPatch) -> None:
    sender = Sender(lambda topic: Writing.NEVER if topic == "crm.insights" else Writing.NOW)
    batches = await sent_by(sender, INSIGHTS_0, DEAD_LETTERS_0, monkeypatch=monkeypatch)
    assert sender.written == [DEAD_LETTERS_0]
    assert isinstance(batches[INSIGHTS_0].future.exception(), NoLongerWrittenError)


async def test_a_connection_that_is_hung_up_delivers_nothing_more_of_what_it_holds() -> None:
    """A plain close would let the kernel go on delivering for minutes."""
    accepted: asyncio.Future[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Future()
    # Reads a little at a time, as through a link that has just been mended.
    server = await asyncio.start_server(lambda *ends: accepted.set_result(ends), "127.0.0.1", 0, limit=1_024)
    _, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    reader, other_end = await accepted
    writer.write(bytes(20_000_000))
    await asyncio.sleep(0.05)

    connection = SimpleNamespace(connected=lambda: True, _writer=writer, close=lambda: None)
    client = SimpleNamespace(_conns={1: connection})
    faust_patches.hang_up(
        cast("Any", SimpleNamespace(producer=SimpleNamespace(_producer=SimpleNamespace(client=client))))
    )

    with pytest.raises(ConnectionResetError):
        await reader.readexactly(20_000_000)
    other_end.transport.abort()
    server.close()


async def test_an_app_that_has_sent_nothing_yet_has_nothing_to_hang_up() -> None:
    faust_patches.hang_up(cast("Any", SimpleNamespace(producer=SimpleNamespace())))


@pytest.mark.usefixtures("patched")
async def test_the_sender_of_an_app_asks_that_app() -> None:
    app = an_app()
    app.writing = lambda _: Writing.NEVER
    producer = app.transport.create_producer()._new_producer()
    assert producer._sender.writing is app.writing
    await producer.stop()


# ---- S --------------------------------------------------------------------------------------------------------------

EVENTS_0, EVENTS_1 = TopicPartition("crm.events", 0), TopicPartition("crm.events", 1)
CHANGELOG_0 = TopicPartition("crm.insights", 0)


END = 100


class FakeConsumer:
    """An aiokafka consumer of known offsets that remembers where it was sent."""

    def __init__(self, committed: dict[TopicPartition, int | None], beginnings: dict[TopicPartition, int]) -> None:
        """Be assigned what has a beginning."""
        self._committed, self._beginnings = committed, beginnings
        self.sought: dict[TopicPartition, int] = {}

    def assignment(self) -> set[TopicPartition]:
        return set(self._beginnings)

    async def beginning_offsets(self, partitions: list[TopicPartition]) -> dict[TopicPartition, int]:
        return {partition: self._beginnings[partition] for partition in partitions}

    async def end_offsets(self, partitions: list[TopicPartition]) -> dict[TopicPartition, int]:
        return dict.fromkeys(partitions, END)

    async def committed(self, partition: TopicPartition) -> int | None:
        return self._committed.get(partition)

    def seek(self, partition: TopicPartition, offset: int) -> None:
        self.sought[partition] = offset


class OutOfRange(list[tuple[Any, int, int, int]]):
    """What was told to lie outside of its topic."""

    def __call__(self, partition: Any, committed: int, beginning: int, end: int) -> None:
        self.append((partition, committed, beginning, end))


async def seek_inputs(consumer: FakeConsumer, **attributes: Any) -> dict[TP, int]:
    """Seek as a Faust worker does after a rebalance."""

    async def call_thread(function: Callable[..., Awaitable[Any]], *arguments: Any) -> Any:
        return await function(*arguments)

    app = SimpleNamespace(tables=SimpleNamespace(changelog_topics={"crm.insights"}), **attributes)
    thread = SimpleNamespace(
        consumer=SimpleNamespace(app=app), call_thread=call_thread, _ensure_consumer=lambda: consumer
    )
    positions = await driver.AIOKafkaConsumerThread.seek_to_committed(cast("Any", thread))
    return cast("dict[TP, int]", positions)


@pytest.mark.usefixtures("patched")
@pytest.mark.parametrize(
    ("committed", "beginning", "position"),
    [
        pytest.param(42, 0, 42, id="committed"),
        pytest.param(0, 0, 0, id="committed nothing but that"),
        pytest.param(None, 0, 0, id="never committed"),
        pytest.param(None, 60, 60, id="never committed and old events expired"),
        pytest.param(60, 60, 60, id="committed at the low end"),
    ],
)
async def test_an_input_is_rewound_to_its_commit_else_to_its_beginning(
    committed: int | None, beginning: int, position: int
) -> None:
    consumer = FakeConsumer({EVENTS_0: committed}, {EVENTS_0: beginning})
    expired = OutOfRange()
    assert await seek_inputs(consumer, on_offset_out_of_range=expired) == {TP("crm.events", 0): position}
    assert consumer.sought == {EVENTS_0: position}
    assert expired == []


@pytest.mark.usefixtures("patched")
@pytest.mark.parametrize("committed", [0, 10])
async def test_events_that_expired_before_they_were_read_are_told(committed: int) -> None:
    consumer = FakeConsumer({EVENTS_0: committed, EVENTS_1: 70}, {EVENTS_0: 60, EVENTS_1: 60})
    expired = OutOfRange()
    positions = await seek_inputs(consumer, on_offset_out_of_range=expired)
    assert positions == {TP("crm.events", 0): 60, TP("crm.events", 1): 70}
    assert expired == [(TP("crm.events", 0), committed, 60, END)]


@pytest.mark.usefixtures("patched")
async def test_a_topic_that_ends_before_the_commit_is_read_from_its_beginning_and_told() -> None:
    consumer = FakeConsumer({EVENTS_0: END + 1, EVENTS_1: END}, {EVENTS_0: 0, EVENTS_1: 0})
    told = OutOfRange()
    positions = await seek_inputs(consumer, on_offset_out_of_range=told)
    assert positions == {TP("crm.events", 0): 0, TP("crm.events", 1): END}
    assert told == [(TP("crm.events", 0), END + 1, 0, END)]


@pytest.mark.usefixtures("patched")
async def test_an_app_that_does_not_listen_is_rewound_all_the_same() -> None:
    consumer = FakeConsumer({EVENTS_0: 10}, {EVENTS_0: 60})
    assert await seek_inputs(consumer) == {TP("crm.events", 0): 60}


@pytest.mark.usefixtures("patched")
async def test_changelogs_stay_where_the_restore_has_read_to() -> None:
    consumer = FakeConsumer({EVENTS_0: 5, CHANGELOG_0: 1}, {EVENTS_0: 0, CHANGELOG_0: 0})
    await seek_inputs(consumer)
    assert consumer.sought == {EVENTS_0: 5}


@pytest.mark.usefixtures("patched")
async def test_a_worker_without_partitions_seeks_nothing() -> None:
    assert await seek_inputs(FakeConsumer({}, {})) == {}


# ---- R --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class FakeTable:
    """The one table of a recovery."""

    recovery: FakeRecovery

    async def on_recovery_completed(self, *_: Any) -> None:
        await self.recovery.on_table_told()


class FakeRecovery:
    """A recovery, its app, consumer and tables in one; remembers what was called, in order."""

    def __init__(self, generation: int = 5, assignment: frozenset[TopicPartition] = frozenset()) -> None:
        """Be in `generation` with `assignment`."""
        self.calls: list[str] = []
        self.consumer_generation_id = generation
        self.generation_after_seek = generation
        self.standbys = False
        self.interrupted = False
        self._assignment = assignment
        self.app = self.consumer = self.assignor = self._fetcher = self
        self.conf = SimpleNamespace(broker_request_timeout=90.0)
        self.log = SimpleNamespace(info=lambda *_: None, warning=lambda *_: None)
        self.flow_control = SimpleNamespace(
            suspend=self._noting("suspend flow control"),
            clear=self._noting("drop what was fetched"),
            resume=self._noting("resume flow control"),
        )
        self.on_rebalance_complete = SimpleNamespace(send=self._awaited("tell of the rebalance"))
        self.completed = SimpleNamespace(set=self._noting("completed"))
        self.on_table_told = self._awaited("tell the table")
        self.actives_for_table: dict[Any, set[TP]] = defaultdict(set)
        self.standbys_for_table = self.actives_for_table
        self.tables = SimpleNamespace(
            values=lambda: [FakeTable(self)],
            on_actives_ready=self._noting("actives ready"),
            on_standbys_ready=self._noting("standbys ready"),
        )
        self.stop_flow = self._noting("stop the flow")
        self.resume_flow = self._noting("resume the flow")
        self.maybe_start = self._awaited("start fetching")
        self.on_rebalance_end = self._noting("rebalance ended")
        self._set_recovery_ended = self._noting("recovery ended")

    def _noting(self, what: str) -> Callable[..., None]:
        return lambda *_: self.calls.append(what)

    def _awaited(self, what: str) -> Callable[..., Awaitable[None]]:
        async def call(*_: Any) -> None:
            self.calls.append(what)

        return call

    def assignment(self) -> frozenset[TopicPartition]:
        return self._assignment

    def assigned_standbys(self) -> bool:
        return self.standbys

    def _is_changelog_tp(self, partition: TopicPartition) -> bool:
        return bool(partition == CHANGELOG_0)

    async def _wait(self, work: Awaitable[None], timeout: float) -> None:  # noqa: ASYNC109 - Faust's own signature
        assert timeout == 90.0
        await work
        if self.interrupted:
            raise RebalanceAgain

    async def perform_seek(self) -> None:
        self.calls.append("rewind")
        self.consumer_generation_id = self.generation_after_seek

    def resume_partitions(self, partitions: set[TopicPartition]) -> None:
        self.calls.append(f"resume {sorted(partitions)}")

    def on_inputs_resumed(self, generation: int) -> None:
        self.calls.append(f"inputs resumed in {generation}")


ASSIGNMENT = frozenset({EVENTS_0, CHANGELOG_0})
STOPPED = ["suspend flow control", "stop the flow", "tell of the rebalance"]
REWOUND = ["rewind", "drop what was fetched", f"resume [{EVENTS_0!r}]"]
GOING = [
    "completed",
    "inputs resumed in 5",
    "resume flow control",
    "resume the flow",
    "start fetching",
    "rebalance ended",
]


async def recovered(recovery: FakeRecovery, *, with_tables: bool = True) -> list[str]:
    """Let Faust come to the end of a recovery of generation 5."""
    complete = Recovery.on_recovery_completed if with_tables else Recovery._resume_streams
    await complete(cast("Any", recovery), 5)
    return recovery.calls


@pytest.mark.usefixtures("patched")
async def test_inputs_are_rewound_before_anything_flows_again() -> None:
    calls = await recovered(FakeRecovery(assignment=ASSIGNMENT))
    restored = ["recovery ended", "tell the table"]
    assert calls == [*STOPPED, *restored, *REWOUND, "actives ready", "standbys ready", *GOING]


@pytest.mark.usefixtures("patched")
async def test_the_way_that_faust_takes_without_tables_does_the_same() -> None:
    with_tables = await recovered(FakeRecovery(assignment=ASSIGNMENT))
    assert await recovered(FakeRecovery(assignment=ASSIGNMENT), with_tables=False) == with_tables


@pytest.mark.usefixtures("patched")
async def test_standbys_that_are_assigned_are_not_called_ready() -> None:
    recovery = FakeRecovery(assignment=ASSIGNMENT)
    recovery.standbys = True
    assert "standbys ready" not in await recovered(recovery)


@pytest.mark.usefixtures("patched")
@pytest.mark.parametrize("with_tables", [True, False])
async def test_nothing_flows_for_a_generation_that_is_over(*, with_tables: bool) -> None:
    calls = await recovered(FakeRecovery(generation=6, assignment=ASSIGNMENT), with_tables=with_tables)
    assert set(calls) <= {*STOPPED, "recovery ended", "tell the table"}


@pytest.mark.usefixtures("patched")
@pytest.mark.parametrize("with_tables", [True, False])
async def test_nothing_flows_where_the_next_rebalance_began_during_the_rewind(*, with_tables: bool) -> None:
    recovery = FakeRecovery(assignment=ASSIGNMENT)
    recovery.generation_after_seek = 6
    calls = await recovered(recovery, with_tables=with_tables)
    assert calls[-1] == "rewind"


@pytest.mark.usefixtures("patched")
async def test_nothing_flows_where_the_rewind_was_interrupted() -> None:
    recovery = FakeRecovery(assignment=ASSIGNMENT)
    recovery.interrupted = True
    with pytest.raises(RebalanceAgain):
        await recovered(recovery)
    assert recovery.calls[-1] == "rewind"


@pytest.mark.usefixtures("patched")
async def test_a_worker_without_partitions_has_nothing_to_rewind_and_is_ready() -> None:
    calls = await recovered(FakeRecovery())
    assert "rewind" not in calls
    assert calls[-len(GOING) :] == GOING


# ---- L --------------------------------------------------------------------------------------------------------------


class Group:
    """A coordinator that answers after `takes_s` on the lease's clock."""

    def __init__(self, answer: int | Exception = 0, takes_s: float = 0.0) -> None:
        """Answer with an error code of Kafka, or fail to."""
        self.group_id, self.generation, self.member_id, self.coordinator_id = "crm-insights", 1, "m", 1
        self.now = 1_000.0
        self.lease = Lease(6.0, lambda: self.now)
        self._answer, self._takes_s = answer, takes_s

    async def _send_req(self, _: Any) -> Any:
        self.now += self._takes_s
        if isinstance(self._answer, Exception):
            raise self._answer
        return SimpleNamespace(error_code=self._answer)

    def request_rejoin(self) -> None:
        """Ignore: the heartbeat's own business, as the two below."""

    def reset_generation(self) -> None:
        self.generation = -1

    def coordinator_dead(self) -> None:
        """Ignore."""

    async def heartbeat(self) -> Lease:
        await GroupCoordinator._do_heartbeat(cast("Any", self))
        return self.lease


@pytest.fixture
def leases(monkeypatch: pytest.MonkeyPatch) -> dict[str, Lease]:
    watched: dict[str, Lease] = {}
    monkeypatch.setattr(heartbeats, "_leases", watched)
    return watched


def watched(group: Group) -> Group:
    faust_patches.watch_lease(group.group_id, group.lease)
    return group


REBALANCE_IN_PROGRESS, ILLEGAL_GENERATION, UNKNOWN_MEMBER, NOT_COORDINATOR = 27, 22, 25, 16


@pytest.mark.usefixtures("patched", "leases")
@pytest.mark.parametrize("answer", [NO_ERROR, REBALANCE_IN_PROGRESS])
async def test_a_heartbeat_that_the_coordinator_answers_renews_the_lease(answer: int) -> None:
    lease = await watched(Group(answer)).heartbeat()
    assert lease.valid


@pytest.mark.usefixtures("patched", "leases")
@pytest.mark.parametrize(
    "answer",
    [ILLEGAL_GENERATION, UNKNOWN_MEMBER, NOT_COORDINATOR, KafkaConnectionError()],
    ids=["illegal generation", "unknown member", "not the coordinator", "no answer"],
)
async def test_a_heartbeat_that_is_refused_or_unanswered_renews_nothing(answer: int | Exception) -> None:
    lease = await watched(Group(answer)).heartbeat()
    assert not lease.valid


@pytest.mark.usefixtures("patched", "leases")
@pytest.mark.parametrize(
    ("answer", "evicted"),
    [(ILLEGAL_GENERATION, True), (UNKNOWN_MEMBER, True), (REBALANCE_IN_PROGRESS, False), (NOT_COORDINATOR, False)],
)
async def test_who_is_told_that_others_own_its_partitions_is_evicted(answer: int, *, evicted: bool) -> None:
    assert (await watched(Group(answer)).heartbeat()).evicted is evicted


@pytest.mark.usefixtures("patched", "leases")
async def test_the_lease_counts_from_the_sending_of_the_heartbeat() -> None:
    """A process that was stopped while the answer was on its way has lost that time already."""
    group = watched(Group(takes_s=3.0))
    lease = await group.heartbeat()
    group.now += 0.9
    assert lease.valid
    group.now += 0.2
    assert not lease.valid


@pytest.mark.usefixtures("patched", "leases")
async def test_a_heartbeat_of_another_group_in_this_process_renews_only_its_own_lease() -> None:
    intake, enrich = Group(), Group()
    intake.group_id = "crm-insights-intake"
    watched(enrich)
    watched(intake)
    await intake.heartbeat()
    assert intake.lease.valid
    assert not enrich.lease.valid


@pytest.mark.usefixtures("patched", "leases")
async def test_a_group_without_a_lease_heartbeats_as_ever() -> None:
    group = Group()
    assert await GroupCoordinator._do_heartbeat(cast("Any", group)) is True
    assert not group.lease.valid


@pytest.mark.usefixtures("patched", "leases")
@pytest.mark.parametrize("joined", [True, False])
async def test_a_join_renews_the_lease_from_its_beginning_where_it_succeeds(
    monkeypatch: pytest.MonkeyPatch, *, joined: bool
) -> None:
    group = watched(Group())

    async def join(coordinator: Group, subscription: str) -> bool:
        assert subscription == "topics"
        coordinator.now += 3.0
        return joined

    monkeypatch.setattr(heartbeats, "_do_rejoin_group", join)
    assert await GroupCoordinator._do_rejoin_group(cast("Any", group), "topics") is joined
    assert group.lease.valid is joined
    group.now += 1.1
    assert not group.lease.valid


# ---- C --------------------------------------------------------------------------------------------------------------


class CommittingGroup(Group):
    """A coordinator for commits, which may answer late, with an error, or in another generation."""

    def __init__(self, *answers: int | Exception) -> None:
        """Answer each try with the next of `answers`."""
        super().__init__()
        self.answers = list(answers)
        self.sent: list[int] = []
        self._commit_lock = asyncio.Lock()
        self._retry_backoff_ms = 1

    async def ensure_coordinator_known(self) -> None:
        """Know it."""

    async def _do_commit_offsets(self, assignment: Any, offsets: Any) -> None:
        await GroupCoordinator._do_commit_offsets(cast("Any", self), assignment, offsets)

    async def _send_req(self, _: Any) -> Any:
        self.sent.append(self.generation)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return SimpleNamespace(topics=[("crm.events", [(0, answer)])])

    async def commit(self) -> None:
        assignment = SimpleNamespace(state_value=lambda _: SimpleNamespace(reset_committed=lambda _: None))
        offsets = {EVENTS_0: SimpleNamespace(offset=7, metadata="")}
        await GroupCoordinator.commit_offsets(cast("Any", self), assignment, offsets)


@pytest.mark.usefixtures("patched", "leases")
async def test_a_commit_that_is_not_written_down_counts_like_a_heartbeat_that_is_not_answered() -> None:
    group = CommittingGroup(KafkaConnectionError(), NO_ERROR)
    watched(group)
    group.lease.renew(group.now)
    valid: list[bool] = []

    async def a_heartbeat_is_answered_all_the_time() -> None:
        group.now += 4.1
        group.lease.renew(group.now)
        valid.append(group.lease.valid)

    group.ensure_coordinator_known = a_heartbeat_is_answered_all_the_time  # type: ignore[method-assign]
    await group.commit()
    assert (valid, group.lease.valid) == ([True, False], True)


@pytest.mark.usefixtures("patched", "leases")
async def test_a_commit_that_is_refused_for_good_is_not_waited_for() -> None:
    group = CommittingGroup(NOT_AUTHORIZED)
    watched(group)
    group.lease.renew(group.now)
    with pytest.raises(TopicAuthorizationFailedError):
        await group.commit()
    group.now += 3.0
    group.lease.renew(group.now)
    group.now += 3.0
    assert group.lease.valid


@pytest.mark.usefixtures("patched", "leases")
async def test_a_commit_is_not_tried_again_in_a_later_generation() -> None:
    group = CommittingGroup(KafkaConnectionError(), NO_ERROR)
    looked: list[int] = []

    async def a_rebalance_comes_between_the_tries() -> None:
        looked.append(group.generation)
        group.generation = len(looked)

    group.ensure_coordinator_known = a_rebalance_comes_between_the_tries  # type: ignore[method-assign]
    with pytest.raises(CommitFailedError):
        await group.commit()
    assert group.sent == [1]


# ---- T: a start -----------------------------------------------------------------------------------------------------


class TablesThatStart:
    """What a table manager does at its start; a wait is a failure."""

    def __init__(self, *, should_stop: bool = False) -> None:
        """Have nothing done."""
        self.should_stop = should_stop
        self.done: list[str] = []
        self.recovery = SimpleNamespace(start=lambda: self._do("recovery"))

    async def sleep(self, seconds: float) -> None:
        raise AssertionError(f"stands still for {seconds:g} s")

    async def _update_channels(self) -> None:
        self.done.append("channels")

    async def _do(self, what: str) -> None:
        self.done.append(what)


@pytest.mark.usefixtures("patched")
async def test_tables_are_there_for_the_join_without_a_wait() -> None:
    tables = TablesThatStart()

    await TableManager.on_start(cast("Any", tables))

    assert tables.done == ["channels", "recovery"]


@pytest.mark.usefixtures("patched")
async def test_tables_of_an_app_that_was_told_to_stop_meanwhile_do_not_start() -> None:
    tables = TablesThatStart(should_stop=True)

    await TableManager.on_start(cast("Any", tables))

    assert tables.done == []
