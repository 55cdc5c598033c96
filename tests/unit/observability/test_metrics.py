"""The metrics: names, labels and their bounds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry
from prometheus_client.parser import text_string_to_metric_families

from streams.observability.metrics import MAX_TENANTS, OTHER, LabelCap, Metrics

# Names that dashboards and alerts are written for.
FIXED = {
    "crm_insights_events": {"source", "entity", "outcome", "reason"},
    "crm_insights_llm_calls": {"model", "outcome"},
    "crm_insights_llm_tokens": {"model", "tenant", "department", "kind", "direction"},
    "crm_insights_llm_cost": {"model", "tenant", "department", "kind", "currency"},
    "crm_insights_llm_cached_ratio": {"model", "kind"},
    "crm_insights_stage_seconds": {"stage"},
    "crm_insights_in_flight": set(),
    "crm_insights_lag": {"topic", "partition"},
    "crm_insights_paused": {"reason"},
    "crm_insights_redactions": {"type"},
    "crm_insights_events_expired": set(),
    "crm_insights_build": {"python", "version"},
    "crm_insights_intake_records": {"topic", "outcome"},
    "crm_insights_key_mismatch": set(),
    "crm_insights_redelivered": set(),
    "crm_insights_truncated": set(),
    "crm_insights_dropped_tokens": set(),
    "crm_insights_unrestored": set(),
    "crm_insights_unpriced_calls": {"model"},
    "crm_insights_latency_seconds": set(),
    "crm_insights_window": set(),
    "crm_insights_tasks": set(),
}


@pytest.fixture
def metrics() -> Metrics:
    return Metrics(CollectorRegistry())


def sample(metrics: Metrics, name: str, **labels: str) -> float | None:
    return metrics.registry.get_sample_value(name, labels)


@pytest.mark.parametrize("name", FIXED)
def test_a_metric_has_its_fixed_name_and_labels(metrics: Metrics, name: str) -> None:
    attribute = name.removeprefix("crm_insights_")
    if name == "crm_insights_build":
        assert sample(metrics, "crm_insights_build_info", python=_python(), version=_version()) == 1
        return
    metric = getattr(metrics, attribute, None) or getattr(metrics, f"{attribute}_total")
    if FIXED[name]:
        metric.labels(**dict.fromkeys(FIXED[name], "x"))
    families = {family.name: family for family in text_string_to_metric_families(metrics.render().decode())}
    assert name in families
    labels = {label for one in families[name].samples for label in one.labels} - {"le"}
    assert labels == FIXED[name]


def test_counters_are_rendered_with_total_and_without_a_time_of_birth(metrics: Metrics) -> None:
    metrics.truncated_total.inc()
    text = metrics.render().decode()
    assert "crm_insights_truncated_total 1.0" in text
    assert "_created" not in text


def test_two_registries_count_apart() -> None:
    one, other = Metrics(CollectorRegistry()), Metrics(CollectorRegistry())
    one.redelivered_total.inc()
    assert sample(other, "crm_insights_redelivered_total") == 0


def test_the_process_is_measured_when_asked_for() -> None:
    text = Metrics(CollectorRegistry(), process=True).render().decode()
    assert "process_resident_memory_bytes" in text
    assert "python_gc_collections_total" in text


def test_tenants_beyond_the_cap_are_counted_together(metrics: Metrics) -> None:
    for number in range(MAX_TENANTS + 5):
        metrics.llm_tokens_total.labels(
            model="gpt-5-mini", tenant=f"tenant-{number}", department=None, kind="k", direction="input"
        ).inc(10)
    others = {"model": "gpt-5-mini", "tenant": OTHER, "department": "", "kind": "k", "direction": "input"}
    assert sample(metrics, "crm_insights_llm_tokens_total", **others) == 50
    assert sample(metrics, "crm_insights_llm_tokens_total", **(others | {"tenant": "tenant-0"})) == 10


def test_a_tenant_has_one_name_in_tokens_and_in_cost(metrics: Metrics) -> None:
    for number in range(MAX_TENANTS):
        metrics.llm_tokens_total.labels(model="m", tenant=str(number), department="", kind="k", direction="input")
    metrics.llm_cost_total.labels(model="m", tenant="late", department="", kind="k", currency="EUR").inc(3)
    labels = {"model": "m", "tenant": OTHER, "department": "", "kind": "k", "currency": "EUR"}
    assert sample(metrics, "crm_insights_llm_cost_total", **labels) == 3


@given(st.lists(st.none() | st.text(max_size=300)), st.integers(1, 20))
def test_a_capped_label_never_has_more_values_than_its_cap_and_one(values: list[str | None], limit: int) -> None:
    cap = LabelCap(limit)
    shown = {cap(value) for value in values}
    assert len(shown) <= limit + 1
    assert all(len(value) <= 100 for value in shown)


def test_a_value_that_was_let_through_stays_itself() -> None:
    cap = LabelCap(1)
    assert [cap("a"), cap("b"), cap("a")] == ["a", OTHER, "a"]


def _python() -> str:
    import platform  # noqa: PLC0415 - used once

    return platform.python_version()


def _version() -> str:
    from streams.version import version  # noqa: PLC0415 - as above

    return version()


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("mailto:ann@x.example", "mailto:<EMAIL_1>"),
        ("call +1 415 555 0123", "call <PHONE_1>"),
        ("zendesk/acme", "zendesk/acme"),
        ("salesforce:00D5g000004x1Zk", "salesforce:00D5g000004x1Zk"),
        ("tenant-42", "tenant-42"),
        ("Case", "Case"),
    ],
)
def test_a_label_shows_nothing_personal(value: str, shown: str) -> None:
    assert LabelCap(10)(value) == shown
