"""A real Kafka Connect worker on loopback, and the part of its REST API that the tests speak."""

from __future__ import annotations

import json
import os
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any

from tests.support.connect.files import ROOT
from tests.support.supervision import HOST, ManagedProcess, free_port, wait_until

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.support.connect.files import ConnectFiles

MAIN_CLASS = "org.apache.kafka.connect.cli.ConnectDistributed"

# 11 to 14 s on a loaded machine of two cores, once 51 s.
START_TIMEOUT_S = 180.0
TASK_TIMEOUT_S = 90.0
_REQUEST_TIMEOUT_S = 30.0

_JAVA_OPTIONS = (
    "-Xmx384m",
    "-XX:TieredStopAtLevel=1",
    "-XX:+UseSerialGC",
    "-Djava.awt.headless=true",
    # Errors only, without it.
    "-Dorg.apache.logging.log4j.level=INFO",
)

_DEPLOY = ROOT / "deploy" / "connect"

_TEST_SETTINGS: Mapping[str, str] = {
    # 25 and 5 by default: as many files to open at every start.
    "offset.storage.partitions": "1",
    "status.storage.partitions": "1",
    # Sources note how far they are when they are stopped, and not by chance just before they are killed.
    "offset.flush.interval.ms": "600000",
    # A killed worker is given up on after this long, 10 s by default, and its connectors need not wait for it.
    "session.timeout.ms": "6000",
    "heartbeat.interval.ms": "2000",
    "scheduled.rebalance.max.delay.ms": "0",
}


class ConnectWorker:
    """One worker in distributed mode, as in production: connectors and offsets are kept in Kafka and outlive it."""

    def __init__(
        self, files: ConnectFiles, directory: Path, bootstrap_servers: str, environ: Mapping[str, str]
    ) -> None:
        """Describe the worker; connectors may read the variables of `environ` as `${env:NAME}`."""
        port = free_port()
        self.url = f"http://{HOST}:{port}"
        properties = directory / "connect.properties"
        settings = {**_TEST_SETTINGS, "plugin.path": str(files.plugins)}
        lines = (f"{name}={value}\n" for name, value in settings.items())
        # Of a name that stands there twice the last one counts.
        properties.write_text((_DEPLOY / "connect.properties").read_text("utf-8") + "".join(lines), "utf-8")
        own = {
            "CONNECT_BOOTSTRAP_SERVERS": bootstrap_servers,
            "CONNECT_LISTENERS": self.url,
            "CONNECT_ADVERTISED_HOST": HOST,
        }
        classpath = os.pathsep.join((str(_DEPLOY / "classpath"), f"{files.libs}/*"))
        self.process = ManagedProcess(
            "Kafka Connect",
            [str(files.java), *_JAVA_OPTIONS, "-cp", classpath, MAIN_CLASS, str(properties)],
            log=directory / "connect.log",
            environ={**os.environ, **own, **environ},
            cwd=directory,
        )

    def start(self) -> None:
        """Start and wait until it answers; raises `StartError` with the end of its log."""
        self.process.start()
        self.process.wait_ready(self._answers, timeout_s=START_TIMEOUT_S)

    def kill(self) -> None:
        """Die at once (SIGKILL)."""
        self.process.kill()

    def close(self) -> None:
        """Make sure that nothing is left running."""
        self.process.close()

    def states(self, connector: str) -> list[str]:
        """The states of the connector and of its tasks; empty while it has no task."""
        try:
            status = self.ask("GET", f"/connectors/{connector}/status")
        except urllib.error.HTTPError as error:
            with error:
                return []
        tasks = [task["state"] for task in status["tasks"]]
        return [status["connector"]["state"], *tasks] if tasks else []

    def wait_running(self, connector: str) -> None:
        """Wait until the connector and its tasks run; raises `AssertionError` when one has failed, for it stays so."""

        def runs() -> bool:
            states = self.states(connector)
            assert "FAILED" not in states, self.ask("GET", f"/connectors/{connector}/status")
            return set(states) == {"RUNNING"}

        wait_until(runs, timeout_s=TASK_TIMEOUT_S, what=f"the connector {connector} to run", every_s=0.2)

    def make(self, connector: str, config: Mapping[str, str]) -> None:
        """Make a connector, and wait until it runs."""
        self.ask("PUT", f"/connectors/{connector}/config", config)
        self.wait_running(connector)

    def stop(self, connector: str) -> None:
        """Stop the connector's tasks, and wait until they have gone."""
        self.ask("PUT", f"/connectors/{connector}/stop")
        wait_until(lambda: not self.states(connector), timeout_s=TASK_TIMEOUT_S, what="the tasks to go", every_s=0.2)

    def resume(self, connector: str) -> None:
        """Start the connector's tasks again, and wait until they run."""
        self.ask("PUT", f"/connectors/{connector}/resume")
        self.wait_running(connector)

    def forget_offsets(self, connector: str) -> None:
        """Let a stopped connector forget how far it came, as a lost offsets topic would."""
        self.ask("DELETE", f"/connectors/{connector}/offsets")

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """One request; raises `HTTPError`."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(self.url + path, data=data, headers=headers, method=method)
        with urllib.request.urlopen(request, timeout=_REQUEST_TIMEOUT_S) as response:
            return json.loads(response.read() or b"null")

    def _answers(self) -> bool:
        try:
            self.ask("GET", "/connectors")
        except OSError:
            return False
        return True
