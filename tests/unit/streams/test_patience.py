"""A start waits for what it depends on, says so, and waits for nothing once it is asked to stop."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from schemas.errors import CrmInsightsError, Dependency, DependencyFault
from streams.delivery.pauses import Pauses
from streams.errors import BrokerUnreachable
from streams.worker import patience
from streams.worker.patience import Patience
from tests.unit.streams.kafka import settle

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


class Start:
    """What waits, what it shows, and what stops it."""

    def __init__(self) -> None:
        """Begin with nothing asked."""
        self.told: list[tuple[str, bool]] = []
        self.pauses = Pauses(lambda dependency, paused: self.told.append((dependency.value, paused)))
        self.stopping = asyncio.Event()
        self.patience = Patience(self.pauses, self.stopping)


def answering(*answers: Any) -> Callable[[], Awaitable[str]]:
    """Raise or return one after the other."""
    left = list(answers)

    async def ask() -> str:
        answer = left.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return str(answer)

    return ask


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "_RETRY_S", (0.0, 0.001))


async def test_a_dependency_that_is_down_is_asked_again_and_shown_as_a_pause_until_it_answers() -> None:
    start = Start()
    down = BrokerUnreachable("nobody listens")
    assert await start.patience.when_there(Dependency.BROKER, answering(down, down, down, "there")) == "there"
    assert start.told == [("broker", True), ("broker", False)]
    assert start.pauses.causes == {}


async def test_while_it_waits_the_cause_is_told() -> None:
    start = Start()
    down = DependencyFault(Dependency.REGISTRY, "answers 503")
    asking = asyncio.create_task(start.patience.when_there(Dependency.REGISTRY, answering(*[down] * 1_000)))
    await settle()
    assert start.pauses.causes == {Dependency.REGISTRY: "answers 503"}
    asking.cancel()


async def test_a_stop_ends_the_wait_without_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "_RETRY_S", (60.0,))
    start = Start()
    asking = asyncio.create_task(
        start.patience.when_there(Dependency.BROKER, answering(BrokerUnreachable("nobody listens"), "too late"))
    )
    await settle()
    start.stopping.set()
    assert await asyncio.wait_for(asking, 1) is None


async def test_after_a_stop_nobody_is_asked() -> None:
    start = Start()
    start.stopping.set()
    assert await start.patience.when_there(Dependency.BROKER, answering()) is None
    assert start.told == []


async def test_what_a_person_must_mend_ends_the_start() -> None:
    start = Start()
    with pytest.raises(CrmInsightsError, match="topics create"):
        await start.patience.when_there(Dependency.BROKER, answering(CrmInsightsError("run topics create")))
