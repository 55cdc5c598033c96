"""What masking costs by length: ten times the text, ten times the CPU time and little more."""

from __future__ import annotations

import pytest

from benchmarks.scrub import KNOWN, prose, thread
from processors.pii import Scrubber
from tests.support.cpu_time import least_cpu_seconds

MOST_FOR_TEN_TIMES = 12
TRIES = 4  # a busy machine gets another chance


@pytest.mark.parametrize("text", [prose, thread], ids=["prose", "threads full of personal data"])
def test_sixty_kilobytes_cost_at_most_twelve_times_as_much_as_six(text: type[str]) -> None:
    scrubber = Scrubber()
    small, large = text(6_000), text(60_000)
    scrubber.scrub([small], KNOWN)

    def repeated(times: int, what: str) -> float:
        def work() -> None:
            for _ in range(times):
                scrubber.scrub([what], KNOWN)

        return least_cpu_seconds(work, runs=3)

    ratios = (repeated(4, large) / (repeated(40, small) / 10) for _ in range(TRIES))
    assert any(ratio <= MOST_FOR_TEN_TIMES for ratio in ratios)
