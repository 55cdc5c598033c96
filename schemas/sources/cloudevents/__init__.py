"""CloudEvents 1.0 on Kafka, as change events.

Sources: cloudevents/spec, kafka-protocol-binding.md and json-format.md.
"""

from __future__ import annotations

from schemas.sources.cloudevents.adapter import CloudEventsAdapter, is_structured

__all__ = ["CloudEventsAdapter", "is_structured"]
