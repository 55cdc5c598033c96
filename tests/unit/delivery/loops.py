"""An event loop that a test turns by hand, and a state machine that has one.

A rule does something, `settle` lets every task go as far as it can, and the machine looks at where all of them stand.
Time stands still unless a test moves it. What asyncio would only log ("exception was never retrieved", "task was
destroyed but it is pending") fails the test.
"""

from __future__ import annotations

import asyncio
import gc
from typing import TYPE_CHECKING, Any, TypeVar

from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

T = TypeVar("T")

MACHINE = settings(max_examples=30, stateful_step_count=40, deadline=None)
"""What every machine of this folder runs with: enough to meet each interleaving of a few events, in a second or two."""


class HandTurnedLoop(asyncio.SelectorEventLoop):
    """A loop whose time moves by `advance` only."""

    def __init__(self) -> None:
        """Begin at 1,000 s: a clock that starts at nothing hides confusions of 0 and None."""
        super().__init__()
        self._now = 1000.0
        self.complaints: list[str] = []
        self.set_exception_handler(lambda _, context: self.complaints.append(str(context)))

    def time(self) -> float:
        return self._now

    def settle(self) -> None:
        """Run until nobody can go on without something from outside."""
        self.run_until_complete(self._idle())

    def advance(self, seconds: float) -> None:
        """Move the time, run the timers that are due, and settle."""
        self._now += seconds
        self.settle()

    def call(self, function: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        """Call what needs a running loop."""

        async def inside() -> T:
            return function(*args, **kwargs)

        return self.run_until_complete(inside())

    def start(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Start a task; it has not run yet."""
        return self.create_task(work)

    def finish(self) -> None:
        """Cancel what is left, close, and fail on anything that asyncio had to complain about."""
        for task in asyncio.all_tasks(self):
            task.cancel()
        self.settle()
        self.close()
        gc.collect(0)
        assert self.complaints == []

    async def _idle(self) -> None:
        await asyncio.sleep(0)
        while self._ready:  # type: ignore[attr-defined]  # noqa: ASYNC110 - what is ready is the loop's own
            await asyncio.sleep(0)


class LoopMachine(RuleBasedStateMachine):
    """A state machine with a loop of its own."""

    def __init__(self) -> None:
        """Begin with a fresh loop."""
        super().__init__()
        self.loop = HandTurnedLoop()

    def teardown(self) -> None:
        self.loop.finish()
