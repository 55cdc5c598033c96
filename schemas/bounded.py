"""A cache that holds no more than it was told to."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class BoundedCache(Generic[K, V]):
    """The `capacity` entries that were used last. Threads may share one."""

    def __init__(self, capacity: int) -> None:
        """Hold at most `capacity` entries, one or more."""
        self._capacity = capacity
        # Else one thread moves an entry to the end that another has just pushed out.
        self._lock = threading.Lock()
        self._entries: OrderedDict[K, V] = OrderedDict()

    def __len__(self) -> int:
        """Count the entries."""
        return len(self._entries)

    def get(self, key: K) -> V | None:
        """Return what `key` holds, or None."""
        with self._lock:
            if key not in self._entries:
                return None
            self._entries.move_to_end(key)
            return self._entries[key]

    def put(self, key: K, value: V) -> None:
        """Keep `value`, and forget what was used longest ago if that makes too many."""
        with self._lock:
            self._entries[key] = value
            self._entries.move_to_end(key)
            if len(self._entries) > self._capacity:
                self._entries.popitem(last=False)

    def discard(self, key: K) -> None:
        """Forget `key`, if it is there."""
        with self._lock:
            self._entries.pop(key, None)
