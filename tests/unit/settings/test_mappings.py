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
    first, join = (found for found in re.findall(r"```toml\n(.*?)```", text, re.DOTALL) if "[mappings" in found)
    assert load_settings(PREVIEW, environ(tmp_path, first)).sources[r"^crm\.public\..*"] == "debezium"
    assert load_settings(PREVIEW, environ(tmp_path, join)).mappings["tickets"].joins


def test_what_the_readme_says_of_sources_is_taken_and_stands_in_the_recipes_that_tests_run(tmp_path: Path) -> None:
    readme = (DOCS.parent / "README.md").read_text("utf-8")
    (example,) = re.findall(r"```toml\n(.*?)```", readme, re.DOTALL)
    load_settings(PREVIEW, environ(tmp_path, example))
    recipes = {_bare(line) for page in (DOCS / "sources").glob("*.md") for line in page.read_text("utf-8").splitlines()}
    assert {_bare(line) for line in example.splitlines()} <= recipes


def _bare(line: str) -> str:
    """A line without its comment."""
    return line.partition("#")[0].strip()


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


def test_a_join_into_a_pattern_or_one_of_our_own_topics_is_refused(tmp_path: Path) -> None:
    toml = """
        [mappings.tickets]
        joins = [
            { columns = ["contact_id"], topic = '^crm\\..*' },
            { columns = ["owner_id"], topic = "crm.events" },
        ]
    """
    with pytest.raises(SettingsError) as raised:
        load_settings(PREVIEW, environ(tmp_path, toml))
    said = str(raised.value)
    assert "a pattern" in said
    assert "crm.events, which is CRM_INSIGHTS_TOPICS__EVENTS" in said


def test_a_join_without_a_column_is_refused(tmp_path: Path) -> None:
    toml = '[mappings.tickets]\njoins = [{ columns = [], topic = "t" }]'
    with pytest.raises(SettingsError, match="columns"):
        load_settings(PREVIEW, environ(tmp_path, toml))
