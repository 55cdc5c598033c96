"""Every setting, its default and its meaning: the tree that the whole program is configured with.

The variable of a setting is CRM_INSIGHTS_ and its path in upper case with two underscores between the steps; its place
in insights.toml is the same path in lower case. The descriptions below are the text of docs/settings.md.
A string that is empty by default is required by the commands that need it (rules.py says which).
"""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - pydantic resolves the annotations at run time
from pathlib import Path
from typing import Literal

from pydantic import Field, PositiveInt, SecretStr
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from streams.settings.entries import MappingSettings, ModelSettings, PrivacyRuleSettings  # noqa: TC001 - as above
from streams.settings.fields import Actions, Servers, StartFrom, Topic, Url  # noqa: TC001 - as above
from streams.settings.money import BudgetSettings, PriceSettings
from streams.settings.section import Section

PREFIX = "CRM_INSIGHTS_"
DELIMITER = "__"

_UNSET = SecretStr("")


class KafkaSettings(Section):
    """The broker, and how this installation appears to it."""

    bootstrap_servers: Servers = Field("", description="Brokers to begin with, as host:port,host:port.")
    group_id: str = Field(
        "crm-insights",
        min_length=1,
        max_length=200,
        description="Consumer group of the enriching workers; the intake group is this name with -intake behind it.",
    )
    start_from: StartFrom = Field(
        "earliest",
        description="Where a group without a committed offset begins: earliest, latest, or a time with its zone "
        "(2026-11-01T00:00:00Z). On a topic with a long past, earliest pays for reading all of it.",
    )
    accept_expired: bool = Field(
        default=False,
        description="Stay healthy although retention deleted events before they were read: says that you know.",
    )
    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = Field(
        "PLAINTEXT", description="PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL."
    )
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] | None = Field(
        None, description="PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512; required with the SASL protocols."
    )
    sasl_username: str | None = Field(None, description="User name at the broker; required with the SASL protocols.")
    sasl_password: SecretStr | None = Field(None, description="Its password; required with the SASL protocols.")
    ssl_ca_file: Path | None = Field(None, description="PEM file of the authority behind the broker's certificate.")
    ssl_cert_file: Path | None = Field(None, description="PEM file of our own certificate, if the broker wants one.")
    ssl_key_file: Path | None = Field(None, description="PEM file of the key to our own certificate.")
    ssl_key_password: SecretStr | None = Field(None, description="Password of that key file, if it has one.")
    replication_factor: int = Field(
        3, ge=1, le=100, description="Copies of each topic that `topics create` asks for; 1 on a single broker."
    )
    session_timeout_s: int = Field(
        6,
        # The broker's group.min.session.timeout.ms is 6 s unless its operator changed it.
        ge=6,
        le=300,
        description="A worker that is silent for so long loses its partitions, in seconds. Until then a killed "
        "worker's partitions stand still.",
    )


class SchemaRegistrySettings(Section):
    """The schema registry (Confluent's HTTP API; Apicurio serves it below /apis/ccompat/v7)."""

    url: Url = Field("", description="URL of the registry, such as http://registry:8080/apis/ccompat/v7.")
    user: str | None = Field(None, description="User name at the registry, where it wants one.")
    password: SecretStr | None = Field(None, description="Its password.")
    ca_file: Path | None = Field(None, description="PEM file of the authority behind the registry's certificate.")
    timeout_s: float = Field(5.0, gt=0, le=60, description="Bound of one request to the registry, in seconds.")


class TopicNames(Section):
    """Names of the topics."""

    events: Topic = Field("crm.events", description="Change events in canonical form, keyed by record.")
    insights: Topic = Field(
        "crm.insights", description="Insights, keyed by event id; also the memory of what has been done."
    )
    dead_letters: Topic = Field("crm.events.dlq", description="Events that can never become an insight.")
    webhooks: Topic = Field("crm.webhooks", description="Web hooks as received, before intake reads them.")
    refetch: Topic = Field("crm.refetch", description="Records that intake asks to be fetched again from the CRM.")
    spend: Topic = Field("crm.spend", description="What each worker has taken of the budgets.")


