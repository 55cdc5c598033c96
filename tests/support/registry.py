"""A real Apicurio registry on loopback, spoken to through its Confluent-compatible API."""

from __future__ import annotations

import os
import urllib.error
import urllib.request
from typing import TYPE_CHECKING

from tests.support.supervision import HOST, ManagedProcess, free_port

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.jars import ServiceFiles

START_TIMEOUT_S = 120.0

_JAVA_OPTIONS = ("-Xmx256m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Djava.awt.headless=true")


class ApicurioRegistry:
    """One registry with its schemas in memory; `start` returns when it answers.

    In memory means that a restart forgets every schema and gives the same ids out again, to other schemas. That is
    what a test of a lost registry needs; docker-compose.yml keeps the schemas in PostgreSQL for that reason.
    """

    def __init__(self, files: ServiceFiles, directory: Path) -> None:
        """Describe the registry; its log goes below `directory`."""
        self._port = free_port()
        self.url = f"http://{HOST}:{self._port}/apis/ccompat/v7"
        self.process = ManagedProcess(
            "Apicurio registry",
            [str(files.java), *_JAVA_OPTIONS, "-jar", str(files.registry / "quarkus-run.jar")],
            log=directory / "registry.log",
            environ=os.environ
            | {
                "QUARKUS_HTTP_HOST": HOST,
                "QUARKUS_HTTP_PORT": str(self._port),
                # Otherwise it binds port 9000 on every interface as well, and a second registry dies of it.
                "QUARKUS_MANAGEMENT_HOST": HOST,
                "QUARKUS_MANAGEMENT_PORT": str(free_port()),
            },
            cwd=directory,
        )

    def start(self, *, wait: bool = True) -> None:
        """Start; raises `StartError` with the end of the log."""
        self.process.start()
        if wait:
            self.wait_ready()

    def wait_ready(self, *, timeout_s: float = START_TIMEOUT_S) -> None:
        """Wait until the Confluent-compatible API answers."""
        self.process.wait_ready(self._answers, timeout_s=timeout_s)

    def stop(self) -> None:
        """Shut down in order (SIGTERM)."""
        self.process.stop(grace_s=60)

    def kill(self) -> None:
        """Die at once (SIGKILL)."""
        self.process.kill()

    def restart(self, *, kill: bool = False) -> None:
        """Go down and come back at the same address, empty."""
        if self.process.running:
            self.kill() if kill else self.stop()
        self.start()

    def pause(self) -> None:
        """Accept connections and answer nothing (SIGSTOP): what a client's timeout is for."""
        self.process.pause()

    def resume(self) -> None:
        """Go on after `pause`."""
        self.process.resume()

    def close(self) -> None:
        """Make sure that nothing is left running."""
        self.process.close()

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/subjects", timeout=5) as response:
                return bool(response.status == 200)
        except (urllib.error.URLError, OSError):
            return False
