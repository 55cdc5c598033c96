"""A linear scorer: the sum of the weights of what a word shows. Above zero, it is rather a name than not.

The weights are learnt by `benchmarks/people/train.py`; `weights.json` says from what.
"""

from __future__ import annotations

import json
import math
from functools import cache, lru_cache
from importlib import resources
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from processors.pii.people.features import AroundView, BesideView, OwnView, Views

# Of each view there are some hundreds in ordinary texts; a text that tries all of them only makes the rest forgotten.
_MOST_REMEMBERED = 20_000


class Scorer:
    """Weights by feature; a feature without one says nothing. Remembers the sums of views, never a word."""

    def __init__(self, weights: Mapping[str, float]) -> None:
        """Take the weights; they must not change afterwards."""

        def of_view(view: OwnView | BesideView | AroundView) -> float:
            return sum(weights.get(name, 0.0) for name in view.features())

        # One memory for each view: views of two kinds can be equal as tuples.
        self._own, self._beside, self._around = (_remembering(of_view) for _ in range(3))

    def score(self, views: Views) -> float:
        """Give the log of the odds that a word that looks so is part of a person's name."""
        own, beside, around = views
        return self._own(own) + self._beside(beside) + self._around(around)


def _remembering(of_view: Callable[..., float]) -> Callable[..., float]:
    return lru_cache(maxsize=_MOST_REMEMBERED)(of_view)


def probability(score: float) -> float:
    """Give the probability of a score."""
    return 1 / (1 + math.exp(-score)) if score > -700 else 0.0  # noqa: PLR2004 - exp would overflow


@cache
def default_scorer() -> Scorer:
    """Read the shipped weights, once a process."""
    file = resources.files("processors.pii.people") / "data" / "weights.json"
    return Scorer(json.loads(file.read_text("ascii"))["weights"])
