"""How a worker looks for garbage."""

from __future__ import annotations

import gc
import weakref
from typing import TYPE_CHECKING

import pytest

from streams.worker import garbage

if TYPE_CHECKING:
    from collections.abc import Iterator


class Node:
    """May point to itself."""

    def __init__(self) -> None:
        """Begin alone."""
        self.other: Node | None = None


def a_cycle() -> weakref.ref[Node]:
    node = Node()
    node.other = node
    return weakref.ref(node)


@pytest.fixture(autouse=True)
def _settled() -> Iterator[None]:
    before = gc.get_threshold()
    garbage.settle()
    yield
    gc.set_threshold(*before)
    gc.unfreeze()


def test_what_was_there_at_the_start_is_not_looked_at_again() -> None:
    there = {id(one) for one in gc.get_objects()}

    assert id(garbage.__dict__) not in there
    assert gc.get_freeze_count() > len(there)


def test_garbage_in_cycles_is_still_found_as_objects_come() -> None:
    cycle = a_cycle()

    kept: list[list[int]] = []
    while cycle() is not None and len(kept) < 2 * garbage.THRESHOLDS[0]:
        kept.append([])

    assert cycle() is None
