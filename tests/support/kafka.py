"""A real Kafka node on loopback: started, stopped, killed, paused and brought back on the same ports and data."""

from __future__ import annotations

import base64
import socket
import subprocess
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from tests.support.supervision import HOST, ManagedProcess, StartError, free_port

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from tests.support.jars import ServiceFiles

# Cold starts take 2 s alone and were seen to take 9 s on a loaded machine of two cores.
START_TIMEOUT_S = 120.0

# What the tests rely on and docker-compose.yml must have too (tests/unit/deploy compares the two).
SHARED_SETTINGS: Mapping[str, str] = {
    # A misspelt topic is an error, not a new topic with one partition and the wrong retention.
    "auto.create.topics.enable": "false",
    # One node holds every internal topic alone.
    "offsets.topic.replication.factor": "1",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    # The default, 3 s, only helps groups whose members come up one by one.
    "group.initial.rebalance.delay.ms": "0",
}

_TEST_SETTINGS: Mapping[str, str] = {
    # 50 partitions each by default: as many files to open at every start.
    "offsets.topic.num.partitions": "4",
    "transaction.state.log.num.partitions": "4",
    # 128 MB by default, a third of the heap below.
    "log.cleaner.dedupe.buffer.size": "16777216",
    # A killed node that comes back waits until its former self is given up: 9 s by default.
    "broker.session.timeout.ms": "3000",
    "broker.heartbeat.interval.ms": "500",
    # Retention and compaction are looked at every 5 min and 15 s by default; a test that waits for them waits 1 s.
    "log.retention.check.interval.ms": "1000",
    "log.cleaner.backoff.ms": "1000",
    "log.initial.task.delay.ms": "1000",
    "log.segment.delete.delay.ms": "1000",
}

_JAVA_OPTIONS = ("-Xmx384m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Djava.awt.headless=true")


@dataclass(frozen=True, slots=True)
class Listener:
    """One more listener of a node: the port it binds, and the port that it tells others to use (a proxy's)."""

    name: str
    port: int
    advertised_port: int


@dataclass(frozen=True, slots=True)
class Node:
    """Where one node listens and keeps its data; fixed for life, so that a restart is the same node again.

    Other brokers talk to the listener that `inter_broker` names, and to the controller at the port that it advertises.
    """

    number: int
    client_port: int
    controller_port: int
    directory: Path
    directory_id: str
    listeners: tuple[Listener, ...] = ()
    inter_broker: str = "PLAINTEXT"
    controller_advertised_port: int | None = None

    @classmethod
    def at(
        cls,
        directory: Path,
        *,
        number: int = 1,
        listeners: Sequence[Listener] = (),
        inter_broker: str = "PLAINTEXT",
        controller_advertised_port: int | None = None,
    ) -> Node:
        """A node on free ports, with its data and log below `directory`."""
        return cls(
            number,
            free_port(),
            free_port(),
            directory,
            _kafka_uuid(),
            tuple(listeners),
            inter_broker,
            controller_advertised_port,
        )

    @property
    def bootstrap_server(self) -> str:
        """`host:port` for clients."""
        return f"{HOST}:{self.client_port}"

    @property
    def voter(self) -> str:
        """`id@host:port:directory-id`, as the storage tool wants a first controller named."""
        return f"{self.number}@{self.controller}:{self.directory_id}"

    @property
    def controller(self) -> str:
        """`host:port` at which the others find its controller."""
        return f"{HOST}:{self.controller_advertised_port or self.controller_port}"


def server_properties(node: Node, quorum: Sequence[Node]) -> str:
    """The configuration of `node`, broker and controller in one, in a cluster of `quorum`."""
    replicas = str(min(3, len(quorum)))
    bound = {"PLAINTEXT": node.client_port, **{one.name: one.port for one in node.listeners}}
    told = {"PLAINTEXT": node.client_port, **{one.name: one.advertised_port for one in node.listeners}}
    if node.controller_advertised_port is not None:
        told["CONTROLLER"] = node.controller_advertised_port
    settings = {
        "process.roles": "broker,controller",
        "node.id": str(node.number),
        "listeners": _endpoints(bound | {"CONTROLLER": node.controller_port}),
        "advertised.listeners": _endpoints(told),
        "controller.listener.names": "CONTROLLER",
        "inter.broker.listener.name": node.inter_broker,
        "listener.security.protocol.map": ",".join(f"{name}:PLAINTEXT" for name in (*bound, "CONTROLLER")),
        "controller.quorum.bootstrap.servers": ",".join(other.controller for other in quorum),
        "log.dirs": str(node.directory / "data"),
        **SHARED_SETTINGS,
        **_TEST_SETTINGS,
        "offsets.topic.replication.factor": replicas,
        "transaction.state.log.replication.factor": replicas,
        # Of three copies a write must reach two, also of a committed offset: otherwise it dies with its one broker.
        "min.insync.replicas": str(max(1, int(replicas) - 1)),
    }
    return "".join(f"{name}={value}\n" for name, value in settings.items())


