"""What the columns of a CRM's records mean: as the settings say, and by their names where no setting says so."""

from __future__ import annotations

from schemas.sources.mapping.columns import ENTITY_COLUMNS, TENANT_COLUMNS
from schemas.sources.mapping.joins import Directory, Join
from schemas.sources.mapping.row import MappedRow, first_text, map_row, record_id_of, writer_of
from schemas.sources.mapping.rules import ANY_TABLE, Mappings, TableMapping

__all__ = [
    "ANY_TABLE",
    "ENTITY_COLUMNS",
    "TENANT_COLUMNS",
    "Directory",
    "Join",
    "MappedRow",
    "Mappings",
    "TableMapping",
    "first_text",
    "map_row",
    "record_id_of",
    "writer_of",
]
