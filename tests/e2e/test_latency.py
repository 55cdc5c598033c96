"""How long an insight takes from the CRM's commit to its row in the table, the model's own time left out."""

from __future__ import annotations

import statistics
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.pipeline import Pipeline

ROWS = 40
MOST_S = 1.0

NEW_DEAL = "INSERT INTO deals (id, name, notes, updated_by) VALUES (%s, 'Renewal', %s, 'ann')"


def test_a_row_arrives_within_a_second_of_its_commit(
    pipeline: Pipeline, record_property: Callable[[str, object], None]
) -> None:
    pipeline.wait_until_quiet()
    took = []
    for number in range(600, 600 + ROWS):
        pipeline.write(NEW_DEAL, number, f"case-latency: Customer {number} wants an offer.")
        committed = time.monotonic()
        pipeline.wait_for_insights("Deal", number)
        took.append(time.monotonic() - committed)

    took.sort()
    median, most, worst = statistics.median(took), took[int(ROWS * 0.95) - 1], took[-1]
    record_property("from commit to row", f"median {median:.2f} s, 95 % within {most:.2f} s, longest {worst:.2f} s")
    assert most <= MOST_S
