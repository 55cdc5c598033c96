"""What a command needs, and what must hold between settings: pure rules over settings whose single values are right."""

from __future__ import annotations

import os
import re
import ssl
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING

from streams.errors import Mistake
from streams.settings.catalogue import FILE_SUFFIX, Path, by_path, value_at
from streams.settings.model_rules import model_mistakes
from streams.settings.privacy_rules import privacy_mistakes
from streams.topics.sources import is_pattern

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path as FilePath

    from streams.settings.gather import Gathered
    from streams.settings.model import Settings

MIN_SALT_LENGTH = 16
"""Shorter salts can be found by trying, and with them every hashed user id."""


class Need(Enum):
    """What a command uses; it is asked for no setting that it does not use."""

    KAFKA = auto()
    """The broker: its address, credentials and files."""
    REGISTRY = auto()
    """The schema registry."""
    MODEL = auto()
    """A model with a known price and context window; no key."""
    PROVIDER = auto()
    """Calls to the provider: its key."""
    SALT = auto()
    """Hashes of user ids."""
    SOURCES = auto()
    """The adapters of the source topics."""
    STATE = auto()
    """The store of marks and the state directory."""


INTAKE = frozenset({Need.KAFKA, Need.REGISTRY, Need.SOURCES, Need.STATE})
"""What `worker --only intake` uses."""

ENRICH = frozenset({Need.KAFKA, Need.REGISTRY, Need.MODEL, Need.PROVIDER, Need.SALT, Need.STATE})
"""What `worker --only enrich` uses."""

WORKER = INTAKE | ENRICH
"""What the whole worker uses."""

PREVIEW = frozenset({Need.MODEL, Need.SOURCES})
"""What `preview` uses: it sends nothing and asks nobody."""

COMMAND_NEEDS: Mapping[str, frozenset[Need]] = {
    "worker": WORKER,
    "worker --only intake": INTAKE,
    "worker --only enrich": ENRICH,
    "preview": PREVIEW,
    "forecast": frozenset(),
    "forecast --sample": PREVIEW,
    "forecast --topic": PREVIEW | {Need.KAFKA},
    "doctor --sample": frozenset({Need.KAFKA, Need.SOURCES}),
    "topics": frozenset({Need.KAFKA}),
    "schemas": frozenset({Need.REGISTRY}),
    "dlq": frozenset({Need.KAFKA}),
    "scrub": frozenset(),
    "restore": frozenset(),
    "demo": frozenset(),
}
"""What each command uses, by the words one types."""

REQUIRED: Mapping[Need, tuple[tuple[Path, str], ...]] = {
    Need.KAFKA: ((("kafka", "bootstrap_servers"), "Set it to the brokers, such as kafka-1:9092,kafka-2:9092."),),
    Need.REGISTRY: ((("schema_registry", "url"), "Set it to the registry's URL, such as http://registry:8081."),),
    Need.PROVIDER: ((("llm", "api_key"), "Set it to the provider's key (any word for a server that wants none)."),),
    Need.SALT: ((("privacy", "salt"), "Make one with `openssl rand -hex 32`, keep it, and use it on every worker."),),
}
"""The settings without which a need cannot be met, with what to do."""


WEBHOOK_SOURCES = ("events",)
"""The web hooks that the worker serves, by the names of their secrets: `events` is POST /v1/events."""


@dataclass(frozen=True, slots=True)
class Look:
    """What a rule sees: the settings, what is needed, and how the user named each of them."""

    settings: Settings
    need: frozenset[Need]
    gathered: Gathered

    def name(self, *path: str) -> str:
        """The setting as the user wrote it, or its variable."""
        return self.gathered.names.get(path, by_path()[path].variable)

    def refused(self, *path: str) -> bool:
        """Whether the setting was given, but wrongly, so that nothing can be said about its value."""
        return path in self.gathered.refused


def broken_rules(look: Look) -> Iterator[Mistake]:
    """Every rule that does not hold, required settings first."""
    for need in Need:
        if need in look.need:
            for path, remedy in REQUIRED.get(need, ()):
                yield from _missing(look, path, remedy)
    for rule in _RULES:
        yield from rule(look)


