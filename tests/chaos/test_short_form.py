"""The short form of the chaos suite, for CI: three runs of 14 s of load, two minutes. `make chaos` is the long one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.chaos.faults import Fault
from tests.chaos.run import run
from tests.chaos.scenario import Scenario
from tests.chaos.table import summary

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.jars import ServiceFiles

pytestmark = pytest.mark.kafka


def short(fault: Fault) -> Scenario:
    return Scenario(fault, 11, workers=2, load_s=14.0, rate_per_s=20.0)


@pytest.mark.parametrize(
    "scenario",
    # The first has kills and SIGTERMs.
    [short(Fault.CHURN), short(Fault.PAUSE), short(Fault.BROKER)],
    ids=lambda scenario: str(scenario.fault),
)
def test_nothing_is_lost_doubled_reordered_or_committed_too_early(
    scenario: Scenario, service_files: ServiceFiles, tmp_path: Path
) -> None:
    result = run(scenario, service_files, tmp_path / scenario.name)

    assert not result.verdict.damage, summary(result.record)
    assert not result.troubles
    assert result.verdict.insights == result.verdict.events > 200
