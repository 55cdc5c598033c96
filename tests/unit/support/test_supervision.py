"""Child processes of the tests: how they end, and that none is left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.reaper import survivors
from tests.support.supervision import ManagedProcess, StartError, free_port, logs_written_since, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[3]


class Child(ManagedProcess):
    """A Python one-liner that has said "ready" before the test goes on."""

    def __init__(self, directory: Path, body: str) -> None:
        """Run `body` first; the log goes into `directory`."""
        code = f"import os, signal, subprocess, sys, time\n{body}\nprint('ready', flush=True)\ntime.sleep(600)\n"
        super().__init__("child", [sys.executable, "-c", code], log=directory / "child.log")

    def start_ready(self) -> None:
        self.start()
        self.wait_ready(lambda: "ready" in self.log.read_text("utf-8"), timeout_s=30)


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture
def child(directory: Path) -> Iterator[Child]:
    process = Child(directory, "")
    process.start_ready()
    yield process
    process.close()


def exists(pid: int) -> bool:
    """Whether the process is there and no zombie."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_stop_asks_with_sigterm_and_answers_the_exit_code(directory: Path) -> None:
    child = Child(directory, "signal.signal(signal.SIGTERM, lambda *_: sys.exit(7))")
    child.start_ready()

    assert child.stop() == 7
    assert not child.running


def test_a_process_that_ignores_sigterm_is_killed_and_reported(directory: Path) -> None:
    child = Child(directory, "signal.signal(signal.SIGTERM, signal.SIG_IGN)")
    child.start_ready()

    with pytest.raises(TimeoutError, match=r"child had not ended 0.5 s after SIGTERM\n(.*\n)*  ready"):
        child.stop(grace_s=0.5)
    assert not child.running


def test_a_paused_process_can_be_stopped(child: Child) -> None:
    child.pause()

    assert child.stop() == -signal.SIGTERM


def test_a_process_that_dies_at_start_is_reported_with_the_end_of_its_log(directory: Path) -> None:
    child = Child(directory, "sys.exit('the port is taken')")
    child.start()

    with pytest.raises(StartError, match=r"child ended with exit code 1 while starting\n(.*\n)*  the port is taken"):
        child.wait_ready(lambda: False, timeout_s=30)


def test_a_process_that_never_gets_ready_is_reported_with_the_end_of_its_log(child: Child) -> None:
    with pytest.raises(StartError, match=r"waited 0.2 s for child to be ready\n(.*\n)*  ready"):
        child.wait_ready(lambda: False, timeout_s=0.2)


def test_children_of_a_killed_process_go_with_it(directory: Path) -> None:
    child = Child(directory, "print(subprocess.Popen(['sleep', '600']).pid, flush=True)")
    child.start_ready()
    grandchild = int(child.log.read_text("utf-8").split()[0])

    child.kill()

    wait_until(lambda: not exists(grandchild), timeout_s=10, what="the grandchild to end")


def test_a_second_start_of_a_running_process_is_refused(child: Child) -> None:
    with pytest.raises(RuntimeError, match="runs already"):
        child.start()


def test_closing_a_process_that_has_ended_signals_nobody(child: Child, monkeypatch: pytest.MonkeyPatch) -> None:
    child.stop()
    signalled: list[int] = []
    monkeypatch.setattr(os, "killpg", lambda group, _: signalled.append(group))

    child.close()

    assert signalled == []


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_nothing_outlives_a_test_run_that_is_killed(directory: Path) -> None:
    script = f"""
        from pathlib import Path
        from tests.support.supervision import ManagedProcess
        child = ManagedProcess("orphan", ["sleep", "600"], log=Path({str(directory / "log")!r}))
        child.start()
        print(child.pid, flush=True)
        child.wait(timeout_s=600)
    """
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script)], stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as run:
        assert run.stdout is not None
        orphan = int(run.stdout.readline())
        assert exists(orphan)
        run.kill()

    wait_until(lambda: not exists(orphan), timeout_s=10, what="the orphan to be killed")


def test_the_reaper_spares_what_was_reported_gone() -> None:
    assert survivors(["+10\n", "+11\n", "-10\n", "+12\n"]) == {11, 12}


def test_a_free_port_lies_outside_the_range_that_clients_are_given() -> None:
    assert all(20_000 <= free_port() < 32_000 for _ in range(50))


def test_waiting_for_what_does_not_come_says_what_was_waited_for() -> None:
    start = time.monotonic()

    with pytest.raises(TimeoutError, match=r"waited 0\.1 s for the moon"):
        wait_until(lambda: False, timeout_s=0.1, what="the moon")
    assert time.monotonic() - start < 5


def test_logs_written_during_a_test_are_found_for_its_report(child: Child) -> None:
    before_start = time.time() - 60

    assert [tail for name, tail in logs_written_since(before_start) if name == "child"] == [child.log_tail()]
    assert "child" not in dict(logs_written_since(time.time() + 60))
