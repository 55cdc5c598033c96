"""What makes a row's change this change and no other: its key and its place in the database's log.

Sources: the `source` blocks in Debezium's documentation; what stays and what differs after a kill, a re-snapshot and a
failover was measured with Debezium 3.7. Left out on purpose: the envelope's `ts_ms` and Kafka's offset (differ when a
row is delivered again), `sequence` (its first part is null after a start), `transaction.id` and its orders (differ
within one transaction). Rows of one statement share a position, so the key is part of the identity.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any, Final

from schemas.avro.framing import undecodable
from schemas.events import Operation
from schemas.identity import derived_event_id
from schemas.sources.mapping.naming import column_name
from schemas.sources.mapping.rules import columns_of
from schemas.text.json_values import scalar_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from schemas.sources.base import SourceRecord
    from schemas.sources.debezium.change import RowChange
    from schemas.sources.mapping import TableMapping

_SCHEME: Final = "dbz"
_POSITION: Final = (
    # PostgreSQL; Oracle has a txId too
    *("lsn", "txId"),
    # MySQL and MariaDB: a GTID is a transaction's, file and pos begin anew on another server, row counts within both
    *("server_id", "gtid", "file", "pos", "row"),
    # SQL Server and Db2
    *("commit_lsn", "change_lsn", "event_serial_no"),
    # Oracle
    *("redo_thread", "scn", "commit_scn", "rs_id", "ssn", "row_id"),
    # MongoDB, Vitess, Spanner
    *("ord", "h", "stxnid", "vgtid", "server_transaction_id", "record_sequence", "mod_number"),
)
# Every one of them stands in each record of a connector, also where no log has the row.
_NOT_ALONE: Final = frozenset({"server_id", "row", "redo_thread"})


def event_id_of(change: RowChange, record_id: str, record: SourceRecord, rules: TableMapping) -> str:
    """Return the event id of a row's change; equal whenever the connector delivers the change again.

    Without a position: a row of a snapshot is its content (it has the position of the snapshot, or none); then the
    columns that the settings name as `version`; then the commit's time with the content; and where not even that is
    told, the place of the record on its topic, which a connector that starts anew does not keep. That costs nothing
    as long as content is unchanged.
    """
    place = [scalar_text(change.source.get(name)) or "" for name in ("connector", "name", "db", "schema")]
    place += [change.table or record.topic, record_id]
    if change.operation is Operation.SNAPSHOT:
        return derived_event_id(_SCHEME, *place, "r", _digest(change.after))
    position = {name: text for name in _POSITION if (text := scalar_text(change.source.get(name))) is not None}
    row = change.after or change.before
    if not position.keys() <= _NOT_ALONE:
        # Without a primary key, rows of one statement may have one id in the settings' columns too.
        rest = () if record.key else (_digest(row),)
        at = (f"{name}={text}" for name, text in position.items())
        return derived_event_id(_SCHEME, *place, change.code, *at, *rest)
    if rules.version:
        wanted = columns_of(rules.version, ())
        version = {name: value for name, value in row.items() if column_name(name) in wanted}
        return derived_event_id(_SCHEME, *place, change.code, "version", _digest(version))
    committed = scalar_text(change.source.get("ts_ms"))
    if committed is not None:
        return derived_event_id(_SCHEME, *place, change.code, "at", committed, _digest(row))
    stands = (record.topic, str(record.partition), str(record.offset))
    return derived_event_id(_SCHEME, *place, change.code, "record", *stands, _digest(row))


def _digest(row: Mapping[str, Any]) -> str:
    try:
        text = json.dumps(row, sort_keys=True, default=str)
    except RecursionError:
        raise undecodable("the row is nested too deeply") from None
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
