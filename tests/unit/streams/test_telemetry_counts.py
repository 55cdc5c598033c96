"""What the runs tell the metrics."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest
from prometheus_client import CollectorRegistry

from processors.llm import Usage
from processors.llm.call_reports import CallReport
from processors.llm.prices import PriceBook
from schemas.outcomes import DeadLetter, DeadLetterReason, Insight, Skipped, SkipReason
from streams.observability.metrics import Metrics
from streams.observability.telemetry import Telemetry
from tests.unit.schemas.builders import an_insight
from tests.unit.streams.asking import ScriptedCaller
from tests.unit.streams.bench import an_enrichment, an_event

if TYPE_CHECKING:
    from processors.enrichment import Prepared
    from schemas.outcomes import Outcome


class Counted:
    """Telemetry, and the values of its metrics."""

    def __init__(self) -> None:
        """Begin with nothing counted."""
        self.metrics = Metrics(CollectorRegistry())
        self.telemetry = Telemetry(self.metrics, PriceBook())

    def value(self, name: str, **labels: str) -> float | None:
        return self.metrics.registry.get_sample_value(f"crm_insights_{name}", labels)


@pytest.fixture
def counted() -> Counted:
    return Counted()


async def prepared(text: str = "Mail ann@x.example", **changes: Any) -> Prepared:
    found = an_enrichment(ScriptedCaller()).prepare(an_event("e1", text, **changes))
    assert not isinstance(found, Skipped)
    return found


@pytest.mark.parametrize(
    ("outcome", "name", "reason"),
    [
        (Insight(an_insight()), "insight", ""),
        (Skipped(SkipReason.STALE), "skipped", "stale"),
        (DeadLetter(DeadLetterReason.OVERSIZED, "publish", "too large"), "dead_letter", "oversized"),
    ],
)
def test_an_ending_is_counted_by_source_entity_outcome_and_reason(
    counted: Counted, outcome: Outcome, name: str, reason: str
) -> None:
    counted.telemetry.ended(an_event(), outcome, latency_s=1.5)
    labels = {"source": "zendesk/acme", "entity": "Ticket", "outcome": name, "reason": reason}
    assert counted.value("events_total", **labels) == 1
    assert counted.value("latency_seconds_sum") == 1.5


def test_a_record_that_could_not_be_decoded_is_counted_as_unknown(counted: Counted) -> None:
    counted.telemetry.ended(None, Skipped(SkipReason.TOMBSTONE), latency_s=0.0)
    labels = {"source": "unknown", "entity": "unknown", "outcome": "skipped", "reason": "tombstone"}
    assert counted.value("events_total", **labels) == 1


def test_a_broker_whose_clock_is_ahead_makes_no_negative_latency(counted: Counted) -> None:
    counted.telemetry.ended(None, Skipped(SkipReason.TOMBSTONE), latency_s=-3.0)
    assert counted.value("latency_seconds_sum") == 0


def test_placeholders_that_stand_for_nothing_are_counted(counted: Counted) -> None:
    counted.telemetry.ended(an_event(), Insight(an_insight(unrestored=2)), latency_s=0.0)
    assert counted.value("unrestored_total") == 2


async def test_tokens_are_counted_by_who_spends_them_and_by_direction(counted: Counted) -> None:
    counted.telemetry.spent(await prepared(department="sales"), Usage(100, 60, 20))
    labels = {"model": "gpt-5-mini", "tenant": "acme", "department": "sales", "kind": "interaction_summary"}
    tokens = [counted.value("llm_tokens_total", **labels, direction=d) for d in ("input", "cached_input", "output")]
    assert tokens == [40, 60, 20]


async def test_money_is_counted_in_the_currency_of_the_price(counted: Counted) -> None:
    counted.telemetry.spent(await prepared(), Usage(1_000_000, 0, 1_000_000))
    labels = {
        "model": "gpt-5-mini",
        "tenant": "acme",
        "department": "",
        "kind": "interaction_summary",
        "currency": "EUR",
    }
    assert counted.value("llm_cost_total", **labels) == pytest.approx(0.12 + 0.92)


async def test_a_provider_that_reports_more_cached_than_input_makes_no_negative_count(counted: Counted) -> None:
    counted.telemetry.spent(await prepared(), Usage(10, 60, 0))
    labels = {
        "model": "gpt-5-mini",
        "tenant": "acme",
        "department": "",
        "kind": "interaction_summary",
        "direction": "input",
    }
    assert counted.value("llm_tokens_total", **labels) == 0


async def test_the_part_of_prompts_that_was_cached_is_told_by_kind(counted: Counted) -> None:
    counted.telemetry.spent(await prepared(), Usage(100, 60, 20))
    labels = {"model": "gpt-5-mini", "kind": "interaction_summary"}
    assert counted.value("llm_cached_ratio", **labels) == pytest.approx(0.6)


async def test_a_tenants_calls_are_compared_with_its_own_past(counted: Counted) -> None:
    counted.telemetry.spent(await prepared(), Usage(100, 60, 20))
    assert counted.value("tenant_calls_total", tenant="acme") == 1
    ratio = counted.value("tenant_call_ratio", tenant="acme")
    assert ratio is not None
    assert math.isnan(ratio), "nothing is known before a day has passed"


async def test_a_model_without_a_price_is_counted_as_unpriced(counted: Counted) -> None:
    enrichment = an_enrichment(ScriptedCaller(), model="house-model")
    found = enrichment.prepare(an_event())
    assert not isinstance(found, Skipped)
    counted.telemetry.spent(found, Usage(10, 0, 1))
    assert counted.value("unpriced_calls_total", model="house-model") == 1


def test_each_request_to_the_provider_is_counted_by_how_it_ended(counted: Counted) -> None:
    counted.telemetry.called(CallReport("gpt-5-mini", "rate_limited", Usage(), 0.1, "req_1"))
    assert counted.value("llm_calls_total", model="gpt-5-mini", outcome="rate_limited") == 1


async def test_what_was_masked_is_counted_by_type(counted: Counted) -> None:
    counted.telemetry.masked(await prepared("ann@x.example, ben@x.example"))
    assert counted.value("redactions_total", type="EMAIL") == 2


def test_what_was_cut_is_counted_in_events_and_tokens(counted: Counted) -> None:
    counted.telemetry.cut(1_200)
    counted.telemetry.cut(300, again=True)
    assert counted.value("truncated_total") == 1
    assert counted.value("dropped_tokens_total") == 1_500


def test_a_stage_is_measured_also_when_it_fails(counted: Counted) -> None:
    with pytest.raises(KeyError), counted.telemetry.stage("prepare"):
        raise KeyError
    assert counted.value("stage_seconds_count", stage="prepare") == 1
