"""Child processes that tests start, stop, kill and pause; none outlives the test run."""

from __future__ import annotations

import atexit
import contextlib
import os
import random
import signal
import socket
import subprocess
import sys
import time
import weakref
from pathlib import Path
from typing import IO, TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

HOST = "127.0.0.1"

# Below Linux' range for outgoing connections (32768 and up). A port of that range may be handed to any client while a
# killed broker is down, and a client that tries to reach the broker there can even connect to itself: the restart on
# the same port then fails with "address in use".
_PORTS = range(20_000, 32_000)

_LOG_TAIL_LINES = 60


class User(NamedTuple):
    """Whom a child runs as, where that is not who runs the tests: the arguments of `subprocess.Popen`."""

    user: int
    group: int
    extra_groups: tuple[int, ...] = ()


class StartError(Exception):
    """A service did not become ready; the message ends with the last lines of its log."""


def free_port() -> int:
    """Answer a loopback port that nothing listens on and that no outgoing connection will be given."""
    candidates = random.sample(_PORTS, 200)
    for port in candidates:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return port
    raise StartError(f"none of {len(candidates)} loopback ports tried is free")


def wait_until(condition: Callable[[], bool], *, timeout_s: float, what: str, every_s: float = 0.05) -> None:
    """Ask `condition` until it holds; raises `TimeoutError` that says `what` was waited for."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {timeout_s:g} s for {what}")
        time.sleep(every_s)


class _Reaper:
    """The process of `reaper.py`, started with the first child."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None

    def started(self, group: int) -> None:
        self._tell(f"+{group}")

    def gone(self, group: int) -> None:
        self._tell(f"-{group}")

    def _tell(self, line: str) -> None:
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, "-I", str(Path(__file__).with_name("reaper.py"))],
                stdin=subprocess.PIPE,
                text=True,
                start_new_session=True,
            )
            atexit.register(self._close, self._process)
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(line + "\n")
            self._process.stdin.flush()

    @staticmethod
    def _close(process: subprocess.Popen[str]) -> None:
        assert process.stdin is not None
        process.stdin.close()
        process.wait(timeout=10)


_reaper = _Reaper()
_known: weakref.WeakSet[ManagedProcess] = weakref.WeakSet()


def logs_written_since(moment: float) -> Iterator[tuple[str, str]]:
    """(name of the process, end of its log) of every log that was written to after `moment` (`time.time()`).

    For the report of a failed test: the log itself lies in a temporary directory, which a CI system throws away.
    """
    for process in sorted(_known, key=lambda one: one.name):
        if process.log.exists() and process.log.stat().st_mtime >= moment:
            yield process.name, process.log_tail()


class ManagedProcess:
    """One child process in a process group of its own, with its output in files.

    Its own group, because Ctrl-C in a terminal goes to the whole group: the broker would be gone before the fixtures of
    the tests that use it have ended. `log` receives standard error, and standard output too unless `stdout` is given;
    both are appended to over restarts.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        log: Path,
        stdout: Path | None = None,
        environ: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        user: User | None = None,
    ) -> None:
        """Describe the process; nothing is started. `environ` replaces the whole environment."""
        self.name = name
        self.command = list(command)
        self.log = log
        self.stdout = stdout
        self._environ = environ
        self._cwd = cwd
        self._user = user
        self._process: subprocess.Popen[bytes] | None = None
        self._group: int | None = None
        _known.add(self)

    @property
    def running(self) -> bool:
        """Whether the process exists and has not ended (a paused one is running)."""
        if self._process is None:
            return False
        if self._process.poll() is None:
            return True
        self._clear_group()
        return False

    @property
    def pid(self) -> int:
        """The id of the process; raises `RuntimeError` before the first start."""
        return self._started().pid

    def start(self) -> None:
        """Start the process; raises `RuntimeError` if it runs already."""
        if self.running:
            raise RuntimeError(f"{self.name} runs already as process {self.pid}")
        with contextlib.ExitStack() as files:
            log = files.enter_context(self._opened(self.log))
            out = files.enter_context(self._opened(self.stdout)) if self.stdout else log
            self._process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=log,
                env=None if self._environ is None else dict(self._environ),
                cwd=self._cwd,
                start_new_session=True,
                **({} if self._user is None else self._user._asdict()),
            )
        self._group = self._process.pid
        _reaper.started(self._group)

    def stop(self, *, grace_s: float = 30.0, number: signal.Signals = signal.SIGTERM) -> int:
        """Ask the process to end and answer its exit code (minus the signal's number if that ended it).

        Raises `TimeoutError` after `grace_s`, having killed it: a process that does not end when asked is a finding,
        not something to tidy away.
        """
        process = self._started()
        self.resume()  # a stopped process does not see SIGTERM until it goes on
        self._signal(number)
        try:
            process.wait(timeout=grace_s)
        except subprocess.TimeoutExpired:
            self.kill()
            raise TimeoutError(
                f"{self.name} had not ended {grace_s:g} s after {number.name}\n{self.log_tail()}"
            ) from None
        finally:
            self._clear_group()
        return process.returncode

    def kill(self) -> None:
        """End the process and its children with SIGKILL, as a crash or the kernel's OOM killer would."""
        process = self._started()
        self._signal(signal.SIGKILL)
        process.wait(timeout=30)
        self._clear_group()

    def pause(self) -> None:
        """Stop the process where it is (SIGSTOP), as a long garbage collection or a stalled VM would."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let a paused process go on."""
        self._signal(signal.SIGCONT)

    def wait(self, *, timeout_s: float) -> int:
        """Wait until the process ends by itself and answer its exit code; raises `TimeoutError`."""
        process = self._started()
        try:
            process.wait(timeout=timeout_s)
        except subprocess.TimeoutExpired:
            raise TimeoutError(f"{self.name} had not ended after {timeout_s:g} s\n{self.log_tail()}") from None
        self._clear_group()
        return process.returncode

    def close(self) -> None:
        """Make sure that nothing is left, however far the process came; never raises on one that has ended."""
        if self._process is not None:
            self.kill()

    def wait_ready(self, ready: Callable[[], bool], *, timeout_s: float) -> None:
        """Wait until `ready` answers true; raises `StartError` with the log's end if the process ends or stalls."""

        def ready_or_dead() -> bool:
            return not self.running or ready()

        try:
            wait_until(ready_or_dead, timeout_s=timeout_s, what=f"{self.name} to be ready")
        except TimeoutError as error:
            raise StartError(f"{error}\n{self.log_tail()}") from None
        if not self.running:
            code = self._started().returncode
            raise StartError(f"{self.name} ended with exit code {code} while starting\n{self.log_tail()}")

    def log_tail(self, lines: int = _LOG_TAIL_LINES) -> str:
        """The last lines of the log, indented, under a heading with its path."""
        text = self.log.read_text("utf-8", "replace") if self.log.exists() else ""
        tail = "\n".join(f"  {line}" for line in text.splitlines()[-lines:])
        return f"--- the last lines of {self.log}:\n{tail}"

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise RuntimeError(f"{self.name} was never started")
        return self._process

    def _signal(self, number: signal.Signals) -> None:
        if self.running and self._group is not None:
            os.killpg(self._group, number)

    def _clear_group(self) -> None:
        """Kill children that outlived the process itself; once, since its id may soon be another process's."""
        group, self._group = self._group, None
        if group is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(group, signal.SIGKILL)
            _reaper.gone(group)

    @staticmethod
    def _opened(path: Path) -> IO[bytes]:
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.open("ab")
