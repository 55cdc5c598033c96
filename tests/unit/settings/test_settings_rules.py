"""What commands need, and what must hold between settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from processors.llm.text_models import answers_in_text
from streams.settings import COMMAND_NEEDS, PREVIEW, WORKER, Need, SettingsError, load_settings

if TYPE_CHECKING:
    from pathlib import Path

COMPLETE = {
    "CRM_INSIGHTS_KAFKA__BOOTSTRAP_SERVERS": "kafka:9092",
    "CRM_INSIGHTS_SCHEMA_REGISTRY__URL": "http://registry:8081",
    "CRM_INSIGHTS_LLM__API_KEY": "sk-x",
    "CRM_INSIGHTS_PRIVACY__SALT": "0123456789abcdef",
}


def mistakes(need: frozenset[Need], **settings: str) -> str:
    with pytest.raises(SettingsError) as caught:
        load_settings(need, COMPLETE | {f"CRM_INSIGHTS_{name}": value for name, value in settings.items()})
    return str(caught.value)


def test_four_settings_are_enough_for_a_worker() -> None:
    assert load_settings(WORKER, COMPLETE).llm.model == "gpt-5.4-mini"


@pytest.mark.parametrize("missing", sorted(COMPLETE))
def test_a_worker_names_the_one_that_is_missing_and_what_to_do(missing: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings(WORKER, {name: value for name, value in COMPLETE.items() if name != missing})
    (mistake,) = caught.value.mistakes
    assert str(mistake).startswith(f"{missing} is missing. ")
    assert mistake.remedy


def test_a_missing_salt_comes_with_a_way_to_make_one() -> None:
    with pytest.raises(SettingsError, match="openssl rand -hex 32"):
        load_settings(frozenset({Need.SALT}), {})


@pytest.mark.parametrize("command", ["preview", "scrub", "restore", "demo"])
def test_commands_that_ask_nobody_need_no_settings(command: str) -> None:
    load_settings(COMMAND_NEEDS[command], {})


def test_a_given_but_wrong_setting_is_not_called_missing_too() -> None:
    message = mistakes(WORKER, KAFKA__BOOTSTRAP_SERVERS="kafka")
    assert message.count("BOOTSTRAP_SERVERS") == 1


def test_an_unknown_model_is_refused_with_what_is_known() -> None:
    message = mistakes(PREVIEW, LLM__MODEL="gpt-5-mnii")
    assert "CRM_INSIGHTS_LLM__MODEL is 'gpt-5-mnii', which has no price and no known context window." in message
    assert "gpt-5-mini" in message
    assert "Add it under [models] in insights.toml, or correct the name." in message


def test_an_unknown_model_is_refused_for_a_server_of_your_own_too() -> None:
    assert "has no price" in mistakes(PREVIEW, LLM__MODEL="llama-x", LLM__BASE_URL="http://gpu:8000/v1")


def test_an_unknown_model_is_right_once_it_has_an_entry() -> None:
    entry = '{"llama-x": {"input": 0, "output": 0, "context_window": 32000}}'
    environ = {"CRM_INSIGHTS_LLM__MODEL": "llama-x", "CRM_INSIGHTS_MODELS": entry}
    assert load_settings(PREVIEW, environ).llm.model == "llama-x"


def test_a_model_whose_window_nobody_knows_is_refused_with_what_to_do() -> None:
    message = mistakes(PREVIEW, LLM__MODEL="llama-x", MODELS='{"llama-x": {"input": 0, "output": 0}}')
    assert "CRM_INSIGHTS_LLM__MODEL is 'llama-x', whose context window is not known." in message
    assert 'Set context_window, with the prices, under [models."llama-x"] in insights.toml.' in message


def test_a_listed_model_without_a_window_is_refused_too() -> None:
    assert "whose context window is not known" in mistakes(PREVIEW, LLM__MODEL="gpt-chat-latest")


@pytest.mark.parametrize(
    "model",
    [
        "gpt-image-1",
        "gpt-realtime",
        "gpt-realtime-2",
        "gpt-4o-realtime-preview-2024-12-17",
        "gpt-audio",
        "gpt-4o-mini-audio-preview",
        "gpt-4o-transcribe",
        "text-embedding-3-small",
        "whisper-1",
        "gpt-3.5-turbo-instruct",
        "davinci-002",
    ],
)
def test_a_model_that_answers_no_chat_in_text_is_refused_with_others_that_do(model: str) -> None:
    message = mistakes(PREVIEW, LLM__MODEL=model)
    assert f"CRM_INSIGHTS_LLM__MODEL is {model!r}, which answers no chat in text. Take one that does: " in message
    offered = message.partition("Take one that does: ")[2].partition(", ...")[0].split(", ")
    assert all(name and answers_in_text(name) for name in offered)


def test_a_name_like_those_is_right_for_a_server_of_your_own_once_it_has_an_entry() -> None:
    entry = '{"gpt-image-1": {"input": 0, "output": 0, "context_window": 32000}}'
    environ = {"CRM_INSIGHTS_LLM__MODEL": "gpt-image-1", "CRM_INSIGHTS_MODELS": entry}
    assert load_settings(PREVIEW, environ).llm.model == "gpt-image-1"


@pytest.mark.parametrize("model", ["gpt-6-luna", "gpt-5.4-mini", "gpt-4o", "o3-pro", "gpt-4.1-nano", "gpt-oss-20b"])
def test_a_chat_model_of_the_price_list_is_right(model: str) -> None:
    assert load_settings(PREVIEW, {"CRM_INSIGHTS_LLM__MODEL": model}).llm.model == model


def test_a_model_is_not_judged_where_none_is_used() -> None:
    load_settings(frozenset(), {"CRM_INSIGHTS_LLM__MODEL": "llama-x"})


def test_prompts_must_fit_the_models_window() -> None:
    message = mistakes(PREVIEW, LLM__MODEL="gpt-4o-mini", LLM__MAX_INPUT_TOKENS="128000")
    assert "CRM_INSIGHTS_LLM__MAX_INPUT_TOKENS is 128000, but gpt-4o-mini holds 128000" in message


def test_an_attempt_may_not_last_longer_than_all_of_them() -> None:
    assert "more than CRM_INSIGHTS_LLM__MAX_ELAPSED_S (120)" in mistakes(WORKER, LLM__ATTEMPT_TIMEOUT_S="200")


def test_two_topics_of_one_name_are_refused() -> None:
    message = mistakes(WORKER, TOPICS__INSIGHTS="crm.events")
    assert "CRM_INSIGHTS_TOPICS__INSIGHTS names the same topic as CRM_INSIGHTS_TOPICS__EVENTS" in message


def test_names_that_kafka_takes_for_one_are_refused() -> None:
    assert "names the same topic" in mistakes(WORKER, TOPICS__INSIGHTS="crm_events")


def test_a_source_topic_that_is_one_of_ours_is_refused() -> None:
    assert "CRM_INSIGHTS_SOURCES[crm.events]" in mistakes(WORKER, SOURCES='{"crm.events": "native"}')


def test_an_unknown_adapter_is_refused_with_the_known_ones() -> None:
    message = mistakes(WORKER, SOURCES='{"crm.tickets": "cloudevent"}')
    assert "CRM_INSIGHTS_SOURCES[crm.tickets]" in message
    assert "cloudevents" in message


@pytest.mark.parametrize("protocol", ["SASL_SSL", "SASL_PLAINTEXT"])
def test_a_sasl_protocol_needs_mechanism_user_and_password(protocol: str) -> None:
    message = mistakes(WORKER, KAFKA__SECURITY_PROTOCOL=protocol)
    for name in ("MECHANISM", "USERNAME", "PASSWORD"):
        assert f"CRM_INSIGHTS_KAFKA__SASL_{name} is missing." in message


def test_a_password_that_would_never_be_sent_is_refused() -> None:
    message = mistakes(WORKER, KAFKA__SASL_PASSWORD="hush-42")
    assert "is PLAINTEXT, which uses none" in message
    assert "hush" not in message


def test_a_certificate_without_its_key_is_refused(tmp_path: Path) -> None:
    (tmp_path / "cert.pem").write_text("x")
    message = mistakes(WORKER, KAFKA__SECURITY_PROTOCOL="SSL", KAFKA__SSL_CERT_FILE=str(tmp_path / "cert.pem"))
    assert "is given without CRM_INSIGHTS_KAFKA__SSL_KEY_FILE" in message


def test_a_ca_file_that_cannot_be_read_is_named_with_its_path() -> None:
    assert "CRM_INSIGHTS_SCHEMA_REGISTRY__CA_FILE names /nowhere/ca.pem" in mistakes(
        WORKER, SCHEMA_REGISTRY__CA_FILE="/nowhere/ca.pem"
    )


def test_a_ca_file_that_holds_no_certificate_is_named_with_its_path(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("no certificate")
    assert f"CRM_INSIGHTS_LLM__CA_FILE names {tmp_path}/ca.pem, which holds no certificate." in mistakes(
        WORKER, LLM__CA_FILE=str(tmp_path / "ca.pem")
    )


@pytest.mark.parametrize("secrets", ['{"events": []}', '{"events": [""]}', '{"events": ["  "]}'])
def test_an_empty_secret_lets_nobody_in_and_is_refused(secrets: str) -> None:
    assert "CRM_INSIGHTS_WEBHOOKS__SECRETS[events]" in mistakes(WORKER, WEBHOOKS__SECRETS=secrets)


def test_a_secret_of_a_web_hook_that_does_not_exist_is_refused() -> None:
    assert "CRM_INSIGHTS_WEBHOOKS__SECRETS[evnets] is no web hook. Known: events." in mistakes(
        WORKER, WEBHOOKS__SECRETS='{"evnets": ["x"]}'
    )


@pytest.mark.parametrize("key", ["schl\u00fcssel", "two words", "a\nb", "\u201ckey\u201d", "nbsp\u00a0key"])
def test_a_key_that_no_header_can_carry_is_refused_and_not_shown(key: str) -> None:
    message = mistakes(WORKER, LLM__API_KEY=key)
    assert "CRM_INSIGHTS_LLM__API_KEY holds a space, a line break or a letter that is not ASCII" in message
    assert key not in message
