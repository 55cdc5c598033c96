"""Poison: an event that kills its process while it is worked on, told by a slot that outlives the process.

A crash of native code, the out-of-memory killer or a loop without an end inside decoding or scrubbing takes the whole
process down, and the event is delivered again at once: for ever. In those stages the event loop holds one event at a
time, so one slot suffices: it names the event while code runs for it, and is empty while nothing does. The thread for
large events (`Stages`) holds one at a time as well and has a slot of its own. A start that finds a name counts one
against it; at `STRIKES` the event is not touched again. An event that waits, for a schema or for a call, is never a
suspect.
"""

from __future__ import annotations

import json
import mmap
import os
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import structlog

from schemas.errors import DataFault
from schemas.outcomes import DeadLetterReason

if TYPE_CHECKING:
    from collections.abc import Coroutine, Generator
    from pathlib import Path

log = structlog.get_logger()

T = TypeVar("T")

# One death may be anybody's (a kill by hand, a full machine); the same event in hand at two is no chance.
STRIKES = 2

# A name is a stage and an event id (bounded by schemas.identity) or a place on a topic; longer ones are cut.
SLOT_BYTES = 4096
_LENGTH_BYTES = 2
_NAME_BYTES = SLOT_BYTES - _LENGTH_BYTES

# Older suspects are forgotten: poison comes back within seconds, and the file must not grow.
SUSPECTS_KEPT = 1000


class PoisonWatch:
    """Knows which events have killed this worker before, and which one is in hand now.

    Survives kill -9, because the pages of a mapped file belong to the kernel; a crash of the machine may lose it, and
    then the count starts anew.
    """

    def __init__(self, directory: Path) -> None:
        """Open or create the slot below `directory`, which is this process's own, and count what it holds.

        Raises OSError where that cannot be done.
        """
        self._counts_path = directory / "suspects.json"
        self._counts = _read_counts(self._counts_path)
        self.in_hand = Slot(directory / "in-hand.slot")
        self.aside = Slot(directory / "aside.slot")
        for slot in (self.in_hand, self.aside):
            if suspect := slot.content():
                self.count(suspect)
                slot.clear()

    @staticmethod
    def key(stage: str, name: str) -> bytes:
        """What stands in the slot for a stage of an event."""
        return f"{stage} {name}".encode("utf-8", "replace")[:_NAME_BYTES]

    def holding(self, stage: str, name: str, slot: Slot | None = None) -> _Holding:
        """Name the event while the synchronous code of a `with` block runs for it; in `in_hand` unless told otherwise.

        Raises DataFault(POISON) on entry where that has killed the process too often.
        """
        return _Holding(self, self.key(stage, name), slot or self.in_hand)

    def suspects(self, stage: str, name: str) -> bool:
        """Whether the process has died with this event in hand, in this stage."""
        return self.key(stage, name) in self._counts

    async def watched(self, stage: str, name: str, work: Coroutine[Any, Any, T], slot: Slot | None = None) -> T:
        """Await `work`, naming the event whenever its code runs and not while it waits; `slot`: see `holding`.

        Raises DataFault(POISON) without a step of it where that has killed the process too often.
        """
        try:
            self.refuse(self.key(stage, name))
        except DataFault:
            work.close()
            raise
        return await _Watched(slot or self.in_hand, self.key(stage, name), work)

    def refuse(self, key: bytes) -> None:
        """Raise DataFault(POISON) where the process has died too often with `key` in hand."""
        strikes = self._counts.get(key, 0)
        if strikes >= STRIKES:
            stage = key.split(b" ", 1)[0].decode()
            raise DataFault(
                DeadLetterReason.POISON, f"the process died {strikes} times in this stage of this event", stage=stage
            )

    def count(self, suspect: bytes) -> None:
        """Count a death against what was in hand."""
        strikes = self._counts.pop(suspect, 0) + 1
        self._counts[suspect] = strikes
        for oldest in list(self._counts)[:-SUSPECTS_KEPT]:
            del self._counts[oldest]
        whole = self._counts_path.with_suffix(".new")
        whole.write_text(json.dumps({_as_text(key): count for key, count in self._counts.items()}), "utf-8")
        whole.replace(self._counts_path)
        log.warning("died_with_event_in_hand", suspect=_as_text(suspect), strikes=strikes, dead_lettered_at=STRIKES)


class Slot:
    """A name in a memory-mapped file: written and cleared without a system call."""

    def __init__(self, path: Path) -> None:
        """Open or create it. Raises OSError."""
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            os.ftruncate(descriptor, SLOT_BYTES)
            self._map = mmap.mmap(descriptor, SLOT_BYTES)
        finally:
            os.close(descriptor)

    def fill(self, key: bytes) -> None:
        """Write down what is in hand."""
        # The name before its length: a death between the two leaves an empty slot, not half a name.
        self._map[_LENGTH_BYTES : _LENGTH_BYTES + len(key)] = key
        self._map[:_LENGTH_BYTES] = len(key).to_bytes(_LENGTH_BYTES, "big")

    def clear(self) -> None:
        """Nothing is in hand."""
        self._map[:_LENGTH_BYTES] = bytes(_LENGTH_BYTES)

    def content(self) -> bytes:
        """What is in hand; empty for nothing."""
        length = int.from_bytes(self._map[:_LENGTH_BYTES], "big")
        return self._map[_LENGTH_BYTES : _LENGTH_BYTES + length]


class _Holding:
    """The `with` block of `PoisonWatch.holding`. A class, because a generator costs three times as much an event."""

    __slots__ = ("_key", "_slot", "_watch")

    def __init__(self, watch: PoisonWatch, key: bytes, slot: Slot) -> None:
        self._watch = watch
        self._key = key
        self._slot = slot

    def __enter__(self) -> None:
        self._watch.refuse(self._key)
        self._slot.fill(self._key)

    def __exit__(self, *_: object) -> None:
        self._slot.clear()


class _Watched(Generic[T]):
    """Steps through a coroutine, naming the event around each step."""

    __slots__ = ("_key", "_slot", "_work")

    def __init__(self, slot: Slot, key: bytes, work: Coroutine[Any, Any, T]) -> None:
        self._slot = slot
        self._key = key
        self._work = work

    def __await__(self) -> Generator[Any, Any, T]:
        steps = self._work
        resume: Any = steps.send
        argument: Any = None
        while True:
            self._slot.fill(self._key)
            try:
                waits_for = resume(argument)
            except StopIteration as end:
                return end.value  # type: ignore[no-any-return]  # what the coroutine returns
            finally:
                self._slot.clear()
            try:
                argument = yield waits_for
                resume = steps.send
            except BaseException as error:  # noqa: BLE001 - a cancellation as well is for the coroutine to handle
                resume, argument = steps.throw, error


def _as_text(key: bytes) -> str:
    """For JSON and logs, and back again: a cut may have split a character."""
    return key.decode("utf-8", "surrogateescape")


def _read_counts(path: Path) -> dict[bytes, int]:
    """Read the counts; a damaged file counts for none: it must not stop a start, least of all in a crash loop."""
    try:
        found = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError):
        log.warning("suspects_unreadable", path=str(path), consequence="strikes are counted from nothing")
        return {}
    if not isinstance(found, dict):
        return {}
    return {
        key.encode("utf-8", "surrogateescape"): strikes for key, strikes in found.items() if isinstance(strikes, int)
    }
