"""SOURCES names topics and patterns of them; what we write ourselves is never among those."""

from __future__ import annotations

import pytest

from streams.settings import PREVIEW, Settings, SettingsError, load_settings
from streams.topics.sources import SourceTopics

SOURCES = {"^crm\\..*": "debezium", "crm.calls": "native", "^crm\\.public\\..*": "cloudevents"}
EXISTING = ["crm.public.tickets", "crm.calls", "crm.events", "crm.insights", "crm.events.dlq", "crm.webhooks",
            "crm.refetch", "other", "__consumer_offsets", "xcrm.public.a"]  # fmt: skip


def test_patterns_are_resolved_to_what_exists_and_names_stay() -> None:
    sources = SourceTopics(Settings(sources=SOURCES | {"not.yet": "native"}))
    assert sources.resolved(EXISTING) == {
        "crm.calls": "native",
        "not.yet": "native",
        "crm.public.tickets": "debezium",
    }


def test_a_pattern_for_everything_leaves_our_own_and_kafka_s_topics_out() -> None:
    sources = SourceTopics(Settings(sources={"^.*": "debezium"}))
    assert sorted(sources.resolved(EXISTING)) == ["crm.calls", "crm.public.tickets", "other", "xcrm.public.a"]
    assert sources.adapter_of("__debezium-heartbeat.crm") == "debezium"


@pytest.mark.parametrize("topic", ["^crm\\.(", "^["])
def test_a_pattern_that_cannot_be_read_is_a_mistake(topic: str) -> None:
    with pytest.raises(SettingsError, match="is no regular expression"):
        load_settings(PREVIEW, {"CRM_INSIGHTS_SOURCES": f'{{"{topic}": "debezium"}}'.replace("\\", "\\\\")})
