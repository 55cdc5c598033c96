"""Debezium's records: rows of PostgreSQL, MySQL, MariaDB, SQL Server, Oracle and their kin, as change events.

Sources: the connector pages of Debezium's documentation (postgresql.adoc, mysql.adoc, sqlserver.adoc, oracle.adoc),
event-flattening.adoc, outbox-event-router.adoc, signalling.adoc, and records of Debezium 3.7 as its connector for
PostgreSQL wrote them (tests/unit/debezium/captures).
"""

from __future__ import annotations

from schemas.sources.debezium.adapter import DebeziumAdapter
from schemas.sources.debezium.control import is_debezium

__all__ = ["DebeziumAdapter", "is_debezium"]
