"""[mappings.*] of insights.toml: read into what the adapters use, with every mistake named."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from streams.parts import make_source_rules
from streams.settings import PREVIEW, SettingsError, load_settings

DOCS = Path(__file__).parents[3] / "docs"


def environ(directory: Path, toml: str) -> dict[str, str]:
    file = directory / "insights.toml"
    file.write_text(toml, "utf-8")
    return {"CRM_INSIGHTS_CONFIG": str(file)}


def test_a_mapping_reaches_the_adapters(tmp_path: Path) -> None:
    toml = """
        [sources]
        '^crm\\.public\\..*' = "debezium"
        [mappings.tickets]
        text = ["body", "resolution"]
        identifiers = { opened_for = "PERSON", name = "" }
        skip = false
        [mappings."*"]
        insight_fields = ["ai_summary"]
    """
    rules = make_source_rules(load_settings(PREVIEW, environ(tmp_path, toml)))
    tickets = rules.mappings.of("tickets")
    assert tickets.text == ("body", "resolution")
    assert tickets.identifiers == {"opened_for": "PERSON", "name": ""}
    assert tickets.insight_fields == ("ai_summary",)
    assert tickets.title is None


@pytest.mark.parametrize("page", ["settings.md", "crm-engineer.md"])
def test_the_examples_in_the_documentation_are_taken_as_they_stand(tmp_path: Path, page: str) -> None:
    text = (DOCS / page).read_text("utf-8")
    (example,) = (found for found in re.findall(r"```toml\n(.*?)```", text, re.DOTALL) if "[mappings" in found)
    assert load_settings(PREVIEW, environ(tmp_path, example)).sources[r"^crm\.public\..*"] == "debezium"


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        ("[mappings.tickets]\ntexts = ['body']", r"mappings in .*\[tickets\]\[texts\] is no setting"),
        ("[mappings.tickets]\ntext = 'body'", r"\[tickets\]\[text\] has the wrong shape"),
        ("[mappings.tickets]\nidentifiers = { a = 'HUMAN' }", r"\[tickets\]\[identifiers\]\[a\] must be 'PERSON'"),
    ],
)
def test_a_mistake_in_a_mapping_is_named_by_its_place(tmp_path: Path, toml: str, said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        load_settings(PREVIEW, environ(tmp_path, toml))
