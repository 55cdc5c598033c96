"""Configuration of confluent-kafka clients from the settings: what `topics` and `dlq` talk to the broker with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from confluent_kafka import KafkaError, KafkaException

from streams.errors import BrokerUnreachable

if TYPE_CHECKING:
    from pydantic import SecretStr

    from streams.settings.model import KafkaSettings

CONNECT_TIMEOUT_S = 10.0
"""How long a command waits for the first answer of a broker: a TLS handshake and a login fit, a wrong host shows."""

_UNREACHABLE = frozenset(
    {
        KafkaError._ALL_BROKERS_DOWN,  # noqa: SLF001 - librdkafka's own names for its local errors
        KafkaError._AUTHENTICATION,  # noqa: SLF001
        KafkaError._RESOLVE,  # noqa: SLF001
        KafkaError._SSL,  # noqa: SLF001
        KafkaError._TIMED_OUT,  # noqa: SLF001
        KafkaError._TRANSPORT,  # noqa: SLF001
    }
)


class BrokerComplaints:
    """Keeps what librdkafka says in the background: the reason why nobody answers reaches no caller otherwise."""

    def __init__(self) -> None:
        """Begin with none."""
        self.last: KafkaError | None = None

    def __call__(self, error: KafkaError) -> None:
        """Note an error; "all brokers down" follows every cause and says less than it."""
        if error.code() != KafkaError._ALL_BROKERS_DOWN or self.last is None:  # noqa: SLF001
            self.last = error


def client_config(kafka: KafkaSettings) -> dict[str, Any]:
    """The configuration that every confluent-kafka client of ours begins with; it holds secrets."""
    return {
        "bootstrap.servers": kafka.bootstrap_servers,
        "client.id": "crm-insights",
        "security.protocol": kafka.security_protocol,
        # Its own log lines ("%3|...|FAIL|...") would stand between ours; what they say comes in error_cb as well.
        "log_level": 2,
    } | {name: value for name, value in _credentials(kafka).items() if value is not None}


def onlooker_config(kafka: KafkaSettings, complaints: BrokerComplaints) -> dict[str, Any]:
    """The configuration of a consumer that is assigned what it reads: it joins no group, commits nothing, sees ends."""
    return client_config(kafka) | {
        # librdkafka wants a name; with assign() and no commits it asks the broker for no group.
        "group.id": kafka.group_id,
        "enable.auto.commit": False,
        "enable.partition.eof": True,
        # By default the broker holds the answer "nothing more" back for half a second.
        "fetch.wait.max.ms": 50,
        "error_cb": complaints,
    }


def unreachable(error: KafkaException, kafka: KafkaSettings, complaints: BrokerComplaints) -> BrokerUnreachable | None:
    """The error to raise if `error` means that no broker can be talked to, else None."""
    code = error.args[0].code()
    if code not in _UNREACHABLE:
        return None
    said = complaints.last.str() if complaints.last is not None else error.args[0].str()
    return BrokerUnreachable(
        f"no Kafka broker could be reached at {kafka.bootstrap_servers}: {said}. Look at "
        f"CRM_INSIGHTS_KAFKA__BOOTSTRAP_SERVERS and CRM_INSIGHTS_KAFKA__SECURITY_PROTOCOL ({kafka.security_protocol})."
    )


def _credentials(kafka: KafkaSettings) -> dict[str, Any]:
    return {
        "sasl.mechanism": kafka.sasl_mechanism,
        "sasl.username": kafka.sasl_username,
        "sasl.password": _secret(kafka.sasl_password),
        "ssl.ca.location": kafka.ssl_ca_file and str(kafka.ssl_ca_file),
        "ssl.certificate.location": kafka.ssl_cert_file and str(kafka.ssl_cert_file),
        "ssl.key.location": kafka.ssl_key_file and str(kafka.ssl_key_file),
        "ssl.key.password": _secret(kafka.ssl_key_password),
    }


def _secret(value: SecretStr | None) -> str | None:
    return None if value is None else value.get_secret_value()
