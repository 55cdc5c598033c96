"""The topics: what they must be (spec), whether they are (judge), and the cluster's side of it (admin)."""

from __future__ import annotations

from streams.topics.judge import Finding, Severity, TopicFacts, judge
from streams.topics.spec import DEFAULT_PARTITIONS, TOPICS, PlannedTopic, TopicSpec, name_of, plan

__all__ = [
    "DEFAULT_PARTITIONS",
    "TOPICS",
    "Finding",
    "PlannedTopic",
    "Severity",
    "TopicFacts",
    "TopicSpec",
    "judge",
    "name_of",
    "plan",
]
