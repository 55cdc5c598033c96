"""What people read about the settings: docs/settings.md and `config show`."""

from __future__ import annotations

from pathlib import Path

import pytest

from streams.settings import load_with_names
from streams.settings.catalogue import Setting, catalogue
from streams.settings.document import MASK, markdown, shown_settings

PAGE = Path(__file__).parents[3] / "docs" / "settings.md"


def test_the_page_is_the_one_that_the_settings_make() -> None:
    assert PAGE.read_text("utf-8") == markdown(), "python -m streams.settings --markdown > docs/settings.md"


@pytest.mark.parametrize("setting", catalogue(), ids=lambda setting: setting.variable)
def test_every_setting_stands_on_the_page_with_default_and_meaning(setting: Setting) -> None:
    (line,) = (line for line in PAGE.read_text("utf-8").splitlines() if line.startswith(f"| `{setting.variable}`"))
    assert setting.meaning
    assert setting.meaning in line.replace("\\|", "|")
    assert f"| `{setting.default_text}` |" in line or (not setting.default_text and "| not set |" in line)


@pytest.mark.parametrize("setting", catalogue(), ids=lambda setting: setting.variable)
def test_what_looks_like_a_secret_is_one(setting: Setting) -> None:
    words = {"key", "password", "salt", "secrets", "token"}
    ends_like_one = setting.path[-1].rsplit("_", 1)[-1] in words
    assert setting.secret == ends_like_one


def test_secrets_are_masked_and_their_sources_named() -> None:
    environ = {
        "CRM_INSIGHTS_LLM__API_KEY": "hush-42",
        "CRM_INSIGHTS_WEBHOOKS__SECRETS": '{"events": ["hush-43", "hush-44"]}',
    }
    settings, names = load_with_names(environ=environ)
    lines = {line.variable: line for line in shown_settings(settings, names)}
    assert lines["CRM_INSIGHTS_LLM__API_KEY"].value == MASK
    assert lines["CRM_INSIGHTS_LLM__API_KEY"].source == "environment"
    assert lines["CRM_INSIGHTS_WEBHOOKS__SECRETS"].value == {"events": [MASK, MASK]}
    assert lines["CRM_INSIGHTS_PRIVACY__SALT"].value is None
    assert "hush" not in repr(lines) + repr(settings)


def test_every_other_value_is_shown_as_plain_data() -> None:
    environ = {
        "CRM_INSIGHTS_KAFKA__START_FROM": "2026-11-01T00:00:00Z",
        "CRM_INSIGHTS_MODELS": '{"m": {"input": 1, "output": 2}}',
        "CRM_INSIGHTS_OWN_IDS": '["b", "a"]',
    }
    lines = {line.variable: line.value for line in shown_settings(*load_with_names(environ=environ))}
    assert lines["CRM_INSIGHTS_KAFKA__START_FROM"] == "2026-11-01T00:00:00+00:00"
    assert lines["CRM_INSIGHTS_OWN_IDS"] == ["a", "b"]
    assert lines["CRM_INSIGHTS_MODELS"]["m"]["output"] == 2
    assert lines["CRM_INSIGHTS_STATE__DIR"] == "state"
