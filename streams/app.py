"""`create_app`: the only place where a Faust app comes to be.

Every setting that departs from Faust's default says which failure it prevents; the figures were measured on Kafka 4.3
with faust-streaming 0.15.3 and aiokafka 0.14.0.
"""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Any

import faust
from faust.auth import SASLCredentials, SSLCredentials

from streams import faust_patches

if TYPE_CHECKING:
    from collections.abc import Iterable

    from streams.delivery.ownership import Lease
    from streams.settings import KafkaSettings, Settings

# aiokafka counts the time in which we take nothing (a pause, a full window) as death, leaves the group and never comes
# back. We stop taking for as long as a dependency is down, so the bound is a week.
MAX_POLL_INTERVAL_S = 604_800.0

# A member learns from the answer to a heartbeat that somebody joins or leaves. With a second, the newcomer waits up to
# one for the slowest member, and of three members or more those who know already publish nothing meanwhile.
HEARTBEAT_INTERVAL_S = 0.3

# An answer takes milliseconds, and seconds where an election goes on; a request that is tried again has its number.
PRODUCE_TIMEOUT_S = 10.0

COMMIT_INTERVAL_S = 1.0

# A record at the broker's usual limit of 1 MiB grows by our headers on its way to the dead letters.
MAX_REQUEST_BYTES = 2_097_152

# Faust waits 45 s for more topics before it subscribes again.
RESUBSCRIBE_AFTER_S = 1.0

# Each record waits in this buffer while the window is full. Faust's 4,096 records of a megabyte would fill the memory.
STREAM_BUFFER_RECORDS = 256


def create_app(settings: Settings, group_id: str, lease: Lease) -> faust.App:
    """Make the Faust app of one consumer group, with the patches applied.

    Nothing is connected yet. Raises `UnsupportedVersionError` on library versions that the patches do not fit.
    """
    faust_patches.apply()
    faust_patches.watch_lease(group_id, lease)
    return faust.App(
        group_id,
        broker=[f"aiokafka://{server}" for server in settings.kafka.bootstrap_servers.split(",")],
        broker_credentials=credentials(settings.kafka),
        # Exactly-once mode sends to topics outside the app without a transaction and does not fence generations.
        processing_guarantee="at_least_once",
        # True waits for every running event at each rebalance and at the end, without bound; we drain by ourselves.
        stream_wait_empty=False,
        stream_buffer_maxsize=STREAM_BUFFER_RECORDS,
        broker_max_poll_interval=MAX_POLL_INTERVAL_S,
        broker_session_timeout=float(settings.kafka.session_timeout_s),
        broker_heartbeat_interval=HEARTBEAT_INTERVAL_S,
        # Faust's 2.8 s; the lease rests on commits too, and what is not committed is delivered again after a kill.
        broker_commit_interval=COMMIT_INTERVAL_S,
        # With `latest` and a persisted offset below the low watermark recovery never ends. START_FROM is served by
        # committing offsets before the first start.
        consumer_auto_offset_reset="earliest",
        # The default of one standby makes every worker read all insights.
        table_standby_replicas=0,
        # Not needed: no agent asks for a leader, and its topic would have to be created.
        topic_disable_leader=True,
        topic_allow_declare=False,
        # Faust waits 20 minutes for an answer on a connection that is dead, and nothing is tried elsewhere meanwhile.
        producer_request_timeout=PRODUCE_TIMEOUT_S,
        producer_max_request_size=MAX_REQUEST_BYTES,
        producer_acks=-1,
        datadir=settings.state.dir,
        store="memory://",
        web_enabled=False,
        autodiscover=False,
        logging_config={"version": 1, "disable_existing_loggers": False},
    )


def read_also(app: faust.App, topics: Iterable[str]) -> None:
    """Let the app's one agent read all of `topics`, those that it did not know when it was made included.

    Faust subscribes again within a second, which is a rebalance. Without new topics nothing happens.
    """
    conductor = app.topics
    wanted = sorted(topics)
    if all(topic in conductor._topic_name_index for topic in wanted):  # noqa: SLF001 - Faust tells nobody
        return
    for channel in conductor:
        # Faust's own pattern subscriptions do not work ("XXX pattern does not work" in its driver).
        channel.topics = wanted
    conductor._resubscribe_sleep_lock_seconds = RESUBSCRIBE_AFTER_S  # noqa: SLF001
    conductor._flag_changes()  # noqa: SLF001


def credentials(kafka: KafkaSettings) -> SASLCredentials | SSLCredentials | None:
    """Turn the security settings into Faust's credentials; None for PLAINTEXT."""
    context = _tls_context(kafka) if kafka.security_protocol.endswith("SSL") else None
    if kafka.security_protocol.startswith("SASL"):
        return SASLCredentials(
            username=kafka.sasl_username,
            password=kafka.sasl_password.get_secret_value() if kafka.sasl_password is not None else None,
            mechanism=kafka.sasl_mechanism,
            ssl_context=context,
        )
    return None if context is None else SSLCredentials(context)


def _tls_context(kafka: KafkaSettings) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=None if kafka.ssl_ca_file is None else str(kafka.ssl_ca_file))
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    if kafka.ssl_cert_file is not None:
        password = kafka.ssl_key_password
        context.load_cert_chain(
            str(kafka.ssl_cert_file),
            None if kafka.ssl_key_file is None else str(kafka.ssl_key_file),
            None if password is None else password.get_secret_value(),
        )
    return context


def raw_topic(app: faust.App, *names: str, **options: Any) -> faust.TopicT[bytes]:
    """Describe topics whose records are taken as bytes: Faust acknowledges what it cannot decode before it says so."""
    raw = {"key_type": bytes, "value_type": bytes, "key_serializer": "raw", "value_serializer": "raw"}
    return app.topic(*names, **raw, allow_empty=True, **options)
