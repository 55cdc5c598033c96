"""A cache holds what was used last, and no more."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from schemas.bounded import BoundedCache

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def hasty_threads() -> Iterator[None]:
    """Threads take turns after nearly every step."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("hasty_threads")
def test_threads_may_share_one() -> None:
    """Each pushes out what the other has just looked at."""
    cache: BoundedCache[int, int] = BoundedCache(1)

    def use(mine: int) -> set[int | None]:
        found = set()
        for _ in range(3_000):
            cache.put(mine, mine)
            found.add(cache.get(mine))
        return found

    with ThreadPoolExecutor(4) as threads:
        for mine, found in enumerate(threads.map(use, range(4))):
            assert found <= {mine, None}
    assert len(cache) == 1


def test_what_was_used_longest_ago_goes_first() -> None:
    cache: BoundedCache[int, str] = BoundedCache(2)
    cache.put(1, "a")
    cache.put(2, "b")
    cache.get(1)
    cache.put(3, "c")
    assert [cache.get(key) for key in (1, 2, 3)] == ["a", None, "c"]
    assert len(cache) == 2