class LlmSettings(Section):
    """The language model and the bounds of asking it."""

    provider: Literal["openai"] = Field(
        "openai", description="openai, which with a base URL is any server that speaks its API."
    )
    base_url: Url | None = Field(None, description="URL of another server that speaks the provider's API.")
    ca_file: Path | None = Field(
        None,
        description="PEM file of the authorities behind that server's certificate, in place of the system's.",
    )
    api_key: SecretStr = Field(_UNSET, description="Key of the provider; any word for a server that wants none.")
    model: str = Field(
        "gpt-5.4-mini",
        min_length=1,
        description="Name of the model. It must have a price and a known context window, if need be in [models].",
    )
    max_attempts: int = Field(6, ge=1, le=20, description="Attempts for one event; a 429 does not use one.")
    max_elapsed_s: float = Field(120.0, gt=0, le=3600, description="Bound of all attempts together, in seconds.")
    max_in_flight: int = Field(256, ge=1, le=10_000, description="Calls at the same time in one worker.")
    max_input_tokens: int = Field(
        16_000,
        # The frame around the texts takes about 30.
        ge=50,
        description="Tokens of the event in one prompt (its user message; instructions and schema add about 850 to "
        "it); older and longer text is cut, counted and marked.",
    )
    requests_per_minute: PositiveInt | None = Field(
        None,
        description="Requests a minute of the account, for a provider whose answers do not tell; each worker uses the "
        "part that its partitions are of all. What answers tell wins.",
    )
    tokens_per_minute: PositiveInt | None = Field(None, description="Tokens a minute of the account, likewise.")
    attempt_timeout_s: float = Field(60.0, gt=0, le=3600, description="Bound of one attempt as a whole, in seconds.")


class WebhookSettings(Section):
    """Who may send to the worker's web server."""

    secrets: Mapping[str, tuple[SecretStr, ...]] = Field(
        default_factory=dict,
        examples=['{"events": ["a-long-random-token"]}'],
        description="JSON object {source: [secret, ...]}; several of a source hold while one is being changed. The "
        "bearer tokens of POST /v1/events stand under the source events.",
    )

    @property
    def tokens(self) -> tuple[SecretStr, ...]:
        """The bearer tokens that POST /v1/events accepts; none means that it accepts nobody."""
        return self.secrets.get("events", ())


class StateSettings(Section):
    """What a worker remembers between events."""

    store: Literal["memory", "rocksdb"] = Field(
        "memory",
        description="Where the marks of finished events are held: memory (rebuilt from Kafka at each start; 310 MB "
        "for a million insights of a million records) or rocksdb (in STATE__DIR, read on from where it was; 70 MB).",
    )
    dir: Path = Field(
        Path("state"),
        description="Directory that this worker may write to, best one that survives restarts: it holds what must "
        "outlive a crash, and the marks with rocksdb.",
    )
    accept_missing_marks: bool = Field(
        default=False,
        description="Start although insights have expired whose events may come again: some may get a second insight.",
    )


class WebSettings(Section):
    """The worker's web server: /metrics, /healthz, /readyz, POST /v1/events."""

    host: str = Field("127.0.0.1", min_length=1, description="Address to listen on; 0.0.0.0 in a container.")
    port: int = Field(6066, ge=1, le=65_535, description="Port to listen on.")
    max_body_bytes: int = Field(
        # Kafka's default message.max.bytes is 1,048,588; the rest is for the headers and the record around the body.
        1_000_000,
        ge=1_000,
        le=100_000_000,
        description="Larger bodies are answered with 413. A body must fit in one record of the web-hook topic.",
    )


