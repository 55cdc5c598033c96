"""The real `crm-insights` command as a subprocess: one run to its end, or a worker that serves until it is stopped."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.support.supervision import HOST, ManagedProcess, free_port

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# The script beside the interpreter that runs the tests: what `make install` made, not another one on the PATH.
COMMAND = str(Path(sys.executable).with_name("crm-insights"))

# A worker joins its group and restores within 5 s; on a loaded machine of two cores ten times as long was seen.
READY_TIMEOUT_S = 90.0


def clean_environ(settings: Mapping[str, str] | None = None) -> dict[str, str]:
    """This process's environment without any setting or key of whoever runs the tests, plus `settings`."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("CRM_INSIGHTS_", "OPENAI_", "OTEL_", "F_", "FAUST_"))
    }
    return kept | {"PYTHONUNBUFFERED": "1", "NO_COLOR": "1"} | dict(settings or {})


@dataclass(frozen=True, slots=True)
class Finished:
    """How a command ended."""

    exit_code: int
    stdout: str
    stderr: str

    @property
    def json_lines(self) -> list[Any]:
        """Standard output as one JSON value a line."""
        return [json.loads(line) for line in self.stdout.splitlines() if line.strip()]


def run_command(
    *arguments: str, settings: Mapping[str, str] | None = None, stdin: str = "", timeout_s: float = 60.0
) -> Finished:
    """Run `crm-insights ARGUMENTS` to its end with nothing but `settings` set."""
    done = subprocess.run(
        [COMMAND, *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        env=clean_environ(settings),
        timeout=timeout_s,
        check=False,
    )
    return Finished(done.returncode, done.stdout, done.stderr)


class WorkerProcess:
    """`crm-insights worker` with a web server on a free port.

    Several may share topics and a group; give each its own `directory`, which holds its log and its STATE__DIR.
    """

    def __init__(self, directory: Path, settings: Mapping[str, str], arguments: Sequence[str] = ()) -> None:
        """Describe the worker; nothing is started. `settings` are CRM_INSIGHTS_ variables by their full names."""
        self.port = free_port()
        self.url = f"http://{HOST}:{self.port}"
        self.state_directory = directory / "state"
        self.process = ManagedProcess(
            "worker",
            [COMMAND, "worker", *arguments],
            log=directory / "worker.stderr",
            stdout=directory / "worker.stdout",
            environ=clean_environ(
                {
                    "CRM_INSIGHTS_WEB__HOST": HOST,
                    "CRM_INSIGHTS_WEB__PORT": str(self.port),
                    "CRM_INSIGHTS_STATE__DIR": str(self.state_directory),
                    **settings,
                }
            ),
            cwd=directory,
        )

    def start(self, *, wait: bool = True) -> None:
        """Start, and wait for `/readyz` unless told otherwise; raises `StartError` with the end of its log."""
        self.state_directory.mkdir(parents=True, exist_ok=True)
        self.process.start()
        if wait:
            self.wait_ready()

    def wait_ready(self, *, timeout_s: float = READY_TIMEOUT_S) -> None:
        """Wait until `/readyz` answers 200."""
        self.process.wait_ready(lambda: self.status("/readyz") == 200, timeout_s=timeout_s)

    def stop(self, *, grace_s: float = 60.0) -> int:
        """SIGTERM, and the exit code; raises `TimeoutError` if it does not end."""
        return self.process.stop(grace_s=grace_s)

    def kill(self) -> None:
        """Die at once (SIGKILL)."""
        self.process.kill()

    def pause(self) -> None:
        """Stand still (SIGSTOP)."""
        self.process.pause()

    def resume(self) -> None:
        """Go on after `pause`."""
        self.process.resume()

    def close(self) -> None:
        """Make sure that nothing is left running."""
        self.process.close()

    @property
    def stderr(self) -> str:
        """All that the worker logged, over restarts."""
        return self.process.log.read_text("utf-8", "replace") if self.process.log.exists() else ""

    def status(self, path: str) -> int | None:
        """The HTTP status of a GET, None while nothing answers."""
        try:
            with urllib.request.urlopen(self.url + path, timeout=5) as response:
                return int(response.status)
        except urllib.error.HTTPError as error:
            with error:
                return error.code
        except OSError:
            return None

    def get(self, path: str) -> str:
        """The body of a GET, whatever its status."""
        try:
            with urllib.request.urlopen(self.url + path, timeout=5) as response:
                return str(response.read().decode())
        except urllib.error.HTTPError as error:
            with error:
                return error.read().decode()

    def post_event(self, event: Mapping[str, Any], token: str, **headers: str) -> int:
        """POST an event to /v1/events and answer the status."""
        request = urllib.request.Request(
            f"{self.url}/v1/events",
            data=json.dumps(event).encode(),
            headers={"Content-Type": "application/json", "Authorization": f"Bearer {token}"} | headers,
            method="POST",
        )
        try:
            with urllib.request.urlopen(request, timeout=20) as response:
                return int(response.status)
        except urllib.error.HTTPError as error:
            with error:
                return error.code

    def metric(self, name: str, **labels: str) -> float:
        """The sum of a metric's samples whose labels include `labels`, from `/metrics`; 0 if there is none."""
        from prometheus_client.parser import text_string_to_metric_families  # noqa: PLC0415 -- only tests that ask

        return sum(
            sample.value
            for family in text_string_to_metric_families(self.get("/metrics"))
            for sample in family.samples
            if sample.name == name and labels.items() <= sample.labels.items()
        )
