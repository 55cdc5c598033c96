"""The worker beside the demo: it gets nothing but the demo's settings, and it never outlives it."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from streams.demo.worker_process import HOST, WorkerProcess, free_port

if TYPE_CHECKING:
    from pathlib import Path

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


def test_a_free_port_can_be_bound() -> None:
    with socket.socket() as listener:
        listener.bind((HOST, free_port()))
