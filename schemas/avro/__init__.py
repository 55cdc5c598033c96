"""The Avro contracts as shipped, read from the package when they are first needed."""

from __future__ import annotations

import functools
import json
from importlib import resources
from typing import Any


@functools.cache
def event_schema() -> dict[str, Any]:
    """Return the schema of `crm.events.CrmEvent`; shared, not to be changed."""
    return _shipped("crm_event.avsc")


@functools.cache
def insight_schema() -> dict[str, Any]:
    """Return the schema of `crm.insights.CrmInsight`; shared, not to be changed."""
    return _shipped("crm_insight.avsc")


@functools.cache
def insight_key_schema() -> dict[str, Any]:
    """Return the schema of `crm.insights.CrmInsightKey`; shared, not to be changed."""
    return _shipped("crm_insight_key.avsc")


@functools.cache
def refetch_schema() -> dict[str, Any]:
    """Return the schema of `crm.events.CrmRefetch`; shared, not to be changed."""
    return _shipped("crm_refetch.avsc")


def _shipped(name: str) -> dict[str, Any]:
    schema: dict[str, Any] = json.loads((resources.files(__name__) / name).read_text("utf-8"))
    return schema
