"""Answers that were paid for and not published, because their partition went elsewhere before their turn came.

Partitions come back: a worker joins, takes half of them, and dies. Without this the events that had waited with their
answers for an earlier event of their record are asked for once more by the very process that holds the answers (154 of
2,896 calls in one run of kills on three brokers).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from schemas.bounded import BoundedCache

if TYPE_CHECKING:
    from schemas.insights import CrmInsight

# An insight has 1 to 3 KB; the events of a full window whose partitions all move have no more answers than this.
MOST_KEPT = 2_000


class KeptAnswers:
    """What this process has been answered for events that it had to give up; the oldest go first."""

    def __init__(self) -> None:
        """Begin with none."""
        self._answers: BoundedCache[tuple[str, str], CrmInsight] = BoundedCache(MOST_KEPT)

    def keep(self, event_id: str, fingerprint: str, insight: CrmInsight) -> None:
        """Keep the answer to an event that is given up; `fingerprint` stands for what was asked."""
        self._answers.put((event_id, fingerprint), insight)

    def find(self, event_id: str, fingerprint: str) -> CrmInsight | None:
        """The answer, if this event was answered before and asks the same; None otherwise."""
        return self._answers.get((event_id, fingerprint))
