"""From a row's change to the change event: which entity, whose, what it says, and whether we wrote it ourselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from schemas.avro.framing import STAGE
from schemas.connect.shapes import decimal_by_shape, told_by_name
from schemas.events import CrmEvent, Operation
from schemas.identity import accepted, no_identity
from schemas.outcomes import Skipped, SkipReason
from schemas.sources.debezium.change import is_made_up, text_of
from schemas.sources.debezium.identity import event_id_of
from schemas.sources.mapping import TENANT_COLUMNS, first_text, map_row, record_id_of, writer_of
from schemas.sources.mapping.columns import INSIGHT_COLUMNS
from schemas.sources.mapping.keys import key_text
from schemas.sources.mapping.naming import column_name, entity_name
from schemas.sources.mapping.rules import columns_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from schemas.sources.base import SourceRecord, SourceRules
    from schemas.sources.debezium.change import RowChange
    from schemas.sources.mapping import MappedRow, TableMapping

_LONGS: Final = range(-(2**63), 2**63)
# Who wrote, where the log tells: Oracle's user, PostgreSQL's replication origin.
_WRITERS_IN_LOG: Final = ("user_name", "origin", "client_id")
_INSIGHT_KEY: Final = frozenset({"event_id", "content_fingerprint", "prompt_version"})


def change_event(
    change: RowChange, key: Any, record: SourceRecord, rules: SourceRules, *, old_key: str | None
) -> CrmEvent | Skipped:
    """Make the change event of a row, or the reason to skip it; `old_key` is the record id it had before a REKEY.

    Raises DataFault(NO_IDENTITY, OVERSIZED).
    """
    table = change.table or record.topic.rsplit(".", 1)[-1]
    mapping = rules.mappings.of(*_names(change, table, record.topic))
    if mapping.skip:
        return Skipped(SkipReason.CONTROL, "skipped by its mapping")
    entity = mapping.entity or entity_name(table)
    row = _typed(change.row(), mapping)
    record_id = _record_id(change, key, row, entity, mapping)
    if record_id is None:
        raise no_identity("the record's key (mappings.*.record_id names columns in its place)", stage=STAGE)
    mapped = map_row(row, entity=entity, record_id=record_id, rules=mapping)
    if _is_own(change, row, mapped, mapping, rules):
        return Skipped(SkipReason.OWN_WRITE)
    event = CrmEvent(
        event_id=event_id_of(change, record_id, record, mapping),
        source=_source(change, record),
        tenant=mapped.tenant or _tenant_of_key(change, key, mapping) or "",
        entity=entity,
        record_id=record_id,
        operation=change.operation if old_key is None else Operation.REKEY,
        occurred_at=_occurred_at(change, record),
        actor=mapped.actor,
        changed_fields=change.changed() or (),
        cleared_fields=_cleared(change),
        attributes=_attributes(change, old_key),
        **mapped.content(),
    )
    return accepted(event, stage=STAGE)


def _names(change: RowChange, table: str, topic: str) -> Iterator[str]:
    """The names under which the settings may know the table, the most precise first."""
    schema, database = text_of(change.source.get("schema")), text_of(change.source.get("db"))
    if schema and database:
        yield f"{database}.{schema}.{table}"
    if schema or database:
        yield f"{schema or database}.{table}"
    yield topic
    yield table


def _typed(row: Mapping[str, Any], mapping: TableMapping) -> dict[str, Any]:
    """Let the settings say what JSON without a schema does not."""
    types = {column_name(name): type_name for name, type_name in (mapping.types or {}).items()}
    return {
        name: told_by_name(types[column], value) if (column := column_name(name)) in types else decimal_by_shape(value)
        for name, value in row.items()
    }


def _record_id(change: RowChange, key: Any, row: Mapping[str, Any], entity: str, mapping: TableMapping) -> str | None:
    known = row or change.before
    if mapping.record_id:
        wanted = columns_of(mapping.record_id, ())
        columns = {column_name(name): value for name, value in known.items()}
        return key_text({column: columns.get(column) for column in wanted})
    # A bare row without a key may be anything, a stray record of another topic among them: nobody says whose id it has.
    return key_text(key) or (record_id_of(known, entity) if change.source else None)


def _is_own(
    change: RowChange, row: Mapping[str, Any], mapped: MappedRow, mapping: TableMapping, rules: SourceRules
) -> bool:
    """Whether we wrote the change: by who did it, by what it touched, or because the row is an insight."""
    writers = [writer_of(row, mapping), mapped.actor]
    writers += [text_of(change.source.get(name)) or None for name in _WRITERS_IN_LOG]
    if rules.own_write(mapping, change.changed() or (), *writers):
        return True
    columns = {column_name(name) for name in row or change.before}
    # Our insights, in a table that is captured itself: each would cause the next.
    return columns >= _INSIGHT_KEY and bool(columns & INSIGHT_COLUMNS - _INSIGHT_KEY)


def _source(change: RowChange, record: SourceRecord) -> str:
    """As Debezium names itself in CloudEvents."""
    name = text_of(change.source.get("name")) or record.topic.split(".", 1)[0]
    return "/".join(("/debezium", text_of(change.source.get("connector")) or "row", name))


def _tenant_of_key(change: RowChange, key: Any, mapping: TableMapping) -> str | None:
    """Of a row that has gone its key is known, and what else is not made up; of each, where it is (`source.schema`)."""
    known = {f"source.{name}": text_of(change.source.get(name)) for name in ("name", "db", "schema")}
    known |= {name: value for name, value in change.before.items() if not is_made_up(value)}
    wanted = columns_of(mapping.tenant, TENANT_COLUMNS)
    return first_text({**known, **key} if isinstance(key, dict) else known, wanted)


def _occurred_at(change: RowChange, record: SourceRecord) -> int:
    """The commit's time; where it is not told, the connector's, which is later but in the same order."""
    value: Any
    for value in (change.source.get("ts_ms"), change.processed_ms):
        try:
            moment = int(value)
        except (TypeError, ValueError, OverflowError):
            continue
        if moment in _LONGS and moment != 0:
            return moment
    return record.timestamp_ms


def _cleared(change: RowChange) -> tuple[str, ...]:
    return tuple(name for name in change.changed() or () if change.after[name] is None)


def _attributes(change: RowChange, old_key: str | None) -> dict[str, str]:
    told = {name: text_of(change.source.get(name)) for name in ("db", "schema", "table")}
    if change.in_snapshot:
        told["snapshot"] = str(change.source["snapshot"]).lower()
    if old_key is not None:
        told["old_record_id"] = old_key
    return {name: text for name, text in told.items() if text}
