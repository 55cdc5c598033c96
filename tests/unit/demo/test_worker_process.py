"""The worker beside the demo: it gets nothing but the demo's settings, and it never outlives it."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from streams.demo.worker_process import HOST, WorkerProcess, free_port
from tests.support.supervision import wait_until

if TYPE_CHECKING:
    import pytest


async def test_a_worker_that_cannot_start_says_why_in_its_log(tmp_path: Path) -> None:
    async with WorkerProcess({"LLM__MODLE": "gpt-5-mini"}, tmp_path) as worker:
        await worker.wait()
        assert worker.exit_code == 2
        assert "CRM_INSIGHTS_LLM__MODLE" in worker.tail()


async def test_settings_of_whoever_runs_the_demo_do_not_reach_the_worker(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CRM_INSIGHTS_NOT_A_SETTING", "x")
    async with WorkerProcess({"LLM__MODLE": "gpt-5-mini"}, tmp_path) as worker:
        await worker.wait()
        assert "NOT_A_SETTING" not in worker.tail()


async def test_leaving_the_block_ends_the_worker(tmp_path: Path) -> None:
    async with WorkerProcess({}, tmp_path) as worker:
        pass
    assert worker.exit_code is not None


async def test_a_worker_whose_starter_is_killed_ends_by_itself(tmp_path: Path) -> None:
    """As when the window that shows the demo is closed: nobody is left to stop the worker."""
    script = (
        "import asyncio, os, pathlib, signal, sys\n"
        "from streams.demo.worker_process import WorkerProcess\n"
        "async def main():\n"
        "    settings = {'KAFKA__BOOTSTRAP_SERVERS': '127.0.0.1:1', 'SCHEMA_REGISTRY__URL': 'http://127.0.0.1:1',\n"
        "                'LLM__API_KEY': 'k', 'PRIVACY__SALT': 's' * 32, 'WEB__PORT': sys.argv[2]}\n"
        "    async with WorkerProcess(settings, pathlib.Path(sys.argv[1])) as worker:\n"
        "        print(worker.pid, flush=True)\n"
        "        await asyncio.sleep(3)\n"
        "        os.kill(os.getpid(), signal.SIGKILL)\n"
        "asyncio.run(main())\n"
    )
    starter = await asyncio.create_subprocess_exec(
        sys.executable, "-c", script, str(tmp_path), str(free_port()), stdout=asyncio.subprocess.PIPE
    )
    assert starter.stdout is not None
    worker_pid = int(await starter.stdout.readline())
    await starter.wait()
    await asyncio.to_thread(wait_until, lambda: not _is_alive(worker_pid), timeout_s=40, what="the worker's end")


def _is_alive(pid: int) -> bool:
    """Whether the process runs; one that nobody has waited for is none."""
    with contextlib.suppress(FileNotFoundError):
        return Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()[0] != "Z"
    return False


def test_a_free_port_can_be_bound() -> None:
    with socket.socket() as listener:
        listener.bind((HOST, free_port()))
