"""The producer that the README shows, run as it stands there, against what intake does with the same record."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.installation import TOKEN, an_installation
from tests.support.topics import Received, wait_for_records

if TYPE_CHECKING:
    from tests.support.installation import Installation
    from tests.support.simulator import LlmSimulator

pytestmark = pytest.mark.kafka

README = Path(__file__).parents[2] / "README.md"


def readme_producer() -> str:
    """The README's block, without its indentation."""
    found = re.search(r"<!-- producer:.*?```python\n(.*?)```", README.read_text("utf-8"), re.DOTALL)
    assert found is not None
    return re.sub(r"^  ", "", found[1], flags=re.MULTILINE)


@pytest.fixture
def installation(
    tmp_path: Path, bootstrap_servers: str, registry_url: str, llm_simulator: LlmSimulator
) -> Installation:
    return an_installation(tmp_path, bootstrap_servers, registry_url, llm_simulator.base_url).set_up(partitions=12)


def place(record: Received) -> tuple[bytes | None, int]:
    return record.key, record.partition


def test_the_readmes_producer_and_intake_put_the_same_record_on_the_same_partition(
    installation: Installation, bootstrap_servers: str, registry_url: str
) -> None:
    code = readme_producer().replace("crm.events", installation.events)
    worker = installation.worker()
    try:
        worker.start()
        for number in range(40):
            names: dict[str, Any] = {"REGISTRY_URL": registry_url, "BOOTSTRAP_SERVERS": bootstrap_servers}
            exec(compile(code.replace("1042", str(1000 + number)), str(README), "exec"), names)
            names["registry"].__exit__(None, None, None)
            worker.post_event(
                {
                    "event_id": f"posted-{number}",
                    "source": "helpdesk",
                    "entity": "Ticket",
                    "record_id": str(1000 + number),
                    "occurred_at": "2026-11-25T09:30:00Z",
                    "text": "A second change of the same ticket.",
                },
                TOKEN,
            )
        records = wait_for_records(bootstrap_servers, installation.events, 80)
        wait_for_records(bootstrap_servers, installation.insights, 80)
        assert worker.metric("crm_insights_key_mismatch_total") == 0
    finally:
        worker.close()
    places = [place(record) for record in records]
    assert len(set(places)) == 40
    assert all(places.count(one) == 2 for one in places)
    assert len({partition for _, partition in places}) > 1
