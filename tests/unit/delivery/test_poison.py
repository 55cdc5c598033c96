"""An event that kills its process in a synchronous stage is known after two deaths, and only such an event."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import DataFault
from schemas.outcomes import DeadLetterReason
from streams.delivery.poison import SUSPECTS_KEPT, PoisonWatch

if TYPE_CHECKING:
    from pathlib import Path

# Dies with an event in hand, or while it waits: what a kill of the process leaves behind.
_DIES_AT_WORK = """
import os, pathlib, signal, sys
from streams.delivery.poison import PoisonWatch
with PoisonWatch(pathlib.Path(sys.argv[1])).holding("prepare", sys.argv[2]):
    os.kill(os.getpid(), signal.SIGKILL)
"""
_DIES_WAITING = """
import asyncio, os, pathlib, signal, sys
from streams.delivery.poison import PoisonWatch
async def waits():
    asyncio.get_running_loop().call_later(0.01, os.kill, os.getpid(), signal.SIGKILL)
    await asyncio.sleep(5)
asyncio.run(PoisonWatch(pathlib.Path(sys.argv[1])).watched("prepare", sys.argv[2], waits()))
"""


def dies(directory: Path, event_id: str, script: str = _DIES_AT_WORK) -> None:
    done = subprocess.run([sys.executable, "-c", script, str(directory), event_id], check=False, timeout=30)
    assert done.returncode == -9


def refused(watch: PoisonWatch, event_id: str, stage: str = "prepare") -> bool:
    try:
        with watch.holding(stage, event_id):
            return False
    except DataFault as fault:
        return (fault.reason, fault.stage) == (DeadLetterReason.POISON, stage)


def test_an_event_that_was_in_hand_at_two_deaths_is_refused(tmp_path: Path) -> None:
    dies(tmp_path, "e1")
    assert not refused(PoisonWatch(tmp_path), "e1")
    dies(tmp_path, "e1")
    assert refused(PoisonWatch(tmp_path), "e1")


def test_it_stays_refused_at_later_starts(tmp_path: Path) -> None:
    dies(tmp_path, "e1")
    dies(tmp_path, "e1")
    PoisonWatch(tmp_path)
    assert refused(PoisonWatch(tmp_path), "e1")


def test_two_deaths_with_different_events_in_hand_refuse_none(tmp_path: Path) -> None:
    dies(tmp_path, "e1")
    dies(tmp_path, "e2")
    watch = PoisonWatch(tmp_path)
    assert not refused(watch, "e1")
    assert not refused(watch, "e2")


def test_the_same_event_in_another_stage_is_not_refused(tmp_path: Path) -> None:
    dies(tmp_path, "e1")
    dies(tmp_path, "e1")
    assert not refused(PoisonWatch(tmp_path), "e1", stage="decode")


def test_an_event_that_waits_when_the_process_dies_is_no_suspect(tmp_path: Path) -> None:
    dies(tmp_path, "e1", _DIES_WAITING)
    dies(tmp_path, "e1", _DIES_WAITING)
    assert not refused(PoisonWatch(tmp_path), "e1")


def test_an_exception_leaves_nothing_in_hand(tmp_path: Path) -> None:
    with pytest.raises(KeyError), PoisonWatch(tmp_path).holding("prepare", "e1"):
        raise KeyError
    PoisonWatch(tmp_path)
    assert not (tmp_path / "suspects.json").exists()


async def test_watched_work_gets_what_it_waits_for_and_returns_its_result(tmp_path: Path) -> None:
    async def work() -> int:
        first = await asyncio.sleep(0, result=20)
        return first + await asyncio.sleep(0.001, result=22)

    assert await PoisonWatch(tmp_path).watched("decode", "e1", work()) == 42


async def test_watched_work_hears_of_a_cancellation(tmp_path: Path) -> None:
    heard = []

    async def work() -> None:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            heard.append("cancelled")
            raise

    task = asyncio.create_task(PoisonWatch(tmp_path).watched("decode", "e1", work()))
    await asyncio.sleep(0.001)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert heard == ["cancelled"]


async def test_an_exception_of_watched_work_comes_out_of_it(tmp_path: Path) -> None:
    async def work() -> None:
        await asyncio.sleep(0)
        raise KeyError("x")

    with pytest.raises(KeyError):
        await PoisonWatch(tmp_path).watched("decode", "e1", work())


async def test_refused_work_takes_no_step(tmp_path: Path) -> None:
    dies(tmp_path, "e1")
    dies(tmp_path, "e1")
    steps = []

    async def work() -> None:
        steps.append(1)

    with pytest.raises(DataFault):
        await PoisonWatch(tmp_path).watched("prepare", "e1", work())
    assert steps == []


@pytest.mark.parametrize("content", ["", "no json", "[1]", '{"prepare e1": "two"}'])
def test_a_damaged_file_of_suspects_stops_no_start(tmp_path: Path, content: str) -> None:
    (tmp_path / "suspects.json").write_text(content)
    assert not refused(PoisonWatch(tmp_path), "e1")


def test_suspects_are_bounded_and_the_oldest_go_first(tmp_path: Path) -> None:
    watch = PoisonWatch(tmp_path)
    for number in range(SUSPECTS_KEPT + 1):
        watch.count(b"prepare %d" % number)
        watch.count(b"prepare %d" % number)
    assert not refused(PoisonWatch(tmp_path), "0")
    assert refused(PoisonWatch(tmp_path), "1")
    assert refused(PoisonWatch(tmp_path), str(SUSPECTS_KEPT))


@given(name=st.text(max_size=3000))
def test_any_name_is_known_again(tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    directory = tmp_path_factory.mktemp("own")
    for _ in range(2):
        watch = PoisonWatch(directory)
        watch.in_hand.fill(watch.key("prepare", name))
    assert refused(PoisonWatch(directory), name)
