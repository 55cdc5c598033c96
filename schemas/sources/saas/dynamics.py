"""Dynamics 365: web hooks of Dataverse, which post the execution context of a message on a row.

Source: learn.microsoft.com, "Use webhooks to create external handlers for server events", and the class
`RemoteExecutionContext`. Identity: `OperationId`, message, row and stage. A synchronous step has zeros for an
`OperationId`: there request, correlation, depth and time of the operation stand for it. `CorrelationId` alone is that
of all that one request led to. A context of more than 256 kB comes without parameters and images, and says so in a
header.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from schemas.avro.framing import STAGE
from schemas.events import CrmEvent, Operation
from schemas.identity import accepted, derived_event_id, no_identity
from schemas.outcomes import Skipped, SkipReason
from schemas.refetch import RefetchReason
from schemas.sources.hooks.json_body import text_at, time_at
from schemas.sources.hooks.notifications import each_notification, objects_at, request_to_fetch, told
from schemas.sources.mapping import TableMapping, map_row, writer_of
from schemas.sources.mapping.naming import entity_name
from schemas.sources.saas.dataverse_values import attributes_of, date_ms, people_in

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from schemas.events import Identifier
    from schemas.refetch import Refetch
    from schemas.sources.base import Adapted, SourceRecord, SourceRules

_TOO_LARGE: Final = "x-ms-dynamics-msg-size-exceeded"
_OPERATIONS: Final = {
    **dict.fromkeys(("Create", "CreateMultiple"), Operation.CREATE),
    **dict.fromkeys(("Delete", "DeleteMultiple"), Operation.DELETE),
}
_NO_ID: Final = "00000000-0000-0000-0000-000000000000"
# Dataverse adds these to each update by itself.
_BOOKKEEPING: Final = ("modifiedon", "modifiedby", "modifiedonbehalfby", "versionnumber", "timezoneruleversion")
_DEFAULTS: Final = TableMapping(
    # An update tells only the columns that were set: by a column, one row would be two, of two tenants.
    tenant=(),
    text=("description", "notetext"),
    identifiers={
        **dict.fromkeys(("emailaddress1", "emailaddress2", "emailaddress3", "emailaddress"), "EMAIL"),
        **dict.fromkeys(("telephone1", "telephone2", "telephone3", "mobilephone", "address1_telephone1"), "PHONE"),
        **dict.fromkeys(("address1_composite", "address1_line1", "address1_line2", "address2_composite"), "ADDRESS"),
        **dict.fromkeys(("fullname", "yomifullname"), "PERSON"),
    },
    ignore=_BOOKKEEPING,
)
# The user in whose name the code ran, the one who started it, and the application that it came through.
_WRITERS: Final = ("InitiatingUserId", "UserId", "InitiatingUserApplicationId", "UserAzureActiveDirectoryObjectId")


class DynamicsAdapter:
    """Takes the row from `Target` and the images around it; what `Target` holds is what was changed."""

    name = "dynamics"

    def __init__(self, rules: SourceRules) -> None:
        """Skip and map as `rules` say; users and applications of the context are compared with our own ids."""
        self._rules = rules

    async def adapt(self, record: SourceRecord) -> Adapted:
        """Return the events and requests to fetch of the rows, or the reason to skip them. Raises DataFault."""
        return each_notification(record, lambda body: self._adapted(body, record))

    def _adapted(self, body: Mapping[str, Any], record: SourceRecord) -> Iterator[CrmEvent | Skipped | Refetch]:
        operation = _OPERATIONS.get(text_at(body, "MessageName"), Operation.UPDATE)
        for row in _rows(body):
            mapping = self._rules.mappings.of(f"dynamics.{row.table}", row.table, entity_name(row.table))
            if mapping.skip:
                yield Skipped(SkipReason.CONTROL, "skipped by its mapping")
            elif self._rules.own_write(
                mapping, row.changed, *(text_at(body, name) for name in _WRITERS), writer_of(row.values, mapping)
            ):
                yield Skipped(SkipReason.OWN_WRITE)
            else:
                event = _event(body, record, row, operation, mapping.filled_from(_DEFAULTS))
                lacking = _lacking(record, row, operation)
                yield accepted(event, stage=STAGE) if lacking is None else request_to_fetch(event, lacking)


def is_dynamics(value: Any) -> bool:
    """Whether a value is an execution context of Dataverse."""
    return bool(text_at(value, "MessageName") and text_at(value, "PrimaryEntityName"))


@dataclass(frozen=True, slots=True, repr=False)
class _Row:
    """What the context tells of one row: the columns that were set, and the images that the step has been given."""

    table: str
    row_id: str
    target: Mapping[str, Any]
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    people: list[Identifier]

    @property
    def values(self) -> dict[str, Any]:
        """What is known of the row now: images tell all columns, the target only those that were set."""
        return {**self.before, **self.target, **self.after}

    @property
    def changed(self) -> tuple[str, ...]:
        """The columns that were set to something else; without an image of before, all that were set."""
        own_key = f"{self.table}id"
        return tuple(
            name
            for name, value in self.target.items()
            if name != own_key and (name not in self.before or self.before[name] != value)
        )


def _rows(body: Mapping[str, Any]) -> list[_Row]:
    """Return the row that the message is about; of a message such as UpdateMultiple each of them."""
    given = {text_at(one, "key"): one.get("value") for one in objects_at(body, "InputParameters")}
    many = objects_at(given, "Targets", "Entities")
    if many:
        return [_row(body, target) for target in many]
    target = given.get("Target")
    images = [
        [image.get("value") for image in objects_at(body, name)] for name in ("PreEntityImages", "PostEntityImages")
    ]
    return [_row(body, target if isinstance(target, Mapping) else {}, *images)]


def _row(
    body: Mapping[str, Any], target: Mapping[str, Any], pre_images: Sequence[Any] = (), post_images: Sequence[Any] = ()
) -> _Row:
    """Put one row together; a step may have several images, each with some of the columns."""
    row_id = text_at(target, "Id") or text_at(body, "PrimaryEntityId")
    if row_id in ("", _NO_ID):
        row_id = text_at(body, "PrimaryEntityId")
    table = text_at(target, "LogicalName") or text_at(body, "PrimaryEntityName")
    if not table or row_id in ("", _NO_ID):
        raise no_identity("PrimaryEntityId or PrimaryEntityName", stage=STAGE)
    people = [one for entity in (target, *pre_images, *post_images) for one in people_in(entity)]
    before, after = (_merged(images) for images in (pre_images, post_images))
    return _Row(table, row_id, attributes_of(target), before, after, list(dict.fromkeys(people)))


def _merged(images: Sequence[Any]) -> dict[str, Any]:
    return {column: value for image in images for column, value in attributes_of(image).items()}


def _lacking(record: SourceRecord, row: _Row, operation: Operation) -> RefetchReason | None:
    """Why the row must be fetched; None where the context says what it holds, or nothing is left of it."""
    if operation is Operation.DELETE:
        return None
    if (record.header(_TOO_LARGE) or "").strip().lower() == "true":
        return RefetchReason.OVERSIZED
    return None if row.values else RefetchReason.IDS_ONLY


def _event(
    body: Mapping[str, Any], record: SourceRecord, row: _Row, operation: Operation, mapping: TableMapping
) -> CrmEvent:
    entity = mapping.entity or entity_name(row.table)
    values = {} if operation is Operation.DELETE else row.values
    mapped = map_row(values, entity=entity, record_id=row.row_id, rules=mapping)
    mapped.identifiers.extend(row.people)
    organization = text_at(body, "OrganizationName") or text_at(body, "OrganizationId")
    changed = row.changed if operation is Operation.UPDATE else ()
    return CrmEvent(
        event_id=_event_id(body, row),
        source=f"dynamics/{organization}",
        tenant=mapped.tenant or organization,
        entity=entity,
        record_id=row.row_id,
        operation=operation,
        occurred_at=_occurred_at(body, record),
        actor=text_at(body, "InitiatingUserId") or text_at(body, "UserId") or None,
        changed_fields=changed,
        cleared_fields=tuple(name for name in changed if row.target[name] is None),
        attributes=told(message=text_at(body, "MessageName"), correlation_id=text_at(body, "CorrelationId")),
        **mapped.content(),
    )


def _event_id(body: Mapping[str, Any], row: _Row) -> str:
    operation_id = text_at(body, "OperationId")
    if operation_id in ("", _NO_ID):
        names = ("CorrelationId", "RequestId", "Depth", "OperationCreatedOn")
        if not (text_at(body, "CorrelationId") or text_at(body, "RequestId")):
            raise no_identity("OperationId", stage=STAGE)
        operation_id = "/".join(text_at(body, name) for name in names)
    organization, message = text_at(body, "OrganizationName"), text_at(body, "MessageName")
    return derived_event_id("dynamics", organization, operation_id, message, row.row_id, text_at(body, "Stage"))


def _occurred_at(body: Mapping[str, Any], record: SourceRecord) -> int:
    ms = date_ms(body.get("OperationCreatedOn"))
    return time_at(body, "OperationCreatedOn", record=record) if ms is None else ms