def _endpoints(ports: Mapping[str, int]) -> str:
    return ",".join(f"{name}://{HOST}:{port}" for name, port in ports.items())


class KafkaBroker:
    """One KRaft node, alone or one of several; `start` returns when an admin client can list the node.

    `KafkaBroker(files, Node.at(tmp_path))` is a cluster of one. For more, make the nodes first and give each broker
    all of them as `quorum` and the same `cluster_id`; start them with `start(wait=False)`, then `wait_ready` each.
    """

    def __init__(
        self, files: ServiceFiles, node: Node, *, quorum: Sequence[Node] = (), cluster_id: str | None = None
    ) -> None:
        """Describe the node; nothing is written or started."""
        self.node = node
        self._quorum = tuple(quorum) or (node,)
        self._cluster_id = cluster_id or _kafka_uuid()
        self._java = [
            str(files.java),
            *_JAVA_OPTIONS,
            "-Dorg.apache.logging.log4j.level=INFO",
            "-cp",
            f"{files.kafka_libs}/*",
        ]
        self._properties = node.directory / "server.properties"
        self.process = ManagedProcess(
            f"Kafka node {node.number}",
            [*self._java, "kafka.Kafka", str(self._properties)],
            log=node.directory / "broker.log",
        )

    @property
    def bootstrap_servers(self) -> str:
        """All nodes of the cluster, as clients want them."""
        return ",".join(node.bootstrap_server for node in self._quorum)

    def start(self, *, wait: bool = True) -> None:
        """Format the storage if this is the first start, and start; raises `StartError` with the end of the log."""
        if not self._properties.exists():
            self._format()
        self.process.start()
        if wait:
            self.wait_ready()

    def wait_ready(self, *, timeout_s: float = START_TIMEOUT_S) -> None:
        """Wait until this node answers an admin client as a member of the cluster."""
        self.process.wait_ready(self._answers, timeout_s=timeout_s)

    def stop(self) -> None:
        """Shut down in order (SIGTERM): leaders move, logs are flushed."""
        self.process.stop(grace_s=60)

    def kill(self) -> None:
        """Die at once (SIGKILL); the data stays as the kernel has it."""
        self.process.kill()

    def restart(self, *, kill: bool = False) -> None:
        """Go down, in order or killed, and come back on the same ports with the same data."""
        if self.process.running:
            self.kill() if kill else self.stop()
        self.start()

    def pause(self) -> None:
        """Stand still, connections open, as a stalled machine does (SIGSTOP)."""
        self.process.pause()

    def resume(self) -> None:
        """Go on after `pause`."""
        self.process.resume()

    def close(self) -> None:
        """Make sure that nothing is left running."""
        self.process.close()

    def _format(self) -> None:
        self.node.directory.mkdir(parents=True, exist_ok=True)
        # Written under another name first: a properties file that exists says that the storage is formatted.
        draft = self._properties.with_suffix(".draft")
        draft.write_text(server_properties(self.node, self._quorum), "utf-8")
        if len(self._quorum) == 1:
            voters = ["--standalone"]
        else:
            voters = ["--initial-controllers", ",".join(node.voter for node in self._quorum)]
        done = subprocess.run(
            [*self._java, "kafka.tools.StorageTool", "format", "-t", self._cluster_id, "-c", str(draft), *voters],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=START_TIMEOUT_S,
            check=False,
        )
        if done.returncode != 0:
            raise StartError(f"formatting {self.process.name} failed\n{done.stdout[-4000:]}")
        draft.rename(self._properties)

    def _answers(self) -> bool:
        # Asked with a plain socket first: librdkafka's client logs each refused connection to standard error.
        if not _listens(self.node.client_port):
            return False
        admin = AdminClient({"bootstrap.servers": self.node.bootstrap_server, "log_level": 0})
        try:
            return self.node.number in admin.list_topics(timeout=5).brokers
        except KafkaException:
            return False


def _listens(port: int) -> bool:
    try:
        socket.create_connection((HOST, port), timeout=1).close()
    except OSError:
        return False
    return True


def _kafka_uuid() -> str:
    """16 random bytes in Kafka's own form. One that starts with a dash would be read as an option: draw again."""
    while True:
        text = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        if not text.startswith("-"):
            return text
