"""The brokers of a run: one node, or three, each behind wires that can be cut."""

from __future__ import annotations

from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, Self

from confluent_kafka import ElectionType, KafkaException
from confluent_kafka.admin import AdminClient

from tests.chaos.world.network import Healing, Network, Wire
from tests.chaos.world.sockets import owner_of
from tests.support.kafka import KafkaBroker, Listener, Node, _kafka_uuid
from tests.support.supervision import HOST, free_port

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from tests.support.jars import ServiceFiles

# The one who calls on the wires that a worker is given, and on the wires between brokers if it is no broker.
WORKER = "worker"
SENDING_WORKER = "worker, sending"
NOBODY = "nobody"

# A Kafka request begins with its length and the number of its kind.
_KIND = slice(4, 6)
_PRODUCE = b"\0\0"

_ADMIN_TIMEOUT_S = 5.0


def broker_name(number: int) -> str:
    """The name under which a broker's wires are cut."""
    return f"broker-{number}"


def _sending(data: bytes) -> str | None:
    return SENDING_WORKER if data[_KIND] == _PRODUCE else None


def _never(_: bytes) -> str | None:
    return None


class Cluster:
    """Brokers 1 to `size`; `with` starts and ends them.

    Every broker has its plain listener, for the suite and most workers; one behind a wire, for the worker that is cut
    off from it; and, where there are several, its peers and its controller talk to it over wires too.
    """

    def __init__(self, files: ServiceFiles, directory: Path, network: Network, *, size: int) -> None:
        """Describe the cluster; nothing is started."""
        self._network = network
        self._wired: dict[int, int] = {}
        nodes = [self._node(directory / f"kafka-{number}", number, alone=size == 1) for number in range(1, size + 1)]
        cluster_id = _kafka_uuid()
        self.brokers = {
            node.number: KafkaBroker(files, node, quorum=nodes, cluster_id=cluster_id if size > 1 else None)
            for node in nodes
        }
        self._admin: AdminClient | None = None

    def __enter__(self) -> Self:
        """Start all brokers and wait for them."""
        with ExitStack() as undo:
            undo.callback(self.close)
            for broker in self.brokers.values():
                broker.start(wait=False)
            for broker in self.brokers.values():
                broker.wait_ready()
            undo.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        """Kill what is left."""
        self.close()

    def close(self) -> None:
        """Kill what is left."""
        for broker in self.brokers.values():
            broker.close()

    @property
    def bootstrap_servers(self) -> str:
        """The plain listeners."""
        return ",".join(broker.node.bootstrap_server for broker in self.brokers.values())

    @property
    def wired_bootstrap_servers(self) -> str:
        """The listeners behind the wires of `WORKER`."""
        return ",".join(f"{HOST}:{port}" for port in self._wired.values())

    @property
    def admin(self) -> AdminClient:
        """A client of the plain listeners."""
        if self._admin is None:
            self._admin = AdminClient({"bootstrap.servers": self.bootstrap_servers, "log_level": 0})
        return self._admin

    # ---- what is done to it --------------------------------------------------------------------------------------

    def kill(self, number: int) -> None:
        """Kill a broker where it stands."""
        self.brokers[number].kill()

    def start(self, number: int) -> None:
        """Bring a broker back."""
        broker = self.brokers[number]
        if not broker.process.running:
            broker.start()

    def elect_preferred_leaders(self) -> None:
        """Move every leader that is not on its preferred broker there."""
        with suppress(KafkaException, TimeoutError):
            # Without a timeout of its own: confluent-kafka 2.16.1 raises SystemError for one.
            self.admin.elect_leaders(ElectionType.PREFERRED).result(_ADMIN_TIMEOUT_S)

    def cut_from_worker(self, numbers: Iterable[int]) -> None:
        """Cut the wired worker off from these brokers."""
        for number in numbers:
            self._network.cut(WORKER, broker_name(number))
            self._network.cut(SENDING_WORKER, broker_name(number))

    def mend_to_worker(self, numbers: Iterable[int], healing: Healing) -> None:
        """End that."""
        for number in numbers:
            self._network.mend(WORKER, broker_name(number), healing)
            self._network.mend(SENDING_WORKER, broker_name(number), healing)

    def stall_sends(self) -> None:
        """Let nothing pass of what the wired worker sends to topics; it fetches, commits and heartbeats as before."""
        for number in self.brokers:
            self._network.cut(SENDING_WORKER, broker_name(number))

    def cut_from_peers(self, number: int) -> None:
        """Cut a broker off from the other brokers and their controllers; clients still reach it."""
        for other in self.brokers:
            if other != number:
                self._network.cut(broker_name(other), broker_name(number))
                self._network.cut(broker_name(number), broker_name(other))

    def mend_to_peers(self, number: int, healing: Healing = Healing.LOST) -> None:
        """End that."""
        for other in self.brokers:
            if other != number:
                self._network.mend(broker_name(other), broker_name(number), healing)
                self._network.mend(broker_name(number), broker_name(other), healing)

    def heal(self) -> None:
        """End every cut and bring every broker back."""
        self._network.mend_all()
        for number in self.brokers:
            self.start(number)

    # ---- building ------------------------------------------------------------------------------------------------

    def _node(self, directory: Path, number: int, *, alone: bool) -> Node:
        worker = self._wired_listener("WIRED", number, lambda _: WORKER, _sending)
        self._wired[number] = worker.advertised_port
        if alone:
            return Node.at(directory, number=number, listeners=[worker])
        peers = self._wired_listener("PEERS", number, self._broker_at)
        advertised = free_port()
        node = Node.at(
            directory,
            number=number,
            listeners=[worker, peers],
            inter_broker="PEERS",
            controller_advertised_port=advertised,
        )
        self._network.lay(Wire(advertised, node.controller_port, broker_name(number), self._broker_at))
        return node

    def _wired_listener(
        self, name: str, number: int, source: Callable[[int], str], renamed: Callable[[bytes], str | None] = _never
    ) -> Listener:
        port, advertised = free_port(), free_port()
        self._network.lay(Wire(advertised, port, broker_name(number), source, renamed))
        return Listener(name, port, advertised)

    def _broker_at(self, port: int) -> str:
        processes = {broker.process.pid: number for number, broker in self.brokers.items() if broker.process.running}
        owner = owner_of(port, processes)
        return NOBODY if owner is None else broker_name(processes[owner])
