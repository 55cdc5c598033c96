"""Whose events come: records drawn from a seed, in the shapes that make an order cheap or dear."""

from __future__ import annotations

import itertools
import random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

RECORDS = 1_000
ZIPF = 1.1
HOT_SHARE = 0.16

UNIFORM, SKEWED, HOT = "uniform keys", "Zipf(1.1) keys", "one hot record"

# The share of each record, as weights.
SHAPES: Mapping[str, Sequence[float]] = {
    UNIFORM: [1.0] * RECORDS,
    SKEWED: [1 / rank**ZIPF for rank in range(1, RECORDS + 1)],
    # As much as the hottest of the skewed keys has, and nobody else has more than his share.
    HOT: [HOT_SHARE / (1 - HOT_SHARE) * (RECORDS - 1), *[1.0] * (RECORDS - 1)],
}


def records(shape: str, count: int, seed: int) -> list[int]:
    """The records of `count` events in the order in which they come."""
    cumulative = list(itertools.accumulate(SHAPES[shape]))
    return random.Random(seed).choices(range(RECORDS), cum_weights=cumulative, k=count)
