"""What the topics say of a run: is it sound, and how many insights a second were there?

The checks are those of the chaos suite, which share no code with the product.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.chaos.check import checks

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tests.chaos.check.evidence import Evidence, InsightSeen

# The rate is that between these shares of all insights: the start fills the calls, the end has too few events left.
FROM_SHARE, TO_SHARE = 0.15, 0.85

_CHECKS = (
    checks.lost,
    checks.duplicates,
    checks.strangers,
    checks.missing_from_the_topic,
    checks.order_violations,
    checks.passed_unfinished,
)


def damage(evidence: Evidence) -> Mapping[str, int]:
    """How many cases of each damage there are, those without any included."""
    return {check.__name__: len(check(evidence)) for check in _CHECKS}


def rate_per_s(insights: Iterable[InsightSeen]) -> float:
    """Insights a second in the middle of the run, by the times at which the broker appended them.

    Raises ValueError where there are too few to tell.
    """
    times_ms = sorted(insight.at_ms for insight in insights)
    first, last = (int(share * len(times_ms)) for share in (FROM_SHARE, TO_SHARE))
    if last <= first or times_ms[last] <= times_ms[first]:
        raise ValueError(f"{len(times_ms)} insights do not make a rate")
    return 1_000 * (last - first) / (times_ms[last] - times_ms[first])
