"""The schema registry client that the settings describe."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schemas.registry import Registry

if TYPE_CHECKING:
    from streams.settings.model import Settings


def registry_of(settings: Settings) -> Registry:
    """The registry that the settings name; nothing is sent yet."""
    registry = settings.schema_registry
    return Registry(
        registry.url,
        user=registry.user,
        password=None if registry.password is None else registry.password.get_secret_value(),
        ca_file=None if registry.ca_file is None else str(registry.ca_file),
        timeout_s=registry.timeout_s,
    )
