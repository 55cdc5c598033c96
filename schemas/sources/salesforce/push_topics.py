"""Events of a PushTopic, the Streaming API's way before there were change events.

Identity: the channel, the replay id, what happened, the record, and when the event was made, since replay ids may begin
anew where Salesforce moves an org.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from schemas.avro.framing import STAGE
from schemas.events import CrmEvent, Operation
from schemas.identity import accepted, derived_event_id, no_identity
from schemas.outcomes import Skipped, SkipReason
from schemas.sources.mapping import first_text, map_row, writer_of
from schemas.sources.salesforce.events import SCHEME, own_names, place_of_content, row_of
from schemas.sources.salesforce.objects import entity_of, mapping_of, object_of
from schemas.text.json_values import scalar_text
from schemas.text.times import epoch_ms

if TYPE_CHECKING:
    from schemas.sources.base import SourceRecord, SourceRules
    from schemas.sources.salesforce.messages import PushMessage

_SOURCE: Final = "/salesforce"
_OPERATIONS: Final = {
    "created": Operation.CREATE,
    "updated": Operation.UPDATE,
    "deleted": Operation.DELETE,
    "undeleted": Operation.CREATE,
}


def pushed(message: PushMessage, record: SourceRecord, rules: SourceRules) -> CrmEvent | Skipped:
    """Make the change event of a PushTopic's event, or the reason to skip it. Raises DataFault(NO_IDENTITY, OVERSIZED).

    Which object it is stands in the event only with some bridges; the record's id tells for standard objects.
    """
    channel = message.channel or f"/topic/{message.object_name or record.topic}"
    row = row_of(message.row)
    record_id = first_text(row, ("id",))
    if record_id is None:
        raise no_identity("the sobject's Id (the PushTopic's query must select it)", stage=STAGE)
    topic_name = channel.rpartition("/")[2]
    object_name = message.object_name or object_of(record_id) or topic_name
    mapping = mapping_of(object_name, rules.mappings, topic_name, record.topic)
    if mapping.skip:
        return Skipped(SkipReason.CONTROL, "skipped by its mapping")
    entity = mapping.entity or entity_of(object_name)
    mapped = map_row(row, entity=entity, record_id=record_id, rules=mapping)
    if rules.own(*own_names(mapped.actor, writer_of(row, mapping))):
        return Skipped(SkipReason.OWN_WRITE)
    changed_ms = _changed_ms(message)
    place: tuple[str, ...] = (message.replay_id, scalar_text(message.created) or "")
    if not message.replay_id:
        place = place_of_content(message.row, changed_ms, record)
    event = CrmEvent(
        event_id=derived_event_id(f"{SCHEME}-push", channel, *place, record_id, message.kind),
        source=_SOURCE + channel,
        tenant=mapped.tenant or "",
        entity=entity,
        record_id=record_id,
        operation=_OPERATIONS.get(message.kind, Operation.UPDATE),
        occurred_at=record.timestamp_ms if changed_ms is None else changed_ms,
        actor=mapped.actor,
        attributes={"object": object_name, "change_type": message.kind},
        **mapped.content(),
    )
    return accepted(event, stage=STAGE)


def _changed_ms(message: PushMessage) -> int | None:
    for moment in (message.created, message.row.get("LastModifiedDate"), message.row.get("SystemModstamp")):
        try:
            return epoch_ms(moment)
        except ValueError:
            continue
    return None