def _missing(look: Look, path: Path, remedy: str) -> Iterator[Mistake]:
    value = value_at(look.settings, path)
    text = value if isinstance(value, str) else value.get_secret_value()
    if not text and not look.refused(*path):
        setting = by_path()[path]
        file_way = f" Or name a file that holds it in {setting.variable}{FILE_SUFFIX}." if setting.secret else ""
        yield Mistake(setting.variable, "is missing.", remedy + file_way)


def _credentials(look: Look) -> Iterator[Mistake]:
    kafka = look.settings.kafka
    if Need.KAFKA not in look.need:
        return
    sasl = ("sasl_mechanism", "sasl_username", "sasl_password")
    protocol = look.name("kafka", "security_protocol")
    if kafka.security_protocol.startswith("SASL"):
        for field in sasl:
            if not getattr(kafka, field) and not look.refused("kafka", field):
                yield Mistake(look.name("kafka", field), "is missing.", f"{protocol} is {kafka.security_protocol}.")
    elif not look.refused("kafka", "security_protocol"):
        # A password that is never sent looks like a secured connection and is none.
        for field in sasl:
            if getattr(kafka, field):
                problem = f"is given, but {protocol} is {kafka.security_protocol}, which uses none."
                yield Mistake(look.name("kafka", field), problem, f"Set {protocol} to SASL_SSL, or remove it.")
    if bool(kafka.ssl_cert_file) != bool(kafka.ssl_key_file):
        given, other = ("cert", "key") if kafka.ssl_cert_file else ("key", "cert")
        missing = look.name("kafka", f"ssl_{other}_file")
        yield Mistake(look.name("kafka", f"ssl_{given}_file"), f"is given without {missing}.", "Give both or neither.")


def _files(look: Look) -> Iterator[Mistake]:
    used = {
        Need.KAFKA: (("kafka", "ssl_ca_file"), ("kafka", "ssl_cert_file"), ("kafka", "ssl_key_file")),
        Need.REGISTRY: (("schema_registry", "ca_file"),),
        Need.PROVIDER: (("llm", "ca_file"),),
    }
    for need, paths in used.items():
        for path in paths if need in look.need else ():
            file = value_at(look.settings, path)
            if file is not None and not (file.is_file() and os.access(file, os.R_OK)):
                yield Mistake(look.name(*path), f"names {file}, which cannot be read.", "Correct the path or the file.")
            elif file is not None and path[-1].endswith("ca_file") and not _holds_certificates(file):
                yield Mistake(look.name(*path), f"names {file}, which holds no certificate.", "It must be a PEM file.")


def _holds_certificates(file: FilePath) -> bool:
    try:
        ssl.create_default_context(cafile=str(file))
    except ssl.SSLError:
        return False
    return True


def _registry_credentials(look: Look) -> Iterator[Mistake]:
    registry = look.settings.schema_registry
    if registry.password and not registry.user and not look.refused("schema_registry", "user"):
        yield Mistake(look.name("schema_registry", "user"), "is missing.", "The registry's password is given.")


def _topics(look: Look) -> Iterator[Mistake]:
    taken: dict[str, str] = {}
    fields = [(field, topic) for field, topic in look.settings.topics if not look.refused("topics", field)]
    named = [(look.name("topics", field), topic) for field, topic in fields]
    named += [(f"{look.name('sources')}[{topic}]", topic) for topic in look.settings.sources if not is_pattern(topic)]
    for name, topic in named:
        # Kafka refuses names that differ in . and _ only, because their metrics would have one name.
        other = taken.setdefault(topic.replace("_", "."), name)
        if other != name:
            yield Mistake(name, f"names the same topic as {other} ({topic}).", "Give each its own topic.")


def _models(look: Look) -> Iterator[Mistake]:
    if Need.MODEL in look.need and not look.refused("models"):
        yield from model_mistakes(look)


