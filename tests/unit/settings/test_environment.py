"""What stands in the environment: names, JSON values, secrets in files, and what Kubernetes puts there."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.settings import Settings, SettingsError, load_settings

if TYPE_CHECKING:
    from pathlib import Path


def mistakes(environ: dict[str, str]) -> str:
    with pytest.raises(SettingsError) as caught:
        load_settings(environ=environ)
    return str(caught.value)


def test_an_empty_environment_gives_the_defaults() -> None:
    assert load_settings(environ={}) == Settings()


def test_settings_made_directly_read_no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRM_INSIGHTS_LLM__MODEL", "gpt-5")
    assert Settings().llm.model == "gpt-5.4-mini"


def test_nested_names_are_separated_by_two_underscores() -> None:
    settings = load_settings(environ={"CRM_INSIGHTS_WEB__PORT": "8080", "CRM_INSIGHTS_SNAPSHOT": "read_all"})
    assert (settings.web.port, settings.snapshot) == (8080, "read_all")


def test_lists_and_objects_are_json() -> None:
    settings = load_settings(
        environ={
            "CRM_INSIGHTS_OWN_IDS": '["bot-7"]',
            "CRM_INSIGHTS_SOURCES": '{"helpdesk.tickets": "cloudevents"}',
            "CRM_INSIGHTS_WEBHOOKS__SECRETS": '{"events": ["tok-1", "tok-2"]}',
        }
    )
    assert settings.own_ids == {"bot-7"}
    assert settings.sources == {"helpdesk.tickets": "cloudevents"}
    assert [token.get_secret_value() for token in settings.webhooks.tokens] == ["tok-1", "tok-2"]


def test_an_empty_variable_counts_as_not_set() -> None:
    settings = load_settings(environ={"CRM_INSIGHTS_LLM__BASE_URL": "", "CRM_INSIGHTS_WEB__PORT": " "})
    assert settings == Settings()


@pytest.mark.parametrize(
    ("given_value", "expected"),
    [
        ("latest", "latest"),
        ("2026-11-01T00:00:00Z", datetime(2026, 11, 1, tzinfo=UTC)),
        ("2026-11-01T02:00:00+02:00", datetime(2026, 11, 1, tzinfo=UTC)),
    ],
)
def test_a_start_is_a_word_or_a_time_with_its_zone(given_value: str, expected: object) -> None:
    assert load_settings(environ={"CRM_INSIGHTS_KAFKA__START_FROM": given_value}).kafka.start_from == expected


@pytest.mark.parametrize("value", ["2026-11-01T00:00:00", "yesterday", "1700000000"])
def test_a_start_without_a_zone_or_meaning_is_refused(value: str) -> None:
    assert "a time with its zone" in mistakes({"CRM_INSIGHTS_KAFKA__START_FROM": value})


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("CRM_INSIGHTS_LLM__MODLE", "CRM_INSIGHTS_LLM__MODEL"),
        ("CRM_INSIGHTS_LLM_MODEL", "CRM_INSIGHTS_LLM__MODEL"),
        ("crm_insights_llm__model", "CRM_INSIGHTS_LLM__MODEL"),
        ("CRM_INSIGHTS_KAFKA__BOOTSTRAP_SERVER", "CRM_INSIGHTS_KAFKA__BOOTSTRAP_SERVERS"),
        ("CRM_INSIGHTS_LLM__APIKEY_FILE", "CRM_INSIGHTS_LLM__API_KEY_FILE"),
        ("CRM_INSIGHTS_CONFIG_", "CRM_INSIGHTS_CONFIG"),
    ],
)
def test_a_misspelt_name_is_refused_with_the_right_one(wrong: str, right: str) -> None:
    assert f"{wrong} is no setting. Did you mean {right}?" in mistakes({wrong: "x"})


def test_a_name_that_resembles_nothing_points_to_the_list() -> None:
    assert "CRM_INSIGHTS_ZZZ is no setting. `crm-insights config show` lists" in mistakes({"CRM_INSIGHTS_ZZZ": "1"})


def test_a_group_given_as_one_value_is_refused_with_its_settings() -> None:
    message = mistakes({"CRM_INSIGHTS_PRIVACY": "{}"})
    assert "is a group of settings" in message
    assert "CRM_INSIGHTS_PRIVACY__RESTORE, CRM_INSIGHTS_PRIVACY__SALT" in message


def test_names_of_other_programs_and_of_the_tests_are_left_alone() -> None:
    environ = {"PATH": "/bin", "CRM_OTHER": "x", "CRM_INSIGHTS_TEST_KAFKA": "localhost:9092"}
    assert load_settings(environ=environ) == Settings()


def test_variables_that_kubernetes_makes_of_a_service_named_like_us_are_left_alone() -> None:
    environ = {
        "KUBERNETES_SERVICE_HOST": "10.0.0.1",
        "CRM_INSIGHTS_SERVICE_HOST": "10.0.0.2",
        "CRM_INSIGHTS_SERVICE_PORT_HTTP": "6066",
        "CRM_INSIGHTS_PORT": "tcp://10.0.0.2:6066",
        "CRM_INSIGHTS_PORT_6066_TCP_ADDR": "10.0.0.2",
        "CRM_INSIGHTS_WEB_PORT": "tcp://10.0.0.3:80",
    }
    assert load_settings(environ=environ) == Settings()


def test_in_kubernetes_a_misspelt_name_is_still_refused() -> None:
    environ = {"KUBERNETES_SERVICE_HOST": "10.0.0.1", "CRM_INSIGHTS_WEB_PORT": "8080"}
    assert "Did you mean CRM_INSIGHTS_WEB__PORT?" in mistakes(environ)


def test_all_mistakes_are_reported_at_once() -> None:
    message = mistakes(
        {
            "CRM_INSIGHTS_LLM__MODLE": "x",
            "CRM_INSIGHTS_WEB__PORT": "99999",
            "CRM_INSIGHTS_OWN_IDS": "[",
            "CRM_INSIGHTS_KAFKA__BOOTSTRAP_SERVERS": "kafka",
            "CRM_INSIGHTS_PRIVACY__SALT": "short",
        }
    )
    assert message.startswith("5 settings are wrong:")
    for name in ("LLM__MODLE", "WEB__PORT", "OWN_IDS", "KAFKA__BOOTSTRAP_SERVERS", "PRIVACY__SALT"):
        assert f"\n  CRM_INSIGHTS_{name} " in message


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("KAFKA__BOOTSTRAP_SERVERS", "host"),
        ("KAFKA__BOOTSTRAP_SERVERS", "host:0"),
        ("KAFKA__BOOTSTRAP_SERVERS", "host:70000"),
        ("KAFKA__BOOTSTRAP_SERVERS", "a:1,b"),
        ("KAFKA__BOOTSTRAP_SERVERS", "kafka://a:1"),
        ("SCHEMA_REGISTRY__URL", "registry:8081"),
        ("SCHEMA_REGISTRY__URL", "http://"),
        ("LLM__BASE_URL", "https://host/v1?key=1"),
        ("LLM__MAX_IN_FLIGHT", "0"),
        ("LLM__MAX_ATTEMPTS", "many"),
        ("LLM__MAX_ELAPSED_S", "nan"),
        ("TOPICS__EVENTS", "two words"),
        ("TOPICS__EVENTS", ".."),
        ("SNAPSHOT", "all"),
        ("STATE__STORE", "redis"),
        ("OWN_IDS", '"bot"'),
        ("SOURCES", "[1]"),
        ("MODELS", '{"m": {"input": -1, "output": 1}}'),
        ("MODELS", '{"m": {"input": Infinity, "output": 1}}'),
        ("MODELS", '{"m": {"input": 1, "output": 1e999}}'),
        ("OWN_IDS", f"[{'1' * 5_000}]"),
        ("OWN_IDS", "[" * 100_000),
        ("MODELS", '{"m": {"input": 1, "output": 1, "contxt": 1}}'),
    ],
)
def test_a_value_that_cannot_be_meant_is_refused_by_the_name_of_its_variable(name: str, value: str) -> None:
    assert f"CRM_INSIGHTS_{name}" in mistakes({f"CRM_INSIGHTS_{name}": value})


@pytest.mark.parametrize("servers", ["a:9092", "a.example:9092,b-2:1", "[::1]:9092", "a:1, b:2,"])
def test_lists_of_hosts_are_accepted_and_written_without_spaces(servers: str) -> None:
    settings = load_settings(environ={"CRM_INSIGHTS_KAFKA__BOOTSTRAP_SERVERS": servers})
    assert settings.kafka.bootstrap_servers == servers.replace(" ", "").rstrip(",")


def test_bad_json_says_where_and_how_it_is_written() -> None:
    message = mistakes({"CRM_INSIGHTS_OWN_IDS": "bot-7"})
    assert 'CRM_INSIGHTS_OWN_IDS is not valid JSON (line 1, column 1). Write it like ["integration-user-7"].' in message


def test_a_secret_may_stand_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("sk-from-file\n")
    settings = load_settings(environ={"CRM_INSIGHTS_LLM__API_KEY_FILE": str(file)})
    assert settings.llm.api_key.get_secret_value() == "sk-from-file"


def test_a_structured_secret_may_stand_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "secrets.json"
    file.write_text('{"events": ["tok"]}')
    settings = load_settings(environ={"CRM_INSIGHTS_WEBHOOKS__SECRETS_FILE": str(file)})
    assert settings.webhooks.tokens[0].get_secret_value() == "tok"


def test_a_secret_given_twice_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("sk-from-file")
    environ = {"CRM_INSIGHTS_LLM__API_KEY_FILE": str(file), "CRM_INSIGHTS_LLM__API_KEY": "sk-other"}
    assert "CRM_INSIGHTS_LLM__API_KEY is given, and CRM_INSIGHTS_LLM__API_KEY_FILE too." in mistakes(environ)


def test_a_secret_file_that_cannot_be_read_is_named_with_its_path(tmp_path: Path) -> None:
    missing = tmp_path / "nowhere"
    message = mistakes({"CRM_INSIGHTS_PRIVACY__SALT_FILE": str(missing)})
    assert f"CRM_INSIGHTS_PRIVACY__SALT_FILE names {missing}, which cannot be read (No such file" in message


def test_a_setting_that_is_no_secret_has_no_file_form() -> None:
    assert "CRM_INSIGHTS_LLM__MODEL_FILE is no setting" in mistakes({"CRM_INSIGHTS_LLM__MODEL_FILE": "/x"})


@pytest.mark.parametrize(
    "environ",
    [
        {"CRM_INSIGHTS_PRIVACY__SALT": "hush-42"},
        {"CRM_INSIGHTS_WEBHOOKS__SECRETS": '{"events": "hush-42"}'},
        {"CRM_INSIGHTS_WEBHOOKS__SECRETS": '{"events": ["hush-42", ""]}'},
        {"CRM_INSIGHTS_WEBHOOKS__SECRETS": '["hush-42"'},
        {"CRM_INSIGHTS_WEBHOOKS__SECRETS": '["hush-42"]'},
        {"CRM_INSIGHTS_SCHEMA_REGISTRY__URL": "http://user:hush-42@registry:8081"},
        {"CRM_INSIGHTS_LLM__BASE_URL": "https://hush-42@host/v1"},
    ],
)
def test_no_error_shows_the_value_of_a_secret(environ: dict[str, str]) -> None:
    message = mistakes(environ)
    assert next(iter(environ)) in message
    assert "hush" not in message


@given(st.dictionaries(st.sampled_from(["", "_FILE"]), st.text(max_size=60), min_size=1))
def test_whatever_stands_in_a_secret_is_loaded_or_refused_in_words(values: dict[str, str]) -> None:
    environ = {f"CRM_INSIGHTS_WEBHOOKS__SECRETS{suffix}": value for suffix, value in values.items()}
    try:
        load_settings(environ=environ)
    except SettingsError as error:
        assert "CRM_INSIGHTS_WEBHOOKS__SECRETS" in str(error)  # noqa: PT017 - either way is right


@pytest.mark.parametrize("name", ["CRM_INSIGHT_LLM__MODEL", "CRMINSIGHTS_LLM__MODEL", "Crm_Insight__LLM__MODEL"])
def test_a_misspelt_prefix_is_a_mistake_and_not_passed_over(name: str) -> None:
    with pytest.raises(SettingsError, match=f"{name} is no setting. Did you mean CRM_INSIGHTS_LLM__MODEL"):
        load_settings(frozenset(), {name: "x"})


def test_variables_of_others_are_passed_over() -> None:
    load_settings(frozenset(), {"CRM_URL": "x", "INSIGHTS_KEY": "y", "MY_CRM_INSIGHT_X": "z"})
