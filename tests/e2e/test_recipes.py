"""What docs/sinks.md shows beside the connectors that the other tests run."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.e2e.pipeline import ARRIVAL_TIMEOUT_S, SINK
from tests.e2e.setting_up import ROOT, SINKS, block
from tests.support.supervision import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.pipeline import Pipeline

NEW_DEAL = "INSERT INTO deals (id, name, notes, updated_by) VALUES (%s, 'Renewal', %s, 'ann')"


@pytest.fixture
def sink_with_the_crms_names(pipeline: Pipeline) -> Iterator[None]:
    """A second sink, with the page's transformations, into a table of its own."""
    config = json.loads((ROOT / "deploy" / "connect" / f"{SINK}.json").read_text("utf-8"))
    config |= json.loads(block(SINKS, "fields of the CRM", "json"))
    pipeline.connect.make(
        "crm-fields", config | {"collection.name.format": "crm_insight__c", "quote.identifiers": "true"}
    )
    yield
    pipeline.connect.ask("DELETE", "/connectors/crm-fields")


@pytest.mark.usefixtures("sink_with_the_crms_names")
def test_the_transformations_give_fields_the_crms_names_and_leave_the_rest_out(pipeline: Pipeline) -> None:
    pipeline.write(NEW_DEAL, 70, "case-names: Wants an offer.")
    (insight,) = pipeline.wait_for_insights("Deal", 70)

    def there() -> bool:
        return pipeline.read("SELECT to_regclass('crm_insight__c') AS name") != [{"name": None}] and bool(
            pipeline.read("SELECT FROM crm_insight__c WHERE event_id = %s", insight["event_id"])
        )

    wait_until(there, timeout_s=ARRIVAL_TIMEOUT_S, what="the row with the CRM's names")
    assert pipeline.read("SELECT * FROM crm_insight__c WHERE event_id = %s", insight["event_id"]) == [
        {
            "event_id": insight["event_id"],
            "Record_Id__c": "70",
            "Entity__c": "Deal",
            "Summary__c": insight["executive_summary"],
            "Sentiment__c": insight["overall_sentiment"],
            "Churn_Risk__c": insight["churn_risk_score"],
        }
    ]
