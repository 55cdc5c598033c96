"""A cache holds what was used last, and no more."""

from __future__ import annotations

from schemas.bounded import BoundedCache


def test_what_was_used_longest_ago_goes_first() -> None:
    cache: BoundedCache[int, str] = BoundedCache(2)
    cache.put(1, "a")
    cache.put(2, "b")
    cache.get(1)
    cache.put(3, "c")
    assert [cache.get(key) for key in (1, 2, 3)] == ["a", None, "c"]
    assert len(cache) == 2
