"""What the settings say of personal data: by type, for everybody, for a tenant, for a kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from streams.parts import make_privacy
from streams.settings import PREVIEW, Settings, SettingsError, load_settings

if TYPE_CHECKING:
    from pathlib import Path

SALT = {"CRM_INSIGHTS_PRIVACY__SALT": "0123456789abcdef"}
TEXT, KNOWN = "Ann Lee, bob@x.example, +1 415 555 0123", {"PERSON": ["Ann Lee"]}
FILE = """
[privacy]
allow = ["@own.example"]

[privacy.actions]
PHONE = "drop"

[[privacy.rules]]
tenant = "acme"
actions = { email = "keep" }

[[privacy.rules]]
tenant = "acme"
kind = "interaction_summary"
restore = false
"""


def load(**settings: str) -> Settings:
    return load_settings(PREVIEW, SALT | {f"CRM_INSIGHTS_PRIVACY__{name}": value for name, value in settings.items()})


def mistakes(**settings: str) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        load(**settings)
    return [str(mistake) for mistake in caught.value.mistakes]


def masked(settings: Settings, tenant: str = "default") -> str:
    return make_privacy(settings.privacy).of(tenant, "interaction_summary").scrubber.scrub([TEXT], KNOWN).texts[0]


def test_actions_are_a_json_object_in_the_environment() -> None:
    assert masked(load(ACTIONS='{"PERSON": "drop", "phone": "keep"}')) == "<PERSON>, <EMAIL_1>, +1 415 555 0123"


def test_the_file_has_tables_for_them(tmp_path: Path) -> None:
    config = tmp_path / "insights.toml"
    config.write_text(FILE)
    settings = load_settings(PREVIEW, {"CRM_INSIGHTS_CONFIG": str(config)})
    privacy = make_privacy(settings.privacy)
    assert masked(settings) == "<PERSON_1>, <EMAIL_1>, <PHONE>"
    assert masked(settings, "acme") == "<PERSON_1>, bob@x.example, <PHONE>"
    assert privacy.of("default", "interaction_summary").restore
    assert not privacy.of("acme", "interaction_summary").restore


def test_restoring_is_off_for_all_and_on_again_for_one() -> None:
    privacy = make_privacy(load(RESTORE="false", RULES='[{"tenant": "acme", "restore": true}]').privacy)
    assert not privacy.of("default").restore
    assert privacy.of("acme").restore


def test_a_misspelt_type_is_one_mistake_with_what_was_meant() -> None:
    (mistake,) = mistakes(ACTIONS='{"EMIAL": "drop"}')
    assert mistake.startswith(
        "CRM_INSIGHTS_PRIVACY__ACTIONS[EMIAL] is no type of personal data. Did you mean EMAIL? Known: PERSON, EMAIL, "
    )


def test_a_misspelt_action_is_one_mistake_with_what_there_is() -> None:
    (mistake,) = mistakes(ACTIONS='{"EMAIL": "hsah"}')
    assert mistake.startswith("CRM_INSIGHTS_PRIVACY__ACTIONS[EMAIL] must be 'mask', 'hash', 'drop' or 'keep'.")


def test_a_mistake_in_a_rule_names_the_rule() -> None:
    kind, actions = mistakes(RULES='[{"tenant": "a", "actions": {"EMIAL": "drop"}}, {"kind": "interaction_sumary"}]')
    assert actions.startswith("CRM_INSIGHTS_PRIVACY__RULES[0][actions][EMIAL] is no type of personal data.")
    assert kind == (
        "CRM_INSIGHTS_PRIVACY__RULES[1][kind] is 'interaction_sumary', which is no kind. "
        "Did you mean interaction_summary? Known: interaction_summary."
    )


def test_a_misspelt_key_of_a_rule_is_a_mistake() -> None:
    (mistake,) = mistakes(RULES='[{"tennant": "a", "restore": false}]')
    assert mistake.startswith("CRM_INSIGHTS_PRIVACY__RULES[0][tennant] is no setting.")


def test_a_rule_for_nobody_in_particular_is_a_mistake() -> None:
    (mistake,) = mistakes(RULES='[{"restore": false}]')
    assert mistake.startswith("CRM_INSIGHTS_PRIVACY__RULES[0] names neither a tenant nor a kind.")


def test_an_allowance_without_a_letter_is_a_mistake() -> None:
    (mistake,) = mistakes(ALLOW='["Initech", "@"]')
    assert mistake.startswith("CRM_INSIGHTS_PRIVACY__ALLOW holds an entry without a letter or a digit.")


@pytest.mark.parametrize("name", ["ACTIONS", "RULES"])
def test_hashes_need_a_salt_also_where_only_a_preview_makes_them(name: str) -> None:
    actions = '{"EMAIL": "hash"}'
    value = actions if name == "ACTIONS" else f'[{{"tenant": "a", "actions": {actions}}}]'
    with pytest.raises(SettingsError) as caught:
        load_settings(PREVIEW, {f"CRM_INSIGHTS_PRIVACY__{name}": value})
    (mistake,) = caught.value.mistakes
    assert "is hash, and CRM_INSIGHTS_PRIVACY__SALT is missing" in str(mistake)
    assert "openssl rand" in mistake.remedy


def test_a_command_that_masks_nothing_is_asked_for_no_salt() -> None:
    load_settings(frozenset(), {"CRM_INSIGHTS_PRIVACY__ACTIONS": '{"EMAIL": "hash"}'})
