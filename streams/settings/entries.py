"""The settings that a user has as many of as there are models, tables and tenants: tables of insights.toml."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - pydantic resolves the annotations at run time
from datetime import date  # noqa: TC003 - as above
from typing import Literal

from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt

from streams.settings.fields import Actions  # noqa: TC001 - as above
from streams.settings.section import Section


class PriceChangeSettings(Section):
    """What one model costs from a day on."""

    since: date = Field(description="First day of the price, in UTC, such as 2027-01-01.")
    input: NonNegativeFloat = Field(allow_inf_nan=False, description="As in the model's own table.")
    output: NonNegativeFloat = Field(allow_inf_nan=False, description="As in the model's own table.")
    cached_input: NonNegativeFloat | None = Field(None, allow_inf_nan=False, description="As in the model's own table.")


class ModelSettings(Section):
    """What one model costs and holds, where the price list of this version does not know it or is wrong."""

    input: NonNegativeFloat = Field(allow_inf_nan=False, description="Price of a million input tokens.")
    output: NonNegativeFloat = Field(allow_inf_nan=False, description="Price of a million output tokens.")
    cached_input: NonNegativeFloat | None = Field(
        None,
        allow_inf_nan=False,
        description="Price of a million input tokens that the provider had cached; that of input if not set.",
    )
    currency: str = Field("USD", pattern="^[A-Z]{3}$", description="Currency of the prices, as ISO 4217 names it.")
    context_window: PositiveInt | None = Field(
        None, description="Tokens that the model holds, question and answer together."
    )
    batch: float = Field(0.5, ge=0, le=1, description="What the provider's Batch API costs, as a part of the price.")
    changes: tuple[PriceChangeSettings, ...] = Field(
        (), description='Later prices, as tables [[models."name".changes]] with since, input, output, cached_input.'
    )


class TenantBudgetSettings(Section):
    """What one tenant may spend; a limit that is not set does not exist for it."""

    day: PositiveFloat | None = Field(None, allow_inf_nan=False, description="In a UTC day.")
    month: PositiveFloat | None = Field(None, allow_inf_nan=False, description="In a UTC month.")


IdentifierType = Literal[
    "PERSON", "EMAIL", "PHONE", "ADDRESS", "CREDIT_CARD", "IBAN", "US_SSN", "NATIONAL_ID", "IP_ADDRESS", "URL",
    "DATE_OF_BIRTH", "USERNAME", "ACCOUNT", "SECRET", "LOCATION", "ORGANIZATION", "",
]  # fmt: skip

Columns = tuple[str, ...] | None


class JoinSettings(Section):
    """A column that points to a record of another topic, such as a ticket's contact."""

    columns: tuple[str, ...] = Field(
        min_length=1, description="Column that holds the other record's id; several for a key of several columns."
    )
    topic: str = Field(
        min_length=1,
        description="Topic of the other records' changes, best a compacted one. Each worker reads all of it at its "
        "start, and keeps their identifiers in memory.",
    )


class MappingSettings(Section):
    """What the columns of one table or object mean, where their names do not say it or say it wrongly."""

    entity: str | None = Field(None, min_length=1, description="Entity of its records, such as Ticket.")
    record_id: Columns = Field(None, description="Columns that identify a row, for a table without a primary key.")
    title: Columns = Field(None, description="Columns of the title; the first that is not empty counts.")
    text: Columns = Field(None, description="Columns of the text; all that are not empty, in this order.")
    messages: Columns = Field(None, description="Columns that hold a thread or transcript as a list of objects.")
    actor: Columns = Field(None, description="Columns that say who made the change.")
    tenant: Columns = Field(None, description="Columns that say whose record it is.")
    department: Columns = Field(None, description="Columns that say which department spending is reported for.")
    language: Columns = Field(None, description="Columns that hold the language as a BCP 47 tag.")
    identifiers: Mapping[str, IdentifierType] | None = Field(
        None, description='Columns that hold direct identifiers, with their type; "" for a column that holds none.'
    )
    ignore: Columns = Field(None, description="Columns that tell nothing.")
    writer: Columns = Field(
        None, description="Columns that name the user or application that wrote the row; compared with OWN_IDS."
    )
    insight_fields: Columns = Field(
        None,
        description="Columns that insights are written back to: never read, and a change of nothing else is our own.",
    )
    version: Columns = Field(
        None,
        description="Columns that differ from change to change, for records that tell no position in a log and no id.",
    )
    types: Mapping[str, str] | None = Field(
        None,
        description="Types of columns where JSON comes without its schema, as Kafka Connect names them; a decimal's "
        "scale stands behind a colon (org.apache.kafka.connect.data.Decimal:2).",
    )
    skip: bool | None = Field(None, description="true for a table that tells nothing at all.")
    joins: tuple[JoinSettings, ...] | None = Field(
        None, description="Records of other topics whose names, e-mails and phones are to be masked in this one too."
    )


class PrivacyRuleSettings(Section):
    """What is done otherwise for the events of one tenant, of one kind, or of one kind of one tenant."""

    tenant: str | None = Field(None, min_length=1, description="Holds for events of this tenant.")
    kind: str | None = Field(None, min_length=1, description="Holds for events that are read with this kind.")
    actions: Actions = Field(default_factory=dict, description="As `PRIVACY__ACTIONS`, for the types that it names.")
    allow: frozenset[str] = Field(frozenset(), description="As `PRIVACY__ALLOW`, and beside what that names.")
    restore: bool | None = Field(None, description="As `PRIVACY__RESTORE`.")
