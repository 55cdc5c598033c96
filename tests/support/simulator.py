"""The demo's LLM simulator as a subprocess, and the two addresses that only tests use: its faults and its counts."""

from __future__ import annotations

import json
import sys
import urllib.error
import urllib.request
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from tests.support.processes import clean_environ
from tests.support.supervision import HOST, ManagedProcess, free_port

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path


class LlmSimulator:
    """`python -m streams.demo.llm_simulator` on a free port."""

    def __init__(self, directory: Path, *options: str) -> None:
        """Describe the simulator; its log goes below `directory`. `options` as `--help` of the module lists them."""
        self._root = f"http://{HOST}:{(port := free_port())}"
        self.base_url = f"{self._root}/v1"
        self.process = ManagedProcess(
            "LLM simulator",
            [sys.executable, "-m", "streams.demo.llm_simulator", "--port", str(port), *options],
            log=directory / "llm_simulator.log",
            environ=clean_environ(),
        )

    @classmethod
    @contextmanager
    def running(cls, directory: Path, *options: str) -> Iterator[LlmSimulator]:
        """One that runs within the `with` block."""
        simulator = cls(directory, *options)
        try:
            simulator.start()
            yield simulator
        finally:
            simulator.close()

    def start(self) -> None:
        """Start and wait until it answers; raises `StartError` with the end of its log."""
        self.process.start()
        self.process.wait_ready(self._answers, timeout_s=60)

    def stats(self) -> dict[str, Any]:
        """What it has counted so far."""
        with urllib.request.urlopen(f"{self._root}/_stats", timeout=10) as response:
            answer: dict[str, Any] = json.load(response)
            return answer

    def set_faults(self, faults: Mapping[str, Any]) -> None:
        """Replace its faults; an empty mapping makes it healthy."""
        request = urllib.request.Request(
            f"{self._root}/_faults",
            data=json.dumps(dict(faults)).encode(),
            headers={"content-type": "application/json"},
            method="POST",
        )
        urllib.request.urlopen(request, timeout=10).close()

    def close(self) -> None:
        """Make sure that nothing is left running."""
        self.process.close()

    def _answers(self) -> bool:
        try:
            self.stats()
        except (urllib.error.URLError, OSError):
            return False
        return True
