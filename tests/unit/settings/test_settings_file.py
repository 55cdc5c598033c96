"""insights.toml: the same tree in lower case, below the environment."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from streams.settings import SettingsError, load_settings, load_with_names

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return tmp_path / "insights.toml"


def from_file(config: Path, **environ: str) -> dict[str, str]:
    return {"CRM_INSIGHTS_CONFIG": str(config)} | {f"CRM_INSIGHTS_{name}": value for name, value in environ.items()}


def mistakes(config: Path, **environ: str) -> str:
    with pytest.raises(SettingsError) as caught:
        load_settings(environ=from_file(config, **environ))
    return str(caught.value)


def test_tables_of_the_file_are_the_groups(config: Path) -> None:
    config.write_text(
        """
        snapshot = "read_all"
        own_ids = ["bot-7"]
        [web]
        port = 8080
        [sources]
        "helpdesk.tickets" = "cloudevents"
        [models."my-model"]
        input = 0.5
        output = 2
        context_window = 128000
        """
    )
    settings = load_settings(environ=from_file(config))
    assert settings.snapshot == "read_all"
    assert settings.own_ids == {"bot-7"}
    assert settings.web.port == 8080
    assert settings.sources == {"helpdesk.tickets": "cloudevents"}
    assert settings.models["my-model"].context_window == 128_000


def test_the_environment_wins_over_the_file(config: Path) -> None:
    config.write_text("[web]\nport = 8080\nhost = '0.0.0.0'\n")
    web = load_settings(environ=from_file(config, WEB__PORT="9090")).web
    assert (web.host, web.port) == ("0.0.0.0", 9090)


def test_where_each_value_comes_from_is_known(config: Path) -> None:
    config.write_text("[web]\nport = 8080\n")
    names = load_with_names(environ=from_file(config, WEB__HOST="::1"))[1]
    assert names[("web", "port")] == f"web.port in {config}"
    assert names[("web", "host")] == "CRM_INSIGHTS_WEB__HOST"


def test_an_unknown_key_is_refused_with_its_place_and_the_right_one(config: Path) -> None:
    config.write_text("[llm]\nmodle = 'x'\n[kafak]\ngroup_id = 'x'\n")
    message = mistakes(config)
    assert f"llm.modle in {config} is no setting. Did you mean llm.model?" in message
    assert f"kafak in {config} is no setting. Did you mean kafka?" in message


def test_a_wrong_value_is_refused_by_its_place_in_the_file(config: Path) -> None:
    config.write_text("[web]\nport = 'http'\n[llm]\nmax_attempts = 0\n")
    message = mistakes(config)
    assert f"web.port in {config} is 'http'" in message
    assert f"llm.max_attempts in {config} is 0" in message


def test_mistakes_in_the_file_and_in_the_environment_come_together(config: Path) -> None:
    config.write_text("[web]\nprot = 1\n")
    assert mistakes(config, WEB__PORT="0").startswith("2 settings are wrong:")


def test_a_group_that_is_no_table_is_refused(config: Path) -> None:
    config.write_text("kafka = 'x'\n")
    assert "kafka in" in mistakes(config)


@pytest.mark.parametrize("text", ["[web\n", "port = \n"])
def test_a_file_that_is_no_toml_is_refused_by_its_path(config: Path, text: str) -> None:
    config.write_text(text)
    assert f"CRM_INSIGHTS_CONFIG names {config}, which is not valid TOML" in mistakes(config)


def test_a_file_that_is_missing_is_refused_by_its_path(config: Path) -> None:
    assert f"CRM_INSIGHTS_CONFIG names {config}, which cannot be read" in mistakes(config)


def test_the_file_may_name_the_file_of_a_secret(config: Path, tmp_path: Path) -> None:
    (tmp_path / "salt").write_text("0123456789abcdef\n")
    config.write_text(f"[privacy]\nsalt_file = '{tmp_path / 'salt'}'\n")
    assert load_settings(environ=from_file(config)).privacy.salt.get_secret_value() == "0123456789abcdef"


def test_a_secret_and_its_file_in_one_file_are_refused(config: Path) -> None:
    config.write_text("[privacy]\nsalt = 'hush-hush-hush-42'\nsalt_file = '/x'\n")
    message = mistakes(config)
    assert f"privacy.salt_file in {config} is given, and privacy.salt too." in message
    assert "hush" not in message


def test_a_secret_of_the_wrong_type_is_not_shown(config: Path) -> None:
    config.write_text("[privacy]\nsalt = 4242424242\n")
    message = mistakes(config)
    assert "privacy.salt" in message
    assert "4242" not in message
