"""The main job with nothing of ours at the ends: confluent-kafka writes the events and reads the insights."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from tests.support.foreign_clients import ForeignClients, crm_event
from tests.support.installation import Installation, an_installation

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.simulator import LlmSimulator

pytestmark = pytest.mark.kafka

EVENTS = 200
# Connect and Java producers compress; aiokafka without cramjam leaves the group at the first such batch.
CODECS = ("none", "gzip", "snappy", "lz4", "zstd")


@pytest.fixture
def installation(
    tmp_path: Path, bootstrap_servers: str, registry_url: str, llm_simulator: LlmSimulator
) -> Installation:
    return an_installation(tmp_path, bootstrap_servers, registry_url, llm_simulator.base_url).set_up()


def test_200_foreign_events_in_every_codec_become_200_insights_each_once_as_registered(
    installation: Installation,
) -> None:
    worker = installation.worker()
    try:
        worker.start()
        with ForeignClients(installation) as foreign:
            for turn, codec in enumerate(CODECS):
                share = range(turn, EVENTS, len(CODECS))
                foreign.produce((crm_event(number) for number in share), codec=codec)
            insights = foreign.wait_for_insights(EVENTS, settle_s=0.5)
        metrics_insights = worker.metric("crm_insights_events_total", outcome="insight")
        metrics_all = worker.metric("crm_insights_events_total")
        tokens_in = worker.metric("crm_insights_llm_tokens_total", direction="input")
        assert worker.stop() == 0
    finally:
        worker.close()

    for _, value in insights:
        assert value["executive_summary"]
        assert value["overall_sentiment"] in {"Positive", "Negative", "Neutral"}
    assert Counter(value["event_id"] for _, value in insights) == {f"evt-{number}": 1 for number in range(EVENTS)}
    assert metrics_insights == metrics_all == EVENTS
    assert tokens_in > 0
