"""The page on Salesforce says what is so."""

from __future__ import annotations

import re
from pathlib import Path

from streams.parts import make_source_rules
from streams.settings import PREVIEW, load_settings
from tests.unit.salesforce.records import a_change, the_event

PAGE = (Path(__file__).parents[3] / "docs" / "sources" / "salesforce.md").read_text("utf-8")


def test_its_settings_are_taken_as_they_stand(tmp_path: Path) -> None:
    (example,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    file = tmp_path / "insights.toml"
    file.write_text(example, "utf-8")
    settings = load_settings(PREVIEW, {"CRM_INSIGHTS_CONFIG": str(file)})
    assert list(settings.sources.values()) == ["salesforce"]
    assert make_source_rules(settings).mappings.of("Case").insight_fields == ("AI_Summary__c",)


async def test_the_fields_that_it_calls_text_and_title_are() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", PAGE, re.MULTILINE))
    texts = [name for code in re.findall(r"`([^`]+)`", rows["text"]) for name in code.split() if name != "__c"]
    assert len(texts) > 10
    for name in texts:
        event = await the_event(a_change({name: "It is down."}, changeType="CREATE", changedFields=[]))
        assert event.text == "It is down.", name
    for name in ("Subject", "Title"):
        assert f"`{name}`" in rows["title"]
        assert (await the_event(a_change({name: "Down"}))).title == "Down"
    for name in ("opportunity", "campaign", "contract", "order", "quote", "asset"):
        assert name in rows["title"]
        assert (await the_event(a_change({"Name": "Down"}, entityName=name.capitalize()))).title == "Down"
