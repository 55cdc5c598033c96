"""A worker that dies soon after each start waits before the next; one that has settled, or was stopped, does not."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from streams.worker.crash_loop import LONGEST_WAIT_S, StartRecord, wait_before_start_s
from streams.worker.own_directory import OwnDirectory, StateDirectoryUnusableError

if TYPE_CHECKING:
    from pathlib import Path


def test_the_first_restarts_are_free_and_the_next_ones_wait_twice_as_long_each() -> None:
    assert [wait_before_start_s(lives) for lives in range(8)] == [0, 0, 0, 1, 2, 4, 8, 16]


@pytest.mark.parametrize("lives", [9, 100, 10_000, 10**9])
def test_the_wait_has_a_bound(lives: int) -> None:
    assert wait_before_start_s(lives) <= LONGEST_WAIT_S


def test_starts_that_come_to_nothing_are_counted_over_processes(tmp_path: Path) -> None:
    assert [StartRecord(tmp_path).begin() for _ in range(3)] == [0, 1, 2]


def test_a_start_that_settled_ends_the_count(tmp_path: Path) -> None:
    for _ in range(5):
        StartRecord(tmp_path).begin()
    StartRecord(tmp_path).settled()
    assert StartRecord(tmp_path).begin() == 0


@pytest.mark.parametrize("content", ["", "torn", "[]", "-3", '"5"'])
def test_a_damaged_count_is_none(tmp_path: Path, content: str) -> None:
    (tmp_path / "short-lives.json").write_text(content)
    assert StartRecord(tmp_path).begin() == 0


def test_processes_that_share_a_state_directory_get_one_each(tmp_path: Path) -> None:
    with OwnDirectory.claim(tmp_path) as first, OwnDirectory.claim(tmp_path) as second:
        assert first.path != second.path


def test_the_place_of_a_process_that_was_killed_is_found_again(tmp_path: Path) -> None:
    script = (
        "import os, pathlib, signal, sys\nfrom streams.worker.own_directory import OwnDirectory\n"
        "own = OwnDirectory.claim(pathlib.Path(sys.argv[1]))\nprint(own.path, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    killed = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, check=False, timeout=30
    )
    with OwnDirectory.claim(tmp_path) as own:
        assert str(own.path) == killed.stdout.strip()


def test_a_state_directory_that_cannot_be_made_names_the_setting(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StateDirectoryUnusableError, match=r"CRM_INSIGHTS_STATE__DIR.*file.*directory"):
        OwnDirectory.claim(tmp_path / "file")
