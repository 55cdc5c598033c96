"""How long a simulated model thinks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random


@dataclass(frozen=True, slots=True)
class Latency:
    """Log-normal, longer for a longer answer, and now and then very slow; all in seconds.

    `slow_share` of the calls take evenly from `slow_from_s` to `longest_s`: providers have such a tail, and one slow
    call is what holds up offsets and the calls behind it. A median of 0 or less answers at once.
    """

    median_s: float = 0.0
    sigma: float = 0.45
    shortest_s: float = 0.0
    longest_s: float = 3_600.0
    slow_share: float = 0.0
    slow_from_s: float = 6.0

    def draw(self, rng: Random, output_tokens: int) -> float:
        """Answer how long one call takes."""
        if self.median_s <= 0:
            return 0.0
        if self.slow_share and rng.random() < self.slow_share:
            return rng.uniform(self.slow_from_s, self.longest_s)
        thinking_s = self.median_s * rng.lognormvariate(0.0, self.sigma) * (0.7 + output_tokens / 400)
        return min(max(thinking_s, self.shortest_s), self.longest_s)
