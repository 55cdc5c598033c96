"""Salesforce's change events, and the older PushTopic's, in every form in which they come to lie on a topic.

Sources: Salesforce's Change Data Capture Developer Guide (fields of header and body, merged, gap and overflow events,
transaction-based replication, compound fields, enrichment, data differences, conversions of field types); "Event
Deserialization Considerations" of its Pub/Sub API guide, with ChangeEventHeaderUtility.py of forcedotcom/pub-sub-api;
"Message Durability" of the Streaming API guide; a record of Confluent's CDC source connector, which the README of
vdesabou/kafka-docker-playground shows. No record of Confluent's PushTopic connector was found: it is taken to name the
object and what happened in the columns in which the CDC connector names object and schema.
"""

from __future__ import annotations

from schemas.sources.salesforce.adapter import SalesforceAdapter
from schemas.sources.salesforce.messages import is_salesforce

__all__ = ["SalesforceAdapter", "is_salesforce"]
