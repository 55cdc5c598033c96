"""What the scores give: stretches of a text that are rather a name than not, or nearly."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from processors.pii.people.surroundings import Surroundings


class Suspect(NamedTuple):
    """A stretch that is rather a name than not, or nearly: folded offsets, and the lowest score of its words."""

    start: int
    end: int
    score: float
    around: Surroundings