def _times(look: Look) -> Iterator[Mistake]:
    llm = look.settings.llm
    names = [("llm", "attempt_timeout_s"), ("llm", "max_elapsed_s")]
    if llm.attempt_timeout_s > llm.max_elapsed_s and not any(look.refused(*path) for path in names):
        attempt, elapsed = (look.name(*path) for path in names)
        problem = f"is {llm.attempt_timeout_s:g}, more than {elapsed} ({llm.max_elapsed_s:g})."
        yield Mistake(attempt, problem, "Lower it.")


def _salt(look: Look) -> Iterator[Mistake]:
    length = len(look.settings.privacy.salt.get_secret_value())
    if 0 < length < MIN_SALT_LENGTH:
        problem = f"has {length} characters; at least {MIN_SALT_LENGTH} are needed."
        yield Mistake(look.name("privacy", "salt"), problem, "Make one with `openssl rand -hex 32`.")


def _secrets(look: Look) -> Iterator[Mistake]:
    for source, secrets in look.settings.webhooks.secrets.items():
        name = f"{look.name('webhooks', 'secrets')}[{source}]"
        if source not in WEBHOOK_SOURCES:
            yield Mistake(name, "is no web hook.", f"Known: {', '.join(WEBHOOK_SOURCES)}.")
        elif not secrets or any(not secret.get_secret_value().strip() for secret in secrets):
            # An empty secret would let everybody in: a signature can be made with it, a token compares equal to none.
            yield Mistake(name, "is an empty list or holds an empty secret.", "Give a secret or remove the source.")


def _header_values(look: Look) -> Iterator[Mistake]:
    """A key travels in an HTTP header; what does not fit there ends the first call, long after the start."""
    if Need.PROVIDER not in look.need or look.refused("llm", "api_key"):
        return
    key = look.settings.llm.api_key.get_secret_value()
    if not all("!" <= letter <= "~" for letter in key):
        problem = "holds a space, a line break or a letter that is not ASCII, and no key does."
        yield Mistake(look.name("llm", "api_key"), problem, "Copy it again, without quotes.")


def _adapters(look: Look) -> Iterator[Mistake]:
    if Need.SOURCES not in look.need or not look.settings.sources:
        return
    from schemas.sources import SourceRules, adapter  # noqa: PLC0415 - only where source topics are read

    for topic, name in look.settings.sources.items():
        try:
            re.compile(topic if is_pattern(topic) else "")
        except re.error as error:
            problem = f"is no regular expression ({error.msg} at character {error.pos})."
            yield Mistake(f"{look.name('sources')}[{topic}]", problem, r"Write it like ^crm\.public\..*")
        try:
            adapter(name, None, SourceRules())
        except ValueError as error:
            known = str(error).rpartition("Known: ")[2]
            yield Mistake(f"{look.name('sources')}[{topic}]", f"is {name!r}, which is no adapter.", f"Known: {known}.")


def _joins(look: Look) -> Iterator[Mistake]:
    if Need.SOURCES not in look.need or look.refused("mappings"):
        return
    ours = {topic: look.name("topics", field) for field, topic in look.settings.topics}
    for table, mapping in look.settings.mappings.items():
        for join in mapping.joins or ():
            name = f"{look.name('mappings')}[{table}].joins"
            if is_pattern(join.topic):
                yield Mistake(name, f"names {join.topic}, a pattern.", "A join looks into one topic; name it.")
            elif join.topic in ours:
                problem = f"names {join.topic}, which is {ours[join.topic]}."
                yield Mistake(name, problem, "Name the source topic that the other records' changes are on.")


def _privacy(look: Look) -> Iterator[Mistake]:
    privacy = look.settings.privacy
    names = {field: look.name("privacy", field) for field in ("actions", "allow", "rules", "salt")}
    unsalted = Need.MODEL in look.need and not look.refused("privacy", "salt")
    yield from privacy_mistakes(privacy, names, needs_salt=unsalted and not privacy.salt.get_secret_value())


_RULES: tuple[Callable[[Look], Iterator[Mistake]], ...] = (
    _credentials,
    _files,
    _registry_credentials,
    _topics,
    _models,
    _times,
    _salt,
    _secrets,
    _header_values,
    _adapters,
    _joins,
    _privacy,
)
