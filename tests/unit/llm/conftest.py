"""A clock that jumps: the caller's tests wait for minutes of pauses and backoff in milliseconds."""

from __future__ import annotations

import asyncio
import selectors
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pytest

_IN_VIRTUAL_TIME = frozenset(
    {
        "test_budgets_in_virtual_time.py",
        "test_caller.py",
        "test_caller_pauses.py",
        "test_caller_pays.py",
        "test_gate.py",
        "test_limits_in_virtual_time.py",
        "test_pacer.py",
        "test_silent_provider.py",
    }
)


class _JumpingSelector(selectors.DefaultSelector):
    """Instead of sleeping until the next timer, tells the loop that the time has come."""

    jump: Callable[[float], None]

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            # Nothing is due and nothing will be: only another thread (the loop's own shutdown) can still wake it.
            found = super().select(5)
            assert found, "every task waits for ever"
            return found
        found = super().select(0)
        if not found and timeout > 0:
            self.jump(timeout)
        return found


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """An event loop whose `time()` is virtual; sleeps, timers and timeouts run on it."""

    def __init__(self) -> None:
        """Begin at 1,000 s: a clock that starts at nothing hides confusions of 0 and None."""
        selector = _JumpingSelector()
        super().__init__(selector)
        self._now_s = 1_000.0
        selector.jump = self._jump

    def time(self) -> float:
        return self._now_s

    def _jump(self, by_s: float) -> None:
        self._now_s += by_s


def pytest_asyncio_loop_factories(
    config: pytest.Config,  # noqa: ARG001 -- the hook's signature
    item: pytest.Item,
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    return {"virtual": VirtualTimeLoop} if item.path.name in _IN_VIRTUAL_TIME else {"real": asyncio.new_event_loop}
