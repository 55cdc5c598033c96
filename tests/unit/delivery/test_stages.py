"""Small records run in the loop, large ones aside, and whoever was in hand at a death runs alone."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any

import pytest

from schemas.errors import DataFault
from schemas.outcomes import DeadLetterReason
from streams.delivery.poison import STRIKES, PoisonWatch
from streams.delivery.stages import FROM_BYTES, SchemasOnLoop, Stages
from tests.unit.streams.kafka import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

SMALL, LARGE = FROM_BYTES - 1, FROM_BYTES


@pytest.fixture
def watch(tmp_path: Path) -> PoisonWatch:
    return PoisonWatch(tmp_path)


@pytest.fixture
async def stages(watch: PoisonWatch) -> AsyncIterator[Stages]:
    stages = Stages(watch)
    yield stages
    stages.close()


def strike(watch: PoisonWatch, name: str, stage: str = "prepare") -> None:
    """The process has died with it in hand."""
    watch.count(watch.key(stage, name))


def here() -> str:
    return "loop" if threading.current_thread() is threading.main_thread() else "aside"


async def here_at_last() -> str:
    await asyncio.sleep(0)
    return here()


@pytest.mark.parametrize(("size_bytes", "where"), [(SMALL, "loop"), (LARGE, "aside")])
async def test_a_large_record_runs_aside_and_a_small_one_in_the_loop(
    stages: Stages, size_bytes: int, where: str
) -> None:
    assert await stages.run("prepare", "e1", size_bytes, here) == where
    assert await stages.finish("decode", "e1", size_bytes, here_at_last) == where


@pytest.mark.parametrize("size_bytes", [SMALL, LARGE])
async def test_a_fault_of_the_work_is_the_callers(stages: Stages, watch: PoisonWatch, size_bytes: int) -> None:
    def refuse() -> None:
        raise DataFault(DeadLetterReason.OVERSIZED, "too large", stage="prepare")

    with pytest.raises(DataFault, match="too large"):
        await stages.run("prepare", "e1", size_bytes, refuse)
    assert (watch.in_hand.content(), watch.aside.content()) == (b"", b"")


async def test_the_loop_and_the_thread_name_what_each_has_in_hand(stages: Stages, watch: PoisonWatch) -> None:
    go_on = threading.Event()
    large = asyncio.create_task(stages.run("prepare", "large", LARGE, lambda: go_on.wait(10)))
    await until(watch.aside.content)

    def in_hand() -> tuple[bytes, bytes]:
        return watch.in_hand.content(), watch.aside.content()

    assert await stages.run("prepare", "small", SMALL, in_hand) == (b"prepare small", b"prepare large")
    go_on.set()
    await large
    assert in_hand() == (b"", b"")


class LoopBound:
    """A registry that answers in its own loop only, when told to."""

    def __init__(self) -> None:
        """Belong to the loop that runs."""
        self.loop = asyncio.get_running_loop()
        self.asked, self.answers = asyncio.Event(), asyncio.Event()

    async def schema(self, schema_id: int) -> dict[str, Any]:
        assert asyncio.get_running_loop() is self.loop
        self.asked.set()
        await self.answers.wait()
        return {"id": schema_id}


@pytest.mark.parametrize("size_bytes", [SMALL, LARGE])
async def test_what_waits_for_a_schema_is_asked_for_in_the_loop_and_is_in_hand_of_nobody(
    stages: Stages, watch: PoisonWatch, size_bytes: int
) -> None:
    registry = LoopBound()
    schemas = SchemasOnLoop(registry)
    reading = asyncio.create_task(stages.finish("decode", "e1", size_bytes, lambda: schemas.schema(7)))
    await registry.asked.wait()
    await until(lambda: not watch.in_hand.content() and not watch.aside.content())
    registry.answers.set()
    assert await reading == {"id": 7}


# ---- whose fault a death was


async def test_of_two_that_were_in_hand_at_a_death_each_runs_alone_the_next_time(
    stages: Stages, watch: PoisonWatch
) -> None:
    strike(watch, "large")
    strike(watch, "small")
    go_on = threading.Event()
    other = asyncio.create_task(stages.run("prepare", "other", LARGE, lambda: go_on.wait(10)))
    await until(watch.aside.content)

    def alone() -> tuple[str, bytes]:
        return here(), watch.aside.content()

    suspects = [
        asyncio.create_task(stages.run("prepare", "large", LARGE, alone)),
        asyncio.create_task(stages.run("prepare", "small", SMALL, alone)),
    ]
    await asyncio.sleep(0.01)
    assert not any(suspect.done() for suspect in suspects)
    go_on.set()
    await other
    assert await asyncio.gather(*suspects) == [("loop", b""), ("loop", b"")]


async def test_a_suspect_does_not_run_beside_what_was_given_up_and_is_still_at_work(
    stages: Stages, watch: PoisonWatch
) -> None:
    strike(watch, "e1")
    go_on = threading.Event()
    given_up = asyncio.create_task(stages.run("prepare", "other", LARGE, lambda: go_on.wait(10)))
    await until(watch.aside.content)
    given_up.cancel()
    suspect = asyncio.create_task(stages.run("prepare", "e1", LARGE, watch.aside.content))
    await asyncio.sleep(0.01)
    assert not suspect.done()
    go_on.set()
    assert await suspect == b""


async def touched() -> None:
    pytest.fail("it was touched")


@pytest.mark.parametrize("size_bytes", [SMALL, LARGE])
async def test_what_was_in_hand_at_two_deaths_is_not_touched_again(
    stages: Stages, watch: PoisonWatch, size_bytes: int
) -> None:
    for _ in range(STRIKES):
        strike(watch, "e1")
        strike(watch, "e1", stage="decode")
    for working in (
        stages.run("prepare", "e1", size_bytes, lambda: pytest.fail("it was touched")),
        stages.finish("decode", "e1", size_bytes, touched),
    ):
        with pytest.raises(DataFault) as caught:
            await working
        assert caught.value.reason is DeadLetterReason.POISON


async def test_what_is_at_work_when_the_process_leaves_is_no_suspect(tmp_path: Path) -> None:
    go_on = threading.Event()
    watch = PoisonWatch(tmp_path)
    stages = Stages(watch)
    working = asyncio.create_task(stages.run("prepare", "e1", LARGE, lambda: go_on.wait(10)))
    await until(watch.aside.content)
    stages.close()
    assert not PoisonWatch(tmp_path).suspects("prepare", "e1")
    go_on.set()
    await working
