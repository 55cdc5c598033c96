"""What a benchmark reads of a process."""

from __future__ import annotations

import os
import socket
import sys

import pytest

from benchmarks.processes import Held, cpu_s

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


def test_the_processor_time_of_this_process_is_what_the_kernel_tells() -> None:
    times = os.times()

    # Threads of libraries may have used some meanwhile.
    assert cpu_s(os.getpid()) == pytest.approx(times.user + times.system, abs=1.0)


def test_an_open_socket_counts_as_socket_and_as_file() -> None:
    before = Held.by(os.getpid())
    with socket.socket():
        after = Held.by(os.getpid())

    assert (after.sockets - before.sockets, after.files - before.files) == (1, 1)


def test_a_process_that_has_ended_holds_nothing_to_look_at() -> None:
    with pytest.raises(OSError):  # noqa: PT011 - whichever the kernel says
        Held.by(2**22 + 1)
