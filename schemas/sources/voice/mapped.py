"""What the settings say of calls, meetings and messages, whose words need no columns to be told from each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from schemas.outcomes import Skipped, SkipReason

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from schemas.events import CrmEvent
    from schemas.refetch import Refetch
    from schemas.sources.base import SourceRules


def as_mapped(
    items: Iterable[CrmEvent | Skipped | Refetch], source: str, rules: SourceRules
) -> Iterator[CrmEvent | Skipped | Refetch]:
    """Yield the items under the entity that a mapping ("twilio.call", "call") gives them, or skip them as it says."""
    for item in items:
        if isinstance(item, Skipped):
            yield item
            continue
        mapping = rules.mappings.of(f"{source}.{item.entity}", item.entity)
        if mapping.skip:
            yield Skipped(SkipReason.CONTROL, "skipped by its mapping")
        else:
            yield msgspec.structs.replace(item, entity=mapping.entity or item.entity)
