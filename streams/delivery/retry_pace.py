"""How long an event waits before it is tried again: after a fault of ours, and while a dependency is down."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from schemas.errors import DependencyFault

# An unexpected exception is tried again after these seconds, then the event is dead-lettered `internal_error`: a fault
# of ours must neither lose an event nor hold a partition for ever.
INTERNAL_RETRIES_S = (1.0, 5.0, 30.0)

# How long to wait before a registry or broker is asked again: from the first to the second, with full jitter.
DEPENDENCY_BACKOFF_S = (0.5, 15.0)


def internal_wait_s(strikes: int) -> float | None:
    """Seconds before an event is tried again after its unexpected exception number `strikes`; None: give it up."""
    return INTERNAL_RETRIES_S[strikes - 1] if strikes <= len(INTERNAL_RETRIES_S) else None


def ending_wait_s() -> float:
    """Seconds before an ending is tried again that has failed unexpectedly: it cannot be given up."""
    return INTERNAL_RETRIES_S[-1]


def dependency_wait_s(fault: DependencyFault, waits: int, jitter: float) -> float:
    """Seconds before a dependency is asked again, for the `waits`-th time; `jitter` is uniform in [0, 1)."""
    first, longest = DEPENDENCY_BACKOFF_S
    # The exponent is bounded: a registry may be down for days, and 2.0 ** 1024 overflows.
    return max(fault.retry_after_s or 0.0, min(longest, first * 2.0 ** min(waits, 10)) * jitter)