class PrivacySettings(Section):
    """What may leave, and in which form."""

    restore: bool = Field(
        default=True, description="Put the originals back into the answer in place of the placeholders."
    )
    salt: SecretStr = Field(
        _UNSET,
        description="Salt of hashed user ids and values, at least 16 characters. A new one changes all hashes, and "
        "each record with personal data is read once more.",
    )
    actions: Actions = Field(
        default_factory=dict,
        examples=['{"EMAIL": "hash", "DATE_OF_BIRTH": "drop"}'],
        description="JSON object {type: action} of what is done with personal data: mask (a placeholder, which "
        "restoring replaces), hash (a stand-in that is the same in all events of a tenant, for joins), drop (its type "
        "alone) or keep. LOCATION and ORGANIZATION are kept and all others masked unless it says otherwise; "
        "docs/pii.md tells what they are.",
    )
    allow: frozenset[str] = Field(
        frozenset(),
        examples=['["Initech Cloud", "@acme.example"]'],
        description="JSON list of what is never masked: names of products and competitors, as whole words in any case, "
        "and e-mail domains, which begin with @.",
    )
    rules: tuple[PrivacyRuleSettings, ...] = Field(
        (),
        examples=['[{"tenant": "acme", "restore": false}]'],
        description="JSON list of rules for a tenant or a kind, best as tables [[privacy.rules]] in insights.toml. "
        "Later ones overrule earlier ones.",
    )


class LogSettings(Section):
    """Logs; they go to standard error."""

    level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="DEBUG, INFO, WARNING or ERROR.")
    format: Literal["auto", "json", "console"] = Field(
        "auto", description="json, console, or auto: console on a terminal and json elsewhere."
    )


class Settings(BaseSettings):
    """All settings. `load_settings` reads them from the environment; made directly, it reads its arguments only."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter=DELIMITER, extra="forbid", frozen=True, hide_input_in_errors=True
    )

    kafka: KafkaSettings = KafkaSettings()
    schema_registry: SchemaRegistrySettings = SchemaRegistrySettings()
    topics: TopicNames = TopicNames()
    llm: LlmSettings = LlmSettings()
    prices: PriceSettings = PriceSettings()
    budgets: BudgetSettings = BudgetSettings()
    own_ids: frozenset[str] = Field(
        frozenset(),
        examples=['["integration-user-7"]'],
        description="JSON list of the user, client and app ids and ce_source values whose changes are our own writes "
        "to the CRM; they are skipped, or an insight that is written back would be read again for ever.",
    )
    webhooks: WebhookSettings = WebhookSettings()
    snapshot: Literal["skip", "read_changed", "read_all"] = Field(
        "skip", description="Rows of a first snapshot: skip, read_changed or read_all."
    )
    state: StateSettings = StateSettings()
    web: WebSettings = WebSettings()
    privacy: PrivacySettings = PrivacySettings()
    sources: Mapping[str, str] = Field(
        default_factory=dict,
        examples=['{"helpdesk.tickets": "cloudevents"}'],
        description="JSON object {topic: adapter} of the source topics that intake reads beside the web hooks'. A name "
        "that begins with ^ is a pattern for whole names of topics, found at the start and every 15 seconds after it.",
    )
    mappings: Mapping[str, MappingSettings] = Field(
        default_factory=dict,
        examples=['{"tickets": {"text": ["body", "resolution"], "tenant": ["customer_id"]}}'],
        description='What the columns of source tables mean, best as tables [mappings."name"] in insights.toml. The '
        "name is that of a table or object, with or without its schema and database, or of a topic; * is for all.",
    )
    models: Mapping[str, ModelSettings] = Field(
        default_factory=dict,
        examples=['{"my-model": {"input": 0.5, "output": 2, "context_window": 128000}}'],
        description='Prices for a million tokens, best as tables [models."name"] in insights.toml: input, output, '
        "cached_input, currency (USD), batch, changes, and context_window in tokens.",
    )
    log: LogSettings = LogSettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - the signature is the library's
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read nothing on its own: the library would pass over unknown names and stop at the first mistake."""
        return (init_settings,)
