"""POST /v1/events: checks that a body can become events, writes it to `crm.webhooks`, answers when it is durable."""

from __future__ import annotations

import asyncio
import functools
import time
from hashlib import blake2b
from typing import TYPE_CHECKING

from faust.exceptions import NotReady

from schemas.errors import DataFault, Dependency, DependencyFault
from schemas.outcomes import DeadLetterReason
from schemas.sources import SOURCE_HEADER, SourceRecord, source_of_post
from streams.delivery.publisher import UnknownDeliveryError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from schemas.sources import Adapter
    from streams.delivery.publisher import Publisher
    from streams.delivery.stages import Stages

# A sender waits for us; after this it does better to send again, which the event ids make harmless.
ACKNOWLEDGE_WITHIN_S = 10.0

KEPT_HEADERS = ("content-type", "traceparent", "tracestate", "correlation_id")


class EventInbox:
    """Takes native events and CloudEvents from HTTP."""

    def __init__(
        self,
        publisher: Publisher,
        topic: str,
        adapter: Adapter,
        stages: Stages,
        on_fatal: Callable[[Exception], None],
    ) -> None:
        """Take what sends, the webhooks topic, the adapter that intake reads it with, and whom to tell of an end.

        `stages` is where a large body is adapted, so that it holds nothing else up.
        """
        self._publisher = publisher
        self._topic = topic
        self._adapter = adapter
        self._stages = stages
        self._on_fatal = on_fatal

    async def accept(self, body: bytes, headers: Mapping[str, str]) -> int:
        """Return how many events the body holds. Raises DataFault (the sender's mistake), DependencyFault."""
        kept = record_headers(headers, body)
        record = SourceRecord(
            topic=self._topic,
            partition=0,
            offset=0,
            timestamp_ms=time.time_ns() // 1_000_000,
            key=None,
            value=body,
            headers=kept,
        )
        # Adapting now tells the sender of a mistake while somebody still looks; intake adapts the record again.
        # A body that kills the process is known by what it holds when its sender tries again.
        name = blake2b(body, digest_size=16).hexdigest()
        adapting = functools.partial(self._adapter.adapt, record)
        adapted = await self._stages.finish("adapt", f"{self._topic}/{name}", len(body), adapting)
        if not adapted:
            raise DataFault(DeadLetterReason.UNDECODABLE, "the body holds no event", stage="adapt")
        await self._store(body, kept, key=_key(kept))
        return len(adapted)

    async def _store(self, body: bytes, headers: tuple[tuple[str, bytes], ...], key: bytes) -> None:
        try:
            async with asyncio.timeout(ACKNOWLEDGE_WITHIN_S):
                sending = await self._publisher.send(self._topic, key=key, value=body, headers=headers)
                await sending.wait()
        except TimeoutError:
            raise DependencyFault(Dependency.BROKER, f"no acknowledgement within {ACKNOWLEDGE_WITHIN_S:g} s") from None
        except UnknownDeliveryError as error:
            # Whether it is there nobody knows; the event ids make it harmless to send it again. The producer may have
            # lost its place in the partition for good, and only another process gets a new one.
            self._on_fatal(error)
            raise DependencyFault(Dependency.BROKER, "the broker has not acknowledged it") from error
        except NotReady as error:
            raise DependencyFault(Dependency.BROKER, "not connected yet") from error


def record_headers(headers: Mapping[str, str], body: bytes) -> tuple[tuple[str, bytes], ...]:
    """The headers that intake needs: which adapter reads the body, its content type, and what is forwarded.

    HTTP's `ce-` headers are kept as they came; the webhook adapter knows both bindings. A token never gets here.
    """
    lower = {name.lower(): value for name, value in headers.items()}
    kept = {name: value for name, value in lower.items() if name in KEPT_HEADERS or name.startswith("ce-")}
    kept[SOURCE_HEADER] = source_of_post(headers, body)
    return tuple((name, value.encode("utf-8", "replace")) for name, value in kept.items())


def _key(headers: tuple[tuple[str, bytes], ...]) -> bytes:
    """`source/account`: what came from one sender stays in order."""
    values = dict(headers)
    return values[SOURCE_HEADER] + b"/" + values.get("ce-source", b"events")
